"""`aws_networkmanager_core_network_policy_document`: its blocks as the JSON that the provider makes of them.

A table says which argument becomes which key; what the provider adds by itself (`isolate-attachments`, `require-attachment-acceptance`,
`vpn-ecmp-support`) is added here too. Held against the provider in `tests/carriers/terraform`.
Source: https://registry.terraform.io/providers/hashicorp/aws/latest/docs/data-sources/networkmanager_core_network_policy_document
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Final

from policyc.carriers.terraform.bodies import Inner, blocks_of, refuse_others
from policyc.carriers.terraform.expressions import Work
from policyc.carriers.terraform.values import Bool, Entry, Fields, Items, Number, Text, Value, plain_text
from policyc.holes import has_hole
from policyc.record import record

_VERSION: Final = "2021.12"


@record
class Shape:
    """What a kind of block becomes: arguments by name, blocks by name (one, or a list of them), and what stands there when nothing is written."""

    arguments: Mapping[str, str]
    one: Mapping[str, tuple[str, Shape]] = MappingProxyType({})
    many: Mapping[str, tuple[str, Shape]] = MappingProxyType({})
    defaults: Mapping[str, bool] = MappingProxyType({})


_ACCEPTANCE: Final = "require-attachment-acceptance"


def _dashed(*names: str) -> dict[str, str]:
    return {name: name.replace("_", "-") for name in names}


_OVERRIDE: Final = Shape(
    {"edge_sets": "edge-sets", "use_edge": "use-edge-location", "use_edge_location": "use-edge-location"}
)
_MATCH: Final = Shape(_dashed("type", "value"))
_RULE: Final = Shape(
    _dashed("condition_logic"),
    one={"action": ("action", _MATCH)},
    many={"match_conditions": ("match-conditions", _MATCH)},
)
_DOCUMENT: Final = Shape(
    {"version": "version"},
    one={
        "core_network_configuration": (
            "core-network-configuration",
            Shape(
                _dashed(
                    "asn_ranges",
                    "inside_cidr_blocks",
                    "vpn_ecmp_support",
                    "dns_support",
                    "security_group_referencing_support",
                ),
                many={"edge_locations": ("edge-locations", Shape(_dashed("location", "asn", "inside_cidr_blocks")))},
                defaults={"vpn-ecmp-support": True},
            ),
        )
    },
    many={
        "routing_policies": (
            "routing-policies",
            Shape(
                _dashed(
                    "routing_policy_name",
                    "routing_policy_description",
                    "routing_policy_direction",
                    "routing_policy_number",
                ),
                many={
                    "routing_policy_rules": (
                        "routing-policy-rules",
                        Shape(_dashed("rule_number"), one={"rule_definition": ("rule-definition", _RULE)}),
                    )
                },
            ),
        ),
        "attachment_routing_policy_rules": (
            "attachment-routing-policy-rules",
            Shape(
                _dashed("rule_number", "description", "edge_locations"),
                one={"action": ("action", Shape(_dashed("associate_routing_policies")))},
                many={"conditions": ("conditions", _MATCH)},
            ),
        ),
        "segments": (
            "segments",
            Shape(
                _dashed(
                    "name",
                    "description",
                    "edge_locations",
                    "isolate_attachments",
                    "require_attachment_acceptance",
                    "allow_filter",
                    "deny_filter",
                ),
                defaults={"isolate-attachments": False, _ACCEPTANCE: True},
            ),
        ),
        "network_function_groups": (
            "network-function-groups",
            Shape(_dashed("name", "description", "require_attachment_acceptance")),
        ),
        "segment_actions": (
            "segment-actions",
            Shape(
                {
                    **_dashed("action", "description", "segment", "mode", "destination_cidr_blocks", "destinations"),
                    **_dashed("share_with", "routing_policy_names"),
                    "share_with_except": "share-with",
                },
                one={
                    "when_sent_to": ("when-sent-to", Shape(_dashed("segments"))),
                    "edge_location_association": (
                        "edge-location-association",
                        Shape(_dashed("edge_location", "peer_edge_location", "routing_policy_names")),
                    ),
                    "via": (
                        "via",
                        Shape(
                            _dashed("network_function_groups"),
                            many={"with_edge_override": ("with-edge-overrides", _OVERRIDE)},
                        ),
                    ),
                },
            ),
        ),
        "attachment_policies": (
            "attachment-policies",
            Shape(
                _dashed("rule_number", "description", "condition_logic"),
                one={
                    "action": (
                        "action",
                        Shape(
                            _dashed(
                                "association_method",
                                "segment",
                                "tag_value_of_key",
                                "require_acceptance",
                                "add_to_network_function_group",
                            )
                        ),
                    )
                },
                many={"conditions": ("conditions", Shape(_dashed("type", "operator", "key", "value")))},
            ),
        ),
    },
)
#: what conditions of routing policies take as numbers
_NUMERIC: Final = frozenset({"asn-in-as-path", "med-equals"})
#: arguments that are left out when they are false, as the provider does
_WHEN_TRUE: Final = frozenset({"require_acceptance"})


def core_network_document(whole: Inner, work: Work) -> Value:
    """The document of a data source. Raises Failed."""
    made = _made(whole, _DOCUMENT, work)
    if made.get("version") is None:
        version = Entry("version", whole.place, plain_text(_VERSION, whole.place))
        made = Fields((version, *made.entries), made.span)
    return made


def _made(inner: Inner, shape: Shape, work: Work) -> Fields:
    entries: dict[str, Entry] = {}
    refuse_others(inner, {*shape.arguments, *shape.one, *shape.many}, work)
    for name, key in shape.arguments.items():
        found = inner.argument(name, work)
        if found is None or (name in _WHEN_TRUE and isinstance(found[1], Bool) and not found[1].value):
            continue
        value = _value(name, found[1])
        if not (isinstance(value, Items) and not value.values and not value.open):
            entries[key] = Entry(key, found[0].name_span, value)
    for key, default in shape.defaults.items():
        entries.setdefault(key, Entry(key, inner.place, Bool(default, inner.place)))
    for name, (key, below) in shape.one.items():
        for block in blocks_of(inner.body, name, inner.scope, work):
            entries[key] = Entry(key, block.place, _made(block, below, work))
    for name, (key, below) in shape.many.items():
        made = tuple(_made(block, below, work) for block in blocks_of(inner.body, name, inner.scope, work))
        if made:
            entries[key] = Entry(key, made[0].span, Items(made, inner.place))
    whole = Fields(tuple(entries.values()), inner.place)
    return _counted(whole) if shape is _MATCH else whole


def _counted(condition: Fields) -> Fields:
    """A condition with a number where one is wanted."""
    type, value = condition.get("type"), condition.get("value")
    if isinstance(type, Text) and type.value in _NUMERIC and isinstance(value, Text) and value.value.isdigit():
        place = next(entry.key_span for entry in condition.entries if entry.key == "value")
        kept = (entry for entry in condition.entries if entry.key != "value")
        return Fields((*kept, Entry("value", place, Number(Decimal(value.value), value.span))), condition.span)
    return condition


def _value(name: str, value: Value) -> Value:
    """An argument as the document has it."""
    match name, value:
        case ("share_with" | "segments", Items((Text("*") as everything, *_))):
            return everything
        case ("share_with_except", _):
            return Fields((Entry("except", value.span, value),), value.span)
        case ("asn", Text(text, _, span)) if not has_hole(text):
            try:
                return Number(Decimal(text), span)
            except InvalidOperation:
                return value
        case (
            "require_attachment_acceptance"
            | "isolate_attachments"
            | "vpn_ecmp_support"
            | "require_acceptance"
            | "dns_support"
            | "security_group_referencing_support",
            Text("true" | "false" as word, _, span),
        ):
            return Bool(word == "true", span)
        case ("rule_number" | "routing_policy_number", Text(text, _, span)) if text.isdigit():
            return Number(Decimal(text), span)
        case _:
            return value
