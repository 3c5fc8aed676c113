"""The server in an editor that people use: Neovim with its own client, where it is installed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from policyc.__main__ import main

ROOT = Path(__file__).parents[2]
SCRIPT = Path(__file__).with_name("neovim.lua")

pytestmark = [
    pytest.mark.skipif(find_spec("pygls") is None, reason="the language server needs pygls"),
    pytest.mark.skipif(shutil.which("nvim") is None, reason="needs Neovim"),
]


def test_a_person_mends_a_slip_in_neovim(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["init", "-q"]) == 0
    policy = tmp_path / "policies" / "shop.policy"
    text = policy.read_text(encoding="utf-8")
    policy.write_text(text.replace("who order_fn", "who ordr_fn"), encoding="utf-8")
    line = text[: text.index("who order_fn")].count("\n") + 1
    shutil.copy(ROOT / "examples" / "stack.yaml", tmp_path)
    environ = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "POLICYC_LSP": json.dumps([sys.executable, "-m", "policyc", "lsp"]),
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }
    words = ["nvim", "--headless", "-u", "NONE", "-i", "NONE", "-n", "-c", f"luafile {SCRIPT}"]
    done = subprocess.run(words, env=environ, capture_output=True, text=True, check=False, timeout=300)
    told: dict[str, Any] = dict(json.loads(row) for row in done.stdout.splitlines() if row.startswith("["))
    assert told["wrong"] == [f"unknown-name:{line}"], done.stdout + done.stderr
    assert told["action"] == "did you mean `order_fn`?"
    assert told["mended"] == []
    assert told["hover"].startswith("**lattice.source.vpc**")
    assert told["completion"] > 20
    assert told["template"] == ["value-never-matches:28"]
    assert told["stopped"] is True
