"""What a Cedar policy over trust data cannot say, reported at the source before anything is written.

AWS publishes no size quota for a policy document and types it as a string without bounds
(https://docs.aws.amazon.com/verified-access/latest/ug/verified-access-quotas.html), so no size is counted. The bound on one
statement is ours: Cedar's evaluator gives up on very long conditions, and then it skips the statement, a `forbid` too. A permit is
bounded with all the denies that are written into it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TypeAlias

from policyc.diagnostics import Diagnostic, Diagnostics, Label, Severity, write_instead
from policyc.ir.authz import All, AnyOf, Atom, Cond, Constant, Op, Policy, Statement
from policyc.ir.conditions import atoms
from policyc.ir.pattern import Wild, pattern_tokens
from policyc.ir.program import Program
from policyc.model.types import Named, shapes
from policyc.model.values import Resource
from policyc.record import record
from policyc.syntax.cedar_printer import written
from policyc.targets.cedar_documents.condition import lower_condition
from policyc.targets.cedar_documents.emit import written_size
from policyc.targets.cedar_documents.expression import size as tests_in
from policyc.targets.cedar_documents.facts import Fact, find_fact
from policyc.targets.cedar_documents.fold import (
    FEW_COPIES,
    SWITCH,
    exceptions,
    longest_chain,
    moved_denies,
    shared_permits,
)
from policyc.targets.switches import choice

#: rule, message, help
Problem: TypeAlias = tuple[str, str, str]

#: Tests (guards included) of one statement, and how deep a permit nests with the denies in it (a chain is as deep as it is long).
#: Cedar 4.12 fails between 1,000 and 5,000 in one chain; its answers about one of more than about 400 are nested too deep for
#: Python's JSON reader.
MOST_TESTS = 250
#: A text beyond this is told: more than the body of a CloudFormation template may have
#: (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html).
LARGE = 51_200
#: How deep `and` and `or` may alternate in one statement.
DEEPEST = 40

_ORDERS = (Op.LT, Op.LE, Op.GT, Op.GE)
_IP = Named("ip")


@record
class Carrier:
    """What carries the policies, in words: the service, `a group or an endpoint`, where an address stands that a block can be tested
    of, and the help for an attribute that the resources do not show."""

    service: str
    carriers: str
    address: str
    unseen: Callable[[Mapping[str, Fact], str], str]


def check_policy(
    policy: Policy, known: Mapping[str, Fact], program: Program, carrier: Carrier, diagnostics: Diagnostics
) -> None:
    """Report every part of a policy that has no exact Cedar form over the attributes of `known`."""
    _check_alone(policy, program, carrier, diagnostics)
    before = len(diagnostics)
    for statement in policy.statements:
        _check_statement(policy.target, statement, known, carrier, diagnostics)
    if len(diagnostics) == before:
        _check_folded(policy, known, choice(program.switches, SWITCH) == "trusted", diagnostics)


def _check_alone(policy: Policy, program: Program, carrier: Carrier, diagnostics: Diagnostics) -> None:
    """A resource has one policy document, and documents are files named after their policy."""
    for other in program.policies:
        if other == policy and other.span == policy.span:
            return
        if other.target != policy.target:
            continue
        there = (Label(other.name_span or other.span, "the other policy"),)
        at = policy.name_span or policy.span
        if isinstance(policy.on, Resource) and isinstance(other.on, Resource) and policy.on.id == other.on.id:
            diagnostics.error(
                "second-policy",
                f"`{policy.on.name}` has a policy already",
                at,
                f"{carrier.carriers} takes one policy; move the statements into one",
                there,
            )
        elif other.name == policy.name:
            diagnostics.error(
                "same-document",
                f"two policies would be written to `{policy.name}.cedar`",
                at,
                "rename one of them",
                there,
            )


def _check_statement(
    target: str, statement: Statement, known: Mapping[str, Fact], carrier: Carrier, diagnostics: Diagnostics
) -> None:
    before = len(diagnostics)
    for word in ("who", "can", "path", "on"):
        if getattr(statement, word):
            diagnostics.error(
                "clause-not-allowed",
                f"a {target} statement has no `{word}`",
                statement.span,
                f"{carrier.service} leaves the scope open; test attributes after `when`",
            )
    if _depth(statement.when) > DEEPEST:
        _too_large(statement, f"nests `and` and `or` deeper than {DEEPEST}", diagnostics)
        return
    for atom in atoms(statement.when):
        _check_atom(atom, known, carrier, diagnostics)
    if len(diagnostics) == before:
        count = tests_in(lower_condition(statement.when, known))
        if count > MOST_TESTS:
            _too_large(statement, f"compiles to {count} tests, more than {MOST_TESTS}", diagnostics)


def _too_large(statement: Statement, what: str, diagnostics: Diagnostics) -> None:
    diagnostics.error(
        "statement-too-large",
        f"the condition of `{statement.label}` {what}",
        statement.label_span or statement.span,
        "split it into several statements",
    )


def _check_folded(policy: Policy, known: Mapping[str, Fact], trusted: bool, diagnostics: Diagnostics) -> None:
    """Report the deny with which a permit gets past what Cedar evaluates safely, and say when the copies make a text large."""
    moved = moved_denies(policy, known, trusted=trusted)
    for allow in policy.statements if moved else ():
        if (
            allow.effect == "deny"
            or longest_chain(allow, unless := exceptions([allow], moved, known), known) <= MOST_TESTS
        ):
            continue
        count = next(at for at in range(1, len(moved) + 1) if longest_chain(allow, unless[:at], known) > MOST_TESTS)
        deny = moved[count - 1]
        diagnostics.error(
            "statement-too-large",
            f"the condition of `{deny.label}`, which is written into every permit, makes that of `{allow.label}` nest deeper "
            f"than {MOST_TESTS} tests",
            deny.label_span or deny.span,
            f"shorten this deny, one before it, or `{allow.label}`; a deny that only compares with `==` and `in [...]` stays a "
            "statement of its own",
            (Label(allow.label_span or allow.span, "the allow that gets too large"),) if allow.span else (),
        )
        return
    allows = sum(statement.effect == "allow" for statement in policy.statements)
    if len(moved) * allows < FEW_COPIES:
        return
    size = written_size(policy, known)
    permits = len(shared_permits(policy, moved, known))
    repeated = sum(len(written(item.condition)) for item in exceptions([], moved, known))
    if size + repeated * (allows - permits) <= LARGE:
        return
    into = "one permit" if permits == 1 else f"each of {permits} permits"
    diagnostics.add(
        Diagnostic(
            "large-document",
            f"`{policy.name}` becomes {size:,} bytes of Cedar: {len(moved)} denies that Cedar may fail to evaluate are written into {into}, "
            f"for {allows} allows",
            policy.name_span or policy.span,
            f'{"allows that test the same attributes share one; or " if permits > 1 else ""}set `{SWITCH} = "trusted"` under `[switches]` '
            "in policyc.toml, which leaves each deny one `forbid`: where a value is of another kind than documented, Cedar skips it and the "
            "deny does not hold",
            Severity.INFO,
        )
    )


def _depth(cond: Cond) -> int:
    deepest = 0
    work: list[tuple[Cond, int]] = [(cond, 1)]
    while work:
        node, depth = work.pop()
        deepest = max(deepest, depth)
        if isinstance(node, All | AnyOf):
            work.extend((item, depth + 1) for item in node.items)
    return deepest


def _check_atom(atom: Atom, known: Mapping[str, Fact], carrier: Carrier, diagnostics: Diagnostics) -> None:
    fact = find_fact(known, atom.attribute.name)
    if fact is None or fact.attribute != atom.attribute:
        name = atom.attribute.name
        diagnostics.error(
            "unknown-attribute", f"a policy here does not see `{name}`", atom.span, carrier.unseen(known, name)
        )
        return
    if atom.op is Op.EXISTS:
        return
    problem = _form_problem(atom, fact, carrier)
    if problem is not None:
        rule, message, help = problem
        diagnostics.error(rule, message, atom.span, help)
        return
    for value in atom.values:
        problem = _value_problem(atom.op, fact, value)
        if problem is not None:
            rule, message, help = problem
            diagnostics.error(rule, message, value.span or atom.span, help)


def _form_problem(atom: Atom, fact: Fact, carrier: Carrier) -> Problem | None:
    """Why the operator has no Cedar form on this kind of attribute."""
    name = atom.attribute.name
    if fact.form != "scalar":
        return _many_problem(atom, fact)
    if atom.quantifier:
        return "single-valued-attribute", f"`{name}` has one value, so `{atom.quantifier}` says nothing", "drop it"
    if atom.op in _ORDERS:
        if fact.text_too:
            return (
                "order-of-unsure-type",
                f"AWS's pages disagree whether `{name}` is a number, so `{atom.op}` may fail",
                "list the values with `in [...]`; equality works for either form",
            )
        if _base(fact) != "int":
            return (
                "wrong-operator",
                f"`{atom.op}` orders numbers, and `{name}` is text",
                "list the values with `in [...]`, or use a pattern such as `14.*`",
            )
    if atom.op is Op.IN_CIDR and fact.attribute.type != _IP:
        return (
            "wrong-operator",
            f"`{name}` is text that need not be one address, so a block of addresses cannot be tested",
            f"use `{carrier.address} in …`" if carrier.address else "list the addresses with `in [...]`",
        )
    if atom.op is Op.LIKE and (_base(fact) != "string" or fact.attribute.type == _IP):
        return "wrong-operator", f"`like` does not work on `{name}`", "use `==` or `in`"
    return None


def _many_problem(atom: Atom, fact: Fact) -> Problem | None:
    name = atom.attribute.name
    if not atom.quantifier:
        return (
            "missing-qualifier",
            f"`{name}` has many values, so it cannot be compared as a whole",
            f"write `finance in {name}`" if fact.group else f"write `any {name} in [...]`",
        )
    if atom.op is not Op.EQ:
        return (
            "pattern-over-set",
            f"Cedar cannot look at each value of `{name}`, so `{atom.op}` has no form",
            "name the values with `in [...]`",
        )
    if fact.form == "record" and atom.quantifier == "all":
        return (
            "all-of-record",
            f"`{name}` is a record in Cedar, whose keys cannot be listed",
            f"write `finance in {name}`, or `any {name} in [...]`",
        )
    return None


def _value_problem(op: Op, fact: Fact, constant: Constant) -> Problem | None:
    """Why one literal has no Cedar form, or can never be met."""
    name, value = fact.attribute.name, constant.value
    if constant.group is not None or fact.form == "record":
        return _group_problem(fact, constant)
    if op is Op.LIKE:
        return _pattern_problem(str(value))
    base = _base(fact)
    fits = isinstance(value, {"int": int, "bool": bool}.get(base, str)) and (base == "bool") is isinstance(value, bool)
    if not fits:
        return (
            "type-mismatch",
            f"`{name}` is of type `{fact.attribute.type}`, and `{value}` is not",
            "change the literal",
        )
    if fact.attribute.type == _IP:
        return _address_problem(str(value))
    return None


def _group_problem(fact: Fact, constant: Constant) -> Problem | None:
    name, group = fact.attribute.name, constant.group
    if not fact.group:
        return ("group-kind", f"`{name}` does not hold a user's groups", "compare it with text")
    if group is None or group.kind != fact.group:
        shown = f"`{group.name or group.id}`" if group is not None else f"`{constant.value}`"
        return (
            "group-kind",
            f"`{name}` holds groups of kind `{fact.group}`, and {shown} is none",
            (f'declare it with `group name = {fact.group}("…")`'),
        )
    return None


def _pattern_problem(pattern: str) -> Problem | None:
    if Wild.ONE in pattern_tokens(pattern):
        return (
            "one-character-wildcard",
            f"Cedar has no wildcard for one character, so `{pattern}` has no form",
            "use `*`, list the values, or write `\\?` for a question mark",
        )
    return None


def _address_problem(text: str) -> Problem | None:
    """Literals that Python reads and Cedar does not: scoped addresses and IPv4 inside IPv6."""
    address: IPv4Address | IPv6Address = ip_network(text).network_address if "/" in text else ip_address(text)
    if "%" in text or (isinstance(address, IPv6Address) and address.ipv4_mapped is not None):
        inner = address.ipv4_mapped if isinstance(address, IPv6Address) and "/" not in text else None
        help = write_instead(text, str(inner)) if inner is not None else "write a plain IPv4 or IPv6 address"
        return "unreadable-address", f"Cedar cannot read the address `{text}`", help
    return None


def _base(fact: Fact) -> str:
    kind = fact.attribute.type
    return shapes()[kind.name].base if isinstance(kind, Named) and kind.name in shapes() else "string"
