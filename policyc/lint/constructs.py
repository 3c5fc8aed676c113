"""Policy files as texts with comments: which constructs a comment of its own may stand above."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from policyc.ir.program import Program
from policyc.lint.suppress import Commented, speaks
from policyc.syntax import nodes
from policyc.text import Span


def commented_files(program: Program, known: Collection[str]) -> Iterator[Commented]:
    """The files of a program that may hold a comment to policyc."""
    for file, module in program.modules.items():
        source = program.sources.get(file)
        if source is not None and speaks(source):
            comments = tuple(comment.span for comment in module.comments)
            first = module.declarations[0].span.start if module.declarations else None
            yield Commented(source, comments, tuple(_outermost(module)), first, known)


def _outermost(module: nodes.Module) -> Iterator[Span]:
    """The constructs of a file, outer ones first."""
    yield from (use.span for use in module.uses)
    for declaration in module.declarations:
        yield declaration.span
        match declaration:
            case nodes.Policy(statements=statements):
                for statement in statements:
                    yield statement.span
                    yield from (clause.span for clause in statement.clauses)
            case nodes.Resource(fields=fields):
                yield from (entry.span for entry in fields.entries)
            case nodes.Network(items=items):
                from policyc.syntax import network_nodes

                for item in items:
                    yield item.span
                    if isinstance(item, network_nodes.NetAttach | network_nodes.NetLabels | network_nodes.NetFilter):
                        yield from (entry.span for entry in item.rules)
            case nodes.InlineTest(steps=steps):
                yield from (step.span for step in steps)
            case nodes.Prove(claims=claims):
                yield from (claim.span for claim in claims)
            case _:
                pass
