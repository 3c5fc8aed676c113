"""For programs: JSON, whose shape is `schemas/replay.schema.json`, tables as CSV and as Parquet."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import Any, Final

from policyc.replay.classes import Class
from policyc.replay.report.replay import Replay, by_size, groups, over_time
from policyc.report.screen import clean

FORMAT_VERSION: Final = 1
COLUMNS: Final = (
    "kind",
    "recorded",
    "old",
    "new",
    "count",
    "callers",
    "who",
    "can",
    "where",
    "by",
    "missed",
    "first",
    "last",
)


def data(found: Replay) -> dict[str, Any]:
    """The report as plain data."""
    log, tally = found.log, found.tally
    return {
        "format_version": FORMAT_VERSION,
        "complete": found.complete,
        "files": log.files,
        "records": tally.records,
        "kinds": [{"kind": kind, "count": count} for kind, count in by_size(tally.kinds)],
        "duplicates": tally.duplicates,
        "unread": [{"reason": r, "count": n, "example": log.examples[r]} for r, n in by_size(log.unread)],
        "skipped": [{"reason": r, "count": n, "example": str(tally.examples[r])} for r, n in by_size(tally.skipped)],
        "odd": [{"reason": r, "count": n, "example": str(tally.examples[r])} for r, n in by_size(tally.odd)],
        "asked": tally.asked,
        "in_force": {
            "reproduced": tally.reproduced,
            "undecidable": tally.open,
            "contradicted": tally.contradicted,
            "not_told": tally.silent,
            "classes": [_class_data(item) for item in tally.against_the_log()],
        },
        "new": _new_data(found),
        "missing": [{"what": name, "count": count} for name, count in by_size(tally.missing)],
        "over_time": [{"time": time, "counts": counts} for time, counts in over_time(tally)],
    }


def _new_data(found: Replay) -> dict[str, Any] | None:
    if not found.tells_of_new:
        return None
    pairs = [
        {"recorded": recorded, "old": old, "new": new, "count": count}
        for (recorded, old, new), count in sorted(found.tally.pairs.items())
    ]
    changed = found.tally.changed()
    both = {
        f"by_{'caller' if by == 'who' else 'place'}": [
            {"name": g.name, "change": g.change, "count": g.count, "callers": g.callers, "of": list(g.others[:20])}
            for g in groups(changed, by)
        ]
        for by in ("who", "where")
    }
    return {"pairs": pairs, **both, "classes": [_class_data(item) for item in changed]}


def _class_data(item: Class) -> dict[str, Any]:
    return {
        **item.key._asdict(),
        "count": item.count,
        "callers": item.distinct_callers,
        "first": item.first,
        "last": item.last,
        "paths": [{"path": path, "count": count} for path, count in item.most_common_paths(20)],
        "records": [{"file": place.file, "number": place.number} for place in item.places],
    }


def as_json(found: Replay) -> str:
    return json.dumps(data(found), indent=2) + "\n"


def _told(found: Replay) -> Sequence[Class]:
    """The classes of the new policies, or without any those that contradict the log."""
    return found.tally.changed() if found.tells_of_new else found.tally.against_the_log()


def _row(item: Class) -> dict[str, Any]:
    return {
        **item.key._asdict(),
        "count": item.count,
        "callers": item.distinct_callers,
        "first": item.first,
        "last": item.last,
    }


def rows_of(found: Replay) -> list[dict[str, Any]]:
    """A row for each class that is told."""
    return [_row(item) for item in _told(found)]


def as_csv(found: Replay) -> str:
    """One line for each class."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows_of(found):
        writer.writerow([_cell(str(row[name])) for name in COLUMNS])
    return out.getvalue()


def _cell(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    shown = clean(text)
    return "'" + shown if shown[:1] in ("=", "+", "-", "@") else shown
