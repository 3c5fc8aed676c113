"""Destinations that fare alike wherever two networks differ: what changes towards one of them changes towards all.

The classes of receivers hold apart what some table anywhere leads to differently. Where a change touches a few tables only, far more
destinations are alike: those whose rows in these tables, and in all that they lead to, are the same but for whom they are handed to.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence

from policyc.engines.wan.associate import Standing
from policyc.engines.wan.attachments import Attachment
from policyc.engines.wan.core import Core, TableName
from policyc.engines.wan.lookups import Finds, Lookups
from policyc.engines.wan.outbound import looping_asns
from policyc.engines.wan.paths import Path
from policyc.engines.wan.prefixes import Prefix
from policyc.engines.wan.routing_policies import Sieve, aggregates
from policyc.engines.wan.rows import Row
from policyc.targets.cloud_wan.classes import divided, position


class Likeness:
    """What tells destinations apart, for the look-ups of two networks."""

    def __init__(self, lookups: tuple[Lookups, Lookups]) -> None:
        self._lookups = lookups
        self._cores = [each.tables.core for each in lookups]
        # What other policies do with a prefix shows in the rows.
        told = [core.told_policies() for core in self._cores]
        self._sieves = [Sieve(some, core.around) for some, core in zip(told, self._cores, strict=True)]
        self._aggregates = [block for some in told for block in aggregates(some) if block is not None]
        self._attributes = any(map(_asks_of_paths, self._cores))
        self._asns = frozenset().union(*(looping_asns(core) for core in self._cores))
        #: what matters of a path, numbered, and by the id of a path
        self._numbers: dict[Hashable, int] = {}
        self._paths: dict[int, int] = {}

    def of(self, target: Attachment, starts: Collection[TableName]) -> Hashable | None:
        """Equal for destinations that fare alike from some tables on; None where more than rows decides."""
        before, after = (core.associations[target.name] for core in self._cores)
        if before.standing is not Standing.SEGMENT or position(before) != position(after):
            return None
        if not all(self._is_alone(target, prefix) for prefix in target.prefixes):
            return None
        finds = [(each.of(prefix), prefix) for prefix in target.prefixes for each in self._lookups]
        tables = self._reached(target, starts, [found for found, _ in finds])
        if tables is None:
            return None
        rows = tuple([self._shapes(found, prefix, target.name, tables) for found, prefix in finds])
        return tuple(map(self._asked, target.prefixes)), tuple([found.wider for found, _ in finds]), tables, rows

    def _is_alone(self, target: Attachment, prefix: Prefix) -> bool:
        """Whether nobody else has any of the addresses, and no table knows a part of them by itself."""
        return all(
            [item.attachment.name for item in each.tables.core.owners(prefix)] == [target.name]
            and not divided(each.tables, prefix)
            for each in self._lookups
        )

    def _asked(self, prefix: Prefix) -> Hashable:
        """What routing policies ask of a prefix, and the aggregates around it."""
        answers = tuple([sieve.answers(prefix) for sieve in self._sieves])
        return prefix.family, answers, tuple([block for block in self._aggregates if block.overlaps(prefix)])

    def _reached(
        self, target: Attachment, starts: Collection[TableName], finds: Sequence[Finds]
    ) -> tuple[TableName, ...] | None:
        """The tables that packets from some tables on may come to; None where they may be handed to somebody else."""
        seen = dict.fromkeys(starts)
        waiting = list(seen)
        while waiting:
            name = waiting.pop()
            for found in finds:
                lead = found.lead(name)
                if not lead.handed <= {target.name}:
                    return None
                more = [table for table in lead.tables if table not in seen]
                seen.update(dict.fromkeys(more))
                waiting += more
        return tuple(seen)

    def _shapes(self, finds: Finds, prefix: Prefix, owner: str, tables: Sequence[TableName]) -> Hashable:
        """The rows of tables for a prefix without whom they are handed to, and without the words of doubts, which may name the prefix."""
        known: dict[int, Hashable] = {}
        out: list[Hashable] = []
        for name in tables:
            found = finds.at(name)
            shape = known.get(id(found))
            if shape is None:
                shapes = {id(row): self._shape(row, prefix, owner) for row in found.values()}
                shape = known[id(found)] = tuple([(edge, shapes[id(row)]) for edge, row in found.items()])
            out.append(shape)
        return tuple(out)

    def _shape(self, row: Row | None, prefix: Prefix, owner: str) -> Hashable:
        # Tables keep all rows, so that ids of what is in them stay their own.
        if row is None or row.prefix != prefix:
            return id(row)
        options = [
            (hop.edge if hop.kind == "attachment" and hop.name == owner else id(hop), self._path(path))
            for hop, path in ((option.hop, option.path) for option in row.options)
        ]
        return bool(row.doubts), tuple(options)

    def _path(self, path: Path | None) -> Hashable:
        """What far sides may be told of a path, and may refuse it for."""
        if path is None or self._attributes:
            return id(path)
        found = self._paths.get(id(path))
        if found is None:
            known = path.kind, bool(path.doubts), path.soft, path.pinned, self._asns.intersection(path.as_path)
            found = self._paths[id(path)] = self._numbers.setdefault(known, len(self._numbers))
        return found


def _asks_of_paths(core: Core) -> bool:
    """Whether what far sides are told hangs on attributes of paths."""
    told = [rule for item in core.told_policies() for rule in item.rules]
    matches = {match.type for rule in told for match in rule.matches}
    actions = {rule.action.type for rule in told}
    return bool(matches - _OF_PREFIXES or actions & {"remove-asn-list", "replace-asn-list"})


_OF_PREFIXES = {"prefix-equals", "prefix-in-cidr", "prefix-in-prefix-list"}
