"""The examples of this repository in every form: what is written is read back as the same documents, by carriers and by the tools that are there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from policyc.diagnostics import Diagnostics
from policyc.emitting.registry import form
from policyc.emitting.templates import Opened
from tests.emitting.reading import FORMS, opened, plain, read_back, rendered, written

ROOT = Path(__file__).parent.parent.parent
#: tools of others take seconds to start: they are asked when somebody wants it
TOOLS = "POLICYC_TOOLS" in os.environ
PROVIDERS = Path("/opt/tf-plugins")
#: what has a place in each form
EVERYWHERE = ("lattice", "identity")
TERRAFORM = (*EVERYWHERE, "verified_access", "cloudwan", "object_lambda", "iam_document")
TARGETS = (
    dict.fromkeys(FORMS[:3], (*TERRAFORM, "client_vpn"))
    | dict.fromkeys(FORMS[3:5], TERRAFORM)
    | {"kubernetes": EVERYWHERE, "helm": (*EVERYWHERE, "verified_access", "iam_document")}
)


@cache
def examples(*targets: str) -> Opened:
    return opened(ROOT, targets=targets)


def statements(tree: Any) -> list[Any]:
    """The statements of a document, without what only names them; permissions of Lambda have names of their own."""
    return [{key: value for key, value in item.items() if key != "Sid"} for item in tree["Statement"]]


def same(read: Any, built: Any, kind: str) -> bool:
    if kind == "function":
        return [item for document in read for item in statements(document)] == unlisted(statements(built))
    return bool(read[0] == built)


def unlisted(found: list[Any]) -> list[Any]:
    return json.loads(json.dumps(found).replace("aws:SourceArn", "AWS:SourceArn"))  # type: ignore[no-any-return]


@pytest.mark.parametrize("name", FORMS)
def test_what_is_written_is_read_as_the_same_documents(name: str) -> None:
    held = examples(*TARGETS[name])
    files = written(held, name)
    if name == "helm":
        files = rendered(files, defaultdict(lambda: "x"))
    read = read_back(files)
    by_file: dict[str, list[Any]] = {}
    for item in read:
        by_file.setdefault(item.place.file, []).append(item)
    assert len(by_file) == len(held.templates)
    wanted = {item.document.path: item for item in held.templates}
    for file, found in by_file.items():
        stated = files.get(file, "")
        path = next(path for path in wanted if path in stated)
        built = wanted.pop(path).document
        text = json.loads(built.text) if built.kind else built.text
        assert same([plain(item) for item in found], text, found[0].kind), path
    assert not wanted


def test_a_document_without_a_place_is_named() -> None:
    for name, targets in (
        ("kubernetes", ("cloudwan", "verified_access")),
        ("helm", ("client_vpn",)),
        ("terraform", ("client_vpn",)),
    ):
        held = examples(*targets)
        found = Diagnostics()
        form(name).write(held, found)
        assert {item.rule for item in found} == {"no-place-for-document"}
        assert {item.document.path for item in held.templates} == {item.message.split("`")[1] for item in found}


@pytest.mark.skipif(not TOOLS or shutil.which("cfn-lint") is None, reason="POLICYC_TOOLS is not set, or no cfn-lint")
def test_cfn_lint_has_nothing_to_say(tmp_path: Path) -> None:
    paths = []
    for name in ("cloudformation", "sam", "cdk"):
        for file, text in written(examples(*TARGETS[name]), name).items():
            if file != "manifest.json":
                path = tmp_path / name / file
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
                paths.append(str(path))
    done = subprocess.run(["cfn-lint", *paths], capture_output=True, text=True, timeout=100, check=False)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.skipif(
    not TOOLS or shutil.which("terraform") is None or not PROVIDERS.is_dir(),
    reason="POLICYC_TOOLS is not set, or no terraform with its provider",
)
@pytest.mark.parametrize("name", ["terraform", "terraform-json"])
def test_terraform_takes_the_module(tmp_path: Path, name: str) -> None:
    for file, text in written(examples(*TARGETS[name]), name).items():
        (tmp_path / file).write_text(text, encoding="utf-8")
    (tmp_path / "rc").write_text(f'provider_installation {{ filesystem_mirror {{ path = "{PROVIDERS}" }} }}\n')
    environment = {**os.environ, "TF_CLI_CONFIG_FILE": str(tmp_path / "rc"), "CHECKPOINT_DISABLE": "1"}

    def terraform(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["terraform", *words],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )

    assert terraform("init", "-input=false", "-no-color").returncode == 0
    validated = terraform("validate", "-no-color")
    assert validated.returncode == 0, validated.stdout + validated.stderr
    assert terraform("fmt", "-check", "-diff", "-no-color").stdout == ""
