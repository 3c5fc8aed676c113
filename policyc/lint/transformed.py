"""What goes through the function of an Object Lambda access point. Source: Object Lambda reference, section 5."""

from __future__ import annotations

from collections.abc import Iterator

from policyc.lint.places import name_of
from policyc.lint.rule import Lint
from policyc.model.values import Resource, Value
from policyc.text import Span

ACCESS_POINT = "object_lambda.access_point"


def access_points(lint: Lint) -> Iterator[Resource]:
    """Every declared Object Lambda access point."""
    return (item for item in lint.program.resources.values() if item.type == ACCESS_POINT)


def transformed(resource: Resource) -> set[str]:
    """The calls that the function transforms; GetObject when none are declared."""
    value = resource.get("actions")
    if value is None or not isinstance(value.data, tuple):
        return {"GetObject"}
    return {str(item.data) for item in value.data if isinstance(item, Value)}


def actions_span(lint: Lint, resource: Resource) -> Span:
    """The declared `actions`, else the name."""
    value = resource.get("actions")
    return value.span if value is not None else name_of(lint, resource)
