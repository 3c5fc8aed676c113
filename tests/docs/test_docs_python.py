"""Every example of docs/python.md runs in the folder that `policyc init` makes, and gives what its comment says."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from policyc.__main__ import main

PAGE = Path(__file__).parents[2] / "docs" / "python.md"
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def test_the_examples_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["init", "-q"]) == 0
    names: dict[str, object] = {}
    told = 0
    for block in BLOCKS:
        lines = block.splitlines()
        for node in ast.parse(block).body:
            code = ast.Module([node], [])
            promise = lines[(node.end_lineno or 1) - 1].partition("  # ")[2]
            if isinstance(node, ast.Expr) and not (
                isinstance(node.value, ast.Call) and ast.unparse(node.value.func) == "print"
            ):
                shown = repr(eval(compile(ast.Expression(node.value), str(PAGE), "eval"), names))
            else:
                capsys.readouterr()
                exec(compile(code, str(PAGE), "exec"), names)
                shown = capsys.readouterr().out.strip()
            if promise and (shown or isinstance(node, ast.Expr)):
                told += 1
                assert shown == promise.partition(": ")[0] if ": there" in promise else shown == promise, block
    assert told >= 8
