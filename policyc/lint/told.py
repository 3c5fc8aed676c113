"""What a statement tells of its requests before its condition is asked: the resources and paths that it names, and its callers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Final

from policyc.engines.proofs.conditions import Facts, implies, may_be_met, nothing_known
from policyc.ir.authz import AnyOf, Atom, Can, Cond, Constant, Op, Policy, Statement, raw_attribute
from policyc.ir.conditions import atoms, conjunction, disjunction, tests
from policyc.ir.pattern import escape_pattern
from policyc.lint.callers import facts_of
from policyc.lint.covering import aim_covers, can_covers
from policyc.lint.paths import SERVICE
from policyc.lint.speech import is_document
from policyc.model.values import PARTITIONS, Resource
from policyc.model.vocabulary import Attribute, Verb
from policyc.record import record, replace
from policyc.regex import regex
from policyc.targets.iam_documents.known_keys import known_keys
from policyc.targets.iam_documents.resources import resource_arn
from policyc.targets.registry import resource_types
from policyc.text import Span

_SERVICE_KEY: Final = "vpc-lattice-svcs:ServiceArn"
_NETWORK_KEY: Final = "vpc-lattice-svcs:ServiceNetworkArn"
_PATH_KEY: Final = "vpc-lattice-svcs:RequestPath"
_OWNER_KEY: Final = "aws:ResourceAccount"
_INVOKE: Final = "vpc-lattice-svcs:Invoke"
_CALLER_KEY: Final = "aws:principalarn"
_NETWORK: Final = "lattice.service_network"
#: type of resource -> the key that holds its ARN
_ARN_KEYS: Final = {"lattice.service": _SERVICE_KEY, _NETWORK: _NETWORK_KEY}
#: what callers tell (`facts_of`)
_OF_CALLERS: Final = (
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalisawsservice",
    "aws:principaltype",
    "kms:calleraccount",
)
#: the keys of which places tell
KEYS: Final = frozenset(key.lower() for key in (_SERVICE_KEY, _NETWORK_KEY, _PATH_KEY, _OWNER_KEY))
_ARN: Final = regex(r"arn:[^:]*:(?P<service>[^:]*):[^:]*:(?P<account>[^:]*):(?P<rest>.*)", re.DOTALL)
_ACCOUNT: Final = regex(r"[0-9]{12}")
_PARTITION: Final = regex(r"arn:([a-z-]+):.*")


@record
class Place:
    """A resource or path as its author names it, and what it tells of its requests."""

    name: str
    span: Span | None
    tells: tuple[Cond, ...]


def is_told(attribute: Attribute) -> bool:
    """Whether callers or places may tell the value of a key."""
    key = attribute.native.lower()
    return key in KEYS or key in _OF_CALLERS


def covers(policy: Policy, outer: Statement, inner: Statement) -> bool:
    """Whether `outer` matches every request that `inner` matches, for each caller and place that `inner` names."""
    return aim_covers(outer, inner) and (
        _covers(policy, outer, inner)
        or (any(map(_asks_by_verb, (outer, inner))) and _covers(policy, _without_verbs(outer), _without_verbs(inner)))
    )


def _asks_by_verb(statement: Statement) -> bool:
    """Whether the verbs of a statement, all of one action, come to a test: that of the method."""
    can = statement.can
    if can is None or can.negated or len({verb.action for verb in can.verbs}) != 1:
        return False
    return all(verb.requires and not verb.glob for verb in can.verbs)


def _without_verbs(statement: Statement) -> Statement:
    """The statement with the tests that its verbs come to in its condition."""
    if statement.can is None or not _asks_by_verb(statement):
        return statement
    plain = replace(statement.can, verbs=(replace(statement.can.verbs[0], requires=()),))
    methods = [conjunction([_equals(key, text) for key, text in verb.requires]) for verb in statement.can.verbs]
    return replace(statement, can=plain, when=conjunction([disjunction(methods), statement.when]))


def _covers(policy: Policy, outer: Statement, inner: Statement) -> bool:
    if not can_covers(outer.can, inner.can) and not can_covers(outer.can, _asked(policy, inner)):
        return False
    if implies(inner.when, outer.when):
        return True
    asked = [test.attribute for test in tests(outer.when)]
    callers = list(_callers(outer, inner))
    told = [place.tells for place in places(policy, inner)] if any(key.native.lower() in KEYS for key in asked) else []
    if not any(told) and not any(facts(key) is not None for facts in callers for key in asked):
        return False
    return not any(
        may_be_met([(inner.when, True), *((cond, True) for cond in tells), (outer.when, False)], facts)
        for facts, tells in product(callers or (nothing_known,), told or ((),))
    )


def _asked(policy: Policy, statement: Statement) -> Can | None:
    """All that a statement on paths may be about, HTTP requests: a connection has no path."""
    return statement.can if policy.target != "lattice" or statement.path is None else Can((Verb("invoke", _INVOKE),))


def _callers(outer: Statement, inner: Statement) -> Iterator[Facts]:
    """What is known of each caller that `inner` names, in the partitions that the conditions name."""
    who = inner.who
    if who is None or who.negated or who.by_level:
        return
    arns = [
        str(item.value)
        for one in (outer, inner)
        for test in atoms(one.when)
        if test.attribute.native.lower() == _CALLER_KEY
        for item in test.values
    ]
    named = dict.fromkeys(found[1] for arn in arns if (found := _PARTITION.fullmatch(arn)) is not None)
    for principal in who.principals:
        yield from (facts_of(principal, partition) for partition in named or PARTITIONS)


def places(policy: Policy, statement: Statement) -> Iterator[Place]:
    resources, path = statement.resources, statement.path
    if is_document(policy) or resources is not None:  # in raw words the language names resources as documents do
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


def _equals(key: str, text: str) -> Cond:
    """That a key has a value; what nobody knows of is a text."""
    attribute = known_keys().find(key) or raw_attribute(key)
    return Atom(attribute, Op.EQ, (Constant(attribute.type, text),))


def _owner(account: str) -> Sequence[Cond]:
    """The owner of a resource, where the service tells it at all."""
    attribute = known_keys().find(_OWNER_KEY)
    if attribute is None:
        return ()
    same = Atom(attribute, Op.EQ, (Constant(attribute.type, account),))
    return (AnyOf((same, Atom(attribute, Op.EXISTS, (), negated=True))),)
