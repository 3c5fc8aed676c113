"""Answers about all requests name the open questions about AWS that they rest on (IAM evaluation reference, section 15)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.running import Run

LATTICE, SERVICE = "arn:aws:vpc-lattice", "us-west-2:111122223333:service/svc-0a1b2c3d4e5f67890"
ANY = {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}


def statement(resource: object, condition: object = ANY, principal: object = "*") -> dict[str, object]:
    return {"Sid": "R", "Effect": "Allow", "Principal": principal, "Action": "vpc-lattice-svcs:Invoke", "Resource": resource, "Condition": condition}  # fmt: skip


def ip(*blocks: str) -> dict[str, object]:
    return {"NotIpAddress": {"aws:SourceIp": list(blocks)}}


WHOLE = statement(f"{LATTICE}:{SERVICE}/*")


@pytest.mark.parametrize(
    ("old", "new", "switches", "deciding"),
    [
        # nothing of it is new
        (WHOLE, {**WHOLE, "Sid": "S"}, [], []),
        (WHOLE, statement([f"{LATTICE}:{SERVICE}/*", f"{LATTICE}:{SERVICE}/a"]), [], []),
        # what the star of the Region may run across is an open question
        (WHOLE, statement([f"{LATTICE}:{SERVICE}/*", f"{LATTICE}:us-*:111122223333:service/x/y"]), ["resource-star-colon"], []),
        (statement("*", ip("2001:db8::1/128")), statement("*", ip("2001:db8::1")), ["bare-ipv6"], []),
        # and so is an address without a length, with which the example is answered otherwise
        (statement("*", ip("10.0.0.0/8", "2001:db8::2/128")), statement("*", ip("10.0.0.0/8", "2001:db8::1")), ["bare-ipv6"], ["bare-ipv6"]),
        (statement("*", {"ForAnyValue:StringNotEquals": {"aws:PrincipalOrgPaths": "o-a/r-b/"}}), statement("*", {"ForAnyValue:StringNotEquals": {"aws:PrincipalOrgPaths": ["o-a/r-b/", "o-a/r-b/"]}}), [], []),
        # whether a star means services too matters where a service is let in by name
        (statement("*", principal={"AWS": "arn:aws:iam::111122223333:role/app"}), statement("*"), [], []),
        (statement("*", principal={"Service": "logs.amazonaws.com"}), statement("*"), ["star-matches-services"], []),
    ],
)  # fmt: skip
def test_switches_are_named(
    tmp_path: Path, run: Run, old: object, new: object, switches: list[str], deciding: list[str]
) -> None:
    for name, text in (("old", old), ("new", new)):
        (tmp_path / f"{name}.json").write_text(json.dumps({"Version": "2012-10-17", "Statement": [text]}))
    words = ("diff", "--as", "auth-policy", "--root", str(tmp_path), "--format", "json")
    told: Any = run(*words, str(tmp_path / "old.json"), str(tmp_path / "new.json")).json()
    (found,) = told["documents"]
    assert found["switches"] == switches, found
    assert [name in note for note in told["notes"] for name in switches] == [True] * len(switches)
    reasons = {text for item in found["changes"] for text in item["because"] if "switch" in text}
    assert reasons == {f"the example hangs on the switch `{name}`" for name in deciding}, found["changes"]
