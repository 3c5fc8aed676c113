"""Who answers for `policyc replay`: the policies of a project, or documents; those in force and the new ones."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from policyc.cli.console import Console
from policyc.cli.inputs import read_input
from policyc.cli.networks import open_inventory, read_network
from policyc.cli.parser import WrongUse
from policyc.cli.project import open_project
from policyc.cli.refuse import nothing_found, refuse, refuse_findings, refuse_request
from policyc.cli.simulate.cedar import read_texts
from policyc.cli.simulate.documents import read_flags
from policyc.cli.trust import trust_of
from policyc.diagnostics import Diagnostics
from policyc.record import record
from policyc.syntax.json_text import parse_json
from policyc.targets.registry import network_like
from policyc.text import Source
from policyc.workspace.compile import Compiled, compile_project
from policyc.workspace.documents.pulled import LOCK, BrokenLock, read_lock
from policyc.workspace.project import POLICY

if TYPE_CHECKING:
    from policyc.replay.askers.known import Known
    from policyc.replay.askers.said import Asker
    from policyc.targets.cedar_documents.protocol import Guard, Providers
    from policyc.workspace.project import Project

#: documents of IAM that requests meet, and those of them that may have a predecessor
ROLES: Final = (
    *("identity", "boundary", "session", "scp", "rcp"),
    *("service-policy", "network-policy", "bucket-policy"),
)
OLD: Final = ("service-policy", "network-policy", "bucket-policy")
CEDAR: Final = ("group-policy", "endpoint-policy")
NETWORK: Final = "core-network"
#: what `--against` says of a time when no policy was in force
NOTHING: Final = "none"
SETTINGS: Final = ("service-auth", "network-auth", "protocol", "resource-account")
#: those of which another may have held before
OLD_SETTINGS: Final = SETTINGS[:2]
#: what actions begin with in documents that are on a service, or on a bucket
_OF_ACTIONS: Final = {"service-policy": "vpc-lattice-svcs", "bucket-policy": "s3"}
_OF_SERVICES: Final = ("vpc-lattice",)
_OF_BUCKETS: Final = ("cloudtrail", "s3-access")
_OF_CEDAR, _OF_FLOWS = "verified-access", "flow-logs"
#: what leads on where there are no policies
_NO_POLICIES: Final = "name them with `--policies PATH` (a folder, or one document), or see with `--suggest` which ones let in what a log of VPC Lattice saw let in"


_PULLED: Final = "what was pulled are documents: write policies for them with `policyc import FOLDER -o POLICIES`, name these with `--policies` or `--against`, and the folder with `--known`"


@record
class Policies:
    """Who answers for the policies in force and for new ones; what is known of callers besides their records."""

    old: Asker
    new: Asker | None
    known: Known


def policies(args: argparse.Namespace, console: Console) -> Policies | int:
    """Who is asked, or the exit status after saying what is wrong. Raises WrongUse."""
    args = _with_documents(args)
    _refuse_documents(args)
    diagnostics = Diagnostics()
    project = open_project(args, args.paths, diagnostics)
    console.names = project.names
    if diagnostics.has_errors:
        return refuse(diagnostics, project, console)
    known = _known(args)
    if args.suggest and not (_has_documents(args) or args.paths or args.against):
        from policyc.replay.askers.said import Nobody

        return Policies(Nobody(), None, known)
    found = (
        _documents(args, project, known, console) if _has_documents(args) else _projects(args, project, known, console)
    )
    return found if isinstance(found, int) else Policies(*found, known)


def _refuse_documents(args: argparse.Namespace) -> None:
    """Raises WrongUse for a document in place of policies: what it is for has to be said."""
    for path in args.paths:
        if not path.endswith(POLICY) and os.path.isfile(path):  # noqa: PTH113 - False for a name that is too long
            options = "`--service-policy`, `--bucket-policy`, `--group-policy`, `--core-network` or the like"
            raise WrongUse(
                f"`{path}` is no policy file",
                f"give each document with the option that says what it is: {options}, `{path}#NAME` for one inside of a template",
            )


def _with_documents(args: argparse.Namespace) -> argparse.Namespace:
    """The command line with a document that `--policies` or `--against` name as the option for its kind. Raises WrongUse."""
    if any(
        _given(args, name) for name in (*ROLES, *CEDAR, NETWORK, *(f"old-{name}" for name in (*OLD, *CEDAR, NETWORK)))
    ):
        return args
    held = dict(vars(args))
    if args.against not in (None, NOTHING) and not os.path.exists(args.against):  # noqa: PTH110 - False for a name that is too long
        raise WrongUse(
            f"`{args.against}` does not exist",
            "name the folder of the project in force, or two documents: `--policies NEW --against OLD`",
        )
    if len(args.paths) == 1 and _is_document(args.paths[0]):
        held["paths"] = []
        new = _kind_of(args.paths[0], args)
        held[new.replace("-", "_")] = _held(new, args.paths[0])
        if args.against not in (None, NOTHING) and _is_document(args.against):
            old = _kind_of(args.against, args)
            if old != new:
                raise WrongUse(
                    f"`{args.paths[0]}` is a {new.replace('-', ' ')}, and `{args.against}` a {old.replace('-', ' ')}",
                    "compare documents of one kind",
                )
            held["against"] = None
            held[f"old_{old.replace('-', '_')}"] = _held(old, args.against)
        elif args.against not in (None, NOTHING):
            raise WrongUse(
                f"`{args.paths[0]}` is one document, and `{args.against}` a project",
                "name two documents or two projects: `--policies NEW --against OLD`",
            )
    elif args.against and os.path.isfile(args.against):  # noqa: PTH113 - as above
        raise WrongUse(
            f"`{args.against}` is one document, and the new policies are a project",
            "name the folder of the project in force, or two documents: `--policies NEW --against OLD`",
        )
    return argparse.Namespace(**held)


def _is_document(path: str) -> bool:
    return path.endswith((".json", ".cedar")) and os.path.isfile(path)  # noqa: PTH113 - False for a name that is too long


def _held(role: str, path: str) -> Any:
    """As the option of the role holds it: those of documents of IAM may be given several times."""
    return [path] if role in ROLES else path


def _kind_of(path: str, args: argparse.Namespace) -> str:
    """The option that a document is for."""
    if path.endswith(".cedar"):
        return "group-policy"
    source = read_input(path, "a document", args, "--policies", 64 * 1024 * 1024)
    tree = parse_json(source, Diagnostics())
    if tree is not None and network_like(tree) is not None:
        return NETWORK
    services = set() if tree is None else {action.partition(":")[0].lower() for action in _actions(tree.plain())}
    kinds = [role for role, service in _OF_ACTIONS.items() if service in services]
    if len(kinds) == 1:
        return kinds[0]
    raise WrongUse(
        f"`{path}` does not say what it is on", "give it as `--service-policy`, `--network-policy` or `--bucket-policy`"
    )


def _actions(document: Any) -> Iterator[str]:
    """The actions that a document of IAM names."""
    held = document.get("Statement") if isinstance(document, dict) else None
    for item in held if isinstance(held, list) else [held]:
        found = item.get("Action", item.get("NotAction")) if isinstance(item, dict) else None
        yield from (text for text in (found if isinstance(found, list) else [found]) if isinstance(text, str))


def _given(args: argparse.Namespace, name: str) -> Any:
    return getattr(args, name.replace("-", "_"))


def _has_documents(args: argparse.Namespace) -> bool:
    return _is_replaced(args) or any(_given(args, name) for name in (*ROLES, *SETTINGS, *CEDAR, NETWORK))


def _is_replaced(args: argparse.Namespace) -> bool:
    """Whether something is given that was in force."""
    return any(_given(args, f"old-{name}") for name in (*OLD, *OLD_SETTINGS, *CEDAR, NETWORK))


def _known(args: argparse.Namespace) -> Known:
    from policyc.replay.askers.known import NotKnown, known_of, read_known

    if args.known is None:
        return read_known({})
    if Path(args.known).is_dir():
        try:
            lock = read_lock(Path(args.known))
        except BrokenLock as error:
            raise WrongUse(str(error), "pull it again with `policyc aws pull`") from None
        if lock is None:
            raise WrongUse(
                f"`{args.known}` was not pulled from AWS", "name a folder that `policyc aws pull` wrote, or a file"
            )
        return known_of(lock.resources)
    source = read_input(args.known, "what is known of callers", args, "--known", 64 * 1024 * 1024)
    try:
        return read_known(json.loads(source.text))
    except (ValueError, RecursionError, NotKnown) as error:
        raise WrongUse(
            f"`{args.known}` does not say what is known: {error}",
            'write {"callers": {ARN: {KEY: "value"}}, "accounts": {ID: {KEY: "value"}}, "users": {ADDRESS: {PROVIDER: {…}}}}',
        ) from None


# --- documents ------------------------------------------------------------------------------------------------------


def _documents(
    args: argparse.Namespace, project: Project, known: Known, console: Console
) -> tuple[Asker, Asker | None] | int:
    from policyc.replay.askers.said import Many, Unguarded

    if args.against not in (None, NOTHING) or args.paths:
        raise WrongUse(
            "documents take the place of a project",
            "leave `--policies` and `--against` out; what was in force is `--old-service-policy FILE` and the like",
        )
    sides: list[dict[str, Asker]] = []
    for old in (False, True):
        made: dict[str, Asker] = {}
        for part in (_of_iam(args, project, console, old), _of_cedar(args, project, known, console, old)):
            if isinstance(part, int):
                return part
            made |= part
        part = _of_network(args, console, old)
        if isinstance(part, int):
            return part
        sides.append(made | part)
    if not sides[0]:
        raise WrongUse(
            "no policy given",
            "name one with `--service-policy`, `--network-policy`, `--bucket-policy`, `--group-policy`, `--endpoint-policy` "
            "or `--core-network`",
        )
    replaced = _is_replaced(args)
    if args.against == NOTHING:
        if replaced:
            raise WrongUse(
                "`--against none` says that no policy was in force", "leave it out, or the `--old-…` documents"
            )
        return Unguarded(), Many(sides[0])
    return (Many(sides[1]), Many(sides[0])) if replaced else (Many(sides[0]), None)


def _before(args: argparse.Namespace, names: Sequence[str], old: bool) -> argparse.Namespace:
    """The command line with what was in force in the place of what is new."""
    held = dict(vars(args))
    for name in names:
        earlier = _given(args, f"old-{name}")
        if old and earlier:
            held[name.replace("-", "_")] = earlier
    return argparse.Namespace(**held)


def _of_iam(args: argparse.Namespace, project: Project, console: Console, old: bool) -> dict[str, Asker] | int:
    if not any(_given(args, name) or _given(args, f"old-{name}") for name in OLD):
        return {}
    from policyc.replay.askers.documents import OfDocuments

    diagnostics = Diagnostics()
    switches = project.config.switches
    asked = _before(args, OLD, old)
    given, sources = read_flags(asked, ROLES, switches, diagnostics)
    if diagnostics.has_errors:
        return refuse_request(diagnostics, sources, "human", console)
    beside = {**dict.fromkeys(asked.perhaps, ""), **(getattr(asked, "unreadable", None) or {})}
    for why, reason in beside.items():
        raise WrongUse(
            f"not known for every record: {reason or why}",
            "give what bears on all of them with `--scp`, `--rcp` or `--boundary`, or `none`",
        )
    said = _before(args, OLD_SETTINGS, old)
    words = {name: _given(said, name) for name in SETTINGS if _given(said, name) is not None}
    made: dict[str, Asker] = {}
    # a request to a service meets no policy of a bucket, and the other way round
    account = {name: text for name in ("resource-account",) if (text := words.pop(name, None)) is not None}
    for kinds, own, settings in ((_OF_SERVICES, OLD[:2], words), (_OF_BUCKETS, OLD[2:], account)):
        if any(item.role in own for item in given):
            some = [item for item in given if item.role in own or item.role not in OLD]
            made |= dict.fromkeys(kinds, OfDocuments(some, settings, switches))
    return made


def _of_cedar(
    args: argparse.Namespace, project: Project, known: Known, console: Console, old: bool
) -> dict[str, Asker] | int:
    names = _before(args, CEDAR, old)
    if not any(_given(names, name) for name in CEDAR):
        return {}
    from policyc.replay.askers.cedar import OfCedar
    from policyc.targets.cedar_texts import logging

    diagnostics = Diagnostics()
    sources: dict[str, Source] = {}
    texts = read_texts({"group": names.group_policy, "endpoint": names.endpoint_policy}, args, sources, diagnostics)
    guard = logging().guard_of(texts, _providers(args), project.config.switches, diagnostics)
    if diagnostics.has_errors:
        return refuse_request(diagnostics, sources, "human", console)
    return {_OF_CEDAR: OfCedar({"": guard}, known.users)}


def _providers(args: argparse.Namespace) -> Providers:
    """What is said of trust providers: no file belongs to a log."""
    from policyc.targets.cedar_documents.protocol import Providers, no_files

    return Providers(trust_of(args), {}, no_files)


def _of_network(args: argparse.Namespace, console: Console, old: bool) -> dict[str, Asker] | int:
    name = (args.old_core_network if old else None) or args.core_network
    if name is None:
        return {}
    from policyc.replay.askers.networks import OfNetwork
    from policyc.targets.cloud_wan.questions import situate

    opened = read_network(name, args, console)
    if isinstance(opened, int):
        return opened
    inventory = open_inventory(args, console)
    if isinstance(inventory, int):
        return inventory
    return {_OF_FLOWS: OfNetwork(situate(opened.network, inventory, opened.switches))}


# --- projects -------------------------------------------------------------------------------------------------------


def _projects(
    args: argparse.Namespace, project: Project, known: Known, console: Console
) -> tuple[Asker, Asker | None] | int:
    here = _of_project(args, project, known, console)
    if isinstance(here, int) or not args.against:
        return here if isinstance(here, int) else (here, None)
    if args.against == NOTHING:
        from policyc.replay.askers.said import Unguarded

        return Unguarded(), here
    diagnostics = Diagnostics()
    there = argparse.Namespace(**{**vars(args), "root": Path(args.against), "root_option": "--against", "config": None})
    other = open_project(there, [], diagnostics)
    if diagnostics.has_errors:
        return refuse(diagnostics, other, console)
    before = _of_project(args, other, known, console)
    return before if isinstance(before, int) else (before, here)


def _of_project(args: argparse.Namespace, project: Project, known: Known, console: Console) -> Asker | int:
    from policyc.replay.askers.projects import OfProject
    from policyc.replay.askers.said import Many

    compiled = compile_project(project)
    if compiled.diagnostics.has_errors:
        return refuse_findings(compiled, project, console, "human")
    if not compiled.program.modules:
        held = next((path for path in (*project.named, project.root) if (path / LOCK).is_file()), None)
        return nothing_found(console, help=_NO_POLICIES if held is None else _PULLED)
    askers: dict[str, Asker] = dict.fromkeys(
        (*_OF_SERVICES, *_OF_BUCKETS), OfProject(compiled.program, compiled.all_documents)
    )
    for part in (_endpoints(args, compiled, known, console), _network(args, compiled, project, console)):
        if isinstance(part, int):
            return part
        askers |= part
    return Many(askers)


def _endpoints(args: argparse.Namespace, compiled: Compiled, known: Known, console: Console) -> dict[str, Asker] | int:
    """The texts of each declared endpoint that has a domain."""
    from policyc.replay.askers.cedar import OfCedar
    from policyc.targets.cedar_texts import logging

    guards: dict[str, Guard] = {}
    diagnostics = Diagnostics()
    target, program, given = logging(), compiled.program, _providers(args)
    for item in program.resources.values():
        if item.type == target.visited and item.text("domain"):
            guard = target.guard_on(item, program, compiled.all_documents, given, diagnostics)
            if guard is not None:
                guards[str(item.text("domain"))] = guard
    if diagnostics.has_errors:
        return refuse_request(diagnostics, compiled.program.sources, "human", console)
    return {_OF_CEDAR: OfCedar(guards, known.users)} if guards else {}


def _network(
    args: argparse.Namespace, compiled: Compiled, project: Project, console: Console
) -> dict[str, Asker] | int:
    """The tables of the project's network, when attachments are given."""
    if not args.inventories:
        return {}
    from policyc.replay.askers.networks import OfNetwork
    from policyc.targets.cloud_wan.documents import checked_networks
    from policyc.targets.cloud_wan.questions import situate
    from policyc.targets.switches import wan_switches

    inventory = open_inventory(args, console)
    if isinstance(inventory, int):
        return inventory
    networks = [lowered.network for _, lowered in checked_networks(compiled.program, Diagnostics())]
    if len(networks) != 1:
        raise WrongUse(
            f"the project declares {len(networks)} core networks, and flows are asked of one",
            "name one document with `--core-network`",
        )
    return {_OF_FLOWS: OfNetwork(situate(networks[0], inventory, wan_switches(project.config.switches)))}
