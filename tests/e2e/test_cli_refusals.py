"""What cannot be answered is refused alike by every command: findings to standard output only in a form that has a place for them, text to
standard error otherwise, and what the file system refuses is wrong use (2), never a bug (3)."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path

import pytest

from policyc.__main__ import main
from policyc.cli.app import COMMANDS
from policyc.report import registry

POLICY = """\
let shop: account = "111122223333"
resource mesh: lattice.service { id: "svc-0a1b2c3d4e5f67890", at: shop/us-west-2, auth: aws_iam }
resource staff: verified_access.group { id: "vagr-0a1b2c3d4e5f67890", at: shop/us-west-2, trust: { idc: iam_identity_center } }
resource wiki: verified_access.endpoint { id: "vae-0a1b2c3d4e5f67890", group: staff, protocol: https }
policy staff_in for verified_access on staff { allow "s" { when idc.user.email.verified == true } }
"""
#: command -> words that ask it something
ASKED = {
    "check": ["."],
    "build": ["-o", "out"],
    "test": ["."],
    "simulate": ["mesh", "--can", "GET", "--path", "/x"],
    "diff": [".", "."],
    "prove": ["."],
    "who": ["mesh"],
    "matrix": ["users.json"],
    "routes": ["core"],
    "graph": ["core"],
    "import": ["."],
    "list": ["."],
    "fmt": ["--check"],
    "replay": ["log.json", "--policies", "."],
}
#: what comes of a question that another package or a connection would have to answer first
NOT_ASKED = {"aws", "explain", "facts", "lsp", "doctor", "play", "completion", "init"}
LONG = "n" * 5000
Printed = pytest.CaptureFixture[str]


def formats(command: str) -> list[str]:
    module = import_module(COMMANDS[command][0])
    return list(registry.formats(module.REPORT) if module.REPORT else module.FORMATS)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("users.json").write_text('{"users": {"u": {"idc.user.email.verified": 1}}}', encoding="utf-8")
    Path("log.json").write_text("{}\n", encoding="utf-8")


def test_every_command_is_here() -> None:
    assert set(ASKED) | NOT_ASKED == set(COMMANDS)


def check_form(form: str, out: str, err: str) -> None:
    if registry.serves(form, "findings") or form == "json":
        if form in ("json", "gitlab", "rdjson", "sarif"):
            assert not out or json.loads(out) is not None
    else:
        assert not out, "a picture or a table is no place for findings"
        assert "error" in err


@pytest.mark.parametrize("command", ASKED)
def test_policies_with_a_mistake(command: str, capsys: Printed) -> None:
    Path("a.policy").write_text(POLICY + "policy\n", encoding="utf-8")
    for form in formats(command):
        status = main([command, *ASKED[command], "--format", form])
        out, err = capsys.readouterr()
        assert status in (1, 2, 4), (form, status)
        assert out or err
        if command not in ("import", "list"):
            check_form(form, out, err)


@pytest.mark.parametrize("option", ["--root", "--config"])
@pytest.mark.parametrize("command", [*ASKED, "doctor", "aws"])
def test_a_name_that_no_file_system_has(command: str, option: str, capsys: Printed) -> None:
    words = [*ASKED.get(command, ["drift"] if command == "aws" else []), option, LONG]
    for form in (["--format", "json"], []):
        status = main([command, *words, *form])
        out, err = capsys.readouterr()
        assert status in ((1, 2) if command == "doctor" else (2,)), err
        assert "Errno" not in out + err and "internal" not in err


@pytest.mark.parametrize("command", sorted(set(COMMANDS) - {"lsp", "play"}))
def test_an_empty_argument_names_nothing(command: str, capsys: Printed) -> None:
    for words in ([""], ["a", ""], ["--debug", ""], ["--", ""]):
        assert main([command, *words]) == 2
        out, err = capsys.readouterr()
        assert not out and "empty" in err


def test_a_file_of_users_with_a_mistake(capsys: Printed) -> None:
    Path("a.policy").write_text(POLICY, encoding="utf-8")
    for form in formats("matrix"):
        assert main(["matrix", "users.json", "--format", form]) == 2
        check_form(form, *capsys.readouterr())


@pytest.mark.parametrize("kind", ["bucket", "cedar", "core-network"])
@pytest.mark.parametrize("ending", ["yaml", "tf", "txt", "json", "cedar", "md", "log", ""])
def test_as_says_what_a_file_is_whatever_its_ending(kind: str, ending: str, capsys: Printed) -> None:
    Path(f"a.{ending}").write_text("{}", encoding="utf-8")
    for command in ("check", "import", "diff", "prove", "who"):
        more = {"prove": ["--that", "tls_only"], "diff": ["log.json"]}.get(command, [])
        assert main([command, f"a.{ending}", *more, "--as", kind]) in (0, 1, 2, 4, 11)
        capsys.readouterr()


@pytest.mark.parametrize("words", [["who", "gone.json"], ["prove", "--that", "public", "in/gone.json"]])
def test_a_file_that_is_not_there_is_no_resource_to_declare(words: list[str], capsys: Printed) -> None:
    assert main(words) == 2
    told = " ".join(capsys.readouterr().err.split())
    assert f"`{words[-1]}` is neither a file nor a declared resource" in told and "check the path" in told
