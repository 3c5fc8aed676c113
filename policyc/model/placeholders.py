"""Text that a template should have filled in, and did not: nothing is decided on it, whatever it stands for."""

from __future__ import annotations

from typing import Final

from policyc.regex import regex

_LEFT_OVER: Final = regex(
    r"\$\{[^{}]*\}|\{\{[^{}]*\}\}|%\{[^{}]*\}|^<[^<>@]+>$|^%\w+%$|\$\(\w+\)|^(@@|__)[A-Z0-9_]+(@@|__)$"
)

#: what to do about one
RENDER: Final = "render the template first"


def is_template(text: object) -> bool:
    """Whether a value is text with a placeholder of Terraform, CloudFormation, Helm or a person in it."""
    return isinstance(text, str) and _LEFT_OVER.search(text) is not None
