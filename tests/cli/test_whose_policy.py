"""`who` and `diff` of identity policies: they are about the role, the user or the group that carries them, and say so.

An identity policy has no `Principal`: the identity that it is attached to is implied
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from policyc.__main__ import main

READ = {
    "Version": "2012-10-17",
    "Statement": [{"Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::shop/*"}],
}
WRITE = {
    **READ,
    "Statement": [
        {
            "Sid": "Read",
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:PutObject"],
            "Resource": "arn:aws:s3:::shop/*",
        }
    ],
}
ROLE, USER = "arn:aws:iam::111122223333:role/team/app", "arn:aws:iam::111122223333:user/eve"


def folder(name: str, carrier: str, document: Any) -> None:
    """A pulled folder with one identity policy, and who carries it."""
    pulled(name, {"p.json": (carrier, document)}, {carrier: ["p.json"]})


def pulled(name: str, documents: dict[str, tuple[str, Any]], held: dict[str, list[str]]) -> None:
    """A pulled folder with identity policies, each with the ARN of its own or of its carrier, and what callers carry."""
    Path(name).mkdir()
    entry = {"kind": "identity", "target": "identity", "role": "identity", "account": "111122223333", "region": ""}
    account = {
        "account": "111122223333",
        "caller": ROLE,
        "partition": "aws",
        "regions": ["us-west-2"],
        "targets": ["identity"],
    }
    lock = {
        "format_version": 1,
        "pulled_at": "2026-05-01T10:00:00Z",
        "accounts": [account],
        "calls": {},
        "documents": {
            path: {**entry, "resource": arn, "revision": {}, "sha256": "0"} for path, (arn, _) in documents.items()
        },
        "resources": {
            arn: {"type": "iam.role", "name": "x", "facts": {"identity": paths}, "policies": {}, "unread": {}}
            for arn, paths in held.items()
        },
        "files": list(documents),
        "unread": [],
    }
    Path(name, "live.lock.json").write_text(json.dumps(lock), encoding="utf-8")
    for path, (_, document) in documents.items():
        Path(name, path).write_text(json.dumps(document), encoding="utf-8")


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> Any:
        status = main([*words, "--format", "json"])
        written = capsys.readouterr()
        assert status in (0, 1, 11), written.err
        return json.loads(written.out)

    return run


def caller(rows: list[dict[str, str]]) -> str:
    return next(row["value"] for row in rows if row["part"] == "who")


@pytest.mark.parametrize(
    ("carrier", "asks"), [(ROLE, "arn:aws:sts::111122223333:assumed-role/app/example"), (USER, USER)]
)
def test_a_pulled_policy_is_its_carriers(ask: Any, carrier: str, asks: str) -> None:
    folder("old", carrier, READ)
    folder("new", carrier, WRITE)
    (found,) = ask("who", "new")["resources"]
    (allowed,) = found["classes"]
    assert (allowed["who"], caller(allowed["witness"])) == ([carrier], asks)
    assert found["complete"]
    (document,) = ask("diff", "old", "new")["documents"]
    (change,) = document["changes"]
    assert (change["change"], change["who"], caller(change["witness"])) == ("newly allowed", [carrier], asks)


def test_what_the_carrier_may_is_asked_by_nobody_else(ask: Any) -> None:
    folder("new", ROLE, READ)
    (found,) = ask("who", "new", "--principal", USER)["resources"]
    assert found["classes"] == []
    (found,) = ask("who", "new", "--principal", ROLE)["resources"]
    assert len(found["classes"]) == 1


def test_a_new_policy_of_a_role_is_new_for_that_role_alone(ask: Any) -> None:
    folder("new", ROLE, READ)
    folder("old", ROLE, READ)
    Path("old/p.json").unlink()
    lock = json.loads(Path("old/live.lock.json").read_text(encoding="utf-8"))
    lock |= {"documents": {}, "resources": {}, "files": []}
    Path("old/live.lock.json").write_text(json.dumps(lock), encoding="utf-8")
    (document,) = ask("diff", "old", "new")["documents"]
    assert [(one["change"], one["who"]) for one in document["changes"]] == [("newly allowed", [ROLE])]


def test_a_policy_of_a_group_is_its_members(ask: Any) -> None:
    group = "arn:aws:iam::111122223333:group/readers"
    folder("new", group, READ)
    (found,) = ask("who", "new")["resources"]
    assert found["classes"][0]["who"] == [f"members of {group}"]


def test_a_policy_that_nobody_is_known_to_carry(ask: Any) -> None:
    Path("p.json").write_text(json.dumps(READ), encoding="utf-8")
    (found,) = ask("who", "p.json")["resources"]
    assert found["classes"][0]["who"] == ["whoever carries the policy"]


INLINE = """Resources:
  App:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: []}
      Policies:
        - PolicyName: read
          PolicyDocument: &read
            Version: "2012-10-17"
            Statement: [{Effect: Allow, Action: s3:GetObject, Resource: "arn:aws:s3:::shop/*"}]
"""
ATTACHED = """Resources:
  App: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: []}}}
  Eve: {Type: AWS::IAM::User}
  Read:
    Type: AWS::IAM::Policy
    Properties:
      PolicyName: read
      Roles: [!Ref App]
      PolicyDocument:
        Version: "2012-10-17"
        Statement: [{Effect: Allow, Action: s3:GetObject, Resource: "arn:aws:s3:::shop/*"}]
"""
HCL = """
resource "aws_iam_role" "app" {
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [] })
}
resource "aws_iam_role_policy" "read" {
  role   = aws_iam_role.app.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::shop/*" }]
  })
}
"""


@pytest.mark.parametrize(
    ("file", "text", "who"),
    [
        ("stack.yaml", INLINE, "‹App.Arn›"),
        ("stack.yaml", ATTACHED, "‹App.Arn›"),
        ("stack.yaml", ATTACHED.replace("Roles: [!Ref App]", "Users: [!Ref Eve]"), "‹Eve.Arn›"),
        (
            "stack.yaml",
            ATTACHED.replace("Roles: [!Ref App]", "Roles: [!Ref App]\n      Users: [!Ref Eve]"),
            "whoever carries the policy",
        ),
        ("main.tf", HCL, "‹aws_iam_role.app.arn›"),
    ],
)
def test_a_template_says_whose_policy_it_is(ask: Any, file: str, text: str, who: str) -> None:
    Path(file).write_text(text, encoding="utf-8")
    found = [item for item in ask("who", file)["resources"] if item["kind"] == "identity"]
    assert [one["who"] for item in found for one in item["classes"]] == [[who]]


def test_an_example_is_a_role_where_one_would_do(ask: Any) -> None:
    bucket = {**READ, "Statement": [{**READ["Statement"][0], "Principal": {"AWS": "111122223333"}}]}  # type: ignore[dict-item]
    Path("b.json").write_text(json.dumps(bucket), encoding="utf-8")
    (found,) = ask("who", "b.json")["resources"]
    assert caller(found["classes"][0]["witness"]) == "arn:aws:sts::111122223333:assumed-role/example/example"


MANAGED = "arn:aws:iam::111122223333:policy/shared"


@pytest.mark.parametrize(
    ("old", "new", "held", "told"),
    [
        # what the managed policy got the role's own says
        ((WRITE, READ), (WRITE, WRITE), {ROLE: ["own.json", "shared.json"]}, set()),
        ((WRITE, WRITE), (READ, WRITE), {ROLE: ["own.json", "shared.json"]}, set()),
        ((READ, READ), (READ, WRITE), {ROLE: ["own.json", "shared.json"]}, {("shared.json", "newly allowed")}),
        # another carries the managed one and nothing else
        (
            (WRITE, READ),
            (WRITE, WRITE),
            {ROLE: ["own.json", "shared.json"], USER: ["shared.json"]},
            {("shared.json", "newly allowed")},
        ),
        (
            (WRITE, READ),
            (READ, WRITE),
            {ROLE: ["own.json", "shared.json"], USER: ["shared.json"]},
            {("shared.json", "newly allowed")},
        ),
    ],
)
def test_managed_policies_count_together_with_what_else_their_carriers_have(
    ask: Any, old: tuple[Any, Any], new: tuple[Any, Any], held: dict[str, list[str]], told: set[tuple[str, str]]
) -> None:
    for name, (own, shared) in (("old", old), ("new", new)):
        pulled(name, {"own.json": (ROLE, own), "shared.json": (MANAGED, shared)}, held)
    found = ask("diff", "old", "new")["documents"]
    assert {(item["name"], change["change"]) for item in found for change in item["changes"]} == told


def test_a_managed_policy_that_another_carries_now_is_told(ask: Any) -> None:
    for name, carriers in (("old", [ROLE]), ("new", [ROLE, USER])):
        pulled(name, {"shared.json": (MANAGED, READ)}, {arn: ["shared.json"] for arn in carriers})
    (found,) = ask("diff", "old", "new")["documents"]
    assert found["sentences"] == [f"it is attached to {ROLE}, {USER} in place of {ROLE}"]
