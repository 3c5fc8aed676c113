"""Requests from outside the language: flags, and JSON or YAML files. Both are plain names and texts with places to point at."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final, Literal

from policyc.diagnostics import Diagnostics, did_you_mean
from policyc.ir.attributes import key_fits, resolve_attribute
from policyc.ir.foreign import likely
from policyc.ir.program import Program
from policyc.model.fit import assignable, text_value
from policyc.model.names import known_names
from policyc.model.types import GROUP, STRING, SetOf
from policyc.model.values import Group, Principal, Resource, Scalar, Value
from policyc.model.vocabulary import Attribute
from policyc.record import field, record
from policyc.regex import regex
from policyc.simulation.keys import attribute_of_key, is_native, native_key, refuse_both
from policyc.simulation.references import PlainText, parse_ref
from policyc.simulation.request import FIELDS, find_resource, known_word, own_method
from policyc.syntax import nodes
from policyc.syntax.json_text import (
    JsonArray,
    JsonBool,
    JsonNull,
    JsonNumber,
    JsonObject,
    JsonString,
    JsonValue,
    parse_json,
)
from policyc.targets.base import Request
from policyc.targets.program import hint_of
from policyc.targets.registry import resource_types, target
from policyc.text import Source, Span

_GROUP_ID = regex(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
#: an unsigned caller, also as access logs write it (https://docs.aws.amazon.com/vpc-lattice/latest/ug/monitoring-access-logs.html)
ANONYMOUS: Final = frozenset({"anonymous", "Anonymous"})
_PRINCIPAL_ARN = regex(
    r"arn:[a-z-]+:(?:(?P<sts>sts)|iam)::(?P<account>[0-9]{12}):"
    r"(?P<kind>role|user|assumed-role|federated-user|root)(?:/(?P<name>.+))?"
)


@record
class PlainRequest:
    """What was given, before any of it is understood. An attribute without texts (None) is stated to be absent, one with none of them to be
    an empty list. `unknown` names what nothing is known of."""

    resource: PlainText
    who: PlainText | None = None
    can: PlainText | None = None
    path: PlainText | None = None
    attributes: tuple[tuple[PlainText, tuple[PlainText, ...] | None], ...] = field(default=())
    unknown: tuple[PlainText, ...] = ()


def from_flags(
    resource: str,
    who: str | None,
    can: str | None,
    path: str | None,
    settings: Sequence[str],
    diagnostics: Diagnostics,
    absent: Sequence[str] = (),
    unknown: Sequence[str] = (),
) -> tuple[PlainRequest | None, Source]:
    """A request from the command line; `settings` are texts `name=value` (a list with commas is left whole until its type
    is known), `absent` are names of attributes that are really not there, `unknown` of those of which nothing is known.

    The source is the command line as text, for frames under messages.
    """
    parts: list[tuple[str, str]] = [("", resource)]
    parts += [
        (flag, value) for flag, value in (("--who ", who), ("--can ", can), ("--path ", path)) if value is not None
    ]
    parts += [("--set ", setting) for setting in settings]
    parts += [("--absent ", name) for name in absent]
    parts += [("--unknown ", name) for name in unknown]
    text = " ".join(flag + value for flag, value in parts)
    source = Source("<arguments>", text)
    places: list[PlainText] = []
    at = 0
    for flag, value in parts:
        places.append(PlainText(value, source.span(at + len(flag), at + len(flag) + len(value))))
        at += len(flag) + len(value) + 1
    several = ("", "--set ", "--absent ", "--unknown ")
    by_flag = {flag: place for (flag, _), place in zip(parts, places, strict=True) if flag not in several}
    nothing_known = tuple(place for (flag, _), place in zip(parts, places, strict=True) if flag == "--unknown ")
    attributes: list[tuple[PlainText, tuple[PlainText, ...] | None]] = []
    for (flag, _), place in zip(parts, places, strict=True):
        if flag == "--absent ":
            attributes.append((place, None))
        if flag != "--set ":
            continue
        name, equals, value = place.text.partition("=")
        if not equals or not name:
            diagnostics.error(
                "malformed-setting",
                f"`{place.text}` is no setting",
                place.span,
                "write `name=value`, such as `source.vpc=vpc-0a1b2c3d`",
            )
            return None, source
        start = place.span.start
        key = PlainText(name, source.span(start, start + len(name)))
        attributes.append((key, (PlainText(value, source.span(start + len(name) + 1, place.span.end)),)))
    given = (by_flag.get("--who "), by_flag.get("--can "), by_flag.get("--path "))
    return PlainRequest(places[0], *given, tuple(attributes), nothing_known), source


def from_json(source: Source, diagnostics: Diagnostics, resource: PlainText | None = None) -> PlainRequest | None:
    """A request file: `{"resource": …, "who": …, "can": …, "path": …, "attributes": {name: text | number | bool | list | null}}`.

    A file that ends in `.yaml` or `.yml` is YAML. `resource` stands in when the file names none. Source:
    schemas/request.schema.json.
    """
    if source.file.endswith((".yaml", ".yml")):
        from policyc.syntax.yaml_text import parse_yaml

        tree = parse_yaml(source, diagnostics)
    else:
        tree = parse_json(source, diagnostics)
    if tree is None:
        return None
    if not isinstance(tree, JsonObject):
        diagnostics.error(
            "malformed-request", "a request file holds one JSON object", tree.span, "see `policyc explain request`"
        )
        return None
    texts: dict[str, PlainText] = {}
    attributes: list[tuple[PlainText, tuple[PlainText, ...] | None]] = []
    ok = True
    for member in tree.members:
        if member.key == "attributes" and isinstance(member.value, JsonObject):
            for item in member.value.members:
                values = attribute_texts(item.value, diagnostics)
                ok = ok and values is not False
                if values is not False:
                    attributes.append((PlainText(item.key, item.key_span), values))
        elif member.key in ("resource", *FIELDS) and isinstance(member.value, JsonString):
            texts[member.key] = PlainText(member.value.value, member.value.span)
        elif member.key in ("resource", "attributes", *FIELDS):
            wanted = "an object" if member.key == "attributes" else "text"
            diagnostics.error(
                "malformed-request",
                f"`{member.key}` has to be {wanted}",
                member.value.span,
                "see `policyc explain request`",
            )
            ok = False
        else:
            diagnostics.error(
                "malformed-request",
                f"a request has no `{member.key}`",
                member.key_span,
                did_you_mean(member.key, ("resource", "attributes", *FIELDS), "put attributes under `attributes`"),
            )
            ok = False
    wanted_resource = texts.get("resource", resource)
    if wanted_resource is None:
        diagnostics.error(
            "malformed-request", "the request names no resource", tree.span.at_start(), 'add `"resource": "…"`'
        )
        return None
    if not ok:
        return None
    return PlainRequest(wanted_resource, texts.get("who"), texts.get("can"), texts.get("path"), tuple(attributes))


def attribute_texts(value: JsonValue, diagnostics: Diagnostics) -> tuple[PlainText, ...] | Literal[False] | None:
    """The texts of a JSON value; None for null (stated absent), False after reporting."""
    match value:
        case JsonNull():
            return None
        case JsonString(text, span):
            return (PlainText(text, span),)
        case JsonNumber(text, span):
            return (PlainText(text, span),)
        case JsonBool(flag, span):
            return (PlainText(str(flag).lower(), span),)
        case JsonArray(items):
            out: list[PlainText] = []
            for item in items:
                inner = attribute_texts(item, diagnostics)
                if not isinstance(inner, tuple) or isinstance(item, JsonArray):
                    diagnostics.error(
                        "malformed-request",
                        "a list holds texts, numbers or booleans",
                        item.span,
                        "see `policyc explain request`",
                    )
                    return False
                out.extend(inner)
            return tuple(out)
        case _:
            diagnostics.error(
                "malformed-request",
                "an attribute has no parts of its own",
                value.span,
                'write `"a.b": …` instead of nesting',
            )
            return False


def bind(plain: PlainRequest, program: Program, diagnostics: Diagnostics) -> Request | None:
    """The request against a project, or None after reporting what does not fit.

    A text that names a `let`, `group` or `principal` of the resource's file stands for it where the attribute wants
    that very type; for attributes of plain text it is always the text itself.
    """
    resource = find_resource(program, plain.resource.text, diagnostics, plain.resource.span)
    if resource is None:
        return None
    return bind_to(resource, plain, program, diagnostics)


def bind_to(resource: Resource, plain: PlainRequest, program: Program, diagnostics: Diagnostics) -> Request | None:
    """The same for a resource that is known already; the name in `plain` is not looked up."""
    return _Binder(program, resource, diagnostics).bind(plain)


@record(frozen=False)
class _Binder:
    program: Program
    resource: Resource
    diagnostics: Diagnostics

    def bind(self, plain: PlainRequest) -> Request | None:
        kind = resource_types()[self.resource.type]
        attributes = target(kind.target).scope(self.resource, self.program.resources)
        before = len(self.diagnostics)
        if not kind.verbs:
            for name, given in (("who", plain.who), ("can", plain.can), ("path", plain.path)):
                if given is not None:
                    self.diagnostics.error(
                        "clause-not-allowed",
                        f"a request to a `{kind.name}` has no `{name}`",
                        given.span,
                        "state attributes only",
                    )
        who = self._caller(plain.who) if plain.who is not None and kind.verbs else None
        if (
            plain.can is not None
            and kind.verbs
            and plain.can.text not in kind.verbs
            and not own_method(plain.can.text, kind)
        ):
            self.diagnostics.error(
                "unknown-verb",
                f"nobody can `{plain.can.text}` a `{kind.name}`",
                plain.can.span,
                did_you_mean(
                    plain.can.text,
                    kind.verbs,
                    "its verbs are " + ", ".join(f"`{name}`" for name in list(kind.verbs)[:12]),
                ),
            )
        values: dict[str, tuple[Scalar, ...]] = {}
        used: dict[str, Attribute] = {}
        spans: dict[str, Span] = {}
        empty: set[str] = set()
        for key, texts in plain.attributes:
            attribute = self._attribute(key, attributes, kind.name)
            if attribute is None:
                continue
            if attribute.name in values:
                self.diagnostics.error(
                    "duplicate-key", f"`{attribute.name}` is given twice", key.span, "drop one of them"
                )
                continue
            if (word := known_word(attribute, attributes)) is not None:
                self.diagnostics.error(
                    "known-key",
                    f"`{key.text}` has a word of its own",
                    key.span,
                    f"write `{word}`, which is checked for its type",
                )
                continue
            found = () if texts is None else self._values(texts, attribute, key)
            if found is not None:
                values[attribute.name], used[attribute.name] = found, attribute
                spans[attribute.name] = texts[0].span if texts else key.span
                if texts is not None and not found:
                    empty.add(attribute.name)
        unknown = self._unknown(plain, used, attributes)
        if any(item.severity == "error" for item in list(self.diagnostics)[before:]):
            return None
        return Request(
            self.resource,
            who,
            plain.can.text if plain.can else None,
            plain.path.text if plain.path else None,
            values,
            used,
            plain.resource.span,
            frozenset(empty),
            spans,
            unknown,
        )

    def _unknown(
        self, plain: PlainRequest, used: Mapping[str, Attribute], attributes: Mapping[str, Attribute]
    ) -> frozenset[str]:
        """The keys of which nothing is known."""
        names = {item.text: native_key(item, attributes, self.diagnostics) or "" for item in plain.unknown}
        held = {item.native: PlainText(item.name, plain.resource.span) for item in used.values()}
        refuse_both(
            held.values(), plain.unknown, {**{p.text: key for key, p in held.items()}, **names}, self.diagnostics
        )
        return frozenset(names.values())

    def _attribute(self, key: PlainText, attributes: Mapping[str, Attribute], kind: str) -> Attribute | None:
        ref = parse_ref(key)
        attribute = resolve_attribute(ref, attributes) if ref is not None else None
        if attribute is None and is_native(key.text):
            attribute = attribute_of_key(key.text, attributes)
        if attribute is None:
            self.diagnostics.error(
                "unknown-attribute",
                f"a request to a `{kind}` has no `{key.text}`",
                key.span,
                hint_of(resource_types()[kind].target, self.resource, self.program.resources, key.text)
                or likely(key.text, ref, attributes),
            )
        elif ref is not None and not key_fits(ref, attribute, self.diagnostics):
            return None
        return attribute

    def _values(self, texts: tuple[PlainText, ...], attribute: Attribute, key: PlainText) -> tuple[Scalar, ...] | None:
        if len(texts) > 1 and not attribute.many:
            self.diagnostics.error(
                "type-mismatch", f"`{attribute.name}` has one value, not a list", texts[1].span, "give one value"
            )
            return None
        if attribute.many and len(texts) == 1 and texts[0].text == "[]":
            return ()
        if not texts and not attribute.many:
            self.diagnostics.error(
                "type-mismatch", f"`{attribute.name}` has one value, not a list", key.span, "give the value, or null"
            )
            return None
        out: list[Scalar] = []
        for text in texts:
            for part in _split(text) if attribute.many and len(texts) == 1 else [text]:
                declared = self._declared(part, attribute)
                if declared is None and attribute.type == GROUP:
                    return None
                value = declared or text_value(
                    part.text, attribute.type, part.span, f"`{attribute.name}`", self.diagnostics
                )
                if value is None:
                    return None
                out.extend(_scalars(value))
        return tuple(out)

    def _declared(self, text: PlainText, attribute: Attribute) -> Value | None:
        scope = self.program.scopes.get(self.resource.file)
        definition = scope.lookup(text.text) if scope is not None else None
        if scope is None or definition is None:
            return self._group(text) if attribute.type == GROUP else None
        value = scope.definition_value(definition, self.diagnostics)
        if value is None:
            return None
        if isinstance(value.data, Group):
            return Value(STRING, value.data.id, text.span) if attribute.many else None
        wanted = SetOf(attribute.type) if isinstance(value.type, SetOf) else attribute.type
        return value if attribute.type != STRING and assignable(value.type, wanted) else None

    def _group(self, text: PlainText) -> Value | None:
        """A group of any file by its name, or by its id itself where that has the form of one."""
        if _GROUP_ID.fullmatch(text.text):
            return Value(STRING, text.text, text.span)
        found = {}
        names: set[str] = set()
        for scope in self.program.scopes.values():
            names.update(known_names(scope.table, ("group",)))
            definition = scope.lookup(text.text)
            value = scope.definition_value(definition, self.diagnostics) if definition is not None else None
            if value is not None and isinstance(value.data, Group):
                found[value.data.id] = Value(STRING, value.data.id, text.span)
        if len(found) == 1:
            return next(iter(found.values()))
        what = "several files declare different groups" if found else "no file declares a group"
        self.diagnostics.error(
            "unknown-name",
            f"{what} `{text.text}`",
            text.span,
            did_you_mean(text.text, names - {text.text}, "give the group's id"),
        )
        return None

    def _caller(self, text: PlainText) -> Principal | None:
        found = parse_caller(text.text)
        if found is not None:
            return found
        scopes = [self.program.scopes[self.resource.file]] if self.resource.file in self.program.scopes else []
        for scope in (*scopes, *self.program.scopes.values()):
            definition = scope.lookup(text.text)
            if definition is not None and isinstance(definition.node, nodes.PrincipalDecl):
                value = scope.definition_value(definition, self.diagnostics)
                if value is not None and isinstance(value.data, Principal) and not value.data.is_pattern:
                    return value.data
                self.diagnostics.error(
                    "not-one-caller",
                    f"`{text.text}` stands for many callers, and a request has one",
                    text.span,
                    "give the ARN of one caller",
                )
                return None
        names = sorted({principal.name for principal in self.program.principals if principal.name})
        self.diagnostics.error(
            "unknown-name",
            f"unknown principal `{text.text}`",
            text.span,
            did_you_mean(
                text.text, [*names, "anonymous"], "give a declared principal, an ARN, a service name or `anonymous`"
            ),
        )
        return None


def parse_caller(text: str) -> Principal | None:
    """A caller from an ARN, a service name or `anonymous`; None for anything else."""
    if text in ANONYMOUS:
        return Principal("anonymous", (), "anonymous")
    if "*" in text or "?" in text:
        return None
    match = _PRINCIPAL_ARN.fullmatch(text)
    if match is not None:
        account, name = match["account"], match["name"]
        match match["kind"], name:
            case "root", None:
                return Principal("root", (account,))
            case "role", str():
                return Principal("role", (account, name))
            case "user", str():
                return Principal("user", (account, name))
            case "federated-user", str():
                return Principal("federated_user", (account, name))
            case "assumed-role", str() if name.count("/") == 1:
                role, session = name.split("/")
                return Principal("session", (account, role, session))
            case _:
                return None
    if re.fullmatch(r"[a-z0-9][a-z0-9.-]*\.amazonaws\.com(\.cn)?", text):
        return Principal("service", (text,))
    return None


def _split(text: PlainText) -> list[PlainText]:
    """`a,b` as two texts with their places."""
    out: list[PlainText] = []
    at = text.span.start
    for part in text.text.split(","):
        out.append(PlainText(part, Span(text.span.file, at, at + len(part))))
        at += len(part) + 1
    return out


def _scalars(value: Value) -> list[Scalar]:
    if isinstance(value.data, tuple):
        return [scalar for item in value.data if isinstance(item, Value) for scalar in _scalars(item)]
    data = value.data
    return [data] if isinstance(data, str | int | Decimal) else []
