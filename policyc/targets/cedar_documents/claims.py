"""Trust data that a project declares itself, with its type: `okta.department: string`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from policyc.data import read_json
from policyc.diagnostics import Diagnostics, Label, did_you_mean
from policyc.model.values import Resource, Value
from policyc.targets.cedar_documents.facts import split_name


@cache
def claim_types() -> Mapping[str, Mapping[str, Any]]:
    """What declared data can be, by the word of the language: `type`, `many`, and `form` where it is a set."""
    found: Mapping[str, Mapping[str, Any]] = read_json("schemas/cedar/claims.json")
    return found


def entries(resource: Resource, name: str) -> tuple[tuple[str, Value], ...]:
    """The pairs of a record field, empty when it is absent."""
    value = resource.get(name)
    if value is None or not isinstance(value.data, tuple):
        return ()
    return tuple(pair for pair in value.data if isinstance(pair, tuple))


def declared(resource: Resource, field: str, source: str) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    """The steps of each well-formed entry of a field, with an entry as trust data has it."""
    for key, value in entries(resource, field):
        steps = split_name(key)
        kind = claim_types().get(str(value.data))
        if steps is not None and len(steps) > 1 and kind is not None:
            doc = f"claim declared on the {resource.type.rpartition('.')[2]}, {value.data}"
            yield steps, {**kind, "doc": doc, "source": source}


def check_kind(value: Value, diagnostics: Diagnostics) -> None:
    """Report a type that no claim has."""
    words = claim_types()
    if isinstance(value.data, str) and value.data in words:
        return
    shown = value.data if isinstance(value.data, str) else "this"
    diagnostics.error(
        "unknown-claim-type",
        f"`{shown}` is no type of claim",
        value.span,
        did_you_mean(str(shown), words, "use one of " + ", ".join(f"`{word}`" for word in words)),
    )


def check_apart(
    key: str, steps: tuple[str, ...], value: Value, taken: dict[tuple[str, ...], Value], diagnostics: Diagnostics
) -> None:
    """Report a claim that lies inside another one of `taken`, and take it."""
    for other, first in taken.items():
        if other[: len(steps)] == steps or steps[: len(other)] == other:
            diagnostics.error(
                "claim-inside-claim",
                f"`{key}` and another claim lie inside one another",
                value.span,
                "declare the innermost claims only",
                (Label(first.span, "the other one"),),
            )
    taken[steps] = value
