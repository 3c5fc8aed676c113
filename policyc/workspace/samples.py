"""The parameters of a project that have no value, and samples for them: values of the right form that nobody writes."""

from __future__ import annotations

from collections.abc import Mapping

from policyc.diagnostics import Diagnostics
from policyc.model.scope import Project as Names
from policyc.model.scope import Scope
from policyc.model.types import Type
from policyc.record import record
from policyc.syntax import nodes
from policyc.targets.registry import resource_types
from policyc.workspace.literals import forms_of
from policyc.workspace.parameters import can_be_open, members, sample


@record
class Declared:
    """A parameter without a value: its type, and the form that its values have to have where it stands (empty: that of the type)."""

    node: nodes.Param
    type: Type
    file: str
    form: str

    @property
    def name(self) -> str:
        return self.node.name.text


def declared(modules: Mapping[str, nodes.Module], given: Mapping[str, str]) -> dict[str, Declared]:
    """The parameters that nobody gave a value, by name."""
    forms = forms_of(modules.values(), resource_types())
    found: dict[str, Declared] = {}
    for file, module in modules.items():
        for node in module.declarations:
            if isinstance(node, nodes.Param) and node.name.text not in given:
                kind = Scope(file, {}, Names({})).type_of(node.type, Diagnostics())
                if kind is not None:
                    found.setdefault(node.name.text, Declared(node, kind, file, forms.get(node.name.text, "")))
    return found


def samples(modules: Mapping[str, nodes.Module], given: Mapping[str, str]) -> dict[str, str]:
    """A value for each parameter that has none, as `--param` takes it; one that has to be given has none here."""
    found = declared(modules, given)
    needed = [item for item in found.values() if item.node.default is None and can_be_open(item.type)]
    return {item.name: sample(item.type, number, item.form) for number, item in enumerate(needed)}


def words_of(modules: Mapping[str, nodes.Module], given: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """The values of each parameter that has none and takes only a few."""
    found = declared(modules, given)
    words = {item.name: members(item.type) for item in found.values() if item.node.default is None}
    return {name: held for name, held in words.items() if held}
