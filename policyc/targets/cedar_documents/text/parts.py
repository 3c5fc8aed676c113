"""Parts of a condition that have one value whatever the request: constants, and limits outside of what is documented."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from policyc.diagnostics import Diagnostics
from policyc.ir.authz import Cond
from policyc.syntax.cedar_nodes import And, Expr, If, Lit, Not, Or, path_of, walk
from policyc.syntax.cedar_printer import written
from policyc.targets.cedar_documents.text.constants import constant_truth, is_constant
from policyc.targets.cedar_documents.text.kinds import Member
from policyc.targets.cedar_documents.text.proof import Proof
from policyc.targets.cedar_documents.text.to_conditions import Meaning
from policyc.text import Span

#: what alternatives that a template writes one by one end with (`|| false`)
_LAST: Final = Lit(False)


def check_parts(
    condition: Expr, meaning: Meaning, proof: Proof, settled: dict[Expr, bool | None], diagnostics: Diagnostics
) -> None:
    """Report tests that nothing of the request decides, and such as no documented value passes; `settled` takes up what they come to.

    What is reported inside a test already explains it.
    """
    for node in _tests(condition):
        if is_constant(node):
            _check_constant(node, settled, diagnostics)
            continue
        member = _tested(node, meaning)
        if member is None or told_of(node.span, diagnostics) or not proof.impossible(meaning.of(node).true):
            continue
        diagnostics.error("value-never-matches", f"`{_short(node)}` never holds", node.span, values_of(member))


def check_alternatives(condition: Expr, meaning: Meaning, proof: Proof, diagnostics: Diagnostics) -> None:
    """Report alternatives of an `||` that no request can pass together with what is joined to it with `&&`, the outermost ones.

    Only what is written counts: that an earlier alternative has to be false where a later one is tried is no alternative itself.
    """
    if proof.impossible(meaning.of(condition).true):
        return  # nothing can pass: that is told of the whole
    work: list[tuple[Expr, tuple[Cond, ...]]] = [(condition, ())]
    while work:
        node, rest = work.pop()
        match node:
            case And(items):
                trues = [meaning.of(item).true for item in items]
                work += [
                    (item, (*rest, *trues[:at], *trues[at + 1 :]))
                    for at, item in enumerate(items)
                    if isinstance(item, And | Or)
                ]
            case Or(items):
                for item in items:
                    if not proof.impossible(meaning.of(item).true, *rest):
                        work.append((item, rest))
                    elif item != _LAST and not told_of(item.span, diagnostics):
                        message = "no request passes this alternative together with the rest"
                        diagnostics.error("condition-never-holds", message, item.span, "correct it, or drop it")
            case _:
                pass


def _tests(condition: Expr) -> Iterator[Expr]:
    """The tests that a condition joins, and the constants, as large as they are."""
    work = [condition]
    while work:
        node = work.pop()
        match node:
            case And(items) if not is_constant(node):
                work.extend(reversed(items))
            case Or(items) if not is_constant(node):
                work.extend(item for item in reversed(items) if item != _LAST)
            case Not(of) if not is_constant(node):
                work.append(of)
            case If(test, then, otherwise) if not is_constant(node):
                # a branch that is a constant says what comes then: `else false`
                work.extend(part for part in (otherwise, then, test) if part is test or not isinstance(part, Lit))
            case _:
                yield node


def _check_constant(node: Expr, settled: dict[Expr, bool | None], diagnostics: Diagnostics) -> None:
    if node == Lit(True):
        return
    truth = constant_truth(node)
    if truth == "unknown":
        return
    settled[node] = truth
    if truth is None or told_of(node.span, diagnostics):
        return
    rule, holds = ("cedar-always-true", "always") if truth else ("cedar-always-false", "never")
    message = f"`{_short(node)}` {holds} holds: nothing in it is of the request"
    diagnostics.warning(rule, message, node.span, "test an attribute, or remove the test")


def _tested(node: Expr, meaning: Meaning) -> Member | None:
    """What is known of the one attribute that a test is about, where its values are documented."""
    paths = {path for part in walk(node) if (path := path_of(part))}
    deepest = [path for path in paths if not any(path != other and path == other[: len(path)] for other in paths)]
    member = meaning.member(deepest[0]) if len(deepest) == 1 else None
    return member if member is not None and (member.values or member.range or member.address) else None


def told_of(span: Span, diagnostics: Diagnostics) -> bool:
    """Whether it is told of something inside a test that this has one value."""
    return any(
        item.span is not None and span.start <= item.span.start and item.span.end <= span.end and item.rule in ONE_VALUE
        for item in diagnostics
    )


#: findings that tell why a part has only one value
ONE_VALUE = frozenset(
    {
        "cedar-always-false",
        "cedar-always-true",
        "cedar-group-name",
        "value-never-matches",
        "cedar-no-entities",
        "cedar-swapped-range",
        "cedar-type-mismatch",
        "cedar-unknown-attribute",
        "cedar-unlike-kinds",
    }
)


def values_of(member: Member) -> str:
    """The documented values of an attribute, in words."""
    if member.range is not None:
        return f"its values are {member.range[0]} to {member.range[1]}"
    if member.usual is not None:
        return f"its values are {member.usual[0]} to {member.usual[1]}"
    if member.address:
        return "its values are single addresses"
    return "its values are " + ", ".join(f"`{one}`" for one in member.values)


def _short(node: Expr) -> str:
    text = written(node)
    return text if len(text) <= 80 else text[:79] + "…"
