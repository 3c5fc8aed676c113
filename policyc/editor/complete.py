"""What can stand at a place: words of the grammar that really fit there, and the names and values that are meant in that clause."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from policyc.diagnostics import Diagnostics
from policyc.editor.complete_documents import offers as document_offers
from policyc.editor.session import State
from policyc.editor.words import word_at
from policyc.ir.authz import Policy
from policyc.ir.program import Program
from policyc.model.fit import assignable
from policyc.model.names import Lost
from policyc.model.scope import constructors
from policyc.model.types import EnumOf, shapes
from policyc.model.values import Principal, Resource
from policyc.model.vocabulary import Attribute
from policyc.record import record, replace
from policyc.syntax import nodes
from policyc.syntax.driver import advance
from policyc.syntax.expected import CLAUSES, DECLARATIONS, expected_terminals
from policyc.syntax.lexer import Tokens, scan
from policyc.syntax.literals import quote
from policyc.syntax.network_nodes import NetFunctionGroup, NetSegment
from policyc.syntax.problems import Problems
from policyc.syntax.table import END, load_table
from policyc.targets.registry import TARGETS, network, networks, resource_types, target
from policyc.text import Source

_CONDITIONS: Final = frozenset({"when", "unless", "where"})
_OPERATORS: Final = frozenset({"==", "!=", "<", "<=", ">", ">=", "in", "like", "["})
#: what a part of a claim begins with
_CLAIM: Final = frozenset({"to", "who", "can", "path", "when", "unless", "where", "at", "by", "from", "on"})
_STEPS: Final = frozenset({"request", "expect", "on", "path"})


@record
class Item:
    """One offer: `text` takes the place of what is typed from `start` to `end` (offsets), `kind` is what it is (`keyword`, `attribute`,
    `verb`, `type`, `field`, `value`, `name`, `target`, `constructor`), `detail` one line about it."""

    text: str
    kind: str
    start: int
    end: int
    detail: str = ""


@record
class _Place:
    """The clause that is being written. `top` is the word of the declaration around it, `clause` the last clause word, `kinds` and `texts`
    the tokens from the declaration to here."""

    top: str
    clause: str
    kinds: tuple[str, ...]
    texts: tuple[str, ...]

    def after(self, word: str) -> str:
        """The dotted name that stands behind the first `word`."""
        if word not in self.kinds:
            return ""
        at = self.kinds.index(word) + 1
        name = ""
        while at < len(self.texts) and (self.texts[at] == "." or not name or name.endswith(".")):
            name += self.texts[at]
            at += 1
        return name


def complete(state: State, file: str, offset: int) -> list[Item]:
    """The offers at a place, each once, those that the clause means before the words of the grammar."""
    source = state.source(file)
    if source is None or state.holds_nothing:
        return []
    if not file.endswith(".policy"):
        return _in_document(source, offset)
    word = word_at(source.text, offset)
    if word is None and source.text[offset - 1 : offset] == ".":  # the rest of a dotted name is not there yet
        word = word_at(source.text, offset - 1)
        word = word and replace(word, end=offset)
    start = offset if word is None or word.start >= offset else word.start
    end = offset if word is None or word.start >= offset else word.end
    place, expected = _read(source, start)
    if place is None or expected is None:
        return []
    offers = [*_meant(place, expected, state.compiled.program, file), *_words(expected)]
    found: dict[str, Item] = {}
    for text, kind, detail in offers:
        found.setdefault(text, Item(text, kind, start, end, detail))
    return list(found.values())


def _in_document(source: Source, offset: int) -> list[Item]:
    read = None if source.file.endswith(".cedar") else document_offers(source, offset)
    if read is None:
        return []
    spot, offers = read
    return list({text: Item(text, kind, spot.start, spot.end, detail) for text, kind, detail in offers}.values())


_Offer = tuple[str, str, str]


def _read(source: Source, offset: int) -> tuple[_Place | None, frozenset[str] | None]:
    """The place, and the terminals that fit there; None inside a comment or a string, or where what stands before makes no sense."""
    before = Source(source.file, source.text[:offset])
    tokens = scan(Problems(before, Diagnostics()))
    line = before.text.rfind("\n") + 1
    if any(item.span.start >= line for item in tokens.comments) or tokens.unclosed:
        return None, None
    first = _declaration(before.text, tokens)
    kinds = tuple(kind for kind in tokens.kinds[first:] if kind != END)
    table = load_table()
    states = [0]
    for kind in kinds:
        if not advance(table, states, kind):
            return None, None
    texts = tuple(before.text[tokens.starts[first + at] : tokens.ends[first + at]] for at in range(len(kinds)))
    top = kinds[0] if kinds and kinds[0] in DECLARATIONS else ""
    words = _STEPS if top == "test" else {*CLAUSES, "where"}
    clause = ""
    for kind in kinds[1:]:
        if kind in words:
            clause = kind
        elif kind in ("allow", "deny") and top != "test":
            clause = ""
    return _Place(top, clause, kinds, texts), expected_terminals(table, states)


def _declaration(text: str, tokens: Tokens) -> int:
    """The token that begins the declaration that is open at the end: the last word for one at the start of a line, outside of brackets or in the first column."""
    for index in range(len(tokens.kinds) - 1, -1, -1):
        start = tokens.starts[index]
        if tokens.kinds[index] in DECLARATIONS and (start == 0 or text[start - 1] == "\n"):
            return index
    return 0


def _words(expected: frozenset[str]) -> Iterator[_Offer]:
    for kind in sorted(expected):
        if kind.isidentifier() and kind[0].islower():
            yield kind, "keyword", ""


def _meant(place: _Place, expected: frozenset[str], program: Program, file: str) -> Iterator[_Offer]:
    """What a clause means to name."""
    last = place.kinds[-1] if place.kinds else ""
    if place.top == "test" and last == "by":
        yield from _labels(program.policies)
    if "NAME" not in expected:
        return
    match place.top:
        case "policy" | "network" if last == "for":
            yield from ((name, "target", "") for name in TARGETS)
        case "policy" if last == "on" and "{" not in place.kinds:
            yield from _names(program, file, (nodes.Resource, nodes.PrincipalDecl))
        case "policy":
            yield from _in_statement(place, program, file)
        case "resource" if last == ":" and "{" not in place.kinds:
            yield from ((kind.name, "type", kind.doc) for kind in resource_types().values())
        case "resource" if last in ("{", ","):
            yield from _fields(place.after(":"))
        case "resource" if last == ":":
            yield from _field_values(place.after(":"), place.texts[-2])
            yield from _names(program, file, None)
        case "network" if "{" in place.kinds:
            yield from _in_network(place, program, file)
        case "test":
            yield from _in_test(place, program, file)
        case "prove":
            yield from _in_claim(place, program, file)
        case "let" | "param" | "predicate" if last == ":":
            yield from ((name, "type", shape.doc) for name, shape in shapes().items())
        case _:
            yield from _names(program, file, None)
            yield from _constructors()


def _in_statement(place: _Place, program: Program, file: str) -> Iterator[_Offer]:
    name, on = place.after("for"), _named(program, file, place.after("on"))
    if name not in TARGETS or on is None:
        return
    attributes = target(name).scope(on, program.resources)
    if place.clause in _CONDITIONS:
        names = list(_names(program, file, None))
        yield from _values(place, attributes)
        yield from _fitting(names, place, attributes, program, file) if place.kinds[-1] in _OPERATORS else ()
        yield from _attributes(attributes)
        yield from names
    elif place.clause == "who":
        yield from _callers(program, file)
    elif place.clause == "can" and isinstance(on, Resource):
        yield from _verbs(on.type)
    elif place.clause == "can":
        for kind in resource_types().values():
            yield from _verbs(kind.name)
    elif place.clause in ("on", "path"):
        yield from _names(program, file, (nodes.Resource, nodes.Let))


def _in_test(place: _Place, program: Program, file: str) -> Iterator[_Offer]:
    last = place.kinds[-1]
    if place.clause == "request" and last == "request":
        yield from _names(program, file, (nodes.Resource,))
    elif place.clause == "request" and last in ("{", ","):
        for name in ("who", "can", "path"):
            yield name, "field", ""
        # the resource of the request that is being written
        words = _Place("", "", place.kinds[::-1], place.texts[::-1])
        on = _named(program, file, place.texts[len(place.texts) - words.kinds.index("request")])
        kind = None if not isinstance(on, Resource) else resource_types().get(on.type)
        if kind is not None and isinstance(on, Resource) and kind.policies:
            yield from _attributes(target(kind.target).scope(on, program.resources))
    elif place.clause == "expect" and last == "at":
        yield from _names(program, file, (nodes.Policy, nodes.Resource))
    elif last == "on":
        yield from _names(program, file, (nodes.Network,))
    elif place.clause == "request" and last == ":":
        key = place.texts[-2] if len(place.texts) > 1 else ""
        if key == "can":
            words = _Place("", "", place.kinds[::-1], place.texts[::-1])
            on = _named(program, file, place.texts[len(place.texts) - words.kinds.index("request")])
            if isinstance(on, Resource):
                yield from _verbs(on.type)
        elif key == "who":
            yield from _callers(program, file)
        else:
            yield from _names(program, file, (nodes.Let, nodes.Param, nodes.GroupDecl))


def _in_claim(place: _Place, program: Program, file: str) -> Iterator[_Offer]:
    """What a claim of a proof means to name: resources, and their verbs, attributes, gates and labels; or segments and networks."""
    first = max((at for at, kind in enumerate(place.kinds) if kind in ("every", "no")), default=0)
    kinds, texts = place.kinds[first:], place.texts[first:]
    clause = next((kind for kind in reversed(kinds) if kind in _CLAIM), "")
    if "path" in kinds[1:2]:
        yield from _in_path_claim(clause, program, file)
        return
    end = next((at for at, kind in enumerate(kinds) if kind in _CLAIM and kind != "to"), len(kinds))
    named = [found for text in texts[2:end] if isinstance(found := _named(program, file, text), Resource)]
    types = resource_types()
    about = named or [
        item for item in program.resources.values() if types[item.type].verbs or types[item.type].policies
    ]
    policies = [policy for item in about for policy in program.policies_on(item)]
    match clause:
        case "to" | "":
            yield from ((item.name, "name", item.type) for item in about if item.file == file or item in named)
        case "who":
            yield from _callers(program, file)
        case "can":
            for kind in dict.fromkeys(item.type for item in about):
                yield from _verbs(kind)
        case "when" | "unless" | "where":
            scopes = [target(types[item.type].target).scope(item, program.resources) for item in about]
            attributes = {name: found for scope in scopes for name, found in scope.items()}
            names = list(
                _names(program, file, (nodes.Let, nodes.Param, nodes.PrincipalDecl, nodes.GroupDecl, nodes.Predicate))
            )
            yield from _values(place, attributes)
            yield from _fitting(names, place, attributes, program, file) if place.kinds[-1] in _OPERATORS else ()
            yield from _attributes(attributes)
            yield from names
        case "path":
            yield from _names(program, file, (nodes.Let,))
        case "at":
            yield from ((policy.name, "name", f"policy on {policy.on.name}") for policy in policies)
            yield from _names(program, file, (nodes.Policy, nodes.Resource))
        case "by":
            yield from ((policy.name, "name", "policy") for policy in policies)
            yield from _labels(policies, ("allow",))


def _in_path_claim(clause: str, program: Program, file: str) -> Iterator[_Offer]:
    if clause == "on":
        yield from _names(program, file, (nodes.Network,))
        return
    for bound in program.networks:
        for item in bound.node.items:
            if isinstance(item, NetSegment) and clause != "by":
                yield item.name.text, "name", f"segment of {bound.name}"
            elif isinstance(item, NetFunctionGroup):
                yield item.name.text, "name", f"function group of {bound.name}"


def _values(place: _Place, attributes: Mapping[str, Attribute]) -> Iterator[_Offer]:
    """The documented values of the attribute that is compared."""
    found = _compared(place, attributes) if place.kinds and place.kinds[-1] in ("==", "!=") else None
    if found is not None:
        for value in found.values:
            yield (value if str(found.type) == "bool" else f'"{value}"'), "value", found.name


def _compared(place: _Place, attributes: Mapping[str, Attribute]) -> Attribute | None:
    """The attribute before the operator that a place stands behind."""
    name, at = "", len(place.texts) - 1
    while at >= 0 and place.kinds[at] in _OPERATORS:
        at -= 1
    while at >= 0 and (place.texts[at] == "." or not name or name.startswith(".")):
        name = place.texts[at] + name
        at -= 1
    return attributes.get(name)


def _fitting(
    names: Sequence[_Offer], place: _Place, attributes: Mapping[str, Attribute], program: Program, file: str
) -> list[_Offer]:
    """The names, those first whose value can be compared with what stands before the operator."""
    attribute, scope = _compared(place, attributes), program.scopes.get(file)
    if attribute is None or scope is None:
        return list(names)

    def is_other(offer: _Offer) -> bool:
        definition = scope.lookup(offer[0])
        value = None if definition is None else scope.definition_value(definition, Diagnostics())
        return value is None or not assignable(value.type, attribute.type)

    return sorted(names, key=is_other)


def _attributes(attributes: Mapping[str, Attribute]) -> Iterator[_Offer]:
    for name, attribute in attributes.items():
        kind = f"set[{attribute.type}]" if attribute.many else str(attribute.type)
        yield name.replace("[]", '[""]'), "attribute", f"{kind}: {attribute.doc}"


def _verbs(kind: str) -> Iterator[_Offer]:
    found = resource_types().get(kind)
    for verb in () if found is None else found.verbs.values():
        yield verb.name, "verb", verb.action


def _fields(kind: str) -> Iterator[_Offer]:
    found = resource_types().get(kind)
    for field in () if found is None else found.fields.values():
        yield field.name, "field", f"{field.type}{', required' if field.required else ''}: {field.doc}"


def _field_values(kind: str, name: str) -> Iterator[_Offer]:
    """The words that a field of a resource takes."""
    found = resource_types().get(kind)
    field = None if found is None else found.fields.get(name)
    if field is not None and isinstance(field.type, EnumOf):
        yield from ((word, "value", field.doc) for word in field.type.members)


def _in_network(place: _Place, program: Program, file: str) -> Iterator[_Offer]:
    """What a network means to name: in conditions attributes, else its segments and function groups, as far as they are written, those of its last sound text too."""
    attributes = network(place.after("for")).vocabulary().attributes if place.after("for") in networks() else {}
    if place.kinds[-1] in ("and", "or", "not", "(") or (place.kinds[-1] == ":" and place.texts[-2].isdigit()):
        yield from _attributes(attributes)
    elif place.kinds[-1] in _OPERATORS:
        found = _compared(place, attributes)
        if found is not None and isinstance(found.type, EnumOf):
            yield from ((word, "value", found.name) for word in found.type.members)
    else:
        written = [
            (place.texts[at + 1], "name", place.kinds[at].replace("_", " "))
            for at in range(len(place.kinds) - 1)
            if place.kinds[at] in ("segment", "function_group") and place.kinds[at - 1] != "->"
        ]
        held = [item for bound in program.networks if bound.name == place.texts[1] for item in bound.node.items]
        written += [(item.name.text, "name", "segment") for item in held if isinstance(item, NetSegment)]
        written += [(item.name.text, "name", "function group") for item in held if isinstance(item, NetFunctionGroup)]
        yield from written
    yield from _names(program, file, (nodes.Let, nodes.Param))


def _callers(program: Program, file: str) -> Iterator[_Offer]:
    yield from _names(program, file, (nodes.PrincipalDecl, nodes.Let, nodes.GroupDecl))
    yield from _constructors()


def _labels(policies: Iterable[Policy], effects: Sequence[str] = ("allow", "deny")) -> Iterator[_Offer]:
    labels = (item.label for policy in policies for item in policy.statements if item.effect in effects)
    yield from ((quote(label), "value", "statement") for label in labels if label)


def _constructors() -> Iterator[_Offer]:
    for name, entry in constructors().items():
        yield name, "constructor", str(entry["doc"])


def _names(program: Program, file: str, kinds: tuple[type, ...] | None) -> Iterator[_Offer]:
    scope = program.scopes.get(file)
    for name, definition in () if scope is None else scope.table.items():
        if not isinstance(definition.node, Lost) and (kinds is None or isinstance(definition.node, kinds)):
            yield name, "name", definition.kind


def _named(program: Program, file: str, name: str) -> Resource | Principal | None:
    """The resource or caller that a file calls so."""
    scope = program.scopes.get(file)
    definition = None if scope is None else scope.lookup(name)
    if definition is None:
        return None
    found = program.resources.get(f"{definition.file}#{definition.node.name.text}")
    if found is not None:
        return found
    value = None if scope is None else scope.definition_value(definition, Diagnostics())
    return value.data if value is not None and isinstance(value.data, Principal) else None
