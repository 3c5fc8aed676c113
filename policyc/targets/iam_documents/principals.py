"""A `who` clause as `Principal` elements, each with the tests that must hold beside it.

`NotPrincipal` is written for raw principals alone: AWS advises against it, and it denies every caller with a permissions boundary (IAM
reference 4.4). "Everyone but" becomes `"*"` with negated tests, which callers without the key (anonymous ones, services)
pass, as the language says. Source: IAM reference sections 4 and 9.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final, Literal

from policyc.diagnostics import Advice, Diagnostics
from policyc.engines.iam.principals import distribution_arn, principal_arn
from policyc.ir.authz import Who
from policyc.model.values import Principal
from policyc.record import record
from policyc.regex import regex
from policyc.targets.iam_documents.leaves import Conjunct
from policyc.targets.iam_documents.operators import KeyTest
from policyc.text import Span

#: `"*"`, or principal type -> ids in order
Element = Literal["*"] | tuple[tuple[str, tuple[str, ...]], ...]

CLOUDFRONT: Final = "cloudfront.amazonaws.com"
_NAME = regex(r"[A-Za-z0-9_+=,.@*?-]+")
_NAME_WITH_PATH = regex(r"(?:[!-.0-~]+/)*[A-Za-z0-9_+=,.@*?-]+")

#: every kind that an IAM document can name; a service may know fewer
ALL_KINDS: Final = frozenset(
    {
        "anyone",
        "anonymous",
        "authenticated",
        "account",
        "role",
        "user",
        "session",
        "federated_user",
        "service",
        "cloudfront",
        "canonical_user",
    }
)


@record
class Callers:
    """One `Principal` element and the tests that narrow it; None for documents that name no principal."""

    element: Element | None
    tests: Conjunct = ()
    other_than: frozenset[Literal["Principal", "Action", "Resource"]] = frozenset()


def lower_who(
    who: Who, partition: str, kinds: Collection[str], span: Span | None, diagnostics: Diagnostics
) -> tuple[Callers, ...] | None:
    """Alternatives that together cover exactly the clause; None after an error was reported.

    `partition` is that of the resource (`aws`, `aws-cn`), `kinds` the kinds of principal that the service accepts.
    """
    where = who.span or span
    problems = [(item, principal_problem(item, who.negated, kinds)) for item in who.principals]
    for _, problem in problems:
        if problem is not None:
            diagnostics.error("principal-not-expressible", problem[0], where, problem[1])
    if any(problem for _, problem in problems):
        return None
    if not who.principals and not who.negated:
        return None  # what stands there was refused where it is declared; `load_program` sees to it
    if who.negated and who.principals and all(item.is_raw for item in who.principals):
        listed: dict[str, list[str]] = {}
        for item in who.principals:
            type_, name = item.args or ("AWS", item.name)
            listed.setdefault(type_, []).append(name)
        return (Callers(_element(listed), other_than=frozenset({"Principal"})),)
    if who.negated:
        return _everyone_but(who.principals, partition, where, diagnostics)
    return _named(who.principals, partition, where)


def principal_problem(item: Principal, negated: bool, kinds: Collection[str]) -> tuple[str, str] | None:
    """Why a principal cannot be written, and what to do instead; None when it can, as a raw one always."""
    if item.kind == "root":
        return (
            "`root` as a principal stands for the whole account, not for its root user",
            Advice(
                "write `account(…)`, or `anyone` with a condition on `aws.PrincipalArn` for the root user alone",
                "root",
                "account",
            ),
        )
    if item.kind == "native":
        return None
    if item.kind not in kinds:
        return f"`{item.kind}` is no principal of this service", "use one of " + _listed(sorted(kinds))
    if item.kind == "session" and (negated or item.is_pattern):
        return (
            "one session of a role can be named exactly, but not by a pattern or in `not`",
            "name the role: `role(…)` covers all its sessions",
        )
    if item.kind == "canonical_user" and negated:
        return "a canonical user cannot be left out", "use `account(…)`"
    if item.kind in ("role", "user", "session", "federated_user"):
        shape = _NAME if item.kind == "federated_user" else _NAME_WITH_PATH
        bad = next((name for name, form in zip(item.args[1:], (shape, _NAME)) if form.fullmatch(name) is None), None)
        if bad is not None:
            return (
                f"`{bad}` is not the name of a {item.kind.replace('_', ' ')}",
                "write the name, with its path in front if it has one: `batch/nightly`",
            )
    return None


def _listed(words: Sequence[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _named(principals: Sequence[Principal], partition: str, where: Span | None) -> tuple[Callers, ...]:
    kinds = {item.kind for item in principals}
    if "anyone" in kinds or {"anonymous", "authenticated"} <= kinds:
        return (Callers("*"),)
    out: list[Callers] = []
    exact: dict[str, list[str]] = {}
    patterns: list[Principal] = []
    distributions: list[Principal] = []
    for item in principals:
        match item.kind:
            case "native":
                exact.setdefault(item.args[0], []).append(item.args[1])
            case "service":
                exact.setdefault("Service", []).append(item.args[0])
            case "canonical_user":
                exact.setdefault("CanonicalUser", []).append(item.args[0])
            case "cloudfront":
                distributions.append(item)
            case "anonymous":
                out.append(Callers("*", (_anonymous_test(True, where),)))
            case "authenticated":
                out.append(Callers("*", (_anonymous_test(False, where),)))
            case _ if item.is_pattern:
                patterns.append(item)
            case _:
                exact.setdefault("AWS", []).append(principal_arn(item, partition))
    if exact:
        out.append(Callers(_element(exact)))
    if patterns:
        note = 'a principal takes no wildcard: `"*"` with `ArnLike aws:PrincipalArn` names the callers'
        values = tuple(principal_arn(item, partition) for item in patterns)
        out.append(Callers("*", (KeyTest("ArnLike", "aws:PrincipalArn", values, note=note, span=where),)))
    if distributions:
        out.append(
            Callers(
                (("Service", (CLOUDFRONT,)),), (_distribution_test("StringEquals", distributions, partition, where),)
            )
        )
    return tuple(out)


def _element(exact: Mapping[str, Sequence[str]]) -> Element:
    return tuple((kind, tuple(sorted(set(exact[kind])))) for kind in sorted(exact))


def _anonymous_test(anonymous: bool, where: Span | None) -> KeyTest:
    """Unsigned callers have the principal type `Anonymous`; AWS's own samples write it in both letter cases."""
    base = "StringEqualsIgnoreCase" if anonymous else "StringNotEqualsIgnoreCase"
    note = "unsigned callers have `aws:PrincipalType` `Anonymous`"
    return KeyTest(base, "aws:PrincipalType", ("anonymous",), note=note, span=where)


def _distribution_test(base: str, items: Sequence[Principal], partition: str, where: Span | None) -> KeyTest:
    values = tuple(sorted(distribution_arn(item, partition) for item in items))
    note = "CloudFront calls as a service; `aws:SourceArn` tells the distributions apart"
    return KeyTest(base, "aws:SourceArn", values, note=note, span=where)


def _everyone_but(
    principals: Sequence[Principal], partition: str, where: Span | None, diagnostics: Diagnostics
) -> tuple[Callers, ...] | None:
    kinds = {item.kind for item in principals}
    if "anyone" in kinds or {"anonymous", "authenticated"} <= kinds:
        diagnostics.error("nobody", "`who` leaves nobody", where, "name fewer callers after `not`")
        return None
    tests: list[KeyTest] = []
    note = '"everyone but" is `"*"` with a negated test; callers without the key pass it'
    arns = [item for item in principals if item.kind in ("role", "user", "federated_user")]
    for base, chosen in (
        ("ArnNotEquals", [item for item in arns if not item.is_pattern]),
        ("ArnNotLike", [item for item in arns if item.is_pattern]),
    ):
        if chosen:
            values = tuple(principal_arn(item, partition) for item in chosen)
            tests.append(KeyTest(base, "aws:PrincipalArn", values, note=note, span=where))
    for kind, key in (("account", "aws:PrincipalAccount"), ("service", "aws:PrincipalServiceName")):
        names = tuple(item.args[0] for item in principals if item.kind == kind)
        if names:
            tests.append(KeyTest("StringNotEquals", key, names, note=note, span=where))
    if "anonymous" in kinds or "authenticated" in kinds:
        tests.append(_anonymous_test("authenticated" in kinds, where))
    distributions = [item for item in principals if item.kind == "cloudfront"]
    if not distributions:
        return (Callers("*", tuple(tests)),)
    other_service = KeyTest("StringNotEquals", "aws:PrincipalServiceName", (CLOUDFRONT,), note=note, span=where)
    other_source = _distribution_test("StringNotEquals", distributions, partition, where)
    return (Callers("*", (*tests, other_service)), Callers("*", (*tests, other_source)))
