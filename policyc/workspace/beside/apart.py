"""Parameters that can be tried together: no document is made of two of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from policyc.syntax import nodes
from policyc.workspace.beside.literals import below


def apart(modules: Iterable[nodes.Module], parameters: Sequence[str]) -> list[list[str]]:
    """Groups of parameters, each in one, of which no policy or network reaches two: by the names that stand in it and in what those declare.

    Policies that reach one resource count as one, since what is built for one of them may hang on another. A name counts as the same in every file.
    """
    mentions: dict[str, set[str]] = {}
    resources: set[str] = set()
    roots: list[set[str]] = []
    for module in modules:
        for node in module.declarations:
            name = getattr(node, "name", None)
            if not isinstance(name, nodes.Ident):
                continue
            words = _words(node)
            mentions.setdefault(name.text, set()).update(words)
            if isinstance(node, nodes.Resource):
                resources.add(name.text)
            elif isinstance(node, nodes.Policy | nodes.Network):
                roots.append(words)
    together = _joined([_reached(words, mentions) for words in roots], resources)
    near: dict[str, set[str]] = {name: set() for name in parameters}
    for names in together:
        held = [name for name in parameters if name in names]
        for name in held:
            near[name].update(held)
    groups: list[list[str]] = []
    for name in parameters:
        fitting = next((group for group in groups if near[name].isdisjoint(group)), None)
        if fitting is None:
            groups.append([name])
        else:
            fitting.append(name)
    return groups


def _words(node: object) -> set[str]:
    found: set[str] = set()
    for item in below(node):
        if isinstance(item, nodes.Ident):
            found.add(item.text)
        elif isinstance(item, nodes.Ref) and isinstance(item.parts[0], nodes.Field):
            found.add(item.parts[0].name)
    return found


def _reached(words: Iterable[str], mentions: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    left = list(words)
    while left:
        name = left.pop()
        if name in mentions and name not in found:
            found.add(name)
            left.extend(mentions[name])
    return found


def _joined(reached: Sequence[set[str]], resources: set[str]) -> list[set[str]]:
    """The sets, those with a resource in common as one."""
    out: list[set[str]] = []
    by_resource: dict[str, set[str]] = {}
    for names in reached:
        held = set(names)
        for resource in names & resources:
            other = by_resource.get(resource)
            if other is not None and other is not held:
                other |= held
                for known in held & resources:
                    by_resource[known] = other
                out = [one for one in out if one is not held]
                held = other
            by_resource[resource] = held
        if not any(one is held for one in out):
            out.append(held)
    return out
