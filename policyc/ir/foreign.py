"""Conditions in the words of other languages: `a.contains(x)`, `a == null`, `has(a)`. What they are called here is the help."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from policyc.diagnostics import Diagnostic, Diagnostics, did_you_mean, meant, rewritten
from policyc.ir.attributes import ends_as, lacks_key, resolve_attribute, shown_name
from policyc.ir.authz import Always, Cond, Never
from policyc.model.names import known_names
from policyc.model.scope import Scope
from policyc.model.values import Group
from policyc.model.vocabulary import Attribute
from policyc.record import replace
from policyc.syntax import nodes


def no_hint(name: str) -> str:
    """For conditions that belong to no resource."""
    return ""


_NULLS: Final = frozenset({"null", "nil", "none", "None", "undefined", "NULL"})
_PRESENCE: Final = frozenset({"has", "isset", "defined", "is_set", "isPresent"})
#: methods on text -> the pattern that asks the same; on lists only `contains` and `includes` have a meaning
_ON_TEXT: Final = {"contains": "*{}*", "includes": "*{}*", "startsWith": "{}*", "endsWith": "*{}"}
_ON_LISTS: Final = frozenset({"contains", "includes"})
_OVER_LISTS: Final = frozenset({"containsAny", "containsAll", "intersects", "hasAny"})


def refuse_null(node: nodes.Compare, scope: Scope, diagnostics: Diagnostics) -> bool:
    """Report a comparison with `null`, and tell whether it is one."""
    for one, other in ((node.left, node.right), (node.right, node.left)):
        if isinstance(one, nodes.Ref) and one.text in _NULLS and scope.lookup(one.text) is None:
            name = other.text if isinstance(other, nodes.Ref) else "a.b"
            there = f"exists {name}" if node.op == "!=" else f"not (exists {name})"
            diagnostics.error(
                "unknown-name",
                f"there is no `{one.text}` here",
                one.span,
                f"write `{there}`",
                fix=rewritten(node.span, there),
            )
            return True
    return False


def refuse_call(call: nodes.Call, scope: Scope, attributes: Mapping[str, Attribute], diagnostics: Diagnostics) -> bool:
    """Report a call that other languages have, and tell whether it is one."""
    *head, last = call.function.parts
    name = last.name if isinstance(last, nodes.Field) else ""
    better = _method(nodes.Ref(tuple(head), call.function.span), name, call, scope, attributes) if head else ""
    if not head and name in _PRESENCE and len(call.args) == 1 and isinstance(call.args[0], nodes.Ref):
        better = f"exists {call.args[0].text}"
    if better:
        kind = "method" if head else "function"
        fix = rewritten(call.span, better)
        message = f"there is no {kind} `{name}`"
        diagnostics.error("unknown-function", message, call.function.span, f"write `{better}`", fix=fix)
    return bool(better)


def _method(subject: nodes.Ref, name: str, call: nodes.Call, scope: Scope, attributes: Mapping[str, Attribute]) -> str:
    """How the question that a method asks is written here; empty for none."""
    attribute = resolve_attribute(subject, attributes)
    if name in _PRESENCE or name == "exists":
        return f"exists {subject.text}"
    if attribute is None or len(call.args) != 1:
        return ""
    (arg,) = call.args
    if attribute.many and name in _OVER_LISTS and isinstance(arg, nodes.ListOf) and arg.items:
        members = [_member(item, attribute, scope) for item in arg.items]
        if name != "containsAll":
            return f"any {subject.text} in [{', '.join(members)}]"
        return " and ".join(f"{member} in {subject.text}" for member in members)
    if not attribute.many and name == "isInRange":
        block = arg.args[0] if isinstance(arg, nodes.Call) and len(arg.args) == 1 else arg
        return f'{subject.text} in "{block.value}"' if isinstance(block, nodes.Str) else ""
    if attribute.many and name in _ON_LISTS:
        return f"{_member(arg, attribute, scope)} in {subject.text}"
    if not attribute.many and name in _ON_TEXT and isinstance(arg, nodes.Str):
        return f'{subject.text} like "{_ON_TEXT[name].format(arg.value)}"'
    return ""


def _member(arg: nodes.Expr, attribute: Attribute, scope: Scope) -> str:
    """A value as it stands left of `in`: of groups the declared one, else the constructor."""
    if isinstance(arg, nodes.Ref):
        return arg.text
    if not isinstance(arg, nodes.Str):
        return "x"
    if not attribute.constructor:
        return f'"{arg.value}"'
    for name in known_names(scope.table, ("group",)):
        definition = scope.lookup(name)
        value = None if definition is None else scope.definition_value(definition, Diagnostics())
        if value is not None and isinstance(value.data, Group) and value.data.id == arg.value:
            return name
    return f'{attribute.constructor}("{arg.value}")'


def report_unknown(
    ref: nodes.Ref, scope: Scope, attributes: Mapping[str, Attribute], hint: str, diagnostics: Diagnostics
) -> None:
    """Report a name that is no attribute, no value and nothing to be read with a key; `hint` is what the target says of it."""
    if (wanted := lacks_key(ref, attributes)) is not None:
        diagnostics.error("missing-key", f"`{ref.text}` wants a key", ref.span, f"write `{wanted}`")
        return
    diagnostics.error(
        "unknown-attribute",
        f"unknown attribute `{ref.text}`",
        ref.span,
        hint or likely(ref.text, ref, attributes, known_names(scope.table)),
    )


def likely(text: str, ref: nodes.Ref | None, attributes: Mapping[str, Attribute], names: Iterable[str] = ()) -> str:
    """Which attribute is meant by a text, or a reference, that is none."""
    ends = [] if ref is None else ends_as(ref, attributes)
    if len(ends) == 1:
        return meant(text, ends[0])
    if 1 < len(ends) < 5:
        return f"did you mean {', '.join(f'`{name}`' for name in ends[:-1])} or `{ends[-1]}`?"
    words = [shown_name(name) for name in attributes]
    if fields := [f"`{word}`" for word in words if word.startswith(f"{text}.")]:
        return f"`{text}` holds several attributes: name one, such as {' or '.join(fields[:2])}"
    return did_you_mean(
        text, [*words, *names], "`policyc explain TARGET`, such as `policyc explain lattice`, lists the attributes"
    )


def with_hint(found: Iterable[Diagnostic], attribute: Attribute, hint: Callable[[str], str]) -> Iterator[Diagnostic]:
    """Findings on what an attribute is compared with, with what its target says of its kind."""
    for item in found:
        more = hint(attribute.name) if item.rule in ("type-mismatch", "wrong-operator") else ""
        yield replace(item, help=f"{item.help}; {more}") if more else item


def of_nothing(attribute: Attribute, right: nodes.Expr, negate: bool, diagnostics: Diagnostics) -> Cond:
    """A test of no value at all: it never holds. A list that is written out empty hardly means that, one that has a name may."""
    if isinstance(right, nodes.ListOf):
        diagnostics.warning(
            "empty-array-condition",
            f"nothing is in an empty list, so this {'always' if negate else 'never'} holds",
            right.span,
            f"list the values, or write `exists {attribute.name}` if presence is meant",
        )
    return Always() if negate else Never()
