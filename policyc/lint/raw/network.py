"""Checking one raw core network policy: what the service would refuse, then the lint rules for networks."""

from __future__ import annotations

from typing import Final

from policyc.diagnostics import Diagnostics
from policyc.ir.network import CoreNetwork
from policyc.ir.program import Program
from policyc.lint.registry import Settings, run_family
from policyc.syntax.json_text import JsonValue
from policyc.targets.registry import network_of
from policyc.text import Source

_TARGET: Final = network_of("core-network")
_NO_PROGRAM = Program({}, {}, {}, (), (), (), ())


def check_network(
    source: Source, diagnostics: Diagnostics, tree: JsonValue | None = None, settings: Settings | None = None
) -> CoreNetwork | None:
    """Everything that is wrong or doubtful in one document; the network when its shape is right. Lint rules run only on a document
    without errors."""
    found = Diagnostics()
    network = _TARGET.check_text(source, found, tree)
    if network is not None and not found.has_errors:
        lint_network(network, found, settings)
    diagnostics.extend(found)
    return network


def lint_network(network: CoreNetwork, diagnostics: Diagnostics, settings: Settings | None = None) -> None:
    """Run the lint rules for networks on one that no policy file declares."""
    diagnostics.extend(run_family(_TARGET.name, _NO_PROGRAM, settings or Settings(), {"core networks": [network]}))
