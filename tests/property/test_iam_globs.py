"""The glob kernel against brute force over a two-letter alphabet, where patterns meet texts densely."""

from __future__ import annotations

from functools import cache
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from policyc.engines.iam.globs import Wild, compile_glob, fold, fold_tokens, matcher, wildcard_tokens

ALPHABET = "ab"


@cache
def brute(pattern: str, text: str) -> bool:
    """By the definition: a star takes nothing or one character more."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return brute(pattern[1:], text) or (bool(text) and brute(pattern, text[1:]))
    return bool(text) and pattern[0] in ("?", text[0]) and brute(pattern[1:], text[1:])


def test_every_short_pattern_on_every_short_text() -> None:
    texts = ["".join(letters) for size in range(5) for letters in product(ALPHABET, repeat=size)]
    for size in range(6):
        for letters in product(ALPHABET[:1] + "b*?", repeat=size):
            pattern = "".join(letters)
            glob = compile_glob(wildcard_tokens(pattern))
            test = matcher(glob)
            for text in texts:
                expected = brute(pattern, text)
                assert glob.matches(text) is expected, (pattern, text)
                assert test(text) is expected, (pattern, text)


@settings(max_examples=600, deadline=None)
@given(st.text("ab*?", max_size=14), st.text("ab", max_size=14))
def test_longer_patterns(pattern: str, text: str) -> None:
    assert compile_glob(wildcard_tokens(pattern)).matches(text) is brute(pattern, text)


@given(st.text("ab*?", max_size=10))
def test_text_tokens_are_never_wildcards(text: str) -> None:
    glob = compile_glob((text,))
    assert glob.exact == text
    assert glob.matches(text)
    assert not glob.matches(text + "a")


@given(st.text("aB*?", max_size=8), st.text("AbB", max_size=8))
def test_folding_both_sides_ignores_case(pattern: str, text: str) -> None:
    folded = compile_glob(fold_tokens(wildcard_tokens(pattern)))
    assert folded.matches(fold(text)) is brute(pattern.lower(), text.lower())


@given(st.text())
def test_folding_keeps_the_length_and_is_stable(text: str) -> None:
    assert len(fold(text)) == len(text)
    assert fold(fold(text)) == fold(text)


def test_many_stars_against_a_long_text_end_quickly() -> None:
    glob = compile_glob(wildcard_tokens("*a" * 200 + "*b"))
    assert not glob.matches("a" * 50_000)
    ones = compile_glob(wildcard_tokens("*" + "?a" * 100 + "*b"))
    assert not ones.matches("a" * 20_000)


def test_one_character_is_one_code_point() -> None:
    glob = compile_glob((Wild.ONE,))
    assert glob.matches("\U0001f600")
    assert glob.matches("\n")
    assert not glob.matches("")
