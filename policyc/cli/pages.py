"""The documentation pages that come from data: `python -m policyc.cli.pages` writes them, `--check` tells whether they are fresh."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from policyc.cli.completion import scripts
from policyc.cli.rule_pages import FOLDER, rule_pages
from policyc.data import data_root
from policyc.editor import textmate
from policyc.lint.registry import needs_file


def pages() -> Mapping[str, str]:
    """Every generated page: path from the root of the checkout -> text."""
    return {**rule_pages(), **scripts(), **needs_file(), textmate.PLACE: textmate.text()}


def stale_pages(root: Path, wanted: Mapping[str, str] | None = None) -> list[str]:
    """The generated pages that are missing or differ from their data, and those of findings that there are no more."""
    wanted = pages() if wanted is None else wanted
    differing = [
        name
        for name, text in wanted.items()
        if not (root / name).is_file() or (root / name).read_text(encoding="utf-8") != text
    ]
    gone = [name for path in (root / FOLDER).glob("*.md") if (name := f"{FOLDER}/{path.name}") not in wanted]
    return sorted(differing + gone)


def write_pages(root: Path, wanted: Mapping[str, str]) -> list[str]:
    """Make the pages what they should be; returns which were not."""
    stale = stale_pages(root, wanted)
    for name in stale:
        if name in wanted:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(wanted[name], encoding="utf-8", newline="\n")
        else:
            (root / name).unlink()
    return stale


def main(argv: Sequence[str]) -> int:
    root, wanted = data_root(), pages()
    check = "--check" in argv
    stale = stale_pages(root, wanted) if check else write_pages(root, wanted)
    for name in stale:
        print(f"{name} is out of date" if check else f"wrote {name}")
    return 1 if stale and check else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
