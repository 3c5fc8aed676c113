"""A file of users and devices, and what each of them gets at every Verified Access endpoint of a project.

`{"users": {"alice": {"idc.groups": ["finance"], "devices": ["mac1"]}}, "devices": {"mac1": {"jamf.risk": "LOW"}},
"request": {"http_request.http_method": "GET"}}`: attributes go by their names in the language, as in a request file. A user without
`devices` is asked without one; `request` holds for everybody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from policyc.diagnostics import Diagnostic, Diagnostics, Severity, did_you_mean
from policyc.engines.trace import Outcome
from policyc.ir.attributes import resolve_attribute, shown_name
from policyc.ir.conditions import atoms
from policyc.ir.program import Program
from policyc.model.names import known_names
from policyc.model.values import Group, Resource
from policyc.model.vocabulary import Attribute
from policyc.record import record
from policyc.simulation.references import PlainText, parse_ref
from policyc.simulation.request_text import PlainRequest, attribute_texts, bind_to
from policyc.syntax.json_text import JsonArray, JsonMember, JsonObject, JsonString, JsonValue, parse_json
from policyc.targets.base import Document, Request, Target, Visited
from policyc.targets.registry import policy_targets
from policyc.text import Source, Span

SECTIONS = ("users", "devices", "request")
DEVICES = "devices"

#: of the groups that nobody declares this many are named
_MOST_GROUPS: Final = 8

Attached = tuple[tuple[PlainText, tuple[PlainText, ...] | None], ...]


@record
class Visitor:
    """A user with one device, or with none (then `device` is empty), and all attributes of both and of the request."""

    user: str
    device: str
    attributes: Attached


@record
class Visit:
    """What a visitor gets at one endpoint."""

    visitor: Visitor
    endpoint: str
    outcome: Outcome


def read_visitors(source: Source, diagnostics: Diagnostics) -> tuple[Visitor, ...]:
    """The visitors of a file in its order; mistakes are reported."""
    tree = parse_json(source, diagnostics)
    if tree is None:
        return ()
    sections = _sections(tree, diagnostics)
    if sections is None:
        return ()
    devices = {
        member.key: attributes
        for member in sections["devices"]
        if (attributes := _attributes(member.value, diagnostics)) is not None
    }
    common = _attributes_of(sections["request"], diagnostics)
    visitors: list[Visitor] = []
    for member in sections["users"]:
        if not isinstance(member.value, JsonObject):
            _report("malformed-people", f"the user `{member.key}` is no object", member.value, diagnostics)
            continue
        own = _attributes_of([item for item in member.value if item.key != DEVICES], diagnostics)
        for device in _devices(member.value, devices, diagnostics):
            visitors.append(Visitor(member.key, device, _merged(common, own, devices.get(device, ()))))
    if not visitors and not diagnostics.has_errors:
        _report("malformed-people", "the file names no user", tree, diagnostics)
    return tuple(visitors)


def _report(rule: str, message: str, node: JsonValue, diagnostics: Diagnostics) -> None:
    diagnostics.error(
        rule, message, node.span, 'write such as `{"users": {"alice": {"idc.groups": ["finance"]}}, "devices": {}}`'
    )


def _sections(tree: JsonValue, diagnostics: Diagnostics) -> dict[str, Sequence[JsonMember]] | None:
    if not isinstance(tree, JsonObject):
        _report("malformed-people", "a file of users is one JSON object", tree, diagnostics)
        return None
    found: dict[str, Sequence[JsonMember]] = dict.fromkeys(SECTIONS, ())
    for member in tree:
        if member.key not in SECTIONS:
            diagnostics.error(
                "malformed-people",
                f"a file of users has no `{member.key}`",
                member.key_span,
                did_you_mean(member.key, SECTIONS, "it has `users`, `devices` and `request`"),
            )
        elif not isinstance(member.value, JsonObject):
            _report("malformed-people", f"`{member.key}` is no object", member.value, diagnostics)
        else:
            found[member.key] = member.value.members
    return None if diagnostics.has_errors else found


def _attributes(value: JsonValue, diagnostics: Diagnostics) -> Attached | None:
    if not isinstance(value, JsonObject):
        _report("malformed-people", "a device is an object of attributes", value, diagnostics)
        return None
    return _attributes_of(value.members, diagnostics)


def _attributes_of(members: Sequence[JsonMember], diagnostics: Diagnostics) -> Attached:
    out: list[tuple[PlainText, tuple[PlainText, ...] | None]] = []
    for member in members:
        texts = attribute_texts(member.value, diagnostics)
        if texts is not False:
            out.append((PlainText(member.key, member.key_span), texts))
    return tuple(out)


def _devices(user: JsonObject, known: Mapping[str, Attached], diagnostics: Diagnostics) -> Iterator[str]:
    listed = user.get(DEVICES)
    if listed is None:
        yield ""
        return
    items = listed.items if isinstance(listed, JsonArray) else (listed,)
    for item in items:
        if not isinstance(item, JsonString) or item.value not in known:
            shown = item.value if isinstance(item, JsonString) else "this"
            diagnostics.error(
                "unknown-device",
                f"the file has no device `{shown}`",
                item.span,
                did_you_mean(shown, known, "describe it under `devices`"),
            )
        else:
            yield item.value
    if not items:
        yield ""


def _merged(*parts: Attached) -> Attached:
    """All attributes; what a later part says goes before an earlier one."""
    found = {key.text: (key, texts) for part in parts for key, texts in part}
    return tuple(found.values())


# --- answers ----------------------------------------------------------------------------------------------------


def visited() -> Mapping[str, Target]:
    """The targets with resources that people reach, by the types of these."""
    return {target.visited: target for target in policy_targets() if isinstance(target, Visited)}


def visited_in(program: Program) -> list[Resource]:
    """The resources of a project that people reach."""
    types = visited()
    return [resource for resource in program.resources.values() if resource.type in types]


def visit_all(
    program: Program, documents: Sequence[Document], visitors: Sequence[Visitor], diagnostics: Diagnostics
) -> tuple[Visit, ...]:
    """Every visitor at every endpoint, in the order of the file and of declaration. Empty after a report."""
    owners = visited()
    endpoints = visited_in(program)
    scopes = {endpoint.id: owners[endpoint.type].scope(endpoint, program.resources) for endpoint in endpoints}
    if not _all_known(visitors, list(scopes.values()), diagnostics):
        return ()
    _check_groups(program, visitors, list(scopes.values()), diagnostics)
    answers: dict[tuple[object, ...], Outcome | None] = {}
    out: list[Visit] = []
    for visitor in visitors:
        for endpoint in endpoints:
            request = _request(visitor, endpoint, scopes[endpoint.id], program, diagnostics)
            if request is None:
                return ()
            key = (endpoint.id, request.empty, *sorted(request.values.items()))
            if key not in answers:
                answers[key] = owners[endpoint.type].simulate(program, documents, request, diagnostics)
            outcome = answers[key]
            if outcome is None:
                return ()
            out.append(Visit(visitor, endpoint.name, outcome))
    return tuple(out)


def _all_known(
    visitors: Sequence[Visitor], scopes: Sequence[Mapping[str, Attribute]], diagnostics: Diagnostics
) -> bool:
    """Whether each attribute exists at one endpoint at least; one that none has is a mistake, not a matter of the endpoint."""
    names = {shown_name(name) for scope in scopes for name in scope}
    for visitor in visitors:
        for key, _ in visitor.attributes:
            if not any(_has(key, scope) for scope in scopes):
                diagnostics.error(
                    "unknown-attribute",
                    f"no endpoint has `{key.text}`",
                    key.span,
                    did_you_mean(
                        key.text, names, "the groups' `trust` and the endpoints' `protocol` say what there is"
                    ),
                )
    return not diagnostics.has_errors


def _check_groups(
    program: Program, visitors: Sequence[Visitor], scopes: Sequence[Mapping[str, Attribute]], diagnostics: Diagnostics
) -> None:
    """Note the groups of users that no file declares, by name or id: a slip would only show as a refusal. One that is close to a
    declared group has a note of its own, all others share one."""
    declared = list(_declared_groups(program))
    others: dict[str, PlainText] = {}
    told: set[str] = set()
    for key, texts in (pair for visitor in visitors for pair in visitor.attributes):
        attribute = next((found for scope in scopes if (found := _resolved(key, scope)) is not None), None)
        if attribute is None or not attribute.constructor or not attribute.many:
            continue
        known = {word for group in declared if group.kind == attribute.constructor for word in (group.name, group.id)}
        for text in texts or ():
            if text.text in known or text.text in told:
                continue
            told.add(text.text)
            near = did_you_mean(text.text, sorted(known - {""}), "")
            if near:
                _note_group(f"no file declares a group `{text.text}`", text.span, near, diagnostics)
            else:
                others[text.text] = text
    if others:
        shown = ", ".join(f"`{name}`" for name in list(others)[:_MOST_GROUPS])
        more = f" and {len(others) - _MOST_GROUPS} more" if len(others) > _MOST_GROUPS else ""
        _note_group(
            f"no file declares the group{'s' if len(others) > 1 else ''} {shown}{more}",
            next(iter(others.values())).span,
            "nothing to do where no policy is about them; else declare such a group",
            diagnostics,
        )


def _note_group(message: str, span: Span, help: str, diagnostics: Diagnostics) -> None:
    diagnostics.add(Diagnostic("undeclared-group", message, span, help, Severity.INFO))


def _declared_groups(program: Program) -> Iterator[Group]:
    """The groups that files declare, and those that policies write out."""
    for scope in program.scopes.values():
        for name in known_names(scope.table, ("group",)):
            definition = scope.lookup(name)
            value = None if definition is None else scope.definition_value(definition, Diagnostics())
            if value is not None and isinstance(value.data, Group):
                yield value.data
    for policy in program.policies:
        for statement in policy.statements:
            for atom in atoms(statement.when):
                yield from (value.group for value in atom.values if value.group is not None)


def _resolved(key: PlainText, scope: Mapping[str, Attribute]) -> Attribute | None:
    ref = parse_ref(key)
    return None if ref is None else resolve_attribute(ref, scope)


def _has(key: PlainText, scope: Mapping[str, Attribute]) -> bool:
    return _resolved(key, scope) is not None


def _request(
    visitor: Visitor, endpoint: Resource, scope: Mapping[str, Attribute], program: Program, diagnostics: Diagnostics
) -> Request | None:
    attributes = tuple((key, texts) for key, texts in visitor.attributes if _has(key, scope))
    plain = PlainRequest(PlainText(endpoint.name, endpoint.span), attributes=attributes)
    return bind_to(endpoint, plain, program, diagnostics)
