"""What is left of an IAM document when AWS refuses a part of it: that part becomes a hole, of which nothing is known, and everything else is looked at.

One misspelled word is thereby one finding and hides no other. Nothing is ever decided on such a document.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from policyc.carriers.embedded import Embedded
from policyc.diagnostics import Diagnostic, Diagnostics, Severity, closest
from policyc.engines.iam.document import compile_document
from policyc.engines.iam.operators import operator_names, read_operator
from policyc.engines.iam.reader import ELEMENTS, TOP, VERSIONS
from policyc.engines.iam.statement import Kind
from policyc.engines.iam.switches import Switches
from policyc.holes import has_hole, mark
from policyc.lint.nested import Places
from policyc.lint.raw.check import check_tree
from policyc.lint.raw.rules import lint_documents
from policyc.syntax.json_text import JsonArray, JsonMember, JsonObject, JsonString, JsonValue
from policyc.targets.iam_documents.kinds import KINDS, guess_kind
from policyc.targets.switches import iam_switches
from policyc.text import Source, Span
from policyc.workspace.documents.completions import completions
from policyc.workspace.documents.native_settings import NativeSettings, rule_settings
from policyc.workspace.mending import of_words

#: a part made open may show another to be refused
_ROUNDS: Final = 3
_REFUSED: Final = "what is refused"
_EFFECTS: Final = ("Allow", "Deny")


def rest_of(
    source: Source,
    tree: JsonValue,
    kind_name: str,
    settings: NativeSettings,
    found: Iterable[Diagnostic],
    name: str = "",
) -> Iterator[Diagnostic]:
    """What is wrong or doubtful in a document beside the errors that were `found` in it. `kind_name` is empty to tell the kind by the shape, `name` for the
    file's."""
    kind = KINDS[kind_name] if kind_name else guess_kind(tree)
    errors = [item for item in found if item.severity is Severity.ERROR]
    rest = _opened(tree, kind.engine, iam_switches(settings.switches), errors)
    return iter(()) if rest is None else _apart(_certain(source, rest, kind.name, settings, name), errors, tree)


def _certain(source: Source, rest: JsonObject, kind: str, settings: NativeSettings, name: str) -> list[Diagnostic]:
    """The findings that come up with holes of which nothing is known, with holes that are something quite their own, and where each deny with such a test
    turns away all whom the rest of it meets."""
    found = _findings(source, rest, kind, settings, name) or []
    own = completions([Embedded(kind, "", "", rest.span, rest)])[0]
    closed = _closed(rest)
    for way in (rest, closed) if closed is not rest else (rest,):
        again = _findings(source, own.tree(way), kind, settings, name)
        places = {(item.rule, item.span) for item in (found if again is None else again)}
        found = [item for item in found if (item.rule, item.span) in places]
    return [item for item in found if not has_hole(item.message)]


def _closed(rest: JsonObject) -> JsonObject:
    """The document with its denies free of tests of which nothing is known; itself where they have none."""
    value = rest.get("Statement")
    items = value.items if isinstance(value, JsonArray) else ()
    closed = tuple([_closed_statement(item) for item in items])
    if value is None or all(one is item for one, item in zip(closed, items, strict=True)):
        return rest
    statements = JsonMember("Statement", value.span, JsonArray(closed, value.span))
    return JsonObject((*[member for member in rest if member.key != "Statement"], statements), rest.span)


def _closed_statement(item: JsonValue) -> JsonValue:
    if not isinstance(item, JsonObject):
        return item
    effect, condition = item.get("Effect"), item.get("Condition")
    if not isinstance(effect, JsonString) or effect.value != "Deny" or not isinstance(condition, JsonObject):
        return item
    blocks = tuple([block for block in condition.members if not any(map(has_hole, _keys(block)))])
    if len(blocks) == len(condition.members):
        return item
    closed = [JsonMember("Condition", condition.span, JsonObject(blocks, condition.span))] if blocks else []
    return JsonObject((*[member for member in item if member.key != "Condition"], *closed), item.span)


def _keys(block: JsonMember) -> Iterator[str]:
    return (entry.key for entry in block.value.members) if isinstance(block.value, JsonObject) else iter(())


def _findings(
    source: Source, tree: JsonValue, kind: str, settings: NativeSettings, name: str
) -> list[Diagnostic] | None:
    """What is found in a document by itself; None where AWS would refuse it."""
    found = Diagnostics()
    # how long it is was told before
    switches = iam_switches(settings.switches)
    policy = check_tree(source, tree, kind, found, switches, settings.switches, name=name, text="")
    if policy is None:
        return None
    by_rules = Diagnostics()
    lint_documents([policy], [source], by_rules, rule_settings(settings), causes=tuple(found))
    return [of_words(item) for item in (*found, *by_rules)]


def _opened(tree: JsonValue, kind: Kind, switches: Switches, errors: Sequence[Diagnostic]) -> JsonObject | None:
    """The document with holes where `errors` are; None where nothing is left."""
    for _ in range(_ROUNDS):
        rest = _document(tree, _told(errors), kind)
        found = Diagnostics()
        if rest is None or compile_document(rest, kind, found, switches=switches) is not None:
            return rest
        tree, errors = rest, [item for item in found if item.severity is Severity.ERROR]
    return None


def _apart(found: Iterable[Diagnostic], errors: Sequence[Diagnostic], tree: JsonValue) -> Iterator[Diagnostic]:
    """The findings that are not about what was refused. What an error says of a whole statement takes nothing else of it along."""
    statements = {item.span for item in (tree, *_statements(tree))}
    narrow = _told(item for item in errors if item.span not in statements)
    whole = _told(errors)
    return (item for item in found if item.span is None or not (narrow.around(item.span) or whole.at(item.span)))


def _told(errors: Iterable[Diagnostic]) -> Places:
    return Places(span for item in errors for span in (item.span, *(label.span for label in item.labels)))


def _statements(tree: JsonValue) -> tuple[JsonValue, ...]:
    held = tree.get("Statement") if isinstance(tree, JsonObject) else None
    return held.items if isinstance(held, JsonArray) else () if held is None else (held,)


def _document(tree: JsonValue, refused: Places, kind: Kind) -> JsonObject | None:
    if not isinstance(tree, JsonObject):
        return None
    members = []
    for member in _readable(tree, TOP, refused):
        value = member.value
        if member.key == "Statement":
            items = value.items if isinstance(value, JsonArray) else (value,)
            value = JsonArray(tuple([_statement(item, refused, kind) for item in items]), value.span)
        elif _holds(value, refused):
            if member.key != "Version":
                continue
            value = JsonString(VERSIONS[0], value.span)
        members.append(JsonMember(member.key, member.key_span, value))
    return JsonObject(tuple(members), tree.span) if any(member.key == "Statement" for member in members) else None


def _readable(tree: JsonObject, known: Iterable[str], refused: Places) -> Iterator[JsonMember]:
    """The members with known names; one that is nearly such a name is read as what is meant."""
    given = {member.key for member in tree.members}
    for member in tree.members:
        if not refused.at(member.key_span):
            yield member
        elif member.key not in known and (meant := closest(member.key, known)) and meant not in given:
            yield JsonMember(meant, member.key_span, member.value)


def _statement(item: JsonValue, refused: Places, kind: Kind) -> JsonObject:
    nothing = JsonObject(tuple([_open_member(name, item.span, kind) for name in _needed(kind)]), item.span)
    if not isinstance(item, JsonObject):
        return nothing
    members = []
    for member in _readable(item, ELEMENTS, refused):
        value = member.value
        if not _holds(value, refused):
            members.append(member)
        elif member.key == "Effect":
            effect = closest(value.value, _EFFECTS) if isinstance(value, JsonString) else ""
            if effect:
                members.append(JsonMember(member.key, member.key_span, JsonString(effect, value.span)))
        elif member.key != "Sid":
            members.append(JsonMember(member.key, member.key_span, _element(member.key, value, refused)))
    if not any(member.key == "Effect" for member in members):
        return nothing
    was = {member.key.removeprefix("Not"): member.key_span for member in item.members}
    now = {member.key.removeprefix("Not") for member in members}
    whole = refused.at(item.span)
    lost = [name for name in _needed(kind) if name not in now and (whole or name in was)]
    members += [_open_member(name, was.get(name, item.span), kind) for name in lost]
    return JsonObject(tuple(members), item.span)


def _needed(kind: Kind) -> tuple[str, ...]:
    """The elements that a statement of a kind cannot be without."""
    callers = ("Principal",) if kind.has_principal else ()
    return ("Effect", *callers, "Action", *(() if kind is Kind.TRUST else ("Resource",)))


def _open_member(name: str, span: Span, kind: Kind) -> JsonMember:
    """An element of which nothing is known; a whole statement is taken for one that may change nothing."""
    hole = _hole(span)
    values: dict[str, JsonValue] = {
        "Effect": JsonString("Deny" if kind is Kind.RCP else "Allow", span),
        "Principal": JsonString("*", span) if kind is Kind.RCP else JsonObject((JsonMember("AWS", span, hole),), span),
    }
    return JsonMember(name, span, values.get(name, hole))


def _hole(span: Span, text: str = "") -> JsonString:
    return JsonString(_mark(span, text), span)


def _mark(span: Span, text: str = "") -> str:
    """A hole of its own for each place: nothing says that two are alike. What is refused in its text is not refused in its name."""
    return mark(f"{text.replace('$', '') or _REFUSED}, at {span.start}")


def _element(name: str, value: JsonValue, refused: Places) -> JsonValue:
    """An element of a statement with its refused parts open."""
    match value:
        case JsonObject(blocks) if name == "Condition":
            return JsonObject(tuple([_operator(member, refused) for member in blocks]), value.span)
        case JsonObject(callers) if name in ("Principal", "NotPrincipal"):
            held = [
                JsonMember("AWS", member.key_span, _hole(member.value.span))
                if refused.inside(member.key_span)
                else JsonMember(member.key, member.key_span, _texts(member.value, refused))
                for member in callers
            ]
            return JsonObject(tuple(held), value.span)
        case JsonString() | JsonArray() if name.endswith(("Action", "Resource")):
            return _texts(value, refused)
        case _ if name == "Condition":
            return JsonObject((_open_test(value.span),), value.span)
        case _ if name.endswith("Principal"):
            return JsonObject((JsonMember("AWS", value.span, _hole(value.span)),), value.span)
        case _:
            return _hole(value.span)


def _holds(value: JsonValue, refused: Places) -> bool:
    """Whether a part of a value is refused. In a host such as Terraform the place of an object need not hold those of its members."""
    if refused.inside(value.span):
        return True
    match value:
        case JsonObject(members):
            return any(refused.inside(member.key_span) or _holds(member.value, refused) for member in members)
        case JsonArray(items):
            return any(_holds(item, refused) for item in items)
        case _:
            return False


def _texts(value: JsonValue, refused: Places) -> JsonValue:
    """A text or a list of texts."""
    if not _holds(value, refused):
        return value
    if isinstance(value, JsonArray) and value.items and not refused.at(value.span):
        return JsonArray(tuple([_texts(item, refused) for item in value.items]), value.span)
    return _hole(value.span, value.value if isinstance(value, JsonString) else "")


def _operator(member: JsonMember, refused: Places) -> JsonMember:
    """The block of an operator, or of what is meant for one; of what it asks of a key that is refused nothing is known."""
    block, key = member.value, member.key
    if refused.inside(member.key_span):
        qualifier, colon, bare = key.rpartition(":")
        key = "" if read_operator(key) is not None else closest(bare, operator_names())
        key = key and f"{qualifier}{colon}{key}"
    if not isinstance(block, JsonObject) or refused.at(block.span) or read_operator(key) is None:
        return _open_test(member.key_span)
    entries = [
        _open_key(entry.key_span)
        if refused.inside(entry.key_span)
        else JsonMember(entry.key, entry.key_span, _texts(entry.value, refused))
        for entry in block.members
    ]
    return JsonMember(key, member.key_span, JsonObject(tuple(entries), block.span))


def _open_test(span: Span) -> JsonMember:
    return JsonMember("StringEquals", span, JsonObject((_open_key(span),), span))


def _open_key(span: Span) -> JsonMember:
    return JsonMember(_mark(span), span, JsonString("", span))
