"""Core network policy documents to the network IR, every element with its place.

Strict about keys and types, tolerant of the spellings that occur in published policies: a missing `action` is a share,
`share-with: ["*"]` means `"*"`, `account` means `account-id`, MED and local preference may be digits in quotes.
Source: Cloud WAN reference, section 1.
"""

from __future__ import annotations

from policyc.diagnostics import Diagnostics, in_quotes, remove_member, rewritten, write_instead
from policyc.ir import network as ir
from policyc.ir.origin import Origin
from policyc.regex import regex
from policyc.syntax.json_text import JsonArray, JsonNumber, JsonObject, JsonString, JsonValue, parse_json
from policyc.targets.cloud_wan.fields import Fields, kind_of
from policyc.targets.cloud_wan.read_rules import read_attach_rules, read_label_rules
from policyc.text import Source, Span

TOP_KEYS = (
    "version",
    "core-network-configuration",
    "segments",
    "network-function-groups",
    "segment-actions",
    "attachment-policies",
    "attachment-routing-policy-rules",
    "routing-policies",
)
_RANGE = regex(r"[0-9]{1,10}-[0-9]{1,10}")
_CONFIGURATION_KEYS = (
    "asn-ranges",
    "inside-cidr-blocks",
    "vpn-ecmp-support",
    "dns-support",
    "security-group-referencing-support",
    "edge-locations",
)
_SEGMENT_KEYS = (
    "name",
    "description",
    "edge-locations",
    "isolate-attachments",
    "require-attachment-acceptance",
    "deny-filter",
    "allow-filter",
)
_ACTION_KEYS = {
    "share": ("action", "segment", "mode", "share-with", "routing-policy-names", "description"),
    "create-route": ("action", "segment", "destination-cidr-blocks", "destinations", "description"),
    "send-via": ("action", "segment", "mode", "when-sent-to", "via", "description"),
    "send-to": ("action", "segment", "when-sent-to", "via", "description"),
    "associate-routing-policy": ("action", "segment", "edge-location-association", "description"),
}
_POLICY_KEYS = (
    "routing-policy-name",
    "routing-policy-description",
    "routing-policy-direction",
    "routing-policy-number",
    "routing-policy-rules",
)


def read_document(source: Source, diagnostics: Diagnostics, name: str = "") -> ir.CoreNetwork | None:
    """The network of one JSON document, or None after reporting what is wrong with its shape.

    What the shape allows and the service refuses is `validate`'s to say.
    """
    found = Diagnostics()
    value = parse_json(source, found)
    network = None if value is None else read_value(value, found, name or source.file)
    diagnostics.extend(found)
    return None if found.has_errors else network


def read_value(value: JsonValue, diagnostics: Diagnostics, name: str = "") -> ir.CoreNetwork | None:
    """Like `read_document` for a tree; a result may be incomplete when errors were reported."""
    if not isinstance(value, JsonObject):
        diagnostics.error(
            "network-wrong-type",
            f"a core network policy is an object, not {kind_of(value)}",
            value.span,
            "write the document as `{ … }`",
        )
        return None
    top = Fields(value, "$", TOP_KEYS, diagnostics)
    version = _version(top)
    configuration = _configuration(top)
    segments = tuple(_segment(item) for item in top.objects("segments", _SEGMENT_KEYS, required=True, filled=True))
    groups = top.objects("network-function-groups", ("name", "description", "require-attachment-acceptance"))
    actions = _actions(top)
    policies = top.objects("routing-policies", _POLICY_KEYS)
    attach_rules = read_attach_rules(top)
    label_rules = read_label_rules(top)
    routing_policies = tuple(item for item in (_policy(entry) for entry in policies) if item is not None)
    _check_newer_sections(top, version)
    function_groups = tuple(_group(item) for item in groups)
    if version is None or configuration is None:
        return None
    return ir.CoreNetwork(
        version,
        configuration,
        tuple(item for item in segments if item is not None),
        tuple(item for item in function_groups if item is not None),
        actions,
        attach_rules,
        label_rules,
        routing_policies,
        name,
        Origin.CLOUD_WAN,
        value.span,
    )


def _version(top: Fields) -> ir.Word | None:
    raw = top.raw("version")
    if isinstance(raw, JsonNumber):
        top.refuse(
            "version",
            "network-wrong-type",
            f"the version is the number {raw.text[:20]} where a string is wanted",
            in_quotes(raw.text[:20]),
        )
        return None
    return top.word("version", required=True)


def _check_newer_sections(top: Fields, version: ir.Word | None) -> None:
    """The old version has no routing sections, not even empty ones; what stands in a filled one is `validate`'s to refuse."""
    for key in ("routing-policies", "attachment-routing-policy-rules"):
        value = top.raw(key)
        if version is not None and version.text == "2021.12" and isinstance(value, JsonArray) and not value.items:
            top.refuse(
                key,
                "network-version-feature",
                f"`{key}` needs version 2025.11, and this network is of {version.text}",
                'remove it, or set the version to "2025.11" (the service answers ADVANCED_ROUTING_UNSUPPORTED_VERSION_2021_12)',
            )


def _configuration(top: Fields) -> ir.Configuration | None:
    fields = top.object("core-network-configuration", _CONFIGURATION_KEYS, required=True)
    if fields is None:
        return None
    edges = fields.objects("edge-locations", ("location", "asn", "inside-cidr-blocks"), required=True, filled=True)
    found = [_edge(edge) for edge in edges]
    return ir.Configuration(
        asn_ranges=_asn_ranges(fields),
        edges=tuple(edge for edge in found if edge is not None),
        inside_cidrs=fields.words("inside-cidr-blocks", filled=True),
        vpn_ecmp=fields.flag("vpn-ecmp-support"),
        dns=fields.flag("dns-support"),
        security_group_referencing=fields.flag("security-group-referencing-support"),
        span=fields.span,
    )


def _asn_ranges(fields: Fields) -> tuple[ir.AsnRange, ...]:
    out: list[ir.AsnRange] = []
    for word in fields.words("asn-ranges", required=True, filled=True):
        low, dash, high = word.text.partition("-")
        if not dash or not all(part.isascii() and part.isdigit() and len(part) <= 10 for part in (low, high)):
            meant = "".join(word.text.split())
            fields.diagnostics.error(
                "asn-range",
                f"`{word.text[:40]}` is not a range of ASNs",
                word.span,
                write_instead(word.text, meant)
                if _RANGE.fullmatch(meant)
                else "write the first and the end, such as `64512-64555`",
            )
            continue
        out.append(ir.AsnRange(int(low), int(high), word.span))
    return tuple(out)


def _edge(fields: Fields) -> ir.Edge | None:
    location = fields.word("location", required=True)
    asn = fields.number("asn")
    inside = fields.words("inside-cidr-blocks", filled=True)
    return None if location is None else ir.Edge(location, asn, inside, fields.span)


def _segment(fields: Fields) -> ir.Segment | None:
    name = fields.word("name", required=True)
    segment = ir.Segment(
        name=name or ir.Word(""),
        description=fields.word("description"),
        edges=fields.words("edge-locations", filled=True),
        isolate=fields.flag("isolate-attachments"),
        acceptance=fields.flag("require-attachment-acceptance"),
        deny_filter=fields.words("deny-filter", filled=True),
        allow_filter=fields.words("allow-filter", filled=True),
        span=fields.span,
    )
    return None if name is None else segment


def _group(fields: Fields) -> ir.FunctionGroup | None:
    name = fields.word("name", required=True)
    description = fields.word("description")
    acceptance = fields.flag("require-attachment-acceptance")
    return None if name is None else ir.FunctionGroup(name, description, acceptance, fields.span)


# --- segment actions --------------------------------------------------------------------------------------------


def _actions(top: Fields) -> tuple[ir.SegmentAction, ...]:
    out: list[ir.SegmentAction] = []
    for index, item in enumerate(top.items("segment-actions")):
        place = f"$.segment-actions[{index}]"
        kind = _action_kind(item, top, place)
        fields = None if kind is None else top.nested(item, place, _ACTION_KEYS[kind])
        action = None if kind is None or fields is None else _action(kind, fields)
        if action is not None:
            out.append(action)
    return tuple(out)


def _action_kind(item: JsonValue, top: Fields, place: str) -> str | None:
    """The action's word; an entry without one is a share, the service's default."""
    if not isinstance(item, JsonObject):
        top.nested(item, place, ())
        return None
    if item.get("action") is None:
        return "share"
    every = {key for keys in _ACTION_KEYS.values() for key in keys}
    loose = Fields(JsonObject(tuple(m for m in item if m.key == "action"), item.span), place, every, top.diagnostics)
    return loose.choice("action", tuple(_ACTION_KEYS))


def _action(kind: str, fields: Fields) -> ir.SegmentAction | None:
    segment = fields.word("segment", required=True)
    description = fields.word("description")
    match kind:
        case "share":
            mode = fields.choice("mode", ("attachment-route",), required=True)
            targets = _segments(fields, "share-with", required=True)
            policies = fields.words("routing-policy-names", filled=True)
            if segment is None or targets is None or mode is None:
                return None
            return ir.Share(segment, targets, policies, description, fields.span)
        case "create-route":
            cidrs = fields.words("destination-cidr-blocks", required=True, filled=True)
            destinations = fields.words("destinations", required=True, filled=True)
            return None if segment is None else ir.CreateRoute(segment, cidrs, destinations, description, fields.span)
        case "associate-routing-policy":
            return _association(fields, segment, description)
        case _:
            return _insertion(kind, fields, segment, description)


def _insertion(
    kind: str, fields: Fields, segment: ir.Word | None, description: ir.Word | None
) -> ir.SegmentAction | None:
    mode = fields.choice("mode", ir.MODES, required=True) if kind == "send-via" else None
    when = fields.object("when-sent-to", ("segments",))
    sent_to = None if when is None else _segments(when, "segments", required=True, ignored=kind == "send-to")
    via = fields.object("via", ("network-function-groups", "with-edge-overrides"), required=True)
    if via is None:
        return None
    groups = via.words("network-function-groups", required=True, filled=True)
    found = [_override(item) for item in via.objects("with-edge-overrides", ("edge-sets", "use-edge-location"))]
    overrides = tuple(item for item in found if item is not None)
    if segment is None:
        return None
    if kind == "send-to":
        return ir.SendTo(segment, groups, sent_to, overrides, description, fields.span)
    return None if mode is None else ir.SendVia(segment, mode, groups, sent_to, overrides, description, fields.span)


def _override(fields: Fields) -> ir.EdgeOverride | None:
    use = fields.word("use-edge-location", required=True)
    sets: list[tuple[ir.Word, ...]] = []
    for index, item in enumerate(fields.items("edge-sets", required=True, filled=True)):
        place = f"{fields.path}.edge-sets[{index}]"
        if not isinstance(item, JsonArray) or not item.items:
            fields.diagnostics.error(
                "network-wrong-type",
                f"{place} is {kind_of(item)} where an array of edge locations is wanted",
                item.span,
                'write `[["us-east-1", "eu-west-1"]]`: an array of arrays',
            )
            break  # one slip: the others of the list are most likely alike
        sets.append(fields.words_of(item.items, place))
    return None if use is None else ir.EdgeOverride(tuple(sets), use, fields.span)


def _association(fields: Fields, segment: ir.Word | None, description: ir.Word | None) -> ir.AssociatePolicies | None:
    inner = fields.object(
        "edge-location-association", ("edge-location", "peer-edge-location", "routing-policy-names"), required=True
    )
    if inner is None:
        return None
    location = inner.word("edge-location", required=True)
    peer = inner.word("peer-edge-location", required=True)
    policies = inner.words("routing-policy-names", required=True, filled=True)
    if segment is None or location is None or peer is None:
        return None
    return ir.AssociatePolicies(segment, location, peer, policies, description, fields.span)


def _segments(fields: Fields, key: str, *, required: bool, ignored: bool = False) -> ir.SegmentSet | None:
    """`"*"`, a list of names, or `{"except": […]}`; a bare name is told of only where the service looks away (`ignored`)."""
    value = fields.raw(key)
    match value:
        case None:
            fields.word(key, required=required)
            return None
        case JsonString("*", span):
            return ir.SegmentSet(True, (), span)
        case JsonString(name, span) if ignored:
            fields.diagnostics.warning(
                "bare-segment-name",
                f"`{key}` is one name where a list is wanted",
                span,
                "leave `when-sent-to` out: the service ignores it under `send-to`",
            )
            return ir.SegmentSet(False, (ir.Word(name, span),), span)
        case JsonArray(items, span):
            names = fields.words(key, filled=True)
            if len(items) == 1 and isinstance(items[0], JsonString) and items[0].value == "*":
                _warn_star_list(fields, span)
                return ir.SegmentSet(True, (), span)
            return ir.SegmentSet(False, names, span)
        case JsonObject():
            inner = fields.nested(value, f"{fields.path}.{key}", ("except",))
            return (
                None
                if inner is None
                else ir.SegmentSet(True, inner.words("except", required=True, filled=True), value.span)
            )
        case _:
            fields.diagnostics.error(
                "network-wrong-type",
                f"{fields.path}.{key} is {kind_of(value)} where segments are wanted",
                value.span,
                'write a list of names or `"*"`',
            )
            return None


def _warn_star_list(fields: Fields, span: Span) -> None:
    fields.diagnostics.warning(
        "star-in-a-list",
        '`["*"]` is read as `"*"`: whether the service does is not published',
        span,
        'write `"*"`',
        fix=rewritten(span, '"*"'),
    )


# --- routing policies -------------------------------------------------------------------------------------------


def _policy(fields: Fields) -> ir.RoutingPolicy | None:
    name = fields.word("routing-policy-name", required=True)
    direction = fields.choice("routing-policy-direction", ir.DIRECTIONS, required=True)
    number = fields.number("routing-policy-number", required=True)
    description = fields.word("routing-policy-description")
    entries = fields.objects("routing-policy-rules", ("rule-number", "rule-definition"), required=True, filled=True)
    rules = [_rule(entry) for entry in entries]
    if name is None or direction is None or number is None:
        return None
    return ir.RoutingPolicy(
        name, direction, number, tuple(rule for rule in rules if rule is not None), description, fields.span
    )


def _rule(fields: Fields) -> ir.RouteRule | None:
    number = fields.number("rule-number", required=True)
    definition = fields.object("rule-definition", ("match-conditions", "condition-logic", "action"), required=True)
    if definition is None:
        return None
    matches = [_match(item) for item in definition.objects("match-conditions", ("type", "value"))]
    logic = definition.choice("condition-logic", ir.LOGICS)
    fields_of_action = definition.object("action", ("type", "value"), required=True)
    action = None if fields_of_action is None else _route_action(fields_of_action)
    if number is None or action is None:
        return None
    return ir.RouteRule(number, tuple(match for match in matches if match is not None), action, logic, fields.span)


def _match(fields: Fields) -> ir.RouteMatch | None:
    kind = fields.choice("type", ir.MATCH_TYPES, required=True)
    if kind is None:
        return None
    value: str | int | None
    if kind == "med-equals":
        value = _value_of(fields.counter("value"))
    elif kind == "asn-in-as-path":
        value = _value_of(fields.number("value", required=True))
    else:
        word = fields.word("value", required=True)
        value = None if word is None else word.text
    return None if value is None else ir.RouteMatch(kind, value, fields.span_of("value"))


def _route_action(fields: Fields) -> ir.RouteAction | None:
    kind = fields.choice("type", ir.ACTION_TYPES, required=True)
    value: str | int | tuple[int, ...] | None
    match kind:
        case None:
            return None
        case "drop" | "allow":
            if fields.has("value"):
                member = fields.members["value"]
                help = remove_member("remove `value`", member.key_span, member.value.span)
                fields.refuse("value", "action-value", f"`{kind}` takes no value", help)
            return ir.RouteAction(kind, None, fields.span)
        case "prepend-asn-list" | "remove-asn-list" | "replace-asn-list":
            value = fields.numbers("value")
        case "set-med" | "set-local-preference":
            value = _value_of(fields.counter("value"))
        case _:
            word = fields.word("value", required=True)
            value = None if word is None else word.text
    return None if value is None else ir.RouteAction(kind, value, fields.span_of("value"))


def _value_of(number: ir.Number | None) -> int | None:
    return None if number is None else number.value
