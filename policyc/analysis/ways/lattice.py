"""The way to a service of VPC Lattice: the caller's identity policies, the service network, the service (Lattice reference, sections 1, 2 and 5).

Every gate that is on must allow, and a deny anywhere wins. What such requests keep to is `policyc.analysis.invoked`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from policyc.analysis.asking import asks, is_signed
from policyc.analysis.conditions import Bindings, folded
from policyc.analysis.formula import FALSE, TRUE, Lit
from policyc.analysis.invoked import METHOD
from policyc.analysis.keys import ACTION, RESOURCE
from policyc.analysis.question import Space
from policyc.analysis.solver import Solution, Tested
from policyc.analysis.spelling import caller_text, language_name, spelled
from policyc.analysis.ways.base import (
    Asking,
    Gate,
    OpenIdentity,
    Way,
    gate_of,
    passed,
    policy_of,
    refused,
    switches_of,
    turned_switches,
)
from policyc.analysis.witness import witness_of
from policyc.engines.proofs.domains import Fits, Test, passes
from policyc.engines.proofs.texts import Pattern, exactly, whole
from policyc.ir.authz import Glob, Policy, Resources, Statement
from policyc.ir.pattern import pattern_tokens
from policyc.ir.program import Program
from policyc.model.values import Principal, Resource
from policyc.model.vocabulary import Attribute, Verb
from policyc.syntax.literals import quote
from policyc.targets.base import Document, DocumentSet
from policyc.targets.lattice import words
from policyc.targets.registry import target

TARGET = "lattice"
_ANY: Pattern = (("*", ""),)


def way_to_service(
    program: Program,
    documents: Sequence[Document],
    service: Resource,
    scope: Statement,
    budget: int,
    bindings: Bindings | None = None,
) -> tuple[Way, Lit]:
    """The way to a service, and the requests of a claim on it."""
    return _Service(program, DocumentSet.of(documents), service, scope, budget, bindings).made()


class _Service:
    def __init__(
        self,
        program: Program,
        documents: DocumentSet,
        service: Resource,
        scope: Statement,
        budget: int,
        bindings: Bindings | None,
    ) -> None:
        self.program, self.documents, self.service, self.scope = program, documents, service, scope
        self.network = program.resource(service.link("network"))
        self.arn = words.arn_of(service)
        switches = switches_of(program)
        self.own = {item: policy_of(item, TARGET, switches) for item in self._gated()}
        self.carried = {item: policy_of(item, "identity", switches) for item in documents.with_role("identity")}
        method = next(item for item in words.vocabulary().attributes.values() if item.native == words.METHOD_KEY)
        within = (exactly(self.arn), (*exactly(self.arn), *exactly("/"), *_ANY))
        policies = [*self.own.values(), *self.carried.values(), _as_policy(service, scope, self.arn)]
        self.space = Space(policies, bindings, budget, asked=(method,), within=within)
        self.formula, self.keys, self.callers = self.space.formula, self.space.keys, self.space.callers
        self._derive()

    def _gated(self) -> list[Document]:
        gates = ((self.network, "network"), (self.service, "service"))
        return [
            item
            for resource, role in gates
            if resource is not None and resource.text("auth") == "aws_iam"
            for item in self.documents.on(resource.id)
            if item.role == role
        ]

    def made(self) -> tuple[Way, Lit]:
        formula = self.formula
        identity, unknown = self._identity()
        gates = (identity, self._gate(self.network, "network"), self._gate(self.service, "service"))
        scope = self._scope()
        way = Way(
            self.service,
            self.space,
            gates,
            formula.every(gate.allowed for gate in gates),
            tuple(self._world()),
            self._asking,
            unknown,
            tuple(turned_switches(self.program)),
            verbs=tuple(
                (verb.name, self._verb(verb)) for verb in words.verbs_of(self.service) if not words.is_any_method(verb)
            ),
        )
        return way, scope

    # --- gates --------------------------------------------------------------------------------------------------

    def _gate(self, resource: Resource | None, kind: str) -> Gate:
        if resource is None:
            return passed((), kind)
        if resource.text("auth") != "aws_iam":
            return passed((resource.name,), kind)
        found = [item for item in self.documents.on(resource.id) if item.role == kind]
        if not found:
            return refused((resource.name,), kind)
        return gate_of(self.formula, self.space, found, [self.own[item] for item in found], kind, resource.name)

    def _identity(self) -> tuple[Gate, Lit]:
        """The gate of the caller's own policies: who carries some is judged by them, of the others they are not known."""
        formula, callers = self.formula, self.callers
        resources = (self.service, self.network)
        if not any(item is not None and item.text("auth") == "aws_iam" for item in resources):
            return passed((), "identity"), FALSE
        by_carrier: dict[str, list[Document]] = {}
        for document in self.carried:
            by_carrier.setdefault(document.attached_to, []).append(document)
        unknown = formula.atom(OpenIdentity())
        parts: list[Lit] = []
        carrying: list[Lit] = []
        gates: list[Gate] = []
        for carrier, held in by_carrier.items():
            gate = gate_of(formula, self.space, held, [self.carried[item] for item in held], "identity", "identity")
            kind = "user" if ":user/" in carrier else "role"
            own = callers.named(Principal(kind, ("", ""), carrier))
            carrying.append(own)
            parts.append(formula.every((own, gate.allowed)))
            gates.append(gate)
        signed = is_signed(callers)
        parts.append(formula.every((signed, *(-own for own in carrying), unknown)))
        allowed = formula.some((-signed, *parts))
        names = tuple(dict.fromkeys(name for gate in gates for name in gate.names))
        return (
            Gate(
                names,
                "identity",
                allowed,
                tuple(line for gate in gates for line in gate.allows),
                tuple(line for gate in gates for line in gate.denies),
                signed,
            ),
            unknown,
        )

    # --- what requests keep to ----------------------------------------------------------------------------------

    def _invokes(self) -> Lit:
        return self.formula.atom(Tested((ACTION, 0), Fits(exactly(folded(words.INVOKE)))))

    def _derive(self) -> None:
        """Keys that follow from the rest of the request."""
        constants = {words.SERVICE_KEY: self.arn}
        if self.network is not None and self.network.text("id"):
            constants[words.NETWORK_KEY] = words.arn_of(self.network)
        for key, text in constants.items():
            self.keys.derived[folded(key)] = (lambda: TRUE, constant(text))

    def _resource(self, pattern: Pattern) -> Lit:
        return self.formula.atom(Tested((RESOURCE, 0), Fits(pattern)))

    def _world(self) -> list[Lit]:
        formula = self.formula
        invokes = self._invokes()
        verbs = words.verbs_of(self.service)
        connects = formula.atom(Tested((ACTION, 0), Fits(exactly(folded(words.CONNECT)))))
        possible = {verb.action for verb in verbs}
        out = [
            formula.some(
                (invokes if words.INVOKE in possible else FALSE, connects if words.CONNECT in possible else FALSE)
            )
        ]
        if self.service.text("protocol") == "grpc":
            out.append(formula.implies(invokes, self.keys.passes((METHOD, 0), Fits(exactly("POST")))))
            queries = [key for key in self.keys.seen if key.startswith(folded(words.QUERY_KEYS))]
            out += [-self.keys.present((key, 0)) for key in queries]
        return out

    # --- claims -------------------------------------------------------------------------------------------------

    def _scope(self) -> Lit:
        statement, formula = self.scope, self.formula
        partition = self.service.place.partition if self.service.place is not None else "aws"
        parts = [asks(self.callers, statement.who, partition), self.space.conditions.holds(statement.when)]
        if statement.can is not None:
            some = formula.some(self._verb(verb) for verb in statement.can.verbs)
            parts.append(-some if statement.can.negated else some)
        if statement.path is not None:
            patterns = [whole(pattern_tokens(text)) for text in statement.path.patterns]
            some = formula.some(self._resource((*exactly(self.arn), *pattern)) for pattern in patterns)
            some = formula.every((self._invokes(), some))
            parts.append(-some if statement.path.negated else some)
        return formula.every(parts)

    def _verb(self, verb: Verb) -> Lit:
        formula = self.formula
        action = formula.atom(Tested((ACTION, 0), Fits(exactly(folded(verb.action)))))
        tests = [self.keys.passes((folded(key), 0), Fits(exactly(value))) for key, value in verb.requires]
        return formula.every((action, *tests))

    # --- solutions ----------------------------------------------------------------------------------------------

    def _asking(self, solution: Solution) -> Asking:
        witness = witness_of(self.space, solution)
        exact, plain = caller_text(witness.request.caller)
        scope = target(TARGET).scope(self.service, self.program.resources)
        rest: list[tuple[str, str]] = []
        if witness.action == words.INVOKE:
            rest.append(("can", witness.context.get(words.METHOD_KEY, ("GET",))[0]))
            rest.append(("path", quote(witness.resource.removeprefix(self.arn) or "/")))
        else:
            rest.append(
                ("can", next(verb.name for verb in words.verbs_of(self.service) if verb.action == words.CONNECT))
            )
        skipped = {METHOD, *self.keys.derived}
        rest += context_fields(witness.context, scope, skipped)
        return Asking((("who", exact), *rest), (("who", plain), *rest))


def context_fields(
    context: Mapping[str, tuple[str, ...]], scope: Mapping[str, Attribute], skipped: set[str]
) -> list[tuple[str, str]]:
    """What a request states beside its caller and what it asks for."""
    out: list[tuple[str, str]] = []
    for key, values in context.items():
        if folded(key) in skipped:
            continue
        name, attribute = language_name(key, scope)
        if attribute is not None:
            out.append((name, spelled(attribute, values)))
        else:
            texts = [quote(value) for value in values]
            out.append((name, texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"))
    return out


def constant(text: str) -> Callable[[Test], Lit]:
    """Tests of a key of which the value is known."""
    return lambda test: TRUE if passes(test, text) else FALSE


def _as_policy(service: Resource, scope: Statement, arn: str) -> Policy:
    """What the space has to know of a claim: the keys that it tests, and the partition."""
    place = Resources((Glob(arn, (arn,)),))
    own = Statement("allow", "claim", None, None, (), None, scope.when, resources=place)
    return Policy("claim", TARGET, service, (own,), service.file, service.span, kind="auth-policy")
