"""The pages of `docs/rules/`, made from the rules' own documentation: `python -m policyc.lint.docs [--check]`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from policyc.data import data_root
from policyc.lint.examples import SAMPLE, SAMPLE_FILE, SHARED, SHARED_FILE
from policyc.lint.registry import all_rules
from policyc.lint.rule import Rule
from policyc.targets.registry import TARGETS, back_end

FOLDER: Final = "docs/rules"

_FAMILIES: Final = {"project": "Every project", "policy": "Every kind of policy", "iam": "IAM documents"} | {
    name: back_end(name).called for name in TARGETS if name != "identity"
}
_INTRODUCTION: Final = f"""\
# Lint rules

`policyc check` runs these rules over every project that compiles. `select`, `ignore` and `severity` under `[lint]` in
`policyc.toml` choose among them. A finding that is meant is suppressed where it stands, with the reason:

```policy
// policyc: ignore[open-to-anonymous] the price list is public
allow "prices" {{ who anyone  can GET  path "/prices" }}
```

On a line of its own the comment covers the construct below it, behind code its own line;
`// policyc: ignore-file[rule-name] reason` above the first declaration covers the file. Errors of the compiler cannot be
suppressed. A suppression without a reason, for an unknown rule, or without a finding is a finding itself.

The examples import what they need from [`{SHARED_FILE}`](#{SHARED_FILE.replace(".", "")}).
"""


def pages() -> Mapping[str, str]:
    """Every page by its file name."""
    rules = all_rules()
    out = {f"{rule.name}.md": _page(rule) for rule in rules}
    out["README.md"] = _index(rules)
    return out


def _page(rule: Rule) -> str:
    _, _, rest = rule.doc.partition("\n")
    head = f"# {rule.name}\n\n{rule.summary}\n\n{_FAMILIES[rule.family]} · default severity: {rule.severity}\n"
    return f"{head}\n{rest.strip()}\n"


def _index(rules: tuple[Rule, ...]) -> str:
    out = [_INTRODUCTION]
    for family, title in _FAMILIES.items():
        out.append(f"## {title}\n\n| rule | severity | what it finds |\n|---|---|---|")
        for rule in rules:
            if rule.family == family:
                out.append(f"| [{rule.name}]({rule.name}.md) | {rule.severity} | {rule.summary} |")
        out.append("")
    out.append(f"## {SHARED_FILE}\n\n```policy\n{SHARED}```\n\n## {SAMPLE_FILE}\n\n```json\n{SAMPLE}```\n")
    return "\n".join(out)


def stale_pages(root: Path) -> list[str]:
    """The files below `docs/rules` that differ from what the rules say, are missing, or belong to no rule."""
    folder = root / FOLDER
    wanted = pages()
    found = {path.name for path in folder.glob("*.md")} if folder.is_dir() else set()
    differing = {
        name for name, text in wanted.items() if name in found and (folder / name).read_text(encoding="utf-8") != text
    }
    return sorted(differing | (wanted.keys() ^ found))


def write_pages(root: Path) -> None:
    """Make the folder hold exactly the pages."""
    folder = root / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for name in stale_pages(root):
        (folder / name).unlink(missing_ok=True)
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")


def main(arguments: list[str]) -> int:
    """0 when the pages are (now) right, 1 when `--check` finds stale ones, 2 for other arguments."""
    if arguments == ["--check"]:
        stale = stale_pages(data_root())
        if stale:
            sys.stderr.write("stale below docs/rules: " + ", ".join(stale) + "; run `python -m policyc.lint.docs`\n")
        return 1 if stale else 0
    if arguments:
        sys.stderr.write("usage: python -m policyc.lint.docs [--check]\n")
        return 2
    write_pages(data_root())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
