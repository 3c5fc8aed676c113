"""References: every segment, function group, routing policy and edge that is named must be declared."""

from __future__ import annotations

from collections.abc import Iterator

from policyc.diagnostics import Diagnostics, did_you_mean
from policyc.ir import network as ir
from policyc.targets.cloud_wan.speech import speech


def check_references(network: ir.CoreNetwork, diagnostics: Diagnostics) -> None:
    """Unknown names with the nearest known one; only letter case apart counts as unknown (reference, section 6 rows 1, 15)."""
    known = {
        "segment": [item.name.text for item in network.segments],
        "function group": [item.name.text for item in network.groups],
        "routing policy": [item.name.text for item in network.routing_policies],
        "edge location": list(network.locations),
    }
    for kind, word in _references(network):
        if word.text not in known[kind]:
            diagnostics.error(
                "network-unknown-name",
                f"no {kind} is named `{word.text[:80]}`",
                word.span,
                did_you_mean(word.text, known[kind], speech(network).declare(kind)),
            )


def _references(network: ir.CoreNetwork) -> Iterator[tuple[str, ir.Word]]:
    for segment in network.segments:
        yield from (("edge location", word) for word in segment.edges)
        yield from (("segment", word) for word in (*segment.deny_filter, *segment.allow_filter))
    for action in network.actions:
        yield from _of_action(action)
    for rule in network.attach_rules:
        match rule.action:
            case ir.ToSegment(segment=name):
                yield "segment", name
            case ir.ToGroup(group=name):
                yield "function group", name
            case _:
                pass
    for label_rule in network.label_rules:
        yield from (("routing policy", word) for word in label_rule.policies)
        yield from (("edge location", word) for word in label_rule.edges)


def _of_action(action: ir.SegmentAction) -> Iterator[tuple[str, ir.Word]]:
    yield "segment", action.segment
    match action:
        case ir.Share():
            yield from (("segment", word) for word in action.with_segments.names)
            yield from (("routing policy", word) for word in action.policies)
        case ir.SendVia() | ir.SendTo():
            yield from (("function group", word) for word in action.groups)
            if action.sent_to is not None:
                yield from (("segment", word) for word in action.sent_to.names)
            yield from _of_overrides(action.overrides)
        case ir.AssociatePolicies():
            yield "edge location", action.location
            yield "edge location", action.peer
            yield from (("routing policy", word) for word in action.policies)
        case _:
            pass


def _of_overrides(overrides: tuple[ir.EdgeOverride, ...]) -> Iterator[tuple[str, ir.Word]]:
    for override in overrides:
        for edges in override.edge_sets:
            yield from (("edge location", word) for word in edges)
        yield "edge location", override.use
