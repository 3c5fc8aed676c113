"""Manifests against the definitions of their kinds: every document that has a place in Kubernetes, and the others refused by name."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from policyc.cli.app import run
from policyc.data import read_text

CRDS = json.loads(Path(__file__).with_name("crds.json").read_text(encoding="utf-8"))["kinds"]
POLICIES = """param org: org_id = "o-a1b2c3d4e5"
let shop: account = "111122223333"
principal app = role(shop, "app")
principal ann = user(shop, "ann")
resource stock: lattice.service { id: "svc-0a1b2c3d4e5f67890", at: shop/us-west-2, auth: aws_iam }
resource bucket_: iam_document.carrier { kind: bucket, name: "arn:aws:s3:::acme" }
resource point: iam_document.carrier { kind: access_point, name: "arn:aws:s3:us-west-2:111122223333:accesspoint/p" }
resource resized: iam_document.carrier { kind: object_lambda, name: "arn:aws:s3-object-lambda:us-west-2:111122223333:accesspoint/o" }
resource trust_: iam_document.carrier { kind: trust, name: "app" }
resource bound: iam_document.carrier { kind: boundary, name: "limits" }
resource cmk: iam_document.carrier { kind: key, name: "arn:aws:kms:us-west-2:111122223333:key/1" }

policy auth for lattice on stock { allow "a" { who app  can GET  when aws.PrincipalOrgID == org } }
policy calls for identity on app { allow "a" { can GET  on stock } }
policy person for identity on ann { allow "a" { can GET  on stock } }
policy bucket_policy for iam_document on bucket_ {
  allow "a" { who app  can raw("s3:GetObject")  on raw("arn:aws:s3:::acme/*") }
}
policy point_policy for iam_document on point {
  allow "a" { who app  can raw("s3:GetObject")  on raw("arn:aws:s3:us-west-2:111122223333:accesspoint/p/object/*") }
}
policy olap_policy for iam_document on resized {
  allow "a" { who app  can raw("s3-object-lambda:GetObject")  on raw("arn:aws:s3-object-lambda:us-west-2:111122223333:accesspoint/o") }
}
policy trusted for iam_document on trust_ { allow "a" { who service("ec2.amazonaws.com")  can raw("sts:AssumeRole") } }
policy limits for iam_document on bound { allow "a" { can raw("s3:*")  on raw("*") } }
policy key_policy for iam_document on cmk { allow "a" { who account(shop)  can raw("kms:*")  on raw("*") } }
"""


@pytest.fixture
def out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> tuple[Path, str]:
    """The folder of manifests, and what was told."""
    monkeypatch.chdir(tmp_path)
    Path("all.policy").write_text(POLICIES, encoding="utf-8")
    status = run(("build", "--to", "kubernetes", "-o", "k8s"))
    told = capsys.readouterr()
    assert status == 1, told.out + told.err  # two of them have no place, and the others are written all the same
    assert "`org` has its default in the documents" in told.err
    return tmp_path / "k8s", told.out + told.err


def manifests(folder: Path) -> list[dict[str, Any]]:
    return [item for path in sorted(folder.rglob("*.yaml")) for item in yaml.safe_load_all(path.read_text()) if item]


def test_every_manifest_is_what_its_definition_says(out: tuple[Path, str]) -> None:
    found = manifests(out[0])
    for item in found:
        kind = f"{item['apiVersion']} {item['kind']}"
        jsonschema.validate(item["spec"]["forProvider"], CRDS[kind])
        assert re.fullmatch(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?", item["metadata"]["name"])
        document = next(value for key, value in item["spec"]["forProvider"].items() if "olicy" in key)
        assert json.loads(document)["Version"] == "2012-10-17"
    assert {item["kind"] for item in found} == {
        "AuthPolicy",
        "RolePolicy",
        "AccessPointPolicy",
        "ObjectLambdaAccessPointPolicy",
        "Role",
        "Policy",
    }


def test_what_has_no_place_is_named(out: tuple[Path, str]) -> None:
    told = " ".join(out[1].split())
    assert told.count("error[no-place-for-document]") == 3
    assert "`identity/person.json`" in told and "`iam_document/key_policy.key.json`" in told
    assert (
        "has to say the Region of the bucket for `iam_document/bucket_policy.bucket.json`, which nothing tells" in told
    )
    assert "wrote 6 files to k8s, 3 documents not written: no place there" in told


def test_every_place_has_a_definition() -> None:
    placements = json.loads(read_text("schemas/emitting/placements.json"))["kubernetes"]
    for place in placements.values():
        fields = CRDS[place["type"]]["properties"]
        for path in filter(None, (place["document"], *place.get("fields", {}), *place.get("asked", {}))):
            assert path.removeprefix("spec.forProvider.") in fields, (place["type"], path)


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not on this machine")
def test_kustomize_keeps_the_documents(out: tuple[Path, str]) -> None:
    folder, _ = out
    files = [str(path.relative_to(folder)) for path in sorted(folder.rglob("*.yaml"))]
    kustomization = {"namePrefix": "shop-", "commonAnnotations": {"team": "shop"}, "resources": files}
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(kustomization))
    printed = subprocess.run(["kubectl", "kustomize", str(folder)], capture_output=True, text=True, check=True).stdout
    before = [item for item in manifests(folder) if "spec" in item]

    def specs(items: list[dict[str, Any]]) -> list[str]:
        return sorted(json.dumps(item["spec"], sort_keys=True) for item in items)

    assert specs(list(yaml.safe_load_all(printed))) == specs(before)
    Path("built.yaml").write_text(printed)
    assert run(("check", "--no-cache", "built.yaml")) == run(("check", "--no-cache", "k8s"))
