"""Whose Cedar text it is that stands by itself: by the names below `context`, which each service chooses."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import cache

from policyc.syntax.cedar_nodes import Document
from policyc.targets.base import Rooted, Target
from policyc.targets.cedar_documents.protocol import CedarTexts, Logs
from policyc.targets.cedar_documents.text.paths import reads
from policyc.targets.registry import policy_targets
from policyc.text import Span


@cache
def text_targets() -> tuple[CedarTexts, ...]:
    """The targets that read text by itself; the first one takes what no other claims."""
    return tuple(target for target in policy_targets() if isinstance(target, CedarTexts))


def logging() -> Logs:
    """The target whose service logs what texts decided."""
    return next(target for target in text_targets() if isinstance(target, Logs))


def claimed(documents: Iterable[Document], declared: Collection[str]) -> tuple[Target, str, Span] | None:
    """The target that alone has a name which the texts read and nobody declared as a trust provider, that name and its first place;
    None for the target that takes what no other claims."""
    found = [(path[0], span) for document in documents for path, span in reads(document) if path]
    for target in policy_targets():
        if isinstance(target, Rooted) and isinstance(target, CedarTexts):
            for name, span in found:
                if name in target.roots and name not in declared:
                    return None if target is text_targets()[0] else (target, name, span)
    return None


def target_of(documents: Iterable[Document], declared: Collection[str]) -> CedarTexts:
    """The target that texts are read by."""
    found = claimed(documents, declared)
    return found[0] if found is not None and isinstance(found[0], CedarTexts) else text_targets()[0]
