"""`policyc simulate FILE#NAME` of a service of VPC Lattice that a template or a module describes: one request to everything that the same files say of it.

Fills in the options about documents, so that the answer is the one that they give.
"""

from __future__ import annotations

import argparse
import os

from policyc.carriers.embedded import SERVICE
from policyc.cli.console import Console
from policyc.cli.holes import bindings_of
from policyc.cli.parser import WrongUse
from policyc.cli.project import here
from policyc.cli.simulate import documents
from policyc.cli.simulate.hosted_part import open_part
from policyc.simulation.documents.attached import NONE
from policyc.workspace.documents.asked import open_arn
from policyc.workspace.documents.home import Home
from policyc.workspace.sides.pieces import IDENTITY, Piece, Way, carrier_named
from policyc.workspace.sides.side import Side


def run(args: argparse.Namespace, console: Console) -> int | None:
    """The exit status; None where RESOURCE is no such service. Raises WrongUse where its gates are not known."""
    opened = open_part(args, console, lambda carried: (one.name for one in carried.companions if one.type == SERVICE))
    if opened is None or isinstance(opened, int):
        return opened
    name, side = opened
    way = side.ways.get(name)
    if way is None:
        raise WrongUse(
            f"the policies on the way to `{name}` are not known as a whole",
            "`policyc list` says what cannot be read, `--bind NAME=VALUE` tells values",
        )
    _Asked(args, side, way).state()
    return documents.run(args, console)


class _Asked:
    """A request to a service, put into the options about documents; what the command line says comes first."""

    def __init__(self, args: argparse.Namespace, side: Side, way: Way) -> None:
        self.args, self.side, self.way = args, side, way
        self.bound = bindings_of(args)
        self.account = ""

    def _take(self, text: str) -> None:
        self.args.taken = (*getattr(self.args, "taken", ()), text)

    def state(self) -> None:
        args = self.args
        self._caller()
        own = zip(self.way.names, self.way.at, strict=True)
        named = dict(zip(("service", "network"), own, strict=False))
        for kind, gate in zip(("network", "service"), self.way.gates, strict=True):
            if kind not in named:
                continue
            name, arn = named[kind]
            if not arn and not getattr(args, f"{kind}_arn"):
                arn = open_arn(name, kind, self.account)
                self._take(f"`{name}` is taken to stand in the account {self.account}")
            setattr(args, f"{kind}_arn", getattr(args, f"{kind}_arn") or arn)
            if getattr(args, f"{kind}_auth") is None:
                setattr(args, f"{kind}_auth", "none" if gate == "" else "aws_iam")
            if gate and not getattr(args, f"{kind}_policy"):
                setattr(args, f"{kind}_policy", [_path(args, self.side.piece(gate))])
        args.resource = None

    def _caller(self) -> None:
        """The caller by the name that the host has, or by its ARN; and what it carries, where all of that is there."""
        args = self.args
        texts = [self.side.piece(gate).source.text for gate in self.way.gates if gate]
        account = next((self.bound[name] for name in ("AWS::AccountId",) if name in self.bound), "")
        who = (args.who or "").split(":")
        stated = len(who) > 5 and who[0] == "arn"
        home = Home(texts, account or (who[4] if stated else ""))
        home.values |= self.bound
        self.account = home.account
        arns = {host: home.caller(host, end) for host, end in self.way.callers.items()}
        hosts = (
            [args.who]
            if args.who in arns
            else [host for host in arns if stated and _is_it(arns[host], who, self.way.callers[host])]
        )
        if len(hosts) != 1:
            return
        host = hosts[0]
        if not stated:
            args.who = arns[host]
            self._take(f"taken as given: ‹{host}› is {args.who}")
        args.bind = [*args.bind, *((name, value) for name, value in home.values.items() if name not in self.bound)]
        held = self.way.own.get((IDENTITY, carrier_named(host, self.way.callers[host])))
        if args.identity:
            return
        if held is None:
            args.unreadable = {
                **(getattr(args, "unreadable", None) or {}),
                "identity": f"not all that `{host}` carries is known",
            }
        else:
            args.identity = [_path(args, self.side.piece(one)) for one in held] or [NONE]


def _is_it(arn: str, who: list[str], end: str) -> bool:
    """Whether an ARN is that of a caller whose name its host writes, or of a session of it."""
    own = arn.rpartition("/")[2]
    parts = who[5].split("/")
    name = parts[1] if parts[0] == "assumed-role" and len(parts) > 1 else parts[-1]
    return name == own and not end.endswith("/")


def _path(args: argparse.Namespace, piece: Piece) -> str:
    """A document of a host file as the options name it."""
    assert piece.item is not None
    return f"{os.path.relpath(here(args) / piece.item.source.file)}#{piece.item.document.name}"
