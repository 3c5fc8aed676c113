"""The pipelines that docs/pull-requests.md shows have the shape that their servers read, and their scripts run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
import yaml

from policyc.__main__ import main

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "pull-requests.md").read_text(encoding="utf-8")
BLOCKS = dict(re.findall(r"^```yaml (\S+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))


@pytest.mark.parametrize(
    ("name", "schema"),
    [("azure-pipelines.yml", "vendor.azure-pipelines"), ("bitbucket-pipelines.yml", "vendor.bitbucket-pipelines")],
)
def test_shape(name: str, schema: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(BLOCKS[name])
    words = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(path)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(shutil.which("bash") is None, reason="build servers run these in bash")
def test_the_scripts_run_in_a_project_of_init(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Step by step as the servers do, but for the installation."""
    monkeypatch.chdir(tmp_path)
    assert main(["init", "-q"]) == 0
    command = tmp_path / ".venv" / "bin" / "policyc"
    command.parent.mkdir(parents=True)
    command.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m policyc "$@"\n')
    command.chmod(0o755)
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")} | {
        "PATH": f"{command.parent}{os.pathsep}{os.environ['PATH']}",
        "BITBUCKET_PR_DESTINATION_BRANCH": "main",
    }

    def run(*words: str) -> None:
        done = subprocess.run(words, env=environ, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    for words in (["init", "-q"], ["add", "policies", "policyc.toml"], [*identity, "commit", "-qm", "a"]):
        run("git", *words)
    run("git", "update-ref", "refs/remotes/origin/main", "HEAD")
    azure, bitbucket = (yaml.safe_load(BLOCKS[name]) for name in ("azure-pipelines.yml", "bitbucket-pipelines.yml"))
    (step,) = bitbucket["pipelines"]["pull-requests"]["**"]
    scripts = [item["script"] for item in azure["steps"] if "script" in item]
    for script in [*scripts, "\n".join(step["step"]["script"])]:
        lines = [line for line in script.splitlines() if "pip install" not in line and "-m venv" not in line]
        run("bash", "-eo", "pipefail", "-c", "\n".join(lines))
    found = {
        path: ElementTree.parse(path).getroot() for path in [*Path().glob("*.xml"), *Path("test-results").iterdir()]
    }
    assert {path.name for path in found} == {"findings.xml", "tests.xml"} and len(found) == 4
    assert all(root.find(".//testcase") is not None for path, root in found.items() if path.name == "tests.xml")
