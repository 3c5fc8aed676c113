"""What a comparison of policies found, as every format tells it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from policyc.record import field, record
from policyc.report.options import Options
from policyc.report.screen import clean, paint, plural, wrap
from policyc.text import listed

#: what becomes of a document
SAME: Final = "same"
#: it cannot be read, and stands as it stood
TEXT: Final = "same text"
CHANGED: Final = "changed"
ADDED: Final = "added"
REMOVED: Final = "removed"
OPEN: Final = "not settled"
NOT_COMPARED: Final = "not compared"


@record
class Entry:
    """One class of requests that is answered differently. `change` is `newly allowed`, `newly denied`, `newly blocked` (nobody allowed
    them, now a deny refuses them whatever others allow), `no longer blocked`, `now undecided` or, where both versions allow but for what the
    caller's own policies have to say, `newly granted` and `no longer granted`; `who`, `what`, `where` and `conditions` are parts of the
    statement `by`, an empty one means any; `because` are sentences; `request` is one request of the class, in parts; `old` and `new` are
    what the engine says to it. With `by_context` nothing but the context tells requests apart; `test` is the request as a test block, where
    that was asked for."""

    change: str
    by: str
    other: str
    who: tuple[str, ...]
    what: tuple[str, ...]
    where: tuple[str, ...]
    conditions: tuple[str, ...]
    because: tuple[str, ...]
    request: tuple[tuple[str, str], ...]
    old: str
    new: str
    by_context: bool = False
    test: str = ""

    @property
    def widens(self) -> bool:
        """Whether more requests may be allowed."""
        return self.change in ("newly allowed", "no longer blocked", "newly granted") or (
            self.change == "now undecided" and self.old != "allow"
        )


@record
class Compared:
    """One document: its state, the classes of requests that change, sentences for what is no policy (a network), and what keeps the answer
    from being settled, or the document from being compared at all."""

    name: str
    kind: str
    state: str
    entries: tuple[Entry, ...] = ()
    sentences: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    switches: tuple[str, ...] = ()
    #: what host files leave open, whose values make other requests of the classes, and no other classes
    whatever: tuple[str, ...] = ()


@record
class Changes:
    """A whole comparison, and the command that made it."""

    old: str
    new: str
    documents: tuple[Compared, ...]
    notes: tuple[str, ...] = field(default=())
    command: str = "diff"

    @property
    def differs(self) -> bool:
        return any(item.entries or item.sentences for item in self.documents)

    @property
    def settled(self) -> bool:
        return not any(item.open for item in self.documents)

    @property
    def uncompared(self) -> int:
        """How many documents have no counterpart that anybody knows of."""
        return sum(item.state == NOT_COMPARED for item in self.documents)

    @property
    def widens(self) -> bool:
        """Whether some request may newly be allowed."""
        return any(entry.widens for item in self.documents for entry in item.entries) or any(
            item.sentences for item in self.documents
        )

    def count(self, change: str) -> int:
        return sum(entry.change == change for item in self.documents for entry in item.entries)


def summary(found: Changes) -> str:
    """One line: how many classes of which change, or that nothing changes."""
    counted = [f"{found.count(change)} {change}" for change in _STYLES if found.count(change)]
    for place, networks in (("in networks", True), ("beside the texts", False)):
        others = sum(len(item.sentences) for item in found.documents if (item.kind == "core-network") is networks)
        counted += [f"{others} {place}"] if others else []
    if counted:
        text = "changes: " + ", ".join(counted)
    else:
        text = "the same for all requests" if found.settled else "not settled"
    if not found.uncompared:
        return text
    return f"{text}; {found.uncompared} of {plural(len(found.documents), 'document')} not compared"


def phrase(entry: Entry) -> str:
    """The class in one sentence: who, what, where, under which conditions."""
    if entry.by_context:
        return "every request" + (f", if {'; '.join(entry.conditions)}" if entry.conditions else "")
    parts = [listed(entry.who) or "anyone", listed(entry.what) or "any action"]
    text = f"{parts[0]}: {parts[1]}" + (f" on {listed(entry.where)}" if entry.where else "")
    return text + (f", if {'; '.join(entry.conditions)}" if entry.conditions else "")


_STYLES: Final = {
    "newly allowed": "warning",
    "newly denied": "good",
    "newly blocked": "good",
    "no longer blocked": "warning",
    "now undecided": "warning",
    "newly granted": "warning",
    "no longer granted": "good",
}


def render_changes(found: Changes, options: Options) -> str:
    """For people: a block for each document that changes, and the summary as the last line."""
    lines: list[str] = []
    for item in found.documents:
        if not (item.entries or item.sentences or item.open) and item.state in (SAME, TEXT, CHANGED):
            continue
        title = (
            f"{item.name} ({item.kind}, {item.state})"
            if item.state in (ADDED, REMOVED)
            else f"{item.name} ({item.kind})"
        )
        lines += [paint(clean(title), "strong", options.color)]
        for entry in item.entries:
            lines += [*_entry_lines(entry, options), ""]
        for sentence in item.sentences:
            lines += wrap(f"  {sentence}", options.width, "      ")
        for reason in item.open:
            lines += wrap(f"  {unknown(item)}: {reason}", options.width, "      ")
        if lines[-1]:
            lines.append("")
    lines += wrap(summary(found), options.width)
    for note in found.notes:
        lines += wrap(clean(f"note: {note}"), options.width, "  ")
    return "\n".join(lines) + "\n"


def unknown(item: Compared) -> str:
    """What is to be said of a document before what keeps it open."""
    return NOT_COMPARED if item.state == NOT_COMPARED else OPEN


def parts_of(entry: Entry) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What a class is, part by part, for people; parts that say nothing are left out."""
    any_of = ("", "") if entry.by_context else ("anyone", "any action")
    parts = (
        ("who", entry.who or (any_of[0],)),
        ("what", entry.what or (any_of[1],)),
        ("where", entry.where),
        ("if", entry.conditions),
        ("because", entry.because),
    )
    return ((name, texts) for name, texts in parts if any(texts))


def _entry_lines(entry: Entry, options: Options) -> list[str]:
    lines = [paint(f"  {entry.change}", _STYLES[entry.change], options.color)]
    for name, texts in parts_of(entry):
        for at, text in enumerate(texts[:_MOST_ITEMS]):
            lines += _line(f"    {name if not at else '':<9}", text, options.width)
        if len(texts) > _MOST_ITEMS:
            lines.append(f"    {'':<9}and {len(texts) - _MOST_ITEMS} more")
    lines += wrap(f"    for example (was {entry.old}, now {entry.new})", options.width, "      ")
    width = max(len(part) for part, _ in entry.request)
    for part, value in entry.request:
        lines += _line(f"      {part:<{width}}  ", value, options.width)
    if entry.test:
        lines += ["", *(f"    {clean(line)}".rstrip() for line in entry.test.rstrip().split("\n"))]
    return lines


#: items of one list that people are shown
_MOST_ITEMS: Final = 6


def _line(head: str, text: str, width: int) -> list[str]:
    """A text behind its heading; one without blanks, such as an ARN, stays whole whatever the width."""
    if " " not in text:
        return [clean(head + text)]
    return wrap(head + text, width, " " * len(head))


def changes_data(found: Changes) -> dict[str, Any]:
    """Plain data; the shape is `schemas/changes.schema.json`."""
    return {
        "old": found.old,
        "new": found.new,
        "same": not found.differs and found.settled,
        "settled": found.settled,
        "documents": [
            {
                "name": item.name,
                "kind": item.kind,
                "state": item.state,
                "changes": [_entry_data(entry) for entry in item.entries],
                "sentences": list(item.sentences),
                "open": list(item.open),
                "switches": list(item.switches),
            }
            for item in found.documents
        ],
        "notes": list(found.notes),
    }


def _entry_data(entry: Entry) -> dict[str, Any]:
    return {
        "change": entry.change,
        "who": list(entry.who),
        "what": list(entry.what),
        "where": list(entry.where),
        "conditions": list(entry.conditions),
        "because": list(entry.because),
        "statement": entry.by or None,
        "other_statement": entry.other or None,
        "witness": [{"part": part, "value": value} for part, value in entry.request],
        "old": entry.old,
        "new": entry.new,
        **({"test": entry.test} if entry.test else {}),
    }
