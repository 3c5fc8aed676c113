"""The Cedar context that a request makes for one policy, and what of it nobody stated.

A user's groups are one record, of which a request may state two views: the list of group ids (`idc.groups`) and the names of
single groups (`idc.groups["<id>"].group_name`). Both make one context: a stated name puts the user into that group, a group of the
list has a name that is unknown until stated, and a name that contradicts the list is an error.
Source: https://docs.aws.amazon.com/verified-access/latest/ug/trust-data-iam.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from policyc.diagnostics import Diagnostics
from policyc.engines.cedar.decide import Path
from policyc.ir.authz import Atom, Op
from policyc.model.values import Scalar
from policyc.model.vocabulary import Attribute
from policyc.record import record
from policyc.targets.base import Request
from policyc.targets.cedar_documents.facts import Fact, find_fact
from policyc.targets.cedar_documents.stated import Stated

#: What a request states, by language name; absent attributes are empty.
Values: TypeAlias = Mapping[str, tuple[Scalar, ...]]


@record
class Context:
    """The Cedar context of a request, the paths that exist with an unknown value, and the same by language name."""

    data: Mapping[str, Any]
    unknown: Mapping[Path, str]
    stated: Stated


@record
class Held:
    """An attribute of one group, such as its name: `record` holds the groups, `key` is the id of this one."""

    fact: Fact
    record: Fact
    key: str

    @property
    def name(self) -> str:
        return self.fact.attribute.name


def build_context(
    values: Values, known: Mapping[str, Fact], read: Iterable[Atom] = (), empty: frozenset[str] = frozenset()
) -> Context:
    """The context that states `values`; an attribute of presence `always` that they leave out becomes unknown. Those of `empty` are there
    as a list, or a record of groups, without anything in it; others without values are absent.

    `read` are the tests of the policy that will see it: they tell which groups' names matter, and whether names alone say
    enough of a user's groups where the list is not stated.
    """
    tests = tuple(read)
    held = _held({atom.attribute.name: atom.attribute for atom in tests}, values, known)
    values = {**values, **_told_by_names(values, held, tests)}
    data: dict[str, Any] = {}
    unknown: dict[Path, str] = {}
    for name, fact in known.items():
        if name not in values:
            if fact.attribute.presence == "always":
                unknown[fact.path] = name
        elif values[name] or (name in empty and fact.form != "scalar"):
            _put(data, fact.path, _native(values[name], fact))
    doubtful: set[str] = set()
    for item in held:
        if item.record.attribute.name not in values:
            if item.name not in values:
                doubtful.add(item.name)
        elif item.key in values[item.record.attribute.name]:
            if item.name not in values:
                unknown[item.fact.path] = item.name
            elif values[item.name]:
                _put(data, item.fact.path, values[item.name][0])
    return Context(data, unknown, Stated(values, frozenset(unknown.values()), frozenset(doubtful), data, known))


def check_groups(request: Request, known: Mapping[str, Fact], diagnostics: Diagnostics) -> None:
    """Report a stated name of a group that the stated list of groups leaves out."""
    for item in _held({}, request.values, known):
        listed = request.values.get(item.record.attribute.name)
        if request.values.get(item.name) and listed is not None and item.key not in listed:
            groups = item.record.attribute.name
            diagnostics.error(
                "request-contradicts-itself",
                f"the request states `{item.name}`, and its `{groups}` leaves that group out",
                request.span,
                f"add the group to `{groups}`, or leave `{groups}` out",
            )


def _held(tested: Mapping[str, Attribute], values: Values, known: Mapping[str, Fact]) -> list[Held]:
    """The attributes of single groups that a policy tests or a request states."""
    out = {}
    for name, attribute in tested.items():
        fact = find_fact(known, name) if attribute.key is not None else None
        if fact is not None and fact.attribute.key is not None:
            out[name] = fact
    for name in values:
        if name not in known and (fact := find_fact(known, name)) is not None:
            out.setdefault(name, fact)
    records = {fact.path: fact for fact in known.values() if fact.form == "record"}
    return [
        Held(fact, records[fact.path[: fact.path.index(fact.attribute.key)]], fact.attribute.key)
        for fact in out.values()
        if fact.attribute.key is not None
    ]


def _told_by_names(values: Values, held: Iterable[Held], tests: Iterable[Atom]) -> dict[str, tuple[Scalar, ...]]:
    """The list of a user's groups where a request states names only, and the policy asks of no group beyond those.

    Where it does ask, the list stays unknown as a whole: the answer then names it as missing.
    """
    out: dict[str, tuple[Scalar, ...]] = {}
    items = tuple(held)
    for groups in {item.record.attribute.name: item.record for item in items}.values():
        name = groups.attribute.name
        inside = tuple(item.key for item in items if item.record is groups and values.get(item.name))
        asked = {key for atom in tests for key in _asked(atom, groups, items)}
        settled = {item.key for item in items if item.record is groups and item.name in values}
        told = all(key in inside or (by_name and key in settled) for key, by_name in asked)
        if name not in values and told and settled and not (not inside and _lists(tests, groups)):
            out[name] = tuple(dict.fromkeys(inside))
    return out


def _asked(atom: Atom, groups: Fact, held: Iterable[Held]) -> Iterator[tuple[str, bool]]:
    """The groups that a test asks about, each with whether it asks by an attribute of the group."""
    if atom.attribute.name == groups.attribute.name:
        yield from ((str(value.value), False) for value in atom.values)
    yield from ((item.key, True) for item in held if item.name == atom.attribute.name and item.record is groups)


def _lists(tests: Iterable[Atom], groups: Fact) -> bool:
    return any(atom.op is Op.EXISTS and atom.attribute.name == groups.attribute.name for atom in tests)


def _put(data: dict[str, Any], path: Path, value: object) -> None:
    for step in path[:-1]:
        data = data.setdefault(step, {})
    data[path[-1]] = value


def _native(values: tuple[Scalar, ...], fact: Fact) -> object:
    match fact.form:
        case "record":
            return {str(value): {} for value in values}
        case "set":
            return list(values)
        case "scalar":
            return values[0]
