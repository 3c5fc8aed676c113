"""The words that our vocabularies know for raw documents: actions of the services that they list whole.

Source: the vocabularies under `schemas/`; service authorization reference of each service.
"""

from __future__ import annotations

from functools import cache

from policyc.targets.iam_documents.kinds import KINDS
from policyc.targets.registry import target


@cache
def actions(service: str) -> tuple[str, ...]:
    """Every action of a service without its prefix, sorted; empty for services that no vocabulary lists whole."""
    names = dict.fromkeys(kind.target for kind in KINDS.values() if kind.target and service in kind.services)
    owner = next((one for one in map(target, names) if one.service == service), None)
    if owner is None:
        return ()
    verbs = (verb for kind in owner.vocabulary().resource_types.values() for verb in kind.verbs.values())
    return tuple(sorted({verb.action.partition(":")[2] for verb in verbs if verb.action.startswith(f"{service}:")}))
