"""A request that nobody can send is refused, so that no test passes or fails for it. Source: IAM reference 4.3 and 9."""

from __future__ import annotations

from pathlib import Path

import pytest

from policyc.diagnostics import Diagnostics
from policyc.simulation.runner import run_tests
from policyc.targets.program import emit_documents, load_program

HEAD = """
let shop: account = "111122223333"
let acme: org_id = "o-a1b2c3d4e5"
principal app = role(shop, "app")
principal ana = user(shop, "ana")
principal cdn = cloudfront(shop, "E2ABCDEF123456")
resource mesh: lattice.service_network { id: "sn-0123456789abcdef0", at: shop/us-west-2, auth: none }
resource web: lattice.service { id: "svc-0a1b2c3d4e5f67890", at: shop/us-west-2, network: mesh, auth: aws_iam }
resource photos: s3.bucket { name: "acme-photos", at: shop/us-east-1 }
resource photo_ap: s3.access_point { name: "photos-ap", at: shop/us-east-1, bucket: photos }
resource resize: lambda.function { name: "resize", at: shop/us-east-1 }
resource small: object_lambda.access_point {
  name: "small", at: shop/us-east-1, supporting: photo_ap, function: resize
}
policy p for lattice on web { allow "a" { who anyone } }
policy o for object_lambda on small { allow "a" { who app, cdn  can GetObject } }
"""
LATTICE = 'request web {{ {}, can: GET, path: "/" }}'
OLAP = 'request small {{ {}, can: GetObject, path: "k" }}'


def rules(root: Path, request: str) -> list[str]:
    (root / "a.policy").write_text(HEAD + f'test "t" {{ {request} expect allow }}\n')
    diagnostics = Diagnostics()
    program = load_program(root, [Path("a.policy")], {}, diagnostics)
    documents = [item for group in emit_documents(program, diagnostics).values() for item in group]
    assert not diagnostics.has_errors, [item.message for item in diagnostics]
    (result,) = run_tests(program, documents)
    return sorted({item.rule for item in result.findings} - {"test-failed"})


@pytest.mark.parametrize("form", [LATTICE, OLAP], ids=["lattice", "object_lambda"])
@pytest.mark.parametrize(
    "stated",
    [
        'who: app, aws.PrincipalArn: "arn:aws:iam::111122223333:role/other"',
        'who: app, aws.PrincipalAccount: "444455556666"',
        'who: app, aws.PrincipalType: "User"',
        'who: app, aws.username: "ana"',
        'who: ana, aws.username: "bo"',
        "who: app, aws.PrincipalIsAWSService: true",
        'who: app, aws.PrincipalServiceName: "ec2.amazonaws.com"',
        "who: anonymous, aws.PrincipalOrgID: acme",
        'who: anonymous, aws.PrincipalTag["team"]: "core"',
        'who: anonymous, aws.PrincipalType: "AssumedRole"',
        'who: app, aws.PrincipalTag["Team"]: "a", aws.PrincipalTag["team"]: "b"',
    ],
)
def test_what_contradicts_the_caller_is_refused(tmp_path: Path, form: str, stated: str) -> None:
    assert rules(tmp_path, form.format(stated)) == ["request-contradicts-itself"]


@pytest.mark.parametrize(
    "stated",
    [
        'who: app, aws.PrincipalArn: "arn:aws:iam::111122223333:role/app", aws.PrincipalOrgID: acme',
        'who: ana, aws.username: "ana", aws.PrincipalType: "User"',
        'who: anonymous, aws.PrincipalAccount: "anonymous", aws.PrincipalOrgID: absent',
        'who: app, aws.PrincipalTag["team"]: "core"',
    ],
)
def test_what_follows_from_the_caller_may_be_stated(tmp_path: Path, stated: str) -> None:
    assert rules(tmp_path, LATTICE.format(stated)) == []


def test_a_distribution_is_its_own_source(tmp_path: Path) -> None:
    other = 'aws.SourceArn: "arn:aws:cloudfront::111122223333:distribution/E9ZYXWVUT98765"'
    assert rules(tmp_path, OLAP.format(f"who: cdn, {other}")) == ["request-contradicts-itself"]


def test_a_raw_key_does_not_go_round_the_word_for_it(tmp_path: Path) -> None:
    assert rules(tmp_path, LATTICE.format('who: app, key["aws:PrincipalOrgID"]: "o-1"')) == ["known-key"]
