"""Association rules and label rules."""

from __future__ import annotations

import re
from collections.abc import Iterable

from policyc.diagnostics import Diagnostic, Diagnostics, Label, Severity, did_you_mean
from policyc.ir.network import ATTACHMENT_TYPES, AttachCondition, AttachRule, CoreNetwork, Number, ToGroup

MAX_RULE_NUMBER = 65535
_TAG_CONDITIONS = ("tag-exists", "tag-name", "tag-value")
_ACCOUNT = re.compile(r"[0-9]{12}")


def check_rules(network: CoreNetwork, diagnostics: Diagnostics) -> None:
    """Reference, sections 1.6 and 1.7; section 6 rows 3, 18 and 19."""
    check_numbers("rule", [rule.number for rule in network.attach_rules], MAX_RULE_NUMBER, diagnostics)
    check_numbers("label rule", [rule.number for rule in network.label_rules], MAX_RULE_NUMBER, diagnostics)
    for rule in network.attach_rules:
        _check_attach_rule(rule, diagnostics)


def check_numbers(kind: str, numbers: Iterable[Number], highest: int, diagnostics: Diagnostics) -> None:
    """Each number is in range and used once."""
    seen: dict[int, Number] = {}
    for number in numbers:
        if not 1 <= number.value <= highest:
            diagnostics.error(
                "rule-number", f"{kind} number {number.value} is out of range", number.span, f"use 1 to {highest}"
            )
        first = seen.setdefault(number.value, number)
        if first is not number:
            labels = () if first.span is None else (Label(first.span, "first used here"),)
            diagnostics.error(
                "rule-number", f"{kind} number {number.value} is used twice", number.span,
                "give each its own number: the lowest that matches decides", labels,
            )  # fmt: skip


def _check_attach_rule(rule: AttachRule, diagnostics: Diagnostics) -> None:
    if not rule.conditions:
        diagnostics.error(
            "rule-without-condition", f"rule {rule.number.value} has no condition", rule.span,
            "use condition `any` to match every attachment",
        )  # fmt: skip
    if len(rule.conditions) > 1 and rule.logic is None:
        diagnostics.error(
            "condition-logic", f"rule {rule.number.value} has {len(rule.conditions)} conditions and no `condition-logic`",
            rule.span, "add `and` or `or`",
        )  # fmt: skip
    if isinstance(rule.action, ToGroup) and rule.logic == "or" and len(rule.conditions) > 1:
        diagnostics.add(
            Diagnostic(
                "function-group-logic", f"rule {rule.number.value} joins the conditions of a function group by `or`", rule.span,
                "AWS's text asks for `and`, though rules with `or` are deployed widely: use one rule per alternative",
                Severity.INFO,
            )
        )  # fmt: skip
    for condition in rule.conditions:
        _check_condition(condition, diagnostics)
        if isinstance(rule.action, ToGroup) and condition.type not in _TAG_CONDITIONS:
            diagnostics.error(
                "function-group-condition",
                f"rule {rule.number.value} puts attachments into a function group by {condition.type}",
                condition.span or rule.span, "function groups take tag conditions only: tag the attachments",
            )  # fmt: skip


def _check_condition(condition: AttachCondition, diagnostics: Diagnostics) -> None:
    value = condition.value
    if condition.type == "tag-name":
        diagnostics.warning(
            "tag-name-condition",
            "condition type `tag-name` is in no published policy",
            condition.span,
            "write `tag-exists`",
        )
    if condition.type == "attachment-type" and condition.operator not in ("equals", None):
        diagnostics.warning(
            "attachment-type-operator", f"the service may refuse `{condition.operator}` for the type of an attachment",
            condition.span, "use `equals`, one condition per type joined by `or`",
        )  # fmt: skip
    if value is None or condition.operator not in ("equals", "not-equals"):
        return
    if condition.type == "attachment-type" and value.text not in ATTACHMENT_TYPES:
        diagnostics.error(
            "attachment-type", f"`{value.text[:80]}` is no type of attachment", value.span or condition.span,
            did_you_mean(value.text, ATTACHMENT_TYPES, "use one of " + ", ".join(f"`{t}`" for t in ATTACHMENT_TYPES)),
        )  # fmt: skip
    if condition.type == "account-id" and _ACCOUNT.fullmatch(value.text) is None:
        diagnostics.error(
            "account-condition", f"`{value.text[:80]}` is not an account id", value.span or condition.span,
            "write all twelve digits",
        )  # fmt: skip
