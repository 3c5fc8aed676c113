"""Claims about Client VPN: the documented attributes, what an endpoint declares itself, and its fields."""

from __future__ import annotations

import json
from collections.abc import Iterator

from policyc.data import read_text
from policyc.model.types import parse_type
from policyc.model.vocabulary import Attribute, load_vocabulary
from tests.coverage.iam_claims import two_tests
from tests.coverage.lab import Claim, text_with
from tests.coverage.samples import pair

_SEEN = "trust: [crowdstrike, jamf, jumpcloud], login: [saml, active_directory, mutual_authentication]"


def _endpoint(fields: str = _SEEN, name: str = "vpn", number: int = 0) -> str:
    return f'resource {name}: client_vpn.endpoint {{ id: "cvpn-endpoint-{number:017x}", {fields} }}\n'


def _policy(test: str, on: str = "vpn", name: str = "probe") -> str:
    return f'policy {name} for client_vpn on {on} {{ allow "probe" {{ when {test} }} }}\n'


def _told(attribute: Attribute, fields: str) -> str:
    """A program in which one attribute decides, with a request that has the value and one that has another."""
    value, other = pair(attribute)
    test = f"{value} in {attribute.name}" if attribute.many else f"{attribute.name} == {value}"
    good, bad = (f"[{item}]" if attribute.many else item for item in (value, other))
    asks = two_tests("", f"{attribute.name}: {good}", f"{attribute.name}: {bad}", "vpn")
    return _endpoint(fields) + _policy(test) + asks


def attributes() -> Iterator[Claim]:
    """What AWS's guide names, and declared signals by their type and by where they stand."""
    for attribute in load_vocabulary("client_vpn").attributes.values():
        find = text_with(f"context.{attribute.native}")
        yield Claim("client_vpn attributes", attribute.name, _told(attribute, _SEEN), find, "client_vpn/probe")
    for word, entry in json.loads(read_text("schemas/cedar/claims.json")).items():
        extra = Attribute("jumpcloud.extra", "extra", parse_type(entry["type"]), bool(entry.get("many")))
        text = _told(extra, f"{_SEEN}, signals: {{ jumpcloud.extra: {word} }}")
        find = text_with("context.jumpcloud.extra")
        yield Claim("client_vpn attributes", f"signal of type {word}", text, find, "client_vpn/probe")
    for root, native in (
        ("connection", ".connection"),
        ("active_directory", '["active-directory"]'),
        ("mutual_authentication", '["mutual-authentication"]'),
    ):
        extra = Attribute(f"{root}.extra", "extra", parse_type("string"))
        text = _told(extra, f"{_SEEN}, signals: {{ {root}.extra: string }}")
        find = text_with(f"context{native}.extra")
        yield Claim("client_vpn attributes", f"signal below {root}", text, find, "client_vpn/probe")


def fields() -> Iterator[Claim]:
    """What each field of an endpoint does."""
    score = "crowdstrike.assessment.overall > 50"
    silent = "no effect: policies never see it"
    told = "yes, in the source map as the resource that the policy is put on"
    asks = (
        'test "with" { request vpn { crowdstrike.assessment.overall: 80 } expect allow }\n'
        'test "without" { request vpn_two { crowdstrike.assessment.overall: 80 } expect allow }\n'
    )
    for field, more in (("id", ""), ("at", 'at: "111122223333"/us-west-2, ')):
        text = _endpoint() + _endpoint(more + _SEEN, "vpn_two", 1)
        text += _policy(score) + _policy(score, "vpn_two", "probe_two") + asks
        yield Claim("resource fields", f"client_vpn.endpoint.{field}", text, None, "", silent, told)
    for field, attribute, native in (
        ("trust", "jamf.diskEncryptionEnabled", "context.jamf.diskEncryptionEnabled"),
        ("login", 'any saml.memberOf in ["a"]', "context.saml.memberOf"),
    ):
        name = attribute.split()[-3] if " in " in attribute else attribute
        good, bad = ('["a"]', '["b"]') if " in " in attribute else ("true", "false")
        text = _endpoint() + _policy(attribute if " in " in attribute else f"{attribute} == true")
        text += two_tests("", f"{name}: {good}", f"{name}: {bad}", "vpn")
        yield Claim(
            "resource fields", f"client_vpn.endpoint.{field}", text, text_with(native), "client_vpn/", "yes", ""
        )
    extra = Attribute("connection.extra", "extra", parse_type("string"))
    text = _told(extra, f"{_SEEN}, signals: {{ connection.extra: string }}")
    find = text_with("context.connection.extra")
    yield Claim("resource fields", "client_vpn.endpoint.signals", text, find, "client_vpn/", "yes", "")
    text = _endpoint(f"{_SEEN}, shadow_mode: enabled") + _policy(score)
    text += two_tests("", "crowdstrike.assessment.overall: 80", "crowdstrike.assessment.overall: 20", "vpn")
    noted = "yes, as a note: the decision is logged and blocks nothing"
    emitted = "no: it is set beside the policy"
    yield Claim("resource fields", "client_vpn.endpoint.shadow_mode", text, None, "", noted, emitted)
