"""The condition keys that our vocabularies know, by their native names.

Source: the vocabularies under `schemas/`; service authorization reference of each service.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from policyc.engines.iam.globs import fold
from policyc.model.vocabulary import Attribute, load_vocabulary
from policyc.record import record

#: prefixes of condition keys that the vocabularies list completely
KEY_SERVICES = frozenset({"aws", "vpc-lattice-svcs", "s3-object-lambda"})


@record
class Keys:
    """Condition keys by folded name: plain ones, and families by the prefix before their key (`aws:principaltag/`)."""

    plain: Mapping[str, Attribute]
    families: Mapping[str, Attribute]

    def find(self, key: str) -> Attribute | None:
        """The documented key that `key` spells, whatever its letter case; of a family, the one for its own part."""
        folded = fold(key)
        known = self.plain.get(folded)
        if known is not None:
            return known
        for prefix, family in self.families.items():
            if folded.startswith(prefix):
                return family.with_key(key[len(prefix) :])
        return None

    def names(self, service: str) -> list[str]:
        """The documented names under one prefix, for hints."""
        every = (*self.plain.values(), *self.families.values())
        return [item.native for item in every if item.native.lower().startswith(f"{service}:")]


@cache
def known_keys() -> Keys:
    """Every condition key that a vocabulary names."""
    found: dict[str, Attribute] = {}
    for item in load_vocabulary("identity").attributes.values():
        if item.native:
            found.setdefault(item.native.lower(), item)
    plain = {name: item for name, item in found.items() if not item.keyed}
    return Keys(plain, {name: item for name, item in found.items() if item.keyed})
