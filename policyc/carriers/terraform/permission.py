"""`aws_lambda_permission`, and the same for a layer, as the statement that Lambda makes of it.

Sources: https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html,
https://docs.aws.amazon.com/lambda/latest/api/API_AddLayerVersionPermission.html and
https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/lambda_layer_version_permission
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from policyc.carriers.permissions import TESTS
from policyc.carriers.terraform.expressions import Work
from policyc.carriers.terraform.values import Entry, Fields, Items, Text, Unknown, Value, as_text, marked, plain_text
from policyc.holes import has_hole, shown
from policyc.regex import regex

if TYPE_CHECKING:
    from policyc.carriers.terraform.modules import ResourceInstance

#: resource type -> what it is a permission for, the argument that names that, and the one that says of which part
ON: Final = {
    "aws_lambda_permission": ("function", "function_name", "qualifier"),
    "awscc_lambda_permission": ("function", "function_name", "qualifier"),
    "aws_lambda_layer_version_permission": ("layer", "layer_name", "version_number"),
}
_ACCOUNT: Final = regex(r"[0-9]{12}|arn:.*")


def permission_document(instance: ResourceInstance, work: Work) -> Value | None:
    """The policy that one permission amounts to, None for one whose arguments are not written. Raises Failed."""
    place = instance.placed.block.head
    action, principal = instance.argument("action", work), instance.argument("principal", work)
    sort, naming, part = ON[instance.type]
    named, behind = instance.argument(naming, work), instance.argument(part, work)
    if action is None or principal is None or named is None or (sort == "layer" and behind is None):
        return None
    entries = [Entry("Effect", place, plain_text("Allow", place))]
    sid = instance.argument("statement_id", work)
    if sid is not None:
        entries.insert(0, Entry("Sid", sid.span, sid))
    entries.append(Entry("Principal", principal.span, _principal(principal)))
    entries.append(Entry("Action", action.span, action))
    entries.append(Entry("Resource", named.span, _arn(sort, named, behind, work)))
    tests: dict[str, list[Entry]] = {}
    for argument in instance.body.arguments:
        told = TESTS.get(argument.replace("_", ""))
        value = None if told is None else instance.argument(argument, work)
        if told is not None and value is not None:
            tests.setdefault(told[0], []).append(Entry(told[1], value.span, value))
    if tests:
        blocks = (
            Entry(operator, keys[0].key_span, Fields(tuple(keys), keys[0].key_span)) for operator, keys in tests.items()
        )
        entries.append(Entry("Condition", place, Fields(tuple(blocks), place)))
    statement = Fields(tuple(entries), place)
    version = Entry("Version", place, plain_text("2012-10-17", place))
    return Fields((version, Entry("Statement", place, Items((statement,), place))), place)


def _is_arn(value: Value) -> bool:
    return isinstance(value, Unknown) and value.kind == "arn"


def _principal(value: Value) -> Value:
    text = marked(as_text(value))
    if text == "*":
        return value
    kind = "AWS" if _ACCOUNT.match(text) or (has_hole(text) and not text.endswith("amazonaws.com")) else "Service"
    return Fields((Entry(kind, value.span, value),), value.span)


def _arn(sort: str, named: Value, part: Value | None, work: Work) -> Value:
    """The ARN of the function or the layer: Lambda takes its name too, and writes the ARN."""
    behind = "" if part is None else f":{marked(as_text(part))}"
    text = marked(as_text(named))
    if text.startswith("arn:") or f":{sort}:" in text or _is_arn(named):
        return plain_text(text + behind, named.span)
    name = shown(text)
    known = name if isinstance(named, Text) and not has_hole(text) else "*"
    hole = work.unknown(f"{sort} {name}", named.span, "arn", f"arn:*:lambda:*:????????????:{sort}:{known}")
    return plain_text(marked(as_text(hole)) + behind, named.span)
