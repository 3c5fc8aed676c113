"""Resources that are one statement of a policy which the service keeps, by their type."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from policyc.carriers.cloudformation import event_bus, permissions
from policyc.carriers.cloudformation.lowering import Lowering
from policyc.carriers.cloudformation.template import Resource
from policyc.record import record
from policyc.syntax.json_tree import JsonValue

#: makes a document with the one statement; None where what it has to have is missing. Raises Stop.
Read: TypeAlias = Callable[[Resource, Lowering], "JsonValue | None"]


@record
class Stated:
    """`kind` is that of the whole document which the service keeps."""

    kind: str
    read: Read


STATEMENTS: Final[Mapping[str, Stated]] = {
    **dict.fromkeys(permissions.ON, Stated("function", permissions.statement_of)),
    event_bus.POLICY: Stated("resource", event_bus.statement_of),
}
