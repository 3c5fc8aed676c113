"""A pattern for e-mail addresses leaves the domain open.

## What it does
Finds patterns that grant access by e-mail address and whose text behind the last wildcard holds no `@` and does not
begin with a dot, or is the end of many companies' domains (`*@*.com`, `*.co.uk`), and patterns for a provider where anybody has an address (`*@gmail.com`). Also a part of an address
(`@example.com`) that is compared with `==`, which no address is.

## Why is this bad
`*example.com` matches `mallory@notexample.com`, and `alice@*` matches Alice at any domain.

## Example
```policy
use "shop.policy" { staff }

policy staff_policy for verified_access on staff {
  allow "staff" { when idc.user.email.address like "*example.com" and idc.user.email.verified == true }
}
```

## Use instead
```policy
use "shop.policy" { staff }

policy staff_policy for verified_access on staff {
  allow "staff" { when idc.user.email.address like "*@example.com" and idc.user.email.verified == true }
}
```

## Source
https://docs.aws.amazon.com/verified-access/latest/ug/trust-data-iam-add-pol.html
"""

from __future__ import annotations

import re
from typing import Final

from policyc.diagnostics import Severity, write_instead
from policyc.ir.authz import Op
from policyc.ir.conditions import atoms
from policyc.ir.pattern import Plain, pattern_tokens
from policyc.lint.emails import is_address
from policyc.lint.rule import Lint
from policyc.regex import regex
from policyc.text import Span

SEVERITY = Severity.WARNING
SCOPE = "document"
NEEDS = ("test",)
YIELDS_TO = ("value-never-matches", "template-in-text", "regex-in-pattern")

#: what everybody's domains end in: one label, or a country's label behind one for companies and the like
_PUBLIC_END: Final = regex(r"\.([a-z]{2,}|(ac|co|com|edu|gov|net|or|org)\.[a-z]{2})", re.IGNORECASE)
#: where anybody can have an address
_PUBLIC_MAIL: Final = regex(
    r"@(gmail|googlemail|outlook|hotmail|live|yahoo|icloud|protonmail|aol|qq|163)\.com|@(gmx|web)\.de|@gmx\.net|@proton\.me|@mail\.ru",
    re.IGNORECASE,
)


def check(lint: Lint) -> None:
    for policy in lint.program.policies:
        for statement in policy.statements if policy.target == "verified_access" else ():
            for atom in atoms(statement.when):
                if atom.op is Op.EQ and is_address(atom.attribute):
                    for value in atom.values:
                        _check_whole(lint, str(value.value), value.span or atom.span)
                grants = atom.negated is (statement.effect == "deny")
                if not (grants and atom.op is Op.LIKE and is_address(atom.attribute)):
                    continue
                for value in atom.values:
                    _check_pattern(lint, str(value.value), value.span)


def _check_whole(lint: Lint, text: str, span: Span | None) -> None:
    """A text that is compared as a whole and is a part of an address."""
    name, at, domain = text.rpartition("@")
    if not (name and domain) and "*" not in text:
        better = f"use `like` with `*@{domain}`" if domain and at else "write the whole address"
        lint.report(span, f"no e-mail address is `{text}`, which lacks {_lacking(name, at)}", better)


def _lacking(name: str, at: str) -> str:
    return "its `@`" if not at else "what stands behind `@`" if name else "what stands before `@`"


def _check_pattern(lint: Lint, pattern: str, span: Span | None) -> None:
    if not pattern.strip("*"):
        return  # any address: that the test always holds is the finding
    tail = ""
    tokens = pattern_tokens(pattern)
    for token in reversed(tokens):
        if not isinstance(token, Plain):
            break
        tail = token.char + tail
    if len(tail) == len(tokens):
        return
    if _PUBLIC_MAIL.fullmatch(tail) and len(tail) + 1 == len(tokens):
        lint.report(
            span,
            f"`{pattern}` matches everybody who has an address at `{tail[1:]}`",
            "list the addresses that are meant",
        )
        return
    if _PUBLIC_END.fullmatch(tail):
        lint.report(span, f"`{pattern}` matches every domain below `{tail}`", "end the pattern with `@` and the domain")
        return
    if "@" in tail or tail.startswith("."):
        return
    if tail:
        better = pattern[: len(pattern) - len(tail)] + "@" + tail
        lint.report(span, f"`{pattern}` matches any domain that ends in `{tail}`", write_instead(pattern, better))
    else:
        lint.report(span, f"`{pattern}` matches addresses of any domain", "end the pattern with `@` and the domain")
