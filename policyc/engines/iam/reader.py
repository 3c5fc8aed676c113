"""From a JSON tree to the statements of a policy document.

Every legal shape is taken: one statement or a list, one value or a list, either Version or none.
Source: IAM evaluation reference, sections 1 and 2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from policyc.diagnostics import Diagnostics, Edit, Fix, Label, did_you_mean, remove_member, unused_word, write_instead
from policyc.engines.iam.characters import check_characters, words_of
from policyc.engines.iam.findings import Reading, silent
from policyc.engines.iam.read_conditions import read_conditions
from policyc.engines.iam.read_parts import read_actions, read_principals, read_resources
from policyc.engines.iam.statement import Hole, Kind, Origin, Statement
from policyc.engines.iam.stored import STORED, set_aside, set_open_aside
from policyc.engines.iam.switches import Switches
from policyc.engines.iam.templates import rather
from policyc.holes import has_hole, without_holes
from policyc.regex import regex
from policyc.syntax.json_text import JsonArray, JsonMember, JsonObject, JsonString, JsonValue
from policyc.text import Span

VERSIONS = ("2012-10-17", "2008-10-17")
#: what may stand in a document and in a statement, in the order in which people are told
TOP = dict.fromkeys(("Version", "Id", "Statement"))
ELEMENTS = dict.fromkeys(
    ("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition")
)
_PAIRS = (("Action", "NotAction"), ("Resource", "NotResource"), ("Principal", "NotPrincipal"))
_SID = regex(r"[A-Za-z0-9]*")
#: documents that IAM itself stores, with a closed set of characters
_PLAIN_KINDS = (Kind.IDENTITY, Kind.BOUNDARY, Kind.SESSION, Kind.TRUST)


def read_document(
    tree: JsonValue,
    kind: Kind,
    diagnostics: Diagnostics,
    switches: Switches,
    origins: Sequence[Origin],
    stored: bool = False,
) -> tuple[str, tuple[Statement, ...]] | None:
    """The version (empty when absent) and the statements, or None after an error; `stored` for a document that is there, to decide on."""
    reading = Reading(kind, "", switches, diagnostics, tolerated=STORED if stored else frozenset())
    if not isinstance(tree, JsonObject):
        reading.wrong_type(tree, "the policy", 'an object with a `"Statement"`')
        return None
    words = words_of(tree)
    reading.is_open = has_hole(words)
    top = _elements(tree, TOP, reading)
    reading.version = _version(top.get("Version"), reading)
    reading.version_fix = _version_fix(top.get("Version"), tree)
    reading.silent = silent(kind, reading.version, switches)
    _id(top.get("Id"), reading)
    statements = _statements(top.get("Statement"), tree, reading, origins)
    _unique_sids(top.get("Statement"), reading)
    _doubt_version(top.get("Version"), tree, reading)
    if kind in _PLAIN_KINDS and not (words.isascii() and words.isprintable()):
        check_characters(tree, reading)
    return None if reading.failed else (reading.version, statements)


def _elements(tree: JsonObject, known: Mapping[str, None], reading: Reading) -> dict[str, JsonMember]:
    """The members by name; an unknown name is an error."""
    found: dict[str, JsonMember] = {}
    given = {member.key for member in tree.members}
    for member in tree.members:
        if member.key not in known:
            help = unused_word(member.key, known, given, f"use one of {', '.join(known)}")
            reading.error("invalid-policy-element", f"unknown element `{member.key}`", member.key_span, help)
            meant = next(
                (name for name in known if tree.get(name) is None and help == did_you_mean(member.key, [name], "")), ""
            )
            if meant:  # read on as what is meant, so that it is not missed as well
                found.setdefault(meant, member)
        elif member.key in found:
            label = Label(found[member.key].key_span, "first written here")
            help = "keep one of the two"
            reading.error("json-duplicate-key", f"`{member.key}` is written twice", member.key_span, help, (label,))
        else:
            found[member.key] = member
    return found


def _version(member: JsonMember | None, reading: Reading) -> str:
    if member is None:
        return ""
    if isinstance(member.value, JsonString) and member.value.value in VERSIONS:
        return member.value.value
    if isinstance(member.value, JsonString) and has_hole(member.value.value):
        return VERSIONS[0]
    written = member.value.value if isinstance(member.value, JsonString) else ""
    help = write_instead(written, VERSIONS[0])
    reading.error("invalid-version", "this is no version of the policy language", member.value.span, help)
    return VERSIONS[0]


def _version_fix(member: JsonMember | None, tree: JsonObject) -> Fix:
    if member is None:
        brace = Span(tree.span.file, tree.span.start, tree.span.start + 1)
        return Fix("add the version", (Edit(brace, f'"Version": "{VERSIONS[0]}"', "Statement", part=True),))
    old = member.value.value if isinstance(member.value, JsonString) else ""
    return Fix(f"write `{VERSIONS[0]}`", (Edit(member.value.span, VERSIONS[0], old),))


def _doubt_version(member: JsonMember | None, tree: JsonObject, reading: Reading) -> None:
    """Doubts about a version that nothing in the document hangs on; the reading of `${…}` told of the others."""
    if reading.version_told:
        return
    if member is None:
        help = 'add `"Version": "2012-10-17"`'
        brace = Span(tree.span.file, tree.span.start, tree.span.start + 1)
        reading.doubt("missing-version", "the policy has no `Version`", brace, help, reading.version_fix)
    elif reading.version != VERSIONS[0]:
        message = f"`{reading.version}` is the old version of the policy language"
        right = write_instead(reading.version, VERSIONS[0])
        reading.doubt("old-version", message, member.value.span, right)


def _id(member: JsonMember | None, reading: Reading) -> None:
    if member is None:
        return
    if not reading.kind.has_principal:
        told = "remove `Id`: it belongs to resource policies"
        help = remove_member(told, member.key_span, member.value.span, safe=True)
        reading.warn("invalid-policy-element", f"`Id` in {_a(reading.kind)} policy", member.key_span, help)
    if not isinstance(member.value, JsonString):
        reading.wrong_type(member.value, "`Id`", "a string")


def _statements(
    member: JsonMember | None, tree: JsonObject, reading: Reading, origins: Sequence[Origin]
) -> tuple[Statement, ...]:
    if member is None:
        help = "add a `Statement`"
        reading.error("missing-statement", "the policy has no `Statement`", tree.span, help)
        return ()
    items = member.value.items if isinstance(member.value, JsonArray) else (member.value,)
    if not items:
        help = "add a statement, or remove the policy"
        reading.refuse("empty-statement-list", "the policy has no statements", member.value.span, help)
    statements = []
    for index, item in enumerate(items):
        if not isinstance(item, JsonObject):
            reading.wrong_type(item, "a statement", "an object")
            continue
        statement = _statement(item, index, reading, origins[index] if index < len(origins) else None)
        if statement is not None:
            statements.append(statement)
    return tuple(statements)


def _statement(tree: JsonObject, index: int, reading: Reading, origin: Origin | None) -> Statement | None:
    elements: Mapping[str, JsonMember] = _elements(tree, ELEMENTS, reading)
    holes: tuple[Hole, ...] = ()
    opened: tuple[Hole, ...] = ()
    if reading.tolerated:
        elements, holes = set_aside(elements)
    if reading.is_open:
        elements, opened = set_open_aside(elements)
    reading.used.clear()
    _refuse_pairs(elements, reading)
    deny = _effect(elements.get("Effect"), tree.span, reading)
    label = _sid(elements.get("Sid"), reading) or f"statement {index + 1}"
    principals = read_principals(elements, deny, tree.span, reading)
    actions = read_actions(elements, tree.span, reading)
    resources = read_resources(elements, tree.span, reading)
    conditions = read_conditions(elements.get("Condition"), reading)
    if actions is None:
        return None
    if reading.kind is Kind.RCP and not deny:
        _refuse_rcp_allow(elements, tree.span, reading)
    span = tree.span
    if origin is not None:
        label, span = origin[0], origin[1] or span
    return Statement(
        index,
        label,
        deny,
        principals,
        actions,
        resources,
        conditions.atoms,
        span,
        conditions.inert,
        tuple(sorted(reading.used)) if reading.used else (),
        (*holes, *opened),
    )


def _refuse_pairs(elements: Mapping[str, JsonMember], reading: Reading) -> None:
    for first, second in _PAIRS:
        if first in elements and second in elements:
            label = Label(elements[first].key_span, "the other one")
            message = f"`{first}` and `{second}` in one statement"
            help = "keep one of the two, or split the statement"
            span = elements[second].key_span
            reading.error("unsupported-element-combination", message, span, help, (label,))


def _effect(member: JsonMember | None, span: Span, reading: Reading) -> bool:
    if member is None:
        help = 'add `"Effect": "Allow"` or `"Effect": "Deny"`'
        reading.error("missing-effect", "the statement has no `Effect`", span, help)
        return True
    text = member.value.value if isinstance(member.value, JsonString) else None
    if text not in ("Allow", "Deny"):
        help = did_you_mean(text or "", ("Allow", "Deny"), "write `Allow` or `Deny`")
        reading.error("invalid-effect", "`Effect` is neither `Allow` nor `Deny`", member.value.span, help)
    return text != "Allow"


def _sid(member: JsonMember | None, reading: Reading) -> str:
    if member is None:
        return ""
    if not isinstance(member.value, JsonString):
        reading.wrong_type(member.value, "`Sid`", "a string")
        return ""
    text = member.value.value
    if not text:
        told = "remove the `Sid`, or name the statement"
        help = remove_member(told, member.key_span, member.value.span, safe=True)
        reading.note("empty-sid-value", "the `Sid` is empty", member.value.span, help)
    elif not reading.kind.has_principal and _SID.fullmatch(without_holes(text)) is None:
        plain = "".join(char for char in text if char.isascii() and char.isalnum())
        help = "use letters A-Z, a-z and digits only"
        if plain:
            help = write_instead(text, plain)
        reading.error(
            "unsupported-sid", f"`Sid` `{text}` has other characters than it may", member.value.span, rather(text, help)
        )
    return text


def _unique_sids(member: JsonMember | None, reading: Reading) -> None:
    first: dict[str, Span] = {}
    items = member.value.items if member is not None and isinstance(member.value, JsonArray) else ()
    for item in items:
        sid = item.get("Sid") if isinstance(item, JsonObject) else None
        if not isinstance(sid, JsonString) or not sid.value:
            continue
        earlier = first.setdefault(sid.value, sid.span)
        if earlier is sid.span:
            continue
        message, help = f"`Sid` `{sid.value}` is used twice", "give each statement its own `Sid`"
        labels = (Label(earlier, "first used here"),)
        if reading.kind.has_principal:
            reading.warn("unique-sids-recommended", message, sid.span, help, labels)
        else:
            reading.error("unique-sids-required", message, sid.span, help, labels)


def _refuse_rcp_allow(elements: Mapping[str, JsonMember], span: Span, reading: Reading) -> None:
    """Only AWS's own full-access policy may allow (10.5)."""
    plain = {name: member.value.plain() for name, member in elements.items() if name not in ("Sid", "Effect")}
    if any(value not in ("*", ["*"]) for value in plain.values()):
        help = "write a `Deny`: a resource control policy grants nothing"
        reading.error("rcp-syntax-error-allow", "an allow in a resource control policy", span, help)


def _a(kind: Kind) -> str:
    return f"an {kind.value}" if kind.value[0] in "aei" or kind in (Kind.SCP, Kind.RCP) else f"a {kind.value}"
