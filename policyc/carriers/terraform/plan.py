"""Plans and states as `terraform show -json` prints them: the values that are final, with holes for what is known after apply, and the places of
the configuration where it stands beside the plan.

Source: https://developer.hashicorp.com/terraform/internals/json-format
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterator
from types import MappingProxyType
from typing import Any, Final

from policyc.carriers.embedded import Carried, Companion, Embedded, Options, PlacedText, Unreadable
from policyc.carriers.placing import placed
from policyc.carriers.terraform.configuration import documents_of_folder
from policyc.carriers.terraform.data_documents import CORE_NETWORK, IAM
from policyc.carriers.terraform.documents import Found, found_in, holds_documents
from policyc.carriers.terraform.expressions import Work
from policyc.carriers.terraform.facts import around
from policyc.carriers.terraform.modules import ResourceInstance
from policyc.carriers.terraform.planned import Resource, instance_of, references_of, resources_of
from policyc.carriers.terraform.secrets import cover_plan
from policyc.carriers.terraform.values import Failed, Text
from policyc.diagnostics import Diagnostics
from policyc.holes import has_hole
from policyc.packages import MissingPackage
from policyc.record import replace
from policyc.regex import regex
from policyc.syntax.json_text import parse_json
from policyc.syntax.json_tree import JsonObject, JsonString
from policyc.text import Source

_HUMAN: Final = regex(rb"(?:Terraform|OpenTofu) (?:will perform|used the selected providers|planned the following)")
_KEYS: Final = regex(r"\[[^\]]*\]")


def recognize(name: str, raw: bytes) -> bool:
    """A plan or state in JSON, or the text of a plan for people, which is refused."""
    if name.endswith(".json"):
        return b'"format_version"' in raw[:4096] and (
            b'"resource_changes"' in raw or (b'"terraform_version"' in raw and b'"values"' in raw)
        )
    return _HUMAN.search(raw[:100_000]) is not None


def carried(source: Source, options: Options, diagnostics: Diagnostics) -> Carried:
    """The documents of the resources that a plan leads to, or that a state holds."""
    if not source.file.endswith(".json"):
        reason = "the text of a plan leaves out what has not changed: give what `terraform show -json PLAN` prints"
        return Carried(unreadable=(Unreadable(source.file, "plan", source.span(0, 0), reason),))
    tree = parse_json(source, diagnostics)
    if not isinstance(tree, JsonObject):
        return Carried()
    version = tree.get("format_version")
    if not isinstance(version, JsonString) or version.value.partition(".")[0] not in ("0", "1"):
        reason = "its `format_version` is not known"
        return Carried(unreadable=(Unreadable(source.file, "plan", tree.span.at_start(), reason),))
    cover_plan(source, tree)
    return _Plan(source, tree, options).carried()


class _Plan:
    def __init__(self, source: Source, tree: JsonObject, options: Options) -> None:
        self.source, self.options = source, options
        self.work = Work({}, options.values, "known after apply")
        self.instances: list[ResourceInstance] = []
        references = references_of(tree)
        for resource in resources_of(tree, options.before):
            rows = references.get(_KEYS.sub("", resource.address), {})
            instance = instance_of(resource, {key: self._reached(name, resource) for key, name in rows.items()})
            self.instances.append(instance)
            self.work.instances[resource.address] = instance

    def _reached(self, name: str, resource: Resource) -> str:
        """A reference with the instance keys of the module that makes it."""
        inside = _KEYS.sub("", resource.module)
        return name.replace(inside, resource.module, 1) if resource.module and name.startswith(inside) else name

    def carried(self) -> Carried:
        known = around(self.instances, self.work)
        documents: list[Embedded] = []
        unreadable: list[Unreadable] = []
        later = []
        for instance in self.instances:
            block = instance.placed.block
            if not holds_documents(block.type, block.labels):
                continue
            if block.type == "data":
                later.append(instance)
                continue
            for item in found_in(self._with_document(instance), known, self.work):
                self._add(item, documents, unreadable)
        for instance in later:
            if (instance.placed.file, instance.placed.block.head.start) not in self.work.used:
                for item in found_in(instance, known, self.work):
                    self._add(item, documents, unreadable)
        written = self._written()
        documents, unreadable = _joined(documents, unreadable, written, self.source)
        companions: tuple[Companion, ...] = ()
        if not written and not unreadable:
            companions = tuple(
                item for item in known.companions.values() if item.type.startswith("lattice.") and "auth" in item.fields
            )
        return Carried(
            tuple(documents),
            tuple(unreadable),
            companions,
            chains=known.chains,
            callers=known.callers,
            elsewhere=known.attached.elsewhere,
        )

    def _with_document(self, instance: ResourceInstance) -> ResourceInstance:
        """The instance with the documents of data sources that wait for apply in place of its open arguments."""
        names = dict(instance.scope.names)
        for argument in instance.body.arguments.values():
            word = getattr(argument.value, "word", "")
            name = getattr(names.get(word), "name", "")
            data = self._data(name, instance)
            if data is None:
                continue
            try:
                names[word] = data.attribute("json", argument.name_span, self.work)
            except Failed:
                continue  # the argument stays open, which is told
        return replace(instance, scope=replace(instance.scope, names=names))

    def _data(self, name: str, instance: ResourceInstance) -> ResourceInstance | None:
        """The data source that a reference leads to, in the instance with the same key where there are several."""
        if f"data.{IAM}." not in name and f"data.{CORE_NETWORK}." not in name:
            return None
        address = name.rpartition(".")[0]
        key = (
            instance.address[len(instance.address.rstrip("]").rpartition("[")[0]) :] if "[" in instance.address else ""
        )
        for wanted in (address, address + key):
            found = self.work.instances.get(wanted)
            if isinstance(found, ResourceInstance):
                return found
        return None

    def _add(self, item: Found | Unreadable, documents: list[Embedded], unreadable: list[Unreadable]) -> None:
        if isinstance(item, Unreadable):
            unreadable.append(item)
            return
        content = item.content
        if isinstance(content, PlacedText) and not has_hole(content.value):
            content = placed(self.source, content.whole, content.value)
        holes = MappingProxyType({hole.name: hole for hole in item.holes})
        facts = MappingProxyType(dict(item.facts))
        documents.append(Embedded(item.kind, item.address, item.type, item.place, content, holes, facts))

    def _written(self) -> dict[str, Embedded]:
        """The documents of the configuration beside the plan, with the values that the plan knows, by address."""
        values = {**dict(self._known()), **self.options.values}
        try:
            found = documents_of_folder(posixpath.dirname(self.source.file), replace(self.options, values=values))
        except MissingPackage:
            return {}
        return {address: document for document in found for address in document.name.split(", ")}

    def _known(self) -> Iterator[tuple[str, str]]:
        """What the plan knows of resources, by the names that holes have."""
        for instance in self.instances:
            for name, argument in instance.body.arguments.items():
                value = instance.scope.names.get(getattr(argument.value, "word", ""))
                if isinstance(value, Text):
                    yield f"{instance.address}.{name}", value.value


def _joined(
    documents: list[Embedded], unreadable: list[Unreadable], written: dict[str, Embedded], source: Source
) -> tuple[list[Embedded], list[Unreadable]]:
    """The documents at their places in the configuration where that says the same; what the plan does not know as the configuration has it."""
    made: dict[object, Embedded] = {}
    for document in documents:
        other = written.get(document.name)
        line = source.position(document.place.start).line
        if other is not None and _alike(_meaning(other), _meaning(document)):
            key: object = (other.place, other.kind)
            joined = replace(other, name=document.name, world="", also=f"{source.file}:{line}")
            if key in made:
                joined = replace(made[key], name=f"{made[key].name}, {document.name}")
            made[key] = joined
        else:
            made[document.place, document.name] = document
    lost = []
    for item in unreadable:
        other = written.get(item.name)
        if other is None:
            lost.append(item)
        else:
            made[other.place, other.name] = replace(
                other, also=f"{source.file}:{source.position(item.place.start).line}"
            )
    return list(made.values()), lost


def _meaning(document: Embedded) -> Any:
    """What a document says, whatever its layout."""
    content = document.content
    if not isinstance(content, PlacedText):
        return content.plain()
    if document.kind == "cedar":
        return content.value.strip()
    try:
        return json.loads(content.value)
    except (ValueError, RecursionError):
        return content.value


def _alike(left: Any, right: Any) -> bool:
    """Whether two documents can be one: lists of texts are sets, one text is a list of it, and a hole may be anything."""
    if isinstance(left, str) and isinstance(right, str):
        return left == right or has_hole(left) or has_hole(right)
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_alike(left[key], right[key]) for key in left)
    if isinstance(left, list) != isinstance(right, list):
        left, right = (item if isinstance(item, list) else [item] for item in (left, right))
    if isinstance(left, list):
        if len(left) != len(right):
            return False
        if all(isinstance(item, str) for item in (*left, *right)):
            ours, theirs = (
                [item for item in one if item not in other] for one, other in ((left, right), (right, left))
            )
            return all(has_hole(item) for item in ours) or all(has_hole(item) for item in theirs)
        return all(_alike(one, other) for one, other in zip(left, right))
    return bool(left == right)
