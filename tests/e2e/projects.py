"""Files of a project as they stand."""

from __future__ import annotations

from pathlib import Path

SHOP = "policies/shop.policy"


def edit(file: str, old: str, new: str) -> None:
    path = Path(file)
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
