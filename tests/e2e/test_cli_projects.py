"""Which files a command reads, which it reports on, and what it calls them."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from policyc.__main__ import main

Run = Callable[..., tuple[int, str, str]]

SHARED = 'let shop: account = "111122223333"\nlet org: org_id = "o-a1b2c3d4e5"\nprincipal fn = role(shop, "order")\n'
RESOURCES = """use "policies/shared.policy" { shop }
resource stock: lattice.service { id: "svc-0a1b2c3d4e5f67890", at: shop/us-west-2, auth: aws_iam }
"""
AUTH = """use "policies/shared.policy" { org, fn }
use "policies/resources.policy" { stock }
policy stock_auth for lattice on stock {
  allow "read" { who fn  can GET  when aws.PrincipalOrgID == org }
}
"""
CALLER = """use "policies/shared.policy" { fn }
use "policies/resources.policy" { stock }
policy fn_calls for identity on fn { allow "call" { can invoke  on stock } }
"""
TESTS = """use "policies/shared.policy" { org, fn }
use "policies/resources.policy" { stock }
test "reads" {
  request stock { who: fn, can: GET, path: "/x", aws.PrincipalOrgID: org }
  expect allow by "read"
}
test "writes" {
  request stock { who: fn, can: POST, path: "/x", aws.PrincipalOrgID: org }
  expect deny by default
}
"""
FILES = {"shared": SHARED, "resources": RESOURCES, "auth": AUTH, "caller": CALLER, "auth_test": TESTS}
CONFIG = '[project]\npaths = ["policies"]\n'
#: an unclosed brace
BROKEN = "policy x for lattice on y {\n"
SID = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "nope", "Resource": "*"}]}


def project(folder: str = ".") -> Path:
    root = Path(folder)
    (root / "policies").mkdir(parents=True)
    (root / "policyc.toml").write_text(CONFIG, encoding="utf-8")
    for name, text in FILES.items():
        (root / "policies" / f"{name}.policy").write_text(text, encoding="utf-8")
    return root


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "GITHUB_WORKSPACE", "CI_PROJECT_DIR", "GITHUB_ACTIONS", "CI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")

    def call(*argv: str) -> tuple[int, str, str]:
        status = main(argv)
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return call


def give(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))


# --- the project is whole, paths are a filter -------------------------------------------------------------------


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_clean_when_its_project_is(run: Run, name: str) -> None:
    project()
    assert run("check")[0] == 0
    status, out, _ = run("check", f"policies/{name}.policy")
    assert status == 0 and "no findings" in out


def test_findings_of_other_files_are_left_out(run: Run) -> None:
    root = project()
    (root / "policies/more.policy").write_text('let spare: account = "111122223333"\n', encoding="utf-8")
    assert run("check", "policies/auth.policy")[0] == 0
    status, out, _ = run("check", "policies/more.policy")
    assert status == 1 and "unused-declaration" in out
    assert run("check", "policies")[0] == 1


def test_errors_elsewhere_that_stop_everything_are_told(run: Run) -> None:
    root = project()
    (root / "policies/broken.policy").write_text(BROKEN, encoding="utf-8")
    status, out, _ = run("check", "policies/auth.policy")
    assert status == 1 and "policies/broken.policy:" in out and "no findings" not in out
    assert run("check", "--exclude", "broken.policy")[0] == 0


def test_the_tests_of_one_file_run_against_the_whole_project(run: Run) -> None:
    root = project()
    (root / "policies/bad_test.policy").write_text(TESTS.replace("expect allow by", "expect deny by"), encoding="utf-8")
    assert run("test")[0] == 1
    status, out, _ = run("test", "policies/auth_test.policy")
    assert status == 0 and "2 passed" in out


def test_a_file_outside_the_configured_paths_joins_the_project(run: Run) -> None:
    root = project()
    (root / "extra.policy").write_text(
        'use "policies/shared.policy" { shop }\nlet b: account = shop\n', encoding="utf-8"
    )
    status, out, _ = run("check", "extra.policy")
    assert status == 1 and "`b` is used nowhere" in out


def test_without_a_configuration_the_named_files_are_all_there_is(run: Run) -> None:
    Path("a.policy").write_text(SHARED, encoding="utf-8")
    Path("b.policy").write_text(BROKEN, encoding="utf-8")
    _, out, _ = run("check", "a.policy")
    assert "b.policy" not in out


# --- the closest configuration rules ----------------------------------------------------------------------------


@pytest.mark.parametrize("argv", [["teams/shop"], ["teams"], ["."], [], ["teams/shop/policies/auth.policy"]])
def test_a_nested_project_works_from_above(run: Run, argv: list[str]) -> None:
    project("teams/shop")
    status, out, err = run("check", *argv)
    assert status == 0 and "no findings" in out, out + err


def test_two_projects_make_one_report(run: Run) -> None:
    for name in ("shop", "wiki"):
        root = project(f"teams/{name}")
        (root / "policies/more.policy").write_text('let spare: account = "111122223333"\n', encoding="utf-8")
    status, out, _ = run("check", "--format", "json")
    files = [finding["location"]["file"] for finding in json.loads(out)["findings"]]
    assert status == 1 and files == ["teams/shop/policies/more.policy", "teams/wiki/policies/more.policy"]
    _, out, _ = run("check", "teams/wiki", "--format", "concise")
    assert out.startswith("teams/wiki/policies/more.policy:1:")


def test_a_nested_project_is_no_part_of_the_outer_one(run: Run) -> None:
    project(".")
    Path("policyc.toml").write_text("", encoding="utf-8")
    project("sub")
    status, out, _ = run("check")
    assert status == 0 and "10 files" in out


def test_one_question_is_asked_of_one_project(run: Run) -> None:
    for name in ("shop", "wiki"):
        project(f"teams/{name}")
    asked = [
        "simulate",
        "stock",
        "--who",
        "fn",
        "--can",
        "GET",
        "--path",
        "/x",
        "--set",
        "aws.PrincipalOrgID=o-a1b2c3d4e5",
    ]
    assert run(*asked, "--in", "teams/shop")[0] == 0
    status, _, err = run(*asked)
    assert status == 2 and "several projects declare `stock`" in err and "`--in PATH`" in err
    status, _, err = run(*asked, "--in", "teams/shop", "--in", "teams/wiki")
    assert status == 2 and "several-projects" in err


def test_a_question_finds_the_project_that_declares_the_resource(run: Run) -> None:
    project("teams/shop")
    other = project("teams/wiki")
    for file in other.glob("policies/*.policy"):
        file.write_text(file.read_text(encoding="utf-8").replace("stock", "pages"), encoding="utf-8")
    asked = ["--who", "fn", "--can", "GET", "--path", "/x", "--set", "aws.PrincipalOrgID=o-a1b2c3d4e5"]
    for resource in ("stock", "pages"):
        status, out, err = run("simulate", resource, *asked)
        assert status == 0 and out.startswith("allow"), out + err


def test_the_tests_and_documents_of_every_project_below(run: Run) -> None:
    for name in ("shop", "wiki"):
        project(f"teams/{name}")
    status, out, _ = run("test")
    assert status == 0 and "4 passed" in out and "teams/wiki/policies/auth_test.policy" in out
    failing = Path("teams/wiki/policies/auth_test.policy")
    failing.write_text(failing.read_text(encoding="utf-8").replace("expect allow by", "expect deny by"), "utf-8")
    status, out, _ = run("test", "--format", "json")
    files = {item["location"]["file"] for item in json.loads(out)["tests"] if not item["passed"]}
    assert status == 1 and files == {"teams/wiki/policies/auth_test.policy"}
    assert run("test", "teams/shop")[0] == 0
    status, _, err = run("test", "--coverage")
    assert status == 2 and "about one project" in err
    status, out, _ = run("build")
    assert status == 0 and "wrote: teams/shop/out/source-map.json" in out
    assert Path("teams/wiki/out/source-map.json").exists() and not Path("out").exists()
    assert run("build", "--check")[0] == 0
    Path("teams/wiki/out/source-map.json").unlink()
    status, out, _ = run("build", "--check")
    assert status == 1 and "teams/wiki/out/source-map.json" in out and "teams/shop" not in out
    assert run("build", "--format", "json")[0] == 2


# --- what files are called --------------------------------------------------------------------------------------


def test_people_read_paths_from_where_they_stand(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    root = project().absolute()
    (root / "services/billing").mkdir(parents=True)
    (root / "services/billing/bad.policy").write_text(BROKEN, encoding="utf-8")
    for folder, argument, shown in (
        ("services/billing", ".", "--> bad.policy:"),
        ("services", "billing", "--> billing/bad.policy:"),
        ("policies", "../services", "--> ../services/billing/bad.policy:"),
    ):
        monkeypatch.chdir(root / folder)
        assert shown in run("check", argument)[1]


@pytest.mark.parametrize("variable", ["GITHUB_WORKSPACE", "CI_PROJECT_DIR", ""])
@pytest.mark.parametrize("name", ["github", "gitlab", "sarif"])
def test_code_hosts_read_paths_from_the_repository(
    run: Run, monkeypatch: pytest.MonkeyPatch, variable: str, name: str
) -> None:
    root = project("teams/shop").absolute()
    (root / "policies/more.policy").write_text('let spare: account = "111122223333"\n', encoding="utf-8")
    if variable:
        monkeypatch.setenv(variable, str(Path.cwd()))
    else:
        Path(".git").mkdir()
    monkeypatch.chdir(root / "policies")
    assert "teams/shop/policies/more.policy" in run("check", "--format", name)[1]


# --- files that are named ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [["check"], ["fmt"], ["test"], ["build"]])
def test_a_file_of_another_kind_is_not_read_as_a_policy(run: Run, command: list[str]) -> None:
    Path("main.go").write_text("package main\n", encoding="utf-8")
    status, _, err = run(*command, "main.go")
    assert status == 2 and "unknown-file-kind" in err and "syntax-error" not in err


@pytest.mark.parametrize(
    "argv",
    [
        ["check", "../out.json", "--as", "identity"],
        ["fmt", "../out.policy"],
        ["test", "../out.yaml"],
        ["build", "../out.policy"],
        [
            "simulate",
            "--identity",
            "../out.json",
            "--who",
            "arn:aws:iam::111122223333:user/u",
            "--action",
            "s3:GetObject",
        ],
        ["simulate", "x", "--request", "../out.json"],
        ["simulate", "--group-policy", "../out.cedar", "--context", "c.json"],
        ["simulate", "core.json", "--attachments", "../out.json"],
        ["simulate", "../out.json", "--attachment", "type=vpc"],
        ["matrix", "../out.json"],
        ["routes", "../out.json"],
        ["graph", "core.json", "--attachments", "../out.json"],
        ["build", "--diff", "../out.json"],
        ["check", "--baseline", "../out.json"],
        ["check", "--write-baseline", "../out.json"],
        ["prove", "--guarantees", "../out.policy", "core.json"],
        ["simulate", "--pulled", "..", "x"],
    ],
)
def test_no_command_reads_a_file_outside_the_root(run: Run, argv: list[str]) -> None:
    for ending in ("json", "policy", "yaml", "cedar"):
        Path(f"../out.{ending}").write_text("{}", encoding="utf-8")
    Path("a.policy").write_text(SHARED, encoding="utf-8")
    Path("c.json").write_text("{}", encoding="utf-8")
    Path("core.json").write_text(
        json.dumps(
            {
                "version": "2021.12",
                "core-network-configuration": {
                    "asn-ranges": ["64512-65534"],
                    "edge-locations": [{"location": "us-east-1"}],
                },
                "segments": [{"name": "a"}],
            }
        ),
        encoding="utf-8",
    )
    status, out, err = run(*argv)
    assert status in (2, 4) and (
        "outside the project root" in out + err or "no `verified_access.endpoint`" in out + err or "declares no" in err
    ), out + err


# --- folders, exclusions, standard input, output ----------------------------------------------------------------


def test_documents_in_folders_are_checked_and_others_named(run: Run) -> None:
    project()
    Path("infra").mkdir()
    Path("infra/auth.json").write_text(json.dumps(SID), encoding="utf-8")
    Path("infra/package.json").write_text('{"name": "x"}', encoding="utf-8")
    Path("infra/serverless.yml").write_text("provider:\n  statements:\n    - Effect: Allow\n", encoding="utf-8")
    status, out, err = run("check", ".")
    assert status == 1 and "infra/auth.json:" in out
    assert "1 not readable: infra/serverless.yml" in out and "package.json" not in out + err
    assert "infra" not in run("check")[1]  # the configured paths only


@pytest.mark.parametrize("pattern", ["vendor", "vendor/", "vendor/b.policy", "b.policy", "*b.policy", "vendor/*"])
@pytest.mark.parametrize("configured", [False, True])
def test_what_is_excluded_is_not_looked_at(run: Run, pattern: str, configured: bool) -> None:
    root = project()
    (root / "policies/vendor").mkdir()
    (root / "policies/vendor/b.policy").write_text(BROKEN, encoding="utf-8")
    text = f"policies/{pattern}" if pattern.startswith("vendor/") and pattern != "vendor/" else pattern
    if configured:
        (root / "policyc.toml").write_text(CONFIG + f"exclude = [{json.dumps(text)}]\n", encoding="utf-8")
    more = [] if configured else ["--exclude", text]
    assert run("check", *more)[0] == 0
    assert run("fmt", "--check", *([] if configured else more))[0] in (0, 1)
    assert run("test", *more)[0] == 0
    assert run("check", "policies/vendor/b.policy")[0] == 1  # named by itself


def test_standard_input_is_a_document_or_a_policy(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    give(monkeypatch, json.dumps(SID))
    status, out, _ = run("check", "-", "--as", "auth-policy", "--format", "json")
    assert status == 1
    found = json.loads(out)["findings"]
    assert "invalid-action" in [item["rule"] for item in found]
    assert all(item["location"]["file"].startswith("<stdin>") for item in found)
    give(monkeypatch, BROKEN)
    status, out, _ = run("check", "-")
    assert status == 1 and "--> <stdin>" in out


def test_standard_input_stands_for_a_file_of_the_project(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    project()
    give(monkeypatch, AUTH.replace("can GET", "can GETT"))
    status, out, _ = run("check", "-", "--stdin-filename", "policies/auth.policy")
    assert status == 1 and "--> policies/auth.policy:4:" in out and "did you mean `GET`?" in out
    give(monkeypatch, AUTH)
    assert run("check", "-", "--stdin-filename", "policies/auth.policy")[0] == 0
    give(monkeypatch, "x")
    assert run("check", "-", "policies")[0] == 2
    assert run("check", "policies", "--stdin-filename", "a.policy")[0] == 2


@pytest.mark.parametrize(
    "argv", [["check", "--format", "json"], ["test"], ["explain", "lattice"], ["check", "--color", "always"]]
)
def test_a_report_goes_to_a_file(run: Run, argv: list[str]) -> None:
    root = project()
    (root / "policies/more.policy").write_text('let spare: account = "111122223333"\n', encoding="utf-8")
    status, out, _ = run(*argv)
    again, nothing, err = run(*argv, "--output", "reports/new/report.txt")
    assert (again, nothing, err) == (status, "", "") and Path("reports/new/report.txt").read_text(
        encoding="utf-8"
    ) == out
    assert [path.name for path in Path("reports/new").iterdir()] == ["report.txt"]
    status, _, err = run(*argv, "--output", "policies")
    assert status == 2 and "is a folder" in err


# --- what the small options mean --------------------------------------------------------------------------------


def test_quiet_leaves_findings_only(run: Run) -> None:
    root = project()
    assert run("check", "-q") == (0, "", "")
    (root / "policies/more.policy").write_text('let spare: account = "111122223333"\n', encoding="utf-8")
    _, out, _ = run("check", "-q")
    assert "warning[" in out and "\n1 warning" not in out
    (root / "policies/more.policy").unlink()
    assert run("test", "-q") == (0, "", "")


def test_a_note_is_counted_and_nothing_else(run: Run) -> None:
    root = project()
    (root / "policies/auth_test.policy").unlink()
    status, out, _ = run("check")
    assert status == 0 and out.endswith("notes\n") and "no findings" not in out


@pytest.mark.parametrize(
    ("argv", "option"),
    [
        (["explain", "lattice", "--param", "a=b"], "--param"),
        (["explain", "lattice", "--root", "."], "--root"),
        (["init", "x", "--format", "human"], "--format"),
        (["init", "x", "--param", "a=b"], "--param"),
        (["fmt", "--param", "a=b"], "--param"),
        (["graph", "x", "-q"], "-q"),
        (["simulate", "stock", "--trust", "a=jamf"], "--trust"),
        (["simulate", "core.json", "--attachment", "type=vpc", "--who", "x"], "--who"),
        (["simulate", "--identity", "a.json", "--context", "c.json"], "--identity"),
        (["build", "--diff", "x.json", "--pretty"], "--pretty"),
    ],
)
def test_an_option_stands_only_where_it_means_something(run: Run, argv: list[str], option: str) -> None:
    Path("core.json").write_text('{"version": "2021.12", "core-network-configuration": {}}', encoding="utf-8")
    status, out, err = run(*argv)
    assert status == 2 and out == "" and option in err


@pytest.mark.parametrize("word", ["--strict", "--trustworthy-x", "--outputs-all"])
def test_no_option_is_offered_that_is_not_close(run: Run, word: str) -> None:
    assert "did you mean" not in run("check", word)[2]


def test_every_help_text_breaks_at_blanks_and_commas(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for width in ("80", "60"):
        monkeypatch.setenv("COLUMNS", width)
        text = run("simulate", "--help")[1]
        for word in ("accepted=true;", "region=us-east-1,", "tag.segment=production,"):
            assert word in text
