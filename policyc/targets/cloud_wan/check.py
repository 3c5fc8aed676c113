"""One core network policy document from a file: its shape, what the service would refuse, and its size."""

from __future__ import annotations

from policyc.diagnostics import Diagnostics
from policyc.ir.network import CoreNetwork
from policyc.syntax.json_text import JsonValue, parse_json
from policyc.targets.cloud_wan.documents import KIND, MAX_SIZE
from policyc.targets.cloud_wan.read import read_value
from policyc.targets.cloud_wan.validate import validate_network
from policyc.targets.schema_check import shape_errors
from policyc.text import Source


def check_document(source: Source, diagnostics: Diagnostics, tree: JsonValue | None = None) -> CoreNetwork | None:
    """Report everything that the service would refuse; the network, or None when its shape is wrong.

    `tree` is the parsed text where the caller has it. The JSON Schema is asked last: it knows less than the reader, and says
    something only where the two disagree, which is a bug.
    """
    found = Diagnostics()
    tree = parse_json(source, found) if tree is None else tree
    network = None if tree is None else read_value(tree, found, source.file)
    if found.has_errors or network is None or tree is None:
        diagnostics.extend(found)
        return None
    size = len(source.text.encode())
    if size > MAX_SIZE:
        found.error(
            "network-quota", f"the document has {size:,} bytes, where {MAX_SIZE:,} are the most", tree.span.at_start(),
            "drop indentation, or join rules with equal effect",
        )  # fmt: skip
    if validate_network(network, found):
        for misfit in shape_errors(KIND, tree.plain()):
            found.error(
                "document-breaks-schema", f"`{misfit.pointer}` {misfit.message}", tree.span.at_start(),
                "if the document looks right, this is a bug of policyc: please report it with this file",
            )  # fmt: skip
    diagnostics.extend(found)
    return network
