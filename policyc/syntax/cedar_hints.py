"""Cedar text that means something which Cedar writes in another way: names with hyphens and colons, `has` as a function."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from policyc.diagnostics import Edit, Fix
from policyc.regex import regex
from policyc.syntax.cedar_lexer import CedarMistake
from policyc.syntax.cedar_nodes import Expr, Get, Lit, Var
from policyc.text import Source, Span

#: A name that goes on behind hyphens and colons, all in one piece.
_LONG_NAME: Final = regex(r"[A-Za-z0-9_]+(?:(?:-|::?)[A-Za-z0-9_]+)+")
_ODD_NAME: Final = regex(r"[0-9][A-Za-z0-9_-]*[A-Za-z0-9_]|[0-9]")
#: How other languages call the question that Cedar asks with `has`.
PRESENCE: Final = frozenset({"has", "exists", "defined", "isset", "isPresent", "hasAttribute", "has_attribute"})


def long_name(source: Source, of: Expr, start: int, asks: bool, variables: Sequence[str]) -> CedarMistake | None:
    """The mistake of a name at `start` that holds hyphens or colons, None where a subtraction may be meant; it follows `of` and a dot, or
    a `has` (then it `asks`)."""
    found = _LONG_NAME.match(source.text, start)
    if found is None:
        return None
    name, end = found[0], found.end()
    second = re.split(r"-|::?", name)[1]
    plain = name.count("-") == 1 and ":" not in name and second.isdigit() and source.text[end : end + 1] != "."
    if second in variables or plain:
        return None
    sign = "-" if "-" in name else ":"
    why = "reads as a subtraction" if sign == "-" else f"cannot stand there: `{sign}` is no part of a plain name"
    better = f'{_text(of, source)} has "{name}"' if asks else f'{_text(of, source)}["{name}"]'
    fix = Fix(f"write `{better}`", (Edit(source.span(of.span.start, end), better),))
    return CedarMistake("cedar-attribute-name", f"`{name}` {why}", source.span(start, end), f"write `{better}`", fix)


def odd_name(source: Source, of: Expr, start: int) -> CedarMistake | None:
    """The mistake of a name at `start` behind `of` and a dot that begins with a digit, None for any other."""
    found = _ODD_NAME.match(source.text, start)
    if found is None or not isinstance(of, Get | Var):
        return None
    better = f'{_text(of, source)}["{found[0]}"]'
    fix = Fix(f"write `{better}`", (Edit(source.span(of.span.start, found.end()), better),))
    message = f"`{found[0]}` cannot follow a dot: it begins with a digit"
    return CedarMistake("cedar-attribute-name", message, source.span(start, found.end()), f"write `{better}`", fix)


def presence(name: str, of: Expr | None, args: Sequence[Expr], at: Span, whole: Span, source: Source) -> CedarMistake:
    """`has(context.idp.groups)` and `context.idp.exists("groups")`: what to write for them. `at` is the name, `whole` all of it."""
    parts = [*([of] if of is not None else []), *args]
    better = ""
    match parts:
        case [subject, Lit(str(attribute))]:
            better = f"{_text(subject, source)} has {_named(attribute)}"
        case [Get(subject, attribute)]:
            better = f"{_text(subject, source)} has {_named(attribute)}"
        case _:
            pass
    kind = "function" if of is None else "method"
    return CedarMistake(
        f"cedar-unknown-{kind}",
        f"Cedar has no {kind} `{name}`: `has` stands between the two",
        at,
        f"write `{better}`" if better else "write such as `context.idc has groups`",
        Fix(f"write `{better}`", (Edit(whole, better),)) if better else None,
    )


def _text(node: Expr, source: Source) -> str:
    return source.text[node.span.start : node.span.end]


def _named(name: str) -> str:
    from policyc.syntax.cedar_printer import attribute

    return attribute(name)
