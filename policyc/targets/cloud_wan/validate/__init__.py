"""What the service would refuse: every check of a core network that needs no live data.

One module per part of the policy. All findings are errors unless the service's answer is not published; the service's own
error code stands in the help where one is known. Source: Cloud WAN reference, sections 1, 2, 3.9 and 6 (E rows).
"""

from __future__ import annotations

from policyc.diagnostics import Diagnostics
from policyc.ir.network import CoreNetwork
from policyc.targets.cloud_wan.validate.actions import check_actions
from policyc.targets.cloud_wan.validate.addressing import check_configuration
from policyc.targets.cloud_wan.validate.insertion import check_insertion
from policyc.targets.cloud_wan.validate.names import check_names
from policyc.targets.cloud_wan.validate.policies import check_policies
from policyc.targets.cloud_wan.validate.references import check_references
from policyc.targets.cloud_wan.validate.rules import check_rules
from policyc.targets.cloud_wan.validate.version import check_version


def validate_network(network: CoreNetwork, diagnostics: Diagnostics) -> bool:
    """Report all that the service would refuse; whether nothing was an error."""
    found = Diagnostics()
    for check in (
        check_version,
        check_configuration,
        check_names,
        check_references,
        check_rules,
        check_actions,
        check_insertion,
        check_policies,
    ):
        check(network, found)
    diagnostics.extend(found)
    return not found.has_errors
