"""What the page asks of policyc: commands of the command line, in the folder that holds the texts of the editor."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
from pathlib import Path

from policyc.__main__ import main

ROOT = Path("/home/pyodide/project")


def write(files: str) -> None:
    """Put texts (JSON: name -> text) into the folder, and nothing else."""
    shutil.rmtree(ROOT, ignore_errors=True)
    ROOT.mkdir(parents=True)
    for name, text in json.loads(files).items():
        path = ROOT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")


def run(words: str) -> str:
    """One command (JSON: its words), as JSON: `status`, `out`, `err`."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.chdir(ROOT), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status = main(json.loads(words))
        except SystemExit as stop:
            status = stop.code if isinstance(stop.code, int) else 2
    return json.dumps({"status": status, "out": out.getvalue(), "err": err.getvalue()})


def read(folder: str) -> str:
    """The texts below a folder (JSON: name -> text)."""
    top = ROOT / folder
    paths = sorted(path for path in top.rglob("*") if path.is_file() and not path.name.startswith("."))
    return json.dumps({path.relative_to(top).as_posix(): path.read_text(encoding="utf-8") for path in paths})
