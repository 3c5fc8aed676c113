"""What a target can talk about, as data: attributes, verbs, resource types. Loaded from `schemas/<target>/vocabulary.json`.

The same data feeds the type checker, the docs, `explain`, completion, the simulator and the coverage tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, cached_property
from typing import Any, Literal

from policyc.data import read_json
from policyc.model.types import Type, parse_type
from policyc.record import field, record
from policyc.text import Span

Presence = Literal["always", "optional"]


@record
class Attribute:
    """Something a condition can test.

    `name` is how the language spells it (`source.vpc`; `header[]` takes a key and becomes `header["x-team"]`; the brackets may
    stand in the middle), `native` the target's own name (a condition key such as `vpc-lattice-svcs:SourceVpc`; for a keyed
    attribute the prefix before the key; for Cedar a dotted path below `context`, with brackets where a key goes). `many` marks a multi-valued key. `presence` says whether every request has
    it: a request that does not state an `always` attribute is undecided, one without an `optional` attribute lacks it.
    `values` closes the list of allowed values, empty when open. `key` is filled once a keyed attribute is used;
    `key_type` names the type that the key has to fit, empty for any text. `minimum` and `maximum` are the documented ends
    of a number (a score), None where the type alone bounds it. `shape` is what every value in a request looks like, as a whole, where
    the type does not tell (see `engines/proofs/shapes.py`), and `says` the same in words. `constructor` makes
    the groups that its values are, and `unit` is what a number counts (`epoch seconds`), where that is documented.
    """

    name: str
    native: str
    type: Type
    many: bool = False
    presence: Presence = "optional"
    values: tuple[str, ...] = ()
    doc: str = field(default="", compare=False)
    source: str = field(default="", compare=False)
    note: str = field(default="", compare=False)
    keyed: bool = False
    key: str | None = None
    key_type: str = ""
    minimum: int | None = None
    maximum: int | None = None
    shape: str = ""
    says: str = field(default="", compare=False)
    constructor: str = ""
    unit: str = ""

    def __hash__(self) -> int:
        return hash((self.name, self.native))  # every condition is made of attributes, and hardly two are called alike

    def with_key(self, key: str) -> Attribute:
        """The attribute for one key of a keyed family."""
        step = f'["{key}"]'
        native = self.native.replace("[]", step, 1) if "[]" in self.native else self.native + key
        return Attribute(
            self.name.replace("[]", step, 1),
            native,
            self.type,
            self.many,
            self.presence,
            self.values,
            self.doc,
            self.source,
            self.note,
            True,
            key,
            self.key_type,
            self.minimum,
            self.maximum,
            self.shape,
            self.says,
        )


@record
class Verb:
    """Something that a caller can do to a resource type.

    `action` is the native action (`vpc-lattice-svcs:Invoke`); `requires` are (condition key, value) pairs that the verb
    adds, such as the request method for `GET`. `below` is what stands between the resource's ARN and a path in documents
    of callers (`/`, `/object/`, empty where paths begin with a slash themselves); None for an action on the resource itself.
    A `glob` stands in a native document: `action` is a pattern (`*`, `?`) over actions in any letter case.
    """

    name: str
    action: str
    requires: tuple[tuple[str, str], ...] = ()
    doc: str = field(default="", compare=False)
    source: str = field(default="", compare=False)
    below: str | None = None
    glob: bool = False
    span: Span | None = field(default=None, compare=False)


@record
class ResourceField:
    """One field of a resource type. `type` is a scalar type, `place`, `record`, or `resource` with the allowed types in `targets`."""

    name: str
    type: Type
    required: bool
    targets: tuple[str, ...] = ()
    pattern: str = ""
    default: str = ""
    doc: str = ""
    source: str = ""


@record
class ResourceType:
    """A kind of resource. `arn` is a template over the fields plus `{partition}` `{region}` `{account}`; `policies` tells whether
    a policy of the vocabulary's target may be put `on` it, `requests` whether any request names it as its resource, and `own_methods`
    whether requests may use methods that are no verb of it."""

    name: str
    target: str
    arn: str
    policies: bool
    fields: Mapping[str, ResourceField]
    verbs: Mapping[str, Verb]
    doc: str = ""
    source: str = ""
    requests: bool = True
    own_methods: bool = False


ClauseRule = Literal["required", "optional", "forbidden"]


class Vocabulary:
    """All that one target can say. `clauses` rules `who`, `can`, `on`, `path`; `hints` holds a help line per forbidden clause."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._data = data
        self.target: str = data["target"]
        self.title: str = data["title"]
        self.clauses: Mapping[str, ClauseRule] = data["clauses"]
        self.hints: Mapping[str, str] = data.get("hints", {})
        self.resource_types: Mapping[str, ResourceType] = {
            name: _resource_type(name, self.target, entry) for name, entry in data["resource_types"].items()
        }

    def altered(self, **parts: Any) -> Vocabulary:
        """The same with some parts replaced."""
        other = Vocabulary.__new__(Vocabulary)
        other.__dict__.update(self.__dict__, **parts)
        return other

    @cached_property  # a program is told from the resource types of all targets, and from the attributes of few
    def attributes(self) -> Mapping[str, Attribute]:
        """Those of its file, and of the files that it includes."""
        out: dict[str, Attribute] = {}
        for name in self._data.get("include", ()):
            out |= read_attributes(read_json(name)["attributes"])
        return out | read_attributes(self._data.get("attributes", {}))


def read_attributes(entries: Mapping[str, Any]) -> dict[str, Attribute]:
    """Attributes from vocabulary data: name -> {native, type, many?, presence?, values?, doc, source, note?}."""
    return {
        name: Attribute(
            name=name,
            native=entry["native"],
            type=parse_type(entry["type"]),
            many=entry.get("many", False),
            presence=entry.get("presence", "optional"),
            values=tuple(entry.get("values", ())),
            doc=entry["doc"],
            source=entry["source"],
            note=entry.get("note", ""),
            keyed="[]" in name,
            key_type=entry.get("key", ""),
            minimum=entry.get("minimum"),
            maximum=entry.get("maximum"),
            shape=entry.get("shape", ""),
            says=entry.get("says", ""),
        )
        for name, entry in entries.items()
    }


@cache
def load_vocabulary(folder: str) -> Vocabulary:
    """The vocabulary of `schemas/<folder>/vocabulary.json`."""
    return Vocabulary(read_json(f"schemas/{folder}/vocabulary.json"))


def _resource_type(name: str, target: str, entry: Mapping[str, Any]) -> ResourceType:
    fields = {
        field_name: ResourceField(
            name=field_name,
            type=parse_type(item["type"]),
            required=item.get("required", False),
            targets=tuple(item.get("targets", ())),
            pattern=item.get("pattern", ""),
            default=item.get("default", ""),
            doc=item["doc"],
            source=item.get("source", ""),
        )
        for field_name, item in entry["fields"].items()
    }
    verbs = {
        verb: Verb(
            verb,
            item["action"],
            tuple((pair["key"], pair["value"]) for pair in item.get("requires", ())),
            item.get("doc", ""),
            item.get("source", ""),
            item.get("below"),
        )
        for verb, item in entry.get("verbs", {}).items()
    }
    return ResourceType(
        name,
        target,
        entry.get("arn", ""),
        entry.get("policies", False),
        fields,
        verbs,
        entry.get("doc", ""),
        entry.get("source", ""),
        entry.get("requests", True),
        entry.get("own_methods", False),
    )
