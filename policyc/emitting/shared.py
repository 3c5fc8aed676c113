"""What every form says in its files: where they come from, and how parameters are called there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from policyc.diagnostics import Diagnostics
from policyc.emitting.pieces import Asked, Piece, placements
from policyc.holes import MARK, shown
from policyc.workspace.beside.parameters import Parameter

#: what stands before the path of a document in a file that is generated from it
GENERATED = "policyc: generated from"
#: the same below `policyc` in the metadata of a file that has no comments
GENERATED_FROM = "generated-from"


def pascal(name: str) -> str:
    """`inventory_auth` as `InventoryAuth`."""
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[^A-Za-z0-9]+", name))


def camel(name: str) -> str:
    """`inventory_auth` as `inventoryAuth`."""
    made = pascal(name)
    return made[:1].lower() + made[1:]


def kebab(name: str) -> str:
    """`inventory_auth` as `inventory-auth`."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def named(parameters: Iterable[str], style: Callable[[str], str]) -> dict[str, str]:
    """The names of parameters in one host, each another one."""
    out: dict[str, str] = {}
    for name in parameters:
        wanted = made = style(name)
        number = 2
        while made.lower() in (other.lower() for other in out.values()):
            made, number = f"{wanted}{number}", number + 1
        out[name] = made
    return out


def asked_of(piece: Piece, host: str) -> dict[str, Parameter]:
    """The properties of a piece that stay open because no policy says them, as parameters, by the property."""
    placement = placements(host)[piece.carrier]
    return {
        item.property: _asked(f"{piece.name}_{_snake(item.property)}", item)
        for item in placement.asked
        if placement.fields.get(item.property) not in piece.facts and (not item.beside or item.beside in piece.facts)
    }


def _asked(name: str, item: Asked) -> Parameter:
    return Parameter(name, "string", doc=item.doc, pattern=item.pattern, allowed=item.allowed)


def _snake(property: str) -> str:
    """`AuthenticationOptions[saml].FederatedAuthentication.SAMLProviderArn` as `federated_authentication_saml_provider_arn`: its last two parts say which it is."""
    text = "_".join(property.removeprefix("spec.forProvider.").split(".")[-2:])
    return (
        re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[^A-Za-z0-9]+(?=.)", "_", text)
        .replace("]", "")
        .lower()
    )


def described(parameter: Parameter) -> str:
    """One sentence for people on what a parameter is."""
    words = " ".join(parameter.doc.split())
    if not words and parameter.allowed:
        return f"one of {', '.join(parameter.allowed)}"
    return words or f"{'values' if parameter.many else 'a value'} of type {parameter.kind}"


def header(pieces: Sequence[Piece]) -> list[str]:
    """The lines above a file for one document."""
    document, piece = pieces[0].template.document, pieces[0]
    place = shown("/".join(part for part in (piece.account, piece.region) if part))
    said = f"`{document.owner}` in {document.span.file}" + (f", for {place}" if place else "")
    return [f"{GENERATED} {document.path}", said]


def by_document(pieces: Iterable[Piece]) -> dict[str, list[Piece]]:
    """The pieces of each document, by its path."""
    out: dict[str, list[Piece]] = {}
    for piece in pieces:
        out.setdefault(piece.template.document.path, []).append(piece)
    return out


def used(pieces: Iterable[Piece]) -> list[str]:
    """The parameters that some pieces hold, in order."""
    found: dict[str, None] = {}
    for piece in pieces:
        found |= dict.fromkeys(piece.template.names if piece.content is not None else ())
        for text in piece.facts.values():
            found |= dict.fromkeys(mark[1] for mark in MARK.finditer(text))
    return list(found)


def refuse(piece: Piece, name: str, message: str, diagnostics: Diagnostics) -> None:
    """Report a parameter that a form cannot leave open in a document."""
    diagnostics.error(
        "parameter-not-open", message, piece.template.document.span, f"give it a value: `--param {name}=…`"
    )


def properties(piece: Piece, host: str, values: Mapping[str, object], document: object) -> dict[str, object]:
    """The properties of a piece: those that the project says, then those that stay open (`values`), then the document."""
    placement = placements(host)[piece.carrier]
    out: dict[str, object] = {}
    for at, fact in placement.fields.items():
        if fact in piece.facts:
            put(out, at, piece.facts[fact])
    for at, value in values.items():
        put(out, at, value)
    if placement.document:
        put(out, placement.document, document)
    return out


def put(tree: dict[str, object], at: str, value: object) -> None:
    """Put a value at a dotted place. `a[x].b` is in the item `x` of a list: items are made in the order in which they are named first."""
    *parts, last = at.split(".")
    for part in parts:
        name, _, item = part.removesuffix("]").partition("[")
        inner = tree.setdefault(name, _Items() if item else {})
        if isinstance(inner, _Items):
            inner = inner.named(item)
        assert isinstance(inner, dict)
        tree = inner
    tree[last] = value


class _Items(list[object]):
    """A list whose items have names while it is made."""

    def __init__(self) -> None:
        super().__init__()
        self._names: dict[str, dict[str, object]] = {}

    def named(self, name: str) -> dict[str, object]:
        if name not in self._names:
            self._names[name] = {}
            self.append(self._names[name])
        return self._names[name]
