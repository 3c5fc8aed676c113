"""Permissions of Lambda functions: what each may say, and those of manifests and of Pulumi as the statement that Lambda makes of them.

Sources: https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html, https://marketplace.upbound.io/providers/upbound/provider-aws-lambda/,
https://www.pulumi.com/registry/packages/aws/api-docs/lambda/permission/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from policyc.carriers.embedded import Embedded, Hole
from policyc.carriers.types import text_at
from policyc.holes import has_hole, mark, names_in, shown, widened
from policyc.syntax.json_tree import JsonArray, JsonBool, JsonMember, JsonObject, JsonString, JsonValue
from policyc.text import Span

#: what a permission tests, by the word for it in small letters alone, with the operator and the key
TESTS: Final[Mapping[str, tuple[str, str]]] = {
    "sourcearn": ("ArnLike", "AWS:SourceArn"),
    "sourceaccount": ("StringEquals", "AWS:SourceAccount"),
    "principalorgid": ("StringEquals", "aws:PrincipalOrgID"),
    "organizationid": ("StringEquals", "aws:PrincipalOrgID"),
    "eventsourcetoken": ("StringEquals", "lambda:EventSourceToken"),
    "functionurlauthtype": ("StringEquals", "lambda:FunctionUrlAuthType"),
    "invokedviafunctionurl": ("Bool", "lambda:InvokedViaFunctionUrl"),
}
#: type -> the word for the function in it
FUNCTION_IN: Final = {
    "lambda.aws.upbound.io/Permission": "functionName",
    "aws:lambda/permission:Permission": "function",
}
#: why a permission cannot be read
NOT_WHOLE: Final = "it lacks an action, a principal or its function, or has one that is no text"


def permission(type_: str, name: str, held: JsonValue | None, holes: Mapping[str, Hole]) -> Embedded | None:
    """The document with the one statement of a permission; None where it is none, or what it has to have is missing."""
    if type_ not in FUNCTION_IN or not isinstance(held, JsonObject):
        return None
    given = {member.key: member for member in held.members if isinstance(member.value, JsonString | JsonBool)}
    words = {key: str(member.value.plain()) for key, member in given.items() if isinstance(member.value, JsonString)}
    about = FUNCTION_IN[type_]
    if about not in given and (ref := text_at(held, f"{about}Ref.name")):  # of another manifest
        given[about] = _member(about, JsonString(mark(ref), held.span))
        words[about] = mark(ref)
    if not {"action", "principal", about} <= words.keys():
        return None

    def said(key: str, text: str) -> JsonString:
        return JsonString(text, given[key].value.span)

    members = [_member("Effect", JsonString("Allow", held.span.at_start()))]
    if "statementId" in words:
        members.insert(0, _member("Sid", said("statementId", words["statementId"])))
    function = _arn(words[about], words.get("qualifier", ""))
    members += [
        _member("Principal", _principal(said("principal", words["principal"]))),
        _member("Action", said("action", words["action"])),
        _member("Resource", said(about, function)),
    ]
    tests: dict[str, list[JsonMember]] = {}
    for key, member in given.items():
        if key.lower() in TESTS:
            operator, tested = TESTS[key.lower()]
            value = said(key, str(member.value.plain()).lower() if operator == "Bool" else words.get(key, ""))
            tests.setdefault(operator, []).append(JsonMember(tested, member.key_span, value))
    if tests:
        blocks = [_member(operator, JsonObject(tuple(some), some[0].value.span)) for operator, some in tests.items()]
        members.append(_member("Condition", JsonObject(tuple(blocks), blocks[0].value.span)))
    statement = JsonArray((JsonObject(tuple(members), held.span),), held.span)
    content = JsonObject(
        (
            _member("Version", JsonString("2012-10-17", held.span.at_start())),
            JsonMember("Statement", held.span.at_start(), statement),
        ),
        held.span,
    )
    texts = (function, *(text for key, text in words.items() if key != about))
    named = dict.fromkeys(hole for text in texts for hole in names_in(text))
    mine = {hole: holes.get(hole) or Hole(hole, "arn", given[about].value.span) for hole in named}
    facts = {} if has_hole(words[about]) else {"called": words[about]}
    return Embedded("function", name, type_, held.span, content, mine, facts)


def _arn(function: str, qualifier: str) -> str:
    """The ARN of a function, which Lambda writes for a name too; its account and Region are not known then."""
    behind = f":{qualifier}" if qualifier else ""
    if widened(function).startswith("arn:"):
        return function + behind
    name = function.rpartition("function:")[2]
    known = "*" if has_hole(name) else name.partition(":")[0]
    end = name[len(known) :] if not has_hole(name) else ""
    return mark(f"function {shown(name)}", f"arn:*:lambda:*:????????????:function:{known}") + end + behind


def _principal(value: JsonString) -> JsonValue:
    """`*`, a service by its domain, or an account or ARN."""
    if value.value == "*":
        return value
    service = "." in widened(value.value) and not value.value.startswith("arn:")
    return JsonObject((_member("Service" if service else "AWS", value),), value.span)


def _member(key: str, value: JsonValue) -> JsonMember:
    span: Span = value.span
    return JsonMember(key, span, value)
