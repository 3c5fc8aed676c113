"""Names: what they may look like, and that each is given once."""

from __future__ import annotations

from collections.abc import Iterable

from policyc.diagnostics import Diagnostics, Label, dropped
from policyc.ir.network import CoreNetwork, Word
from policyc.regex import regex
from policyc.text import Span

MAX_SEGMENTS = 40

_SEGMENT_NAME = regex(r"[A-Za-z][0-9A-Za-z]{0,63}")
_POLICY_NAME = regex(r"[0-9A-Za-z]{1,100}")
_SAFE_POLICY_NAME = regex(r"[A-Za-z][0-9A-Za-z]{0,62}")
_SAFE_LABEL = regex(r"[A-Za-z][0-9A-Za-z]{0,62}")


def check_names(network: CoreNetwork, diagnostics: Diagnostics) -> None:
    """Name shapes, duplicates, and the number of segments (reference, sections 1.3, 1.4, 1.8 and 2)."""
    for segment in network.segments:
        _check_segment_name(segment.name, diagnostics)
    for group in network.groups:
        _check_group_name(group.name, diagnostics)
    for policy in network.routing_policies:
        _check_policy_name(policy.name, diagnostics)
    for rule in network.label_rules:
        for label in rule.labels:
            _check_label(label, diagnostics)
    check_unique("segment", [item.name for item in network.segments], diagnostics)
    check_unique("function group", [item.name for item in network.groups], diagnostics)
    check_unique("routing policy", [item.name for item in network.routing_policies], diagnostics)
    _check_count(network, diagnostics)


def check_unique(kind: str, words: Iterable[Word], diagnostics: Diagnostics) -> None:
    """Report every word that stands in the list a second time."""
    seen: dict[str, Word] = {}
    for word in words:
        first = seen.setdefault(word.text, word)
        if first is not word:
            diagnostics.error(
                "network-duplicate",
                f"{kind} `{word.text}` is declared twice",
                word.span,
                "remove one of the two, or rename it",
                _first_here(first.span),
            )


def check_listed_once(kind: str, words: Iterable[Word], diagnostics: Diagnostics, *, alone: bool = True) -> None:
    """What stands twice in a list adds nothing; whether the service takes it is not published. `alone`: each is an item of a list by itself,
    and can be dropped without another word."""
    seen: set[str] = set()
    for word in words:
        if word.text in seen:
            fix = dropped(word.span) if alone else None
            message = f"{kind} `{word.text[:80]}` is listed twice"
            diagnostics.warning("listed-twice", message, word.span, "keep it once", fix=fix)
        seen.add(word.text)


def _first_here(span: Span | None) -> tuple[Label, ...]:
    return () if span is None else (Label(span, "first declared here"),)


def _check_segment_name(name: Word, diagnostics: Diagnostics) -> None:
    if _SEGMENT_NAME.fullmatch(name.text) is None:
        diagnostics.error(
            "segment-name",
            f"`{name.text[:80]}` is no name for a segment",
            name.span,
            "use a letter, then up to 63 letters and digits: the service takes no `-` and no `_`",
        )


def _check_group_name(name: Word, diagnostics: Diagnostics) -> None:
    if not name.text:
        diagnostics.error("function-group-name", "the function group has an empty name", name.span, "name it")
    elif _SEGMENT_NAME.fullmatch(name.text) is None:
        diagnostics.warning(
            "function-group-name",
            f"the service may refuse `{name.text[:80]}` as the name of a function group",
            name.span,
            "use a letter, then up to 63 letters and digits, as every published policy does",
        )


def _check_policy_name(name: Word, diagnostics: Diagnostics) -> None:
    if _POLICY_NAME.fullmatch(name.text) is None:
        diagnostics.error(
            "routing-policy-name",
            f"`{name.text[:80]}` is no name for a routing policy",
            name.span,
            "use 1 to 100 letters and digits",
        )
    elif _SAFE_POLICY_NAME.fullmatch(name.text) is None:
        diagnostics.warning(
            "routing-policy-name",
            f"the service may refuse `{name.text}`: live checks wanted a letter first and 63 at most",
            name.span,
            "use a letter, then up to 62 letters and digits",
        )


def _check_label(label: Word, diagnostics: Diagnostics) -> None:
    if not 1 <= len(label.text) <= 256:
        diagnostics.error(
            "routing-label", f"a routing label of {len(label.text)} characters", label.span, "use 1 to 256 characters"
        )
    elif _SAFE_LABEL.fullmatch(label.text) is None:
        diagnostics.warning(
            "routing-label",
            f"the service may refuse the label `{label.text[:80]}`",
            label.span,
            "use a letter, then up to 62 letters and digits, as live checks wanted",
        )


def _check_count(network: CoreNetwork, diagnostics: Diagnostics) -> None:
    names = [item.name for item in network.segments] + [item.name for item in network.groups]
    if len(names) > MAX_SEGMENTS:
        diagnostics.error(
            "network-quota",
            f"{len(names)} segments and function groups, where a core network has {MAX_SEGMENTS} at most",
            names[MAX_SEGMENTS].span,
            "merge some: function groups count as segments, and the quota cannot be raised",
        )
