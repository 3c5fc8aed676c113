"""The same commands against moto, whose services are written by others: VPC Lattice, IAM, S3 and Lambda as far as it has them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tests.live.fake.core import REGION
from tests.live.world import allow, document, text

Run = Callable[..., tuple[int, str, str]]
pytestmark = [pytest.mark.usefixtures("hurry"), pytest.mark.filterwarnings("ignore")]


@pytest.fixture
def lattice(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """A service with a policy in a network, and the role that it names."""
    # moto ends the program where it has no call
    monkeypatch.setattr("policyc.aws.plan._simulated", lambda *_: "moto simulates no permissions")
    with mock_aws():
        client = boto3.client("vpc-lattice", REGION)
        network = client.create_service_network(name="mesh", authType="NONE")
        service = client.create_service(name="orders", authType="AWS_IAM")
        iam = boto3.client("iam")
        trust = document({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})
        role = iam.create_role(RoleName="app", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
        iam.put_role_policy(
            RoleName="app", PolicyName="invoke", PolicyDocument=text(allow("I", None, "vpc-lattice-svcs:Invoke"))
        )
        client.put_auth_policy(resourceIdentifier=service["arn"], policy=text(allow("App", {"AWS": role})))
        yield {"service": service["arn"], "network": network["arn"], "role": role}


def lock() -> Any:
    return json.loads(Path("live/live.lock.json").read_text())


def test_pull_drift_apply_and_rollback(lattice: dict[str, str], policyc: Run) -> None:
    status, out, _ = policyc("aws", "pull", "-o", "live", "--target", "lattice", "--target", "callers")
    assert status == 11, out
    held = lock()["resources"]
    assert held[lattice["service"]]["facts"]["auth"] == "aws_iam"
    assert held[lattice["role"]]["facts"]["identity"]
    # what moto has no call for is told, and nothing else
    assert {one["action"] for one in lock()["unread"]} <= {
        "vpc-lattice:ListServiceNetworkVpcEndpointAssociations",
        "vpc-lattice:GetAuthPolicy",
    }
    assert policyc("aws", "drift", "live")[0] in (0, 11)
    client = boto3.client("vpc-lattice", REGION)
    client.put_auth_policy(resourceIdentifier=lattice["service"], policy=text(allow("Open", "*")))
    source = next(path for path in Path("live").rglob("orders*.json"))
    assert policyc("aws", "drift", str(source))[0] == 1
    assert policyc("aws", "plan", str(source), "-o", "p.json")[0] == 1
    status, out, err = policyc("aws", "apply", "p.json", "--yes")
    assert (status, err) == (0, ""), out
    assert policyc("aws", "drift", str(source))[0] == 0
    assert policyc("aws", "rollback", "p.json.record", "--yes")[0] == 0
    assert "Open" in client.get_auth_policy(resourceIdentifier=lattice["service"])["policy"]


def test_a_role_policy_is_written_and_taken_back(lattice: dict[str, str], policyc: Run) -> None:
    policyc("aws", "pull", "-o", "live", "--target", "lattice", "--target", "callers")
    source = next(path for path in Path("live").rglob("inline-invoke.json"))
    iam = boto3.client("iam")
    iam.put_role_policy(RoleName="app", PolicyName="invoke", PolicyDocument=text(allow("All", None, "*")))
    assert policyc("aws", "plan", str(source), "-o", "p.json")[0] == 1
    assert policyc("aws", "apply", "p.json", "--yes")[0] == 0
    assert iam.get_role_policy(RoleName="app", PolicyName="invoke")["PolicyDocument"]["Statement"][0]["Sid"] == "I"
    assert policyc("aws", "rollback", "p.json.record", "--yes")[0] == 0
    assert iam.get_role_policy(RoleName="app", PolicyName="invoke")["PolicyDocument"]["Statement"][0]["Sid"] == "All"


def test_the_ports_of_s3_and_lambda_read_and_write(policyc: Run) -> None:
    from policyc.aws.ports import read, write
    from policyc.aws.session import Access, Sessions
    from policyc.aws.steps import Kind, State, Step

    with mock_aws():
        s3 = boto3.client("s3", REGION)
        s3.create_bucket(Bucket="acme-photos", CreateBucketConfiguration={"LocationConstraint": REGION})
        sessions = Sessions(Access())
        account = sessions.identity.account
        control = boto3.client("s3control", REGION)
        control.create_access_point(AccountId=account, Name="photos-ap", Bucket="acme-photos")
        for kind, arn in (
            (Kind.BUCKET, "arn:aws:s3:::acme-photos"),
            (Kind.ACCESS_POINT, f"arn:aws:s3:{REGION}:{account}:accesspoint/photos-ap"),
        ):
            new = State(text(allow("R", "*", "s3:GetObject", arn + "/*")))
            step = Step(1, kind, "x", arn, account, REGION, State(), new)
            assert read(sessions, step).text is None
            write(sessions, step, new, State())
            assert json.loads(read(sessions, step).text or "") == json.loads(new.text or "")
            write(sessions, step, State(), new)
            assert read(sessions, step).text is None
        step = Step(
            1, Kind.FUNCTION, "x", f"arn:aws:lambda:{REGION}:{account}:function:none", account, REGION, State(), State()
        )
        assert read(sessions, step).text is None
