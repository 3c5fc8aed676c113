"""Attachments of which nobody said what they announce, as in AWS's own list: what that means for answers.

A missing route may be the reason why a packet goes nowhere. So an answer `blocked` for an address stands only if it would stand with every
such attachment announcing that address; an answer with a route stands, with a note.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from policyc.diagnostics import Diagnostics
from policyc.engines.wan.associate import Standing
from policyc.engines.wan.attachments import Announced, Attachment
from policyc.engines.wan.core import place_core
from policyc.engines.wan.prefixes import Prefix
from policyc.engines.wan.reach import Answer, Target, Verdict, build_tables, reach
from policyc.engines.wan.tables import Tables
from policyc.record import replace

#: prefixes that stand for those that are not stated, in a block that nobody has
_OWN: Final = 241 << 24
_SHOWN: Final = "241."


def with_own_prefixes(attachments: Iterable[Attachment]) -> Iterator[Attachment]:
    """AWS's list has no prefixes: a silent attachment gets one that nobody else has, to be asked about."""
    for at, item in enumerate(attachments):
        yield (
            item
            if item.routes or not item.silent
            else replace(item, routes=(Announced(Prefix(4, _OWN + (at << 8), 24)),))
        )


def is_stated(prefix: str) -> bool:
    """Whether a prefix is one that somebody wrote, and not one of `with_own_prefixes`."""
    return not prefix.startswith(_SHOWN)


def silent_attachments(tables: Tables) -> list[Attachment]:
    """Those that carry traffic, or may, and of whose prefixes nothing is stated."""
    idle = (Standing.PENDING, Standing.UNASSOCIATED)
    found = tables.core.associations.values()
    return [item.attachment for item in found if item.attachment.silent and item.standing not in idle]


def warn_unstated(tables: Tables, diagnostics: Diagnostics) -> None:
    """One warning with the number of silent attachments and how to give them a voice."""
    silent = silent_attachments(tables)
    if silent:
        name = silent[0].id or silent[0].name
        diagnostics.warning(
            "prefixes-not-stated",
            unstated_text(silent, len(tables.core.associations)),
            None,
            f'add a file: `{{"attachments": {{"{name}": {{"cidrs": ["10.1.0.0/16"]}}}}}}` (`[]` says that it announces nothing)',
        )


def unstated_text(silent: list[Attachment], total: int) -> str:
    """How many there are, and the first of them."""
    shown = ", ".join(f"`{item.name}`" for item in silent[:2]) + (", …" if len(silent) > 2 else "")
    return f"what {len(silent)} of {total} attachments announce is not stated ({shown})"


def weigh_unstated(tables: Tables, source: str, target: Target, answer: Answer) -> Answer:
    """The answer for an address with regard to what silent attachments may announce. One for an attachment stands: routes of others do
    not lead to it."""
    silent = silent_attachments(tables)
    sends = tables.core.associations[source].working
    if target.attachment or not silent or not sends or answer.verdict is Verdict.UNDECIDED:
        return answer
    text = unstated_text(silent, len(tables.core.associations))
    if answer.verdict in (Verdict.REACHABLE, Verdict.PARTLY):
        return replace(answer, notes=(*answer.notes, f"{text}: a longer prefix of theirs would lead elsewhere"))
    if not any(_differs(tables, source, target, some) for some in _candidates(silent)):
        return answer
    sentence = f"{text}, and one of them may be the way; otherwise {answer.sentence}"
    return Answer(Verdict.UNDECIDED, "not-stated", sentence, answer.walks, answer.notes)


def _candidates(silent: list[Attachment]) -> list[list[Attachment]]:
    """All at once; and transit gateways alone, whose routes enter isolated segments where better ones of others do not."""
    transit = [item for item in silent if item.type == "transit-gateway-route-table"]
    return [silent, transit] if transit and len(transit) < len(silent) else [silent]


def _differs(tables: Tables, source: str, target: Target, speaking: list[Attachment]) -> bool:
    """Whether the source gets somewhere, or may, when these attachments announce what is asked for."""
    core = tables.core
    names = {item.name for item in speaking} - {source}
    placed = []
    for found in core.associations.values():
        item = found.attachment
        if item.name in names:
            # The far side of a VPN has an ASN of its own, and whether an edge refuses it is not known either.
            routes = (*item.routes, *(Announced(prefix) for prefix in target.prefixes))
            found = replace(found, attachment=replace(item, routes=routes))
        placed.append(found)
    asked = build_tables(place_core(core.network, placed, core.switches, core.lists))
    return reach(asked, source, target).verdict is not Verdict.BLOCKED
