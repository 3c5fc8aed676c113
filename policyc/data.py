"""The one way to the files that lie outside the package in a checkout and inside it in a wheel."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

_PACKAGE = Path(__file__).parent


@cache
def data_root() -> Path:
    """The folder that holds `grammars/` and `schemas/`: the checkout's root, or `_data` in an installed package."""
    packed = _PACKAGE / "_data"
    return packed if packed.is_dir() else _PACKAGE.parent


@cache
def read_text(name: str) -> str:
    """The text of a shipped file; `name` is its path such as `schemas/lattice/vocabulary.json`.

    Raises FileNotFoundError when the installation is broken (a bug, never a user's mistake).
    """
    return (data_root() / name).read_text(encoding="utf-8")


@cache
def read_json(name: str) -> Any:
    """What a shipped file of JSON holds. It is read once for all who ask, so nobody may change it."""
    return json.loads(read_text(name))
