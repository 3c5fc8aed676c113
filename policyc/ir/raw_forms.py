"""`raw(…)`: what the language has no word for, as an IAM document writes it.

One word in four places: `who raw("AWS", "AROA…")` is a principal, `can raw("s3:Get*")` an action, `on raw("*")` a resource, and
`when raw("StringEqualsIgnoreCase", aws.PrincipalType, ["a"])` an entry of a `Condition` block. The texts are those of version 2012-10-17,
so `*`, `?` and `${…}` mean there what they mean in a document.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Protocol

from policyc.diagnostics import Diagnostics
from policyc.ir.authz import Cond, Glob, Resources
from policyc.model.scope import Scope
from policyc.model.types import STRING
from policyc.model.values import Principal
from policyc.model.vocabulary import Attribute, Verb
from policyc.syntax import nodes
from policyc.text import Span, plural

RAW: Final = "raw"


class NativeForms(Protocol):
    """How the documents of a target read such texts."""

    def test(self, operator: str, attribute: Attribute, values: Sequence[tuple[str, Span]], span: Span) -> Cond | None:
        """What an entry of a `Condition` block states, its tests with their spelling; None for an operator that no document has."""

    def resource(self, text: str, span: Span) -> Glob:
        """A pattern of resources."""


def is_raw(expr: nodes.Expr, scope: Scope) -> bool:
    """Whether an expression is a raw form; a declaration of that name comes first."""
    return isinstance(expr, nodes.Call) and expr.function.text == RAW and scope.lookup(RAW) is None


def lower_raw_test(
    call: nodes.Call,
    scope: Scope,
    native: NativeForms | None,
    attribute_of: Callable[[nodes.Expr], Attribute | None],
    negate: bool,
    diagnostics: Diagnostics,
) -> Cond | None:
    """The test that `raw("Operator", attribute, values)` stands for, or None after reporting what is wrong."""
    if native is None:
        _refuse(call, "this target has no raw tests", "write it in the words of the language", diagnostics)
        return None
    if len(call.args) != 3:
        help = 'write `raw("StringEqualsIgnoreCase", aws.PrincipalType, ["value"])`'
        _refuse(
            call, f"a raw test has an operator, an attribute and values, not {len(call.args)} parts", help, diagnostics
        )
        return None
    operator = _texts(call.args[:1], scope, diagnostics)
    attribute = attribute_of(call.args[1])
    last = call.args[2]
    values = _texts(last.items if isinstance(last, nodes.ListOf) else (last,), scope, diagnostics)
    if operator is None or attribute is None or values is None:
        return None
    if not values:
        help = "give the values, or remove the test"
        diagnostics.warning("empty-array-condition", f"`{attribute.name}` has no values", last.span, help)
    if negate:
        _refuse(call, "a raw test has no negation", "write the opposite operator, such as `StringNotLike`", diagnostics)
        return None
    found = native.test(operator[0][0], attribute, values, call.span)
    if found is None:
        help = "operators are those of IAM documents: `StringEqualsIgnoreCase`, `ForAllValues:StringLike`"
        diagnostics.error("unknown-raw-operator", f"there is no operator `{operator[0][0]}`", operator[0][1], help)
    return found


def raw_principal(call: nodes.Call, scope: Scope, diagnostics: Diagnostics, listed: bool) -> Principal | None:
    """The principal that `raw("AWS", "…")` names. What the language has a word for is that, so that it counts as that; of an account
    only where the clause is no `NotPrincipal`, which is `listed` as it stands."""
    parts = _parts(call, 2, 'write `raw("AWS", "AROAEXAMPLE")`, the type and the id', scope, diagnostics)
    if parts is None:
        return None
    type_, name = parts[0][0], parts[1][0]
    if type_ == "AWS" and name == "*":
        return Principal("anyone", (), name, call.span)
    if type_ == "AWS" and not listed and len(name) == 12 and name.isdigit():
        return Principal("account", (name,), name, call.span)
    return Principal("native", (type_, name), name, call.span)


def raw_verb(call: nodes.Call, scope: Scope, diagnostics: Diagnostics) -> Verb | None:
    """The actions that `raw("service:Action*")` stands for."""
    parts = _parts(call, 1, 'write `raw("vpc-lattice-svcs:*")`', scope, diagnostics)
    return None if parts is None else Verb(parts[0][0], parts[0][0], glob=True, span=call.span)


def raw_resources(
    clause: nodes.ListClause, scope: Scope, native: NativeForms, diagnostics: Diagnostics
) -> Resources | None:
    """The resources of an `on` clause of raw patterns; None after an error was reported."""
    globs: list[Glob] = []
    for item in clause.items:
        if not isinstance(item, nodes.Call) or not is_raw(item, scope):
            help = "put raw resources and declared ones into statements of their own"
            diagnostics.error(
                "misplaced-raw-form", "this resource is not raw, and others of the clause are", item.span, help
            )
            return None
        parts = _parts(item, 1, 'write `raw("arn:aws:s3:::photos/*")`', scope, diagnostics)
        if parts is None:
            return None
        globs.append(native.resource(parts[0][0], item.span))
    return Resources(tuple(globs), clause.negated, clause.span)


def _parts(
    call: nodes.Call, count: int, help: str, scope: Scope, diagnostics: Diagnostics
) -> list[tuple[str, Span]] | None:
    if len(call.args) != count:
        _refuse(call, f"`raw` takes {plural(count, 'text')} here, not {len(call.args)}", help, diagnostics)
        return None
    found = _texts(call.args, scope, diagnostics)
    empty = next((span for text, span in found or () if not text), None)
    if empty is not None:
        diagnostics.error("wrong-arguments", "this text is empty", empty, help)
        return None
    return found


def _texts(items: Sequence[nodes.Expr], scope: Scope, diagnostics: Diagnostics) -> list[tuple[str, Span]] | None:
    values = [scope.value(item, STRING, diagnostics) for item in items]
    return [(str(value.data), value.span) for value in values if value is not None] if all(values) else None


def _refuse(call: nodes.Call, message: str, help: str, diagnostics: Diagnostics) -> None:
    diagnostics.error("wrong-arguments", message, call.span, help)
