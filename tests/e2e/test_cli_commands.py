"""The commands in one process: what they print, what they write, how they end."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from policyc.cli.app import COMMANDS
from policyc.data import read_text
from policyc.engines.iam.operators import BASES
from policyc.syntax.build_context import RESERVED
from policyc.syntax.table import load_table
from policyc.version import VERSION
from policyc.workspace.topics import topics
from tests.e2e.projects import SHOP, edit
from tests.running import Ran, Run

# --- the front door -------------------------------------------------------------------------------------------


def test_version_and_help(run: Run) -> None:
    assert run("--version") == Ran(0, f"policyc {VERSION}\n", "")
    assert run("--help").status == 0
    usage = run("--help").out
    for command in COMMANDS:
        assert f"  {command} " in usage
        told = run(command, "--help")
        assert told.status == 0 and "examples:" in told.out and "exit status:" in told.out
    nothing = run()
    assert nothing.status == 2 and nothing.out == usage


@pytest.mark.parametrize(
    ("argv", "message", "help"),
    [
        (["chekc"], "unknown command `chekc`", "did you mean `check`?"),
        (["check", "--formt", "json"], "unknown option `--formt`", "did you mean `--format`?"),
        (["check", "--no-cach"], "unknown option `--no-cach`", "did you mean `--no-cache`?"),
        (["check", "--format", "jsn"], "unknown format `jsn`; did you mean `json`?", "policyc check --help"),
        (["build", "--target", "latice"], "unknown target `latice`; did you mean `lattice`?", "policyc build --help"),
        (["check", "--param", "stage"], "`stage` is not NAME=VALUE", "policyc check --help"),
        (["check", "--root"], "expected one argument", "policyc check --help"),
        (["--verison"], "unknown option `--verison`", "did you mean `--version`?"),
        (["--quiet"], "no command given", "`check`"),
        (["explain"], "TOPIC", "policyc explain --help"),
        (["explain", "missing-filee"], "nothing is called `missing-filee`", "did you mean `missing-file`?"),
        (["simulate"], "no resource given", "--request"),
        (["validate"], "unknown command `validate`", "write `policyc check`"),
        (["valdiate"], "unknown command `valdiate`", "write `policyc check`"),
        (["lint", "x.policy"], "unknown command `lint`", "write `policyc check`"),
        (["plan"], "unknown command `plan`", "write `policyc aws plan`"),
        (["apply"], "unknown command `apply`", "write `policyc aws apply`"),
        (["help"], "unknown command `help`", "write `policyc --help`"),
        (["help", "check"], "unknown command `help`", "write `policyc check --help`"),
        (["watch"], "unknown command `watch`", "write `policyc check --watch`"),
        (["biuld"], "unknown command `biuld`", "did you mean `build`?"),
        (["simluate", "wiki"], "unknown command `simluate`", "did you mean `simulate`?"),
        (["check", "--group-policy", "g.cedar"], "unknown option `--group-policy`", "option of `policyc simulate`"),
        (["check", "--expect", "x.csv"], "unknown option `--expect`", "option of `policyc matrix`"),
        (["fmt", "--fix"], "unknown option `--fix`", "option of `policyc check`"),
        (["check", "--format", "json", "--format", "sarif"], "`--format` is given twice", "leave one"),
        (["check", "--format=json", "--format", "sarif"], "`--format` is given twice", "leave one"),
        (["check", "--output", "a", "--output", "b"], "`--output` is given twice", "leave one"),
        (["build", "-o", "a", "--out", "b"], "`--out` is given twice, the first time as `-o`", "leave one"),
        (["simulate", "--context", "a", "--context", "b"], "`--context` is given twice", "leave one"),
        (["matrix", "u.json", "--format", "sarif"], "unknown format `sarif`", "policyc matrix --help"),
        (["graph", "--format", "csvv"], "unknown format `csvv`", "policyc graph --help"),
        (["check", "--format"], "expected one argument", "policyc check --help"),
        (["completion", "tcsh"], "unknown shell `tcsh`", "policyc completion --help"),
        (["aws", "pul"], "unknown action `pul`; did you mean `pull`?", "policyc aws --help"),
        (["init", "a", "b"], "unexpected argument `b`", "policyc init --help"),
    ],
)
def test_wrong_use_ends_with_2_and_a_hint(run: Run, argv: list[str], message: str, help: str) -> None:
    result = run(*argv)
    assert result.status == 2 and result.out == ""
    flat = re.sub(r"\s+", " ", result.err)
    assert message in flat and help in flat


def test_options_go_before_or_after_the_command(shop: Run) -> None:
    assert shop("--format", "json", "check").json()["findings"] == []
    assert shop("check", "--format", "json").json()["findings"] == []


def test_an_internal_error_says_so_and_ends_with_3(shop: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def explode(*_: object) -> None:
        raise RuntimeError("odd \x1b[31m thing")

    monkeypatch.setattr("policyc.targets.program.build_program", explode)
    result = shop("check")
    assert result.status == 3 and result.out == ""
    assert (
        result.err.startswith("internal error: RuntimeError: odd \\x1b[31m thing\n") and "Traceback" not in result.err
    )
    assert "Traceback" in shop("check", "--debug").err
    monkeypatch.setenv("POLICYC_DEBUG", "1")
    assert "Traceback" in shop("check").err


def test_an_interrupt_is_one_line_and_130(shop: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("policyc.targets.program.build_program", interrupt)
    assert shop("check") == Ran(130, "", "\ninterrupted\n")


# --- init and check -------------------------------------------------------------------------------------------


def test_init_passes_every_command(shop: Run) -> None:
    assert shop("check") == Ran(0, shop("check").out, "")
    assert "no findings" in shop("check").out
    assert shop("test").status == 0
    assert shop("fmt", "--check").status == 0
    assert shop("build").status == 0
    assert shop("build", "--check").status == 0


def test_init_refuses_to_overwrite_and_keeps_gitignore(run: Run) -> None:
    Path(".gitignore").write_text("*.log", encoding="utf-8")
    assert run("init").status == 0
    assert Path(".gitignore").read_text(encoding="utf-8").splitlines() == ["*.log", ".policyc-cache/", "/out/"]
    before = Path("policyc.toml").read_text(encoding="utf-8")
    again = run("init")
    assert again.status == 2 and "`policyc.toml` exists" in again.err
    assert Path("policyc.toml").read_text(encoding="utf-8") == before


@pytest.mark.parametrize(
    ("word", "begins"),
    [
        ("aws:principalorgid", "lattice.aws.PrincipalOrgID (attribute)"),
        ("vpc-lattice-svcs:RequestHeader/x-team", "lattice.header[] (attribute)"),
        ("vpc-lattice-svcs:Invoke", "lattice.service_network.invoke (verb)"),
        ("context.http_request.port", "verified_access.http_request.port (attribute)"),
        ("RequestMethod", "lattice.method (attribute)"),
        ("stringlike", "StringLike (term)"),
        ("Lattice", "lattice (target)"),
        ("isolate-attachments", "isolate-attachments (term)"),
    ],
)
def test_explain_knows_what_documents_write(run: Run, word: str, begins: str) -> None:
    shown = run("explain", word)
    assert shown.status == 0 and shown.out.startswith(begins)
    assert run("explain", "aws:PrincipalOrgIdentifier").status == 2


def test_init_takes_the_documents_that_lie_there_into_the_project(run: Run) -> None:
    Path("photos.json").write_text(
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObjekt", "Resource": "*"}]}',
        encoding="utf-8",
    )
    before = run("check")
    assert before.status == 1 and "unknown-action" in before.out
    started = run("init")
    assert "look at the file here that holds policies too" in started.err
    again = run("check")
    assert again.status == 1 and "photos.json:1:" in again.out
    for words in (["test"], ["build"], ["fmt", "--check"]):
        assert run(*words).status == 0


def test_check_shows_errors_with_frames_and_ends_with_1(shop: Run) -> None:
    edit(SHOP, "who order_fn", "who ordr_fn")
    result = shop("check")
    assert result.status == 1
    assert "  --> policies/shop.policy:" in result.out and "^^^^^^^" in result.out
    assert "did you mean `order_fn`?" in result.out and re.search(r"\n\n\d+ errors?\n$", result.out)


@pytest.mark.parametrize("format", ["human", "concise", "json", "sarif", "github"])
def test_check_in_every_format(shop: Run, format: str) -> None:
    edit(SHOP, "who order_fn", "who ordr_fn")
    result = shop("check", "--format", format)
    assert result.status == 1 and result.err == "" and "ordr_fn" in result.out
    if format == "json":
        Draft202012Validator(json.loads(read_text("schemas/report.schema.json"))).validate(result.json())
    if format == "sarif":
        rules = result.json()["runs"][0]["tool"]["driver"]["rules"]  # type: ignore[index]
        assert rules[0]["shortDescription"]["text"]


def test_check_works_from_a_folder_below_and_names_files_from_there(shop: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    edit(SHOP, "who order_fn", "who ordr_fn")
    monkeypatch.chdir("policies")
    assert "--> shop.policy:" in shop("check").out
    assert shop("check", "shop.policy").status == 1
    assert shop("check", "shared.policy").status == 1  # the project does not compile, so nothing is said to be clean


def test_root_and_config_options(shop: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert shop("check", "--root", "project").status == 0
    assert shop("--root=project", "check").status == 0
    assert shop("check", "--config", "project/policyc.toml").status == 0
    missing = shop("check", "--root", "nowhere")
    assert missing.status == 2 and "missing-root" in missing.err
    assert shop("check", "--config", "nowhere.toml").status == 2


def test_params_come_from_the_config_and_from_flags(shop: Run) -> None:
    assert shop("check", "--param", "stage=prod").status == 0
    assert shop("check", "--param", "stage=test").status == 1
    assert shop("check", "--param", "stagee=prod").status == 1
    edit("policyc.toml", 'stage = "dev"', 'stage = "test"')
    assert shop("check").status == 1
    assert shop("check", "--param", "stage=dev").status == 0


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("[projct]\n", "unknown-setting"),
        ("[build]\nout = 1\n", "invalid-setting"),
        ("x\n", "invalid-config"),
        ("[lint]\nignore = ['no-such-rule']\n", "unknown-rule"),
        ("[lint]\nignore = ['unlisted-key']\n", "did you mean `unknown-condition-key`?"),
        ("[project]\npaths = ['nowhere']\n", "missing-path"),
    ],
)
def test_a_bad_configuration_ends_with_2_and_a_frame(shop: Run, text: str, rule: str) -> None:
    Path("policyc.toml").write_text(text, encoding="utf-8")
    result = shop("check")
    assert result.status == 2 and rule in result.err and "--> policyc.toml:" in result.err


def test_nothing_to_check_is_its_own_status(run: Run) -> None:
    result = run("check")
    assert result.status == 4 and result.out == "" and "nothing found" in result.err
    for command in ("build", "test", "fmt"):
        assert run(command).status == 4
    assert run("simulate", "inventory").status == 4


def test_paths_outside_the_root_and_missing_ones_are_refused(shop: Run, tmp_path: Path) -> None:
    (tmp_path / "other.policy").write_text("module other\n", encoding="utf-8")
    outside = shop("check", "../other.policy")
    assert outside.status == 2 and "path-outside-root" in outside.err
    assert shop("check", "nowhere.policy").status == 2
    Path("policies/link.policy").symlink_to(tmp_path / "other.policy")
    linked = shop("check")
    assert linked.status == 1 and "outside" in linked.out
    assert shop("check", "policies/link.policy").status == 2


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xfe\x00",
        b'module x\nlet a = "\xe9"\n',
        b"",
        b"\x00" * 100,
        b"(" * 10_000,
        b"a" * 1_000_000,
        b"\xef\xbb\xbfmodule x\n",
    ],
    ids=["utf-16", "latin-1", "empty", "nul", "deep", "one-line", "bom"],
)
def test_odd_files_are_findings_or_clean_never_crashes(run: Run, data: bytes) -> None:
    Path("odd.policy").write_bytes(data)
    for command in (["check"], ["fmt", "--check"], ["test"], ["build"]):
        result = run(*command)
        assert result.status in (0, 1, 4), result.err
        assert "internal error" not in result.err


def test_an_unreadable_name_is_no_problem(run: Run) -> None:
    Path("\u202eevil.policy").write_text("module x\nallow\n", encoding="utf-8")
    result = run("check")
    assert result.status == 1 and "\u202e" not in result.out and "\\u{202e}evil.policy" in result.out


# --- simulate -------------------------------------------------------------------------------------------------


CALL = ["simulate", "inventory", "--who", "order_fn", "--path", "/stock/42", "--set", "aws.PrincipalOrgID=o-a1b2c3d4e5"]
VPC = ["--set", "source.vpc=vpc-0a1b2c3d4e5f67890"]


def test_simulate_allow_deny_and_undecided(shop: Run) -> None:
    allowed = shop(*CALL, *VPC, "--can", "GET")
    assert allowed.status == 0 and allowed.out.startswith("allow by `order-reads-stock`")
    assert ' |   allow "order-reads-stock" {' in allowed.out
    denied = shop(*CALL, *VPC, "--can", "POST")
    assert denied.status == 10 and denied.out.startswith("deny by default at service inventory_auth")
    assert "nearest at" in denied.out and "missed condition" in denied.out
    unsure = shop(*CALL, "--can", "GET")
    assert unsure.status == 11 and unsure.out.startswith("undecided")
    assert (
        max(len(line) for ran in (allowed, denied, unsure) for line in ran.out.splitlines() if "arn:" not in line) <= 80
    )


def test_simulate_json_and_request_files(shop: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    data = shop(*CALL, *VPC, "--can", "GET", "--format", "json").json()
    Draft202012Validator(json.loads(read_text("schemas/outcome.schema.json"))).validate(data)
    request = {
        "resource": "inventory",
        "who": "order_fn",
        "can": "GET",
        "path": "/stock/42",
        "attributes": {"source.vpc": "vpc-0a1b2c3d4e5f67890", "aws.PrincipalOrgID": "o-a1b2c3d4e5"},
    }
    Path("request.json").write_text(json.dumps(request), encoding="utf-8")
    assert shop("simulate", "--request", "request.json", "--format", "json").json() == data
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(json.dumps(request).encode())))
    assert shop("simulate", "--request", "-").status == 0


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["simulate", "invntory"], "did you mean `inventory`?"),
        (["simulate", "inventory", "--who", "ordr_fn"], "did you mean `order_fn`?"),
        (["simulate", "inventory", "--set", "source.vpcc=x"], "did you mean `source.vpc`?"),
        (["simulate", "inventory", "--set", "source.vpc"], "--set"),
        (["simulate", "--request", "nowhere.json"], "cannot be read"),
        (["simulate", "--request", "bad.json"], "bad.json"),
        (["simulate", "--request", "latin.json"], "not UTF-8"),
        (["simulate", "inventory", "--request", "bad.json", "--can", "GET"], "exclude each other"),
    ],
)
def test_simulate_wrong_requests_end_with_2(shop: Run, argv: list[str], message: str) -> None:
    Path("bad.json").write_text('{"resource": ', encoding="utf-8")
    Path("latin.json").write_bytes(b'{"resource": "\xe9"}')
    result = shop(*argv)
    assert result.status == 2 and result.out == "" and message in result.err


# --- fmt ------------------------------------------------------------------------------------------------------


UGLY = 'module   x\nlet a:account="111122223333" // kept\n'


def test_fmt_check_diff_write(run: Run) -> None:
    Path("x.policy").write_text(UGLY, encoding="utf-8")
    checked = run("fmt", "--check")
    assert checked.status == 1 and checked.out == "would change: x.policy\n"
    shown = run("fmt", "--diff")
    assert shown.status == 1 and {"-module   x", "+module x"} <= set(shown.out.splitlines())
    assert Path("x.policy").read_text(encoding="utf-8") == UGLY
    assert run("fmt").status == 0
    text = Path("x.policy").read_text(encoding="utf-8")
    assert text.startswith("module x\n") and "// kept" in text
    assert run("fmt", "--check").status == 0


def test_fmt_from_standard_input(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def feed(data: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))

    feed(UGLY.encode())
    result = run("fmt", "-")
    assert result.status == 0 and result.out.startswith("module x\n")
    feed(result.out.encode())
    assert run("fmt", "-", "--check") == Ran(0, "", "")
    feed(b"module (\n")
    assert run("fmt", "-").status == 1
    feed(b"\xff")
    assert run("fmt", "-").status == 2
    assert run("fmt", "-", "other").status == 2


def test_fmt_leaves_broken_files_alone_and_formats_the_others(run: Run) -> None:
    Path("bad.policy").write_text("module (\n", encoding="utf-8")
    Path("good.policy").write_text(UGLY, encoding="utf-8")
    result = run("fmt")
    assert result.status == 1 and "bad.policy" in result.out
    assert Path("bad.policy").read_text(encoding="utf-8") == "module (\n"
    assert Path("good.policy").read_text(encoding="utf-8") != UGLY


# --- explain --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("topic", "kind", "text"),
    [
        ("missing-file", "rule", ""),
        ("lattice", "target", "source.vpc"),
        ("lattice.source.vpc", "attribute", "vpc-lattice-svcs:SourceVpc"),
        ("lattice.service", "resource type", "network"),
        ("lattice.service.network", "field", "lattice.service_network"),
        ("lattice.service.GET", "verb", "vpc-lattice-svcs:Invoke"),
        ("account", "type", "111122223333"),
        ("who", "word", "callers"),
        ("path", "word", "?"),
        ("role", "principal", "role(account, name)"),
        ("anyone", "principal", "unsigned"),
        ("variables-without-version", "switch", "literal"),
        ("concat", "word", "one text of several"),
    ],
)
def test_explain(run: Run, topic: str, kind: str, text: str) -> None:
    result = run("explain", topic)
    assert result.status == 0 and result.out.startswith(f"{topic} ({kind})\n") and text in result.out
    told = run("explain", topic, "--format", "json").json()["topics"]
    assert told[0]["name"] == topic and told[0]["kind"] == kind  # type: ignore[index]


def test_every_operator_has_an_explanation() -> None:
    assert {*BASES, "IfExists", "ForAllValues", "ForAnyValue"} <= {topic.name for topic in topics()}


def test_explain_leads_from_an_old_name_to_that_of_today(run: Run) -> None:
    result = run("explain", "unlisted-key")
    assert result.status == 0 and result.out.startswith("unknown-condition-key (rule)\n")
    assert result.err == "`unlisted-key` is called `unknown-condition-key` now\n"


def test_explain_knows_every_rule_and_lists_everything(run: Run) -> None:
    listed = run("explain", "list", "--format", "json").json()["topics"]
    assert len(listed) > 200  # type: ignore[arg-type]
    assert all(topic["summary"] for topic in listed if topic["kind"] in ("rule", "target", "switch"))  # type: ignore[attr-defined]
    for word in ("rules", "targets", "switches", "list"):
        assert run("explain", word).status == 0


@pytest.mark.parametrize(
    ("word", "first"), [("source.vpc", "source.vpc (attribute)"), ("GET", "lattice.service.GET (verb)")]
)
def test_explain_takes_names_without_their_target(run: Run, word: str, first: str) -> None:
    result = run("explain", word)
    assert result.status == 0 and first in result.out
    names = [topic["name"] for topic in run("explain", word, "--format", "json").json()["topics"]]  # type: ignore[attr-defined]
    assert len(names) == len(set(names)) and all(name.endswith(f".{word}") for name in names)


@pytest.mark.parametrize(
    ("word", "first"),
    [
        ("header", "lattice.header[] (attribute)"),
        ('header["x-team"]', "lattice.header[] (attribute)"),
        ("idp.email_verified", "verified_access.trust.oidc.email_verified (attribute)"),
    ],
)
def test_explain_takes_names_as_policies_write_them(run: Run, word: str, first: str) -> None:
    result = run("explain", word)
    assert result.status == 0 and result.out.startswith(f"{first}\n")


def test_explain_knows_every_word_of_the_grammar(run: Run) -> None:
    listed = {topic["name"] for topic in run("explain", "list", "--format", "json").json()["topics"]}  # type: ignore[attr-defined]
    assert {*load_table().keywords, *RESERVED} <= listed


def test_explain_without_docstrings() -> None:
    """`python -OO` drops them, and the pages of the rules are docstrings."""
    words = [sys.executable, "-OO", "-m", "policyc", "explain", "unused-import"]
    result = subprocess.run(words, capture_output=True, encoding="utf-8", check=False)
    assert result.returncode == 0 and "## Why is this bad" in result.stdout


# --- check --fix ----------------------------------------------------------------------------------------------


FIXES = [
    ("{ shop, org }", 'use "o.policy" { shop }\n'),
    ("{ org, shop }", 'use "o.policy" { shop }\n'),
    ("{ org, shop, home, vpc }", 'use "o.policy" { shop }\n'),
    ('{ shop }\nuse "p.policy" { stage }  ', 'use "o.policy" { shop }\n'),
]


@pytest.mark.parametrize(("names", "line"), FIXES)
def test_fix_drops_unused_imports(run: Run, names: str, line: str) -> None:
    Path("o.policy").write_text(
        'let shop: account = "111122223333"\nlet org = "o"\nlet home = "h"\nlet vpc = "v"\n', encoding="utf-8"
    )
    Path("p.policy").write_text('let stage = "倉"\n', encoding="utf-8")
    main, rest = Path("a.policy"), 'principal p = role(shop, "倉") // 倉\n'
    main.write_text(f'use "o.policy" {names}\n{rest}', encoding="utf-8")
    result = run("check", "--fix", "a.policy")
    assert "fixed" in result.err and "unused-import" not in result.out
    assert main.read_text(encoding="utf-8") == line + rest
    again = run("check", "--fix", "a.policy")
    assert "fixed 0 findings" in again.err and main.read_text(encoding="utf-8") == line + rest


def test_fix_leaves_a_comment_that_may_be_about_another_name(run: Run) -> None:
    Path("o.policy").write_text('let shop: account = "111122223333"\nlet org = "o"\n', encoding="utf-8")
    text = 'use "o.policy" {\n  shop, // the shop\'s account\n  org\n}\nprincipal p = role(shop, "p")\n'
    Path("a.policy").write_text(text, encoding="utf-8")
    assert "unused-import" in run("check", "--fix", "a.policy").out
    assert Path("a.policy").read_text(encoding="utf-8") == text


def test_fix_needs_a_file(run: Run) -> None:
    assert run("check", "--fix", "-", "--as", "auth-policy").status == 2


# --- colour ---------------------------------------------------------------------------------------------------


def test_color_follows_options_and_environment(shop: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    edit(SHOP, "who order_fn", "who ordr_fn")
    assert "\x1b[" not in shop("check").out
    assert "\x1b[" in shop("check", "--color", "always").out
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in shop("check").out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in shop("check").out
