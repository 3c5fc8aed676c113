"""One page without scripts and without anything from elsewhere: the fit, a picture over time, and what changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import Final

from policyc.replay.classes import Class
from policyc.replay.report.replay import (
    CONTRADICTION,
    Group,
    Replay,
    by_size,
    change_of,
    fit,
    groups,
    left_out,
    over_time,
    pair_table,
)
from policyc.replay.tally import OUTCOMES
from policyc.report.page import page
from policyc.report.screen import clean, plural

_MOST_SHOWN: Final = 500
#: colours that people tell apart who see no red or no green (Okabe and Ito)
_COLORS: Final = dict(zip(OUTCOMES, ("#9bbfdd", "#d55e00", "#009e73", "#e0c94f", "#7a5195"), strict=True))
#: the picture in its own units
_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP = 900, 260, 70, 40, 10
_STYLE: Final = """
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}
.fit{font-size:1.1rem;font-weight:600;border-left:4px solid var(--blue);padding:.3rem .8rem;background:var(--panel)}
.n{text-align:right;white-space:nowrap}.key span{margin-right:1.2rem}
.key i{display:inline-block;width:.8rem;height:.8rem;margin-right:.3rem;vertical-align:-.05rem}
svg text{fill:var(--ink)}
"""


def as_html(found: Replay) -> str:
    return page("policyc replay", "\n".join(_body(found)) + "\n", _STYLE)


def _body(found: Replay) -> Iterator[str]:
    tally = found.tally
    yield "<h1>Recorded traffic, replayed</h1>"
    stopped = "" if found.complete else ", stopped before the end"
    yield f"<p>{plural(tally.records, 'record')} in {plural(found.log.files, 'file')}{stopped}</p>"
    yield f'<p class="fit">{_text(fit(tally)) if tally.asked else "no request to ask about"}</p>'
    notes = [f"<li>{_text(line)}</li>" for line in left_out(found)]
    yield from (["<ul>", *notes, "</ul>"] if notes else [])
    times = over_time(tally)
    if times:
        yield from ["<h2>Over time</h2>", *_picture(times)]
    wrong = tally.against_the_log()
    if wrong:
        yield from ["<h2>The log says otherwise</h2>", f"<p>{CONTRADICTION}</p>", *_classes(wrong)]
    if found.tells_of_new:
        yield from ["<h2>New policies, beside those in force</h2>", *_pairs(found)]
        changed = tally.changed()
        yield from _groups("Callers newly refused or let in", groups(changed, "who"))
        yield from _groups("Services, hosts and places", groups(changed, "where"))
        if changed:
            yield from ["<h2>What changes, and why</h2>", *_classes(changed)]
    elif found.compared:
        yield "<p>of the new policies nothing is said: the log reproduces nothing of those in force</p>"
    if tally.missing:
        rows = [(name, f"{count:,}") for name, count in by_size(tally.missing)[:_MOST_SHOWN]]
        yield from ["<h2>What the records do not tell</h2>", *_table(("key", "records"), rows, {1})]


def _picture(times: Sequence[tuple[str, dict[str, int]]]) -> Iterator[str]:
    """Bars over time, stacked by outcome; what changes is drawn at least a line high, so that one record in a million is seen."""
    most = max(sum(counts.values()) for _, counts in times)
    step = (_WIDTH - _LEFT) / len(times)
    room = _HEIGHT - _BOTTOM - _TOP
    shown = [name for name in OUTCOMES if any(counts[name] for _, counts in times)]
    keys = "".join(f'<span><i style="background:{_COLORS[name]}"></i>{name}</span>' for name in shown)
    yield f'<p class="key">{keys}</p>'
    yield f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="records over time by outcome" font-size="11">'
    for part in (0, 0.5, 1):
        y = _TOP + room * (1 - part)
        yield f'<line x1="{_LEFT}" x2="{_WIDTH}" y1="{y:.1f}" y2="{y:.1f}" stroke="#8886"/>'
        yield f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{most * part:,.0f}</text>'
    for at, (time, counts) in enumerate(times):
        y, x = float(_HEIGHT - _BOTTOM), _LEFT + at * step
        for name in OUTCOMES:
            if counts[name]:
                height = max(room * counts[name] / most, 0.5 if name == OUTCOMES[0] else 2.0)
                y -= height
                yield (
                    f'<rect x="{x:.2f}" y="{y:.2f}" width="{max(step * 0.9, 0.5):.2f}" height="{height:.2f}" '
                    f'fill="{_COLORS[name]}"><title>{_text(time)}: {counts[name]:,} {name}</title></rect>'
                )
    every = max(1, -(-len(times) // 8))
    for at in range(0, len(times), every):
        label = times[at][0].replace("T", " ") + (":00" if len(times[at][0]) == 13 else "")
        yield f'<text x="{_LEFT + at * step:.1f}" y="{_HEIGHT - _BOTTOM + 18}">{_text(label)}</text>'
    yield "</svg>"


def _pairs(found: Replay) -> Iterator[str]:
    rows = [(old, new, f"{count:,}") for old, new, count in pair_table(found.tally)]
    yield from _table(("in force", "new", "records"), rows, {2})


def _groups(title: str, found: Sequence[Group]) -> Iterator[str]:
    if found:
        rows = [
            (g.name, g.change, f"{g.count:,}", f"{g.callers:,}", ", ".join(g.others[:5])) for g in found[:_MOST_SHOWN]
        ]
        yield f"<h2>{title}</h2>"
        yield from _table(("", "", "records", "callers", "of"), rows, {2, 3})


def _classes(classes: Sequence[Class]) -> Iterator[str]:
    rows = []
    for item in classes[:_MOST_SHOWN]:
        key = item.key
        paths = ", ".join(path for path, _ in item.most_common_paths(3) if path)
        where = f"{key.where} {paths}".rstrip()
        reason = "; ".join(filter(None, (key.by, key.missed)))
        when = f"{item.first} to {item.last}" if item.first else ""
        places = ", ".join(str(place) for place in item.places)
        rows.append((change_of(item), key.who, key.can, where, reason, f"{item.count:,}", when, places))
    yield from _table(("change", "who", "what", "where", "by", "records", "when", "such as"), rows, {5})
    if len(classes) > _MOST_SHOWN:
        yield f"<p>and {len(classes) - _MOST_SHOWN:,} more</p>"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], numbers: set[int]) -> Iterator[str]:
    marks = [' class="n"' if at in numbers else "" for at in range(len(head))]
    yield "<table><tr>" + "".join(f"<th{mark}>{_text(name)}</th>" for mark, name in zip(marks, head)) + "</tr>"
    for row in rows:
        yield "<tr>" + "".join(f"<td{mark}>{_text(text)}</td>" for mark, text in zip(marks, row)) + "</tr>"
    yield "</table>"


def _text(text: str) -> str:
    return escape(clean(text))
