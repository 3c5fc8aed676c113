"""The parameters of a project that have no value, and samples for them: values of the right form that nobody writes.

Values of one type may be the same value, and one that the files write out: what is found holds in such a world too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, product
from typing import Final

from policyc.diagnostics import Diagnostics
from policyc.model.scope import Project as Names
from policyc.model.scope import Scope
from policyc.model.types import Named, Type
from policyc.record import record
from policyc.regex import regex
from policyc.syntax import nodes
from policyc.targets.registry import resource_types
from policyc.workspace.beside.forms import forms_of
from policyc.workspace.beside.literals import candidates
from policyc.workspace.beside.parameters import can_be_open, described, members, sample

#: combinations of words that are tried, and worlds in which values coincide
_COMBINATIONS: Final = 8
_COINCIDING: Final = 16
#: the account of an ARN
_ACCOUNT: Final = regex(r"(?<=:)[0-9]{12}(?=:)")


@record
class Declared:
    """A parameter without a value: its type, and the form that its values have to have where it stands, as `parameters.sample` takes it."""

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
    return {item.name: _sample(item, number) for number, item in enumerate(_needed(modules, given))}


@record
class Worlds:
    """Values for every parameter that has none, as in `samples`: once for each combination of those that take only a few words, then with values that
    coincide. `texts` are those that nobody writes."""

    values: tuple[Mapping[str, str], ...]
    texts: frozenset[str]


def worlds(modules: Mapping[str, nodes.Module], given: Mapping[str, str]) -> Worlds:
    """What is tried of a project's open parameters."""
    needed = _needed(modules, given)
    base = {item.name: _sample(item, number) for number, item in enumerate(needed)}
    words = {item.name: members(item.type) for item in needed if members(item.type)}
    out = [
        {**base, **dict(zip(words, chosen, strict=True))} for chosen in islice(product(*words.values()), _COMBINATIONS)
    ]
    same = islice(_coinciding(modules, needed, base), _COINCIDING)
    texts = frozenset(text for name, value in base.items() if name not in words for text in value.split(","))
    return Worlds((*out, *({**out[0], **values} for values in same)), texts)


def _coinciding(
    modules: Mapping[str, nodes.Module], needed: Sequence[Declared], base: Mapping[str, str]
) -> Iterator[dict[str, str]]:
    """The world in which all is in one account, and for each type those in which all its parameters have one value: that of the first of them, and each that the files write out."""
    accounts = [item.name for item in needed if item.type == Named("account")]
    arns = {name: text for name, text in base.items() if _ACCOUNT.search(text)}
    if accounts and arns:
        home = base[accounts[0]]
        yield dict.fromkeys(accounts, home) | {name: _ACCOUNT.sub(home, text) for name, text in arns.items()}
    by_form: dict[tuple[Type, str], list[Declared]] = {}
    for item in needed:
        if isinstance(item.type, Named) and not members(item.type):
            by_form.setdefault((item.type, item.form), []).append(item)
    for held in by_form.values():
        if len(held) > 1:
            yield {item.name: base[held[0].name] for item in held}
    for (kind, form), held in by_form.items():
        shape = described("", kind, "", None, form)
        for value in candidates(modules.values(), kind):
            if shape.takes(value):
                yield {item.name: value for item in held}


def _needed(modules: Mapping[str, nodes.Module], given: Mapping[str, str]) -> list[Declared]:
    found = declared(modules, given)
    return [item for item in found.values() if item.node.default is None and can_be_open(item.type)]


def _sample(item: Declared, number: int) -> str:
    return sample(item.type, number, item.form)
