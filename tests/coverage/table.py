"""The page `docs/coverage.md`: one table per section, from the rows that the claims earned."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.coverage import access_claims, document_claims, field_claims, iam_claims, vpn_claims, wan_claims
from tests.coverage.lab import Claim, Row

PAGE = Path(__file__).parents[2] / "docs" / "coverage.md"
_HEAD = """# Coverage of the vocabulary

What the tool knows of every attribute, verb, field and document key, shown by doing: for each line `tests/coverage` builds a small
program, checks it, looks for the native word in the document that comes out, and asks two requests that differ in it alone.
`POLICYC_UPDATE=1 python -m pytest tests/coverage` writes this page again; the suite fails when it is stale.

| column | meaning |
|---|---|
| parsed | `yes`: a program that uses it has no error; `refused`: an error of that rule, never silence |
| emitted | what stands in the document |
| simulated | `yes`: two requests, or two networks, that differ in it get different answers; else what comes of it, and why |
"""


def every_claim() -> list[Claim]:
    """All claims in the order of the page."""
    groups: tuple[Iterable[Claim], ...] = (
        iam_claims.lattice_attributes(),
        iam_claims.lattice_verbs(),
        iam_claims.identity_attributes(),
        iam_claims.identity_verbs(),
        iam_claims.object_lambda_attributes(),
        iam_claims.object_lambda_verbs(),
        access_claims.request_attributes(),
        access_claims.trust_attributes(),
        access_claims.claims(),
        vpn_claims.attributes(),
        field_claims.every_field(),
        wan_claims.claims(),
        document_claims.principals(),
        document_claims.elements(),
        document_claims.operators(),
    )
    return [claim for group in groups for claim in group]


def line(claim: Claim, row: Row) -> str:
    """A row as Markdown."""
    cells = (f"`{claim.entry}`", row.parsed, row.emitted, row.simulated)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def page(lines: Sequence[tuple[Claim, str]]) -> str:
    """The whole page from the line of each claim, with a summary in front."""
    sections: dict[str, list[str]] = {}
    for claim, text in lines:
        sections.setdefault(claim.section, []).append(text)
    parts = [_HEAD, "| section | entries | refused |", "|---|---|---|"]
    for name, held in sections.items():
        refused = sum(1 for text in held if "| refused: " in text)
        parts.append(f"| [{name}](#{name.lower().replace(' ', '-')}) | {len(held)} | {refused or ''} |")
    for name, held in sections.items():
        head = ["| entry | parsed | emitted | simulated |", "|---|---|---|---|"]
        parts += ["", f"## {name[0].upper() + name[1:]}", "", *head, *held]
    return "\n".join(parts) + "\n"


def lines_of(text: str) -> dict[tuple[str, str], str]:
    """(section, entry) -> line of a page that was written before."""
    out: dict[tuple[str, str], str] = {}
    section = ""
    for item in text.splitlines():
        if item.startswith("## "):
            section = item[3:].lower()
        elif section and item.startswith("| `"):
            out[section, item.split("`", 2)[1]] = item
    return out
