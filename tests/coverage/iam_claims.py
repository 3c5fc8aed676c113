"""Claims about the targets whose documents are IAM JSON: lattice, identity, object_lambda."""

from __future__ import annotations

from collections.abc import Iterator

from policyc.model.vocabulary import Attribute, load_vocabulary
from policyc.targets.registry import resource_types
from tests.coverage.lab import Claim, action, condition_key
from tests.coverage.samples import pair

NAMES = """
let shop: account = "111122223333"
let other: account = "444455556666"
principal caller = role(shop, "caller")
principal second = role(other, "second")
principal person = user(shop, "person")
"""
LATTICE = (
    NAMES
    + """
resource mesh: lattice.service_network { id: "sn-0123456789abcdef0", at: shop/us-west-2, auth: aws_iam }
resource mesh_two: lattice.service_network { id: "sn-0fffffffffffffff0", at: shop/us-west-2 }
resource api: lattice.service { id: "svc-0a1b2c3d4e5f67890", at: shop/us-west-2, network: mesh, auth: aws_iam, protocol: mixed }
resource api_two: lattice.service { id: "svc-0fffffffffffffff0", at: shop/us-west-2, network: mesh_two, auth: aws_iam }
"""
)
CHAIN = (
    NAMES
    + """
resource photos: s3.bucket { name: "acme-photos", at: shop/us-west-2 }
resource photo_ap: s3.access_point { name: "photos-ap", at: shop/us-west-2, bucket: photos }
resource resize: lambda.function { name: "resize-image", at: shop/us-west-2, role: role(shop, "resize") }
resource resized: object_lambda.access_point {
  name: "photos-resized", at: shop/us-west-2, supporting: photo_ap, function: resize,
}
"""
)
OPEN_NETWORK = 'policy gate for lattice on mesh { allow "all" { who anyone } }\n'
OPEN_SERVICES = """
policy open for lattice on api { allow "all" { who anyone } }
policy open_two for lattice on api_two { allow "all" { who anyone } }
"""
CALLS = """
policy calls for identity on caller { allow "all" { can invoke, connect  on api, api_two } }
policy second_calls for identity on second { allow "all" { can invoke  on api } }
policy person_calls for identity on person { allow "all" { can invoke  on api } }
"""


def spelled(attribute: Attribute) -> str:
    """The attribute as a policy writes it; keyed ones with a key."""
    key = "aws:NewKey" if attribute.name == "key[]" else "team"
    return attribute.name.replace("[]", f'["{key}"]')


def native(attribute: Attribute) -> str:
    return attribute.native + ("aws:NewKey" if attribute.name == "key[]" else "team" if attribute.keyed else "")


def condition(attribute: Attribute, value: str) -> str:
    """The plainest test that the attribute takes."""
    name = spelled(attribute)
    return f"{value} in {name}" if attribute.many else f"{name} == {value}"


def two_tests(fields: str, good: str, bad: str, resource: str, refusal: str = "deny", other: str = "") -> str:
    """Two requests, of which only the first is allowed."""
    return (
        f'test "with" {{ request {resource} {{ {fields}{good} }} expect allow }}\n'
        f'test "without" {{ request {other or resource} {{ {fields}{bad} }} expect {refusal} }}\n'
    )


# --- attributes -------------------------------------------------------------------------------------------------

#: attributes that follow from other parts of a request: what makes the difference instead of stating them
_FROM_REQUEST = {
    "method": ("GET", 'who: caller, can: GET, path: "/a"', 'who: caller, can: POST, path: "/a"'),
    "request_path": ('"/a"', 'who: caller, can: GET, path: "/a"', 'who: caller, can: GET, path: "/b"'),
    "aws.PrincipalArn": (
        '"arn:aws:iam::111122223333:role/caller"',
        'who: caller, can: GET, path: "/a"',
        'who: second, can: GET, path: "/a"',
    ),
    "aws.PrincipalAccount": (
        '"111122223333"',
        'who: caller, can: GET, path: "/a"',
        'who: second, can: GET, path: "/a"',
    ),
    "aws.PrincipalType": ('"AssumedRole"', 'who: caller, can: GET, path: "/a"', 'who: person, can: GET, path: "/a"'),
    "aws.username": ('"person"', 'who: person, can: GET, path: "/a"', 'who: caller, can: GET, path: "/a"'),
    "aws.PrincipalIsAWSService": (
        "false",
        'who: caller, can: GET, path: "/a"',
        'who: service("ec2.amazonaws.com"), can: GET, path: "/a"',
    ),
    "aws.PrincipalServiceName": (
        '"ec2.amazonaws.com"',
        'who: service("ec2.amazonaws.com"), can: GET, path: "/a"',
        'who: service("sns.amazonaws.com"), can: GET, path: "/a"',
    ),
    "aws.PrincipalServiceNamesList": (
        '"ec2.amazonaws.com"',
        'who: service("ec2.amazonaws.com"), can: GET, path: "/a"',
        'who: service("sns.amazonaws.com"), can: GET, path: "/a"',
    ),
}
#: keys that tell services from other callers; who carries an identity policy is never a service
_OF_SERVICES = ("aws.PrincipalIsAWSService", "aws.PrincipalServiceName", "aws.PrincipalServiceNamesList")


def lattice_attributes() -> Iterator[Claim]:
    for attribute in load_vocabulary("lattice").attributes.values():
        find = condition_key(native(attribute))
        section, entry = "lattice attributes", attribute.name
        if attribute.name in _FROM_REQUEST:
            value, good, bad = _FROM_REQUEST[attribute.name]
            text = (
                LATTICE
                + OPEN_NETWORK
                + CALLS
                + (
                    f'policy probe for lattice on api {{ allow "probe" {{ who anyone  when {condition(attribute, value)} }} }}\n'
                )
                + two_tests("", good, bad, "api")
            )
            yield Claim(section, entry, text, find, "lattice/probe")
            continue
        value, other = pair(attribute)
        test = condition(attribute, value)
        if attribute.name in ("network_arn", "service_arn"):
            text = (
                LATTICE
                + OPEN_NETWORK
                + CALLS
                + (
                    f'policy probe for lattice on api {{ allow "probe" {{ who anyone  when {test} }} }}\n'
                    f'policy probe_two for lattice on api_two {{ allow "probe" {{ who anyone  when {test} }} }}\n'
                )
                + two_tests('who: caller, can: GET, path: "/a"', "", "", "api", other="api_two")
            )
            yield Claim(section, entry, text, find, "lattice/probe.json")
            continue
        text = (
            LATTICE
            + OPEN_NETWORK
            + CALLS
            + (f'policy probe for lattice on api {{ allow "probe" {{ who anyone  when {test} }} }}\n')
            + two_tests(
                'who: caller, can: GET, path: "/a", ',
                f"{spelled(attribute)}: {value}",
                f"{spelled(attribute)}: {other}",
                "api",
            )
        )
        yield Claim(section, entry, text, find, "lattice/probe")


def identity_attributes() -> Iterator[Claim]:
    for attribute in load_vocabulary("identity").attributes.values():
        yield _identity_attribute(attribute)


def _identity_attribute(attribute: Attribute) -> Claim:
    section, entry, find = "identity attributes", attribute.name, condition_key(native(attribute))
    service = attribute.native.partition(":")[0]
    if service in ("s3", "s3-object-lambda"):
        return _identity_storage(attribute)
    if attribute.name in _FROM_REQUEST:
        value, good, bad = _FROM_REQUEST[attribute.name]
        if attribute.name in _OF_SERVICES:
            value = value.replace("false", "true")
            probe = f'policy probe for identity on caller {{ allow "probe" {{ can invoke  on api  when {condition(attribute, value)} }} }}\n'
            ask = 'request api { who: caller, can: GET, path: "/a" }'
            tests = f'test "no carrier of the policy is a service" {{ {ask} expect deny at identity }}\n'
            text = LATTICE + OPEN_NETWORK + OPEN_SERVICES + probe + tests
            reason = "no effect: no carrier is a service"
            return Claim(section, entry, text, find, "identity/probe", reason, tests=1)
        carriers = ("caller", "second", "person")
        calls = "".join(
            f'policy calls_{name} for identity on {name} {{ allow "probe" {{ can invoke  on api  when {condition(attribute, value)} }} }}\n'
            for name in carriers
        )
        text = LATTICE + OPEN_NETWORK + OPEN_SERVICES + calls + two_tests("", good, bad, "api")
        return Claim(section, entry, text, find, "identity/calls_caller")
    value, other = pair(attribute)
    test = condition(attribute, value)
    probe = f'policy probe for identity on caller {{ allow "probe" {{ can invoke  on api, api_two  when {test} }} }}\n'
    request = 'who: caller, can: GET, path: "/a"'
    if attribute.name in ("network_arn", "service_arn"):
        tests = two_tests(request, "", "", "api", other="api_two")
    else:
        name = spelled(attribute)
        tests = two_tests(request, f", {name}: {value}", f", {name}: {other}", "api")
    return Claim(section, entry, LATTICE + OPEN_NETWORK + OPEN_SERVICES + probe + tests, find, "identity/probe")


#: keys that S3 adds for an access point: what differs is the access point itself
_OF_ACCESS_POINT = {
    "s3.data_access_point_account": '"111122223333"',
    "s3.data_access_point_arn": '"arn:aws:s3:us-west-2:111122223333:accesspoint/photos-ap"',
    "s3.access_point_network_origin": '"Internet"',
    "s3.resource_account": '"111122223333"',
}


def _identity_storage(attribute: Attribute) -> Claim:
    """Keys of S3 decide on the access point, those of Object Lambda at the Object Lambda access point."""
    section, entry, find = "identity attributes", attribute.name, condition_key(native(attribute))
    name = spelled(attribute)
    on = "resized" if attribute.native.startswith("s3-object-lambda:") else "photo_ap"
    verb = "GetObjectVersion" if attribute.native.lower().endswith(":versionid") else "GetObject"
    verb = "ListBucket" if attribute.name in ("s3.prefix", "s3.delimiter", "s3.max_keys") else verb
    path = "" if verb == "ListBucket" else ', path: "cats/1.jpg"'
    ask = f"who: caller, can: {verb}{path}"
    behind = (
        f"""
  allow "function" {{ can InvokeFunction  on resize }}
  allow "access-point" {{ can {verb}  on photo_ap }}
"""
        if on == "resized"
        else ""
    )
    behind += f'allow "bucket" {{ can {verb}  on photos }}\n'
    extra = 'policy chain for object_lambda on resized { allow "other" { who person  can DeleteObject } }\n'
    if attribute.name in _OF_ACCESS_POINT:
        value = _OF_ACCESS_POINT[attribute.name]
        probe = f'policy probe for identity on caller {{ allow "probe" {{ can {verb}  on photo_ap, ap_two  when {condition(attribute, value)} }} {behind} allow "bucket-two" {{ can {verb}  on photos_two }} }}\n'
        two = (
            'resource photos_two: s3.bucket { name: "acme-two", at: other/us-west-2 }\n'
            "resource ap_two: s3.access_point "
            '{ name: "ap-two", at: shop/us-west-2, bucket: photos_two, vpc: "vpc-0a1b2c3d4e5f67890" }\n'
        )
        if attribute.name == "s3.data_access_point_account":
            two = two.replace('"ap-two", at: shop', '"ap-two", at: other')
        tests = two_tests(ask, "", ', aws.SourceVpc: "vpc-0a1b2c3d4e5f67890"', "photo_ap", other="ap_two")
        tests = tests.replace("expect deny", "expect deny at ap_two")
        return Claim(section, entry, CHAIN + two + probe + extra + tests, find, "identity/probe")
    value, second = pair(attribute)
    probe = (
        f'policy probe for identity on caller {{ allow "probe" {{ can {verb}  on {on}  when {condition(attribute, value)} }} '
        f"{behind} }}\n"
    )
    tests = two_tests(ask, f", {name}: {value}", f", {name}: {second}", on)
    return Claim(section, entry, CHAIN + probe + extra + tests, find, "identity/probe")


def object_lambda_attributes() -> Iterator[Claim]:
    """What a policy on an Object Lambda access point can test; the keys of S3 belong to the callers' identity policies."""
    people = "".join(
        f'policy {name}_calls for identity on {name} {{ allow "function" {{ can InvokeFunction  on resize }} '
        f'allow "access-point" {{ can GetObject, GetObjectVersion  on photo_ap }} }}\n'
        for name in ("caller", "person")
    )
    for attribute in load_vocabulary("object_lambda").attributes.values():
        section, entry, find = "object_lambda attributes", attribute.name, condition_key(native(attribute))
        refused = ""
        if attribute.native.startswith("s3:"):
            refused = "key-not-at-object-lambda"
        elif attribute.name.startswith("aws.CalledVia"):
            refused = "called-via-at-first-hop"
        versioned = attribute.name == "olap.version_id"
        verb = "GetObjectVersion" if versioned else "GetObject"
        ask = f'who: caller, can: {verb}, path: "cats/1.jpg"'
        who = "caller, person, second"
        if attribute.name in _OF_SERVICES:
            who += ', service("ec2.amazonaws.com"), service("sns.amazonaws.com")'
        if attribute.name in _FROM_REQUEST:
            value, good, bad = _FROM_REQUEST[attribute.name]
            fix = ', can: GetObject, path: "cats/1.jpg"'
            good, bad = good.partition(",")[0] + fix, bad.partition(",")[0] + fix
            tests = two_tests("", good, bad, "resized")
        else:
            value, other = pair(attribute)
            tests = two_tests(ask, f", {spelled(attribute)}: {value}", f", {spelled(attribute)}: {other}", "resized")
        probe = (
            "policy probe for object_lambda on resized { "
            f'allow "probe" {{ who {who}  can {verb}  when {condition(attribute, value)} }} }}\n'
        )
        yield Claim(section, entry, CHAIN + people + probe + tests, find, "object_lambda/resized", refused=refused)


# --- verbs ------------------------------------------------------------------------------------------------------


def lattice_verbs() -> Iterator[Claim]:
    """A verb in the policy of a service and of a service network: allowed, and another verb not."""
    for kind, on, section in (
        ("lattice.service", "api", "lattice verbs"),
        ("lattice.service_network", "mesh", "lattice verbs"),
    ):
        for verb in resource_types()[kind].verbs.values():
            other = "POST" if verb.name != "POST" else "GET"
            if verb.name == "invoke":
                ask, no = "can: PUT", "can: connect"
            else:
                ask, no = f"can: {verb.name}", f"can: {other}"
            caller = "anonymous" if "connect" in ask + no else "caller"
            rest = 'policy open for lattice on api { allow "all" { who anyone } }\n' if on == "mesh" else OPEN_NETWORK
            text = (
                LATTICE
                + rest
                + CALLS
                + (f'policy probe for lattice on {on} {{ allow "probe" {{ who anyone  can {verb.name} }} }}\n')
                + two_tests(f"who: {caller}, ", ask, no, "api")
            )
            key, value = verb.requires[0] if verb.requires else ("", "")
            yield Claim(section, f"{kind} {verb.name}", text, action(verb.action, key, value), "lattice/probe")


_TARGETS_OF_CALLS = {
    "lattice.service": ("api", LATTICE + OPEN_NETWORK + OPEN_SERVICES),
    "s3.bucket": ("photos", CHAIN),
    "s3.access_point": ("photo_ap", CHAIN),
    "lambda.function": ("resize", CHAIN),
    "object_lambda.access_point": ("resized", CHAIN),
}


def identity_verbs() -> Iterator[Claim]:
    """A verb in the policy of a caller: with it the request passes, with another verb it does not."""
    for kind in resource_types().values():
        if not kind.verbs:
            continue
        for verb in kind.verbs.values():
            yield _identity_verb(kind.name, verb.name)


def _identity_verb(kind: str, name: str) -> Claim:
    verb = resource_types()[kind].verbs[name]
    section, entry = "identity verbs", f"{kind} {name}"
    key, value = verb.requires[0] if verb.requires else ("", "")
    find = action(verb.action, key, value)
    if kind == "lattice.service_network":
        base = LATTICE + OPEN_NETWORK + OPEN_SERVICES
        text = base + f'policy probe for identity on caller {{ allow "probe" {{ can {name}  on mesh }} }}\n'
        return Claim(section, entry, text, refused="no-requests-here")
    on, base = _TARGETS_OF_CALLS[kind]
    if kind == "lattice.service":
        other = "POST" if name not in ("POST", "invoke") else "GET"
        ask, no = ("PUT", "connect") if name == "invoke" else (name, other)
        # Connections through TLS passthrough carry no caller, so they are asked on behalf of nobody's policy.
        tests = two_tests("who: caller, ", f"can: {ask}", f"can: {no}", on)
        text = base + f'policy probe for identity on caller {{ allow "probe" {{ can {name}  on {on} }} }}\n' + tests
        return Claim(section, entry, text, find, "identity/probe")
    others = [item.name for item in resource_types()[kind].verbs.values() if item.action != verb.action]
    key = ', path: "cats/1.jpg"'
    extra = behind = ""
    if kind == "object_lambda.access_point":
        behind = 'allow "function" { can InvokeFunction  on resize }' + _everything("photo_ap") + _everything("photos")
        extra = 'policy chain for object_lambda on resized { allow "other" { who person  can DeleteObject } }\n'
    elif kind == "s3.access_point":
        behind = _everything("photos")
    probe = f'policy probe for identity on caller {{ allow "probe" {{ can {name}  on {on} }} {behind} }}\n'
    if others:
        good, bad = (f"can: {word}{'' if _on_whole(word) else key}" for word in (name, others[0]))
        tests = two_tests("who: caller, ", good, bad, on)
    else:
        tests = two_tests("", f"who: caller, can: {name}", f"who: second, can: {name}", on)
    return Claim(section, entry, base + probe + extra + tests, find, "identity/probe")


def _everything(resource: str) -> str:
    """Every verb on a resource, as two statements, because `can` names at least one verb."""
    return f' allow "{resource}-1" {{ can not ListParts  on {resource} }} allow "{resource}-2" {{ can ListParts  on {resource} }}'


def _on_whole(verb: str) -> bool:
    """Whether a call lists a bucket rather than naming an object."""
    return "List" in verb and "Part" not in verb


def object_lambda_verbs() -> Iterator[Claim]:
    kind = resource_types()["object_lambda.access_point"]
    behind = _everything("photo_ap") + _everything("photos")
    calls = f'policy calls for identity on caller {{ allow "function" {{ can InvokeFunction  on resize }} {behind} }}\n'
    for verb in kind.verbs.values():
        permission = verb.action.partition(":")[2]
        refused = "" if verb.name == permission else "verb-without-permission"
        other = "PutObjectAcl" if verb.name != "PutObjectAcl" else "PutObjectTagging"
        path = "" if _on_whole(verb.name) else ', path: "cats/1.jpg"'
        text = (
            CHAIN
            + calls
            + (f'policy probe for object_lambda on resized {{ allow "probe" {{ who caller  can {verb.name} }} }}\n')
            + two_tests("who: caller, ", f"can: {verb.name}{path}", f'can: {other}, path: "cats/1.jpg"', "resized")
        )
        yield Claim(
            "object_lambda verbs", verb.name, text, action(verb.action), "object_lambda/resized", refused=refused
        )
