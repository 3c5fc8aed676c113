"""How to speak of the parts of a core network: in the forms of the language, or in the keys of the document that was read.

Every message of a rule or a check that names a form takes it from here, with its backticks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from policyc.ir.network import CoreNetwork
from policyc.ir.origin import Origin
from policyc.record import record

_REST: Final = 'a rule that drops `0.0.0.0/0` and `::/0`, each by `prefix-equals` and by `prefix-in-cidr` with `"condition-logic": "or"`'


@record
class Speech:
    """The words of one network; `document` tells that its author wrote the service's own JSON."""

    document: bool

    def _form(self, language: str, document: str) -> str:
        return document if self.document else language

    # --- segments and groups ----------------------------------------------------------------------------------

    @property
    def isolate(self) -> str:
        return self._form("`isolate`", '`"isolate-attachments": true`')

    @property
    def no_acceptance(self) -> str:
        """What a segment or a function group says that asks for none."""
        return self._form("`no acceptance`", '`"require-attachment-acceptance": false`')

    def segment(self, name: object) -> str:
        return self._form(f"`segment {name}`", f"segment `{name}`")

    def group(self, name: object) -> str:
        return self._form(f"`group {name}`", f"function group `{name}`")

    # --- rules ------------------------------------------------------------------------------------------------

    @property
    def rules(self) -> str:
        """Where association rules stand."""
        return self._form("`attach`", "`attachment-policies`")

    @property
    def rule_without_acceptance(self) -> str:
        return self._form("`no acceptance`", '`"require-acceptance": false`')

    @property
    def rule_with_acceptance(self) -> str:
        return self._form("`require acceptance`", '`"require-acceptance": true`')

    @property
    def account_condition(self) -> str:
        return self._form("a condition on `account`", "a condition of type `account-id`")

    @property
    def label_rules(self) -> str:
        """Where the rules for labels stand."""
        return self._form("`labels`", "`attachment-routing-policy-rules`")

    @property
    def edges(self) -> str:
        """The part that limits a segment or a rule for labels to some edges."""
        return self._form("`edges`", "`edge-locations`")

    # --- actions ----------------------------------------------------------------------------------------------

    @property
    def send_to(self) -> str:
        return self._form("`send to`", "`send-to`")

    @property
    def send_via(self) -> str:
        return self._form("`send via`", "`send-via`")

    def single_hop(self) -> str:
        """The mode of `send via` in which one edge inspects."""
        return self._form("`mode single_hop`", '`"mode": "single-hop"`')

    def override(self, edges: Sequence[str], use: str) -> str:
        """An override for flows between these edges."""
        listed = ", ".join(f'"{edge}"' for edge in edges)
        return self._form(
            f"`edge [{', '.join(edges)}] use {use}`", f'`{{"edge-sets": [[{listed}]], "use-edge-location": "{use}"}}`'
        )

    # --- routing policies -------------------------------------------------------------------------------------

    def applied(self, policy: object) -> str:
        """The part of a share that names a routing policy."""
        return self._form(f"`apply {policy}`", "`routing-policy-names`")

    @property
    def drop_the_rest(self) -> str:
        """The last rule of a routing policy that lets nothing else pass."""
        return self._form("`otherwise -> drop`", _REST)

    def drop_exactly(self, block: str) -> str:
        """A rule of a routing policy that drops one prefix and nothing else."""
        return self._form(f'`prefix == "{block}" -> drop`', f"a rule that drops `{block}` by `prefix-equals`")

    # --- declarations -----------------------------------------------------------------------------------------

    def declare(self, kind: str) -> str:
        """What to do about a name that is not declared; `kind` as in `_DECLARE`."""
        return self._form(*_DECLARE[kind])


_DECLARE: Final = {
    "segment": ("declare it with `segment`", "declare it under `segments`"),
    "function group": ("declare it with `function_group`", "declare it under `network-function-groups`"),
    "routing policy": ("declare it with `filter`", "declare it under `routing-policies`"),
    "edge location": ("add it to `edges`", "add it to `core-network-configuration.edge-locations`"),
}
_LANGUAGE: Final = Speech(False)
_DOCUMENT: Final = Speech(True)


def speech(network: CoreNetwork) -> Speech:
    """The words of a network's author."""
    return _LANGUAGE if network.origin is Origin.LANGUAGE else _DOCUMENT
