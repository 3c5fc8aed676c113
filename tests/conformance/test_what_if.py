"""What if: one request, the documents on its way, and the answer that the reference gives.

Every answer is derived by hand from the IAM evaluation reference (sections 4, 9, 10 and 11), the Lattice reference (sections 0, 3 and 5) and the Object
Lambda reference (the hops): chains with control policies, boundaries and session policies, other accounts, roles without their session, keys that are
absent, unknown or not stated.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from policyc.cli.app import run

Document = dict[str, Any]
LATTICE = "arn:aws:vpc-lattice:us-west-2:111122223333:service/svc-0123456789abcdef0"
L = LATTICE
R = "arn:aws:iam::111122223333:role/app"
SES = "arn:aws:sts::111122223333:assumed-role/app/run"
X = "arn:aws:iam::444455556666:role/other"
U = "arn:aws:iam::111122223333:user/ann"
V = "vpc-lattice-svcs:"
NONE = "none"
OLAP = "arn:aws:s3-object-lambda:us-west-2:111122223333:accesspoint/resized"
A = "arn:aws:s3:us-west-2:111122223333:accesspoint/photos"
F = "arn:aws:lambda:us-west-2:111122223333:function:resize:1"
B = "arn:aws:s3:::acme"
VIA = {"ForAnyValue:StringEquals": {"aws:CalledVia": "s3-object-lambda.amazonaws.com"}}


def st(
    effect: str = "Allow", principal: Any = None, action: Any = V + "Invoke", resource: Any = L + "/*", cond: Any = None
) -> Document:
    found: Document = {"Effect": effect, "Action": action, "Resource": resource}
    if principal is not None:
        found["Principal"] = principal if principal == "*" else {"AWS": principal}
    return found | ({"Condition": cond} if cond else {})


def doc(*statements: Document) -> Document:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def deny(cond: Any = None) -> Document:
    return doc(st(action="*", resource="*"), st("Deny", None, "*", "*", cond))


def g(
    principal: Any,
    cond: Any = None,
    effect: str = "Allow",
    action: str = "s3:GetObject",
    resource: str = "arn:aws:s3:::acme/*",
) -> Document:
    return doc(st(effect, principal, action, resource, cond))


def ask(**options: Any) -> dict[str, Any]:
    return options


ALLOW = doc(st(action="*", resource="*"))
OPEN = doc(st(principal="*", resource="*", action="*"))
idg = doc(st(action="s3:GetObject", resource="arn:aws:s3:::acme/*"))
ident = doc(
    st(action="s3-object-lambda:GetObject", resource=OLAP),
    st(action="lambda:InvokeFunction", resource=F, cond=VIA),
    st(action="s3:GetObject", resource=[A + "/object/*", B + "/*"], cond=VIA),
)


def lat(**options: Any) -> dict[str, Any]:
    base = {
        "who": SES,
        "can": "GET",
        "path": "/a",
        "service_arn": L,
        "identity": ALLOW,
        "network_auth": NONE,
        "service_policy": OPEN,
    }
    return base | options


def s3(**options: Any) -> dict[str, Any]:
    base = {
        "who": SES,
        "action": "s3:GetObject",
        "resource_arn": "arn:aws:s3:::acme/k",
        "resource_account": "111122223333",
    }
    return base | options


def o(**options: Any) -> dict[str, Any]:
    base = {
        "who": SES,
        "can": "GetObject",
        "object_lambda_arn": OLAP,
        "access_point_arn": A,
        "bucket_arn": B,
        "function_arn": F,
        "identity": ident,
        "object_lambda_policy": g("111122223333", None, "Allow", "s3-object-lambda:*", OLAP),
        "access_point_policy": doc(st("Allow", "111122223333", "s3:*", [A, A + "/object/*"])),
        "bucket_policy": doc(
            st("Allow", "*", "*", [B, B + "/*"], {"StringEquals": {"s3:DataAccessPointAccount": "111122223333"}})
        ),
        "function_role_policy": doc(st(action="s3-object-lambda:WriteGetObjectResponse", resource="*")),
    }
    return base | options


def no(action: str) -> Document:
    return doc(*[one for one in ident["Statement"] if one["Action"] != action])


#: what is asked, the request with its documents, the answer
ASKED: list[tuple[str, dict[str, Any], str]] = [
    ("lattice all allow", lat(), "allow"),
    ("lattice no identity", lat(identity=NONE), "deny"),
    ("service names role only", lat(service_policy=doc(st(principal=R))), "allow"),
    ("service names account", lat(service_policy=doc(st(principal="111122223333"))), "allow"),
    ("service names other account", lat(service_policy=doc(st(principal="444455556666"))), "deny"),
    ("service names session", lat(service_policy=doc(st(principal=SES))), "allow"),
    ("role without session, policy names session", lat(who=R, service_policy=doc(st(principal=SES))), "undecided"),
    ("role without session, policy names role", lat(who=R, service_policy=doc(st(principal=R))), "allow"),
    ("scp denies", lat(scp=deny()), "deny"),
    ("scp lacks allow", lat(scp=doc({"Effect": "Allow", "Action": "s3:*", "Resource": "*"})), "deny"),
    ("scp allows", lat(scp=ALLOW), "allow"),
    (
        "two scp levels one lacking",
        lat(scp=[ALLOW, doc({"Effect": "Allow", "Action": "s3:*", "Resource": "*"})]),
        "deny",
    ),
    ("boundary lacks", lat(boundary=doc({"Effect": "Allow", "Action": "s3:*", "Resource": "*"})), "deny"),
    ("session lacks", lat(session=doc({"Effect": "Allow", "Action": "s3:*", "Resource": "*"})), "deny"),
    ("boundary allows", lat(boundary=ALLOW, session=ALLOW, scp=ALLOW), "allow"),
    (
        "network denies",
        lat(
            network_auth="aws_iam",
            network_policy=doc(st(principal="*", resource="*", action="*"), st("Deny", "*", resource="*", action="*")),
        ),
        "deny",
    ),
    ("network lacks role", lat(network_auth="aws_iam", network_policy=doc(st(principal=X, resource="*"))), "deny"),
    ("network allows", lat(network_auth="aws_iam", network_policy=OPEN), "allow"),
    (
        "service auth none",
        ask(who=SES, can="GET", path="/a", service_arn=L, identity=ALLOW, network_policy=OPEN, service_auth="none"),
        "allow",
    ),
    (
        "anonymous vs star",
        ask(who="anonymous", can="GET", path="/a", service_arn=L, network_auth="none", service_policy=OPEN),
        "allow",
    ),
    (
        "anonymous vs role",
        ask(
            who="anonymous",
            can="GET",
            path="/a",
            service_arn=L,
            network_auth="none",
            service_policy=doc(st(principal=R)),
        ),
        "deny",
    ),
    (
        "anonymous vs org cond",
        ask(
            who="anonymous",
            can="GET",
            path="/a",
            service_arn=L,
            network_auth="none",
            service_policy=doc(st(principal="*", cond={"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}})),
        ),
        "deny",
    ),
    (
        "org stated",
        lat(
            service_policy=doc(st(principal="*", cond={"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}})),
            set="aws:PrincipalOrgID=o-a1b2c3d4e5",
        ),
        "allow",
    ),
    (
        "org not stated",
        lat(service_policy=doc(st(principal="*", cond={"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}))),
        "deny",
    ),
    (
        "org unknown",
        lat(
            service_policy=doc(st(principal="*", cond={"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}})),
            unknown="aws:PrincipalOrgID",
        ),
        "undecided",
    ),
    (
        "assume unknown",
        lat(
            service_policy=doc(st(principal="*", cond={"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}})),
            assume="unknown",
        ),
        "undecided",
    ),
    (
        "assume unknown but deny anyway",
        lat(
            identity=NONE,
            service_policy=doc(st(principal="*", cond={"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}})),
            assume="unknown",
        ),
        "deny",
    ),
    (
        "absent explicit",
        lat(
            service_policy=doc(st(principal="*", cond={"StringNotEquals": {"aws:PrincipalTag/x": "y"}})),
            absent="aws:PrincipalTag/x",
        ),
        "allow",
    ),
    (
        "method PUT vs GET cond",
        lat(can="PUT", service_policy=doc(st(principal="*", cond={"StringEquals": {V + "RequestMethod": "GET"}}))),
        "deny",
    ),
    ("path mismatch", lat(path="/b", service_policy=doc(st(principal="*", resource=L + "/a*"))), "deny"),
    ("path prefix itself", lat(path="/a", service_policy=doc(st(principal="*", resource=L + "/a/*"))), "deny"),
    (
        "query any",
        lat(
            service_policy=doc(st(principal="*", cond={"ForAnyValue:StringEquals": {V + "RequestQueryString/q": "x"}})),
            set=V + "RequestQueryString/q=x",
        ),
        "allow",
    ),
    (
        "port stated",
        lat(service_policy=doc(st(principal="*", cond={"NumericEquals": {V + "Port": "443"}})), set=V + "Port=443"),
        "allow",
    ),
    (
        "port unstated",
        lat(service_policy=doc(st(principal="*", cond={"NumericEquals": {V + "Port": "443"}}))),
        "undecided",
    ),
    (
        "source vpc wrong",
        lat(
            service_policy=doc(st(principal="*", cond={"StringEquals": {V + "SourceVpc": "vpc-0a1b2c3d4e5f67890"}})),
            set=V + "SourceVpc=vpc-0a1b2c3d4e5f67891",
        ),
        "deny",
    ),
    (
        "cross account both",
        lat(who="arn:aws:sts::444455556666:assumed-role/other/s", service_policy=doc(st(principal=X))),
        "allow",
    ),
    (
        "cross account without identity",
        lat(who="arn:aws:sts::444455556666:assumed-role/other/s", identity=NONE, service_policy=doc(st(principal=X))),
        "deny",
    ),
    ("user named", lat(who=U, identity=NONE, service_policy=doc(st(principal=U))), "deny"),
    (
        "identity denies path",
        lat(identity=doc({"Effect": "Allow", "Action": "*", "Resource": "*"}, st("Deny", None, resource=L + "/a*"))),
        "deny",
    ),
    ("s3 identity only same account, no bucket policy", s3(identity=idg), "allow"),
    ("s3 bucket names role, no identity", s3(identity=NONE, resource_policy=g(R)), "allow"),
    ("s3 bucket names account, no identity", s3(identity=NONE, resource_policy=g("111122223333")), "deny"),
    ("s3 bucket names account, identity", s3(identity=idg, resource_policy=g("111122223333")), "allow"),
    (
        "s3 bucket names session, boundary lacks",
        s3(identity=NONE, boundary=doc(st(action="ec2:*", resource="*")), resource_policy=g(SES)),
        "allow",
    ),
    (
        "s3 bucket names role, boundary lacks",
        s3(identity=NONE, boundary=doc(st(action="ec2:*", resource="*")), resource_policy=g(R)),
        "deny",
    ),
    (
        "s3 bucket names user, boundary lacks",
        s3(who=U, identity=NONE, boundary=doc(st(action="ec2:*", resource="*")), resource_policy=g(U)),
        "allow",
    ),
    (
        "s3 boundary explicit deny, bucket names session",
        s3(identity=NONE, boundary=deny(), resource_policy=g(SES)),
        "deny",
    ),
    (
        "s3 session lacks, bucket names role",
        s3(identity=NONE, session=doc(st(action="ec2:*", resource="*")), resource_policy=g(R)),
        "deny",
    ),
    (
        "s3 session lacks, bucket names session",
        s3(identity=NONE, session=doc(st(action="ec2:*", resource="*")), resource_policy=g(SES)),
        "allow",
    ),
    (
        "s3 star with PrincipalArn, boundary lacks",
        s3(
            identity=NONE,
            boundary=doc(st(action="ec2:*", resource="*")),
            resource_policy=g("*", {"ArnEquals": {"aws:PrincipalArn": R}}),
        ),
        "allow",
    ),
    (
        "s3 cross account, both",
        s3(who="arn:aws:sts::444455556666:assumed-role/other/s", identity=idg, resource_policy=g("444455556666")),
        "allow",
    ),
    (
        "s3 cross account, no bucket policy",
        s3(who="arn:aws:sts::444455556666:assumed-role/other/s", identity=idg),
        "deny",
    ),
    (
        "s3 cross account, role named, no identity",
        s3(who="arn:aws:sts::444455556666:assumed-role/other/s", identity=NONE, resource_policy=g(X)),
        "deny",
    ),
    (
        "s3 cross account, session named, boundary lacks",
        s3(
            who="arn:aws:sts::444455556666:assumed-role/other/s",
            identity=idg,
            boundary=doc(st(action="ec2:*", resource="*")),
            resource_policy=g("arn:aws:sts::444455556666:assumed-role/other/s"),
        ),
        "deny",
    ),
    ("s3 rcp deny", s3(identity=idg, rcp=doc(st("Deny", "*", "s3:*", "*"))), "deny"),
    (
        "s3 rcp deny with service guard",
        s3(identity=idg, rcp=doc(st("Deny", "*", "s3:*", "*", {"Bool": {"aws:PrincipalIsAWSService": "true"}}))),
        "allow",
    ),
    ("s3 endpoint policy lacks", s3(identity=idg, endpoint_policy=g("*", None, "Allow", "s3:PutObject")), "deny"),
    ("s3 endpoint policy allows", s3(identity=idg, endpoint_policy=g("*")), "allow"),
    ("s3 anonymous star", s3(who="anonymous", resource_policy=g("*")), "allow"),
    (
        "s3 anonymous w/ SecureTransport unstated",
        s3(
            who="anonymous",
            resource_policy=doc(
                st("Allow", "*", "s3:GetObject", "arn:aws:s3:::acme/*"),
                st("Deny", "*", "s3:*", "arn:aws:s3:::acme/*", {"Bool": {"aws:SecureTransport": "false"}}),
            ),
        ),
        "undecided",
    ),
    ("root user identity none", s3(who="arn:aws:iam::111122223333:root"), "allow"),
    ("root w scp deny", s3(who="arn:aws:iam::111122223333:root", scp=deny()), "deny"),
    ("federated user no session policy", s3(who="arn:aws:sts::111122223333:federated-user/bob", identity=idg), "deny"),
    (
        "notprincipal deny role listed only",
        s3(
            identity=idg,
            resource_policy=doc(
                {"Effect": "Deny", "NotPrincipal": {"AWS": R}, "Action": "s3:*", "Resource": "arn:aws:s3:::acme/*"}
            ),
        ),
        "deny",
    ),
    (
        "notprincipal all levels",
        s3(
            identity=idg,
            resource_policy=doc(
                {
                    "Effect": "Deny",
                    "NotPrincipal": {"AWS": [R, SES, "111122223333"]},
                    "Action": "s3:*",
                    "Resource": "arn:aws:s3:::acme/*",
                }
            ),
        ),
        "allow",
    ),
    (
        "kms no key policy",
        ask(
            who=SES,
            action="kms:Decrypt",
            resource_arn="arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
            identity=ALLOW,
        ),
        "undecided",
    ),
    (
        "kms key names account + identity",
        ask(
            who=SES,
            action="kms:Decrypt",
            resource_arn="arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
            identity=ALLOW,
            key_policy=g("111122223333", None, "Allow", "kms:*", "*"),
        ),
        "allow",
    ),
    (
        "kms key names other role",
        ask(
            who=SES,
            action="kms:Decrypt",
            resource_arn="arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
            identity=ALLOW,
            key_policy=g("arn:aws:iam::111122223333:role/z", None, "Allow", "kms:*", "*"),
        ),
        "deny",
    ),
    (
        "kms key names role, no identity",
        ask(
            who=SES,
            action="kms:Decrypt",
            resource_arn="arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
            identity=NONE,
            key_policy=g(R, None, "Allow", "kms:*", "*"),
        ),
        "allow",
    ),
    (
        "assume: account trust + identity",
        ask(
            who=SES,
            action="sts:AssumeRole",
            resource_arn="arn:aws:iam::111122223333:role/t",
            identity=ALLOW,
            trust_policy={
                "Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "sts:AssumeRole"}],
            },
        ),
        "allow",
    ),
    (
        "assume: account trust, no identity",
        ask(
            who=SES,
            action="sts:AssumeRole",
            resource_arn="arn:aws:iam::111122223333:role/t",
            identity=NONE,
            trust_policy={
                "Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "sts:AssumeRole"}],
            },
        ),
        "deny",
    ),
    (
        "assume: role named, no identity",
        ask(
            who=SES,
            action="sts:AssumeRole",
            resource_arn="arn:aws:iam::111122223333:role/t",
            identity=NONE,
            trust_policy={
                "Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Principal": {"AWS": R}, "Action": "sts:AssumeRole"}],
            },
        ),
        "allow",
    ),
    (
        "assume: no trust given",
        ask(who=SES, action="sts:AssumeRole", resource_arn="arn:aws:iam::111122223333:role/t", identity=ALLOW),
        "undecided",
    ),
    (
        "assume: trust names other",
        ask(
            who=SES,
            action="sts:AssumeRole",
            resource_arn="arn:aws:iam::111122223333:role/t",
            identity=ALLOW,
            trust_policy={
                "Version": "2012-10-17",
                "Statement": [
                    {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
                ],
            },
        ),
        "deny",
    ),
    (
        "GetCallerIdentity under deny",
        ask(who=SES, action="sts:GetCallerIdentity", resource_arn="*", identity=deny()),
        "allow",
    ),
    ("full", o(), "allow"),
    ("no olap action", o(identity=no("s3-object-lambda:GetObject")), "deny"),
    ("no invoke", o(identity=no("lambda:InvokeFunction")), "deny"),
    ("no s3", o(identity=no("s3:GetObject")), "deny"),
    ("olap policy denies", o(object_lambda_policy=doc(st("Deny", "*", "s3-object-lambda:*", OLAP))), "deny"),
    (
        "olap policy names role, no identity olap",
        o(
            identity=no("s3-object-lambda:GetObject"),
            object_lambda_policy=doc(st("Allow", R, "s3-object-lambda:GetObject", OLAP)),
        ),
        "allow",
    ),
    ("bucket without delegation", o(bucket_policy=doc(st("Deny", "*", "s3:*", [B, B + "/*"]))), "deny"),
    (
        "ap policy deny direct only",
        o(
            access_point_policy=doc(
                st(
                    "Deny",
                    "*",
                    "s3:GetObject",
                    A + "/object/*",
                    {"ForAllValues:StringNotEquals": {"aws:CalledVia": "s3-object-lambda.amazonaws.com"}},
                )
            )
        ),
        "allow",
    ),
    ("function role cannot answer", o(function_role_policy="none"), "deny"),
    (
        "scp denies lambda",
        o(
            scp=doc(
                {"Effect": "Allow", "Action": "*", "Resource": "*"},
                {"Effect": "Deny", "Action": "lambda:*", "Resource": "*"},
            )
        ),
        "deny",
    ),
    (
        "boundary lacks s3",
        o(boundary=doc({"Effect": "Allow", "Action": ["s3-object-lambda:*", "lambda:*"], "Resource": "*"})),
        "deny",
    ),
    (
        "session lacks lambda",
        o(session=doc({"Effect": "Allow", "Action": ["s3-object-lambda:*", "s3:*"], "Resource": "*"})),
        "deny",
    ),
    ("anonymous", o(who="anonymous", identity=None), "deny"),
    ("list not granted", o(can="ListBucket"), "deny"),
    ("role w/o session", o(who=R), "allow"),
    (
        "other qualifier",
        o(
            identity=doc(
                *[
                    {**s, "Resource": F.replace(":1", ":2")} if s["Action"] == "lambda:InvokeFunction" else s
                    for s in ident["Statement"]
                ]
            )
        ),
        "deny",
    ),
]


@pytest.mark.parametrize(("options", "answer"), [row[1:] for row in ASKED], ids=[row[0] for row in ASKED])
def test_the_answer_is_that_of_the_reference(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    options: dict[str, Any],
    answer: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["simulate", "--format", "json"]
    for name, given in options.items():
        for number, value in enumerate(given if isinstance(given, list) else [given]):
            if isinstance(value, dict):
                (tmp_path / f"{name}{number}.json").write_text(json.dumps(value), encoding="utf-8")
                value = f"{name}{number}.json"
            if value is not None:
                words += [f"--{name.replace('_', '-')}", value]
    run(words)
    told = capsys.readouterr()
    assert json.loads(told.out)["decision"] == answer, told.err
