"""Association rules and label rules."""

from __future__ import annotations

from collections.abc import Iterable

from policyc.diagnostics import Diagnostic, Diagnostics, Edit, Fix, Label, Severity, did_you_mean, write_instead
from policyc.engines.wan.resource_ids import is_no_resource
from policyc.ir.network import ATTACHMENT_TYPES, AttachCondition, AttachRule, CoreNetwork, Number, ToGroup, ToTag, Word
from policyc.regex import regex
from policyc.targets.cloud_wan.inventory import type_hint
from policyc.targets.cloud_wan.validate.names import check_listed_once

MAX_RULE_NUMBER = 65535
#: characters of a tag (https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html)
MAX_TAG_KEY, MAX_TAG_VALUE = 128, 256
_TAG_CONDITIONS = ("tag-exists", "tag-name", "tag-value")
_ACCOUNT, _ACCOUNT_PART = regex(r"[0-9]{12}"), regex(r"[0-9]{1,12}")


def check_rules(network: CoreNetwork, diagnostics: Diagnostics) -> None:
    """Reference, sections 1.6 and 1.7; section 6 rows 3, 18 and 19."""
    check_numbers("rule", [rule.number for rule in network.attach_rules], MAX_RULE_NUMBER, diagnostics)
    check_numbers("label rule", [rule.number for rule in network.label_rules], MAX_RULE_NUMBER, diagnostics)
    for rule in network.attach_rules:
        _check_attach_rule(rule, network, diagnostics)


def _check_conditions_once(rule: AttachRule, diagnostics: Diagnostics) -> None:
    check_listed_once("condition", [_as_word(item) for item in rule.conditions], diagnostics, alone=False)
    every = next((item for item in rule.conditions if item.type == "any"), None)
    if every is not None and len({item.type for item in rule.conditions}) > 1:
        diagnostics.warning(
            "condition-beside-any",
            f"rule {rule.number.value} is for every attachment, whatever its other conditions say"
            if rule.logic == "or"
            else f"condition `any` of rule {rule.number.value} adds nothing to the others",
            every.span or rule.span,
            "keep `any` alone, or drop it",
        )


def _as_word(condition: AttachCondition) -> Word:
    return Word(condition.sentence(), condition.span)


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
                "rule-number",
                f"{kind} number {number.value} is used twice",
                number.span,
                "give each its own number: the lowest that matches decides",
                labels,
            )


def _check_attach_rule(rule: AttachRule, network: CoreNetwork, diagnostics: Diagnostics) -> None:
    if not rule.conditions:
        diagnostics.error(
            "rule-without-condition",
            f"rule {rule.number.value} has no condition",
            rule.span,
            "use condition `any` to match every attachment",
        )
    if len(rule.conditions) > 1 and rule.logic is None:
        diagnostics.error(
            "condition-logic",
            f"rule {rule.number.value} has {len(rule.conditions)} conditions and no `condition-logic`",
            rule.span,
            "add `and` or `or`",
        )
    if isinstance(rule.action, ToTag) and not rule.action.key.text:
        diagnostics.error(
            "association-target",
            f"rule {rule.number.value} takes the segment from a tag with an empty key",
            rule.action.key.span or rule.span,
            "name the tag: no attachment has a tag without a key",
        )
    if isinstance(rule.action, ToGroup) and rule.logic == "or" and len(rule.conditions) > 1:
        diagnostics.add(
            Diagnostic(
                "function-group-logic",
                f"rule {rule.number.value} joins the conditions of a function group by `or`",
                rule.span,
                "AWS's text asks for `and`, though rules with `or` are deployed widely: use one rule per alternative",
                Severity.INFO,
            )
        )
    if isinstance(rule.action, ToTag):
        _check_blanks(rule.action.key, diagnostics)
        _check_length(rule.action.key, MAX_TAG_KEY, "key", diagnostics)
    _check_conditions_once(rule, diagnostics)
    for condition in rule.conditions:
        _check_condition(condition, diagnostics)
        _check_blanks(condition.key, diagnostics)
        _check_length(condition.key, MAX_TAG_KEY, "key", diagnostics)
        if condition.type == "tag-value":
            _check_length(condition.value, MAX_TAG_VALUE, "value", diagnostics)
        if condition.type in ("tag-value", "resource-id") and condition.operator in ("equals", "not-equals"):
            _check_blanks(condition.value, diagnostics)
        if condition.type == "region":
            _check_region(condition, network, diagnostics)
        if isinstance(rule.action, ToGroup) and condition.type not in _TAG_CONDITIONS:
            diagnostics.error(
                "function-group-condition",
                f"rule {rule.number.value} puts attachments into a function group by {condition.type}",
                condition.span or rule.span,
                "function groups take tag conditions only: tag the attachments",
            )


def _check_region(condition: AttachCondition, network: CoreNetwork, diagnostics: Diagnostics) -> None:
    """Attachments are made at edges, so a condition that no edge meets is never true."""
    value = "" if condition.value is None else condition.value.text
    if condition.operator is not None and not any(map(condition.admits, network.locations)):
        span = None if condition.value is None else condition.value.span
        diagnostics.warning(
            "region-without-edge",
            f"the core network has no edge in a Region that {condition.operator} `{value[:80]}`",
            span or condition.span,
            did_you_mean(value, network.locations, "edges are " + ", ".join(f"`{edge}`" for edge in network.locations)),
        )


def _check_part(condition: AttachCondition, value: Word, diagnostics: Diagnostics) -> None:
    """A part of what an attachment has: one that everything has, or no account."""
    if not value.text:
        diagnostics.warning(
            "empty-part",
            f"every {'value' if condition.type == 'tag-value' else condition.type} {condition.operator} nothing, so this sets no condition",
            value.span or condition.span,
            "write the part that is wanted, or `tag-exists`"
            if condition.type == "tag-value"
            else "write the part that is wanted",
        )
    elif condition.type == "account-id" and _ACCOUNT_PART.fullmatch(value.text) is None:
        diagnostics.warning(
            "account-condition",
            f"no account id {condition.operator} `{value.text[:80]}`",
            value.span or condition.span,
            "write digits, twelve at most",
        )


def _check_length(word: Word | None, most: int, part: str, diagnostics: Diagnostics) -> None:
    if word is not None and len(word.text) > most:
        diagnostics.warning(
            "tag-too-long",
            f"no tag has a {part} of {len(word.text)} characters, where {most} are the most",
            word.span,
            f"write the {part} of a tag that attachments have",
        )


def _check_blanks(word: Word | None, diagnostics: Diagnostics) -> None:
    better = "" if word is None else word.text.strip()
    if word is not None and better and better != word.text:
        end = "begins" if word.text[0] != better[0] else "ends"
        diagnostics.warning(
            "blank-in-condition",
            f"`{word.text[:80]}` {end} with a blank, and every character counts",
            word.span,
            write_instead(word.text, better),
        )


def _check_resource(condition: AttachCondition, value: Word, diagnostics: Diagnostics) -> None:
    """An id that nothing which is attached has: of another kind of resource, or of the wrong shape."""
    if "*" not in value.text and is_no_resource(value.text, condition.operator != "begins-with"):
        lower = value.text.lower()
        diagnostics.warning(
            "resource-id-shape",
            f"no attachment connects a resource whose id {condition.operator} `{value.text[:80]}`",
            value.span or condition.span,
            write_instead(value.text, lower)
            if lower != value.text and not is_no_resource(lower, condition.operator != "begins-with")
            else "write the id of the VPC, VPN or transit gateway route table, such as `vpc-0a1b2c3d4e5f67890`",
        )


def _check_condition(condition: AttachCondition, diagnostics: Diagnostics) -> None:
    value = condition.value
    if condition.key is not None and not condition.key.text:
        diagnostics.error(
            "condition-parts",
            f"condition `{condition.type}` has an empty `key`",
            condition.key.span or condition.span,
            "name the tag: no attachment has a tag without a key",
        )
    if condition.type == "tag-value" and condition.operator == "not-equals":
        diagnostics.warning(
            "not-equals-missing-tag",
            f"what `not-equals` says of an attachment without tag `{condition.key}` is not published",
            condition.span,
            "test for the values that you want",
        )
    if condition.type == "tag-name":
        diagnostics.warning(
            "tag-name-condition",
            "condition type `tag-name` is in no published policy",
            condition.span,
            write_instead("tag-name", "tag-exists"),
        )
    if condition.type == "attachment-type" and condition.operator not in ("equals", None):
        diagnostics.warning(
            "attachment-type-operator",
            f"the service may refuse `{condition.operator}` for the type of an attachment",
            condition.span,
            "use `equals`, one condition per type joined by `or`",
        )
    if value is not None and condition.operator is not None and "*" in value.text:
        stem = value.text.rstrip("*")
        diagnostics.warning(
            "wildcard-in-condition",
            f"`{value.text[:80]}` is compared as it stands: association rules know no wildcards",
            value.span or condition.span,
            f"use `begins-with` and `{stem[:80]}`" if stem and "*" not in stem else "use `begins-with` or `contains`",
            fix=_beginning(condition, value, stem),
        )
    if value is not None and condition.type == "resource-id" and value.text.startswith("arn:"):
        diagnostics.warning(
            "resource-id-is-an-arn",
            f"the id of a resource is no ARN, so nothing {condition.operator} `{value.text[:80]}`",
            value.span or condition.span,
            write_instead(value.text, value.text.rpartition("/")[2])
            if "/" in value.text.rstrip("/")
            else "write the last part alone, such as `vpc-0a1b2c3d4e5f67890`",
        )
    if value is None or condition.operator is None:
        return
    if condition.type == "resource-id" and condition.operator != "contains":
        _check_resource(condition, value, diagnostics)
    if condition.operator in ("contains", "begins-with"):
        _check_part(condition, value, diagnostics)
        return
    if condition.type == "attachment-type" and value.text not in ATTACHMENT_TYPES:
        diagnostics.error(
            "attachment-type",
            f"`{value.text[:80]}` is no type of attachment",
            value.span or condition.span,
            type_hint(value.text, ATTACHMENT_TYPES),
        )
    if condition.type == "account-id" and _ACCOUNT.fullmatch(value.text) is None:
        diagnostics.error(
            "account-condition",
            f"`{value.text[:80]}` is not an account id",
            value.span or condition.span,
            "write all twelve digits",
        )


def _beginning(condition: AttachCondition, value: Word, stem: str) -> Fix | None:
    """The fix that asks for the beginning that a value with `*` at its end means."""
    if not stem or "*" in stem or value.span is None or condition.operator not in ("equals", "begins-with"):
        return None
    edits = [Edit(value.span, stem, value.text)]
    if condition.operator == "equals":
        if condition.span is None or value.text == "equals":
            return None
        edits.append(Edit(condition.span, "begins-with", "equals"))
    return Fix(f"use `begins-with` and `{stem}`", tuple(edits))
