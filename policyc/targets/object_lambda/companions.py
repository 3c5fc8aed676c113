"""The statements behind the access points: the bucket's delegation, the function's permission, the execution role's right.

Source: Object Lambda reference, sections 6 and 7.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from policyc.engines.iam.principals import distribution_arn, principal_arn
from policyc.ir.authz import Always, Op, Statement
from policyc.model.values import Principal, Resource
from policyc.targets.iam_documents.escape import literal_glob
from policyc.targets.iam_documents.leaves import Conjunct, value_text
from policyc.targets.iam_documents.operators import KeyTest
from policyc.targets.iam_documents.principals import Element
from policyc.targets.iam_documents.statements import Part
from policyc.targets.object_lambda.access_points import CLOUDFRONT, Written, who_of
from policyc.targets.object_lambda.hops import ORGANIZATION, native, required
from policyc.targets.object_lambda.operations import ANSWER, INVOKE, OLAP
from policyc.targets.object_lambda.permissions import permissions, transformed_permissions
from policyc.targets.object_lambda.resources import account, arn
from policyc.text import Span

_EVERY_CALLER: Final = ("anyone", "authenticated")


def _made(label: str, index: int, span: Span) -> Statement:
    """A statement that nobody wrote, for the source map; `span` is the declaration that asks for it."""
    return Statement("allow", label, None, None, (), None, Always(), index, span)


# --- hop 4: the bucket ------------------------------------------------------------------------------------------


def delegation(bucket: Resource, access_points: Iterable[Resource]) -> tuple[Part, ...]:
    """Whatever the named access points let through, the bucket lets through; one statement for each account that owns some.

    The principal is `{"AWS": "*"}` rather than an account, which a service principal such as CloudFront would not match.
    The fixed account keeps the policy from counting as public.
    """
    owners: dict[str, list[Resource]] = {}
    for access_point in access_points:
        owners.setdefault(account(access_point), []).append(access_point)
    plain = literal_glob(arn(bucket))
    parts = []
    for index, (owner, held) in enumerate(sorted(owners.items())):
        arns = tuple(sorted({arn(access_point) for access_point in held}))
        tests = (
            KeyTest("ArnLike", "s3:DataAccessPointArn", arns),
            KeyTest("StringEquals", "s3:DataAccessPointAccount", (owner,)),
        )
        note = "the bucket leaves the decision to its access points: both have to let a request through"
        origin = _made("delegate-to-access-points", index, min(held, key=lambda item: item.id).span)
        parts.append(Part(origin, (("AWS", ("*",)),), ("s3:*",), (plain, f"{plain}/*"), tests, (note,)))
    return tuple(parts)


# --- hop 2: the function ----------------------------------------------------------------------------------------


def invocation(item: Written) -> tuple[Part, ...]:
    """What the function's policy needs for one `allow`: a statement for each caller, as AddPermission makes them.

    Only for permissions whose requests run the function, and on exactly the configured function and qualifier.
    """
    statement, chain = item.statement, item.chain
    if statement.effect == "deny" or not permissions(statement) & transformed_permissions(chain.transformed):
        return ()
    target = (literal_glob(arn(chain.function)),)
    parts: list[Part] = []
    for principal in who_of(statement).principals:
        for element, tests, note in _grantees(item, principal):
            part = Part(statement, element, (INVOKE,), target, tests, (note,) if note else ())
            if part not in parts:
                parts.append(part)
    return tuple(parts)


def _grantees(item: Written, principal: Principal) -> Sequence[tuple[Element, Conjunct, str]]:
    """The caller as a principal of AddPermission, with the only conditions that it knows, and what to tell about it."""
    partition = item.chain.place.partition
    if principal.kind == "cloudfront":
        note = (
            ""
            if item.chain.function_source != "open"
            else (
                "any distribution may run the function: whether Lambda sees which one calls is not documented"
                " (switch: `function_source`)"
            )
        )
        return [((("Service", (CLOUDFRONT,)),), _source_tests(item.chain.function_source, principal, partition), note)]
    if principal.kind == "service":
        return [((("Service", principal.args),), (), "")]
    organizations = _organizations(item.statement)
    tests: list[Conjunct] = [(KeyTest("StringEquals", "aws:PrincipalOrgID", (one,)),) for one in organizations]
    if principal.kind in _EVERY_CALLER:
        assert tests, "limits refuse callers that nothing confines"
        return [("*", test, "") for test in tests]
    if principal.is_pattern:
        whole: Element = (("AWS", (principal_arn(Principal("account", principal.args[:1]), partition),)),)
        note = (
            "AddPermission takes no pattern, so the whole account is named: the caller's own policy has to allow"
            f" `{INVOKE}` too"
        )
        return [(whole, test, note) for test in tests or [()]]
    element = (("AWS", (principal_arn(principal, partition),)),)
    note = "AddPermission knows no `aws:CalledVia`, so the caller may also run the function by itself"
    return [(element, test, note) for test in tests or [()]]


def _source_tests(switch: str, principal: Principal, partition: str) -> Conjunct:
    if switch == "open":
        return ()
    owner = KeyTest("StringEquals", "aws:SourceAccount", (principal.account,))
    if switch == "account":
        return (owner,)
    return (KeyTest("ArnLike", "aws:SourceArn", (distribution_arn(principal, partition),)), owner)


def _organizations(statement: Statement) -> tuple[str, ...]:
    """The organizations of which every caller of the statement is in one, empty when it does not say."""
    for atom in required(statement.when):
        if native(atom) == ORGANIZATION and atom.op is Op.EQ and not atom.negated:
            return tuple(sorted(value_text(value) for value in atom.values))
    return ()


# --- hop 5: the execution role ----------------------------------------------------------------------------------


def answering(olaps: Sequence[Resource]) -> tuple[Part, ...]:
    """The right to answer a transformed GET, on exactly the access points that the role answers for."""
    targets = tuple(sorted({literal_glob(arn(olap)) for olap in olaps}))
    note = "a function answers a transformed GET by itself; HEAD and LIST answers need no permission"
    origin = _made("answer-transformed-gets", 0, min(olaps, key=lambda item: item.id).span)
    return (Part(origin, None, (f"{OLAP}:{ANSWER}",), targets, (), (note,)),)
