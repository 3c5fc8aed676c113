"""`check --base` and `--baseline`: findings of two states are compared, not changed lines."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from policyc.__main__ import main
from policyc.data import read_text

Run = Callable[..., tuple[int, str, str]]

SHARED = 'let shop: account = "111122223333"\nlet org: org_id = "o-a1b2c3d4e5"\n'
STOCK = """use "shared.policy" { shop, org }
resource stock: lattice.service { id: "svc-0a1b2c3d4e5f67890", at: shop/us-west-2, auth: aws_iam }
policy stock_auth for lattice on stock {
  allow "read" { who authenticated  can GET  path "/x"  when aws.PrincipalOrgID == org }
}
test "nobody" { request stock { who: anonymous, can: GET, path: "/x" }  expect deny by default }
"""
#: `org` is imported and never used
UNUSED = """use "shared.policy" { org }
use "stock.policy" { stock }
test "nobody" { request stock { who: anonymous, can: GET, path: "/x"}  expect deny by default }
"""


def git(*words: str) -> None:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", *identity, *words], check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a project in a folder, on the branch `change`; `main` has one warning."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    folder = tmp_path / "infra"
    folder.mkdir()
    monkeypatch.chdir(tmp_path)
    (folder / "policyc.toml").write_text("")
    (folder / "shared.policy").write_text(SHARED)
    (folder / "stock.policy").write_text(STOCK)
    (folder / "unused.policy").write_text(UNUSED)
    git("init", "-q")
    git("add", "-A")
    git("commit", "-q", "-m", "first")
    git("checkout", "-q", "-b", "change")
    return folder


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def go(*argv: str) -> tuple[int, str, str]:
        status = main(list(argv))
        told = capsys.readouterr()
        return status, told.out, told.err

    return go


def rules(out: str) -> list[str]:
    return [item["rule"] for item in json.loads(out)["findings"]]


@pytest.mark.parametrize("here", [".", "infra"])
def test_what_was_there_before_is_only_counted(
    here: str, repository: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("check", "infra")[0] == 1
    (repository / "unused.policy").write_text("// moved down\n\n" + UNUSED)
    monkeypatch.chdir(here)
    status, out, _ = run("check", "--base", "main", *(["infra"] if here == "." else []))
    assert status == 0
    assert out.splitlines()[0].startswith("against main (")
    assert "0 new, 0 fixed, 1 kept" in out


def test_a_change_in_a_shared_file_shows_where_nobody_touched(repository: Path, run: Run) -> None:
    (repository / "shared.policy").write_text(SHARED.replace("o-a1b2c3d4e5", "o-BAD"))
    status, out, _ = run("check", "infra", "--base", "main", "--format", "json")
    data = json.loads(out)
    Draft202012Validator(json.loads(read_text("schemas/report.schema.json"))).validate(data)
    assert status == 1
    assert data["findings"]
    assert data["compared"]["new"] == len(data["findings"])
    # the error keeps the rules from running, so nothing is called mended
    assert data["compared"]["fixed"] is False


def test_what_is_mended_is_told(repository: Path, run: Run) -> None:
    (repository / "unused.policy").write_text(UNUSED.replace('use "shared.policy" { org }\n', ""))
    status, out, _ = run("check", "infra", "--base", "main")
    assert status == 0
    assert "0 new, 1 fixed, 0 kept" in out
    assert "  fixed unused-import in infra/unused.policy: " in out


def test_equal_findings_count(repository: Path, run: Run) -> None:
    (repository / "second.policy").write_text(UNUSED)
    status, out, _ = run("check", "infra", "--base", "main", "--format", "json")
    assert status == 1
    assert rules(out) == ["unused-import"]
    assert json.loads(out)["compared"]["kept"] == 1


def test_a_base_without_the_folder_knows_nothing(repository: Path, run: Run) -> None:
    (repository.parent / "more").mkdir()
    (repository.parent / "more" / "a.policy").write_text("let a: account = 1\n")
    assert run("check", "more", "--base", "main")[0] == 1


def test_the_base_is_where_the_branch_left(repository: Path, run: Run) -> None:
    git("checkout", "-q", "main")
    (repository / "unused.policy").unlink()
    git("commit", "-q", "-am", "mended on main")
    git("checkout", "-q", "change")
    status, out, _ = run("check", "infra", "--base", "main")
    assert status == 0
    assert "0 new, 0 fixed, 1 kept" in out


def test_nothing_of_the_base_runs_or_leads_out(repository: Path, run: Run) -> None:
    (repository.parent / ".gitattributes").write_text("*.policy filter=bad export-ignore\n")
    marker = repository.parent / "ran"
    git("config", "filter.bad.smudge", f"touch {marker}; cat")
    (repository / "out.policy").symlink_to("/etc/passwd")
    git("add", "-A")
    git("commit", "-q", "-m", "a link and a filter")
    marker.unlink(missing_ok=True)
    status, out, _ = run("check", "infra", "--base", "HEAD")
    assert not marker.exists()
    assert status == 0
    assert ", 0 fixed" in out


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["--base", "nowhere"], "`nowhere` is no commit of this repository"),
        (["--base=--upload-pack=x"], "is no commit of this repository"),
        (["--base", "main", "--baseline", "b.json"], "two answers to one question"),
        (["--baseline", "none.json"], "`none.json` cannot be read"),
        (["--baseline", "infra/shared.policy"], "is no baseline of policyc"),
    ],
)
def test_wrong_use(argv: list[str], words: str, repository: Path, run: Run) -> None:
    status, _, err = run("check", "infra", *argv)
    assert status == 2
    assert words in " ".join(err.split())


def test_outside_of_a_repository(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    (tmp_path / "a.policy").write_text(SHARED)
    status, _, err = run("check", "a.policy", "--base", "main")
    assert status == 2
    assert "not a git repository" in err


def test_a_baseline_shrinks_only(repository: Path, run: Run) -> None:
    assert run("check", "infra", "--write-baseline", "known.json")[0] == 0
    assert run("check", "infra", "--baseline", "known.json")[0] == 0
    (repository / "second.policy").write_text(UNUSED)
    assert run("check", "infra", "--baseline", "known.json")[0] == 1
    before = Path("known.json").read_bytes()
    status, _, err = run("check", "infra", "--write-baseline", "known.json")
    assert status == 2
    assert "would grow: `unused-import` in `infra/second.policy` is new" in " ".join(err.split())
    assert Path("known.json").read_bytes() == before
    for name in ("second", "unused"):
        (repository / f"{name}.policy").unlink()
    assert run("check", "infra", "--write-baseline", "known.json")[0] == 0
    assert json.loads(Path("known.json").read_text())["findings"] == []


def test_what_a_renamed_file_had_before_is_not_new(repository: Path, run: Run) -> None:
    git("mv", "infra/unused.policy", "infra/moved.policy")
    status, out, err = run("check", "infra", "--base", "main")
    assert status == 0 and "0 new, 0 fixed, 1 kept" in out + err


def test_a_baseline_knows_findings_by_the_names_that_they_had(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    line = '"Condition": {"StringEquals": {"vpc-lattice-svcs:RequestHeader/X-Team": "a", "aws:PrincipalOrgID": "o-a1b2c3d4e5"}}'
    statement = '"Effect": "Allow", "Principal": "*", "Action": "vpc-lattice-svcs:Invoke", "Resource": "*",'
    Path("a.json").write_text(f'{{"Version": "2012-10-17", "Statement": [{{{statement}\n{line}\n}}]}}')
    old = ("header-not-lower-case", "a message of then", "a.json")
    key = sha256("\0".join((*old, line)).encode()).hexdigest()[:32]
    entry = {"rule": old[0], "file": old[2], "message": old[1], "count": 1, "fingerprint": key}
    Path("known.json").write_text(json.dumps({"format_version": 1, "findings": [entry]}))
    status, out, err = run("check", "a.json", "--baseline", "known.json")
    assert status == 0 and "0 new, 0 fixed, 1 kept" in out + err
    assert run("check", "a.json", "--write-baseline", "known.json")[0] == 0
    assert json.loads(Path("known.json").read_text())["findings"][0]["rule"] == "header-name-case"
    # once more on another line: that is new
    Path("b.json").write_text(Path("a.json").read_text())
    assert run("check", "a.json", "b.json", "--baseline", "known.json")[0] == 1
