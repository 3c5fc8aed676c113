"""`policyc simulate NETWORK`: where an attachment goes, and which way a packet takes, on a declared network or a JSON document."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from policyc.cli import exits, network_diff
from policyc.cli.console import Console
from policyc.cli.networks import Opened, describe_inventory, open_inventory, open_network, tell_silent
from policyc.cli.parser import WrongUse
from policyc.cli.refuse import refuse_request
from policyc.cli.simulate import crowds
from policyc.diagnostics import Diagnostics
from policyc.record import replace
from policyc.report.screen import paint, wrap

if TYPE_CHECKING:
    from policyc.engines.wan.associate import Association
    from policyc.engines.wan.attachments import Attachment
    from policyc.engines.wan.tables import Tables
    from policyc.targets.cloud_wan.inventory_file import Inventory
    from policyc.targets.cloud_wan.questions import PathAnswer
    from policyc.targets.cloud_wan.what_if import Supposed

_STYLES: Final = {
    "reachable": "good",
    "segment": "good",
    "group": "good",
    "one-way": "error",
    "partly": "error",
    "blocked": "error",
    "pending": "error",
    "unassociated": "error",
    "undecided": "warning",
}
_STATUS: Final = {
    "reachable": exits.CLEAN,
    "segment": exits.CLEAN,
    "group": exits.CLEAN,
    "one-way": exits.DENY,
    "partly": exits.DENY,
    "blocked": exits.DENY,
    "pending": exits.DENY,
    "unassociated": exits.DENY,
    "undecided": exits.UNDECIDED,
}

#: see `policyc.cli.simulate.command.Mode`
ABOUT: Final = "a core network"
OTHERS: Final = frozenset({"resource", "paths"})


def describe(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group(
        "core networks", "RESOURCE is then a declared network or a core network policy document (`core.json`)"
    )
    group.add_argument(
        "--attachment",
        dest="new_attachments",
        action="append",
        default=[],
        metavar="KEY=VALUE,…",
        help="one attachment: type=vpc,region=us-east-1,account=…,tag.segment=production,cidr=10.1.0.0/16,accepted=true; "
        "without `--from` the answer is where it goes",
    )
    describe_inventory(group)
    group.add_argument("--from", dest="path_from", metavar="NAME", help="the attachment that sends")
    group.add_argument("--to", dest="path_to", metavar="NAME|PREFIX", help="an attachment, an address or a prefix")
    group.add_argument(
        "--who-reaches", metavar="NAME", help="every attachment that reaches this segment, function group or attachment"
    )
    group.add_argument(
        "--inspected",
        action="store_true",
        help="with `--from A --to B`, each a segment or an attachment: whether everything that arrives is inspected; exit 10 when not",
    )
    for option, name, metavar, help_ in (
        ("--without", "without", "NAME", "suppose that this attachment is gone; without `--from`, list what changes"),
        ("--without-edge", "without_edges", "REGION", "suppose that this edge is gone"),
        ("--tag", "supposed_tags", "NAME.KEY=VALUE", "suppose that an attachment has this tag"),
        ("--add", "supposed_added", "KEY=VALUE,…", "suppose one attachment more, written as for `--attachment`"),
    ):
        group.add_argument(option, dest=name, action="append", default=[], metavar=metavar, help=help_)


def wants(args: argparse.Namespace) -> bool:
    """Whether the question is about a core network."""
    asked = (
        args.new_attachments
        or args.inventories
        or args.path_from
        or args.path_to
        or args.who_reaches
        or _supposed(args)
    )
    return bool(asked) or (args.resource is not None and args.resource.endswith(".json"))


def _supposed(args: argparse.Namespace) -> Supposed:
    from policyc.targets.cloud_wan.what_if import Supposed

    return Supposed(args.without, args.without_edges, args.supposed_tags, args.supposed_added)


def run(args: argparse.Namespace, console: Console) -> int:
    if (args.path_from is None) is not (args.path_to is None):
        missing = "to" if args.path_to is None else "from"
        raise WrongUse(f"a path has two ends, and `--{missing}` is missing", "give `--from A --to B`")
    if args.inspected and args.path_from is None:
        raise WrongUse("`--inspected` is about traffic from one place to another", "give `--from A --to B`")
    drawn = args.path_from is not None or _supposed(args)
    if args.format in network_diff.PICTURES and (args.inspected or args.who_reaches is not None or not drawn):
        raise WrongUse(
            "there is no picture of this answer", "ask for a path with `--from A --to B`, or use `policyc graph`"
        )
    if not (args.new_attachments or args.inventories or args.supposed_added):
        raise WrongUse(
            "nothing is attached, so there is nothing to ask", "give `--attachment type=vpc,…` or `--attachments FILE`"
        )
    opened = open_network(args.resource, args, console)
    if isinstance(opened, int):
        return opened
    inventory = open_inventory(args, console)
    if isinstance(inventory, int):
        return inventory
    diagnostics = Diagnostics()
    given = _given(args, opened, diagnostics)
    if diagnostics.has_errors:
        return refuse_request(diagnostics, {}, args.format, console, exits.WRONG_USE)
    if args.who_reaches is not None or args.inspected:
        everything = replace(inventory, attachments=(*inventory.attachments, *given))
        return crowds.run(args, console, opened, everything, _supposed(args))
    if _supposed(args):
        return _what_if(args, console, opened, replace(inventory, attachments=(*inventory.attachments, *given)))
    if args.path_from is not None:
        return _path(args, console, opened, inventory, given)
    return _associations(args, console, opened, given or list(inventory.attachments))


def _given(args: argparse.Namespace, opened: Opened, diagnostics: Diagnostics) -> list[Attachment]:
    """The attachments of `--attachment`. A Region without an edge is a slip of the one who asks."""
    from policyc.targets.cloud_wan.inventory import check_regions
    from policyc.targets.cloud_wan.questions import attachment_from_flag

    found = [attachment_from_flag(text, at, diagnostics) for at, text in enumerate(args.new_attachments, 1)]
    given = [item for item in found if item is not None]
    check_regions(given, opened.network.locations, diagnostics)
    return given


# --- where attachments go ---------------------------------------------------------------------------------------


def _associations(args: argparse.Namespace, console: Console, opened: Opened, attachments: Sequence[Attachment]) -> int:
    from policyc.engines.wan.associate import Associator
    from policyc.targets.cloud_wan.answers import FORMAT_VERSION, association_data

    decide = Associator(opened.network, opened.switches)
    found = [decide(item) for item in attachments]
    if args.format == "json":
        data = {
            "format_version": FORMAT_VERSION,
            "kind": "associations",
            "attachments": [association_data(f) for f in found],
        }
        console.write(json.dumps(data, indent=2) + "\n")
    else:
        for at, item in enumerate(found):
            console.write(("\n" if at else "") + _association_text(item, console))
        if not found:
            console.write("no attachments\n")
    return _worst([item.standing.value for item in found])


def _association_text(found: Association, console: Console) -> str:
    from policyc.targets.cloud_wan.answers import association_lines

    options = console.options()
    lines: list[str] = []
    for text in association_lines(found):
        indent = text[: len(text) - len(text.lstrip())]
        lines += wrap(text, options.width, indent + "    ")
    head, _, rest = lines[0].partition(": ")
    lines[0] = f"{head}: " + paint(rest, _STYLES[found.standing.value], options.color)
    return "\n".join(lines) + "\n"


def _worst(states: Sequence[str]) -> int:
    """Undecided before a refusal before success."""
    return max((_STATUS[state] for state in states), default=exits.CLEAN)


# --- paths ------------------------------------------------------------------------------------------------------


def _path(
    args: argparse.Namespace, console: Console, opened: Opened, inventory: Inventory, given: Sequence[Attachment]
) -> int:
    from policyc.targets.cloud_wan.answers import FORMAT_VERSION, path_data
    from policyc.targets.cloud_wan.questions import ask_path, check_names, situate

    everything = replace(inventory, attachments=(*inventory.attachments, *given))
    diagnostics = Diagnostics()
    answer = None
    if check_names(everything.attachments, diagnostics):
        tables = situate(opened.network, everything, opened.switches)
        tell_silent(tables, args, console)
        answer = ask_path(tables, args.path_from, args.path_to, diagnostics)
    if answer is None:
        return refuse_request(diagnostics, {}, args.format, console, exits.WRONG_USE)
    verdict = answer.trip.value
    if args.format == "json":
        data = {
            "format_version": FORMAT_VERSION,
            "kind": "path",
            "from": args.path_from,
            "to": args.path_to,
            **path_data(answer),
        }
        console.write(json.dumps(data, indent=2) + "\n")
        return _STATUS[verdict]
    _write_path(answer, args, console)
    return _STATUS[verdict]


def _write_path(
    answer: PathAnswer, args: argparse.Namespace, console: Console, before: PathAnswer | None = None
) -> None:
    """A path for people, with what comes of it `before` something that is supposed."""
    if args.format in network_diff.PICTURES:
        from policyc.targets.cloud_wan.path_svg import path_picture

        picture = path_picture(answer, args.path_from, args.path_to, before)
        title = f"policyc: {args.path_from} to {args.path_to}"
        words = "\n".join(_path_words(answer, args, 110, False, before))
        network_diff.write_picture(args.format, title, picture, words, console)
        return
    options = console.options()
    console.write("\n".join(_path_words(answer, args, options.width, options.color, before)) + "\n")


def _path_words(
    answer: PathAnswer, args: argparse.Namespace, width: int, color: bool, before: PathAnswer | None
) -> list[str]:
    from policyc.targets.cloud_wan.answers import path_lines

    verdict = answer.trip.value
    lines: list[str] = []
    for text in path_lines(answer, args.path_from, args.path_to):
        indent = text[: len(text) - len(text.lstrip())]
        lines += wrap(text, width, indent + "    ")
    lines[0] = paint(verdict, _STYLES[verdict], color) + lines[0].removeprefix(verdict)
    if before is not None:
        same = "the same today" if before.trip is answer.trip else f"today it is {before.trip.value}"
        lines[1:1] = wrap(f"  {same}: {before.forward.sentence}", width, "    ")
    return lines


# --- what if ----------------------------------------------------------------------------------------------------


def _what_if(args: argparse.Namespace, console: Console, opened: Opened, inventory: Inventory) -> int:
    """One path today and as supposed, or all that changes."""
    from policyc.targets.cloud_wan.compare import compare_tables, comparison_data
    from policyc.targets.cloud_wan.questions import check_names, situate
    from policyc.targets.cloud_wan.what_if import suppose

    diagnostics = Diagnostics()
    check_names(inventory.attachments, diagnostics)
    worlds = None if diagnostics.has_errors else suppose(opened.network, inventory, _supposed(args), diagnostics)
    if worlds is None:
        return refuse_request(diagnostics, {}, args.format, console, exits.WRONG_USE)
    before, after = (situate(world.network, world.inventory, opened.switches) for world in worlds)
    tell_silent(before, args, console)
    if args.path_from is not None:
        return _supposed_path(args, console, before, after)
    found = compare_tables(before, after)
    if args.format == "json":
        console.write(json.dumps(comparison_data(found), indent=2) + "\n")
    elif args.format in network_diff.PICTURES:
        network_diff.draw(args.format, found, before, after, ("today", "as supposed"), console)
    else:
        network_diff.write_comparison(found, console, supposed=True)
    return exits.FINDINGS if found.changes else exits.CLEAN


def _supposed_path(args: argparse.Namespace, console: Console, before: Tables, after: Tables) -> int:
    from policyc.targets.cloud_wan.answers import FORMAT_VERSION, path_data
    from policyc.targets.cloud_wan.questions import ask_path

    diagnostics = Diagnostics()
    answers = [ask_path(tables, args.path_from, args.path_to, diagnostics) for tables in (before, after)]
    today, then = answers
    if today is None or then is None:
        return refuse_request(diagnostics, {}, args.format, console, exits.WRONG_USE)
    if args.format == "json":
        data = {
            "format_version": FORMAT_VERSION,
            "kind": "path",
            "from": args.path_from,
            "to": args.path_to,
            **path_data(then),
            "today": path_data(today),
        }
        console.write(json.dumps(data, indent=2) + "\n")
    else:
        _write_path(then, args, console, today)
    return _STATUS[then.trip.value]
