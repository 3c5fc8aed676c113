"""Parts of a condition that never hold where they stand, and parts that always do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from policyc.diagnostics import Diagnostic, Diagnostics, Severity
from policyc.ir.authz import Atom, Cond, Constant, Op
from policyc.syntax.cedar_nodes import And, Expr, Has, If, Lit, Not, Or, children, path_of, walk
from policyc.syntax.cedar_printer import written
from policyc.targets.verified_access.read.constants import is_constant
from policyc.targets.verified_access.read.kinds import Member
from policyc.targets.verified_access.read.methods import is_odd_method
from policyc.targets.verified_access.read.outcome import natives, negated
from policyc.targets.verified_access.read.proof import Proof
from policyc.targets.verified_access.read.to_conditions import Meaning, attribute_of
from policyc.targets.verified_access.scope import REQUEST_ROOTS
from policyc.text import Span

_METHOD = ("http_request", "http_method")
#: How many operands before a part are held against it.
_MOST_BEFORE = 150


def odd_methods(condition: Expr) -> tuple[Cond, ...]:
    """That a request has none of the unregistered methods that a condition names; nobody's browser sends them."""
    names = {
        str(part.value)
        for node in walk(condition)
        if any(path_of(child) == _METHOD for child in children(node))
        for part in walk(node)
        if isinstance(part, Lit) and isinstance(part.value, str) and is_odd_method(part.value)
    }
    if not names:
        return ()
    attribute = attribute_of(_METHOD, "string")
    return (negated(Atom(attribute, Op.EQ, tuple(Constant(attribute.type, name) for name in sorted(names)))),)


def check_parts(
    condition: Expr, meaning: Meaning, proof: Proof, usual: Sequence[Cond], diagnostics: Diagnostics
) -> None:
    """Report the parts of a condition that make it, or an alternative of it, impossible, and the ones that always hold.

    `usual` are assumptions about requests under which a part counts as always true. What is reported inside a part already
    explains the part.
    """
    walker = _Parts(meaning, proof, tuple(usual), diagnostics)
    if isinstance(condition, Lit):
        return
    walker.visit(condition, ())
    if proof.impossible(meaning.of(condition).true) and not is_constant(condition):
        walker.dead(condition, ())
    elif is_constant(condition) or isinstance(condition, And | Or | Not):
        walker.always(condition)  # a single test that always holds is told of at the statement


@dataclass(slots=True)
class _Parts:
    meaning: Meaning
    proof: Proof
    usual: tuple[Cond, ...]
    diagnostics: Diagnostics

    def visit(self, node: Expr, reach: tuple[Cond, ...]) -> None:
        """Everything inside a part that is reached when all of `reach` holds."""
        match node:
            case And(items):
                self._all(items, reach)
            case Or(items):
                for item in items:
                    self.visit(item, reach)
                    if self._impossible(self.meaning.of(item).true, reach):
                        self.dead(item, reach)
                    else:
                        self.always(item)
            case Not(of):
                self.visit(of, reach)
                self.always(of)
            case If(test, then, otherwise):
                self.visit(test, reach)
                outcome = self.meaning.of(test)
                self.visit(then, (*reach, outcome.true))
                self.visit(otherwise, (*reach, outcome.false))
            case _:
                pass

    def _all(self, items: Sequence[Expr], reach: tuple[Cond, ...]) -> None:
        for item in items:
            self.visit(item, reach)
            true = self.meaning.of(item).true
            if self._impossible(true, reach):
                self.dead(item, reach)
                return  # what stands behind is never reached
            self.always(item)
            reach = (*reach, true)

    def _impossible(self, true: Cond, reach: tuple[Cond, ...]) -> bool:
        return self.proof.impossible(true, *_relevant(true, reach))

    def dead(self, node: Expr, reach: tuple[Cond, ...]) -> None:
        """Report a part that never holds, unless something inside it tells why."""
        if self._told(node.span):
            return
        shown = _short(node)
        outcome = self.meaning.of(node)
        if not self.proof.impossible(outcome.true):
            absent = self._impossible(outcome.false, reach) and any(path_of(part) for part in walk(node))
            what = (
                "reads what is never there at this place"
                if absent
                else "cannot hold together with what stands before it"
            )
            self.diagnostics.error(
                "cedar-contradiction",
                f"`{shown}` {what}",
                node.span,
                "join alternatives with `||`, or drop one of the tests",
            )
        elif is_constant(node):
            self.diagnostics.warning(
                "cedar-always-false",
                f"`{shown}` never holds: nothing in it is of the request",
                node.span,
                "test an attribute, or remove the test",
            )
        elif (member := self._tested(node)) is not None and (member.values or member.range):
            self.diagnostics.error("cedar-impossible-value", f"`{shown}` never holds", node.span, _values(member))
        else:
            self.diagnostics.error(
                "cedar-contradiction", f"`{shown}` never holds", node.span, "correct the test, or remove it"
            )

    def always(self, node: Expr) -> None:
        """Report a part that is never false, unless it only asks what is there, or something inside it tells."""
        if isinstance(node, Lit) or self._told(node.span) or self._asks_presence(node):
            return
        outcome = self.meaning.of(node)
        if not self.proof.impossible(outcome.false, *self.usual) or self.proof.impossible(outcome.true):
            return
        shown, help, severity = _short(node), "write what is meant, or remove the test", Severity.WARNING
        if is_constant(node):
            words = "always holds: nothing in it is of the request"
        elif _kinds_of_request(node):
            words, severity = "always holds: a request has one of the two", Severity.INFO
        else:
            words = "always holds" if self.proof.impossible(outcome.fails) else "holds for every value"
            if (member := self._tested(node)) is not None and (member.values or member.range):
                help = _values(member)
        self.diagnostics.add(Diagnostic("cedar-always-true", f"`{shown}` {words}", node.span, help, severity))

    def _asks_presence(self, node: Expr) -> bool:
        """Guards are written to be safe, so they are no mistake where they are not needed."""
        work = [node]
        while work:
            current = work.pop()
            if isinstance(current, And):
                work.extend(current.items)
            elif not isinstance(current, Has):
                return False
        return True

    def _tested(self, node: Expr) -> Member | None:
        """What is known of the one attribute that a single test is about."""
        if isinstance(node, And | Or | If | Not):
            return None
        paths = {path for part in walk(node) if (path := path_of(part))}
        deepest = [path for path in paths if not any(path != other and path == other[: len(path)] for other in paths)]
        return self.meaning.member(deepest[0]) if len(deepest) == 1 else None

    def _told(self, span: Span) -> bool:
        return any(
            item.span is not None and span.start <= item.span.start and item.span.end <= span.end and item.rule in _TOLD
            for item in self.diagnostics
        )


def _relevant(cond: Cond, reach: tuple[Cond, ...]) -> list[Cond]:
    """The conditions that speak of the same attributes as one does, directly or by way of others."""
    names = set(natives(cond))
    left = [(natives(other), other) for other in reach[-_MOST_BEFORE:]]
    out: list[Cond] = []
    while True:
        near = [(spoken, other) for spoken, other in left if spoken & names]
        if not near:
            return out
        out += [other for _, other in near]
        left = [pair for pair in left if not pair[0] & names]
        names.update(*(spoken for spoken, _ in near))


#: findings that tell why a part has only one value
_TOLD = frozenset(
    {
        "cedar-always-false",
        "cedar-always-true",
        "cedar-contradiction",
        "cedar-group-name",
        "cedar-impossible-value",
        "cedar-no-entities",
        "cedar-swapped-range",
        "cedar-odd-method",
        "cedar-type-mismatch",
        "cedar-unknown-attribute",
        "cedar-unlike-kinds",
    }
)


def _kinds_of_request(node: Expr) -> bool:
    return all(
        isinstance(item, Has) and path_of(item.of) == () and item.names[0] in REQUEST_ROOTS
        for item in (node.items if isinstance(node, Or) else (node,))
    )


def _values(member: Member) -> str:
    if member.range is not None:
        return f"its values are {member.range[0]} to {member.range[1]}"
    return "its values are " + ", ".join(f"`{one}`" for one in member.values)


def _short(node: Expr) -> str:
    text = written(node)
    return text if len(text) <= 80 else text[:79] + "…"
