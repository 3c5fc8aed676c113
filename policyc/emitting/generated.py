"""Templates that say from which document they are generated: whether they still are what that document is.

A comment says it (`# policyc: generated from lattice/stock_auth.json`) for what stands behind it in its file up to the next such comment, the metadata of a file that has no
comments, or `[build.templates]` of the configuration.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Final

from policyc.carriers.embedded import Embedded, PlacedText
from policyc.holes import MARK, has_hole, shown
from policyc.record import record
from policyc.targets.base import Document
from policyc.text import Source
from policyc.workspace.documents.hosts import Host

_SAYS: Final = re.compile(r"policyc: generated from ([^\s;\"]+)|\"generated-from\": *\"([^\"]+)\"")
_NETWORK: Final = "core-network"
#: differences that are told of one document
_MOST: Final = 5


@record
class Stated:
    """A place in a host file that says from which document it is generated: the line that says so, and the documents that stand there."""

    file: str
    line: int
    path: str
    found: tuple[Embedded, ...]


@record
class Differs:
    """A place that is not what its document is: `file`:`line` and the resource's name, the document, and how they differ."""

    file: str
    line: int
    name: str
    path: str
    how: str


def may_state(text: str) -> bool:
    """Whether a file says anything of where it comes from."""
    return _SAYS.search(text) is not None


def stated(host: Host, settings: Mapping[str, str]) -> Iterator[Stated]:
    """The places of one host file; `settings` are those of the configuration, by file and name."""
    source = host.source
    documents = [item for item in host.carried.documents if item.place.file == source.file]
    said = [(found.start(), found[1] or found[2]) for found in _SAYS.finditer(source.text)]
    for at, (start, path) in enumerate(said):
        end = said[at + 1][0] if at + 1 < len(said) else len(source.text)
        held = tuple(item for item in documents if start <= item.place.start < end)
        yield Stated(source.file, source.position(start).line, path, held)
    for place, path in settings.items():
        file, _, name = place.partition("#")
        if file == source.file:
            yield Stated(file, 0, path, tuple(item for item in documents if item.name == name or not name))


def differences(place: Stated, built: Mapping[str, Document], source: Source) -> list[Differs]:
    """How a place differs from its document; nothing where it is the same for some values of what the host leaves open."""
    document = built.get(place.path) or next(
        (item for path, item in built.items() if path.rpartition(".")[0] == place.path), None
    )
    if document is None:
        return [Differs(place.file, place.line, "", place.path, "nothing that is built is called so")]
    if not place.found:
        return [Differs(place.file, place.line, "", place.path, "no document stands there")]
    first = place.found[0]
    line = source.position(first.place.start).line
    others = place.found[1:]
    if not document.kind:
        hows = _texts(first, document.text)
    elif first.kind == "function" and first.type.lower().endswith("permission"):
        hows, others = _permissions(place.found, json.loads(document.text)), ()
    else:
        hows = _Match().trees(_plain(first), json.loads(document.text), "", first.kind != _NETWORK)
    out = [Differs(place.file, line, first.name, place.path, shown(how)) for how in islice(hows, _MOST)]
    message = "no comment says from which document it is generated"
    return out + [
        Differs(place.file, source.position(other.place.start).line, other.name, place.path, message)
        for other in others
    ]


def _texts(found: Embedded, built: str) -> Iterator[str]:
    text = found.content.value if isinstance(found.content, PlacedText) else ""
    if _Match().text(text.rstrip("\n"), built.rstrip("\n")):
        return
    theirs, mine = text.split("\n"), built.split("\n")
    match = _Match()
    for number, (one, two) in enumerate(zip(theirs, mine, strict=False)):
        if not match.text(one, two):
            yield f"line {number + 1} is `{one.strip()}`, not `{two.strip()}`"
            return
    yield f"it has {len(theirs)} lines, not {len(mine)}"


def _plain(found: Embedded) -> Any:
    content = found.content
    if not isinstance(content, PlacedText):
        return content.plain()
    try:
        return json.loads(content.value)
    except (ValueError, RecursionError):
        return None


def _permissions(found: Iterable[Embedded], built: Any) -> Iterator[str]:
    """Permissions have one caller each and names of their own: what they say together counts."""
    theirs = [_bare(one) for item in found for one in (_plain(item) or {}).get("Statement", [])]
    mine = [_bare(one) for one in built["Statement"]]
    match = _Match()
    left = list(theirs)
    for statement in mine:
        same = next((one for one in left if next(match.trees(one, statement, "", True), None) is None), None)
        if same is None:
            yield f"no permission says `{json.dumps(statement)}`"
        else:
            left.remove(same)
    for one in left:
        yield f"a permission says `{json.dumps(one)}` too"


def _bare(statement: Any) -> Any:
    text = json.dumps({key: value for key, value in statement.items() if key != "Sid"})
    return json.loads(text.replace('"AWS:Source', '"aws:Source'))


class _Match:
    """A comparison in which each value that a host leaves open is one value, whatever it is."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}

    def trees(self, theirs: Any, mine: Any, at: str, sets: bool) -> Iterator[str]:
        """The first few places at which what stands in a host is not what is built."""
        if isinstance(theirs, str) and (whole := MARK.fullmatch(theirs)) is not None and not isinstance(mine, dict):
            if self.values.setdefault(whole[1], mine) != mine:
                yield f"`{at}` is `{shown(theirs)}`, which is another value elsewhere"
        elif isinstance(theirs, dict) and isinstance(mine, dict):
            for key in [*theirs, *(key for key in mine if key not in theirs)]:
                here = f"{at}/{key.replace('~', '~0').replace('/', '~1')}"
                if key not in mine:
                    yield f"`{here}` is not in the document"
                elif key not in theirs:
                    yield f"`{here}` is missing"
                else:
                    yield from self.trees(theirs[key], mine[key], here, sets)
        elif isinstance(theirs, list) and isinstance(mine, list) and len(theirs) == len(mine):
            if sets and _are_texts(theirs) and _are_texts(mine) and not any(map(has_hole, theirs)):
                theirs, mine = sorted(theirs), sorted(mine)
            for number, (one, two) in enumerate(zip(theirs, mine, strict=True)):
                yield from self.trees(one, two, f"{at}/{number}", sets)
        elif sets and isinstance(theirs, list) and len(theirs) == 1 and not isinstance(mine, list):
            yield from self.trees(theirs[0], mine, at, sets)
        elif sets and isinstance(mine, list) and len(mine) == 1 and not isinstance(theirs, list):
            yield from self.trees(theirs, mine[0], at, sets)
        elif isinstance(theirs, list) and isinstance(mine, list):
            yield f"`{at}` has {len(theirs)} entries, not {len(mine)}"
        elif isinstance(theirs, str) and isinstance(mine, str):
            if not self.text(theirs, mine):
                yield f"`{at}` is `{theirs}`, not `{mine}`"
        elif theirs != mine or isinstance(theirs, bool) is not isinstance(mine, bool):
            yield f"`{at}` is `{json.dumps(theirs)}`, not `{json.dumps(mine)}`"

    def text(self, theirs: str, mine: str) -> bool:
        """Whether a text is another one for some values of its holes."""
        if not has_hole(theirs):
            return theirs == mine
        literals, names = MARK.sub("\0", theirs).split("\0"), [found[1] for found in MARK.finditer(theirs)]
        if not mine.startswith(literals[0]) or not mine.endswith(literals[-1]):
            return False
        at, end = len(literals[0]), len(mine) - len(literals[-1])
        for name, literal in zip(names, [*literals[1:-1], None], strict=True):  # each value as short as it can be
            following = end if literal is None else mine.find(literal, at, end)
            if following < at or self.values.setdefault(name, mine[at:following]) != mine[at:following]:
                return False
            at = following + len(literal or "")
        return True


def _are_texts(items: list[Any]) -> bool:
    return all(isinstance(item, str) for item in items)
