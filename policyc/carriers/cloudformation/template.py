"""A template: its resources and what its expressions rest on, each read when it is looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from policyc.carriers.embedded import Options
from policyc.carriers.yaml_tree import Lazy, Unreadable, documents, is_json
from policyc.diagnostics import Diagnostics
from policyc.record import field, record
from policyc.syntax.json_text import parse_json
from policyc.syntax.json_tree import JsonArray, JsonMember, JsonObject, JsonString, JsonValue
from policyc.text import Source, Span

_SECTIONS: Final = ("Parameters", "Mappings", "Conditions", "Globals", "Transform", "Metadata")


@record
class Parameter:
    """A parameter: its type, the values that it can take (empty: not known) and its default."""

    name: str
    type: str
    allowed: tuple[str, ...]
    default: str | None
    span: Span
    no_echo: bool = False

    @property
    def is_list(self) -> bool:
        return self.type.startswith("List<") or self.type == "CommaDelimitedList"


@record(frozen=False)
class Resource:
    """One resource. `body` is its whole mapping, read when asked for; one that cannot be read is empty, and `problem` says why."""

    name: str
    type: str
    name_span: Span
    read: Callable[[], JsonObject]
    _body: JsonObject | None = None
    problem: Unreadable | None = None

    @property
    def body(self) -> JsonObject:
        if self._body is None:
            try:
                self._body = self.read()
            except Unreadable as stop:
                self.problem, self._body = stop, JsonObject((), self.name_span)
        return self._body

    @property
    def properties(self) -> JsonObject:
        found = self.body.get("Properties")
        return found if isinstance(found, JsonObject) else JsonObject((), self.body.span)

    @property
    def condition(self) -> str:
        found = self.body.get("Condition")
        return found.value if isinstance(found, JsonString) else ""


#: what stands among the resources and writes some
_WRITERS: Final = ("Fn::ForEach", "Fn::Transform")


@record(frozen=False)
class Template:
    """A template with its sections as trees; `loops` are `Fn::ForEach` and macros among its resources. `whole` is False where it has no resources at all."""

    source: Source
    options: Options
    sections: Mapping[str, JsonValue]
    resources: dict[str, Resource]
    loops: tuple[tuple[str, JsonValue], ...] = ()
    parameters: dict[str, Parameter] = field(default_factory=dict)
    whole: bool = True
    #: whether there are resources that nobody sees here: another tool adds its own
    open: bool = False

    def section(self, name: str, key: str) -> JsonValue | None:
        found = self.sections.get(name)
        return found.get(key) if isinstance(found, JsonObject) else None

    @property
    def transforms(self) -> tuple[str, ...]:
        found = self.sections.get("Transform")
        items = found.items if isinstance(found, JsonArray) else (found,)
        return tuple(item.value for item in items if isinstance(item, JsonString))


def read_template(source: Source, options: Options, diagnostics: Diagnostics) -> Template | None:
    """The template in a file; None after reporting why it cannot be read, and for a file that is none."""
    read = _from_json if is_json(source) else _from_yaml
    try:
        template = read(source, options, diagnostics)
    except Unreadable as stop:
        stop.report(diagnostics)
        return None
    if template is not None:
        template.parameters = {item.name: item for item in _parameters(template.sections.get("Parameters"))}
    return template


def template_of(source: Source, options: Options, parts: Sequence[JsonObject]) -> Template:
    """The template whose parts another tool puts together with resources of its own: of what two parts have, the last counts."""
    sections: dict[str, JsonValue] = {}
    resources: dict[str, Resource] = {}
    loops: list[tuple[str, JsonValue]] = []
    for part in parts:
        for name in _SECTIONS:
            held, more = sections.get(name), part.get(name)
            if isinstance(held, JsonObject) and isinstance(more, JsonObject):
                known = {member.key for member in more.members}
                kept = tuple(member for member in held.members if member.key not in known)
                more = JsonObject((*kept, *more.members), more.span)
            if more is not None:
                sections[name] = more
        found = part.get("Resources")
        _take(found.members if isinstance(found, JsonObject) else (), resources, loops)
    template = Template(source, options, sections, resources, tuple(loops), open=True)
    template.parameters = {item.name: item for item in _parameters(sections.get("Parameters"))}
    return template


def _take(members: Sequence[JsonMember], resources: dict[str, Resource], loops: list[tuple[str, JsonValue]]) -> None:
    for member in members:
        if member.key.startswith(_WRITERS):
            loops.append((member.key, member.value))
        elif isinstance(body := member.value, JsonObject):
            type_ = body.get("Type")
            if isinstance(type_, JsonString):
                resources[member.key] = Resource(member.key, type_.value, member.key_span, _given(body), body)


def _from_json(source: Source, options: Options, diagnostics: Diagnostics) -> Template | None:
    tree = parse_json(source, diagnostics)
    if not isinstance(tree, JsonObject):
        return None
    sections: dict[str, JsonValue] = {name: value for name in _SECTIONS if (value := tree.get(name)) is not None}
    found = tree.get("Resources")
    if found is not None and not isinstance(found, JsonObject):
        raise _no_mapping(found.span)
    resources: dict[str, Resource] = {}
    loops: list[tuple[str, JsonValue]] = []
    _take(found.members if isinstance(found, JsonObject) else (), resources, loops)
    return Template(source, options, sections, resources, tuple(loops), whole=found is not None)


def _no_mapping(span: Span) -> Unreadable:
    return Unreadable(
        "resources-not-a-mapping", "`Resources` is no mapping", span, "write each resource below its logical id"
    )


def _given(body: JsonObject) -> Callable[[], JsonObject]:
    return lambda: body


def _from_yaml(source: Source, options: Options, diagnostics: Diagnostics) -> Template | None:
    found = documents(source, diagnostics)
    if not found:
        return None
    tops = [document.members() for document in found]
    top = tops[0]
    for document, members in zip(found[1:], tops[1:], strict=True):
        if "Resources" in members:
            raise Unreadable(
                "yaml-syntax-error",
                f"`{source.file}` is a template and holds {len(found)} YAML documents",
                document.span.at_start(),
                "keep one template in each file",
            )
    sections: dict[str, JsonValue] = {str(name): top[name][1].value() for name in _SECTIONS if name in top}
    if "Resources" in top and top["Resources"][1].node.id != "mapping":
        raise _no_mapping(top["Resources"][0])
    resources: dict[str, Resource] = {}
    loops: list[tuple[str, JsonValue]] = []
    for name, (span, node) in (top["Resources"][1].members() if "Resources" in top else {}).items():
        if name.startswith(_WRITERS):
            loops.append((name, node.value()))
            continue
        kind = node.members().get("Type") if node.node.id == "mapping" else None
        if kind is not None and kind[1].text():
            resources[name] = Resource(name, kind[1].text(), span, _object(node))
    return Template(source, options, sections, resources, tuple(loops), whole="Resources" in top)


def _object(node: Lazy) -> Callable[[], JsonObject]:
    def read() -> JsonObject:
        value = node.value()
        return value if isinstance(value, JsonObject) else JsonObject((), node.span)

    return read


def _parameters(section: JsonValue | None) -> Iterator[Parameter]:
    for member in section.members if isinstance(section, JsonObject) else ():
        body = member.value
        if not isinstance(body, JsonObject):
            continue
        allowed = body.get("AllowedValues")
        default = body.get("Default")
        yield Parameter(
            member.key,
            _plain(body.get("Type")) or "String",
            tuple(_plain(item) for item in allowed.items) if isinstance(allowed, JsonArray) else (),
            None if default is None else _plain(default),
            member.key_span,
            _plain(body.get("NoEcho")).lower() == "true",
        )


def _plain(value: JsonValue | None) -> str:
    """A scalar as CloudFormation takes it for a text."""
    if value is None or isinstance(value, JsonObject | JsonArray):
        return ""
    plain = value.plain()
    return str(plain).lower() if isinstance(plain, bool) else "" if plain is None else str(plain)
