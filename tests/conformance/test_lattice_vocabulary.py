"""The words of VPC Lattice against the service authorization reference: every action and key, with its shape."""

from __future__ import annotations

import json

import pytest

from policyc.data import read_text
from policyc.model.vocabulary import load_vocabulary

PREFIX = "vpc-lattice-svcs:"
#: key -> (type, many, whether every HTTP request has it), Lattice reference section 3
KEYS = {
    "Port": ("port", False, True),
    "RequestMethod": ("http_method", False, True),
    "RequestPath": ("string", False, True),
    "RequestHeader/": ("string", False, False),
    "RequestQueryString/": ("string", True, False),
    "ServiceNetworkArn": ("arn", False, True),
    "ServiceArn": ("arn", False, True),
    "SourceVpc": ("vpc_id", False, True),
    "SourceVpcOwnerAccount": ("account", False, True),
}
#: keys with a set of values, IAM reference section 8.3
SETS = {
    "aws:CalledVia",
    "aws:PrincipalOrgPaths",
    "aws:PrincipalServiceNamesList",
    "aws:ResourceOrgPaths",
    "aws:TagKeys",
    "aws:SourceOrgPaths",
    "aws:VpceOrgPaths",
}
#: keys of which the reference says when they are present, section 9
GLOBAL = {
    "CurrentTime",
    "EpochTime",
    "RequestedRegion",
    "SecureTransport",
    "UserAgent",
    "ViaAWSService",
    "PrincipalAccount",
    "PrincipalType",
    "userid",
    "PrincipalArn",
    "username",
    "PrincipalOrgID",
    "PrincipalOrgPaths",
    "PrincipalTag/",
    "PrincipalIsAWSService",
    "PrincipalServiceName",
    "PrincipalServiceNamesList",
    "SourceArn",
    "SourceAccount",
    "SourceOrgID",
    "SourceOrgPaths",
    "CalledVia",
    "CalledViaFirst",
    "CalledViaLast",
    "SourceIp",
    "SourceVpc",
    "SourceVpce",
    "VpcSourceIp",
    "MultiFactorAuthPresent",
    "MultiFactorAuthAge",
    "TokenIssueTime",
    "FederatedProvider",
    "SourceIdentity",
    "ResourceAccount",
    "ResourceOrgID",
    "ResourceOrgPaths",
    "ResourceTag/",
    "RequestTag/",
    "TagKeys",
    "referer",
}
ALWAYS = {
    "CurrentTime",
    "EpochTime",
    "RequestedRegion",
    "SecureTransport",
    "UserAgent",
    "ViaAWSService",
    "PrincipalAccount",
    "PrincipalType",
    "userid",
}


def test_every_key_of_the_service() -> None:
    found = {
        item.native.removeprefix(PREFIX): (str(item.type), item.many, item.presence == "always")
        for item in load_vocabulary("lattice").attributes.values()
        if item.native.startswith(PREFIX)
    }
    assert found == KEYS


def test_every_global_key() -> None:
    known = {item.native: item for item in load_vocabulary("lattice").attributes.values()}
    for name in GLOBAL:
        item = known[f"aws:{name}"]
        assert item.keyed is name.endswith("/")
        assert (item.presence == "always") is (name in ALWAYS), name
    assert {native for native, item in known.items() if item.many and native.startswith("aws:")} == SETS
    raw = known[""]
    assert (raw.name, raw.keyed, raw.with_key("x:Y").native) == ("key[]", True, "x:Y")


def test_every_action() -> None:
    for kind in load_vocabulary("lattice").resource_types.values():
        actions = {verb.action for verb in kind.verbs.values()}
        if not kind.policies:  # listeners and rules: nobody asks for them
            assert not actions and not kind.arn
            continue
        assert actions == {"vpc-lattice-svcs:Invoke", "vpc-lattice-svcs:Connect"}
        for verb in kind.verbs.values():
            # HTTP is Invoke below the ARN, TLS passthrough Connect on the ARN itself
            assert (verb.below == "") is (verb.action == "vpc-lattice-svcs:Invoke")
            # the complement of a verb has to be one test
            assert len(verb.requires) <= 1
            method = {value for key, value in verb.requires if key == f"{PREFIX}RequestMethod"}
            assert method == (set() if verb.name in ("invoke", "connect") else {verb.name})


@pytest.mark.parametrize("name", ["schemas/iam/global.json", "schemas/lattice/vocabulary.json"])
def test_every_entry_has_a_source(name: str) -> None:
    entries = json.loads(read_text(name))
    places = [entries]
    count = 0
    while places:
        place = places.pop()
        if isinstance(place, dict):
            if "doc" in place:
                count += 1
                assert place["doc"] and not place["doc"].endswith(".")
                assert place["source"].startswith("https://docs.aws.amazon.com/"), place
            places.extend(place.values())
    assert count > 20


def test_natives_are_told_apart_without_regard_to_case() -> None:
    natives = [item.native.lower() for item in load_vocabulary("identity").attributes.values()]
    assert len(natives) == len(set(natives))
