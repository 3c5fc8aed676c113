"""How messages call types and the left and right of a comparison."""

from __future__ import annotations

from policyc.model.types import EnumOf, Type
from policyc.syntax import nodes


def article(kind: Type) -> str:
    """A type with its article; an enumeration as its words."""
    if isinstance(kind, EnumOf):
        return f"one of {kind}"
    text = str(kind)
    return f"an `{text}`" if text[0] in "aeio" else f"a `{text}`"


def text_of(expr: nodes.Expr) -> str:
    """A reference as it is written; a longer expression is not repeated."""
    return expr.text if isinstance(expr, nodes.Ref) else "…"
