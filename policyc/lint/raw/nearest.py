"""The documented names that are closest to a misspelt one, as help lines. Empty where nothing is close."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache

from policyc.diagnostics import meant
from policyc.targets.iam_documents import services
from policyc.targets.iam_documents.services import Service

#: longer words are no misspelt names, and comparing them takes long
_LONGEST = 100
#: from here on the closest name is taken to be the one that is meant
_SURE = 0.75
_NEAR = 0.6
#: and from here on, of names that are not listed whole, it is a slip; shorter words are near to one another by chance
_SLIP = 0.88
_SHORTEST = 5
#: how many names are compared character by character
_COMPARED = 10


def nearest_action(text: str, names: Iterable[str]) -> str:
    """For `prefix:Name`, where wildcards may stand at the end of the name."""
    prefix, _, name = text.partition(":")
    stem = re.split(r"[*?]", name)[0]
    tail = name[len(stem) :]
    known = tuple(sorted(names))
    if tail and stem:
        begun = {item[:size] for item in known for size in (len(stem) - 1, len(stem)) if size > 1}
        if stem[:-1] in begun:
            return meant(text, f"{prefix}:{stem[:-1]}{tail}")  # one letter too many
        known = tuple(sorted(begun))
    return _help(stem, known, f"{prefix}:", tail)


def nearest_name(text: str, names: Iterable[str], tail: str = "", head: str = "") -> str:
    """For a word of its own; `head` and `tail` are what stands around it."""
    return _help(text, tuple(sorted(names)), head, tail)


def near_prefixes(word: str, has: Callable[[Service], bool]) -> list[str]:
    """The prefixes of services near to a word that have what was written behind it."""
    from difflib import get_close_matches  # is needed for mistakes only

    near = get_close_matches(word, services.prefixes(), _COMPARED, _NEAR)
    found = (services.service(prefix) for prefix in near)
    return [one.prefix for one in found if one is not None and has(one)]


def almost(word: str, names: frozenset[str]) -> str:
    """The one name that a word of at least five letters differs from by a slip, empty when it is a name itself or near to none."""
    if len(word) < _SHORTEST or word in names:
        return ""
    for at in range(len(word) - 1):  # two letters that changed places
        if (swapped := word[:at] + word[at + 1] + word[at] + word[at + 2 :]) in names:
            return swapped
    from difflib import get_close_matches  # is needed for mistakes only

    found = get_close_matches(word, [name for name in names if len(name) >= _SHORTEST], 1, _SLIP)
    return found[0] if found else ""


def _help(word: str, names: tuple[str, ...], before: str, after: str) -> str:
    found = _closest(word, names)
    texts = [f"{before}{name}{after}" for name in found[1:]]
    if not texts:
        return ""
    if found[0] == "sure":
        return meant(f"{before}{word}{after}", texts[0])
    return ("the closest is " if len(texts) == 1 else "the closest are ") + ", ".join(f"`{text}`" for text in texts)


@lru_cache(maxsize=1024)
def _closest(word: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """`sure` and one name, `near` and up to three, or nothing."""
    from difflib import SequenceMatcher  # is needed for mistakes only

    folded = word.lower()
    if not word or len(word) > _LONGEST:
        return ()
    matcher = SequenceMatcher(b=folded)
    ratios = []
    for name in _alike(folded, names):
        matcher.set_seq1(name.lower())
        ratios.append((matcher.ratio(), name))
    ranked = sorted(((ratio, name) for ratio, name in ratios if ratio >= _NEAR), key=lambda item: (-item[0], item[1]))
    if ranked and ranked[0][0] >= _SURE:
        return "sure", ranked[0][1]
    begin = [name for name in names if len(word) >= 4 and name.lower().startswith(folded)]
    near = list(dict.fromkeys([*sorted(begin, key=len), *(name for _, name in ranked)]))
    return ("near", *near[:3]) if near else ()


def _alike(folded: str, names: tuple[str, ...]) -> list[str]:
    """The names that share most pairs of neighbouring characters with a word: cheap to tell, and few are left to compare well."""
    pairs = _pairs(folded)
    scores = ((len(pairs & other), -abs(len(name) - len(folded)), name) for name, other in _paired(names))
    import heapq

    return [name for score, _, name in heapq.nlargest(_COMPARED, scores) if score or len(folded) < 3]


@lru_cache(maxsize=256)
def _paired(names: tuple[str, ...]) -> tuple[tuple[str, frozenset[str]], ...]:
    return tuple((name, _pairs(name.lower())) for name in names)


def _pairs(text: str) -> frozenset[str]:
    return frozenset(text[at : at + 2] for at in range(len(text) - 1))
