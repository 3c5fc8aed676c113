"""An IAM policy document in compiled form.

A `Document` exists only for text without errors: what cannot be read whole is never decided on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from policyc.diagnostics import Diagnostics
from policyc.engines.iam.atoms import Atom
from policyc.engines.iam.parts import ActionPart, PrincipalPart, ResourcePart
from policyc.engines.iam.program import Program
from policyc.engines.iam.switches import DEFAULT, Switches
from policyc.syntax.json_text import JsonValue, parse_json
from policyc.text import Source, Span


class Kind(StrEnum):
    """What a document is attached to; decides which elements it may have."""

    IDENTITY = "identity"
    RESOURCE = "resource"
    SCP = "scp"
    RCP = "rcp"
    BOUNDARY = "boundary"
    SESSION = "session"
    TRUST = "trust"
    ENDPOINT = "endpoint"

    @property
    def has_principal(self) -> bool:
        return self in (Kind.RESOURCE, Kind.RCP, Kind.TRUST, Kind.ENDPOINT)


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. `label` is the Sid or `statement N` counted from 1, or what the caller of `compile_document`
    gave; `resources` is None where the kind has none; `inert` statements match nothing, whatever is asked.

    `switches` names the switches that shaped how it was read.
    """

    index: int
    label: str
    deny: bool
    principals: PrincipalPart | None
    actions: ActionPart
    resources: ResourcePart | None
    conditions: tuple[Atom, ...]
    span: Span
    inert: bool = False
    switches: tuple[str, ...] = ()

    @property
    def effect(self) -> str:
        return "Deny" if self.deny else "Allow"


@dataclass(frozen=True, slots=True)
class Document:
    """A document without errors: its statements in order and the switches it was read with."""

    name: str
    kind: Kind
    version: str
    statements: tuple[Statement, ...]
    switches: Switches
    span: Span
    program: Program


Origin = tuple[str, Span | None]
"""Where a statement comes from: a label for people and the place to show; see `compile_document`."""


def compile_document(
    tree: JsonValue, kind: Kind, diagnostics: Diagnostics, *, name: str = "", switches: Switches = DEFAULT,
    origins: Sequence[Origin] = (),
) -> Document | None:  # fmt: skip
    """The compiled document, or None when `diagnostics` got an error for it.

    `origins` gives, per statement in order, the label and place to show instead of the Sid and the place in `tree`.
    Warnings do not stop a document: what AWS stores it also evaluates.
    """
    from policyc.engines.iam.reader import read_document

    read = read_document(tree, kind, diagnostics, switches, origins)
    if read is None:
        return None
    version, statements = read
    return Document(name or kind.value, kind, version, statements, switches, tree.span, Program(statements, switches))


def compile_text(
    source: Source, kind: Kind, diagnostics: Diagnostics, *, name: str = "", switches: Switches = DEFAULT
) -> Document | None:
    """As `compile_document`, from JSON text; the name is the file's unless given."""
    tree = parse_json(source, diagnostics)
    if tree is None:
        return None
    return compile_document(tree, kind, diagnostics, name=name or source.file, switches=switches)
