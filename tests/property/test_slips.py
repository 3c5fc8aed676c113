"""One slip of a finger anywhere in a policy is told as what it is: no crash, no document, and never silence about a broken text.

Every example is taken apart into tokens; each token is misspelt, dropped, doubled or swapped with its neighbour. `POLICYC_CASES` sets how
many of the slips are tried (spread evenly over all of them); 200,000 are more than there are.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from policyc.diagnostics import Diagnostics
from policyc.lint.registry import run_rules
from policyc.syntax.parser import parse
from policyc.targets.program import emit_documents, load_program
from policyc.text import Source
from policyc.workspace.claims.blocks import block_mistakes
from tests.cedar_texts import findings
from tests.conformance.cedar_corpus import TRUST, texts

ROOT = Path(__file__).parents[2] / "policies"
EXAMPLES = sorted(path.relative_to(ROOT.parent).as_posix() for path in ROOT.rglob("*.policy"))
SLIPS = max(20, int(os.environ.get("POLICYC_CASES", "1500")) // 50 // len(EXAMPLES))
TOKEN = re.compile(r'"(?:[^"\\\n]|\\.)*"|[A-Za-z_][A-Za-z0-9_-]*|[0-9]+|->|[=!<>]=|\.\.|[^\sA-Za-z0-9_"]')


def tokens(text: str) -> list[tuple[int, int]]:
    """The places of all tokens outside comments."""
    bare = re.sub(r"//[^\n]*", lambda found: " " * len(found[0]), text)
    return [found.span() for found in TOKEN.finditer(bare)]


def slips(text: str) -> Iterator[str]:
    """Every text that one slip makes of this one."""
    places = tokens(text)
    for at, (start, end) in enumerate(places):
        word, before, after = text[start:end], text[:start], text[end:]
        yield before + after
        yield before + word + " " + word + after
        if len(word) > 1:
            yield before + word[1:] + after
            yield before + word[:-1] + after
            yield before + word[0] + "q" + word[2:] + after
        if at + 1 < len(places):
            begin, finish = places[at + 1]
            yield before + text[begin:finish] + text[end:begin] + word + text[finish:]


def broken(text: str) -> bool:
    diagnostics = Diagnostics()
    parse(Source("slip.policy", text), diagnostics)
    return diagnostics.has_errors


@pytest.mark.parametrize("name", EXAMPLES)
def test_one_slip_is_never_a_crash(name: str) -> None:
    original = (ROOT.parent / name).read_text(encoding="utf-8")
    made = list(slips(original))
    counts = []
    for text in made[:: max(1, len(made) // SLIPS)]:
        diagnostics = Diagnostics()
        program = load_program(ROOT.parent, [Path(name)], {}, diagnostics, read={name: text}.get)
        if broken(text):
            assert diagnostics.has_errors, text
        if not diagnostics.has_errors:
            documents = [document for group in emit_documents(program, diagnostics).values() for document in group]
            run_rules(program, documents, diagnostics)
            diagnostics.extend(block_mistakes(program, documents))
        assert not any(item.rule == "rule-crashed" for item in diagnostics), text
        counts.append(sum(item.severity == "error" for item in diagnostics))
    # hardly any slip is told as two
    assert sum(count > 1 for count in counts) <= 2 + len(counts) // 50, counts


def test_one_slip_in_cedar_text_is_one_error() -> None:
    made = [text for right in texts("right_in_cedar.cedar") for text in slips(right.text)]
    counts = []
    for text in made[:: max(1, len(made) * 100 // max(20_000, int(os.environ.get("POLICYC_CASES", "1500")) * 5))]:
        found = [item for item in findings(text, TRUST) if item.severity == "error"]
        assert not any(item.rule == "rule-crashed" for item in found), text
        counts.append(len(found))
    assert sum(count > 1 for count in counts) <= len(counts) // 100, counts


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_broken_declaration_is_not_compiled(name: str) -> None:
    """What has a syntax error stands in no program: neither itself nor what hangs on it."""
    original = (ROOT.parent / name).read_text(encoding="utf-8")
    whole = load_program(ROOT.parent, [Path(name)], {}, Diagnostics(), read={name: original}.get)
    for policy in (item for item in whole.policies if item.file == name):
        assert policy.name_span is not None
        opened = original.index("{", policy.name_span.end)
        text = original[: opened + 1] + " allow allow " + original[opened + 1 :]
        diagnostics = Diagnostics()
        program = load_program(ROOT.parent, [Path(name)], {}, diagnostics, read={name: text}.get)
        assert diagnostics.has_errors
        assert policy.name not in {item.name for item in program.policies}
