"""Scopes fold expressions without attributes into typed values, with located messages for all that does not fit."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from policyc.data import read_json
from policyc.diagnostics import Diagnostics, Label, did_you_mean, meant, rewritten
from policyc.model.fit import (
    an,
    assignable,
    caller_of_arn,
    conversion_help,
    describe,
    integer_value,
    literal_value,
    mismatch,
    takes_word,
    text_value,
)
from policyc.model.names import Definition, Table, given_once, known_names
from policyc.model.types import (
    BOOL,
    DECIMAL,
    GROUP,
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
)
from policyc.model.values import Group, Place, Principal, ResourceLink, Value, decimal_value
from policyc.record import field, record
from policyc.syntax import nodes
from policyc.text import Span, plural

#: makes one text of several
CONCAT = "concat"
#: characters of a text that is made so, far beyond any document's size: texts of texts of texts grow fast
_LONGEST_TEXT = 50_000
#: declarations that may hang on one another in a row, far below the interpreter's own limit
_LONGEST_CHAIN = 100
#: what other languages call callers that need no declaration
_CALLERS = {
    **dict.fromkeys(("everyone", "everybody", "anybody", "public", "world", "any", "all"), "anyone"),
    **dict.fromkeys(("unauthenticated", "unsigned", "guest", "guests", "nobody"), "anonymous"),
    **dict.fromkeys(("signed", "authorized", "logged_in", "members"), "authenticated"),
}


@cache
def constructors() -> Mapping[str, Mapping[str, Any]]:
    """The calls that make principals and groups, by name; `makes` tells which."""
    data = read_json("schemas/core/principals.json")
    return {name: {**entry, "makes": PRINCIPAL} for name, entry in data["principals"].items()} | {
        name: {**entry, "makes": GROUP} for name, entry in data["groups"].items()
    }


@record(frozen=False)
class Project:
    """What all scopes of one run share: given parameters, folded declarations, and the chain being folded (for cycles)."""

    params: Mapping[str, str]
    scopes: dict[str, Scope] = field(default_factory=dict)
    folded: dict[tuple[str, str], Value | None] = field(default_factory=dict)
    folding: list[tuple[str, str]] = field(default_factory=list)


@record(frozen=False)
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

    def asked_resource(self, node: nodes.Expr, diagnostics: Diagnostics) -> ResourceLink | None:
        """The resource that a request or a claim about requests names; None after reporting why there is none."""
        name = node.text if isinstance(node, nodes.Ref) else "this"
        definition = self.lookup(node.simple or "") if isinstance(node, nodes.Ref) else None
        if definition is None:
            help = did_you_mean(name, known_names(self.table, ("resource",)), "declare it or import it with `use`")
            diagnostics.error("unknown-name", f"unknown resource `{name}`", node.span, help)
            return None
        value = self.definition_value(definition, diagnostics)
        if value is not None and isinstance(value.data, ResourceLink):
            return value.data
        if value is not None or not definition.has_value:
            on = definition.node.on.text if isinstance(definition.node, nodes.Policy) else ""
            diagnostics.error(
                "wrong-kind",
                f"`{name}` is a {definition.kind}, and a request goes to a resource",
                node.span,
                meant(name, on) if on else "name a resource",
                (Label(definition.node.name.span, "declared here"),),
            )
        return None

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
                            "duplicate-name",
                            f"`{member.text}` is listed twice",
                            member.span,
                            "drop one of them",
                            (Label(seen[member.text].span, "first listed here"),),
                        )
                    seen.setdefault(member.text, member)
                return EnumOf(tuple(seen))
            case nodes.SetType(item):
                inner = self.type_of(item, diagnostics)
                return SetOf(inner) if inner is not None else None
            case nodes.NamedType(name, span):
                if name in shapes() or name == GROUP.name:
                    return Named(name)
                diagnostics.error(
                    "unknown-type",
                    f"unknown type `{name}`",
                    span,
                    did_you_mean(name, shapes(), "`policyc explain types` lists the types"),
                )
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
                return literal_value(text, expected, span, diagnostics)
            case nodes.Int(number, span):
                return integer_value(number, expected, span, diagnostics)
            case nodes.Decimal(text, span):
                if expected not in (None, DECIMAL):
                    return mismatch(f"`{text}`, a decimal number,", expected, span, diagnostics)
                return decimal_value(text, span)
            case nodes.Bool(flag, span):
                if expected not in (None, BOOL):
                    return mismatch(f"`{str(flag).lower()}`", expected, span, diagnostics)
                return Value(BOOL, flag, span)
            case nodes.Region(text, span):
                if expected not in (None, Named("region")):
                    return mismatch(f"the Region `{text}`", expected, span, diagnostics)
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
                    return mismatch(describe(expr), expected, expr.span, diagnostics)
                diagnostics.error(
                    "not-a-value",
                    f"{describe(expr)} has no value of its own",
                    expr.span,
                    "write a literal or the name of a `let`",
                )
                return None

    def _set(self, expr: nodes.Expr, expected: SetOf, diagnostics: Diagnostics) -> Value | None:
        if isinstance(expr, nodes.Ref) and expr.simple is not None and expr.simple in self.table:
            if not self.table[expr.simple].has_value:
                return self._ref(expr, expected, diagnostics)
            value = self.definition_value(self.table[expr.simple], diagnostics)
            if value is None or not isinstance(value.type, SetOf):
                return value if value is None else self._wrap(expr, expected, diagnostics)
            if not assignable(value.type, expected):
                return mismatch(f"`{expr.text}`, a {value.type},", expected, expr.span, diagnostics)
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
            "type-mismatch",
            f"{describe(expr)} is one value where {expected} is wanted",
            expr.span,
            "put it in brackets: `[…]`",
        )
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
                "not-a-value",
                f"`{ref.text}` has no value at compile time",
                ref.span,
                "write a literal or the name of a `let`",
            )
            return None
        definition = self.table.get(word)
        is_word = expected is not None and takes_word(expected, word)
        if definition is None:
            return self._word(ref, word, expected, is_word, diagnostics)
        if not definition.has_value:
            diagnostics.error(
                "wrong-kind",
                f"`{word}` is a {definition.kind}, not a value",
                ref.span,
                "name a `let` instead",
                (Label(definition.node.name.span, "declared here"),),
            )
            return None
        if is_word:
            diagnostics.error(
                "shadowed-name",
                f"`{word}` is both a word of {expected} and a {definition.kind} here",
                ref.span,
                f"rename the {definition.kind}",
                (Label(definition.node.name.span, "declared here"),),
            )
            return None
        value = self.definition_value(definition, diagnostics)
        if value is None:
            return None
        if expected is not None and not assignable(value.type, expected):
            diagnostics.error(
                "type-mismatch",
                f"`{word}` is {an(value.type)} where {an(expected)} is wanted",
                ref.span,
                conversion_help(value.type, expected, word),
                (Label(definition.node.name.span, f"declared here as {an(value.type)}"),),
            )
            return None
        return Value(value.type, value.data, ref.span)

    def _word(
        self, ref: nodes.Ref, word: str, expected: Type | None, is_word: bool, diagnostics: Diagnostics
    ) -> Value | None:
        if is_word:
            assert expected is not None
            return Value(expected, word, ref.span)
        if expected in (None, PRINCIPAL) and word in constructors() and not constructors()[word]["parameters"]:
            return Value(PRINCIPAL, Principal(word, (), word), ref.span)
        if isinstance(expected, EnumOf):
            diagnostics.error(
                "unknown-word",
                f"`{word}` is none of " + ", ".join(f"`{m}`" for m in expected.members),
                ref.span,
                did_you_mean(word, expected.members, "use one of the listed words"),
            )
            return None
        if expected is not None and takes_word(expected, word.upper()):
            diagnostics.error("unknown-name", f"unknown name `{word}`", ref.span, meant(word, word.upper()))
            return None
        names = known_names(self.table)
        if expected == PRINCIPAL and word.lower() in _CALLERS:
            help = f"write `{_CALLERS[word.lower()]}`"
            diagnostics.error("unknown-name", f"unknown name `{word}`", ref.span, help)
            return None
        if expected == PRINCIPAL:
            names = known_names(self.table, ("principal",)) + [
                name for name, entry in constructors().items() if not entry["parameters"]
            ]
        diagnostics.error(
            "unknown-name",
            f"unknown name `{word}`",
            ref.span,
            did_you_mean(
                word,
                [*names, "true", "false"] if expected == BOOL else names,
                f'write `"{word}"` if it is a text, or declare it'
                if expected == STRING
                else "declare it in this file or import it with `use`",
            ),
        )
        return None

    def _place(self, node: nodes.At, expected: Type | None, diagnostics: Diagnostics) -> Value | None:
        if expected not in (None, PLACE):
            return mismatch("an account with a Region", expected, node.span, diagnostics)
        account = self.value(node.account, Named("account"), diagnostics)
        region = self.value(node.region, Named("region"), diagnostics)
        if account is None or region is None:
            return None
        return Value(PLACE, Place(str(account.data), str(region.data)), node.span)

    def _call(self, call: nodes.Call, expected: Type | None, diagnostics: Diagnostics) -> Value | None:
        name = call.function.text
        if name == CONCAT and name not in self.table:
            return self._concat(call, expected, diagnostics)
        entry = constructors().get(name)
        if entry is None:
            definition = self.table.get(name)
            if definition is not None and isinstance(definition.node, nodes.Predicate):
                diagnostics.error(
                    "wrong-kind",
                    f"the predicate `{name}` is a condition, not a value",
                    call.span,
                    "call it after `when` or `unless`",
                    (Label(definition.node.name.span, "declared here"),),
                )
            else:
                diagnostics.error(
                    "unknown-function",
                    f"unknown function `{name}`",
                    call.function.span,
                    _foreign(name)
                    or did_you_mean(
                        name,
                        [word for word, one in constructors().items() if expected in (None, one["makes"])],
                        "principals are made by `role(…)`, `user(…)`, `service(…)` and the like",
                    ),
                )
            return None
        makes: Type = entry["makes"]
        if expected is not None and expected != makes:
            return mismatch(f"`{name}(…)`, {an(makes)},", expected, call.span, diagnostics)
        parameters = entry["parameters"]
        if len(parameters) != len(call.args):
            wanted = ", ".join(parameter["name"] for parameter in parameters)
            right = _spelled_as_arn(call)
            diagnostics.error(
                "wrong-arguments",
                f"`{name}` takes {plural(len(parameters), 'argument')}, not {len(call.args)}",
                call.span,
                f"write `{right}`" if right else f"write `{name}({wanted})`" if parameters else f"write `{name}` alone",
                fix=rewritten(call.span, right or name) if right or not parameters else None,
            )
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

    def _concat(self, call: nodes.Call, expected: Type | None, diagnostics: Diagnostics) -> Value | None:
        """One text of several; it has to fit the wanted type as a literal has."""
        texts: list[str] = []
        for arg in call.args:
            value = self.value(arg, STRING, diagnostics)
            if value is None:
                return None
            texts.append(str(value.data))
        if sum(map(len, texts)) > _LONGEST_TEXT:
            message = f"`{CONCAT}` makes a text of more than {_LONGEST_TEXT:,} characters"
            diagnostics.error("wrong-arguments", message, call.span, "no document holds as much: make it shorter")
            return None
        return literal_value("".join(texts), expected, call.span, diagnostics)

    def _record(self, record: nodes.Record, expected: Type | None, diagnostics: Diagnostics) -> Value | None:
        if expected not in (None, RECORD):
            return mismatch("a record", expected, record.span, diagnostics)
        pairs: list[tuple[str, Value]] = []
        for entry in given_once(record.entries, diagnostics):
            key = entry.key.text
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


def _named(value: Value | None, name: str) -> Value | None:
    """The same principal or group, carrying the name that it was declared with."""
    match value:
        case Value(type=kind, data=Principal() as principal):
            return Value(kind, Principal(principal.kind, principal.args, name), value.span)
        case Value(type=kind, data=Group() as group):
            return Value(kind, Group(group.kind, group.id, name), value.span)
        case _:
            return value


def _spelled_as_arn(call: nodes.Call) -> str:
    """What to write for `role("arn:…")`; empty for anything else."""
    texts = [arg.value for arg in call.args if isinstance(arg, nodes.Str)]
    return caller_of_arn(texts[0]) if len(texts) == len(call.args) == 1 else ""


def _foreign(name: str) -> str:
    """What to write for a function of another language; empty for none."""
    word = name.rpartition(".")[2].lower()
    if word in ("ip", "cidr", "ipaddr", "decimal", "datetime"):
        return "write the value as a string, without a function"
    if word in ("lower", "upper", "tolower", "toupper", "lowercase", "uppercase", "to_lower", "to_upper", "casefold"):
        return "letter case counts: list the spellings with `in [...]`"
    if word in ("len", "length", "size", "count", "isempty"):
        return "values are not counted: test which are there, such as `any a.b in [...]`, or `exists a.b`"
    if word in (
        "split",
        "trim",
        "substring",
        "substr",
        "replace",
        "regex",
        "re_match",
        "regexmatch",
        "matches",
        "match",
    ):
        return "text is tested as a whole: write `like`, in which `*` is any run of characters"
    return ""
