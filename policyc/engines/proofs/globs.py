r"""Questions about sets of texts given by patterns: is there a text that fits all of these and none of those?

Answered by `texts.may_exist` within a budget; past it the answer is "perhaps", so that a rule stays silent. A pattern with a hole is known
in part: it may fit what else could stand there, and surely fits nothing but itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from policyc.engines.proofs import texts
from policyc.engines.proofs.texts import by_fields, whole
from policyc.holes import has_hole, starred
from policyc.ir.pattern import Plain, Wild, is_plain, pattern_matches, pattern_tokens, plain_text
from policyc.regex import regex

_TO_WILD: Final = regex(r"[^*?]*")


def may_overlap(first: Sequence[str], second: Sequence[str], arn: bool = False) -> bool:
    """Whether some text may fit one pattern of each list; False is proven."""
    first, second = [starred(text) for text in first], [starred(text) for text in second]
    if not any(_begin_alike(one, other) for one in first for other in second):
        return False
    return may_exist((first, second), (), arn)


def covers(outer: Sequence[str], inner: str, arn: bool = False) -> bool:
    """Whether every text that fits `inner` is proven to fit one of `outer`."""
    if has_hole(inner) or any(map(has_hole, outer)):
        if inner in outer:
            return True
        outer, inner = [text for text in outer if not has_hole(text)], starred(inner)
    if not arn:
        # The common cases, without walking anything.
        outer = [pattern for pattern in outer if _begin_alike(pattern, inner)]
        if inner in outer or "*" in outer:
            return True
        if not outer:
            return False
        if is_plain(inner):
            text = plain_text(inner)
            return any(pattern_matches(pattern, text) for pattern in outer)
    return not may_exist(((inner,),), outer, arn)


def _begin_alike(first: str, second: str) -> bool:
    """Whether the plain beginnings of two patterns go together; otherwise no text fits both."""
    one, other = _beginning(first), _beginning(second)
    return one.startswith(other) or other.startswith(one)


def beginning(text: str) -> str:
    """The plain text that a pattern begins with, up to its first wildcard or hole: a pattern that takes in all of another one begins with
    no more than that one does."""
    return _beginning(starred(text))


@lru_cache(maxsize=4096)
def _beginning(text: str) -> str:
    if "\\" not in text:
        return _TO_WILD.match(text)[0]  # type: ignore[index]
    tokens = pattern_tokens(text)
    end = next((at for at, token in enumerate(tokens) if isinstance(token, Wild)), len(tokens))
    return "".join(token.char for token in tokens[:end] if isinstance(token, Plain))


def may_exist(all_of: Sequence[Sequence[str]], none_of: Sequence[str], arn: bool = False) -> bool:
    """Whether a text may exist that fits at least one pattern of each list in `all_of` and no pattern of `none_of`.

    With `arn` the patterns match as ARNs do: no wildcard crosses one of the first five colons. False is proven.
    """
    wanted = tuple(tuple(map(starred, item)) for item in all_of)
    return _may_exist(wanted, tuple(text for text in none_of if not has_hole(text)), arn)


@lru_cache(maxsize=4096)
def _may_exist(all_of: tuple[tuple[str, ...], ...], none_of: tuple[str, ...], arn: bool) -> bool:
    cut = by_fields if arn else whole
    wanted = [[tokens for text in item if (tokens := cut(pattern_tokens(text))) is not None] for item in all_of]
    banned = [tokens for text in none_of if (tokens := cut(pattern_tokens(text))) is not None]
    return texts.may_exist(tuple(map(tuple, wanted)), tuple(banned))
