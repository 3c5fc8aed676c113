"""The resources of one chain seen together: access point, function, supporting access point, bucket, and their ARNs.

Source: Object Lambda reference, section 3.
"""

from __future__ import annotations

from policyc.ir.program import Program
from policyc.model.values import Place, Principal, Resource
from policyc.model.vocabulary import load_vocabulary
from policyc.record import record
from policyc.targets.iam_documents.resources import resource_arn
from policyc.targets.object_lambda.operations import TRANSFORMED_BY_DEFAULT

ACCESS_POINT = "s3.access_point"
BUCKET = "s3.bucket"
FUNCTION = "lambda.function"
OLAP = "object_lambda.access_point"


def arn(resource: Resource) -> str:
    """The ARN of a resource of this target, with the qualifier of a function.

    Raises ValueError when the resource lacks its name or place: the front end lets no such resource through.
    """
    return resource_arn(resource, load_vocabulary("object_lambda").resource_types[resource.type])


@record
class Chain:
    """An Object Lambda access point with everything behind it."""

    olap: Resource
    function: Resource
    access_point: Resource
    bucket: Resource

    @property
    def transformed(self) -> frozenset[str]:
        """The calls that go through the function."""
        if self.olap.get("actions") is None:
            return TRANSFORMED_BY_DEFAULT
        return frozenset(self.olap.words("actions"))

    @property
    def place(self) -> Place:
        place = self.olap.place
        assert place is not None
        return place

    @property
    def function_source(self) -> str:
        """What the function's permission for CloudFront asks for: `open`, `account` or `distribution`."""
        return self.olap.text("function_source") or "open"


def chain_of(olap: Resource, program: Program) -> Chain | None:
    """The chain of an Object Lambda access point; None when a link of it is broken (reported by the front end)."""
    function = program.resource(olap.link("function"))
    access_point = program.resource(olap.link("supporting"))
    bucket = program.resource(access_point.link("bucket")) if access_point is not None else None
    parts = (olap, function, access_point, bucket)
    if function is None or access_point is None or bucket is None:
        return None
    if any(part is None or part.place is None or not part.text("name") for part in parts):
        return None
    return Chain(olap, function, access_point, bucket)


def execution_role(function: Resource) -> Principal | None:
    """The declared execution role."""
    value = function.get("role")
    return value.data if value is not None and isinstance(value.data, Principal) else None


def account(resource: Resource) -> str:
    """The account that owns the resource."""
    return resource.place.account if resource.place is not None else ""
