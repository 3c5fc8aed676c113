"""The log files that a command line names: files, folders, patterns, objects of S3, standard input."""

from __future__ import annotations

import argparse
import glob
import os
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from io import BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, cast

from policyc.cli.console import reason
from policyc.cli.parser import WrongUse
from policyc.cli.project import here, keep_inside
from policyc.model.files import stays_inside

if TYPE_CHECKING:
    from policyc.aws.objects import Stored
    from policyc.aws.session import Access, Trouble
    from policyc.replay.reading import Log
    from policyc.replay.window import Window

STDIN = "<stdin>"
_S3 = "s3://"
#: what the name of a table of Spark begins with
TABLE = "table:"
#: where a log lies; None stands for standard input
Where: TypeAlias = "Path | Stored | None"


def add_connection(group: argparse._ArgumentGroup) -> None:
    """The options that say as whom objects of S3 are read."""
    group.add_argument("--profile", default="", metavar="NAME", help="a profile of the AWS CLI's configuration")
    group.add_argument("--region", default="", metavar="NAME", help="the Region to ask first")
    group.add_argument("--role-arn", default="", metavar="ARN", help="a role to assume")
    group.add_argument(
        "--endpoint-url", default="", metavar="URL", help="a server in place of AWS, such as an emulator"
    )


def access_of(args: argparse.Namespace) -> Access:
    from policyc.aws.session import Access

    return Access(args.profile, args.role_arn, args.endpoint_url, args.region)


def window_of(args: argparse.Namespace) -> Window:
    """The time that is asked about. Raises WrongUse."""
    from policyc.replay.window import Window, moment

    limits = []
    for name in ("since", "until"):
        text = getattr(args, name)
        try:
            limits.append(moment(text, ends=name == "until") if text else "")
        except ValueError as error:
            raise WrongUse(str(error), f"write a day or a time in UTC after `--{name}`") from None
    if all(limits) and limits[0] >= limits[1]:
        raise WrongUse("`--since` is not before `--until`", "a day after `--until` belongs to what is asked about")
    return Window(*limits)


def opened(args: argparse.Namespace, log: Log) -> Iterator[tuple[str, BufferedReader]]:
    """The named files with their streams. What cannot be opened is counted in the log."""
    files = list(named(args, log))
    stored = [where for _, where in files if not (where is None or isinstance(where, Path))]
    coming = _fetched(args, stored)
    for name, where in files:
        if where is None:
            if sys.stdin is None:
                raise WrongUse("standard input is closed", "name a file")
            yield name, cast(BufferedReader, sys.stdin.buffer)
            continue
        try:
            yield name, where.open("rb") if isinstance(where, Path) else next(coming)()
        except OSError as error:
            log.miss(f"a file that cannot be read ({reason(error)})", name)


def named(args: argparse.Namespace, log: Log) -> Iterator[tuple[str, Where]]:
    """Every file that the command line names, with its name for people. Those of a folder, or of a pattern, come in the order of their names,
    each once. Raises WrongUse for what is not there or lies outside the root."""
    root, window = here(args), window_of(args)
    if any(text.startswith(TABLE) for text in args.logs):
        raise WrongUse("a table is replayed on Spark, and alone", "give `--engine spark`, and no other log")
    seen: set[Where] = set()
    for text in args.logs:
        if text == "-":
            if None not in seen:
                seen.add(None)
                yield STDIN, None
            continue
        if text.startswith(_S3) and not os.path.lexists(text):
            for item in _stored(args, text, window):
                if item not in seen:
                    seen.add(item)
                    yield item.address, item
            continue
        for path in _matching(text):
            keep_inside(text, path, root)
            for file in _below(path, window, log):
                if file in seen:
                    continue
                seen.add(file)
                name = os.path.relpath(file)
                if file.is_file() and stays_inside(file, root):
                    yield name, file
                else:
                    log.miss("a file that is no regular one below the root", name)


def _stored(args: argparse.Namespace, text: str, window: Window) -> Sequence[Stored]:
    """The objects of S3 that an address means. Raises WrongUse."""
    from policyc.aws.objects import NoAddress, stored_below
    from policyc.aws.session import CallFailed, NoSession
    from policyc.packages import MissingPackage

    try:
        found = stored_below(access_of(args), text, window)
    except NoAddress as error:
        raise WrongUse(str(error), "write `s3://BUCKET/PREFIX/`") from None
    except CallFailed as error:
        raise WrongUse(f"`{text}` cannot be listed: {error.failure.why}", _leads_on(error.failure.trouble)) from None
    except NoSession as error:
        raise WrongUse(str(error), error.help) from None
    except MissingPackage as error:
        raise WrongUse(f"logs in S3 need the package `{error.name}`, which is not installed", error.help) from None
    if not found:
        raise WrongUse(f"there is no object at `{text}`", "check the prefix, and `--since` and `--until`")
    return found


def _leads_on(trouble: Trouble) -> str:
    """What helps where a bucket cannot be listed."""
    from policyc.aws.session import Trouble

    match trouble:
        case Trouble.DENIED:
            return "`policyc aws permissions replay` prints what it takes"
        case Trouble.MISSING:
            return "check the name of the bucket, and `--profile` or `--role-arn`"
        case _:
            return "give `--profile`, `--role-arn` or `--endpoint-url`, or set the credentials as for the AWS CLI"


def _fetched(args: argparse.Namespace, stored: Sequence[Stored]) -> Iterator[partial[BufferedReader]]:
    """What gives the stream of each object, or raises OSError."""
    if not stored:
        return
    from policyc.aws.objects import fetched

    for _, found in fetched(access_of(args), stored):
        yield partial(_given, found)


def _given(found: BufferedReader | OSError) -> BufferedReader:
    if isinstance(found, OSError):
        raise found
    return found


def _matching(text: str) -> list[Path]:
    """The path, or those that a pattern means. Raises WrongUse where there is none."""
    path = Path(os.path.abspath(text))  # noqa: PTH100 - keeps symbolic links, unlike resolve
    if os.path.lexists(path):
        return [path]
    if not glob.has_magic(text):
        raise WrongUse(f"`{text}` does not exist", "check the path")
    found = sorted(glob.glob(str(path), recursive=True))  # noqa: PTH207 - a pattern may be absolute
    if not found:
        raise WrongUse(f"no file matches `{text}`", "check the pattern; `**` goes through folders")
    return [Path(item) for item in found]


def _below(path: Path, window: Window, log: Log) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return

    def closed(error: OSError) -> None:
        log.miss(f"a folder that cannot be read ({reason(error)})", os.path.relpath(error.filename))

    for folder, names, files in os.walk(path, onerror=closed):
        below = os.path.relpath(folder, path).replace(os.sep, "/")
        names[:] = [name for name in sorted(names) if window.may_hold(f"{below}/{name}")]
        for name in names:
            if Path(folder, name).is_symlink():
                log.miss("a folder that is a link, which is not followed", os.path.relpath(f"{folder}/{name}"))
        for name in sorted(files):
            if not name.startswith(".") and window.may_hold(f"{below}/{name}"):
                yield Path(folder) / name
