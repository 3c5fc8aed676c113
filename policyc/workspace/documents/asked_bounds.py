"""What a host file says beside a document that a request is held against: the boundary of those who carry it, and control policies that bear on the request for
certain or perhaps.

Source: IAM evaluation reference, section 10.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from policyc.holes import mark, shown
from policyc.record import record
from policyc.syntax.json_tree import JsonValue
from policyc.text import Source
from policyc.workspace.documents.asked import Inside, beside_in
from policyc.workspace.documents.bounds import FULL, accounts_in, at_level, control_in_words
from policyc.workspace.documents.placed import obstacle

_CONTROLS: Final = ("scp", "rcp")


@record
class Bound:
    """A document that bounds a request: its role, its name, its tree and the file that this stands in, and whether it bears on the request for certain; without a tree
    it cannot be read. `why` says what is not known."""

    role: str
    name: str
    source: Source
    tree: JsonValue | None
    certain: bool
    why: str = ""


def bounds_beside(
    source: Source, asked: Sequence[Inside], accounts: Mapping[str, str | None], values: Mapping[str, str], root: Path
) -> Iterator[Bound]:
    """What bounds requests that meet documents of a host file. By the kind of a control policy `accounts` are those on which it bears: the caller's, and that of the resource, each empty where
    there is none, or it is not known, and None where many are asked about."""
    around, sources = beside_in(source, values, root)
    yield from _limits(asked, around, sources, source)
    for item in around:
        kind, name = item.document.kind, item.document.name
        if kind not in _CONTROLS:
            continue
        targets = [one for one in item.document.facts.get("on", "").split(", ") if one]
        above = accounts[kind] in targets
        written = targets and len(accounts_in(item.document.facts.get("on", ""))) == len(targets)
        if accounts[kind] is not None and written and not above and (accounts[kind] or kind == "scp"):
            continue
        held = sources.get(item.document.file, source)
        stop = obstacle(item.tree)
        if stop is not None:
            yield Bound(kind, name, held, None, False, stop[0])
            continue
        # the one that AWS attaches to everything may stand beside one that allows something itself, or may not
        full, alone = (at_level(item.tree, kind, beside=beside) for beside in (True, False))
        on = shown(", ".join(targets))
        if above:
            yield Bound(kind, name, held, full, True)
        if not above or alone is item.tree:
            why = f"`{FULL}` may stand beside `{name}`" if above else control_in_words(kind, name, on)
            yield Bound(kind, name, held, alone, False, why)


def _limits(
    asked: Sequence[Inside], around: Sequence[Inside], sources: Mapping[str, Source], source: Source
) -> Iterator[Bound]:
    """The boundaries of those who carry what is asked."""
    facts = [item.document.facts for item in asked if item.document.kind == "identity"]
    for limit in dict.fromkeys(one["limit"] for one in facts if "limit" in one):
        yield Bound("boundary", "", source, None, False, f"{shown(limit)} is not given")
    for name in dict.fromkeys(one["boundary"] for one in facts if "boundary" in one):
        found = [one for one in around if one.document.name == name]
        stop = obstacle(found[0].tree) if len(found) == 1 else ("", None)
        if stop is not None:
            why = stop[0] or f"{shown(mark(name))} cannot be read, or is not always the same"
            yield Bound("boundary", name, source, None, False, why)
        else:
            held = sources.get(found[0].document.file, source)
            yield Bound("boundary", name, held, found[0].tree, True)
