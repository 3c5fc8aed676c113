"""One mistake planted into a sound document is one finding, at its own word; the sound documents yield none.

Auth policies of VPC Lattice, bucket policies and policies of identities. Sources: IAM evaluation reference, sections 4 to 9 and 13; Lattice
reference, sections 2, 3 and 9.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from policyc.diagnostics import Diagnostic, Diagnostics
from policyc.text import Source
from policyc.workspace.documents.native_settings import NativeSettings
from policyc.workspace.documents.native_texts import check_texts

ROLE = {"AWS": "arn:aws:iam::111122223333:role/app"}
LATTICE = "arn:aws:vpc-lattice:us-west-2:111122223333:"
SERVICE = f"{LATTICE}service/svc-0123456789abcdef0"
KEY = "vpc-lattice-svcs:"


def found(kind: str, *statements: dict[str, Any]) -> tuple[str, list[Diagnostic]]:
    text = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    told = Diagnostics()
    check_texts([(Source("p.json", text), ".json")], told, NativeSettings(), {"p.json": kind})
    return text, told.sorted()


def invoke(condition: Any = None, **elements: Any) -> dict[str, Any]:
    base = {"Effect": "Allow", "Principal": ROLE, "Action": f"{KEY}Invoke", "Resource": f"{SERVICE}/*"} | elements
    return base | ({"Condition": condition} if condition is not None else {})


SOUND = [
    invoke(),
    invoke({"StringEquals": {f"{KEY}RequestMethod": ["GET", "PURGE"]}}),
    invoke({"StringEqualsIgnoreCase": {f"{KEY}RequestMethod": "get"}}),
    invoke({"StringLike": {f"{KEY}RequestPath": ["/api", "/api/*"]}}),
    invoke({"StringEquals": {f"{KEY}SourceVpc": "vpc-1a2b3c4d", f"{KEY}SourceVpcOwnerAccount": "111122223333"}}),
    invoke({"StringLike": {f"{KEY}SourceVpc": "vpc-0*"}}),
    invoke(
        {
            "ArnEquals": {
                f"{KEY}ServiceArn": SERVICE,
                f"{KEY}ServiceNetworkArn": f"{LATTICE}servicenetwork/sn-0123456789abcdef0",
            }
        }
    ),
    invoke({"NumericEquals": {f"{KEY}Port": ["443", "8443"]}}),
    invoke({"ForAnyValue:StringEquals": {f"{KEY}RequestQueryString/q": "x"}}),
    invoke({"StringEquals": {f"{KEY}RequestHeader/x-team": "shop", "aws:PrincipalTag/team": "shop"}}),
    invoke({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-a1b2c3d4e5/r-ab12/*"}}),
    invoke(Resource=f"{SERVICE}/api.parking/GetRates"),
    invoke(Resource=f"{SERVICE}/my%20path"),
    invoke(Action=[f"{KEY}Connect", f"{KEY}Invoke"], Resource=[SERVICE, f"{SERVICE}/*"]),
    invoke({"StringNotEqualsIgnoreCase": {"aws:PrincipalType": "anonymous"}}, Principal="*"),
]


def never(key: str, value: Any, operator: str = "StringEquals") -> tuple[str, dict[str, Any], str]:
    return "value-never-matches", invoke({operator: {f"{KEY}{key}": value}}), value


#: the finding, the statement, the word that it stands at
PLANTED: list[tuple[str, dict[str, Any], str]] = [
    *(never("RequestMethod", value) for value in ("get", "Get", "GET ", "GET,POST")),
    never("RequestMethod", "g*", "StringLike"),
    *(never("RequestPath", value) for value in ("api", "/a#b", "https://x/y", "", "/find?q=1")),
    never("RequestPath", "api/*", "StringLike"),
    *(never("SourceVpc", value) for value in ("main", "VPC-1a2b3c4d", "subnet-0a1b2c3d4e5f67890")),
    *(
        never("SourceVpcOwnerAccount", value)
        for value in ("1111-2222-3333", "11112222333", "arn:aws:iam::111122223333:root")
    ),
    *(
        never("ServiceArn", value, "ArnLike")
        for value in (f"{SERVICE}/x", f"{SERVICE}/*", f"{LATTICE}servicenetwork/sn-0123456789abcdef0")
    ),
    never("ServiceNetworkArn", SERVICE, "ArnEquals"),
    never("Port", "0", "NumericEquals"),
    (
        "missing-arn-field",
        invoke({"ArnEquals": {f"{KEY}ServiceNetworkArn": "sn-0123456789abcdef0"}}),
        "sn-0123456789abcdef0",
    ),
    ("type-mismatch-number", invoke({"NumericEquals": {f"{KEY}Port": "https"}}), "https"),
    ("type-mismatch-number", invoke({"NumericEquals": {f"{KEY}Port": "80-90"}}), "80-90"),
    ("missing-qualifier", invoke({"StringEquals": {f"{KEY}RequestQueryString/q": "x"}}), f"{KEY}RequestQueryString/q"),
    (
        "unknown-condition-key",
        invoke({"ForAnyValue:StringEquals": {f"{KEY}RequestQueryString/": "x"}}),
        f"{KEY}RequestQueryString/",
    ),
    ("header-name-case", invoke({"StringEquals": {f"{KEY}RequestHeader/X-Team": "x"}}), f"{KEY}RequestHeader/X-Team"),
    (
        "unknown-condition-key",
        invoke({"StringEquals": {f"{KEY}RequestHeaders/x-team": "x"}}),
        f"{KEY}RequestHeaders/x-team",
    ),
    ("invalid-condition-key-format", invoke({"StringEquals": {"RequestMethod": "GET"}}), "RequestMethod"),
    (
        "unknown-condition-key",
        invoke({"StringEquals": {"vpc-lattice:RequestMethod": "GET"}}),
        "vpc-lattice:RequestMethod",
    ),
    ("condition-key-case", invoke({"StringEquals": {f"{KEY}requestMethod": "GET"}}), f"{KEY}requestMethod"),
    (
        "value-never-matches",
        invoke({"ArnEquals": {"aws:PrincipalArn": "arn:aws:sts::111122223333:assumed-role/app/run"}}),
        "arn:aws:sts::111122223333:assumed-role/app/run",
    ),
    (
        "value-never-matches",
        invoke({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-a1b2c3d4e5/r-ab12"}}),
        "o-a1b2c3d4e5/r-ab12",
    ),
    ("invalid-arn-resource", invoke(Resource=f"{LATTICE}service/orders/*"), f"{LATTICE}service/orders/*"),
    ("bare-service-arn", invoke(Resource=SERVICE), SERVICE),
    *(
        ("query-in-resource", invoke(Resource=f"{SERVICE}/{path}"), f"{SERVICE}/{path}")
        for path in ("x?y=1", "a#b", "my path", "listener/listener-0123456789abcdef0")
    ),
    (
        "network-as-resource",
        invoke(Resource=f"{LATTICE}servicenetwork/sn-0123456789abcdef0"),
        f"{LATTICE}servicenetwork/sn-0123456789abcdef0",
    ),
    ("invalid-arn-prefix", invoke(Resource="https://orders.example.com/*"), "https://orders.example.com/*"),
    ("path-on-connection", invoke(Action=[f"{KEY}Connect", f"{KEY}Invoke"]), f"{SERVICE}/*"),
    (
        "key-not-carried",
        invoke(
            {"StringEquals": {f"{KEY}RequestMethod": "GET", "aws:PrincipalOrgID": "o-a1b2c3d4e5"}},
            Action=f"{KEY}Connect",
            Resource=SERVICE,
            Principal="*",
        ),
        f"{KEY}RequestMethod",
    ),
    ("invalid-principal-format", invoke(Principal="111122223333"), "111122223333"),
    ("federated-principal-not-supported", invoke(Principal={"Federated": "accounts.google.com"}), "Federated"),
    ("invalid-action", invoke(Action=f"{KEY}Invoc"), f"{KEY}Invoc"),
    ("unsupported-action-in-policy", invoke(Action="vpc-lattice:GetService"), "vpc-lattice:GetService"),
]


@pytest.mark.parametrize("statement", SOUND, ids=range(len(SOUND)))
def test_a_sound_policy_yields_nothing(statement: dict[str, Any]) -> None:
    assert found("auth-policy", statement)[1] == []


@pytest.mark.parametrize(
    ("rule", "statement", "word"), PLANTED, ids=[f"{row[0]}-{at}" for at, row in enumerate(PLANTED)]
)
def test_a_mistake_is_found_once_and_at_its_word(rule: str, statement: dict[str, Any], word: str) -> None:
    text, told = found("auth-policy", statement)
    assert [item.rule for item in told] == [rule], [item.message for item in told]
    span = told[0].span
    assert span is not None and text[span.start :].startswith(json.dumps(word))


OLAP = "arn:aws:s3-object-lambda:us-west-2:111122223333:accesspoint/resized"
POINT = "arn:aws:s3:us-west-2:111122223333:accesspoint/photos"
FUNCTION = "arn:aws:lambda:us-west-2:111122223333:function:resize"
VIA = {"aws:CalledVia": "s3-object-lambda.amazonaws.com"}


def allow(action: Any, resource: str, condition: Any = None, principal: Any = ROLE) -> dict[str, Any]:
    base = {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": resource}
    return base | ({} if condition is None else {"Condition": condition})


#: the hops of Object Lambda (Object Lambda reference, section 12)
HOPS: list[tuple[str, dict[str, Any], list[str]]] = [
    ("object-lambda", allow("s3-object-lambda:GetObject", OLAP), []),
    ("object-lambda", allow("s3:GetObject", OLAP), ["unsupported-action-in-policy"]),
    ("object-lambda", allow("s3-object-lambda:GetObject", POINT), ["unsupported-resource-arn-in-policy"]),
    ("object-lambda", allow("s3-object-lambda:GetObject", f"{OLAP}/object/*"), ["path-behind-object-lambda"]),
    ("object-lambda", allow("s3-object-lambda:HeadObject", OLAP), ["invalid-action"]),
    ("object-lambda", allow("s3-object-lambda:GetObject", OLAP.replace("res", "Res")), ["invalid-arn-resource"]),
    ("object-lambda", allow("s3-object-lambda:GetObject", OLAP.replace("resized", "ab")), ["invalid-arn-resource"]),
    ("object-lambda", allow("s3-object-lambda:GetObject", OLAP.replace("resized", "a" * 46)), ["invalid-arn-resource"]),
    ("object-lambda", allow("s3-object-lambda:GetObject", OLAP.replace("resized", "a" * 45)), []),
    (
        "object-lambda",
        allow("s3-object-lambda:GetObject", OLAP, {"Bool": {"aws:ViaAWSService": "true"}}),
        ["key-absent-at-first-hop"],
    ),
    ("object-lambda", allow("s3-object-lambda:GetObject", OLAP, {"Bool": {"aws:ViaAWSService": "false"}}), []),
    (
        "object-lambda",
        allow("s3-object-lambda:GetObject", OLAP, {"ForAnyValue:StringEquals": VIA}),
        ["key-absent-at-first-hop"],
    ),
    (
        "object-lambda",
        allow("s3-object-lambda:ListBucket", OLAP, {"StringLike": {"s3:prefix": "a/*"}}),
        ["key-absent-at-first-hop"],
    ),
    ("access-point", allow("s3:GetObject", f"{POINT}/object/*", {"ForAnyValue:StringEquals": VIA}), []),
    (
        "access-point",
        allow("s3:GetObject", f"{POINT}/object/*", {"ForAllValues:StringEquals": VIA}),
        ["forallvalues-without-the-key"],
    ),
    (
        "access-point",
        allow(
            "s3:GetObject", f"{POINT}/object/*", {"ForAllValues:StringEquals": VIA, "Null": {"aws:CalledVia": "false"}}
        ),
        [],
    ),
    ("access-point", allow("s3:GetObject", f"{POINT}/object/*", {"StringEquals": VIA}), ["missing-qualifier"]),
    (
        "access-point",
        allow("s3:GetObject", f"{POINT}/object/*", {"ForAnyValue:StringEquals": {"aws:CalledVia": "s3-object-lambda"}}),
        ["value-never-matches"],
    ),
    ("access-point", allow(["s3:GetObject", "s3:ListBucket"], f"{POINT}/object/*"), ["action-not-for-resource"]),
    ("access-point", allow("s3:GetObject", POINT), ["action-not-for-resource"]),
    (
        "access-point",
        allow("s3:GetObject", f"{POINT}/object/*", {"ForAllValues:StringEquals": VIA, "ForAnyValue:StringEquals": VIA}),
        [],
    ),
    ("function", allow("lambda:InvokeFunction", f"{FUNCTION}:live"), []),
    ("function", allow("lambda:InvokeFunction", f"{FUNCTION}:$LATEST"), ["unsupported-resource-arn-in-policy"]),
    ("function", allow("lambda:InvokeFunction", "resize"), ["invalid-arn-prefix"]),
    (
        "function",
        allow("lambda:InvokeFunction", FUNCTION, principal={"Service": "s3-object-lambda.amazonaws.com"}),
        ["never-calls-the-function"],
    ),
]


@pytest.mark.parametrize(("kind", "statement", "rules"), HOPS, ids=range(len(HOPS)))
def test_a_mistake_at_a_hop_is_found_once(kind: str, statement: dict[str, Any], rules: list[str]) -> None:
    assert [item.rule for item in found(kind, statement)[1]] == rules
