"""What every back end owes the rest of the house, as a list of what one lacks: the suite runs it over the registry, and over broken ones."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from policyc.data import data_root
from policyc.diagnostics import Diagnostics
from policyc.ir.authz import Policy
from policyc.ir.network import CoreNetwork
from policyc.ir.program import Program
from policyc.model.vocabulary import Vocabulary
from policyc.targets.base import BackEnd, Document, Native, Network, Target
from policyc.targets.program import used_targets
from policyc.targets.schema_check import check_documents
from policyc.text import Source, Span

PAGES = Path(__file__).parents[2] / "docs" / "targets"


def lacking(owner: Target | Network, program: Program) -> Iterator[str]:
    """Everything that a back end lacks; `program` is the examples of this repository."""
    yield from data_faults(owner)
    yield from page_faults(owner)
    yield from document_faults(owner, program)
    yield from reading_faults(owner, program)
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
    from policyc.workspace.topics import topics

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


#: texts that no service stores
BROKEN = ("", "{", "[]", "null", "{}", '"text"', "\0", "[" * 300, "permit", '{"Statement": 1}', '{"version": 2021.12}')


def reading_faults(owner: BackEnd, program: Program) -> Iterator[str]:
    """What the target emits it reads, with a name and a place for each part that its source map has; and it refuses what cannot be read."""
    for item in owner.emit(program, Diagnostics()):
        if item.kind not in owner.kinds:
            yield f"{item.path} is of no kind that it reads"
            continue
        found = Diagnostics()
        on = program.resources.get(item.attached_to)
        source = Source(item.path, item.text)
        read = owner.read(Native(source, owner.kinds[item.kind], on, program.resources), found)
        if read is None or len(found):
            yield f"{item.path} is not read: {[one.message for one in found]}"
        else:
            yield from (f"{item.path}: {fault}" for fault in _part_faults(read, item))
    for kind in owner.kinds.values():
        for text in BROKEN:
            found = Diagnostics()
            if owner.read(Native(Source("broken", text), kind), found) is None and not found.has_errors:
                yield f"{kind}: {text[:20]!r} is refused without a word"


def _part_faults(read: Policy | CoreNetwork, item: Document) -> Iterator[str]:
    """The parts that the source map has, each with a name that is written there, or for Cedar above it, and a place of its own."""
    parts = list(_parts(read))
    last = 0
    for name, span in parts:
        if span is None or span.start < last or name not in item.text[last : span.end]:
            yield f"`{name}` does not stand at its place"
        else:
            last = span.end
    lines = {int(entry.pointer[5:]) for entry in item.map if entry.pointer.startswith("line ")}
    mapped = [entry for entry in item.map if re.fullmatch(r"/(?!core)[a-zA-Z-]+/\d+", entry.pointer)]
    held = [{line for line in lines if span is not None and line in _lines(item.text, span)} for _, span in parts]
    if not all(held) if lines else len(parts) != len(mapped):
        yield f"{len(mapped) or len(lines)} parts are written, and {len(parts)} read"


def _lines(text: str, span: Span) -> range:
    first = text.count("\n", 0, span.start) + 1
    return range(first, first + text.count("\n", span.start, span.end) + 1)


def _parts(read: Policy | CoreNetwork) -> Iterator[tuple[str, Span | None]]:
    if not isinstance(read, CoreNetwork):
        yield from ((one.label, one.span) for one in read.statements)
        return
    yield from ((one.name.text, one.span) for one in (*read.segments, *read.groups))
    yield from ((one.segment.text, one.span) for one in read.actions)
    yield from ((str(one.number.value), one.span) for one in (*read.attach_rules, *read.label_rules))
    yield from ((one.name.text, one.span) for one in read.routing_policies)


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
