"""The attributes of a Cedar text as typed tests name them, so that lint rules can look at it as at any other policy.

They are called as the text calls them (`context.idc.user.email.address`). Kinds are those that are documented or that a sample shows; a
claim whose kind nobody promises is taken for what its tests compare it with, as long as these agree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TypeAlias

from policyc.model.types import BOOL, GROUP, INT, STRING, Named, Type
from policyc.model.vocabulary import Attribute
from policyc.per_object import PerObject
from policyc.syntax import cedar_nodes as cedar
from policyc.targets.cedar_documents.expression import written_path
from policyc.targets.cedar_documents.facts import KEY, Fact, Form, cedar_path
from policyc.targets.cedar_documents.text.kinds import Kind, Member
from policyc.targets.cedar_documents.text.literals import literal_kind, literal_of

Path: TypeAlias = tuple[str, ...]
Uses: TypeAlias = Mapping[Path, set[str]]
#: a fact of every text, or what finds those that hang on what the text tests
Entry: TypeAlias = Fact | Callable[[Uses], Iterator[Fact]]

_TYPES: Mapping[str, Type] = {"string": STRING, "long": INT, "bool": BOOL}
_GROUPS = "idc_group"


def known_facts(document: cedar.Document, context: Kind) -> Mapping[str, Fact]:
    """Every attribute of the record `context`, and every other one that the text tests, by the name that the text has for it."""
    uses = _uses(document)
    entries = [entry for name, member in context.members.items() for entry in _entries(name, member)]
    if context.open:
        entries.append(partial(_of_uses, path=(), members=context.members))
    facts = (fact for entry in entries for fact in ((entry,) if isinstance(entry, Fact) else entry(uses)))
    return {fact.attribute.name: fact for fact in facts}


def _entries(name: str, member: Member) -> tuple[Entry, ...]:
    """The entries of a member of `context`: texts have the same providers."""
    known = _remembered(member)
    if name not in known:
        known[name] = tuple(_of_member(member, (name,)))
    return known[name]


_remembered: PerObject[Member, dict[str, tuple[Entry, ...]]] = PerObject(lambda member: {}, 256)


def _of_record(kind: Kind, path: Path) -> Iterator[Entry]:
    for name, member in kind.members.items():
        yield from _of_member(member, (*path, name))
    if kind.open:
        yield partial(_of_uses, path=path, members=kind.members)


def _of_member(member: Member, path: Path) -> Iterator[Entry]:
    kind = member.kind
    if kind.keyed:
        yield _fact(path, member, GROUP, "record", _GROUPS, many=True)
        name = f"{KEY}.group_name"
        named = Attribute(
            f"{written_path(path)}{name}", f"{cedar_path(path)}{name}", STRING, keyed=True, key_type="idc_group_id"
        )
        yield Fact(named, (*path, KEY, "group_name"))
    elif kind.name == "record":
        yield _fact(path, member, STRING, "record")
        yield from _of_record(kind, path)
    elif member.sampled or kind.name == "unknown":
        yield partial(_of_use, path=path, unit=member.unit)
        yield partial(_of_uses, path=path, members={})
    elif kind.name == "set":
        if kind.item is not None and kind.item.name == "string":
            yield _fact(path, member, STRING, "set", many=True)
    elif kind.name in _TYPES:
        yield _fact(path, member, Named("ip") if member.address else _TYPES[kind.name], "scalar")


def _fact(path: Path, member: Member, kind: Type, form: Form, group: str = "", *, many: bool = False) -> Fact:
    low, high = member.range or (None, None)
    attribute = Attribute(
        written_path(path),
        cedar_path(path),
        member.type if member.type is not None and form == "scalar" else kind,
        many,
        "always" if member.required else "optional",
        member.values,
        minimum=low,
        maximum=high,
        shape=member.shape,
        says=member.says,
        constructor=group,
        unit=member.unit,
    )
    return Fact(attribute, path, form, group, low, high, member.text_too)


# --- what nobody documents ------------------------------------------------------------------------------------------


def _of_uses(uses: Uses, path: Path, members: Mapping[str, Member]) -> Iterator[Fact]:
    """Attributes below a path that may hold anything, but for the ones that are known."""
    for other in uses:
        if len(other) > len(path) and other[: len(path)] == path and other[len(path)] not in members:
            yield from _of_use(uses, other)


def _of_use(uses: Uses, path: Path, unit: str = "") -> Iterator[Fact]:
    found = uses.get(path, set())
    attribute = Attribute(written_path(path), cedar_path(path), STRING)
    if not found or found == {"record"}:
        yield Fact(attribute, path, "record")
    elif found == {"set"}:
        many = Attribute(attribute.name, attribute.native, STRING, many=True)
        yield Fact(many, path, "set", any_kind=True)
    elif found == {"long"}:
        number = Attribute(attribute.name, attribute.native, INT, unit=unit)
        yield Fact(number, path, any_kind=True)
    elif found <= {"string", "bool"} or found == {"string", "pattern"} or found == {"pattern"}:
        yield Fact(attribute, path, any_kind=True)


def _uses(document: cedar.Document) -> Uses:
    """What each attribute is compared with, or else asked: kinds of literals, `pattern`, `set`; `other` for whatever has no typed test.
    An attribute that is only asked for, or only holds others, has none or `record`."""
    found: dict[Path, set[str]] = {}
    for statement in document.statements:
        for clause in statement.clauses:
            for node in (clause.body, *cedar.walk(clause.body)):
                for path, kind in _use(node, clause.body):
                    found.setdefault(path, set()).update(kind)
                    for length in range(1, len(path)):
                        found.setdefault(path[:length], set())
    for path in [path for path, kinds in found.items() if not kinds]:
        if any(len(other) > len(path) and other[: len(path)] == path for other in found):
            found[path].add("record")
    return found


def _use(node: cedar.Expr, body: cedar.Expr) -> Iterator[tuple[Path, Sequence[str]]]:
    match node:
        case cedar.Compare("==" | "!=", left, right):
            for one, other in ((left, right), (right, left)):
                if path := cedar.path_of(one):
                    yield path, [_kind_of(other)]
        case cedar.Compare(_, left, right):
            yield from ((path, ["long"]) for part in (left, right) if (path := cedar.path_of(part)))
        case cedar.Like(of) if path := cedar.path_of(of):
            yield path, ["pattern"]
        case cedar.Has(of, names) if (path := cedar.path_of(of)) is not None:
            yield (*path, *names), []
        case cedar.Method(cedar.SetOf(items), "contains", _, (arg,)) if path := cedar.path_of(arg):
            yield path, [_kind_of(item) for item in items]
        case cedar.Method(of, "contains" | "containsAny" | "containsAll") if path := cedar.path_of(of):
            yield path, ["set"]
        case cedar.And(items) | cedar.Or(items):
            yield from ((path, ["bool"]) for item in items if (path := cedar.path_of(item)))
        case cedar.Not(of) | cedar.If(of) if path := cedar.path_of(of):
            yield path, ["bool"]
        case _ if node is body and (path := cedar.path_of(node)):
            yield path, ["bool"]
        case _:
            pass


def _kind_of(node: cedar.Expr) -> str:
    value = literal_of(node)
    return "other" if value is None else literal_kind(value)
