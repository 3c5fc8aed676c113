"""Principal, action and resource of all statements of a document, from a request's value to statement masks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from policyc.engines.iam.atoms import Atom
from policyc.engines.iam.caller import Caller, Grant
from policyc.engines.iam.globs import fold
from policyc.engines.iam.memo import Masks, remember
from policyc.engines.iam.operators import Family
from policyc.engines.iam.parts import Get, Hit, PrincipalPart, ResourcePattern, settle
from policyc.engines.iam.switches import Switches
from policyc.engines.iam.variables import Template

if TYPE_CHECKING:
    from policyc.engines.iam.statement import Statement


class ActionColumn:
    """Action and NotAction of all statements."""

    __slots__ = ("exact", "globs", "memo", "negated", "positive")

    def __init__(self, statements: Sequence[Statement]) -> None:
        self.memo: dict[str, int] = {}
        self.exact: dict[str, int] = {}
        self.positive = self.negated = 0
        globs: dict[str, tuple[Callable[[str], bool], int]] = {}
        for statement in statements:
            bit, part = 1 << statement.index, statement.actions
            if part.patterns and part.negated:
                self.negated |= bit
            elif part.patterns:
                self.positive |= bit
            for pattern in part.patterns:
                if pattern.exact is not None:
                    self.exact[pattern.exact] = self.exact.get(pattern.exact, 0) | bit
                else:
                    text = fold(pattern.text)
                    globs[text] = (pattern.test, globs[text][1] | bit if text in globs else bit)
        self.globs = tuple(globs.values())

    def miss(self, action: str) -> int:
        hit = self.exact.get(action, 0)
        for test, mask in self.globs:
            if test(action):
                hit |= mask
        found = (hit & self.positive) | (~hit & self.negated)
        remember(self.memo, action, found, len(action))
        return found


class ResourceColumn:
    """Resource and NotResource of all statements; `needs` are the keys of their variables.

    Patterns are looked up by the plain text that they begin with, which a resource has to begin with in either reading.
    """

    __slots__ = ("free", "generous", "memo", "needs", "negated", "positive", "prefixed", "switches")

    def __init__(self, statements: Sequence[Statement], switches: Switches) -> None:
        self.switches = switches
        self.memo: dict[Any, Masks] = {}
        self.free = self.positive = self.negated = self.generous = 0
        patterns: dict[Template, tuple[ResourcePattern, int]] = {}
        for statement in statements:
            bit, part = 1 << statement.index, statement.resources
            if part is None:
                self.free |= bit
                continue
            if part.patterns and part.negated:
                self.negated |= bit
            elif part.patterns:
                self.positive |= bit
            self.generous |= bit if statement.deny is not part.negated else 0
            for pattern in part.patterns:
                known = patterns.get(pattern.template)
                patterns[pattern.template] = (pattern, known[1] | bit if known else bit)
        self.prefixed = _by_prefix(patterns)
        self.needs = tuple(dict.fromkeys(key for pattern, _ in patterns.values() for key in pattern.needs))

    def miss(self, key: Any, resource: str, get: Get) -> Masks:
        can = must = 0
        for length, by_prefix in self.prefixed:
            for pattern, mask in by_prefix.get(resource[:length], ()):
                hit = pattern.hit(resource, get, self.switches)
                if hit is Hit.NO:
                    continue
                if hit is Hit.YES:
                    can |= mask
                    must |= mask
                    continue
                for generous, part in ((True, mask & self.generous), (False, mask & ~self.generous)):
                    answer = settle(hit, generous, self.switches)
                    must |= part if answer else 0
                    can |= part if answer is not False else 0
        found = (
            (can & self.positive) | (~must & self.negated) | self.free,
            (must & self.positive) | (~can & self.negated) | self.free,
        )
        remember(self.memo, key, found, len(resource))
        return found


def _by_prefix(
    patterns: Mapping[Template, tuple[ResourcePattern, int]],
) -> tuple[tuple[int, dict[str, tuple[tuple[ResourcePattern, int], ...]]], ...]:
    """Patterns by the length and text of their plain beginning."""
    lengths: dict[int, dict[str, tuple[tuple[ResourcePattern, int], ...]]] = {}
    for entry in patterns.values():
        prefix = entry[0].beginning
        held = lengths.setdefault(len(prefix), {})
        held[prefix] = (*held.get(prefix, ()), entry)
    return tuple(lengths.items())


class PrincipalColumn:
    """Principal and NotPrincipal of all statements, and how each allow names a caller."""

    __slots__ = ("grants", "memo", "narrowed", "parts", "switches")

    def __init__(self, statements: Sequence[Statement], switches: Switches) -> None:
        self.switches = switches
        self.memo: dict[tuple[frozenset[str], bool], Masks] = {}
        self.grants: dict[frozenset[str], tuple[GrantMasks, GrantMasks]] = {}
        self.parts = [(1 << s.index, s.deny, s.principals) for s in statements if s.principals is not None]
        self.narrowed = narrowed_mask(statements)

    def miss(self, caller: Caller, bounded: bool) -> Masks:
        can = must = 0
        for bit, deny, part in self.parts:
            answer = part.decide(caller, bounded, deny, self.switches)
            can |= bit if answer is not False else 0
            must |= bit if answer else 0
        found = can, must
        remember(self.memo, (caller.identity, bounded), found, 0)
        return found

    def grants_for(self, caller: Caller) -> tuple[GrantMasks, GrantMasks]:
        """The allow statements by how they may and by how they surely name the caller, strongest first."""
        known = self.grants.get(caller.identity)
        if known is None:
            known = grant_masks(
                ((bit, part) for bit, deny, part in self.parts if not deny), caller, self.narrowed, self.switches
            )
            remember(self.grants, caller.identity, known, 0)
        return known


GrantMasks = tuple[tuple[Grant, int], ...]


def grant_masks(
    parts: Iterable[tuple[int, PrincipalPart]], caller: Caller, narrowed: int, switches: Switches
) -> tuple[GrantMasks, GrantMasks]:
    """Statement masks by the grant that may and by the one that surely holds, strongest first; `narrowed` are the statements
    that also test aws:PrincipalArn."""
    found = [dict.fromkeys((Grant.DIRECT, Grant.STAR, Grant.LIMITED, Grant.DELEGATION), 0) for _ in range(2)]
    for bit, part in parts:
        for masks, named in zip(found, part.grant(caller, switches), strict=True):
            grant = named
            if grant is Grant.STAR and switches.star_bypasses_boundary == "limited" and not bit & narrowed:
                grant = Grant.LIMITED
            if grant is not Grant.NONE:
                masks[grant] |= bit
    return tuple(found[0].items()), tuple(found[1].items())


def narrowed_mask(statements: Iterable[Statement]) -> int:
    """The statements that only match callers with a certain `aws:PrincipalArn`."""
    return sum(1 << statement.index for statement in statements if _names_principal_arn(statement.conditions))


def _names_principal_arn(conditions: Iterable[Atom]) -> bool:
    return any(
        atom.key == "aws:principalarn"
        and not atom.operator.negated
        and not atom.operator.if_exists
        and atom.operator.family in (Family.ARN, Family.STRING)
        for atom in conditions
    )
