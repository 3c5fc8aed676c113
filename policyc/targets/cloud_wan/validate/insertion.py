"""Service insertion: one mode per segment, one function group per pair, no group in both ways of working."""

from __future__ import annotations

from policyc.diagnostics import Diagnostics, Label
from policyc.ir.network import CoreNetwork, SegmentSet, SendTo, SendVia, Word
from policyc.text import Span


def check_insertion(network: CoreNetwork, diagnostics: Diagnostics) -> None:
    """The conflicts that the service refuses (reference, section 3.9; section 6 rows 26 to 28)."""
    for action in network.actions:
        if isinstance(action, SendVia | SendTo) and len(action.groups) > 1:
            diagnostics.error(
                "one-function-group",
                f"one action names {len(action.groups)} function groups",
                action.groups[1].span or action.span,
                "write one action per function group",
            )
    _check_exits(network, diagnostics)
    _check_modes(network, diagnostics)
    _check_pairs(network, diagnostics)
    _check_groups(network, diagnostics)


def _label(span: Span | None, text: str) -> tuple[Label, ...]:
    return () if span is None else (Label(span, text),)


def _send_vias(network: CoreNetwork) -> list[SendVia]:
    return [action for action in network.actions if isinstance(action, SendVia)]


def _check_exits(network: CoreNetwork, diagnostics: Diagnostics) -> None:
    """A segment has one way out; which of two the service takes is not published (reference, section 1.5: `when-sent-to` is of `send-via`)."""
    first: dict[str, SendTo] = {}
    for action in network.actions:
        if not isinstance(action, SendTo):
            continue
        if action.sent_to is not None and not _is_bare(action.sent_to):
            diagnostics.warning(
                "sent-to-ignored",
                f"`send-to` of `{action.segment}` takes what has no other route, whatever `when-sent-to` says",
                action.sent_to.span or action.span,
                "leave `when-sent-to` away, or use `send-via` for traffic between segments",
            )
        other = first.setdefault(action.segment.text, action)
        if other is not action:
            diagnostics.warning(
                "send-to-twice",
                f"segment `{action.segment}` has a `send-to` already"
                + ("" if other.groups == action.groups else ": which of the groups takes its traffic is not published"),
                action.span,
                "keep one, with the overrides of both",
                _label(other.span, "the other one"),
            )


def _is_bare(names: SegmentSet) -> bool:
    """Whether a name stands where a list is wanted, which has a finding of its own."""
    return names.span is not None and any(word.span == names.span for word in names.names)


def _check_modes(network: CoreNetwork, diagnostics: Diagnostics) -> None:
    """A segment sends in one mode only; whether being sent to in the other one counts too is not published."""
    sources: dict[str, SendVia] = {}
    uses: dict[str, SendVia] = {}
    for action in _send_vias(network):
        first = sources.setdefault(action.segment.text, action)
        if first.mode != action.mode:
            diagnostics.error(
                "send-via-modes",
                f"segment `{action.segment}` is used with both modes of `send-via`",
                action.span,
                f"use `{first.mode}` throughout",
                _label(first.span, f"`{first.mode}` here"),
            )
            continue
        for name in dict.fromkeys((action.segment.text, *network.redirected(action))):
            other = uses.setdefault(name, action)
            if other.mode != action.mode and (name != action.segment.text or other.segment.text != name):
                diagnostics.warning(
                    "send-via-modes",
                    f"segment `{name}` takes part in both modes of `send-via`",
                    action.span,
                    f"use `{other.mode}` throughout: the service may refuse it",
                    _label(other.span, f"`{other.mode}` here"),
                )


def _check_pairs(network: CoreNetwork, diagnostics: Diagnostics) -> None:
    seen: dict[frozenset[str], tuple[Word, SendVia]] = {}
    for action in _send_vias(network):
        if not action.groups:
            continue
        group = action.groups[0]
        for name in network.redirected(action):
            pair = frozenset((action.segment.text, name))
            first, other = seen.setdefault(pair, (group, action))
            if first.text != group.text:
                shown = " and ".join(f"`{item}`" for item in sorted(pair))
                diagnostics.error(
                    "send-via-groups",
                    f"{shown} {'use' if len(pair) > 1 else 'uses'} function group `{first}` and also `{group}`",
                    group.span or action.span,
                    "keep one function group per pair of segments",
                    _label(first.span or other.span, f"`{first}` here"),
                )


def _check_groups(network: CoreNetwork, diagnostics: Diagnostics) -> None:
    """A group of dual-hop serves neither single-hop nor send-to."""
    dual: dict[str, SendVia] = {}
    for action in _send_vias(network):
        if action.mode == "dual-hop":
            for group in action.groups:
                dual.setdefault(group.text, action)
    for other in network.actions:
        if isinstance(other, SendTo) or (isinstance(other, SendVia) and other.mode == "single-hop"):
            for group in other.groups:
                if group.text in dual:
                    what = "send-to" if isinstance(other, SendTo) else "single-hop"
                    diagnostics.error(
                        "dual-hop-group",
                        f"function group `{group}` is used by dual-hop and by {what}",
                        group.span or other.span,
                        "declare a second function group for one of the two",
                        _label(dual[group.text].span, "dual-hop here"),
                    )
