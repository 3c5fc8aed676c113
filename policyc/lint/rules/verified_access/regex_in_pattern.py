r"""A pattern is written as a regular expression.

## What it does
Finds `like` with what regular expressions write and no pattern needs: `^` in front, `$` at the end, `.*` at the beginning or behind a
slash, `[.]`, `\.`, `[a-z]`, `(a|b)`. Policies and Cedar text.

## Why is this bad
`like` knows `*` and nothing else, so that every other character stands for itself: the pattern fits texts that nobody has. An `allow`
turns into a refusal and a `deny` into an open door.

## Example
```policy
use "shop.policy" { staff }

policy staff_policy for verified_access on staff {
  allow "ours" { when okta.email like ".*@example[.]com" and okta.email_verified == true }
}
```

## Use instead
```policy
use "shop.policy" { staff }

policy staff_policy for verified_access on staff {
  allow "ours" { when okta.email like "*@example.com" and okta.email_verified == true }
}
```

## Source
https://docs.cedarpolicy.com/policies/syntax-operators.html
"""

from __future__ import annotations

import re
from typing import Final

from policyc.diagnostics import Severity, write_instead
from policyc.ir.authz import Op
from policyc.ir.conditions import atoms
from policyc.lint.rule import Lint
from policyc.lint.speech import alternatives, pattern_text
from policyc.regex import regex

SEVERITY = Severity.WARNING
NEEDS = ("test",)
SCOPE = "document"
YIELDS_TO = ("value-never-matches", "template-in-text", "not-a-host-name")

_TARGETS: Final = ("verified_access", "client_vpn")
#: what no pattern needs; `\\` stands for one backslash in a pattern of the language
_SIGNS: Final = regex(
    r"^\^|\$$"
    r"|(?:^|/|@)\.(?:\*|\+)"
    r"|\[\.\]|\\\\[.dwsbDWSB/@-]"
    r"|\[\^?[^\]]*[A-Za-z0-9]-[A-Za-z0-9][^\]]*\]"
    r"|\([^()]*\|[^()]*\)"
)
#: what has a form in patterns
_FORMS: Final = ((regex(r"^\^|\$$"), ""), (regex(r"\[\.\]|\\\\\."), "."), (regex(r"\.[*+]\??"), "*"))
_REST: Final = regex(r"[\[\]()|^$+\\]")


def check(lint: Lint) -> None:
    for policy in lint.program.policies:
        for statement in policy.statements if policy.target in _TARGETS else ():
            for atom in atoms(statement.when):
                for value in atom.values if atom.op is Op.LIKE else ():
                    found = _SIGNS.search(str(value.value))
                    if found is not None:
                        text = pattern_text(policy, str(value.value))
                        message = (
                            f"`like` reads no regular expressions: `{_written(found)}` stands for itself in `{text}`"
                        )
                        better = _globbed(str(value.value))
                        help = (
                            write_instead(text, pattern_text(policy, better))
                            if better
                            else f"`*` is the one wildcard; write each form as a pattern of its own, joined by {alternatives(policy)}"
                        )
                        lint.report(value.span or atom.span, message, help)


def _written(found: re.Match[str]) -> str:
    return found[0].lstrip("/@")


def _globbed(text: str) -> str:
    """The pattern that means the same; empty where there is none."""
    for form, instead in _FORMS:
        text = form.sub(instead, text)
    return "" if _REST.search(text) or not text.strip("*") else text
