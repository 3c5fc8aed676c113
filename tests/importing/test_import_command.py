"""`policyc import` as a command: what it writes and what it leaves alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from policyc.__main__ import main
from policyc.cli import exits

Run = Callable[..., tuple[int, str, str]]
SERVICE = "arn:aws:vpc-lattice:us-west-2:111122223333:service/svc-0a1b2c3d4e5f67890"


def document(resource: str = f"{SERVICE}/*", **changes: object) -> str:
    one = {"Sid": "A", "Effect": "Allow", "Principal": "*", "Action": "vpc-lattice-svcs:Invoke", "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [one | changes]}, indent=2)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / ".cache"))

    def call(*words: str) -> tuple[int, str, str]:
        status = main(list(words))
        shown = capsys.readouterr()
        return status, shown.out, shown.err

    return call


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_standard_output_is_a_policy_file_that_checks(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(document(), encoding="utf-8")
    status, out, _ = run("import", "a.json")
    assert status == exits.CLEAN
    (tmp_path / "a.policy").write_text(out, encoding="utf-8")
    assert run("fmt", "--check", "a.policy")[0] == exits.CLEAN
    (tmp_path / "a.json").unlink()
    assert run("check", "a.policy", "--format", "concise")[1].count("open-to-anonymous") == 1


def test_a_folder_becomes_a_folder(run: Run, tmp_path: Path) -> None:
    for name in ("docs/auth/a.json", "docs/b.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(document(f"{SERVICE[:-1]}{len(name) % 10}/*"), encoding="utf-8")
    status, out, _ = run("import", "docs", "-o", "policies")
    assert status == exits.CLEAN
    assert files(tmp_path / "policies") == ["auth/a.policy", "b.policy", "shared.policy"]
    assert out.splitlines() == [f"wrote: policies/{name}" for name in ("shared.policy", "auth/a.policy", "b.policy")]
    assert run("build", "policies")[0] == exits.CLEAN


def test_files_that_exist_are_left_alone_unless_asked(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(document(), encoding="utf-8")
    (tmp_path / "a.policy").write_text("// mine\n", encoding="utf-8")
    status, _, err = run("import", "a.json", "-o", "a.policy")
    assert (status, "`a.policy` exists" in err) == (exits.WRONG_USE, True)
    assert (tmp_path / "a.policy").read_text(encoding="utf-8") == "// mine\n"
    assert run("import", "a.json", "-o", "a.policy", "--force")[0] == exits.CLEAN
    assert "policy a for lattice" in (tmp_path / "a.policy").read_text(encoding="utf-8")


def test_one_file_in_the_way_keeps_all_of_them(run: Run, tmp_path: Path) -> None:
    for name, last in (("a", "0"), ("b", "1")):
        (tmp_path / f"{name}.json").write_text(document(f"{SERVICE[:-1]}{last}/*"), encoding="utf-8")
    (tmp_path / "out" / "b.policy").mkdir(parents=True)
    status, _, err = run("import", "a.json", "b.json", "-o", "out", "--force")
    assert (status, files(tmp_path / "out")) == (exits.WRONG_USE, [])
    assert "`out/b.policy` is no plain file" in err


def test_nothing_is_written_when_one_document_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(document(), encoding="utf-8")
    (tmp_path / "b.json").write_text(document(Effect="Maybe"), encoding="utf-8")
    status, _, err = run("import", "a.json", "b.json", "-o", "out")
    assert status == exits.FINDINGS
    assert "error[invalid-effect]" in err and "b.json:" in err
    assert not (tmp_path / "out").exists()


def test_a_dry_run_writes_nothing(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(document(), encoding="utf-8")
    assert run("import", "a.json", "-o", "out", "--dry-run")[1] == "would write: out/a.policy\n"
    assert not (tmp_path / "out").exists()


def test_programs_read_what_became_of_each_document(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(document("*"), encoding="utf-8")
    data = json.loads(run("import", "a.json", "-o", "out", "--format", "json")[1])
    assert data["import"] == {
        "files": ["out/a.policy"],
        "documents": [
            {
                "document": "a.json",
                "kind": "auth-policy",
                "file": "out/a.policy",
                "policy": "a",
                "unplaced": "a_service",
                "left_out": [],
                "refused": [],
                "stricter": [],
            }
        ],
        "left": [],
    }


def test_what_a_document_is_attached_to_can_be_stated(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(document("*"), encoding="utf-8")
    network = "arn:aws:vpc-lattice:us-west-2:111122223333:servicenetwork/sn-0123456789abcdef0"
    out = run("import", "a.json", "--on", network)[1]
    assert "lattice.service_network" in out and "raw(" not in out
    status, _, err = run("import", "a.json", "--on", f"b.json={network}")
    assert (status, "what one document is attached to" in err) == (exits.WRONG_USE, True)


def test_an_arn_of_something_else_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(document("*"), encoding="utf-8")
    status, _, err = run("import", "a.json", "--on", "arn:aws:s3:::photos")
    assert (status, "`arn:aws:s3:::photos`" in err) == (exits.FINDINGS, True)


def test_two_documents_of_one_service_are_refused(run: Run, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.json").write_text(document(), encoding="utf-8")
    status, _, err = run("import", "a.json", "b.json", "-o", "out")
    assert status == exits.FINDINGS
    assert "b.json:" in err


def test_documents_of_every_kind_are_imported_by_what_they_are(run: Run, tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.json").write_text(document(), encoding="utf-8")
    trust = (
        document()
        .replace("vpc-lattice-svcs:Invoke", "sts:AssumeRole")
        .replace(f',\n      "Resource": "{SERVICE}/*"', "")
    )
    (tmp_path / "docs" / "trust.json").write_text(trust, encoding="utf-8")
    status, out, _ = run("import", "docs", "-o", "out")
    assert (status, out) == (exits.CLEAN, "wrote: out/a.policy\nwrote: out/trust.policy\n")
    assert "kind: trust" in (tmp_path / "out" / "trust.policy").read_text(encoding="utf-8")


def test_tests_are_written_and_hold(run: Run, tmp_path: Path) -> None:
    method = {"StringEquals": {"vpc-lattice-svcs:RequestMethod": ["POST"]}}
    role = {"AWS": "arn:aws:iam::111122223333:role/orders"}
    (tmp_path / "a.json").write_text(document(f"{SERVICE}/stock/*", Principal=role, Condition=method), encoding="utf-8")
    assert run("import", "a.json", "-o", "a.policy", "--tests")[0] == exits.CLEAN
    text = (tmp_path / "a.policy").read_text(encoding="utf-8")
    assert '  expect allow by "A" at a\n' in text and "  expect deny by default at a\n" in text
    assert 'request a_service { who: orders, can: POST, path: "/stock/x" }' in text
    assert run("fmt", "--check", "a.policy")[0] == exits.CLEAN
    status, out, err = run("test", "a.policy")
    assert (status, "2 passed" in out + err) == (exits.CLEAN, True)
    (tmp_path / "role.json").write_text(
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}',
        encoding="utf-8",
    )
    assert "no tests for role.policy" in run("import", "role.json", "-o", "role.policy", "--tests")[2]


def test_tests_of_verified_access_ask_an_endpoint_of_the_group(run: Run, tmp_path: Path) -> None:
    text = '// managed\npermit (principal, action, resource) when { context has jamf && context.jamf has risk && context.jamf.risk == "LOW" };'
    (tmp_path / "d.cedar").write_text(text, encoding="utf-8")
    shown = run("import", "d.cedar", "--tests")[1]
    assert "resource d_group_app: verified_access.endpoint { group: d_group, protocol: https }" in shown
    assert 'request d_group_app { jamf.risk: "LOW" }\n  expect allow by "managed" at d\n' in shown
    assert "request d_group_app { jamf.risk: absent }\n  expect deny by default at d\n" in shown


@pytest.mark.parametrize("name", ["allow", "9 lives", "policy", "aws", "set", "ü", "a\x1b[31m", "x" * 120, "--", "raw"])
def test_whatever_a_document_is_called_its_policy_has_a_name(run: Run, tmp_path: Path, name: str) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / f"{name}.json").write_text(document("*", Sid="\u202eallow\x1b[31m\n"), encoding="utf-8")
    status, out, err = run("import", "docs")
    assert status == exits.CLEAN, err
    assert "\x1b" not in out + err and "\u202e" not in out + err
    (tmp_path / "p.policy").write_text(out, encoding="utf-8")
    assert run("fmt", "--check", "p.policy")[0] == exits.CLEAN
    assert run("build", "p.policy")[0] == exits.CLEAN


def test_imports_of_files_start_at_the_root_of_the_project(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "policyc.toml").write_text('[project]\nname = "a"\npaths = ["policies"]\n', encoding="utf-8")
    work = tmp_path / "work"
    work.mkdir()
    for name, last in (("a", "0"), ("b", "1")):
        (work / f"{name}.json").write_text(document(f"{SERVICE[:-1]}{last}/*"), encoding="utf-8")
    monkeypatch.chdir(work)
    assert run("import", ".", "-o", "../policies")[0] == exits.CLEAN
    assert 'use "policies/shared.policy"' in (tmp_path / "policies" / "a.policy").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert run("build")[0] == exits.CLEAN


def test_a_folder_without_documents_says_so(run: Run, tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    assert run("import", "docs")[0] == exits.NOTHING
    assert run("import", "nothing.json")[0] == exits.WRONG_USE


def test_what_a_killed_run_left_is_cleaned_up_and_another_run_waited_for(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from policyc.cli import folder_lock

    (tmp_path / "auth.json").write_text(document(), encoding="utf-8")
    (tmp_path / ".policyc-import-abc").mkdir()
    (tmp_path / ".policyc-import-abc" / "new-0").write_text("x", encoding="utf-8")
    monkeypatch.setattr(folder_lock, "PATIENCE", 0.0)
    with folder_lock.locked(tmp_path) as held:
        status, out, err = run("import", "auth.json", "-o", "policies")
        if held:
            assert (status, out) == (exits.WRONG_USE, "") and "somebody else writes" in err
            assert not (tmp_path / "policies").exists()
    assert run("import", "auth.json", "-o", "other")[0] == exits.CLEAN
    assert not list(tmp_path.glob(".policyc-import-*"))
