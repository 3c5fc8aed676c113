"""The same input gives the same bytes: documents, source map and findings, whatever the hash seed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def run(seed: str, out: Path, *words: str) -> bytes:
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "policyc", *words], cwd=ROOT, env=environment, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_build_and_check_do_not_depend_on_the_hash_seed(tmp_path: Path) -> None:
    seen = []
    for seed in ("0", "4242"):
        out = tmp_path / seed
        run(seed, out, "build", "-o", str(out))
        findings = run(seed, out, "check", "--no-cache", "--format", "json")
        seen.append((files(out), findings))
    assert seen[0] == seen[1]
    assert len(seen[0][0]) > 10


def test_formatting_the_examples_changes_nothing() -> None:
    run("0", ROOT, "fmt", "--check")
