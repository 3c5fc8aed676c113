"""`prove` blocks: claims of each form that hold and that are broken, by what the services' documentation says of their gates.

What a broken claim prints is pasted beside the policies and run: as it stands it passes, and shows what breaks the claim.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from policyc.__main__ import main
from policyc.data import read_text

SHOP = """
let acme: org_id = "o-a1b2c3d4e5"
let shop: account = "111122223333"
let vpc: vpc_id = "vpc-0a1b2c3d4e5f67890"
principal app = role(shop, "app")
principal batch = role(shop, "batch")
principal other = role(shop, "other")
resource mesh: lattice.service_network { id: "sn-0123456789abcdef0", at: shop/us-west-2, auth: aws_iam }
resource stock: lattice.service { id: "svc-0a1b2c3d4e5f67890", at: shop/us-west-2, network: mesh, auth: aws_iam }
resource open: lattice.service { id: "svc-0a1b2c3d4e5f67891", at: shop/us-west-2, auth: none }
resource shut: lattice.service { id: "svc-0a1b2c3d4e5f67892", at: shop/us-west-2, auth: aws_iam }
policy guard for lattice on mesh {
  allow "members" { who anyone when aws.PrincipalOrgID == acme }
  deny "no-deletes" { who anyone can DELETE }
}
policy stock_auth for lattice on stock {
  allow "reads" { who app can GET, HEAD path "/stock/*" }
  allow "writes" { who app, batch path "/stock/*" when source.vpc == vpc }
  allow "health" { who anonymous can GET path "/health" }
}
policy calls for identity on app {
  allow "all" { can invoke on stock path "/*" }
  deny "not-private" { can invoke on stock path "/stock/private/*" }
}
"""
#: claim, whether it holds (None: not settled)
CLAIMS = [
    ("every request to stock where aws.PrincipalOrgID != acme is deny", True),
    ("every request to stock where not exists aws.PrincipalOrgID is deny", True),
    # an unsigned request has no organization, so the network stops it
    ("every request to stock who anonymous is deny", True),
    ('every request to stock who anonymous can GET path "/health" is allow at stock_auth', True),
    ("every request to stock can DELETE is deny", True),
    ("every request to stock can DELETE is deny at stock_auth", False),
    ("no request to stock can not GET, HEAD where source.vpc != vpc is allowed", True),
    ("no request to stock can POST is allowed", False),
    ('no request to stock path not "/stock/*" is allowed', True),
    ('no request to stock path "/stock/private/*" who app is allowed', True),
    ('no request to stock path "/stock/private/*" is allowed', False),
    ("no request to stock who not app, batch is allowed", True),
    ('no request to stock who app is allowed by "writes"', False),
    ('no request to stock who not app, batch is allowed by "writes"', True),
    # what `batch` may do by itself nobody said: its own policies may allow it
    ('no request to stock who batch is allowed by "writes"', False),
    ("no request to stock who other is allowed by stock_auth", True),
    ("no request to stock who app is allowed by guard", False),
    # without `to` what is said of one policy, or of one statement, is about the resources that have it
    ("no request who app is allowed by stock_auth", False),
    ("no request who other is allowed by stock_auth", True),
    ('no request who batch is allowed by "writes"', False),
    ('every request to stock who app can GET path "/stock/a" where aws.PrincipalOrgID == acme is allow', True),
    ('every request to stock who app can GET path "/stock/a" is allow', False),
    # the caller's own policies are not given
    (
        'every request to stock who batch can GET path "/stock/a" when source.vpc == vpc and aws.PrincipalOrgID == acme is allow',
        None,
    ),
    (
        'every request to stock who batch can GET path "/stock/a" when source.vpc == vpc and aws.PrincipalOrgID == acme is allow at stock_auth',
        True,
    ),
    ("every request to open is allow", True),
    ("every request to open is deny", False),
    ("every request to shut is deny", True),
    ("no request to stock, shut where aws.PrincipalOrgID != acme is allowed", True),
    ("no request where source.vpc != vpc who other is allowed", False),
]


def proven(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str) -> tuple[int, list[dict[str, Any]]]:
    (tmp_path / "policyc.toml").write_text("", encoding="utf-8")
    (tmp_path / "a.policy").write_text(text, encoding="utf-8")
    status = main(["prove", "--root", str(tmp_path), "--format", "json"])
    data = json.loads(capsys.readouterr().out)
    Draft202012Validator(json.loads(read_text("schemas/proofs.schema.json"))).validate(data)
    return status, data["proofs"]


def blocks(claims: Sequence[str]) -> str:
    return "\n".join(f'prove "{number:02}" {{ {claim} }}' for number, claim in enumerate(claims))


def check_claims(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], base: str, wanted: Sequence[tuple[str, bool | None]]
) -> None:
    """Every claim is answered as wanted, and what breaks one shows it when it is pasted."""
    status, proofs = proven(tmp_path, capsys, base + blocks([claim for claim, _ in wanted]))
    assert status == 1
    pasted: set[str] = set()
    for (claim, holds), proof in zip(wanted, proofs, strict=True):
        answers = [item["holds"] for item in proof["claims"]]
        assert answers, proof["findings"]
        assert (False if False in answers else None if None in answers else True) is holds, (claim, proof)
        for item in proof["claims"]:
            assert (item["test"] is None) is (item["holds"] is not False), claim
            if item["test"] is not None:
                label = item["test"].partition('"')[2].partition('"')[0]
                pasted.add(label)
    tests = "\n".join(item["test"] for proof in proofs for item in proof["claims"] if item["test"])
    (tmp_path / "a.policy").write_text(base + tests, encoding="utf-8")
    main(["test", "--root", str(tmp_path), "--format", "json"])
    ran = json.loads(capsys.readouterr().out)["tests"]
    assert {item["label"]: item["findings"] for item in ran} == {label: [] for label in pasted}


def test_claims_on_requests(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    check_claims(tmp_path, capsys, SHOP, CLAIMS)


RAW = """
let shop: account = "111122223333"
principal app = role(shop, "app")
resource mesh: lattice.service_network { id: "sn-0123456789abcdef0", at: shop/us-west-2, auth: aws_iam }
resource stock: lattice.service { id: "svc-0a1b2c3d4e5f67890", at: shop/us-west-2, network: mesh, auth: aws_iam }
policy guard for lattice on mesh { allow "all" { who anyone } }
policy stock_auth for lattice on stock {
  allow "reads" { who app can GET }
  allow "team" { who anyone when raw("StringEquals", aws.PrincipalTag["team"], ["${aws:ResourceTag/team}"]) }
  deny "strangers" { who not raw("AWS", "arn:aws:iam::111122223333:root"), raw("AWS", "arn:aws:iam::111122223333:role/app") can POST }
}
policy calls for identity on app { allow "all" { can raw("vpc-lattice-svcs:Inv*") on raw("*") } }
"""
RAW_CLAIMS = [
    ("no request to stock can DELETE who anonymous is allowed", True),
    # a request whose tags agree
    ('no request to stock is allowed by "team"', False),
    ("no request to stock can DELETE is allowed", False),
    # what nobody understands bears on other requests as well, and this one has no tags
    ("no request to stock is allowed", False),
    ("no request to stock can GET who app is allowed", False),
    ("every request to stock can GET who app is allow", True),
]


def test_claims_on_policies_with_raw_forms(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    check_claims(tmp_path, capsys, RAW, RAW_CLAIMS)
    # what nobody understands matters only where nothing else allows
    status, proofs = proven(tmp_path, capsys, RAW + blocks(["no request to stock can GET who app is allowed"]))
    assert status == 1 and "Tag" not in proofs[0]["claims"][0]["request"], proofs
    (tmp_path / "a.policy").write_text(
        RAW.replace('"reads" { who app can GET }', '"reads" { who app }'), encoding="utf-8"
    )
    assert main(["graph", "stock", "--root", str(tmp_path)]) == 11  # the cell of others hangs on their tags
    rows = {line.split()[0]: line.split()[1:3] for line in capsys.readouterr().out.splitlines() if line.strip()}
    assert rows["app"] == ["some", "none"], rows
    (tmp_path / "a.policy").write_text(RAW, encoding="utf-8")
    assert main(["who", "stock", "--root", str(tmp_path), "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["resources"][0]["classes"]
    words = ["prove", "stock", "--root", str(tmp_path), "--format", "json", "--that"]
    assert main([*words, "public"]) == 1
    (proof,) = json.loads(capsys.readouterr().out)["proofs"]
    assert "444455556666" in proof["claims"][0]["request"], proof
    assert main([*words, "organization_only", "--organization", "o-a1b2c3d4e5"]) == 1
    (proof,) = json.loads(capsys.readouterr().out)["proofs"]
    assert "o-a1b2c3d4e5" not in proof["claims"][0]["request"], proof


MISTAKES = [
    ("every request to stok is deny", "unknown-name", "did you mean `stock`?"),
    ("every request to mesh is deny", "unprovable-claim", "name the resources behind it"),
    ("every request to app is deny", "wrong-kind", "name a resource"),
    ("every request to stock where aws.PrincipalOrgId == acme is deny", "unknown-attribute", "aws.PrincipalOrgID"),
    ("every request to stock is deny at stok_auth", "unknown-name", "did you mean `stock_auth`?"),
    ('no request to stock is allowed by "rads"', "unknown-name", "did you mean `reads`?"),
    ("every request to stock can FETCH is deny", "unknown-verb", "did you mean `PATCH`?"),
    ("every request to stock on stock is deny", "clause-not-allowed", "`to`"),
    (
        "every request to stock who app where source.vpc == vpc and source.vpc != vpc is deny",
        "vacuous-proof",
        "that there are",
    ),
    ("no path from a to b", "unknown-network", "declare one"),
    ("", "test-without-expectation", "every request to"),
]


def test_mistakes_in_claims(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, proofs = proven(tmp_path, capsys, SHOP + blocks([claim for claim, _, _ in MISTAKES]))
    assert status == 1
    for (claim, rule, help), proof in zip(MISTAKES, proofs, strict=True):
        assert [item["rule"] for item in proof["findings"]] == [rule], claim
        assert help in proof["findings"][0]["help"], proof["findings"]


NET = """
network core for cloudwan version "2025.11" {
  asns 64512..64555
  edges us-east-1, eu-west-1
  segment dev
  segment prod { isolate }
  segment shared
  segment guarded { isolate }
  segment lonely
  function_group fw
  share shared with dev, prod
  send via fw from guarded to shared { mode dual_hop }
  attach {
    100: tag["fw"] == "yes" -> group fw
    200: tag["s"] == "dev" -> segment dev
    300: tag["s"] == "prod" and account == "111122223333" -> segment prod
    400: tag["s"] == "shared" and type == vpc -> segment shared
    500: tag["s"] == "guarded" and type == vpc -> segment guarded
  }
}
"""
PATHS = [
    ("no path from dev to prod", True),
    ("no path from prod to dev", True),
    ("no path from dev to shared", False),
    # attachments of a segment that is not isolated reach one another
    ("no path from dev to dev", False),
    ("no path from guarded to guarded", True),
    # routes of transit gateways enter isolated segments
    ("no path from prod to prod", False),
    ("every path from guarded to shared is inspected by fw", True),
    ("every path from shared to guarded is inspected", True),
    ("every path from dev to shared is inspected by fw", False),
    ("no path from guarded to shared on core", False),
]


def test_claims_on_paths(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    check_claims(tmp_path, capsys, NET, PATHS)


def test_a_path_is_shown_with_the_appliances_that_it_takes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    groups = NET.replace("function_group fw", "function_group fw\n  function_group other")
    groups = groups.replace("attach {", 'attach {\n    110: exists tag["other"] -> group other')
    _, proofs = proven(tmp_path, capsys, groups + blocks(["no path from guarded to shared", "no path from dev to dev"]))
    assert [item["claims"][0]["test"].count("attachment appliance") for item in proofs] == [1, 0]


def test_claims_on_paths_of_documents(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is claimed of the JSON that a network becomes is answered as beside its declaration."""
    (tmp_path / "net.policy").write_text(NET, encoding="utf-8")
    assert main(["build", "--root", str(tmp_path), "--out", str(tmp_path / "out"), "-q"]) == 0
    capsys.readouterr()
    (tmp_path / "org.policy").write_text(blocks([claim for claim, _ in PATHS]), encoding="utf-8")
    words = ["prove", "--root", str(tmp_path), "--guarantees", str(tmp_path / "org.policy"), "--format", "json"]
    document = str(tmp_path / "out" / "cloudwan" / "core.json")
    assert main([*words, document]) == 1
    data = json.loads(capsys.readouterr().out)
    Draft202012Validator(json.loads(read_text("schemas/proofs.schema.json"))).validate(data)
    claims = [item for proof in data["proofs"] for item in proof["claims"]]
    assert [item["holds"] for item in claims] == [holds for _, holds in PATHS]
    assert all(item["on"] == "core.json" and bool(item["request"]) is (item["holds"] is False) for item in claims)
    mistakes = {
        "no path from dev to prod on cor": ("unknown-network", "did you mean `core`?"),
        "no path from dev to prd": ("network-unknown-name", "did you mean `prod`?"),
        'no request is allowed by "a"': ("unprovable-claim", "no path from"),
    }
    (tmp_path / "org.policy").write_text(blocks(list(mistakes)), encoding="utf-8")
    assert main([*words, document]) == 1
    (found,) = zip(*(item["findings"] for item in json.loads(capsys.readouterr().out)["proofs"]), strict=True)
    for item, (rule, help) in zip(found, mistakes.values(), strict=True):
        assert item["rule"] == rule and help in item["help"], item


def test_a_network_has_to_be_seen_where_a_claim_speaks_of_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What a broken claim prints is pasted into its own file, which has to know the network."""
    (tmp_path / "net.policy").write_text(NET, encoding="utf-8")
    claims = blocks(["no path from dev to shared", "no path from dev to shared on core"])
    for head, rules in (("", ["unknown-network"]), ('use "net.policy" { core }\n', ["proof-failed"])):
        _, proofs = proven(tmp_path, capsys, head + claims)
        for proof in proofs:
            assert [item["rule"] for item in proof["findings"]] == rules
            assert head or 'use "net.policy" { core }' in proof["findings"][0]["help"]


def test_a_segment_that_nobody_joins_proves_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, proofs = proven(tmp_path, capsys, NET + 'prove "p" { no path from lonely to dev }')
    assert [item["rule"] for item in proofs[0]["findings"]] == ["vacuous-proof"]
    assert status == 1


ACCESS = """
group finance = idc_group("b4c8e438-20a1-70b2-1111-5f0e6d3a9c11")
resource staff: verified_access.group { id: "vagr-0123456789abcdef0", trust: { idc: iam_identity_center, jamf: jamf } }
resource payroll: verified_access.endpoint { id: "vae-0123456789abcdef0", group: staff, protocol: https, domain: "pay.example.com" }
policy staff_policy for verified_access on staff {
  allow "finance" { when finance in idc.groups and idc.user.email.verified }
  deny "old" { when http_request.user_agent like "*MSIE*" }
}
policy payroll_policy for verified_access on payroll {
  allow "healthy" { when jamf.risk in ["LOW", "SECURE"] }
}
"""
ACCESS_CLAIMS = [
    ("every request to payroll where not (finance in idc.groups) is deny", True),
    ('every request to payroll where jamf.risk == "HIGH" is deny', True),
    ("every request to payroll where not exists jamf.risk is deny", True),
    ('no request to payroll where http_request.user_agent like "*MSIE 6*" is allowed', True),
    ("no request to payroll where http_request.http_method == POST is allowed", False),
    ("every request to payroll where finance in idc.groups is allow", False),
]


def test_claims_on_verified_access(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    check_claims(tmp_path, capsys, ACCESS, ACCESS_CLAIMS)


CHAIN = """
let shop: account = "111122223333"
let acme: org_id = "o-a1b2c3d4e5"
principal site = cloudfront(shop, "E2ABCDEF123456")
principal partner = role("444455556666", "partner")
resource photos: s3.bucket { name: "acme-photos", at: shop/us-east-1 }
resource photo_ap: s3.access_point { name: "photos-ap", at: shop/us-east-1, bucket: photos }
resource resize: lambda.function { name: "resize-image", at: shop/us-east-1, role: role(shop, "resize-image") }
resource resized: object_lambda.access_point { name: "photos-resized", at: shop/us-east-1, supporting: photo_ap, function: resize }
policy resized_images for object_lambda on resized {
  allow "site-reads" { who site can GetObject }
  allow "partner-reads" { who partner can GetObject when aws.PrincipalOrgID == acme }
}
"""
CHAIN_CLAIMS = [
    ("every request to resized who site can PutObject is deny", True),
    ("no request to resized who anonymous is allowed", True),
    ('every request to resized who cloudfront(shop, "E9ZYXWVUT98765") is deny', True),
    ("no request to resized who partner where aws.PrincipalOrgID != acme is allowed", True),
    ("no request to resized who site is allowed", False),
    # the caller's account is another one, so that its own policies have to allow as well
    ("no request to resized who partner is allowed", False),
    # requests that go round the function carry no sign of it
    ("no request to photos who site, partner is allowed", True),
    ("no request to photo_ap who site, partner is allowed", True),
    # inside the account a policy of the caller is enough
    ("no request to photos who account(shop) is allowed", False),
    ("every request to photos who anonymous is deny", True),
    ("every request to resized who site can GetObject is allow", True),
    # the caller's account is another one, whose policies are not here
    ("every request to resized who partner can GetObject where aws.PrincipalOrgID == acme is allow", None),
    ("no request to resized who site is allowed by resized_images", False),
]


def test_claims_on_chains(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    check_claims(tmp_path, capsys, CHAIN, CHAIN_CLAIMS)


def test_proofs_run_with_the_tests_and_have_a_count_of_their_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    claims = 'prove "first" { every request to stock can DELETE is deny }\nprove "second" { every request to open is deny }\n'
    tests = 'test "t" { request open { who: app, can: GET, path: "/" } expect allow }\n'
    (tmp_path / "policyc.toml").write_text("", encoding="utf-8")
    (tmp_path / "a.policy").write_text(SHOP + claims + tests, encoding="utf-8")
    assert main(["test", "--root", str(tmp_path)]) == 1
    out = capsys.readouterr().out
    assert "a.policy: 1 of 1 test passed, ok\n" in out
    assert "a.policy: 1 of 2 proofs hold, FAILED\n" in out
    assert out.endswith("1 passed\n2 proofs: 1 holds, 1 broken\n")
    assert main(["test", "--root", str(tmp_path), "--format", "json"]) == 1
    data = json.loads(capsys.readouterr().out)
    Draft202012Validator(json.loads(read_text("schemas/tests.schema.json"))).validate(data)
    assert data["counts"] == {"passed": 1, "failed": 0}
    assert data["proof_counts"] == {"holds": 1, "broken": 1, "not_settled": 0}
    assert main(["test", "--root", str(tmp_path), "--format", "junit"]) == 1
    assert '<testsuite name="a.policy (proofs)" tests="2" failures="1" errors="0">' in capsys.readouterr().out
    assert main(["test", "--root", str(tmp_path), "--format", "github"]) == 1
    assert "title=policyc proof-failed::not so for `open`" in capsys.readouterr().out
    assert main(["test", "--root", str(tmp_path), "-k", "first"]) == 0


GUARANTEES = [
    (SHOP, "public", "stock", 0),
    (SHOP, "tls_only", "stock", 1),
    (SHOP, "public", "open", 1),
    (CHAIN, "public", "resized", 0),
    (CHAIN, "cross_account", "resized", 1),
    (CHAIN, "cross_account", "photos", 0),
    # an Object Lambda access point serves HTTPS only
    (CHAIN, "tls_only", "resized", 0),
    (CHAIN, "confused_deputy", "resized", 0),
    # an endpoint is asked by users, not by callers of AWS: only `public` says something of it
    (ACCESS, "public", "payroll", 0),
    (ACCESS, "tls_only", "payroll", 2),
    (ACCESS, "public", "staff", 0),
    (NET, "public", "core", 2),
]


@pytest.mark.parametrize(("text", "name", "resource", "status"), GUARANTEES)
def test_guarantees_by_name_of_declared_resources(
    text: str, name: str, resource: str, status: int, tmp_path: Path
) -> None:
    (tmp_path / "policyc.toml").write_text("", encoding="utf-8")
    (tmp_path / "a.policy").write_text(text, encoding="utf-8")
    assert main(["prove", "--root", str(tmp_path), "--that", name, resource]) == status


BUCKET = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "Members",
            "Effect": "Allow",
            "Principal": "*",
            "Action": ["s3:GetObject", "s3:PutObject"],
            "Resource": "arn:aws:s3:::b/*",
            "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}},
        }
    ],
}
DOCUMENT_CLAIMS = [
    ("every request to bucket where aws.PrincipalOrgID != acme is deny", True),
    ("every request where aws.PrincipalOrgID != acme is deny", True),
    ('no request to bucket can raw("s3:DeleteObject") is allowed', True),
    ('no request to bucket can raw("s3:Put*") is allowed', False),
    ('no request to bucket on raw("arn:aws:s3:::other/*") is allowed', True),
    ('no request to bucket who role("111122223333", "a") is allowed', False),
    ('no request to bucket is allowed by "Members"', False),
    ("every request to bucket who anonymous is deny", True),
]


def test_guarantees_of_documents(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    claims = blocks([claim for claim, _ in DOCUMENT_CLAIMS])
    (tmp_path / "org.policy").write_text(f'let acme: org_id = "o-a1b2c3d4e5"\n{claims}', encoding="utf-8")
    (tmp_path / "bucket.json").write_text(json.dumps(BUCKET), encoding="utf-8")
    words = ["prove", "--root", str(tmp_path), "--guarantees", str(tmp_path / "org.policy"), "--format", "json"]
    assert main([*words, str(tmp_path / "bucket.json")]) == 1
    data = json.loads(capsys.readouterr().out)
    Draft202012Validator(json.loads(read_text("schemas/proofs.schema.json"))).validate(data)
    found = [item["holds"] for proof in data["proofs"] for item in proof["claims"]]
    assert found == [holds for _, holds in DOCUMENT_CLAIMS]
    (tmp_path / "group.cedar").write_text("permit (principal, action, resource);", encoding="utf-8")
    assert main([*words, str(tmp_path / "bucket.json"), str(tmp_path / "group.cedar")]) == 1
    assert "nothing is proven of `group.cedar`" in capsys.readouterr().err


def test_guarantees_of_the_project_at_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a path: the documents of the project, those that its policies become among them."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop.policy").write_text(
        'let shop: account = "111122223333"\n'
        'principal app = role(shop, "app")\n'
        'resource stock: lattice.service { id: "svc-0a1b2c3d4e5f67890", at: shop/us-west-2, auth: aws_iam }\n'
        'policy stock_auth for lattice on stock { allow "app" { who app path "/stock/*" } }\n',
        encoding="utf-8",
    )
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/*"}
    (tmp_path / "bucket.json").write_text(
        json.dumps({"Version": "2012-10-17", "Statement": [statement]}), encoding="utf-8"
    )
    (tmp_path / "org.policy").write_text(
        'prove "signed" { no request to stock_auth where aws.PrincipalType == "Anonymous" is allow }\n'
        'prove "reads alone" { no request to bucket can raw("s3:GetObject") is allow }\n',
        encoding="utf-8",
    )
    assert main(["prove", "--guarantees", "org.policy", "--format", "json"]) == 1
    found = json.loads(capsys.readouterr().out)["proofs"]
    assert [(item["label"], item["state"]) for item in found] == [("signed", "holds"), ("reads alone", "broken")]
