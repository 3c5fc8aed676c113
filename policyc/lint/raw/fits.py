"""Actions and resources of one statement that no request has together, and condition keys that none of its actions carries.

Source: the resource types and keys of each action in the service authorization reference; IAM evaluation reference, sections 5 and 6.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from policyc.diagnostics import Diagnostics, Label, write_instead
from policyc.engines.iam.elements import action_pattern
from policyc.engines.iam.operators import Family, Operator, Qualifier, read_operator
from policyc.lint.raw.statements import ConditionKey, RawStatement
from policyc.model.placeholders import is_left_over
from policyc.regex import regex
from policyc.syntax.json_text import JsonBool, JsonString
from policyc.syntax.json_tree import strings_in
from policyc.targets.iam_documents import arns, services
from policyc.targets.iam_documents.services import Action, Service
from policyc.text import Span

_WITH_RULES: Final = regex(r"arn:[^:]*:vpc-lattice:[^:]*:[^:]*:(service|servicenetwork)/")
#: what IAM's guide allows on every bucket where the reference lists no resource type
_ON_ALL_BUCKETS: Final = ("ListAllMyBuckets",)
_ALL_BUCKETS: Final = regex(r"arn:[^:]*:s3:::\*")
#: what people leave out or write too much of at the end of an ARN
_ENDS: Final = ("/*", "/object/*")


def check_fits(statement: RawStatement, diagnostics: Diagnostics) -> None:
    """Report actions that apply to none of the statement's resources."""
    resources = statement.things
    if not resources or not services.is_there():
        return
    for item in statement.actions:
        found = list(_meant(item))
        if found and _has_rules(found[0][0], resources):
            continue
        if found and not any(_applies(service, action, resources, statement) for service, action in found):
            _report(item, found[0][0], found[0][1], statement, diagnostics)


def _has_rules(service: Service, resources: tuple[JsonString, ...]) -> bool:
    """Whether lint rules tell what is wrong with these resources, in the language as well."""
    return service.prefix == "vpc-lattice-svcs" and any(_WITH_RULES.match(item.value) for item in resources)


def may_apply(prefix: str, name: str, statement: RawStatement) -> bool:
    """Whether an action may be about one of the statement's resources, as far as is known."""
    service = services.service(prefix) if services.is_there() else None
    action = service.actions.get(name.lower()) if service is not None else None
    if service is None or action is None or not statement.resources:
        return True
    return _applies(service, action, statement.things, statement)


def _meant(item: JsonString) -> tuple[tuple[Service, Action], ...]:
    """The actions that a text names, of one service; nothing for `*` and for services that are not known."""
    return _meant_by(item.value)


@lru_cache(maxsize=4096)
def _meant_by(text: str) -> tuple[tuple[Service, Action], ...]:
    prefix, colon, name = text.partition(":")
    found = services.service(prefix) if colon and name != "*" else None
    if found is None:
        return ()
    pattern = action_pattern(text, Span("", 0, 0))
    actions = found.actions.values()
    return tuple((found, action) for action in actions if pattern.test(f"{found.prefix}:{action.name}".lower()))


def _applies(service: Service, action: Action, resources: tuple[JsonString, ...], statement: RawStatement) -> bool:
    if any(not item.value.strip("*") or is_left_over(item.value) for item in resources):
        return True
    if not action.types:
        if (form := arns.asked_of(service.prefix, action.name)) and any(
            arns.may_be(item.value, form) for item in resources
        ):
            return True
        if action.name in _ON_ALL_BUCKETS and any(_ALL_BUCKETS.fullmatch(item.value) for item in resources):
            return True
        if any(item.value.split(":", 5)[5:] == ["*"] for item in resources):
            return True  # everything of a service may be meant, and take in what no page lists
        # where a policy is attached may be what counts; S3 takes nothing that is about no bucket
        return statement.kind.engine.has_principal and statement.kind.name not in ("bucket", "access-point")
    known = arns.forms_of_action(service.prefix, action.name)
    return any(_vague(item.value) or arns.any_may_be(item.value, known) for item in resources)


def _vague(text: str) -> bool:
    """Whether a text is no ARN with all its fields, so that it is not looked into."""
    return not text.startswith("arn:") or text.count(":") < 5


def _report(
    item: JsonString, service: Service, action: Action, statement: RawStatement, diagnostics: Diagnostics
) -> None:
    known, resources = arns.forms_of_action(service.prefix, action.name), statement.things
    what = f"`{statement.said(resources[0])}`" if len(resources) == 1 else "any of these resources"
    help = ""
    if len(resources) == 1:
        written = statement.said(resources[0])
        repairs = _repairs(resources[0].value, written)
        help = next((write_instead(written, said) for text, said in repairs if arns.any_may_be(text, known)), "")
    if not action.types and statement.kind.engine.has_principal:
        help = 'allow it in the callers\' own policies, with `"*"` as the resource'
    elif not action.types:
        help = 'write `"*"` as the resource in a statement of its own'
    refused = statement.kind.name == "bucket" and action.types  # S3: "Action does not apply to any resource(s)"
    (diagnostics.error if refused else diagnostics.warning)(
        "action-not-for-resource",
        f"`{statement.said(item)}` never applies to {what}",
        resources[0].span if len(resources) == 1 else item.span,
        help or "it applies to " + " or ".join(f"`{form}`" for form in known[:2]),
        (Label(item.span, "this action"),) if len(resources) == 1 else (),
    )


def _repairs(text: str, said: str) -> Iterator[tuple[str, str]]:
    """What may be meant by a resource, as a pattern and as it is written."""
    for end in _ENDS[::-1] if ":accesspoint/" in text else _ENDS:
        if not text.endswith("*"):
            yield text + end, said + end
    for end in reversed(_ENDS):
        if text.endswith(end) and said.endswith(end):
            yield text.removesuffix(end), said.removesuffix(end)
    head, slash, _ = text.rpartition("/object/")
    written, known, _ = said.rpartition("/object/")
    if slash and known:
        yield head, written


def check_carried(statement: RawStatement, diagnostics: Diagnostics) -> None:
    """Report keys that no action of the statement carries, where that settles the test: keys of a service, and tags of what is created."""
    entries = [entry for entry in statement.condition_keys if _of_service(entry.key) or _of_new_tags(entry.key)]
    if not entries or not services.is_there() or any(item.value == "*" for item in statement.actions):
        return
    found = [pair for item in statement.actions for pair in _meant(item)]
    prefixes = {item.value.partition(":")[0].lower() for item in statement.actions}
    if not found or prefixes != {service.prefix for service, _ in found}:
        return
    for entry in entries:
        operator = read_operator(entry.operator)
        if operator is None or (operator.if_exists and operator.qualifier is not Qualifier.ONE):
            continue
        if operator.family is Family.NULL and operator.qualifier is not Qualifier.ONE:
            continue  # is told by its operator
        if operator.qualifier is not Qualifier.ONE and operator.negated is (operator.qualifier is Qualifier.ANY):
            continue  # a set without values passes every `ForAllValues`, and what `ForAnyValue` with a negation does is doubtful
        key = _known(entry.key)
        if key is None or any(key in service.carried(action) for service, action in found):
            continue
        names = ", ".join(f"`{statement.said(item)}`" for item in statement.actions[:3])
        diagnostics.warning(
            "key-not-carried",
            f"requests of {names} do not carry `{entry.key}`, so this test {'always' if _passes_absent(operator, entry) else 'never'} holds",
            entry.span,
            "drop the test, or move it to a statement with the actions that have the key",
        )


def _passes_absent(operator: Operator, entry: ConditionKey) -> bool:
    """Whether a test holds for the requests that lack its key."""
    if operator.family is not Family.NULL:
        return operator.negated or operator.if_exists
    told = entry.value
    return told.value if isinstance(told, JsonBool) else any(text.value.lower() == "true" for text in strings_in(told))


def _of_service(key: str) -> bool:
    return not key.lower().startswith("aws:") and key.lower() not in services.AMBIENT_KEYS


def _of_new_tags(key: str) -> bool:
    return key.lower().startswith("aws:requesttag/") or key.lower() == "aws:tagkeys"


def _known(key: str) -> str | None:
    """A key as the pages have it, folded and with its holes; None for one of no service, and for one that no page gives to any action."""
    if _of_new_tags(key):
        return "aws:tagkeys" if key.lower() == "aws:tagkeys" else "aws:requesttag/${tagkey}"
    owner = services.service(key.partition(":")[0].lower())
    found = None if owner is None else owner.key(key)
    if owner is None or found is None or not any(found in owner.carried(action) for action in owner.actions.values()):
        return None
    return found
