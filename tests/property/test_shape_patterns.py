"""Whether a pattern meets a shape, against every text of the shape: all shapes here have few texts, cut at the `:` and `/` by which patterns are walked."""

from __future__ import annotations

import os
import re
from functools import cache
from itertools import product
from random import Random

from policyc.engines.proofs.shapes import may_fit
from tests.property.drawing import cases, seeds

CASES = int(os.environ.get("POLICYC_CASES", "10000")) // 4
SHAPES = ("a:(b|/){1,2}a?", "[^:]?:b/a?", "a?b?/?:?a?", "(ab|a/b)(:a)?", "/{1,3}|:a:", r"a\*?[/:]\?")
#: six fields, as those of ARNs
ARNS = ("a?:b?:[ab]?:a?:b?:[ab:/]{0,2}", "ab:(a|b/):::/?:(a/b|b:a|)")
_ALPHABET = "ab:/*?\\"


@cache
def texts_of(shape: str) -> tuple[str, ...]:
    if shape in ARNS:
        early = product(("", "a", "ab"), ("", "a", "b", "b/"), ("", "a", "b"), ("", "a", "b"), ("", "b", "/"))
        late = ["".join(text) for size in range(4) for text in product("ab:/", repeat=size)]
        every = (f"{':'.join(fields)}:{rest}" for fields in early for rest in late)
    else:
        every = ("".join(text) for size in range(6) for text in product(_ALPHABET, repeat=size))
    return tuple(text for text in every if re.fullmatch(shape, text))


def as_regex(pattern: str, arn: bool) -> str:
    """By the definition: of an ARN pattern with five colons, no wildcard before the last of them takes one."""
    out, colons = "", 0
    within = arn and pattern.count(":") >= 5
    for piece in re.findall(r"\\[*?\\]|.", pattern):
        taken = "[^:]" if within and colons < 5 else "."
        out += {"*": f"{taken}*", "?": taken}.get(piece) or re.escape(piece[-1])
        colons += piece == ":"
    return out


@cases(CASES, seeds())
def test_a_pattern_meets_a_shape_when_it_matches_one_of_its_texts(random: Random) -> None:
    arn = random.random() < 0.5
    shape = random.choice(ARNS if arn else SHAPES)
    letters = list(random.choice(texts_of(shape)))
    for _ in range(random.randrange(4)):
        at = random.randrange(len(letters) + 1)
        letters[at : at + random.randrange(3)] = random.choice(
            ["*", "?", "**", r"\*", r"\?", "\\\\", "\\", "a", ":", "/", "a/"]
        )
    pattern = "".join(letters)
    matches = re.compile(as_regex(pattern, arn), re.DOTALL).fullmatch
    assert may_fit(shape, pattern, arn) is any(map(matches, texts_of(shape))), (shape, pattern)
