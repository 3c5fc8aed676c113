"""From an IAM document to a policy of the IR: every statement, with its places and its Sid as label.

Total for what the engine's reader takes: what no typed test says exactly becomes a `RawTest`, a principal that the language
has no word for one of kind `native`, actions and resources stay patterns; a statement that lists no principal, action or resource never holds. Nothing is reported here; an element of the wrong
type is left out, because `compile_document` refuses the document that has one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final, TypeAlias

from policyc.diagnostics import Diagnostics
from policyc.engines.iam.arns import FIELDS, pad_tokens, split_tokens, whole_arn
from policyc.engines.iam.document import compile_document
from policyc.engines.iam.elements import is_action
from policyc.engines.iam.statement import Kind
from policyc.engines.iam.switches import DEFAULT, Switches
from policyc.holes import has_hole
from policyc.ir.authz import Can, Cond, Glob, Never, Origin, Policy, Resources, Statement, Who
from policyc.ir.conditions import conjunction
from policyc.model.types import Named
from policyc.model.values import Principal, Resource, Value
from policyc.model.vocabulary import Verb
from policyc.regex import regex
from policyc.syntax.json_text import JsonArray, JsonMember, JsonObject, JsonString, JsonValue, parse_json
from policyc.syntax.json_tree import strings_in
from policyc.targets.base import Native
from policyc.targets.iam_documents.kinds import KINDS, DocumentKind
from policyc.targets.iam_documents.read_tests import join_all, read_test
from policyc.targets.iam_documents.texts import Reading, native_tokens, tokens_of
from policyc.text import Span

_IAM: Final = regex(r"arn:[^:]*:iam::([^:]*):(user|role)/(.+)", re.DOTALL)
_ROOT: Final = regex(r"arn:[^:]*:iam::([^:]*):root")
_STS: Final = regex(r"arn:[^:]*:sts::([^:]*):(?:assumed-role/([^/]+)/(.+)|federated-user/(.+))", re.DOTALL)
_Elements: TypeAlias = Mapping[str, JsonMember]
_ACCOUNT: Final = regex(r"[0-9]{12}")
_PADDED: Final = (Kind.IDENTITY, Kind.BOUNDARY, Kind.SCP)


def read_text(native: Native, diagnostics: Diagnostics) -> Policy | None:
    """The policy that a document states; None after reporting why it cannot be read whole."""
    tree = parse_json(native.source, diagnostics)
    if tree is None:
        return None
    found, strict = KINDS[native.kind], Diagnostics()
    if compile_document(tree, found.engine, strict) is None:
        stored = compile_document(tree, found.engine, Diagnostics(), stored=True)
        if stored is None or any(statement.holes for statement in stored.statements):
            diagnostics.extend(strict)
            return None
    return read_policy(tree, found, native.source.file, on=native.on)


def read_policy(
    tree: JsonValue,
    kind: DocumentKind,
    file: str,
    switches: Switches = DEFAULT,
    on: Resource | None = None,
    name: str = "",
) -> Policy:
    """The policy that a document states. `file` is where it lies, and without a `name` its last part the policy's name; `on` what it is attached to,
    a resource of the kind's type where nobody says it."""
    members = tree if isinstance(tree, JsonObject) else JsonObject((), tree.span)
    reading = Reading(kind, _expands(members, switches), switches)
    found = members.get("Statement")
    items = found.items if isinstance(found, JsonArray) else (found,)
    statements = tuple(
        _statement(item, index, reading) for index, item in enumerate(items) if isinstance(item, JsonObject)
    )
    start = tree.span.at_start()
    name = name or file.rpartition("/")[2]
    on = on or Resource(name, kind.attached, _FIELDS.get(kind.attached, lambda _: ())(start), file, start)
    return Policy(name, kind.target, on, statements, file, tree.span, start, "", Origin.IAM, kind.name)


def _checking(span: Span) -> tuple[tuple[str, Value], ...]:
    """A gate that has an auth policy is taken to ask it."""
    return (("auth", Value(Named("string"), "aws_iam", span)),)


_FIELDS: Final = {"lattice.service": _checking}


def _expands(tree: JsonObject, switches: Switches) -> bool:
    version = tree.get("Version")
    if isinstance(version, JsonString):
        return version.value == "2012-10-17"
    return switches.variables_without_version == "expand"


def _statement(tree: JsonObject, index: int, reading: Reading) -> Statement:
    elements = {member.key: member for member in tree.members}
    deny = _text(_value(elements, "Effect")) == "Deny"
    sid = _value(elements, "Sid")
    label, label_span = _text(sid), sid.span if sid is not None else None
    who, can, resources = _who(elements, deny), _can(elements), _resources(elements, reading)
    nothing = (who and not who.principals) or (can and not can.verbs) or (resources and not resources.patterns)
    when = Never() if nothing else read_condition(_value(elements, "Condition"), reading)
    return Statement(
        "deny" if deny else "allow",
        label or f"statement {index + 1}",
        who,
        can,
        (),
        None,
        when,
        index,
        tree.span,
        label_span if label else _first_line(tree),
        resources=resources,
    )


def _first_line(tree: JsonObject) -> Span:
    """The first member of a statement without a Sid, which is where it begins for a reader."""
    if not tree.members:
        return tree.span.at_start()
    first = tree.members[0]
    return first.span


def _text(value: JsonValue | None) -> str:
    return value.value if isinstance(value, JsonString) else ""


def _value(elements: _Elements, name: str) -> JsonValue | None:
    member = elements.get(name)
    return None if member is None else member.value


def _chosen(elements: _Elements, name: str) -> tuple[JsonMember | None, bool]:
    """The member `name` or its `Not` form, and whether it is the latter; documents with both are refused."""
    member = elements.get(name)
    return (member, False) if member is not None else (elements.get(f"Not{name}"), True)


# --- who, can, where --------------------------------------------------------------------------------------------


def _who(elements: _Elements, deny: bool) -> Who | None:
    member, negated = _chosen(elements, "Principal")
    if member is None:
        return None
    return Who(tuple(_principals(member.value)), negated, member.value.span, negated and deny)


def _principals(value: JsonValue) -> Iterator[Principal]:
    if isinstance(value, JsonString):
        yield _principal("AWS", value)
    for entry in value.members if isinstance(value, JsonObject) else ():
        for item in strings_in(entry.value):
            yield _principal(entry.key, item)


def _principal(type_: str, item: JsonString) -> Principal:
    """The caller that a principal element names, in the language's kinds where they mean the same."""
    text, span = item.value, item.span
    match type_:
        case "AWS" if text == "*":
            return Principal("anyone", (), text, span)
        case _ if has_hole(text):
            return Principal("native", (type_, text), text, span)
        case "AWS" if (kind_args := _aws(text)) is not None:
            return Principal(*kind_args, text, span)
        case "Service":
            return Principal("service", (text,), text, span)
        case "CanonicalUser":
            return Principal("canonical_user", (text,), text, span)
        case _:
            return Principal("native", (type_, text), text, span)


def _aws(text: str) -> tuple[str, tuple[str, ...]] | None:
    if _ACCOUNT.fullmatch(text):
        return "account", (text,)
    if found := _ROOT.fullmatch(text):
        return "account", (found[1],)
    if found := _IAM.fullmatch(text):
        return found[2], (found[1], found[3])
    if found := _STS.fullmatch(text):
        return ("federated_user", (found[1], found[4])) if found[4] else ("session", (found[1], found[2], found[3]))
    return None


def _can(elements: _Elements) -> Can | None:
    member, negated = _chosen(elements, "Action")
    if member is None:
        return None
    verbs = tuple([_verb(item) for item in strings_in(member.value)])
    return Can(verbs, negated, member.value.span)


def _verb(item: JsonString) -> Verb:
    """What an entry means: a pattern over actions, or where it is malformed nothing but itself, which no request asks for."""
    return Verb(item.value, item.value, glob=is_action(item.value), span=item.span)


def _resources(elements: _Elements, reading: Reading) -> Resources | None:
    member, negated = _chosen(elements, "Resource")
    if member is None:
        return None
    globs = tuple([_resource(item, reading) for item in strings_in(member.value)])
    return Resources(globs, negated, member.value.span)


def _resource(item: JsonString, reading: Reading) -> Glob:
    whole = whole_arn(item.value)
    found = reading.glob(whole, item.span, wildcards=True)
    if whole != item.value:
        return Glob(item.value, found.tokens, item.span)
    if reading.kind.engine not in _PADDED or not item.value.startswith("arn:"):
        return found
    if isinstance(found.tokens[0], str) and found.tokens[0].count(":") >= FIELDS - 1:
        return found  # nothing before the resource is open
    template = native_tokens(found.tokens)
    if len(split_tokens(template)) >= FIELDS:
        return found
    return Glob(item.value, tokens_of(tuple(pad_tokens(template))), item.span)


# --- conditions -------------------------------------------------------------------------------------------------


def read_condition(condition: JsonValue | None, reading: Reading) -> Cond:
    """The condition that a `Condition` block states."""
    return conjunction(join_all(list(_tests(condition, reading))))


def _tests(condition: JsonValue | None, reading: Reading) -> Iterator[Cond]:
    if not isinstance(condition, JsonObject):
        return
    blocks = [entry for entry in condition.members if isinstance(entry.value, JsonObject)]
    empty = not condition.members or any(not entry.value.members for entry in blocks)  # type: ignore[union-attr]
    if empty and reading.switches.empty_condition == "inert":
        yield Never()
    for block in blocks:
        assert isinstance(block.value, JsonObject)
        for entry in block.value.members:
            yield read_test(block.key, entry, reading)
