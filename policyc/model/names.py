"""Names: what each file declares and imports, found once per project."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from policyc.diagnostics import Diagnostics, Label, closest, did_you_mean
from policyc.record import record
from policyc.syntax import nodes
from policyc.text import Span

#: Declarations that other files and expressions can name.
Named = (
    nodes.Let
    | nodes.Param
    | nodes.PrincipalDecl
    | nodes.GroupDecl
    | nodes.Predicate
    | nodes.Resource
    | nodes.Policy
    | nodes.Network
)


@record
class Lost:
    """A name whose declaration cannot be used, with the word that it would have been declared by."""

    word: str
    name: nodes.Ident


@record
class Definition:
    """A declaration and the file that it stands in."""

    node: Named | Lost
    file: str

    @property
    def damaged(self) -> bool:
        """Whether only the name is known, because the text or the import of it has an error."""
        return isinstance(self.node, Lost)

    @property
    def has_value(self) -> bool:
        """Whether it is declared by a word that gives a name to a value."""
        return not isinstance(self.node, nodes.Predicate | nodes.Policy | nodes.Network)

    @property
    def kind(self) -> str:
        """The word for messages."""
        match self.node:
            case Lost(word=word):
                return word
            case nodes.PrincipalDecl():
                return "principal"
            case nodes.GroupDecl():
                return "group"
            case _:
                return type(self.node).__name__.lower()


Table = Mapping[str, Definition]


def declare(
    module: nodes.Module, file: str, reserved: Mapping[str, str], diagnostics: Diagnostics
) -> dict[str, Definition]:
    """The names that a file declares itself. `reserved` maps a word that must not be declared to what it already means."""
    table: dict[str, Definition] = {}
    lost = [Lost(item.word, item.name) for item in module.damaged if item.name is not None]
    for node in (*module.sound, *lost):
        if isinstance(node, nodes.Labelled):
            continue
        name = node.name
        if name.text in reserved:
            diagnostics.error(
                "shadowed-name", f"`{name.text}` shadows {reserved[name.text]}", name.span, "choose another name"
            )
        if name.text in table:
            first = table[name.text]
            diagnostics.error(
                "duplicate-name",
                f"`{name.text}` is declared twice",
                name.span,
                "rename one of them",
                (Label(first.node.name.span, f"first declared here as a {first.kind}"),),
            )
            continue
        table[name.text] = Definition(node, file)
    return table


def bind_imports(
    module: nodes.Module,
    file: str,
    own: dict[str, Definition],
    exports: Mapping[str, Table],
    reserved: Mapping[str, str],
    diagnostics: Diagnostics,
) -> dict[str, Definition]:
    """Own names plus imported ones. `exports` has the own names of every loaded file, by the text of the `use` path."""
    table = dict(own)
    imported: dict[str, Span] = {}
    misspelt: dict[str, Definition] = {}
    for use in module.uses:
        theirs = exports.get(use.path.value)
        if theirs is None or theirs is exports.get(file):
            # the file could not be loaded, or imports itself; reported already
            for name in use.names:
                table.setdefault(name.text, _lost(name, use.path.value))
            continue
        for name in use.names:
            definition = theirs.get(name.text)
            if definition is None:
                diagnostics.error(
                    "unknown-import",
                    f"`{use.path.value}` declares no `{name.text}`",
                    name.span,
                    did_you_mean(name.text, theirs, f"declare `{name.text}` in that file, or import another name"),
                )
                table.setdefault(name.text, _lost(name, use.path.value))
                meant = closest(name.text, theirs)
                if meant:  # the file may spell it rightly elsewhere
                    misspelt.setdefault(meant, _lost(nodes.Ident(meant, name.span), use.path.value))
            elif name.text in own:
                diagnostics.error(
                    "shadowed-name",
                    f"the import `{name.text}` shadows a declaration of this file",
                    name.span,
                    "rename the declaration, or drop the import",
                    (Label(own[name.text].node.name.span, "declared here"),),
                )
            elif name.text in imported:
                diagnostics.error(
                    "duplicate-name",
                    f"`{name.text}` is imported twice",
                    name.span,
                    "drop one of the imports",
                    (Label(imported[name.text], "first imported here"),),
                )
            else:
                if name.text in reserved:
                    diagnostics.error(
                        "shadowed-name",
                        f"the import `{name.text}` shadows {reserved[name.text]}",
                        name.span,
                        "rename it where it is declared",
                        (Label(definition.node.name.span, "declared here"),),
                    )
                imported[name.text] = name.span
                table[name.text] = definition
    mentioned = {name.text: _lost(name, file) for name in module.mentioned if name.text not in reserved}
    return mentioned | misspelt | table


def _lost(name: nodes.Ident, file: str) -> Definition:
    """What stands for an import that failed: known by name, so that its uses are not blamed as well."""
    return Definition(Lost("name", name), f"{file}?")


def known_names(table: Table, kinds: Iterable[str] = ()) -> list[str]:
    """Names for suggestions, of certain kinds only when given."""
    wanted = set(kinds)
    return [name for name, definition in table.items() if not wanted or definition.kind in wanted]


def given_once(entries: Iterable[nodes.Entry], diagnostics: Diagnostics) -> Iterator[nodes.Entry]:
    """The entries of a record without those whose key was given before, which are reported."""
    seen: dict[str, Span] = {}
    for entry in entries:
        key, span = entry.key.text, entry.key.span
        if key in seen:
            label = Label(seen[key], "first given here")
            diagnostics.error("duplicate-key", f"`{key}` is given twice", span, "drop one of them", (label,))
        else:
            seen[key] = span
            yield entry
