"""The tree of module calls below a root folder, as far as the files are here."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Final

from policyc.carriers.terraform.declared import Declared, Placed
from policyc.carriers.terraform.modules import Configuration, Remote
from policyc.record import record

MOST_CALLS: Final = 400


@record
class Place:
    """One module in the tree: the names of the calls that lead to it from the root, and what it declares."""

    calls: tuple[str, ...]
    declared: Declared

    def named(self, name: str) -> str:
        """The address of something that the module declares, without the instances of calls."""
        return ".".join((*(f"module.{call}" for call in self.calls), name))


@record
class Lost:
    """A call that leads nowhere: `reason` says why. `within` is the module that makes it."""

    within: Place
    name: str
    call: Placed
    reason: str
    source: str = ""


@record
class Tree:
    root: str
    places: tuple[Place, ...]
    lost: tuple[Lost, ...]
    folders: frozenset[str]


class Trees:
    """The trees of a configuration, each made once."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self._made: dict[str, Tree] = {}

    def of(self, root: str) -> Tree:
        if root not in self._made:
            self._made[root] = _tree_of(root, self._configuration)
        return self._made[root]

    def root_of(self, folder: str) -> str:
        """The topmost folder above `folder` whose modules lead to it, itself when there is none."""
        for above in _above(folder):
            if self._configuration.declared(above).modules and folder in self.of(above).folders:
                return above
        return folder


def _tree_of(root: str, configuration: Configuration) -> Tree:
    """All modules that are called from a folder, itself first."""
    places: list[Place] = []
    lost: list[Lost] = []
    stack: list[tuple[Place, tuple[str, ...]]] = [(Place((), configuration.declared(root)), (root,))]
    while stack:
        place, above = stack.pop()
        places.append(place)
        for name, call in place.declared.modules.items():
            key = ".".join((*place.calls, name))
            child = configuration.child(place.declared, name, root, key)
            if isinstance(child, Remote):
                lost.append(Lost(place, name, call, _why(child.source), child.source))
            elif child.folder in above:
                lost.append(Lost(place, name, call, f"`module.{name}` calls itself"))
            elif len(places) + len(stack) >= MOST_CALLS:
                lost.append(Lost(place, name, call, f"there are more than {MOST_CALLS} module calls"))
            else:
                stack.append((Place((*place.calls, name), child), (*above, child.folder)))
    return Tree(root, tuple(places), tuple(lost), frozenset(place.declared.folder for place in places))


_FETCHED: Final = "; `terraform init` fetches it"


def _why(source: str) -> str:
    if source.startswith(("./", "../")):
        return f"module from `{source}`, where no configuration can be read"
    if source.startswith(("git", "http", "s3::", "gcs::", "hg::")) or "::" in source:
        return f"module from a repository{_FETCHED}"
    return f"module from a registry{_FETCHED}" if source else "module whose source is not known"


def _above(folder: str) -> Iterator[str]:
    """The folders above one, the root first."""
    if not folder:
        return
    parents = [""]
    for part in posixpath.dirname(folder).split("/"):
        if part:
            parents.append(posixpath.join(parents[-1], part))
    yield from parents
