"""Cloud WAN: core network policies, a topology with ordered rules instead of allow and deny."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

from policyc.diagnostics import Diagnostics
from policyc.ir.program import Program
from policyc.model.vocabulary import Vocabulary, load_vocabulary
from policyc.syntax.json_text import JsonObject, JsonValue
from policyc.targets.base import Document, Native, Network

if TYPE_CHECKING:
    from policyc.ir.network import CoreNetwork
    from policyc.ir.program import BoundNetwork, BoundTest
    from policyc.targets.base import StepResult
    from policyc.text import Source


#: what a policy document has, and what `aws networkmanager get-core-network-policy` prints it in
_KEYS: Final = ("core-network-configuration", "CoreNetworkPolicy")


class CloudWan:
    """The target `cloudwan`; stages load on first use, so that `check` of other targets stays light."""

    name = "cloudwan"
    folder = "cloud_wan"
    called = "Cloud WAN"
    declared: Literal["network"] = "network"
    document = "core-network"
    kinds = MappingProxyType({"cloud_wan/core_network_policy": document})

    def vocabulary(self) -> Vocabulary:
        return load_vocabulary("cloud_wan")

    def check_program(self, program: Program, diagnostics: Diagnostics) -> None:
        """Lower and validate every network of the program; what `emit` reports too, without writing anything."""
        from policyc.targets.cloud_wan.documents import checked_networks

        checked_networks(program, diagnostics)

    def emit(self, program: Program, diagnostics: Diagnostics) -> Sequence[Document]:
        from policyc.targets.cloud_wan.documents import emit_documents

        return emit_documents(program, diagnostics)

    def read(self, native: Native, diagnostics: Diagnostics) -> CoreNetwork | None:
        from policyc.targets.cloud_wan.check import read_text

        return read_text(native.source, diagnostics)

    def looks_like_one(self, tree: JsonValue) -> bool:
        return isinstance(tree, JsonObject) and any(tree.get(key) is not None for key in _KEYS)

    def check_text(self, source: Source, diagnostics: Diagnostics, tree: JsonValue | None = None) -> CoreNetwork | None:
        from policyc.targets.cloud_wan.check import check_document

        return check_document(source, diagnostics, tree)

    def lower(self, bound: BoundNetwork, diagnostics: Diagnostics) -> CoreNetwork | None:
        from policyc.targets.cloud_wan.lower import lower_network

        lowered = lower_network(bound, diagnostics)
        return None if lowered is None else lowered.network

    def run_steps(self, program: Program, test: BoundTest, diagnostics: Diagnostics) -> Sequence[StepResult]:
        from policyc.targets.cloud_wan.steps import run_network_steps
        from policyc.targets.switches import wan_switches

        return run_network_steps(program, test, diagnostics, wan_switches(program.switches))

    def changes(self, old: CoreNetwork, new: CoreNetwork, switches: Mapping[str, str]) -> Sequence[str]:
        from policyc.targets.cloud_wan.compare import compare
        from policyc.targets.switches import wan_switches

        return [change.sentence() for change in compare(old, new, None, wan_switches(switches)).changes]


TARGET: Network = CloudWan()
