"""Documents of host files as texts of their own, for whoever takes whole documents: importing, comparing."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Final

from policyc.carriers.bodies import CEDAR
from policyc.carriers.embedded import PERMISSIONS, STATEMENTS, Embedded, Hole, PlacedText, is_of_endpoint
from policyc.holes import name_of, shown
from policyc.record import record
from policyc.syntax.json_tree import JsonArray, JsonObject
from policyc.text import Source
from policyc.workspace.documents.hosts import Host
from policyc.workspace.documents.placed import bare_marks, quoted


@record
class TakenOut:
    """One document with nothing open in it: `source` is its text under a name that leads to its place (`stack.yaml:12 OrdersAuth`), `attached` the ARN of
    what it is on where the host says so, `called` its name or ARN. `holes` is empty but for whoever asks for open documents: then `source` has their marks, and `on` is the name of the resource
    beside it that the document is on, with its type, `behind` that of the network that this one stands behind, and once nothing is open its ARN. `comments` are those that stand above a statement in the host, by its number; `auth` is the auth type of
    a service or network of VPC Lattice, where the host says it; `world` is the condition under which there is such a document at all. `text_file` is the file that its text
    stands in, which the host may only name; `carrier` is the hole of the ARN of who carries an identity policy, `holder` and `policy` are the names of who carries an inline policy and of that; `is_part` tells one statement of a document that AWS keeps. Of a Cedar text
    the `trust` providers are known by name, and of one on an endpoint that this `is_endpoint`, the `group` by the name of what carries its text, and the `protocol`; `known_as` is what
    people call what has no name on AWS, `resource` what the host calls it that the document is on; `is_permission` tells a statement of a function's policy."""

    source: Source
    file: str
    name: str
    kind: str
    attached: str
    holes: Mapping[str, Hole] = MappingProxyType({})
    on: tuple[str, str] = ("", "")
    behind: str = ""
    comments: Mapping[int, str] = MappingProxyType({})
    called: str = ""
    auth: str = ""
    world: str = ""
    text_file: str = ""
    carrier: str = ""
    holder: str = ""
    policy: str = ""
    is_part: bool = False
    trust: Mapping[str, str] = MappingProxyType({})
    is_endpoint: bool = False
    group: str = ""
    protocol: str = ""
    known_as: str = ""
    resource: str = ""
    is_permission: bool = False


@record
class Left:
    """A document that cannot be taken out, with the reason; `line` is 0 where `file` leads to the place itself."""

    file: str
    line: int
    name: str
    reason: str

    def place(self, shown: Callable[[str], str]) -> str:
        """Where it stands, for people; `shown` says how files are called."""
        return f"{shown(self.file)}:{self.line} {self.name}" if self.line else shown(self.file)


def take_out(hosts: Iterable[Host], opened: bool = False) -> tuple[list[TakenOut], list[Left]]:
    """The documents of host files, each once; those with holes too where they are asked for."""
    taken: list[TakenOut] = []
    left: list[Left] = []
    seen: set[object] = set()
    for host in hosts:
        worlds = Counter((one.place, one.name) for one in host.carried.documents)
        for document in host.carried.documents:
            key = (document.place, document.name, document.world)
            if key in seen:
                continue
            seen.add(key)
            line = host.source.position(document.place.start).line
            alone = worlds[document.place, document.name] == 1
            reason = _obstacle(document, opened, alone)
            if reason:
                left.append(Left(document.place.file, line, document.name, reason))
            else:
                taken.append(as_text(host, document))
        for lost in host.carried.unreadable:
            line = host.source.position(lost.place.start).line
            left.append(Left(lost.place.file, line, lost.name, shown(lost.reason)))
    return taken, left


def as_text(host: Host, document: Embedded) -> TakenOut:
    """A document of a host as a text, whatever is open in it."""
    line = host.source.position(document.place.start).line
    facts, resource = document.facts, document.facts.get("resource", "")
    beside = next((one for one in host.carried.companions if one.name == resource), None)
    return TakenOut(
        Source(f"{document.place.file}:{line} {document.name}".strip(), _text(document)),
        document.place.file,
        document.name,
        document.kind,
        resource if resource.startswith("arn:") else "",
        document.holes,
        ("", "") if beside is None else (beside.name, beside.type),
        "" if beside is None else beside.links.get("network", ""),
        _comments(host.source, document),
        facts.get("called", ""),
        "" if beside is None else beside.fields.get("auth", ""),
        document.world,
        document.file,
        facts.get("carrier", ""),
        facts.get("holder", ""),
        facts.get("policy", ""),
        document.type in STATEMENTS,
        dict(pair.split("=", 1) for pair in facts.get("trust", "").split(",") if pair),
        document.kind == CEDAR and is_of_endpoint(document.type),
        facts.get("group", ""),
        facts.get("endpoint-protocol", ""),
        facts.get("known-as", ""),
        resource,
        document.type in PERMISSIONS,
    )


#: what the authors of hosts say to people, and not to us
_COMMENT: Final = re.compile(r"[ \t]*(?:#|//)[ \t]?(.*)")


def _comments(source: Source, document: Embedded) -> dict[int, str]:
    """The comments on the lines above each statement."""
    content = document.content
    listed = content.get("Statement") if isinstance(content, JsonObject) else None
    out: dict[int, str] = {}
    lines = source.text.split("\n")
    for number, item in enumerate(listed.items if isinstance(listed, JsonArray) else ()):
        if item.span.file != source.file:
            continue
        at = source.position(item.span.start).line - 1  # of the statement itself, from 0
        held: list[str] = []
        while at > 0 and (found := _COMMENT.fullmatch(lines[at - 1].rstrip("\r"))) is not None:
            if not found[1].lstrip().startswith("policyc:"):
                held.insert(0, found[1].rstrip())
            at -= 1
        if held:
            out[number] = "\n".join(held)
    return out


def _obstacle(document: Embedded, opened: bool, alone: bool) -> str:
    if document.holes and not opened:
        names = ", ".join(f"`{name}`" for name in document.holes)
        return f"{names} {'is' if len(document.holes) == 1 else 'are'} not known; give `--bind NAME=VALUE`"
    content = document.content
    bare = bare_marks(content) if isinstance(content, PlacedText) and document.kind != CEDAR else ()
    for name in map(name_of, bare):
        if name not in document.holes or document.holes[name].kind != "list":
            return f"`{name}` stands for a value that is no text"
    if document.world and not alone:
        return f"it is another one under a condition ({document.world}); give what decides it with `--bind NAME=VALUE`"
    if document.world and not opened:
        return f"it is there only under a condition ({document.world}); give what decides it with `--bind NAME=VALUE`"
    return ""


def _text(document: Embedded) -> str:
    content = document.content
    if isinstance(content, PlacedText):
        return content.value if document.kind == CEDAR else quoted(content).value
    return json.dumps(content.plain(), indent=2, ensure_ascii=False)
