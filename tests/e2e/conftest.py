from __future__ import annotations

import pytest

from tests.running import Run


@pytest.fixture
def shop(run: Run) -> Run:
    """In a project as `init` makes it."""
    assert run("init", "-q").status == 0
    return run
