"""Differential: a random Cedar text and what its import builds decide alike in Cedar's own engine.

The import reads the normal form, so that proofs about it cannot show what the normal form itself has lost. Only a forbid that Cedar may fail to
evaluate becomes stricter, and the import says which.
"""

from __future__ import annotations

import os
from typing import Any

from policyc.diagnostics import Diagnostics
from policyc.engines.cedar.authorize import authorize_each, policy_set
from policyc.importing.documents import import_documents
from policyc.importing.drafts import Given
from policyc.importing.modules import Layout
from policyc.text import Source
from tests.importing.round_trip import ROOT, built
from tests.property import drawing as st
from tests.property.cedar_policies import REQUESTS
from tests.property.drawing import Data, cases
from tests.property.test_cedar_read import contexts, texts

#: imports, each compiled; `make test` asks for a hundred and sixty, with two dozen requests to each
CASES = max(1, int(os.environ.get("POLICYC_CASES", "1500")) // 60)
TRUST = {"my-idp": "oidc", "idc": "iam_identity_center"}


@cases(CASES, texts(), st.data())
def test_a_text_and_what_its_import_builds_decide_alike(statements: list[str], data: Data) -> None:
    text = "\n".join(statements)
    diagnostics = Diagnostics()
    result = import_documents(
        [Given(Source("d.cedar", text), "", "", "d")], Layout(file="d.policy"), ROOT, diagnostics, TRUST
    )
    if result is None:
        assert len(diagnostics) > 0
        return
    again = built(result)["d.cedar"]
    stricter = any(item.stricter for item in result.policies)
    asked: list[dict[str, Any]] = [data.draw(contexts()) for _ in range(REQUESTS)]
    one, other = authorize_each(policy_set(text), asked), authorize_each(policy_set(again), asked)
    for context, (decision, *_), (now, *_) in zip(asked, one, other, strict=True):
        assert now == decision or (stricter and now == "deny"), (text, result.files["d.policy"], again, context)
