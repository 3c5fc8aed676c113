"""Checking one raw core network policy: what the service would refuse, then the lint rules for networks."""

from __future__ import annotations

from typing import Final

from policyc.diagnostics import Diagnostics, Severity
from policyc.ir.network import CoreNetwork
from policyc.ir.program import Program
from policyc.lint.nested import Places
from policyc.lint.raw.meant import Meant
from policyc.lint.registry import Settings, run_family
from policyc.syntax.json_text import JsonMember, JsonObject, JsonString, JsonValue, parse_json
from policyc.targets.registry import network_of
from policyc.text import Source

_TARGET: Final = network_of("core-network")
#: a part that is left out may be missed where another one was
_ROUNDS: Final = 3
#: keys of what others name or lie in
_NAMED: Final = frozenset(
    {
        *("name", "routing-policy-name", "location", "asn-ranges", "inside-cidr-blocks", "core-network-configuration"),
        *("edge-locations", "segments", "network-function-groups", "routing-policies", "routing-policy-rules"),
    }
)
_NO_PROGRAM = Program({}, {}, {}, (), (), (), ())


def check_network(
    source: Source, diagnostics: Diagnostics, tree: JsonValue | None = None, settings: Settings | None = None
) -> CoreNetwork | None:
    """Everything that is wrong or doubtful in one document; the network when its shape is right. A shape that is not hides nothing else."""
    found = Diagnostics()
    if tree is None:
        tree = parse_json(source, found)
    network = None if tree is None else _TARGET.check_text(source, found, tree)
    if tree is not None:
        whole = tree if network is not None else _shaped(source, tree, found)
        if whole is not None:
            _lint(source, whole, network, found, settings)
    diagnostics.extend(found)
    return network


def _shaped(source: Source, tree: JsonValue, found: Diagnostics) -> JsonValue | None:
    """A document in the shape that is meant, after adding to `found` what else is wrong with it; None where something had to be left out: rules would ask for that."""
    errors, told, dropped, lost = list(found), Places.of_errors(found), False, False
    for _ in range(_ROUNDS):
        meant = Meant(errors)
        tree, again = meant.read(tree), Diagnostics()
        dropped, lost = dropped or bool(meant.left_out), lost or any(map(_declares, meant.left_out))
        if _TARGET.check_text(source, again, tree) is not None:
            if not lost:
                found.extend([item for item in again if not told.around(item.span)])
            return None if dropped else tree
        errors = list(again)
    return None


def _declares(part: JsonValue | JsonMember) -> bool:
    """Whether what is left out may be what others name or lie in."""
    members = (part,) if isinstance(part, JsonMember) else part.members if isinstance(part, JsonObject) else ()
    return isinstance(part, JsonString) or any(member.key in _NAMED for member in members)


def _lint(
    source: Source, tree: JsonValue, network: CoreNetwork | None, found: Diagnostics, settings: Settings | None
) -> None:
    """Run the rules on a document in which names that nothing has are read as those that are offered."""
    words = [item for item in found if item.severity is Severity.ERROR and item.fix is not None and item.fix.of_words]
    if words or network is None:
        network = _TARGET.check_text(source, Diagnostics(), Meant(words).read(tree))
    if network is not None:
        by_rules, told = Diagnostics(), Places.of_errors(found)
        lint_network(network, by_rules, settings)
        found.extend([item for item in by_rules if not told.around(item.span)])


def lint_network(network: CoreNetwork, diagnostics: Diagnostics, settings: Settings | None = None) -> None:
    """Run the lint rules for networks on one that no policy file declares."""
    diagnostics.extend(run_family(_TARGET.name, _NO_PROGRAM, settings or Settings(), {"core networks": [network]}))
