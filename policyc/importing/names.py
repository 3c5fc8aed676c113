"""Names for what documents know by ids: declared once, and the same wherever the id stands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from policyc.importing.tree import NOWHERE, call, ident, record, text, word
from policyc.ir.raw_forms import RAW
from policyc.model.scope import CONCAT, constructors
from policyc.model.types import shapes
from policyc.model.values import Group, Principal
from policyc.syntax import nodes
from policyc.syntax.build_context import RESERVED
from policyc.syntax.references import refs_in
from policyc.syntax.spelled import snake

#: types whose values say nothing to a reader, with how a name for one begins
NAMED_TYPES: Final = {
    "account": "account",
    "org_id": "org",
    "ou_id": "ou",
    "vpc_id": "vpc",
    "vpce_id": "endpoint",
    "idc_group_id": "group",
    "distribution_id": "distribution",
}
#: words of the grammar that begin a declaration or a step; names that are none of them read better
_WORDS_OF_FILES: Final = frozenset(
    [
        "module",
        "use",
        "let",
        "param",
        "principal",
        "group",
        "predicate",
        "resource",
        "policy",
        "network",
        "test",
        "request",
        "expect",
        "attachment",
        "path",
        "for",
        "from",
        "allow",
        "deny",
        "version",
        "enum",
        "set",
        "prove",
        "segment",
        "edges",
        "share",
        "send",
        "route",
        "attach",
        "labels",
        "filter",
        "option",
        "inside",
        "asns",
        "use",
    ]
)


@dataclass(slots=True)
class Names:
    """The declarations of one import. `reserved` are words that mean something to the targets; `known` are declared names by what they
    stand for, `declared` the declarations by name in the order in which they were asked for."""

    reserved: frozenset[str]
    known: dict[tuple[str, ...], str] = field(default_factory=dict)
    declared: dict[str, nodes.Declaration] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)
    #: values that stand for parameters, with the names that these should have, and what declares one for a type
    open: dict[str, str] = field(default_factory=dict)
    parameter: Callable[[str, str], nodes.Ref] | None = None

    def free(self, wanted: str) -> str:
        """A name that nothing else has, and takes it."""
        words = self.reserved | RESERVED | {RAW, CONCAT} | _WORDS_OF_FILES | set(constructors()) | set(shapes())
        name, number = wanted, 2
        if name in words:
            name = wanted = f"{wanted}_"
        while name in self.taken or name in words:
            name, number = f"{wanted.rstrip('_')}_{number}", number + 1
        self.taken.add(name)
        return name

    def value(self, kind: str, value: str) -> nodes.Ref:
        """A `let` for an id of a named type."""
        if self.parameter is not None and value in self.open:
            return self.parameter(value, kind)
        key = (kind, value)
        if key not in self.known:
            name = self.free(snake(f"{NAMED_TYPES[kind]}_{value.removeprefix(_prefix(kind))}", NAMED_TYPES[kind]))
            self.known[key] = name
            self.declared[name] = nodes.Let(ident(name), nodes.NamedType(kind, NOWHERE), text(value), NOWHERE)
        return word(self.known[key])

    def principal(self, item: Principal) -> nodes.Expr:
        """A caller of one of the language's kinds: one with a name of its own gets a declaration, others stand where they are used."""
        parameters = constructors()[item.kind]["parameters"]
        if not parameters:
            return word(item.kind)
        args = [
            self.value(entry["type"], value) if entry["type"] in NAMED_TYPES else text(value)
            for entry, value in zip(parameters, item.args, strict=True)
        ]
        made = call(item.kind, *args)
        if item.kind not in ("role", "user"):
            return made
        key = (item.kind, *item.args)
        if key not in self.known:
            self.known[key] = self.free(self._caller(item))
            name = self.known[key]
            self.declared[name] = nodes.PrincipalDecl(ident(name), made, NOWHERE)
        return word(self.known[key])

    def _caller(self, item: Principal) -> str:
        """How a caller should be called; one whose name stays open by the parameter, which has that name itself."""
        opened = self.open.get(item.args[-1])
        return f"{opened}_{item.kind}" if opened else snake(self.said(item.args[-1]), item.kind)

    def said(self, text: str) -> str:
        """A text with the names of parameters where their samples stand."""
        for sample, name in self.open.items():
            text = text.replace(sample, f"_{name}_")
        return text

    def group(self, item: Group) -> nodes.Ref:
        """A directory group."""
        key = (item.kind, item.id)
        if key not in self.known:
            name = self.free(
                snake(
                    self.open.get(item.id)
                    or f"group_{item.id.rpartition('-')[2] if item.kind == 'idc_group' else self.said(item.id)}",
                    "group",
                )
            )
            self.known[key] = name
            self.declared[name] = nodes.GroupDecl(ident(name), call(item.kind, text(item.id)), NOWHERE)
        return word(self.known[key])

    def resource(self, wanted: str, kind: str, key: str, doc: str = "", /, **fields: nodes.Expr) -> str:
        """A resource, named by `wanted` unless that is taken; `key` tells it from others of its type."""
        known = (kind, key)
        if known not in self.known:
            name = self.free(wanted)
            self.known[known] = name
            self.declared[name] = nodes.Resource(ident(name), word(kind), record(**fields), NOWHERE, doc)
        return self.known[known]


def _prefix(kind: str) -> str:
    return {"org_id": "o-", "ou_id": "ou-", "vpc_id": "vpc-", "vpce_id": "vpce-"}.get(kind, "")


def used_by(declarations: Iterable[nodes.Declaration], declared: dict[str, nodes.Declaration]) -> Iterator[str]:
    """The names that the declarations use, and those that these use, in no order."""
    seen: set[str] = set()
    work: list[object] = list(declarations)
    while work:
        for ref in refs_in(work.pop()):
            name = ref.simple
            if name in declared and name not in seen:
                seen.add(name)
                work.append(declared[name])
                yield name
