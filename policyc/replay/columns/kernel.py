"""A batch of rows against answers: likenesses gathered over dictionary codes, each kind of answer asked once, rows counted by their answer."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final

import numpy as np

from policyc.replay.askers.said import Said
from policyc.replay.columns.batch import FIELDS, Batch, Column, Rows, replaced
from policyc.replay.columns.coding import Coder, PathCoder, cut_paths
from policyc.replay.columns.combine import combined, unique_rows
from policyc.replay.columns.corpus import Requests, hours_by
from policyc.replay.columns.counting import Answers, Counting, kind_of
from policyc.replay.columns.groups import Groups
from policyc.replay.columns.likeness import Likeness, Side
from policyc.replay.columns.signs import Signs
from policyc.replay.columns.told import Told
from policyc.replay.recorded import NOBODY, Recorded
from policyc.replay.tally import NO_TIME, Kept, Replayer
from policyc.targets.base import NoRequest
from policyc.targets.lattice.access_log import (
    ANONYMOUS,
    CONNECT,
    REACHED,
    REFUSED,
    TOLD,
    VPC_OWNER,
    account_of,
    read_tags,
    refuser_of,
)

_KNOWS_MOST: Final = 1_000_000


class Kernel(Counting):
    """The columns of VPC Lattice records under the policies of a replayer."""

    def __init__(
        self,
        replayer: Replayer,
        likeness: Likeness,
        sides: tuple[Side | None, Side | None],
        read: Callable[[dict[str, Any]], Recorded],
    ) -> None:
        super().__init__(replayer)
        self.read = read
        self.paths = PathCoder(likeness)
        likes = _likes(likeness)
        self.coders: dict[str, Coder] = {
            name: self.paths if name == "requestPath" else Coder(likes[name]) for name in FIELDS
        }
        filled = lambda data: replayer.known.fill(read(data))  # noqa: E731
        self.old, self.new = (_Side(side, likeness, self.coders, filled) for side in sides)
        self.answers: dict[bytes, int] = {}
        self.pairs: dict[tuple[int, int], int] = {}
        self.numbers: dict[Told, int] = {}
        self.groups = Groups(replayer.tally, self.told)
        self.unread = {name for name, key in TOLD.items() if not likeness.reads(key)}

    @property
    def fields(self) -> Collection[str]:
        """The fields that an answer may hang on; others need not be read."""
        return [name for name in FIELDS if name not in self.unread]

    # --- answers ----------------------------------------------------------------------------------------------------

    def answer(self, batch: Batch) -> Answers:
        """The answers to a batch."""
        services = batch.columns["serviceArn"].values.to_pylist()
        self.paths.see([service for service in services if service])
        luts = [coder.codes(batch.columns[name].values) for name, coder in self.coders.items()]
        found = combined([(lut, batch.columns[name].codes) for lut, name in zip(luts, self.coders)])
        return Answers(found, np.array(self._numbers(found.likenesses), np.int32))

    def _numbers(self, combinations: Rows) -> list[int]:
        """The number of the answer to each combination of likenesses."""
        if len(self.answers) > _KNOWS_MOST:
            self.answers.clear()
        table = np.ascontiguousarray(combinations.astype(np.int32))
        whole: Any = np.dtype((np.void, table.itemsize * table.shape[1]))
        keys: list[bytes] = table.view(whole).ravel().tolist()
        new = [at for at, key in enumerate(keys) if key not in self.answers]
        if new:
            asked = combinations[new]
            signs = [np.array(side.numbers(asked), np.int64) for side in (self.old, self.new)]
            pairs, first, of = unique_rows(np.stack(signs, axis=1))
            told = [self._of_pair(asked[at], old, new) for at, (old, new) in zip(first.tolist(), pairs.tolist())]
            self.answers.update(zip([keys[at] for at in new], np.array(told, np.int64)[of].tolist()))
        return [self.answers[key] for key in keys]

    def _of_pair(self, likenesses: Rows, old: int, new: int) -> int:
        """The answer to combinations with these signs on both sides, asked with the first value of each likeness of one of them."""
        found = self.pairs.get((old, new))
        if found is None:
            told = self._told(likenesses, old, new)
            found = self.pairs[old, new] = self.numbers.setdefault(told, len(self.told))
            if found == len(self.told):
                self.told.append(told)
        return found

    def _told(self, likenesses: Rows, old: int, new: int) -> Told:
        data: dict[str, Any] = {
            name: coder.samples[at] for at, (name, coder) in zip(likenesses.tolist(), self.coders.items())
        }
        try:
            item = self.read({**data, "resolvedUser": data["user"]})
        except NoRequest as error:
            return Told("", None, "", str(error), True, False)
        filled = self.replayer.known.fill(item)
        said = self.old.ask(old, self.replayer.old, filled)
        if isinstance(said, str):
            return Told(item.kind, None, item.verdict, said, False, False)
        then = said if self.replayer.new is None else self.new.ask(new, self.replayer.new, filled)
        if isinstance(then, str):
            return Told(item.kind, None, item.verdict, then, False, False)
        against = said.contradicts(item.verdict)
        changes = said.decision != then.decision or said.way != then.way
        return Told(item.kind, (said, then), item.verdict, "", False, against or changes)

    def requested(self, batch: Batch, answers: Answers) -> dict[str, Column]:
        user, method, path = (batch.columns[name] for name in ("user", "requestMethod", "requestPath"))
        connects = method.codes == len(method.values)
        return {
            "who": replaced(user, lambda who: ANONYMOUS if who.lower() == ANONYMOUS else who, NOBODY),
            "can": replaced(method, str, CONNECT),
            "where": batch.columns["serviceArn"],
            "path": Column(cut_paths(path.values), np.where(connects, len(path.values), path.codes)),
        }

    def show(self, batch: Batch, answers: Rows, rows: Rows) -> None:
        self.groups.add(batch, answers, rows)

    def finish(self) -> None:
        self.groups.finish()

    def count_requests(self, item: Requests) -> None:
        """Count distinct requests."""
        tally = self.replayer.tally
        answers = self.answer(item.batch).rows()
        counts = np.bincount(answers, item.counts, len(self.told))
        for number in np.flatnonzero(counts).tolist():
            told, count = self.told[number], int(counts[number])
            if told.said is None:
                tally.skip(told.reason, item.place(int(item.places[answers == number, 0].min())), count)
            else:
                tally.sum(told.kind, told.verdict, *told.said, count)
        kinds: dict[str, int] = {}
        pairs = np.array([0 if told.said is None else 1 + kind_of(kinds, told) for told in self.told], np.int64)[
            answers
        ]
        self.add_hours(hours_by(item.hours, pairs, len(kinds) + 1)[1:], kinds, item.hours.names)
        odd = item.hours.odd[pairs[item.hours.odd[:, 0]] > 0]
        if len(odd):
            tally.wonder(NO_TIME, item.place(int(odd[:, 2].min())), int(odd[:, 1].sum()))
        rows = np.flatnonzero(np.array([told.shows for told in self.told], bool)[answers])
        if len(rows):
            self.groups.add_requests(item, answers[rows], rows)


class _Side:
    """One side's answers by their sign."""

    def __init__(
        self,
        side: Side | None,
        likeness: Likeness,
        coders: Mapping[str, Coder],
        read: Callable[[dict[str, Any]], Recorded],
    ) -> None:
        self.signs = None if side is None else Signs(side, likeness, coders, read)
        self.said: dict[int, Said | str] = {}
        self.count = 0

    def numbers(self, combinations: Rows) -> Sequence[int]:
        """The signs of combinations; without policies that such a record meets each has its own, and is soon answered."""
        if self.signs is not None:
            return self.signs.numbers(combinations)
        self.count += len(combinations)
        return range(self.count - len(combinations), self.count)

    def ask(self, sign: int, asker: Kept, item: Recorded) -> Said | str:
        found = self.said.get(sign)
        if found is None:
            found = self.said[sign] = asker.answer(item)
        return found


def _likes(likeness: Likeness) -> dict[str, Callable[[str], Any]]:
    """What makes values of each field alike."""
    verbatim: Callable[[str], Any] = lambda value: value  # noqa: E731
    return {
        "serviceArn": likeness.of_service,
        "user": likeness.of_caller,
        "requestMethod": verbatim,
        "serviceNetworkArn": likeness.of_network,
        "failureReason": lambda value: value if value == REFUSED else value.startswith(REACHED),
        "authDeniedReason": refuser_of,
        **{name: lambda value, key=key: likeness.of_key(key, value) for key, name in TOLD.items()},  # type: ignore[misc]
        "sourceVpcArn": lambda value: likeness.of_key(VPC_OWNER, account_of(value)) if account_of(value) else (),
        "callerPrincipalTags": lambda value: tuple(
            sorted(((key, likeness.of_key(key, item)) for key, item in read_tags(value).items()), key=str)
        ),
    }
