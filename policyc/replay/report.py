"""The outcome of a replay, for people and for programs."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

from policyc.record import record
from policyc.replay.reading import Log
from policyc.replay.tally import Class, Tally
from policyc.report.options import Options
from policyc.report.screen import clean, paint, plural, wrap

FORMAT_VERSION: Final = 1
#: classes that people are shown
_MOST_SHOWN: Final = 20
_STYLES: Final = {"allow": "good", "deny": "error", "undecided": "warning"}


@record
class Replay:
    """Everything that a report tells. `compared` says that new policies were asked beside those in force; `complete` that the log was read to
    its end."""

    log: Log
    tally: Tally
    compared: bool
    complete: bool = True


def human(found: Replay, options: Options) -> str:
    """What was read, whether the log fits the policies in force, and then what changes."""
    log, tally = found.log, found.tally
    lines = [f"{plural(tally.records, 'record')} in {plural(log.files, 'file')}"]
    if not found.complete:
        lines[0] += ", stopped before the end"
    lines += [f"  {line}" for line in _left_out(log, tally)]
    lines += ["", *_fit(tally, options)]
    wrong = tally.against_the_log()
    if wrong:
        lines += [
            "",
            "the log says otherwise, which a policy that changed meanwhile or a missing document could explain",
        ]
        lines += _classes(wrong, options)
    if found.compared and tally.reproduced:
        lines += ["", *_pairs(tally, options), *_classes(tally.changed(), options)]
    elif found.compared:
        lines += ["", "of the new policies nothing is said: the log reproduces nothing of those in force"]
    if tally.missing:
        lines += ["", "what the records do not tell and an answer hangs on"]
        lines += [f"  {count:>9,}  {clean(name)}" for name, count in tally.missing.most_common(10)]
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _left_out(log: Log, tally: Tally) -> Iterator[str]:
    for reason, count in log.unread.most_common():
        yield clean(f"{count:,} not read: {reason} ({log.examples[reason]})")
    for reason, count in tally.skipped.most_common():
        yield clean(f"{count:,} skipped: {reason} ({tally.examples[reason]})")
    if tally.duplicates:
        yield f"{tally.duplicates:,} delivered twice, counted once"


def _fit(tally: Tally, options: Options) -> Iterator[str]:
    if not tally.asked:
        yield "no request to ask about"
        return

    def share(count: int) -> str:
        return f"{100 * count / tally.asked:.1f} % ({count:,})"

    text = f"policies in force: {share(tally.reproduced)} reproduced, {share(tally.open)} undecidable, {share(tally.contradicted)} contradicted"
    yield from wrap(text, options.width, "  ")


def _pairs(tally: Tally, options: Options) -> Iterator[str]:
    yield "new policies, beside those in force"
    table: dict[tuple[str, str], int] = {}
    for (_, old, new), count in tally.pairs.items():
        table[old, new] = table.get((old, new), 0) + count
    for (old, new), count in sorted(table.items(), key=lambda entry: (entry[0][0] == entry[0][1], -entry[1], entry[0])):
        if old == new:
            yield f"  {count:>9,}  {old} as before"
        else:
            yield f"  {count:>9,}  {paint(old, _STYLES[old], options.color)} -> {paint(new, _STYLES[new], options.color)}"


def _classes(classes: Sequence[Class], options: Options) -> Iterator[str]:
    for item in classes[:_MOST_SHOWN]:
        change = f"{item.old} -> {item.new}" if item.old != item.new else f"logged {item.recorded}, policies {item.old}"
        yield ""
        yield f"  {change}  {item.count:,} times"
        yield from _wrapped(f"{item.who} {item.can} {_service(item)}", options)
        paths = [path for path, _ in item.paths.most_common(3) if path]
        more = len(item.paths) - len(paths)
        if paths:
            yield from _wrapped("paths " + ", ".join(paths) + (f" and {more} more" if more > 0 else ""), options)
        yield from _wrapped("; ".join(filter(None, (item.by and f"by {item.by}", item.missed))), options)
        when = f"{item.first} to {item.last}, " if item.first else ""
        yield from _wrapped(when + "such as " + ", ".join(str(place) for place in item.places), options)
    if len(classes) > _MOST_SHOWN:
        yield ""
        yield f"  and {len(classes) - _MOST_SHOWN:,} more kinds; `--format json` has all"


def _wrapped(text: str, options: Options) -> list[str]:
    return ["    " + line for line in wrap(text, options.width - 4, "  ")]


def _service(item: Class) -> str:
    return item.service.rpartition("/")[2]


def data(found: Replay) -> dict[str, Any]:
    """The report as plain data; the shape is `schemas/replay.schema.json`."""
    log, tally = found.log, found.tally
    return {
        "format_version": FORMAT_VERSION,
        "complete": found.complete,
        "files": log.files,
        "records": tally.records,
        "duplicates": tally.duplicates,
        "unread": [{"reason": r, "count": n, "example": log.examples[r]} for r, n in log.unread.most_common()],
        "skipped": [{"reason": r, "count": n, "example": tally.examples[r]} for r, n in tally.skipped.most_common()],
        "asked": tally.asked,
        "in_force": {
            "reproduced": tally.reproduced,
            "undecidable": tally.open,
            "contradicted": tally.contradicted,
            "classes": [_class_data(item) for item in tally.against_the_log()],
        },
        "new": _new_data(found),
        "missing": [{"what": name, "count": count} for name, count in tally.missing.most_common()],
    }


def _new_data(found: Replay) -> dict[str, Any] | None:
    if not (found.compared and found.tally.reproduced):
        return None
    pairs = [
        {"recorded": recorded, "old": old, "new": new, "count": count}
        for (recorded, old, new), count in sorted(found.tally.pairs.items())
    ]
    return {"pairs": pairs, "classes": [_class_data(item) for item in found.tally.changed()]}


def _class_data(item: Class) -> dict[str, Any]:
    return {
        "recorded": item.recorded,
        "old": item.old,
        "new": item.new,
        "who": item.who,
        "can": item.can,
        "service": item.service,
        "by": item.by,
        "missed": item.missed,
        "count": item.count,
        "first": item.first,
        "last": item.last,
        "paths": [{"path": path, "count": count} for path, count in item.paths.most_common(20)],
        "records": [{"file": place.file, "number": place.number} for place in item.places],
    }


def as_json(found: Replay) -> str:
    return json.dumps(data(found), indent=2) + "\n"


def as_csv(found: Replay) -> str:
    """One line for each class of the new policies, or without any for each that contradicts the log."""
    classes = found.tally.changed() if found.compared and found.tally.reproduced else found.tally.against_the_log()
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["recorded", "old", "new", "count", "who", "can", "service", "by", "missed", "first", "last"])
    for item in classes:
        row = (item.recorded, item.old, item.new, str(item.count), item.who, item.can, item.service)
        writer.writerow([_cell(text) for text in (*row, item.by, item.missed, item.first, item.last)])
    return out.getvalue()


def _cell(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    shown = clean(text)
    return "'" + shown if shown[:1] in ("=", "+", "-", "@") else shown
