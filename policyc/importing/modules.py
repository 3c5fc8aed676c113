"""Policies and the names that they use as files: all in one, or each in its own with what several use in a file beside them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from policyc.importing.names import Names, used_by
from policyc.importing.tree import NOWHERE, ident, text
from policyc.record import record
from policyc.syntax import nodes
from policyc.syntax.format import print_module

_ORDER = (nodes.Param, nodes.Let, nodes.PrincipalDecl, nodes.GroupDecl, nodes.Resource)


@record
class Layout:
    """Where the policies go: `file` for all of them, else each into its own file in `folder` and what they share into `shared` there; the
    paths start at the project root."""

    file: str = ""
    folder: str = ""
    shared: str = "shared"

    def path(self, stem: str) -> str:
        """The file of a policy that comes from a document called `stem`."""
        return self.file or "/".join(part for part in (self.folder, f"{stem}.policy") if part)


def write_modules(policies: Mapping[str, Sequence[nodes.Declaration]], names: Names, layout: Layout) -> dict[str, str]:
    """The texts by path; `policies` are the declarations of each path that is no shared name."""
    used = {path: set(used_by(declarations, names.declared)) for path, declarations in policies.items()}
    counts = Counter(name for found in used.values() for name in found)
    shared = {name for name, count in counts.items() if count > 1}
    shared |= set(used_by([names.declared[name] for name in shared], names.declared))
    files: dict[str, str] = {}
    home = layout.path(layout.shared)
    while home in policies:
        home = home.removesuffix(".policy") + "_names.policy"
    if shared:
        files[home] = _module(names, shared, (), ())
    for path, declarations in policies.items():
        own = used[path] - shared
        asked = _direct([*declarations, *(names.declared[name] for name in own)], names) & shared
        uses = [nodes.Use(text(home), tuple(map(ident, sorted(asked))), NOWHERE)] if asked else []
        files[path] = _module(names, own, uses, declarations)
    return files


def _direct(declarations: Sequence[nodes.Declaration], names: Names) -> set[str]:
    """The names that the declarations themselves use."""
    return set(used_by(declarations, dict.fromkeys(names.declared, nodes.Let(ident(""), None, text(""), NOWHERE))))


def _module(names: Names, own: set[str], uses: Sequence[nodes.Use], declarations: Sequence[nodes.Declaration]) -> str:
    known = [item for name, item in names.declared.items() if name in own]
    first = [item for kind in _ORDER for item in known if isinstance(item, kind)]
    return print_module(nodes.Module(None, tuple(uses), (*first, *declarations), NOWHERE))
