"""What is attached to a core network, as a simulation is told: plain data."""

from __future__ import annotations

from typing import Final

from policyc.engines.wan.prefixes import Prefix
from policyc.ir.network import AttachmentType
from policyc.record import field, light
from policyc.text import Span

#: MED of a route that states none (reference, section 3.5)
DEFAULT_MED: Final = 100

#: States in which an attachment carries traffic.
WORKING_STATES: Final = ("available", "updating", "pending_network_update")
PENDING_STATES: Final = ("pending_attachment_acceptance",)
#: States of the API in which an attachment has no connectivity.
DEAD_STATES: Final = ("rejected", "creating", "failed", "deleting")
#: A tag change waits for acceptance: the attachment stays where it was, which a snapshot does not tell.
MOVING_STATES: Final = ("pending_tag_acceptance",)
STATES: Final = (*WORKING_STATES, *PENDING_STATES, *DEAD_STATES, *MOVING_STATES)


@light
class Announced:
    """One prefix that an attachment brings, with its BGP attributes. `as_path` None means not stated (a VPC has none)."""

    prefix: Prefix
    as_path: tuple[int, ...] | None = None
    med: int = DEFAULT_MED
    communities: frozenset[str] = frozenset()


@light
class Attachment:
    """One attachment. `regions` has several entries for a Direct Connect gateway alone.

    `account` and `resource_id` are None and `state` is None when not stated; `tags` are all tags of the attachment (not of the
    VPC). `id` is the attachment id that static routes name; `current` where it is now by the service's word (name,
    whether that is a function group), which matters while a tag change waits. `silent` says that nobody stated what it announces, so
    that `routes` may lack some.
    """

    name: str
    type: AttachmentType
    regions: tuple[str, ...]
    account: str | None = None
    resource_id: str | None = None
    tags: tuple[tuple[str, str], ...] = ()
    label: str = ""
    state: str | None = None
    routes: tuple[Announced, ...] = ()
    id: str = ""
    current: tuple[str, bool] | None = None
    silent: bool = False
    span: Span | None = field(default=None, compare=False)

    def tag(self, key: str) -> str | None:
        return next((value for name, value in self.tags if name == key), None)

    @property
    def prefixes(self) -> tuple[Prefix, ...]:
        return tuple(route.prefix for route in self.routes)
