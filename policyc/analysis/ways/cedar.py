"""The ways that Cedar decides: a group of Verified Access with an endpoint, and an endpoint of Client VPN.

Group and endpoint both have to allow; a group alone decides alone; an endpoint's policy without one of its group is left open by AWS, and taken
to refuse (`endpoint-policy-alone`). Values are taken to be of the documented kinds: what another kind makes of a request, the
language's page says under "Values of another type".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

from policyc.analysis.conditions import folded
from policyc.analysis.formula import FALSE, Lit
from policyc.analysis.question import Space
from policyc.analysis.solver import Present, Solution
from policyc.analysis.spelling import spelled
from policyc.analysis.ways.base import Asking, Gate, Line, Way, passed, refused
from policyc.analysis.ways.lattice import constant
from policyc.engines.proofs.domains import Within
from policyc.ir.authz import Op, Policy, Statement
from policyc.ir.conditions import atoms
from policyc.ir.program import Program
from policyc.model.values import Resource
from policyc.targets.cedar_documents.facts import Fact, find_fact
from policyc.targets.client_vpn.scope import facts as vpn_facts
from policyc.targets.verified_access.scope import ENDPOINT, facts, group_of

_KINDS = "values of attributes are of their documented kinds"
_ALONE = "a request that only the endpoint's policy is about is refused, which AWS does not document"


def way_to_endpoint(program: Program, endpoint: Resource, scope: Statement, budget: int) -> tuple[Way, Lit]:
    """The way to an endpoint, and the requests of a claim on it."""
    if endpoint.type == ENDPOINT:
        return _verified_access(program, endpoint, scope, budget)
    known = vpn_facts(endpoint)
    policy = _policy(program, endpoint, "client_vpn")
    made = _Made(endpoint, known, [] if policy is None else [policy], scope, budget)
    if policy is None:
        gate, doubts = (
            passed((endpoint.name,), "endpoint"),
            ["the endpoint has no policy, and AWS does not say what then"],
        )
    else:
        gate, doubts = made.gate(policy, "endpoint"), []
    return made.way((gate,), gate.allowed, doubts, [])


def _verified_access(program: Program, endpoint: Resource, scope: Statement, budget: int) -> tuple[Way, Lit]:
    group = group_of(endpoint, program.resources)
    assert group is not None
    known = facts(endpoint, program.resources)
    first, second = _policy(program, group, "verified_access"), _policy(program, endpoint, "verified_access")
    made = _Made(endpoint, known, [item for item in (first, second) if item is not None], scope, budget)
    given: list[str] = []
    if first is None:
        given = [_ALONE] if second is not None else []
        one = refused((group.name,), "group")
    else:
        one = made.gate(first, "group", group.name)
    if second is None:
        other = (passed if first is not None else refused)((endpoint.name,), "endpoint")
    else:
        other = made.gate(second, "endpoint", endpoint.name)
    return made.way((one, other), made.formula.every((one.allowed, other.allowed)), [], given)


def _policy(program: Program, on: Resource, target: str) -> Policy | None:
    return next((policy for policy in program.policies_on(on) if policy.target == target), None)


class _Made:
    """A space over trust data, in which callers, actions and resources do not matter."""

    def __init__(
        self, endpoint: Resource, known: Mapping[str, Fact], policies: list[Policy], scope: Statement, budget: int
    ) -> None:
        self.endpoint, self.known, self.scope = endpoint, known, scope
        own = Statement("allow", "claim", None, None, (), None, scope.when)
        claim = Policy("claim", "", endpoint, (own,), endpoint.file, endpoint.span)
        self.policies = [*policies, claim]
        self.space = Space(self.policies, None, budget)
        self.formula = self.space.formula
        domain = endpoint.text("domain")
        host = known.get("http_request.hostname")
        if domain and host is not None:
            self.space.keys.derived[folded(host.attribute.native)] = (lambda: 1, constant(domain))

    def gate(self, policy: Policy, kind: str, name: str = "") -> Gate:
        lines: dict[str, list[Line]] = {"allow": [], "deny": []}
        for statement in policy.statements:
            lit = self.space.conditions.holds(statement.when)
            lines[statement.effect].append(Line(statement.label, statement, lit))
        allow = self.formula.some(line.lit for line in lines["allow"])
        deny = self.formula.some(line.lit for line in lines["deny"])
        allowed = self.formula.every((allow, -deny))
        return Gate((policy.name, name), kind, allowed, tuple(lines["allow"]), tuple(lines["deny"]))

    def way(self, gates: tuple[Gate, ...], allowed: Lit, doubts: list[str], given: list[str]) -> tuple[Way, Lit]:
        scope = self.space.conditions.holds(self.scope.when)
        world = tuple(self._ranges())
        doubts = [*doubts, *self._doubts()]
        return Way(
            self.endpoint, self.space, gates, allowed, world, self._asking, FALSE, tuple(doubts), (_KINDS, *given)
        ), scope

    def _tested(self) -> Iterator[Fact]:
        seen: set[str] = set()
        for policy in self.policies:
            for statement in policy.statements:
                for atom in atoms(statement.when):
                    fact = find_fact(self.known, atom.attribute.name)
                    if fact is not None and fact.attribute.name not in seen:
                        seen.add(fact.attribute.name)
                        yield fact

    def _ranges(self) -> Iterator[Lit]:
        """Scores lie between their documented ends."""
        for fact in self._tested():
            if fact.minimum is None and fact.maximum is None:
                continue
            ends = [None if end is None else Fraction(end) for end in (fact.minimum, fact.maximum)]
            slot = (folded(fact.attribute.native), 0)
            inside = self.space.keys.passes(slot, Within("number", ends[0], ends[1]))
            yield self.formula.implies(self.space.keys.present(slot), inside)

    def _doubts(self) -> Iterator[str]:
        for fact in self._tested():
            if fact.any_kind:
                yield f"nobody promises the kind of `{fact.attribute.name}`"
        for policy in self.policies:
            for statement in policy.statements:
                for atom in atoms(statement.when):
                    if atom.op is Op.EXISTS and atom.attribute.many:
                        yield f"`{atom.attribute.name}` may be there without any value"

    def _asking(self, solution: Solution) -> Asking:
        held = {
            meaning: holds
            for atom, holds in solution.atoms.items()
            if (meaning := self.formula.meanings.get(atom)) is not None
        }
        keys = self.space.keys
        fields: list[tuple[str, str]] = []
        for key, count in keys.seen.items():
            use = keys.uses.get(key)
            if use is None or key in keys.derived:
                continue
            there = [index for index in range(count) if held.get(Present((key, index)))]
            values = [solution.values.get((key, index)) or self._any(key) for index in there]
            if values:
                fields.append((use.attribute.name, spelled(use.attribute, list(dict.fromkeys(values)))))
        return Asking(tuple(fields), tuple(fields))

    def _any(self, key: str) -> str:
        hints = self.space.keys.domain(key).hints
        return hints[0] if hints else "example"
