"""What reaches people in a pull request: the action's script run as the runner runs it, the manifests held against their schemas."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import yaml

from policyc.__main__ import main

ROOT = Path(__file__).parent.parent.parent
SCRIPT = ROOT / "tools" / "action.sh"
needs_bash = pytest.mark.skipif(shutil.which("bash") is None, reason="the action's script is for bash")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """A project as `init` makes it, in a repository with one commit."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    folder = tmp_path / "shop"
    folder.mkdir()
    monkeypatch.chdir(folder)
    assert main(["init", "-q"]) == 0
    for words in (["init", "-q"], ["add", "-A"], ["-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-qm", "a"]):
        subprocess.run(["git", *words], check=True, capture_output=True)
    return folder


def action(folder: Path, **settings: str) -> tuple[int, str, str, dict[str, str]]:
    """Status, log, summary and outputs of the script."""
    command = folder.parent / "policyc"
    command.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m policyc "$@"\n')
    command.chmod(0o755)
    summary, outputs = folder.parent / "summary.md", folder.parent / "outputs"
    for path in (summary, outputs):
        path.write_text("")
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "POLICYC_"))} | {
        "POLICYC_COMMAND": str(command),
        "GITHUB_ACTION_PATH": str(ROOT),
        "GITHUB_STEP_SUMMARY": str(summary),
        "GITHUB_OUTPUT": str(outputs),
        "RUNNER_TEMP": str(folder.parent),
        **settings,
    }
    done = subprocess.run(["bash", SCRIPT], cwd=folder, env=environ, capture_output=True, text=True, check=False)
    told = dict(line.split("=", 1) for line in outputs.read_text().splitlines())
    return done.returncode, done.stdout + done.stderr, summary.read_text(), told


@needs_bash
def test_a_clean_project_is_told_so(project: Path) -> None:
    status, log, summary, told = action(project, POLICYC_TEST="true", POLICYC_BASE="HEAD")
    assert status == 0, log
    assert "**policyc**: no findings" in summary
    assert "**policyc test**: 3 passed\n" in summary
    assert told["status"] == "0"
    assert Path(told["report"]).is_file()


@needs_bash
def test_what_is_new_is_an_annotation_and_fails(project: Path) -> None:
    path = project / "policies" / "shop.policy"
    path.write_text(path.read_text().replace("when source.vpc == mesh_vpc", "when source.vpc == mesh_vpd"))
    status, log, summary, told = action(project, POLICYC_BASE="HEAD", POLICYC_SARIF="out.sarif")
    assert status == 1
    assert "::error file=policies/shop.policy,line=" in log
    assert "mesh\\_vpd" in summary
    assert told["status"] == "1"
    assert json.loads((project / "out.sarif").read_text())["runs"][0]["results"]


@needs_bash
def test_what_the_change_grants_comes_first(project: Path) -> None:
    path = project / "policies" / "shop.policy"
    path.write_text(path.read_text().replace("when source.vpc == mesh_vpc and", "when"))
    identity = ["-c", "user.name=a", "-c", "user.email=a@b.c"]
    subprocess.run(["git", *identity, "commit", "-qam", "from any network"], check=True, capture_output=True)
    _, log, summary, _ = action(project, POLICYC_BASE="HEAD~1")
    assert summary.startswith("**policyc diff**"), log
    assert "**newly allowed**" in summary
    assert "OrderReadsStock" in summary
    assert summary.index("**newly allowed**") < summary.index("**policyc**: ")


@needs_bash
def test_a_side_that_cannot_be_read_is_no_silence(project: Path) -> None:
    path = project / "policies" / "shop.policy"
    right = path.read_text()
    identity = ["-c", "user.name=a", "-c", "user.email=a@b.c"]
    for text in (right.replace("who order_fn", "who ordr_fn"), right):
        path.write_text(text)
        subprocess.run(["git", *identity, "commit", "-qam", "a side"], check=True, capture_output=True)
    status, _, summary, _ = action(project, POLICYC_BASE="HEAD~1", POLICYC_BUILD="true")
    assert status == 1  # the documents were never built
    assert summary.startswith("**policyc diff**: what this change grants or takes away is not known, since one")
    assert summary.count("ordr\\_fn") == 1
    assert "missing: lattice/inventory_auth.json" in summary


@needs_bash
def test_an_error_is_told_once_though_it_keeps_the_tests_from_running(project: Path) -> None:
    path = project / "policies" / "shop.policy"
    path.write_text(path.read_text().replace("who order_fn", "who ordr_fn"))
    status, log, summary, _ = action(project, POLICYC_TEST="true", POLICYC_BUILD="true")
    assert status == 1
    assert log.count("ordr_fn") == 1
    assert summary.count("unknown name") == 1
    assert "policyc build" not in summary  # nothing is out of date: there is nothing to compare with


DOCUMENT = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/*"}}'


@needs_bash
def test_documents_alone_have_no_tests_that_could_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "documents"
    folder.mkdir()
    monkeypatch.chdir(folder)
    (folder / "photos.json").write_text(DOCUMENT)
    status, log, summary, told = action(folder, POLICYC_TEST="true")
    assert (status, told["status"]) == (0, "0"), log
    assert "**policyc**: no findings" in summary
    (folder / "photos.json").write_text(DOCUMENT.replace("s3:GetObject", "s3:GetObjekt"))
    assert action(folder, POLICYC_TEST="true")[0] == 1
    (folder / "photos.json").rename(folder / "my photos.json")
    assert "file=my photos.json," in action(folder, POLICYC_PATHS="my photos.json\n")[1]
    (folder / "my photos.json").unlink()
    assert action(folder, POLICYC_TEST="true")[0] == 4


@needs_bash
def test_settings_are_no_commands(project: Path) -> None:
    marker = project.parent / "ran"
    status, log, _, _ = action(
        project, POLICYC_PATHS=f"$(touch {marker}) ; touch {marker}", POLICYC_BASE=f"`touch {marker}`"
    )
    assert not marker.exists()
    assert status == 2
    assert "the base is not at hand" in log


@needs_bash
def test_wrong_use_is_no_success(project: Path) -> None:
    status, _, summary, told = action(project, POLICYC_PATHS="nowhere")
    assert status == 2
    assert told["status"] == "2"
    assert "`nowhere\\` does not exist" in summary


class Host(BaseHTTPRequestHandler):
    """The comments of one pull request."""

    comments: list[dict[str, object]]

    def _body(self) -> dict[str, object]:
        found: dict[str, object] = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        return found

    def _answer(self, data: object) -> None:
        text = json.dumps(data).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_GET(self) -> None:
        assert self.headers["Authorization"] == "Bearer secret"
        self._answer(self.comments)

    def do_POST(self) -> None:
        assert self.path == "/repos/a/b/issues/7/comments"
        self.comments.append({"id": len(self.comments) + 1, **self._body()})
        self._answer({})

    def do_PATCH(self) -> None:
        number = int(self.path.rpartition("/")[2])
        next(item for item in self.comments if item["id"] == number).update(self._body())
        self._answer({})

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def host() -> Iterator[str]:
    Host.comments = [{"id": 1, "body": "from a person"}]
    server = HTTPServer(("127.0.0.1", 0), Host)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@needs_bash
def test_one_comment_is_kept_up_to_date(project: Path, host: str) -> None:
    settings = {
        "POLICYC_COMMENT": "true",
        "POLICYC_PULL": "7",
        "POLICYC_TOKEN": "secret",
        "GITHUB_REPOSITORY": "a/b",
        "GITHUB_API_URL": host,
    }
    assert action(project, **settings)[0] == 0
    path = project / "policies" / "shop.policy"
    path.write_text(path.read_text() + "let unused: account = 1\n")
    assert action(project, **settings)[0] == 1
    assert len(Host.comments) == 2
    assert Host.comments[0]["body"] == "from a person"
    assert str(Host.comments[1]["body"]).startswith("<!-- policyc report -->\n**policyc**: 1 error")
    # a token that may not write leaves the summary
    assert "could not be written" in action(project, **{**settings, "GITHUB_API_URL": "http://127.0.0.1:9"})[1]


def schema_check(kind: str, path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", kind, str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_manifests_fit_their_schemas(project: Path) -> None:
    pytest.importorskip("check_jsonschema", reason="check-jsonschema has the schemas of build servers")
    schema_check("vendor.github-actions", ROOT / "action.yml")
    schema_check("vendor.github-workflows", project / ".github" / "workflows" / "policies.yml")


def test_everything_that_runs_is_pinned(project: Path) -> None:
    for path in (ROOT / "action.yml", project / ".github" / "workflows" / "policies.yml"):
        uses = [
            line.split("uses:")[1].split("#")[0].strip() for line in path.read_text().splitlines() if "uses:" in line
        ]
        assert uses
        assert all(len(name.partition("@")[2]) == 40 for name in uses), path
    pinned = [line for line in (ROOT / "tools" / "action-constraints.txt").read_text().splitlines() if line[0] != "#"]
    assert all("==" in line for line in pinned)
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    names = {line.partition("==")[0].lower() for line in pinned}
    assert {re.split(r"[<>=~ ]", item)[0].lower() for item in needed} <= names


def test_the_workflow_finds_the_wheel_that_init_wrote(project: Path) -> None:
    (wheel,) = (project / "tools").glob("policyc-*.whl")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--no-index",
            "--no-compile",
            "--target",
            "installed",
            str(wheel),
        ],
        cwd=project.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    installed = project.parent / "installed"
    asked = subprocess.run(
        [sys.executable, "-m", "policyc", "test"],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert asked.returncode == 0, asked.stdout + asked.stderr


def test_hooks_name_commands_that_exist() -> None:
    from policyc.cli.app import COMMANDS

    for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text()):
        program, command = hook["entry"].split()
        assert (program, hook["language"]) == ("policyc", "python")
        assert command in COMMANDS
        # a file alone says little of a project; `fmt` looks at one file at a time
        assert hook.get("pass_filenames", True) == (command == "fmt")


@needs_bash
@pytest.mark.parametrize(
    ("text", "wanted"), [(DOCUMENT, 0), (DOCUMENT.replace("GetObject", "GetObjekt"), 1), ("{}", 4)]
)
def test_the_component_runs_beside_documents_alone(text: str, wanted: int, tmp_path: Path) -> None:
    _, job = yaml.safe_load_all((ROOT / "templates" / "policyc.yml").read_text())
    (tmp_path / "photos.json").write_text(text)
    command = tmp_path / "bin" / "policyc"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m policyc "$@"\n')
    command.chmod(0o755)
    lines = [line for line in job["policyc"]["script"] if "pip install" not in line]
    environ = {**os.environ, "PATH": f"{command.parent}{os.pathsep}{os.environ['PATH']}", "POLICYC_PATHS": ""}
    words = ["bash", "-eo", "pipefail", "-c", "\n".join(lines)]
    done = subprocess.run(words, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == wanted, done.stdout + done.stderr
    if wanted != 4:
        report = json.loads((tmp_path / "gl-code-quality-report.json").read_text())
        assert [item["check_name"] for item in report] == ["unknown-action"] * wanted


def test_the_component_writes_what_it_reports() -> None:
    about, job = yaml.safe_load_all((ROOT / "templates" / "policyc.yml").read_text())
    assert set(about["spec"]["inputs"]) == {"stage", "image", "install", "paths"}
    script = "\n".join(job["policyc"]["script"])
    for report in job["policyc"]["artifacts"]["reports"].values():
        assert f"--output {report}" in script
