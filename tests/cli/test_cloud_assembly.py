"""`cdk.out/manifest.json` by itself stands for the templates that it lists, and nothing leads out of its folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from policyc.__main__ import main


def _template(action: str) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::111122223333:role/x"},
        "Action": action,
        "Resource": "arn:aws:s3:::b/*",
    }
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return json.dumps(
        {
            "Resources": {
                "P": {"Type": "AWS::S3::BucketPolicy", "Properties": {"Bucket": "b", "PolicyDocument": document}}
            }
        }
    )


def _manifest(template: str, nested: str = "") -> str:
    made = [{"type": "aws:cdk:logicalId", "data": "P", "trace": ["new S (/app/lib/s.ts:7:3)"]}]
    stack = {"type": "aws:cloudformation:stack", "properties": {"templateFile": template}, "metadata": {"/S/P": made}}
    artifacts: dict[str, object] = {
        "S": stack,
        "S.assets": {"type": "cdk:asset-manifest", "properties": {"file": "S.assets.json"}},
        "Tree": {"type": "cdk:tree"},
    }
    if nested:
        artifacts["N"] = {"type": "cdk:cloud-assembly", "properties": {"directoryName": nested}}
    return json.dumps({"version": "36.0.0", "artifacts": artifacts})


def test_the_templates_of_an_assembly_and_of_those_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cdk.out/assembly-x").mkdir(parents=True)
    for name, text in {
        "cdk.out/manifest.json": _manifest("S.template.json", "assembly-x"),
        "cdk.out/S.template.json": _template("s3:GetObjct"),
        "cdk.out/assembly-x/manifest.json": _manifest("T.template.json", "../assembly-x"),
        "cdk.out/assembly-x/T.template.json": _template("s3:PutObjct"),
    }.items():
        Path(name).write_text(text, encoding="utf-8")
    main(["check", "--no-cache", "--format", "json", "cdk.out/manifest.json"])
    told = json.loads(capsys.readouterr().out)
    assert [(item["rule"], item["location"]["file"]) for item in told["findings"]] == [
        ("unknown-action", "cdk.out/S.template.json"),
        ("unknown-action", "cdk.out/assembly-x/T.template.json"),
    ]
    assert told["findings"][0]["help"] == "did you mean `s3:GetObject`?; made by `app/lib/s.ts:7`"


@pytest.mark.parametrize("text", [_manifest("../outside.json"), _manifest("none.json"), "[]", '{"version": 1}', "{"])
def test_what_lists_no_template_is_taken_for_what_it_is(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "outside.json").write_text(_template("s3:GetObjct"), encoding="utf-8")
    (tmp_path / "cdk.out").mkdir()
    Path("cdk.out/manifest.json").write_text(text, encoding="utf-8")
    assert main(["check", "--no-cache", "--format", "json", "cdk.out/manifest.json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert {item["location"]["file"] for item in told["findings"]} == {"cdk.out/manifest.json"}
