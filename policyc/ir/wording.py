"""How messages call types and the left and right of a comparison."""

from __future__ import annotations

from policyc.diagnostics import Applicability, Edit, Fix, rewritten
from policyc.model.types import EnumOf, Type
from policyc.syntax import nodes
from policyc.syntax.literals import quote
from policyc.text import Span


def article(kind: Type) -> str:
    """A type with its article; an enumeration as its words."""
    if isinstance(kind, EnumOf):
        return f"one of {kind}"
    text = str(kind)
    return f"an `{text}`" if text[0] in "aeio" else f"a `{text}`"


def text_of(expr: nodes.Expr) -> str:
    """A reference as it is written; a longer expression is not repeated."""
    return expr.text if isinstance(expr, nodes.Ref) else "…"


def of_many(name: str, op: str, right: nodes.Expr, negate: bool) -> tuple[str, str]:
    """What to write for a comparison of the attribute `name`, which has many values, with `right`: for people, and the whole text where there is one."""
    if isinstance(right, nodes.ListOf) and op in ("==", "in"):
        test = f"any {name} in {shown(right)}"
    elif op == "==":
        test = f"{shown(right)} in {name}"
    else:
        return f"write `any {name} {op} …` or `all {name} {op} …`", ""
    whole = "" if negate or "…" in test else test
    return f"write `not ({test})`" if negate else f"write `{test}`", whole


def without_quantifier(node: nodes.Quantified) -> Fix:
    """`any` and `all` say nothing of an attribute with one value."""
    quantifier = Span(node.span.file, node.span.start, node.subject.span.start)
    return Fix(f"drop `{node.quantifier}`", (Edit(quantifier, ""),), Applicability.SAFE)


def turned_pattern(node: nodes.Compare, negate: bool) -> tuple[str, Fix | None]:
    """What to write for `"x*" like attribute`."""
    test = f"{text_of(node.right)} like {shown(node.left)}"
    return f"write `{test}`", None if negate or "…" in test else rewritten(node.span, test)


def turned_quantifier(node: nodes.Quantified) -> Fix | None:
    """`any x not in […]` is `not (all x in […])`."""
    other, op = "all" if node.quantifier == "any" else "any", "==" if node.op == "!=" else node.op.removeprefix("not ")
    test = f"not ({other} {text_of(node.subject)} {op} {shown(node.right)})"
    return None if "…" in test else rewritten(node.span, test)


def shown(node: nodes.Expr) -> str:
    """A value as it is written."""
    match node:
        case nodes.Str(value):
            return quote(value)
        case nodes.ListOf(items):
            return "[" + ", ".join(shown(item) for item in items) + "]"
        case _:
            return text_of(node)
