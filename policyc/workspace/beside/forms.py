"""What the values of parameters have to look like where they stand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from policyc.ir.raw_forms import RAW
from policyc.model.scope import CONCAT
from policyc.model.types import Named
from policyc.model.vocabulary import ResourceType
from policyc.syntax import nodes
from policyc.targets.registry import TARGETS, back_end
from policyc.workspace.beside.literals import below

#: what stands in a part of an ARN, by the colons before it
_IN_ARN: Final = {3: "region", 4: "account"}
_ARN: Final = Named("arn")


def forms_of(modules: Iterable[nodes.Module], kinds: Mapping[str, ResourceType]) -> dict[str, str]:
    """What values have to look like where names stand, by name: the pattern of a field, or a word of `parameters.form`."""
    found: dict[str, str] = {}
    for module in modules:
        for node in module.declarations:
            if isinstance(node, nodes.Policy):
                found.update(_forms_in(node))
            kind = kinds.get(node.type.text) if isinstance(node, nodes.Resource) else None
            for entry in node.fields.entries if kind is not None and isinstance(node, nodes.Resource) else ():
                field = kind.fields.get(entry.key.text) if kind is not None else None
                if field is not None and field.pattern and isinstance(entry.value, nodes.Ref) and entry.value.simple:
                    found[entry.value.simple] = field.pattern
    return found


def _forms_in(policy: nodes.Policy) -> Iterator[tuple[str, str]]:
    """The names in a policy that are the whole of a native text, or its account or Region, or a pattern of ARNs."""
    attributes = back_end(policy.target.text).vocabulary().attributes if policy.target.text in TARGETS else {}
    for node in below(policy):
        match node:
            case nodes.ListClause("on", items):
                for item in items:
                    if isinstance(item, nodes.Call) and item.function.text == RAW:
                        yield from _forms_of_arn(item.args[0])
            case nodes.ListClause("who", items):
                for item in items:
                    match item:
                        case nodes.Call(function, (nodes.Str("AWS"), nodes.Ref() as given)) if function.text == RAW:
                            if given.simple:
                                yield given.simple, "principal"
            case nodes.Compare("like" | "not like", nodes.Ref() as left, nodes.Ref() as right) if right.simple:
                tested = attributes.get(left.text)
                if tested is not None and tested.type == _ARN:
                    yield right.simple, "arn"


def _forms_of_arn(value: nodes.Expr) -> Iterator[tuple[str, str]]:
    match value:
        case nodes.Ref() if value.simple:
            yield value.simple, "resource"
        case nodes.Call(function, parts) if function.text == CONCAT:
            if isinstance(parts[0], nodes.Ref) and parts[0].simple:
                yield parts[0].simple, "arn"
            before = 0  # colons
            for part in parts:
                if isinstance(part, nodes.Ref) and part.simple and before in _IN_ARN:
                    yield part.simple, _IN_ARN[before]
                before += part.value.count(":") if isinstance(part, nodes.Str) else 0
