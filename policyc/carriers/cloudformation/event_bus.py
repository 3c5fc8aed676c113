"""`AWS::Events::EventBusPolicy` as the statement that it adds to the policy of an event bus: written out, or in properties as older templates have it.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-events-eventbuspolicy.html
"""

from __future__ import annotations

from typing import Final

from policyc.carriers.cloudformation.lowering import Lowering
from policyc.carriers.cloudformation.template import Resource
from policyc.holes import widened
from policyc.syntax.json_tree import JsonArray, JsonMember, JsonObject, JsonString, JsonValue
from policyc.text import Span

POLICY: Final = "AWS::Events::EventBusPolicy"


def statement_of(resource: Resource, lowering: Lowering) -> JsonValue | None:
    """A document with the one statement; None where there is neither a statement nor what makes one. Raises Stop."""
    written = resource.properties.get("Statement")
    made = lowering.value(written) if written is not None else _made(resource, lowering)
    if made is None:
        return None
    span = resource.properties.span
    version = JsonMember("Version", span.at_start(), JsonString("2012-10-17", span.at_start()))
    return JsonObject((version, JsonMember("Statement", span.at_start(), JsonArray((made,), made.span))), span)


def _made(resource: Resource, lowering: Lowering) -> JsonValue | None:
    members = {member.key: member for member in resource.properties.members}
    texts = {key: lowering.text(member.value) for key, member in members.items() if key != "Condition"}
    given = {key: JsonString(text.value, members[key].value.span) for key, text in texts.items() if text is not None}
    if not {"Action", "Principal"} <= set(given):
        return None
    span = resource.properties.span
    who = given["Principal"]
    principal: JsonValue = who
    if who.value != "*":
        principal = JsonObject((JsonMember("AWS", who.span, who),), who.span)
    sid = given.get("StatementId") or JsonString(resource.name, resource.name_span)
    out = [
        JsonMember("Sid", sid.span, sid),
        JsonMember("Effect", span.at_start(), JsonString("Allow", span.at_start())),
        JsonMember("Principal", members["Principal"].key_span, principal),
        JsonMember("Action", members["Action"].key_span, given["Action"]),
        JsonMember("Resource", span.at_start(), _bus(given.get("EventBusName"), lowering, span)),
    ]
    if (condition := _condition(members.get("Condition"), lowering)) is not None:
        out.append(condition)
    return JsonObject(tuple(out), span)


def _condition(member: JsonMember | None, lowering: Lowering) -> JsonMember | None:
    """`{Type, Key, Value}` as the block of a policy."""
    if member is None:
        return None
    told = lowering.value(member.value)
    parts = {name: told.get(name) for name in ("Type", "Key", "Value")} if isinstance(told, JsonObject) else {}
    operator, key, value = (parts.get(name) for name in ("Type", "Key", "Value"))
    if not isinstance(operator, JsonString) or not isinstance(key, JsonString) or value is None:
        return None
    test = JsonObject((JsonMember(key.value, key.span, value),), member.value.span)
    block = JsonObject((JsonMember(operator.value, operator.span, test),), member.value.span)
    return JsonMember("Condition", member.key_span, block)


def _bus(name: JsonString | None, lowering: Lowering, span: Span) -> JsonString:
    """The ARN of the bus: the default one where none is named."""
    if name is not None and widened(name.value).startswith("arn:"):
        return name
    place = ":".join(lowering.pseudo(f"AWS::{word}", span) for word in ("Region", "AccountId"))
    partition = lowering.pseudo("AWS::Partition", span)
    called = "default" if name is None else name.value
    return JsonString(f"arn:{partition}:events:{place}:event-bus/{called}", span if name is None else name.span)
