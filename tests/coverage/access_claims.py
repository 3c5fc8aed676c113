"""Claims about Verified Access: request data by protocol, the data of every trust provider, the fields of resources."""

from __future__ import annotations

import json
from collections.abc import Iterator

from policyc.data import read_text
from policyc.model.types import parse_type
from policyc.model.vocabulary import Attribute, load_vocabulary
from tests.coverage.iam_claims import two_tests
from tests.coverage.lab import Claim, text_with
from tests.coverage.samples import pair

MEMBERS = "b4c8e438-20a1-70b2-1111-5f0e6d3a9c11"
GROUPS = f"""
group members = idc_group("{MEMBERS}")
group strangers = idc_group("00000000-0000-0000-0000-000000000000")
group staff_group = oidc_group("staff")
group other_group = oidc_group("other")
"""
#: name of the provider in the group -> its type
PROVIDERS = {"idc": "iam_identity_center", "okta": "oidc", "jamf": "jamf", "falcon": "crowdstrike", "jump": "jumpcloud"}


def resources(protocol: str = "https", trust: str = "idc: iam_identity_center", more: str = "") -> str:
    return (
        f'resource staff: verified_access.group {{ id: "vagr-0123456789abcdef0", trust: {{ {trust} }}{more} }}\n'
        f'resource app: verified_access.endpoint {{ id: "vae-0123456789abcdef0", group: staff, protocol: {protocol} }}\n'
    )


def request_attributes() -> Iterator[Claim]:
    """What HTTP requests and TCP flows show."""
    for attribute in load_vocabulary("verified_access").attributes.values():
        value, other = pair(attribute)
        tcp = attribute.name.startswith("tcp_flow.")
        text = (
            resources("tcp" if tcp else "https")
            + (
                f'policy probe for verified_access on app {{ allow "probe" {{ when {attribute.name} == {value} }} }}\n'
                f'policy gate for verified_access on staff {{ allow "all" {{ when true }} }}\n'
            )
            + two_tests("", f"{attribute.name}: {value}", f"{attribute.name}: {other}", "app")
        )
        find = text_with(f"context.{attribute.native}")
        yield Claim("verified_access request data", attribute.name, text, find, "verified_access/probe")


def trust_attributes() -> Iterator[Claim]:
    """What each type of trust provider sends."""
    types = json.loads(read_text("schemas/verified_access/trust.json"))["types"]
    assert set(PROVIDERS.values()) == set(types)
    for name, kind in PROVIDERS.items():
        for path, entry in types[kind]["attributes"].items():
            yield _trust(name, kind, path, entry)


def _trust(name: str, kind: str, path: str, entry: dict[str, object]) -> Claim:
    section, label = "verified_access trust data", f"{kind} {path}"
    group, many = str(entry.get("group", "")), bool(entry.get("many"))
    attribute = Attribute(
        f"{name}.{path}",
        path,
        parse_type("string" if group else str(entry["type"])),
        many,
        values=tuple(entry.get("values", ())),
    )  # type: ignore[arg-type]
    if group:
        value, other = ("members", "strangers") if group == "idc_group" else ("staff_group", "other_group")
    else:
        value, other = pair(attribute)
    if "key" in entry:  # the attribute of one group
        path = path.replace("[]", f'["{MEMBERS}"]')
        attribute = attribute.with_key(MEMBERS)
    if many:
        test, good, bad = f"{value} in {attribute.name}", f"[{value}]", f"[{other}]"
    else:
        test, good, bad = f"{attribute.name} == {value}", value, other
        if len(attribute.values) == 1:
            bad = "absent"
    text = (
        GROUPS
        + resources(trust=f"{name}: {kind}")
        + (f'policy probe for verified_access on staff {{ allow "probe" {{ when {test} }} }}\n')
        + two_tests("", f"{attribute.name}: {good}", f"{attribute.name}: {bad}", "app")
    )
    return Claim(section, label, text, text_with(f"context.{name}.{path}"), "verified_access/probe")


def claims() -> Iterator[Claim]:
    """Claims that an OIDC provider sends beyond the documented ones, by their type."""
    for word, entry in json.loads(read_text("schemas/cedar/claims.json")).items():
        many = bool(entry.get("many"))
        value, other = pair(Attribute("okta.extra", "extra", parse_type(str(entry["type"])), many))
        test = f"{value} in okta.extra" if many else f"okta.extra == {value}"
        good, bad = (f"[{item}]" if many else item for item in (value, other))
        text = (
            resources(trust="okta: oidc", more=f", claims: {{ okta.extra: {word} }}")
            + (f'policy probe for verified_access on staff {{ allow "probe" {{ when {test} }} }}\n')
            + two_tests("", f"okta.extra: {good}", f"okta.extra: {bad}", "app")
        )
        yield Claim(
            "verified_access trust data",
            f"claim of type {word}",
            text,
            text_with("context.okta.extra"),
            "verified_access/",
        )
