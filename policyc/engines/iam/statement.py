"""A statement in compiled form, and what its document is attached to."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from policyc.record import light, record
from policyc.text import Span

if TYPE_CHECKING:  # the kinds of documents are asked for in places that decide nothing
    from policyc.engines.iam.atoms import Atom
    from policyc.engines.iam.elements import ActionPart, PrincipalPart, ResourcePart

Origin = tuple[str, Span | None]
"""Where a statement comes from: a label for people and the place to show; see `compile_document`."""


class Kind(StrEnum):
    """What a document is attached to; decides which elements it may have."""

    IDENTITY = "identity"
    RESOURCE = "resource"
    SCP = "scp"
    RCP = "rcp"
    BOUNDARY = "boundary"
    SESSION = "session"
    TRUST = "trust"
    ENDPOINT = "endpoint"

    @property
    def has_principal(self) -> bool:
        return self in (Kind.RESOURCE, Kind.RCP, Kind.TRUST, Kind.ENDPOINT)

    @property
    def keeps_unknown_words(self) -> bool:
        """Whether IAM or an organization stores it: their grammar is checked on save, names that no service has are not."""
        return self not in (Kind.RESOURCE, Kind.ENDPOINT)


@record
class Hole:
    """A template (`text`, such as `${account}`) that nobody rendered, in one part of a statement: what it stands for is not known."""

    part: str
    text: str
    span: Span


@light
class Statement:
    """One statement. `label` is the Sid or `statement N` counted from 1, or what the caller of `compile_document`
    gave; `resources` is None where the kind has none; `inert` statements match nothing, whatever is asked.

    `switches` names the switches that shaped how it was read. With `holes` it may match wherever its other elements do, and never
    surely does.
    """

    index: int
    label: str
    deny: bool
    principals: PrincipalPart | None
    actions: ActionPart
    resources: ResourcePart | None
    conditions: tuple[Atom, ...]
    span: Span
    inert: bool = False
    switches: tuple[str, ...] = ()
    holes: tuple[Hole, ...] = ()

    @property
    def effect(self) -> str:
        return "Deny" if self.deny else "Allow"
