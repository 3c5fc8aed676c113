"""The ways to objects: a bucket, an access point with its bucket, a function, and an Object Lambda access point with the whole chain behind it.

Each hop is judged as `targets.object_lambda.chain` judges it (IAM evaluation reference, section 10.2; Object Lambda reference, sections 2, 6,
8 and 9). What nobody knows of a key behind the first hop may be anything: what is proven holds whatever it is, and a request that hangs on it is no answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from policyc.analysis.asking import asks, is_signed
from policyc.analysis.conditions import Bindings, folded
from policyc.analysis.formula import FALSE, TRUE, Lit
from policyc.analysis.keys import RESOURCE
from policyc.analysis.question import Space
from policyc.analysis.solver import Opaque, Solution, Tested
from policyc.analysis.spelling import caller_text
from policyc.analysis.ways.base import Asking, Beside, Gate, Line, OpenIdentity, Way, Ways, is_meant, turned_switches
from policyc.analysis.ways.hops import name_at
from policyc.analysis.ways.lattice import constant, context_fields
from policyc.analysis.ways.storage_hops import ROLE, TARGET, Hop, Hops
from policyc.analysis.witness import witness_of
from policyc.engines.iam.caller import CallerKind
from policyc.engines.iam.statement import Kind
from policyc.engines.proofs.domains import Fits
from policyc.engines.proofs.texts import Pattern, by_fields, exactly, rests, test_of, whole
from policyc.ir.authz import Glob, Policy, Resources, Statement, Who
from policyc.ir.pattern import pattern_tokens
from policyc.ir.program import Program
from policyc.model.values import Principal, Resource
from policyc.model.vocabulary import Verb
from policyc.record import record
from policyc.syntax.literals import quote
from policyc.targets.base import Document, DocumentSet
from policyc.targets.iam_documents.gates import compile_emitted
from policyc.targets.iam_documents.limits import TITLES, binds, rcps_bear_on
from policyc.targets.iam_documents.public import UNKNOWN, public_statement
from policyc.targets.object_lambda.access_points import SERVICE
from policyc.targets.object_lambda.documents import FUNCTION_POLICY
from policyc.targets.object_lambda.operations import LIST_ACTIONS
from policyc.targets.object_lambda.resources import ACCESS_POINT, BUCKET, FUNCTION, OLAP, account, arn
from policyc.targets.registry import target
from policyc.targets.switches import iam_switches

_VIA: Final = ("aws:calledvia", "aws:calledviafirst", "aws:calledvialast")
_OF_ACCESS_POINT: Final = ("s3:dataaccesspointaccount", "s3:dataaccesspointarn", "s3:accesspointnetworkorigin")
_DISTRIBUTION: Final = re.compile(r"arn:[^:]+:cloudfront::([0-9]{12}):distribution/([A-Z0-9]+)")
_SOURCE: Final = ("aws:sourcearn", "aws:sourceaccount")
#: kinds of principal by which a policy inside the account grants by itself
_GRANTING: Final = ("anyone", "user", "session", "federated_user", "service")


@record
class _Bounds:
    """What bounds callers at a hop: whether their boundary and whether the control policies of their account let them pass, whether anything denies, and
    the statements of each kind."""

    boundary: Lit
    controls: Lit
    denies: Lit
    lines: tuple[Beside, ...]


@record
class _IsVerb:
    """The atom that the request has a verb."""

    name: str


def way_to_storage(
    program: Program,
    documents: Sequence[Document],
    resource: Resource,
    scope: Statement,
    budget: int,
    bindings: Bindings | None = None,
) -> tuple[Way, Lit]:
    """The way to a bucket, an access point, a function or an Object Lambda access point, and the requests of a claim on it."""
    hops = Hops(program, DocumentSet.of(documents), resource)
    space = _space([hops], scope, budget, bindings)
    made = _Made(hops, space, scope, space.formula.atom(OpenIdentity()))
    return made.made(), made.inside()


def ways_to_compare(sides: Sequence[Hops], scope: Statement, budget: int) -> tuple[list[Ways], Lit]:
    """The same of several projects, as formulas over one request. An object goes by its key, whatever the bucket is called that it is in."""
    for hops in sides[1:]:
        hops.base = sides[0].base
    space = _space(sides, scope, budget)
    each = {hop.name: space.formula.atom(OpenIdentity(hop.name)) for hop in sides[0].hops}
    known = [dict.fromkeys(each, TRUE), dict.fromkeys(each, FALSE), each]
    made = [[_Made(hops, space, scope, FALSE, own) for own in known] for hops in sides]
    return [Ways(*(item.made() for item in held)) for held in made], made[0][0].inside()


def _space(held: Sequence[Hops], scope: Statement, budget: int, bindings: Bindings | None = None) -> Space:
    first = held[0]
    policies = [policy for hops in held for policy in hops.policies()]
    within = ((*exactly(f"{first.base}/"), ("*", "")),)
    known = target(TARGET).scope(first.resource, first.program.resources)
    source = next(item for item in known.values() if item.native == "aws:SourceArn")
    return Space([*policies, _claim(first, scope)], bindings, budget, asked=(source,), within=within)


def _claim(hops: Hops, scope: Statement) -> Policy:
    text = f"{hops.base}/x"
    own = Statement("allow", "claim", None, None, (), None, scope.when, resources=Resources((Glob(text, (text,)),)))
    return Policy("claim", TARGET, hops.resource, (own,), hops.resource.file, hops.resource.span, kind="bucket")


class _Made:
    """One way. `unknown` is whether policies of callers allow that nobody gave, `own` the same by the hop that asks."""

    def __init__(
        self, hops: Hops, space: Space, scope: Statement, unknown: Lit, own: Mapping[str, Lit] = MappingProxyType({})
    ) -> None:
        self.own = own
        self.read, self.space, self.scope, self.unknown = hops, space, scope, unknown
        self.program, self.resource, self.verbs = hops.program, hops.resource, hops.verbs
        self.hops, self.bucket, self.base = hops.hops, hops.bucket, hops.base
        self.formula, self.keys, self.callers = space.formula, space.keys, space.callers
        for hop in self.hops:
            for key, fate in hops.fates[hop.name].items():
                if fate.shared or key in self.keys.derived:
                    continue
                name = name_at(key, hop.name, fate)
                if fate.absent:
                    self.keys.derived[name] = (lambda: FALSE, lambda _: FALSE)
                elif fate.value is not None:
                    self.keys.derived[name] = (lambda: TRUE, constant(fate.value))

    # --- the decision -------------------------------------------------------------------------------------------

    def made(self) -> Way:
        formula = self.formula
        gates: list[Gate] = []
        by_identity = FALSE
        for hop in self.hops:
            gate, alone = self._gate(hop, by_identity)
            gates.append(gate)
            by_identity = alone
        allowed = formula.every([*(gate.allowed for gate in gates), *self._further()])
        return Way(
            self.resource,
            self.space,
            tuple(gates),
            allowed,
            tuple(self._world()),
            self._asking,
            self.unknown,
            tuple(turned_switches(self.program)),
            upper=len(self.hops) > 1,
            inside=self._owned(self.hops[0]),
            owner=account(self.hops[0].resource),
            verbs=tuple((name, self._verb(name)) for name in self.verbs),
        )

    def _gate(self, hop: Hop, by_identity: Lit) -> tuple[Gate, Lit]:
        """What a hop says, and whether only policies of the caller opened it."""
        if hop.name == ROLE:
            return self._role(hop), by_identity
        formula, callers = self.formula, self.callers
        allows, denies, full, limited = self._lines(hop)
        identity, identity_denies, own_lines = self._identity(hop)
        allow = formula.some(line.lit for line in allows)
        bounds = self._bounds(hop)
        deny = formula.some((*(line.lit for line in denies), identity_denies, bounds.denies))
        inside = self._owned(hop)
        signed = formula.some(callers.kind(kind) for kind in _SIGNED)
        federated, root = callers.kind(CallerKind.FEDERATED), callers.kind(CallerKind.ROOT)
        if hop.kind == "bucket" and len(self.hops) > 1:
            alone = formula.atom(
                Opaque("whether an identity policy on the access point alone is enough for the bucket")
            )
            flow = formula.some(
                (allow, formula.every((inside, formula.some((identity, formula.every((by_identity, alone)))))))
            )
        else:
            own = formula.every((-federated, bounds.boundary))
            within = formula.some((full, formula.every((own, formula.some((limited, identity, root))))))
            across = formula.every((own, allow, formula.some((identity, root))))
            flow = formula.some(
                (
                    formula.every((-signed, allow)),
                    formula.every((signed, inside, within)),
                    formula.every((signed, -inside, across)),
                )
            )
            flow = formula.every((flow, bounds.controls))
        parts = [flow, -deny, *self._extra(hop, inside)]
        skipped = self._skipped(hop)
        allowed = formula.some((skipped, formula.every(parts)))
        refusing = (line for item in bounds.lines for line in item.lines if line.statement.effect == "deny")
        gate = Gate(
            self._names(hop),
            hop.kind,
            allowed,
            tuple(allows),
            (*denies, *refusing),
            -skipped,
            (*own_lines, *bounds.lines),
            hop.actions,
        )
        return gate, formula.every((inside, identity, -allow))

    def _role(self, hop: Hop) -> Gate:
        """What the execution role may hand over, whoever asked; without a policy of the role that is not known."""
        formula = self.formula
        lines: dict[str, list[Line]] = {"allow": [], "deny": []}
        for item in self.read.own[hop.name]:
            for label, written, statement in item.statements():
                lines[statement.effect].append(Line(label, written, self._rest(statement, hop)))
        allow = formula.some(line.lit for line in lines["allow"])
        deny = formula.some(line.lit for line in lines["deny"])
        skipped = self._skipped(hop)
        given = bool(self.read.own[hop.name])
        says = formula.every((allow, -deny)) if given else formula.atom(Opaque("what the execution role may do"))
        allowed = formula.some((skipped, says))
        allows, denies = tuple(lines["allow"]), tuple(lines["deny"])
        return Gate(self._names(hop), hop.kind, allowed, allows, denies, -skipped, (), hop.actions)

    def _skipped(self, hop: Hop) -> Lit:
        """Whether a request does not get to a hop at all."""
        return self.formula.some(self._verb(name) for name, action in hop.actions.items() if action is None)

    def _names(self, hop: Hop) -> tuple[str, ...]:
        owners = [item.document.owner for item in self.read.own[hop.name]]
        return tuple(dict.fromkeys((*owners, hop.resource.name)))

    def _bounds(self, hop: Hop) -> _Bounds:
        """What bounds a caller at a hop: its boundary and every level of the control policies of its account have to allow, and none of them, nor one
        that bears on the resource, may deny."""
        formula, callers = self.formula, self.callers
        signed = is_signed(callers)
        lines: dict[tuple[str, str], list[Line]] = {}
        levels: dict[str, dict[str, list[Lit]]] = {"boundary": {}, "scp": {}, "rcp": {}}
        for role, held in self.read.limits.items():
            for item in held[hop.name] if role != "rcp" or _bears(hop, self.program) else ():
                carrier = binds(item.document)
                met = -callers.service_linked() if role == "rcp" else formula.every((signed, callers.carrying(carrier)))
                allows = levels[role].setdefault(item.document.attached_to, [-met])
                for label, written, statement in item.statements():
                    lit = formula.every((met, callers.matches(statement.who), self._rest(statement, hop)))
                    lines.setdefault((TITLES[role], carrier), []).append(Line(label, written, lit))
                    if statement.effect == "allow":
                        allows.append(lit)
        boundary, controls = (
            formula.every(formula.some(lits) for lits in levels[role].values()) for role in ("boundary", "scp")
        )
        denies = formula.some(line.lit for held in lines.values() for line in held if line.statement.effect == "deny")
        return _Bounds(boundary, controls, denies, _beside(lines))

    def _owned(self, hop: Hop) -> Lit:
        """Whether the caller is one of the account that owns the resource of a hop."""
        owner = account(hop.resource)
        return self.callers.named(Principal("account", (owner,), f"arn:aws:iam::{owner}:root"))

    def _lines(self, hop: Hop) -> tuple[list[Line], list[Line], Lit, Lit]:
        """The statements that allow and deny, and whether one of those grants by itself inside the account, or but for the limits of a role."""
        formula = self.formula
        allows: list[Line] = []
        denies: list[Line] = []
        full: list[Lit] = []
        limited: list[Lit] = []
        for item in self.read.own[hop.name]:
            for label, written, statement in item.statements():
                rest = self._rest(statement, hop)
                lit = formula.every((self.callers.matches(statement.who), rest))
                (denies if statement.effect == "deny" else allows).append(Line(label, written, lit))
                who = statement.who
                if statement.effect == "deny" or who is None:
                    continue
                if who.negated:
                    full.append(lit)
                    continue
                for kinds, held in ((_GRANTING, full), (("role",), limited)):
                    named = tuple(
                        item
                        for item in who.principals
                        if (item.kind in kinds or (kinds is _GRANTING and item.kind == "native"))
                    )
                    if named:
                        held.append(formula.every((self.callers.matches(Who(named)), rest)))
        return allows, denies, formula.some(full), formula.some(limited)

    def _identity(self, hop: Hop) -> tuple[Lit, Lit, tuple[Beside, ...]]:
        """Whether the caller's own policies allow, and whether they deny, what the hop is asked, and their statements; of callers without any it is not known."""
        formula, callers = self.formula, self.callers
        allow: list[Lit] = []
        deny: list[Lit] = []
        carrying: dict[str, Lit] = {}
        lines: dict[tuple[str, str], list[Line]] = {}
        for item in self.read.carried[hop.name]:
            carrier = item.document.attached_to
            own = carrying[carrier] = callers.carrying(carrier)
            for label, written, statement in item.statements():
                lit = formula.every((own, self._rest(statement, hop)))
                lines.setdefault(("identity policy", carrier), []).append(Line(label, written, lit))
                (deny if statement.effect == "deny" else allow).append(lit)
        signed = formula.some(callers.kind(kind) for kind in _SIGNED)
        root = callers.kind(CallerKind.ROOT)
        unknown = self.own.get(hop.name, self.unknown)
        allow.append(formula.every((signed, -root, *(-own for own in carrying.values()), unknown)))
        return formula.some(allow), formula.some(deny), _beside(lines)

    def _rest(self, statement: Statement, hop: Hop) -> Lit:
        """Whether a statement is about what the hop is asked, whoever asks."""
        formula = self.formula
        verbs: list[Lit] = []
        for name, action in hop.actions.items():
            if action is None or not _is_about(statement, action):
                continue
            where = self._where(statement, hop, action)
            verbs.append(formula.every((self._verb(name), where)))
        return formula.every((formula.some(verbs), self.space.conditions.holds(statement.when)))

    def _where(self, statement: Statement, hop: Hop, action: str) -> Lit:
        found = statement.resources
        if found is None:
            return TRUE
        generous = (statement.effect == "deny") is not found.negated
        on_object = bool(hop.below) and action.partition(":")[2] not in LIST_ACTIONS
        some = self.formula.some(self._fits(glob, hop, generous, on_object) for glob in found.patterns)
        return -some if found.negated else some

    def _fits(self, glob: Glob, hop: Hop, generous: bool, on_object: bool) -> Lit:
        if not all(isinstance(token, str) or hasattr(token, "value") for token in glob.tokens):
            return self.formula.atom(Opaque(f"the resource `{glob.text}`", hop.name))
        if glob.text == "*":
            return TRUE
        tokens = pattern_tokens(glob.pattern or "")
        fields = None if generous else by_fields(tokens)
        pattern = whole(tokens) if fields is None else fields
        head = arn(hop.resource)
        if not on_object:
            return TRUE if test_of(pattern)(head) else FALSE
        left = rests(pattern, head + hop.below)
        return self.formula.some(self._object((*exactly(f"{self.base}/"), *rest)) for rest in left)

    def _object(self, pattern: Pattern) -> Lit:
        return self.formula.atom(Tested((RESOURCE, 0), Fits(pattern)))

    def _extra(self, hop: Hop, inside: Lit) -> Iterator[Lit]:
        """What else a hop asks: signatures and HTTPS, Block Public Access, the VPC of an access point."""
        formula, callers = self.formula, self.callers
        if hop.resource.type == OLAP:
            yield -callers.kind(CallerKind.ANONYMOUS)
        block = hop.resource.text("block_public_access")
        if hop.kind != FUNCTION_POLICY.role and block != "off":
            held = [
                compile_emitted(item.document, Kind.RESOURCE, iam_switches(self.program.switches))
                for item in self.read.own[hop.name]
            ]
            if public_statement(held, hop.kind == "bucket") is not None:
                doubt = f"whether Block Public Access is on for `{hop.resource.name}`"
                off = formula.atom(Opaque(doubt)) if block == UNKNOWN else FALSE
                yield formula.some((callers.kind(CallerKind.SERVICE), inside, off))
        vpc = hop.resource.text("vpc") if hop.resource.type == ACCESS_POINT else ""
        if vpc and hop.name:
            yield formula.atom(Opaque("how an access point with a VPC origin takes requests from Object Lambda"))
        elif vpc:
            slot = (folded("aws:SourceVpc"), 0)
            yield formula.every((self.keys.present(slot), self.keys.passes(slot, Fits(exactly(vpc)))))

    def _further(self) -> Iterator[Lit]:
        """What is asked beside the hops: the key of a bucket."""
        if self.bucket is None or not self.bucket.text("kms_key"):
            return
        touched = self.formula.some(
            self._verb(name) for name in self.verbs if name in ("GetObject", "GetObjectVersion", "PutObject")
        )
        key = self.formula.atom(Opaque("the policy of the bucket's key"))
        yield self.formula.implies(touched, key)

    # --- requests -----------------------------------------------------------------------------------------------

    def _verb(self, name: str) -> Lit:
        return self.formula.atom(_IsVerb(name))

    def _world(self) -> Iterator[Lit]:
        formula = self.formula
        verbs = [self._verb(name) for name in self.verbs]
        yield formula.some(verbs)
        yield formula.at_most_one(verbs)
        yield -self._object(exactly(f"{self.base}/"))  # a key is not empty
        if self.resource.type == OLAP:
            secure = (folded("aws:SecureTransport"), 0)
            yield formula.implies(self.keys.present(secure), self.keys.passes(secure, Fits(exactly("true"))))
            return
        # nobody but Object Lambda calls through Object Lambda, and only requests to access points have the keys of one
        for key in list(self.keys.seen):
            if key in _VIA:
                for slot in self.keys.slots(key):
                    through = self.keys.passes(slot, Fits(exactly(SERVICE)))
                    yield -formula.every((self.keys.present(slot), through))
            elif key in _OF_ACCESS_POINT and self.resource.type == BUCKET:
                yield -self.keys.present((key, 0))

    def inside(self) -> Lit:
        """The requests of the claim."""
        statement, formula = self.scope, self.formula
        place = self.resource.place
        parts = [
            asks(self.callers, statement.who, place.partition if place is not None else "aws"),
            self.space.conditions.holds(statement.when),
        ]
        if statement.can is not None:
            some = formula.some(self._verb(name) for verb in statement.can.verbs for name in self._named(verb))
            parts.append(-some if statement.can.negated else some)
        if statement.path is not None:
            patterns = [whole(pattern_tokens(text)) for text in statement.path.patterns]
            some = formula.some(self._object((*exactly(f"{self.base}/"), *pattern)) for pattern in patterns)
            keyed = formula.some(self._verb(name) for name in self.verbs if self._has_key(name))
            some = formula.every((keyed, some))
            parts.append(-some if statement.path.negated else some)
        return formula.every(parts)

    def _named(self, verb: Verb) -> list[str]:
        """The verbs of requests that a claim names so: one, or all with an action that it spells out."""
        if verb.name in self.verbs:
            return [verb.name]
        return [name for name, known in self.verbs.items() if is_meant(verb, known.action)]

    def _has_key(self, name: str) -> bool:
        return self.resource.type != FUNCTION and self.verbs[name].action.partition(":")[2] not in LIST_ACTIONS

    def _asking(self, solution: Solution) -> Asking:
        witness = witness_of(self.space, solution)
        verb = next(
            (
                meaning.name
                for atom, holds in solution.atoms.items()
                if holds and isinstance(meaning := self.formula.meanings.get(atom), _IsVerb)
            ),
            next(iter(self.verbs)),
        )
        exact, plain = caller_text(witness.request.caller)
        context = {key: values for key, values in witness.context.items() if "@" not in key}
        source = next((values[0] for key, values in context.items() if folded(key) == _SOURCE[0]), "")
        named = _DISTRIBUTION.fullmatch(source)
        skipped = set(self.keys.derived)
        if named is not None and witness.who == "cloudfront.amazonaws.com":
            exact = plain = f"cloudfront({quote(named[1])}, {quote(named[2])})"
            skipped |= set(_SOURCE)
        rest: list[tuple[str, str]] = [("can", verb)]
        if self._has_key(verb):
            rest.append(("path", quote(witness.resource.removeprefix(f"{self.base}/"))))
        scope = target(TARGET).scope(self.resource, self.program.resources)
        rest += context_fields(context, scope, skipped)
        return Asking((("who", exact), *rest), (("who", plain), *rest))


_SIGNED: Final = (CallerKind.ROOT, CallerKind.USER, CallerKind.ROLE, CallerKind.FEDERATED)


def _is_about(statement: Statement, action: str) -> bool:
    """Whether a statement is about an action."""
    can = statement.can
    if can is None:
        return True
    if not can.verbs:
        return not can.negated
    return any(is_meant(verb, action) for verb in can.verbs) is not can.negated


def _beside(lines: Mapping[tuple[str, str], Sequence[Line]]) -> tuple[Beside, ...]:
    """Statements by what holds them, and the ARN of who carries it."""
    out: list[Beside] = []
    for (title, carrier), held in lines.items():
        whose = f"callers of {carrier.split(':')[4]}" if carrier.endswith(":root") else carrier
        out.append(Beside(f"{title} of {carrier}" if carrier and whose == carrier else title, whose, tuple(held)))
    return tuple(out)


def _bears(hop: Hop, program: Program) -> bool:
    """Whether resource control policies are evaluated for what a hop is asked."""
    return any(action is not None and rcps_bear_on(action, program.switches) for action in hop.actions.values())
