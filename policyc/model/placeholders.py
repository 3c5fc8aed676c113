"""Text that a template should have filled in, and did not: nothing is decided on it, whatever it stands for."""

from __future__ import annotations

from typing import Final

from policyc.regex import regex

_LEFT_OVER: Final = regex(
    r"\$\{[^{}]*\}|\{\{[^{}]*\}\}|%\{[^{}]*\}|%\(\w+\)s|#\{[\w.]+\}|\$\(\w+\)"
    r"|^<[^<>@]+>$|^%\w+%$|^(@@|__)[A-Z0-9_]+(@@|__)$|^\$(?!(?:LATEST|DEFAULT)$)[A-Z][A-Z0-9_]+$|^%[ds]$"
)

#: a placeholder has one of these
_SIGNS: Final = frozenset("$%#{<@_")
_FIELD: Final = regex(r"[:/]")

#: what to do about one
RENDER: Final = "render the template first"


def is_left_over(text: str) -> bool:
    """Whether a text of an IAM document holds a placeholder. `${…}` is told by the reader (`policyc.engines.iam.templates`), `{{resolve:…}}` is
    filled in by CloudFormation, and a dollar is a character of the keys of S3."""
    if "${" in text or "{{resolve:" in text:
        return False
    if not text.startswith("arn:"):
        return is_template(text)
    name, _slash, key = text.partition("/") if text.startswith("arn:aws:s3:") else (text, "", "")
    return ("$" not in key and is_template(key)) or is_template(name) or any(map(is_template, _FIELD.split(name)))


def is_template(text: object) -> bool:
    """Whether a value is text with a placeholder of Terraform, CloudFormation, Helm or a person in it."""
    return isinstance(text, str) and not _SIGNS.isdisjoint(text) and _LEFT_OVER.search(text) is not None
