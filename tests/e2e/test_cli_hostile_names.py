"""Names and texts that try to command a terminal, a build server's log, a page or a spreadsheet, through every command and format.

Whatever comes out on either stream holds printable characters and line breaks only. In a build server's log no line says
anything to the server but the commands of the format that is made of them.
Sources: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands, https://trojansource.codes/,
https://owasp.org/www-community/attacks/CSV_Injection, SARIF 2.1.0 section 3.11.6.
"""

from __future__ import annotations

import csv
import io
import json
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path
from unicodedata import category

import pytest

from policyc.__main__ import main
from policyc.report import registry

#: what a name or a text tries
TRICKS = (
    "\x1b[31mred\x1b]0;title\x07",
    "\r\n::error::forged",
    "\n##[add-mask]111122223333",
    "##vso[task.setvariable variable=x]y",
    "![i](https://pixel.example.org/p.png)",
    "[click](https://login.example.org)",
    "<img src=x onerror=alert(1)>",
    "=HYPERLINK(1)",
    "\u202egnp.exe\u2066",
    "a|b`c`",
    "</failure>]]>&amp;",
    "x\x00y\x7f\x9b\u2028",
)
#: what a text of a `.policy` file may hold, which refuses control and invisible characters itself
WRITABLE = tuple(text for text in TRICKS if text.isascii() and text.isprintable())

POLICY = """
let shop: account = "111122223333"
let org: org_id = "o-a1b2c3d4e5"
resource mesh: lattice.service {{ id: "svc-0a1b2c3d4e5f67890", at: shop/us-west-2, auth: aws_iam }}
resource staff: verified_access.group {{ id: "vagr-0a1b2c3d4e5f67890", at: shop/us-west-2, trust: {{ idc: iam_identity_center }} }}
resource wiki: verified_access.endpoint {{ id: "vae-0a1b2c3d4e5f67890", group: staff, protocol: https }}
policy mesh_auth for lattice on mesh {{
  allow {label} {{ who authenticated  can GET  when header["x"] == {label} and aws.PrincipalOrgID == org }}
}}
policy staff_in for verified_access on staff {{
  allow {label} {{ when idc.user.email.address == {label} }}
}}
test {label} {{
  request mesh {{ who: anyone, can: GET, path: "/x", header["x"]: {label} }}
  expect allow by {label}
}}
"""

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")

    def call(*argv: str) -> tuple[int, str, str]:
        status = main(argv)
        captured = capsys.readouterr()
        assert status != 3, captured.err
        return status, captured.out, captured.err

    return call


def check_text(text: str, commands: bool = False) -> None:
    """Nothing but lines of printable characters, and no command to a log reader."""
    odd = {char for char in text if char != "\n" and category(char) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")}
    assert not odd, (odd, text)
    assert not re.search(r"##[\w.]*\[", text), text
    for line in text.split("\n"):
        assert (commands and re.match(r"::(error|warning|notice) ", line)) or not line.lstrip().startswith("::"), line


def check_form(name: str, text: str) -> None:
    """A report can be read in the form that it claims to have."""
    if name in ("json", "sarif", "gitlab"):
        json.loads(text)
    elif name == "junit":
        ElementTree.fromstring(text.encode("utf-8"))
    elif name == "csv":
        rows = list(csv.reader(io.StringIO(text)))
        assert len({len(row) for row in rows}) == 1
        assert not any(cell[:1] in ("=", "+", "-", "@") for row in rows for cell in row)
    elif name == "markdown":
        # in code nothing means anything: https://spec.commonmark.org/0.31.2/#code-spans
        prose = re.sub(r"(?<!\\)(`+)(?!`)(?s:.+?)(?<!`)\1(?!`)", "", text)
        assert not re.search(r"(?<!\\)\]\(|<\w|(?<!\\)!\[", prose), text


def formats(kind: str) -> list[str]:
    return list(registry.formats(kind))


def quoted(text: str) -> str:
    return json.dumps(text)


@pytest.mark.parametrize("trick", WRITABLE)
def test_texts_of_policies(run: Run, trick: str) -> None:
    Path("a.policy").write_text(POLICY.format(label=quoted(trick)), encoding="utf-8")
    for name in formats("findings"):
        for command in (["check", "--no-cache"], ["build"], ["fmt", "--check"]):
            _, out, err = run(*command, "--format", name)
            check_text(out, name == "github")
            check_text(err)
            if out:
                check_form(name, out)
    for name in formats("tests"):
        _, out, err = run("test", "--format", name, "--coverage")
        check_text(out, name == "github")
        check_text(err)
        check_form(name, out)
    for name in formats("outcome"):
        _, out, err = run(
            "simulate", "mesh", "--who", trick, "--path", trick, "--set", f"header.x={trick}", "--format", name
        )
        check_text(out)
        check_text(err)
    for command in (["fmt", "--diff"], ["build", "--explain"], ["build", "--check"], ["explain", trick], [trick]):
        _, out, err = run(*command)
        check_text(out)
        check_text(err)


@pytest.mark.parametrize("trick", TRICKS)
def test_texts_of_documents(run: Run, trick: str) -> None:
    statement = {"Sid": trick, "Effect": "Allow", "Principal": "*", "Action": trick, "Resource": "*"}
    statement["Condition"] = {trick: {trick: trick}}  # type: ignore[assignment]
    Path("auth.json").write_text(json.dumps({"Version": trick, trick: 1, "Statement": [statement]}), encoding="utf-8")
    for name in formats("findings"):
        _, out, err = run("check", "auth.json", "--as", "auth-policy", "--format", name)
        check_text(out, name == "github")
        check_text(err)
        check_form(name, out)
        if name == "sarif":
            messages = [result["message"]["text"] for result in json.loads(out)["runs"][0]["results"]]
            assert not any(re.search(r"(?<!\\)\[[^\]]*\]\(", text) for text in messages)


@pytest.mark.parametrize("trick", TRICKS)
def test_texts_of_changes(run: Run, trick: str) -> None:
    statement = {
        "Sid": trick,
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::b/{trick}*",
        "Condition": {"StringLike": {f"aws:PrincipalTag/{trick}": f"{trick}*"}},
    }
    for name, given in (("old.json", statement), ("new.json", {**statement, "Action": "s3:*"})):
        Path(name).write_text(json.dumps({"Version": "2012-10-17", "Statement": [given]}), encoding="utf-8")
    for name in formats("changes"):
        _, out, err = run("diff", "old.json", "new.json", "--as", "bucket", "--format", name)
        check_text(out, name == "github")
        check_text(err)
        check_form(name, out)
    for name in ("human", "json"):
        _, out, err = run("prove", "--that", "tls_only", "new.json", "--as", "bucket", "--format", name)
        check_text(out)
        check_text(err)


@pytest.mark.parametrize("trick", TRICKS)
def test_names_of_users(run: Run, trick: str) -> None:
    Path("a.policy").write_text(POLICY.format(label=quoted("staff")), encoding="utf-8")
    users = {"users": {trick: {"idc.user.email.address": trick}, trick + "2": {trick: 1}}}
    Path("bad.json").write_text(json.dumps(users), encoding="utf-8")
    check_text(run("matrix", "bad.json")[2])
    del users["users"][trick + "2"]
    Path("users.json").write_text(json.dumps(users), encoding="utf-8")
    Path("kept.csv").write_text(f"visitor,endpoint,decision,misses\n{quoted(trick)},wiki,allow,\n", encoding="utf-8")
    for name in formats("matrix"):
        status, out, err = run("matrix", "users.json", "--format", name, "--expect", "kept.csv")
        assert status == 1 and "was " in err, err
        check_text(out)
        check_text(err)
        check_form(name, out)


@pytest.mark.parametrize("trick", [text for text in TRICKS if "/" not in text and "\x00" not in text])
def test_names_of_files(run: Run, trick: str) -> None:
    Path(f"{trick}.policy").write_text('let x: account = "1"\n', encoding="utf-8")
    for name in formats("findings"):
        for command in (["check", "--no-cache"], ["check", f"{trick}.policy"], ["fmt", "--check"], ["fmt", "--diff"]):
            _, out, err = run(*command, "--format", name)
            check_text(out, name == "github")
            check_text(err)
    for command in (["check", trick], ["matrix", trick], ["simulate", "--request", trick], ["init", trick]):
        _, out, err = run(*command)
        check_text(out)
        check_text(err)


def test_names_of_files_that_are_no_utf_8(run: Run) -> None:
    name = b"caf\xe9.policy".decode("utf-8", "surrogateescape")
    try:
        Path(name).write_text('let x: account = "1"\n', encoding="utf-8")
    except (OSError, UnicodeError):
        pytest.skip("this file system takes UTF-8 names only")
    for form in formats("findings"):
        for command in (["check", "--no-cache"], ["check", name], ["fmt", "--check"], ["build"]):
            status, out, err = run(*command, "--format", form)
            assert status in (0, 1)
            check_text(out, form == "github")
            check_text(err)


def test_a_number_of_many_digits_is_told_by_its_length(run: Run) -> None:
    rule = {"rule-number": 1, "condition-logic": "or", "conditions": [], "action": {"association-method": "constant"}}
    text = json.dumps({"version": "2021.12", "attachment-policies": [rule]}).replace("1,", "7" * 5000 + ",", 1)
    Path("core.json").write_text(text.replace("2021.12", "2021.12"), encoding="utf-8")
    _, out, _ = run("check", "--as", "core-network", "core.json", "--format", "json")
    assert "7" * 48 not in out
    _, out, _ = run("check", "--as", "core-network", "core.json")
    assert "7" * 70 not in out
