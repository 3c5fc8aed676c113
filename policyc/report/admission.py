"""Who is admitted where, with the gate that refuses, as every format tells it: callers against verbs, and against the gates on the way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from policyc.engines.trace import Decision
from policyc.record import record
from policyc.report.options import Options
from policyc.report.screen import cells, clean, paint, wrap

_WORDS: Final = {Decision.ALLOW: "some", Decision.DENY: "none", Decision.UNDECIDED: "?", None: "-"}
_STYLES: Final = {Decision.ALLOW: "good", Decision.DENY: "error", Decision.UNDECIDED: "warning", None: "faint"}
LEGEND: Final = "some: some requests are allowed (`who` tells which); none: none is, whatever the request; -: the gate asks nothing of this caller"
#: verbs that the head of a column names
_MOST_VERBS: Final = 2


@record
class Field:
    """Whether any request gets through: `allow` some, `deny` none whatever it states, `undecided` not settled, None where nothing is asked.
    `why` says what refuses, what it hangs on, or what else has to allow."""

    decision: Decision | None
    why: str = ""


@record
class Admission:
    """One resource. `verbs` are groups with equal answers, `gates` stand in the order of a request; `asked` has a field for each caller and group of
    verbs, `passed` for each caller and gate, by their places."""

    on: str
    kind: str
    callers: tuple[str, ...]
    verbs: tuple[tuple[str, ...], ...]
    gates: tuple[str, ...]
    asked: Mapping[tuple[int, int], Field]
    passed: Mapping[tuple[int, int], Field]

    def reasons(self) -> Iterator[tuple[tuple[str, ...], str, str]]:
        """The callers, the verbs and the reason of the fields that need one, those with one reason together."""
        told: dict[tuple[str, str], list[str]] = {}
        for caller, name in enumerate(self.callers):
            by_reason: dict[str, list[str]] = {}
            for at, group in enumerate(self.verbs):
                why = self.asked[caller, at].why
                if why:
                    by_reason.setdefault(why, []).append(column(group))
            for why, columns in by_reason.items():
                verbs = "any verb" if len(columns) == len(self.verbs) else ", ".join(columns)
                told.setdefault((verbs, why), []).append(name)
        return ((tuple(names), verbs, why) for (verbs, why), names in told.items())


def column(group: Sequence[str]) -> str:
    """The head of a column."""
    more = len(group) - _MOST_VERBS
    return ", ".join(group[:_MOST_VERBS]) + (f" +{more}" if more > 0 else "")


def render_admissions(found: Sequence[Admission], options: Options) -> str:
    """For people: a table for each resource, what refuses below it."""
    lines: list[str] = []
    for item in found:
        lines += [paint(clean(f"{item.on} ({item.kind})"), "strong", options.color), *_table(item, options)]
        for names, verbs, why in item.reasons():
            lines += wrap(f"  {', '.join(names)}; {verbs}: {why}", options.width, "    ")
        lines.append("")
    return "\n".join([*lines, *wrap(LEGEND, options.width, "  ")]) + "\n"


def _table(item: Admission, options: Options) -> Iterator[str]:
    heads = [*map(column, item.verbs), *item.gates]
    rows = [
        [
            *(item.asked[caller, at].decision for at in range(len(item.verbs))),
            *(item.passed[caller, at].decision for at in range(len(item.gates))),
        ]
        for caller in range(len(item.callers))
    ]
    left = max([cells(clean(name)) for name in item.callers], default=0)
    wide = [max(cells(clean(head)), 4) for head in heads]
    for block in _blocks(wide, max(options.width - left - 2, 20)):
        yield "  " + " " * left + "".join(f"  {_padded(clean(heads[at]), wide[at])}" for at in block).rstrip()
        for name, row in zip(item.callers, rows, strict=True):
            signs = "".join("  " + _sign(row[at], wide[at], options.color) for at in block)
            yield f"  {_padded(clean(name), left)}{signs}".rstrip()


def _sign(decision: Decision | None, width: int, color: bool) -> str:
    return paint(_padded(_WORDS[decision], width), _STYLES[decision], color)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - cells(text))


def _blocks(wide: Sequence[int], room: int) -> Iterator[list[int]]:
    """The columns in order, as many at a time as have room; at least one."""
    block: list[int] = []
    used = 0
    for at, width in enumerate(wide):
        if block and used + width + 2 > room:
            yield block
            block, used = [], 0
        block.append(at)
        used += width + 2
    if block:
        yield block


def admission_data(found: Sequence[Admission]) -> list[dict[str, Any]]:
    """Plain data; the shape is `schemas/graph.schema.json`."""
    return [
        {
            "on": item.on,
            "kind": item.kind,
            "gates": list(item.gates),
            "callers": [
                {
                    "caller": name,
                    "verbs": [
                        {"verbs": list(group), **_data(item.asked[caller, at])} for at, group in enumerate(item.verbs)
                    ],
                    "passes": [_data(item.passed[caller, at]) for at in range(len(item.gates))],
                }
                for caller, name in enumerate(item.callers)
            ],
        }
        for item in found
    ]


def _data(field: Field) -> dict[str, Any]:
    return {"decision": field.decision.value if field.decision is not None else None, "why": field.why or None}
