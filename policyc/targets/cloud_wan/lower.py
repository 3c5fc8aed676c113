"""A `network` of the language to the network IR."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

from policyc.diagnostics import Diagnostics, Label, did_you_mean
from policyc.ir import network as ir
from policyc.ir.authz import Always, Cond
from policyc.ir.lower import lower_condition
from policyc.ir.program import BoundNetwork
from policyc.model.scope import Scope
from policyc.model.types import Named, Type
from policyc.model.vocabulary import Attribute, load_vocabulary
from policyc.record import field, record
from policyc.syntax import network_nodes, nodes
from policyc.targets.cloud_wan.conditions import (
    ATTACH_ATTRIBUTES,
    FILTER_ATTRIBUTES,
    attach_conditions,
    every_prefix,
    filter_conditions,
)
from policyc.targets.cloud_wan.route_actions import lower_action
from policyc.text import Span

N = TypeVar("N")
CIDR, REGION, ATTACHMENT = Named("cidr"), Named("region"), Named("attachment_id")
_SWITCHES = ("vpn_ecmp", "dns", "security_group_referencing")


@record
class Lowered:
    """A network with what lowering put in: (JSON pointer, message, span)."""

    network: ir.CoreNetwork
    added: tuple[tuple[str, str, Span], ...] = ()


def lower_network(bound: BoundNetwork, diagnostics: Diagnostics) -> Lowered | None:
    """The network IR, or None after reporting what cannot be said. The result is not validated yet."""
    found = Diagnostics()
    lowering = _Lowering(bound.scope, found)
    network = lowering.network(bound.node)
    diagnostics.extend(found)
    return None if found.has_errors else Lowered(network, tuple(lowering.added))


def attributes(names: Iterable[str]) -> Mapping[str, Attribute]:
    known = load_vocabulary("cloud_wan").attributes
    return {name: known[name] for name in names}


def word(ident: nodes.Ident) -> ir.Word:
    return ir.Word(ident.text, ident.span)


@record(frozen=False)
class _Lowering:
    scope: Scope
    diagnostics: Diagnostics
    added: list[tuple[str, str, Span]] = field(default_factory=list)

    def network(self, node: nodes.Network) -> ir.CoreNetwork:
        def all_of(kind: type[N]) -> list[N]:
            return [item for item in node.items if isinstance(item, kind)]

        label_rules = [rule for item in all_of(network_nodes.NetLabels) for rule in item.rules]
        attach_rules = [rule for item in all_of(network_nodes.NetAttach) for rule in item.rules]
        return ir.CoreNetwork(
            version=ir.Word(node.version.value, node.version.span),
            configuration=self._configuration(node),
            segments=tuple(self._segment(item) for item in all_of(network_nodes.NetSegment)),
            groups=tuple(self._group(item) for item in all_of(network_nodes.NetFunctionGroup)),
            actions=tuple(action for item in node.items for action in self._action(item)),
            attach_rules=tuple(rule for rule in map(self._attach_rule, attach_rules) if rule is not None),
            label_rules=tuple(self._label_rule(rule) for rule in label_rules),
            routing_policies=tuple(
                policy
                for index, item in enumerate(all_of(network_nodes.NetFilter))
                if (policy := self._filter(item, index)) is not None
            ),
            name=node.name.text,
            span=node.name.span,
        )

    # --- configuration ----------------------------------------------------------------------------------------

    def _configuration(self, node: nodes.Network) -> ir.Configuration:
        ranges: list[ir.AsnRange] = []
        edges: list[ir.Edge] = []
        inside: list[ir.Word] = []
        switches: dict[str, network_nodes.NetSwitch] = {}
        for item in node.items:
            match item:
                case network_nodes.NetAsns(found):
                    ranges += [ir.AsnRange(entry.low.value, entry.high.value, entry.span) for entry in found]
                case network_nodes.NetEdges(found_edges):
                    edges += [edge for edge in map(self._edge, found_edges) if edge is not None]
                case network_nodes.NetInsideCidrs(cidrs):
                    inside += self._words(cidrs, CIDR)
                case network_nodes.NetSwitch():
                    self._switch(item, switches)
                case _:
                    pass
        self._require(ranges, "asns", "add `asns 64512..64555`", node)
        self._require(edges, "edges", "add `edges us-east-1`", node)
        self._require(
            [item for item in node.items if isinstance(item, network_nodes.NetSegment)],
            "segment",
            "add a `segment`",
            node,
        )
        on = {name: item.value for name, item in switches.items()}
        return ir.Configuration(
            tuple(ranges),
            tuple(edges),
            tuple(inside),
            on.get("vpn_ecmp"),
            on.get("dns"),
            on.get("security_group_referencing"),
            node.name.span,
        )

    def _require(self, found: list[N], what: str, help: str, node: nodes.Network) -> None:
        if not found:
            self.diagnostics.error(
                "network-missing-part", f"network `{node.name.text}` has no `{what}`", node.name.span, help
            )

    def _switch(self, node: network_nodes.NetSwitch, seen: dict[str, network_nodes.NetSwitch]) -> None:
        if node.name.text not in _SWITCHES:
            self.diagnostics.error(
                "network-unknown-word",
                f"unknown option `{node.name.text}`",
                node.name.span,
                did_you_mean(node.name.text, _SWITCHES, "options are " + ", ".join(f"`{name}`" for name in _SWITCHES)),
            )
        elif node.name.text in seen:
            self._twice(f"option `{node.name.text}`", node.span, seen[node.name.text].span)
        else:
            seen[node.name.text] = node

    def _twice(self, what: str, span: Span, first: Span) -> None:
        self.diagnostics.error(
            "network-given-twice", f"{what} is given twice", span, "keep one", (Label(first, "first given here"),)
        )

    def _edge(self, node: network_nodes.NetEdge) -> ir.Edge | None:
        location = self._word(node.location, REGION)
        asn = None if node.asn is None else ir.Number(node.asn.value, node.asn.span)
        inside = () if node.inside_cidrs is None else self._words(node.inside_cidrs.cidrs, CIDR)
        return None if location is None else ir.Edge(location, asn, tuple(inside), node.span)

    # --- values -----------------------------------------------------------------------------------------------

    def _word(self, expr: nodes.Expr, expected: Type) -> ir.Word | None:
        value = self.scope.value(expr, expected, self.diagnostics)
        return None if value is None else ir.Word(str(value.data), expr.span)

    def _words(self, exprs: Iterable[nodes.Expr], expected: Type) -> list[ir.Word]:
        return [item for item in (self._word(expr, expected) for expr in exprs) if item is not None]

    # --- options ----------------------------------------------------------------------------------------------

    def _one(self, options: Iterable[object], kind: type[N], what: str) -> N | None:
        """The option of one kind; a second one is an error."""
        found: N | None = None
        for option in options:
            if isinstance(option, kind):
                if found is None:
                    found = option
                else:
                    self._twice(what, option.span, found.span)  # type: ignore[attr-defined]
        return found

    def _description(self, options: Iterable[object]) -> ir.Word | None:
        node = self._one(options, network_nodes.NetDescribe, "`describe`")
        return None if node is None else ir.Word(node.text.value, node.text.span)

    def _flag(self, options: Iterable[object], name: str) -> bool | None:
        flags = [item for item in options if isinstance(item, network_nodes.NetFlag) and item.name == name]
        found = self._one(flags, network_nodes.NetFlag, f"`{name}`")
        return None if found is None else found.value

    def _no_isolate(self, options: Iterable[object], what: str) -> None:
        for option in options:
            if isinstance(option, network_nodes.NetFlag) and option.name == "isolate":
                self.diagnostics.error(
                    "misplaced-isolate", f"`isolate` does not belong to {what}", option.span, "isolate the segment"
                )

    def _locations(self, options: Iterable[object]) -> tuple[ir.Word, ...]:
        node = self._one(options, network_nodes.NetLocations, "`edges`")
        return () if node is None else tuple(self._words(node.locations, REGION))

    # --- segments and groups ----------------------------------------------------------------------------------

    def _segment(self, node: network_nodes.NetSegment) -> ir.Segment:
        filters = {"deny": (), "allow": ()}  # type: dict[str, tuple[ir.Word, ...]]
        for option in node.options:
            if isinstance(option, network_nodes.NetImportFilter):
                filters[option.word] += tuple(word(item) for item in option.segments)
        return ir.Segment(
            name=word(node.name),
            description=self._description(node.options),
            edges=self._locations(node.options),
            isolate=self._flag(node.options, "isolate"),
            acceptance=self._flag(node.options, "acceptance"),
            deny_filter=filters["deny"],
            allow_filter=filters["allow"],
            span=node.span,
        )

    def _group(self, node: network_nodes.NetFunctionGroup) -> ir.FunctionGroup:
        self._no_isolate(node.options, "a function group")
        acceptance = self._flag(node.options, "acceptance")
        return ir.FunctionGroup(word(node.name), self._description(node.options), acceptance, node.span)

    # --- segment actions --------------------------------------------------------------------------------------

    def _action(self, item: network_nodes.NetItem) -> tuple[ir.SegmentAction, ...]:
        found: ir.SegmentAction | None = None
        match item:
            case network_nodes.NetShare(segment, with_segments, options, span):
                listed = self._one(options, network_nodes.NetPolicies, "`apply`")
                policies = () if listed is None else tuple(word(name) for name in listed.names)
                found = ir.Share(word(segment), _segments(with_segments), policies, self._description(options), span)
            case network_nodes.NetSend():
                found = self._send(item)
            case network_nodes.NetRoute(segment, cidrs, destinations, options, span):
                targets = tuple(t for t in (self._destination(expr) for expr in destinations) if t is not None)
                description = self._description(options)
                found = ir.CreateRoute(word(segment), tuple(self._words(cidrs, CIDR)), targets, description, span)
            case network_nodes.NetApply(names, segment, location, peer, options, span):
                here, there = self._word(location, REGION), self._word(peer, REGION)
                if here is not None and there is not None:
                    applied = tuple(word(name) for name in names)
                    found = ir.AssociatePolicies(word(segment), here, there, applied, self._description(options), span)
            case _:
                pass
        return () if found is None else (found,)

    def _destination(self, expr: nodes.Expr) -> ir.Word | None:
        if isinstance(expr, nodes.Ref) and expr.simple == ir.BLACKHOLE and self.scope.lookup(ir.BLACKHOLE) is None:
            return ir.Word(ir.BLACKHOLE, expr.span)
        return self._word(expr, ATTACHMENT)

    def _send(self, node: network_nodes.NetSend) -> ir.SendVia | ir.SendTo | None:
        groups = tuple(word(item) for item in node.groups)
        sent_to = None if node.to is None else _segments(node.to)
        overrides = tuple(o for o in map(self._override, node.options) if o is not None)
        description = self._description(node.options)
        mode = self._one(node.options, network_nodes.NetMode, "`mode`")
        if node.kind == "to":
            if mode is not None:
                self.diagnostics.error("send-mode", "`send to` has no mode", mode.span, "remove `mode`")
            return ir.SendTo(word(node.segment), groups, sent_to, overrides, description, node.span)
        if mode is None:
            self.diagnostics.error(
                "send-mode", "`send via` has no mode", node.span, "add `{ mode single_hop }` or `{ mode dual_hop }`"
            )
            return None
        for name in ir.MODES:
            if name.replace("-", "_") == mode.name.text:
                return ir.SendVia(word(node.segment), name, groups, sent_to, overrides, description, node.span)
        self.diagnostics.error(
            "send-mode",
            f"unknown mode `{mode.name.text}`",
            mode.name.span,
            did_you_mean(mode.name.text, ("single_hop", "dual_hop"), "use `single_hop` or `dual_hop`"),
        )
        return None

    def _override(self, option: object) -> ir.EdgeOverride | None:
        if not isinstance(option, network_nodes.NetOverride):
            return None
        use = self._word(option.use, REGION)
        sets = tuple(tuple(self._words(edges, REGION)) for edges in option.edge_sets)
        for edges, written in zip(sets, option.edge_sets, strict=True):
            if not written and not edges:
                self.diagnostics.error("network-empty-list", "an empty list of edges", option.span, "name the edges")
        return None if use is None else ir.EdgeOverride(sets, use, option.span)

    # --- rules ------------------------------------------------------------------------------------------------

    def _condition(self, expr: nodes.Expr | None, names: tuple[str, ...]) -> Cond | None:
        if expr is None:
            return Always()
        return lower_condition(expr, self.scope, attributes(names), self.diagnostics)

    def _attach_rule(self, node: network_nodes.NetAttachRule) -> ir.AttachRule | None:
        options = node.destination.options
        self._no_isolate(options, "a rule")
        acceptance = self._flag(options, "acceptance")
        description = self._description(options)
        cond = self._condition(node.condition, ATTACH_ATTRIBUTES)
        span = node.span if node.condition is None else node.condition.span
        flat = None if cond is None else attach_conditions(cond, span, node.span, self.diagnostics)
        if flat is None:
            return None
        action: ir.ToSegment | ir.ToTag | ir.ToGroup
        match node.destination:
            case network_nodes.NetToSegment(segment=segment):
                action = ir.ToSegment(word(segment), acceptance)
            case network_nodes.NetToTag(key=key):
                action = ir.ToTag(ir.Word(key.value, key.span), acceptance)
            case network_nodes.NetToGroup(group=group):
                action = ir.ToGroup(word(group), acceptance)
        number = ir.Number(node.number.value, node.number.span)
        return ir.AttachRule(number, flat.items, action, flat.logic, description, node.span)

    def _label_rule(self, node: network_nodes.NetLabelRule) -> ir.LabelRule:
        return ir.LabelRule(
            number=ir.Number(node.number.value, node.number.span),
            labels=tuple(ir.Word(item.value, item.span) for item in node.labels),
            policies=tuple(word(item) for item in node.policies),
            edges=self._locations(node.options),
            description=self._description(node.options),
            span=node.span,
        )

    def _filter(self, node: network_nodes.NetFilter, index: int) -> ir.RoutingPolicy | None:
        direction = next((item for item in ir.DIRECTIONS if item == node.direction.text), None)
        if direction is None:
            self.diagnostics.error(
                "network-unknown-word",
                f"unknown direction `{node.direction.text}`",
                node.direction.span,
                did_you_mean(node.direction.text, ir.DIRECTIONS, "use `inbound` or `outbound`"),
            )
        rules = []
        for at, rule in enumerate(node.rules):
            lowered = self._route_rule(rule, f"/routing-policies/{index}/routing-policy-rules/{at}")
            if lowered is not None:
                rules.append(lowered)
        description = self._description(node.options)
        if direction is None:
            return None
        number = ir.Number(node.number.value, node.number.span)
        return ir.RoutingPolicy(word(node.name), direction, number, tuple(rules), description, node.span)

    def _route_rule(self, node: network_nodes.NetFilterRule, pointer: str) -> ir.RouteRule | None:
        action = lower_action(node.action, self.scope, self.diagnostics)
        if node.condition is None:
            flat = every_prefix(node.span)
            self.added.append((pointer, "`otherwise` became conditions that hold for every prefix", node.span))
        else:
            cond = self._condition(node.condition, FILTER_ATTRIBUTES)
            found = None if cond is None else filter_conditions(cond, node.condition.span, node.span, self.diagnostics)
            if found is None:
                return None
            flat = found
        if action is None:
            return None
        number = ir.Number(node.number.value, node.number.span)
        return ir.RouteRule(number, flat.items, action, flat.logic or "and", node.span)


def _segments(node: network_nodes.NetSegments) -> ir.SegmentSet:
    return ir.SegmentSet(node.every, tuple(word(item) for item in node.names), node.span)
