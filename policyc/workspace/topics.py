"""Everything that has an explanation, from the same data that the compiler works with: `policyc explain`, and the editor's hover."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from policyc.data import read_json
from policyc.model.types import shapes
from policyc.model.vocabulary import Attribute, ResourceType, Vocabulary
from policyc.record import record
from policyc.workspace.catalogue import diagnostic_entries, finding_examples, lint_rules

#: files that people write for policyc -> the schema that describes them
FILES = {
    "policyc.toml": "schemas/config.schema.json",
    "request": "schemas/request.schema.json",
    "scenario": "schemas/scenario.schema.json",
    "attachments": "schemas/cloud_wan/attachments.schema.json",
}


@record
class Topic:
    """Something that can be explained: `kind` is `rule`, `word`, `term`, `target`, `attribute`, `resource type`, `field`,
    `verb`, `trust type`, `principal`, `group`, `type`, `switch` or `file`."""

    name: str
    kind: str
    summary: str
    facts: tuple[tuple[str, str], ...] = ()
    text: str = ""


@cache
def topics() -> tuple[Topic, ...]:
    """Everything that has an explanation, grouped by kind."""
    sources: tuple[Callable[[], Iterator[Topic]], ...] = (
        _rules,
        _words,
        _terms,
        _vocabularies,
        _trust_types,
        _types,
        _switches,
        _files,
        _constructors,
    )
    return tuple(topic for source in sources for topic in source())


def native_topics(word: str) -> tuple[Topic, ...]:
    """What explains a condition key, an action (both also without their service) or a name below `context` as documents write it, in any letter case; of several
    that say the same the first."""
    name = word.casefold().removeprefix("context.")
    begin = name[: name.find("/") + 1] if "/" in name else name  # `aws:PrincipalTag/team` is one of a family
    found: dict[tuple[str, tuple[tuple[str, str], ...]], Topic] = {}
    for topic in topics():
        native = _native(topic)
        if native in (name, begin, f"{name}/") or (":" not in name and native.partition(":")[2] == name):
            found.setdefault((topic.summary, topic.facts), topic)
    return tuple(found.values())


def _native(topic: Topic) -> str:
    """How documents call what a topic explains; a verb is explained by the action of its own name."""
    facts = dict(topic.facts)
    action = facts.get("action", "").casefold() if topic.kind == "verb" else ""
    own = action if action.partition(":")[2] == topic.name.rpartition(".")[2].casefold() else ""
    return facts["native"].casefold() if topic.kind == "attribute" and "native" in facts else own


def _rules() -> Iterator[Topic]:
    merged: dict[str, Topic] = {}
    for stage, name, entry in diagnostic_entries():
        facts = tuple((key, entry[key]) for key in ("why", "help") if entry.get(key))
        text = finding_examples().get(name, "")
        merged.setdefault(name, Topic(name, "rule", entry["summary"], (("stage", stage), *facts), text))
    for name, doc in lint_rules().items():
        summary, _, rest = doc.strip().partition("\n")
        merged[name] = Topic(name, "rule", summary, (("stage", "lint"),), rest.strip("\n"))
    yield from (merged[name] for name in sorted(merged))


def _words() -> Iterator[Topic]:
    """The words that the grammar itself knows."""
    for name, entry in read_json("schemas/core/words.json")["words"].items():
        yield Topic(name, "word", entry["doc"], (("written", entry["written"]),))


def _terms() -> Iterator[Topic]:
    """The words of reports, and those of the documents that AWS stores."""
    for name, entry in read_json("schemas/core/terms.json")["terms"].items():
        yield Topic(name, "term", entry["doc"], (("where", entry["where"]),))


def _vocabularies() -> Iterator[Topic]:
    from policyc.targets.registry import TARGETS, back_end

    for name in TARGETS:
        vocabulary = back_end(name).vocabulary()
        yield _target_topic(name, vocabulary)
        yield from (_attribute_topic(name, attribute) for attribute in vocabulary.attributes.values())
        for kind in vocabulary.resource_types.values():
            yield from _resource_topics(kind)


def _target_topic(name: str, vocabulary: Vocabulary) -> Topic:
    clauses = ", ".join(f"{clause} {rule}" for clause, rule in vocabulary.clauses.items())
    return Topic(
        name,
        "target",
        vocabulary.title,
        (
            ("clauses", clauses or "none"),
            ("resource types", ", ".join(vocabulary.resource_types) or "none"),
            ("attributes", ", ".join(vocabulary.attributes) or "none"),
        ),
    )


def _attribute_topic(target_name: str, attribute: Attribute) -> Topic:
    kind = f"set[{attribute.type}]" if attribute.many else str(attribute.type)
    presence = "in every request" if attribute.presence == "always" else "may be absent"
    facts = [("native", attribute.native), ("type", kind), ("presence", presence)]
    facts += [("values", ", ".join(attribute.values))] if attribute.values else []
    facts += [("note", attribute.note)] if attribute.note else []
    return Topic(f"{target_name}.{attribute.name}", "attribute", attribute.doc, (*facts, ("source", attribute.source)))


def _resource_topics(kind: ResourceType) -> Iterator[Topic]:
    facts = [("target", kind.target), ("fields", ", ".join(kind.fields) or "none")]
    facts += [("verbs", ", ".join(kind.verbs))] if kind.verbs else []
    facts += [("arn", kind.arn)] if kind.arn else []
    yield Topic(kind.name, "resource type", kind.doc, (*facts, ("source", kind.source)))
    for field in kind.fields.values():
        about = [("type", str(field.type)), ("required", "yes" if field.required else "no")]
        about += [("takes", ", ".join(field.targets))] if field.targets else []
        about += [("default", field.default)] if field.default else []
        yield Topic(f"{kind.name}.{field.name}", "field", field.doc, (*about, ("source", field.source)))
    for verb in kind.verbs.values():
        needs = ", ".join(f"{key} = {value}" for key, value in verb.requires)
        told = [("action", verb.action)] + ([("requires", needs)] if needs else [])
        yield Topic(f"{kind.name}.{verb.name}", "verb", verb.doc or verb.action, (*told, ("source", verb.source)))


def _trust_types() -> Iterator[Topic]:
    """What each kind of trust provider tells; a policy spells it behind the name that its group gives the provider."""
    from policyc.targets.base import Providers
    from policyc.targets.registry import policy_targets

    for target in policy_targets():
        for name, entry in target.providers().items() if isinstance(target, Providers) else ():
            yield from _provider_topics(f"{target.name}.trust.{name}", entry)


def _provider_topics(name: str, entry: Mapping[str, Any]) -> Iterator[Topic]:
    attributes = entry.get("attributes", {})
    facts = (("kind", entry["kind"]), ("attributes", ", ".join(attributes) or "none"), ("source", entry["source"]))
    yield Topic(name, "trust type", entry["doc"], facts)
    for attribute, about in attributes.items():
        kind = f"set[{about['type']}]" if about.get("many") else about["type"]
        presence = "in every request" if about.get("presence") == "always" else "may be absent"
        told = (("type", kind), ("presence", presence), ("note", about.get("note", "")), ("source", about["source"]))
        yield Topic(f"{name}.{attribute}", "attribute", about["doc"], told)


def _constructors() -> Iterator[Topic]:
    """What makes principals and groups: `role(shop, "…")`, `oidc_group("…")`."""
    data = read_json("schemas/core/principals.json")
    for kind, entries in (("principal", data["principals"]), ("group", data["groups"])):
        for name, entry in entries.items():
            taken = entry["parameters"]
            written = f"{name}({', '.join(item['name'] for item in taken)})" if taken else name
            types = ", ".join(f"{item['name']}: {item['type']}" for item in taken)
            facts = (("written", written), ("takes", types), ("source", entry.get("source", "")))
            yield Topic(name, kind, entry["doc"], facts)


def _types() -> Iterator[Topic]:
    for name, shape in shapes().items():
        facts = (("base", shape.base), ("example", shape.example), ("form", shape.pattern), ("source", shape.source))
        yield Topic(name, "type", shape.doc, facts)


def _files() -> Iterator[Topic]:
    for name, place in FILES.items():
        schema = read_json(place)
        shapes_of = [schema] if "properties" in schema else schema["$defs"].values()
        facts = dict(fact for shape in shapes_of for fact in _keys(shape, schema, ""))
        yield Topic(name, "file", schema["description"], tuple(facts.items()))


def _keys(schema: dict[str, Any], whole: dict[str, Any], way: str) -> Iterator[tuple[str, str]]:
    """The keys of a file with what they mean, those of nested objects behind them (`lint.select`), as deep as they have names."""
    for name, entry in schema.get("properties", {}).items():
        reference = entry.get("$ref", "").removeprefix("#/$defs/")
        meant = whole["$defs"][reference] if reference else entry
        told = entry.get("description") or meant.get("description")
        if told:
            yield way + name, told
        if not reference:
            yield from _keys(entry, whole, f"{way}{name}.")


def _switches() -> Iterator[Topic]:
    from policyc.targets.switches import catalogue

    for switch in catalogue().values():
        facts = (
            ("area", switch.area),
            ("choices", ", ".join(switch.choices)),
            ("default", switch.default),
            (
                "set by",
                f'`{switch.name} = "…"` under `[switches]` in policyc.toml'
                if switch.settable
                else "nothing: the answer stays open",
            ),
            ("source", switch.source),
        )
        yield Topic(switch.name, "switch", switch.question, facts)
