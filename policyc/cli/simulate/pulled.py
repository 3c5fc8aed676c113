"""`policyc simulate --pulled DIR RESOURCE`: one request to what `policyc aws pull` wrote, with every document and fact that counts on its way.

Fills in the options of the other kinds of questions, so that the answer is the one that they give. What could not be read keeps the answer open.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from policyc.cli.console import Console
from policyc.cli.parser import WrongUse
from policyc.cli.project import here, keep_inside
from policyc.cli.simulate import cedar, documents, network
from policyc.diagnostics import did_you_mean
from policyc.simulation.documents.attached import NONE
from policyc.workspace.documents.pulled import BrokenLock, Lock, networks_of, read_lock

#: see `policyc.cli.simulate.command.Mode`
ABOUT: Final = "what was pulled"
OTHERS: Final = frozenset({"", *(f"policyc.cli.simulate.{name}" for name in ("documents", "network", "cedar"))})


def describe(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group(
        "what was pulled",
        "RESOURCE is then the ARN, the id or the name of a resource in a folder of `policyc aws pull`",
    )
    group.add_argument("--pulled", metavar="DIR", help="the folder; documents and facts on the way come from there")


def wants(args: argparse.Namespace) -> bool:
    return args.pulled is not None


def run(args: argparse.Namespace, console: Console) -> int:
    folder = Path(os.path.realpath(args.pulled))
    keep_inside(args.pulled, folder, here(args))
    try:
        lock = read_lock(folder)
    except BrokenLock as error:
        raise WrongUse(str(error), "pull it again") from error
    if lock is None:
        raise WrongUse(f"`{args.pulled}` was not pulled", "write it with `policyc aws pull -o`")
    if args.resource is None:
        raise WrongUse("no resource given", "name a resource that was pulled: its ARN, its id or its name")
    arn = _find(lock, args.resource)
    way = _Way(lock, folder, args)
    args.resource = None
    match lock.of(arn)["type"]:
        case "lattice.service":
            way.service(arn)
        case "object_lambda.access_point":
            way.object_lambda(arn)
        case "s3.access_point":
            way.access_point(arn)
        case "verified_access.endpoint":
            way.endpoint(arn)
            return cedar.run(args, console)
        case "cloudwan.core_network":
            args.resource = way.core_network(arn)
            return network.run(args, console)
        case other:
            raise WrongUse(
                f"`{arn}` is a {other}, which no request is sent to", "name a service, an endpoint or a network"
            )
    way.caller(arn)
    args.unreadable = dict(way.unread)
    return documents.run(args, console)


def _find(lock: Lock, name: str) -> str:
    """The one resource that an ARN, an id or a name means."""
    if name in lock.resources:
        return name
    found = [arn for arn in lock.resources if "/" in arn and arn.rpartition("/")[2] == name]
    found = found or [arn for arn, item in lock.resources.items() if item["name"] == name]
    if len(found) == 1:
        return found[0]
    if found:
        raise WrongUse(f"{len(found)} resources are called `{name}`", f"give the ARN, such as `{found[0]}`")
    known = [str(item["name"]) for item in lock.resources.values()]
    lists = (
        one
        for one in lock.unread
        if not one["about"] and one["action"].partition(":")[2].startswith(("List", "Describe"))
    )
    failed = next((f", and not everything could be listed ({one['action']}: {one['why']})" for one in lists), "")
    help = did_you_mean(name, known, "`policyc list DIR` shows what was")
    raise WrongUse(f"`{name}` was not pulled{failed}", help)


def _account(arn: str) -> str:
    return (arn.split(":") + [""] * 5)[4]


class _Way:
    """The documents on a request's way, put into the options; `unread` are roles of which nothing is known, with the reason."""

    def __init__(self, lock: Lock, folder: Path, args: argparse.Namespace) -> None:
        self.lock, self.folder, self.args = lock, folder, args
        self.unread: dict[str, str] = {}

    def service(self, arn: str) -> None:
        """A service of VPC Lattice and the one network that requests come through."""
        self._gate(arn, "service", "service-policy")
        self.args.protocol = self.args.protocol or self.lock.of(arn)["facts"].get("protocol")
        networks = [self.args.network_arn] if self.args.network_arn else networks_of(self.lock, arn)
        if len(networks) > 1:
            listed = ", ".join(f"`{one}`" for one in networks)
            raise WrongUse(
                f"the service is in several networks: {listed}", "say with `--network-arn` which one is used"
            )
        if networks and networks[0] in self.lock.resources:
            self._gate(networks[0], "network", "network-policy")

    def _gate(self, arn: str, name: str, role: str) -> None:
        """A gate of VPC Lattice: one whose policy is not known is left out, which leaves it open."""
        item = self.lock.of(arn)
        setattr(self.args, f"{name}_arn", arn)
        auth = item["facts"].get("auth")
        if auth == "none" or (auth == "aws_iam" and role not in item["unread"]):
            setattr(self.args, f"{name}_auth", auth)
            self._document(arn, role)

    def object_lambda(self, arn: str) -> None:
        """An Object Lambda access point and the chain behind it."""
        facts = self.lock.of(arn)["facts"]
        if len(facts.get("functions") or ()) != 1 or not facts.get("supporting"):
            raise WrongUse(
                f"the wiring of `{arn}` is not known, or has several functions", "ask with the documents by themselves"
            )
        self.args.object_lambda_arn = arn
        self.args.transforms = self.args.transforms or ",".join(facts.get("actions") or ())
        self._document(arn, "object-lambda-policy")
        function = facts["functions"][0]
        self.args.function_arn = function
        self._document(function, "function-policy")
        role = self.lock.of(function).get("facts", {}).get("role")
        if role in self.lock.resources:
            self._identity(role, "function-role-policy")
        self.access_point(facts["supporting"])

    def access_point(self, arn: str) -> None:
        """An access point and its bucket."""
        from policyc.workspace.sides.chains import block_of

        self.args.access_point_arn = arn
        self._document(arn, "access-point-policy")
        facts = self.lock.of(arn).get("facts", {})
        bucket = facts.get("bucket")
        if not bucket:
            raise WrongUse(f"the bucket of `{arn}` is not known", "ask with the documents by themselves")
        self.args.bucket_arn = bucket
        self.args.bucket_account = self.args.bucket_account or facts.get("bucket_account")
        self._document(bucket, "bucket-policy")
        for name, one in (("access_point_block", arn), ("bucket_block", bucket)):
            if not getattr(self.args, name):
                setattr(self.args, name, block_of(self.lock.of(one).get("facts", {})))

    def endpoint(self, arn: str) -> None:
        """An endpoint of Verified Access with its group."""
        item = self.lock.of(arn)
        group = next((one for one in self.lock.resources if one.rpartition("/")[2] == item["facts"].get("group")), "")
        for one, role in ((group, "group-policy"), (arn, "endpoint-policy")):
            held = self.lock.of(one)
            why = held.get("unread", {}).get(role, "") if held else "its group was not pulled"
            if why:
                raise WrongUse(f"the {role.replace('-', ' ')} is not known: {why}", "the answer would hang on it")
        found = self.lock.of(group)["policies"].get("group-policy")
        if found is None and "endpoint-policy" not in item["policies"]:
            raise WrongUse("neither the group nor the endpoint has a policy", "nothing is left to ask")
        self.args.group_policy = None if found is None else str(self.folder / found)
        own = item["policies"].get("endpoint-policy")
        self.args.endpoint_policy = [] if own is None else [str(self.folder / own)]
        self.args.trust = [*self.args.trust, *(item["facts"].get("trust") or {}).items()]

    def core_network(self, arn: str) -> str:
        """A core network with what is attached; the path of its live policy."""
        item = self.lock.of(arn)
        path = item["policies"].get("live")
        if path is None:
            why = item["unread"].get("live", "there is none")
            raise WrongUse(f"the live policy of `{arn}` is not known: {why}", "pull it again with more permissions")
        files = [str(self.folder / name) for name in item["facts"].get("files") or () if name in self.lock.files]
        self.args.inventories = [*self.args.inventories, *files]
        return str(self.folder / path)

    def caller(self, arn: str) -> None:
        """The caller's own policies, and the control policies that bear on the caller and on the resource that is asked."""
        who = self.args.who or ""
        role = self._role_of(who)
        item = self.lock.of(role)
        if item:
            self._identity(role, "identity")
            self._document(role, "boundary")
        # the caller's account bounds the caller, the resource's account what may be done to the resource
        for kind, account in (("scp", _account(who)), ("rcp", _account(arn))):
            held = self.lock.of(f"account:{account}")
            if not held or getattr(self.args, kind):
                continue
            facts = held["facts"]
            if kind in held["unread"]:
                self.unread[kind] = held["unread"][kind]
            elif facts.get("management") != account:
                levels = [level[kind] for level in facts.get("levels") or () if level[kind]]
                setattr(self.args, kind, [",".join(str(self.folder / path) for path in level) for level in levels])

    def _role_of(self, who: str) -> str:
        """The ARN of a caller, that of the role for a session of one."""
        parts = who.split(":")
        if len(parts) > 5 and parts[5].startswith("assumed-role/"):
            name = parts[5].split("/")[1]
            named = (
                one
                for one, item in self.lock.resources.items()
                if item["type"] == "iam.role" and item["name"] == name and one.split(":")[4] == parts[4]
            )
            return next(named, "")
        return who

    def _identity(self, arn: str, role: str) -> None:
        item = self.lock.of(arn)
        groups = [self.lock.of(one) for one in item["facts"].get("groups") or ()]
        missing = [
            one["unread"]["identity"] if one else "a group of the user was not pulled"
            for one in (item, *groups)
            if not one or "identity" in one["unread"]
        ]
        if missing:
            self.unread[role] = missing[0]
        elif not getattr(self.args, role.replace("-", "_")):
            paths = [str(self.folder / path) for one in (item, *groups) for path in one["facts"].get("identity") or ()]
            setattr(self.args, role.replace("-", "_"), paths or [NONE])

    def _document(self, arn: str, role: str) -> None:
        """One document in its role; what the command line says comes first."""
        item: Mapping[str, Any] = self.lock.of(arn)
        name = role.replace("-", "_")
        if not item:
            self.unread[role] = f"`{arn}` was not pulled"
        elif role in item["unread"]:
            self.unread[role] = item["unread"][role]
        elif role in item["policies"] and not getattr(self.args, name):
            setattr(self.args, name, [str(self.folder / item["policies"][role])])
