"""An IAM policy document in compiled form.

A `Document` exists only for text without errors: what cannot be read whole is never decided on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from policyc.diagnostics import Diagnostics
from policyc.engines.iam.reader import read_document
from policyc.engines.iam.statement import Kind, Origin, Statement
from policyc.engines.iam.switches import DEFAULT, Switches
from policyc.record import field, record
from policyc.syntax.json_text import JsonValue, parse_json
from policyc.text import Source, Span

if TYPE_CHECKING:
    from policyc.engines.iam.masks import MaskIndex


@record
class Document:
    """A document without errors: its statements in order and the switches it was read with."""

    name: str
    kind: Kind
    version: str
    statements: tuple[Statement, ...]
    switches: Switches
    span: Span
    _masks: list[MaskIndex] = field(default_factory=list, init=False, repr=False, compare=False)

    @property
    def masks(self) -> MaskIndex:
        """The index that decides, made when it is first asked."""
        if not self._masks:
            from policyc.engines.iam.masks import MaskIndex

            self._masks.append(MaskIndex(self.statements, self.switches))
        return self._masks[0]


def compile_document(
    tree: JsonValue,
    kind: Kind,
    diagnostics: Diagnostics,
    *,
    name: str = "",
    switches: Switches = DEFAULT,
    origins: Sequence[Origin] = (),
    stored: bool = False,
) -> Document | None:
    """The compiled document, or None when it could not be read whole; `diagnostics` then got an error. What AWS refuses to save
    though its meaning is plain, such as an empty list of actions, is an error too, and the document is there.

    `origins` gives, per statement in order, the label and place to show instead of the Sid and the place in `tree`.
    Warnings do not stop a document: what AWS stores it also evaluates. With `stored` the document is there and asked: a malformed
    action matches nothing, and a statement with a template that nobody rendered is left open.
    """
    read = read_document(tree, kind, diagnostics, switches, origins, stored)
    if read is None:
        return None
    version, statements = read
    return Document(name or kind.value, kind, version, statements, switches, tree.span)


def compile_text(source: Source, kind: Kind, diagnostics: Diagnostics) -> Document | None:
    """As `compile_document`, from JSON text under the file's name."""
    tree = parse_json(source, diagnostics)
    if tree is None:
        return None
    return compile_document(tree, kind, diagnostics, name=source.file)
