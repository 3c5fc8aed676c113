"""How far reaches what could not be read of a project: the resources that it may be about, and all that are linked with these."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from policyc.diagnostics import Diagnostic
from policyc.ir.program import Program
from policyc.lint.nested import Nested
from policyc.model.names import Lost
from policyc.record import replace
from policyc.syntax import nodes
from policyc.syntax.references import refs_in

#: the target whose policies callers carry
_OF_CALLERS: Final = "identity"
#: what begins declarations on which nothing hangs but what names them, and that is not read either
_ALONE: Final = frozenset({"let", "param", "principal", "group", "predicate", "network", "test", "prove"})


def apart_from_unread(program: Program, errors: Iterable[Diagnostic]) -> Program | None:
    """The part of a program that has nothing to do with what was not read: the program itself where all of it was, None where that may be about anything."""
    opened: set[str] = set()
    for key in (*_not_compiled(program), *_with_errors(program, errors)):
        if key is None:
            return None
        opened.add(key)
    if not opened and not any(program.unread.values()):
        return program
    near = _near(opened, _links(program))
    kept = {
        node.span
        for file, node in _declared(program)
        if isinstance(node, nodes.Policy) and _key(program, file, node.on) not in near
    }
    return replace(
        program,
        resources={key: item for key, item in program.resources.items() if key not in near},
        policies=tuple(item for item in program.policies if item.span in kept),
        widest=tuple(item for item in program.widest if item.span in kept),
        tests=(),
        proofs=(),
    )


def _declared(program: Program) -> Iterator[tuple[str, nodes.Declaration]]:
    for file, module in program.modules.items():
        yield from ((file, node) for node in module.declarations)
        yield from ((file, node) for node in program.unread.get(file, ()) if not isinstance(node, nodes.Damaged))


def _key(program: Program, file: str, ref: nodes.Ref) -> str | None:
    """What a name stands for, by file and name as in `Resource.id`; None for a name that nothing has."""
    first = ref.parts[0]
    definition = program.scopes[file].lookup(first.name) if isinstance(first, nodes.Field) else None
    return None if definition is None else f"{definition.file}#{definition.node.name.text}"


def _carries(program: Program, file: str, on: nodes.Ref, target: str) -> bool:
    """Whether a policy may be on what a name stands for: a caller carries its identity policies alone, a resource all others."""
    first = on.parts[0]
    definition = program.scopes[file].lookup(first.name) if isinstance(first, nodes.Field) else None
    node = None if definition is None else definition.node
    carrier = nodes.PrincipalDecl if target == _OF_CALLERS else nodes.Resource
    return isinstance(node, (Lost, carrier))


def _not_compiled(program: Program) -> Iterator[str | None]:
    """What declarations are about that were not compiled; None for one that may be about anything."""
    policies = {policy.span for policy in program.widest}
    for file, node in _declared(program):
        match node:
            case nodes.Policy(on=on, target=target, span=span) if span not in policies:
                # one on something that carries no such policy may be meant for anything else
                yield _key(program, file, on) if _carries(program, file, on, target.text) else None
            case nodes.Resource(name=name, fields=fields):
                key = f"{file}#{name.text}"
                read = program.resources.get(key)
                if read is None or any(read.get(entry.key.text) is None for entry in fields.entries):
                    yield key
    for item in (item for items in program.unread.values() for item in items):
        if isinstance(item, nodes.Damaged) and item.word not in _ALONE:
            yield None


def _with_errors(program: Program, errors: Iterable[Diagnostic]) -> Iterator[str | None]:
    """The resources that errors are about; None for an error that may be about anything."""
    places: list[tuple[str, nodes.Declaration | nodes.Use]] = [*_declared(program)]
    places += [(file, node) for file, module in program.modules.items() for node in module.uses]
    whole = Nested((node.span, (file, node)) for file, node in places)
    for item in errors:
        file, node = next(whole.around(item.span), ("", None)) if item.span is not None else ("", None)
        if node is None:
            yield None
        elif isinstance(node, nodes.Resource):
            yield f"{file}#{node.name.text}"


def _links(program: Program) -> dict[str, set[str]]:
    """Which resources name one another or one principal, those included that an error may have kept one from naming."""
    out: dict[str, set[str]] = {}
    for file, node in _declared(program):
        if isinstance(node, nodes.Resource):
            key, scope = f"{file}#{node.name.text}", program.scopes[file]
            damaged = node in program.unread.get(file, ())
            names = [first.name for ref in refs_in(node) if isinstance(first := ref.parts[0], nodes.Field)]
            names += [name.text for name in program.modules[file].mentioned] if damaged else []
            for definition in filter(None, map(scope.lookup, names)):
                if isinstance(definition.node, nodes.Resource | nodes.PrincipalDecl | Lost):
                    other = f"{definition.file}#{definition.node.name.text}"
                    out.setdefault(key, set()).add(other)
                    out.setdefault(other, set()).add(key)
    return out


def _near(opened: Iterable[str], links: dict[str, set[str]]) -> set[str]:
    near, work = set(opened), list(opened)
    while work:
        more = links.get(work.pop(), set()) - near
        near |= more
        work += more
    return near
