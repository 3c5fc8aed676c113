"""The pipelines that docs/pull-requests.md shows have the shape that their servers read."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "pull-requests.md").read_text(encoding="utf-8")
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
