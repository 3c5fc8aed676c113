"""What fuzzing ever found is asked again at every run; each file is one text that once crashed, hung or was misread."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.fuzz import fault
from tests.fuzz.readers import readers

CORPUS = Path(__file__).parent / "corpus"
TEXTS = sorted(path for path in CORPUS.rglob("*.txt"))


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_what_once_broke_holds(path: Path) -> None:
    name = path.parent.name
    assert fault(name, readers()[name](), path.read_bytes().decode("utf-8", "surrogatepass")) == ""


@pytest.mark.parametrize("name", readers())
def test_every_reader_is_asked_what_it_reads(name: str, tmp_path: Path) -> None:
    """A seed that no longer reaches its reader would fuzz nothing: wrong use (2) says that the command did not run."""
    reader = readers()[name]()
    for number, seed in enumerate(reader.seeds):
        folder = tmp_path / str(number)
        folder.mkdir()
        status, printed = reader.ask(seed, folder)
        assert status in (0, 1, 10, 11) or "error[" in printed or (reader.read and reader.read in printed), printed
