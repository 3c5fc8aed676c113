"""Orders and sums: they take numbers alone, and a sum fails where its result does not fit in 64 bits."""

from __future__ import annotations

from collections.abc import Sequence

from policyc.syntax.cedar_nodes import Compare, Expr
from policyc.syntax.cedar_printer import written
from policyc.targets.cedar_documents.explain import MIRRORED
from policyc.targets.cedar_documents.text.info import Checks, Hazard, Info, Known, number, risks_of
from policyc.targets.cedar_documents.text.kinds import BOOL, LONG
from policyc.targets.cedar_documents.text.literals import literal_of, order_constant


def check_order(checker: Checks, node: Compare, known: Known) -> Info:
    left, right = checker.check(node.left, known), checker.check(node.right, known)
    risks = risks_of((left, right))
    if left.broken or right.broken:
        return Info(BOOL, risks=risks, broken=True)
    times = ("datetime", "duration")
    if left.kind.name == right.kind.name and left.kind.name in times:
        return Info(BOOL, risks=risks)
    for info, part in ((left, node.left), (right, node.right)):
        if not number(info) and info.kind.name not in times:
            help = "list the values, or use `like`" if info.kind.name == "string" else "compare numbers"
            text = literal_of(part)
            if isinstance(text, str):
                whole = text.isascii() and text.isdigit()
                help = (
                    f"write `{text}` without quotes" if whole else "texts have no order: list the values, or use `like`"
                )
            checker.fails(
                f"`{node.operator}` orders numbers, and `{written(part)}` is {info.kind.words}", node.span, help
            )
            return Info(BOOL, risks=risks, broken=True)
    constant = None
    low, high = literal_of(node.left), literal_of(node.right)
    if isinstance(high, int):
        constant = order_constant(left.member, node.operator, high)
    elif isinstance(low, int):
        constant = order_constant(right.member, MIRRORED[node.operator], low)
    for info, part in ((left, node.left), (right, node.right)):
        _check_two_formed(checker, info, part, node.operator)
    if constant is not None and not (constant and node in checker.bounded):
        member = left.member or right.member
        assert member is not None and member.range is not None
        word = "always" if constant else "never"
        checker.error(
            "value-never-matches",
            f"`{written(node)}` {word} holds",
            node.span,
            f"the score is {member.range[0]} to {member.range[1]}",
        )
    return Info(BOOL, constant, risks=risks)


def bounds(items: Sequence[Expr]) -> set[Expr]:
    """The tests of a conjunction that are one end of a range of which another test is the other end: that such a one may leave nothing
    out is no mistake."""
    ends: dict[str, dict[bool, list[Expr]]] = {}
    for item in items:
        if isinstance(item, Compare) and item.operator in ("<", "<=", ">", ">="):
            turned = isinstance(literal_of(item.left), int)
            attribute, other = (item.right, item.left) if turned else (item.left, item.right)
            if isinstance(literal_of(other), int):
                upper = (item.operator in ("<", "<=")) is not turned
                ends.setdefault(written(attribute), {}).setdefault(upper, []).append(item)
    return {item for found in ends.values() if len(found) == 2 for tests in found.values() for item in tests}


def _check_two_formed(checker: Checks, info: Info, part: Expr, operator: str) -> None:
    """A number that is text in another source: an operator on numbers may fail."""
    if info.member is not None and info.member.text_too:
        checker.hazards.append(
            Hazard(
                f"`{written(part)}` is text in AWS's log sample, and `{operator}` fails on text",
                part.span,
                "list the values",
            )
        )


_LONGS = (-(2**63), 2**63 - 1)


def check_sum(checker: Checks, node: Expr, parts: Sequence[Expr], operator: str, known: Known) -> Info:
    infos = [checker.check(part, known) for part in parts]
    for info, part in zip(infos, parts, strict=True):
        if not number(info) and not info.broken:
            checker.fails(
                f"`{operator}` wants numbers, and `{written(part)}` is {info.kind.words}", part.span, "use a number"
            )
            return Info(LONG, risks=risks_of(infos), broken=True)
        _check_two_formed(checker, info, part, operator)
    if any(info.broken for info in infos):
        return Info(LONG, risks=risks_of(infos), broken=True)
    low, high = _reach(operator, [info.reach or _LONGS for info in infos])
    if low < _LONGS[0] or high > _LONGS[1]:
        what = f"`{written(node)}` fails where the result does not fit in 64 bits"
        checker.hazards.append(Hazard(what, node.span, "compare the attribute itself with a number"))
    return Info(LONG, risks=risks_of(infos), reach=(max(low, _LONGS[0]), min(high, _LONGS[1])))


def _reach(operator: str, ends: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """Between which numbers a result lies."""
    (low, high), (less, more) = ends[0] if len(ends) == 2 else (0, 0), ends[-1]
    match operator:
        case "+":
            return low + less, high + more
        case "*":
            corners = [one * other for one in (low, high) for other in (less, more)]
            return min(corners), max(corners)
        case _:
            return low - more, high - less
