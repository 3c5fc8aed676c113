"""Which segment or function group an attachment joins, by which rule, and whether it waits for acceptance.

Source: Cloud WAN reference, sections 3.2 and 3.3.
"""

from __future__ import annotations

from enum import StrEnum

from policyc.engines.trace import Reason
from policyc.engines.wan.attachments import DEAD_STATES, MOVING_STATES, PENDING_STATES, WORKING_STATES, Attachment
from policyc.engines.wan.switches import DEFAULT, Switches
from policyc.ir.network import AttachCondition, AttachRule, CoreNetwork, ToGroup, ToSegment, ToTag
from policyc.record import light, record
from policyc.text import Span


class Standing(StrEnum):
    """Where an attachment stands."""

    SEGMENT = "segment"
    GROUP = "group"
    PENDING = "pending"
    UNASSOCIATED = "unassociated"
    UNDECIDED = "undecided"


@record
class RuleTrace:
    """One rule against one attachment; `matched` None when it cannot be known."""

    number: int
    matched: bool | None
    reasons: tuple[Reason, ...]
    span: Span | None = None


@light
class Association:
    """The answer for one attachment.

    `place` names the segment or function group that it is in, or would join once accepted; `is_group` tells which of the two.
    `rule` decided (None when none matched). `sentence` says in words what happened; `switches` names open questions that
    kept the answer undecided.
    """

    attachment: Attachment
    standing: Standing
    place: str
    is_group: bool
    rule: AttachRule | None
    sentence: str
    trace: tuple[RuleTrace, ...] = ()
    switches: tuple[str, ...] = ()

    @property
    def working(self) -> bool:
        """Whether it carries traffic."""
        return self.standing in (Standing.SEGMENT, Standing.GROUP)

    @property
    def rule_number(self) -> int | None:
        return None if self.rule is None else self.rule.number.value


def associate(network: CoreNetwork, attachment: Attachment, switches: Switches = DEFAULT) -> Association:
    """Rules in order of number, the first match decides, then acceptance and state.

    Where the core network has no edge, nothing can be attached to it, whatever the rules say.
    """
    if not set(attachment.regions) & set(network.locations):
        sentence = f"the core network has no edge in {', '.join(attachment.regions)}"
        return Association(attachment, Standing.UNASSOCIATED, "", False, None, sentence)
    trace: list[RuleTrace] = []
    for rule in sorted(network.attach_rules, key=lambda item: item.number.value):
        result = match_rule(rule, attachment, switches)
        trace.append(result)
        if result.matched is None:
            return _unknown(attachment, rule, tuple(trace))
        if result.matched:
            return _place(network, attachment, rule, tuple(trace))
    return Association(attachment, Standing.UNASSOCIATED, "", False, None, "no rule matches it", tuple(trace))


#: what decides on an attachment: equal keys get equal answers
_Key = tuple[object, ...]


class Associator:
    """`associate` for many attachments of one network: what the rules look at is found once, and attachments that look alike
    are decided once."""

    __slots__ = ("_decided", "_network", "_resources", "_switches", "_tags")

    def __init__(self, network: CoreNetwork, switches: Switches = DEFAULT) -> None:
        conditions = [condition for rule in network.attach_rules for condition in rule.conditions]
        keys = [item.key.text for item in conditions if item.key is not None]
        keys += [rule.action.key.text for rule in network.attach_rules if isinstance(rule.action, ToTag)]
        self._network, self._switches = network, switches
        self._tags = tuple(dict.fromkeys(keys))
        self._resources = any(item.type == "resource-id" for item in conditions)
        self._decided: dict[_Key, Association] = {}

    def __call__(self, attachment: Attachment) -> Association:
        # The first of two tags with one key counts, as in `Attachment.tag`.
        tags = dict(reversed(attachment.tags))
        key = (
            attachment.type,
            attachment.regions,
            attachment.account,
            attachment.state,
            attachment.current,
            attachment.resource_id if self._resources else None,
            *map(tags.get, self._tags),
        )
        found = self._decided.get(key)
        if found is None:
            found = self._decided[key] = associate(self._network, attachment, self._switches)
        if found.attachment is attachment:
            return found
        return Association(
            attachment,
            found.standing,
            found.place,
            found.is_group,
            found.rule,
            found.sentence,
            found.trace,
            found.switches,
        )


def _unknown(attachment: Attachment, rule: AttachRule, trace: tuple[RuleTrace, ...]) -> Association:
    pairs = zip(rule.conditions, trace[-1].reasons, strict=True)
    left_open = [(condition, reason) for condition, reason in pairs if reason.matched is None]
    asked = (_switch_of(condition, reason.actual is not None) for condition, reason in left_open)
    switches = tuple(dict.fromkeys(name for name in asked if name))
    why = "; ".join(reason.sentence() for _, reason in left_open)
    sentence = f"whether rule {rule.number.value} matches cannot be known: {why}"
    if switches:
        sentence += f" (open question: {', '.join(switches)})"
    return Association(attachment, Standing.UNDECIDED, "", False, rule, sentence, trace, switches)


def _switch_of(condition: AttachCondition, stated: bool) -> str:
    """The open question that a condition without an answer hangs on; empty where something is not stated."""
    if condition.operator == "not-equals" and condition.type == "tag-value" and not stated:
        return "not-equals-missing-tag"
    if condition.operator in ("contains", "begins-with") and stated:
        return "pattern-case"
    return ""


# --- conditions -------------------------------------------------------------------------------------------------


def match_rule(rule: AttachRule, attachment: Attachment, switches: Switches = DEFAULT) -> RuleTrace:
    """Whether one rule matches: all conditions for `and`, any for `or`, in three-valued logic."""
    reasons = tuple(_match(condition, attachment, switches) for condition in rule.conditions)
    results = [reason.matched for reason in reasons]
    matched: bool | None
    if rule.logic == "or":
        matched = True if True in results else None if None in results else False
    else:
        matched = False if False in results or not results else None if None in results else True
    return RuleTrace(rule.number.value, matched, reasons, rule.span)


def _match(condition: AttachCondition, attachment: Attachment, switches: Switches) -> Reason:
    subject = f"tag {condition.key}" if condition.key is not None else condition.type
    wanted = () if condition.value is None else (condition.value.text,)
    actual, known = _actual(condition, attachment)
    if condition.type == "any":
        return Reason("condition", True, "any attachment", "", (), (), condition.span)
    if condition.operator is None:
        present = actual is not None
        return Reason("condition", present, subject, "is present" if present else "is absent", (), (), condition.span)
    matched = _compare(condition, actual, switches) if known else None
    shown = None if actual is None else (actual,)
    return Reason("condition", matched, subject, condition.operator, wanted, shown, condition.span)


def _actual(condition: AttachCondition, attachment: Attachment) -> tuple[str | None, bool]:
    """The value that a condition looks at, and whether it is stated at all."""
    match condition.type:
        case "tag-exists" | "tag-name" | "tag-value":
            return attachment.tag("" if condition.key is None else condition.key.text), True
        case "account-id":
            return attachment.account, attachment.account is not None
        case "resource-id":
            return attachment.resource_id, attachment.resource_id is not None
        case "region":
            return _region(condition, attachment)
        case "attachment-type":
            return attachment.type, True
        case "any":
            return None, True


def _region(condition: AttachCondition, attachment: Attachment) -> tuple[str | None, bool]:
    """A Direct Connect gateway spans Regions, and how a Region condition reads then is not published."""
    return attachment.regions[0], len(attachment.regions) == 1


def _compare(condition: AttachCondition, actual: str | None, switches: Switches) -> bool | None:
    wanted = "" if condition.value is None else condition.value.text
    match condition.operator:
        case "equals" | None:
            return actual == wanted
        case "not-equals":
            if actual is None:
                return {"match": True, "no-match": False}.get(switches.not_equals_missing_tag)
            return actual != wanted
        case "contains":
            return actual is not None and _pattern(wanted in actual, wanted.casefold() in actual.casefold(), switches)
        case "begins-with":
            exact, loose = actual or "", (actual or "").casefold()
            return actual is not None and _pattern(
                exact.startswith(wanted), loose.startswith(wanted.casefold()), switches
            )


def _pattern(exact: bool, loose: bool, switches: Switches) -> bool | None:
    if exact == loose:
        return exact
    return {"exact": exact, "ignore": loose}.get(switches.pattern_case)


# --- placing ----------------------------------------------------------------------------------------------------


def _place(network: CoreNetwork, attachment: Attachment, rule: AttachRule, trace: tuple[RuleTrace, ...]) -> Association:
    number = rule.number.value
    match rule.action:
        case ToGroup(group, acceptance):
            found = network.group(group.text)
            needs = acceptance is True or (found is not None and found.acceptance is True)
            unstated = found is not None and found.acceptance is None and acceptance is not True
            return _admit(attachment, rule, trace, group.text, True, None if unstated else needs)
        case ToSegment(segment, acceptance):
            return _into_segment(network, attachment, rule, trace, segment.text, acceptance is True)
        case ToTag(key, acceptance):
            value = attachment.tag(key.text)
            if value is None or network.segment(value) is None:
                shown = "it has no such tag" if value is None else f"no segment is named `{value}`"
                sentence = f"rule {number} takes the segment from tag `{key}`, and {shown}"
                return Association(attachment, Standing.UNASSOCIATED, "", False, rule, sentence, trace)
            return _into_segment(network, attachment, rule, trace, value, acceptance is True)


def _into_segment(
    network: CoreNetwork, attachment: Attachment, rule: AttachRule, trace: tuple[RuleTrace, ...], name: str, asked: bool
) -> Association:
    segment = network.segment(name)
    if segment is None:
        sentence = f"rule {rule.number.value} names segment `{name}`, which is not declared"
        return Association(attachment, Standing.UNASSOCIATED, "", False, rule, sentence, trace)
    edges = network.edges_of(segment)
    if not any(region in edges for region in attachment.regions):
        where = ", ".join(attachment.regions)
        sentence = f"rule {rule.number.value} names segment `{name}`, which is not present in {where}"
        return Association(attachment, Standing.UNASSOCIATED, name, False, rule, sentence, trace)
    return _admit(attachment, rule, trace, name, False, segment.acceptance_on or asked)


def _admit(
    attachment: Attachment,
    rule: AttachRule,
    trace: tuple[RuleTrace, ...],
    place: str,
    is_group: bool,
    needs: bool | None,
) -> Association:
    """Acceptance and the attachment's own state; `needs` None when the service's default is not published."""
    kind = "function group" if is_group else "segment"
    number, state = rule.number.value, attachment.state
    standing = Standing.GROUP if is_group else Standing.SEGMENT
    sentence = f"rule {number} puts it into {kind} `{place}`"
    if state in WORKING_STATES:
        pass
    elif state in PENDING_STATES or (state is None and needs):
        standing = Standing.PENDING
        sentence = f"rule {number} proposes {kind} `{place}`, and it waits for acceptance"
    elif state in DEAD_STATES:
        standing, sentence = Standing.UNASSOCIATED, f"its state is {state}, so it carries no traffic"
    elif state in MOVING_STATES:
        return _moving(attachment, rule, trace)
    elif needs is None:
        standing = Standing.UNDECIDED
        sentence = (
            f"{kind} `{place}` does not say whether attachments wait for acceptance, and the default is not published"
        )
    return Association(attachment, standing, place, is_group, rule, sentence, trace)


def _moving(attachment: Attachment, rule: AttachRule, trace: tuple[RuleTrace, ...]) -> Association:
    """A tag change waits for acceptance: until then the attachment stays where it is (reference, section 3.2, item 7)."""
    if attachment.current is None:
        sentence = "a tag change waits for acceptance, and where it was before is not stated"
        return Association(attachment, Standing.UNDECIDED, "", False, rule, sentence, trace)
    place, is_group = attachment.current
    kind = "function group" if is_group else "segment"
    sentence = (
        f"it stays in {kind} `{place}` until its tag change is accepted, though rule {rule.number.value} matches it now"
    )
    standing = Standing.GROUP if is_group else Standing.SEGMENT
    return Association(attachment, standing, place, is_group, rule, sentence, trace)
