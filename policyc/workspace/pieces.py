"""One document of a comparison, wherever it stands."""

from __future__ import annotations

from collections.abc import Mapping

from policyc.diagnostics import Diagnostics
from policyc.record import record
from policyc.syntax.json_text import JsonValue, parse_json
from policyc.targets.cedar_documents.facts import Fact
from policyc.text import Source
from policyc.workspace.embedded import Item

#: the kind of a file that holds documents of which no more than the text is compared
HOST = "host"


@record
class Piece:
    """One document: `kind` is one of `check --as`, empty to tell it by the shape; `facts` are the attributes that the resource which
    carries a Cedar text has, None where nobody declares it; `item` is the document inside a host file."""

    name: str
    kind: str
    source: Source
    facts: Mapping[str, Fact] | None = None
    item: Item | None = None

    def tree(self, diagnostics: Diagnostics) -> JsonValue | None:
        """The tree of a JSON document, with its places; None after an error."""
        return parse_json(self.source, diagnostics) if self.item is None else self.item.tree(diagnostics)
