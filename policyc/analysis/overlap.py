"""Whether two statements are seen to have no request in common, from how their resources, actions and callers are written. No question is asked:
what is not seen at a glance may meet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from policyc.analysis.conditions import folded
from policyc.holes import has_hole
from policyc.ir.authz import Statement, Who
from policyc.per_object import PerObject
from policyc.record import record
from policyc.regex import regex

#: how many pairs of statements are looked at; past that everything may meet
_MOST_PAIRS: Final = 20_000
#: what every text that fits a pattern begins with, and (read from behind) ends with
_PLAIN: Final = regex(r"[^*?\\${}]*")
_Ends = tuple[str, str]


@record
class _Reach:
    """The beginnings and endings of what a statement is about, and its callers by account and name; None where it may be about anything."""

    resources: frozenset[_Ends] | None
    actions: frozenset[_Ends] | None
    callers: frozenset[_Ends] | None


def touching(statements: Sequence[Statement], others: Sequence[Statement]) -> Sequence[Statement]:
    """Those of some statements that may match a request which one of `others` matches."""
    if len(statements) * len(others) > _MOST_PAIRS:
        return statements
    reaches = [_reach_of(item) for item in others]
    return [item for item in statements if any(_meet(_reach_of(item), other) for other in reaches)]


def _meet(first: _Reach, second: _Reach) -> bool:
    return (
        _are_alike(first.resources, second.resources)
        and _are_alike(first.actions, second.actions)
        and (
            first.callers is None
            or second.callers is None
            or any(
                one[0] == other[0] and (not one[1] or not other[1] or one[1] == other[1])
                for one in first.callers
                for other in second.callers
            )
        )
    )


def _are_alike(first: Iterable[_Ends] | None, second: Iterable[_Ends] | None) -> bool:
    """Whether some text may begin and end as one of each."""
    if first is None or second is None:
        return True
    return any(
        (one[0].startswith(other[0]) or other[0].startswith(one[0]))
        and (one[1].endswith(other[1]) or other[1].endswith(one[1]))
        for one in first
        for other in second
    )


def _reach(statement: Statement) -> _Reach:
    resources, can = statement.resources, statement.can
    places = [] if resources is None or resources.negated else [glob.text for glob in resources.patterns]
    actions = [] if can is None or can.negated else [folded(verb.action) for verb in can.verbs]
    return _Reach(_ends_of(places), _ends_of(actions), _callers_of(statement.who))


_reach_of: Final = PerObject(_reach, most=8192)


def _ends_of(texts: Sequence[str]) -> frozenset[_Ends] | None:
    if not texts or any(map(has_hole, texts)):
        return None
    plain = _PLAIN.match
    return frozenset((plain(text)[0], plain(text[::-1])[0][::-1]) for text in texts)  # type: ignore[index]


def _callers_of(who: Who | None) -> frozenset[_Ends] | None:
    """The accounts of callers, each with the name of a role or without."""
    if who is None or who.negated or not who.principals:
        return None
    if not all(item.account and item.kind in ("account", "role") and not item.is_pattern for item in who.principals):
        return None
    return frozenset((item.account, item.args[1] if item.kind == "role" else "") for item in who.principals)
