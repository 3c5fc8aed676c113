"""What one turn of `Fn::ForEach` makes: its text with the loop's name filled.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-foreach.html
"""

from __future__ import annotations

from policyc.syntax.json_tree import JsonArray, JsonMember, JsonObject, JsonString, JsonValue

LOOP = "Fn::ForEach::"
#: turns of one loop
MOST = 200


def filled(value: JsonValue, name: str, text: str) -> JsonValue:
    """A body with the loop's name filled: in `Ref`, in `${…}` of `Fn::Sub` and of keys."""
    match value:
        case JsonObject(members, span):
            if len(members) == 1 and members[0].key == "Ref" and _is(members[0].value, name):
                return JsonString(text, span)
            if len(members) == 1 and members[0].key == "Fn::Sub":
                inner = members[0].value
                if isinstance(inner, JsonString):
                    made: JsonValue = JsonString(put(inner.value, name, text), inner.span)
                else:
                    made = filled(inner, name, text)
                    if isinstance(made, JsonArray) and made.items and isinstance(first := made.items[0], JsonString):
                        made = JsonArray(
                            (JsonString(put(first.value, name, text), first.span), *made.items[1:]), made.span
                        )
                return JsonObject((JsonMember("Fn::Sub", members[0].key_span, made),), span)
            held = [
                JsonMember(put(item.key, name, text), item.key_span, filled(item.value, name, text)) for item in members
            ]
            return JsonObject(tuple(held), span)
        case JsonArray(items, span):
            return JsonArray(tuple([filled(item, name, text) for item in items]), span)
        case JsonString(inner_text, span) if f"${{{name}}}" in inner_text:
            return JsonString(put(inner_text, name, text), span)
        case _:
            return value


def put(where: str, name: str, text: str) -> str:
    """A key or a text with the loop's name filled."""
    return where.replace(f"${{{name}}}", text).replace(f"&{{{name}}}", text)


def _is(value: JsonValue, name: str) -> bool:
    return isinstance(value, JsonString) and value.value == name
