"""Reductions -> nodes: one function per grammar alternative, called bottom-up while the parse runs.

A function gets the `Build`, the offsets of the text it covers, and the values of its symbols: a token is its index
(`int`), a nonterminal is what its function gave back. Functions are found by the name that the grammar's alias gives.
Here the grammar's looseness ends: what it lets through and the language does not is reported, and a node is built all
the same, so that parsing goes on.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, TypeAlias

from policyc.syntax import build_declarations, build_expressions, build_tests
from policyc.syntax.table import load_table

Action: TypeAlias = Callable[..., Any]


@cache
def load_actions() -> tuple[Action | None, ...]:
    """The function of every rule in the table's order; None where a lone symbol passes its value on.

    A rule without a function is a mistake in the grammar or here, and raises AttributeError when it is used.
    """
    usual = (build_expressions, build_declarations, build_tests)
    return tuple((_find(name, usual) or _rare(name)) if name else None for _, _, name in load_table().rules)


def _find(name: str, modules: tuple[Any, ...]) -> Action | None:
    found = (getattr(module, f"build_{name}", None) for module in modules)
    return next((function for function in found if function is not None), None)


def _rare(name: str) -> Action:
    """The function of a construct that few files have; what builds those is imported when one is met."""

    def build(*arguments: Any) -> Any:
        return _loaded(name)(*arguments)

    return build


@cache
def _loaded(name: str) -> Action:
    from policyc.syntax import build_networks, build_proofs

    found = _find(name, (build_networks, build_proofs))
    if found is None:
        raise AttributeError(f"no function builds `{name}`")
    return found
