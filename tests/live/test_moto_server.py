"""The same commands over HTTP: moto's server on loopback, whose VPC Lattice and IAM are written by others, and which has no Verified Access."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.live.fake.core import REGION
from tests.live.world import allow, document, text

Run = Callable[..., tuple[int, str, str]]
pytestmark = [pytest.mark.usefixtures("hurry"), pytest.mark.filterwarnings("ignore")]


@pytest.fixture
def server() -> Iterator[str]:
    from moto.server import ThreadedMotoServer

    running = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    try:
        host, port = running.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        running.stop()


def test_pull_plan_apply_and_rollback_over_http(server: str, policyc: Run) -> None:
    def client(name: str) -> Any:
        return boto3.client(name, REGION, endpoint_url=server)

    service = client("vpc-lattice").create_service(name="orders", authType="AWS_IAM")
    trust = document({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})
    role = client("iam").create_role(RoleName="app", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    client("iam").put_role_policy(
        RoleName="app", PolicyName="invoke", PolicyDocument=text(allow("I", None, "vpc-lattice-svcs:Invoke"))
    )
    client("vpc-lattice").put_auth_policy(
        resourceIdentifier=service["arn"], policy=text(allow("App", {"AWS": role}, "vpc-lattice-svcs:Invoke"))
    )
    there = ("--endpoint-url", server, "--region", REGION, "--role-arn", role)
    status, out, _ = policyc("aws", "pull", "-o", "live", *there)
    assert status == 11, out
    # the server answers with a page of HTML where it has no call, as a proxy on the way may
    assert "ec2:DescribeVerifiedAccessGroups: not understood: the answer is in no form of AWS's" in " ".join(
        out.split()
    )
    status, out, _ = policyc("simulate", "--pulled", "live", "orders", "--who", role, "--can", "GET", "--path", "/")
    assert "`App` allows" in out and "`I` allows" in out
    source = next(path for path in Path("live").rglob("orders*.json"))
    assert policyc("aws", "drift", str(source), *there)[0] == 0
    source.write_text(text(allow("App", {"AWS": role}, "vpc-lattice-svcs:Connect")))
    assert policyc("aws", "drift", str(source), *there)[0] == 1
    status, out, _ = policyc("aws", "plan", str(source), "-o", "p.json", *there)
    assert "\n1 step\n" in out
    assert policyc("aws", "apply", "p.json", "--yes", *there)[0] == 0
    assert policyc("aws", "drift", str(source), *there)[0] == 0
    assert policyc("aws", "rollback", "p.json.record", "--yes", *there)[0] == 0
    assert "Invoke" in client("vpc-lattice").get_auth_policy(resourceIdentifier=service["arn"])["policy"]


def test_nobody_there(policyc: Run) -> None:
    status, _, err = policyc("aws", "pull", "-o", "live", "--endpoint-url", "http://127.0.0.1:9", "--region", REGION)
    assert status == 2 and "help: check `--endpoint-url`" in err
    assert not Path("live").exists()
