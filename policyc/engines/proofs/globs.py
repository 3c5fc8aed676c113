r"""Questions about sets of texts given by patterns: is there a text that fits all of these and none of those?

Answered by walking all patterns at once over an alphabet of the characters that they mention plus one that stands for the
rest. Each pattern's state is a set of positions; the number of combined states is capped, and past the cap the answer is
"perhaps", so that a rule stays silent. A pattern with a hole is known in part: it may fit what else could stand there, and surely fits nothing
but itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final, TypeAlias

from policyc.holes import MARK, has_hole
from policyc.ir.pattern import Plain, Wild, is_plain, pattern_matches, pattern_tokens, plain_text

#: Combined states that one question may look at, and steps between them that all machines together may take.
STATE_CAP: Final = 4_000
STEP_CAP: Final = 200_000

_TO_WILD: Final = re.compile(r"[^*?]*")
#: A character outside the ones that the patterns mention.
_OTHER: Final = "\U0010ffff"

#: (kind, character): `=` the character, `*` any run, `?` one character; `.` and `-` are these two, but stop at a colon.
_Token: TypeAlias = tuple[str, str]
_Pattern: TypeAlias = tuple[_Token, ...]


def may_overlap(first: Sequence[str], second: Sequence[str], arn: bool = False) -> bool:
    """Whether some text may fit one pattern of each list; False is proven."""
    first, second = [_wide(text) for text in first], [_wide(text) for text in second]
    if not any(_begin_alike(one, other) for one in first for other in second):
        return False
    return may_exist((first, second), (), arn)


def covers(outer: Sequence[str], inner: str, arn: bool = False) -> bool:
    """Whether every text that fits `inner` is proven to fit one of `outer`."""
    if has_hole(inner) or any(map(has_hole, outer)):
        if inner in outer:
            return True
        outer, inner = [text for text in outer if not has_hole(text)], _wide(inner)
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
    wanted = tuple(tuple(map(_wide, item)) for item in all_of)
    return _may_exist(wanted, tuple(text for text in none_of if not has_hole(text)), arn)


def _wide(text: str) -> str:
    """A pattern with all that its holes may be, which may be a wildcard too."""
    return MARK.sub("*", text) if has_hole(text) else text


@lru_cache(maxsize=4096)
def _may_exist(all_of: tuple[tuple[str, ...], ...], none_of: tuple[str, ...], arn: bool) -> bool:
    cut = _arn_tokens if arn else _plain_tokens
    wanted = [[tokens for text in item if (tokens := cut(text)) is not None] for item in all_of]
    banned = [tokens for text in none_of if (tokens := cut(text)) is not None]
    groups = [*wanted, banned]
    letters = sorted({token[1] for group in groups for tokens in group for token in tokens if token[0] == "="})
    letters = [*letters, ":", _OTHER] if arn and ":" not in letters else [*letters, _OTHER]
    machines = [_Union(group, letters) for group in groups]
    return _search(machines, len(wanted), letters)


def _search(machines: list[_Union], wanted: int, letters: list[str]) -> bool:
    start = tuple(machine.start for machine in machines)
    seen = {start}
    queue = [start]
    most = min(STATE_CAP, STEP_CAP // (len(letters) * len(machines)))
    while queue:
        state = queue.pop()
        ends = [machine.accepts(part) for machine, part in zip(machines, state, strict=True)]
        if all(ends[:wanted]) and not any(ends[wanted:]):
            return True
        for at in range(len(letters)):
            following = tuple(machine.step(part, at) for machine, part in zip(machines, state, strict=True))
            if following in seen or not all(following[:wanted]):
                continue
            if len(seen) >= most:
                return True
            seen.add(following)
            queue.append(following)
    return False


class _Union:
    """Several patterns as one machine; a state is a set of positions, held as the bits of an int."""

    __slots__ = ("_final", "_moves", "_runs", "_stays", "start")

    def __init__(self, patterns: Iterable[_Pattern], letters: list[str]) -> None:
        self.start = self._final = self._runs = 0
        self._moves = [0] * len(letters)
        self._stays = [0] * len(letters)
        at = 0
        for tokens in patterns:
            self.start |= 1 << at
            for kind, char in tokens:
                run = kind in "*."
                self._runs |= (1 << at) if run else 0
                for index, letter in enumerate(letters):
                    if letter == char if kind == "=" else kind in "*?" or letter != ":":
                        (self._stays if run else self._moves)[index] |= 1 << at
                at += 1
            self._final |= 1 << at
            at += 1
        self.start = self._close(self.start)

    def _close(self, state: int) -> int:
        """A run may be empty: whoever stands before it also stands behind it."""
        while True:
            wider = state | ((state & self._runs) << 1)
            if wider == state:
                return state
            state = wider

    def step(self, state: int, letter: int) -> int:
        return self._close(((state & self._moves[letter]) << 1) | (state & self._stays[letter]))

    def accepts(self, state: int) -> bool:
        return bool(state & self._final)


def _plain_tokens(text: str) -> _Pattern | None:
    return tuple(_token(token, "*?") for token in pattern_tokens(text))


def _arn_tokens(text: str) -> _Pattern | None:
    """The pattern of an ARN; None when it has fewer than six parts, which nothing fits."""
    parts = text.split(":", 5)
    if len(parts) < 6:
        return None
    out: list[_Token] = []
    for part in parts[:5]:
        out.extend(_token(token, ".-") for token in pattern_tokens(part))
        out.append(("=", ":"))
    out.extend(_token(token, "*?") for token in pattern_tokens(parts[5]))
    return tuple(out)


def _token(token: Plain | Wild, wild: str) -> _Token:
    match token:
        case Plain(char):
            return ("=", char)
        case Wild.RUN:
            return (wild[0], "")
        case Wild.ONE:
            return (wild[1], "")
