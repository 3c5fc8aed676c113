"""A `*` or `?` stands in a comparison that takes it for a plain character.

## What it does
Finds `==` and `in`, and `StringEquals` and its kin in a document, with a text that holds `*` or `?`.

## Why is this bad
Only `like` (`StringLike`) knows wildcards. Such a comparison matches nothing but the very text, star and all: an `allow` turns into a
refusal and a `deny` into an open door.

## Example
```policy
use "shop.policy" { inventory, order_fn }

policy inventory_auth for lattice on inventory {
  allow "orders" { who order_fn  when header["x-team"] == "core-*" }
}
```

## Use instead
```policy
use "shop.policy" { inventory, order_fn }

policy inventory_auth for lattice on inventory {
  allow "orders" { who order_fn  when header["x-team"] like "core-*" and aws.PrincipalTag["team"] == "core" }
}
```

## Source
https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html
"""

from __future__ import annotations

from typing import Final

from policyc.diagnostics import Edit, Fix, Severity
from policyc.engines.iam.operators import Family, read_operator
from policyc.engines.proofs.misfits import holds_query, misfit
from policyc.ir.authz import Atom, Op, RawTest
from policyc.ir.conditions import tests
from policyc.lint.rule import Lint
from policyc.lint.speech import is_document
from policyc.text import Span

SEVERITY = Severity.WARNING
SCOPE = "document"
NEEDS = ("wildcard",)
YIELDS_TO = ("cedar-group-name", "value-never-matches", "odd-method", "template-in-text")

_CEDAR: Final = ("verified_access", "client_vpn")
#: operator that compares texts as they stand -> the one that reads wildcards
_LIKE: Final = {
    "StringEquals": "StringLike",
    "StringNotEquals": "StringNotLike",
    "StringEqualsIgnoreCase": "StringLike",
    "StringNotEqualsIgnoreCase": "StringNotLike",
}


def check(lint: Lint) -> None:
    for policy, statement in lint.statements():
        # A `?` is a plain character to Cedar.
        wild = "*" if policy.target in _CEDAR else "*?"
        seen: set[Span | None] = set()  # one entry of a document may be several tests
        for test in tests(statement.when):
            if test.spelling is not None:
                _check_native(lint, test, seen)
            elif isinstance(test, Atom) and test.op is Op.EQ:
                _check_atom(lint, test, wild, is_document(policy))


def _check_atom(lint: Lint, atom: Atom, wild: str, cedar: bool) -> None:
    for value in atom.values:
        text = str(value.value)
        if any(char in text for char in wild) and not misfit(atom.attribute, text):
            message = f"`{text}` is compared as it stands: only `like` knows wildcards"
            fix = _like(lint, atom)
            lint.report(
                value.span or atom.span, message, f"{_better(atom, text, cedar)}, or drop the wildcard", fix=fix
            )
            return


def _better(atom: Atom, text: str, cedar: bool) -> str:
    """The same test with `like`: what is denied stays denied, and beside other values the pattern is an alternative."""
    if atom.attribute.many:
        return "name each value of the list"
    test = f"{atom.attribute.name} like " + ("…" if '"' in text or "\\" in text else f'"{text}"')
    if atom.negated:
        return f"write `!({test})`" if cedar else f"write `not ({test})`"
    if len(atom.values) > 1:
        return f"write `{test}` as an alternative of its own, joined by `{'||' if cedar else 'or'}`"
    return f"write `{test}`"


def _like(lint: Lint, atom: Atom) -> Fix | None:
    """`like` in the place of the `==` between the attribute and its one value, where both stand in one text."""
    (value,) = atom.values if len(atom.values) == 1 else (None,)
    if value is None or value.span is None or atom.span is None or atom.attribute.many or "?" in str(value.value):
        return None
    before = lint.text(Span(atom.span.file, atom.span.start, value.span.start)).rstrip()
    if value.span.end != atom.span.end or before.count("==") != 1 or not before.endswith("=="):
        return None
    at = atom.span.start + len(before)
    return Fix("write `like`", (Edit(Span(atom.span.file, at - 2, at), "like"),))


def _check_native(lint: Lint, test: Atom | RawTest, seen: set[Span | None]) -> None:
    spelling = test.spelling
    operator = read_operator(spelling.operator) if spelling is not None else None
    if spelling is None or operator is None or operator.family is not Family.STRING or operator.base not in _LIKE:
        return
    for value in spelling.values:
        text = value.text
        starred = ("*" in text or "?" in text) and "${" not in text and not holds_query(text)
        if starred and value.span not in seen and not misfit(test.attribute, text, fold=operator.ignore_case):
            seen.add(value.span)
            message = f"`{text}` is compared as plain text by `{operator.text}`"
            like = operator.text.replace(operator.base, _LIKE[operator.base])
            lint.report(value.span or test.span, message, f"use `{like}` if it is a wildcard")
