"""What the values of condition keys look like that no vocabulary has: of services whose requests only documents speak of."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import cache, lru_cache
from typing import Any

from policyc.data import read_json
from policyc.model.vocabulary import Attribute
from policyc.record import replace


def described(attribute: Attribute) -> Attribute:
    """The attribute with the values or the shape that its key is known to have; as it is where a vocabulary knows it, or nobody."""
    found = _known(attribute.native.lower()) if attribute.native == attribute.key else None
    if found is None:
        return attribute
    return replace(
        attribute, values=tuple(found.get("values", ())), shape=found.get("shape", ""), says=found.get("says", "")
    )


@lru_cache(maxsize=1024)
def _known(key: str) -> Mapping[str, Any] | None:
    """What is known of a key, by its name or by the one with `*` that takes it in."""
    known = _values()
    wide = key if key in known else next((name for name in known if "*" in name and fnmatchcase(key, name)), "")
    return known.get(wide)


@cache
def _values() -> Mapping[str, Mapping[str, Any]]:
    keys: dict[str, dict[str, Any]] = read_json("schemas/iam/key_values.json")["keys"]
    return keys
