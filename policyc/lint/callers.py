"""What is known of a request from its caller alone. Source: IAM reference, section 9; Lattice reference, section 3."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from typing import Final

from policyc.engines.iam.caller import (
    OF_CALLS,
    OF_ERRANDS,
    OF_SERVICES,
    OF_SIGNED,
    PRINCIPAL_TYPES,
    CallerKind,
    anonymous,
)
from policyc.engines.proofs.conditions import Facts, Goal, may_be_met
from policyc.ir.authz import Atom, Glob, Policy, RawTest, Statement, Variable, raw_attribute
from policyc.ir.conditions import tests
from policyc.lint.covering import admits, can_covers, on_covers, path_covers, resources_cover
from policyc.model.values import Principal, Scalar
from policyc.model.vocabulary import Attribute

ANONYMOUS: Final = Principal("anonymous", ())

#: what keys begin with that a request without a signature never has, or only with the value of `_ANONYMOUS`
_LACKED: Final = (*OF_SIGNED, *OF_SERVICES, *OF_CALLS, "aws:principalisawsservice")
_ANONYMOUS: Final = {
    **{key: values for key, values in anonymous().keys().items() if isinstance(values, tuple)},
    "lambda:functionurlauthtype": ("NONE",),
}
_TYPES: Final = {
    "role": PRINCIPAL_TYPES[CallerKind.ROLE],
    "session": PRINCIPAL_TYPES[CallerKind.ROLE],
    "user": PRINCIPAL_TYPES[CallerKind.USER],
    "federated_user": PRINCIPAL_TYPES[CallerKind.FEDERATED],
}
#: no account that examples are written with: what a document names is known to it
_STRANGE_ACCOUNT: Final = "860419275303"
_STRANGE_ROLE: Final = Principal("role", (_STRANGE_ACCOUNT, "stranger"))
_STRANGE_ORGANIZATION: Final = "o-5k7w0vq3xj"
_STRANGE_PATH: Final = f"{_STRANGE_ORGANIZATION}/r-v3q7/"
_STRANGERS: Final = tuple(f"arn:aws:iam::{_STRANGE_ACCOUNT}:{kind}/stranger" for kind in ("role", "user"))
#: what a caller of an account that nobody wrote down sends
_STRANGE: Final[dict[str, Scalar]] = {
    "aws:principaltype": PRINCIPAL_TYPES[CallerKind.ROLE],
    "aws:principalaccount": _STRANGE_ACCOUNT,
    "aws:principalorgid": _STRANGE_ORGANIZATION,
    "aws:principalorgpaths": _STRANGE_PATH,
    "aws:userid": "AROA00000000000000000:stranger",
    "aws:principalisawsservice": False,
    "kms:calleraccount": _STRANGE_ACCOUNT,
    "lambda:functionurlauthtype": "AWS_IAM",
}
#: where a request comes from that reaches a public endpoint from an address in no network's plan
_STRAY: Final[dict[str, tuple[Scalar, ...]]] = {
    "aws:sourceip": ("240.0.0.1",),
    "aws:sourcevpc": (),
    "aws:sourcevpcarn": (),
    "aws:ec2instancesourcevpc": (),
    "aws:sourcevpce": (),
    "aws:vpcsourceip": (),
    "aws:vpceaccount": (),
    "aws:vpceorgid": (),
    "aws:vpceorgpaths": (),
    "elasticfilesystem:accessedviamounttarget": (),
}
#: and from a network of a stranger, by way of an endpoint of his own
_STRANGE_NETWORK: Final[dict[str, tuple[Scalar, ...]]] = {
    "aws:sourceip": (),
    "aws:sourcevpc": ("vpc-0d1e5a7c3b9f24680",),
    "aws:ec2instancesourcevpc": ("vpc-0d1e5a7c3b9f24680",),
    "aws:sourcevpcarn": (f"arn:aws:ec2:eu-north-1:{_STRANGE_ACCOUNT}:vpc/vpc-0d1e5a7c3b9f24680",),
    "aws:sourcevpce": ("vpce-0d1e5a7c3b9f24680",),
    "aws:vpceaccount": (_STRANGE_ACCOUNT,),
    "aws:vpceorgid": (_STRANGE_ORGANIZATION,),
    "aws:vpceorgpaths": (_STRANGE_PATH,),
    "elasticfilesystem:accessedviamounttarget": (),
}
#: what tells by way of which services a request comes that somebody has set off
_CALLED_VIA: Final = "aws:calledvia"
_OF_AWS: Final = ".amazonaws.com"
_NETWORKS: Final = (_STRAY, _STRANGE_NETWORK)
#: and what a request may lack besides: an account may be in no organization
_ALONE: Final = (*OF_SERVICES, "aws:principalorg", "kms:calleraccount")
_BY_ACCOUNT: Final = ("account", "role", "session", "user", "federated_user")


def anonymous_facts(attribute: Attribute) -> tuple[Scalar, ...] | None:
    """The values that an attribute has in a request without a signature, None when that depends on the request."""
    key = attribute.native.lower()
    if key in _ANONYMOUS:
        return _ANONYMOUS[key]
    return () if key.startswith(_LACKED) else None


def _stray_facts(network: Mapping[str, tuple[Scalar, ...]]) -> Facts:
    """What is known of a request without a signature that comes from there."""

    def facts(attribute: Attribute) -> tuple[Scalar, ...] | None:
        key = attribute.native.lower()
        return network[key] if key in network else anonymous_facts(attribute)

    return facts


def is_identity(attribute: Attribute) -> bool:
    """Whether the attribute tells who signed the request."""
    return anonymous_facts(attribute) is not None


def facts_of(principal: Principal, partition: str = "", unique_id: str = "") -> Facts:
    """What is known of every request of a principal; its ARN only within a partition, which no principal tells, nor its unique id."""
    if principal.kind == "anonymous":
        return anonymous_facts
    known: dict[str, Scalar] = {"aws:userid": unique_id} if unique_id else {}
    lacked: tuple[str, ...] = ()
    if principal.kind in _BY_ACCOUNT and principal.account:
        known |= {"aws:principalaccount": principal.account, "kms:calleraccount": principal.account}
    if principal.kind in _TYPES:
        known |= {"aws:principaltype": _TYPES[principal.kind], "aws:principalisawsservice": False}
        lacked = (
            (*OF_SERVICES, *OF_ERRANDS) if principal.kind == "user" else (*OF_SERVICES, *OF_ERRANDS, "aws:username")
        )
    if principal.kind == "service":
        known["aws:principalisawsservice"] = True
        lacked = (
            "aws:username",
            "aws:principalorgid",
            "aws:principalorgpaths",
            "aws:multifactorauth",
            "aws:federatedprovider",
        )
    if principal.kind == "user" and not principal.is_pattern:
        known["aws:username"] = principal.args[1].rpartition("/")[2]
    if partition and principal.kind in ("role", "user") and principal.account and not principal.is_pattern:
        known["aws:principalarn"] = f"arn:{partition}:iam::{principal.account}:{principal.kind}/{principal.args[1]}"

    def facts(attribute: Attribute) -> tuple[Scalar, ...] | None:
        key = attribute.native.lower()
        value = known.get(key)
        return (value,) if value is not None else () if key.startswith(lacked) else None

    return facts


def lets_anonymous_in(statement: Statement, others: Sequence[Statement]) -> bool:
    """Whether an `allow` admits some caller without a signature whom none of the policy's denies turns away."""
    return _lets_in(statement, others, ANONYMOUS, anonymous_facts)


def lets_strangers_in(statement: Statement, others: Sequence[Statement]) -> bool:
    """The same of some role or user of an account that nobody wrote down. The name, or the session's, is any that a pattern of the
    statement asks for."""
    if statement.effect != "allow" or not admits(statement.who, _STRANGE_ROLE):
        return False
    asked = [
        test for one in (statement, *others) if one is statement or one.effect == "deny" for test in tests(one.when)
    ]
    names = dict.fromkeys([*_STRANGERS, *(name for test in asked for name in _named_by(test))])
    ids = dict.fromkeys([str(_STRANGE["aws:userid"]), *(name for test in asked for name in _ids_by(test))])
    networks = _NETWORKS if any(test.attribute.native.lower() in _STRAY for test in asked) else (_STRAY,)
    paths = dict.fromkeys([_STRANGE_PATH, *(path for test in asked for path in _paths_by(test))])
    services = dict.fromkeys(["", *(service for test in asked for service in _services_by(test))])
    strangers = (
        _stranger_facts(
            {
                "aws:principalarn": name,
                "aws:userid": id_,
                "aws:principaltype": _TYPES[kind],
                "aws:principalorgpaths": path,
                "aws:vpceorgpaths": path,
            },
            lacking if kind == "user" else (*lacking, "aws:username"),
            network,
            service,
        )
        for name, id_, kind, path, lacking, network, service in product(
            names, ids, ("role", "user"), paths, (OF_SERVICES, _ALONE), networks, services
        )
        if not any(f":{other}/" in name for other in ("role", "user") if other != kind)
    )
    return any(_lets_in(statement, others, _STRANGE_ROLE, facts) for facts in strangers)


def _lets_in(statement: Statement, others: Sequence[Statement], caller: Principal, facts: Facts) -> bool:
    if statement.effect != "allow" or not admits(statement.who, caller) or not _has_resource(statement, facts):
        return False
    return may_be_met([(statement.when, True), *denials(statement, others, caller)], facts)


def _has_resource(statement: Statement, facts: Facts) -> bool:
    """Whether some resource of a statement is one for a caller: a variable that has no value for him matches none."""
    named = statement.resources
    if named is None or named.negated or not named.patterns:
        return True
    return any(
        all(_has_value(token, facts) for token in pattern.tokens if isinstance(token, Variable))
        for pattern in named.patterns
    )


def _has_value(variable: Variable, facts: Facts) -> bool:
    return variable.default is not None or facts(raw_attribute(variable.key)) != ()


def denials(statement: Statement, others: Sequence[Statement], caller: Principal) -> list[Goal]:
    """The conditions that have to fail for a caller whom an `allow` lets in: those of the denies that cover it but for them."""
    return [
        (deny.when, False)
        for deny in others
        if deny.effect == "deny"
        and admits(deny.who, caller)
        and can_covers(deny.can, statement.can)
        and on_covers(deny.on, statement.on)
        and path_covers(deny.path, statement.path)
        and resources_cover(deny.resources, statement.resources, generous=True)
    ]


def _stranger_facts(
    caller: Mapping[str, Scalar], lacking: tuple[str, ...], network: Mapping[str, tuple[Scalar, ...]], service: str
) -> Facts:
    """What is known of a request of a stranger that comes from there, by himself or by way of a `service` that acts with his rights."""
    known = {**_STRANGE, **caller, "aws:viaawsservice": bool(service)}

    def facts(attribute: Attribute) -> tuple[Scalar, ...] | None:
        key = attribute.native.lower()
        if service and key.startswith(_CALLED_VIA):
            return (service,)
        if key.startswith((*lacking, *OF_CALLS)):
            return ()  # what a service says that acts for somebody, a stranger who asks by himself does not
        if network.get(key) == ():
            return ()
        return (known[key],) if key in known else network.get(key)

    return facts


def _named_by(test: Atom | RawTest) -> Iterator[str]:
    """ARNs of the stranger's account that the patterns of a test of `aws:PrincipalArn` take in."""
    if test.attribute.native.lower() != "aws:principalarn":
        return
    texts = (value.text if isinstance(value, Glob) else str(value.value) for value in test.values)
    for text in texts:
        fields = text.split(":", 5)
        if len(fields) == 6 and not _is_written_out(fields[4]):
            fields[1] = "aws" if "*" in fields[1] else fields[1]
            fields[4] = _STRANGE_ACCOUNT
            yield ":".join(fields).replace("*", "x").replace("?", "x")


def _paths_by(test: Atom | RawTest) -> Iterator[str]:
    """Paths of the stranger's organization that a test takes in: ids of roots and units are unique within an organization alone, so that
    a pattern that leaves the organization open takes in another's.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html (aws:PrincipalOrgPaths)
    """
    if not test.attribute.native.lower().endswith("orgpaths"):
        return
    for value in test.values:
        whose, _, path = (value.text if isinstance(value, Glob) else str(value.value)).partition("/")
        if "*" in whose or "?" in whose:
            yield f"{_STRANGE_ORGANIZATION}/{path}".replace("*", "x").replace("?", "x")


def _services_by(test: Atom | RawTest) -> Iterator[str]:
    """Services that a request may come by way of: some service, and those that a test names. They act for whoever uses them; Object Lambda
    alone asks a policy of the account first."""
    if not test.attribute.native.lower().startswith((_CALLED_VIA, "aws:viaawsservice")):
        return
    yield f"example{_OF_AWS}"
    for value in test.values:
        text = value.text if isinstance(value, Glob) else str(value.value)
        if text.endswith(_OF_AWS) and text != f"s3-object-lambda{_OF_AWS}":
            yield text.replace("*", "x").replace("?", "x")


def _ids_by(test: Atom | RawTest) -> Iterator[str]:
    """Ids of the stranger's sessions that the patterns of a test of `aws:userid` take in: those that leave open whose role it is."""
    if test.attribute.native.lower() != "aws:userid":
        return
    for value in test.values:
        whose, colon, session = (value.text if isinstance(value, Glob) else str(value.value)).partition(":")
        if colon and "*" in whose:
            yield f"{whose.replace('*', 'AROA0000000000000', 1).replace('*', '')}:{session.replace('*', 'x')}".replace(
                "?", "x"
            )


def _is_written_out(account: str) -> bool:
    return account.isdigit()


def open_statements(policies: Sequence[Policy]) -> list[tuple[Policy, Statement]]:
    """The allows of one gate that let callers without a signature in; all the gate's policies count together."""
    return _open(policies, lets_anonymous_in)


def open_to_the_world(policies: Sequence[Policy]) -> list[tuple[Policy, Statement]]:
    """The allows of one gate that let requests without a signature in from a place that nobody wrote down."""
    return _open(
        policies,
        lambda statement, others: any(
            _lets_in(statement, others, ANONYMOUS, _stray_facts(network)) for network in _NETWORKS
        ),
    )


def open_to_strangers(policies: Sequence[Policy]) -> list[tuple[Policy, Statement]]:
    """The allows of one gate that let some role of an account in that nobody wrote down."""
    return _open(policies, lets_strangers_in)


def _open(
    policies: Sequence[Policy], lets_in: Callable[[Statement, Sequence[Statement]], bool]
) -> list[tuple[Policy, Statement]]:
    denies = [statement for policy in policies for statement in policy.statements if statement.effect == "deny"]
    return [(policy, statement) for policy in policies for statement in policy.statements if lets_in(statement, denies)]
