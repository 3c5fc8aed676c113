"""Documents inside of templates, modules and manifests as comparisons with AWS want them. What such a file leaves open of its own account and Region, and of
what its documents are on, is what AWS has: the resource that a document is compared with says it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from policyc.diagnostics import Diagnostics
from policyc.holes import MARK, name_of
from policyc.record import record, replace
from policyc.text import Source
from policyc.workspace.documents.asked import values_of
from policyc.workspace.documents.home import at_home
from policyc.workspace.documents.hosts import Host, open_hosts
from policyc.workspace.documents.native_settings import NativeSettings
from policyc.workspace.documents.taken_out import Left, TakenOut, as_text, take_out

#: the account and the ARN of what AWS has in a document's place, empty where nothing is known of it
Found = Callable[[TakenOut], tuple[str, str]]
_PSEUDO: Final = ("AWS::AccountId", "AWS::Region", "AWS::Partition")


@record
class Hosted:
    """`left` are documents that cannot be compared; `open` are those whose values AWS may know, beside others of the same file."""

    documents: tuple[TakenOut, ...]
    left: tuple[Left, ...]
    open: tuple[TakenOut, ...]


def read_hosted(
    root: Path,
    files: Sequence[tuple[Source, str]],
    settings: NativeSettings,
    diagnostics: Diagnostics,
    found: Found | None,
) -> Hosted:
    """The documents of host files below a root, `files` with the format of each; `found` looks for what AWS has (None: nobody asked yet)."""
    groups: dict[tuple[str, str], list[Host]] = {}
    for host in open_hosts(root, files, diagnostics, settings):
        groups.setdefault((host.format, host.carried.module or host.source.file), []).append(host)
    hosts: list[Host] = []
    open: list[TakenOut] = []
    for group in groups.values():
        held = [as_text(host, document) for host in group for document in host.carried.documents]
        if not any(item.holes or item.world for item in held):
            hosts += group
        elif found is None:
            open += held
            hosts += group
        else:
            bound = replace(settings, values={**dict(_known(held, found)), **settings.values})
            # what is wrong with the files was told when they were read first
            hosts += open_hosts(root, [(host.source, host.format) for host in group], Diagnostics(), bound)
    taken, left = take_out(hosts)
    return Hosted(tuple(taken), tuple(left), tuple(open))


def _known(held: Sequence[TakenOut], found: Found) -> Iterator[tuple[str, str]]:
    """What AWS tells of the values of a host, by the host's names for them."""
    holes = dict.fromkeys(hole for item in held for hole in item.holes)
    told: dict[str, set[str]] = {"account": set(), "region": set(), "partition": set()}
    for item in held:
        account, arn = found(item)
        if arn:
            _, partition, _, region, *_ = arn.split(":", 5)
            for place, word in zip(told.values(), (account, region, partition), strict=True):
                place.update({word} - {""})
            yield from values_of(item.resource, arn).items()
    # a module may be for several Regions, and a part of it is in one that nobody tells
    home = {name: next(iter(words)) for name, words in told.items() if len(words) == 1}
    yield from at_home((*_PSEUDO, *holes), home).items()
    for mark in (mark for item in held for mark in MARK.finditer(item.source.text)):
        arn = _completed(mark[2] or "", home)
        if arn:
            yield name_of(mark), arn


def _completed(like: str, home: Mapping[str, str]) -> str:
    """The ARN of a resource whose name is written out, from what all such ARNs look like; empty where that tells more than one."""
    fields = like.split(":", 5)
    if len(fields) < 6 or fields[0] != "arn" or {"*", "?"} & {*fields[2], *fields[5]}:
        return ""
    open = {1: "partition", 3: "region", 4: "account"}
    filled = [home.get(open[at], "") if {"*", "?"} & {*text} and at in open else text for at, text in enumerate(fields)]
    return ":".join(filled) if all(filled[at] or not fields[at] for at in open) else ""
