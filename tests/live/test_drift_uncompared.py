"""`policyc aws drift` of what nothing says where it is: never the same, and told in every format, unless somebody says that it need not be compared."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.live.fake.core import ACCOUNT
from tests.live.world import APP, SERVICE, World, allow, text

Run = Callable[..., tuple[int, str, str]]
ELSEWHERE = "arn:aws:iam::222222222222:role/app"
LIMITS = f"arn:aws:iam::{ACCOUNT}:policy/limits"


def carrier(
    kind: str, name: str = "", body: str = 'who service("ec2.amazonaws.com")  can raw("sts:AssumeRole")'
) -> str:
    where = f', name: "{name}"' if name else ""
    return (
        f"resource place: iam_document.carrier {{ kind: {kind}{where} }}\n"
        f'policy mine for iam_document on place {{ allow "statement 1" {{ {body} }} }}\n'
    )


ALL = 'can raw("*")  on raw("*")'
BUCKET = 'who anyone  can raw("s3:*")  on raw("arn:aws:s3:::acme-photos/*")  when s3.data_access_point_account == "111122223333"'
#: kind, name, body, status, what is said
PLACES = [
    ("trust", APP, None, 0, "the same"),
    ("trust", "app", None, 0, "the same"),
    ("trust", "", None, 11, "not compared: nothing says which resource carries it; give `--map mine=ARN`"),
    ("trust", f"arn:aws:iam::{ACCOUNT}:role/gone", None, 1, "is not on AWS"),
    ("trust", ELSEWHERE, None, 11, "the account 222222222222 was not asked"),
    ("boundary", APP, ALL, 0, "the same"),
    ("boundary", "app", ALL, 0, "the same"),
    ("boundary", LIMITS, ALL, 0, "the same"),
    ("boundary", LIMITS, 'can raw("s3:*")  on raw("*")', 1, "newly allowed"),
    ("boundary", "arn:aws:s3:::acme-photos", ALL, 11, "a boundary document has no place on"),
    ("scp", "p-FullAWSAccess", ALL, 0, "the same"),
    ("scp", "p-00000000", ALL, 1, "is not on AWS"),
    ("scp", "", ALL, 11, "not compared: nothing says which policy of the organization it is"),
    ("bucket", "acme-photos", BUCKET, 0, "the same"),
    ("bucket", "somebody-elses", BUCKET.replace("acme-photos", "somebody-elses"), 1, "newly denied"),
    ("session", "", ALL, 11, "not compared: a session policy is nowhere on AWS"),
    ("key", "arn:aws:kms:us-west-2:111122223333:key/1", f"who anyone  {ALL}", 11, "not compared: the policies of keys are not read"),
    ("resource", "arn:aws:sqs:us-west-2:111122223333:q", f"who anyone  {ALL}", 11, "not compared: the policies of this service are not read"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "name", "body", "status", "said"), PLACES)
def test_a_plain_document_is_compared_where_its_carrier_says(
    there: World, policyc: Run, kind: str, name: str, body: str | None, status: int, said: str
) -> None:
    Path("a.policy").write_text(carrier(kind, name, body) if body else carrier(kind, name))
    got, out, err = policyc("aws", "drift", "a.policy")
    assert (got, err) == (status, ""), out
    assert said in " ".join(out.split())


def test_what_was_not_compared_is_told_in_every_format(there: World, policyc: Run) -> None:
    Path("a.policy").write_text(carrier("trust"))
    status, out, _ = policyc("aws", "drift", "a.policy")
    assert status == 11 and out.endswith("not settled; 1 of 1 document not compared\n")
    status, out, _ = policyc("aws", "drift", "a.policy", "--format", "json")
    data = json.loads(out)
    assert (status, data["same"], data["settled"], data["documents"][0]["state"]) == (11, False, False, "not compared")
    status, out, _ = policyc("aws", "drift", "a.policy", "--format", "markdown")
    assert status == 11 and "- not compared: nothing says which resource carries it" in out
    assert "1 of 1 document not compared" in out.splitlines()[0]


def test_a_difference_elsewhere_keeps_its_status_and_what_was_not_compared_is_counted(
    there: World, policyc: Run
) -> None:
    Path("a.policy").write_text(carrier("trust"))
    Path("auth.json").write_text(text(allow("Other", {"AWS": f"arn:aws:iam::{ACCOUNT}:role/other"})))
    status, out, _ = policyc("aws", "drift", "a.policy", "auth.json", "--map", "auth=orders")
    assert status == 1 and "; 1 of 2 documents not compared" in out


@pytest.mark.parametrize("words", [("--allow-uncompared",), ("--map", "mine=none"), ("--map", "place=none")])
def test_somebody_may_say_that_it_need_not_be(there: World, policyc: Run, words: tuple[str, ...]) -> None:
    Path("a.policy").write_text(carrier("trust"))
    Path("auth.json").write_text(text(allow("App", {"AWS": APP})))
    status, out, _ = policyc("aws", "drift", "a.policy", "auth.json", "--map", "auth=orders", *words)
    assert status == 0 and "note: not compared: `iam_document/mine.trust.json`" in " ".join(out.split())
    status, out, _ = policyc(
        "aws", "drift", "a.policy", "auth.json", "--map", "auth=orders", "--format", "json", *words
    )
    assert status == 0 and json.loads(out)["same"]
    assert any("not compared" in note for note in json.loads(out)["notes"])


def test_what_is_not_readable_is_no_matter_of_a_flag(there: World, policyc: Run) -> None:
    Path("a.policy").write_text(carrier("trust", APP))
    there.aws.denied = {"get_role"}
    assert policyc("aws", "drift", "a.policy", "--allow-uncompared")[0] == 11


def test_a_policy_of_client_vpn_is_told(there: World, policyc: Run) -> None:
    Path("a.policy").write_text(
        "resource vpn: client_vpn.endpoint { trust: [jamf], login: [saml] }\n"
        'policy mine for client_vpn on vpn { allow "x" { when jamf.risk == "LOW" } }\n'
    )
    status, out, _ = policyc("aws", "drift", "a.policy")
    assert status == 11 and "the policies of Client VPN are not read" in " ".join(out.split())


def test_a_folder_that_was_pulled_says_nothing_of_what_it_did_not_ask(there: World, policyc: Run) -> None:
    policyc("aws", "pull", "-o", "live", "--target", "lattice")
    Path("a.policy").write_text(carrier("trust", APP))
    status, out, _ = policyc("aws", "drift", "a.policy", "--live", "live")
    assert status == 11 and "`callers` was not pulled" in " ".join(out.split())
    policyc("aws", "pull", "-o", "live", "--target", "callers")
    status, out, _ = policyc("aws", "drift", "a.policy", "--live", "live")
    assert status == 11 and "a pull reads what others name" in " ".join(out.split())
    policyc("aws", "pull", "-o", "live", "--target", "callers", "--caller", APP)
    assert policyc("aws", "drift", "a.policy", "--live", "live")[0] == 0


def test_a_plan_names_what_it_cannot_place_and_is_not_complete(there: World, policyc: Run) -> None:
    Path("a.policy").write_text(carrier("trust"))
    status, out, _ = policyc("aws", "plan", "a.policy")
    assert (
        status == 11
        and "left out: iam_document/mine.trust.json: nothing says which resource carries it" in " ".join(out.split())
    )


#: a named file, what is said of it
STRANGE = [
    ('{"name": "web", "version": "1.0.0"}', "it is no policy, and none that holds some"),
    ("[]", "it is no policy, and none that holds some"),
    ('{"Version": "2012-10-17", ', "it cannot be read"),
    ("", "it cannot be read"),
]


@pytest.mark.parametrize(("held", "said"), STRANGE)
@pytest.mark.parametrize("alone", [True, False])
def test_a_named_file_that_is_no_policy_is_not_compared(
    imported: World, policyc: Run, held: str, said: str, alone: bool
) -> None:
    Path("x.json").write_text(held)
    words = ("x.json",) if alone else ("policies/lattice", "x.json")
    status, out, err = policyc("aws", "drift", *words)
    assert (status, err) == (11, ""), (out, err)
    assert said in " ".join(out.split()) and "not compared" in out and "x.json" in out
    assert policyc("aws", "drift", *words, "--allow-uncompared")[0] == 0


def test_a_folder_may_hold_anything_beside_policies(imported: World, policyc: Run) -> None:
    Path("policies/lattice/package.json").write_text('{"name": "web"}')
    assert policyc("aws", "drift", "policies/lattice")[0] == 0


def test_markdown_says_which_command_it_is(imported: World, policyc: Run) -> None:
    assert policyc("aws", "drift", "policies/lattice", "--format", "markdown")[1].startswith("**policyc aws drift**: ")
    assert policyc("aws", "plan", "policies/lattice", "--format", "markdown")[1].startswith("**policyc aws plan**: ")
    imported.lattice.put_auth_policy(SERVICE, text(allow("Other", "*")))
    out = policyc("aws", "plan", "policies/lattice", "--format", "markdown", "-o", "p.plan")[1]
    steps, notes, end = out.split("**1 step**\n\n")[1].split("\n\n")
    assert steps.startswith("1. lattice auth policy of ") and all(line.startswith("- ") for line in notes.split("\n"))
    assert end == "wrote p.plan; carry it out with `policyc aws apply p.plan`\n"
