"""A text of a policy holds a placeholder that nobody filled in.

## What it does
Finds `${…}`, `{{ … }}`, `%{…}`, `$(…)`, `%NAME%`, `__NAME__`, `@@NAME@@` and `<…>` in the values and patterns that a policy of the language
compares with, in its paths and in the names of its callers. A `${…}` that would be a policy variable in the IAM document is left alone. Documents and Cedar text
have `template-not-rendered` and `cedar-template-text`.

## Why is this bad
The language has no templates: such a text is compared as it stands, and no request has it. An `allow` lets nobody in, and a `deny` guards
nothing.

## Example
```policy
use "shop.policy" { inventory, order_fn }

policy inventory_auth for lattice on inventory {
  allow "orders" { who order_fn  when header["x-team"] == "${team}" and aws.PrincipalTag["team"] == "core" }
}
```

## Use instead
```policy
use "shop.policy" { inventory, order_fn }

policy inventory_auth for lattice on inventory {
  allow "orders" { who order_fn  when header["x-team"] == "core" and aws.PrincipalTag["team"] == "core" }
}
```

## Source
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

from __future__ import annotations

from collections.abc import Iterator

from policyc.diagnostics import Severity
from policyc.engines.iam.templates import unrendered
from policyc.ir.authz import Atom, Op, Statement
from policyc.ir.conditions import worded_atoms
from policyc.lint.rule import Lint, kind_of
from policyc.lint.speech import is_document, pattern_text
from policyc.model.placeholders import is_template
from policyc.targets.iam_documents.kinds import KINDS
from policyc.text import Span

SEVERITY = Severity.WARNING
SCOPE = "document"
NEEDS = ("language",)


def check(lint: Lint) -> None:
    told: set[tuple[Span | None, str]] = set()
    for policy, statement in lint.statements():
        if is_document(policy):
            continue
        variables = kind_of(policy) in KINDS
        for text, span in _texts(statement):
            if _is_left_over(text, variables) and (span, text) not in told:
                told.add((span, text))
                lint.report(
                    span,
                    f"`{pattern_text(policy, text)}` looks like a placeholder that was never filled in",
                    "render the template first, or write the value itself",
                )


def _is_left_over(text: str, variables: bool) -> bool:
    """With `variables`, a `${…}` that names a condition key may be meant as the document would have it."""
    if variables and "${" in text:
        return unrendered(text) is not None
    return is_template(text)


def _texts(statement: Statement) -> Iterator[tuple[str, Span | None]]:
    if statement.who is not None:
        named = (item for item in statement.who.principals if item.kind != "native")
        yield from ((text, item.span or statement.who.span) for item in named for text in item.args)
    if statement.path is not None:
        yield from ((text, statement.path.span) for text in statement.path.patterns)
    for atom in worded_atoms(statement.when):
        yield from _of_test(atom)


def _of_test(atom: Atom) -> Iterator[tuple[str, Span | None]]:
    if atom.attribute.key is not None:
        yield atom.attribute.key, atom.span
    for value in atom.values if atom.op in (Op.EQ, Op.LIKE) else ():
        text = value.value if value.group is None else value.group.id
        if isinstance(text, str):
            yield text, value.span or atom.span
