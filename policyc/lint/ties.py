"""What ties policy files together: which of them have to be looked at together for what is found in one of them.

A file that only lends names (constants, callers, predicates, resources that carry no policy) ties nobody: whoever imports it is looked at together with it, and apart from others that do.
What ties are the things that policies are about: a resource that two files name, a caller whom one lets in and whose own policy stands in another, a name that two
documents would have. Rules whose `SCOPE` is `tied` look no further; where one speaks that looks at the `set`, the project is one part.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache
from typing import Any, Final

from policyc.ir.program import Program
from policyc.lint.asked import callers_of
from policyc.lint.needs import looks_at_all
from policyc.lint.registry import families
from policyc.model.scope import Scope
from policyc.model.values import Principal, Resource, ResourceLink, Value
from policyc.record import record
from policyc.syntax import nodes
from policyc.syntax.references import refs_in
from policyc.targets.base import AsOne
from policyc.targets.registry import back_end, resource_types

#: stands for callers that only a closer look tells from others: patterns, and what is neither a role nor a user
ANY: Final = "*"
_PLAIN: Final = ("role", "user")
#: families of rules that speak of more than one target
_EVERYWHERE: Final = ("iam", "policy", "project")


@record
class Ties:
    """What ties a file. `names` are those of its documents, `things` the resources, policies and networks that it declares or speaks of, by id; `hangs_on` are
    resources that its own ones belong to and that tie where they carry a policy (`carries`). `calls` are callers that have a policy here, `callers` those that are let in or
    ask in a test. `targets` are written for; `steps` tells whether it lays out networks, `as_one` whether it hangs on the whole project."""

    names: tuple[str, ...] = ()
    things: tuple[str, ...] = ()
    hangs_on: tuple[str, ...] = ()
    carries: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    callers: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    steps: bool = False
    as_one: bool = False

    def plain(self) -> list[Any]:
        """The ties as plain data."""
        return [list(value) if isinstance(value := getattr(self, name), tuple) else value for name in _FIELDS]


_FIELDS: Final = tuple(Ties.__annotations__)


def ties(kept: Any) -> Ties:
    """What `plain` made plain. Raises TypeError or ValueError for anything else."""
    names, things, hangs_on, carries, calls, callers, targets, steps, as_one = kept
    lists = [names, things, hangs_on, carries, calls, callers, targets]
    if type(steps) is not bool or type(as_one) is not bool or not all(isinstance(one, list) for one in lists):
        raise TypeError
    if not all(isinstance(text, str) for one in lists for text in one):
        raise TypeError
    names, things, hangs_on, carries, calls, callers, targets = map(tuple, lists)
    return Ties(names, things, hangs_on, carries, calls, callers, targets, steps, as_one)


def ties_of(program: Program) -> dict[str, Ties]:
    """The ties of every file of a program that compiled."""
    reach = _Reach(program)
    resources: dict[str, list[Resource]] = {}
    for resource in program.resources.values():
        resources.setdefault(resource.file, []).append(resource)
    carries: dict[str, dict[str, None]] = {}
    targets: dict[str, dict[str, None]] = {}
    calls: dict[str, dict[str, None]] = {}
    callers: dict[str, dict[str, None]] = {}
    things: dict[str, dict[str, None]] = {}
    for policy in program.policies:
        file, on = policy.file, policy.on
        targets.setdefault(file, {})[policy.target] = None
        if isinstance(on, Resource):
            carries.setdefault(file, {})[on.id] = None
        else:
            calls.setdefault(file, {})[_caller(on)] = None
        for statement in policy.statements:
            things.setdefault(file, {}).update((item.id, None) for item in statement.on)
            for principal in statement.who.principals if statement.who is not None else ():
                if principal.kind in _PLAIN:
                    callers.setdefault(file, {})[_caller(principal)] = None
    for test in program.tests:
        callers.setdefault(test.file, {}).update((_caller(one), None) for one in callers_of(test))
    out = {}
    for file, module in program.modules.items():
        own = resources.get(file, [])
        held = {id for item in own if _stands_alone(item) for id in _links(item)}
        spoken = {*things.get(file, ()), *carries.get(file, ()), *reach.of(file, module, held)}
        used = {*targets.get(file, ()), *(item.type.partition(".")[0] for item in own)}
        used |= {node.target.text for node in module.declarations if isinstance(node, nodes.Network)}
        out[file] = Ties(
            tuple(_names(module)),
            tuple(sorted(spoken)),
            tuple(sorted(held - spoken)),
            tuple(carries.get(file, ())),
            tuple(calls.get(file, ())),
            tuple(callers.get(file, ())),
            tuple(sorted(used)),
            any(map(_lays_out, module.declarations)),
            any(map(_is_one, used)) or any(isinstance(node, nodes.Prove) for node in module.declarations),
        )
    return out


def _caller(principal: Principal) -> str:
    if principal.kind not in _PLAIN or principal.is_pattern:
        return ANY
    return "\0".join((principal.kind, *principal.args))


def _names(module: nodes.Module) -> Iterator[str]:
    for node in module.declarations:
        if isinstance(node, nodes.Policy | nodes.Network):
            yield node.name.text.casefold()


def _lays_out(node: nodes.Declaration) -> bool:
    """Whether a declaration is a network, or a test of one."""
    return isinstance(node, nodes.Network) or (
        isinstance(node, nodes.InlineTest) and any(isinstance(step, nodes.OnStep) for step in node.steps)
    )


@cache
def _is_one(target: str) -> bool:
    """Whether the documents of a target, or rules that speak of them, hang on the whole project."""
    owner = back_end(target)
    if isinstance(owner, AsOne) and owner.as_one:
        return True
    return any(family in (target, *_EVERYWHERE) and looks_at_all(name) for name, family in families().items())


def _stands_alone(item: Resource) -> bool:
    """Whether a resource carries policies of its own, so that it is more than a part of those that it belongs to."""
    return resource_types()[item.type].policies


def _links(item: Resource) -> Iterator[str]:
    for _, value in item.fields:
        for one in value.data if isinstance(value.data, tuple) else (value,):
            if isinstance(one, Value) and isinstance(one.data, ResourceLink):
                yield one.data.id


class _Reach:
    """What the references of files lead to, through constants and predicates wherever these stand."""

    def __init__(self, program: Program) -> None:
        self._scopes = program.scopes
        self._known: dict[tuple[str, str], frozenset[str]] = {}

    def of(self, file: str, module: nodes.Module, held: Collection[str]) -> set[str]:
        """The things that a file declares or speaks of; `held` ones only where another declaration speaks of them than a resource."""
        scope = self._scopes[file]
        found: set[str] = set()
        for node in module.declarations:
            if isinstance(node, nodes.Resource):
                found.update(self._below(scope, node) - frozenset(held))
            else:
                found.update(self._below(scope, node))
            if isinstance(node, nodes.Resource | nodes.Policy | nodes.Network):
                found.add(f"{file}#{node.name.text}")
        return found

    def _below(self, scope: Scope, node: object) -> frozenset[str]:
        found: set[str] = set()
        names = {ref.parts[0].name for ref in refs_in(node) if isinstance(ref.parts[0], nodes.Field)}
        for name in names:
            definition = scope.lookup(name)
            if definition is None:
                continue
            key = (definition.file, definition.node.name.text)
            if isinstance(definition.node, nodes.Resource | nodes.Policy | nodes.Network):
                found.add("#".join(key))
            elif key in self._known:
                found |= self._known[key]
            else:
                self._known[key] = frozenset()  # whatever hangs on itself is refused elsewhere
                self._known[key] = self._below(self._scopes[definition.file], definition.node)
                found |= self._known[key]
        return frozenset(found)


def parts(held: Mapping[str, Ties]) -> list[tuple[str, ...]]:
    """The files in the parts that are tied."""
    groups = _Groups(held)
    if any(one.as_one for one in held.values()):
        return [tuple(held)]
    carried = {id for one in held.values() for id in one.carries}
    callers = {file: one.calls for file, one in held.items() if one.calls}
    known = {caller for found in callers.values() for caller in found}
    some = next(iter(callers), None)
    for file, one in held.items():
        groups.tie(file, (("name", name) for name in one.names))
        groups.tie(file, (("thing", id) for id in one.things))
        groups.tie(file, (("thing", id) for id in one.hangs_on if id in carried))
        groups.tie(file, [("steps", "")] if one.steps else ())
        if some is None:
            continue
        groups.tie(file, (("caller", caller) for caller in one.calls))
        groups.tie(file, (("caller", caller) for caller in one.callers if caller in known))
        if (ANY in known and one.callers) or ANY in one.callers:
            groups.tie(file, [("callers", "")])
        if ANY in one.calls:
            groups.tie(file, [("callers", "")])
    if any(ANY in one.callers for one in held.values()):
        for file in callers:
            groups.tie(file, [("callers", "")])
    return groups.made()


class _Groups:
    """Files and what they have in common."""

    def __init__(self, files: Iterable[str]) -> None:
        self._above = {file: file for file in files}
        self._first: dict[tuple[str, str], str] = {}

    def tie(self, file: str, keys: Iterable[tuple[str, str]]) -> None:
        for key in keys:
            one, other = self._top(file), self._top(self._first.setdefault(key, file))
            if one != other:
                self._above[one] = other

    def _top(self, file: str) -> str:
        while (above := self._above[file]) != file:
            self._above[file] = self._above[above]
            file = self._above[file]
        return file

    def made(self) -> list[tuple[str, ...]]:
        out: dict[str, list[str]] = {}
        for file in self._above:
            out.setdefault(self._top(file), []).append(file)
        return [tuple(sorted(files)) for files in out.values()]
