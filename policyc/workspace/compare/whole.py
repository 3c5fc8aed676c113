"""Comparing the documents of two sides, those together that one request meets, as one report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from policyc.diagnostics import Diagnostics
from policyc.report.changes import OPEN, TEXT, Changes, Compared
from policyc.text import listed
from policyc.workspace.compare.bounds import Bounds, defaults, moved
from policyc.workspace.compare.callers import Pair, otherwise, together
from policyc.workspace.compare.documents import compare_document, is_alike
from policyc.workspace.compare.services import compare_declared, compare_hosted
from policyc.workspace.sides.absent import not_known, one_sided
from policyc.workspace.sides.hosted_ways import perhaps_on
from policyc.workspace.sides.pieces import ENDPOINT, OLAP, Piece, Way, unread
from policyc.workspace.sides.side import Side, pairs

#: documents that cannot be read and are named in one note
_MOST_NAMED: Final = 3


def compare_sides(
    old: Side, new: Side, single: bool, diagnostics: Diagnostics, alone: bool = False, tests: bool = False
) -> Changes | None:
    """Everything that differs between two sides; None after reporting a document that cannot be read. Documents that one request meets on
    its way to a declared resource are compared together, or with `alone` each by itself. Raises
    `policyc.analysis.compare.Disagreement`. `tests` asks for the requests as test blocks."""
    comparison = _Sides(old, new, diagnostics, tests)
    if not alone:
        comparison.add_ways()
        comparison.add_chains()
    comparison.add_documents(single, alone)
    comparison.out += otherwise(old, new)
    comparison.note_switches()
    if diagnostics.has_errors:
        return None
    return Changes(old.name, new.name, tuple(comparison.out), tuple(comparison.notes))


class _Sides:
    """What comes of two sides: `out` what is compared, `together` the documents that are compared with others, `notes` what is to be said of that."""

    def __init__(self, old: Side, new: Side, diagnostics: Diagnostics, tests: bool) -> None:
        self.old, self.new, self.diagnostics, self.tests = old, new, diagnostics, tests
        self.out: list[Compared] = []
        self.together: set[str] = set()
        self.notes: list[str] = []
        #: what two pulls did not read alike
        self.unlike = one_sided(old.locks, new.locks)

    # --- several documents ----------------------------------------------------------------------------------------

    def add_ways(self) -> None:
        """Resources whose requests meet several gates."""
        for name in sorted(set(self.old.ways) & set(self.new.ways)):
            ways = (self.old.ways[name], self.new.ways[name])
            if ways[0].type != ways[1].type:
                continue
            if why := self._apart(ways):  # their documents are compared each by itself
                self.out.append(Compared(name, ways[0].type, OPEN, open=(why,)))
            elif (found := self._way(name, ways)) is not None:
                self.out.append(found)
                self._note_way(name, found)

    def _apart(self, ways: Sequence[Way]) -> str:
        """Why two ways cannot be held against each other; empty where they can."""
        if ways[0].type == ENDPOINT:
            return ""
        if self.unlike and all(way.was_pulled for way in ways):
            return self.unlike
        networks = [way.network for way in ways]
        if networks[0] == networks[1] or all(networks):
            return ""
        one, other = (f"behind `{item}`" if item else "behind no network of its file" for item in networks)
        return f"it stands {one} on one side and {other} on the other"

    def _way(self, name: str, ways: Sequence[Way]) -> Compared | None:
        if ways[0].type == ENDPOINT:
            from policyc.workspace.compare.cedar import compare_endpoint

            return compare_endpoint(name, self.old, self.new, self.diagnostics, self.tests)
        if all(way.arn for way in ways):
            return compare_declared(name, self.old, self.new, self.diagnostics, self.tests)
        return compare_hosted(name, self.old, self.new)

    def _note_way(self, name: str, found: Compared) -> None:
        """What a comparison takes in, and what it takes as given."""
        ways = [side.ways[name] for side in (self.old, self.new)]
        if found.entries and any(way.controls for way in ways):
            self._note_perhaps([item.what for side in (self.old, self.new) for item in perhaps_on(side, name)], name)
        gates = [way.gates for way in ways]
        if not ways[0].arn:  # others may stand behind the same network or group, so that its policy is compared as well
            gates = [held[1:] for held in gates]
            gate = "group" if ways[0].type == ENDPOINT else "network"
            behind = f"`{name}` is compared behind its {gate} as the file has it"
            self.notes.append(f"{behind}; `--document` compares each policy by itself")
        self.together |= {gate for held in gates for gate in held if gate}

    def _note_perhaps(self, texts: Sequence[str], name: str) -> None:
        self.notes += [f"what {text} refuses is not taken off the changes of `{name}`" for text in dict.fromkeys(texts)]

    def add_chains(self) -> None:
        """Chains of Object Lambda."""
        for name in sorted(set(self.old.chains) & set(self.new.chains)):
            from policyc.workspace.compare.chains import compare_chain

            chains = (self.old.chains[name], self.new.chains[name])
            if self.unlike and all(chain.was_found for chain in chains):
                self.out.append(Compared(name, OLAP, OPEN, open=(self.unlike,)))
                continue
            self.out.append(compare_chain(name, self.old, self.new, self.tests))
            texts = [[item.text for item in chain.documents] for chain in chains]
            if texts[0] != texts[1]:
                given = dict.fromkeys(text for chain in chains for text in chain.given)
                self.notes += [f"of the chain `{name}` it is taken as given: {text}" for text in given]
            self.together |= chains[0].own | chains[1].own

    # --- each by itself -------------------------------------------------------------------------------------------

    def add_documents(self, single: bool, alone: bool) -> None:
        """All other documents; those of one caller together where several are another text."""
        rest = [pair for pair in pairs(self.old, self.new, single) if pair[0] not in self.together]
        several = len(rest) + len(self.out) > 1
        told: list[Pair] = []
        for name, before, after in rest:
            if why := self._not_known(before, after):
                kind = next((piece.kind for piece in (before, after) if piece is not None), "")
                self.out.append(Compared(name, kind, OPEN, open=(why,)))
            elif (found := self._document(name, before, after, several)) is not None:
                told.append((moved(found, before, after), before, after))
                self._note_defaults(name, before, after)
        sets = () if alone else tuple(together(told, self.old, self.new))
        for found, before, after in told:
            if not any(found.name in names for _, names in sets):
                self._add(found, before, after)
        for item, names in sets:
            if len(names) > 1:
                self.out.append(item)
                listed = ", ".join(f"`{name}`" for name in names)
                one = f"the policies of `{item.name}` are compared together ({listed})"
            else:
                self._add(item, *next(pair[1:] for pair in told if pair[0].name == item.name))
                one = "" if item.entries else f"`{item.name}` makes no difference beside what else its carriers have"
            self.notes += [f"{one}; `--document` compares each by itself"] if one else []
        self._note_unread()

    def _add(self, found: Compared, before: Piece | None, after: Piece | None) -> None:
        self.out.append(found)
        if found.entries:
            self._note_perhaps(list(Bounds(before, after, self.old, self.new).perhaps()), found.name)

    def _note_defaults(self, name: str, before: Piece | None, after: Piece | None) -> None:
        """What a comparison leaves open, and a deployment may not."""
        for text in defaults(before, after):
            self.notes.append(
                f"{text}, on which `{name}` hangs: with the defaults it may differ; `--bind` says what it is"
            )

    def _not_known(self, before: Piece | None, after: Piece | None) -> str:
        """Why nobody knows whether a document of one side is on the other."""
        here, other = (before, self.new) if after is None else (after, self.old)
        why = not_known(other.locks, here) if here is not None and (before is None or after is None) else ""
        return f"whether it is on both sides is not known ({why})" if why else ""

    def _document(self, name: str, before: Piece | None, after: Piece | None, several: bool) -> Compared | None:
        """One document; of several, one that cannot be read keeps nobody from the others."""
        faults = Diagnostics()
        found = compare_document(name, before, after, self.old, self.new, faults)
        if faults.has_errors and several:
            return self._unread(name, before, after, faults)
        self.diagnostics.extend(faults)
        return found

    def _unread(self, name: str, before: Piece | None, after: Piece | None, faults: Diagnostics) -> Compared:
        """A document among others that cannot be read, with the reason. The same text on both sides is nothing that changes."""
        kind = next((piece.kind for piece in (after, before) if piece is not None and piece.kind), "document")
        bounds = Bounds(before, after, self.old, self.new)
        if before is not None and after is not None and is_alike(before, after) and bounds.alike:
            return Compared(name, kind, TEXT)
        return Compared(name, kind, OPEN, open=(unread(faults),))

    def note_switches(self) -> None:
        """What answers rest on, and what they do not."""
        for item in self.out:
            if item.whatever:
                holes = listed([f"‹{one}›" for one in item.whatever])
                self.notes.append(f"nothing else changes in `{item.name}`, whatever {holes} may be")
        of: dict[tuple[str, ...], list[str]] = {}
        for item in self.out:
            if item.switches:
                of.setdefault(item.switches, []).append(item.name)
        for switches, names in of.items():
            told, held = ", ".join(f"`{one}`" for one in switches), listed([f"`{name}`" for name in names])
            self.notes.append(
                f"that nothing else changes in {held} rests on how AWS is taken to answer {told} (`policyc explain switches`)"
            )

    def _note_unread(self) -> None:
        names = [f"`{item.name}`" for item in self.out if item.state == TEXT]
        if names:
            more = [f"{len(names) - _MOST_NAMED} more"] if len(names) > _MOST_NAMED else []
            told, verb = ", ".join([*names[:_MOST_NAMED], *more]), "is" if len(names) == 1 else "are"
            self.notes.append(
                f"cannot be read, and {verb} the same text on both sides: {told} (`policyc check` says why)"
            )
