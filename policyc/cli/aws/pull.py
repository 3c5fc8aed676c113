"""`policyc aws pull`."""

from __future__ import annotations

import argparse
import os
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from policyc.cli import exits
from policyc.cli.aws.command import no_words, sessions_of
from policyc.cli.console import Console, reason
from policyc.cli.folder_lock import locked
from policyc.cli.parser import WrongUse
from policyc.cli.progress import Progress
from policyc.report.screen import clean, plural, wrap

#: reasons that people are shown; all of them are in the lock file
_MOST: Final = 20


def run(args: argparse.Namespace, console: Console) -> int:
    from policyc.aws.folder import Occupied
    from policyc.aws.pull import Wanted, pull
    from policyc.workspace.documents.pulled import BrokenLock

    no_words(args)
    if args.into is None:
        raise WrongUse("`aws pull` needs a folder to write", "add `-o DIR`")
    folder = Path(os.path.abspath(args.into))  # noqa: PTH100 - links are followed as the user wrote them
    wanted = Wanted(tuple(args.targets) or Wanted().targets, tuple(args.region), tuple(args.callers))
    sessions = sessions_of(args)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder) as held, Progress(console) as progress:
            if held is None:
                raise WrongUse(f"somebody pulls into `{args.into}`", "wait until that run has ended")
            found, lock = pull(sessions, wanted, folder, args.resume, progress)
    except KeyboardInterrupt:
        console.error("\n  = help: go on with `--resume`\n")
        raise
    except Occupied as error:
        raise WrongUse(str(error), "name an empty folder, or one that `aws pull` wrote") from error
    except BrokenLock as error:
        raise WrongUse(str(error), "remove the folder and pull again") from error
    except OSError as error:
        raise WrongUse(f"`{args.into}` cannot be written: {reason(error)}", "check the folder and its disk") from error
    if args.format == "json":
        import json

        console.write(json.dumps(_data(lock, str(args.into)), indent=1) + "\n")
    else:
        width = console.options().width
        console.write("".join(f"{line}\n" for line in _lines(lock, found.calls, str(args.into), width)))
    # an organization is seldom to be read outside of its management account
    missed = [one for one in lock["unread"] if args.targets or not one["action"].startswith("organizations:")]
    if missed and not args.allow_unreadable:
        console.remark("what is not readable may hold anything: `--allow-unreadable` ends with 0 all the same")
        return exits.UNDECIDED
    found_some = any(item["type"] != "account" for item in lock["resources"].values())
    return exits.CLEAN if found_some else exits.NOTHING


def _data(lock: Mapping[str, Any], folder: str) -> dict[str, Any]:
    return {"format_version": 1, "folder": folder, **{name: lock[name] for name in lock if name != "format_version"}}


def _lines(lock: Mapping[str, Any], calls: Mapping[str, int], folder: str, width: int) -> list[str]:
    """For people: what was found, what could not be read, and where it lies."""
    lines = []
    for item in lock["accounts"]:
        lines.append(f"account {item['account']} as {item['caller']}, {', '.join(item['regions']) or 'no Region'}")
    counts = Counter(item["type"] for item in lock["resources"].values())
    lines += [f"  {number:>6,}  {type}" for type, number in sorted(counts.items())]
    unread = lock["unread"]
    if unread:
        lines.append(f"not readable: {plural(len(unread), 'call')}; answers that need them stay undecided")
        grouped = Counter((one["action"], one["why"]) for one in unread)
        for (action, why), number in sorted(grouped.items())[:_MOST]:
            about = next(one["about"] for one in unread if (one["action"], one["why"]) == (action, why))
            where = f" of {about}" if about and number == 1 else f", {number} times" if number > 1 else ""
            lines += wrap(f"  {action}{where}: {why}", width, "      ")
        if len(grouped) > _MOST:
            lines.append(f"  and {len(grouped) - _MOST} more")
    lines += _logs(lock, folder)
    kept = f", {calls['kept']:,} answers kept from the run before" if calls["kept"] else ""
    documents = plural(len(lock["documents"]), "document")
    lines.append(f"wrote {documents} to {folder} ({plural(calls['made'], 'call')}{kept})")
    return [clean(line) for line in lines]


def _logs(lock: Mapping[str, Any], folder: str) -> list[str]:
    """Where the requests to VPC Lattice are logged, as `replay` takes it where it can open that by itself."""
    found: dict[tuple[str, str], int] = Counter(
        (str(log["destinationArn"]), arn.split(":")[4])
        for arn, item in lock["resources"].items()
        for log in item["facts"].get("logs") or ()
    )
    lines = []
    for (place, account), number in sorted(found.items())[:_MOST]:
        about = f"requests to {plural(number, 'resource')} are logged in {place}"
        bucket = place.partition(":s3:::")[2].rstrip("*/")
        where = f"s3://{bucket}/AWSLogs/{account}/VpcLattice/"
        lines.append(f"{about}: `policyc replay {where} --known {folder}`" if bucket else about)
    return lines
