"""The theory of texts against brute force: patterns over a tiny alphabet, every text up to a length, and nothing else.

`whole` patterns, patterns field by field, and patterns that ignore
letter case, mixed on one text. A found text has to fit by the plain matchers; where none is found, no short text fits either. Five cases
for each of `POLICYC_CASES`: 50,000 in `make test`, a million with `POLICYC_CASES=200000`.
"""

from __future__ import annotations

import itertools
import os
import random

from policyc.engines.proofs import texts
from policyc.engines.proofs.budget import Steps
from policyc.engines.proofs.texts import Pattern, Piece, are_apart, exactly, find, is_inside, matches, whole
from policyc.ir.pattern import Plain, Wild, pattern_tokens, tokens_match
from policyc.ir.raw_tests import arn_matches, fold

CASES = 5 * int(os.environ.get("POLICYC_CASES", "10000"))
PIECES = (Plain("a"), Plain("b"), Wild.RUN, Wild.RUN, Wild.ONE)
FOLDED = (Plain("a"), Plain("A"), Wild.RUN, Wild.ONE)
WORDS = ["".join(letters) for size in range(6) for letters in itertools.product("abx", repeat=size)]
CASED = ["".join(letters) for size in range(5) for letters in itertools.product("aAbx", repeat=size)]


def tokens(random: random.Random, pieces: tuple[Plain | Wild, ...]) -> tuple[Plain | Wild, ...]:
    out: list[Plain | Wild] = []
    for _ in range(random.randint(0, 4)):
        piece = random.choice(pieces)
        if not (piece is Wild.RUN and out[-1:] == [Wild.RUN]):
            out.append(piece)
    return tuple(out)


def truths(pattern: Pattern, words: list[str], fits: object) -> int:
    """Which of the words fit, as bits, by the plain matcher."""
    return sum(1 << at for at, word in enumerate(words) if fits(word))  # type: ignore[operator]


def _agree(random: random.Random, known: list[tuple[Pattern, int]], words: list[str]) -> None:
    wanted = [[random.choice(known) for _ in range(random.randint(1, 2))] for _ in range(random.randint(0, 3))]
    banned = [random.choice(known) for _ in range(random.randint(0, 3))]
    (one, fits), (other, fits_other) = random.choice(known), random.choice(known)
    assert not is_inside(one, other) or not fits & ~fits_other, (one, other)
    assert not are_apart(one, other) or not fits & fits_other, (one, other)
    found = find([[item for item, _ in group] for group in wanted], [item for item, _ in banned], Steps(100_000))
    if found is None:
        left = (1 << len(words)) - 1
        for group in wanted:
            left &= group[0][1] | group[-1][1]
        for _, bits in banned:
            left &= ~bits
        assert not left, (wanted, banned, words[left.bit_length() - 1])
    else:
        assert all(any(matches(item, found) for item, _ in group) for group in wanted), (wanted, banned, found)
        assert not any(matches(item, found) for item, _ in banned), (wanted, banned, found)


def test_whole_patterns_agree_with_enumeration() -> None:
    chance = random.Random(1)
    known = []
    for _ in range(300):
        cut = tokens(chance, PIECES)
        known.append((whole(cut), truths((), WORDS, lambda word, cut=cut: tokens_match(cut, word))))
    for _ in range(CASES * 3 // 5):
        _agree(chance, known, WORDS)


def test_patterns_without_letter_case_agree_with_enumeration() -> None:
    chance = random.Random(2)
    known = []
    for at in range(300):
        cut = tokens(chance, FOLDED)
        if at % 2:
            lower = tuple(Plain(fold(item.char)) if isinstance(item, Plain) else item for item in cut)
            bits = truths((), CASED, lambda word, cut=lower: tokens_match(cut, "".join(map(fold, word))))
            known.append((whole(cut, ignore_case=True), bits))
        else:
            known.append((whole(cut), truths((), CASED, lambda word, cut=cut: tokens_match(cut, word))))
    for _ in range(CASES // 5):
        _agree(chance, known, CASED)


def test_patterns_by_fields_agree_with_enumeration() -> None:
    """Two fields of two characters each, the others empty: `:` is one of the letters, before the fifth colon and after."""
    chance = random.Random(3)
    heads = ["".join(letters) for size in range(3) for letters in itertools.product("ab", repeat=size)]
    tails = ["".join(letters) for size in range(3) for letters in itertools.product("a:", repeat=size)]
    words = [f"{head}::::{tail}" for head in heads for tail in tails] + [
        f"{head}:::::{tail}" for head in heads for tail in tails
    ]
    known = []
    for _ in range(300):
        before, after = (
            tokens(chance, (Plain("a"), Wild.RUN, Wild.ONE)),
            tokens(chance, (Plain("a"), Plain(":"), Wild.RUN)),
        )
        between = [Plain(":"), Plain(":"), Plain(":"), Plain(":"), Plain(":")]
        if chance.random() < 0.5:
            between[chance.randrange(5) : 5] = [chance.choice((Wild.RUN, Wild.ONE)), Plain(":")]
        cut = (*before, *between, *after)
        fields = texts.by_fields(cut)
        if chance.random() < 0.5 or fields is None:
            known.append((whole(cut), truths((), words, lambda word, cut=cut: tokens_match(cut, word))))
        else:
            fits = lambda word, cut=cut: word.count(":") >= 5 and arn_matches(word, cut)  # noqa: E731
            known.append((fields, truths((), words, fits)))
    for _ in range(CASES // 5):
        _agree(chance, known, words)


def test_matchers_agree() -> None:
    """The quick matcher of every form of pattern, against the walk of the automaton."""
    chance = random.Random(4)
    for _ in range(min(CASES, 3000)):
        cut = tokens(chance, FOLDED)
        pattern = whole(cut, ignore_case=chance.random() < 0.5)
        word = chance.choice(CASED)
        alone = find([[pattern], [texts.exactly(word)]], [], Steps(10_000))
        assert matches(pattern, word) is (alone == word)


def test_plain_covers_are_seen() -> None:
    """What lemmas are made of most often is told without a search, `?` and `*` by what they may stand for."""
    for inner, outer in (
        ("a/*", "a*"),
        ("a/b/?x", "a/*"),
        ("a?*", "a*"),
        ("x/a/*/b", "*/a/*"),
        ("a??b", "a*b"),
        ("ab", "?b"),
    ):
        assert is_inside(whole(pattern_tokens(inner)), whole(pattern_tokens(outer))), (inner, outer)
    for inner, outer in (("a*", "a?"), ("*", "?*"), ("a?", "ab"), ("*a", "*ba"), ("", "?")):
        assert not is_inside(whole(pattern_tokens(inner)), whole(pattern_tokens(outer))), (inner, outer)
    digit = (("#", ""),)
    assert is_inside(digit, (("?", ""),)) and not is_inside((("?", ""),), digit)
    assert is_inside(texts.exactly("A"), texts.exactly("a", ignore_case=True))
    assert not is_inside(texts.exactly("a", ignore_case=True), texts.exactly("a"))


def test_digits_are_digits() -> None:
    account = (("#", ""),) * 2
    assert find([[account]], [], Steps(1000)) == "11"
    assert matches(account, "47") and not matches(account, "4x")
    taken = [(*texts.exactly(str(digit)), ("#", "")) for digit in range(10)]
    assert find([[account]], taken, Steps(1000)) is None
    assert find([[account], [texts.whole((Plain("7"), Wild.ONE))]], taken[:7], Steps(1000)) == "77"


def test_a_pattern_read_as_a_text_is_no_cover() -> None:
    assert find([[whole((Plain("a"), Wild.RUN))]], [whole((Plain("a"), Wild.ONE))], Steps(1000)) == "a"


def test_letters_of_other_alphabets_have_their_spellings() -> None:
    kelvin = texts.exactly("k", ignore_case=True)
    plain = [texts.exactly("k"), texts.exactly("K")]
    assert find([[kelvin]], plain, Steps(1000)) == "\u212a"
    assert find([[kelvin]], [*plain, texts.exactly("\u212a")], Steps(1000)) is None


def test_pieces_of_every_kind_match_as_the_automaton_walks() -> None:
    chance = random.Random(7)
    some: tuple[Piece, ...] = (("=", "a"), ("=", ":"), ("=", "]"), ("=", "^"), ("#", ""), ("*", ""), ("?", ""))
    pieces = (*some, ("-", ":"), (".", ":"), ("-", "]"), (".", "^"))
    for _ in range(CASES // 20):
        pattern = tuple(chance.choices(pieces, k=chance.randint(0, 5)))
        for text in ("".join(chance.choices("ab:1^]\n\u00b2", k=chance.randint(0, 5))) for _ in range(6)):
            found = find([[pattern], [exactly(text)]], [], Steps(10_000))
            assert matches(pattern, text) is (found is not None), (pattern, text)
