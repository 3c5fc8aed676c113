"""What is documented of the attributes of a request, as the engine asks it: which kinds of values, and whether they are always there."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from policyc.engines.cedar.decide import About, Documented, Path
from policyc.engines.cedar.predicates import Kind
from policyc.model.types import Named, shapes
from policyc.targets.cedar_documents.facts import KEY, Fact

_BASES: Mapping[str, Kind] = {"int": "number", "bool": "bool"}
_RECORD: frozenset[Kind] = frozenset({"record"})


def of_facts(known: Mapping[str, Fact]) -> About:
    """The documentation of the attributes that a policy may use, and of the records that hold them."""
    return _lookup(tuple(known.values()))


@lru_cache(maxsize=256)
def _lookup(known: tuple[Fact, ...]) -> About:
    found: dict[Path, Documented] = {}
    for fact in known:
        always = fact.attribute.presence == "always"
        found[fact.path] = Documented(_kinds(fact), always, fact.attribute.values, _range(fact))
        for length in range(1, len(fact.path)):
            above = found.get(fact.path[:length])
            there = always or (above is not None and above.always)
            found[fact.path[:length]] = Documented(_RECORD, there and KEY not in fact.path[:length])
    keyed = {path: about for path, about in found.items() if KEY in path}

    def about(path: Path) -> Documented | None:
        if path in found:
            return found[path]
        return next((entry for family, entry in keyed.items() if _fits(family, path)), None)

    return about


def _range(fact: Fact) -> tuple[int, int] | None:
    return None if fact.minimum is None or fact.maximum is None else (fact.minimum, fact.maximum)


def _fits(family: Path, path: Path) -> bool:
    return len(family) == len(path) and all(step in (KEY, own) for step, own in zip(family, path, strict=True))


def _kinds(fact: Fact) -> frozenset[Kind]:
    if fact.form != "scalar":
        return frozenset({"list"}) if fact.form == "set" else _RECORD
    if fact.text_too:
        return frozenset({"number", "text"})
    if fact.attribute.type == Named("ip"):
        return frozenset({"address"})
    shape = shapes().get(str(fact.attribute.type))
    return frozenset({_BASES.get(shape.base if shape is not None else "", "text")})
