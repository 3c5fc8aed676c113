"""What the targets of IAM documents have in common."""

from __future__ import annotations

from collections.abc import Mapping

from policyc.diagnostics import Diagnostics
from policyc.ir.authz import Policy
from policyc.ir.program import Program
from policyc.model.values import Principal, Resource
from policyc.model.vocabulary import Attribute, Vocabulary, load_vocabulary
from policyc.targets.base import Native


class IamTarget:
    """A target whose policies become IAM documents; stages load on first use, so that `check` of other targets stays light."""

    folder: str

    def vocabulary(self) -> Vocabulary:
        return load_vocabulary(self.folder)

    def scope(self, on: Resource | Principal, resources: Mapping[str, Resource]) -> Mapping[str, Attribute]:
        """Every attribute: limits explain why one never comes, and requests may state them all."""
        return self.vocabulary().attributes

    def check_program(self, program: Program, diagnostics: Diagnostics) -> None:
        """Nothing beyond single policies: resources are checked by their vocabulary."""

    def read(self, native: Native, diagnostics: Diagnostics) -> Policy | None:
        from policyc.targets.iam_documents.read import read_text

        return read_text(native, diagnostics)
