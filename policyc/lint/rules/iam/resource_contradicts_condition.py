"""A resource or path of a statement can never pass the statement's own condition.

## What it does
Takes what a resource tells of its requests (a VPC Lattice service its ARN, a path the request path, an ARN the account that owns
it) and asks whether such a request can pass the condition.

## Why is this bad
The statement never matches for that resource: an `allow` is an outage waiting for its first request, a `deny` guards nothing.

## Example
```policy
use "shop.policy" { inventory, order_fn }

policy inventory_auth for lattice on inventory {
  allow "orders" { who order_fn  path "/orders", "/orders/*"  when request_path like "/stock/*" }
}
```

## Use instead
```policy
use "shop.policy" { inventory, order_fn }

policy inventory_auth for lattice on inventory {
  allow "orders" { who order_fn  path "/orders", "/orders/*", "/stock/*" }
}
```

## Source
https://docs.aws.amazon.com/service-authorization/latest/reference/list_vpc-lattice-svcs.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from policyc.diagnostics import Severity
from policyc.engines.proofs.conditions import may_be_met, never_holds
from policyc.ir.authz import AnyOf, Atom, Cond, Constant, Op, Policy, Statement
from policyc.ir.conditions import tests
from policyc.ir.pattern import escape_pattern
from policyc.lint.paths import SERVICE
from policyc.lint.places import condition_of
from policyc.lint.rule import Lint, kind_of
from policyc.lint.speech import clause, is_document
from policyc.model.values import Resource
from policyc.record import record
from policyc.regex import regex
from policyc.targets.iam_documents.kinds import KINDS
from policyc.targets.iam_documents.known_keys import known_keys
from policyc.targets.iam_documents.resources import resource_arn
from policyc.targets.registry import resource_types
from policyc.text import Span

SEVERITY = Severity.ERROR
SCOPE = "document"
YIELDS_TO = ("value-never-matches", "bare-service-arn")

_SERVICE_KEY = "vpc-lattice-svcs:ServiceArn"
_NETWORK_KEY = "vpc-lattice-svcs:ServiceNetworkArn"
_PATH_KEY = "vpc-lattice-svcs:RequestPath"
_OWNER_KEY = "aws:ResourceAccount"
_NETWORK = "lattice.service_network"
#: type of resource -> the key that holds its ARN
_ARN_KEYS = {"lattice.service": _SERVICE_KEY, _NETWORK: _NETWORK_KEY}
_KEYS = frozenset(key.lower() for key in (_SERVICE_KEY, _NETWORK_KEY, _PATH_KEY, _OWNER_KEY))
NEEDS = (_KEYS,)
_ARN = regex(r"arn:[^:]*:(?P<service>[^:]*):[^:]*:(?P<account>[^:]*):(?P<rest>.*)", re.DOTALL)
_ACCOUNT = regex(r"[0-9]{12}")


@record
class Place:
    """A resource or path as its author names it, and what it tells of its requests."""

    name: str
    span: Span | None
    tells: tuple[Cond, ...]


def check(lint: Lint) -> None:
    for policy, statement in lint.statements():
        when = statement.when
        if kind_of(policy) not in KINDS or not any(test.attribute.native.lower() in _KEYS for test in tests(when)):
            continue
        places = [place for place in _places(policy, statement) if place.tells]
        if not places or never_holds(when):
            continue
        dead = [place for place in places if not may_be_met([(when, True), *((cond, True) for cond in place.tells)])]
        if len(dead) == len(places):
            _report(lint, policy, statement, dead[0], condition_of(when, statement))
        else:
            for place in dead:
                _report(lint, policy, statement, place, place.span or condition_of(when, statement))


def _report(lint: Lint, policy: Policy, statement: Statement, place: Place, span: Span | None) -> None:
    element = clause(policy, "path" if statement.path is not None else "on")
    listed = statement.resources is not None or statement.path is not None or statement.on
    lint.report(
        span,
        f"no request for `{place.name}` passes this condition",
        f"drop it from `{element}` of `{statement.label}`, or correct the condition" if listed else "correct it",
    )


def _places(policy: Policy, statement: Statement) -> Iterator[Place]:
    resources, path = statement.resources, statement.path
    if is_document(policy):
        for glob in resources.patterns if resources is not None and not resources.negated else ():
            yield Place(glob.text, glob.span, () if glob.pattern is None else tuple(_told_by(glob.pattern)))
        return
    gate = policy.on if isinstance(policy.on, Resource) else None
    on = statement.on or (() if gate is None else (gate,))
    patterns = path.patterns if path is not None and not path.negated else ()
    for resource in on:
        tells = tuple(
            cond
            for one in {resource.id: resource, **({gate.id: gate} if gate else {})}.values()
            for cond in _told_by_resource(one)
        )
        if not patterns:
            yield Place(resource.name, None, tells)
        for pattern in patterns:
            shown = pattern if len(on) == 1 else f"{resource.name} {pattern}"
            yield Place(shown, path.span if path is not None else None, (*tells, *_like(_PATH_KEY, pattern)))


def _told_by_resource(resource: Resource) -> Iterator[Cond]:
    kind = resource_types().get(resource.type)
    if resource.place is not None and resource.type != _NETWORK:
        yield from _owner(resource.place.account)
    if kind is not None and resource.type in _ARN_KEYS:
        yield from _like(_ARN_KEYS[resource.type], escape_pattern(resource_arn(resource, kind)))


def _told_by(pattern: str) -> Iterator[Cond]:
    """What a resource of a document tells; `pattern` in the language's form."""
    found = _ARN.fullmatch(pattern)
    if found is None:
        return
    if _ACCOUNT.fullmatch(found["account"]):
        yield from _owner(found["account"])
    path = SERVICE.fullmatch(pattern)
    if path is not None:
        vague = "*" in path[1].rpartition(":")[2]  # a star there may take a part of the path
        yield from _like(_SERVICE_KEY, path[1])
        yield from _like(_PATH_KEY, f"/*{path[2]}" if vague else path[2])
    elif found["service"] == "vpc-lattice" and found["rest"].startswith("service/") and "*" not in found["rest"]:
        yield from _like(_SERVICE_KEY, pattern)


def _like(key: str, pattern: str) -> Sequence[Cond]:
    attribute = known_keys().find(key)
    return () if attribute is None else (Atom(attribute, Op.LIKE, (Constant(attribute.type, pattern),)),)


def _owner(account: str) -> Sequence[Cond]:
    """The owner of a resource, where the service tells it at all."""
    attribute = known_keys().find(_OWNER_KEY)
    if attribute is None:
        return ()
    same = Atom(attribute, Op.EQ, (Constant(attribute.type, account),))
    return (AnyOf((same, Atom(attribute, Op.EXISTS, (), negated=True))),)
