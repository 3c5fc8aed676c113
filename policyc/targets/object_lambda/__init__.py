"""S3 Object Lambda: one policy, every document of the chain behind it, and requests followed hop by hop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from policyc.diagnostics import Diagnostics
from policyc.engines.trace import Outcome
from policyc.ir.authz import Policy
from policyc.ir.program import Program
from policyc.model.values import Principal, Resource
from policyc.model.vocabulary import Attribute, Vocabulary, load_vocabulary
from policyc.targets.base import Document, Native, Request, Target


class ObjectLambda:
    """The target `object_lambda`."""

    name = "object_lambda"
    folder = "object_lambda"
    called = "S3 Object Lambda"
    document = "object-lambda"
    service = "s3-object-lambda"
    kinds = MappingProxyType(
        {
            "object_lambda/access_point_policy": "object-lambda",
            "object_lambda/supporting_access_point_policy": "access-point",
            "object_lambda/bucket_policy": "bucket",
            "object_lambda/function_policy": "function",
            "object_lambda/execution_role_policy": "identity",
        }
    )

    def vocabulary(self) -> Vocabulary:
        return load_vocabulary("object_lambda")

    def scope(self, on: Resource | Principal, resources: Mapping[str, Resource]) -> Mapping[str, Attribute]:
        """Every attribute: limits explain which ones an access point never evaluates, and requests may state them all."""
        return self.vocabulary().attributes

    def check(self, policy: Policy, program: Program, diagnostics: Diagnostics) -> None:
        from policyc.targets.object_lambda.limits import check

        check(policy, program, diagnostics)

    def check_program(self, program: Program, diagnostics: Diagnostics) -> None:
        """Nothing beyond single policies: resources are checked by their vocabulary."""

    def emit(self, program: Program, diagnostics: Diagnostics) -> Sequence[Document]:
        from policyc.targets.object_lambda.documents import emit

        return emit(program, diagnostics)

    def read(self, native: Native, diagnostics: Diagnostics) -> Policy | None:
        from policyc.targets.iam_documents.read import read_text

        return read_text(native, diagnostics)

    def simulate(
        self, program: Program, documents: Sequence[Document], request: Request, diagnostics: Diagnostics
    ) -> Outcome | None:
        from policyc.targets.object_lambda.chain import simulate

        return simulate(program, documents, request, diagnostics)


TARGET: Target = ObjectLambda()
