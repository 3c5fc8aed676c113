"""The words that our vocabularies know for raw documents: actions of the services that they list whole, and condition keys.

Source: the vocabularies under `schemas/`; service authorization reference of each service.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from policyc.model.vocabulary import Attribute, load_vocabulary
from policyc.record import record

#: services whose actions the vocabularies list completely
_WHOLE = {"lattice": "vpc-lattice-svcs", "object_lambda": "s3-object-lambda"}
#: prefixes of condition keys that the vocabularies list completely
KEY_SERVICES = frozenset({"aws", "vpc-lattice-svcs", "s3-object-lambda"})


@record
class Keys:
    """Condition keys by folded name: plain ones, and families by the prefix before their key (`aws:principaltag/`)."""

    plain: Mapping[str, Attribute]
    families: Mapping[str, Attribute]

    def find(self, key: str) -> Attribute | None:
        """The documented key that `key` spells, whatever its letter case."""
        folded = key.lower()
        known = self.plain.get(folded)
        if known is not None:
            return known
        return next((item for prefix, item in self.families.items() if folded.startswith(prefix)), None)

    def names(self, service: str) -> list[str]:
        """The documented names under one prefix, for hints."""
        every = (*self.plain.values(), *self.families.values())
        return [item.native for item in every if item.native.lower().startswith(f"{service}:")]


@cache
def keys() -> Keys:
    """Every condition key that a vocabulary names."""
    found: dict[str, Attribute] = {}
    for folder in ("lattice", "object_lambda", "identity"):
        for item in load_vocabulary(folder).attributes.values():
            if item.native:
                found.setdefault(item.native.lower(), item)
    plain = {name: item for name, item in found.items() if not item.keyed}
    return Keys(plain, {name: item for name, item in found.items() if item.keyed})


@cache
def actions(service: str) -> tuple[str, ...]:
    """Every action of a service without its prefix, sorted; empty for services that no vocabulary lists whole."""
    folder = next((name for name, prefix in _WHOLE.items() if prefix == service), None)
    if folder is None:
        return ()
    verbs = (verb for kind in load_vocabulary(folder).resource_types.values() for verb in kind.verbs.values())
    return tuple(sorted({verb.action.partition(":")[2] for verb in verbs if verb.action.startswith(f"{service}:")}))
