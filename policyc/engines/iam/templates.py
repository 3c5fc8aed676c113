"""`${…}` that is no policy variable: a template (of Terraform, CloudFormation, a shell …) that nobody rendered.

A policy variable is `${key}` with a condition key, `${key, 'default'}`, or `${*}`, `${?}`, `${$}`. Source: IAM evaluation
reference, section 7; Lattice reference, corrections.
"""

from __future__ import annotations

import re

from policyc.model.placeholders import RENDER, is_left_over
from policyc.regex import regex

_PLACE = regex(r"\$\{([^}]*)\}")
#: `${}` and the like are malformed variables, not templates
_PLAIN = frozenset({"*", "?", "$"})
_DEFAULT = regex(r",\s*'.*", re.DOTALL)
#: what no condition key holds: calls, indexes, quotes, pseudo parameters such as `AWS::AccountId`, paths without a name
_FOREIGN = regex(r'[()\[\]{"|!]|::|^[^:]*:/')
#: words before a colon that template languages use and no service does
_WORDS = frozenset({"self", "opt", "env", "file", "param", "sls", "cf", "git", "var", "local", "data", "module"})


def unrendered(text: str) -> str | None:
    """The first `${…}` of a text that cannot be a policy variable, as written; None when there is none."""
    for found in _PLACE.finditer(text, 0, text.rfind("}") + 1):  # what is never closed is looked at once
        inner = found[1].strip()
        if inner and inner not in _PLAIN and _is_foreign(inner):
            return found[0]
    return None


def rather(text: str, help: str) -> str:
    """Help for a text that is not what it should be: `help`, unless it waits to be filled in."""
    return f"{RENDER}, or write the value itself" if unrendered(text) is not None or is_left_over(text) else help


def _is_foreign(inner: str) -> bool:
    key = _DEFAULT.sub("", inner)
    word, colon, _ = key.partition(":")
    return not colon or word.lower() in _WORDS or _FOREIGN.search(key) is not None
