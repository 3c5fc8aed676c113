"""Every help that offers a text for a JSON document is followed in the cases of the rules: what it is about is silent then, and nothing
else speaks up. In place of a string comes another string, in place of an operator another operator."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence

import pytest

from policyc.diagnostics import Diagnostic, Diagnostics
from policyc.text import Source
from policyc.workspace.native_settings import NativeSettings
from policyc.workspace.natives import check_texts
from tests.rules.test_lint_rules import ALL_CASES, MARKS, Case

OFFER = re.compile(r"(?:did you mean|write|use) `([^`]+)`(?:\?| if it is a wildcard)?")
OPERATORS = ("operator-of-another-type", "wildcard-without-like")
#: a corrected statement may say what another one of the case says
BESIDE = ("redundant-statement",)


def check(documents: Sequence[tuple[str, str]]) -> list[Diagnostic]:
    """What is found in documents (kind, text) that are checked together, whole: the reader's findings and the rules'."""
    texts = [(Source(f"{number}.json", text), ".json") for number, (_, text) in enumerate(documents)]
    kinds = {f"{number}.json": kind for number, (kind, _) in enumerate(documents)}
    found = Diagnostics()
    check_texts(texts, found, NativeSettings(), kinds)
    return found.sorted()


def corrected(text: str, item: Diagnostic) -> str | None:
    """The document with what a help offers in place of what is wrong; None where it offers no text, or not in place of one."""
    offer = OFFER.fullmatch(item.help)
    if offer is None or item.span is None:
        return None
    start, end = item.span.start, item.span.end
    if item.rule in OPERATORS:
        old = re.findall(r"`([^`]+)`", item.message)[0 if item.rule == OPERATORS[0] else -1]
        start = text.rindex(f'"{old}"', 0, start)
        end = start + len(old) + 2
    elif re.fullmatch(r'"[^"]*"', text[start:end]) is None:
        return None
    return text[:start] + json.dumps(offer[1]) + text[end:]


def offers(case: Case) -> Iterator[tuple[Diagnostic, str, list[Diagnostic]]]:
    """The findings of a case that offer a text, the corrected document, and all that was found before."""
    text = MARKS.sub(lambda mark: " " * len(mark[0]), case.text)
    found = check([*case.documents, (case.kind, text)])
    for item in found:
        if item.span is not None and item.span.file == f"{len(case.documents)}.json":
            right = corrected(text, item)
            if right is not None:
                yield item, right, found


CASES = [case for case in ALL_CASES if case.kind not in ("", "cedar") and case.expected()]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule}-{case.number}")
def test_a_hint_that_is_followed_leaves_nothing(case: Case) -> None:
    for item, right, before in offers(case):
        after = Counter((one.rule, one.message) for one in check([*case.documents, (case.kind, right)]))
        fresh = after - Counter((one.rule, one.message) for one in before)
        assert [one for one in fresh if one[0] not in BESIDE] == [], (item.message, item.help)
        assert after[item.rule, item.message] < sum(one.message == item.message for one in before), item.help


def test_many_hints_are_followed() -> None:
    followed = {item.rule for case in CASES for item, _, _ in offers(case)}
    assert followed >= {*OPERATORS, "value-never-matches", "arn-of-no-resource", "unknown-service-principal"}
