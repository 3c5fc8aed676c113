"""Pulumi programs in YAML: the resources of AWS in them, with what `${…}` and the functions leave open as holes.

Source: https://www.pulumi.com/docs/iac/languages-sdks/yaml/yaml-language-reference/
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from policyc.carriers.embedded import Carried, Embedded, Hole, Options, PlacedText, Unreadable, listed
from policyc.carriers.hanging import elsewhere
from policyc.carriers.parts import Broken, of_members
from policyc.carriers.pulumi import of_resource
from policyc.carriers.pulumi_document import FUNCTIONS, document
from policyc.carriers.secrets import cover, covered
from policyc.carriers.signs import EFFECT
from policyc.carriers.types import text_at
from policyc.carriers.yaml_tree import first_document
from policyc.diagnostics import Diagnostics
from policyc.holes import mark
from policyc.regex import regex
from policyc.syntax.json_tree import JsonArray, JsonBool, JsonMember, JsonNumber, JsonObject, JsonString, JsonValue
from policyc.text import Source, Span

_TYPE: Final = regex(rb"""\btype["']?\s*:\s*["']?aws(?:-native)?:[\w-]+(?:/\w+)?:\w+""")
_VARIABLE: Final = regex(r"\$(\$?)\{((?:[^{}\"]|\"[^\"]*\")*)\}")
#: values that are worked out for one file; a text that is put into another one
_MOST: Final = 100_000
_LONGEST: Final = 4096
_DEEPEST: Final = 150
#: what has members that can be read or not each by itself
_SECTIONS: Final = ("resources", "variables", "config", "configuration")
_PREVIEW: Final = "check what `pulumi preview --json` prints"


def recognize(name: str, raw: bytes) -> bool:
    """A program with resources of AWS in which policies may stand."""
    return b"resources" in raw and (b"olicy" in raw or b"ermission" in raw) and _TYPE.search(raw) is not None


def carried(source: Source, options: Options, diagnostics: Diagnostics) -> Carried:
    """The documents in the properties of the resources."""
    broken: list[Broken] = []
    top = first_document(source, diagnostics, lambda text: of_members(text, _SECTIONS), broken)
    resources = top.get("resources") if isinstance(top, JsonObject) else None
    lost = [Unreadable(".".join(one.path), "", one.place, one.reason) for one in broken]
    if not isinstance(top, JsonObject) or not isinstance(resources, JsonObject):
        return Carried((), tuple(lost), partial=bool(broken))
    cover(source, _secrets(top))
    program = _Program(top, options)
    out: list[Embedded] = []
    others: list[tuple[str, str]] = []
    for member in resources.members:
        properties = member.value.get("properties") if isinstance(member.value, JsonObject) else None
        if properties is None:
            continue
        known, type_ = program.opened(properties), _type(text_at(member.value, "type"))
        others += elsewhere(type_, member.key, (known,))
        for item in of_resource(source, type_, member.key, known, program.holes):
            (lost if isinstance(item, Unreadable) else out).append(item)  # type: ignore[arg-type]
    told = [
        resources.span,
        *(item.place for item in out),
        *(item.place for item in lost),
        *(_place(item) for item in out),
    ]
    return Carried(tuple(out), (*lost, *_elsewhere(source, told)), elsewhere=listed(others), partial=bool(broken))


def _secrets(top: JsonObject) -> Iterator[tuple[Span, str]]:
    """What is written of secrets: in the configuration, and where a function makes one."""
    work: list[JsonValue] = [top]
    while work:
        node = work.pop()
        if isinstance(node, JsonArray):
            work.extend(node.items)
        elif isinstance(node, JsonObject):
            told = node.get("secret")
            secret = isinstance(told, JsonBool) and told.value
            for member in node.members:
                if member.key.lower() == "fn::secret" or (secret and member.key in ("value", "default")):
                    yield from covered(member.value)
                else:
                    work.append(member.value)


def _type(written: str) -> str:
    """A type in its whole form: `aws:iam/policy:Policy` of `aws:iam:Policy`."""
    package, _, rest = written.partition(":")
    module, colon, name = rest.partition(":")
    return f"{package}:{module}/{name[:1].lower()}{name[1:]}:{name}" if colon and "/" not in module else written


def _place(item: Embedded) -> Span:
    """Where the content of a document stands, which may be a variable."""
    return item.content.whole if isinstance(item.content, PlacedText) else item.content.span


def _elsewhere(source: Source, told: Sequence[Span]) -> list[Unreadable]:
    """The first statement outside of what was read or told: in a variable that no resource has, or in a component."""
    for found in EFFECT.finditer(source.text):
        line = source.text[source.text.rfind("\n", 0, found.start()) + 1 : found.start()]
        is_told = any(span.start <= found.start() < span.end for span in told)
        if not is_told and not line.lstrip().startswith("#"):
            return [Unreadable("", "", source.span(*found.span()), f"a policy at a place that is not read; {_PREVIEW}")]
    return []


class _Program:
    """What the expressions of a program stand for; `holes` has what they leave open."""

    def __init__(self, top: JsonObject, options: Options) -> None:
        self.holes: dict[str, Hole] = {}
        self._values = options.values
        self._variables = _members(top.get("variables"))
        self._config = _members(top.get("config")) or _members(top.get("configuration"))
        self._made: dict[str, tuple[JsonValue | None, int]] = {}
        self._spent = 0
        self._depth = 0

    def opened(self, value: JsonValue) -> JsonValue:
        """The value with marks for what is not known; what a function writes as JSON is the value that it writes."""
        self._spent += 1
        self._depth += 1
        try:
            return self._opened(value) if self._depth <= _DEEPEST else self._hole("…", value.span)
        finally:
            self._depth -= 1

    def _opened(self, value: JsonValue) -> JsonValue:
        match value:
            case JsonString(text, span) if "$" in text:
                return self._text(text, span)
            case JsonObject(members, span) if len(members) == 1 and members[0].key.lower().startswith("fn::"):
                return self._called(members[0], span)
            case JsonObject(members, span):
                return JsonObject(
                    tuple([JsonMember(one.key, one.key_span, self.opened(one.value)) for one in members]), span
                )
            case JsonArray(items, span):
                return JsonArray(tuple([self.opened(item) for item in items]), span)
            case _:
                return value

    def _called(self, call: JsonMember, span: Span) -> JsonValue:
        match call.key.lower(), call.value:
            case "fn::tojson", inner:
                return self.opened(inner)
            case "fn::join", JsonArray((JsonString(between), JsonArray(items))):
                parts = [_word(self.opened(item)) for item in items]
                if None not in parts:
                    return JsonString(between.join(part for part in parts if part is not None), span)
            case "fn::invoke", JsonObject() as invoked:
                made = self._invoked(invoked, span)
                if made is not None:
                    return made
            case "fn::secret", _:
                return self._hole("fn::secret", span, sensitive=True)
        return self._hole(call.key, span)

    def _invoked(self, call: JsonObject, span: Span) -> JsonValue | None:
        """What a function of the provider gives, where that is a document that is written here."""
        if text_at(call, "function") not in FUNCTIONS:
            return None
        arguments = call.get("arguments")
        found = document(None if arguments is None else self.opened(arguments))
        if found is None or text_at(call, "return") == "json":
            return found
        return JsonObject((JsonMember("json", span.at_start(), found),), span)

    def _text(self, text: str, span: Span) -> JsonValue:
        out: list[str] = []
        at = 0
        for found in _VARIABLE.finditer(text):
            out.append(text[at : found.start()])
            at = found.end()
            if found[1]:
                out.append(f"${{{found[2]}}}")  # written so that Pulumi leaves it alone
                continue
            value = self._value(found[2].strip(), span)
            if found[0] == text:
                return value
            word = _word(value)
            short = word is not None and len(word) <= _LONGEST and self._spent <= _MOST
            out.append(word if short and word is not None else _word(self._hole(found[2].strip(), span)) or "")
        return JsonString("".join([*out, text[at:]]), span)

    def _value(self, name: str, span: Span) -> JsonValue:
        """What an expression stands for; worked out once, and a hole where that makes too much or leads back to itself."""
        if name in self._values:
            return JsonString(self._values[name], span)
        held = self._config.get(name)
        if held is not None:
            return self._hole(name, span, sensitive=isinstance(held, JsonObject) and held.get("secret") is not None)
        first, dot, inner = name.partition(".")
        if dot and name not in self._variables and first in self._variables:
            known = self._value(first, span)
            found = known.get(inner) if isinstance(known, JsonObject) else None
            return self._hole(name, span) if found is None else found
        if name not in self._variables:
            return self._hole(name, span)
        if name not in self._made:
            self._made[name] = None, 0
            before = self._spent
            self._made[name] = self.opened(self._variables[name]), self._spent - before
        value, size = self._made[name]
        self._spent += size
        return self._hole(name, span) if value is None or self._spent > _MOST else value

    def _hole(self, name: str, span: Span, sensitive: bool = False) -> JsonString:
        self.holes.setdefault(name, Hole(name, "string", span, sensitive=sensitive))
        return JsonString(mark(name), span)


def _members(value: JsonValue | None) -> dict[str, JsonValue]:
    return {member.key: member.value for member in value.members} if isinstance(value, JsonObject) else {}


def _word(value: JsonValue) -> str | None:
    match value:
        case JsonString(text) | JsonNumber(text):
            return text
        case JsonBool(flag):
            return str(flag).lower()
        case _:
            return None
