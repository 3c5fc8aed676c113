"""Cedar text that means something which Cedar writes in another way: names with hyphens and colons, `has` as a function, fractions, `null`,
methods of other languages."""

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
#: How other languages call what is not there.
NOTHING: Final = frozenset({"null", "nil", "None", "undefined"})
_COMPARED: Final = regex(r"(context[\w.]*|[\w.]+)(?:\.(\w+)|\[\"([^\"]*)\"\])\s*(==|!=)\s*$")
#: Methods that Cedar lacks: the pattern that stands for one, or what to do.
FOREIGN_METHODS: Final = {
    "startsWith": "{}*",
    "endsWith": "*{}",
    "includes": "use `.contains(…)` on a set, `like` on text",
    "toLower": "Cedar compares text as it is; list the spellings",
    "toLowerCase": "Cedar compares text as it is; list the spellings",
    "toUpper": "Cedar compares text as it is; list the spellings",
    "matches": "write `like`, whose only wildcard is `*`",
    "equals": "write `==`",
    "length": "Cedar cannot count; `.isEmpty()` asks whether a set is empty",
    "size": "Cedar cannot count; `.isEmpty()` asks whether a set is empty",
}
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
    """The mistake of a name at `start` behind `of` and a dot that begins with a digit, None for any other; behind a number it is a fraction."""
    found = _ODD_NAME.match(source.text, start)
    if found is not None and isinstance(of, Lit) and type(of.value) is int:
        written = f"{_text(of, source)}.{found[0]}"
        help = f'write a whole number, or compare `decimal("{written}")` by its methods, such as `.lessThan(…)`'
        return CedarMistake(
            "cedar-syntax",
            f"`{written}` is a fraction, and numbers of Cedar are whole",
            source.span(of.span.start, found.end()),
            help,
        )
    if found is None or not isinstance(of, Get | Var):
        return None
    better = f'{_text(of, source)}["{found[0]}"]'
    fix = Fix(f"write `{better}`", (Edit(source.span(of.span.start, found.end()), better),))
    message = f"`{found[0]}` cannot follow a dot: it begins with a digit"
    return CedarMistake("cedar-attribute-name", message, source.span(start, found.end()), f"write `{better}`", fix)


def nothing(name: str, at: Span, source: Source) -> CedarMistake:
    """`context.idp.email == null`: Cedar asks with `has` whether there is a value."""
    found = _COMPARED.search(source.text, max(0, at.start - 300), at.start)
    message = f"Cedar has no `{name}`: `has` asks whether an attribute is there"
    if found is None:
        return CedarMistake("cedar-unknown-variable", message, at, "write such as `context.idc has groups`")
    better = f"{found[1]} has {_named(found[2] or found[3])}"
    better = f"!({better})" if found[4] == "==" else better
    fix = Fix(f"write `{better}`", (Edit(source.span(found.start(), at.end), better),))
    return CedarMistake("cedar-unknown-variable", message, at, f"write `{better}`", fix)


def foreign_method(name: str, of: Expr, args: Sequence[Expr], at: Span, whole: Span, source: Source) -> CedarMistake:
    """`x.startsWith("a")`: what to write for it."""
    help, fix = FOREIGN_METHODS[name], None
    if "{}" in help:
        match args:
            case (Lit(str()) as text,):
                pattern = help.format(_text(text, source)[1:-1].replace("*", "\\*"))
                help = f'{_text(of, source)} like "{pattern}"'
                fix = Fix(f"write `{help}`", (Edit(whole, help),))
            case _:
                help = f'like "{help.format("text")}"'
        help = f"write `{help}`"
    return CedarMistake("cedar-unknown-method", f"Cedar has no method `{name}`", at, help, fix)


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
