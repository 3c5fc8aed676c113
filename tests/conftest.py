"""Random tests draw the same cases at every run, so that a run says something about the change and not about the draw.

`POLICYC_EXPLORE=1` draws new ones: run it now and then, and pin what it finds.
"""

from __future__ import annotations

import gc
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.running import Ran, Run, Told, said

#: what a build server says of itself changes what is printed; tests that are about it set it themselves
for name in (
    "CI",
    "GITHUB_ACTIONS",
    "TF_BUILD",
    "TEAMCITY_VERSION",
    "GITHUB_WORKSPACE",
    "CI_PROJECT_DIR",
    "FORCE_COLOR",
):
    os.environ.pop(name, None)
#: how long one example takes says how busy the machine is, not whether the code is right
_UNTIMED = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("steady", derandomize=True, database=None, **_UNTIMED)
settings.register_profile("explore", derandomize=False, **_UNTIMED)
settings.load_profile("explore" if os.environ.get("POLICYC_EXPLORE") else "steady")
# fourteen thousand tests are a large heap, and looking through it for circles every few hundred objects takes a sixth of the whole run
gc.set_threshold(100_000, 50, 50)


def pytest_collection_finish() -> None:
    gc.freeze()


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs a command in an empty folder of its own, with a cache of its own."""
    from policyc.__main__ import main

    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "POLICYC_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)

    def call(*argv: str) -> Ran:
        status = main(argv)
        captured = capsys.readouterr()
        return Ran(status, captured.out, captured.err)

    return call


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Told:
    """Runs a command in the test's own folder, in which the test stands, for a wide page without colours."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "200")
    return lambda *words: said(tmp_path, *words)
