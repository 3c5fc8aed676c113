"""Reading of Principal, Action and Resource.

Source: IAM evaluation reference, sections 1, 4, 5 and 6.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from policyc.diagnostics import Advice, did_you_mean, remove_member, write_instead
from policyc.engines.iam.arns import FIELDS, pad_tokens, split_tokens, whole_arn
from policyc.engines.iam.elements import (
    ActionPart,
    ActionPattern,
    PrincipalPart,
    ResourcePart,
    ResourcePattern,
    action_pattern,
    is_action,
    no_action,
    plain_resource_pattern,
    resource_pattern,
)
from policyc.engines.iam.findings import Reading, is_empty
from policyc.engines.iam.globs import Wild, wildcard_tokens
from policyc.engines.iam.read_arns import check_fields, completed
from policyc.engines.iam.statement import Kind
from policyc.engines.iam.templates import rather, unrendered
from policyc.engines.iam.variables import Template, Variable
from policyc.holes import has_hole, widened, without_holes
from policyc.regex import regex
from policyc.syntax.json_text import JsonArray, JsonMember, JsonObject, JsonString
from policyc.text import Span

Elements = Mapping[str, JsonMember]
#: the types of principals, and what the names of each begin with in compiled form
PRINCIPAL_TYPES = {"AWS": "aws", "Federated": "federated", "Service": "service", "CanonicalUser": "canonical"}
_ACCOUNT = regex(r"[0-9]{12}")
_UNIQUE_ID = regex(r"(AIDA|AROA|ANPA|AGPA)[A-Z0-9]{12,}")
_PRINCIPAL_ARN = regex(
    r"arn:aws[a-z-]*:(?:iam::(?:[0-9]{12}:(?:root|(?:user|role)/(?:[!-)+->@-~]*/)?[A-Za-z0-9_+=,.@-]+)|cloudfront:user/CloudFront Origin Access Identity [A-Z0-9]+)"
    r"|sts::[0-9]{12}:(?:assumed-role/[A-Za-z0-9_+=,.@-]+/[A-Za-z0-9_+=,.@-]+|federated-user/[A-Za-z0-9_+=,.@-]+))"
)
#: services call themselves by a domain, `lambda.amazonaws.com` or, for some, below `amazon.com` or `aws.internal`
_SERVICE_NAME = regex(
    r"[a-z0-9][a-z0-9-]*(\.[a-z0-9-]+)*\.(amazonaws\.com(\.cn)?|amazon\.com|aws\.internal|aws\.amazon\.com)"
)
#: accounts have 64 digits, origin access identities of CloudFront 96
_CANONICAL = regex(r"[0-9a-f]{64}([0-9a-f]{32})?")
_WORD = regex(r"[a-z0-9-]+")
#: as much of an action as IAM looks at on save: the service, and one colon
_VENDOR = regex(r"(\*|[A-Za-z0-9.-]+):[^:]*", re.DOTALL)
#: services whose resource policies stand in the resource and name none (https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-policies.html,
#: https://docs.aws.amazon.com/efs/latest/ug/create-file-system-policy.html, https://docs.aws.amazon.com/cloudsearch/latest/developerguide/configuring-access.html)
_ATTACHED = ("ecr:", "ecr-public:", "elasticfilesystem:", "cloudsearch:")
_PADDED = (Kind.IDENTITY, Kind.BOUNDARY, Kind.SCP)


def _chosen(elements: Elements, name: str) -> tuple[JsonMember | None, bool]:
    """The member `name` or its `Not` form, and whether it is the latter."""
    member = elements.get(name)
    return (member, False) if member is not None else (elements.get(f"Not{name}"), True)


def read_actions(elements: Elements, span: Span, reading: Reading) -> ActionPart | None:
    member, negated = _chosen(elements, "Action")
    if member is None:
        help = "add an `Action`"
        reading.error("missing-action", "the statement has no `Action` or `NotAction`", span, help)
        return None
    if negated and reading.kind is Kind.RCP:
        help = "list the actions under `Action`"
        reading.error("rcp-syntax-error-notaction", "`NotAction` in a resource control policy", member.key_span, help)
    strings = reading.strings(member.value, f"`{member.key}`")
    if is_empty(member.value):
        help = "name an action, or remove the statement"
        reading.refuse("empty-array-action", f"`{member.key}` lists nothing", member.value.span, help)
    return ActionPart(negated, tuple([_action(item, reading) for item in strings]), member.value.span)


def _action(item: JsonString, reading: Reading) -> ActionPattern:
    text = item.value
    known = reading.silent.get(("action", text))
    if known is not None:
        test, exact = known
        return ActionPattern(text, test, exact, item.span)
    told = reading.told
    if not _check_action(item, reading):
        return no_action(text, item.span)
    made = action_pattern(text, item.span)
    if reading.told == told:
        reading.silent["action", text] = made.test, made.exact
    return made


def _check_action(item: JsonString, reading: Reading) -> bool:
    """Whether a text is an action; one that is none is reported."""
    text = item.value
    if "${" in text and reading.is_template(text, item.span):
        return False
    if "${" in text:
        help = "name the action itself"
        reading.error("variable-unsupported-in-element", f"a variable in action `{text}`", item.span, help)
    elif not is_action(text) or (reading.kind.keeps_unknown_words and "_" in text.partition(":")[0]):
        help = "write `service:Name`, where `*` and `?` are wildcards, or `*` alone"
        told = reading.mistake if _VENDOR.fullmatch(text) else reading.error
        told(
            "invalid-action",
            f"`{text}` is not an action",
            item.span,
            rather(text.partition(":")[2], rather(text, help)),
        )
        return False
    elif reading.kind is Kind.SCP and re.search(r"[*?].", text):
        help = "end the action with the wildcard"
        message = f"a wildcard inside `{text}` may be refused in a service control policy"
        reading.warn("scp-syntax-error-action-wildcard", message, item.span, help)
    return True


def read_resources(elements: Elements, span: Span, reading: Reading) -> ResourcePart | None:
    member, negated = _chosen(elements, "Resource")
    if reading.kind is Kind.TRUST:
        if member is not None:
            told = f"remove `{member.key}`: the resource is the role itself"
            help = remove_member(told, member.key_span, member.value.span)
            rule = "role-trust-policy-syntax-error-resource"
            reading.error(rule, f"`{member.key}` in a role trust policy", member.key_span, help)
        return None
    if member is None:
        if _names_none(elements, reading):
            return None
        help = "add a `Resource`"
        reading.error("missing-resource", "the statement has no `Resource` or `NotResource`", span, help)
        return None
    strings = reading.strings(member.value, f"`{member.key}`")
    if is_empty(member.value):
        help = "name a resource, or remove the statement"
        reading.refuse("empty-array-resource", f"`{member.key}` lists nothing", member.value.span, help)
    return ResourcePart(negated, tuple([_resource(item, reading) for item in strings]), member.value.span)


def _names_none(elements: Elements, reading: Reading) -> bool:
    """Whether all that a statement names are actions of a service whose resource policies name no resource."""
    member, negated = _chosen(elements, "Action")
    if member is None or negated or reading.kind is not Kind.RESOURCE:
        return False
    items = member.value.items if isinstance(member.value, JsonArray) else (member.value,)
    actions = [item.value.lower() for item in items if isinstance(item, JsonString)]
    return bool(actions) and all(action.startswith(_ATTACHED) for action in actions)


def _resource(item: JsonString, reading: Reading) -> ResourcePattern:
    text = whole_arn(item.value)
    if text.startswith("arn:") and "${" not in text and not has_hole(text):
        tokens = wildcard_tokens(text)
        checked = _checked_arn(text, tokens, item.span, reading)
        if checked is tokens:
            return plain_resource_pattern(item.value, tokens, item.span)
        return resource_pattern(item.value, checked, item.span)
    template = reading.template(text, item.span, wildcards=True, variables=True)
    if "${" in text and unrendered(text) is not None:
        pass  # told already
    elif has_hole(text) and _may_be_arn(text):
        template = _check_arn(text, template, item.span, reading) if text.startswith("arn:") else template
    elif not text.startswith(("arn:", "*", "?")):
        help = rather(text, "write an ARN, or `*`")
        reading.error("invalid-arn-prefix", f"resource `{text}` is not an ARN", item.span, help)
    elif text != "*" and ":" not in text and reading.kind.keeps_unknown_words:
        help = "write an ARN, or `*`"
        reading.refuse("invalid-arn-prefix", f"resource `{text}` is neither an ARN nor `*`", item.span, help)
    elif text.startswith("arn:"):
        template = _checked_arn(text, template, item.span, reading)
    return resource_pattern(item.value, template, item.span)


def _may_be_arn(text: str) -> bool:
    """Whether a text with holes may be an ARN, or `*`, by what it begins with."""
    known = widened(text).partition("*")[0].partition("?")[0][:4]
    return "arn:".startswith(known)


def _checked_arn(text: str, template: Template, span: Span, reading: Reading) -> Template:
    """The template after its checks; of six fields only the first five are looked at, and those repeat in a document."""
    fields = text.split(":", FIELDS - 1)
    first = text[: len(text) - len(fields[-1])] if len(fields) == FIELDS else None
    if first is not None and "${" in first:
        first = None
    if first is not None and first in reading.silent:
        return template
    told = reading.told
    checked = _check_arn(text, template, span, reading)
    if first is not None and reading.told == told:
        reading.remember(first, True)
    return checked


def _check_arn(text: str, template: Template, span: Span, reading: Reading) -> Template:
    fields = split_tokens(template)
    early = fields[: FIELDS - 1]
    if any(isinstance(token, Variable) and not token.is_open for field in early for token in field):
        help = "use variables after the fifth colon only"
        reading.error("variable-unsupported-in-element", f"a variable before the resource part of `{text}`", span, help)
    service = fields[2] if len(fields) > 2 else []
    if any(isinstance(token, str) and token != token.lower() for token in service):
        arn, partition, name, *rest = text.split(":", 5)
        right = ":".join([arn, partition, name.lower(), *rest])
        help = Advice("write the service in lower case", text, right)
        reading.mistake("invalid-arn-service-case", f"the service of `{text}` has capital letters", span, help)
    elif any(isinstance(token, Wild) for token in service):
        help = "name the service"
        reading.warn("wildcard-in-service-name", f"a wildcard in the service of `{text}`", span, help)
    told = check_fields(text, fields, span, reading)
    if len(fields) >= FIELDS or any(isinstance(token, Variable) and token.is_open for token in template):
        return template
    if reading.kind in _PADDED:
        what = "names no service" if len(fields) < 3 else "has fewer than six fields, and an empty one"
        if not told and (len(fields) < 3 or any(not field or field == [""] for field in fields)):
            help = (
                write_instead(text, completed(text))
                if len(fields) > 3
                else "write all six fields, `arn:partition:service:region:account:resource`"
            )
            reading.refuse("missing-arn-field", f"`{text}` {what}", span, help)
        return tuple(pad_tokens(template))
    message, help = (
        f"`{text}` has fewer than six fields",
        "write all six fields, `arn:partition:service:region:account:resource`",
    )
    vague = reading.kind is not Kind.SESSION and any(isinstance(token, Wild) for token in template)
    if told:
        reading.failed |= not vague
    elif not vague:
        reading.error("missing-arn-field", message, span, help)
    else:
        reading.warn("missing-arn-field", message, span, help)
    return template


def read_principals(elements: Elements, deny: bool, span: Span, reading: Reading) -> PrincipalPart | None:
    member, negated = _chosen(elements, "Principal")
    kind = reading.kind
    if member is None:
        if kind.has_principal:
            help = 'add who is meant, such as `"Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}`'
            reading.error("missing-principal", "the statement has no `Principal`", span, help)
        return None
    if not kind.has_principal:
        rule = "scp-syntax-error-principal" if kind is Kind.SCP else "unsupported-principal"
        told = f"remove `{member.key}`: the policy applies to what it is attached to"
        help = remove_member(told, member.key_span, member.value.span)
        reading.error(rule, f"`{member.key}` in a policy without principals", member.key_span, help)
        return None
    if negated:
        _check_not_principal(member, deny, reading)
    names, texts = _principal_names(member, reading)
    part = PrincipalPart(negated, names, texts, member.value.span)
    if has_hole("".join(texts)):
        opened = tuple(sorted(name for name in names if has_hole(name)))
        part = PrincipalPart(negated, names - set(opened), texts, member.value.span, opened)
    help = 'write `"Principal": "*"` and narrow it with a condition'
    if kind is Kind.RCP and negated:
        message = "`NotPrincipal` in a resource control policy"
        reading.error("rcp-syntax-error-principal", message, member.key_span, help)
    elif kind is Kind.RCP and part.names != {"*"} and (part.names or not part.open_names):
        reading.error("rcp-syntax-error-principal", "a resource control policy names principals", part.span, help)
    return part


def _check_not_principal(member: JsonMember, deny: bool, reading: Reading) -> None:
    help = "deny `*` with `ArnNotEquals` on `aws:PrincipalArn`"
    if reading.kind is Kind.TRUST:
        rule = "role-trust-policy-syntax-error-notprincipal"
        reading.error(rule, "`NotPrincipal` in a role trust policy", member.key_span, "name the principals")
    elif not deny:
        message = "an allow with `NotPrincipal` admits everyone else, anonymous callers too"
        reading.warn("allow-with-not-principal", message, member.key_span, help)


def _principal_names(member: JsonMember, reading: Reading) -> tuple[frozenset[str], tuple[str, ...]]:
    """The principals in normal spelling, and as written."""
    value = member.value
    if isinstance(value, JsonString) and value.value == "*":
        return frozenset({"*"}), ("*",)
    if isinstance(value, JsonString) and has_hole(value.value):
        return frozenset({value.value}), (value.value,)
    if isinstance(value, JsonString) and reading.is_template(value.value, value.span):
        return frozenset(), ()
    if isinstance(value, JsonString) and _is_bare(value, reading):
        return frozenset({_principal_name("AWS", value, reading)}), (value.value,)
    if not isinstance(value, JsonObject):
        text = value.value if isinstance(value, JsonString) else ""
        help = 'name callers by their type, such as `{"AWS": "123456789012"}`'
        if _ACCOUNT.fullmatch(text) or _PRINCIPAL_ARN.fullmatch(text) or text.endswith(".amazonaws.com"):
            help = write_instead(text, f'{{"{"Service" if text.endswith(".com") else "AWS"}": "{text}"}}')
        reading.error("invalid-principal-format", f"`{member.key}` has no principal type", value.span, help)
        return frozenset(), ()
    if not value.members:
        help = "name a principal, or remove the statement"
        reading.warn("empty-object-principal", "without principals the statement has no effect", value.span, help)
    names: set[str] = set()
    texts: list[str] = []
    for entry in value.members:
        if entry.key not in PRINCIPAL_TYPES:
            help = did_you_mean(entry.key, PRINCIPAL_TYPES, f"use one of {', '.join(PRINCIPAL_TYPES)}")
            reading.error("invalid-principal-key", f"unknown principal type `{entry.key}`", entry.key_span, help)
            continue
        _check_type(entry, reading)
        strings = reading.strings(entry.value, f"principal type `{entry.key}`")
        if is_empty(entry.value):
            help = "name a principal, or remove the list"
            reading.warn("empty-array-principal", "the list of principals is empty", entry.value.span, help)
        for item in strings:
            texts.append(item.value)
            names.add(_principal_name(entry.key, item, reading))
    return frozenset(names), tuple(texts)


def _is_bare(value: JsonString, reading: Reading) -> bool:
    """Whether a principal without its type is taken as an account or ARN, as some published auth policies write it."""
    if not _ACCOUNT.fullmatch(value.value) and not _PRINCIPAL_ARN.fullmatch(value.value):
        return False
    if reading.switches.bare_principal == "account":
        reading.use("bare-principal")
        return True
    return False


def _check_type(entry: JsonMember, reading: Reading) -> None:
    if entry.key == "Federated" and reading.kind is not Kind.TRUST:
        help = "identity providers belong to role trust policies"
        rule = "federated-principal-not-supported"
        reading.error(rule, "a `Federated` principal outside a trust policy", entry.key_span, help)


def _principal_name(type_: str, item: JsonString, reading: Reading) -> str:
    text = item.value
    if type_ == "AWS":
        if text == "*":
            return "*"
        if "${" not in text and (_PRINCIPAL_ARN if text.startswith("arn:") else _ACCOUNT).fullmatch(text):
            return f"aws:{text}"  # as most are, and there is nothing to say
    if reading.is_template(text, item.span):
        pass
    elif "${" in text:
        help = "name the principal itself, or use a condition on `aws:PrincipalArn`"
        reading.error("variable-unsupported-in-element", f"a variable in principal `{text}`", item.span, help)
    elif "*" in (known := without_holes(text)) or "?" in known:
        help = 'use `"*"` with `ArnLike` on `aws:PrincipalArn`' if type_ == "AWS" else "name each one"
        reading.error("unsupported-wildcard-in-principal", f"a wildcard in principal `{text}`", item.span, help)
    elif has_hole(text):
        pass
    elif type_ == "AWS":
        _check_aws(text, item.span, reading)
    elif not text:
        reading.error("invalid-principal-format", "an empty principal", item.span, "name a principal")
    elif type_ == "Service" and _SERVICE_NAME.fullmatch(text) is None:
        help = (
            f'name an account as `{{"AWS": "{text}"}}`'
            if _ACCOUNT.fullmatch(text)
            else write_instead(text, f"{text.partition('.')[0]}.amazonaws.com")
            if _WORD.fullmatch(text.partition(".")[0])
            else "write a name such as `lambda.amazonaws.com`"
        )
        rule = "invalid-service-principal-format"
        reading.refuse(rule, f"`{text}` is no service principal", item.span, rather(text.partition(".")[0], help))
    elif type_ == "CanonicalUser" and _CANONICAL.fullmatch(text) is None:
        help = "write the id of an account as S3 shows it, 64 hexadecimal digits"
        reading.refuse("invalid-principal-format", f"`{text}` is no canonical user", item.span, help)
    return f"{PRINCIPAL_TYPES[type_]}:{text}"


def _check_aws(text: str, span: Span, reading: Reading) -> None:
    if _ACCOUNT.fullmatch(text) or _PRINCIPAL_ARN.fullmatch(text):
        return
    if found := _UNIQUE_ID.fullmatch(text):
        rule = "invalid-user-reference" if found[1] == "AIDA" else "invalid-role-reference"
        help = "write the ARN; an id remains where the principal was deleted"
        reading.warn(rule, f"`{text}` is an id that names no living principal", span, help)
        return
    help = "write a 12-digit account, or the ARN of an account, user, role or session; groups are no principals"
    reading.error("invalid-principal-format", f"`{text}` is not a principal", span, rather(text, help))
