"""Claims about the fields of resource types: what each changes in a document or in an answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

from policyc.targets.registry import resource_types
from tests.coverage import vpn_claims
from tests.coverage.access_claims import resources
from tests.coverage.iam_claims import CHAIN, NAMES, two_tests
from tests.coverage.lab import Claim, text_with, unproven
from tests.coverage.routing_claims import routing_fields

_CALLS = 'policy calls for identity on caller { allow "all" { can invoke  on api, api_two } }\n'
_NETWORK = '{ id: "sn-0123456789abcdef0", at: shop/us-west-2 }'
_SERVICE = '{ id: "svc-0a1b2c3d4e5f67890", at: shop/us-west-2, auth: aws_iam }'


def _lattice(mesh: str, mesh_two: str, api: str, api_two: str) -> str:
    """Two services on two networks; an empty network is left out."""
    out = NAMES
    for name, text, net in (("", mesh, api), ("_two", mesh_two, api_two)):
        link = f", network: mesh{name} }}" if text else " }"
        if text:
            out += f"resource mesh{name}: lattice.service_network {text}\n"
        out += f"resource api{name}: lattice.service {net.removesuffix('}').rstrip()}{link}\n"
    return out


def _probe(when: str) -> str:
    return "".join(
        f'policy probe{name} for lattice on api{name} {{ allow "probe" {{ who anyone  {when} }} }}\n'
        for name in ("", "_two")
    )


_ASK = 'who: caller, can: GET, path: "/a"'
_APART = two_tests(_ASK, "", "", "api", other="api_two")


def lattice_fields() -> Iterator[Claim]:
    two = _SERVICE.replace("0a1b2c3d4e5f67890", "0fffffffffffffff0")
    plain, off = _lattice(_NETWORK, "", _SERVICE, two), _SERVICE.replace("aws_iam", "none")
    id_of = 'when network_arn == "arn:aws:vpc-lattice:us-west-2:111122223333:servicenetwork/sn-0123456789abcdef0"'
    service = 'when service_arn == "arn:aws:vpc-lattice:us-west-2:111122223333:service/svc-0a1b2c3d4e5f67890"'
    network, kind = "lattice.service_network", "lattice.service"
    other_id = _NETWORK.replace("0123456789abcdef0", "0fffffffffffffff0")
    other_at = _NETWORK.replace("shop/", "other/")
    told = "yes, in the source map as the resource that the policy is put on"
    for field, second in (("id", other_id), ("at", other_at)):
        text = _lattice(_NETWORK, second, _SERVICE, two) + _CALLS + _probe(id_of) + _APART
        yield _claim(network, field, text, emitted=told)
    meshes = _NETWORK, _NETWORK.replace("shop/us-west-2", "shop/us-west-2, auth: aws_iam")
    refusing = _lattice(*meshes, _SERVICE, two) + _CALLS + _probe("")
    yield _claim(network, "auth", refusing + _APART, emitted="no: it decides whether the policy is asked")
    text = plain + _CALLS + _probe(service) + _APART
    yield _claim(kind, "id", text, "service/svc-0a1b2c3d4e5f67890/*", "lattice/probe.json")
    elsewhere = _SERVICE.replace("us-west-2", "eu-west-1")
    text = _lattice("", "", _SERVICE, elsewhere) + _CALLS + _probe(service) + _APART
    yield _claim(kind, "at", text, "vpc-lattice:eu-west-1:111122223333:service", "lattice/probe_two")
    text = _lattice("", meshes[1], _SERVICE, two) + _CALLS + _probe("") + _APART
    yield _claim(kind, "network", text, emitted="no: it says which gates a request passes")
    text = _lattice("", "", off, two) + _CALLS + two_tests(_ASK, "", "", "api", other="api_two")
    yield _claim(kind, "auth", text, emitted="no: it decides whether the policy is asked")
    grpc = _SERVICE.replace("aws_iam", "aws_iam, protocol: grpc")
    text = (
        _lattice("", "", grpc, two)
        + _CALLS
        + _probe("when method == POST")
        + two_tests('who: caller, path: "/a", can: invoke', "", "", "api", "undecided", "api_two")
    )
    yield _claim(kind, "protocol", text, emitted="no: it says which verbs and keys there are")
    named = _SERVICE.replace("aws_iam", 'aws_iam, domain: "api.example.com"')
    text = _lattice("", "", named, two) + _CALLS + _probe("") + _same(_ASK, "api", "api_two")
    yield _claim(kind, "domain", text, emitted="no: a name for people", simulated="no effect: policies never see it")


def _same(fields: str, first: str, second: str) -> str:
    return (
        f'test "with" {{ request {first} {{ {fields} }} expect allow }}\n'
        f'test "without" {{ request {second} {{ {fields} }} expect allow }}\n'
    )


def _claim(
    kind: str, field: str, text: str, find: str = "", document: str = "", emitted: str = "", simulated: str = "yes"
) -> Claim:
    finder = text_with(find) if find else None
    return Claim("resource fields", f"{kind}.{field}", text, finder, document, simulated, emitted)


def access_fields() -> Iterator[Claim]:
    group, endpoint = "verified_access.group", "verified_access.endpoint"
    verified = "idc.user.email.verified"
    plain = resources()
    open_app = f'policy probe for verified_access on staff {{ allow "probe" {{ when {verified} }} }}\n'
    second = 'resource app_two: verified_access.endpoint { id: "vae-0fffffffffffffff0", group: staff_two, protocol: https }\n'
    asks = _same(f"{verified}: true", "app", "app_two")
    told = "yes, in the source map as the resource that the policy is put on"
    silent = "no effect: policies never see it"
    for field, text in (("id", 'id: "vagr-0fffffffffffffff0", '), ("at", 'at: "111122223333"/us-west-2, ')):
        other = f"resource staff_two: verified_access.group {{ {text}trust: {{ idc: iam_identity_center }} }}\n"
        both = open_app + open_app.replace("probe for", "probe_two for").replace("staff", "staff_two")
        yield _claim(group, field, plain + other + second + both + asks, emitted=told, simulated=silent)
        at = text.replace("vagr", "vae")
        one = f"resource app_two: verified_access.endpoint {{ {at}group: staff, protocol: https }}\n"
        yield _claim(endpoint, field, plain + one + open_app + asks, emitted=told, simulated=silent)
    domain = plain + second.replace("staff_two", "staff").replace("https", 'https, domain: "a.example.com"')
    silent_name = "no: a name for people"
    hosts = 'policy probe for verified_access on staff { allow "probe" { when http_request.hostname == "a.example.com" } }\n'
    text = domain + hosts + two_tests("", "", "", "app_two", "undecided", "app")
    yield _claim(endpoint, "domain", text, emitted=silent_name, simulated="yes, as the host name of its requests")
    two_groups = plain + "resource staff_two: verified_access.group { trust: { idc: iam_identity_center } }\n" + second
    text = two_groups + open_app + two_tests(f"{verified}: true", "", "", "app", other="app_two")
    yield _claim(endpoint, "group", text, emitted="no: it says which policy is asked first")
    seen = two_groups.replace(
        "{ trust: { idc: iam_identity_center } }",
        '{ trust: { idc: iam_identity_center }, references: { idc: "corp" } }',
    )
    open_two = f'policy probe_two for verified_access on staff_two {{ allow "probe" {{ when {verified} == true }} }}\n'
    text = seen + open_two + two_tests(f"{verified}: true", "", "", "app_two", other="app")
    yield _claim(group, "references", text, "context.corp.user.email.verified", "verified_access/probe_two")
    text = plain + open_app + two_tests("", f"{verified}: true", f"{verified}: false", "app")
    yield _claim(group, "trust", text, "context.idc.user.email.verified", "verified_access/")
    claims = resources(trust="okta: oidc", more=", claims: { okta.level: int }")
    text = claims + 'policy probe for verified_access on staff { allow "probe" { when okta.level > 3 } }\n'
    text += two_tests("", "okta.level: 4", "okta.level: 3", "app")
    yield _claim(group, "claims", text, "context.okta.level", "verified_access/")
    sample = text.replace("claims: { okta.level: int }", 'claims_from: { okta: "sample.json" }')
    told_by = _claim(group, "claims_from", sample, "context.okta.level", "verified_access/")
    yield replace(told_by, files=(("sample.json", '{"level": 1}'),))
    flow = 'policy probe for verified_access on app { allow "probe" { when tcp_flow.destination_port == 22 } }\n'
    flow += 'policy gate for verified_access on staff { allow "all" { when true } }\n'
    text = resources("tcp") + flow + two_tests("tcp_flow.destination_port: ", "22", "23", "app")
    yield _claim(endpoint, "protocol", text, "context.tcp_flow.destination_port", "verified_access/probe")


_CHAIN_POLICY = 'policy probe for object_lambda on resized { allow "probe" { who caller  can GetObject } }\n'
_FUNCTION = 'policy calls for identity on caller { allow "function" { can InvokeFunction  on resize } }\n'
_GET = 'who: caller, can: GetObject, path: "cats/1.jpg"'
_SITE = 'principal site = cloudfront(shop, "E2ABCDEF123456")\nprincipal site_two = cloudfront(shop, "E9ZYXWVUT98765")\n'


def chain_fields() -> Iterator[Claim]:
    """Each field differs between two chains, of which one works, or its ARN stands in the identity policy of the caller."""
    policies = "object_lambda/"
    bucket, point, function, olap = "s3.bucket", "s3.access_point", "lambda.function", "object_lambda.access_point"
    identity = (
        (
            "photos",
            bucket,
            "name",
            'name: "acme-photos"',
            'name: "acme-other"',
            "arn:aws:s3:::acme-photos/*",
            "GetObject",
        ),
        (
            "photo_ap",
            point,
            "name",
            'name: "photos-ap"',
            'name: "other-ap"',
            "accesspoint/photos-ap/object/*",
            "GetObject",
        ),
        (
            "photo_ap",
            point,
            "at",
            "shop/us-west-2",
            "shop/eu-west-1",
            "arn:aws:s3:us-west-2:111122223333:",
            "GetObject",
        ),
        (
            "resize",
            function,
            "name",
            'name: "resize-image"',
            'name: "other"',
            "function:resize-image",
            "InvokeFunction",
        ),
        (
            "resize",
            function,
            "at",
            "shop/us-west-2",
            "shop/eu-west-1",
            "lambda:us-west-2:111122223333",
            "InvokeFunction",
        ),
        (
            "resize",
            function,
            "qualifier",
            'name: "resize-image"',
            'name: "resize-image", qualifier: "live"',
            "",
            "InvokeFunction",
        ),
        ("resized", olap, "name", 'name: "photos-resized"', 'name: "other"', "accesspoint/photos-resized", "GetObject"),
        (
            "resized",
            olap,
            "at",
            "shop/us-west-2",
            "shop/eu-west-1",
            "s3-object-lambda:us-west-2:111122223333",
            "GetObject",
        ),
    )
    for name, kind, field, text, other, arn, verb in identity:
        yield _by_identity(name, kind, field, text, other, arn, verb)
    away = CHAIN.replace('acme-photos", at: shop', 'acme-photos", at: other')
    calls = 'policy calls for identity on caller { allow "b" { can GetObject  on photos } }\n'
    tests = two_tests(_GET, "", "", "home", other="photos")
    home = 'resource home: s3.bucket { name: "acme-home", at: shop/us-west-2 }\n'
    both = calls.replace("on photos", "on photos, home")
    yield _claim(bucket, "at", away + home + both + tests, "arn:aws:s3:::acme-home/*", "identity/calls")
    yield _vpc(point)
    for kind_of, field, find, document in (
        (point, "bucket", "arn:aws:s3:::acme-two/*", "object_lambda/photos_two"),
        (olap, "supporting", "accesspoint/ap-two/object/*", "object_lambda/ap_two"),
        (olap, "function", "function:near", "object_lambda/near.function_policy"),
    ):
        gates = {
            "bucket": ("photos", "photos_two"),
            "supporting": ("photo_ap", "ap_two"),
            "function": ("resize", "near"),
        }
        yield _claim(kind_of, field, _TWO_CHAINS + _two_policies() + _FUNCTION + _apart(*gates[field]), find, document)
    lists = CHAIN.replace("function: resize,", "function: resize, actions: [GetObject, ListObjectsV2],")
    deny = 'deny "no-function" { can InvokeFunction  on resize }'
    listing = _CHAIN_POLICY.replace("GetObject", "ListBucket")
    without = "policy calls for identity on caller { " + deny + " }\n"
    two_calls = 'test "with" { request resized { who: caller, can: ListObjects } expect allow }\n'
    two_calls += 'test "without" { request resized { who: caller, can: ListObjectsV2 } expect deny at resize }\n'
    yield _claim(
        olap,
        "actions",
        lists + listing + without + two_calls,
        "WriteGetObjectResponse",
        "object_lambda/resize.execution",
    )
    features = CHAIN.replace("function: resize,", 'function: resize, features: ["GetObject-Range"],')
    yield _claim(
        olap,
        "features",
        features + _CHAIN_POLICY + two_tests("", _GET, _GET.replace("caller", "second"), "resized"),
        emitted="no: checked against the documented features",
        simulated="no effect: policies never see it",
    )
    source = CHAIN.replace("function: resize,", "function: resize, function_source: distribution,") + _SITE
    by_site = 'policy probe for object_lambda on resized { allow "probe" { who site  can GetObject } }\n'
    tests = two_tests('can: GetObject, path: "a", ', "who: site", "who: site_two", "resized")
    yield _claim(
        olap, "function_source", source + by_site + tests, "E2ABCDEF123456", f"{policies}resize.function_policy"
    )
    roles = CHAIN + _CHAIN_POLICY
    refused = 'principal resize_role = role(shop, "resize")\npolicy no_answer for identity on resize_role { deny "no" { can WriteGetObjectResponse  on resized } }\n'
    other = roles + refused + 'test "without" { request resized { ' + _GET + ' } expect deny by "no" }\n'
    yield Claim(
        "resource fields",
        f"{function}.role",
        other,
        None,
        "",
        "yes",
        "yes, as the carrier of the execution role's policy",
        tests=1,
    )


def _by_identity(name: str, kind: str, field: str, text: str, other: str, arn: str, verb: str) -> Claim:
    """A second resource that differs in the field alone: the caller's policy on the first does not open it."""
    line = next(item for item in _declarations() if item.startswith(f"resource {name}:"))
    twin = line.replace(f"resource {name}:", "resource twin:").replace(text, other)
    assert twin.count(other) == 1 and line != twin
    if kind == "object_lambda.access_point" and field == "at":
        twin = 'resource near: lambda.function { name: "near", at: shop/eu-west-1 }\n' + twin.replace(
            "function: resize", "function: near"
        )
    on = "twin" if field == "qualifier" else name
    more = ' allow "bucket" { can GetObject  on photos }' if kind == "s3.access_point" else ""
    extra = ""
    if kind == "object_lambda.access_point":
        more = ' allow "b" { can GetObject  on photos } allow "a" { can GetObject  on photo_ap } allow "f" { can InvokeFunction  on resize }'
        extra = 'policy chain for object_lambda on resized { allow "other" { who person  can DeleteObject } }\n'
    calls = f'policy calls for identity on caller {{ allow "probe" {{ can {verb}  on {on} }}{more} }}\n'
    ask = f"who: caller, can: {verb}" + (', path: "cats/1.jpg"' if verb == "GetObject" else "")
    first, second = ("twin", name) if field == "qualifier" else (name, "twin")
    tests = two_tests(ask, "", "", first, other=second)
    return _claim(
        kind, field, CHAIN + twin + "\n" + extra + calls + tests, arn or "function:resize-image:live", "identity/calls"
    )


def _declarations() -> list[str]:
    return ["resource " + part.strip() for part in CHAIN.split("resource ")[1:]]


_TWO_CHAINS = (
    CHAIN
    + """
resource photos_two: s3.bucket { name: "acme-two", at: other/us-west-2 }
resource ap_two: s3.access_point { name: "ap-two", at: shop/us-west-2, bucket: photos_two }
resource near: lambda.function { name: "near", at: shop/us-west-2 }
resource resized_two: object_lambda.access_point {
  name: "resized-two", at: shop/us-west-2, supporting: ap_two, function: near,
}
"""
)


def _two_policies() -> str:
    return _CHAIN_POLICY + _CHAIN_POLICY.replace("probe for", "probe_two for").replace("on resized", "on resized_two")


def _apart(gate: str, gate_two: str) -> str:
    """A request through each chain, which passes a gate that the other one has not."""
    return (
        f'test "with" {{ request resized {{ {_GET} }} expect allow at {gate} }}\n'
        f'test "without" {{ request resized_two {{ {_GET} }} expect allow at {gate_two} }}\n'
    )


def _vpc(kind: str) -> Claim:
    point = CHAIN.replace("bucket: photos }", 'bucket: photos, vpc: "vpc-0a1b2c3d4e5f67890" }')
    calls = 'policy calls for identity on caller { allow "a" { can GetObject  on photo_ap } allow "b" { can GetObject  on photos } }\n'
    good, bad = (f'{_GET}, aws.SourceVpc: "{vpc}"' for vpc in ("vpc-0a1b2c3d4e5f67890", "vpc-0fffffffffffffff0"))
    tests = two_tests("", good, bad, "photo_ap")
    return _claim(kind, "vpc", point + calls + tests, emitted="no: it says which requests S3 lets in")


def guarded_fields() -> Iterator[Claim]:
    """The key of a bucket, and Block Public Access where a pattern of callers makes a policy public."""
    key = 'kms_key: "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"'
    locked = CHAIN.replace('name: "acme-photos", at: shop/us-west-2', f'name: "acme-photos", at: shop/us-west-2, {key}')
    plain = 'resource plain: s3.bucket { name: "acme-plain", at: shop/us-west-2 }\n'
    calls = 'policy calls for identity on caller { allow "p" { can GetObject  on photos } allow "q" { can GetObject  on plain } }\n'
    tests = two_tests(_GET, "", "", "plain", "undecided at key", "photos")
    yield _claim(
        "s3.bucket", "kms_key", locked + plain + calls + tests, emitted="no: it says which key policy is asked"
    )
    yield from (_blocking(kind, name) for kind, name in (("s3.access_point", "photo_ap"), ("s3.bucket", "photos")))


def _blocking(kind: str, name: str) -> Claim:
    """A policy for everyone, put there by somebody else, serves a stranger only where Block Public Access is off."""
    line = next(item for item in _declarations() if item.startswith(f"resource {name}:"))
    twin = line.replace(f"resource {name}:", "resource open_one:").replace('name: "', 'name: "open-')
    twin = twin.replace(" }", ", block_public_access: off }") + "\n"
    on = ", ".join(f"{item}" for item in (name, "open_one"))
    behind = ' allow "bucket" { can GetObject  on photos }' if kind == "s3.access_point" else ""
    calls = f'policy calls for identity on second {{ allow "get" {{ can GetObject  on {on} }}{behind} }}\n'
    tests = two_tests(_GET.replace("caller", "second"), "", "", "open_one", other=name)
    role = "bucket" if kind == "s3.bucket" else "supporting_access_point"
    allow = {"Sid": "All", "Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}
    public = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    bucket = allow | {"Condition": {"StringEquals": {"s3:DataAccessPointAccount": "111122223333"}}}
    given = [(item, role, public) for item in (name, "open_one")]
    if kind == "s3.access_point":
        given.append(("photos", "bucket", json.dumps({"Version": "2012-10-17", "Statement": [bucket]})))
    claim = _claim(kind, "block_public_access", CHAIN + twin + calls + tests, emitted="no: it says what S3 refuses")
    return replace(claim, beside=tuple(given))


def plain_fields() -> Iterator[Claim]:
    """The kind decides what the document may say and how its file is called; the name is for people and templates."""
    carrier = 'resource photos: iam_document.carrier {{ kind: {}, name: "acme-photos" }}\n'
    denies = 'policy probe for iam_document on photos {{ deny "probe" {{ {} can raw("s3:*")  on raw("*") }} }}\n'
    asked = "no request: the built document is asked with `policyc simulate`"
    bucket = carrier.format("bucket") + denies.format("who anyone ")
    yield Claim(
        "resource fields", "iam_document.carrier.kind", bucket, None, "iam_document/probe.bucket", asked, "yes", tests=0
    )
    told = "yes, in templates that `build --to` writes"
    yield Claim(
        "resource fields", "iam_document.carrier.name", bucket, None, "iam_document/probe.bucket", asked, told, tests=0
    )


def every_field() -> Iterator[Claim]:
    """All of them; a field of the vocabulary without a claim becomes one that fails."""
    found = [
        *lattice_fields(),
        *routing_fields(),
        *access_fields(),
        *vpn_claims.fields(),
        *chain_fields(),
        *guarded_fields(),
        *plain_fields(),
    ]
    known = [f"{kind.name}.{field}" for kind in resource_types().values() for field in kind.fields]
    yield from found
    for entry in sorted(set(known) - {claim.entry for claim in found}):
        yield unproven("resource fields", entry)
