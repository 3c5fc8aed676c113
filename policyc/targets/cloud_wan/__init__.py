"""Cloud WAN: core network policies, a topology with ordered rules instead of allow and deny."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

from policyc.diagnostics import Diagnostics
from policyc.ir.program import Program
from policyc.model.vocabulary import Vocabulary, load_vocabulary
from policyc.syntax.json_text import JsonObject, JsonValue
from policyc.targets.base import Document, Native, Network

if TYPE_CHECKING:
    from policyc.ir.network import CoreNetwork


#: what a policy document has, and what `aws networkmanager get-core-network-policy` prints it in
_KEYS: Final = ("core-network-configuration", "CoreNetworkPolicy")


def is_core_network(tree: JsonValue) -> bool:
    """Whether a JSON value looks like a core network policy, or an answer of the service around one."""
    return isinstance(tree, JsonObject) and any(tree.get(key) is not None for key in _KEYS)


class CloudWan:
    """The target `cloudwan`; stages load on first use, so that `check` of other targets stays light."""

    name = "cloudwan"
    folder = "cloud_wan"
    called = "Cloud WAN"
    declared: Literal["network"] = "network"
    kinds = MappingProxyType({"cloud_wan/core_network_policy": "core-network"})

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


TARGET: Network = CloudWan()
