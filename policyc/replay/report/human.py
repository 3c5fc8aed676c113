"""For people at a terminal: what was read, whether the log fits the policies in force, and then what changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from policyc.replay.classes import Class
from policyc.replay.report.replay import CONTRADICTION, Replay, by_size, change_of, fit, groups, left_out, pair_table
from policyc.report.options import Options
from policyc.report.screen import clean, paint, plural, wrap

#: classes that people are shown
_MOST_SHOWN: Final = 20
#: and of those that speak against the log, which stand before what changes
_MOST_AGAINST: Final = 5
_MOST_GROUPS: Final = 10
_STYLES: Final = {"allow": "good", "deny": "error", "undecided": "warning"}


def human(found: Replay, options: Options) -> str:
    log, tally = found.log, found.tally
    lines = [f"{plural(tally.records, 'record')} in {plural(log.files, 'file')}"]
    if not found.complete:
        lines[0] += ", stopped before the end"
    lines += [f"  {clean(line)}" for line in left_out(found)]
    lines += ["", *(wrap(fit(tally), options.width, "  ") if tally.asked else ["no request to ask about"])]
    wrong = tally.against_the_log()
    if wrong:
        lines += ["", *wrap(f"the log says otherwise; {CONTRADICTION}", options.width, "  ")]
        lines += _classes(wrong, options, _MOST_AGAINST if found.tells_of_new else _MOST_SHOWN)
    if found.tells_of_new:
        lines += ["", *_pairs(found, options), *_groups(found, options), *_classes(tally.changed(), options)]
    elif found.compared:
        lines += ["", "of the new policies nothing is said: the log reproduces nothing of those in force"]
    if tally.missing:
        lines += ["", "what the records do not tell and an answer hangs on"]
        lines += [f"  {count:>9,}  {clean(name)}" for name, count in by_size(tally.missing)[:10]]
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _pairs(found: Replay, options: Options) -> Iterator[str]:
    yield "new policies, beside those in force"
    for old, new, count in pair_table(found.tally):
        if old == new:
            yield f"  {count:>9,}  {old} as before"
        else:
            yield f"  {count:>9,}  {paint(old, _STYLES[old], options.color)} -> {paint(new, _STYLES[new], options.color)}"


def _groups(found: Replay, options: Options) -> Iterator[str]:
    callers = groups(found.tally.changed(), "who")
    if callers:
        yield ""
        yield "who is newly refused or let in"
    for item in callers[:_MOST_GROUPS]:
        several = f", {item.callers:,} callers" if item.callers > 1 else ""
        yield from wrap(f"  {item.change}  {item.name}, {plural(item.count, 'time')}{several}", options.width, "    ")
    if len(callers) > _MOST_GROUPS:
        yield f"  and {len(callers) - _MOST_GROUPS:,} more"


def _classes(classes: Sequence[Class], options: Options, most: int = _MOST_SHOWN) -> Iterator[str]:
    for item in classes[:most]:
        key = item.key
        yield ""
        yield f"  {change_of(item)}  {plural(item.count, 'time')}"
        yield from _wrapped(
            f"{key.who} {key.can} {key.where.rpartition('/')[2] if key.where.startswith('arn:') else key.where}",
            options,
        )
        paths = [path for path, _ in item.most_common_paths(3) if path]
        more = len(item.paths) - len(paths)
        if paths:
            yield from _wrapped("paths " + ", ".join(paths) + (f" and {more} more" if more > 0 else ""), options)
        yield from _wrapped("; ".join(filter(None, (key.by and f"by {key.by}", key.missed))), options)
        when = f"{item.first} to {item.last}, " if item.first < item.last else f"{item.first}, " if item.first else ""
        yield from _wrapped(when + "such as " + ", ".join(str(place) for place in item.places), options)
    if len(classes) > most:
        yield ""
        yield f"  and {len(classes) - most:,} more kinds; `--format json` has all"


def _wrapped(text: str, options: Options) -> list[str]:
    return ["    " + line for line in wrap(text, options.width - 4, "  ")]
