"""The hops on the way to objects, and what the documents of a project say at each, read as the hop sees a request (IAM evaluation reference, section
10.2; Object Lambda reference, sections 2, 6, 8 and 9)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from policyc.analysis.conditions import folded
from policyc.analysis.ways.base import policy_of, switches_of
from policyc.analysis.ways.hops import Fate, View, at_hop, fate_of
from policyc.ir.authz import Policy, Statement
from policyc.ir.conditions import tests as tests_of
from policyc.ir.program import Program
from policyc.model.values import Principal, Resource
from policyc.model.vocabulary import Verb, load_vocabulary
from policyc.record import record, replace
from policyc.targets.base import Document, DocumentSet, Request
from policyc.targets.iam_documents.gates import identity_documents, statement_origins
from policyc.targets.object_lambda import context as contexts
from policyc.targets.object_lambda.documents import (
    BUCKET_POLICY,
    FUNCTION_POLICY,
    OLAP_POLICY,
    ROLE_POLICY,
    SUPPORTING_POLICY,
    role_carrier,
)
from policyc.targets.object_lambda.operations import ANSWER, INVOKE, is_transformed, operation
from policyc.targets.object_lambda.operations import OLAP as OLAP_ACTIONS
from policyc.targets.object_lambda.resources import arn, chain_of, execution_role

TARGET: Final = "object_lambda"
ROLE: Final = "role"
_SOMEBODY: Final = Principal("role", ("111122223333", "example"))
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


@record
class Hop:
    """One hop: the resource that is asked, its kind of gate, the actions by verb (None: this verb does not get here), what stands
    between the resource's ARN and an object's key, and what the hop sees of a request."""

    name: str
    resource: Resource
    kind: str
    role: str
    actions: Mapping[str, str | None]
    below: str
    view: View


@record
class Own:
    """A document at a hop: as it was written, and as the hop reads it."""

    document: Document
    written: Policy
    read: Policy

    def statements(self) -> Iterator[tuple[str, Statement, Statement]]:
        """Each statement with its label: as it was written, and as the hop reads it."""
        labels = [label for label, _ in statement_origins(self.document)]
        for written, read in zip(self.written.statements, self.read.statements, strict=True):
            yield (labels[read.index] if read.index < len(labels) else read.label), written, read


class Hops:
    """The hops behind a resource of one project. `own` are the documents of each by its name, `carried` the identity policies of callers, `limits` what
    bounds them and what may be done to the resources; `fates` say what a key is at a hop."""

    def __init__(self, program: Program, documents: DocumentSet, resource: Resource) -> None:
        self.program, self.documents, self.resource = program, documents, resource
        self.verbs: Mapping[str, Verb] = load_vocabulary(TARGET).resource_types[resource.type].verbs
        self.chain = chain_of(resource, program)
        self.hops = tuple(self._hops())
        self.bucket = next((hop.resource for hop in self.hops if hop.kind == "bucket"), None)
        self.base = arn(self.bucket) if self.bucket is not None else "arn:aws:s3:::no-bucket"
        self.fates: dict[str, dict[str, Fate]] = {hop.name: {} for hop in self.hops}
        self._switches = switches_of(program)
        self.own = {hop.name: [self._read(item, hop, TARGET) for item in self._attached(hop)] for hop in self.hops}
        self.carried = {hop.name: self._of_callers("identity", hop) for hop in self.hops if hop.name != ROLE}
        self.limits = {
            role: {hop.name: self._of_callers(role, hop) for hop in self.hops if hop.name != ROLE}
            for role in ("boundary", "scp", "rcp")
        }

    def policies(self) -> Iterator[Policy]:
        """Every document as some hop reads it."""
        for held in (self.own, self.carried, *self.limits.values()):
            for items in held.values():
                yield from (item.read for item in items)

    def wiring(self) -> tuple[str, ...]:
        """What the hops lead through."""
        return tuple(
            f"{arn(hop.resource)} of {hop.resource.place.account if hop.resource.place else ''}" for hop in self.hops
        )

    # --- documents ----------------------------------------------------------------------------------------------

    def _attached(self, hop: Hop) -> list[Document]:
        function = self.chain.function if hop.name == ROLE and self.chain is not None else None
        carrier = hop.resource.id if function is None else role_carrier(function)
        held = [
            item
            for item in self.documents.on(carrier)
            if item.role == hop.role and item.kind.startswith("object_lambda/")
        ]
        role = None if function is None else execution_role(function)
        return held + (identity_documents(self.documents, role) if role is not None else [])

    def _of_callers(self, role: str, hop: Hop) -> list[Own]:
        return [self._read(item, hop, "identity") for item in self.documents.with_role(role)]

    def _read(self, document: Document, hop: Hop, target: str) -> Own:
        """A document as it is written, and as one hop reads it: keys that are not shared go by names of their own."""
        policy = policy_of(document, target, self._switches)
        fates = self.fates[hop.name]
        for statement in policy.statements:
            for test in tests_of(statement.when):
                key = folded(test.attribute.native)
                if key not in fates:
                    # the role asks for itself, and nothing is known of what it sees
                    fates[key] = (
                        Fate() if hop.name == ROLE else fate_of(test.attribute, hop.name, hop.view, self.resource)
                    )
        kept = _of_nobody if hop.name == ROLE else _of_caller
        statements = tuple(replace(item, when=at_hop(item.when, hop.name, fates, kept)) for item in policy.statements)
        return Own(document, policy, replace(policy, statements=statements))

    # --- hops ---------------------------------------------------------------------------------------------------

    def _hops(self) -> Iterator[Hop]:
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
                yield Hop("", resource, "bucket", BUCKET_POLICY.role, permissions("s3"), "/", direct)
            case "lambda.function":
                yield Hop("", resource, "function", FUNCTION_POLICY.role, dict.fromkeys(self.verbs, INVOKE), "", direct)
            case "s3.access_point":
                bucket = program.resource(resource.link("bucket"))
                assert bucket is not None

                def through(asked: Request) -> contexts.Context:
                    return contexts.at_access_point(direct(asked), resource, bucket)

                actions = permissions("s3")
                yield Hop("", resource, "access_point", SUPPORTING_POLICY.role, actions, "/object/", through)
                yield Hop("bucket", bucket, "bucket", BUCKET_POLICY.role, actions, "/", through)
            case _:
                yield from self._chain(permissions)

    def _chain(self, permissions: Callable[..., dict[str, str | None]]) -> Iterator[Hop]:
        chain = self.chain
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
        yield Hop("", chain.olap, olap, olap, permissions("s3-object-lambda"), "", first)
        yield Hop("function", chain.function, FUNCTION_POLICY.role, FUNCTION_POLICY.role, transformed, "", behind)
        actions = permissions("s3", goes_on)
        point, kind = chain.access_point, SUPPORTING_POLICY.role
        yield Hop("supporting", point, kind, kind, actions, "/object/", supporting)
        yield Hop("bucket", chain.bucket, "bucket", BUCKET_POLICY.role, actions, "/", supporting)
        answers = {
            name: f"{OLAP_ACTIONS}:{ANSWER}" if transformed[name] and call.answers_through_service else None
            for name, call in calls.items()
        }
        yield Hop(ROLE, chain.olap, ROLE_POLICY.role, ROLE_POLICY.role, answers, "", first)


def _of_caller(key: str) -> bool:
    """Whether a key follows from the caller, and so is the same at every hop."""
    return key in _CALLER_KEYS


def _of_nobody(key: str) -> bool:
    return False
