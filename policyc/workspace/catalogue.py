"""Everything that has a name and an explanation: diagnostics, lint rules, vocabularies, switches."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from policyc.data import data_root, read_json, read_text
from policyc.report.options import RuleText


@cache
def rule_texts() -> Mapping[str, RuleText]:
    """The text of every rule that a diagnostic can carry, lint rules included."""
    texts: dict[str, RuleText] = {}
    pages: Mapping[str, str] = read_json("schemas/rule_sources.json")
    for stage, name, entry in diagnostic_entries():
        page = _address(" ".join(str(text) for text in entry.values())) or pages.get(stage, "")
        examples = finding_examples().get(name, "")
        texts[name] = RuleText(entry["summary"], entry.get("why", ""), entry.get("help", ""), page, examples)
    for name, doc in lint_rules().items():
        summary, _, rest = doc.partition("\n")
        texts.setdefault(name, RuleText(summary.strip(), rest.strip(), "", _address(doc) or pages["lint"]))
    return texts


@cache
def finding_examples() -> Mapping[str, str]:
    """The Markdown of `schemas/findings/<stage>.md` by finding: an example that yields it and nothing else, and the right text.

    A section begins with `# finding-name`. Its code blocks are files, called by what stands behind `file=` or `example.` and the
    language's ending, and read as the kind behind `as=`; a `console` block is the command in place of `policyc check` of the last file.
    """
    found: dict[str, str] = {}
    for path in sorted((data_root() / "schemas" / "findings").glob("*.md")):
        name, lines, fenced = "", [""], False
        for line in read_text(f"schemas/findings/{path.name}").splitlines():
            fenced ^= line.startswith("```")
            if line.startswith("# ") and not fenced:
                name, lines = line[2:].strip(), []
            else:
                lines.append(line)
            found[name] = "\n".join(lines).strip()
    return found


def _address(text: str) -> str:
    """The first public address in a text."""
    found = re.search(r"https://[^\s)>`]+", text)
    return "" if found is None else found[0].rstrip(".,;")


def diagnostic_entries() -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Stage, rule name and entry (`summary`, `why`, `help`) of every `schemas/errors/<stage>.json`."""
    for path in sorted((data_root() / "schemas" / "errors").glob("*.json")):
        entries = read_json(f"schemas/errors/{path.name}")
        for name, entry in entries.items():
            if isinstance(entry, dict):
                yield path.stem, name, entry


@cache
def native_rules() -> frozenset[str]:
    """The rules that checking native documents (IAM JSON, Cedar) can report."""
    return frozenset(name for stage, name, _ in diagnostic_entries() if stage in ("iam", "documents", "cedar"))


@cache
def never_ignored() -> frozenset[str]:
    """The rules of native documents that are errors wherever they are reported."""
    return frozenset(read_json("schemas/never_ignored.json"))


@cache
def lint_rules() -> Mapping[str, str]:
    """The documentation of every lint rule by name, in alphabetical order."""
    from policyc.lint.registry import RULES, rule_doc

    return {name: rule_doc(name) for name in sorted(RULES)}
