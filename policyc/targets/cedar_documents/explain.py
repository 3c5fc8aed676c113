"""Why a statement matched or did not: each test of its condition beside the value that the request has.

One explanation for text that somebody wrote and for policies of the language, whose conditions are told as the Cedar tests that they stand
for (`stated.spoken`). The decision is always Cedar's; this only names the tests behind it. Values are written as Cedar writes them, so that
the text "true" and the truth value `true` look different. A question for presence that only guards a later test is not told apart from it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from policyc.engines.cedar.outcome_sets import FAILS, FALSE, Truths, holds
from policyc.engines.trace import Reason, StatementTrace
from policyc.record import record, replace
from policyc.syntax import cedar_nodes as cedar
from policyc.syntax.cedar_literals import quoted
from policyc.syntax.cedar_printer import attribute, pattern_text, written
from policyc.targets.cedar_documents.expression import Path, written_path
from policyc.targets.cedar_documents.needs import WORDS, Kind, fits, look

#: of a list or a record this many parts are shown
_MOST_PARTS: Final = 3
#: of alternatives this many are told one by one
_MOST_ALTERNATIVES: Final = 20
#: `1 < a` says the same as `a > 1`
MIRRORED: Final = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_WORDS: Final = {"isInRange": "in range", "containsAll": "contains all of", "containsAny": "contains any of"}

#: questions for presence that stand before a test
Guards: TypeAlias = tuple[cedar.Has, ...]


@record
class Asked:
    """A context as Cedar gets it, what each condition comes to on it, and what that does to the statement (`settle`): an allow needs a
    condition that holds, and a deny may count one that has no answer."""

    context: Mapping[str, Any]
    truths: Callable[[cedar.Expr], Truths]
    settle: Callable[[Truths], bool | None] = holds

    def truth(self, node: cedar.Expr) -> bool | None:
        """What a condition does to the statement; None when it hangs on something open."""
        return self.settle(self.truths(node))


def nearest(traces: tuple[StatementTrace, ...]) -> StatementTrace | None:
    """The allow that came closest without matching: an undecided one first, then the one with the fewest misses."""
    open_allows = [trace for trace in traces if trace.effect in ("allow", "permit") and trace.matched is not True]
    return min(open_allows, key=lambda trace: (trace.matched is False, len(trace.misses), trace.index), default=None)


def reasons(condition: cedar.Expr, asked: Asked) -> list[Reason]:
    """A reason for each test; of alternatives only those that share the truth of the whole, of a choice the side that is taken."""
    return _reasons(condition, asked, False, ())


def _reasons(node: cedar.Expr, asked: Asked, negated: bool, guards: Guards) -> list[Reason]:
    match node:
        case cedar.And(items) | cedar.Or(items):
            parts = _guarded(items, guards) if isinstance(node, cedar.And) else [(item, guards) for item in items]
            if isinstance(node, cedar.And) is not negated:
                return [reason for item, before in parts for reason in _reasons(item, asked, negated, before)]
            return _alternatives(_behind(guards, node), parts, asked, negated)
        case cedar.Not(of):
            return _reasons(of, asked, not negated, guards)
        case cedar.If(test, then, otherwise):
            told_of = asked.truths(_behind(guards, test))
            out = _reasons(test, asked, told_of == FALSE, guards)
            out += _reasons(then, asked, negated, guards) if "true" in told_of else []
            out += _reasons(otherwise, asked, negated, guards) if "false" in told_of else []
            return out
        case cedar.Lit(bool(value)):
            return (
                [] if value is not negated else [Reason("condition", False, "the condition", "is never true", (), ())]
            )
        case _:
            return [_reason(node, asked, negated, guards)]


def _alternatives(
    node: cedar.Expr, parts: Sequence[tuple[cedar.Expr, Guards]], asked: Asked, negated: bool
) -> list[Reason]:
    whole = asked.truth(_turned(node, negated))
    alike = [part for part in parts if asked.truth(_turned(_behind(part[1], part[0]), negated)) is whole]
    told: list[Reason] = []
    for item, before in alike[:_MOST_ALTERNATIVES]:
        found = _reasons(item, asked, negated, before)
        if len(found) == 1 and told and _same_test(told[-1], found[0]):
            told[-1] = _joined(told[-1], found[0])
        else:
            told += found
    return [*told, *_rest([item for item, _ in alike[_MOST_ALTERNATIVES:]], whole)]


def _same_test(one: Reason, other: Reason) -> bool:
    """Whether two alternatives ask the same of the same value, so that one sentence says both."""
    parts = [(item.subject, item.operator, item.matched, item.actual) for item in (one, other)]
    return bool(one.expected) and parts[0] == parts[1]


def _joined(one: Reason, other: Reason) -> Reason:
    span = one.span if one.span is None or other.span is None else one.span.to(other.span)
    return replace(one, expected=tuple(dict.fromkeys((*one.expected, *other.expected))), span=span)


def _rest(items: Sequence[cedar.Expr], matched: bool | None) -> list[Reason]:
    if not items:
        return []
    words = {True: "come to the same", False: "do not hold either", None: "are open as well"}[matched]
    span = items[0].span.to(items[-1].span)
    return [Reason("condition", matched, f"{len(items)} more alternatives", words, (), (), span)]


# --- guards ---------------------------------------------------------------------------------------------------------


def _guarded(items: Sequence[cedar.Expr], guards: Guards) -> list[tuple[cedar.Expr, Guards]]:
    """The operands of `&&` without those that only ask for the presence of what a later one reads, each with the ones before it."""
    read = [_read(item) for item in items]
    out: list[tuple[cedar.Expr, Guards]] = []
    for place, item in enumerate(items):
        asked = _asked_for(item)
        if asked is not None and any(asked in paths for paths in read[place + 1 :]):
            guards = (*guards, item)  # type: ignore[arg-type]
        else:
            out.append((item, tuple(one for one in guards if _asked_for(one) in read[place])))
    return out


def _asked_for(node: cedar.Expr) -> Path | None:
    """The path whose presence a test asks for."""
    match node:
        case cedar.Has(of, names) if (path := cedar.path_of(of)) is not None:
            return (*path, *names)
        case _:
            return None


def _read(node: cedar.Expr) -> frozenset[Path]:
    """The paths that have to be there for a condition to be read: those of its attributes and all above them."""
    found: set[Path] = set()
    for part in cedar.walk(node):
        path = (
            cedar.path_of(part)
            if isinstance(part, cedar.Get)
            else cedar.path_of(part.of)
            if isinstance(part, cedar.Has)
            else None
        )
        if path:
            found.update(path[:length] for length in range(1, len(path) + 1))
    return frozenset(found)


def _behind(guards: Guards, node: cedar.Expr) -> cedar.Expr:
    return cedar.And((*guards, node), node.span) if guards else node


def _turned(node: cedar.Expr, negated: bool) -> cedar.Expr:
    return cedar.Not(node, node.span) if negated else node


# --- one test -------------------------------------------------------------------------------------------------------


def _reason(node: cedar.Expr, asked: Asked, negated: bool, guards: Guards) -> Reason:
    whole = _turned(_behind(guards, node), negated)
    found = asked.truths(whole)
    matched = asked.settle(found)
    wrong = _unfit(node, asked.context) if found == FAILS else None
    if wrong is not None:
        path, kind, seen = wrong
        return Reason("condition", matched, written_path(path), "has to be", (WORDS[kind],), (seen,), node.span)
    subject, operator, expected = _parts(node)
    at = cedar.path_of(subject)
    if at is not None:
        actual = value_at(at, asked.context)
    else:
        actual = None if matched is None else (str(matched is not negated).lower(),)
    operator = f"not {operator}" if negated else operator
    return Reason("condition", matched, written(subject), operator, expected, actual, node.span)


def _parts(node: cedar.Expr) -> tuple[cedar.Expr, str, tuple[str, ...]]:
    """What is tested, how, and against what."""
    match node:
        case cedar.Compare(operator, cedar.Lit(value), right) if operator in MIRRORED and cedar.path_of(right):
            return right, MIRRORED[operator], (_shown(value),)
        case cedar.Compare(operator, left, cedar.Lit(value)):
            return _inside(left), operator, (_shown(value),)
        case cedar.Compare(operator, left, right):
            return _inside(left), operator, (written(_inside(right)),)
        case cedar.Has(of, names):
            return of, "has", (".".join(attribute(name) for name in names),)
        case cedar.Like(of, pattern):
            return of, "like", (pattern_text(pattern),)
        case cedar.Method(cedar.SetOf(items), "contains", _, (arg,)):
            return arg, "in", tuple(written(item) for item in items)
        case cedar.Method(cedar.SetOf(items), "containsAll", _, (arg,)):
            return arg, "all in", tuple(written(item) for item in items)
        case cedar.Method(of, name, _, (cedar.SetOf(items),)):
            return of, _WORDS.get(name, name), tuple(written(item) for item in items)
        case cedar.Method(of, name, _, args):
            return _inside(of), _WORDS.get(name, name), tuple(written(_inside(arg)) for arg in args)
        case _:
            return node, "==", ("true",)


def _inside(node: cedar.Expr) -> cedar.Expr:
    """The one argument of a constructor such as `ip(…)`."""
    return node.args[0] if isinstance(node, cedar.Call) and len(node.args) == 1 else node


def _unfit(node: cedar.Expr, context: Mapping[str, Any]) -> tuple[Path, Kind, str] | None:
    """The first value that is of another kind than a test needs, the kind, and the value; None where there is none."""
    for path, kind in _needs(node):
        for length in range(1, len(path)):
            there, value = look(context, path[:length])
            if there and not fits(value, "record"):
                return path[:length], "record", _shown(value)
        there, value = look(context, path)
        if there and kind is not None and not fits(value, kind):
            return path, kind, _shown(value)
    return None


def _needs(node: cedar.Expr) -> Iterator[tuple[Path, Kind | None]]:
    """The attributes that a test reads, each with the kind that its operator takes; None where any will do."""
    match node:
        case cedar.Has(of):
            sides: tuple[tuple[cedar.Expr, Kind | None], ...] = ((of, "record"),)
        case cedar.Like(of):
            sides = ((of, "text"),)
        case cedar.Compare("<" | "<=" | ">" | ">=", left, right):
            sides = ((left, "number"), (right, "number"))
        case cedar.Method(cedar.SetOf(), "contains"):
            sides = ()
        case cedar.Method(of, "contains" | "containsAll" | "containsAny", _, args):
            sides = ((of, "list"), *((arg, "list") for arg in args))
        case _:
            sides = ()
    yield from ((path, kind) for side, kind in sides if (path := cedar.path_of(side)))
    for part in cedar.walk(node):
        if isinstance(part, cedar.Call) and part.function == "ip":
            yield from ((path, "address") for arg in part.args if (path := cedar.path_of(arg)))
        elif isinstance(part, cedar.Get) and (path := cedar.path_of(part)):
            yield path, None


def value_at(path: Path, context: Mapping[str, Any]) -> tuple[str, ...] | None:
    """The value that a context has at a path, as Cedar writes it; of a record its names; None when it is absent or unknown."""
    there, value = look(context, path)
    return (_shown(value),) if there else None


def _shown(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str():
            return quoted(value)
        case Mapping():
            return "{" + _first([attribute(str(name)) for name in value]) + "}"
        case list() | tuple():
            return "[" + _first([_shown(item) for item in value]) + "]"
        case _:
            return str(value)


def _first(texts: Sequence[str]) -> str:
    more = len(texts) - _MOST_PARTS
    return ", ".join([*texts[:_MOST_PARTS], *([f"… {more} more"] if more > 0 else [])])
