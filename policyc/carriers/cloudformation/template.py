"""A template: its resources and what its expressions rest on, each read when it is looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from policyc.carriers.embedded import Options
from policyc.carriers.embedded import Unreadable as Lost
from policyc.carriers.parts import Broken, Part, of_members, without_broken_json
from policyc.carriers.yaml_tree import Lazy, Unreadable, documents, is_json
from policyc.diagnostics import Diagnostics
from policyc.record import field, record
from policyc.regex import regex
from policyc.syntax.json_text import parse_as_meant
from policyc.syntax.json_tree import JsonArray, JsonMember, JsonObject, JsonString, JsonValue
from policyc.text import Source, Span, is_within

_TYPE: Final = regex(r"(?m)^[ \t]+[\"']?Type[\"']?[ ]*:[ ]*[\"']?(AWS::[\w:]+)")
_TWICE: Final = "a key is written twice in it"
_SECTIONS: Final = ("Parameters", "Mappings", "Conditions", "Globals", "Transform", "Metadata")
_NAMED: Final = (*_SECTIONS, "Resources", "Outputs")


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
    #: whether there is more than can be seen here: another tool adds its own, or a part is broken
    open: bool = False
    #: the parts that are no YAML
    broken: tuple[Lost, ...] = ()

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


def _from_json(given: Source, options: Options, diagnostics: Diagnostics) -> Template | None:
    wrong, parts = Diagnostics(), Diagnostics()
    meant = parse_as_meant(given, wrong)
    lost: list[Broken] = []
    if meant is None and (rest := without_broken_json(given, _NAMED, parts)) is not None:
        found_again = Diagnostics()
        meant, lost = parse_as_meant(rest[0], found_again), rest[1]
        wrong = wrong if meant is None else Diagnostics([*parts, *found_again])
    diagnostics.extend(wrong)
    if meant is None or not isinstance(tree := meant[0], JsonObject):
        return None
    source = meant[1]
    found = tree.get("Resources")
    if found is not None and not isinstance(found, JsonObject):
        raise _no_mapping(found.span)
    twice = [item.span for item in wrong if item.rule == "json-duplicate-key" and item.span is not None]
    if any(member.key_span in twice for member in tree.members):
        return None
    sections, broken = _once([member for member in tree.members if member.key in _SECTIONS], twice)
    members, more = _once(found.members if isinstance(found, JsonObject) else (), twice)
    broken = [*(_broken(one, given) for one in lost), *broken, *more]
    resources: dict[str, Resource] = {}
    loops: list[tuple[str, JsonValue]] = []
    _take(members, resources, loops)
    return Template(
        source,
        options,
        {member.key: member.value for member in sections},
        resources,
        tuple(loops),
        whole=found is not None,
        open=bool(broken),
        broken=tuple(broken),
    )


def _once(members: Sequence[JsonMember], twice: Sequence[Span]) -> tuple[list[JsonMember], list[Lost]]:
    """The members without those in which something is written twice, and these."""
    if not twice:
        return list(members), []
    again = {member.key for member in members if member.key_span in twice}
    again |= {member.key for member in members if any(is_within(span, member.value.span) for span in twice)}
    lost = {member.key: Lost(member.key, "", member.key_span, _TWICE) for member in members if member.key in again}
    return [member for member in members if member.key not in again], list(lost.values())


def _no_mapping(span: Span) -> Unreadable:
    return Unreadable(
        "resources-not-a-mapping", "`Resources` is no mapping", span, "write each resource below its logical id"
    )


def _given(body: JsonObject) -> Callable[[], JsonObject]:
    return lambda: body


def _from_yaml(given: Source, options: Options, diagnostics: Diagnostics) -> Template | None:
    lost: list[Broken] = []
    found = documents(given, diagnostics, _parts, lost)
    if not found:
        return None
    source = found[0].source
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
    broken = [_broken(one, given) for one in lost]
    sections: dict[str, JsonValue] = {}
    for name in _SECTIONS:
        if name in top:
            try:
                sections[name] = top[name][1].value()
            except Unreadable as stop:
                stop.report(diagnostics)
                broken.append(Lost(name, "", top[name][0], stop.message))
    if "Resources" in top and top["Resources"][1].node.id != "mapping" and not lost:
        raise _no_mapping(top["Resources"][0])
    resources: dict[str, Resource] = {}
    loops: list[tuple[str, JsonValue]] = []
    twice: list[Unreadable] = []
    members = top["Resources"][1].members(twice) if "Resources" in top else {}
    broken += [Lost(fault.key, "", fault.span, fault.message) for fault in twice]
    for name, (span, node) in members.items():
        try:
            if name.startswith(_WRITERS):
                loops.append((name, node.value()))
            elif (kind := node.members().get("Type")) is not None and kind[1].text():
                resources[name] = Resource(name, kind[1].text(), span, _object(node))
        except Unreadable as stop:
            twice.append(stop)
            broken.append(Lost(name, "", span, stop.message))
    for fault in twice:
        fault.report(diagnostics)
    whole = "Resources" in top or bool(lost)
    return Template(
        source, options, sections, resources, tuple(loops), whole=whole, open=bool(broken), broken=tuple(broken)
    )


def _parts(text: str) -> Iterator[Part]:
    return of_members(text, _NAMED)


def _broken(part: Broken, source: Source) -> Lost:
    """A part of a template that is no YAML: a resource by its name, or what else it is."""
    section, *rest = part.path
    type_ = _TYPE.search(source.text, part.place.start, part.place.end) if section == "Resources" and rest else None
    name = rest[0] if section == "Resources" and rest else ".".join(part.path)
    return Lost(name, "" if type_ is None else type_[1], part.place, part.reason)


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
