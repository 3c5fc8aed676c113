"""Requests in their author's words: principals, accounts and other identifiers by the names that a file declares for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from policyc.diagnostics import Diagnostics
from policyc.model.scope import Scope
from policyc.model.types import BOOL, DECIMAL, INT, STRING, Named
from policyc.model.values import Principal
from policyc.syntax import nodes
from policyc.syntax.literals import quote

#: a request of the language: its fields in order, each with its value as text
Fields = tuple[tuple[str, str], ...]
#: types whose values say by themselves what they are
_WIDE: Final = (STRING, INT, DECIMAL, BOOL)


def in_words(scope: Scope, fields: Fields) -> Fields:
    """The request with the names that a file sees, as somebody who writes there would call things."""
    principals, values = _names(scope)
    out: list[tuple[str, str]] = []
    for name, text in fields:
        if name != "who":
            out.append((name, values.get(text, text)))
        elif text in principals:
            out.append((name, principals[text]))
        else:
            call, _, rest = text.partition("(")
            account, found, more = rest.partition(", ") if ", " in rest else (rest.removesuffix(")"), "", "")
            out.append((name, f"{call}({values[account]}{found}{more or ')'}" if account in values else text))
    return tuple(out)


def _names(scope: Scope) -> tuple[dict[str, str], dict[str, str]]:
    """Names by what they stand for, the first one that a file sees: of principals by their constructor, of identifiers by their text."""
    principals: dict[str, str] = {}
    values: dict[str, str] = {}
    silent = Diagnostics()
    for name, definition in scope.table.items():
        if not isinstance(definition.node, nodes.PrincipalDecl | nodes.Let):
            continue
        value = scope.definition_value(definition, silent)
        if value is None:
            continue
        if isinstance(value.data, Principal):
            if not value.data.is_pattern:
                principals.setdefault(constructor(value.data.kind, value.data.args), name)
        elif isinstance(value.data, str) and isinstance(value.type, Named) and value.type not in _WIDE:
            values.setdefault(quote(value.data), name)
    return principals, values


def constructor(kind: str, args: Sequence[str]) -> str:
    """A principal as the language writes it out."""
    return f"{kind}({', '.join(map(quote, args))})"
