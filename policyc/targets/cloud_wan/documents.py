"""From the networks of a program to their documents."""

from __future__ import annotations

from policyc.diagnostics import Diagnostics
from policyc.ir.program import BoundNetwork, Program
from policyc.targets.base import Addition, Document, MapEntry, Quota
from policyc.targets.cloud_wan.emit import write_document
from policyc.targets.cloud_wan.lower import Lowered, lower_network
from policyc.targets.cloud_wan.validate import validate_network

KIND = "cloud_wan/core_network_policy"
#: bytes of one policy; AWS writes "1 MB" (reference, section 2)
MAX_SIZE = 1_000_000
_QUOTA_SOURCE = "https://docs.aws.amazon.com/network-manager/latest/cloudwan/cloudwan-quotas.html"


def checked_networks(program: Program, diagnostics: Diagnostics) -> list[tuple[BoundNetwork, Lowered]]:
    """Every network that the service would take, lowered; the others are reported and left out."""
    out: list[tuple[BoundNetwork, Lowered]] = []
    for bound in program.networks:
        if bound.node.target.text != "cloudwan":
            continue
        lowered = lower_network(bound, diagnostics)
        if lowered is not None and validate_network(lowered.network, diagnostics):
            out.append((bound, lowered))
    return out


def emit_documents(program: Program, diagnostics: Diagnostics) -> list[Document]:
    """One document per network, in the order of the program."""
    return [_document(bound, lowered) for bound, lowered in checked_networks(program, diagnostics)]


def _document(bound: BoundNetwork, lowered: Lowered) -> Document:
    text, places = write_document(lowered.network)
    return Document(
        path=f"cloudwan/{bound.name}.json",
        kind=KIND,
        text=text,
        owner=bound.name,
        attached_to=bound.name,
        role="core network",
        span=bound.node.name.span,
        map=tuple(MapEntry(place.pointer, place.label, place.span) for place in places),
        added=tuple(Addition(pointer, message, span) for pointer, message, span in lowered.added),
        quota=Quota(len(text.encode()), MAX_SIZE, "bytes", _QUOTA_SOURCE),
    )
