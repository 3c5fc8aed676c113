"""From the normal form to Cedar, so that an absent attribute means the same: its test is false, the negation true.

Every attribute is guarded by `has`, step by step, and an exact complement wraps guards and test together, so a
well-typed request never makes a statement an error. A guard that an earlier conjunct has established is not repeated, and one
that all sides of a disjunction ask for first stands before it.
A value of another type than documented (one text where a list is documented, an address that is none) makes Cedar's operator fail,
and no portable guard against it exists: the test cannot be answered. What is written keeps the order of the source and Cedar's short
circuit, so it fails exactly where the source meets such a test first. `fold` sees to it that a deny which can fail still denies.
`exists` asks for the attribute, so an empty set exists.

Only operators of AWS's own table plus `ip`, `isInRange` and set literals are used (reference: verified-access, 1.2).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address, ip_address
from itertools import pairwise, takewhile
from typing import TypeAlias

from policyc.engines.cedar.unknowns import prefixes
from policyc.ir.authz import All, Always, AnyOf, Atom, Cond, Never, Op, RawExpression, RawTest
from policyc.ir.pattern import Plain, pattern_tokens
from policyc.model.types import Named
from policyc.syntax.cedar_nodes import NOWHERE, Compare, Expr, Like, Lit, Not, attribute_at, literal
from policyc.targets.cedar_documents.expression import (
    Path,
    address,
    can_fail,
    conjoin,
    disjoin,
    equals,
    guard,
    of_set,
    within,
)
from policyc.targets.cedar_documents.facts import Fact, fact_of
from policyc.text import Span

#: Paths that are known to be present at a place in a conjunction.
Known: TypeAlias = frozenset[Path]

_IP = Named("ip")
_ORDERS = {Op.LT: "<", Op.LE: "<=", Op.GT: ">", Op.GE: ">="}


def lower_condition(cond: Cond, facts: Mapping[str, Fact], known: Known = frozenset()) -> Expr:
    """The Cedar form of a condition that `limits.check_policy` has passed, at a place where the paths of `known` are present.

    Raises ValueError on anything else (a bug).
    """
    return _lower(cond, facts, known)[0]


def lower_alternatives(conds: Sequence[Cond], facts: Mapping[str, Fact]) -> tuple[list[Expr], list[Expr], Known]:
    """Several conditions of which one is enough: the guards that all of them ask for first, the form of each behind these, and the paths
    that are present wherever one is true."""
    shared = list(_asked_first(AnyOf(tuple(conds)), facts))
    branches, ends = zip(*(_lower(item, facts, frozenset(shared)) for item in conds), strict=True)
    return [guard(path) for path in shared], list(branches), frozenset.intersection(*ends)


def established(cond: Cond, facts: Mapping[str, Fact]) -> Known:
    """The paths that are present wherever the condition is true."""
    return _lower(cond, facts, frozenset())[1]


def _lower(cond: Cond, facts: Mapping[str, Fact], known: Known) -> tuple[Expr, Known]:
    """The expression, and what is known to be present wherever it is true."""
    match cond:
        case Always():
            return Lit(True), known
        case Never():
            return Lit(False), known
        case Atom():
            return _atom(cond, fact_of(facts, cond.attribute), known)
        case All(items):
            parts: list[Expr] = []
            for item in items:
                part, known = _lower(item, facts, known)
                parts.append(part)
            return conjoin(parts), known
        case AnyOf(items):
            shared = [path for path in _asked_first(cond, facts) if path not in known]
            known = known.union(shared)
            branches, ends = zip(*(_lower(item, facts, known) for item in items), strict=True)
            return conjoin([*(guard(path) for path in shared), disjoin(list(branches))]), frozenset.intersection(*ends)
        case RawTest() | RawExpression():
            raise TypeError("raw tests come from documents")


def _asked_first(cond: Cond, facts: Mapping[str, Fact]) -> dict[Path, None]:
    """The guards that can stand before a condition and leave it what it is, failures included, prefixes first: those that it asks for
    before all else, then those that cannot fail and have nothing before them that can."""
    match cond:
        case Atom(negated=False):
            return dict.fromkeys(prefixes(fact_of(facts, cond.attribute).path))
        case All(items):
            out = _asked_first(items[0], facts)
            for before, item in pairwise(items):
                if may_fail(before, facts):
                    break
                out |= dict.fromkeys(path for path in _asked_first(item, facts) if not can_fail(guard(path)))
            return out
        case AnyOf(items):
            return _common([list(_asked_first(item, facts)) for item in items])
        case _:
            return {}


def may_fail(cond: Cond, facts: Mapping[str, Fact]) -> bool:
    """Whether a value of another type than documented leaves the condition without an answer."""
    match cond:
        case Always() | Never():
            return False
        case Atom():
            return can_fail(_atom(cond, fact_of(facts, cond.attribute), frozenset())[0])
        case All(items) | AnyOf(items):
            return any(may_fail(item, facts) for item in items)
        case RawTest() | RawExpression():
            raise TypeError("raw tests come from documents")


def _common(branches: Sequence[Sequence[Path]]) -> dict[Path, None]:
    """What all branches of a disjunction ask for in the same order from their start, then what cannot fail in any of them."""
    same = [paths[0] for paths in takewhile(lambda paths: len(set(paths)) == 1, zip(*branches, strict=False))]
    later = [path for path in branches[0] if not can_fail(guard(path)) and all(path in other for other in branches)]
    return dict.fromkeys([*same, *later])


def _atom(atom: Atom, fact: Fact, known: Known) -> tuple[Expr, Known]:
    span = atom.span or NOWHERE
    ways = prefixes(fact.path)
    guards: list[Expr] = [guard(way, span) for way in ways if way not in known]
    if atom.op is Op.EXISTS:
        # the last guard is the test itself, so it is written even where it is known
        parts = guards or [guard(fact.path, span)]
    else:
        parts = [*guards, _test(atom, fact, span)]
    whole = conjoin(parts)
    if atom.negated:
        return Not(whole, span), known
    return whole, known.union(ways)


def _test(atom: Atom, fact: Fact, span: Span) -> Expr:
    """The test of a present attribute."""
    match fact.form:
        case "record":
            if atom.op is not Op.EQ or atom.quantifier != "any":
                raise ValueError(f"a record of groups cannot be tested with {atom.quantifier} {atom.op}")
            return disjoin([guard((*fact.path, _text(value.value)), span) for value in atom.values])
        case "set":
            return _set_test(atom, fact, span)
        case "scalar":
            return _scalar_test(atom, fact, span)


def _set_test(atom: Atom, fact: Fact, span: Span) -> Expr:
    texts = tuple(_text(value.value) for value in atom.values)
    if atom.op is not Op.EQ:
        raise ValueError(f"a set cannot be tested with {atom.op}")
    some = of_set(fact.path, "contains" if len(texts) == 1 else "containsAny", texts, span)
    match atom.quantifier:
        case "any":
            return some
        case "all":
            # a set inside the literals is not empty exactly when it shares one with them
            return conjoin([some, within(fact.path, texts, span)])
        case _:
            raise ValueError("a set needs a quantifier")


def _scalar_test(atom: Atom, fact: Fact, span: Span) -> Expr:
    path, values = fact.path, [value.value for value in atom.values]
    subject = attribute_at(path, span)
    match atom.op:
        case Op.LIKE:
            return disjoin([Like(subject, cedar_pattern(_text(value)), span, span) for value in values])
        case Op.IN_CIDR:
            return disjoin([address(path, _text(value), span, inside=True) for value in values])
        case Op.LT | Op.LE | Op.GT | Op.GE:
            return disjoin(
                [Compare(_ORDERS[atom.op], subject, literal(_number(value), span), span) for value in values]
            )
        case Op.EQ if fact.attribute.type == _IP:
            return _same_address(path, [_text(value) for value in values], span)
        case Op.EQ if fact.text_too:
            numbers = [_number(value) for value in values]
            return disjoin([equals(path, numbers, span), equals(path, map(str, numbers), span)])
        case Op.EQ:
            return equals(path, map(_literal, values), span)
        case Op.EXISTS:
            raise ValueError("a guard is no test")


def cedar_pattern(text: str) -> tuple[str | None, ...]:
    """A pattern of the language, which has no `?` any more, as Cedar's: None for each run of `*`, texts for what stands between."""
    out: list[str | None] = []
    for token in pattern_tokens(text):
        piece = token.char if isinstance(token, Plain) else None
        if piece is None or not out or out[-1] is None:
            if piece is not None or not out or out[-1] is not None:
                out.append(piece)
        else:
            out[-1] = f"{out[-1]}{piece}"
    return tuple(out)


def _same_address(path: Path, values: list[str], span: Span) -> Expr:
    """An IPv4 address has one spelling, so text is exact and cannot fail; IPv6 has many, so it is read as an address."""
    plain = [value for value in values if isinstance(ip_address(value), IPv4Address)]
    parts: list[Expr] = [equals(path, plain, span)] if plain else []
    parts += [address(path, str(ip_address(value)), span, inside=False) for value in values if value not in plain]
    return disjoin(parts)


def _literal(value: object) -> str | int | bool:
    if isinstance(value, str | int):
        return value
    raise ValueError(f"{value!r} has no Cedar literal")


def _number(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise ValueError(f"{value!r} is no whole number")


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    raise ValueError(f"{value!r} is no text")
