"""What lowering put into a statement though nobody wrote it, in words: guards, a port's second form, a deny's way into the permits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from policyc.ir.authz import Always, Atom, Op, Statement
from policyc.ir.conditions import atoms
from policyc.syntax.cedar_nodes import Has, path_of, walk
from policyc.syntax.cedar_printer import written
from policyc.targets.cedar_documents.condition import lower_condition
from policyc.targets.cedar_documents.expression import Path
from policyc.targets.cedar_documents.facts import Fact, fact_of
from policyc.targets.cedar_documents.needs import WORDS, needs


def additions(statement: Statement, facts: Mapping[str, Fact]) -> Iterator[str]:
    """Guards, and a second form of a port."""
    if isinstance(statement.when, Always):
        return
    expression = lower_condition(statement.when, facts)
    wanted = {asked for atom in atoms(statement.when) for asked in _asked(atom, fact_of(facts, atom.attribute))}
    guards = dict.fromkeys(
        written(node)
        for node in walk(expression)
        if isinstance(node, Has) and (path_of(node.of), node.names[0]) not in wanted
    )
    if guards:
        yield "guards, because an absent attribute makes a test false: " + ", ".join(f"`{guard}`" for guard in guards)
    for name in dict.fromkeys(
        atom.attribute.name for atom in atoms(statement.when) if fact_of(facts, atom.attribute).text_too
    ):
        yield f"`{name}` as a number and as text, because AWS's pages disagree"


def moved_because(deny: Statement, facts: Mapping[str, Fact]) -> str:
    """That a deny is written into the permits, and the values that made it necessary."""
    found = dict.fromkeys(need for atom in atoms(deny.when) for need in needs(atom, facts))
    kinds = " or ".join(f"`{need.name}` is not {WORDS[need.kind]}" for need in found)
    return f"written into each permit as a condition: Cedar skips a forbid that fails, as this one would where {kinds}"


def _asked(atom: Atom, fact: Fact) -> Iterator[tuple[Path, str]]:
    """What a test asks for with `has` itself: the attribute, or a group in the record of groups."""
    if atom.op is Op.EXISTS:
        yield fact.path[:-1], fact.path[-1]
    elif fact.form == "record":
        yield from ((fact.path, str(value.value)) for value in atom.values)
