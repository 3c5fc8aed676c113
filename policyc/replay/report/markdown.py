"""Markdown for a pull request: the fit first, then what changes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from policyc.replay.classes import Class
from policyc.replay.report.replay import CONTRADICTION, Replay, by_size, change_of, fit, groups, left_out, pair_table
from policyc.report.screen import clean, plural

_MOST_SHOWN: Final = 50
_SPECIAL: Final = re.compile(r"([\\`*_{}\[\]<>#|~&@])")


def as_markdown(found: Replay) -> str:
    return "\n".join(_lines(found)) + "\n"


def _lines(found: Replay) -> Iterator[str]:
    tally = found.tally
    yield "## Replay"
    yield ""
    stopped = "" if found.complete else ", stopped before the end"
    yield f"{plural(tally.records, 'record')} in {plural(found.log.files, 'file')}{stopped}"
    yield ""
    yield f"**{fit(tally)}**" if tally.asked else "**no request to ask about**"
    notes = [f"- {_text(line)}" for line in left_out(found)]
    yield from (["", *notes] if notes else [])
    wrong = tally.against_the_log()
    if wrong:
        yield from ["", "### The log says otherwise", "", CONTRADICTION, "", *_classes(wrong)]
    if found.tells_of_new:
        yield from ["", "### New policies, beside those in force", "", "| in force | new | records |", "|---|---|---:|"]
        yield from (f"| {old} | {new} | {count:,} |" for old, new, count in pair_table(tally))
        changed = tally.changed()
        callers = groups(changed, "who")
        if callers:
            yield from ["", "| caller | | records | callers |", "|---|---|---:|---:|"]
            yield from (
                f"| {_text(g.name)} | {g.change} | {g.count:,} | {g.callers:,} |" for g in callers[:_MOST_SHOWN]
            )
        if changed:
            yield from ["", *_classes(changed)]
    elif found.compared:
        yield from ["", "of the new policies nothing is said: the log reproduces nothing of those in force"]
    if tally.missing:
        yield from ["", "| what the records do not tell | records |", "|---|---:|"]
        yield from (f"| {_text(name)} | {count:,} |" for name, count in by_size(tally.missing)[:_MOST_SHOWN])


def _classes(classes: Sequence[Class]) -> Iterator[str]:
    yield "| change | who | what | where | by | records | first | last | such as |"
    yield "|---|---|---|---|---|---:|---|---|---|"
    for item in classes[:_MOST_SHOWN]:
        key = item.key
        reason = "; ".join(filter(None, (key.by, key.missed)))
        texts = (change_of(item), key.who, key.can, key.where, reason)
        places = ", ".join(str(place) for place in item.places)
        cells = [*map(_text, texts), f"{item.count:,}", *map(_text, (item.first, item.last, places))]
        yield f"| {' | '.join(cells)} |"
    if len(classes) > _MOST_SHOWN:
        yield ""
        yield f"and {len(classes) - _MOST_SHOWN:,} more"


def _text(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", clean(text))
