"""Questions about all attachments of a place: who reaches whom, and whether everything that arrives is inspected.

Attachments that no table tells apart are asked once for all (see `classes`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from policyc.engines.wan.associate import Standing
from policyc.engines.wan.attachments import Attachment
from policyc.engines.wan.fates import Fates, Senders
from policyc.engines.wan.lookups import lookups_of
from policyc.engines.wan.reach import Answer, Target, Verdict, reach
from policyc.engines.wan.tables import Tables
from policyc.record import record
from policyc.targets.cloud_wan.classes import Class, receivers, senders


@record
class Crossing:
    """What every sender gets from every receiver but itself."""

    sending: Class
    receiving: Class
    answer: Answer

    @property
    def arrives(self) -> bool:
        """Whether any of it is certain to arrive."""
        return self.answer.verdict in (Verdict.REACHABLE, Verdict.PARTLY)

    @property
    def uninspected(self) -> bool:
        """Whether some of what arrives passes no function group, for certain or possibly."""
        arriving = [walk for walk in self.answer.walks if walk.end in ("delivered", "unknown")]
        return not arriving or not all(walk.groups for walk in arriving)


def find_crowd(tables: Tables, name: str) -> list[Attachment] | None:
    """The attachments that carry traffic of a segment or function group, or one attachment; None for a name that there is not."""
    core = tables.core
    if core.network.segment(name) is not None or core.network.group(name) is not None:
        wanted = Standing.SEGMENT if core.network.segment(name) is not None else Standing.GROUP
        return [
            item.attachment for item in core.associations.values() if item.place == name and item.standing is wanted
        ]
    found = core.associations.get(name)
    return None if found is None else [found.attachment]


def crowd_names(tables: Tables) -> list[str]:
    network = tables.core.network
    declared = [*(item.name.text for item in network.segments), *(item.name.text for item in network.groups)]
    return [*declared, *tables.core.associations]


def crossings(tables: Tables, here: Sequence[Attachment], there: Sequence[Attachment]) -> Iterator[Crossing]:
    """Every class of senders with every class of receivers that it reaches, or may reach; attachments without a prefix are reached by nobody."""
    sources, targets = {item.name for item in here}, {item.name for item in there if item.prefixes}
    sending = [kept for some in senders(tables, tables) if (kept := tuple(i for i in some if i.name in sources))]
    receiving = [kept for some in receivers(tables, tables) if (kept := tuple(i for i in some if i.name in targets))]
    begun = Senders(lookups_of(tables))
    for to in receiving:
        fates: dict[str, Fates] = {}
        for by in sending:
            pair = _two(by, to)
            if pair is None:
                continue
            target = Target(pair[1].prefixes, pair[1].name)
            fate = fates.setdefault(target.attachment, Fates(begun, target)).of(pair[0].name)
            if fate is not None and fate.verdict is Verdict.BLOCKED:
                continue
            answer = reach(tables, pair[0].name, target)
            if answer.verdict is not Verdict.BLOCKED:
                yield Crossing(by, to, answer)


def _two(by: Class, to: Class) -> tuple[Attachment, Attachment] | None:
    """One of each, not the same one."""
    for other in to[:2]:
        for one in by[:2]:
            if one is not other:
                return one, other
    return None
