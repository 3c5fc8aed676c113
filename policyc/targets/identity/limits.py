"""What an identity policy cannot say, reported at the source.

Source: IAM reference sections 1, 6 and 12; https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from policyc.diagnostics import Diagnostics, write_instead
from policyc.ir.authz import Atom, Policy, Statement
from policyc.ir.conditions import worded_atoms
from policyc.ir.pattern import Plain, pattern_tokens
from policyc.model.values import Principal
from policyc.model.vocabulary import Attribute, ResourceType, Verb, load_vocabulary
from policyc.targets.iam_documents.carriers import carrier_of
from policyc.targets.iam_documents.principals import principal_problem
from policyc.targets.iam_documents.raw_keys import check_characters, check_raw_keys
from policyc.targets.iam_documents.resources import check_raw_clauses, check_slash

_CARRIERS = frozenset({"role", "user"})


def check_policy(policy: Policy, kinds: Mapping[str, ResourceType], diagnostics: Diagnostics) -> None:
    """Every limit of one policy. `kinds` are the resource types of all targets."""
    _check_carrier(policy, diagnostics)
    known = load_vocabulary("identity").attributes
    for statement in policy.statements:
        check_raw_clauses(statement, diagnostics)
        if statement.resources is not None:
            _check_raw(statement, known, diagnostics)
            continue
        if not statement.on:
            diagnostics.error(
                "missing-clause",
                f"`{statement.label}` names no resource",
                statement.span,
                "add `on` with the resources",
            )
            continue
        if not _check_resources(statement, kinds, diagnostics):
            continue
        tests = list(worded_atoms(statement.when))
        check_raw_keys(tests, known, statement.span, diagnostics)
        check_characters(tests, statement.span, diagnostics)
        _check_services(statement, tests, kinds, diagnostics)
        _check_path(statement, kinds, diagnostics)


def _check_raw(statement: Statement, known: Mapping[str, Attribute], diagnostics: Diagnostics) -> None:
    """Verbs belong to a declared resource; beside a raw one only a raw action says whose it is."""
    tests = list(worded_atoms(statement.when))
    check_raw_keys(tests, known, statement.span, diagnostics)
    check_characters(tests, statement.span, diagnostics)
    can = statement.can
    if can is None or not can.verbs or not all(verb.glob for verb in can.verbs):
        diagnostics.error(
            "misplaced-raw-form",
            "a verb belongs to a declared resource, and this statement has a raw one",
            can.span if can is not None else statement.span,
            'write the action: `can raw("vpc-lattice-svcs:Invoke")`',
        )


def _check_carrier(policy: Policy, diagnostics: Diagnostics) -> None:
    carrier = policy.on
    where = policy.name_span or policy.span
    if not isinstance(carrier, Principal):
        return  # the front end has said so
    if carrier.is_pattern and carrier.kind in _CARRIERS:
        diagnostics.error(
            "not-one-carrier",
            f"`{carrier.name or carrier.kind}` is a pattern of {carrier.kind}s, and an identity policy is attached to one {carrier.kind}",
            where,
            f"write a policy on each {carrier.kind} that the pattern stands for; the pattern can stand in `who`",
        )
        return
    if not carrier_of(carrier) or carrier.kind not in _CARRIERS or carrier.is_pattern:
        diagnostics.error(
            "not-one-carrier",
            f"`{carrier.name or carrier.kind}` is not one role or user, which an identity policy is attached to",
            where,
            'declare one: `principal order_fn = role(shop, "order-service")`',
        )
        return
    problem = principal_problem(carrier, False, _CARRIERS)
    if problem is not None:
        diagnostics.error("principal-not-expressible", problem[0], where, problem[1])


def _check_resources(statement: Statement, kinds: Mapping[str, ResourceType], diagnostics: Diagnostics) -> bool:
    """Whether requests name the resources at all; a permission on anything else would never apply."""
    idle = [resource for resource in statement.on if not kinds[resource.type].requests]
    for resource in idle:
        diagnostics.error(
            "no-requests-here",
            f"no request names `{resource.name}`, a `{resource.type}`, as its resource",
            statement.span,
            "name the resources behind it that are called",
        )
    return not idle


def _check_services(
    statement: Statement, tests: Sequence[Atom], kinds: Mapping[str, ResourceType], diagnostics: Diagnostics
) -> None:
    """A key of a service exists only in requests to that service."""
    prefixes = {verb.action.partition(":")[0] for verb in _verbs(statement, kinds)}
    for atom in tests:
        attribute = atom.attribute
        prefix = attribute.native.partition(":")[0]
        if prefix == "aws" or prefix in prefixes or attribute.native == attribute.key:
            continue
        diagnostics.error(
            "key-of-another-service",
            f"requests to {_listed(sorted(prefixes))} have no `{attribute.name}`",
            atom.span or statement.span,
            "test a key of the service that is called, or one of `aws.…`",
        )


def _verbs(statement: Statement, kinds: Mapping[str, ResourceType]) -> list[Verb]:
    can = statement.can
    if can is not None and can.verbs and not can.negated:
        return list(can.verbs)
    return [verb for resource in statement.on for verb in kinds[resource.type].verbs.values()]


def _check_path(statement: Statement, kinds: Mapping[str, ResourceType], diagnostics: Diagnostics) -> None:
    path = statement.path
    if path is None:
        return
    where = path.span or statement.span
    verbs = _verbs(statement, kinds)
    named = statement.can is not None and not statement.can.negated and bool(statement.can.verbs)
    without = [verb for verb in verbs if verb.below is None]
    if path.negated:
        diagnostics.error(
            "path-not-negatable",
            "`path not` cannot be said in an identity policy: `NotResource` would cover other resources too",
            where,
            "test the path with `when`, where the service has a key for it (`not request_path like …`), or write a `deny`",
        )
    elif (named and without) or len(without) == len(verbs):
        names = _listed(sorted({verb.name for verb in without})[:6])
        diagnostics.error(
            "no-path-here",
            f"{names} acts on the resource itself, which has no paths",
            where,
            "leave `path` out, or put the other verbs into a statement of their own",
        )
    for pattern in path.patterns:
        _check_start(pattern, {verb.below for verb in verbs if verb.below is not None}, statement, diagnostics)


def _check_start(pattern: str, below: set[str], statement: Statement, diagnostics: Diagnostics) -> None:
    tokens = pattern_tokens(pattern)
    first = tokens[0] if tokens else None
    where = statement.path.span if statement.path is not None else statement.span
    if "" in below:
        check_slash(pattern, where, diagnostics)
    if below and "" not in below and first == Plain("/"):
        diagnostics.error(
            "malformed-path",
            f"the key `{pattern}` begins with `/`, which keys of objects do not",
            where,
            write_instead(pattern, pattern[1:]),
        )


def _listed(words: Sequence[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)
