"""S3 Object Lambda: one policy, every document of the chain behind it, and requests followed hop by hop."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from policyc.diagnostics import Diagnostics
from policyc.ir.authz import Policy
from policyc.ir.program import Program
from policyc.targets.base import Document, Request, Target
from policyc.targets.iam_target import IamTarget

if TYPE_CHECKING:
    from policyc.engines.trace import Outcome


class ObjectLambda(IamTarget):
    """The target `object_lambda`."""

    name = "object_lambda"
    folder = "object_lambda"
    called = "S3 Object Lambda"
    document = "object-lambda"
    service = "s3-object-lambda"
    as_one = True
    kinds = MappingProxyType(
        {
            "object_lambda/access_point_policy": "object-lambda",
            "object_lambda/supporting_access_point_policy": "access-point",
            "object_lambda/bucket_policy": "bucket",
            "object_lambda/function_policy": "function",
            "object_lambda/execution_role_policy": "identity",
        }
    )

    def check(self, policy: Policy, program: Program, diagnostics: Diagnostics) -> None:
        from policyc.targets.object_lambda.limits import check

        check(policy, program, diagnostics)

    def emit(self, program: Program, diagnostics: Diagnostics) -> Sequence[Document]:
        from policyc.targets.object_lambda.documents import emit

        return emit(program, diagnostics)

    def simulate(
        self, program: Program, documents: Sequence[Document], request: Request, diagnostics: Diagnostics
    ) -> Outcome | None:
        from policyc.targets.object_lambda.chain import simulate

        return simulate(program, documents, request, diagnostics)


TARGET: Target = ObjectLambda()
