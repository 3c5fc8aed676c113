"""What a statement allows on one resource: verbs and paths as actions on ARNs, with the tests that the verbs add."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Literal

from policyc.diagnostics import Advice, Diagnostics
from policyc.ir.authz import Can, Paths, Statement
from policyc.ir.pattern import Plain, Wild, pattern_tokens
from policyc.model.values import Resource
from policyc.model.vocabulary import ResourceType, Verb
from policyc.targets.iam_documents.escape import literal_glob, pattern_glob
from policyc.targets.iam_documents.leaves import Conjunct
from policyc.targets.iam_documents.operators import KeyTest
from policyc.targets.iam_documents.statements import Grant
from policyc.text import Span

_OF_PLACE = ("partition", "region", "account")


def resource_arn(resource: Resource, kind: ResourceType) -> str:
    """The ARN of a declared resource; a `qualifier` field is its last part wherever a type has one.

    Raises ValueError when a field of the template is missing: the front end lets no such resource through.
    """
    fields = {name: text for name in _fields_of(kind.arn) if (text := resource.text(name))}
    place = resource.place
    if place is not None:
        fields |= {"partition": place.partition, "region": place.region, "account": place.account}
    try:
        arn = kind.arn.format(**fields)
    except KeyError as missing:
        raise ValueError(f"resource {resource.id} lacks {missing}") from None
    qualifier = resource.text("qualifier")
    return f"{arn}:{qualifier}" if qualifier and "{qualifier}" not in kind.arn else arn


@cache
def _fields_of(template: str) -> tuple[str, ...]:
    """The fields that a template of an ARN names, but for those of its place."""
    asked = _Asked()
    template.format_map(asked)
    return tuple(name for name in asked if name not in _OF_PLACE)


class _Asked(dict[str, str]):
    """The fields that a template asks for."""

    def __missing__(self, name: str) -> str:
        return self.setdefault(name, "")


def verb_grants(verbs: Sequence[Verb], can: Can | None, span: Span | None = None) -> list[tuple[Verb, Conjunct]]:
    """The actions that a `can` clause covers among `verbs`, one verb standing for each, with the tests that narrow it.

    No clause covers all verbs. A verb without requirements covers every verb of its action; `not` leaves the action
    with the opposite tests, or drops it.
    """
    out: list[tuple[Verb, Conjunct]] = []
    names = {verb.name for verb in can.verbs} if can is not None else set()
    by_action: dict[str, list[Verb]] = {}
    for verb in verbs:
        by_action.setdefault(verb.action, []).append(verb)
    for known in by_action.values():
        wide = next((verb for verb in known if not verb.requires), None)
        if can is None or not can.verbs:
            if can is None or not can.negated:
                out += [(wide, ())] if wide is not None else [(verb, _required([verb], span)) for verb in known]
            continue
        # The clause may list verbs of several resource types; of those with one name, this type's own stands for it.
        named = [verb for verb in known if verb.name in names]
        if can.negated:
            out += _all_but(named, known, wide, span)
        elif any(not verb.requires for verb in named):
            out.append((named[0], ()))
        elif named:
            out += [(group[0], _required(group, span)) for group in _by_keys(named)]
    return out


def _all_but(
    named: Sequence[Verb], known: Sequence[Verb], wide: Verb | None, span: Span | None
) -> list[tuple[Verb, Conjunct]]:
    if any(not verb.requires for verb in named):
        return []
    if wide is None:
        left = [verb for verb in known if not any(set(other.requires) <= set(verb.requires) for other in named)]
        return [(verb, _required([verb], span)) for verb in left]
    # INVARIANT: a verb asks for at most one key (vocabulary test), so the complement of each is one negated test.
    tests = tuple(
        KeyTest("StringNotEquals", key, (value,), span=span) for verb in named for key, value in verb.requires
    )
    return [(wide, tests)]


def _by_keys(verbs: Iterable[Verb]) -> list[list[Verb]]:
    """Verbs that ask for one and the same key together; others alone."""
    out: dict[object, list[Verb]] = {}
    for verb in verbs:
        keys = tuple(key for key, _ in verb.requires)
        out.setdefault(keys if len(keys) == 1 else verb, []).append(verb)
    return list(out.values())


def _required(verbs: Sequence[Verb], span: Span | None) -> Conjunct:
    values: dict[str, list[str]] = {}
    for verb in verbs:
        for key, value in verb.requires:
            values.setdefault(key, []).append(value)
    return tuple(KeyTest("StringEquals", key, tuple(found), span=span) for key, found in values.items())


def raw_grants(verbs: Sequence[Verb], statement: Statement) -> list[Grant] | None:
    """The grants of a statement with a raw `can` or `on` clause, whose texts stay as they are; None for any other.

    `verbs` are those of the resource that the policy is on. A raw `can` clause needs a raw `on` clause (see the limits).
    """
    can, on = statement.can, statement.resources
    if on is None:
        return None
    others: set[Literal["Principal", "Action", "Resource"]] = {"Resource"} if on.negated else set()
    resources = tuple(glob.text for glob in on.patterns)
    if can is not None and any(verb.glob for verb in can.verbs):
        others |= {"Action"} if can.negated else set()
        return [Grant(tuple(verb.action for verb in can.verbs), resources, (), frozenset(others))]
    span = can.span if can is not None else None
    return [Grant((verb.action,), resources, tests, frozenset(others)) for verb, tests in verb_grants(verbs, can, span)]


def check_raw_clauses(statement: Statement, diagnostics: Diagnostics) -> None:
    """Refuse a raw `can` without a raw `on`, and a `path` beside a raw `on`: neither has a resource that it could belong to."""
    can, on = statement.can, statement.resources
    if can is not None and on is None and any(verb.glob for verb in can.verbs):
        diagnostics.error(
            "misplaced-raw-form",
            "a raw action stands beside raw resources, and the statement has none",
            can.span or statement.span,
            'add `on raw("…")` with the pattern that the document has to name',
        )
    if on is not None and statement.path is not None:
        diagnostics.error(
            "misplaced-raw-form",
            "a raw resource has its path in it",
            statement.path.span or statement.span,
            "leave `path` out, and write the whole pattern after `on`",
        )


def path_resources(arn: str, verb: Verb, path: Paths | None) -> tuple[str, ...]:
    """The resources that the action reaches below an ARN, escaped: the paths, or everything, or the ARN itself.

    Empty when the clause wants a path and the action has none. A negated clause is no matter of resources: it gives
    everything, and the caller adds a test.
    """
    whole = literal_glob(arn)
    if verb.below is None:
        return () if path is not None and not path.negated else (whole,)
    if path is None or path.negated:
        return (f"{whole}{verb.below or '/'}*",)
    return tuple(f"{whole}{verb.below}{pattern_glob(pattern)}" for pattern in path.patterns)


def resource_grants(
    arn: str, verbs: Sequence[Verb], can: Can | None, path: Paths | None, path_key: str = ""
) -> list[Grant]:
    """Everything that the clauses cover on one resource. `path_key` is the condition key of the path, which a negated
    clause needs; where there is none, refuse negated paths before."""
    span = can.span if can is not None else None
    out: list[Grant] = []
    for verb, tests in verb_grants(verbs, can, span):
        resources = path_resources(arn, verb, path)
        if not resources:
            continue
        other: Conjunct = ()
        if path is not None and path.negated and verb.below is not None:
            if not path_key:
                raise ValueError("a negated path needs a condition key")
            note = "`path not` is a test of the path, because `NotResource` would cover other resources too"
            other = (KeyTest("StringNotLike", path_key, path.patterns, note=note, span=path.span),)
        out.append(Grant((verb.action,), resources, (*tests, *other)))
    return out


def check_slash(pattern: str, where: Span | None, diagnostics: Diagnostics) -> None:
    """Report a pattern of request paths that no path fits, as it does not begin with `/`."""
    tokens = pattern_tokens(pattern)
    if tokens and (tokens[0] == Plain("/") or tokens[0] is Wild.RUN):
        return
    _, scheme, rest = pattern.partition("://")
    meant = f"/{rest.partition('/')[2]}" if scheme else f"/{pattern}"
    diagnostics.error(
        "malformed-path",
        f"the path `{pattern}` does not begin with `/`",
        where,
        Advice(f"write `{meant}`, or begin with `*` to match anywhere", pattern, meant),
    )
