"""The policies of a project about the services, buckets and access points that it declares."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Final

from policyc.diagnostics import Diagnostics
from policyc.engines.iam.principals import principal_arn
from policyc.engines.iam.statement import Kind
from policyc.ir.program import Program
from policyc.model.values import Resource
from policyc.model.vocabulary import Attribute
from policyc.replay.askers.said import NO_CONNECTIONS, OF_CONNECTIONS, Keys, Names, Said, by_itself, distinct, said_of
from policyc.replay.columns.likeness import Side
from policyc.replay.recorded import NOBODY, Recorded
from policyc.simulation.answer import answer
from policyc.simulation.keys import EVERYTHING, attribute_of_key
from policyc.simulation.references import PlainText
from policyc.simulation.request_text import PlainRequest, bind_to
from policyc.targets.base import Document, DocumentSet
from policyc.targets.iam_documents.gates import compile_emitted
from policyc.targets.iam_documents.resources import resource_arn
from policyc.targets.lattice.access_log import CONNECT
from policyc.targets.registry import resource_types, target
from policyc.targets.switches import iam_switches
from policyc.text import Span

_NOWHERE: Final = Span("<record>", 0, 0)
#: the role of a document of callers -> what the engine calls it
_OF_CALLERS: Final = {
    "identity": Kind.IDENTITY,
    "boundary": Kind.BOUNDARY,
    "session": Kind.SESSION,
    "scp": Kind.SCP,
    "rcp": Kind.RCP,
}
#: the types that records are about, and the field that their ARN ends in
_SERVICE: Final = "lattice.service"
_CHAIN: Final = ("object_lambda.access_point", "s3.access_point", "s3.bucket", "lambda.function")


def plain(text: str) -> PlainText:
    """A text that stands in no file."""
    return PlainText(text, _NOWHERE)


class OfProject:
    """The policies of a project, for logs of VPC Lattice, CloudTrail and S3."""

    def __init__(self, program: Program, documents: Sequence[Document]) -> None:
        self.program, self.held = program, DocumentSet.of(documents)
        self.names = Names(item.text for item in documents)
        self.reads, self.caller = self.names.reads, self.names.caller
        self.resources = {
            _place_of(item): item for item in program.resources.values() if item.type in (_SERVICE, *_CHAIN)
        }
        self.attributes: dict[str, Mapping[str, Attribute]] = {}

    def alike(self, item: Recorded, told: Keys) -> Hashable:
        return by_itself(item, told)

    def place(self, item: Recorded) -> Hashable:
        return item.where, item.path

    def quotes(self, kind: str) -> bool:
        return True

    def answer(self, item: Recorded) -> Said | str:
        resource = self.resources.get(item.where) or self.resources.get(item.where.rpartition("/")[2])
        if resource is None:
            what = "service with this id" if item.kind == "vpc-lattice" else "resource with this ARN"
            return f"the project declares no {what}"
        if item.kind == "vpc-lattice" and item.can == CONNECT and resource.text("protocol") not in OF_CONNECTIONS:
            return NO_CONNECTIONS
        request = PlainRequest(
            plain(resource.name),
            None if item.who == NOBODY else plain(item.who),
            plain(item.can),
            plain(item.path) if item.path else None,
            tuple((plain(key), (plain(value),)) for key, value in distinct(item.keys) if self._has(resource, key)),
            (plain(EVERYTHING),),
        )
        found = Diagnostics()
        asked = bind_to(resource, request, self.program, found)
        outcome = None if asked is None else answer(self.program, self.held, asked, found)
        return why(found) if outcome is None else said_of(outcome, item)

    def side(self) -> Side:
        """What columns of VPC Lattice records need to know of the project."""
        switches = iam_switches(self.program.switches)
        held = [item for item in self.held if item.role in ("service", "network", *_OF_CALLERS)]
        documents = tuple(compile_emitted(item, _OF_CALLERS.get(item.role, Kind.RESOURCE), switches) for item in held)
        declared = (principal_arn(item, "aws") for item in self.program.principals)
        names = "\n".join((self.names.text, *(item.attached_to for item in held), *declared))
        services = frozenset(name for name, item in self.resources.items() if item.type == _SERVICE)
        own = {item.id: name for name, item in self.resources.items() if item.type == _SERVICE}
        return Side(
            documents,
            names,
            self.reads,
            self.names.told_apart,
            self._problem,
            services,
            False,
            tuple(own.get(item.attached_to, "").rpartition("/")[2] for item in held),
            False,
            frozenset(),
            self._is_plain,
        )

    def _is_plain(self, arn: str) -> bool:
        resource = self.resources.get(arn) or self.resources.get(arn.rpartition("/")[2])
        return resource is None or resource.text("protocol") not in ("grpc", "tls_passthrough")

    def _problem(self, key: str, value: str) -> str:
        """Why no request can have the value for a key, empty where one can."""
        for resource in self.resources.values():
            if resource.type == _SERVICE and self._has(resource, key):
                found = Diagnostics()
                bind_to(
                    resource,
                    PlainRequest(plain(resource.name), attributes=((plain(key), (plain(value),)),)),
                    self.program,
                    found,
                )
                return why(found) if found.has_errors else ""
        return ""

    def _has(self, resource: Resource, key: str) -> bool:
        """Whether requests to the resource have the key: what a log tells besides has no place in one."""
        if not self.reads(key):
            return False
        found = self.attributes.get(resource.id)
        if found is None:
            kind = target(resource_types()[resource.type].target)
            found = self.attributes[resource.id] = kind.scope(resource, self.program.resources)
        return attribute_of_key(key, found) is not None


def _place_of(item: Resource) -> str:
    """What a record calls the resource: the id of a service, the ARN of any other."""
    if item.type == _SERVICE:
        return item.text("id") or item.id
    return resource_arn(item, resource_types()[item.type]) if item.place is not None and item.text("name") else item.id


def why(found: Diagnostics) -> str:
    """Why a request cannot be asked."""
    return next((item.message for item in found if item.severity == "error"), "the request cannot be asked")
