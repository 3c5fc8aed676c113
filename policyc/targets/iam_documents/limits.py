"""What bounds a caller besides its identity policies: boundary, session policy, and the control policies of organizations.

A project does not hold them; they come as raw documents beside it. Their `role` is `boundary`, `session`, `scp` or `rcp`,
`attached_to` their level in the organization, behind the ARN of whom they bind where that is not everybody: of a role or user, or of an account's root.

Source: IAM evaluation reference, sections 10.2 and 10.5.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Final

from policyc.data import read_json
from policyc.engines.iam.decision import Policies
from policyc.engines.iam.document import Document as Compiled
from policyc.engines.iam.statement import Kind
from policyc.model.values import Principal
from policyc.record import record, replace
from policyc.targets.base import Document, DocumentSet
from policyc.targets.iam_documents.carriers import carrier_of
from policyc.targets.iam_documents.gates import compile_emitted
from policyc.targets.switches import choice, iam_switches

_KINDS: Final = {"boundary": Kind.BOUNDARY, "session": Kind.SESSION, "scp": Kind.SCP, "rcp": Kind.RCP}
#: what people call each of them
TITLES: Final = {
    "boundary": "permissions boundary",
    "session": "session policy",
    "scp": "service control policy",
    "rcp": "resource control policy",
}


@record
class Limits:
    """`boundary` and `session` are None when there is none; `scps` and `rcps` hold one tuple per level."""

    boundary: tuple[Compiled, ...] | None = None
    session: tuple[Compiled, ...] | None = None
    scps: tuple[tuple[Compiled, ...], ...] = ()
    rcps: tuple[tuple[Compiled, ...], ...] = ()

    def bound(self, policies: Policies, action: str, settings: Mapping[str, str]) -> Policies:
        """The policies of a request with these limits; resource control policies only where they bear on the service."""
        rcps = self.rcps if rcps_bear_on(action, settings) else ()
        return replace(policies, boundary=self.boundary, session=self.session, scps=self.scps, rcps=rcps)


def binds(document: Document) -> str:
    """The ARN of the one caller that a document bounds, or that of an account's root for all callers of it; empty for everybody."""
    carrier = document.attached_to.partition(" ")[0]
    return carrier if carrier.startswith("arn:") else ""


def _meets(document: Document, who: Principal | None) -> bool:
    """Whether a document bounds a caller."""
    carrier = binds(document)
    if not carrier or who is None:
        return True
    return carrier.split(":")[4] in who.args[:1] if carrier.endswith(":root") else carrier == carrier_of(who)


def limits_of(documents: Iterable[Document], settings: Mapping[str, str], who: Principal | None = None) -> Limits:
    """The limits among some documents, for a caller those that bound it."""
    switches = iam_switches(settings)
    held: dict[str, dict[str, list[Compiled]]] = {name: {} for name in _KINDS}
    known = DocumentSet.of(documents)
    for role, kind in _KINDS.items():
        for item in filter(lambda item: _meets(item, who), known.with_role(role)):
            held[role].setdefault(item.attached_to, []).append(compile_emitted(item, kind, switches))
    grouped = {name: tuple(tuple(level) for level in found.values()) for name, found in held.items()}
    alone = {name: tuple(item for level in grouped[name] for item in level) or None for name in ("boundary", "session")}
    return Limits(alone["boundary"], alone["session"], grouped["scp"], grouped["rcp"])


def rcps_bear_on(action: str, settings: Mapping[str, str]) -> bool:
    """Whether resource control policies are evaluated for an action."""
    return choice(settings, "rcp-services") == "every" or action.partition(":")[0].lower() in _rcp_services()


@cache
def _rcp_services() -> frozenset[str]:
    return frozenset(read_json("schemas/iam/rcp_services.json")["services"])
