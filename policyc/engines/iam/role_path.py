"""Which role a session belongs to: its ARN has the role's name without the path, and a name is unique in an account.

So a policy, or an inventory, that names a role of that name names this one. Where none does, the path stays unknown, unless no
policy can tell paths apart. Source: IAM evaluation reference 4.1; https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from policyc.engines.iam.atoms import Atom
from policyc.engines.iam.caller import Caller, CallerKind
from policyc.engines.iam.document import Document
from policyc.engines.iam.globs import Tokens, Wild, compile_glob, fold, fold_tokens
from policyc.engines.iam.variables import Variable
from policyc.per_object import PerObject
from policyc.record import replace

_KEY = "aws:principalarn"
#: a character that no ARN holds
_FRESH = "\ue000"


def with_role_path(caller: Caller, documents: Iterable[Document], roles: Iterable[str] = ()) -> Caller:
    """The caller with the path of its role, where the documents or the ARNs of known roles tell it or it makes no difference."""
    if caller.kind is not CallerKind.ROLE or caller.path is not None:
        return caller
    held = tuple(documents)
    named = named_paths(caller, held, roles)
    if len(named) == 1:
        return replace(caller, path=next(iter(named)))
    if not named and is_blind_to_path(caller, held):
        return replace(caller, path="/")
    return caller


def named_paths(caller: Caller, documents: Iterable[Document], roles: Iterable[str] = ()) -> frozenset[str]:
    """The paths of the roles of the caller's name that documents, or the ARNs of known roles, name."""
    start, end = _around_path(caller)
    return frozenset(
        arn[len(start) - 1 : len(arn) - len(caller.name)]
        for arn in (*roles, *(arn for document in documents for arn in _named_in(document)))
        if arn.startswith(start) and arn.endswith(end)
    )


def is_blind_to_path(caller: Caller, documents: Iterable[Document]) -> bool:
    """Whether the documents answer the same for every path of the caller's role."""
    start, end = _around_path(caller)
    return all(_is_blind(atom, start, end) for document in documents for atom in _tests_in(document))


def _around_path(caller: Caller) -> tuple[str, str]:
    return f"arn:{caller.partition}:iam::{caller.account}:role/", f"/{caller.name}"


def _named(document: Document) -> tuple[str, ...]:
    """Every ARN of a role that a principal or a value for `aws:PrincipalArn` is."""
    found: dict[str, None] = {}
    for statement in document.statements:
        if statement.principals is not None:
            found.update(dict.fromkeys(statement.principals.texts))
        for atom in statement.conditions:
            if atom.key == _KEY:
                found.update(dict.fromkeys(value.text for value in atom.values if not _is_pattern(value.template)))
    return tuple([arn for arn in found if ":role/" in arn])


def _is_pattern(template: Iterable[object]) -> bool:
    return any(not isinstance(token, str) for token in template)


def _tests(document: Document) -> tuple[Atom, ...]:
    """The entries that look at the role's ARN, its variables included."""
    return tuple([atom for statement in document.statements for atom in statement.conditions if _KEY in atom.keys])


#: what does not hang on who calls is looked for once in a document
_MOST: Final = 64
_named_in = PerObject(_named, _MOST)
_tests_in = PerObject(_tests, _MOST)


def _is_blind(atom: Atom, start: str, end: str) -> bool:
    """Whether the entry answers the same for every path."""
    if _KEY in atom.needs:
        return False
    for value in atom.values:
        if any(isinstance(token, Variable) for token in value.template):
            return False
        tokens: Tokens = tuple(token for token in value.template if not isinstance(token, Variable))
        first, last = start, end
        if atom.operator.ignore_case:
            tokens, first, last = fold_tokens(tokens), fold(start), fold(end)
        deep = first + _FRESH * (len(value.text) + 1) + last
        glob = compile_glob(tokens)
        if not (glob.matches(deep) and glob.matches(first + last[1:])) and _may_match(tokens, first, last):
            return False
    return True


@lru_cache(maxsize=4096)
def _may_match(tokens: Tokens, start: str, end: str) -> bool:
    """Whether the pattern matches some text that begins with `start` and ends with `end`, or has no more than its last part behind `start`."""
    steps: list[str | Wild] = []
    for token in tokens:
        steps.extend(token if isinstance(token, str) else (token,))
    states = _run(steps, _closure(steps, {0}), start)
    if not states:
        return False
    anywhere = set(range(min(states), len(steps) + 1))
    return any(len(steps) in _run(steps, begun, text) for begun, text in ((states, end[1:]), (anywhere, end)))


def _run(steps: list[str | Wild], states: set[int], text: str) -> set[int]:
    for char in text:
        moved = {
            at if steps[at] is Wild.STAR else at + 1
            for at in states
            if at < len(steps) and (steps[at] in (Wild.STAR, Wild.ONE) or steps[at] == char)
        }
        states = _closure(steps, moved)
    return states


def _closure(steps: list[str | Wild], states: set[int]) -> set[int]:
    """The states with every star also taken as empty."""
    out = set(states)
    for at in sorted(states):
        while at < len(steps) and steps[at] is Wild.STAR:
            at += 1
            out.add(at)
    return out
