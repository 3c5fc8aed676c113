"""Scopes fold expressions without attributes into typed values, with located messages for all that does not fit."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import Any

from policyc.data import read_text
from policyc.diagnostics import Diagnostics, Label, did_you_mean
from policyc.model.literals import misfit
from policyc.model.names import Definition, Table, known_names
from policyc.model.types import (
    BOOL,
    DECIMAL,
    GROUP,
    INT,
    PLACE,
    PRINCIPAL,
    RECORD,
    RESOURCE,
    STRING,
    EnumOf,
    Named,
    SetOf,
    Type,
    shapes,
)  # fmt: skip
from policyc.model.values import Group, Place, Principal, ResourceLink, Value
from policyc.syntax import nodes
from policyc.text import Span

#: declarations that may hang on one another in a row, far below the interpreter's own limit
_LONGEST_CHAIN = 100


@cache
def constructors() -> Mapping[str, Mapping[str, Any]]:
    """The calls that make principals and groups, by name; `makes` tells which."""
    data = json.loads(read_text("schemas/core/principals.json"))
    return {name: {**entry, "makes": PRINCIPAL} for name, entry in data["principals"].items()} | {
        name: {**entry, "makes": GROUP} for name, entry in data["groups"].items()
    }


@dataclass(slots=True)
class Project:
    """What all scopes of one run share: given parameters, folded declarations, and the chain being folded (for cycles)."""

    params: Mapping[str, str]
    scopes: dict[str, Scope] = field(default_factory=dict)
    folded: dict[tuple[str, str], Value | None] = field(default_factory=dict)
    folding: list[tuple[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class Scope:
    """The names that one file sees. `value` folds an expression against an expected type."""

    file: str
    table: Table
    project: Project

    # --- names ------------------------------------------------------------------------------------------------

    def lookup(self, name: str) -> Definition | None:
        return self.table.get(name)

    def definition_value(self, definition: Definition, diagnostics: Diagnostics) -> Value | None:
        """The folded value of a declaration; None when it has an error, which is reported once."""
        key = (definition.file, definition.node.name.text)
        project = self.project
        if key in project.folded:
            return project.folded[key]
        if key in project.folding:
            chain = [name for _, name in project.folding[project.folding.index(key) :]] + [key[1]]
            diagnostics.error(
                "cyclic-definition",
                f"`{key[1]}` is defined by itself: " + " -> ".join(chain),
                definition.node.name.span,
                "break the circle with a literal",
            )
            project.folded[key] = None
            return None
        if len(project.folding) >= _LONGEST_CHAIN:
            diagnostics.error(
                "definition-chain-too-long",
                f"`{key[1]}` hangs on more than {_LONGEST_CHAIN} declarations in a row",
                definition.node.name.span,
                "give it a literal",
            )
            project.folded[key] = None
            return None
        project.folding.append(key)
        try:
            value = project.scopes[definition.file]._fold_definition(definition, diagnostics)
        finally:
            project.folding.pop()
        project.folded.setdefault(key, value)
        return project.folded[key]

    def _fold_definition(self, definition: Definition, diagnostics: Diagnostics) -> Value | None:
        match definition.node:
            case nodes.Let(type=None, value=value):
                return self.value(value, None, diagnostics)
            case nodes.Let(type=declared, value=value) if declared is not None:
                expected = self.type_of(declared, diagnostics)
                return self.value(value, expected, diagnostics) if expected is not None else None
            case nodes.Param() as param:
                return self._param(param, diagnostics)
            case nodes.PrincipalDecl(name=name, value=value):
                return _named(self.value(value, PRINCIPAL, diagnostics), name.text)
            case nodes.GroupDecl(name=name, value=value):
                return _named(self.value(value, GROUP, diagnostics), name.text)
            case nodes.Resource(name=name):
                link = ResourceLink(f"{self.file}#{name.text}", name.text)
                return Value(RESOURCE, link, name.span)
            case _:
                return None

    def _param(self, param: nodes.Param, diagnostics: Diagnostics) -> Value | None:
        expected = self.type_of(param.type, diagnostics)
        if expected is None:
            return None
        given = self.project.params.get(param.name.text)
        if given is not None:
            return text_value(given, expected, param.name.span, f"parameter `{param.name.text}`", diagnostics)
        if param.default is None:
            diagnostics.error(
                "missing-parameter",
                f"parameter `{param.name.text}` has no value",
                param.name.span,
                f"give `--param {param.name.text}=…`, set it in policyc.toml, or declare a default",
            )
            return None
        return self.value(param.default, expected, diagnostics)

    # --- types ------------------------------------------------------------------------------------------------

    def type_of(self, node: nodes.TypeExpr, diagnostics: Diagnostics) -> Type | None:
        """The type that a type expression names."""
        match node:
            case nodes.EnumType(members):
                seen: dict[str, nodes.Ident] = {}
                for member in members:
                    if member.text in seen:
                        diagnostics.error(
                            "duplicate-name", f"`{member.text}` is listed twice", member.span, "drop one of them",
                            (Label(seen[member.text].span, "first listed here"),),
                        )  # fmt: skip
                    seen.setdefault(member.text, member)
                return EnumOf(tuple(seen))
            case nodes.SetType(item):
                inner = self.type_of(item, diagnostics)
                return SetOf(inner) if inner is not None else None
            case nodes.NamedType(name, span):
                if name in shapes():
                    return Named(name)
                diagnostics.error(
                    "unknown-type", f"unknown type `{name}`", span,
                    did_you_mean(name, shapes(), "`policyc explain types` lists the types"),
                )  # fmt: skip
                return None

    # --- values -----------------------------------------------------------------------------------------------

    def value(self, expr: nodes.Expr, expected: Type | None, diagnostics: Diagnostics) -> Value | None:
        """Fold `expr`. With `expected` the value has that type; without, a literal's own type is taken.

        Returns None after reporting what is wrong.
        """
        if isinstance(expected, SetOf):
            return self._set(expr, expected, diagnostics)
        match expr:
            case nodes.Str(text, span):
                return _literal(text, expected, span, diagnostics)
            case nodes.Int(number, span):
                return _integer(number, expected, span, diagnostics)
            case nodes.Decimal(text, span):
                if expected not in (None, DECIMAL):
                    return _mismatch(f"`{text}`, a decimal number,", expected, span, diagnostics)
                return Value(DECIMAL, Decimal(text), span)
            case nodes.Bool(flag, span):
                if expected not in (None, BOOL):
                    return _mismatch(f"`{str(flag).lower()}`", expected, span, diagnostics)
                return Value(BOOL, flag, span)
            case nodes.Region(text, span):
                if expected not in (None, Named("region")):
                    return _mismatch(f"the Region `{text}`", expected, span, diagnostics)
                return Value(Named("region"), text, span)
            case nodes.Ref():
                return self._ref(expr, expected, diagnostics)
            case nodes.At():
                return self._place(expr, expected, diagnostics)
            case nodes.Call():
                return self._call(expr, expected, diagnostics)
            case nodes.Record():
                return self._record(expr, expected, diagnostics)
            case nodes.ListOf(items, span) if expected is None:
                return self._list(items, span, diagnostics)
            case _:
                if expected is not None:
                    return _mismatch(_describe(expr), expected, expr.span, diagnostics)
                diagnostics.error(
                    "not-a-value", f"{_describe(expr)} has no value of its own", expr.span,
                    "write a literal or the name of a `let`",
                )  # fmt: skip
                return None

    def _set(self, expr: nodes.Expr, expected: SetOf, diagnostics: Diagnostics) -> Value | None:
        if isinstance(expr, nodes.Ref) and expr.simple is not None and expr.simple in self.table:
            value = self.definition_value(self.table[expr.simple], diagnostics)
            if value is None or not isinstance(value.type, SetOf):
                return value if value is None else self._wrap(expr, expected, diagnostics)
            if not assignable(value.type, expected):
                return _mismatch(f"`{expr.text}`, a {value.type},", expected, expr.span, diagnostics)
            return Value(value.type, value.data, expr.span)
        if isinstance(expr, nodes.ListOf):
            items: list[Value] = []
            for item in expr.items:
                folded = self.value(item, expected.item, diagnostics)
                if folded is None:
                    return None
                items.append(folded)
            return Value(expected, tuple(items), expr.span)
        return self._wrap(expr, expected, diagnostics)

    def _wrap(self, expr: nodes.Expr, expected: SetOf, diagnostics: Diagnostics) -> Value | None:
        diagnostics.error(
            "type-mismatch", f"{_describe(expr)} is one value where {expected} is wanted", expr.span,
            "put it in brackets: `[…]`",
        )  # fmt: skip
        return None

    def _list(self, items: tuple[nodes.Expr, ...], span: Span, diagnostics: Diagnostics) -> Value | None:
        folded = [self.value(item, None, diagnostics) for item in items]
        if any(value is None for value in folded):
            return None
        values = tuple(value for value in folded if value is not None)
        kinds = {str(value.type) for value in values}
        if len(kinds) > 1:
            diagnostics.error(
                "type-mismatch", "the list mixes " + " and ".join(sorted(kinds)), span, "keep one type to a list"
            )
            return None
        return Value(SetOf(values[0].type if values else STRING), values, span)

    def _ref(self, ref: nodes.Ref, expected: Type | None, diagnostics: Diagnostics) -> Value | None:
        word = ref.simple
        if word is None:
            diagnostics.error(
                "not-a-value", f"`{ref.text}` has no value at compile time", ref.span,
                "write a literal or the name of a `let`",
            )  # fmt: skip
            return None
        definition = self.table.get(word)
        takes_word = expected is not None and _takes_word(expected, word)
        if definition is None:
            return self._word(ref, word, expected, takes_word, diagnostics)
        if isinstance(definition.node, nodes.Predicate | nodes.Policy | nodes.Network):
            diagnostics.error(
                "wrong-kind", f"`{word}` is a {definition.kind}, not a value", ref.span, "name a `let` instead",
                (Label(definition.node.name.span, "declared here"),),
            )  # fmt: skip
            return None
        if takes_word:
            diagnostics.error(
                "shadowed-name", f"`{word}` is both a word of {expected} and a {definition.kind} here", ref.span,
                f"rename the {definition.kind}", (Label(definition.node.name.span, "declared here"),),
            )  # fmt: skip
            return None
        value = self.definition_value(definition, diagnostics)
        if value is None:
            return None
        if expected is not None and not assignable(value.type, expected):
            diagnostics.error(
                "type-mismatch", f"`{word}` is {_an(value.type)} where {_an(expected)} is wanted", ref.span,
                _conversion_help(value.type, expected, word),
                (Label(definition.node.name.span, f"declared here as {_an(value.type)}"),),
            )  # fmt: skip
            return None
        return Value(value.type, value.data, ref.span)

    def _word(
        self, ref: nodes.Ref, word: str, expected: Type | None, takes_word: bool, diagnostics: Diagnostics
    ) -> Value | None:
        if takes_word:
            assert expected is not None
            return Value(expected, word, ref.span)
        if expected in (None, PRINCIPAL) and word in constructors() and not constructors()[word]["parameters"]:
            return Value(PRINCIPAL, Principal(word, (), word), ref.span)
        if isinstance(expected, EnumOf):
            diagnostics.error(
                "unknown-word", f"`{word}` is none of " + ", ".join(f"`{m}`" for m in expected.members), ref.span,
                did_you_mean(word, expected.members, "use one of the listed words"),
            )  # fmt: skip
            return None
        names = known_names(self.table)
        if expected == PRINCIPAL:
            names = known_names(self.table, ("principal",)) + [
                name for name, entry in constructors().items() if not entry["parameters"]
            ]
        diagnostics.error(
            "unknown-name", f"unknown name `{word}`", ref.span,
            did_you_mean(word, names, "declare it in this file or import it with `use`"),
        )  # fmt: skip
        return None

    def _place(self, node: nodes.At, expected: Type | None, diagnostics: Diagnostics) -> Value | None:
        if expected not in (None, PLACE):
            return _mismatch("an account with a Region", expected, node.span, diagnostics)
        account = self.value(node.account, Named("account"), diagnostics)
        region = self.value(node.region, Named("region"), diagnostics)
        if account is None or region is None:
            return None
        return Value(PLACE, Place(str(account.data), str(region.data)), node.span)

    def _call(self, call: nodes.Call, expected: Type | None, diagnostics: Diagnostics) -> Value | None:
        name = call.function.text
        entry = constructors().get(name)
        if entry is None:
            definition = self.table.get(name)
            if definition is not None and isinstance(definition.node, nodes.Predicate):
                diagnostics.error(
                    "wrong-kind", f"the predicate `{name}` is a condition, not a value", call.span,
                    "call it after `when` or `unless`", (Label(definition.node.name.span, "declared here"),),
                )  # fmt: skip
            else:
                diagnostics.error(
                    "unknown-function", f"unknown function `{name}`", call.function.span,
                    did_you_mean(name, constructors(), "principals are made by `role(…)`, `user(…)`, `service(…)` and the like"),
                )  # fmt: skip
            return None
        makes: Type = entry["makes"]
        if expected is not None and expected != makes:
            return _mismatch(f"`{name}(…)`, {_an(makes)},", expected, call.span, diagnostics)
        parameters = entry["parameters"]
        if len(parameters) != len(call.args):
            wanted = ", ".join(parameter["name"] for parameter in parameters)
            diagnostics.error(
                "wrong-arguments", f"`{name}` takes {len(parameters)} arguments, not {len(call.args)}", call.span,
                f"write `{name}({wanted})`" if parameters else f"write `{name}` alone",
            )  # fmt: skip
            return None
        args: list[str] = []
        for parameter, arg in zip(parameters, call.args, strict=True):
            value = self.value(arg, Named(parameter["type"]), diagnostics)
            if value is None:
                return None
            if value.data == "":
                diagnostics.error(
                    "wrong-arguments", f"`{parameter['name']}` is empty", arg.span, f"name the {parameter['name']}"
                )
                return None
            args.append(str(value.data))
        if makes == GROUP:
            return Value(GROUP, Group(name, args[0]), call.span)
        return Value(PRINCIPAL, Principal(name, tuple(args)), call.span)

    def _record(self, record: nodes.Record, expected: Type | None, diagnostics: Diagnostics) -> Value | None:
        if expected not in (None, RECORD):
            return _mismatch("a record", expected, record.span, diagnostics)
        pairs: list[tuple[str, Value]] = []
        seen: dict[str, Span] = {}
        for entry in record.entries:
            key = entry.key.text
            if key in seen:
                diagnostics.error(
                    "duplicate-key", f"`{key}` is given twice", entry.key.span, "drop one of them",
                    (Label(seen[key], "first given here"),),
                )  # fmt: skip
                continue
            seen[key] = entry.key.span
            value = self.loose_value(entry.value, diagnostics)
            if value is None:
                return None
            pairs.append((key, value))
        return Value(RECORD, tuple(pairs), record.span)

    def loose_value(self, expr: nodes.Expr, diagnostics: Diagnostics) -> Value | None:
        """A value in a place without an expected type, where an undeclared bare word stands for itself."""
        if isinstance(expr, nodes.Ref) and expr.simple is not None and expr.simple not in self.table:
            return Value(Named("word"), expr.simple, expr.span)
        return self.value(expr, None, diagnostics)


# --- single literals --------------------------------------------------------------------------------------------


def text_value(text: str, expected: Type, span: Span, what: str, diagnostics: Diagnostics) -> Value | None:
    """A value given as plain text from outside the language (`--param`, a request flag)."""
    match expected:
        case EnumOf(members):
            if text in members:
                return Value(expected, text, span)
            diagnostics.error(
                "unknown-word", f"{what}: `{text}` is none of " + ", ".join(f"`{m}`" for m in members), span,
                did_you_mean(text, members, "use one of the listed words"),
            )  # fmt: skip
            return None
        case SetOf(item):
            values = [
                text_value(part.strip(), item, span, what, diagnostics) for part in text.split(",") if part.strip()
            ]
            if any(value is None for value in values):
                return None
            return Value(expected, tuple(value for value in values if value is not None), span)
        case Named("bool"):
            if text in ("true", "false"):
                return Value(BOOL, text == "true", span)
            return _mismatch(f"{what}: `{text}`", expected, span, diagnostics)
        case Named("decimal"):
            problem = misfit(shapes()["decimal"], text)
            if problem is None:
                return Value(DECIMAL, Decimal(text), span)
            return _mismatch(f"{what}: `{text}`", expected, span, diagnostics)
        case Named(name) if name in shapes() and shapes()[name].base == "int":
            digits = text.removeprefix("-")
            if digits.isascii() and digits.isdigit() and len(digits) <= 20:
                return _integer(int(text), expected, span, diagnostics)
            return _mismatch(f"{what}: `{text}`", expected, span, diagnostics)
        case Named("region"):
            return _checked(text, expected, span, diagnostics)
        case _:
            return _literal(text, expected, span, diagnostics)


def assignable(given: Type, expected: Type) -> bool:
    """Whether a value of one type may stand where another is wanted. Ids are nominal: an `account` is no `vpc_id`; but all
    text may stand where plain `string` is wanted, and whole numbers where `int` or `decimal` is."""
    if given == expected:
        return True
    match given, expected:
        case SetOf(a), SetOf(b):
            return assignable(a, b)
        case EnumOf(), Named("string"):
            return True
        case Named(a), Named("string"):
            return a in shapes() and shapes()[a].base == "string" and a != "bool"
        case Named(a), Named("int" | "decimal"):
            return a in shapes() and shapes()[a].base == "int" and a != "bool"
        case _:
            return False


def _literal(text: str, expected: Type | None, span: Span, diagnostics: Diagnostics) -> Value | None:
    if expected is None:
        return Value(STRING, text, span)
    if isinstance(expected, EnumOf):
        help = f"write `{text}` without quotes" if text in expected.members else "use one of the listed words"
        diagnostics.error("type-mismatch", f"text where {expected} is wanted", span, help)
        return None
    if not isinstance(expected, Named) or expected.name not in shapes():
        return _mismatch("text", expected, span, diagnostics)
    shape = shapes()[expected.name]
    if shape.base == "int" or expected == BOOL:
        return _mismatch("text", expected, span, diagnostics)
    if expected.name == "region":
        diagnostics.error("type-mismatch", "a Region is written without quotes", span, f"write {text}")
        return None
    if expected == DECIMAL:
        return _mismatch("text", expected, span, diagnostics)
    return _checked(text, expected, span, diagnostics)


def _checked(text: str, expected: Type, span: Span, diagnostics: Diagnostics) -> Value | None:
    assert isinstance(expected, Named)
    problem = misfit(shapes()[expected.name], text)
    if problem is not None:
        rule = "host-bits" if "behind its mask" in problem[0] else "malformed-value"
        diagnostics.error(rule, problem[0], span, problem[1])
        return None
    return Value(expected, text, span)


def _integer(number: int, expected: Type | None, span: Span, diagnostics: Diagnostics) -> Value | None:
    if expected is None:
        expected = INT
    if expected == DECIMAL:
        return Value(DECIMAL, Decimal(number), span)
    if not isinstance(expected, Named) or expected.name not in shapes() or shapes()[expected.name].base != "int":
        if isinstance(expected, Named) and expected.name == "account":
            diagnostics.error(
                "type-mismatch", "an account id is text: as a number it would lose its leading zeros", span,
                f'write `"{number:012d}"`',
            )  # fmt: skip
            return None
        return _mismatch(f"the number `{number}`", expected, span, diagnostics)
    shape = shapes()[expected.name]
    low, high = shape.minimum, shape.maximum
    if (low is not None and number < low) or (high is not None and number > high):
        diagnostics.error(
            "malformed-value", f"`{number}` is outside {low} to {high}, the range of `{expected}`", span,
            f"write it like `{shape.example}`",
        )  # fmt: skip
        return None
    return Value(expected, number, span)


def _mismatch(what: str, expected: Type | None, span: Span, diagnostics: Diagnostics) -> Value | None:
    example = ""
    if isinstance(expected, Named) and expected.name in shapes():
        shape = shapes()[expected.name]
        shown = shape.example.lower() if expected == BOOL else shape.example
        example = (
            f'write it like `"{shown}"`'
            if shape.base == "string" and expected.name != "region"
            else f"write it like `{shown}`"
        )
    diagnostics.error(
        "type-mismatch", f"{what} does not fit where {_an(expected)} is wanted", span,
        example or "check the type of the declaration",
    )  # fmt: skip
    return None


def _an(kind: Type | None) -> str:
    text = str(kind)
    if text.startswith(("set[", "enum")):
        return f"a {text}" if text.startswith("set[") else f"one of {text}"
    return f"an `{text}`" if text[0] in "aeio" else f"a `{text}`"


def _conversion_help(given: Type, expected: Type, word: str) -> str:
    if isinstance(expected, Named) and isinstance(given, Named) and given == STRING and expected.name in shapes():
        return f"declare it as `let {word}: {expected.name} = …`"
    return "types do not convert; use a name of the wanted type"


def _describe(expr: nodes.Expr) -> str:
    match expr:
        case nodes.Ref():
            return f"`{expr.text}`"
        case nodes.Call(function=function):
            return f"`{function.text}(…)`"
        case nodes.ListOf():
            return "a list"
        case nodes.Record():
            return "a record"
        case nodes.Range():
            return "a range"
        case nodes.Str():
            return "text"
        case nodes.Int() | nodes.Decimal():
            return "a number"
        case _:
            return "a condition"


def _takes_word(expected: Type, word: str) -> bool:
    """Whether a bare word is a literal of the type: a member of an enum, or a type such as `http_method`."""
    match expected:
        case EnumOf(members):
            return word in members
        case Named("http_method"):
            return re.fullmatch(shapes()["http_method"].pattern, word) is not None
        case _:
            return False


def _named(value: Value | None, name: str) -> Value | None:
    """The same principal or group, carrying the name that it was declared with."""
    match value:
        case Value(type=kind, data=Principal() as principal):
            return Value(kind, Principal(principal.kind, principal.args, name), value.span)
        case Value(type=kind, data=Group() as group):
            return Value(kind, Group(group.kind, group.id, name), value.span)
        case _:
            return value
