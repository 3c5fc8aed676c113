"""What an inventory consists of: documents with what they hang on, and facts about resources."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from string import ascii_letters, digits
from types import MappingProxyType
from typing import Any, Final

from policyc.record import record

#: what stands for itself in the name of a file; a dot does between others
_KEPT: Final = frozenset(ascii_letters + digits + "-_@+")
#: names, also with an ending, that are no files on Windows (https://learn.microsoft.com/windows/win32/fileio/naming-a-file)
_DEVICES: Final = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))})
_LONGEST: Final = 160
_SHORTENED: Final = 100


@record
class Held:
    """One policy document as AWS stores it. `path` is where a pull writes it; `kind` is one of `check --as`; `role` is that of `simulate`
    (`service-policy`, `bucket-policy`, …), or empty; `resource` is what carries it; `revision` holds what AWS says of its version, with the
    members that the service has."""

    path: str
    text: str
    kind: str
    target: str
    role: str
    resource: str
    revision: Mapping[str, Any] = MappingProxyType({})


@record
class Facts:
    """Plain data about resources, and the file that a pull writes it to."""

    path: str
    data: Any


@record
class Resource:
    """One resource, by its ARN or id: what answers need to know of it. `policies` are the paths of its documents by their role; a role whose
    document could not be read is in `unread` with the reason."""

    arn: str
    type: str
    name: str
    facts: Mapping[str, Any]
    policies: Mapping[str, str] = MappingProxyType({})
    unread: Mapping[str, str] = MappingProxyType({})


@record
class Part:
    """What one part of an inventory found."""

    documents: tuple[Held, ...] = ()
    resources: tuple[Resource, ...] = ()
    files: tuple[Facts, ...] = ()


def joined(parts: Iterable[Part]) -> Part:
    """Several parts as one."""
    held = tuple(parts)
    return Part(
        tuple(item for part in held for item in part.documents),
        tuple(item for part in held for item in part.resources),
        tuple(item for part in held for item in part.files),
    )


def settled(part: Part) -> Part:
    """A part in which every resource is there once: what several accounts or Regions see (a bucket, what is shared) as whoever could read the most of it has it."""
    best: dict[str, Resource] = {}
    for item in part.resources:
        if item.arn not in best or len(item.unread) < len(best[item.arn].unread):
            best[item.arn] = item
    kept = {id(item) for item in best.values()}
    held = {path for item in best.values() for path in item.policies.values()}
    dropped = {path for item in part.resources if id(item) not in kept for path in item.policies.values()} - held
    documents = tuple(item for item in part.documents if item.path not in dropped)
    return Part(documents, tuple(best.values()), part.files)


def among(only: frozenset[str], *names: str) -> bool:
    """Whether something that goes by these names is to be looked at."""
    return not only or any(name in only for name in names)


def file_name(text: str, cased: bool = False) -> str:
    """A name as a part of a path, on every system: other names have other parts. File systems may not tell letters from capitals; `cased` is for names that may differ in
    that alone, which are followed by a mark of their capitals (those of roles, users, groups and managed policies may not:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html)."""
    end = len(text) - 1
    first = 1 if text.partition(".")[0].lower() in _DEVICES else 0
    kept = "".join(
        letter if at >= first and (letter in _KEPT or (letter == "." and 0 < at < end)) else _escaped(letter)
        for at, letter in enumerate(text)
    )
    capitals = sum(1 << at for at, letter in enumerate(text) if letter.isascii() and letter.isupper()) if cased else 0
    mark = f"~-{capitals:x}" if capitals else ""
    if len(kept) + len(mark) > _LONGEST:  # `~~` and `~-` are no escapes
        return f"{kept[:_SHORTENED]}~~{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}"
    return f"{kept}{mark}" or "~"


def apart(names: Iterable[str]) -> dict[str, str]:
    """Names that stand beside one another as parts of paths, with a mark only for those that differ in capitals alone."""
    parts = {name: file_name(name) for name in names}
    alike = Counter(part.lower() for part in parts.values())
    return {name: part if alike[part.lower()] == 1 else file_name(name, cased=True) for name, part in parts.items()}


def _escaped(letter: str) -> str:
    return "".join(f"~{byte:02x}" for byte in letter.encode("utf-8", "surrogatepass"))
