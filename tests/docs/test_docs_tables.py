"""The pages of the targets are complete, and their tables say what the vocabularies say."""

from __future__ import annotations

import json
import os
import re

import pytest

from policyc.data import read_text
from policyc.targets.registry import TARGETS, back_end, resource_types
from policyc.targets.switches import catalogue
from tests.docs.tables import PAGES, fill

NAMES = sorted(TARGETS)


@pytest.mark.parametrize("name", NAMES)
def test_tables_are_fresh(name: str) -> None:
    """POLICYC_UPDATE=1 writes them again."""
    page = PAGES / f"{name}.md"
    text = page.read_text(encoding="utf-8")
    if os.environ.get("POLICYC_UPDATE") == "1":
        page.write_text(fill(text), encoding="utf-8", newline="\n")
    assert page.read_text(encoding="utf-8") == fill(text), f"{page.name} is stale: run with POLICYC_UPDATE=1"


@pytest.mark.parametrize("name", NAMES)
def test_pages_tell_everything(name: str) -> None:
    """Every resource type, verb, switch and own attribute of a target stands on its page."""
    text = (PAGES / f"{name}.md").read_text(encoding="utf-8")
    tables = set(re.findall(r"<!-- table: ([^>]+?) -->", text))
    kinds = [kind for kind in resource_types().values() if kind.target == name]
    wanted = {f"fields {kind.name}" for kind in kinds} | {f"clauses {name}"}
    for verbs in {tuple(kind.verbs) for kind in kinds if kind.verbs}:
        same = {f"verbs {kind.name}" for kind in kinds if tuple(kind.verbs) == verbs}
        assert same & tables, f"none of {same}: types with the same verbs share one table"
    if any(item.area == name for item in catalogue().values()):
        wanted.add(f"switches {name}")
    own = json.loads(read_text(f"schemas/{back_end(name).folder}/vocabulary.json")).get("attributes")
    if own or name == "identity":
        wanted.add("global attributes" if name == "identity" else f"attributes {name}")
    if name == "verified_access":
        trust = json.loads(read_text("schemas/verified_access/trust.json"))["types"]
        wanted |= {f"trust {kind}" for kind in trust} | {"claims"}
    assert wanted <= tables, wanted - tables
    assert "```mermaid" in text
    assert back_end(name).vocabulary().title.lower() in text.lower()
