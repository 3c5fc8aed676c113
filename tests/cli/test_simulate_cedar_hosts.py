"""Requests to Cedar texts inside templates: by the name of the resource, with what is open bound, and never with a guess."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from policyc.__main__ import main

TEMPLATE = """Parameters: {Risk: {Type: String}}
Resources:
  Known:
    Type: AWS::EC2::VerifiedAccessGroup
    Properties:
      PolicyDocument: |
        permit(principal, action, resource)
        when { context.jamf.risk == "LOW" };
  Open:
    Type: AWS::EC2::VerifiedAccessGroup
    Properties:
      PolicyDocument: !Sub |
        permit(principal, action, resource)
        when { context.jamf.risk == "${Risk}" };
"""
REQUEST = {
    "http_method": "GET",
    "hostname": "a.example.com",
    "path": "/",
    "port": 443,
    "user_agent": "x",
    "client_ip": "10.0.0.1",
}


@pytest.mark.parametrize(
    ("name", "more", "status", "said"),
    [
        ("t.yaml#Known", [], 0, "allow by `permit 1` at group t.yaml#Known"),
        ("t.yaml#Open", ["--bind", "Risk=LOW"], 0, "allow by"),
        ("t.yaml#Open", ["--bind", "Risk=HIGH"], 10, "deny by default"),
        ("t.yaml#Open", [], 2, "`Risk` in `Open` is not known"),
        ("t.yaml", [], 2, "`t.yaml#Known`, `t.yaml#Open`"),
        ("t.yaml#Nobody", [], 2, "has no document `Nobody`"),
    ],
)
def test_a_text_of_a_template_is_asked(
    name: str,
    more: list[str],
    status: int,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")
    Path("t.yaml").write_text(TEMPLATE, encoding="utf-8")
    Path("c.json").write_text(json.dumps({"jamf": {"risk": "LOW"}, "http_request": REQUEST}), encoding="utf-8")
    words = ["simulate", "--group-policy", name, "--context", "c.json", "--trust", "jamf=jamf", *more]
    assert main(words) == status
    shown = capsys.readouterr()
    assert said in shown.out + shown.err
