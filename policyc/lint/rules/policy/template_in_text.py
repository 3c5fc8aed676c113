"""A text of a policy holds a placeholder that nobody filled in.

## What it does
Finds `${…}`, `{{ … }}`, `%{…}`, `%(…)s`, `#{…}`, `$(…)`, `$NAME`, `%NAME%`, `%s`, `__NAME__`, `@@NAME@@` and `<…>` in the values, patterns and keys that a
policy compares with, in its paths, resources and the names of its callers. A `${…}` that names a condition key is a policy variable in an IAM document and left alone there; in the language
it is plain text outside of `raw(…)`, and told. `{{resolve:…}}`, which CloudFormation fills in, is left alone. Where it makes a text no action, principal or ARN, that is told and its help says so. A `${…}` in an IAM document, and a placeholder outside of quotes in Cedar text, cannot be read
at all: that is an error, which no setting takes away.

## Why is this bad
Neither the language nor AWS has templates: such a text is compared as it stands, and no request has it. An `allow` lets nobody in, and a `deny` guards
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
from policyc.ir.authz import Atom, Op, Origin, Statement
from policyc.ir.conditions import tests, worded_atoms
from policyc.lint.rule import Lint, kind_of
from policyc.lint.speech import pattern_text
from policyc.model.placeholders import is_left_over, is_template
from policyc.targets.iam_documents.kinds import KINDS
from policyc.text import Span

SEVERITY = Severity.WARNING
SCOPE = "document"
NEEDS = (("language", "placeholder"),)
YIELDS_TO = ("invalid-arn-account", "invalid-service-principal-format", "unknown-service-principal")


def check(lint: Lint) -> None:
    told: set[tuple[Span | None, str]] = set()
    for policy, statement in lint.statements():
        if policy.origin is Origin.CEDAR:
            continue
        own = policy.origin is Origin.LANGUAGE
        for text, span in _left_over(statement) if own else filter(_is_left_over, _written(statement)):
            if (span, text) not in told:
                told.add((span, text))
                if own and kind_of(policy) in KINDS and not _is_placeholder(text):
                    lint.report(
                        span,
                        f"`{pattern_text(policy, text)}` is compared as it stands: the language has no policy variables",
                        'write the test as a document has it, such as `raw("StringEquals", aws.PrincipalTag["team"], ["${aws:username}"])`; '
                        'a path is part of `on raw("arn:…")`',
                    )
                    continue
                lint.report(
                    span,
                    f"`{pattern_text(policy, text)}` looks like a placeholder that was never filled in",
                    "render the template first, or write the value itself",
                )


def _left_over(statement: Statement) -> Iterator[tuple[str, Span | None]]:
    """What a statement of the language says, and the resources that it names as a document does."""
    yield from (item for item in _texts(statement) if is_template(item[0]))
    if statement.resources is not None:
        for glob in statement.resources.patterns:
            if glob.span is not None and _is_placeholder(glob.text):
                yield glob.text, glob.span


def _is_left_over(item: tuple[str, Span | None]) -> bool:
    return is_left_over(item[0])


def _is_placeholder(text: str) -> bool:
    """A `${…}` that names a condition key, or is escaped, means what it says in a document; in the language it means nothing."""
    return is_left_over(text) or unrendered(text) is not None


def _written(statement: Statement) -> Iterator[tuple[str, Span | None]]:
    """The texts of a document."""
    if statement.who is not None:
        yield from ((text, item.span or statement.who.span) for item in statement.who.principals for text in item.args)
    if statement.resources is not None:
        yield from ((glob.text, glob.span) for glob in statement.resources.patterns)
    for test in tests(statement.when):
        if test.spelling is not None:
            yield test.spelling.key.partition("/")[2], test.span
            yield from ((glob.text, glob.span or test.span) for glob in test.spelling.values)


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
