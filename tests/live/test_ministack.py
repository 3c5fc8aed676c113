"""The same commands against MiniStack, a process with Verified Access and Object Lambda that others wrote.

`POLICYC_MINISTACK` is the path of its program, in an environment of its own (it pins its botocore): `make ministack-test` makes one and is run for
every change. Without it the tests are skipped.
"""

from __future__ import annotations

import io
import json
import os
import socket
import subprocess
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import boto3
import pytest

from policyc.aws.session import without_account
from tests.live.fake.core import REGION
from tests.live.world import allow, document, text

Run = Callable[..., tuple[int, str, str]]
PROGRAM = os.environ.get("POLICYC_MINISTACK", "")
pytestmark = [
    pytest.mark.skipif(not PROGRAM, reason="needs MiniStack: `make ministack-test` installs it"),
    pytest.mark.filterwarnings("ignore"),
]
GROUP = 'permit (principal, action, resource)\nwhen { context.okta.department == "ops" };\n'
SECRET = "what-nobody-may-see"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    running = subprocess.Popen(
        [PROGRAM],
        env={"PATH": os.defpath, "GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1"},
        cwd=tmp_path_factory.mktemp("ministack"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            assert running.poll() is None, "MiniStack ended"
            with suppress(URLError, ConnectionError):
                urlopen(f"{url}/_ministack/health", timeout=5).close()
                break
            time.sleep(0.1)
        yield url
    finally:
        running.terminate()
        running.wait(10)


@pytest.fixture
def client(server: str) -> Callable[[str], Any]:
    def made(name: str) -> Any:
        found = boto3.client(name, REGION, endpoint_url=server)
        if name == "s3control":
            found.meta.events.register("before-sign.s3-control", without_account)
        return found

    return made


@pytest.fixture
def group(client: Callable[[str], Any]) -> str:
    """A Verified Access group with a policy, behind a trust provider with a secret."""
    ec2 = client("ec2")
    instance = ec2.create_verified_access_instance()["VerifiedAccessInstance"]["VerifiedAccessInstanceId"]
    urls = {f"{name}Endpoint": f"https://acme.example/{name}" for name in ("Authorization", "Token", "UserInfo")}
    provider = ec2.create_verified_access_trust_provider(
        TrustProviderType="user",
        UserTrustProviderType="oidc",
        PolicyReferenceName="okta",
        OidcOptions={
            "Issuer": "https://acme.example",
            "ClientId": "c",
            "ClientSecret": SECRET,
            "Scope": "openid",
            **urls,
        },
    )["VerifiedAccessTrustProvider"]["VerifiedAccessTrustProviderId"]
    ec2.attach_verified_access_trust_provider(VerifiedAccessInstanceId=instance, VerifiedAccessTrustProviderId=provider)
    made = ec2.create_verified_access_group(VerifiedAccessInstanceId=instance, PolicyDocument=GROUP)
    return str(made["VerifiedAccessGroup"]["VerifiedAccessGroupId"])


def test_a_verified_access_policy_is_pulled_changed_and_taken_back(
    group: str, server: str, client: Callable[[str], Any], policyc: Run
) -> None:
    there = ("--endpoint-url", server, "--region", REGION)
    status, out, _ = policyc("aws", "pull", "-o", "live", "--target", "verified_access", *there)
    assert status == 0 and "not readable" not in out, out
    assert all(SECRET not in path.read_text() for path in Path("live").rglob("*") if path.is_file())
    source = next(Path("live").rglob(f"{group}*.cedar"))
    assert policyc("aws", "drift", "live", *there)[0] == 0
    source.write_text(GROUP.replace("ops", "sales"))
    status, out, _ = policyc("aws", "drift", "live", *there)
    assert status == 1 and "sales" in out
    # MiniStack has no dry run, and simulates no permissions
    assert policyc("aws", "plan", "live", "-o", "p.json", *there)[0] in (1, 11)
    assert policyc("aws", "apply", "p.json", "--yes", *there)[0] == 0

    def now() -> str:
        return str(client("ec2").get_verified_access_group_policy(VerifiedAccessGroupId=group)["PolicyDocument"])

    assert "sales" in now() and policyc("aws", "drift", "live", *there)[0] == 0
    assert policyc("aws", "rollback", "p.json.record", "--yes", *there)[0] == 0
    assert "ops" in now()


def test_an_object_lambda_chain_is_pulled_asked_changed_and_taken_back(
    server: str, client: Callable[[str], Any], policyc: Run
) -> None:
    account = client("sts").get_caller_identity()["Account"]
    s3, control, iam = client("s3"), client("s3control"), client("iam")
    s3.create_bucket(Bucket="acme-photos", CreateBucketConfiguration={"LocationConstraint": REGION})
    trust = document({"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"})
    for name in ("resize", "app"):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("a.py", "def handle(event, context): return None")
    function = client("lambda").create_function(
        FunctionName="resize",
        Runtime="python3.12",
        Role=f"arn:aws:iam::{account}:role/resize",
        Handler="a.handle",
        Code={"ZipFile": archive.getvalue()},
    )["FunctionArn"]
    behind = control.create_access_point(AccountId=account, Name="photos", Bucket="acme-photos")["AccessPointArn"]
    front = control.create_access_point_for_object_lambda(
        AccountId=account,
        Name="resized",
        Configuration={
            "SupportingAccessPoint": behind,
            "TransformationConfigurations": [
                {"Actions": ["GetObject"], "ContentTransformation": {"AwsLambda": {"FunctionArn": function}}}
            ],
        },
    )["ObjectLambdaAccessPointArn"]
    who = f"arn:aws:iam::{account}:role/app"
    statement = allow("App", {"AWS": who}, "s3-object-lambda:GetObject") | {"Resource": front}
    control.put_access_point_policy_for_object_lambda(AccountId=account, Name="resized", Policy=text(statement))
    there = ("--endpoint-url", server, "--region", REGION)
    words = ("--target", "object_lambda", "--target", "callers", "--allow-unreadable")
    status, out, _ = policyc("aws", "pull", "-o", "live", *words, *there)
    assert status == 0, out
    asked = ("simulate", "--pulled", "live", front, "--who", who, "--can", "GetObject", "--path", "cat.jpg")
    status, out, _ = policyc(*asked)
    # neither the role nor anybody else lets it invoke the function, which is known: it has no policy of its own
    assert status == 10 and "`App` allows" in out and out.startswith("deny by default at function"), out
    # the whole chain is opened, from the back, and closed again; MiniStack takes functions' policies by statement alone
    client("lambda").add_permission(
        FunctionName="resize", StatementId="Ops", Action="lambda:InvokeFunction", Principal=account
    )
    Path("resize.json").write_text(text(allow("App", {"AWS": who}, "lambda:InvokeFunction", function)))
    Path("photos.json").write_text(text(allow("App", {"AWS": who}, "s3:GetObject", f"{behind}/object/*")))
    Path("acme.json").write_text(text(allow("App", {"AWS": who}, "s3:GetObject", "arn:aws:s3:::acme-photos/*")))
    role = [allow("Front", None, "s3-object-lambda:*"), allow("S3", None, "s3:*"), allow("Invoke", None, "lambda:*")]
    Path("app.json").write_text(text(*role))
    Path("worker.json").write_text(text(allow("Write", None, "s3-object-lambda:WriteGetObjectResponse")))
    places = {
        "resize": function,
        "photos": behind,
        "acme": "arn:aws:s3:::acme-photos",
        "app": f"arn:aws:iam::{account}:role/app#read",
        "worker": f"arn:aws:iam::{account}:role/resize#write",
    }
    maps = [word for name, arn in places.items() for word in ("--map", f"{name}={arn}")]
    source = [f"{name}.json" for name in places]
    assert policyc("aws", "plan", *source, *maps, "-o", "c.json", *there)[0] in (1, 11)
    kinds = [step["kind"] for step in json.loads(Path("c.json").read_text())["steps"]]
    assert kinds == ["inline role policy"] * 2 + ["function policy", "bucket policy", "access point policy"]
    status, out, err = policyc("aws", "apply", "c.json", "--yes", *there)
    assert status == 0, out + err
    assert policyc("aws", "drift", *source, *maps, *there)[0] == 0
    policyc("aws", "pull", "-o", "live", "--target", "object_lambda", "--target", "callers", *there)
    status, out, _ = policyc(*asked)
    assert status == 0, out
    assert policyc("aws", "rollback", "c.json.record", "--yes", *there)[0] == 0
    policyc("aws", "pull", "-o", "live", "--target", "object_lambda", "--target", "callers", *there)
    assert policyc(*asked)[0] == 10
