"""The words that our vocabularies know for raw documents: actions of the services that they list whole.

Source: the vocabularies under `schemas/`; service authorization reference of each service.
"""

from __future__ import annotations

from functools import cache

from policyc.model.vocabulary import load_vocabulary

#: services whose actions the vocabularies list completely
_WHOLE = {"lattice": "vpc-lattice-svcs", "object_lambda": "s3-object-lambda"}


@cache
def actions(service: str) -> tuple[str, ...]:
    """Every action of a service without its prefix, sorted; empty for services that no vocabulary lists whole."""
    folder = next((name for name, prefix in _WHOLE.items() if prefix == service), None)
    if folder is None:
        return ()
    verbs = (verb for kind in load_vocabulary(folder).resource_types.values() for verb in kind.verbs.values())
    return tuple(sorted({verb.action.partition(":")[2] for verb in verbs if verb.action.startswith(f"{service}:")}))
