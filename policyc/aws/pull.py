"""`pull`: everything that answers need, from one or several accounts and Regions, into a folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from policyc.aws import folder as folders
from policyc.aws.asking import Asker, Journal, Tell, Unread
from policyc.aws.calls import CALLERS, CLOUD_WAN, LATTICE, OBJECT_LAMBDA, ORGANIZATION, TARGETS, VERIFIED_ACCESS
from policyc.aws.found import Part, joined, settled
from policyc.aws.inventory import callers, cloud_wan, lattice, object_lambda, organization, verified_access
from policyc.aws.session import NoSession, Sessions
from policyc.record import record

JOURNAL: Final = ".pull-journal.jsonl"


@record
class Wanted:
    """What is pulled: `regions` empty for the one that each session has; `callers` are ARNs beside those that policies name (with `named` false:
    those alone, and of core networks nothing but policies). `only` are by target the ARNs and ids of services, networks, groups, endpoints and core networks that are looked at, all of a target that it
    lacks."""

    targets: tuple[str, ...] = TARGETS
    regions: tuple[str, ...] = ()
    callers: tuple[str, ...] = ()
    named: bool = True
    only: Mapping[str, frozenset[str]] = MappingProxyType({})


@record
class Inventory:
    """What was found, who was asked, what could not be read, and how many calls it took."""

    part: Part
    accounts: tuple[Mapping[str, Any], ...]
    unread: tuple[Unread, ...]
    calls: Mapping[str, int]


def take(sessions: Sequence[Sessions], wanted: Wanted, journal: Journal | None, tell: Tell) -> Inventory:
    """Ask AWS for everything. Raises NoSession where no Region is known."""
    asks = {item.identity.account: Asker(item, journal, tell) for item in sessions}
    parts: list[Part] = []
    accounts: list[dict[str, Any]] = []
    for ask in asks.values():
        regions = wanted.regions or ((ask.sessions.region,) if ask.sessions.region else ())
        if not regions and {LATTICE, VERIFIED_ACCESS, OBJECT_LAMBDA} & set(wanted.targets):
            raise NoSession("no Region is known", "give `--region`, or set `AWS_REGION`")
        parts.append(_account(ask, regions, wanted, asks))
        identity = ask.sessions.identity
        accounts.append(
            {
                "account": identity.account,
                "caller": identity.arn,
                "partition": identity.partition,
                "regions": list(regions),
                "targets": list(wanted.targets),
            }
        )
    unread = tuple(one for ask in asks.values() for one in ask.unread)
    calls = {"made": sum(ask.made for ask in asks.values()), "kept": sum(ask.again for ask in asks.values())}
    return Inventory(settled(joined(parts)), tuple(accounts), unread, calls)


def _account(ask: Asker, regions: Sequence[str], wanted: Wanted, owners: Mapping[str, Asker]) -> Part:
    home = ask.account
    parts: list[Part] = []
    only, all_of_them = wanted.only, frozenset[str]()
    for region in regions:
        if LATTICE in wanted.targets:
            parts.append(lattice.read(ask, region, f"{home}/lattice/{region}", only.get(LATTICE, all_of_them)))
        if VERIFIED_ACCESS in wanted.targets:
            parts.append(
                verified_access.read(
                    ask, region, f"{home}/verified_access/{region}", only.get(VERIFIED_ACCESS, all_of_them)
                )
            )
        if OBJECT_LAMBDA in wanted.targets:
            parts.append(
                object_lambda.read(
                    ask, region, f"{home}/object_lambda/{region}", owners, only.get(OBJECT_LAMBDA, all_of_them)
                )
            )
    if CLOUD_WAN in wanted.targets:
        parts.append(
            cloud_wan.read(ask, f"{home}/cloudwan", owners, only.get(CLOUD_WAN, all_of_them), not wanted.named)
        )
    if CALLERS in wanted.targets:
        found = joined(parts)
        texts = [item.text for item in found.documents if item.kind != "cedar"] if wanted.named else []
        functions = [item for item in found.resources if item.type == "lambda.function"] if wanted.named else []
        arns = callers.named(texts, ask.account)
        roles = [item.facts.get("role") for item in functions]
        own = [arn for arn in wanted.callers if arn.split(":")[4:5] in ([ask.account], ["aws"])]
        names = sorted({*arns, *own, *(str(role) for role in roles if role)})
        parts.append(callers.read(ask, f"{home}/iam", names))
    if ORGANIZATION in wanted.targets:
        parts.append(organization.read(ask, f"{home}/organization"))
    return joined(parts)


def pull(
    sessions: Sequence[Sessions], wanted: Wanted, folder: Path, resume: bool, tell: Tell
) -> tuple[Inventory, dict[str, Any]]:
    """Take an inventory and write it to a folder; the journal of one that is interrupted stays there. Raises NoSession,
    `policyc.aws.folder.Occupied`, `policyc.workspace.documents.pulled.BrokenLock` and OSError."""
    folders.prepare(folder, JOURNAL)
    journal = Journal(folder / JOURNAL, resume)
    done = False
    try:
        found = take(sessions, wanted, journal, tell)
        now = datetime.now(UTC).replace(microsecond=0).isoformat()
        lock = folders.write(folder, found.part, found.accounts, found.unread, now, found.calls)
        done = True
    finally:
        journal.close(done)
    return found, lock
