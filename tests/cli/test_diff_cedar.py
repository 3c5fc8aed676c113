"""`policyc diff` of Cedar: hand-written texts, and endpoints of Verified Access through group and endpoint.

Expectations derive from Cedar's rules (a forbid overrides, a failing statement is skipped) and from Verified Access's guide: group and
endpoint both have to allow, a group's policy decides alone where the endpoint has none.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from policyc.__main__ import main
from policyc.data import read_text

VERIFIED = "context.idc.user.email.verified"


@pytest.fixture
def diff(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Compare two sides, each a text or files by name; the status and the report as data."""
    monkeypatch.chdir(tmp_path)

    def run(old: str | dict[str, str], new: str | dict[str, str], *words: str) -> tuple[int, dict[str, Any]]:
        for side, held in (("old", old), ("new", new)):
            for name, text in (held if isinstance(held, dict) else {f"{side}.cedar": held}).items():
                path = Path(side, name) if isinstance(held, dict) else Path(name)
                path.parent.mkdir(exist_ok=True)
                path.write_text(text, encoding="utf-8")
        names = ("old", "new") if isinstance(old, dict) else ("old.cedar", "new.cedar")
        status = main(["diff", *names, "--format", "json", *words])
        written = capsys.readouterr()
        assert not written.err
        data = json.loads(written.out)
        Draft202012Validator(json.loads(read_text("schemas/changes.schema.json"))).validate(data)
        return status, data

    return run


def permit(*conditions: str, label: str = "staff") -> str:
    return f'@id("{label}")\npermit (principal, action, resource) when {{ {" && ".join(conditions)} }};\n'


def only(data: dict[str, Any]) -> dict[str, Any]:
    (found,) = [change for item in data["documents"] for change in item["changes"]]
    assert isinstance(found, dict)
    return found


def test_a_lost_condition(diff: Any) -> None:
    status, data = diff(
        permit(VERIFIED, "context.idc.groups has a"),
        permit("context.idc.groups has a"),
        "--trust",
        "idc=iam_identity_center",
    )
    found = only(data)
    assert status == 1
    assert (found["change"], found["statement"]) == ("newly allowed", "staff")
    assert found["because"] == [f"`staff` lost the condition `{VERIFIED}`"]
    assert {"part": "context.idc.groups.a", "value": "{}"} in found["witness"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (permit(VERIFIED), permit(f"{VERIFIED} == true")),
        (permit("context.a.b == 1", "context.a.c == 2"), permit("context.a.c == 2", "context.a.b == 1")),
        (permit('["x"].contains(context.a.b)'), permit('context.a.b == "x"')),
        (permit("context.a.n > 5", "context.a.n >= 6"), permit("context.a.n >= 6")),
    ],
)
def test_the_same_in_other_words(diff: Any, old: str, new: str) -> None:
    assert diff(old, new, "--trust", "idc=iam_identity_center")[0] == 0


def test_the_trust_decides_what_values_there_are(diff: Any) -> None:
    """A score is a number up to 100 where the provider's type says so, and may be anything where nobody does."""
    old, new = permit("context.cs.assessment.overall > 100"), permit("context.cs.assessment.overall > 1000")
    assert diff(old, new, "--trust", "cs=crowdstrike")[0] == 0
    assert diff(old, new)[0] == 1


def test_a_failing_forbid_is_doubt(diff: Any) -> None:
    """Cedar skips a forbid that it cannot evaluate, and AWS's page says that the policy denies then."""
    allow = permit("context.a.b == 1")
    status, data = diff(allow, allow + '@id("no") forbid (principal, action, resource) when { context.a.c == 1 };\n')
    changes = {item["change"] for document in data["documents"] for item in document["changes"]}
    assert (status, changes) == (1, {"newly denied", "now undecided"})


def test_fail_on_allow_minds_doubt(diff: Any) -> None:
    guarded = permit("context.a.b == 1")
    assert diff(guarded + permit("context.a.c == 1"), guarded, "--fail-on", "allow")[0] == 0
    assert diff(guarded, guarded + permit("context.a.c == 1"), "--fail-on", "allow")[0] == 1


PROJECT = """
resource staff: verified_access.group { id: "vagr-0123456789abcdef0", trust: { idc: iam_identity_center } }
resource pay: verified_access.endpoint { id: "vae-0123456789abcdef0", group: staff, protocol: https }
policy staff_access for verified_access on staff { allow "staff" { when GROUP } }
"""
OWN = 'policy pay_access for verified_access on pay { allow "get" { when ENDPOINT } }\n'
CHECKED = "idc.user.email.verified == true"
GET = 'http_request.http_method == "GET"'


def project(group: str, endpoint: str = "") -> dict[str, str]:
    return {"access.policy": PROJECT.replace("GROUP", group) + (OWN.replace("ENDPOINT", endpoint) if endpoint else "")}


def test_an_endpoint_through_both_gates(diff: Any) -> None:
    """What the endpoint refuses anyway is no change of the whole."""
    post = 'http_request.http_method == "POST"'
    status, data = diff(project(f"{CHECKED} and {GET}", GET), project(CHECKED, GET))
    assert (status, data["same"]) == (0, True)
    status, data = diff(project(f"{CHECKED} and {GET}", GET), project(CHECKED, GET), "--document")
    assert only(data)["change"] == "newly allowed"
    status, data = diff(project(CHECKED, GET), project(CHECKED, f"({GET} or {post})"))
    found = only(data)
    assert (status, found["change"]) == (1, "newly allowed")
    assert {"part": "context.idc.user.email.verified", "value": "true"} in found["witness"]
    assert {"part": "context.http_request.http_method", "value": '"POST"'} in found["witness"]


def test_an_endpoint_without_policy_is_decided_by_its_group(diff: Any) -> None:
    status, data = diff(project(CHECKED, GET), project(CHECKED))
    (way,) = [item for item in data["documents"] if item["kind"] == "verified_access.endpoint"]
    assert status == 1
    assert [item["change"] for item in way["changes"]] == ["newly allowed"]


def test_a_text_that_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.cedar").write_text("permit (principal, action, resource);")
    Path("b.cedar").write_text("permit (principal, action, resource) when { };")
    assert main(["diff", "a.cedar", "b.cedar"]) == 2
    assert "b.cedar:1:38" in capsys.readouterr().err
