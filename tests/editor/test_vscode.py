"""The extension for Visual Studio Code: the grammar beside our own lexer, snippets that parse, and what the package holds."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from policyc.cli.pages import pages
from policyc.diagnostics import Diagnostics
from policyc.editor import textmate
from policyc.editor.outline import TOKEN_KINDS, coloured
from policyc.syntax.parser import parse
from policyc.syntax.table import load_table
from policyc.text import Source

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "editors" / "vscode"
#: what our lexer calls a token -> the scopes that it may have
SCOPES = {
    "keyword": ("keyword.other", "keyword.control", "keyword.operator.word", "storage.type", "constant.language"),
    "string": ("string.quoted", "constant.character.escape"),
    "number": ("constant.numeric",),
    "comment": ("comment.line",),
    "operator": ("keyword.operator.policyc",),
    "variable": ("variable.other", "constant.other.region"),
}


def without_node() -> str:
    """Why the grammar cannot be asked, empty where it can. A build server has to be able to (`POLICYC_NODE=required`)."""
    if shutil.which("node") is None:
        return "there is no node"
    return (
        ""
        if (FOLDER / "node_modules" / "vscode-textmate").is_dir()
        else "`make test` or `make vscode` gets vscode-textmate"
    )


def need_node() -> None:
    why = without_node()
    if why and os.environ.get("POLICYC_NODE") == "required":
        pytest.fail(why)
    if why:
        pytest.skip(why)


def tokens(texts: dict[str, str]) -> dict[str, list[list[tuple[int, int, str, list[str]]]]]:
    need_node()
    asked = json.dumps({"grammar": textmate.text(), "texts": texts})
    done = subprocess.run(
        ["node", str(FOLDER / "test" / "tokens.mjs")], input=asked, capture_output=True, text=True, check=True
    )
    told: dict[str, list[list[tuple[int, int, str, list[str]]]]] = json.loads(done.stdout)
    return told


def test_every_token_of_every_policy_has_the_colour_of_the_lexer() -> None:
    files = [*(ROOT / "policies").rglob("*.policy")]
    texts = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in files}
    texts["every word"] = "".join(f"{word}\n" for word in sorted(load_table().keywords))
    texts["names"] = 'source.when.path == "a\\"b" // policy\n/// allow\nus-east-1 65000 1.2 -> .. unless_not\n'
    told = tokens(texts)
    seen = 0
    for name, text in texts.items():
        source = Source(name, text)
        for start, end, kind in coloured(source):
            at = source.position(start)
            word = text[start:end].splitlines()[0]
            line = told[name][at.line - 1]
            scope = next(scopes for first, last, _, scopes in line if first <= at.column - 1 < last)
            # a word behind a dot is part of a name, whatever our lexer calls it
            before = text[start - 1 : start] if start else ""
            wanted = SCOPES[TOKEN_KINDS[kind]]
            if TOKEN_KINDS[kind] == "keyword" and (before == "." or text[end : end + 1] == "."):
                wanted = (*wanted, "variable.other")
            assert any(item.startswith(wanted) for item in scope), (name, at.line, word, scope)
            seen += 1
    assert seen > 1_000


def test_the_grammar_is_generated_and_fresh() -> None:
    made = pages()[textmate.PLACE]
    assert (ROOT / textmate.PLACE).read_text(encoding="utf-8") == made, "run `make docs`"
    words = set(re.findall(r"[a-z_]+", " ".join(part["match"] for part in json.loads(made)["patterns"])))
    assert load_table().keywords <= words


SNIPPETS: dict[str, Any] = json.loads((FOLDER / "snippets" / "policyc.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", SNIPPETS)
def test_snippets_parse(name: str) -> None:
    text = "\n".join(SNIPPETS[name]["body"])
    text = re.sub(r"\$\{\d+\|([^,|]*)[^}]*\}", r"\1", text)
    text = re.sub(
        r"\$\{\d+:([^}]*)\}", lambda found: found[1].replace(" ", "_") if "what" not in found[1] else found[1], text
    )
    assert "${" not in text
    found = Diagnostics()
    parse(Source("snippet.policy", text + "\n"), found)
    assert not found.has_errors, [item.message for item in found]


def test_a_folder_that_nobody_trusts_does_not_choose_what_is_run() -> None:
    about = json.loads((FOLDER / "package.json").read_text(encoding="utf-8"))
    assert about["contributes"]["configuration"]["properties"]["policyc.command"]["scope"] == "machine-overridable"
    assert about["capabilities"]["untrustedWorkspaces"]["restrictedConfigurations"] == ["policyc.command"]


def test_the_bundled_extension_starts_its_server_and_takes_what_it_finds(tmp_path: Path) -> None:
    need_node()
    bundle = tmp_path / "extension.js"
    script = shlex.split(json.loads((FOLDER / "package.json").read_text(encoding="utf-8"))["scripts"]["bundle"])
    words = [f"--outfile={bundle}" if word.startswith("--outfile=") else word for word in script[1:]]
    subprocess.run([FOLDER / "node_modules" / ".bin" / script[0], *words], cwd=FOLDER, check=True, capture_output=True)
    done = subprocess.run(
        ["node", FOLDER / "test" / "start.cjs", bundle, sys.executable, "-m", "policyc", "lsp"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert [(item["code"], item["line"]) for item in told["before"]] == [("unknown-type", 0)]
    assert [(item["code"], item["line"]) for item in told["after"]] == [("syntax-error", 1)]
    assert told["messages"] == []


def test_the_package(tmp_path: Path) -> None:
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        import vscode
    finally:
        sys.path.remove(str(ROOT / "tools"))
    folder = tmp_path / "vscode"
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("node_modules", "dist"))
    with pytest.raises(FileNotFoundError):
        vscode.files(folder)
    (folder / "dist").mkdir()
    (folder / "dist" / "extension.js").write_text("module.exports = {};\n")
    first, second = vscode.pack(tmp_path / "a.vsix", folder), vscode.pack(tmp_path / "b.vsix", folder)
    assert first.read_bytes() == second.read_bytes()
    with zipfile.ZipFile(first) as archive:
        names = set(archive.namelist())
        ElementTree.fromstring(archive.read("[Content_Types].xml"))
        manifest = ElementTree.fromstring(archive.read("extension.vsixmanifest"))
        about = json.loads(archive.read("extension/package.json"))
    for asset in manifest.iter("{http://schemas.microsoft.com/developer/vsx-schema/2011}Asset"):
        assert asset.attrib["Path"] in names
    assert "devDependencies" not in about
    assert "extension/" + about["main"].removeprefix("./") in names
    assert not any("node_modules" in name or "/src/" in name or "/test/" in name for name in names)
