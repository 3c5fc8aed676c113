"""The documentation pages that come from data: `python -m policyc.cli.pages` writes them, `--check` tells whether they are fresh."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from policyc.cli.completion import scripts
from policyc.data import data_root
from policyc.workspace.catalogue import diagnostic_entries, lint_rules

RULES = "docs/rules.md"

_HEAD = """# Rules

Every finding carries the name of a rule in brackets. `policyc explain NAME` prints the same text.
This page is generated: `make docs` writes it again.
"""


def rules_page() -> str:
    """`docs/rules.md`: lint rules first, then the errors of each stage."""
    parts = [_HEAD]
    rules = lint_rules()
    if rules:
        parts.append("## Lint rules\n")
    for name, doc in rules.items():
        parts.append(f"### {name}\n\n{doc.strip()}\n")
    stages: dict[str, list[str]] = {}
    seen: set[str] = set(rules)
    for stage, name, entry in diagnostic_entries():
        if name in seen:
            continue
        seen.add(name)
        text = f"### {name}\n\n{_sentence(entry['summary'])} {entry.get('why', '')}".rstrip()
        advice = f"\n\nWhat to do: {entry['help']}." if entry.get("help") else ""
        stages.setdefault(stage, []).append(text + advice + "\n")
    for stage, entries in stages.items():
        parts.append(f"## Errors: {stage}\n")
        parts += entries
    return "\n".join(parts)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + "."


def pages() -> dict[str, str]:
    """Every generated page: path from the root of the checkout -> text."""
    return {RULES: rules_page(), **scripts()}


def stale_pages(root: Path) -> list[str]:
    """The generated pages that are missing or differ from their data."""
    return [
        name
        for name, text in pages().items()
        if not (root / name).is_file() or (root / name).read_text(encoding="utf-8") != text
    ]


def main(argv: Sequence[str]) -> int:
    root = data_root()
    stale = stale_pages(root)
    for name in stale:
        print(f"{name} is out of date" if "--check" in argv else f"wrote {name}")
        if "--check" not in argv:
            (root / name).write_text(pages()[name], encoding="utf-8", newline="\n")
    return 1 if stale and "--check" in argv else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
