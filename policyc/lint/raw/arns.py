"""ARNs that no resource has, by the service's own forms: service, Region, account, and the part behind them.

Looked at in `Resource` here, and in conditions by the rule `arn-of-no-resource`.
Source: IAM evaluation reference, section 13 (INVALID_ARN_REGION, ARN_REGION_NOT_ALLOWED, INVALID_ARN_RESOURCE …) and its corrections.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from policyc.diagnostics import Diagnostics, write_instead
from policyc.holes import starred
from policyc.lint.paths import NETWORK
from policyc.lint.raw.nearest import nearest_name
from policyc.model.placeholders import is_left_over
from policyc.model.values import PARTITIONS, partition_of
from policyc.record import record
from policyc.targets.iam_documents import arns, services

if TYPE_CHECKING:
    from policyc.lint.raw.statements import RawStatement

_FIELDS = 6
_VAGUE = ("*", "?", "$")
#: what a service puts behind the names of its resources, which nobody chooses
_BEHIND_NAMES: Final = {"secretsmanager": "-??????"}
#: what IAM itself looks at on save, by the service of the ARN
_REFUSED = (("arn-region-not-allowed", "iam"), ("arn-region-not-allowed", "s3"), ("invalid-arn-resource", "iam"))


@record
class ArnProblem:
    """Why a text is no ARN of a resource. `certain` tells that the service's forms are known to be all, so that it is an error called
    `rule` and no doubt."""

    rule: str
    message: str
    help: str
    certain: bool


def check_arns(statement: RawStatement, diagnostics: Diagnostics) -> None:
    """Report them."""
    for item in statement.named_resources:
        if is_left_over(item.value) or (NETWORK.fullmatch(item.value) and _on_calls(statement)):
            continue  # told as that
        found = arn_problem(_padded(item.value)) or (
            _vague_path(item.value) if statement.kind.engine.keeps_unknown_words else None
        )
        if found is None:
            continue
        if found.certain and (found.rule, item.value.split(":", 3)[2]) in _REFUSED:
            diagnostics.error(found.rule, found.message, item.span, found.help)
        elif found.certain:
            statement.mistake(diagnostics, found.rule, found.message, item.span, found.help)
        else:
            rule = found.rule if found.rule.startswith("unknown-") else "undocumented-arn"
            diagnostics.warning(rule, found.message, item.span, found.help)


def _on_calls(statement: RawStatement) -> bool:
    """Whether a statement is on calls of VPC Lattice services, of which a network is no resource, whatever stands behind its id."""
    asked = [item.value.lower() for item in statement.actions]
    return statement.kind.name == "auth-policy" or (
        bool(asked) and all(item.startswith("vpc-lattice-svcs:") for item in asked)
    )


def _padded(text: str) -> str:
    """An ARN with the fields behind its last one, which are any where an identity policy leaves them out."""
    return text + ":*" * (_FIELDS - 1 - text.count(":")) if text.startswith("arn:") else text


def _vague_path(text: str) -> ArnProblem | None:
    """A resource of IAM must be `*`, or begin with the word of its kind, such as `role/`."""
    fields = text.split(":", _FIELDS - 1)
    word = fields[-1].partition("/")[0]
    if len(fields) < _FIELDS or fields[2] != "iam" or fields[-1] == "*" or not _vague(word):
        return None
    right = ":".join([*fields[:-1], "*"])
    message = f"`{fields[-1]}` is no resource of `iam`: a kind such as `role/` is named before any wildcard"
    return ArnProblem("invalid-arn-resource", message, f"name the kind, or write `{right}`", True)


def arn_problem(text: str) -> ArnProblem | None:
    """Why no resource has an ARN that a text, with or without wildcards and holes, may match; None when one may."""
    text = starred(text)  # a hole may hold anything, and its name may hold colons
    fields = text.split(":", _FIELDS - 1)
    if fields[0] != "arn" or len(fields) < _FIELDS or not fields[2] or _vague(fields[2]):
        return None
    if not _vague(fields[1]) and not fields[1].startswith("aws"):
        return None  # told by the reader: no partition
    if not _vague(fields[1]) and fields[1] not in PARTITIONS:
        return unknown_partition(text, fields[1])
    return _service(text, fields) or _region(text, fields) or _form(text, fields)


def unknown_partition(text: str, name: str) -> ArnProblem:
    """A partition that reads like one of AWS and is none of those that are known."""
    help = (
        nearest_name(name, PARTITIONS, text[len("arn:") + len(name) :], "arn:")
        or "write `aws`, or a partition such as `aws-cn`"
    )
    return ArnProblem("undocumented-arn", f"`{name}` in `{text}` is no partition that is known", help, False)


def _vague(text: str) -> bool:
    return any(char in text for char in _VAGUE)


def _service(text: str, fields: Sequence[str]) -> ArnProblem | None:
    name = fields[2]
    if not services.is_there() or name != name.lower() or name in services.prefixes() or arns.all_forms_of(name):
        return None
    head, tail = ":".join(fields[:2]) + ":", ":" + ":".join(fields[3:])
    return ArnProblem(
        "unknown-service",
        f"no service has ARNs like `{text}` (as of {services.updated()})",
        nearest_name(name, services.prefixes(), tail, head) or "write the service as its own ARNs do",
        False,
    )


def _region(text: str, fields: Sequence[str]) -> ArnProblem | None:
    name, known = fields[3], arns.regions()
    if not name or _vague(name):
        return None
    if name in known.names:
        return _partition(text, fields)
    head, tail = ":".join(fields[:3]) + ":", ":" + ":".join(fields[4:])
    help = nearest_name(name, known.names, tail, head) or "write the Region's code, such as `eu-west-1`"
    if arns.may_be_region(name):
        return ArnProblem("unknown-region", f"no Region was called `{name}` on {known.as_of}", help, False)
    return ArnProblem("invalid-arn-region", f"`{name}` in `{text}` is no Region", help, True)


def _partition(text: str, fields: Sequence[str]) -> ArnProblem | None:
    """A Region that belongs to another partition than the ARN says."""
    right = partition_of(fields[3])
    if _vague(fields[1]) or fields[1] == right:
        return None
    message = f"`{fields[3]}` in `{text}` is no Region of `{fields[1]}`"
    return ArnProblem(
        "invalid-arn-region", message, write_instead(text, ":".join([fields[0], right, *fields[2:]])), True
    )


def _form(text: str, fields: Sequence[str]) -> ArnProblem | None:
    """A text that no form of the service's ARNs takes, with what is wrong about it."""
    service = fields[2]
    if not services.is_there() or arns.any_may_be(text, arns.forms_of(service)):
        return None
    forms = arns.all_forms_of(service)
    if not forms or arns.any_may_be(text, forms):
        return None
    alike = [form.split(":", _FIELDS - 1) for form in forms if arns.resource_may_be(text, form)]
    words = {form[5].partition("/")[0] for form in (item.split(":", _FIELDS - 1) for item in forms)}
    if alike and all(form[5].startswith("$") for form in alike) and fields[5].partition("/")[0] in words:
        return _no_resource(text, service, forms)  # any text may be a name, and this one begins as another kind does
    return _field(text, fields, alike) if alike else _no_resource(text, service, forms)


def _no_resource(text: str, service: str, forms: Sequence[str]) -> ArnProblem:
    part = text.split(":", 5)[5]
    ended = text + _BEHIND_NAMES.get(service, "")
    if ended != text and arns.any_may_be(ended, tuple(forms)):
        message = f"no resource of `{service}` is `{part}` alone: the service adds some characters to the name"
        return _problem("invalid-arn-resource", message, service, write_instead(text, ended))
    word = part.replace(":", "/").partition("/")[0]
    words = {form.split(":", _FIELDS - 1)[5].replace(":", "/").partition("/")[0] for form in forms}
    same = [form for form in forms if form.split(":", _FIELDS - 1)[5].startswith(word)] if word in words else []
    head = text[: -len(part)]
    help = "" if same else nearest_name(word, [item for item in words if "$" not in item], part[len(word) :], head)
    shape = [bool(field) for field in text.split(":", 5)[3:5]]
    alike = sorted(
        same or forms, key=lambda form: ([bool(field) for field in form.split(":", 5)[3:5]] != shape, len(form))
    )
    help = help or _looks(service, alike)
    return _problem("invalid-arn-resource", f"`{part}` is no resource of `{service}`", service, help)


def _looks(service: str, forms: Sequence[str]) -> str:
    """What the service's ARNs look like, with the form of the ids in them where it is known."""
    shown = list(dict.fromkeys(forms))[:2]
    ids = {name: shape for form in shown for name, shape in arns.id_shapes(service, form).items()}
    told = "".join(f", with `{shape}` for `${{{name}}}`" for name, shape in ids.items())
    return "its ARNs look like " + " or ".join(f"`{form}`" for form in shown) + told


def _field(text: str, fields: Sequence[str], alike: Sequence[Sequence[str]]) -> ArnProblem:
    service = fields[2]
    for at, what, word in ((3, "Region", "region"), (4, "account", "account")):
        wanted = {form[at] for form in alike}
        if fields[at] and wanted == {""}:
            both = at == 3 and {form[4] for form in alike} == {""}
            right = ":".join([*fields[:at], *(["", ""] if both else [""]), *fields[at + (2 if both else 1) :]])
            message = f"an ARN like `{text}` has no {what}"
            return _problem(f"arn-{word}-not-allowed", message, service, write_instead(text, right))
        if not fields[at] and "" not in wanted:
            help = f"write the {what} in its field, or `*` for any"
            return _problem(f"missing-arn-{word}", f"`{text}` lacks the {what}", service, help)
    help = f"its ARNs look like `{':'.join(alike[0])}`"
    return _problem("invalid-arn-resource", f"`{text}` is no ARN of `{service}`", service, help)


def _problem(rule: str, message: str, service: str, help: str) -> ArnProblem:
    """Certain where the forms are known to be all; else a doubt, as a newer form may be missing."""
    return ArnProblem(rule, message, help, arns.is_exact(service))
