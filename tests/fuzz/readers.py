"""Everything that policyc reads, each with the command that reads it and texts to start from.

A reader is asked through `policyc.cli.app.run`, the way that people take; exit status 3 is a crash.
"""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from policyc.cli.app import run
from tests.fuzz import seeds

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden"

IAM = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "a",
            "Effect": "Allow",
            "Principal": {
                "AWS": ["arn:aws:iam::111122223333:role/app", "444455556666"],
                "Service": "lambda.amazonaws.com",
            },
            "Action": ["s3:Get*", "kms:Decrypt"],
            "Resource": ["arn:aws:s3:::bucket/${aws:username}/*", "*"],
            "Condition": {
                "ForAllValues:StringLikeIfExists": {"aws:TagKeys": ["a*", "b?"]},
                "DateLessThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"},
                "IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "2001:db8::/32"]},
                "Null": {"aws:PrincipalOrgID": "false"},
            },
        },
        {"Effect": "Deny", "NotPrincipal": "*", "NotAction": "sts:*", "NotResource": "arn:aws:iam::*:role/x"},
    ],
}
SCENARIO = """policies: []
tests:
  - name: a
    request: {resource: inventory, who: order_fn, can: GET, path: /stock/42}
    expect: deny
"""
CONFIG = """[project]
name = "a"
paths = ["."]
[lint]
ignore = ["unused-import"]
[params]
stage = "prod"
[build]
out = "out"
"""
CONTEXT = {
    "idp": {"groups": ["a"], "email": "a@b.example", "email_verified": True, "level": 3},
    "http_request": {"http_method": "GET", "hostname": "x.example", "path": "/", "user_agent": "x"},
}
CEDAR = 'permit (principal, action, resource)\nwhen { context.idp.groups.contains("a") && !(context.idp has level) };\n'
INVENTORY = {
    "Attachments": [
        {
            "AttachmentId": "attachment-0a1b2c3d4e5f67890",
            "AttachmentType": "VPC",
            "EdgeLocation": "us-east-1",
            "ResourceArn": "arn:aws:ec2:us-east-1:111122223333:vpc/vpc-0a1b2c3d4e5f67890",
            "SegmentName": "production",
            "Tags": [{"Key": "segment", "Value": "production"}],
        }
    ]
}
_STATEMENT = {"Effect": "Allow", "Principal": "*", "Action": "vpc-lattice-svcs:Invoke", "Resource": "*"}
TEMPLATE = """Parameters: {Org: {Type: String, AllowedValues: [o-a1b2c3d4e5, o-b1b2c3d4e5]}}
Mappings: {M: {eu: {b: x}}}
Conditions: {C: !Equals [!Ref Org, o-a1b2c3d4e5]}
Resources:
  Auth:
    Type: AWS::VpcLattice::AuthPolicy
    Properties:
      ResourceIdentifier: !GetAtt S.Arn
      Policy:
        Statement:
          - Effect: Allow
            Principal: {AWS: !Sub "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/x"}
            Action: !Select [0, !Split [",", "vpc-lattice-svcs:Invoke,x"]]
            Resource: !Join ["", [!FindInMap [M, eu, b], "*"]]
            Condition: !If [C, {StringEquals: {aws:PrincipalOrgID: !Ref Org}}, !Ref AWS::NoValue]
  Role:
    Type: AWS::IAM::Role
    Properties:
      Policies: [!If [C, {PolicyName: a, PolicyDocument: {Statement: []}}, !Ref AWS::NoValue]]
"""
LOG = {
    "startTime": "2026-05-01T10:00:00Z",
    "requestMethod": "GET",
    "requestPath": "/x",
    "hostHeader": "x.example",
    "serviceNetworkArn": "arn:aws:vpc-lattice:us-west-2:111122223333:servicenetwork/sn-0123456789abcdef0",
    "serviceArn": "arn:aws:vpc-lattice:us-west-2:111122223333:service/svc-0123456789abcdef0",
    "resolvedUser": "arn:aws:iam::111122223333:role/x",
    "callerPrincipal": "arn:aws:iam::111122223333:role/x",
    "sourceIpPort": "10.0.0.1:80",
    "sourceVpcArn": "arn:aws:ec2:us-west-2:111122223333:vpc/vpc-0a1b2c3d4e5f67890",
    "responseCode": 200,
    "authDeniedReason": "-",
}


PROJECT = """\
let shop: account = "111122223333"
principal app = role(shop, "app")
resource mesh: lattice.service { id: "svc-0a1b2c3d4e5f67890", at: shop/us-west-2, auth: aws_iam }
resource staff: verified_access.group { id: "vagr-0a1b2c3d4e5f67890", at: shop/us-west-2, trust: { idc: iam_identity_center } }
resource wiki: verified_access.endpoint { id: "vae-0a1b2c3d4e5f67890", group: staff, protocol: https }
policy mesh_auth for lattice on mesh { allow "reads" { who app  can GET  path "/x", "/x/*" } }
policy staff_in for verified_access on staff { allow "s" { when idc.user.email.verified == true } }
test "t" { request mesh { who: app, can: GET, path: "/x" } expect allow by "reads" }
prove "p" { no request to mesh can DELETE is allowed }
"""


@dataclass(frozen=True)
class Reader:
    """`name` of the file that is read, the command's words, texts to mutate, files that stand beside it, and what is printed once the
    file was read, where the status does not tell that."""

    name: str
    command: tuple[str, ...]
    seeds: tuple[str, ...]
    beside: tuple[tuple[str, str], ...] = ()
    read: str = ""

    def ask(self, text: str, folder: Path) -> tuple[int, str]:
        """Exit status and everything printed, with the text as the file; `folder` is an empty one."""
        for name, content in self.beside:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(content, encoding="utf-8")
        (folder / self.name).parent.mkdir(parents=True, exist_ok=True)
        (folder / self.name).write_bytes(text.encode("utf-8", "surrogatepass"))
        out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
        with _inside(folder), redirect_stdout(out), redirect_stderr(out):
            status = run(list(self.command))
        out.flush()
        return status, out.buffer.getvalue().decode("utf-8")  # type: ignore[attr-defined]


@contextmanager
def _inside(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.environ["POLICYC_DEBUG"] = "1"
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def _texts(pattern: str, folder: Path = GOLDEN) -> tuple[str, ...]:
    return tuple(path.read_text(encoding="utf-8") for path in sorted(folder.glob(pattern)))


def _examples() -> tuple[str, ...]:
    """Every worked example as a file of its own: imports become what a missing file is."""
    return _texts("**/*.policy", ROOT / "policies") + _texts("**/input.policy")


def readers() -> dict[str, Callable[[], Reader]]:
    """Readers by name, made when they are asked for."""
    core = _texts("cloudwan_emit/*/output.json")
    iam = (json.dumps(IAM, indent=1), *_texts("*/expected/**/*.json"))
    network = (("core.json", core[0]),)
    identity = (("group.cedar", CEDAR),)
    asked = ("--identity", "x.json", "--who", "arn:aws:iam::111122223333:role/app", "--action", "s3:GetObject")
    return {
        "language": lambda: Reader("x.policy", ("check", "--no-cache", "x.policy"), _examples()),
        "layout": lambda: Reader("x.policy", ("fmt", "--check", "x.policy"), _examples()),
        "iam": lambda: Reader("x.json", ("check", "x.json"), iam),
        "iam-asked": lambda: Reader("x.json", ("simulate", *asked, "--resource-arn", "arn:aws:s3:::b/k"), iam),
        "core-network": lambda: Reader("x.json", ("check", "x.json"), core),
        "routes": lambda: Reader("x.json", ("routes", "x.json"), core),
        "cedar": lambda: Reader(
            "x.cedar", ("check", "x.cedar"), (CEDAR, *_texts("verified_access_emit/expected/*.cedar"))
        ),
        "cedar-layout": lambda: Reader("x.cedar", ("fmt", "--check", "x.cedar"), (CEDAR, *_texts("**/*.cedar"))),
        "import": lambda: Reader("x.json", ("import", "x.json", "--tests"), (*iam, *core)),
        "import-cedar": lambda: Reader(
            "x.cedar", ("import", "x.cedar", "--trust", "idp=oidc", "--tests"), (CEDAR, *_texts("**/*.cedar"))
        ),
        "terraform": lambda: Reader("main.tf", ("check", "main.tf"), _hcl()),
        "terraform-plan": lambda: Reader(
            "plan.json",
            ("check", "plan.json"),
            ((ROOT / "tests/carriers/terraform/plan/plan.json").read_text("utf-8"),),
        ),
        "scenario": lambda: Reader("x.yaml", ("test", "x.yaml"), (SCENARIO,)),
        "configuration": lambda: Reader(
            "policyc.toml", ("check", "--no-cache"), (CONFIG,), (("a.policy", 'let a = "x"\n'),)
        ),
        "inventory": lambda: Reader(
            "x.json", ("routes", "core.json", "--attachments", "x.json"), (json.dumps(INVENTORY),), network
        ),
        "template": lambda: Reader("x.yaml", ("check", "--no-cache", "x.yaml"), (TEMPLATE,)),
        "template-listed": lambda: Reader("x.yaml", ("list", "x.yaml"), (TEMPLATE,)),
        "template-imported": lambda: Reader("x.yaml", ("import", "x.yaml"), (TEMPLATE,)),
        "replay": lambda: Reader(
            "x.json",
            ("replay", "x.json", "--service-policy", "p.json"),
            (json.dumps(LOG), json.dumps({"events": [{"message": json.dumps(LOG)}]})),
            (("p.json", json.dumps({"Statement": [_STATEMENT]})),),
        ),
        "network-diff": lambda: Reader("x.json", ("diff", "core.json", "x.json"), core, network),
        "context": lambda: Reader(
            "x.json",
            ("simulate", "--group-policy", "group.cedar", "--context", "x.json"),
            (json.dumps(CONTEXT),),
            identity,
        ),
        "log": lambda: Reader(
            "x.json", ("simulate", "--group-policy", "group.cedar", "--log", "x.json"), (json.dumps(CONTEXT),), identity
        ),
        **_of_hosts(),
        **_of_logs(),
        **_of_own_files(),
    }


Readers = dict[str, Callable[[], Reader]]


SERVICE = """service: x
custom: { a: "x-${opt:s, 'd'}", l: ["${self:custom.a}/*"] }
provider:
  name: aws
  iam: { role: { statements: [{ Effect: Allow, Action: "s3:GetObject", Resource: "${self:custom.l}" }] } }
  iamRoleStatements:
    - Effect: Allow
      Action: ["sqs:*"]
      Resource: !Sub "arn:aws:sqs:${AWS::Region}:${aws:accountId}:${self:service}"
functions: { f: { iamRoleStatements: ["${file(serverless.yml):custom.a}"] } }
resources: [{ Resources: { R: { Type: AWS::IAM::ManagedPolicy, Properties: { PolicyDocument: { Statement: [] } } } } }]
"""


def _of_hosts() -> Readers:
    """A reader for each form that documents of others stand in."""

    def made(file: str, texts: tuple[str, ...]) -> Callable[[], Reader]:
        more = ("--markdown",) if file.endswith(".md") else ()
        return lambda: Reader(file, ("check", "--no-cache", file, *more), texts)

    tfvars = 'org = "o-a1b2c3d4e5"\nroles = ["a", "b"]\nmore = { x = 1 }\n'
    plain = (ROOT / "tests/carriers/terraform/plan/plan.json").read_text("utf-8")
    return {
        **{f"host-{name}": made(*found) for name, found in seeds.hosts().items()},
        "host-terraform-json": lambda: Reader("main.tf.json", ("check", "main.tf.json"), _tf_json()),
        "host-serverless": made("serverless.yml", (SERVICE,)),
        "host-diff": lambda: Reader("plan.json", ("diff", "plan.json"), (plain,)),
        "bindings-tfvars": lambda: Reader(
            "x.tfvars", ("check", "--no-cache", "t.yaml", "--bindings", "x.tfvars"), (tfvars,), (("t.yaml", TEMPLATE),)
        ),
        "bindings": lambda: Reader(
            "x.json",
            ("check", "--no-cache", "t.yaml", "--bindings", "x.json"),
            seeds.said(*seeds.BINDINGS),
            (("t.yaml", TEMPLATE),),
        ),
    }


def _of_logs() -> Readers:
    """A reader for each kind of log."""
    policy = (("p.json", json.dumps({"Statement": [_STATEMENT]})),)
    identity = (("group.cedar", CEDAR),)
    core = (("core.json", _texts("cloudwan_emit/*/output.json")[0]),)
    known = (*policy, ("x.log", json.dumps(LOG)))
    return {
        "log-cloudtrail": lambda: Reader(
            "x.json", ("replay", "x.json", "--bucket-policy", "p.json"), seeds.said(seeds.CLOUDTRAIL), policy
        ),
        "log-s3": lambda: Reader("x.log", ("replay", "x.log", "--bucket-policy", "p.json"), (seeds.S3_ACCESS,), policy),
        "log-flows": lambda: Reader(
            "x.log", ("replay", "x.log", "--core-network", "core.json"), (seeds.FLOWS,), core, "1 record in"
        ),
        "log-verified-access": lambda: Reader(
            "x.json", ("replay", "x.json", "--group-policy", "group.cedar"), (json.dumps(seeds.VISITED),), identity
        ),
        "log-suggested": lambda: Reader("x.json", ("replay", "x.json", "--suggest"), (json.dumps(LOG),)),
        "log-known": lambda: Reader(
            "x.json",
            ("replay", "x.log", "--service-policy", "p.json", "--known", "x.json"),
            seeds.said(seeds.KNOWN),
            known,
        ),
    }


def _of_own_files() -> Readers:
    """A reader for each kind of file that policyc writes, or that only it reads."""
    policies = (("a.policy", PROJECT),)
    iam = (("x.json", json.dumps({"Statement": [_STATEMENT]})),)
    identity = (("group.cedar", CEDAR), ("c.json", json.dumps(CONTEXT)))
    built = (*policies, ("out/lattice/a.json", "{}"))
    plain = seeds.said
    return {
        "baseline": lambda: Reader(
            "x.json", ("check", "a.policy", "--baseline", "x.json"), plain(seeds.BASELINE), policies
        ),
        "manifest": lambda: Reader(
            "out/.policyc-manifest.json", ("build", "a.policy", "-o", "out", "--check"), plain(seeds.MANIFEST), built
        ),
        "manifest-written": lambda: Reader(
            "out/.policyc-manifest.json", ("build", "a.policy", "-o", "out"), plain(seeds.MANIFEST), built
        ),
        "lock": lambda: Reader("live.lock.json", ("check", "--no-cache", "x.json"), plain(seeds.LOCK), iam),
        "lock-asked": lambda: Reader(
            "live.lock.json",
            ("simulate", "orders", "--pulled", ".", "--who", "arn:aws:iam::111122223333:role/a", "--can", "GET"),
            plain(seeds.LOCK),
            iam,
        ),
        "lock-compared": lambda: Reader(
            "live.lock.json", ("aws", "drift", "x.json", "--live", "."), plain(seeds.LOCK), iam
        ),
        "plan": lambda: Reader(
            "x.plan", ("aws", "apply", "x.plan", "--yes"), plain(seeds.PLAN), read="AWS does not say"
        ),
        "record": lambda: Reader(
            "x.record", ("aws", "rollback", "x.record", "--yes"), plain(seeds.RECORD), read="AWS does not say"
        ),
        "request": lambda: Reader("x.json", ("simulate", "--request", "x.json"), plain(seeds.REQUEST), policies),
        "users": lambda: Reader("x.json", ("matrix", "x.json"), plain(seeds.USERS), policies),
        "claims": lambda: Reader(
            "x.json",
            ("simulate", "--group-policy", "group.cedar", "--context", "c.json", "--claims", "idp=x.json"),
            plain(seeds.CLAIMS),
            identity,
        ),
        "guarantees": lambda: Reader(
            "g.policy", ("prove", "--guarantees", "g.policy", "x.json", "--as", "bucket"), (seeds.GUARANTEES,), iam
        ),
        "tests-run": lambda: Reader("x.policy", ("test", "x.policy"), (PROJECT, *_examples()), read="nothing to test"),
        "who-reaches": lambda: Reader("x.json", ("who", "x.json", "--as", "bucket"), plain(IAM)),
        "proven": lambda: Reader("x.json", ("prove", "--that", "public", "x.json", "--as", "bucket"), plain(IAM)),
        "compared": lambda: Reader(
            "y.json", ("diff", "x.json", "y.json", "--as", "bucket"), plain({"Statement": [_STATEMENT]}, IAM), iam
        ),
    }


def _tf_json() -> tuple[str, ...]:
    return tuple(
        path.read_text("utf-8") for path in sorted((ROOT / "tests/carriers/terraform").rglob("*.tf.json"))
    ) or (json.dumps({"resource": {"aws_s3_bucket_policy": {"x": {"bucket": "b", "policy": json.dumps(IAM)}}}}),)


def _hcl() -> tuple[str, ...]:
    return tuple(path.read_text("utf-8") for path in sorted((ROOT / "tests/carriers/terraform").rglob("*.tf")))


def crash(printed: str) -> str:
    """What crashed, by its last frame inside policyc and the error, so that one fault is told once."""
    lines = [line.strip() for line in printed.splitlines()]
    frames = [line for line in lines if line.startswith("File ") and "policyc" in line]
    place = frames[-1].rpartition("/")[2] if frames else "?"
    error = next((line for line in lines if line.startswith("internal error:")), "internal error")
    return f"{place} {error[:60]}"


if __name__ == "__main__":
    sys.exit("run tests/fuzz/fuzz.py")
