"""`AWS::Lambda::Permission`, and the same for a layer, as the statement that Lambda makes of it.

Source: https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html,
https://docs.aws.amazon.com/lambda/latest/api/API_AddLayerVersionPermission.html and
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-permission.html
"""

from __future__ import annotations

from typing import Final

from policyc.carriers.cloudformation.lowering import Lowering
from policyc.carriers.cloudformation.template import Resource
from policyc.carriers.permissions import TESTS
from policyc.holes import has_hole, widened
from policyc.syntax.json_tree import JsonArray, JsonMember, JsonObject, JsonString, JsonValue
from policyc.text import Span

PERMISSION: Final = "AWS::Lambda::Permission"
LAYER: Final = "AWS::Lambda::LayerVersionPermission"
#: type -> the property that names what it is a permission for
ON: Final = {PERMISSION: "FunctionName", LAYER: "LayerVersionArn"}


def statement_of(resource: Resource, lowering: Lowering) -> JsonValue | None:
    """A document with the statement of one permission; None for one without what it has to have. Raises Stop."""
    given: dict[str, tuple[JsonMember, JsonString]] = {}
    for member in resource.properties.members:
        text = lowering.text(member.value)
        if text is not None:
            given[member.key] = (member, JsonString(text.value, member.value.span))
    on = ON[resource.type]
    if not {"Action", on, "Principal"} <= set(given):
        return None
    about, named = given[on]
    span = resource.properties.span
    members = [
        _member("Sid", JsonString(resource.name, resource.name_span), resource.name_span),
        _member("Effect", JsonString("Allow", span.at_start()), span.at_start()),
        JsonMember("Principal", given["Principal"][0].key_span, _principal(given["Principal"][1])),
        JsonMember("Action", given["Action"][0].key_span, given["Action"][1]),
        JsonMember("Resource", about.key_span, named if resource.type == LAYER else _function(named, lowering)),
    ]
    blocks: dict[str, list[JsonMember]] = {}
    for name, (member, value) in given.items():
        if name.lower() in TESTS:
            operator, key = TESTS[name.lower()]
            blocks.setdefault(operator, []).append(JsonMember(key, member.key_span, value))
    if blocks:
        held = tuple(
            _member(name, JsonObject(tuple(items), items[0].value.span), items[0].key_span)
            for name, items in blocks.items()
        )
        members.append(_member("Condition", JsonObject(held, span), held[0].key_span))
    version = JsonString("2012-10-17", span.at_start())
    top = (
        _member("Version", version, span.at_start()),
        _member("Statement", JsonArray((JsonObject(tuple(members), span),), span), span.at_start()),
    )
    return JsonObject(top, span)


def _member(key: str, value: JsonValue, span: Span) -> JsonMember:
    return JsonMember(key, span, value)


def _principal(value: JsonString) -> JsonValue:
    """`*`, a service by its domain, or an account or ARN."""
    if value.value == "*":
        return value
    service = "." in widened(value.value) and not value.value.startswith("arn:")
    return JsonObject((_member("Service" if service else "AWS", value, value.span),), value.span)


def _function(value: JsonString, lowering: Lowering) -> JsonString:
    """The function's ARN, which Lambda writes for a name too."""
    text = value.value
    if widened(text).startswith("arn:"):
        return value
    account = lowering.pseudo("AWS::AccountId", value.span)
    region = lowering.pseudo("AWS::Region", value.span)
    partition = lowering.pseudo("AWS::Partition", value.span)
    if ":function:" in text or (text[:12].isdigit() and not has_hole(text[:12])):
        text = text.rpartition("function:")[2]
    return JsonString(f"arn:{partition}:lambda:{region}:{account}:function:{text}", value.span)
