"""Decisions of a replay in columns, held row by row against who else can decide: the engine itself, DuckDB's SQL, Apache Spark.

    python tests/bench/replay_agrees.py [--rows 1000000] [--sample 1000000] [--statements 10] [--distinct] [--folder DIR]

- the engine is asked about each of a random sample of rows by itself, of both policies, with the statement or condition that decides
- SQL says of every row whether the new policy allows it (the policies of `tests/bench/replay.py` hang on nothing that a record does not tell)
- Spark (where pyspark is installed) writes the report of all rows, which has to be the same byte for byte

With `--distinct` every row has a path of its own. Ends with 1 when anything differs.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter
from typing import Any

import duckdb
import numpy as np
import pyarrow.parquet as pq

from policyc.replay.askers.known import Known
from policyc.replay.columns.batch import Batch
from policyc.replay.columns.counting import Answers, Counting, Keep
from policyc.replay.columns.run import ColumnReplayer, replay_files
from policyc.replay.columns.told import Told
from policyc.replay.kinds.lattice import Lattice
from policyc.replay.reading import Log
from policyc.replay.report.plain import as_json
from policyc.replay.report.replay import Replay
from policyc.replay.tally import Kept, Tally
from tests.bench.replay import asker, make, policies, sql, text

NOTHING = Known({}, {})
#: what an allowed request still hangs on
OWN = "an identity policy of the caller"


class Noting(ColumnReplayer):
    """Keeps what is said to each row."""

    def begin(self) -> Noting:
        self.rows: list[Any] = []
        return self

    def count(self, batch: Batch, answers: Answers, keep: Keep | None, counting: Counting) -> None:
        self.rows.append(answers.rows())
        super().count(batch, answers, keep, counting)


def in_columns(path: Path, old: str, new: str) -> tuple[Any, list[Told], Replay]:
    log, tally = Log(), Tally()
    replayer = Noting(asker(old), asker(new), tally, NOTHING).begin()
    with path.open("rb") as stream:
        replay_files([(path.name, stream)], replayer, log)
    return np.concatenate(replayer.rows), replayer.kernel.told, Replay(log, tally, True)


def by_the_engine(path: Path, answers: Any, told: list[Told], old: str, new: str, sample: int) -> int:
    """How many of some rows the engine answers otherwise."""
    before, after, read = Kept(asker(old)), Kept(asker(new)), Lattice().read
    rows = np.sort(np.random.default_rng(11).choice(len(answers), min(sample, len(answers)), replace=False))
    differ, start = 0, 0
    held = pq.ParquetFile(path)
    for group in range(held.num_row_groups):
        table = held.read_row_group(group)
        own = rows[(rows >= start) & (rows < start + len(table))]
        for row, data in zip(own.tolist(), table.take(own - start).to_pylist()):
            item, found = read(data), told[answers[row]]
            if found.said != (before.answer(item), after.answer(item)) or found.verdict != item.verdict:
                differ += 1
                if differ < 4:
                    print(f"    row {row}: {found} and {before.answer(item)}, {after.answer(item)}: {data}")
        start += len(table)
    return differ


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rows", type=int, default=100_000)
    options.add_argument("--sample", type=int, default=20_000)
    options.add_argument("--statements", type=int, default=10)
    options.add_argument("--distinct", action="store_true", help="every row has a path of its own")
    options.add_argument("--folder", type=Path)
    args = options.parse_args()
    paths = args.rows if args.distinct else 10_000
    wrong = 0
    with tempfile.TemporaryDirectory() as made:
        path = (args.folder or Path(made)) / f"lattice-{args.rows}-{paths}-{args.statements}.parquet"
        old, new = policies(args.statements, False)
        if not path.exists():
            make(path, args.rows, paths, old)
        answers, told, report = in_columns(path, text(old), text(new))
        print(f"{len(answers):,} rows, {paths:,} paths, {args.statements} statements on each side, {len(told)} answers")

        def tell(name: str, rows: int, differ: int, start: float) -> None:
            nonlocal wrong
            wrong += differ
            print(f"  {name}: {rows:,} rows, {differ:,} differ ({perf_counter() - start:.0f} s)", flush=True)

        start = perf_counter()
        # of a request that was refused the caller's own policies are not known, which SQL does not ask about; a role's path SQL guesses
        known = [item.said is not None and set(item.said[1].unknown) <= {OWN} for item in told]
        allows = np.array([item.said is not None and item.said[1].decision != "deny" for item in told])[answers]
        decided = np.array(known)[answers]
        query = f"SELECT ({sql(new)}) AS allowed FROM read_parquet('{path}')"
        said = duckdb.connect().sql(query).to_arrow_table().column("allowed").to_numpy()
        tell("SQL", int(decided.sum()), int((decided & (said != allows)).sum()), start)
        print(f"    {int((~decided).sum()):,} more are undecided, where SQL guesses")
        start = perf_counter()
        tell(
            "engine",
            min(args.sample, len(answers)),
            by_the_engine(path, answers, told, text(old), text(new), args.sample),
            start,
        )
        if find_spec("pyspark") is not None:
            start = perf_counter()
            tell("Spark", len(answers), int(on_spark(path, text(old), text(new)) != as_json(report)), start)
    sys.exit(1 if wrong else 0)


def on_spark(path: Path, old: str, new: str) -> str:
    """The report of all rows, by two workers."""
    from pyspark.sql import SparkSession

    from policyc.replay.spark import Task, parts_of, replay_on_spark

    session = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    log, tally = replay_on_spark(
        session, parts_of([(path.name, str(path))]), Task(asker(old), asker(new), NOTHING, False)
    )
    session.stop()
    return as_json(Replay(log, tally, True))


if __name__ == "__main__":
    main()
