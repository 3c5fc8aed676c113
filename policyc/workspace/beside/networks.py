"""What rules find in a network beside its errors: names that nothing has are read as those that are offered, and where none is offered nothing is said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from policyc.diagnostics import Diagnostic, Diagnostics
from policyc.ir.network import CoreNetwork
from policyc.ir.program import BoundNetwork, Program
from policyc.lint.nested import Nested, Places
from policyc.lint.registry import Settings, run_family
from policyc.record import replace
from policyc.syntax import nodes
from policyc.targets.registry import network
from policyc.text import Span


def found_in_networks(program: Program, errors: Sequence[Diagnostic], settings: Settings) -> Iterator[Diagnostic]:
    """The findings of rules in the networks that have errors."""
    places = Nested((item.span, item) for item in errors if item.span is not None)
    for bound in program.networks:
        own = list(places.inside(bound.node.span))
        meant = _meant(bound, own) if own else None
        if meant is not None:
            told = Places.of_errors(own)
            found = run_family(bound.node.target.text, program, settings, {"core networks": [meant]})
            yield from (item for item in found if not told.around(item.span))


def _meant(bound: BoundNetwork, errors: Iterable[Diagnostic]) -> CoreNetwork | None:
    """The network with the words that are meant; None where a part of it is left out or may be another."""
    words: dict[Span, str] = {}
    for item in errors:
        if item.fix is not None and item.fix.of_words:
            words |= {edit.span: edit.replacement for edit in item.fix.edits}
        elif item.rule == "network-unknown-name":
            return None
    node: nodes.Network = _respelled(bound.node, words)
    return network(node.target.text).lower(replace(bound, node=node), Diagnostics())


def _respelled(part: Any, words: Mapping[Span, str]) -> Any:
    """A node with other names at some places."""
    if isinstance(part, nodes.Ident):
        return replace(part, text=words[part.span]) if part.span in words else part
    if isinstance(part, tuple):
        return tuple([_respelled(item, words) for item in part])
    if isinstance(part, Span) or not hasattr(type(part), "__match_args__"):
        return part
    held = {name: getattr(part, name) for name in type(part).__match_args__}
    return replace(part, **{name: _respelled(old, words) for name, old in held.items()})
