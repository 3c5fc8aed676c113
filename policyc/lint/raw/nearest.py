"""The documented names that are closest to a misspelt one, as help lines. Empty where nothing is close."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

#: longer words are no misspelt names, and comparing them takes long
_LONGEST = 100
#: from here on the closest name is taken to be the one that is meant
_SURE = 0.75
_NEAR = 0.6


def nearest_action(text: str, names: Iterable[str]) -> str:
    """For `prefix:Name`, where wildcards may stand at the end of the name."""
    prefix, _, name = text.partition(":")
    stem = re.split(r"[*?]", name)[0]
    tail = name[len(stem) :]
    known = tuple(sorted(names))
    if tail and stem:
        sizes = range(max(2, len(stem) - 1), len(stem) + 1)
        known = tuple(sorted({item[:size] for item in known for size in sizes}))
    return _help(stem, known, f"{prefix}:", tail)


def nearest_name(text: str, names: Iterable[str], tail: str = "", head: str = "") -> str:
    """For a word of its own; `head` and `tail` are what stands around it."""
    return _help(text, tuple(sorted(names)), head, tail)


def _help(word: str, names: tuple[str, ...], before: str, after: str) -> str:
    found = _closest(word, names)
    texts = [f"`{before}{name}{after}`" for name in found[1:]]
    if not texts:
        return ""
    return f"did you mean {texts[0]}?" if found[0] == "sure" else "the closest are " + ", ".join(texts)


@lru_cache(maxsize=1024)
def _closest(word: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """`sure` and one name, `near` and up to three, or nothing."""
    from difflib import SequenceMatcher  # is needed for mistakes only

    folded = word.lower()
    if not word or len(word) > _LONGEST:
        return ()
    ratios = []
    matcher = SequenceMatcher(b=folded)
    for name in names:
        matcher.set_seq1(name.lower())
        if matcher.real_quick_ratio() >= _NEAR and matcher.quick_ratio() >= _NEAR:
            ratios.append((matcher.ratio(), name))
    ranked = sorted(((ratio, name) for ratio, name in ratios if ratio >= _NEAR), key=lambda item: (-item[0], item[1]))
    if ranked and ranked[0][0] >= _SURE:
        return "sure", ranked[0][1]
    begin = [name for name in names if len(word) >= 4 and name.lower().startswith(folded)]
    near = list(dict.fromkeys([*sorted(begin, key=len), *(name for _, name in ranked)]))
    return ("near", *near[:3]) if near else ()
