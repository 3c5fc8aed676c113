"""Differential: a random document and what its import builds decide alike in the engine, and nothing that AWS takes is refused."""

from __future__ import annotations

import json
import os
from random import Random

from policyc.diagnostics import Diagnostics
from policyc.engines.iam.decision import decide
from policyc.engines.iam.document import compile_document
from policyc.importing.documents import import_documents
from policyc.importing.drafts import Given
from policyc.importing.modules import Layout
from policyc.ir.authz import Never
from policyc.syntax.json_text import parse_json
from policyc.targets.iam_documents.kinds import KINDS
from policyc.targets.iam_documents.read import read_policy
from policyc.text import Source
from tests.importing.round_trip import ROOT, assert_laid_out, built
from tests.property.drawing import cases, seeds
from tests.property.test_iam_read import document_of, request_of

#: imports, each compiled several times; `make test` asks for a hundred
CASES = max(1, int(os.environ.get("POLICYC_CASES", "1500")) // 100)
ASKED = 60


@cases(CASES, seeds())
def test_a_document_and_what_its_import_builds_decide_alike(draw: Random) -> None:
    name, document = document_of(draw)
    kind, text, found = KINDS[name], json.dumps(document, ensure_ascii=False), Diagnostics()
    tree = parse_json(Source("d.json", text), found)
    assert tree is not None
    original = compile_document(tree, kind.engine, found)
    diagnostics = Diagnostics()
    given_ = [Given(Source("d.json", text), name, "", "d")]
    result = import_documents(given_, Layout(file="d.policy"), ROOT, diagnostics)
    if original is None or found.has_errors:
        assert result is None and diagnostics.has_errors
        return
    if all(isinstance(statement.when, Never) for statement in read_policy(tree, kind, "d.json").statements):
        assert result is None
        return
    if result is None and document.get("Version") != "2012-10-17":
        # plain `${` where version 2012-10-17 has variables or nothing
        assert {item.rule for item in diagnostics} == {"not-importable"}
        return
    assert result is not None, [(item.rule, item.message) for item in diagnostics]
    assert_laid_out(result)
    again_tree = parse_json(Source("e.json", built(result)["d.json"]), found)
    assert again_tree is not None
    again = compile_document(again_tree, kind.engine, found)
    assert again is not None and not found.has_errors
    for _ in range(ASKED):
        _, request = request_of(draw)
        expected = decide(original, request)
        assert decide(again, request) is expected, (text, result.files["d.policy"], request)
