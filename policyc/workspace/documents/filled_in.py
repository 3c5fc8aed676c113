"""Documents inside of templates, modules and manifests as comparisons with AWS want them. What such a file leaves open of its own account and Region, and of
what its documents are on, is what AWS has: the resource that a document is compared with says it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from policyc.diagnostics import Diagnostics
from policyc.record import record, replace
from policyc.text import Source
from policyc.workspace.documents.asked import values_of
from policyc.workspace.documents.home import at_home
from policyc.workspace.documents.hosts import Host, open_hosts
from policyc.workspace.documents.native_settings import NativeSettings
from policyc.workspace.documents.taken_out import Left, TakenOut, as_text, take_out

#: the account and the ARN of what AWS has in a document's place, empty where nothing is known of it
Found = Callable[[TakenOut], tuple[str, str]]


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
    for item in held:
        account, arn = found(item)
        if arn:
            _, partition, _, region, *_ = arn.split(":", 5)
            told = {"account": account, "region": region, "partition": partition}
            yield from at_home(("AWS::AccountId", "AWS::Region", "AWS::Partition", *holes), told).items()
            yield from values_of(item.resource, arn).items()
