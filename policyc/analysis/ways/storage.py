"""The ways to objects: a bucket, an access point with its bucket, a function, and an Object Lambda access point with the whole chain behind it.

Each hop is judged as `targets.object_lambda.chain` judges it (IAM evaluation reference, section 10.2; Object Lambda reference, sections 2, 6,
8 and 9). What nobody knows of a key behind the first hop may be anything: what is proven holds whatever it is, and a request that hangs on it is no answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from policyc.analysis.asking import asks
from policyc.analysis.conditions import folded
from policyc.analysis.formula import FALSE, TRUE, Lit
from policyc.analysis.keys import RESOURCE
from policyc.analysis.question import Space
from policyc.analysis.solver import Opaque, Solution, Tested
from policyc.analysis.spelling import caller_text
from policyc.analysis.ways.base import Asking, Gate, Line, OpenIdentity, Way, policy_of, switches_of, turned_switches
from policyc.analysis.ways.hops import Fate, View, at_hop, fate_of
from policyc.analysis.ways.lattice import constant, context_fields
from policyc.analysis.witness import witness_of
from policyc.engines.iam.caller import CallerKind
from policyc.engines.iam.statement import Kind
from policyc.engines.proofs.domains import Fits
from policyc.engines.proofs.texts import Pattern, by_fields, exactly, rests, test_of, whole
from policyc.ir.authz import Glob, Policy, Resources, Statement, Who
from policyc.ir.conditions import tests as tests_of
from policyc.ir.pattern import pattern_tokens
from policyc.ir.program import Program
from policyc.model.values import Principal, Resource
from policyc.model.vocabulary import Verb, load_vocabulary
from policyc.record import record, replace
from policyc.syntax.literals import quote
from policyc.targets.base import Document, DocumentSet, Request
from policyc.targets.iam_documents.gates import compile_emitted, statement_origins
from policyc.targets.object_lambda import context as contexts
from policyc.targets.object_lambda.access_points import SERVICE
from policyc.targets.object_lambda.documents import BUCKET_POLICY, FUNCTION_POLICY, OLAP_POLICY, SUPPORTING_POLICY
from policyc.targets.object_lambda.operations import ANSWER, INVOKE, LIST_ACTIONS, is_transformed, operation
from policyc.targets.object_lambda.public import public_statement
from policyc.targets.object_lambda.resources import ACCESS_POINT, BUCKET, FUNCTION, OLAP, account, arn, chain_of
from policyc.targets.registry import target
from policyc.targets.switches import iam_switches

TARGET: Final = "object_lambda"
_SOMEBODY: Final = Principal("role", ("111122223333", "example"))
_VIA: Final = ("aws:calledvia", "aws:calledviafirst", "aws:calledvialast")
_OF_ACCESS_POINT: Final = ("s3:dataaccesspointaccount", "s3:dataaccesspointarn", "s3:accesspointnetworkorigin")
_DISTRIBUTION: Final = re.compile(r"arn:[^:]+:cloudfront::([0-9]{12}):distribution/([A-Z0-9]+)")
_SOURCE: Final = ("aws:sourcearn", "aws:sourceaccount")
#: kinds of principal by which a policy inside the account grants by itself
_GRANTING: Final = ("anyone", "user", "session", "federated_user", "service")


@record
class _IsVerb:
    """The atom that the request has a verb."""

    name: str


@record
class _Hop:
    """One hop: the resource that is asked, its kind of gate, the actions by verb (None: this verb does not get here), what stands
    between the resource's ARN and an object's key, and what the hop sees of a request."""

    name: str
    resource: Resource
    kind: str
    role: str
    actions: Mapping[str, str | None]
    below: str
    view: View


def way_to_storage(
    program: Program, documents: Sequence[Document], resource: Resource, scope: Statement, budget: int
) -> tuple[Way, Lit]:
    """The way to a bucket, an access point, a function or an Object Lambda access point, and the requests of a claim on it."""
    return _Made(program, DocumentSet.of(documents), resource, scope, budget).made()


class _Made:
    def __init__(
        self, program: Program, documents: DocumentSet, resource: Resource, scope: Statement, budget: int
    ) -> None:
        self.program, self.documents, self.resource, self.scope = program, documents, resource, scope
        self.verbs: Mapping[str, Verb] = load_vocabulary(TARGET).resource_types[resource.type].verbs
        self.switches = switches_of(program)
        self.hops = tuple(self._hops())
        self.bucket = next((hop.resource for hop in self.hops if hop.kind == "bucket"), None)
        self.base = arn(self.bucket) if self.bucket is not None else "arn:aws:s3:::no-bucket"
        self.fates: dict[str, dict[str, Fate]] = {hop.name: {} for hop in self.hops}
        self.own = {hop.name: [(item, self._read(item, hop)) for item in self._attached(hop)] for hop in self.hops}
        identity = documents.with_role("identity")
        self.carried = {
            hop.name: [(item, self._at(policy_of(item, "identity", self.switches), hop)) for item in identity]
            for hop in self.hops
        }
        policies = [policy for held in (*self.own.values(), *self.carried.values()) for _, policy in held]
        within = ((*exactly(f"{self.base}/"), ("*", "")),)
        source = next(
            item
            for item in target(TARGET).scope(resource, program.resources).values()
            if item.native == "aws:SourceArn"
        )
        self.space = Space([*policies, self._claim()], None, budget, asked=(source,), within=within)
        self.formula, self.keys, self.callers = self.space.formula, self.space.keys, self.space.callers
        for hop in self.hops:
            for key, fate in self.fates[hop.name].items():
                if fate.shared or key in self.keys.derived:
                    continue
                name = f"{key}@{hop.name}"
                if fate.absent:
                    self.keys.derived[name] = (lambda: FALSE, lambda _: FALSE)
                elif fate.value is not None:
                    self.keys.derived[name] = (lambda: TRUE, constant(fate.value))

    # --- hops ---------------------------------------------------------------------------------------------------

    def _hops(self) -> Iterator[_Hop]:
        resource, program = self.resource, self.program

        def direct(asked: Request) -> contexts.Context:
            return contexts.direct(replace(asked, resource=resource), _SOMEBODY, False)

        def permissions(service: str, only: Callable[[str], bool] = lambda _: True) -> dict[str, str | None]:
            return {
                name: f"{service}:{verb.action.partition(':')[2]}" if only(name) else None
                for name, verb in self.verbs.items()
            }

        match resource.type:
            case "s3.bucket":
                yield _Hop("", resource, "bucket", BUCKET_POLICY.role, permissions("s3"), "/", direct)
            case "lambda.function":
                yield _Hop(
                    "", resource, "function", FUNCTION_POLICY.role, dict.fromkeys(self.verbs, INVOKE), "", direct
                )
            case "s3.access_point":
                bucket = program.resource(resource.link("bucket"))
                assert bucket is not None

                def through(asked: Request) -> contexts.Context:
                    return contexts.at_access_point(direct(asked), resource, bucket)

                actions = permissions("s3")
                yield _Hop("", resource, "access_point", SUPPORTING_POLICY.role, actions, "/object/", through)
                yield _Hop("bucket", bucket, "bucket", BUCKET_POLICY.role, actions, "/", through)
            case _:
                yield from self._chain(permissions)

    def _chain(self, permissions: Callable[..., dict[str, str | None]]) -> Iterator[_Hop]:
        chain = chain_of(self.resource, self.program)
        assert chain is not None
        calls = {name: operation(name, verb.action.partition(":")[2], False) for name, verb in self.verbs.items()}

        def first(asked: Request) -> contexts.Context:
            return contexts.first(asked, _SOMEBODY, False)

        def behind(asked: Request) -> contexts.Context:
            return contexts.onward(first(asked), chain, _SOMEBODY)

        def supporting(asked: Request) -> contexts.Context:
            return contexts.at_supporting(behind(asked), asked, chain, True, False)

        def goes_on(name: str) -> bool:
            return calls[name].permission != ANSWER

        transformed = {
            name: INVOKE if goes_on(name) and is_transformed(call, chain.transformed) else None
            for name, call in calls.items()
        }
        olap = OLAP_POLICY.role
        yield _Hop("", chain.olap, olap, olap, permissions("s3-object-lambda"), "", first)
        yield _Hop("function", chain.function, FUNCTION_POLICY.role, FUNCTION_POLICY.role, transformed, "", behind)
        actions = permissions("s3", goes_on)
        point, kind = chain.access_point, SUPPORTING_POLICY.role
        yield _Hop("supporting", point, kind, kind, actions, "/object/", supporting)
        yield _Hop("bucket", chain.bucket, "bucket", BUCKET_POLICY.role, actions, "/", supporting)

    def _attached(self, hop: _Hop) -> list[Document]:
        held = self.documents.on(hop.resource.id)
        return [item for item in held if item.role == hop.role and item.kind.startswith("object_lambda/")]

    def _read(self, document: Document, hop: _Hop) -> Policy:
        return self._at(policy_of(document, TARGET, self.switches), hop)

    def _at(self, policy: Policy, hop: _Hop) -> Policy:
        """A document as one hop reads it: keys that are not shared go by names of their own."""
        fates = self.fates[hop.name]
        for statement in policy.statements:
            for test in tests_of(statement.when):
                key = folded(test.attribute.native)
                if key not in fates:
                    fates[key] = fate_of(test.attribute, hop.name, hop.view, self.resource)
        statements = tuple(
            replace(item, when=at_hop(item.when, hop.name, fates, _of_caller)) for item in policy.statements
        )
        return replace(policy, statements=statements)

    def _claim(self) -> Policy:
        text = f"{self.base}/x"
        own = Statement(
            "allow", "claim", None, None, (), None, self.scope.when, resources=Resources((Glob(text, (text,)),))
        )
        return Policy("claim", TARGET, self.resource, (own,), self.resource.file, self.resource.span, kind="bucket")

    # --- the decision -------------------------------------------------------------------------------------------

    def made(self) -> tuple[Way, Lit]:
        formula = self.formula
        self.unknown = formula.atom(OpenIdentity())
        gates: list[Gate] = []
        by_identity = FALSE
        for hop in self.hops:
            gate, alone = self._gate(hop, by_identity)
            gates.append(gate)
            by_identity = alone
        allowed = formula.every([*(gate.allowed for gate in gates), *self._further()])
        scope = self._inside()
        way = Way(
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
        return way, scope

    def _gate(self, hop: _Hop, by_identity: Lit) -> tuple[Gate, Lit]:
        """What a hop says, and whether only policies of the caller opened it."""
        formula, callers = self.formula, self.callers
        allows, denies, full, limited = self._lines(hop)
        identity, identity_denies = self._identity(hop)
        allow = formula.some(line.lit for line in allows)
        deny = formula.some((*(line.lit for line in denies), identity_denies))
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
            within = formula.some((full, formula.every((-federated, formula.some((limited, identity, root))))))
            across = formula.every((-federated, allow, formula.some((identity, root))))
            flow = formula.some(
                (
                    formula.every((-signed, allow)),
                    formula.every((signed, inside, within)),
                    formula.every((signed, -inside, across)),
                )
            )
        parts = [flow, -deny, *self._extra(hop, inside)]
        skipped = formula.some(self._verb(name) for name, action in hop.actions.items() if action is None)
        allowed = formula.some((skipped, formula.every(parts)))
        owners = [document.owner for document, _ in self.own[hop.name]]
        names = tuple(dict.fromkeys((*owners, hop.resource.name)))
        gate = Gate(names, hop.kind, allowed, tuple(allows), tuple(denies), -skipped)
        return gate, formula.every((inside, identity, -allow))

    def _owned(self, hop: _Hop) -> Lit:
        """Whether the caller is one of the account that owns the resource of a hop."""
        owner = account(hop.resource)
        return self.callers.named(Principal("account", (owner,), f"arn:aws:iam::{owner}:root"))

    def _lines(self, hop: _Hop) -> tuple[list[Line], list[Line], Lit, Lit]:
        """The statements that allow and deny, and whether one of those grants by itself inside the account, or but for the limits of a role."""
        formula = self.formula
        allows: list[Line] = []
        denies: list[Line] = []
        full: list[Lit] = []
        limited: list[Lit] = []
        for document, policy in self.own[hop.name]:
            labels = [label for label, _ in statement_origins(document)]
            for statement in policy.statements:
                label = labels[statement.index] if statement.index < len(labels) else statement.label
                rest = self._rest(statement, hop)
                lit = formula.every((self.callers.matches(statement.who), rest))
                (denies if statement.effect == "deny" else allows).append(Line(label, statement, lit))
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

    def _identity(self, hop: _Hop) -> tuple[Lit, Lit]:
        """Whether the caller's own policies allow, and whether they deny, what the hop is asked; of callers without any it is not known."""
        formula, callers = self.formula, self.callers
        allow: list[Lit] = []
        deny: list[Lit] = []
        carrying: dict[str, Lit] = {}
        for document, policy in self.carried[hop.name]:
            kind = "user" if ":user/" in document.attached_to else "role"
            own = callers.named(Principal(kind, ("", ""), document.attached_to))
            carrying[document.attached_to] = own
            for statement in policy.statements:
                lit = formula.every((own, self._rest(statement, hop)))
                (deny if statement.effect == "deny" else allow).append(lit)
        signed = formula.some(callers.kind(kind) for kind in _SIGNED)
        root = callers.kind(CallerKind.ROOT)
        allow.append(formula.every((signed, -root, *(-own for own in carrying.values()), self.unknown)))
        return formula.some(allow), formula.some(deny)

    def _rest(self, statement: Statement, hop: _Hop) -> Lit:
        """Whether a statement is about what the hop is asked, whoever asks."""
        formula = self.formula
        verbs: list[Lit] = []
        for name, action in hop.actions.items():
            if action is None or not _is_about(statement, action):
                continue
            where = self._where(statement, hop, action)
            verbs.append(formula.every((self._verb(name), where)))
        return formula.every((formula.some(verbs), self.space.conditions.holds(statement.when)))

    def _where(self, statement: Statement, hop: _Hop, action: str) -> Lit:
        found = statement.resources
        if found is None:
            return TRUE
        generous = (statement.effect == "deny") is not found.negated
        on_object = bool(hop.below) and action.partition(":")[2] not in LIST_ACTIONS
        some = self.formula.some(self._fits(glob, hop, generous, on_object) for glob in found.patterns)
        return -some if found.negated else some

    def _fits(self, glob: Glob, hop: _Hop, generous: bool, on_object: bool) -> Lit:
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

    def _extra(self, hop: _Hop, inside: Lit) -> Iterator[Lit]:
        """What else a hop asks: signatures and HTTPS, Block Public Access, the VPC of an access point."""
        formula, callers = self.formula, self.callers
        if hop.resource.type == OLAP:
            yield -callers.kind(CallerKind.ANONYMOUS)
        if hop.kind != FUNCTION_POLICY.role and hop.resource.text("block_public_access") != "off":
            held = [
                compile_emitted(item, Kind.RESOURCE, iam_switches(self.program.switches))
                for item, _ in self.own[hop.name]
            ]
            if public_statement(held, hop.kind == "bucket") is not None:
                yield formula.some((callers.kind(CallerKind.SERVICE), inside))
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

    def _inside(self) -> Lit:
        statement, formula = self.scope, self.formula
        place = self.resource.place
        parts = [
            asks(self.callers, statement.who, place.partition if place is not None else "aws"),
            self.space.conditions.holds(statement.when),
        ]
        if statement.can is not None:
            some = formula.some(self._verb(verb.name) for verb in statement.can.verbs)
            parts.append(-some if statement.can.negated else some)
        if statement.path is not None:
            patterns = [whole(pattern_tokens(text)) for text in statement.path.patterns]
            some = formula.some(self._object((*exactly(f"{self.base}/"), *pattern)) for pattern in patterns)
            keyed = formula.some(self._verb(name) for name in self.verbs if self._has_key(name))
            some = formula.every((keyed, some))
            parts.append(-some if statement.path.negated else some)
        return formula.every(parts)

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
_CALLER_KEYS: Final = frozenset(
    {
        "aws:principalarn",
        "aws:principalaccount",
        "aws:principaltype",
        "aws:username",
        "aws:principalisawsservice",
        "aws:principalservicename",
        "aws:principalservicenameslist",
    }
)


def _of_caller(key: str) -> bool:
    """Whether a key follows from the caller, and so is the same at every hop."""
    return key in _CALLER_KEYS


def _is_about(statement: Statement, action: str) -> bool:
    """Whether a statement is about an action."""
    can = statement.can
    if can is None:
        return True
    if not can.verbs:
        return not can.negated
    some = any(
        test_of(whole(pattern_tokens(folded(verb.action).replace("\\", "\\\\"))))(folded(action)) for verb in can.verbs
    )
    return some is not can.negated
