"""`policyc simulate FILE`: one request to the document in a file. What its shape tells says which option would name it, and the question is the one with
that option.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from policyc.cli.console import Console
from policyc.cli.parser import WrongUse
from policyc.cli.project import here, open_project
from policyc.cli.refuse import refuse
from policyc.diagnostics import Diagnostics, did_you_mean
from policyc.workspace.documents.natives import NAMED
from policyc.workspace.places import file_and_part, parts_named

if TYPE_CHECKING:
    from policyc.workspace.documents.listing import Entry

_CEDAR: Final = "cedar"
_NETWORK: Final = "core-network"


def names_file(args: argparse.Namespace) -> bool:
    """Whether RESOURCE is a file; declared resources have no ending."""
    return args.resource is not None and args.pulled is None and file_and_part(args.resource)[0].endswith(NAMED)


def state(args: argparse.Namespace, console: Console) -> int | None:
    """Put the option in place of the file that would have named its document; a core network stays what is asked. The exit status where the file cannot be
    read, which is told. Raises WrongUse for one that holds no single document to ask."""
    from policyc.workspace.documents.listing import list_documents
    from policyc.workspace.documents.native_settings import settings_of

    file, part = file_and_part(args.resource)
    diagnostics = Diagnostics()
    project = open_project(args, [file], diagnostics, ())
    entries = [] if diagnostics.has_errors else list_documents(project, settings_of(project.config), diagnostics)
    if diagnostics.has_errors:
        return refuse(diagnostics, project, console, args.format)
    chosen = _chosen(entries, file, part)
    if chosen.kind == _NETWORK:
        args.resource = f"{file}#{chosen.name}" if chosen.name else file
        return None
    name = f"{file}#{chosen.name}" if chosen.name else file
    args.resource = None
    if chosen.kind == _CEDAR:
        if not chosen.is_of_endpoint:
            args.group_policy = name
            if not chosen.type and not chosen.resource and not args.endpoint_policy:
                told = f"`{name}` is taken for the policy of a group whose endpoint has none; that of an endpoint goes with `--endpoint-policy`"
                args.taken = (told,)
            return None
        args.endpoint_policy.insert(0, name)
        args.group_policy = args.group_policy or _of_group(entries, chosen, name, args)
        return None
    role = _role(chosen)
    getattr(args, role.replace("-", "_")).insert(0, name)
    arn = f"{role.removesuffix('-policy')}_arn"
    if chosen.name and chosen.resource and getattr(args, arn, "") is None:
        setattr(args, arn, chosen.resource)  # what a template calls its resource
    return None


def _chosen(entries: Sequence[Entry], file: str, part: str) -> Entry:
    """The one document that is meant. Raises WrongUse."""
    known = [entry for entry in entries if not entry.reason]
    meant = parts_named([entry.name for entry in known], part) if part else None
    fitting = [entry for entry in known if meant is None or entry.name in meant]
    if len(fitting) == 1:
        return fitting[0]
    names = list(dict.fromkeys(entry.name for entry in fitting or known if entry.name))
    if not known:
        why = next((f": {entry.reason}" for entry in entries), "")
        raise WrongUse(f"`{file}` holds no policy that can be asked{why}", "name a policy, or a file that holds some")
    written = ", ".join(f"`{file}#{name}`" for name in names[:5])
    if part and not fitting:
        raise WrongUse(f"`{file}` holds no policy `{part}`", did_you_mean(part, names, f"write one of {written}"))
    raise WrongUse(f"`{file}` holds {len(fitting)} policies", f"say which: {written}")


def _of_group(entries: Sequence[Entry], endpoint: Entry, name: str, args: argparse.Namespace) -> str | None:
    """The text of the group of an endpoint as the options name it; None where the group stands beside it and has none. Raises WrongUse where nobody knows."""
    texts = [entry for entry in entries if endpoint.group and entry.name == endpoint.group]
    known = [entry for entry in texts if not entry.reason]
    if len(texts) > 1 or not endpoint.group or texts != known:
        raise WrongUse(
            f"a request to the endpoint of `{name}` meets the policy of its group first, and which that is is not known here",
            f"name it with `--group-policy FILE`; of a group without policy write `--endpoint-policy {name}` in place of `{name}`",
        )
    for entry in known:
        return f"{os.path.relpath(here(args) / entry.file)}#{entry.name}"
    return None


def _role(entry: Entry) -> str:
    """The option that takes documents of a kind."""
    from policyc.simulation.documents.attached import ROLES

    fitting = [role for role, kind in ROLES.items() if kind == entry.kind] or ["resource-policy"]
    network = entry.on.endswith("network") or ":servicenetwork/" in entry.resource
    return "network-policy" if network and "network-policy" in fitting else fitting[0]
