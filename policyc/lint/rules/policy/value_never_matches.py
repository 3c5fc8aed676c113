"""A value is none that the attribute ever has.

## What it does
Finds values of `==`, `in` and `like` that no request can have: a path without `/` at its beginning or with a query string, a method
in lower case, a malformed id, a port above 65535, an ARN of the wrong kind, the ARN of a session where the role's stands, a path of an organization
without `/` at its end.

## Why is this bad
Such a test never holds, and its negation always does: an `allow` lets nobody in, a `deny` guards nothing, and nothing says so.

## Example
```policy
use "shop.policy" { inventory, order_fn }

policy inventory_auth for lattice on inventory {
  allow "orders" { who order_fn  when request_path == "api/x" }
}
```

## Use instead
```policy
use "shop.policy" { inventory, order_fn }

policy inventory_auth for lattice on inventory {
  allow "orders" { who order_fn  when request_path == "/api/x" }
}
```

## Source
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from policyc.diagnostics import Severity, write_instead
from policyc.engines.proofs.misfits import Misfit, misfit, number_misfit
from policyc.ir.authz import Atom, Op, RawTest, Variable
from policyc.ir.conditions import tests
from policyc.ir.pattern import Wild, escape_pattern
from policyc.lint.raw.nearest import nearest_name
from policyc.lint.rule import Lint
from policyc.lint.speech import key_of, pattern_text
from policyc.model.types import Named
from policyc.model.vocabulary import Attribute
from policyc.targets.iam_documents import arns
from policyc.targets.iam_documents.key_values import described
from policyc.text import Span

SEVERITY = Severity.ERROR
SCOPE = "document"
NEEDS = ("test",)
YIELDS_TO = ("missing-arn-field", "cedar-group-name", "template-in-text")

_REGION: Final = Named("region")


def check(lint: Lint) -> None:
    for policy, statement in lint.statements():
        for test in tests(statement.when):
            for text, span, found in _misfits(test):
                message = f"`{key_of(test)}` is never `{pattern_text(policy, text)}`: it is {found.says}"
                lint.report(span or test.span, message, _help(test.attribute, found, text))


def _misfits(test: Atom | RawTest) -> Iterator[tuple[str, Span | None, Misfit]]:
    """The values of a test that the attribute never has, with their places."""
    if isinstance(test, RawTest):
        base = test.operator.rpartition(":")[2].removesuffix("IfExists")
        if base in ("NumericEquals", "NumericNotEquals"):
            yield from _numbers(test.attribute, ((glob.text, glob.span) for glob in test.values))
        for glob in test.values if base.startswith(("String", "Arn")) else ():
            wild = any(not isinstance(item, str) for item in glob.tokens)
            text = "".join(map(_piece, glob.tokens)) if wild else "".join(map(str, glob.tokens))
            found = misfit(described(test.attribute), text, wild=wild, fold=base.endswith("IgnoreCase"))
            if found is not None:
                yield glob.text, glob.span, found
        return
    if test.op is Op.EQ:
        counts = [value for value in test.values if isinstance(value.value, int) and not isinstance(value.value, bool)]
        yield from _numbers(test.attribute, ((str(value.value), value.span) for value in counts))
    texts = [value for value in test.values if isinstance(value.value, str) and value.group is None]
    for value in texts if test.op in (Op.EQ, Op.LIKE) else ():
        found = misfit(described(test.attribute), str(value.value), wild=test.op is Op.LIKE)
        if found is not None:
            yield str(value.value), value.span, found


def _numbers(
    attribute: Attribute, texts: Iterable[tuple[str, Span | None]]
) -> Iterator[tuple[str, Span | None, Misfit]]:
    for text, span in texts:
        found = number_misfit(attribute, text)
        if found is not None:
            yield text, span, found


def _piece(token: str | Wild | Variable) -> str:
    return escape_pattern(token) if isinstance(token, str) else token.value if isinstance(token, Wild) else "*"


def _help(attribute: Attribute, found: Misfit, text: str) -> str:
    if found.repair:
        return write_instead(text, found.repair)
    if attribute.type == _REGION and (near := nearest_name(text, arns.regions().names)):
        return near
    return f"write a value that is like that, or drop `{text}`"
