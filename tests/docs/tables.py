"""The tables of `docs/targets/*.md` that come from vocabulary data, between `<!-- table: NAME -->` and `<!-- end table -->`.

Names: `clauses TARGET`, `fields TYPE`, `verbs TYPE`, `attributes TARGET`, `global attributes`, `trust TYPE`, `claims`, `switches AREA`,
`limits STAGE`, `principals TARGET`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from policyc.data import read_text
from policyc.model.vocabulary import Attribute, load_vocabulary, read_attributes
from policyc.targets.registry import back_end, resource_types
from policyc.targets.switches import catalogue

PAGES = Path(__file__).parents[2] / "docs" / "targets"
_MARK = re.compile(r"(<!-- table: (?P<name>[^>]+?) -->\n).*?(<!-- end table -->)", re.DOTALL)


def fill(text: str) -> str:
    """The page with every table written anew."""
    return _MARK.sub(lambda found: f"{found[1]}{table(found['name'])}{found[3]}", text)


def table(name: str) -> str:
    """One table as Markdown, with a final line break."""
    kind, _, subject = name.partition(" ")
    if name == "global attributes":
        return _attributes(read_attributes(json.loads(read_text("schemas/iam/global.json"))["attributes"]).values())
    return _TABLES[kind](subject)


def _rows(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    names = list(head)
    lines = ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    lines += ["| " + " | ".join(_cell(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ").replace("<", "\\<")


def _linked(text: str, source: str) -> str:
    """The sentence with its source behind it."""
    return f"{text} ([source]({source}))" if source.startswith("https://") else text


def _clauses(target: str) -> str:
    vocabulary = load_vocabulary(back_end(target).folder)
    rows = [(f"`{name}`", rule, vocabulary.hints.get(name, "")) for name, rule in vocabulary.clauses.items()]
    return _rows(("clause", "", "what to write"), rows)


def _fields(name: str) -> str:
    kind = resource_types()[name]
    rows = []
    for field in kind.fields.values():
        form = f"`{field.pattern}`" if field.pattern else ""
        form = ", ".join(f"`{item}`" for item in field.targets) or form
        need = "required" if field.required else f"default `{field.default}`" if field.default else "optional"
        rows.append((f"`{field.name}`", f"`{field.type}`", form, need, _linked(field.doc, field.source)))
    return _rows(("field", "type", "takes", "", "meaning"), rows)


def _verbs(name: str) -> str:
    rows = []
    for verb in resource_types()[name].verbs.values():
        adds = ", ".join(f"`{key}` = `{value}`" for key, value in verb.requires)
        rows.append((f"`{verb.name}`", f"`{verb.action}`", adds, _linked(verb.doc, verb.source)))
    if not any(row[2] for row in rows):
        return _rows(("verb", "action", "meaning"), [(row[0], row[1], row[3]) for row in rows])
    return _rows(("verb", "action", "with", "meaning"), rows)


def _attributes(items: Iterable[Attribute]) -> str:
    rows = []
    for item in items:
        name = item.name.replace("[]", '["…"]')
        kind = f"set[{item.type}]" if item.many else str(item.type)
        native = item.native + ("…" if item.keyed else "")
        presence = "always" if item.presence == "always" else "may be absent"
        told = _linked(item.doc, item.source) + (f"; {item.note}" if item.note else "")
        values = "; one of " + ", ".join(f"`{value}`" for value in item.values) if item.values else ""
        rows.append((f"`{name}`", f"`{native}`", f"`{kind}`", presence, told + values))
    return _rows(("attribute", "native name", "type", "presence", "meaning"), rows)


def _own_attributes(target: str) -> str:
    folder = back_end(target).folder
    common = read_attributes(json.loads(read_text("schemas/iam/global.json"))["attributes"])
    return _attributes(item for item in load_vocabulary(folder).attributes.values() if item.name not in common)


def _trust_data() -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(read_text("schemas/verified_access/trust.json"))
    return found


def _trust(kind: str) -> str:
    rows = []
    for name, entry in _trust_data()["types"][kind]["attributes"].items():
        shape = f"set[{entry['type']}]" if entry.get("many") else entry["type"]
        presence = "always" if entry.get("presence") == "always" else "may be absent"
        told = _linked(entry["doc"], entry["source"]) + (f"; {entry['note']}" if entry.get("note") else "")
        values = "; one of " + ", ".join(f"`{value}`" for value in entry["values"]) if entry.get("values") else ""
        shown = name.replace("[]", '["…"]')
        rows.append((f"`{shown}`", f"`{shape}`", presence, told + values))
    return _rows(("attribute", "type", "presence", "meaning"), rows)


def _claims(_: str) -> str:
    rows = []
    for name, entry in json.loads(read_text("schemas/cedar/claims.json")).items():
        kind = f"set[{entry['type']}]" if entry["many"] else entry["type"]
        rows.append((f"`{name}`", f"`{kind}`"))
    return _rows(("word in `claims`", "type"), rows)


def _switches(area: str) -> str:
    rows = []
    for item in catalogue().values():
        if item.area == area:
            fixed = "" if item.settable else "not to be chosen"
            rows.append(
                (
                    f"`{item.name}`",
                    item.question,
                    ", ".join(f"`{one}`" for one in item.choices),
                    f"`{item.default}`",
                    fixed,
                )
            )
    if not any(row[4] for row in rows):
        return _rows(("switch", "question", "choices", "default"), [row[:4] for row in rows])
    return _rows(("switch", "question", "choices", "default", ""), rows)


def _limits(stages: str) -> str:
    rows = []
    for stage in stages.split():
        for name, entry in json.loads(read_text(f"schemas/errors/{stage}.json")).items():
            rows.append((f"`{name}`", entry["summary"], entry.get("help", "")))
    return _rows(("rule", "what it refuses or warns of", "what to do"), rows)


_TABLES: Mapping[str, Callable[[str], str]] = {
    "clauses": _clauses,
    "fields": _fields,
    "verbs": _verbs,
    "attributes": _own_attributes,
    "trust": _trust,
    "claims": _claims,
    "switches": _switches,
    "limits": _limits,
}
