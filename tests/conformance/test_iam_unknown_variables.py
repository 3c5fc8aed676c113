"""A resource pattern with a variable that is not known: open only where the plain text before it fits (section 7)."""

from __future__ import annotations

import json

import pytest

from policyc.diagnostics import Diagnostics
from policyc.engines.iam import Kind, Request, caller_from_arn, compile_text, decide, explain
from policyc.engines.trace import Verdict
from policyc.text import Source


@pytest.mark.parametrize(
    ("resource", "verdict"),
    [
        ("arn:aws:s3:::b/k", Verdict.UNDECIDED),
        ("arn:aws:s3:::zzz", Verdict.UNDECIDED),
        ("arn:aws:s3:r:1:a:b", Verdict.IMPLICIT_DENY),
        ("arn:aws:lambda:::b", Verdict.IMPLICIT_DENY),
    ],
)
def test_what_begins_otherwise_never_matches(resource: str, verdict: Verdict) -> None:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "arn:aws:s3:::${t:j, 'b'}"}
    text = json.dumps({"Version": "2012-10-17", "Statement": statement})
    document = compile_text(Source("p.json", text), Kind.RESOURCE, Diagnostics())
    assert document is not None
    asked = Request.of("s3:Get", resource, caller_from_arn("arn:aws:iam::111122223333:root"), {}, ("t:j",))
    assert decide(document, asked) is verdict
    assert explain(document, asked).verdict is verdict
