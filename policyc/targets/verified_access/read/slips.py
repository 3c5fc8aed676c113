"""Values in Cedar text that are written down wrong: the judgements that the language's rules make, at the places of the text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from policyc.diagnostics import Diagnostic, Diagnostics, Edit, Fix, Severity
from policyc.syntax.cedar_literals import quoted
from policyc.syntax.cedar_nodes import Compare, Expr, Get, Has, Like, Lit, Method, SetOf, path_of
from policyc.syntax.cedar_printer import pattern_text, written
from policyc.targets.verified_access.read.kinds import is_group_id
from policyc.targets.verified_access.read.templates import is_template
from policyc.targets.verified_access.read.typing import Path
from policyc.targets.verified_access.slips import (
    HOST,
    NOT_A_HOST_NAME,
    PATTERN_WITHOUT_STAR,
    STORE_PREFIX,
    WILDCARD_WITHOUT_LIKE,
    Slip,
    host_name,
    starred,
    store_prefix,
    without_star,
)
from policyc.text import Span


def check_slips(nodes: Sequence[Expr], diagnostics: Diagnostics) -> None:
    """Report the slips in all tests of one statement."""
    for node in nodes:
        match node:
            case Like(of, pattern):
                if path := path_of(of):
                    _check_pattern(path, pattern_text(pattern), pattern, node, diagnostics)
            case Has(_, (name,)) | Get(_, name):
                slip = store_prefix(name) if is_group_id(name) else None
                if slip is not None:
                    diagnostics.add(Diagnostic(STORE_PREFIX, slip.message, node.name_span, slip.help, Severity.INFO))
            case _:
                for subject, literal in _equalities(node):
                    _check_value(subject, literal, diagnostics)


def is_email(path: Path) -> bool:
    """Whether a path names a user's e-mail address."""
    return path[-1:] == ("email",) or path[-2:] == ("email", "address")


def _equalities(node: Expr) -> Iterator[tuple[Expr, Lit]]:
    """The texts that a node compares as a whole, each with what it is compared with."""
    sides: tuple[tuple[Expr, Expr], ...]
    match node:
        case Compare("==" | "!=", left, right):
            sides = ((left, right), (right, left))
        case Method(SetOf(items), "contains", _, (arg,)):
            sides = tuple((arg, item) for item in items)
        case Method(of, "contains", _, (arg,)):
            sides = ((of, arg),)
        case Method(of, "containsAll" | "containsAny", _, (SetOf(items),)):
            sides = tuple((of, item) for item in items)
        case _:
            sides = ()
    for subject, literal in sides:
        if path_of(subject) and isinstance(literal, Lit) and isinstance(literal.value, str):
            yield subject, literal


def _check_value(subject: Expr, literal: Lit, diagnostics: Diagnostics) -> None:
    text = str(literal.value)
    if is_template(text) or any(item.span == literal.span for item in diagnostics):
        return  # said already
    slip = host_name(text) if ".".join(path_of(subject) or ()) == HOST else None
    if slip is not None:
        _report(NOT_A_HOST_NAME, slip, literal.span, diagnostics)
        return
    slip = starred(text, f"{written(subject)} like {quoted(text)}")
    if slip is not None:
        _report(WILDCARD_WITHOUT_LIKE, slip, literal.span, diagnostics)


def _check_pattern(path: Path, shown: str, pattern: Sequence[str | None], node: Like, diagnostics: Diagnostics) -> None:
    text = shown[1:-1]
    if is_template(text):
        return
    host = ".".join(path) == HOST
    slip = host_name(text, True) if host else None
    rule = NOT_A_HOST_NAME
    if slip is None:
        rule = PATTERN_WITHOUT_STAR
        kind = "host" if host else "email" if is_email(path) else ""
        slip = without_star(pattern, text, kind, f"{written(node.of)} == {shown}")
    if slip is not None:
        _report(rule, slip, node.pattern_span, diagnostics)


def _report(rule: str, slip: Slip, span: Span, diagnostics: Diagnostics) -> None:
    fix = Fix(f"write `{slip.better}`", (Edit(span, f'"{slip.better}"'),)) if slip.better else None
    diagnostics.warning(rule, slip.message, span, slip.help, fix=fix)
