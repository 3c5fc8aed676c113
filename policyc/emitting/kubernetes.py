"""Manifests for Crossplane's provider of AWS: resources by their ARNs, so that nothing of a cluster has to be known.

Source: https://marketplace.upbound.io/providers/upbound/provider-family-aws/
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from policyc.diagnostics import Diagnostics
from policyc.emitting.pieces import Piece, pieces, placements
from policyc.emitting.registry import NO_PLACE, Written
from policyc.emitting.shared import asked_of, by_document, header, kebab, properties, refuse, used
from policyc.emitting.templates import Hole, Opened, Tree
from policyc.emitting.yaml_writer import Literal
from policyc.emitting.yaml_writer import write as write_yaml
from policyc.holes import mark

#: characters that no literal block of YAML can hold
_LINES: Final = re.compile("[\x7f\x85\u2028\u2029\ufeff]")
HOST = "kubernetes"
TITLE = "Kubernetes"


def write(opened: Opened, diagnostics: Diagnostics) -> Mapping[str, Written]:
    found = by_document(pieces(opened, HOST, TITLE, diagnostics))
    told = {path: [one for piece in held for one in asked_of(piece, HOST).values()] for path, held in found.items()}
    for path, lacking in told.items():
        if lacking:
            diagnostics.error(
                NO_PLACE,
                f"a resource of {TITLE} has to say {lacking[0].doc} for `{path}`, which nothing tells",
                found[path][0].template.document.span,
                "write this one with `--to helm`, where it is a value",
            )
    held = [piece for path, some in found.items() for piece in some if not told[path]]
    for piece in held:
        for name in used([piece]):
            message = f"a manifest has no parameters, and `{name}` has no value"
            refuse(piece, name, message, diagnostics)
    return manifests(held, "", lambda value: value)


def manifests(held: Sequence[Piece], folder: str, value: Callable[[Any], Any]) -> dict[str, Written]:
    """A file for each document; `value` says how a property with what is open is written."""
    files: dict[str, Written] = {}
    for path, found in by_document(held).items():
        texts = []
        for piece in found:
            version, _, kind = placements(HOST)[piece.carrier].type.partition(" ")
            document = piece.content if isinstance(piece.content, str) else minified(piece.content)
            tree = {"apiVersion": version, "kind": kind, "metadata": {"name": kebab(piece.name)}}
            values = {at: mark(one.name) for at, one in asked_of(piece, HOST).items()}
            texts.append(write_yaml({**tree, **_written(properties(piece, HOST, values, Literal(document)), value)}))
        comments = "".join(f"# {line}\n" for line in header(found))
        name = f"{folder}{path.rpartition('.')[0] if not folder else kebab(path.rpartition('.')[0])}.yaml"
        document_ = found[0].template.document
        files[name] = Written(comments + "---\n".join(texts), path.partition("/")[0], document_.span.file)
    return files


def _written(tree: Any, value: Callable[[Any], Any]) -> Any:
    if isinstance(tree, dict):
        return {key: _written(item, value) for key, item in tree.items()}
    return value(tree)


def minified(tree: Tree) -> str:
    """A document as the text that the service takes, with marks for all that is open. VPC Lattice takes no line breaks, and counts every byte."""
    plain = json.dumps(_plain(tree), ensure_ascii=False, separators=(",", ":"))
    bare = plain.replace('"\ue003', "").replace('\ue003"', "")
    return _LINES.sub(lambda found: f"\\u{ord(found[0]):04x}", bare)


def _plain(tree: Tree) -> Any:
    match tree:
        case dict():
            return {key: _plain(value) for key, value in tree.items()}
        case list():
            return [_plain(value) for value in tree]
        case Hole(name):
            return f"\ue003{mark(name)}\ue003"  # loses its quotes
    return tree
