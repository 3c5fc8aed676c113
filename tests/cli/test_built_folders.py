"""Folders that `build` wrote: a search of a project leaves them out, a command that names one reads it, whatever form it has."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from policyc.__main__ import main

POLICY = """\
principal app = role("111122223333", "app")
resource stock: lattice.service { id: "svc-0a1b2c3d4e5f67890", at: "111122223333"/us-west-2, auth: aws_iam }
policy stock_auth for lattice on stock {
  allow "reads" { who app  can GET  path "/stock", "/stock/*" }
}
"""
FORMS = ("cloudformation", "sam", "cdk", "terraform", "terraform-json", "kubernetes", "helm")
Printed = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "stock.policy").write_text(POLICY, encoding="utf-8")
    (tmp_path / "policyc.toml").write_text('[project]\npaths = ["policies"]\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def data(printed: Printed, *words: str) -> dict[str, object]:
    printed.readouterr()
    assert main([*words, "--format", "json"]) in (0, 1)
    found = json.loads(printed.readouterr().out)
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("form", FORMS)
def test_what_was_written_for_deployment_is_read_and_has_no_findings(form: str, capsys: Printed) -> None:
    assert main(["build", "--to", form, "-q"]) == 0
    capsys.readouterr()
    assert main(["check", f"out/{form}"]) == 0
    assert "1 document in 1 file: no findings" in capsys.readouterr().out


@pytest.mark.parametrize("form", FORMS)
def test_what_was_written_for_deployment_is_compared(form: str, project: Path, capsys: Printed) -> None:
    assert main(["build", "--to", form, "-q"]) == 0
    assert main(["build", "--to", form, "-q", "-o", "other"]) == 0
    assert len(data(capsys, "diff", f"out/{form}", "other")["documents"]) == 1  # type: ignore[arg-type]
    for file in (project / "other").rglob("*"):
        if file.is_file() and "/stock/*" in (text := file.read_text(encoding="utf-8")):
            file.write_text(text.replace("/stock/*", "/*"), encoding="utf-8")
    assert main(["diff", f"out/{form}", "other"]) == 1
    assert "newly allowed" in capsys.readouterr().out


def test_an_output_folder_is_its_documents_whatever_else_was_built_into_it(capsys: Printed) -> None:
    assert main(["build", "-q", "--pretty"]) == 0
    for form in FORMS:
        assert main(["build", "--to", form, "-q"]) == 0
    capsys.readouterr()
    assert main(["diff", "out", "policies"]) == 0
    assert capsys.readouterr().out == "the same for all requests\n"
    assert main(["check", "out/lattice"]) == 0
    assert "no findings" in capsys.readouterr().out


def test_a_search_of_the_project_leaves_them_out(capsys: Printed) -> None:
    assert main(["build", "-q"]) == 0
    assert main(["build", "-q", "--to", "cloudformation"]) == 0
    capsys.readouterr()
    assert main(["list", "."]) == 4
    told = capsys.readouterr().err
    assert "no document" in told and "name its folder, `out`" in told


def test_a_pipe_is_no_side_of_a_comparison(project: Path, capsys: Printed) -> None:
    os.mkfifo(project / "pipe.json")
    assert main(["diff", "pipe.json"]) == 2
    assert "`diff` compares two sides" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["a b/c", "a\x1b/<b>\n", "svc/app"])
def test_a_caller_of_any_spelling_is_told(name: str, project: Path, capsys: Printed) -> None:
    condition = {"ArnEquals": {"aws:PrincipalArn": f"arn:aws:iam::111122223333:role/{name}"}}
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*", "Condition": condition}
    (project / "a.json").write_text(json.dumps({"Version": "2012-10-17", "Statement": [statement]}), encoding="utf-8")
    assert main(["who", "a.json", "--as", "bucket"]) == 0
    printed = capsys.readouterr().out
    assert "nobody else" in printed and "\x1b" not in printed


def test_a_build_tells_what_it_left_out_and_a_check_tells_it_once(capsys: Printed) -> None:
    Path("policies/stock.policy").write_text(
        'let shop: account = "111122223333"\n'
        'principal app = role(shop, "app")\n'
        'resource stock: lattice.service { id: "svc-0123456789abcdef0", at: shop/us-west-2, auth: aws_iam }\n'
        "policy s for lattice on stock {\n"
        '  allow "read" { who app  can GET  path "/a" }\n'
        '  allow "never" {\n'
        '    who app  can GET  path "/b"  when aws.PrincipalOrgID == "o-a1b2c3d4e5" and aws.PrincipalOrgID == "o-b1b2c3d4e5"\n'
        "  }\n"
        "}\n"
    )
    assert main(["build"]) == 0
    shown = capsys.readouterr()
    assert "warning[statement-never-applies]" in shown.err and "wrote: lattice/s.json" in shown.out
    assert main(["build", "--format", "json"]) == 0
    assert [item["rule"] for item in json.loads(capsys.readouterr().out)["findings"]] == ["statement-never-applies"]
    assert main(["check", "--no-cache", "--format", "json"]) == 1
    told = [item["rule"] for item in json.loads(capsys.readouterr().out)["findings"]]
    assert told == ["policy-without-test", "condition-never-holds"]
