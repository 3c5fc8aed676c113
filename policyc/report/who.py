"""Who may do what, as every format tells it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from policyc.record import record
from policyc.report.options import Options
from policyc.report.screen import clean, paint, wrap
from policyc.text import listed

#: those of an account whom their own policies may admit, before the account's number
OWN_CALLERS: Final = "callers of "
#: kinds of documents that only take permissions away
_LIMITS: Final = ("scp", "rcp")
#: items of one list that people are shown
_MOST_ITEMS: Final = 6


@record
class May:
    """One class of allowed requests. Empty `who`, `what` and `where` mean any; `conditions` are left over, `unless` takes some of the requests
    out, `needs` says what else has to allow them, `by` the statements that allow, `request` one of the requests in parts, and `answer` what
    the engine says to it."""

    who: tuple[str, ...]
    what: tuple[str, ...]
    where: tuple[str, ...]
    conditions: tuple[str, ...]
    unless: tuple[str, ...]
    needs: tuple[str, ...]
    by: tuple[str, ...]
    request: tuple[tuple[str, str], ...]
    answer: str


@record
class Reach:
    """Who may do what with one resource, document or network, called `on`. `complete`: nobody else may do anything else, which is proven; else
    `open` says why it is not. `given` is what is taken as given, `caller` the one caller that was asked about."""

    on: str
    kind: str
    classes: tuple[May, ...]
    complete: bool
    open: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    caller: str = ""

    @property
    def end(self) -> str:
        """What is said where it is complete."""
        if self.kind in _LIMITS:
            return "nothing else is left over" if self.classes else "nothing is left over"
        word = "nothing" if self.caller else "nobody"
        return f"{word} else" if self.classes else word


def render_reach(found: Sequence[Reach], options: Options) -> str:
    """For people: a block for each resource, a class after the other, and whether anybody else may do anything."""
    lines: list[str] = []
    for item in found:
        lines.append(paint(clean(f"{item.on} ({item.kind})"), "strong", options.color))
        for entry in item.classes:
            lines += [*_entry(entry, item.caller, options), ""]
        lines += [line for text in _ends(item) for line in wrap(f"  {text}", options.width, "    ")]
        lines.append("")
    return "\n".join(lines[:-1]) + "\n"


def _ends(item: Reach) -> Iterator[str]:
    if item.complete:
        yield item.end
    for reason in item.open:
        yield f"not settled whether there are others: {reason}"
    for text in item.given:
        yield f"taken as given: {text}"


def _entry(entry: May, caller: str, options: Options) -> Iterator[str]:
    parts = [
        ("who", entry.who or (caller or "anyone",)),
        ("what", entry.what),
        ("where", entry.where),
        ("if", entry.conditions),
        ("unless", entry.unless),
        ("and", entry.needs),
        ("by", entry.by),
    ]
    for name, texts in parts:
        for at, text in enumerate(texts[:_MOST_ITEMS]):
            head = f"  {name if not at else '':<7}"
            yield from wrap(head + text, options.width, " " * len(head)) if " " in text else [clean(head + text)]
        if len(texts) > _MOST_ITEMS:
            yield f"  {'':<7}and {len(texts) - _MOST_ITEMS} more"
    if entry.request:
        yield from wrap(f"    for example (gets {entry.answer})", options.width, "    ")
        width = max(len(part) for part, _ in entry.request)
        for part, value in entry.request:
            head = f"      {part:<{width}}  "
            yield from wrap(head + value, options.width, " " * len(head)) if " " in value else [clean(head + value)]


def reach_data(found: Sequence[Reach]) -> dict[str, Any]:
    """Plain data; the shape is `schemas/who.schema.json`."""
    return {
        "resources": [
            {
                "on": item.on,
                "kind": item.kind,
                "caller": item.caller or None,
                "complete": item.complete,
                "classes": [_data(entry) for entry in item.classes],
                "open": list(item.open),
                "given": list(item.given),
            }
            for item in found
        ]
    }


def _data(entry: May) -> Mapping[str, Any]:
    return {
        "who": list(entry.who),
        "what": list(entry.what),
        "where": list(entry.where),
        "conditions": list(entry.conditions),
        "unless": list(entry.unless),
        "needs": list(entry.needs),
        "by": list(entry.by),
        "witness": [{"part": part, "value": value} for part, value in entry.request],
        "answer": entry.answer,
    }


def phrase(entry: May) -> str:
    """A class in one sentence."""
    text = f"{listed(entry.who) or 'anyone'}: {listed(entry.what) or 'any action'}"
    text += f" on {listed(entry.where)}" if entry.where else ""
    text += f", if {'; '.join(entry.conditions)}" if entry.conditions else ""
    text += f", unless {'; '.join(entry.unless)}" if entry.unless else ""
    return text + (f", and {'; '.join(entry.needs)}" if entry.needs else "")
