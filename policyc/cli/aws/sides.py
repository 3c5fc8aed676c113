"""Both sides of a comparison with AWS, from a command line: the source, and what is there."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from policyc.cli import exits
from policyc.cli.aws.command import sessions_of
from policyc.cli.console import Console, reason
from policyc.cli.holes import bindings_of
from policyc.cli.parser import WrongUse
from policyc.cli.progress import Progress
from policyc.cli.project import open_project
from policyc.cli.refuse import refuse, refuse_request
from policyc.diagnostics import Diagnostics, did_you_mean

if TYPE_CHECKING:
    from policyc.aws.asking import Asker
    from policyc.aws.live import Live
    from policyc.aws.meant import MeantSide
    from policyc.aws.pairs import Pair
    from policyc.aws.session import Sessions


@dataclass(slots=True)
class Opened:
    """Source and AWS, document by document, and the sessions by account where AWS itself was asked."""

    side: MeantSide
    live: Live
    pairs: list[Pair]
    sessions: dict[str, Sessions] = field(default_factory=dict)
    _askers: dict[str, Asker] = field(default_factory=dict)

    def session_of(self, arn: str) -> Sessions | None:
        """The session for the account of a resource."""
        account = self.live.account_of(arn)
        if not account and len(self.sessions) == 1:
            return next(iter(self.sessions.values()))
        return self.sessions.get(account)

    def regions_of(self, account: str) -> tuple[str, ...]:
        """The Regions that were asked in an account."""
        return tuple(name for one in self.live.accounts if one["account"] == account for name in one["regions"])

    def asker_of(self, arn: str) -> Asker | None:
        """The same, for reading."""
        from policyc.aws.asking import Asker

        session = self.session_of(arn)
        if session is None:
            return None
        return self._askers.setdefault(session.identity.account, Asker(session))


def open_sides(
    args: argparse.Namespace, console: Console, diagnostics: Diagnostics, progress: Progress
) -> Opened | int:
    """Read both sides; an exit status after saying why they cannot be compared. Raises WrongUse and
    `policyc.aws.session.NoSession`."""
    from policyc.aws.meant import read_meant
    from policyc.aws.pairs import counterpart, pairs
    from policyc.workspace.documents.natives import NAMED
    from policyc.workspace.project import POLICY

    project = open_project(args, args.words, diagnostics, (POLICY, *NAMED))
    console.names = project.names
    if diagnostics.has_errors:
        return refuse(diagnostics, project, console, args.format)
    wrong = Diagnostics()
    maps, values = dict(args.maps), bindings_of(args)
    side = read_meant(project, maps, wrong, values)
    if wrong.has_errors:
        return refuse_request(wrong, side.sources, args.format, console, exits.FINDINGS)
    if side.unused:
        known = [name for item in (*side.documents, *side.open) for name in (item.name, item.label)]
        help = did_you_mean(side.unused[0], known, "correct the name")
        raise WrongUse(f"`--map {side.unused[0]}=…` names nothing of the source", help)
    if not (side.documents or side.left):
        console.error("nothing to compare: no policy and no document was found\n")
        return exits.NOTHING
    sessions: dict[str, Sessions] = {}
    if args.live is None or args.who_changed:
        sessions = {one.identity.account: one for one in sessions_of(args)}
    live = _folder(args.live) if args.live is not None else _asked(args, side, sessions, progress)
    if side.open:
        side = read_meant(project, maps, wrong, values, lambda item: counterpart(item, live))
    return Opened(side, live, pairs(side, live), sessions)


def _folder(word: str) -> Live:
    from policyc.aws.live import of_folder
    from policyc.workspace.documents.pulled import BrokenLock, read_lock

    folder = Path(os.path.abspath(word))  # noqa: PTH100
    try:
        lock = read_lock(folder)
        live = None if lock is None else of_folder(folder, lock)
    except BrokenLock as error:
        raise WrongUse(f"`{word}` cannot be read: {error}", "pull it again") from error
    except OSError as error:
        which = Path(error.filename).relative_to(folder).as_posix() if error.filename else "a document"
        raise WrongUse(f"`{which}` in `{word}` cannot be read: {reason(error)}", "pull it again") from error
    except UnicodeDecodeError as error:
        raise WrongUse(f"`{word}` holds a document that is no UTF-8", "pull it again") from error
    if live is None:
        raise WrongUse(f"`{word}` was not pulled", "write it with `policyc aws pull -o`")
    return live


def _asked(args: argparse.Namespace, side: MeantSide, sessions: Mapping[str, Sessions], progress: Progress) -> Live:
    """What AWS has of what the source is about."""
    from policyc.aws.calls import CALLERS, OBJECT_LAMBDA
    from policyc.aws.live import of_inventory
    from policyc.aws.meant import candidates, is_exact, target_of
    from policyc.aws.pull import Wanted, take

    sought = [item for item in (*side.documents, *side.open) if item.resource or item.type]
    targets = tuple(dict.fromkeys(filter(None, map(target_of, sought))))
    arns = [item.resource for item in sought if item.resource]
    regions = tuple(args.region) or tuple(
        dict.fromkeys(arn.split(":")[3] for arn in arns if arn.count(":") >= 5 and arn.split(":")[3])
    )
    mine = [
        arn
        for item in sought
        if target_of(item) in (CALLERS, OBJECT_LAMBDA)
        for one in sessions.values()
        for arn in candidates(item, one.identity.partition, one.identity.account, regions or (one.region,))
    ]
    callers = tuple(dict.fromkeys(arn for arn in mine if ":iam:" in arn))
    only = {OBJECT_LAMBDA: frozenset(arn for arn in mine if ":iam:" not in arn)}
    for target in targets:
        names = [item.resource for item in sought if target_of(item) == target]
        # what goes by a name has to be looked for among all
        if all(map(is_exact, names)) and target not in (CALLERS, OBJECT_LAMBDA):
            only[target] = frozenset(names)
    wanted = Wanted(targets, regions, callers, False, only)
    return of_inventory(take(list(sessions.values()), wanted, None, progress))
