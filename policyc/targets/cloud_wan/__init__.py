"""Cloud WAN: core network policies, a topology with ordered rules instead of allow and deny."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from policyc.diagnostics import Diagnostics
from policyc.ir.program import Program
from policyc.model.vocabulary import Vocabulary, load_vocabulary
from policyc.targets.base import Document, Network


@dataclass(frozen=True, slots=True)
class CloudWan:
    """The target `cloudwan`; stages load on first use, so that `check` of other targets stays light."""

    name: str = "cloudwan"
    folder: str = "cloud_wan"
    called: str = "Cloud WAN"
    declared: Literal["network"] = "network"

    def vocabulary(self) -> Vocabulary:
        return load_vocabulary("cloud_wan")

    def check_program(self, program: Program, diagnostics: Diagnostics) -> None:
        """Lower and validate every network of the program; what `emit` reports too, without writing anything."""
        from policyc.targets.cloud_wan.documents import checked_networks

        checked_networks(program, diagnostics)

    def emit(self, program: Program, diagnostics: Diagnostics) -> Sequence[Document]:
        from policyc.targets.cloud_wan.documents import emit_documents

        return emit_documents(program, diagnostics)


TARGET: Network = CloudWan()
