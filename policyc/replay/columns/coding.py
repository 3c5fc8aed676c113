"""Distinct values as numbers of their likeness."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from policyc.engines.iam.globs import Tokens, Wild, compile_glob
from policyc.replay.columns.batch import is_ascii
from policyc.replay.columns.combine import unique_rows
from policyc.replay.columns.likeness import Likeness
from policyc.replay.recorded import IDENTIFIER

Codes = np.ndarray[Any, np.dtype[np.int32]]
Rows = np.ndarray[Any, np.dtype[np.int64]]
Bits = np.ndarray[Any, np.dtype[np.bool_]]
#: values whose likeness is remembered
_MOST_KNOWN: Final = 500_000
#: more paths than that are looked at anew in each batch
_MOST_PATHS: Final = 100_000
#: texts that are looked at as they are, and texts that are shortened at once
_FEW: Final = 1_000
_BLOCK: Final = 1 << 15
#: what is looked for besides patterns
_MARKS: Final = (b"/", b"#")
_SPECIAL: Final = frozenset("\\.^$|()[]{}+-/#&~ \t\n\r\v\f")


class Coder:
    """One field: values to the numbers of their likeness, which stay the same from batch to batch."""

    def __init__(self, likeness: Callable[[str], Hashable]) -> None:
        self.likeness = likeness
        self.numbers: dict[Hashable, int] = {}
        self.samples: list[str | None] = []
        self.known: dict[str, int] = {}

    def number(self, like: Hashable, sample: str | None) -> int:
        """The number of a likeness; `sample` stands for it from now on if it is the first."""
        found = self.numbers.get(like)
        if found is None:
            found = self.numbers[like] = len(self.samples)
            self.samples.append(sample)
        return found

    def codes(self, values: pa.Array) -> Codes:
        """A number for each distinct value, and one more at the end for an absent one."""
        known = self.known
        if len(known) > _MOST_KNOWN:
            known.clear()
        out = np.empty(len(values) + 1, np.int32)
        for at, value in enumerate(values.to_pylist()):
            found = known.get(value)
            if found is None:
                found = known[value] = self.number((self.likeness(value),), value)
            out[at] = found
        out[-1] = self.number((), None)
        return out


class PathCoder(Coder):
    """Paths by the patterns that they fit; what patterns there are hangs on the services that were seen."""

    def __init__(self, likeness: Likeness) -> None:
        super().__init__(lambda path: path)
        self.patterns = likeness
        self.services: set[str] = set()
        self.globs: list[Tokens] = []
        self.seen: set[Tokens] = set()
        self.slow = likeness.slow_path_tests()
        self.whole = likeness.paths_differ()
        self.known_with = 0

    def see(self, services: Sequence[str]) -> None:
        """Services that a batch asks."""
        new = [service for service in services if service not in self.services]
        self.services.update(new)
        for tokens in self.patterns.path_globs(new):
            if tokens not in self.seen:
                self.seen.add(tokens)
                self.globs.append(tokens)

    def codes(self, values: pa.Array) -> Codes:
        """A number for each distinct path (as records write it), and one more at the end for an absent one."""
        out = np.empty(len(values) + 1, np.int32)
        if self.whole:
            out[:-1] = [self.number(("whole", value), value) for value in values.to_pylist()]
        elif len(values) > _MOST_PATHS:
            out[:-1] = self._fitted(values)
        else:
            if self.known_with != len(self.globs) or len(self.known) > _MOST_KNOWN:
                self.known, self.known_with = {}, len(self.globs)
            held = values.to_pylist()
            new = [value for value in held if value not in self.known]
            if new:
                self.known.update(zip(new, self._fitted(pa.array(new, pa.string())).tolist()))
            out[:-1] = [self.known[value] for value in held]
        out[-1] = self.number((), None)
        return out

    def _fitted(self, values: pa.Array) -> Codes:
        """The number of each path, by the patterns that it fits."""
        paths = cut_paths(values)
        extra = [tuple(test(path) for test in self.slow) for path in paths.to_pylist()] if self.slow else None
        forms, first, form_of = shortened(paths, self.globs)
        begins, marked = _bits(pc.starts_with(forms, "/")), _bits(pc.match_substring(forms, "#"))
        tests = [*(fits(forms, tokens) for tokens in self.globs), begins, marked]
        rows = np.packbits(np.stack(tests, axis=1), axis=1)
        count = len(self.globs)
        if extra is None:
            _, one, inverse = unique_rows(rows.astype(np.int64))
            samples = values.take(pa.array(first[one])).to_pylist()
            numbers = [self.number((count, rows[at].tobytes()), value) for at, value in zip(one.tolist(), samples)]
            out = np.array(numbers, np.int32)[inverse][form_of]
        else:
            likes = [(count, rows[at].tobytes(), more) for at, more in zip(form_of.tolist(), extra)]
            told = [self.number(like, value) for like, value in zip(likes, values.to_pylist())]
            out = np.array(told, np.int32)
        if self.patterns.verbatim:  # what is wrong with such a path is told with the path
            for at in np.flatnonzero((~begins | marked)[form_of]).tolist():
                value = values[at].as_py()
                out[at] = self.number(("told", value), value)
        return out


def cut_paths(values: pa.Array) -> pa.Array:
    """Paths without what listeners put before them, and without a query."""
    if pc.any(pc.match_substring(values, "?")).as_py() is not True:
        return values  # most logs have neither
    found = pc.replace_substring(values, "LatticePath?:", "")
    return pc.replace_substring_regex(found, r"(?s)\?.*\z", "")


def path_forms(values: pa.Array) -> pa.Array:
    """Paths without their identifiers, as `path_form` writes them."""
    return pc.replace_substring_regex(cut_paths(values), IDENTIFIER, "*")


def shortened(texts: pa.Array, globs: Sequence[Tokens]) -> tuple[pa.Array, Rows, Rows]:
    """Texts that fit the same patterns as others, the distinct ones: what no pattern can meet but by a wildcard is one sign. With the place
    of the first text that each stands for, and for each text which of them stands for it."""
    if len(texts) < _FEW or not is_ascii(texts):
        every = np.arange(len(texts))
        return texts, every, every
    literals = [*_MARKS, *(token.encode() for tokens in globs for token in tokens if isinstance(token, str))]
    sign = next(byte for byte in range(1, 256) if not any(byte in literal for literal in literals))
    # a text of one sign is met by that, a longer one by each two of its signs that follow one another
    alone, pairs = np.zeros(256, bool), np.zeros(1 << 16, bool)
    alone[[literal[0] for literal in literals if len(literal) == 1]] = True
    pairs[[first << 8 | second for literal in literals for first, second in pairwise(literal)]] = True
    counts = any(token is Wild.ONE for tokens in globs for token in tokens)
    held = texts.cast(pa.large_string())
    offsets = np.frombuffer(held.buffers()[1], np.int64)[held.offset : held.offset + len(held) + 1]
    data = np.frombuffer(held.buffers()[2] or b"", np.uint8)
    parts: list[Any] = []
    lengths = []
    for start in range(0, len(texts), _BLOCK):
        ends = offsets[start : start + _BLOCK + 1]
        some, ends = data[ends[0] : ends[-1]].copy(), ends - ends[0]
        met, both = alone[some], pairs[some[:-1].astype(np.uint16) << 8 | some[1:]]
        met[:-1] |= both
        met[1:] |= both
        some[~met] = sign
        keep = np.ones(len(some) + 1, bool)
        if not counts:
            keep[1:-1] = met[1:] | met[:-1]
            keep[ends] = True
        parts.append(some[keep[:-1]])
        kept = np.r_[0, np.cumsum(keep[:-1], dtype=np.int64)]
        lengths.append(np.diff(kept[ends]))
    buffers = np.r_[0, np.cumsum(np.concatenate(lengths))], np.concatenate(parts)
    forms = pc.dictionary_encode(pa.LargeStringArray.from_buffers(len(texts), *map(pa.py_buffer, buffers)))
    form_of = forms.indices.to_numpy()
    first = np.empty(len(forms.dictionary), np.int64)
    first[form_of[::-1]] = np.arange(len(texts))[::-1]
    return forms.dictionary.cast(pa.string()), first, form_of


def fits(texts: pa.Array, tokens: Tokens) -> Bits:
    """Which of the texts fit a pattern. `?` is one character, not one byte."""
    exact = compile_glob(tokens).exact
    if exact is not None:
        return _bits(pc.equal(texts, exact))
    plain = [token for token in tokens if isinstance(token, str)]
    if len(tokens) == 2 and tokens[1] is Wild.STAR and plain:
        return _bits(pc.starts_with(texts, plain[0]))
    if len(tokens) == 2 and tokens[0] is Wild.STAR and plain:
        return _bits(pc.ends_with(texts, plain[0]))
    if plain:  # looking for a text is much quicker than a pattern, and few texts hold the longest one
        found = _bits(pc.match_substring(texts, max(plain, key=len)))
        if len(tokens) == 3 and len(plain) == 1 and tokens[0] is tokens[2] is Wild.STAR:
            return found
        rows = np.flatnonzero(found)
        found[rows] = _matching(texts if len(rows) == len(texts) else texts.take(pa.array(rows)), tokens)
        return found
    return _matching(texts, tokens)


def _matching(texts: pa.Array, tokens: Tokens) -> Bits:
    return _bits(pc.match_substring_regex(texts, r"(?s)\A" + "".join(map(_regex, tokens)) + r"\z"))


def _regex(token: str | Wild) -> str:
    if token is Wild.STAR:
        return ".*"
    if token is Wild.ONE:
        return "."
    return "".join(f"\\x{{{ord(char):x}}}" if char in _SPECIAL or not char.isalnum() else char for char in token)


def _bits(found: Any) -> Bits:
    bits: Bits = found.fill_null(False).to_numpy(zero_copy_only=False, writable=True)
    return bits
