"""What is known of a request from its caller alone. Source: IAM reference, section 9; Lattice reference, section 3."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from policyc.engines.proofs.conditions import may_be_met
from policyc.ir.authz import Policy, Statement
from policyc.lint.covering import admits, can_covers, on_covers, path_covers
from policyc.model.values import Principal, Scalar
from policyc.model.vocabulary import Attribute

ANYONE: Final = Principal("anyone", ())
ANONYMOUS: Final = Principal("anonymous", ())

#: keys that a request without a signature never has; `/` ends a family of keys
_LACKED: Final = (
    "aws:principalarn",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principaltag/",
    "aws:principalisawsservice",
    "aws:principalservicename",
    "aws:principalservicenameslist",
    "aws:username",
    "aws:tokenissuetime",
    "aws:multifactorauthpresent",
    "aws:multifactorauthage",
    "aws:federatedprovider",
    "aws:sourceidentity",
)
_ANONYMOUS: Final = {"aws:principaltype": "Anonymous", "aws:principalaccount": "anonymous", "aws:userid": "anonymous"}
_TYPES: Final = {"role": "AssumedRole", "session": "AssumedRole", "user": "User", "federated_user": "FederatedUser"}
_BY_ACCOUNT: Final = ("account", "role", "session", "user", "federated_user")


def anonymous_facts(attribute: Attribute) -> tuple[Scalar, ...] | None:
    """The values that an attribute has in a request without a signature, None when that depends on the request."""
    key = attribute.native.lower()
    if key in _ANONYMOUS:
        return (_ANONYMOUS[key],)
    if key in _LACKED or any(key.startswith(family) for family in _LACKED if family.endswith("/")):
        return ()
    return None


def is_identity(attribute: Attribute) -> bool:
    """Whether the attribute tells who signed the request."""
    return anonymous_facts(attribute) is not None


def facts_of(principal: Principal) -> Callable[[Attribute], tuple[Scalar, ...] | None]:
    """What is known of every request of a principal."""
    if principal.kind == "anonymous":
        return anonymous_facts
    known: dict[str, str] = {}
    if principal.kind in _BY_ACCOUNT and principal.account:
        known["aws:principalaccount"] = principal.account
    if principal.kind in _TYPES:
        known["aws:principaltype"] = _TYPES[principal.kind]

    def facts(attribute: Attribute) -> tuple[Scalar, ...] | None:
        value = known.get(attribute.native.lower())
        return None if value is None else (value,)

    return facts


def lets_anonymous_in(statement: Statement, others: Sequence[Statement]) -> bool:
    """Whether an `allow` admits some caller without a signature whom none of the policy's denies turns away."""
    if statement.effect != "allow" or not admits(statement.who, ANONYMOUS):
        return False
    denies = [
        (deny.when, False)
        for deny in others
        if deny.effect == "deny"
        and admits(deny.who, ANONYMOUS)
        and can_covers(deny.can, statement.can)
        and on_covers(deny.on, statement.on)
        and path_covers(deny.path, statement.path)
    ]
    return may_be_met([(statement.when, True), *denies], anonymous_facts)


def open_statements(policies: Sequence[Policy]) -> list[tuple[Policy, Statement]]:
    """The allows of one gate that let callers without a signature in; all the gate's policies count together."""
    every = [statement for policy in policies for statement in policy.statements]
    return [
        (policy, statement)
        for policy in policies
        for statement in policy.statements
        if lets_anonymous_in(statement, every)
    ]
