"""The policies of a project about the services, buckets and access points that it declares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from policyc.diagnostics import Diagnostics
from policyc.ir.program import Program
from policyc.model.values import Resource
from policyc.model.vocabulary import Attribute
from policyc.replay.askers.said import Names, Said, distinct, said_of
from policyc.replay.recorded import Recorded
from policyc.simulation.answer import answer
from policyc.simulation.keys import EVERYTHING, attribute_of_key
from policyc.simulation.references import PlainText
from policyc.simulation.request_text import PlainRequest, bind_to
from policyc.targets.base import Document, DocumentSet
from policyc.targets.iam_documents import resource_arn
from policyc.targets.registry import resource_types, target
from policyc.text import Span

_NOWHERE: Final = Span("<record>", 0, 0)
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
        names = Names(item.text for item in documents)
        self.reads, self.caller = names.reads, names.caller
        self.resources = {
            _place_of(item): item for item in program.resources.values() if item.type in (_SERVICE, *_CHAIN)
        }
        self.attributes: dict[str, Mapping[str, Attribute]] = {}

    def answer(self, item: Recorded) -> Said | str:
        resource = self.resources.get(item.where) or self.resources.get(item.where.rpartition("/")[2])
        if resource is None:
            what = "service with this id" if item.kind == "vpc-lattice" else "resource with this ARN"
            return f"the project declares no {what}"
        request = PlainRequest(
            plain(resource.name),
            plain(item.who),
            plain(item.can),
            plain(item.path) if item.path else None,
            tuple((plain(key), (plain(value),)) for key, value in distinct(item.keys) if self._has(resource, key)),
            (plain(EVERYTHING),),
        )
        found = Diagnostics()
        asked = bind_to(resource, request, self.program, found)
        outcome = None if asked is None else answer(self.program, self.held, asked, found)
        return why(found) if outcome is None else said_of(outcome, item)

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
