"""The whole way of a request to a declared resource as one formula: every gate that it meets, and what they make of it together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from policyc.ir.authz import Statement
from policyc.ir.program import Program
from policyc.model.values import Resource
from policyc.targets.base import Document

if TYPE_CHECKING:
    from policyc.analysis.conditions import Bindings
    from policyc.analysis.formula import Lit
    from policyc.analysis.ways.base import Way

#: types of resources whose way is known
_STORAGE = ("s3.bucket", "s3.access_point", "lambda.function", "object_lambda.access_point")
TYPES = ("lattice.service", "verified_access.endpoint", "client_vpn.endpoint", *_STORAGE)


def way_to(
    program: Program,
    documents: Sequence[Document],
    resource: Resource,
    scope: Statement,
    budget: int,
    bindings: Bindings | None = None,
) -> tuple[Way, Lit]:
    """The way to a resource of one of `TYPES`, and the requests that `scope` describes; with `bindings` policy variables have these values."""
    match resource.type:
        case "lattice.service":
            from policyc.analysis.ways.lattice import way_to_service

            return way_to_service(program, documents, resource, scope, budget, bindings)
        case _ if resource.type in _STORAGE:
            from policyc.analysis.ways.storage import way_to_storage

            return way_to_storage(program, documents, resource, scope, budget, bindings)
        case _:
            from policyc.analysis.ways.cedar import way_to_endpoint

            return way_to_endpoint(program, resource, scope, budget)
