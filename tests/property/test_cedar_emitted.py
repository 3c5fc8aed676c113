"""The Cedar text that comes of random policies passes the checks on Cedar text and is in the layout of `fmt`."""

from __future__ import annotations

from policyc.diagnostics import Diagnostics
from policyc.syntax.cedar_text import parse_cedar
from policyc.targets.cedar_documents.emit import emit_policy, lowered, write_apart
from policyc.targets.cedar_documents.text.layout import lay_out
from policyc.targets.verified_access.read.check import check_text
from policyc.text import Source
from tests.property import drawing as st
from tests.property.cedar_policies import KNOWN, SIDE, policies
from tests.property.drawing import Data, cases

#: what a text that policyc wrote never gives reason for
MISTAKES = {
    "cedar-type-mismatch",
    "cedar-unlike-kinds",
    "cedar-unknown-attribute",
    "cedar-unknown-root",
    "cedar-forbid-fails-open",
    "cedar-permit-dies",
    "cedar-group-name",
    "cedar-no-entities",
}
TRUST = {"idc": "iam_identity_center", "my-idp": "oidc", "jamf": "jamf", "crwd": "crowdstrike", "jc": "jumpcloud"}


@cases(SIDE, st.data())
def test_emitted_text_passes_the_checks_on_cedar_text(data: Data) -> None:
    text = emit_policy(data.draw(policies()), KNOWN, "group").text
    diagnostics = Diagnostics()
    assert check_text(Source("p.cedar", text), diagnostics, TRUST) is not None
    assert MISTAKES & {item.rule for item in diagnostics} == set()


@cases(SIDE, st.data())
def test_emitted_text_can_be_laid_out(data: Data) -> None:
    """`policyc fmt` keeps every statement and every comment of it, and has nothing left to do the second time."""
    diagnostics = Diagnostics()
    text = lay_out(Source("p.cedar", emit_policy(data.draw(policies()), KNOWN, "group").text), diagnostics)
    assert list(diagnostics) == [] and text is not None
    assert lay_out(Source("p.cedar", text), diagnostics) == text


@cases(SIDE, st.data())
def test_emitted_text_is_in_the_layout_of_fmt(data: Data) -> None:
    """What is built passes `policyc fmt --check`, and reads as the tree that it was printed from."""
    policy = data.draw(policies())
    text = emit_policy(policy, KNOWN, "group").text
    assert lay_out(Source("p.cedar", text), Diagnostics()) == text
    apart = parse_cedar(Source("p.cedar", write_apart(policy, KNOWN)), Diagnostics())
    assert apart is not None
    assert apart.statements == tuple(lowered(item, (), KNOWN) for item in policy.statements)
