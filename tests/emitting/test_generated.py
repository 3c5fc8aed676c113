"""`build --check` on templates that say from which document they are generated."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from policyc.emitting.generated import _Match
from policyc.holes import mark
from tests.running import Told

POLICY = """\
param acme: org_id
let shop: account = "111122223333"
principal order_fn = role(shop, "order-service")
resource inventory: lattice.service { id: "svc-0a1b2c3d4e5f67890", at: shop/us-west-2, auth: aws_iam }
resource staff: verified_access.group { trust: { idc: iam_identity_center } }
policy inventory_auth for lattice on inventory {
  allow "orders" { who order_fn  can GET, HEAD  path "/stock" }
  deny "strangers" { who anyone  unless aws.PrincipalOrgID == acme }
}
policy staff_access for verified_access on staff { allow "staff" { when idc.user.email.verified } }
"""


@pytest.fixture(autouse=True)
def project(told: Told) -> None:
    Path("policyc.toml").write_text('[project]\nname = "x"\n', encoding="utf-8")
    Path("a.policy").write_text(POLICY, encoding="utf-8")


def generate(told: Told, form: str, *more: str) -> Path:
    """Templates outside of any output folder."""
    assert told("build", "--to", form, "-o", "infra", *more)[0] == 0
    Path("infra/.policyc-manifest.json").unlink()
    return Path("infra")


@pytest.mark.parametrize("form", ["cloudformation", "sam", "cdk", "terraform", "terraform-json"])
def test_what_was_generated_is_as_it_was(told: Told, form: str) -> None:
    generate(told, form)
    assert told("build", "--check") == (0, "2 places in templates as generated\n")


def test_manifests_too(told: Told) -> None:
    generate(told, "kubernetes", "--target", "lattice", "--param", "acme=o-a1b2c3d4e5")
    assert told("build", "--check", "--param", "acme=o-a1b2c3d4e5") == (0, "1 place in templates as generated\n")
    status, said = told("build", "--check", "--param", "acme=o-zzzzzzzzzz")
    assert status == 1
    assert "/Condition/StringNotEquals/aws:PrincipalOrgID` is `o-a1b2c3d4e5`, not `o-zzzzzzzzzz`" in said


@pytest.mark.parametrize("form", ["cloudformation", "terraform"])
def test_an_edit_by_hand_is_told_with_its_place(told: Told, form: str) -> None:
    folder = generate(told, form)
    for file in folder.rglob("*inventory_auth*"):
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace('"Deny"', '"Allow"').replace("Deny", "Allow"), encoding="utf-8")
    for file in folder.rglob("*staff_access*"):
        file.write_text(file.read_text(encoding="utf-8").replace("== true", "== false"), encoding="utf-8")
    status, said = told("build", "--check")
    assert status == 1
    assert "from lattice/inventory_auth.json: `/Statement/1/Effect` is `Allow`, not `Deny`\n" in said
    assert "from verified_access/staff_access.cedar: line 9 is `context.idc.user.email.verified == false`, not " in said
    assert said.endswith("2 of 2 places in templates differ\n")


def test_a_policy_that_changed_is_told(told: Told) -> None:
    generate(told, "cloudformation")
    Path("a.policy").write_text(POLICY.replace("GET, HEAD", "GET").replace("staff_access", "other"), encoding="utf-8")
    status, said = told("build", "--check", "--format", "json")
    assert status == 1
    found = json.loads(said)["build"]["templates"]
    methods = "/Statement/0/Condition/StringEquals/vpc-lattice-svcs:RequestMethod"
    assert [(item["document"], item["how"]) for item in found] == [
        ("lattice/inventory_auth.json", f'`{methods}` is `["GET", "HEAD"]`, not `"GET"`'),
        ("verified_access/staff_access.cedar", "nothing that is built is called so"),
    ]


def test_one_open_value_is_one_value(told: Told) -> None:
    match = _Match()
    assert match.text(f"a:{mark('x')}:b", "a:1:b")
    assert match.text(f"{mark('x')}/{mark('y')}", "1/2")
    assert not match.text(f"{mark('x')}!", "2!")
    assert list(_Match().trees([mark("x"), mark("x")], ["a", "b"], "", True))


def test_places_without_comments_are_named_in_the_configuration(told: Told) -> None:
    folder = generate(told, "cdk")
    file = next(folder.glob("*inventory-auth*"))
    text = json.loads(file.read_text(encoding="utf-8"))
    del text["Metadata"]
    file.write_text(json.dumps(text), encoding="utf-8")
    assert told("build", "--check")[1] == "1 place in templates as generated\n"
    setting = f'"{file.as_posix()}#InventoryAuth" = "lattice/inventory_auth.json"\n'
    Path("policyc.toml").write_text(
        f'[project]\nname = "x"\n[build.templates]\n{setting}"gone.yaml#A" = "x.json"\n', encoding="utf-8"
    )
    status, said = told("build", "--check")
    assert status == 1
    assert (
        said
        == "differs: gone.yaml from x.json: nothing that is built is called so\n1 of 3 places in templates differs\n"
    )


def test_an_output_folder_is_checked_in_the_same_run(told: Told) -> None:
    generate(told, "cloudformation")
    assert told("build", "--param", "acme=o-a1b2c3d4e5")[0] == 0
    said = told("build", "--check", "--param", "acme=o-a1b2c3d4e5")
    assert said == (0, "out is up to date\n2 places in templates as generated\n")
