"""What differs between two core network policies as documents, and which edges the service updates for it.

Keys are those of the document; the order of lists that have none is left aside. Source: AWS's page on the regional scope of changes
(https://docs.aws.amazon.com/network-manager/latest/cloudwan/cloudwan-policy-regional-scope.html); Cloud WAN reference, section 4.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

from policyc.engines.wan.attachments import Attachment
from policyc.ir.network import AssociatePolicies, CoreNetwork, CreateRoute, SegmentAction, SendTo, SendVia, Share
from policyc.record import record
from policyc.targets.cloud_wan.emit import plain_action, plain_document

#: what the service takes where a document says nothing
_DEFAULTS: Final[Mapping[str, Any]] = {
    "vpn-ecmp-support": True,
    "dns-support": True,
    "security-group-referencing-support": False,
    "isolate-attachments": False,
    "description": "",
    "routing-policy-description": "",
}
_ACCEPTANCE: Final = "require-attachment-acceptance"
_SEGMENT: Final = "segment "
_EDGES: Final = "edge-locations"
#: keys of which no edge takes notice
_QUIET: Final = ("description", "routing-policy-description", _ACCEPTANCE)
_CONFIGURATION: Final = "core-network-configuration"
_LONGEST: Final = 160


@record
class ConfigurationChange:
    """One key that is `before` and will be `after`, as text. `edges` are the Regions that are updated for it, None when that hangs on what is
    attached, which nobody said; `every` tells that they are all."""

    subject: str
    before: str
    after: str
    edges: tuple[str, ...] | None
    every: bool = False

    def sentence(self) -> str:
        return f"{self.subject}: {self.before} -> {self.after} ({self.scope()})"

    def scope(self) -> str:
        if self.edges is None:
            return "updates the edges of the attachments concerned"
        if not self.edges:
            return "updates no edge"
        return f"updates {'every edge' if self.every else ', '.join(self.edges)}"


def changed_configuration(
    old: CoreNetwork, new: CoreNetwork, attachments: Sequence[Attachment] | None, moved: Sequence[str]
) -> Iterator[ConfigurationChange]:
    """Every difference; `attachments` None when they are not known, `moved` are the Regions of those whose place changes."""
    yield from _Diff(old, new, attachments, tuple(dict.fromkeys(moved))).run()


def _meant(document: dict[str, Any]) -> dict[str, Any]:
    """A document without what says nothing: the word that joins the conditions of a rule that has only one, which consoles write, and
    that a rule asks for no acceptance of its own."""
    out = dict(document)
    if "attachment-policies" in out:
        out["attachment-policies"] = list(map(_attachment_rule, out["attachment-policies"]))
    if "routing-policies" in out:
        out["routing-policies"] = [
            {**policy, "routing-policy-rules": list(map(_routing_rule, policy.get("routing-policy-rules", ())))}
            for policy in out["routing-policies"]
        ]
    return out


def _attachment_rule(rule: dict[str, Any]) -> dict[str, Any]:
    action = {key: value for key, value in rule["action"].items() if key != "require-acceptance" or value is True}
    return {**_without_idle_logic(rule, "conditions"), "action": action}


def _routing_rule(rule: dict[str, Any]) -> dict[str, Any]:
    return {**rule, "rule-definition": _without_idle_logic(rule.get("rule-definition", {}), "match-conditions")}


def _without_idle_logic(rule: dict[str, Any], conditions: str) -> dict[str, Any]:
    idle = len(rule.get(conditions, ())) < 2
    return {key: value for key, value in rule.items() if not idle or key != "condition-logic"}


class _Diff:
    def __init__(
        self, old: CoreNetwork, new: CoreNetwork, attachments: Sequence[Attachment] | None, moved: tuple[str, ...]
    ) -> None:
        self.old, self.new, self.attachments, self.moved = old, new, attachments, moved
        self.before, self.after = _meant(plain_document(old)), _meant(plain_document(new))
        self.all = tuple(dict.fromkeys((*old.locations, *new.locations)))

    def run(self) -> Iterator[ConfigurationChange]:
        yield from self._keys("", self.before, self.after, lambda key: self.all, ("version",))
        one, other = (document[_CONFIGURATION] for document in (self.before, self.after))
        switches = [key for key in (*one, *other) if key != "edge-locations"]
        quiet = ("asn-ranges", "inside-cidr-blocks")
        yield from self._keys("", one, other, lambda key: () if key in quiet else self.all, switches)
        yield from self._named("edge ", one["edge-locations"], other["edge-locations"], "location", self._edge)
        yield from self._named(_SEGMENT, *self._lists("segments"), "name", self._segment)
        yield from self._named("function group ", *self._lists("network-function-groups"), "name", self._group)
        yield from self._actions()
        yield from self._named(
            "attachment rule ", *self._lists("attachment-policies"), "rule-number", self._attachment_rule
        )
        yield from self._named(
            "label rule ", *self._lists("attachment-routing-policy-rules"), "rule-number", self._label_rule
        )
        yield from self._named(
            "routing policy ", *self._lists("routing-policies"), "routing-policy-name", self._routing_policy
        )

    def _lists(self, section: str) -> tuple[Sequence[Mapping[str, Any]], Sequence[Mapping[str, Any]]]:
        return self.before.get(section, []), self.after.get(section, [])

    # --- comparing --------------------------------------------------------------------------------------------

    def _keys(
        self,
        noun: str,
        one: Mapping[str, Any],
        other: Mapping[str, Any],
        scope: Callable[[str], tuple[str, ...] | None],
        keys: Iterable[str],
    ) -> Iterator[ConfigurationChange]:
        for key in dict.fromkeys(keys):
            before, after = one.get(key), other.get(key)
            if before is None and after is None:
                continue
            default = _default(noun, key)
            effects = [
                list(network.locations) if value is None and noun.startswith(_SEGMENT) and key == _EDGES else value
                for value, network in ((before, self.old), (after, self.new))
            ]
            if len({json.dumps(_plain(default if value is None else value), sort_keys=True) for value in effects}) > 1:
                texts = _shown(before, default), _shown(after, default)
                yield self._change(f"{noun}{key}", *texts, scope(key))

    def _named(
        self,
        noun: str,
        one: Sequence[Mapping[str, Any]],
        other: Sequence[Mapping[str, Any]],
        name: str,
        scope: Callable[[str, str], tuple[str, ...] | None],
    ) -> Iterator[ConfigurationChange]:
        """Items that go by a name or number: those that come and go, and the keys that differ of those that stay."""
        before, after = ({str(item[name]): item for item in items} for items in (one, other))
        for key in dict.fromkeys((*before, *after)):
            if key not in after:
                yield self._change(f"{noun}{key}", "declared", "removed", scope(key, ""))
            elif key not in before:
                yield self._change(f"{noun}{key}", "not declared", "added", scope(key, ""))
            else:
                keys = (*before[key], *after[key])
                yield from self._keys(f"{noun}{key}, ", before[key], after[key], partial(scope, key), keys)

    def _change(self, subject: str, before: str, after: str, edges: tuple[str, ...] | None) -> ConfigurationChange:
        ordered = None if edges is None else tuple(edge for edge in self.all if edge in edges)
        return ConfigurationChange(subject, before, after, ordered, bool(ordered) and ordered == self.all)

    def _actions(self) -> Iterator[ConfigurationChange]:
        """Actions have no name: equal ones stay, and of the others those of one kind for one segment are one that changes."""
        kept = list(self.new.actions)
        gone: list[SegmentAction] = []
        for action in self.old.actions:
            at = next((n for n, item in enumerate(kept) if _same(item, action)), None)
            if at is None:
                gone.append(action)
            else:
                del kept[at]
        for action in gone:
            partner = next(
                (item for item in kept if type(item) is type(action) and item.segment == action.segment), None
            )
            if partner is None:
                text = _shown(_said(action))
                yield self._change(_subject(action), text, "removed", self._action(self.old, action))
                continue
            kept.remove(partner)
            one, other = plain_action(action), plain_action(partner)
            both = (self._action(self.old, action), self._action(self.new, partner))
            edges = None if None in both else tuple(edge for some in both for edge in some or ())
            yield from self._keys(f"{_subject(action)}, ", one, other, partial(_loud, edges), (*one, *other))
        for action in kept:
            text = _shown(_said(action))
            yield self._change(_subject(action), "not declared", text, self._action(self.new, action))

    # --- which edges ------------------------------------------------------------------------------------------

    def _edge(self, name: str, key: str) -> tuple[str, ...]:
        return (name,) if key else self.all

    def _segment(self, name: str, key: str) -> tuple[str, ...]:
        if key in _QUIET:
            return ()
        return tuple(edge for network in (self.old, self.new) for edge in _edges_of(network, name))

    def _group(self, name: str, key: str) -> tuple[str, ...]:
        return () if key in _QUIET else self.all

    def _action(self, network: CoreNetwork, action: SegmentAction) -> tuple[str, ...] | None:
        mine = _edges_of(network, action.segment.text)
        match action:
            case Share():
                others = network.members(action.with_segments, without=action.segment.text)
                return max([mine, *(_edges_of(network, name) for name in others)], key=len)
            case SendVia():
                return max([mine, *(_edges_of(network, name) for name in network.redirected(action))], key=len)
            case SendTo():
                return mine
            case AssociatePolicies():
                return (action.location.text, action.peer.text)
            case CreateRoute():
                if action.blackhole:
                    return mine
                if self.attachments is None:
                    return None
                named = {word.text for word in action.destinations}
                known = [item for item in self.attachments if item.id in named]
                return tuple(edge for item in known for edge in item.regions) if len(known) == len(named) else None

    def _attachment_rule(self, name: str, key: str) -> tuple[str, ...] | None:
        if key in _QUIET:
            return ()
        return None if self.attachments is None else self.moved

    def _label_rule(self, name: str, key: str) -> tuple[str, ...] | None:
        if key in _QUIET:
            return ()
        rules = [rule for net in (self.old, self.new) for rule in net.label_rules if str(rule.number.value) == name]
        return self._labelled({word.text for rule in rules for word in rule.labels})

    def _labelled(self, labels: set[str]) -> tuple[str, ...] | None:
        if self.attachments is None:
            return None
        return tuple(edge for item in self.attachments if item.label in labels for edge in item.regions)

    def _routing_policy(self, name: str, key: str) -> tuple[str, ...] | None:
        """Where it is bound: the edges of attachments with its labels, of shares and of edge pairs."""
        if key in _QUIET:
            return ()
        edges: list[str] = []
        labels: set[str] = set()
        for network in (self.old, self.new):
            for action in network.actions:
                bound = action.policies if isinstance(action, Share | AssociatePolicies) else ()
                if any(word.text == name for word in bound):
                    edges += self._action(network, action) or ()
            rules = [rule for rule in network.label_rules if any(word.text == name for word in rule.policies)]
            labels |= {word.text for rule in rules for word in rule.labels}
        if not labels:
            return tuple(edges)
        found = self._labelled(labels)
        return None if found is None else (*edges, *found)


def _loud(edges: tuple[str, ...] | None, key: str) -> tuple[str, ...] | None:
    return () if key in _QUIET else edges


def _edges_of(network: CoreNetwork, name: str) -> tuple[str, ...]:
    segment = network.segment(name)
    return () if segment is None else network.edges_of(segment)


def _same(one: SegmentAction, other: SegmentAction) -> bool:
    return type(one) is type(other) and bool(_plain(plain_action(one)) == _plain(plain_action(other)))


def _subject(action: SegmentAction) -> str:
    return f"{plain_action(action).get('action', 'share')} of {action.segment}"


def _said(action: SegmentAction) -> dict[str, Any]:
    """What an action says beside its subject."""
    return {key: value for key, value in plain_action(action).items() if key not in ("action", "segment")}


def _words(value: Any) -> str:
    """A value as its document writes it, what it is made of one after the other."""
    match value:
        case dict() if value:
            return ", ".join(f"{key} {item if isinstance(item, str) else _words(item)}" for key, item in value.items())
        case [dict(), *_]:
            return "; ".join(map(_words, value))
        case _:
            return json.dumps(value, ensure_ascii=False)


def _plain(value: Any) -> Any:
    """A value without what does not count: the order of names, conditions and sets. Numbers keep theirs, as in lists of ASNs."""
    match value:
        case dict():
            return {key: _plain(item) for key, item in value.items()}
        case list() if not all(isinstance(item, int) for item in value):
            return sorted((_plain(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
        case _:
            return value


def _default(noun: str, key: str) -> Any:
    """What the service takes where the key is not stated; None where AWS does not say."""
    if key == _ACCEPTANCE:
        return True if noun.startswith(_SEGMENT) else None
    return _DEFAULTS.get(key)


def _shown(value: Any, default: Any = None) -> str:
    if value is None:
        return "not stated" if default in (None, "") else f"not stated ({json.dumps(default)})"
    text = value if isinstance(value, str) else _words(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
