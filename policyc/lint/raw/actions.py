"""Actions that no request has, or that no request to this kind of resource has.

Our vocabularies list the actions of their services whole; all others are looked up in the service authorization reference, which a new
service may be missing from: a doubt, not an error.
Source: IAM evaluation reference, sections 5 and 14; Lattice reference, sections 2 and 9; Object Lambda reference, sections 4 and 12.
"""

from __future__ import annotations

from functools import cache, lru_cache

from policyc.diagnostics import Diagnostics, did_you_mean, meant, write_instead
from policyc.engines.iam.elements import action_pattern
from policyc.lint.raw.fits import may_apply
from policyc.lint.raw.nearest import near_prefixes, nearest_action, nearest_name
from policyc.lint.raw.statements import RawStatement
from policyc.lint.raw.words import actions
from policyc.syntax.json_text import JsonString
from policyc.targets.iam_documents import services
from policyc.text import Span

#: prefixes that people write for another one
_MEANT = {
    "vpc-lattice": "vpc-lattice-svcs",
    "vpclattice": "vpc-lattice-svcs",
    "lattice": "vpc-lattice-svcs",
    "s3-objectlambda": "s3-object-lambda",
    "s3-object-lambdas": "s3-object-lambda",
}

#: service of an ARN -> prefix of the actions on such a resource, where the two differ
_ARN_OWNERS = {"vpc-lattice": "vpc-lattice-svcs"}


def check_actions(statement: RawStatement, diagnostics: Diagnostics) -> None:
    """Report actions that do not exist, and actions of another service than the document is about."""
    for item in statement.named_actions:
        service, colon, _ = item.value.partition(":")
        if statement.kind.name == "rcp" and statement.compiled.deny:
            _without_effect(item, diagnostics)
        if colon and ("*" in service or "?" in service):
            _any_service(item, statement, diagnostics)
        if not colon or "*" in service or "?" in service:
            continue
        service = service.lower()
        if statement.actions and statement.kind.services and service not in statement.kind.services:
            _other_service(item, service, statement, diagnostics)
        elif actions(service):
            _unknown(item, service, statement, diagnostics)
        elif services.is_there():
            _unlisted(item, service, diagnostics)


def _without_effect(item: JsonString, diagnostics: Diagnostics) -> None:
    """An action that resource control policies are not documented to bear on, or all of them at once."""
    from policyc.targets.iam_documents.limits import rcps_bear_on  # few documents are such policies

    service = item.value.partition(":")[0]
    if item.value != "*" and ("*" in service or "?" in service or rcps_bear_on(item.value, {})):
        return
    whole = item.value == "*"
    diagnostics.warning(
        "rcp-syntax-error-action",
        "only AWS's own resource control policy is for all services at once"
        if whole
        else f"resource control policies do not bear on `{service}`",
        item.span,
        "name the services, such as `s3:*`"
        if whole
        else "name a service of those that Organizations lists for such policies",
    )


def _any_service(item: JsonString, statement: RawStatement, diagnostics: Diagnostics) -> None:
    """A wildcard in front of the colon: IAM documents it for the names of actions, and for `*` alone."""
    service, _, name = item.value.partition(":")
    pattern = action_pattern(f"{service}:x", item.span)
    owners = statement.kind.services or sorted(_owners(statement))
    fitting = [f"{owner}:{name}" for owner in owners if pattern.test(f"{owner}:x") and _lists(owner, item)]
    whole = not service.strip("*") and not name.strip("*")
    refused = statement.kind.engine.keeps_unknown_words and service != "*"
    (diagnostics.error if refused else diagnostics.warning)(
        "invalid-service-in-action",
        f"the service in `{statement.said(item)}` has a wildcard, and one is documented only behind the colon",
        item.span,
        write_instead(item.value, "*")
        if whole
        else write_instead(item.value, fitting[0])
        if len(fitting) == 1
        else "name the service in front of the colon",
    )


def _lists(prefix: str, item: JsonString) -> bool:
    """Whether a service has an action like the one that stands behind the colon."""
    text = f"{prefix}:{item.value.partition(':')[2]}"
    return not _is_none_of(text, prefix, actions(prefix) or _names(prefix))


def _owners(statement: RawStatement) -> set[str]:
    """The services whose resources a statement names."""
    arns = (item.value.split(":", 3) for item in statement.named_resources)
    return {_ARN_OWNERS.get(fields[2], fields[2]) for fields in arns if len(fields) > 3 and "*" not in fields[2]}


def _unknown(item: JsonString, service: str, statement: RawStatement, diagnostics: Diagnostics) -> None:
    known = actions(service)
    if not _is_none_of(item.value, service, known):
        return
    fitting = [f"`{service}:{name}`" for name in known if may_apply(service, name, statement)]
    listed = fitting or [f"`{service}:{name}`" for name in known]
    otherwise = (
        write_instead(item.value, listed[0].strip("`"))
        if len(listed) == 1
        else "its actions are " + ", ".join(listed[:6])
    )
    help = nearest_action(item.value, known) or otherwise
    statement.mistake(diagnostics, "invalid-action", f"there is no action `{statement.said(item)}`", item.span, help)


@lru_cache(maxsize=4096)
def _is_none_of(text: str, service: str, known: tuple[str, ...]) -> bool:
    """Whether a text matches none of a service's actions."""
    pattern = action_pattern(text, Span("", 0, 0))
    return not any(pattern.test(f"{service}:{name}".lower()) for name in known)


@cache
def _names(prefix: str) -> tuple[str, ...]:
    """The actions that the service authorization reference lists."""
    found = services.service(prefix)
    return tuple(action.name for action in found.actions.values()) if found is not None else ()


def _unlisted(item: JsonString, service: str, diagnostics: Diagnostics) -> None:
    """What the service authorization reference does not list."""
    found = services.service(service)
    if found is None:
        diagnostics.warning(
            "unknown-service",
            f"no service has the prefix `{service}` (as of {services.updated()})",
            item.span,
            _meant(item.value)
            or nearest_name(
                service, near_prefixes(service, lambda one: _lists(one.prefix, item)), item.value[len(service) :]
            )
            or "write the prefix that the service's page in the service authorization reference gives",
        )
    elif _is_none_of(item.value, service, names := _names(service)):
        diagnostics.warning(
            "unknown-action",
            f"`{service}` has no action like `{item.value}` (as of {services.updated()})",
            item.span,
            _meant(item.value)
            or _of_operation(item.value)
            or _of_a_relative(item.value)
            or nearest_action(item.value, names)
            or "write an action that the service's page in the service authorization reference gives",
        )


def _meant(text: str) -> str:
    """The same action below the prefix that was meant."""
    service, _, name = text.partition(":")
    prefix = _MEANT.get(service.lower(), "")
    known = {action.lower(): action for action in actions(prefix)}
    return meant(text, f"{prefix}:{known[name.lower()]}") if name.lower() in known else ""


def _of_operation(text: str) -> str:
    """The actions that are asked for an operation of the API, when that was written."""
    service, _, name = text.partition(":")
    needed = services.needed_for(service.lower(), name)
    listed = " and ".join(f"`{service.lower()}:{action}`" for action in needed)
    return f"`{name}` is a call of the API; what it asks for is {listed}" if needed else ""


def _of_a_relative(text: str) -> str:
    """The same action in the other plane of the service, such as `execute-api` and `apigateway` have them."""
    service, _, name = text.partition(":")
    for prefix in services.relatives(service.lower()):
        found = services.service(prefix)
        if found is not None and name.lower() in found.actions:
            return meant(text, f"{prefix}:{found.actions[name.lower()].name}")
    return ""


def _other_service(item: JsonString, service: str, statement: RawStatement, diagnostics: Diagnostics) -> None:
    wanted = " or ".join(f"`{name}:`" for name in statement.kind.services)
    title = statement.kind.title
    article = "an" if title[0] in "aeiouAEIO" else "a"
    hint = _meant(item.value) if _MEANT.get(service, "") in statement.kind.services else ""
    if not hint and service not in _MEANT:
        owner, name = statement.kind.services[0], item.value.partition(":")[2]
        same = name.lower() in {known.lower() for known in actions(owner) or _names(owner)}
        near = did_you_mean(service, statement.kind.services, "")
        hint = meant(item.value, f"{owner}:{name}") if same or near else ""
    (diagnostics.error if statement.kind.name == "trust" else diagnostics.warning)(
        "unsupported-action-in-policy",
        f"`{statement.said(item)}` never matches: requests to {article} {title} have actions of {wanted}",
        item.span,
        hint or f"write actions of {wanted}, or move the statement to the policy that it belongs to",
    )
