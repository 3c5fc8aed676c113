"""What `replay` takes stands in its page."""

from __future__ import annotations

from pathlib import Path

import pytest

from policyc.cli.replay.command import _FAILURES, FORMATS
from policyc.cli.replay.engines import ENGINES

PAGE = "".join(Path(name).read_text("utf-8") for name in ("docs/replay.md", "docs/replay-at-scale.md"))


@pytest.mark.parametrize("name", [*_FAILURES, *FORMATS[1:], *ENGINES[1:], "--since", "--until", "table:", "s3://"])
def test_every_word_is_told(name: str) -> None:
    assert name in PAGE
