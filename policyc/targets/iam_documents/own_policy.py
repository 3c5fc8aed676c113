"""Which policy a resource carries itself, and whether it has to allow: a property of what is asked, not of how a file came in.

The table is `schemas/iam/own_policies.json`. Source: IAM evaluation reference, section 11 and the additions of 2026-11-29.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from typing import Any

from policyc.data import read_json
from policyc.engines.iam.caller import Caller
from policyc.engines.iam.globs import Glob, compile_glob, fold, wildcard_tokens
from policyc.record import record


class Rule(StrEnum):
    """Whether the resource's own policy has to allow: even inside one account (`MUST_ALLOW`), together with the caller's own
    policy (`EVERY`), or not where that allows (`MAY`)."""

    MUST_ALLOW = "must-allow"
    EVERY = "every"
    MAY = "may"


@record
class OwnPolicy:
    """The policy of one kind of resource: `document` as `simulate` names it, `title` for people, `beside` the policies of other
    resources that a request for it meets, `ask` how to ask those as well (empty where nothing can)."""

    document: str
    title: str
    rule: Rule
    beside: tuple[str, ...]
    ask: str
    source: str


#: a resource of which the table says nothing
ANY = OwnPolicy("resource-policy", "policy of the resource", Rule.MAY, (), "", "")


@cache
def own_policy(action: str, resource: str) -> OwnPolicy:
    """The policy that the resource of a request carries."""
    for patterns, where, found in _rows():
        if where.matches(resource) and any(pattern.matches(fold(action)) for pattern in patterns):
            return found
    return ANY


def needs_no_permission(action: str, caller: Caller) -> str:
    """The source that says that this caller may do so whatever any policy says; empty where permission is needed."""
    for row in _table()["without_permission"]:
        if fold(row["action"]) == fold(action) and caller.kind.value in row["callers"]:
            return str(row["source"])
    return ""


def is_beyond_permission(action: str, resource: str, caller: Caller) -> tuple[str, str] | None:
    """Why no policy can allow a request, and the source that says so; None where policies decide."""
    for patterns, where, callers, says, source in _beyond():
        asked = where.matches(resource) and any(pattern.matches(fold(action)) for pattern in patterns)
        if asked and (not callers or caller.kind.value in callers):
            return says, source
    return None


def documents() -> frozenset[str]:
    """Every document that can be a resource's own."""
    return frozenset({ANY.document, *(row["document"] for row in _table()["rows"])})


@cache
def _table() -> dict[str, Any]:
    found: dict[str, Any] = read_json("schemas/iam/own_policies.json")
    return found


@cache
def _beyond() -> tuple[tuple[tuple[Glob, ...], Glob, tuple[str, ...], str, str], ...]:
    return tuple(
        (
            tuple(compile_glob(wildcard_tokens(fold(pattern))) for pattern in row["actions"]),
            compile_glob(wildcard_tokens(row["resource"])),
            tuple(row.get("callers", ())),
            str(row["says"]),
            str(row["source"]),
        )
        for row in _table()["beyond_permission"]
    )


@cache
def _rows() -> tuple[tuple[tuple[Glob, ...], Glob, OwnPolicy], ...]:
    return tuple(
        (
            tuple(compile_glob(wildcard_tokens(fold(pattern))) for pattern in row["actions"]),
            compile_glob(wildcard_tokens(row["resource"])),
            OwnPolicy(
                row["document"],
                row["title"],
                Rule(row["rule"]),
                tuple(row.get("with", ())),
                row.get("ask", ""),
                row["source"],
            ),
        )
        for row in _table()["rows"]
    )
