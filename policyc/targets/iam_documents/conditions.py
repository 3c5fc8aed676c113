"""A condition tree as alternatives of `Condition` blocks: disjunctive normal form with the laws of the operators.

IAM has AND inside a block and OR only between values of one key and between statements, so every alternative that is
left becomes a statement of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, assert_never

from policyc.diagnostics import Diagnostics
from policyc.ir.authz import All, Always, AnyOf, Atom, Cond, Never, Op, RawExpression, RawTest
from policyc.record import record, replace
from policyc.targets.iam_documents.leaves import Conjunct, lower_atom, raw_key_test
from policyc.targets.iam_documents.operators import Contradiction, KeyTest, merge_tests, other_spellings
from policyc.text import Span

#: OR of ANDs: `()` is never true, `((),)` always
Alternatives = tuple[Conjunct, ...]
NEVER: Final[Alternatives] = ()
ALWAYS: Final[Alternatives] = ((),)

#: how many statements one source statement may become
BUDGET: Final = 64
_WORK: Final = BUDGET * BUDGET
_KEPT: Final = BUDGET * 8


@record
class _TooLarge:
    """The normal form passed the budget."""


def lower_condition(cond: Cond, span: Span | None, diagnostics: Diagnostics) -> Alternatives | None:
    """The condition as alternatives; None after an error was reported. `span` is the statement, for tests without one."""
    done: list[Alternatives | None] = []
    work: list[tuple[Cond, bool]] = [(cond, False)]
    while work:
        node, ready = work.pop()
        match node:
            case Always():
                done.append(ALWAYS)
            case Never():
                done.append(NEVER)
            case Atom(spelling=None):
                done.append(lower_atom(node, span, diagnostics))
            case Atom() | RawTest():
                done.append(((raw_key_test(node),),))
            case RawExpression():
                raise TypeError("raw expressions come from Cedar")
            case All() | AnyOf():
                items = _gather(node.items) if isinstance(node, AnyOf) else node.items
                if not ready:
                    work.append((node, True))
                    work.extend((item, False) for item in reversed(items))
                    continue
                parts = done[len(done) - len(items) :]
                del done[len(done) - len(items) :]
                found = [part for part in parts if part is not None]
                if len(found) < len(parts):
                    done.append(None)
                else:
                    done.append(_joined(found, isinstance(node, All), span, diagnostics))
            case _:
                assert_never(node)
    return done[0]


def _gather(items: Sequence[Cond]) -> tuple[Cond, ...]:
    """Alternatives of one key and one operator as one atom with all their values."""
    out: dict[object, Cond] = {}
    for index, item in enumerate(items):
        plain = isinstance(item, Atom) and item.spelling is None
        if (
            plain
            and isinstance(item, Atom)
            and not item.negated
            and item.quantifier != "all"
            and item.op is not Op.EXISTS
        ):
            place = (item.attribute.native, item.op, item.quantifier)
            seen = out.get(place)
            if isinstance(seen, Atom):
                values = tuple(dict.fromkeys((*seen.values, *item.values)))
                out[place] = replace(seen, values=values)
            else:
                out[place] = item
        else:
            out[index] = item
    return tuple(out.values())


def _joined(
    parts: Sequence[Alternatives], conjunction: bool, span: Span | None, diagnostics: Diagnostics
) -> Alternatives | None:
    found = every_of(parts) if conjunction else _some_of(parts)
    if isinstance(found, _TooLarge):
        report_too_large(span, diagnostics)
        return None
    return found


def report_too_large(span: Span | None, diagnostics: Diagnostics) -> None:
    """The error for a statement that would become more than `BUDGET` statements."""
    diagnostics.error(
        "condition-too-large",
        f"this statement needs more than {BUDGET} statements in an IAM document",
        span,
        "split it by hand, or say the alternatives as values of one key (`k in [a, b]`)",
    )


def _some_of(parts: Iterable[Alternatives]) -> Alternatives | _TooLarge:
    out = _absorb(conjunct for part in parts for conjunct in part)
    return out if len(out) <= BUDGET else _TooLarge()


def every_of(parts: Iterable[Alternatives]) -> Alternatives | _TooLarge:
    """The AND of alternatives: every way to pick one of each, tidied."""
    found = list(parts)
    # What is a plain conjunction anyway is joined in one go: it cannot multiply, however long it is.
    if any(not part for part in found):
        return NEVER
    common = tidy([test for part in found if len(part) == 1 for test in part[0]])
    if common is None:
        return NEVER
    out: Alternatives = (common,)
    for part in found:
        if len(part) == 1:
            continue
        if len(out) * len(part) > _WORK:
            return _TooLarge()
        pairs = (tidy([*left, *right]) for left in out for right in part)
        out = _absorb(pair for pair in pairs if pair is not None)
        if len(out) > BUDGET:
            return _TooLarge()
    return out


def join(parts: Sequence[Alternatives], span: Span | None, diagnostics: Diagnostics) -> Alternatives | None:
    """The AND of alternatives that several clauses ask for; None after `condition-too-large` was reported."""
    return _joined(parts, True, span, diagnostics)


def tidy(tests: Sequence[KeyTest]) -> Conjunct | None:
    """The conjunction with tests of one slot merged, and without a test of presence that another test makes anyway; None when no
    request can pass it."""
    slots: dict[tuple[str, str], list[KeyTest]] = {}
    for test in tests:
        slots.setdefault(test.slot, []).append(test)
    out: list[KeyTest] = []
    for group in slots.values():
        merged = merge_tests(group)
        if isinstance(merged, Contradiction):
            return None
        out.extend(merged)
    nulls = [test for test in out if test.base == "Null" and not test.verbatim]
    if len({test.slot for test in nulls}) < len(nulls):
        return tidy(out)  # an intersection became a second test of absence
    absent = {test.key.lower() for test in nulls if test.values == ("true",)}
    if any(test.needs_presence and test.key.lower() in absent for test in out):
        return None
    present = {test.key.lower() for test in out if test.needs_presence and test.base != "Null"}
    return tuple(test for test in out if test not in nulls or test.key.lower() not in present)


def _absorb(conjuncts: Iterable[Conjunct]) -> Alternatives:
    """Without the alternatives that a wider one covers (all of whose tests they hold)."""
    kept: list[tuple[Conjunct, frozenset[KeyTest]]] = []
    for conjunct in conjuncts:
        tests = frozenset(conjunct)
        if any(other <= tests for _, other in kept):
            continue
        kept = [item for item in kept if not tests <= item[1]]
        kept.append((conjunct, tests))
        if len(kept) > _KEPT:
            break  # far past the budget, which the caller reports
    return tuple(conjunct for conjunct, _ in kept)


def place(conjunct: Conjunct, span: Span | None, diagnostics: Diagnostics) -> Conjunct | None:
    """The conjunct with every test in a slot of its own, one spelling per key, in the document's order.

    A JSON object holds an operator once and a key once below it. Two tests that would share a place are told apart by
    a spelling that means the same beside the first one; where none is left, `condition-not-expressible` is reported.
    """
    spelled: dict[str, str] = {}
    taken: dict[tuple[str, str], KeyTest] = {}
    for test in conjunct:
        key = spelled.setdefault(test.key.lower(), test.key)
        same = test if key == test.key else replace(test, key=key)
        found = next((item for item in (same, *_others(same, taken)) if item.slot not in taken), None)
        if found is None:
            diagnostics.error(
                "condition-not-expressible",
                f"`{test.key}` is tested with `{test.operator}` more often than a `Condition` block can hold",
                test.span or span,
                "join the patterns into one, or split the statement",
            )
            return None
        if found.operator != same.operator:
            note = f"`{found.operator}` is a second `{same.operator}`: a block holds each operator once for a key"
            found = replace(found, note=note)
        taken[found.slot] = found
    return tuple(sorted(taken.values(), key=lambda test: (test.operator, test.key.lower())))


def _others(test: KeyTest, taken: dict[tuple[str, str], KeyTest]) -> tuple[KeyTest, ...]:
    """Other spellings of a test whose slot is taken: the test there is false for an absent key, or both are true."""
    first = taken.get(test.slot)
    if first is None or test.base == "Null":
        return ()
    safe = first.needs_presence or test.qualifier == "ForAllValues:"
    return other_spellings(test) if safe else ()


def condition_block(conjunct: Conjunct) -> dict[str, dict[str, str | list[str]]]:
    """The placed conjunct as a `Condition` object; empty when there is nothing to test."""
    out: dict[str, dict[str, str | list[str]]] = {}
    for test in conjunct:
        values = list(test.texts())
        out.setdefault(test.operator, {})[test.key] = values[0] if len(values) == 1 else values
    return out
