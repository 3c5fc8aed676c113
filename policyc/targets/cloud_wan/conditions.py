"""Conditions of the language to the flat conditions of association rules and routing policy rules.

The service joins the conditions of a rule by one `and` or one `or`. What does not fit is refused: splitting a rule would
need numbers that nobody gave. Source: Cloud WAN reference, sections 1.6 and 1.8.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from policyc.diagnostics import Diagnostics, dropped
from policyc.ir.authz import All, Always, AnyOf, Atom, Cond, Constant, Never, Op, RawExpression, RawTest
from policyc.ir.network import AttachCondition, ConditionType, Logic, MatchType, Operator, RouteMatch, Word
from policyc.record import record
from policyc.text import Span

T = TypeVar("T")

ATTACH_ATTRIBUTES = ("tag[]", "account", "region", "type", "resource_id")
FILTER_ATTRIBUTES = ("prefix", "prefix_list", "as_path", "communities", "med")


@record
class Flat(Generic[T]):
    """Conditions with the word that joins them; None for a single one."""

    items: tuple[T, ...]
    logic: Logic | None


def attach_conditions(cond: Cond, span: Span, rule: Span, diagnostics: Diagnostics) -> Flat[AttachCondition] | None:
    """The conditions of an association rule, or None after a finding."""
    match cond:
        case Always():
            return Flat((AttachCondition("any", span=span),), None)
        case _:
            return _flatten(cond, span, rule, lambda atom: _attach_atom(atom, span, diagnostics), diagnostics)


def filter_conditions(cond: Cond, span: Span, rule: Span, diagnostics: Diagnostics) -> Flat[RouteMatch] | None:
    """The match conditions of a routing policy rule, or None after a finding."""
    if isinstance(cond, Always):
        return every_prefix(span)
    return _flatten(cond, span, rule, lambda atom: _filter_atom(atom, span, diagnostics), diagnostics)


def every_prefix(span: Span) -> Flat[RouteMatch]:
    """Matches that hold for each route: both default routes, and all that lies within them."""
    return Flat(
        (
            RouteMatch("prefix-equals", "0.0.0.0/0", span),
            RouteMatch("prefix-in-cidr", "0.0.0.0/0", span),
            RouteMatch("prefix-equals", "::/0", span),
            RouteMatch("prefix-in-cidr", "::/0", span),
        ),
        "or",
    )


# --- shape ------------------------------------------------------------------------------------------------------


def _flatten(
    cond: Cond, span: Span, rule: Span, convert: Callable[[Atom], Flat[T] | None], diagnostics: Diagnostics
) -> Flat[T] | None:
    match cond:
        case Never():
            fix = dropped(rule, safe=False)
            diagnostics.error("rule-never-matches", "this condition is never true", span, "remove the rule", fix=fix)
            return None
        case Atom():
            return convert(cond)
        case All(items):
            return _join(items, "and", span, convert, diagnostics)
        case AnyOf(items):
            return _join(items, "or", span, convert, diagnostics)
        case Always():
            raise AssertionError("handled by the callers")
        case RawTest() | RawExpression():
            raise TypeError("raw tests come from documents")


def _join(
    items: Iterable[Cond], logic: Logic, span: Span, convert: Callable[[Atom], Flat[T] | None], diagnostics: Diagnostics
) -> Flat[T] | None:
    out: list[T] = []
    failed = False
    for item in items:
        flat = convert(item) if isinstance(item, Atom) else None
        if not isinstance(item, Atom) or (flat is not None and flat.logic not in (None, logic)):
            where = item.span if isinstance(item, Atom) and item.span is not None else span
            diagnostics.error(
                "mixed-logic",
                "this rule mixes `and` with `or`, and the service joins all conditions of a rule by one word",
                where,
                "write one rule per alternative, each with its own number",
            )
            return None
        if flat is None:
            failed = True
        else:
            out += flat.items
    return None if failed else Flat(tuple(out), logic)


# --- association rules ------------------------------------------------------------------------------------------


def _attach_atom(atom: Atom, near: Span, diagnostics: Diagnostics) -> Flat[AttachCondition] | None:
    span = atom.span or near
    attribute = atom.attribute
    key = None if attribute.key is None else Word(attribute.key, span)
    if atom.op is Op.EXISTS:
        return _exists(atom, key, span, diagnostics)
    kind: ConditionType = "tag-value" if key is not None else _attach_type(attribute.native)
    found: list[AttachCondition] = []
    for value in atom.values:
        compared = _comparison(atom, value, span, diagnostics)
        if compared is None:
            return None
        operator, text = compared
        found.append(AttachCondition(kind, key, operator, Word(text, value.span or span), span))
    joined: Logic = "and" if atom.negated else "or"
    return Flat(tuple(found), None if len(found) == 1 else joined)


def _attach_type(native: str) -> ConditionType:
    match native:
        case "account-id" | "region" | "attachment-type" | "resource-id":
            return native
        case _:
            raise AssertionError(native)


def _exists(atom: Atom, key: Word | None, span: Span, diagnostics: Diagnostics) -> Flat[AttachCondition] | None:
    if key is None:
        diagnostics.error(
            "always-present", f"every attachment has `{atom.attribute.name}`", span, "compare it with a value"
        )
        return None
    if atom.negated:
        diagnostics.error(
            "no-negation",
            "the service cannot ask that a tag is absent",
            span,
            "put a rule for attachments with the tag before this one, and match the rest by `otherwise`",
        )
        return None
    return Flat((AttachCondition("tag-exists", key, span=span),), None)


def _comparison(atom: Atom, value: Constant, span: Span, diagnostics: Diagnostics) -> tuple[Operator, str] | None:
    text = str(value.value)
    if atom.op is Op.EQ:
        if atom.attribute.native == "attachment-type":
            text = text.replace("_", "-")
        return ("not-equals" if atom.negated else "equals", text)
    if atom.op is Op.LIKE and not atom.negated:
        pattern = _pattern(text)
        if pattern is not None:
            return pattern
        diagnostics.error(
            "attach-pattern",
            f"the service has no condition for the pattern `{text}`",
            value.span or span,
            'use `like "x*"` for a beginning or `like "*x*"` for a part, without `?`',
        )
        return None
    diagnostics.error(
        "no-negation" if atom.negated else "wrong-operator",
        f"association rules cannot say `{'not ' if atom.negated else ''}{atom.op}`",
        span,
        "use `==`, `!=`, `exists`, or `like` with a beginning or a part",
    )
    return None


def _pattern(text: str) -> tuple[Operator, str] | None:
    """`x*` is a beginning, `*x*` a part; any other pattern has no form."""
    tokens = _tokens(text)
    stars = [index for index, (wild, _) in enumerate(tokens) if wild]
    last = len(tokens) - 1
    if any(char == "?" for wild, char in tokens if wild):
        return None
    plain = "".join(char for wild, char in tokens if not wild)
    if plain and stars == [last]:
        return "begins-with", plain
    if plain and stars == [0, last]:
        return "contains", plain
    return None


def _tokens(text: str) -> list[tuple[bool, str]]:
    """(is a wildcard, character) per character; a backslash makes the next `*`, `?` or backslash plain."""
    out: list[tuple[bool, str]] = []
    at = 0
    while at < len(text):
        char = text[at]
        if char == "\\" and text[at + 1 : at + 2] in ("*", "?", "\\"):
            out.append((False, text[at + 1]))
            at += 2
            continue
        out.append((char in "*?", char))
        at += 1
    return out


# --- routing policy rules ---------------------------------------------------------------------------------------


def _filter_atom(atom: Atom, near: Span, diagnostics: Diagnostics) -> Flat[RouteMatch] | None:
    span = atom.span or near
    if atom.negated:
        diagnostics.error(
            "no-negation",
            "routing policies cannot negate a condition",
            span,
            "put an `allow` or `drop` for the exception before this rule",
        )
        return None
    if atom.quantifier == "all":
        diagnostics.error(
            "filter-operator", f"routing policies cannot ask for all of `{atom.attribute.name}`", span, "use `any`"
        )
        return None
    kind = _match_type(atom)
    if kind is None:
        diagnostics.error(
            "filter-operator",
            f"routing policies cannot say `{atom.op}` of `{atom.attribute.name}`",
            span,
            "use `==`, or `in` with a block for `prefix`",
        )
        return None
    matches = tuple(RouteMatch(kind, _route_value(kind, value), value.span or span) for value in atom.values)
    return Flat(matches, None if len(matches) == 1 else "or")


def _match_type(atom: Atom) -> MatchType | None:
    match atom.attribute.name, atom.op:
        case "prefix", Op.EQ:
            return "prefix-equals"
        case "prefix", Op.IN_CIDR:
            return "prefix-in-cidr"
        case "prefix_list", Op.EQ:
            return "prefix-in-prefix-list"
        case "as_path", Op.EQ:
            return "asn-in-as-path"
        case "communities", Op.EQ:
            return "community-in-list"
        case "med", Op.EQ:
            return "med-equals"
        case _:
            return None


def _route_value(kind: MatchType, value: Constant) -> str | int:
    return int(value.value) if kind in ("asn-in-as-path", "med-equals") else str(value.value)
