"""Permissions boundaries and control policies of a template or a module join every answer about what they bound (IAM evaluation reference, section 10)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.running import Run

TEMPLATE = """Parameters: {Elsewhere: {Type: String}}
Resources:
  Limit:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      ManagedPolicyName: limit
      PolicyDocument:
        Version: "2012-10-17"
        Statement: [{Sid: Read, Effect: Allow, Action: "s3:Get*", Resource: "*"}]
  Reader:
    Type: AWS::IAM::Role
    Properties:
      PermissionsBoundary: BOUNDARY
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: "sts:AssumeRole"}]
      Policies:
        - PolicyName: all
          PolicyDocument:
            Version: "2012-10-17"
            Statement: [{Sid: All, Effect: Allow, Action: "s3:*", Resource: "*"}]
"""
CONTROL = """  Never:
    Type: AWS::Organizations::Policy
    Properties:
      Type: SERVICE_CONTROL_POLICY
      TargetIds: [TARGET]
      Content:
        Version: "2012-10-17"
        Statement: [{Sid: Kept, Effect: Deny, Action: "s3:GetObject", Resource: "*"}]
"""
MODULE = """resource "aws_iam_policy" "limit" {
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Sid = "Read", Effect = "Allow", Action = "s3:Get*", Resource = "*" }] })
}
resource "aws_iam_role" "reader" {
  name                 = "reader"
  permissions_boundary = BOUNDARY
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "ec2.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}
"""
HELD = """resource "aws_iam_policy" "all" {
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Sid = "All", Effect = "Allow", Action = "s3:*", Resource = "*" }] })
}
resource "aws_iam_role_policy_attachment" "all" {
  role       = aws_iam_role.reader.name
  policy_arn = aws_iam_policy.all.arn
}
"""
WHO = "arn:aws:iam::111122223333:role/reader"
ARN = "!Sub 'arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/limit'"


@pytest.fixture
def room(tmp_path: Path) -> Path:
    (tmp_path / "policyc.toml").write_text("")
    return tmp_path


def template(room: Path, name: str, boundary: str = "!Ref Limit", target: str = "") -> str:
    text = TEMPLATE.replace("BOUNDARY", boundary) + (CONTROL.replace("TARGET", target) if target else "")
    (room / name).write_text(text)
    return str(room / name)


def module(room: Path, name: str, boundary: str = "aws_iam_policy.limit.arn") -> str:
    folder = room / name
    folder.mkdir()
    (folder / "main.tf").write_text(MODULE.replace("BOUNDARY", boundary))
    (folder / "held.tf").write_text(HELD)
    return str(folder)


@pytest.mark.parametrize(
    ("boundary", "target", "action", "status"),
    [
        ("!Ref Limit", "", "PutObject", 10),
        ("!Ref Limit", "", "GetObject", 0),
        (ARN, "", "PutObject", 10),
        ("!Ref Elsewhere", "", "GetObject", 11),
        ("!Ref AWS::NoValue", "", "PutObject", 0),
        ("!Ref Limit", '"111122223333"', "GetObject", 10),
        ("!Ref Limit", '"444455556666"', "GetObject", 0),
        ("!Ref Limit", "ou-ab12-cdefgh34", "GetObject", 11),
        ("!Ref Limit", "ou-ab12-cdefgh34", "GetObjectAcl", 0),
        ("!Ref Limit", "ou-ab12-cdefgh34", "PutObject", 10),
    ],
)
def test_a_request_meets_what_a_template_says_of_its_caller(
    room: Path, run: Run, boundary: str, target: str, action: str, status: int
) -> None:
    file = template(room, "stack.yaml", boundary, target)
    asked = ("--who", WHO, "--action", f"s3:{action}", "--resource-arn", "arn:aws:s3:::b/k")
    answer = run("simulate", "--root", str(room), "--identity", f"{file}#Reader.all", *asked)
    assert answer.status == status, answer.out + answer.err
    assert status != 11 or "Elsewhere" in answer.out or "`Never`" in answer.out


def test_a_request_meets_what_another_file_of_a_module_says(room: Path, run: Run) -> None:
    folder = module(room, "infra")
    asked = ("--who", WHO, "--action", "s3:PutObject", "--resource-arn", "arn:aws:s3:::b/k")
    answer = run("simulate", "--root", str(room), "--identity", f"{folder}/held.tf#aws_iam_policy.all", *asked)
    assert answer.status == 10
    assert "deny by default at permissions boundary" in answer.out


def test_who_and_prove_within_a_boundary(room: Path, run: Run) -> None:
    (room / "g.policy").write_text(
        'prove "reads" {\n'
        '  no request to Reader_all can raw("s3:Put*") is allowed\n'
        '  every request to Reader_all can raw("s3:GetObject") is allow\n}\n'
    )
    given = ("prove", "--root", str(room), "--guarantees", str(room / "g.policy"))
    assert "1 holds" in run(*given, template(room, "a.yaml")).out
    assert "proof-failed" in run(*given, template(room, "b.yaml", "!Ref AWS::NoValue")).out
    unknown = run(*given, template(room, "c.yaml", "!Ref Elsewhere"))
    assert unknown.status == 11
    assert "the permissions boundary ‹Elsewhere›" in " ".join(unknown.out.split())
    assert run(*given, template(room, "d.yaml", target="r-ab12")).status == 11
    (held,) = _classes(run, room, "a.yaml")
    assert held["what"] == ["s3:Get*"]
    (held,) = _classes(run, room, "d.yaml")
    assert "`Never` (attached to r-ab12" in held["needs"][0]


@pytest.mark.parametrize(
    ("target", "owner", "status"),
    [("444455556666", "444455556666", 10), ("111122223333", "444455556666", 0), ("444455556666", "", 11)],
)
def test_a_resource_control_policy_bears_on_the_account_of_the_resource(
    room: Path, run: Run, target: str, owner: str, status: int
) -> None:
    """Not on that of the caller, which is 111122223333 (IAM evaluation reference, section 10.5)."""
    file = template(room, "stack.yaml", "!Ref AWS::NoValue", f'"{target}"')
    held = """  Photos:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: photos
      PolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: "*", Action: "s3:*", Resource: "arn:aws:s3:::photos/*"}]}
"""
    text = (
        Path(file)
        .read_text()
        .replace("SERVICE_CONTROL", "RESOURCE_CONTROL")
        .replace("Effect: Deny, Action", 'Effect: Deny, Principal: "*", Action')
    )
    Path(file).write_text(text + held)
    asked = ("--who", WHO, "--action", "s3:GetObject", "--resource-arn", "arn:aws:s3:::photos/k")
    given = (
        "--identity",
        f"{file}#Reader.all",
        "--bucket-policy",
        f"{file}#Photos",
        "--bucket-arn",
        "arn:aws:s3:::photos",
    )
    answer = run("simulate", "--root", str(room), *asked, *given, *(("--resource-account", owner) if owner else ()))
    assert answer.status == status, answer.out + answer.err


@pytest.mark.parametrize(
    ("targets", "resources", "told"),
    [
        ("'111122223333'", "q", "attached to 111122223333, the resource's account"),
        ("'444455556666'", "q", ""),  # it bears on another account alone
        ("'444455556666', ou-ab12-11111111", "q", "whether that is above"),
        ("'444455556666'", "*", "whether that is above"),
        ("'444455556666'", "q, 'arn:aws:sqs:us-east-1:444455556666:q'", "whether that is above"),
    ],
)
def test_a_resource_control_policy_of_another_account_refuses_nothing(
    room: Path, run: Run, targets: str, resources: str, told: str
) -> None:
    control = CONTROL.replace("SERVICE_CONTROL", "RESOURCE_CONTROL").replace("TARGET", targets)
    control = control.replace("Effect: Deny, Action", "Effect: Deny, Principal: '*', Action").replace(
        "s3:GetObject", "sqs:*"
    )
    named = resources.replace("q", "'arn:aws:sqs:us-east-1:111122223333:q'", 1).replace("*", "'*'")
    queue = (
        "  Queue:\n    Type: AWS::SQS::QueuePolicy\n    Properties:\n      Queues: [q]\n      PolicyDocument:\n"
        "        Version: '2012-10-17'\n        Statement: [{Effect: Allow, Principal: '*', Action: 'sqs:SendMessage', "
        f"Resource: [{named}]}}]\n"
    )
    (room / "t.yaml").write_text("Resources:\n" + control + queue, encoding="utf-8")
    answer = run("prove", "--root", str(room), "--that", "public", "--format", "json", f"{room / 't.yaml'}#Queue")
    (proof,) = json.loads(answer.out)["proofs"]
    assert proof["state"] == ("not settled" if told else "broken"), proof
    assert told in " ".join(proof["claims"][0]["open"])


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("", "[arn:aws:iam::aws:policy/AdministratorAccess]", "it now carries arn:aws:iam::aws:policy/AdministratorAccess: what that allows is not compared"),
        ("[!Ref Elsewhere]", "[!Ref Limit]", "no longer carries ‹Elsewhere›"),
        ("[!Ref Elsewhere]", "[!Ref Elsewhere, !Ref Elsewhere]", "the same for all requests"),
    ],
)  # fmt: skip
def test_what_a_role_carries_that_is_not_there_is_told(room: Path, run: Run, old: str, new: str, words: str) -> None:
    for name, held in (("old.yaml", old), ("new.yaml", new)):
        Path(template(room, name)).write_text(
            Path(room / name)
            .read_text()
            .replace("      Policies:", f"      ManagedPolicyArns: {held or '[]'}\n      Policies:")
        )
    answer = run("diff", "--root", str(room), str(room / "old.yaml"), str(room / "new.yaml"))
    assert words in " ".join(answer.out.split()), answer.out


def test_a_control_policy_leaves_over_what_it_does_not_deny(room: Path, run: Run) -> None:
    """It grants nothing by itself, and AWS's own stands beside one that allows nothing."""
    file = template(room, "a.yaml", target="r-ab12")
    told: Any = run("who", "--root", str(room), "--format", "json", f"{file}#Never").json()["resources"][0]  # type: ignore[attr-defined]
    (held,) = told["classes"]
    assert (held["by"], held["unless"]) == (["`FullAWSAccess`"], ["`Kept`: s3:GetObject"])
    assert "nothing else is left over" in run("who", "--root", str(room), f"{file}#Never").out


STATEMENTS = {
    "A": '{Sid: A, Effect: Allow, Action: "s3:Get*", Resource: "*"}',
    "B": '{Sid: B, Effect: Allow, Action: "s3:Put*", Resource: !Ref Elsewhere}',
    "D": '{Sid: D, Effect: Deny, Action: "s3:PutObjectAcl", Resource: "*"}',
}


def _carrying(inline: str, managed: str = "") -> str:
    """A template whose role carries statements in inline policies and in managed ones, each with some letters of `STATEMENTS`."""

    def document(letters: str) -> str:
        return f'{{Version: "2012-10-17", Statement: [{", ".join(STATEMENTS[one] for one in letters)}]}}'

    head, _, _ = TEMPLATE.replace("BOUNDARY", "!Ref AWS::NoValue").partition("        - PolicyName: all")
    own = "".join(
        f"        - {{PolicyName: {one.lower()}, PolicyDocument: {document(one)}}}\n" for one in inline.split()
    )
    others = "".join(
        f"  M{one}:\n    Type: AWS::IAM::ManagedPolicy\n    Properties: {{Roles: [!Ref Reader], PolicyDocument: {document(one)}}}\n"
        for one in managed.split()
    )
    return head + own + others


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        (("AB D",), ("A BD",), []),
        (("AB D",), ("ABD",), []),
        (("AB D",), ("A B D",), []),
        (("AB D",), ("A", "B D"), []),
        (("A", "BD"), ("BD", "A"), []),
        (("AD B",), ("A BD",), []),
        (("AB D",), ("B AD",), []),
        (("AB D",), ("B A",), ["newly allowed", "no longer blocked"]),
        (("A D",), ("D B",), ["newly allowed", "newly denied"]),
        (("A D",), ("A D A",), []),
        (("A D A",), ("D A",), []),
        (("A D",), ("A D", "A"), []),
        (("A D",), ("A D A B",), ["newly allowed"]),
    ],
)
def test_which_policy_of_a_caller_says_what_makes_no_difference(
    room: Path, run: Run, old: tuple[str, ...], new: tuple[str, ...], changes: list[str]
) -> None:
    for name, held in (("old.yaml", old), ("new.yaml", new)):
        (room / name).write_text(_carrying(*held))
    answer = run("diff", "--root", str(room), "--format", "json", str(room / "old.yaml"), str(room / "new.yaml"))
    told: Any = answer.json()
    found = sorted(change["change"] for item in told["documents"] for change in item["changes"])
    assert (found, answer.status) == (changes, 1 if changes else 0), answer.out


def _classes(run: Run, room: Path, file: str) -> Any:
    told: Any = run("who", "--root", str(room), "--format", "json", f"{room / file}#Reader.all").json()
    return told["resources"][0]["classes"]


@pytest.mark.parametrize(
    ("old", "new", "status", "words"),
    [
        (("!Ref Limit", ""), (ARN, ""), 0, "the same for all requests"),
        (("!Ref Limit", ""), ("!Ref AWS::NoValue", ""), 1, "no permissions boundary bounds them any more"),
        (("!Ref AWS::NoValue", ""), ("!Ref Limit", ""), 1, "a permissions boundary bounds them now"),
        (("!Ref Limit", ""), ("!Ref Elsewhere", ""), 11, "is `Limit` on one side and ‹Elsewhere› on the other"),
        (("!Ref Elsewhere", ""), ("!Ref Elsewhere", ""), 0, "the same for all requests"),
        (("!Ref Limit", "r-ab12"), ("!Ref Limit", "ou-ab12-cdefgh34"), 1, "ou-ab12-cdefgh34 in place of r-ab12"),
    ],
)
def test_what_bounds_callers_is_compared(
    room: Path, run: Run, old: tuple[str, str], new: tuple[str, str], status: int, words: str
) -> None:
    files = (template(room, "old.yaml", *old), template(room, "new.yaml", *new))
    answer = run("diff", "--root", str(room), *files)
    assert (answer.status, words in " ".join(answer.out.split())) == (status, True), answer.out


def test_a_boundary_hides_what_it_does_not_allow(room: Path, run: Run) -> None:
    """Wider than before by itself, and the same within the boundary."""
    wide = Path(module(room, "new"))
    narrow = Path(module(room, "old"))
    (narrow / "held.tf").write_text(HELD.replace("s3:*", "s3:Get*"))
    assert run("diff", "--root", str(room), str(narrow), str(wide)).status == 0
    for folder in (narrow, wide):
        (folder / "main.tf").write_text(MODULE.replace("BOUNDARY", "null"))
    assert run("diff", "--root", str(room), str(narrow), str(wide)).status == 1


def test_a_policy_on_another_carrier_is_no_equal(room: Path, run: Run) -> None:
    text = TEMPLATE.replace("BOUNDARY", "!Ref AWS::NoValue").replace("PolicyName", "PolicyName")
    for name, bucket in (("old", "One"), ("new", "Other")):
        (room / f"{name}.yaml").write_text(
            text
            + f"""  One: {{Type: AWS::S3::Bucket}}
  Other: {{Type: AWS::S3::Bucket}}
  Held:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref {bucket}
      PolicyDocument:
        Version: "2012-10-17"
        Statement: [{{Effect: Allow, Principal: "*", Action: "s3:GetObject", Resource: "*"}}]
"""
        )
    answer = run("diff", "--root", str(room), str(room / "old.yaml"), str(room / "new.yaml"))
    assert answer.status == 1
    assert "it is attached to ‹Other› in place of ‹One›" in answer.out


@pytest.mark.parametrize(
    ("known", "what"), [({}, "s3:Get*"), ({"arn": "arn:aws:iam::111122223333:policy/limit"}, "s3:Get*"), (None, "s3:*")]
)
def test_a_plan_knows_the_boundary_by_reference_or_by_arn(
    room: Path, run: Run, known: dict[str, str] | None, what: str
) -> None:
    def statement(action: str) -> str:
        return json.dumps(
            {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}
        )

    bounded: dict[str, str] = {"permissions_boundary": "arn:aws:iam::111122223333:policy/limit"} if known != {} else {}
    resources = {
        "aws_iam_policy.limit": ({"policy": statement("s3:Get*"), **(known or {})}, {} if known else {"arn": True}),
        "aws_iam_role.reader": ({"name": "reader", **bounded}, {} if bounded else {"permissions_boundary": True}),
        "aws_iam_role_policy.all": ({"role": "reader", "policy": statement("s3:*")}, {}),
    }
    changes = [
        {
            "address": address,
            "mode": "managed",
            "type": address.partition(".")[0],
            "name": address.partition(".")[2],
            "change": {"actions": ["create"], "before": None, "after": after, "after_unknown": unknown},
        }
        for address, (after, unknown) in resources.items()
    ]
    reference = {"permissions_boundary": {"references": ["aws_iam_policy.limit.arn", "aws_iam_policy.limit"]}}
    written = {"root_module": {"resources": [{"address": "aws_iam_role.reader", "expressions": reference}]}}
    plan = {"format_version": "1.2", "resource_changes": changes, "configuration": written}
    (room / "plan.json").write_text(json.dumps(plan))
    told: Any = run("who", "--root", str(room), "--format", "json", str(room / "plan.json")).json()
    (held,) = [item for item in told["resources"] if item["on"] == "aws_iam_role_policy.all"]
    assert held["classes"][0]["what"] == [what]
    assert ("which is not given" in str(held["classes"][0]["needs"])) is (known is None)
