"""What is written of callers: managed policies and boundaries, trust policies, users' policies; and functions by `Sid`. Against moto."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import boto3
import pytest
from moto import mock_aws

from policyc.aws import by_sid
from policyc.aws.apply import Patience, Record, Run, Stopped, carry_out, new_record, roll_back
from policyc.aws.session import Access, Sessions
from policyc.aws.steps import Kind, State, Step
from tests.live.fake.core import REGION
from tests.live.world import allow, document, text

Line = Callable[..., tuple[int, str, str]]
pytestmark = [pytest.mark.usefixtures("hurry"), pytest.mark.filterwarnings("ignore")]
ACCOUNT = "123456789012"
POLICY = f"arn:aws:iam::{ACCOUNT}:policy/reads"
FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:resize"


def trust(service: str) -> str:
    return json.dumps(document({"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}))


@pytest.fixture
def iam(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Two roles with one managed policy, which bounds one of them too, and a user with a policy of her own."""
    monkeypatch.setattr("policyc.aws.plan._simulated", lambda *_: "moto simulates no permissions")
    with mock_aws():
        client = boto3.client("iam")
        client.create_policy(PolicyName="reads", PolicyDocument=text(allow("Get", None, "s3:GetObject")))
        for name in ("app", "other"):
            client.create_role(RoleName=name, AssumeRolePolicyDocument=trust("ec2.amazonaws.com"))
            client.attach_role_policy(RoleName=name, PolicyArn=POLICY)
        client.put_role_permissions_boundary(RoleName="app", PermissionsBoundary=POLICY)
        client.create_user(UserName="alice")
        client.put_user_policy(
            UserName="alice", PolicyName="own", PolicyDocument=text(allow("Own", None, "s3:GetObject"))
        )
        yield client


def default(client: Any) -> tuple[str, Any]:
    version = client.get_policy(PolicyArn=POLICY)["Policy"]["DefaultVersionId"]
    return version, client.get_policy_version(PolicyArn=POLICY, VersionId=version)["PolicyVersion"]["Document"]


def versions(client: Any) -> set[str]:
    return {one["VersionId"] for one in client.list_policy_versions(PolicyArn=POLICY)["Versions"]}


def source(name: str, data: str) -> str:
    Path(name).write_text(data)
    return name


def test_a_managed_policy_gets_a_version_and_loses_it_on_the_way_back(iam: Any, policyc: Line) -> None:
    new = text(allow("All", None, "s3:*"))
    file, mapped = source("reads.json", new), f"reads=arn:aws:iam::{ACCOUNT}:role/app"
    status, out, err = policyc("aws", "plan", file, "--map", mapped, "-o", "p.json")
    assert status == 1, out + err
    assert f"managed policy of {POLICY}" in out
    assert "is carried 2 times" in " ".join(out.split()), out
    assert policyc("aws", "apply", "p.json", "--yes")[0] == 0
    assert default(iam) == ("v2", json.loads(new))
    assert policyc("aws", "drift", file, "--map", mapped)[0] == 0
    assert policyc("aws", "rollback", "p.json.record", "--yes")[0] == 0
    assert default(iam)[0] == "v1"
    assert versions(iam) == {"v1"}


def test_with_five_versions_the_oldest_that_is_not_the_default_goes_and_the_plan_says_so(
    iam: Any, policyc: Line
) -> None:
    for number in range(4):
        iam.create_policy_version(PolicyArn=POLICY, PolicyDocument=text(allow(f"V{number}", None, "s3:GetObject")))
    file, mapped = source("reads.json", text(allow("All", None, "s3:*"))), f"reads=arn:aws:iam::{ACCOUNT}:role/app"
    out = " ".join(policyc("aws", "plan", file, "--map", mapped, "-o", "p.json")[1].split())
    assert "`v2`, the oldest that is not the default, is deleted" in out
    assert policyc("aws", "apply", "p.json", "--yes")[0] == 0
    assert versions(iam) == {"v1", "v3", "v4", "v5", "v6"}
    assert policyc("aws", "rollback", "p.json.record", "--yes")[0] == 0
    assert versions(iam) == {"v1", "v3", "v4", "v5"}
    assert default(iam)[0] == "v1"


@pytest.mark.parametrize("texts", [("s3:*", "s3:*"), ("s3:*", "s3:Put*"), ("s3:*", "s3:GetObject")])
def test_one_managed_policy_that_the_source_has_twice_is_written_once_or_not_at_all(
    iam: Any, policyc: Line, texts: tuple[str, str]
) -> None:
    words = []
    for action, role in zip(texts, ("app", "other"), strict=True):
        Path(role).mkdir()
        file = source(f"{role}/reads.json", text(allow("A", None, action)))
        words += [file, "--map", f"{file}=arn:aws:iam::{ACCOUNT}:role/{role}#reads"]
    status, out, _ = policyc("aws", "plan", *words, "-o", "p.json", "--format", "json")
    plan = json.loads(out)
    same = texts[0] == texts[1]
    assert [step["resource"] for step in plan["steps"]] == ([POLICY] if same else [])
    assert status == (1 if same else 11)
    assert same or "several texts" in plan["left"][0]


def test_a_trust_policy_and_a_policy_of_a_user(iam: Any, policyc: Line) -> None:
    one = source("trust.json", trust("lambda.amazonaws.com"))
    other = source("own.json", text(allow("Own", None, "s3:*")))
    words = ("--map", f"trust=arn:aws:iam::{ACCOUNT}:role/app", "--map", f"own=arn:aws:iam::{ACCOUNT}:user/alice")
    status, out, err = policyc("aws", "plan", one, other, *words, "-o", "p.json")
    assert status == 1, out + err
    assert policyc("aws", "apply", "p.json", "--yes")[0] == 0

    def held() -> tuple[Any, Any]:
        role = iam.get_role(RoleName="app")["Role"]["AssumeRolePolicyDocument"]
        return role["Statement"][0]["Principal"]["Service"], iam.get_user_policy(UserName="alice", PolicyName="own")[
            "PolicyDocument"
        ]["Statement"][0]["Action"]

    assert held() == ("lambda.amazonaws.com", "s3:*")
    assert policyc("aws", "rollback", "p.json.record", "--yes")[0] == 0
    assert held() == ("ec2.amazonaws.com", "s3:GetObject")


# --- functions by Sid -------------------------------------------------------------------------------------------


def permission(sid: str, who: Any, action: Any = "lambda:InvokeFunction", **more: Any) -> dict[str, Any]:
    return allow(sid, who, action, FUNCTION, **more)


APP, OTHER, GONE = ({"AWS": f"arn:aws:iam::{ACCOUNT}:role/{name}"} for name in ("app", "other", "gone"))
QUEUE, RULES = {"Service": "sqs.amazonaws.com"}, {"Service": "events.amazonaws.com"}
BY_S3 = permission(
    "Bucket",
    {"Service": "s3.amazonaws.com"},
    Condition={"ArnLike": {"AWS:SourceArn": "arn:aws:s3:::acme"}, "StringEquals": {"AWS:SourceAccount": ACCOUNT}},
)


@pytest.mark.parametrize(
    ("now", "new", "calls"),
    [
        ([], [permission("App", APP)], ["add App"]),
        ([permission("App", APP)], [], ["remove App"]),
        ([permission("App", APP)], [permission("App", OTHER)], ["add App-2", "remove App"]),
        ([permission("App", APP), permission("Gone", GONE)], [permission("App", APP), BY_S3], ["add Bucket", "remove Gone"]),
        ([], [permission("Both", {"AWS": [APP["AWS"], OTHER["AWS"]]})], ["add Both", "add Both-2"]),
    ],
)  # fmt: skip
def test_a_function_is_written_statement_by_statement_what_lets_in_first(
    now: list[Any], new: list[Any], calls: list[str]
) -> None:
    held: dict[str, Any] = {"text": json.dumps(document(*now)) if now else None, "revision": 0}
    done: list[str] = []

    def call(_: Any, client: str, method: str, region: str, **params: Any) -> Any:
        listed = json.loads(held["text"] or '{"Statement": []}')["Statement"]
        if method == "get_policy":
            return {"Policy": held["text"], "RevisionId": str(held["revision"])} if held["text"] else {}
        assert params.get("RevisionId") in (None, str(held["revision"]))
        sid = params["StatementId"]
        if method == "add_permission":
            who = params["Principal"]
            principal = {"Service": who} if who.endswith(".com") else {"AWS": who}
            made = permission(sid, principal, params["Action"])
            if "SourceArn" in params:
                made["Condition"] = BY_S3["Condition"]
                assert params["SourceAccount"] == ACCOUNT
            listed.append(made)
        else:
            listed = [one for one in listed if one["Sid"] != sid]
        done.append(f"{method.partition('_')[0]} {sid}")
        held.update(text=json.dumps(document(*listed)) if listed else None, revision=held["revision"] + 1)
        return {}

    record, run = _begin(State(held["text"]), State(json.dumps(document(*new)) if new else None), _old_boto3(call))
    old = held["text"]
    carry_out(record, run)
    assert done == calls
    roll_back(record, run)
    one, other = (by_sid._parts(FUNCTION, value) for value in (old, held["text"]))
    assert one == other


def _old_boto3(call: Callable[..., Any]) -> Sessions:
    """A session without the calls for whole policies of functions, whose every call goes to a function."""
    held = {"call": call, "has": lambda *_: False}
    return cast(Sessions, type("OldBoto3", (), held)())


def _begin(old: State, new: State, sessions: Sessions) -> tuple[Record, Run]:
    step = Step(1, Kind.FUNCTION, "resize", FUNCTION, ACCOUNT, REGION, old, new)
    record = new_record(Path("record"), "plan", [step])
    return record, Run({ACCOUNT: sessions}, Patience(lambda _: None), lambda *_: None)


@pytest.mark.parametrize(
    "statement",
    [
        {**permission("No", "*"), "Effect": "Deny"},
        permission("If", "*", Condition={"Bool": {"aws:SecureTransport": "true"}}),
        permission("Canonical", {"CanonicalUser": "abc"}),
        allow("Elsewhere", "*", "lambda:InvokeFunction", FUNCTION + ":live"),
    ],
)
def test_what_a_single_call_cannot_say_is_refused_before_anything_is_written(statement: Any) -> None:
    assert "AddPermission" in by_sid.obstacle(FUNCTION, None, text(statement))
    assert by_sid.obstacle(FUNCTION, text(statement), text(statement)) == ""


def test_what_somebody_else_added_is_no_stage_of_ours() -> None:
    old, new = text(permission("App", APP)), text(permission("App", OTHER))
    assert by_sid.is_between(FUNCTION, text(permission("A", APP), permission("B", OTHER)), old, new)
    assert not by_sid.is_between(FUNCTION, text(permission("A", APP), permission("C", GONE)), old, new)
    for junk in ("", "x", "[]", "null", "5", '{"Statement": ["x"]}', '{"Statement": 5}', "[" * 100_000):
        assert not by_sid.is_between(FUNCTION, junk, old, new)
        assert "no `Sid`" in by_sid.obstacle(FUNCTION, junk, new)


def test_an_old_boto3_refuses_at_the_call_too() -> None:
    deny = State(text({**permission("No", "*"), "Effect": "Deny"}))
    record, run = _begin(State(None), deny, _old_boto3(lambda *_, **__: {}))
    with pytest.raises(Stopped, match="AddPermission"):
        carry_out(record, run)


def test_moto_takes_the_permissions_that_are_added_with_their_revisions(monkeypatch: pytest.MonkeyPatch) -> None:
    with mock_aws():
        iam, client = boto3.client("iam"), boto3.client("lambda", REGION)
        role = iam.create_role(RoleName="run", AssumeRolePolicyDocument=trust("lambda.amazonaws.com"))["Role"]["Arn"]
        client.create_function(
            FunctionName="resize", Runtime="python3.12", Role=role, Handler="a.b", Code={"ZipFile": b"x"}
        )
        client.add_permission(
            FunctionName="resize", StatementId="Gone", Action="lambda:InvokeFunction", Principal=QUEUE["Service"]
        )
        monkeypatch.setattr(Sessions, "has", lambda *_: False)
        before = client.get_policy(FunctionName="resize")["Policy"]
        # moto compares a list with the revision when a permission is removed, and so refuses every one: it only adds here
        new = State(text(permission("Gone", QUEUE), permission("App", RULES), BY_S3))
        record, run = _begin(State(before), new, Sessions(Access()))
        carry_out(record, run)
        after = json.loads(client.get_policy(FunctionName="resize")["Policy"])["Statement"]
        assert {one["Sid"] for one in after} == {"Gone", "App", "Bucket"}
