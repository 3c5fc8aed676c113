"""One core network policy document from a file: its shape, what the service would refuse, and its size."""

from __future__ import annotations

from policyc.diagnostics import Diagnostics
from policyc.ir.network import CoreNetwork
from policyc.syntax.json_text import JsonObject, JsonString, JsonValue, from_plain, parse_json
from policyc.targets.cloud_wan.documents import KIND, MAX_SIZE
from policyc.targets.cloud_wan.read import read_value
from policyc.targets.cloud_wan.validate import validate_network
from policyc.targets.schema_check import shape_errors
from policyc.text import Source

#: the keys that lead to a policy in an answer of the service, from the outside in
_WRAPPERS = ("CoreNetworkPolicy", "PolicyDocument")


def unwrap(tree: JsonValue, diagnostics: Diagnostics) -> JsonValue | None:
    """The policy within an answer of the service, or the tree itself; None after a finding.

    A policy that stands there as text is read at the place of the text, so that findings point at the whole of it.
    """
    for key in _WRAPPERS:
        inner = tree.get(key) if isinstance(tree, JsonObject) else None
        tree = tree if inner is None else inner
    if not isinstance(tree, JsonString):
        return tree
    found = Diagnostics()
    inside = parse_json(Source(tree.span.file, tree.value), found)
    for item in found:
        diagnostics.error(item.rule, f"the policy in this text: {item.message}", tree.span, item.help)
    return None if inside is None else from_plain(inside.plain(), tree.span)


def read_text(source: Source, diagnostics: Diagnostics) -> CoreNetwork | None:
    """The network of a document, or of an answer of the service around one; None after reporting what is wrong with its shape."""
    found = Diagnostics()
    read = _read(source, found)
    if read is None:
        diagnostics.extend(found)
    return None if read is None else read[0]


def _read(
    source: Source, diagnostics: Diagnostics, tree: JsonValue | None = None
) -> tuple[CoreNetwork, JsonValue] | None:
    """The network and the tree of its policy; None after an error."""
    tree = parse_json(source, diagnostics) if tree is None else tree
    tree = None if tree is None else unwrap(tree, diagnostics)
    network = None if tree is None else read_value(tree, diagnostics, source.file)
    return None if diagnostics.has_errors or network is None or tree is None else (network, tree)


def check_document(source: Source, diagnostics: Diagnostics, tree: JsonValue | None = None) -> CoreNetwork | None:
    """Report everything that the service would refuse; the network, or None when its shape is wrong.

    `tree` is the parsed text where the caller has it. The JSON Schema is asked last: it knows less than the reader, and says
    something only where the two disagree, which is a bug.
    """
    found = Diagnostics()
    read = _read(source, found, tree)
    if read is None:
        diagnostics.extend(found)
        return None
    network, tree = read
    size = len(source.text.encode())
    if size > MAX_SIZE:
        size = len(source.text[tree.span.start : tree.span.end].encode())
    if size > MAX_SIZE:
        found.error(
            "network-quota",
            f"the document has {size:,} bytes, where {MAX_SIZE:,} are the most",
            tree.span.at_start(),
            "drop indentation, or join rules with equal effect",
        )
    if validate_network(network, found):
        for misfit in shape_errors(KIND, tree.plain()):
            found.error(
                "document-breaks-schema",
                f"`{misfit.pointer}` {misfit.message}",
                tree.span.at_start(),
                "if the document looks right, this is a bug of policyc: please report it with this file",
            )
    diagnostics.extend(found)
    return network
