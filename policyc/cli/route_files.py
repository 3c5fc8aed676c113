"""How `policyc routes` writes tables and candidates, row by row: a large network has a million rows, which many tables share."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from policyc.cli.console import Console
from policyc.cli.progress import Progress
from policyc.cli.terminal import is_terminal
from policyc.report.screen import cells, clean, paint, wrap
from policyc.report.sheet import sheet_text

if TYPE_CHECKING:
    from policyc.engines.wan.core import TableName
    from policyc.engines.wan.prefixes import Prefix
    from policyc.engines.wan.rows import Row
    from policyc.engines.wan.tables import Tables

Place = tuple["TableName", str]
#: characters that are handed to the stream at once, or a few more
_BATCH: Final = 1 << 18

_HEAD: Final = ("table", "name", "edge", "prefix")
_ATTRIBUTES: Final = ("as_path", "med", "local_preference", "communities")
ROW_COLUMNS: Final = (*_HEAD, "next_hop", "next_hop_name", "next_hop_edge", "certain", *_ATTRIBUTES, "why")
CANDIDATE_COLUMNS: Final = (
    *_HEAD,
    "standing",
    "class",
    "origin",
    "shared_by",
    "next_hop",
    "next_hop_name",
    "next_hop_edge",
    "heard_from",
    *_ATTRIBUTES,
    "heard_as_path",
    "lost_at",
    "why",
    "reason",
)


def send(parts: Iterable[str], console: Console, cleaned: bool = False) -> None:
    """Write texts as they come, some at once; nothing of them is kept. Who reads the rows themselves needs no count of them. `cleaned` as in
    `Console.stream`."""
    batch: list[str] = []
    size = count = 0
    counted = console.out is not None and not is_terminal(console.out)
    with Progress(console) as progress:
        for part in parts:
            batch.append(part)
            size += len(part)
            if size >= _BATCH:
                text = "".join(batch)
                console.stream(text, cleaned)
                batch.clear()
                size = 0
                if counted:
                    count += text.count("\n")
                    progress("rows", count)
    console.stream("".join(batch), cleaned)


# --- JSON -------------------------------------------------------------------------------------------------------


def json_parts(
    tables: Tables, places: Sequence[Place], head: dict[str, Any], candidates: bool, clean: Callable[[str], str]
) -> Iterator[str]:
    """One object, each row on a line of its own: `head`, then the tables, then the notes; all texts as `clean` makes them."""
    yield "{\n"
    for key, value in head.items():
        if isinstance(value, list):
            yield f"{json.dumps(key)}: ["
            yield clean(",".join("\n" + json.dumps(item) for item in value))
            yield "\n],\n"
        else:
            yield clean(f"{json.dumps(key)}: {json.dumps(value)},\n")
    yield '"tables": ['
    rows = _candidate_texts(tables, clean) if candidates else _row_texts(tables, clean)
    for at, (name, edge) in enumerate(places):
        place = json.dumps({"kind": name.kind, "name": name.name, "edge": edge})
        yield clean(f'{"," if at else ""}\n{place[:-1]}, "routes": [')
        texts = ",\n".join(rows(name, edge))
        yield f"\n{texts}\n]}}" if texts else "\n]}"
    yield clean(f'\n],\n"notes": {json.dumps(tables.notes)}\n}}\n')


def _row_texts(tables: Tables, clean: Callable[[str], str]) -> Callable[[TableName, str], Iterable[str]]:
    """The rows of a table as texts; a row that tables share is written once, and next hops that rows share."""
    from policyc.targets.cloud_wan.answers import hops_data

    known: dict[int, str] = {}
    hops: dict[int, str] = {}
    sorted_rows = _in_order(tables)

    def text_of(row: Row) -> str:
        ahead = hops.get(id(row.options))
        if ahead is None:
            ahead = hops[id(row.options)] = json.dumps(hops_data(row.options))
        doubts = json.dumps(list(row.doubts)) if row.doubts else "[]"
        return clean(f'{{"prefix": "{row.prefix}", "next_hops": {ahead}, "doubts": {doubts}}}')

    def rows(name: TableName, edge: str) -> Iterable[str]:
        found = sorted_rows(name, edge)
        for row in found:
            if id(row) not in known:
                known[id(row)] = text_of(row)
        return map(known.__getitem__, map(id, found))

    return rows


def _candidate_texts(tables: Tables, clean: Callable[[str], str]) -> Callable[[TableName, str], Iterator[str]]:
    from policyc.engines.wan.candidates import Candidates
    from policyc.targets.cloud_wan.answers import candidate_data

    candidates = Candidates(tables)

    def rows(name: TableName, edge: str) -> Iterator[str]:
        for row, found in candidates.of(tables.table(name, edge)):
            data = {"prefix": str(row.prefix), "candidates": [candidate_data(item) for item in found]}
            yield clean(json.dumps({**data, "doubts": list(row.doubts)}))

    return rows


def _in_order(tables: Tables) -> Callable[[TableName, str], list[Row]]:
    """The rows of a table by prefix; tables at other edges mostly have the same."""
    last: list[Prefix] = []

    def rows(name: TableName, edge: str) -> list[Row]:
        nonlocal last
        found = tables.table(name, edge).rows
        if len(found) != len(last) or not all(map(found.__contains__, last)):
            last = sorted(found)
        return list(map(found.__getitem__, last))

    return rows


# --- CSV --------------------------------------------------------------------------------------------------------


class _Line:
    """A file that holds the one line that `csv` writes last."""

    __slots__ = ("text",)

    def write(self, text: str) -> int:
        self.text = text
        return len(text)


def csv_parts(tables: Tables, places: Sequence[Place], candidates: bool) -> Iterator[str]:
    """A line for every possible next hop of every row, or for every candidate."""
    line = _Line()
    writer = csv.writer(line, lineterminator="\n")
    writer.writerow(CANDIDATE_COLUMNS if candidates else ROW_COLUMNS)
    yield line.text
    found = _candidate_cells(tables) if candidates else _row_cells(tables)
    for name, edge in places:
        for values in found(name, edge):
            writer.writerow([name.kind, name.name, edge, *map(_safe, values)])
            yield line.text


def _safe(cell: Any) -> Any:
    return sheet_text(cell) if isinstance(cell, str) else cell


def _row_cells(tables: Tables) -> Callable[[TableName, str], Iterator[list[Any]]]:
    from policyc.targets.cloud_wan.answers import row_data

    known: dict[int, list[list[Any]]] = {}
    sorted_rows = _in_order(tables)

    def rows(name: TableName, edge: str) -> Iterator[list[Any]]:
        for row in sorted_rows(name, edge):
            found = known.get(id(row))
            if found is None:
                found = known[id(row)] = list(_hop_cells(row_data(row)))
            yield from found

    return rows


def _hop_cells(route: dict[str, Any]) -> Iterator[list[Any]]:
    certain = len(route["next_hops"]) == 1 and not route["doubts"]
    for hop in route["next_hops"] or [{}]:
        why = "; ".join([*([hop["why"]] if hop else []), *route["doubts"]])
        at = [hop.get("kind", ""), hop.get("name") or "", hop.get("edge") or ""]
        yield [route["prefix"], *at, "yes" if certain else "no", *_attribute_cells(hop.get("attributes")), why]


def _attribute_cells(attributes: dict[str, Any] | None) -> list[Any]:
    found = attributes or {}
    path = " ".join("?" if asn is None else str(asn) for asn in found.get("as_path", ()))
    return [path, found.get("med", ""), found.get("local_preference", ""), " ".join(found.get("communities", ()))]


def _candidate_cells(tables: Tables) -> Callable[[TableName, str], Iterator[list[Any]]]:
    from policyc.engines.wan.candidates import Candidates
    from policyc.targets.cloud_wan.answers import candidate_data

    candidates = Candidates(tables)

    def rows(name: TableName, edge: str) -> Iterator[list[Any]]:
        for row, found in candidates.of(tables.table(name, edge)):
            for data in map(candidate_data, found):
                hop = data["next_hop"]
                yield [
                    str(row.prefix),
                    data["standing"],
                    data["class"],
                    data["origin"] or "",
                    data["shared_by"] or "",
                    hop["kind"],
                    hop["name"] or "",
                    hop["edge"] or "",
                    data["heard_from"] or "",
                    *_attribute_cells(data["attributes"]),
                    _attribute_cells(data["heard"])[0],
                    data["lost_at"] or "",
                    data["why"],
                    data["reason"] or "",
                ]

    return rows


# --- for people -------------------------------------------------------------------------------------------------


def text_parts(tables: Tables, places: Sequence[Place], console: Console, candidates: bool) -> Iterator[str]:
    """A heading for each table, a line or two for each row, and the notes."""
    from policyc.targets.cloud_wan.unstated_prefixes import silent_attachments

    options = console.options()
    none = "  no routes are known" if silent_attachments(tables) else "  no routes"
    lines = _candidate_lines(tables, none) if candidates else _row_lines(tables, none)
    for at, (name, edge) in enumerate(places):
        yield ("\n" if at else "") + paint(f"{name} at {edge}", "strong", options.color) + "\n"
        for line in lines(name, edge, options.width):
            yield line + "\n"
    for text in tables.notes:
        yield "\n" + "\n".join(wrap(f"note: {text}", options.width, "  ")) + "\n"


def _row_lines(tables: Tables, none: str) -> Callable[[TableName, str, int], Iterator[str]]:
    from policyc.targets.cloud_wan.answers import row_cells

    sorted_rows = _in_order(tables)

    def lines(name: TableName, edge: str, width: int) -> Iterator[str]:
        found = [tuple(map(clean, row_cells(row))) for row in sorted_rows(name, edge)]
        yield from columns(found, width) if found else [none]

    return lines


def _candidate_lines(tables: Tables, none: str) -> Callable[[TableName, str, int], Iterator[str]]:
    from policyc.engines.wan.candidates import Candidates
    from policyc.targets.cloud_wan.answers import candidate_text

    candidates = Candidates(tables)

    def lines(name: TableName, edge: str, width: int) -> Iterator[str]:
        empty = True
        for row, found in candidates.of(tables.table(name, edge)):
            empty = False
            yield f"  {row.prefix}"
            told = [(f"  {item.standing}", clean(str(item.hop)), clean(candidate_text(item))) for item in found]
            yield from columns(told, width) if told else ()
            for doubt in row.doubts:
                yield from wrap(f"    not certain: {clean(doubt)}", width, "      ")
        if empty:
            yield none

    return lines


def columns(rows: Sequence[tuple[str, ...]], width: int) -> Iterator[str]:
    """The first two cells in columns; the reason goes to a line of its own where it does not fit."""
    first = max(cells(row[0]) for row in rows)
    second = min(max(cells(row[1]) for row in rows), max(width - first - 30, 20))
    for head, hop, why in rows:
        start = f"  {head}{' ' * (first - cells(head))}  {hop}"
        if cells(hop) <= second and cells(start) + second - cells(hop) + 2 + cells(why) <= width:
            yield f"{start}{' ' * (second - cells(hop))}  {why}".rstrip()
        else:
            yield from wrap(start, width, "      ")
            yield from wrap(f"      {why}", width, "      ")
