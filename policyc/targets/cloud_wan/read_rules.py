"""Association rules and label rules of a core network policy document to the network IR."""

from __future__ import annotations

from policyc.diagnostics import Edit, Fix, remove_member
from policyc.ir import network as ir
from policyc.syntax.json_text import JsonBool
from policyc.targets.cloud_wan.fields import Fields

_RULE_KEYS = ("rule-number", "description", "condition-logic", "conditions", "action")
_TARGET_KEYS = (
    "association-method",
    "segment",
    "tag-value-of-key",
    "add-to-network-function-group",
    "require-acceptance",
)


def read_attach_rules(top: Fields) -> tuple[ir.AttachRule, ...]:
    """`attachment-policies` in the order of the document."""
    found = [_attach_rule(item) for item in top.objects("attachment-policies", _RULE_KEYS)]
    return tuple(rule for rule in found if rule is not None)


def _attach_rule(fields: Fields) -> ir.AttachRule | None:
    number = fields.number("rule-number", required=True)
    description = fields.word("description")
    logic = fields.choice("condition-logic", ir.LOGICS)
    conditions = [_condition(item) for item in _condition_objects(fields)]
    target = fields.object("action", _TARGET_KEYS, required=True)
    action = None if target is None else _target(target)
    if number is None or action is None:
        return None
    kept = tuple(item for item in conditions if item is not None)
    return ir.AttachRule(number, kept, action, logic, description, fields.span)


def _condition_objects(fields: Fields) -> list[Fields]:
    return fields.objects("conditions", ("type", "key", "operator", "value"), required=True, filled=True)


def _condition(fields: Fields) -> ir.AttachCondition | None:
    raw = fields.word("type", required=True)
    if raw is None:
        return None
    if raw.text == "account":
        fields.diagnostics.warning(
            "account-condition",
            "condition type `account` is read as `account-id`",
            raw.span,
            "write `account-id`: some versions of the service refuse `account`",
        )
        kind: ir.ConditionType = "account-id"
    else:
        found = fields.choice("type", ir.CONDITION_TYPES)
        if found is None:
            return None
        kind = found
    key, value = fields.word("key"), _value(fields, kind)
    operator = fields.choice("operator", ir.OPERATORS)
    _check_presence(fields, kind)
    return ir.AttachCondition(kind, key, operator, value, fields.span)


def _value(fields: Fields, kind: str) -> ir.Word | None:
    """What a condition compares with. YAML turns an unquoted `true` into a truth value; AWS's own templates have it so, and its guide asks
    for quotes."""
    given = fields.members.get("value")
    if given is None or kind != "tag-value" or not isinstance(given.value, JsonBool):
        return fields.word("value")
    text = "true" if given.value.value else "false"
    fields.diagnostics.warning(
        "boolean-in-condition",
        f"the value is the truth value `{text}`, and conditions compare with text",
        given.value.span,
        f'write `"{text}"` in quotes: the service may refuse it as it is',
        fix=Fix(f'write `"{text}"`', (Edit(given.value.span, f'"{text}"'),)),
    )
    return ir.Word(text, given.value.span)


def _check_presence(fields: Fields, kind: str) -> None:
    """Which of `key`, `operator` and `value` a condition type wants."""
    wants = {"any": (), "tag-exists": ("key",), "tag-name": ("key",), "tag-value": ("key", "operator", "value")}.get(
        kind, ("operator", "value")
    )
    for name in ("key", "operator", "value"):
        if name in wants and not fields.has(name):
            fields.diagnostics.error(
                "condition-parts",
                f"condition `{kind}` has no `{name}`",
                fields.span,
                f"add `{name}` (the service answers REQUIRED_PROPERTY)",
            )
        elif name not in wants and fields.has(name):
            member = fields.members[name]
            help = remove_member("remove it", member.key_span, member.value.span)
            fields.diagnostics.error("condition-parts", f"condition `{kind}` takes no `{name}`", member.key_span, help)


def _target(fields: Fields) -> ir.ToSegment | ir.ToTag | ir.ToGroup | None:
    method = fields.choice("association-method", ("constant", "tag"))
    segment, key = fields.word("segment"), fields.word("tag-value-of-key")
    group, acceptance = fields.word("add-to-network-function-group"), fields.flag("require-acceptance")
    if group is not None:
        return ir.ToGroup(group, acceptance) if _alone(fields) else None
    if not fields.has("association-method"):
        fields.refuse(
            "action",
            "association-target",
            "the rule says neither which segment nor which function group",
            "add `association-method`, or `add-to-network-function-group`",
        )
        return None
    if method == "constant":
        return _checked(fields, segment, "segment", "tag-value-of-key", acceptance)
    if method == "tag":
        return _checked(fields, key, "tag-value-of-key", "segment", acceptance)
    return None


def _alone(fields: Fields) -> bool:
    """Whether nothing else says where an attachment goes; what does is one mistake."""
    others = [key for key in ("association-method", "segment", "tag-value-of-key") if fields.has(key)]
    if others:
        fields.refuse(
            others[0],
            "association-target",
            f"`{others[0]}` stands beside `add-to-network-function-group`",
            "an attachment joins a segment or a function group, never both: keep one",
        )
    return not others


def _checked(
    fields: Fields, wanted: ir.Word | None, name: str, other: str, acceptance: bool | None
) -> ir.ToSegment | ir.ToTag | None:
    if fields.has(other):
        method = "constant" if name == "segment" else "tag"
        fields.refuse(
            other, "association-target", f"`{other}` does not go with association method `{method}`", f"use `{name}`"
        )
        return None
    if wanted is None:
        fields.word(name, required=True)
        return None
    return ir.ToSegment(wanted, acceptance) if name == "segment" else ir.ToTag(wanted, acceptance)


def read_label_rules(top: Fields) -> tuple[ir.LabelRule, ...]:
    """`attachment-routing-policy-rules` in the order of the document."""
    keys = ("rule-number", "description", "edge-locations", "conditions", "action")
    found = [_label_rule(item) for item in top.objects("attachment-routing-policy-rules", keys)]
    return tuple(rule for rule in found if rule is not None)


def _label_rule(fields: Fields) -> ir.LabelRule | None:
    number = fields.number("rule-number", required=True)
    description = fields.word("description")
    edges = fields.words("edge-locations", filled=True)
    labels: list[ir.Word] = []
    for item in fields.objects("conditions", ("type", "value"), required=True, filled=True):
        kind = item.choice("type", ("routing-policy-label",), required=True)
        value = item.word("value", required=True)
        if kind is not None and value is not None:
            labels.append(value)
    action = fields.object("action", ("associate-routing-policies",), required=True)
    policies = () if action is None else action.words("associate-routing-policies", required=True, filled=True)
    return None if number is None else ir.LabelRule(number, tuple(labels), policies, edges, description, fields.span)
