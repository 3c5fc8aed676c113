"""What an inventory consists of: documents with what they hang on, and facts about resources."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from policyc.record import record


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


def file_name(text: str) -> str:
    """A name as a part of a path, the same on every system."""
    kept = "".join(letter if letter.isascii() and (letter.isalnum() or letter in "-_.") else "_" for letter in text)
    return kept.strip(".")[:120] or "_"
