"""Folders that hold what was pulled from AWS, known by their lock file: it says what each document is, what it hangs on, and what is known of
the resources, so that everything works on such a folder without a connection."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from policyc.bounded import read_regular
from policyc.data import read_json
from policyc.diagnostics import Diagnostics
from policyc.per_object import PerObject
from policyc.record import record, replace
from policyc.shape import misfits

LOCK: Final = "live.lock.json"
#: kinds of documents that an organization has, each known by the id of the policy
OF_ORGANIZATION: Final = frozenset({"scp", "rcp"})
SCHEMA: Final = "schemas/aws/lock.schema.json"
FORMAT_VERSION: Final = 1
_LARGEST: Final = 256 * 1024 * 1024
_NETWORK: Final = "lattice.service_network"


@record
class Lock:
    """What a lock file says. `documents` by path: kind, target, role, resource, account, region, revision, sha256 (of the text as AWS has it);
    `resources` by ARN: type, name, facts, policies (role -> path), unread (role -> reason); `unread` are the calls that gave no answer."""

    pulled_at: str
    accounts: tuple[Mapping[str, Any], ...]
    documents: Mapping[str, Mapping[str, Any]]
    resources: Mapping[str, Mapping[str, Any]]
    files: tuple[str, ...]
    unread: tuple[Mapping[str, Any], ...]

    def of(self, arn: str) -> Mapping[str, Any]:
        """What is known of a resource; empty for one that was not found."""
        return self.resources.get(arn, MappingProxyType({}))


def networks_of(lock: Lock, service: str) -> list[str]:
    """The ARNs of the service networks that a service is in; ids are those of AWS, and tell it from all others."""
    return _networks(lock).get(service.rpartition("/")[2], [])


def _members(lock: Lock) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for arn, item in lock.resources.items():
        links = item["facts"].get("services") or () if item["type"] == _NETWORK else ()
        for id in {_id(one) for one in links if one.get("status") != "CREATE_FAILED"}:
            found.setdefault(id, []).append(arn)
    return found


def _asks_unread(network: Mapping[str, Any]) -> bool:
    """Whether requests through a network meet a policy of it that no document has."""
    return network["facts"].get("auth") != "none" and "network-policy" not in network["policies"]


def _id(link: Mapping[str, Any]) -> str:
    return str(link.get("serviceId") or link.get("serviceArn", "")).rpartition("/")[2]


#: asked for every service of a folder
_networks = PerObject(_members, 4)


class BrokenLock(Exception):
    """A lock file that policyc did not write, or a newer one; the text says why."""


def read_lock(folder: Path) -> Lock | None:
    """The lock of a pulled folder, None for any other folder. Raises BrokenLock."""
    file = folder / LOCK
    if not file.is_file():
        return None
    try:
        data = json.loads(read_regular(file, _LARGEST))
    except (OSError, ValueError, RecursionError) as error:
        raise BrokenLock(f"`{LOCK}` cannot be read") from error
    wrong = misfits(data, read_json(SCHEMA))
    if wrong:
        raise BrokenLock(f"`{LOCK}` does not fit: `{wrong[0].pointer}` {wrong[0].message}")
    _see_inside(data)
    return Lock(
        data["pulled_at"],
        tuple(data["accounts"]),
        data["documents"],
        data["resources"],
        tuple(data["files"]),
        tuple(data["unread"]),
    )


def _see_inside(data: Mapping[str, Any]) -> None:
    """Raises BrokenLock for a path that leads out of the folder, which nothing may read, write or remove, and for a document that is not there."""
    for name in (*data["documents"], *data["files"]):
        parts = name.split("/")
        if not name or "\\" in name or ":" in parts[0] or any(part in ("", ".", "..") for part in parts):
            raise BrokenLock(f"`{LOCK}` names `{name}`, which leads out of the folder")
    for arn, item in data["resources"].items():
        for path in (*item["policies"].values(), *(item["facts"].get("identity") or ())):
            if path not in data["documents"]:
                raise BrokenLock(f"`{LOCK}` names `{path}` of `{arn}`, which is none of its documents")


@record
class Pulled:
    """What a lock file says of one document: its kind, what carries it, for Cedar text the types of trust providers by name, of a control
    policy its id and of an identity policy its name (of a managed one the end of its ARN, which `managed` has), for the text of an endpoint whose group and protocol are known the ARN of the group and the protocol, and the auth type of a service or network of VPC Lattice, of a service the ARNs of its `networks` too, and those of them that ask a policy which is not
    there (`lost`)."""

    kind: str = ""
    resource: str = ""
    trust: Mapping[str, str] = MappingProxyType({})
    policy: str = ""
    managed: str = ""
    group: str = ""
    protocol: str = ""
    auth: str = ""
    networks: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()


Known = dict[Path, "tuple[Path, Lock] | None"]
_NOTHING: Final = Pulled()


def pulled(path: Path, known: Known, diagnostics: Diagnostics) -> Pulled:
    """What is known of a document from the lock file above it; nothing for all others. `known` remembers folders; a lock file that cannot be
    read is reported once, for without it nobody knows what its documents are."""
    held = _home(path.parent, known, diagnostics)
    if held is None:
        return _NOTHING
    folder, lock = held
    entry = lock.documents.get(path.relative_to(folder).as_posix())
    if entry is None:
        return _NOTHING
    arn = str(entry.get("resource", ""))
    kind, facts = str(entry.get("kind", "")), lock.of(arn).get("facts", {})
    if kind != "cedar":
        revision = entry["revision"]
        policy = next((str(revision[one]) for one in ("PolicyId", "PolicyName", "PolicyArn") if one in revision), "")
        managed = policy if policy.startswith("arn:") else ""
        networks = tuple(networks_of(lock, arn)) if ":service/" in arn else ()
        lost = tuple(name for name in networks if _asks_unread(lock.of(name)))
        name, auth = policy.rpartition("/")[2], str(facts.get("auth") or "")
        return Pulled(kind, arn, policy=name, managed=managed, auth=auth, networks=networks, lost=lost)
    group, protocol = facts.get("group"), str(facts.get("protocol") or "")
    found = Pulled(kind, arn, facts.get("trust") or {})
    if group and protocol:
        above = f"{arn.rpartition(':')[0]}:verified-access-group/{group}"
        found = replace(found, group=above, protocol=protocol)
    return found


def _home(folder: Path, known: Known, diagnostics: Diagnostics) -> tuple[Path, Lock] | None:
    if folder not in known:
        above = folder.parent
        try:
            lock = read_lock(folder)
        except BrokenLock as error:
            message = f"the folder `{folder.name}` was pulled, and its {error}"
            diagnostics.error("broken-lock", message, None, "pull it again with `policyc aws pull`")
            known[folder] = None
        else:
            upper = None if lock is not None or above == folder else _home(above, known, diagnostics)
            known[folder] = upper if lock is None else (folder, lock)
    return known[folder]
