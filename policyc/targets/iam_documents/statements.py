"""From parts of statements to the text of one IAM document, with its source map and the list of what was added."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final, Literal, TypeAlias

from policyc.diagnostics import Diagnostics
from policyc.ir.authz import Statement
from policyc.record import field, record, replace
from policyc.regex import regex
from policyc.targets.base import Addition, MapEntry
from policyc.targets.iam_documents.conditions import (
    BUDGET,
    Alternatives,
    condition_block,
    join,
    place,
    report_too_large,
    tidy,
)
from policyc.targets.iam_documents.leaves import Conjunct
from policyc.targets.iam_documents.operators import KeyTest
from policyc.targets.iam_documents.principals import Callers, Element

VERSION: Final = "2012-10-17"
#: elements that a statement writes as `Not…`
OtherThan: TypeAlias = frozenset[Literal["Principal", "Action", "Resource"]]
_WORDS = regex(r"[A-Za-z0-9]+")
#: operators whose values may be joined when two parts differ in nothing else
_ANY_OF: Final = frozenset(
    {"StringEquals", "StringLike", "NumericEquals", "DateEquals", "IpAddress", "ArnEquals", "ArnLike"}
)


@record
class Grant:
    """Actions on resources, with the tests that the verbs need (such as the request method). ARNs and patterns are
    escaped already (`pattern_glob`, `literal_glob`). `other_than` names the elements that say what is left out."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    tests: Conjunct = ()
    other_than: OtherThan = frozenset()


@record
class Part:
    """One statement of the document, before it has its Sid. `principal` None leaves the element out, and so do no `resources`; the elements in `other_than` are
    written as `NotPrincipal`, `NotAction`, `NotResource`."""

    origin: Statement
    principal: Element | None
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    tests: Conjunct
    notes: tuple[str, ...] = field(default=(), compare=False)
    other_than: OtherThan = frozenset()


@record
class Assembled:
    """A finished document: `text` minified in canonical key order, `map` one entry per statement; `raw` tells that it holds texts that
    its author wrote as they are."""

    text: str
    map: tuple[MapEntry, ...]
    added: tuple[Addition, ...]
    statements: int
    raw: bool = False


def statement_parts(
    origin: Statement,
    callers: Sequence[Callers],
    grants: Sequence[Grant],
    when: Alternatives,
    diagnostics: Diagnostics,
    notes: tuple[str, ...] = (),
) -> tuple[Part, ...] | None:
    """Every combination of callers, grants and alternatives, joined again where that keeps meaning.

    None after an error was reported (`condition-too-large`, `condition-not-expressible`). An empty result means that no
    request can match the statement.
    """
    if len(callers) * len(grants) * len(when) > BUDGET * 4:
        report_too_large(origin.span, diagnostics)
        return None
    parts: list[Part] = []
    for caller in callers:
        for grant in grants:
            for conjunct in when:
                tests = tidy([*caller.tests, *grant.tests, *conjunct])
                if tests is None:
                    continue
                placed = place(tests, origin.span, diagnostics)
                if placed is None:
                    return None
                actions, resources = _sorted(grant.actions), _sorted(grant.resources)
                others = grant.other_than | caller.other_than
                parts.append(Part(origin, caller.element, actions, resources, placed, notes, others))
    merged = merge_parts(parts)
    if len(merged) > BUDGET:
        report_too_large(origin.span, diagnostics)
        return None
    return merged


def _sorted(items: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted(set(items)))


def merge_parts(parts: Sequence[Part]) -> tuple[Part, ...]:
    """Parts of one statement, two at a time into one while they differ in a single any-of list."""
    out: list[Part] = []
    for part in parts:
        if part not in out:
            out.append(part)
    before = len(out) + 1
    while len(out) < before:
        before = len(out)
        at = 0
        while at < len(out):
            rest: list[Part] = []
            for other in out[at + 1 :]:
                joined = _joined(out[at], other)
                if joined is None:
                    rest.append(other)
                else:
                    out[at] = joined
            out[at + 1 :] = rest
            at += 1
    return tuple(out)


def _joined(left: Part, right: Part) -> Part | None:
    """The part that covers exactly what the two cover, when they differ in one place that means OR."""
    differences = [
        left.principal != right.principal,
        left.actions != right.actions,
        left.resources != right.resources,
        left.tests != right.tests,
    ]
    if left.origin is not right.origin or sum(differences) != 1 or left.other_than or right.other_than:
        return None
    if differences[0]:
        element = _joined_element(left.principal, right.principal)
        return None if element is None else replace(left, principal=element)
    if differences[1]:
        return replace(left, actions=_sorted((*left.actions, *right.actions)))
    if differences[2]:
        return replace(left, resources=_sorted((*left.resources, *right.resources)))
    tests = _joined_tests(left.tests, right.tests)
    return None if tests is None else replace(left, tests=tests)


def _joined_element(left: Element | None, right: Element | None) -> Element | None:
    if left is None or right is None:
        return None
    if left == "*" or right == "*":
        return "*"
    kinds = {kind for kind, _ in (*left, *right)}
    ids = {kind: sorted({i for name, held in (*left, *right) if name == kind for i in held}) for kind in kinds}
    return tuple((kind, tuple(ids[kind])) for kind in sorted(ids))


def _joined_tests(left: Conjunct, right: Conjunct) -> Conjunct | None:
    if [test.slot for test in left] != [test.slot for test in right]:
        return None
    pairs = [(index, one, two) for index, (one, two) in enumerate(zip(left, right)) if one != two]
    if len(pairs) != 1:
        return None
    index, one, two = pairs[0]
    if one.base not in _ANY_OF or one.verbatim or two.verbatim or one.qualifier == "ForAllValues:" or one.if_exists:
        return None
    both = replace(one, values=tuple(dict.fromkeys((*one.values, *two.values))))
    return (*left[:index], both, *left[index + 1 :])


def assemble(parts: Sequence[Part], policy_id: str = "") -> Assembled:
    """The document of these parts in their order; parts of one statement must follow one another."""
    sids = _sids(parts)
    statements = [_statement(part, sid) for part, sid in zip(parts, sids)]
    body: dict[str, Any] = {"Version": VERSION}
    if policy_id:
        body["Id"] = policy_id
    body["Statement"] = statements
    entries, added = [], []
    for index, part in enumerate(parts):
        pointer = f"/Statement/{index}"
        span = part.origin.span
        if span is not None:
            entries.append(MapEntry(pointer, part.origin.label, span))
        notes = dict.fromkeys((*part.notes, *(test.note for test in part.tests if test.note)))
        added += [Addition(pointer, note, span) for note in notes]
    added += _splits(parts)
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Assembled(text, tuple(entries), tuple(added), len(statements), any(map(_is_raw, parts)))


def _is_raw(part: Part) -> bool:
    who = part.origin.who
    named = who is not None and any(item.is_raw for item in who.principals)
    return named or part.origin.resources is not None or any(test.verbatim for test in part.tests)


def _splits(parts: Sequence[Part]) -> list[Addition]:
    counts = Counter(map(_origin, parts))
    out = []
    for index, part in enumerate(parts):
        count = counts.pop(_origin(part), 1)
        if count > 1:
            message = f"`{part.origin.label}` is split into {count} statements, because IAM has no other OR for it"
            out.append(Addition(f"/Statement/{index}", message, part.origin.span))
    return out


def _origin(part: Part) -> tuple[int, str, str]:
    return part.origin.index, part.origin.label, part.origin.effect


def _sids(parts: Sequence[Part]) -> list[str]:
    """One Sid per part: the label in letters and digits, numbered when a statement is split or a name is taken."""
    counts = Counter(map(_origin, parts))
    taken: set[str] = set()
    last: dict[str, int] = {}
    out: list[str] = []
    for part in parts:
        base = sid_of(part.origin)
        number = last.get(base, 0) + 1
        sid = base if number == 1 and counts[_origin(part)] == 1 else f"{base}{number}"
        while sid in taken:
            number += 1
            sid = f"{base}{number}"
        last[base] = number
        taken.add(sid)
        out.append(sid)
    return out


def sid_of(statement: Statement) -> str:
    """`order-reads-stock` -> `OrderReadsStock`: a Sid has ASCII letters and digits only."""
    words = _WORDS.findall(statement.label)
    return "".join(word[0].upper() + word[1:] for word in words) or f"Statement{statement.index + 1}"


def _statement(part: Part, sid: str) -> dict[str, Any]:
    out: dict[str, Any] = {"Sid": sid, "Effect": "Allow" if part.origin.effect == "allow" else "Deny"}
    if part.principal == "*":
        out["Principal"] = "*"
    elif part.principal is not None:
        out[_named("Principal", part)] = {kind: _short(ids) for kind, ids in part.principal}
    out[_named("Action", part)] = _short(part.actions)
    if part.resources or "Resource" in part.other_than:
        out[_named("Resource", part)] = _short(part.resources)
    block = condition_block(part.tests)
    if block:
        out["Condition"] = block
    return out


def _named(element: Literal["Principal", "Action", "Resource"], part: Part) -> str:
    return f"Not{element}" if element in part.other_than else element


def _short(items: Sequence[str]) -> str | list[str]:
    """One item without brackets, which every service accepts and which is smaller."""
    return items[0] if len(items) == 1 else list(items)


def guard(
    tests: Sequence[KeyTest], when: Alternatives, statement: Statement, diagnostics: Diagnostics
) -> Alternatives | None:
    """The alternatives with further tests that a chain asks for, such as `aws:CalledVia`."""
    return join([(tuple(tests),), when], statement.span, diagnostics)
