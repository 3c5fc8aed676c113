"""Expressions of a template as what they stand for: values, texts with their places, and holes for what only the deployed stack knows.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Final

from policyc.carriers.cloudformation.filling import LOOP, MOST, filled
from policyc.carriers.cloudformation.named import like_of, made_role, name_of
from policyc.carriers.cloudformation.template import Template
from policyc.carriers.embedded import Hole, PlacedText
from policyc.carriers.placing import placed
from policyc.carriers.texts import at_once, concat, part
from policyc.carriers.types import attribute
from policyc.diagnostics import Diagnostic, Diagnostics, Severity, did_you_mean, rewritten
from policyc.holes import has_hole, mark, shown
from policyc.record import field, record
from policyc.regex import regex
from policyc.syntax.json_tree import (
    JsonArray,
    JsonBool,
    JsonMember,
    JsonNull,
    JsonNumber,
    JsonObject,
    JsonString,
    JsonValue,
)
from policyc.text import Span

ACCOUNT: Final = "?" * 12
_PSEUDO: Final[Mapping[str, tuple[str, str]]] = {
    "AWS::AccountId": ("account", ACCOUNT),
    "AWS::Region": ("region", ""),
    "AWS::Partition": ("partition", "aws*"),
    "AWS::URLSuffix": ("string", "amazonaws.com*"),
    "AWS::StackId": ("arn", "arn:*:cloudformation:*:????????????:stack/*"),
    "AWS::StackName": ("name", ""),
    "AWS::NotificationARNs": ("list", ""),
}
_IN_SUB: Final = regex(r"\$\{([^}]*)\}")
_INDEX: Final = regex(r"[0-9]{1,9}")
_DYNAMIC: Final = regex(r"\{\{resolve:([a-z-]+):([^}]*)\}\}")
_DEPTH: Final = 60
#: what the expressions of one document may cost: a function `_CALL`, a text its length
_MOST: Final = 2_000_000
_CALL: Final = 50


class Stop(Exception):
    """What is asked for cannot be read: `reason` says what stands in the way, at `span`."""

    def __init__(self, reason: str, span: Span) -> None:
        super().__init__(reason)
        self.reason, self.span = reason, span


def intrinsic(value: JsonValue) -> tuple[str, JsonValue, Span] | None:
    """The function that a value calls (`Ref`, `Sub`), with its argument; None for a plain value."""
    if not isinstance(value, JsonObject) or len(value.members) != 1:
        return None
    key = value.members[0].key
    if key == "Ref":
        return "Ref", value.members[0].value, value.span
    name = key.removeprefix("Fn::")
    return (name, value.members[0].value, value.span) if key.startswith("Fn::") else None


def written_by(value: JsonObject) -> Stop | None:
    """Why members of a mapping are not known: a macro or a loop among them writes more."""
    for member in value.members:
        if member.key == "Fn::Transform":
            return Stop("a macro (`Fn::Transform`) writes a part of it", member.key_span)
        if member.key.startswith(LOOP):
            return Stop("a loop (`Fn::ForEach`) writes a part of it", member.key_span)
    return None


@record(frozen=False)
class Lowering:
    """Expressions read in one world (`truths` of the conditions there) and with the values that `--bind` gives. `holes` gathers what was left open.
    `numbers` says that a plain number stays one."""

    template: Template
    truths: Mapping[str, bool]
    diagnostics: Diagnostics
    numbers: bool = False
    holes: dict[str, Hole] = field(default_factory=dict)
    spent: int = 0

    def value(self, value: JsonValue, depth: int = 0) -> JsonValue | None:
        """What an expression stands for; None for `AWS::NoValue`. Raises Stop."""
        if depth > _DEPTH:
            raise Stop("it is nested too deeply", value.span)
        if isinstance(value, JsonObject) and any(member.key.startswith(LOOP) for member in value.members):
            value = self._unrolled(value, depth)
        found = intrinsic(value)
        if found is not None:
            return self._function(*found, depth)
        match value:
            case JsonObject(members, span):
                if (stop := written_by(value)) is not None:
                    raise stop
                held = [(member, self.value(member.value, depth + 1)) for member in members]
                return JsonObject(
                    tuple([JsonMember(member.key, member.key_span, one) for member, one in held if one is not None]),
                    span,
                )
            case JsonArray(items, span):
                some = [self.value(item, depth + 1) for item in items]
                return JsonArray(tuple([one for one in some if one is not None]), span)
            case JsonString(text, span) if "{{resolve:" in text:
                return JsonString(self._resolved(at_once(text, span)).value, span)
            case JsonNumber(text, span) if not self.numbers:
                return JsonString(text, span)
            case _:
                return value

    def _unrolled(self, value: JsonObject, depth: int) -> JsonObject:
        """A mapping with the members that its loops write. Raises Stop."""
        self._enter(value.span, depth)
        out: list[JsonMember] = []
        for member in value.members:
            if not member.key.startswith(LOOP):
                out.append(member)
                continue
            items = member.value.items if isinstance(member.value, JsonArray) else ()
            if len(items) != 3 or not isinstance(items[0], JsonString) or not isinstance(items[2], JsonObject):
                raise Stop("a loop takes a name, a list and members", member.key_span)
            over = self.value(items[1], depth + 1)
            texts = (
                [one.value for one in over.items if isinstance(one, JsonString)] if isinstance(over, JsonArray) else []
            )
            if not texts or any(map(has_hole, texts)) or len(texts) > MOST:
                raise Stop("a loop (`Fn::ForEach`) over values that are not known writes a part of it", member.key_span)
            self._spend(_CALL * len(texts), member.key_span)
            for text in texts:
                made = filled(items[2], items[0].value, text)
                assert isinstance(made, JsonObject)
                out += self._unrolled(made, depth + 1).members
        return JsonObject(tuple(out), value.span)

    def text(self, value: JsonValue, depth: int = 0) -> PlacedText | None:
        """The text that an expression stands for, with the places of its parts; None when it is no text. Raises Stop."""
        found = intrinsic(value)
        if found is None:
            if isinstance(value, JsonString):
                return self._resolved(placed(self.template.source, value.span, value.value))
            lone = isinstance(value, JsonNumber | JsonBool)
            return at_once(_scalar(value), value.span) if lone else None
        name, argument, span = found
        if name == "Sub":
            return self._made(self._sub(argument, span, depth))
        if name == "Join":
            return self._made(self._join(argument, span, depth))
        if name == "If":
            self._enter(span, depth)
            chosen = self._branch(argument, span)
            return None if is_no_value(chosen) else self.text(chosen, depth + 1)
        made = self._function(name, argument, span, depth)
        return at_once(made.value, span) if isinstance(made, JsonString) else None

    def _enter(self, span: Span, depth: int) -> None:
        """A function is read: bounded in depth, and in what all of them cost, since each may name another's text many times."""
        if depth > _DEPTH:
            raise Stop("it is nested too deeply", span)
        self._spend(_CALL, span)

    def _made(self, text: PlacedText) -> PlacedText:
        self._spend(len(text.value), text.whole)
        return self._resolved(text)

    def _spend(self, cost: int, span: Span) -> None:
        self.spent += cost
        if self.spent > _MOST:
            raise Stop("its expressions make too large a text", span)

    # --- functions -----------------------------------------------------------------------------------------------

    def _function(self, name: str, argument: JsonValue, span: Span, depth: int) -> JsonValue | None:
        self._enter(span, depth)
        match name:
            case "Ref":
                return self._ref(_text_of(argument), span)
            case "GetAtt":
                return JsonString(self._attribute(argument, span, depth), span)
            case "Sub" | "Join":
                text = self._sub(argument, span, depth) if name == "Sub" else self._join(argument, span, depth)
                return JsonString(self._made(text).value, span)
            case "If":
                chosen = self._branch(argument, span)
                return self.value(chosen, depth + 1)
            case "Select":
                return self._select(argument, span, depth)
            case "Split":
                return self._split(argument, span, depth)
            case "FindInMap":
                return self._find_in_map(argument, span, depth)
            case "ToJsonString":
                made = self.value(argument, depth + 1)
                if made is None:
                    return None
                return JsonString(self._made(at_once(json.dumps(made.plain(), default=str), span)).value, span)
            case "Length":
                made = self.value(argument, depth + 1)
                if isinstance(made, JsonArray):
                    return JsonNumber(str(len(made.items)), span)
                return self._open(f"Length of {self._said(argument)}", "number", span)
            case "ImportValue" | "GetStackOutput" | "Base64" | "Cidr" | "GetAZs":
                kind = "list" if name in ("Cidr", "GetAZs") else "string"
                return self._open(f"{name} {self._said(argument)}".strip(), kind, span)
            case "Transform":
                raise Stop("a macro (`Fn::Transform`) writes it", span)
            case _:
                raise Stop(f"`Fn::{name}` is no function that is known here", span)

    def _ref(self, name: str, span: Span) -> JsonValue | None:
        if name == "AWS::NoValue":
            return None
        bound = self.template.options.values.get(name)
        parameter = self.template.parameters.get(name)
        if parameter is not None and bound is not None and parameter.is_list:
            items = [JsonString(item.strip(), span) for item in bound.split(",")]
            return JsonArray(tuple(items), span)
        return JsonString(self._reference(name, span), span)

    def pseudo(self, name: str, span: Span) -> str:
        """The text of a pseudo parameter that the template does not name itself."""
        return self._reference(name, span)

    def _reference(self, name: str, span: Span) -> str:
        """The text of what `Ref` or `${…}` names: a value, or the mark of a hole."""
        bound = self.template.options.values.get(name)
        if bound is not None:
            return bound
        if name in _PSEUDO:
            kind, like = _PSEUDO[name]
            return self._mark(name, kind, span, like)
        parameter = self.template.parameters.get(name)
        if parameter is not None:
            if len(parameter.allowed) == 1:
                return parameter.allowed[0]
            kind = "list" if parameter.is_list else "number" if parameter.type == "Number" else "string"
            hole = Hole(name, kind, span, parameter.allowed, parameter.default, parameter.no_echo)
            self.holes.setdefault(name, hole)
            return mark(name)
        resource = self.template.resources.get(name)
        if resource is not None:
            known = attribute(resource.type, "Ref")
            if known.startswith("arn:") and attribute(resource.type, "Arn") == known:
                name += ".Arn"
            like = like_of(resource, known) or name_of(resource)
            return self._bound_or_mark(name, "arn" if like.startswith("arn:") else "name", span, like)
        if "." in name:
            return self._attribute(JsonString(name, span), span, 0)
        if not _has_more(self.template):
            self._unknown(name, span)
        return self._mark(name, "string", span)

    def _attribute(self, argument: JsonValue, span: Span, depth: int) -> str:
        if isinstance(argument, JsonArray):
            parts = [self.text(item, depth + 1) for item in argument.items]
            name = ".".join(part.value for part in parts if part is not None)
        else:
            name = _text_of(argument)
        if has_hole(name):
            return self._mark(shown(name), "string", span)
        logical, _, rest = name.partition(".")
        resource = self.template.resources.get(logical)
        if resource is None and not _has_more(self.template):
            self._unknown(logical, span)
        like = "" if resource is None else like_of(resource, attribute(resource.type, rest))
        function = self.template.resources.get(logical.removesuffix("Role")) if resource is None else None
        if function is not None and made_role(function) == logical:
            like = attribute("AWS::IAM::Role", rest)
        if not like and rest.endswith("Arn"):
            like = "arn:*"
        return self._bound_or_mark(name, "arn" if like.startswith("arn:") else "string", span, like)

    def _bound_or_mark(self, name: str, kind: str, span: Span, like: str) -> str:
        bound = self.template.options.values.get(name)
        return self._mark(name, kind, span, like) if bound is None else bound

    def _sub(self, argument: JsonValue, span: Span, depth: int) -> PlacedText:
        self._enter(span, depth)
        names: dict[str, JsonValue] = {}
        if isinstance(argument, JsonArray) and argument.items:
            if len(argument.items) > 1 and isinstance(argument.items[1], JsonObject):
                names = {member.key: member.value for member in argument.items[1].members}
            argument = argument.items[0]
        if not isinstance(argument, JsonString):
            raise Stop("the text of `Fn::Sub` is no plain text", span)
        text = placed(self.template.source, argument.span, argument.value)
        out: list[PlacedText] = []
        at = 0
        for found in _IN_SUB.finditer(text.value):
            out.append(part(text, at, found.start()))
            at = found.end()
            inner = found[1].strip()
            place = text.span(found.start(), found.end())
            if found[1].startswith("!"):
                out += [part(text, found.start(), found.start() + 2), part(text, found.start() + 3, found.end())]
            elif inner in names:
                other = self.text(names[inner], depth + 1)
                out.append(at_once("" if other is None else other.value, place))
            elif re.fullmatch(r"[A-Za-z0-9-]+:[^:].*", inner, re.DOTALL):
                self.diagnostics.error(
                    "cloudformation-unescaped-variable",
                    f"`{found[0]}` is a policy variable, and `Fn::Sub` takes it for a name of the template",
                    place,
                    f"write `${{!{inner}}}`",
                    fix=rewritten(place, f"${{!{inner}}}") if text.is_exact(found.start(), found.end()) else None,
                )
                out.append(part(text, found.start(), found.end()))
            else:
                out.append(at_once(self._reference(inner, place), place))
        return concat([*out, part(text, at, len(text.value))], span)

    def _join(self, argument: JsonValue, span: Span, depth: int) -> PlacedText:
        self._enter(span, depth)
        if not isinstance(argument, JsonArray) or len(argument.items) != 2:
            raise Stop("`Fn::Join` takes a delimiter and a list", span)
        delimiter = self.text(argument.items[0], depth + 1)
        items = argument.items[1]
        if not isinstance(items, JsonArray):
            made = self.value(items, depth + 1)
            if not isinstance(made, JsonArray):
                return at_once(self._mark(f"Join of {self._said(items)}", "string", span), span)
            items = made
        out: list[PlacedText] = []
        for item in items.items:
            text = self.text(item, depth + 1)
            if text is None:
                continue
            if out and delimiter is not None and delimiter.value:
                out.append(at_once(delimiter.value, span))
            out.append(text)
        return concat(out, span)

    def _branch(self, argument: JsonValue, span: Span) -> JsonValue:
        items = argument.items if isinstance(argument, JsonArray) else ()
        if len(items) != 3 or not isinstance(items[0], JsonString):
            raise Stop("`Fn::If` takes a condition and two values", span)
        name = items[0].value
        if name not in self.truths:
            raise Stop(f"the condition `{name}` is not known", span)
        return items[1] if self.truths[name] else items[2]

    def _select(self, argument: JsonValue, span: Span, depth: int) -> JsonValue | None:
        items = argument.items if isinstance(argument, JsonArray) else ()
        if len(items) != 2:
            raise Stop("`Fn::Select` takes an index and a list", span)
        index = self.text(items[0], depth + 1)
        source = self.value(items[1], depth + 1)
        if index is not None and _INDEX.fullmatch(index.value) and isinstance(source, JsonArray):
            if int(index.value) < len(source.items):
                return source.items[int(index.value)]
            raise Stop(f"`Fn::Select` asks for item {index.value} of {len(source.items)}", span)
        number = "?" if index is None else index.value
        return self._open(f"item {number} of {self._said(items[1])}", "string", span)

    def _split(self, argument: JsonValue, span: Span, depth: int) -> JsonValue:
        items = argument.items if isinstance(argument, JsonArray) else ()
        if len(items) != 2:
            raise Stop("`Fn::Split` takes a delimiter and a text", span)
        delimiter, text = self.text(items[0], depth + 1), self.text(items[1], depth + 1)
        if delimiter is not None and text is not None and delimiter.value and not has_hole(text.value):
            return JsonArray(tuple(JsonString(one, span) for one in text.value.split(delimiter.value)), span)
        return self._open(f"Split of {self._said(items[1])}", "list", span)

    def _find_in_map(self, argument: JsonValue, span: Span, depth: int) -> JsonValue | None:
        items = argument.items if isinstance(argument, JsonArray) else ()
        keys = [self.text(item, depth + 1) for item in items[:3]]
        texts = [key.value for key in keys if key is not None]
        if len(texts) == 3 and not any(map(has_hole, texts)):
            table = self.template.section("Mappings", texts[0])
            row = table.get(texts[1]) if isinstance(table, JsonObject) else None
            found = row.get(texts[2]) if isinstance(row, JsonObject) else None
            if found is not None:
                return self.value(_at(found, span), depth + 1)
            default = items[3].get("DefaultValue") if len(items) > 3 and isinstance(items[3], JsonObject) else None
            if default is not None:
                return self.value(default, depth + 1)
            if table is not None or not self.template.broken:
                raise Stop(f"the mapping has no `{'.'.join(texts)}`", span)
        name = ".".join(map(_plainly, texts))
        leaves = self._leaves(texts)
        hole = self._mark(f"FindInMap {name}", "string", span)
        if leaves:
            key = f"FindInMap {name}"
            self.holes[key] = Hole(key, "string", span, leaves)
        return JsonString(hole, span)

    def _leaves(self, keys: list[str]) -> tuple[str, ...]:
        """Every value that a mapping can give for keys of which some are not known; nothing when one of them is no text."""
        table = None if not keys or has_hole(keys[0]) else self.template.section("Mappings", keys[0])
        if not isinstance(table, JsonObject) or len(keys) != 3:
            return ()
        rows = [member.value for member in table.members if has_hole(keys[1]) or member.key == keys[1]]
        found = [
            member.value
            for row in rows
            if isinstance(row, JsonObject)
            for member in row.members
            if has_hole(keys[2]) or member.key == keys[2]
        ]
        if not all(isinstance(one, JsonString) for one in found):
            return ()
        return tuple(dict.fromkeys(one.value for one in found if isinstance(one, JsonString)))

    # --- holes ---------------------------------------------------------------------------------------------------

    def _open(self, name: str, kind: str, span: Span) -> JsonValue:
        bound = self.template.options.values.get(name)
        return JsonString(self._mark(name, kind, span) if bound is None else bound, span)

    def _mark(self, name: str, kind: str, span: Span, like: str = "") -> str:
        self.holes.setdefault(name, Hole(name, kind, span))
        return mark(name, like)

    def _said(self, value: JsonValue) -> str:
        """An expression in a few words, as the name of what it stands for."""
        try:
            text = self.text(value)
        except Stop:
            text = None
        if text is not None:
            return _plainly(text.value)
        made = intrinsic(value)
        return "a list" if made is None else made[0]

    def _resolved(self, text: PlacedText) -> PlacedText:
        """The text with its dynamic references as holes."""
        if "{{resolve:" not in text.value:
            return text
        out: list[PlacedText] = []
        at = 0
        for found in _DYNAMIC.finditer(text.value):
            place = text.span(found.start(), found.end())
            name = shown(f"{found[1]}:{found[2]}").replace("‹", "${").replace("›", "}")
            out += [part(text, at, found.start()), at_once(self._bound_or_mark(name, "string", place, ""), place)]
            at = found.end()
        return concat([*out, part(text, at, len(text.value))], text.whole)

    def _unknown(self, name: str, span: Span) -> None:
        known = [*self.template.parameters, *self.template.resources]
        message = f"the template has no parameter or resource `{name}`"
        help = did_you_mean(name, known[:500], "declare it, or correct the name")
        self.diagnostics.add(Diagnostic("cloudformation-unknown-name", message, span, help, Severity.INFO))


def _plainly(text: str) -> str:
    """A text as a part of a name."""
    return shown(text).replace("‹", "").replace("›", "")


def _has_more(template: Template) -> bool:
    """Whether a loop, a transform or another tool may add resources that nobody sees here."""
    if template.loops or template.open:
        return True
    return bool(template.transforms) and any(name != "AWS::LanguageExtensions" for name in template.transforms)


def _at(value: JsonValue, span: Span) -> JsonValue:
    """A value of a mapping, at the place where it is used."""
    match value:
        case JsonString(text):
            return JsonString(text, span)
        case JsonArray(items):
            return JsonArray(tuple(_at(item, span) for item in items), span)
        case _:
            return value


def is_no_value(value: JsonValue) -> bool:
    """Whether a value is `AWS::NoValue`, which takes what it stands for away."""
    found = intrinsic(value)
    return found is not None and found[0] == "Ref" and _text_of(found[1]) == "AWS::NoValue"


def _text_of(value: JsonValue) -> str:
    return value.value if isinstance(value, JsonString) else ""


def _scalar(value: JsonValue) -> str:
    match value:
        case JsonNumber(text):
            return text
        case JsonBool(flag):
            return "true" if flag else "false"
        case JsonNull():
            return ""
        case _:
            return ""
