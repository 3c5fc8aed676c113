"""The pages of `docs/rules/`: one for each finding, from the rules' own documentation, `schemas/errors/` and `schemas/findings/`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from policyc.lint.examples import SAMPLE, SAMPLE_FILE, SHARED, SHARED_FILE
from policyc.lint.registry import all_rules
from policyc.lint.rule import Rule
from policyc.targets.registry import TARGETS, back_end
from policyc.workspace.catalogue import diagnostic_entries, finding_examples, rule_texts

FOLDER: Final = "docs/rules"

_FAMILIES: Final = {"project": "Every project", "policy": "Every kind of policy", "iam": "IAM documents"} | {
    name: back_end(name).called for name in TARGETS if name != "identity"
}
#: the readers and stages of the compiler, by the file of `schemas/errors/` that lists their findings
STAGES: Final = {
    "syntax": "The language: grammar",
    "files": "The language: files",
    "model": "The language: names, types, values",
    "conditions": "The language: statements and conditions",
    "lint": "Suppressions and the rules themselves",
    "iam": "IAM JSON: grammar",
    "documents": "IAM JSON: words, ARNs, kinds of document",
    "iam_documents": "Policies that become IAM documents",
    "json": "JSON",
    "cedar": "Cedar text",
    "carriers": "Templates, plans, manifests",
    "lattice": "VPC Lattice",
    "identity": "Identity policies",
    "object_lambda": "S3 Object Lambda",
    "verified_access": "Verified Access",
    "client_vpn": "Client VPN",
    "iam_document": "Other IAM documents",
    "cloud_wan": "Cloud WAN",
    "emitting": "Templates to deploy",
    "simulate": "Requests and tests",
    "scenario": "Scenarios",
    "aws": "What IAM Access Analyzer says",
    "cli": "The command line and its configuration",
}
_INTRODUCTION: Final = f"""\
# Findings

Every finding carries a name in brackets, and each has a page here; `policyc explain NAME` prints it. There are two kinds.

**Lint rules** run over every project that compiles, and over documents. `select`, `ignore` and `severity` under `[lint]` in
`policyc.toml` choose among them. A finding that is meant is suppressed where it stands, with the reason:

```policy
// policyc: ignore[open-to-anonymous] the price list is public
allow "prices" {{ who anyone  can GET  path "/prices" }}
```

On a line of its own the comment covers the construct below it, behind code its own line;
`// policyc: ignore-file[rule-name] reason` above the first declaration covers the file.
A suppression without a reason, for an unknown rule, or without a finding is a finding itself.

**Findings of readers and of the compiler** say what cannot be read, does not fit together, or is refused by the service. Errors among them
cannot be suppressed.

The examples import what they need from [`{SHARED_FILE}`](#{SHARED_FILE.replace(".", "")}); each is checked as it stands.

# Lint rules
"""


def rule_pages() -> Mapping[str, str]:
    """Every page by its path from the root of the checkout."""
    rules = all_rules()
    out = {f"{rule.name}.md": _page(rule) for rule in rules}
    examples, sources = finding_examples(), rule_texts()
    for stage, name, entry in diagnostic_entries():
        if f"{name}.md" not in out:
            out[f"{name}.md"] = _finding(stage, name, entry, examples.get(name, ""), sources[name].url)
    out["README.md"] = _index(rules)
    return {f"{FOLDER}/{name}": text for name, text in out.items()}


def _page(rule: Rule) -> str:
    _, _, rest = rule.doc.partition("\n")
    head = f"# {rule.name}\n\n{rule.summary}\n\n{_FAMILIES[rule.family]} · default severity: {rule.severity}\n"
    return f"{head}\n{rest.strip()}\n"


def _finding(stage: str, name: str, entry: Mapping[str, str], examples: str, source: str) -> str:
    parts = [f"# {name}", _sentence(entry["summary"]), f"{STAGES[stage]}"]
    if entry.get("why"):
        parts.append(f"## Why is this bad\n{entry['why']}")
    if entry.get("help"):
        parts.append(f"## What to do\n{_sentence(entry['help'])}")
    parts += [examples] if examples else []
    parts += [f"## Source\n{source}"] if source else []
    return "\n\n".join(parts) + "\n"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")


def _index(rules: tuple[Rule, ...]) -> str:
    out = [_INTRODUCTION]
    for family, title in _FAMILIES.items():
        out.append(f"## {title}\n\n| rule | severity | what it finds |\n|---|---|---|")
        for rule in rules:
            if rule.family == family:
                out.append(f"| [{rule.name}]({rule.name}.md) | {rule.severity} | {rule.summary} |")
        out.append("")
    out.append("# Findings of readers and of the compiler\n")
    seen = {rule.name for rule in rules}
    stages: dict[str, list[str]] = {stage: [] for stage in STAGES}
    for stage, name, entry in diagnostic_entries():
        if name not in seen:
            seen.add(name)
            summary = _sentence(entry["summary"]).replace("|", "\\|")
            stages[stage].append(f"| [{name}]({name}.md) | {summary} |")
    for stage, rows in stages.items():
        out.append(f"## {STAGES[stage]}\n\n| finding | what it says |\n|---|---|")
        out += [*rows, ""]
    out.append("# What the examples share\n")
    out.append(f"## {SHARED_FILE}\n\n```policy\n{SHARED}```\n\n## {SAMPLE_FILE}\n\n```json\n{SAMPLE}```\n")
    return "\n".join(out)
