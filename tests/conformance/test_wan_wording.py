"""Findings about a document name the keys of the document: somebody who has no `.policy` file cannot write its forms."""

from __future__ import annotations

import re

import pytest

from policyc.diagnostics import Diagnostics
from policyc.lint.raw.network import check_network
from policyc.lint.registry import RULES, rule
from policyc.targets.cloud_wan.documents import emit_documents
from policyc.targets.program import load_program
from policyc.text import Source

FAMILY = [name for name in RULES if rule(name).family == "cloudwan"]
#: forms that only the language has
FORMS = re.compile(
    r"`(?:no acceptance|require acceptance|isolate|otherwise[^`]*|apply [^`]*|labels|attach|send to|send via|segment [^`]*|group [^`]*"
    r"|edge \[[^`]*|account|function_group|edges|filter|single_hop)`|in a test"
)


@pytest.mark.parametrize("name", FAMILY)
def test_help_names_no_form_of_the_language(name: str, tmp_path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "case.policy").write_text(rule(name).example("Example"), encoding="utf-8")
    found = Diagnostics()
    program = load_program(tmp_path, [tmp_path / "case.policy"], {}, found)
    (document,) = emit_documents(program, found)
    assert not found.has_errors
    seen = Diagnostics()
    check_network(Source("core.json", document.text), seen)
    assert name in [item.rule for item in seen]
    for item in seen:
        for text in (item.message, item.help, *(label.message for label in item.labels)):
            assert FORMS.search(text) is None and text.count("`") % 2 == 0, text
