"""What is documented of the attributes that Cedar texts read."""

from __future__ import annotations

from collections.abc import Mapping

from policyc.engines.cedar.decide import About, Documented, Path
from policyc.engines.cedar.predicates import Kind as Word
from policyc.targets.cedar_documents.text.kinds import Kind, Member

_WORDS: Mapping[str, Word] = {"string": "text", "long": "number", "bool": "bool", "set": "list", "record": "record"}


def of_context(context: Kind) -> About:
    """The documentation of what stands below `context`; None for whatever else a path names."""

    def about(path: Path) -> Documented | None:
        kind = context
        member: Member | None = None
        for step in path:
            if kind.keyed and kind.item is not None:
                member = Member(kind.item)
            else:
                member = kind.members.get(step)
            if member is None:
                return None
            kind = member.kind
        return None if member is None else _documented(member)

    return about


def _documented(member: Member) -> Documented | None:
    word = "address" if member.address else _WORDS.get(member.told.name)
    if word is None:
        return None
    words: set[Word] = {word, "text", "number"} if member.text_too else {word}
    return Documented(frozenset(words), member.required, member.values, member.range)
