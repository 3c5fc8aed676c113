"""What every back end owes the rest of the house, as a list of what one lacks: the suite runs it over the registry, and over broken ones."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from policyc.data import data_root
from policyc.diagnostics import Diagnostics
from policyc.ir.program import Program
from policyc.model.vocabulary import Vocabulary
from policyc.targets.base import BackEnd, Document, Network, Target
from policyc.targets.program import used_targets
from policyc.targets.schema_check import check_documents

PAGES = Path(__file__).parents[2] / "docs" / "targets"


def lacking(owner: Target | Network, program: Program) -> Iterator[str]:
    """Everything that a back end lacks; `program` is the examples of this repository."""
    yield from data_faults(owner)
    yield from page_faults(owner)
    yield from document_faults(owner, program)
    if not isinstance(owner, Network):
        yield from policy_faults(owner, program)


def data_faults(owner: BackEnd) -> Iterator[str]:
    """The vocabulary lies in the folder of the target, and each entry is explained and has a public source."""
    if not re.fullmatch(r"[a-z][a-z_]*", owner.name) or not owner.called:
        yield "no name"
    path = data_root() / "schemas" / owner.folder / "vocabulary.json"
    if not path.is_file():
        yield f"no {path.name} in schemas/{owner.folder}"
        return
    data = json.loads(path.read_text(encoding="utf-8"))
    if data["target"] != owner.name:
        yield f"the vocabulary is that of {data['target']}"
    for name, switch in data.get("switches", {}).items():
        if not switch["doc"] or not any("https://" in source for source in switch["sources"]):
            yield f"switch {name} has no doc or source"
    yield from (f"{what} has no doc or source" for what in _unexplained(owner.vocabulary()))


def _unexplained(words: Vocabulary) -> Iterator[str]:
    for attribute in words.attributes.values():
        if not attribute.doc or not attribute.source.startswith("https://"):
            yield attribute.name
    for kind in words.resource_types.values():
        if kind.target != words.target:
            yield kind.name
        if not kind.doc or not kind.source.startswith("https://"):
            yield kind.name
        yield from (f"{kind.name}.{field.name}" for field in kind.fields.values() if not field.doc)
        for verb in kind.verbs.values():
            if not verb.source.startswith("https://"):
                yield f"{kind.name} {verb.name}"
    if set(words.clauses) != {"who", "can", "on", "path"}:
        yield "clauses"
    for clause, rule in words.clauses.items():
        if rule == "forbidden" and not words.hints.get(clause):
            yield f"the forbidden clause `{clause}`"


def page_faults(owner: BackEnd) -> Iterator[str]:
    """A page with the target's name in its title, and `explain` knows each of its words."""
    from policyc.cli.explain import topics

    page = PAGES / f"{owner.name}.md"
    if not page.is_file():
        yield f"no docs/targets/{page.name}"
    elif f"for {owner.name}" not in page.read_text(encoding="utf-8").partition("\n")[0]:
        yield f"the title of docs/targets/{page.name} does not say `for {owner.name}`"
    known = {topic.name for topic in topics()}
    words = owner.vocabulary()
    wanted = {owner.name, *words.resource_types, *(f"{owner.name}.{name}" for name in words.attributes)}
    yield from (f"`explain` does not know {name}" for name in sorted(wanted - known))


def document_faults(owner: BackEnd, program: Program) -> Iterator[str]:
    """The examples use the target; its documents are the same each time, lie in their folder, and pass their schema."""
    if owner.name not in used_targets(program):
        yield "no example under policies/"
        return
    findings = Diagnostics()
    owner.check_program(program, findings)
    first, second = tuple(owner.emit(program, findings)), tuple(owner.emit(program, findings))
    if not first:
        yield "no document comes of the examples"
    if [(item.path, item.text) for item in first] != [(item.path, item.text) for item in second]:
        yield "two runs write different documents"
    for item in first:
        yield from _kind_faults(owner, item)
    check_documents(first, findings)
    yield from (f"{item.rule}: {item.message}" for item in findings if item.severity.value == "error")


def _kind_faults(owner: BackEnd, item: Document) -> Iterator[str]:
    if not item.text or item.path.startswith("/") or not item.owner or not item.attached_to:
        yield f"{item.path} is no whole document"
    if item.kind and not (data_root() / "schemas" / f"{item.kind}.schema.json").is_file():
        yield f"{item.path} has no schema"
    if item.kind and item.kind.partition("/")[0] != owner.folder:
        yield f"{item.path} is of the kind of another target"


def policy_faults(owner: Target, program: Program) -> Iterator[str]:
    """Policies have a kind and a scope; IAM statements are counted, and each policy passes its own limits."""
    if not owner.document:
        yield "policies become no kind of document"
    findings = Diagnostics()
    for policy in program.policies:
        if policy.target == owner.name:
            owner.check(policy, program, findings)
            if policy.on is not None and not owner.scope(policy.on, program.resources):
                yield f"{policy.name} sees no attribute"
    yield from (f"{item.rule}: {item.message}" for item in findings if item.severity.value == "error")
    for item in owner.emit(program, Diagnostics()):
        iam = item.kind != "" and '"Statement"' in item.text
        if iam is (owner.statements(item) == ""):
            yield f"{item.path}: {'its statements are not counted' if iam else 'it has no IAM statements'}"
