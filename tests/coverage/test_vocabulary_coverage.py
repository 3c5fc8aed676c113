"""Every entry of every vocabulary is parsed, emitted and simulated, or refused by name; the table in the docs says which."""

from __future__ import annotations

import os
from functools import cache

import pytest

from policyc.model.vocabulary import load_vocabulary
from policyc.targets.registry import resource_types
from tests.coverage.lab import Claim, prove
from tests.coverage.table import PAGE, every_claim, line, lines_of, page

UPDATE = os.environ.get("POLICYC_UPDATE") == "1"
CLAIMS = every_claim()


@cache
def written() -> dict[tuple[str, str], str]:
    return lines_of(PAGE.read_text(encoding="utf-8")) if PAGE.is_file() else {}


@pytest.mark.parametrize("claim", CLAIMS, ids=[claim.id for claim in CLAIMS])
def test_entry(claim: Claim) -> None:
    row = prove(claim)
    if not UPDATE:
        assert written().get((claim.section.lower(), claim.entry)) == line(claim, row), "docs/coverage.md is stale"


def test_entries_are_told_apart() -> None:
    assert len({claim.id for claim in CLAIMS}) == len(CLAIMS)


def test_page_is_fresh() -> None:
    """The page is these entries and nothing else. With POLICYC_UPDATE=1 it is written."""
    if UPDATE:
        PAGE.write_text(page([(claim, line(claim, prove(claim))) for claim in CLAIMS]), encoding="utf-8", newline="\n")
        written.cache_clear()
    lines = [(claim, written().get((claim.section.lower(), claim.entry), "missing")) for claim in CLAIMS]
    assert PAGE.read_text(encoding="utf-8") == page(lines)


def test_the_whole_vocabulary_is_there() -> None:
    """Counted from the data: no attribute, verb or field lacks a line."""
    entries = {(claim.section, claim.entry) for claim in CLAIMS}
    for target in ("lattice", "identity", "object_lambda"):
        assert {(f"{target} attributes", name) for name in load_vocabulary(target).attributes} <= entries
    for kind in resource_types().values():
        assert {("resource fields", f"{kind.name}.{name}") for name in kind.fields} <= entries
        assert {("identity verbs", f"{kind.name} {name}") for name in kind.verbs} <= entries
    for name in load_vocabulary("lattice").resource_types:
        verbs = load_vocabulary("lattice").resource_types[name].verbs
        assert {("lattice verbs", f"{name} {verb}") for verb in verbs} <= entries
