"""Which engine replays: records one by one, or columns, which need further packages."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from io import BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from policyc.cli.console import reason
from policyc.cli.parser import WrongUse
from policyc.cli.replay.files import TABLE, Where, access_of, named, opened, window_of
from policyc.version import VERSION

if TYPE_CHECKING:
    from policyc.cli.replay.policies import Policies
    from policyc.replay.columns.corpus import Corpus
    from policyc.replay.reading import Log
    from policyc.replay.spark import Task
    from policyc.replay.tally import Tally

ENGINES: Final = ("auto", "rows", "columns", "spark")
_PACKAGES: Final = ("duckdb", "pyarrow", "numpy")
#: bytes of logs from which on columns are worth the time that their packages take to import
_MANY_BYTES: Final = 16 * 1024 * 1024


def uses_columns(args: argparse.Namespace) -> bool:
    """Whether columns are asked. Raises WrongUse where their packages are missing."""
    if args.engine in ("rows", "spark") and args.cache is not None:
        raise WrongUse(f"`--cache` keeps columns, and `--engine {args.engine}` has none", "leave `--engine` out")
    if args.engine in ("rows", "spark"):
        return False
    missing = [name for name in _PACKAGES if find_spec(name) is None]
    if args.engine == "columns" or args.cache is not None:
        if missing:
            raise WrongUse(
                f"the columns need {missing[0]}, which is not installed", "run `pip install 'policyc[replay]'`"
            )
        return True
    return not missing and _is_large(args)


def on_spark(args: argparse.Namespace, asked: Policies, log: Log, tally: Tally) -> None:
    """Replay on Spark: in the session of `spark-submit`, or in one on this machine. Raises WrongUse where pyspark is missing."""
    for name in (*_PACKAGES, "pyspark"):
        if find_spec(name) is None:
            raise WrongUse(f"Spark needs {name}, which is not installed", "run `pip install 'policyc[spark]'`")
    from pyspark.sql import SparkSession

    from policyc.replay.spark import Task, parts_of, replay_on_spark

    table = args.logs[0].removeprefix(TABLE) if len(args.logs) == 1 and args.logs[0].startswith(TABLE) else ""
    files = []
    for name, where in () if table else named(args, log):
        if where is None:
            raise WrongUse("standard input is one stream, which Spark cannot share", "name files")
        files.append((name, str(where) if isinstance(where, Path) else where.address))
    # workers on this machine run what runs here
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    session = SparkSession.builder.appName("policyc replay").getOrCreate()
    task = Task(asked.old, asked.new, asked.known, tally.identities, window_of(args), _opener(args, files))
    if table:
        read, counted = _of_table(session, table, task)
    else:
        read, counted = replay_on_spark(session, parts_of(files, task.open), task)
    log.merge(read)
    tally.merge(counted)


def _of_table(session: Any, name: str, task: Task) -> tuple[Log, Tally]:
    """A table by its name, or files as Spark's SQL names them (``parquet.`PATH` ``). Raises WrongUse where there is none."""
    from pyspark.errors import AnalysisException, ParseException

    from policyc.replay.spark_tables import of_days, replay_frame

    try:
        frame = of_days(session.table(name), task)
    except (AnalysisException, ParseException):
        raise WrongUse(f"Spark knows no table `{name}`", "see `SHOW TABLES` of the session") from None
    return replay_frame(frame, name, task)


def _opener(args: argparse.Namespace, files: list[tuple[str, str]]) -> Callable[[str], BufferedReader]:
    """What opens a file on a worker."""
    if not any(path.startswith("s3://") for _, path in files):
        from policyc.replay.spark import open_file

        return open_file
    from policyc.aws.objects import open_address

    return partial(open_address, access_of(args))


def _is_large(args: argparse.Namespace) -> bool:
    from policyc.replay.reading import Log

    size = 0
    for name, where in named(args, Log()):
        try:
            if name.endswith(".parquet") or (isinstance(where, Path) and _is_parquet(where)):
                return True
            own = 0 if where is None else where.stat().st_size if isinstance(where, Path) else where.size
        except OSError:
            continue
        size += own * (8 if name.endswith(".gz") else 1)
        if size > _MANY_BYTES:
            return True
    return False


def _is_parquet(path: Path) -> bool:
    """Whether a file is one of Parquet, which tables often have under names of no ending. Raises OSError."""
    from policyc.replay.reading import PARQUET

    with path.open("rb") as stream:
        return stream.read(len(PARQUET)) == PARQUET


def in_columns(
    args: argparse.Namespace, asked: Policies, log: Log, tally: Tally, watch: Callable[[Tally], None]
) -> None:
    """Replay in columns; records that have none are asked about one by one."""
    from policyc.replay.columns.run import ColumnReplayer, replay_corpus, replay_files

    replayer = ColumnReplayer(asked.old, asked.new, tally, asked.known, window_of(args))
    if args.cache is None:
        replay_files(opened(args, log), replayer, log, watch)
    else:
        replay_corpus(_corpus(args, watch), replayer, log, watch)


def _corpus(args: argparse.Namespace, watch: Callable[[Tally], None]) -> Corpus:
    """The log as it was read before, or as it is read now and kept for the next time."""
    from policyc.replay.columns.corpus import Corpus, identity, is_free, load, save
    from policyc.replay.columns.run import Reader, replay_files

    corpus = Corpus()
    files, window = list(named(args, corpus.log)), window_of(args)
    try:
        if not is_free(args.cache):
            raise WrongUse(
                f"`{args.cache}` holds other files than a kept log",
                "name a folder for it alone, which is made if need be",
            )
        made_of = [VERSION, window.since, window.until, *identity((name, *_stamp(where)) for name, where in files)]
        held = load(args.cache, made_of)
        if held is not None:
            return held
        replay_files(opened(args, corpus.log), Reader(corpus, window), corpus.log, watch)
        save(args.cache, corpus, made_of)
    except OSError as error:
        raise WrongUse(
            f"`{args.cache}` cannot hold the log ({reason(error)})", "name a folder that can be written"
        ) from None
    return corpus


def _stamp(where: Where) -> tuple[str, int, str]:
    """Where a file lies, its size, and what is another when it has changed. Raises OSError, WrongUse for standard input."""
    if where is None:
        raise WrongUse("standard input is read once, so there is nothing to keep of it", "name files")
    if isinstance(where, Path):
        held = where.stat()
        return str(where.resolve()), held.st_size, str(held.st_mtime_ns)
    return where.address, where.size, where.etag
