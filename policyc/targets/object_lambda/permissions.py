"""Which permissions a statement speaks of, and which of them run the function.

Source: Object Lambda reference, sections 4 and 5.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from policyc.ir.authz import Statement
from policyc.model.vocabulary import load_vocabulary
from policyc.targets.object_lambda.operations import ANSWER, OLAP, TRANSFORMABLE, versions
from policyc.targets.object_lambda.resources import OLAP as OLAP_TYPE


@cache
def every_permission() -> tuple[str, ...]:
    """The actions of an Object Lambda access point without their service, sorted."""
    verbs = load_vocabulary("object_lambda").resource_types[OLAP_TYPE].verbs
    return tuple(sorted({verb.action.removeprefix(f"{OLAP}:") for verb in verbs.values()}))


def permissions(statement: Statement) -> frozenset[str]:
    """The actions of the statement's `can`, without their service; all when it has none."""
    if statement.can is None or not (statement.can.verbs or statement.can.negated):
        return frozenset(every_permission())
    named = frozenset(verb.action.removeprefix(f"{OLAP}:") for verb in statement.can.verbs)
    return frozenset(every_permission()) - named if statement.can.negated else named


def onward(granted: Iterable[str]) -> frozenset[str]:
    """The permissions that lead to a request further down the chain: all but the function's own answer."""
    return frozenset(granted) - {ANSWER}


def transformed_permissions(transformed: Iterable[str]) -> frozenset[str]:
    """The permissions whose requests may run the function."""
    return frozenset(name for call in transformed for name in versions(TRANSFORMABLE[call]))
