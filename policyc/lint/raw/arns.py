"""ARNs in `Resource` that no resource has, by the service's own forms: Region, account, and the part behind them.

Source: IAM evaluation reference, section 13 (INVALID_ARN_REGION, ARN_REGION_NOT_ALLOWED, INVALID_ARN_RESOURCE …) and its corrections.
"""

from __future__ import annotations

from collections.abc import Sequence

from policyc.diagnostics import Diagnostics
from policyc.lint.raw.nearest import nearest_name
from policyc.lint.raw.statements import RawStatement
from policyc.syntax.json_text import JsonString
from policyc.targets.iam_documents import arns, services

_FIELDS = 6
_VAGUE = ("*", "?", "$")


def check_arns(statement: RawStatement, diagnostics: Diagnostics) -> None:
    """Report them."""
    for item in statement.named_resources:
        fields = item.value.split(":", _FIELDS - 1)
        whole = fields[0] == "arn" and len(fields) == _FIELDS and fields[2] and not _vague(fields[2])
        if whole and not _region(item, fields, diagnostics):
            _form(item, fields, diagnostics)


def _vague(text: str) -> bool:
    return any(char in text for char in _VAGUE)


def _region(item: JsonString, fields: Sequence[str], diagnostics: Diagnostics) -> bool:
    name, known = fields[3], arns.regions()
    if not name or _vague(name) or name in known.names:
        return False
    head, tail = ":".join(fields[:3]) + ":", ":" + ":".join(fields[4:])
    help = nearest_name(name, known.names, tail, head) or "write the Region's code, such as `eu-west-1`"
    if arns.may_be_region(name):
        diagnostics.warning("unknown-region", f"no Region was called `{name}` on {known.as_of}", item.span, help)
    else:
        diagnostics.error("invalid-arn-region", f"`{name}` in `{item.value}` is no Region", item.span, help)
    return True


def _form(item: JsonString, fields: Sequence[str], diagnostics: Diagnostics) -> None:
    """Report a text that no form of the service's ARNs takes, with what is wrong about it."""
    service = fields[2]
    if not services.is_there() or arns.any_may_be(item.value, arns.forms_of(service)):
        return
    forms = arns.all_forms_of(service)
    if not forms or arns.any_may_be(item.value, forms):
        return
    alike = [form.split(":", _FIELDS - 1) for form in forms if arns.resource_may_be(item.value, form)]
    if not alike:
        _no_resource(item, service, forms, diagnostics)
    else:
        _field(item, fields, alike, diagnostics)


def _no_resource(item: JsonString, service: str, forms: Sequence[str], diagnostics: Diagnostics) -> None:
    part = item.value.split(":", _FIELDS - 1)[5]
    word = part.replace(":", "/").partition("/")[0]
    words = {form.split(":", _FIELDS - 1)[5].replace(":", "/").partition("/")[0] for form in forms}
    same = [form for form in forms if form.split(":", _FIELDS - 1)[5].startswith(word)] if word in words else []
    head = item.value[: -len(part)]
    help = "" if same else nearest_name(word, [item for item in words if "$" not in item], part[len(word) :], head)
    help = help or "its ARNs look like " + " or ".join(f"`{form}`" for form in (same or forms)[:2])
    message = f"`{part}` is no resource of `{service}`"
    _report("invalid-arn-resource", message, item, service, help, diagnostics)


def _field(item: JsonString, fields: Sequence[str], alike: Sequence[Sequence[str]], diagnostics: Diagnostics) -> None:
    service = fields[2]
    for at, what, word in ((3, "Region", "region"), (4, "account", "account")):
        wanted = {form[at] for form in alike}
        if fields[at] and wanted == {""}:
            message = f"ARNs like `{item.value}` have no {what}"
            right = ":".join([*fields[:at], "", *fields[at + 1 :]])
            return _report(f"arn-{word}-not-allowed", message, item, service, f"write `{right}`", diagnostics)
        if not fields[at] and "" not in wanted:
            message = f"`{item.value}` lacks the {what}"
            help = f"write the {what} in its field, or `*` for any"
            return _report(f"missing-arn-{word}", message, item, service, help, diagnostics)
    example = ":".join(alike[0])
    return _report(
        "invalid-arn-resource",
        f"`{item.value}` is no ARN of `{service}`",
        item,
        service,
        f"its ARNs look like `{example}`",
        diagnostics,
    )


def _report(rule: str, message: str, item: JsonString, service: str, help: str, diagnostics: Diagnostics) -> None:
    """An error where the forms are known to be all; else a doubt, as a newer form may be missing."""
    if arns.is_exact(service):
        diagnostics.error(rule, message, item.span, help)
    else:
        diagnostics.warning("undocumented-arn", message, item.span, help)
