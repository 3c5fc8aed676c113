"""Which engine replays: records one by one, or columns, which need further packages."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from policyc.cli.console import reason
from policyc.cli.parser import WrongUse
from policyc.cli.replay_files import named, opened
from policyc.version import VERSION

if TYPE_CHECKING:
    from policyc.cli.replay_policies import Policies
    from policyc.replay.columns.corpus import Corpus
    from policyc.replay.reading import Log
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

    files = []
    for name, path in named(args, log):
        if path is None:
            raise WrongUse("standard input is one stream, which Spark cannot share", "name files")
        files.append((name, str(path)))
    # workers on this machine run what runs here
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    session = SparkSession.builder.appName("policyc replay").getOrCreate()
    task = Task(asked.old, asked.new, asked.known, tally.identities)
    read, counted = replay_on_spark(session, parts_of(files), task)
    log.merge(read)
    tally.merge(counted)


def _is_large(args: argparse.Namespace) -> bool:
    from policyc.replay.reading import Log

    size = 0
    for name, path in named(args, Log()):
        if name.endswith(".parquet"):
            return True
        try:
            size += 0 if path is None else path.stat().st_size * (8 if name.endswith(".gz") else 1)
        except OSError:
            continue
        if size > _MANY_BYTES:
            return True
    return False


def in_columns(
    args: argparse.Namespace, asked: Policies, log: Log, tally: Tally, watch: Callable[[Tally], None]
) -> None:
    """Replay in columns; records that have none are asked about one by one."""
    from policyc.replay.columns.run import ColumnReplayer, replay_corpus, replay_files

    replayer = ColumnReplayer(asked.old, asked.new, tally, asked.known)
    if args.cache is None:
        replay_files(opened(args, log), replayer, log, watch)
    else:
        replay_corpus(_corpus(args, watch), replayer, log, watch)


def _corpus(args: argparse.Namespace, watch: Callable[[Tally], None]) -> Corpus:
    """The log as it was read before, or as it is read now and kept for the next time."""
    from policyc.replay.columns.corpus import Corpus, identity, load, save
    from policyc.replay.columns.run import Reader, replay_files

    corpus = Corpus()
    files = [(name, path) for name, path in named(args, corpus.log) if path is not None or _no_stream()]
    try:
        made_of = [VERSION, *identity([(name, path) for name, path in files if path is not None])]
        held = load(args.cache, made_of)
        if held is not None:
            return held
        replay_files(opened(args, corpus.log), Reader(corpus), corpus.log, watch)
        save(args.cache, corpus, made_of)
    except OSError as error:
        raise WrongUse(
            f"`{args.cache}` cannot hold the log ({reason(error)})", "name a folder that can be written"
        ) from None
    return corpus


def _no_stream() -> bool:
    raise WrongUse("standard input is read once, so there is nothing to keep of it", "name files")
