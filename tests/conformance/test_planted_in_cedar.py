"""Verified Access policies as teams write them, right ones and ones with a mistake, in Cedar text and in the language.

The mistakes are those of section 8 of the Verified Access reference and their siblings, found as what they are and where they stand; the right ones
follow AWS's guides and yield nothing, neither as text nor as what `policyc import` makes of it.
Sources: https://docs.aws.amazon.com/verified-access/latest/ug/trust-data-iam-add-pol.html and the pages on trust data.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from policyc.diagnostics import Diagnostic, Diagnostics, Severity
from policyc.importing.documents import import_documents
from policyc.importing.drafts import Given
from policyc.importing.modules import Layout
from policyc.lint.registry import Settings, run_rules
from policyc.targets.program import emit_documents, load_program
from policyc.text import Source
from tests.cedar_texts import findings
from tests.conformance.cedar_corpus import TRUST, Text, texts
from tests.importing.round_trip import OF_THE_LANGUAGE, ROOT

PLANTED, RIGHT = texts("planted_in_cedar.cedar"), texts("right_in_cedar.cedar")
#: notes that right texts get: Cedar that AWS does not document, and what AWS's own example counts on
NOTES = {"cedar-outside-subset", "cedar-permit-dies"}
#: `isIpv4()` has no word of its own in the language
SAID_OTHERWISE = {
    "addresses of IPv4 alone": ["every-address"],
    "a range of scores up to the highest one": ["implied-test"],
}
HEAD = """\
group finance = idc_group("b4c8e438-20a1-70b2-1111-5f0e6d3a9c11")
group auditors = idc_group("c242c5b0-6081-1845-6fa8-6e0d9513c107")
resource staff: verified_access.group {
  trust: { idc: iam_identity_center, okta: oidc, jamf: jamf, crwd: crowdstrike, jumpcloud: jumpcloud }
}
resource wiki: verified_access.endpoint { group: staff, protocol: https }
resource ledger: verified_access.endpoint { group: staff, protocol: tcp }
"""


def checked(text: str, root: Path) -> list[Diagnostic]:
    (root / "p.policy").write_text(text, encoding="utf-8")
    found = Diagnostics()
    program = load_program(root, [root / "p.policy"], {}, found)
    if not found.has_errors:
        documents = [item for held in emit_documents(program, found).values() for item in held]
        run_rules(program, documents, found, Settings())
    return [item for item in found.sorted() if item.rule not in OF_THE_LANGUAGE]


@pytest.mark.parametrize("planted", PLANTED, ids=lambda item: item.name)
def test_a_mistake_is_told_as_what_it_is_and_where_it_stands(planted: Text) -> None:
    told = [item for item in findings(planted.text, TRUST) if item.rule != "cedar-outside-subset"]
    assert all(item.span is not None and item.help for item in told)
    places = [(item.rule, planted.text[item.span.start : item.span.end]) for item in told if item.span is not None]
    assert [(rule, place.partition("\n")[0]) for rule, place in places] == list(planted.told)


@pytest.mark.parametrize("right", RIGHT, ids=lambda item: item.name)
def test_a_right_text_yields_nothing(right: Text) -> None:
    told = findings(right.text, TRUST)
    assert [item for item in told if item.severity is not Severity.INFO or item.rule not in NOTES] == []


def test_no_right_text_lets_everybody_in_where_nobody_says_who_the_providers_are() -> None:
    """A group of IAM Identity Center is a member of a record, and not data that every user has."""
    told = {right.name: {item.rule for item in findings(right.text)} for right in RIGHT}
    assert not [name for name, rules in told.items() if "everyone-allowed" in rules]


@pytest.mark.parametrize("right", RIGHT, ids=lambda item: item.name)
def test_nor_does_what_an_import_makes_of_it(right: Text, tmp_path: Path) -> None:
    refused = Diagnostics()
    given = [Given(Source("d.cedar", right.text), "", "", "d")]
    result = import_documents(given, Layout(file="d.policy"), ROOT, refused, TRUST)
    if result is None:
        assert {item.rule for item in refused} == {"not-importable"}
        return
    told = [item.rule for item in checked(result.files["d.policy"], tmp_path)]
    assert told == SAID_OTHERWISE.get(right.name, [])


def test_few_right_texts_have_no_words_in_the_language() -> None:
    given = [[Given(Source("d.cedar", right.text), "", "", "d")] for right in RIGHT]
    found = [import_documents(one, Layout(file="d.policy"), ROOT, Diagnostics(), TRUST) for one in given]
    assert sum(result is None for result in found) <= 3


@pytest.mark.parametrize("planted", [*PLANTED[::4], *RIGHT[::4]], ids=lambda item: item.name)
def test_a_statement_that_cannot_be_read_hides_nothing_of_the_others(planted: Text) -> None:
    """Nor does anything follow from it: it may hold or not."""
    broken = f'{planted.text}\npermit(principal, action, resource) when {{ context.okta.email = "x" }};'
    alone = [(item.rule, item.span) for item in findings(planted.text, TRUST) if item.rule != "kind-guessed"]
    beside = [(item.rule, item.span) for item in findings(broken, TRUST)]
    assert [rule for rule, _ in beside if rule == "cedar-syntax"] == ["cedar-syntax"]
    assert {item for item in beside if item[0] != "cedar-syntax"} == set(alone)
