"""One change to AWS: where, what is there, and what shall be. Plans are lists of steps, records say how far each one came."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from policyc.record import record


class Kind(StrEnum):
    """What is written. `LATTICE_AUTH` and `WAN_EXECUTE` make effective what the step before wrote."""

    LATTICE_POLICY = "lattice auth policy"
    LATTICE_AUTH = "lattice auth type"
    VERIFIED_ACCESS = "verified access policy"
    WAN_PUT = "core network policy version"
    WAN_EXECUTE = "core network change set"
    OBJECT_LAMBDA = "object lambda access point policy"
    ACCESS_POINT = "access point policy"
    BUCKET = "bucket policy"
    FUNCTION = "function policy"
    ROLE = "inline role policy"
    USER = "inline user policy"
    GROUP = "inline group policy"
    BOUNDARY = "permissions boundary"
    MANAGED = "managed policy"
    TRUST = "trust policy"


#: kind of step -> the kind of its document, as `check --as` knows it
DOCUMENTS: Mapping[Kind, str] = MappingProxyType(
    {
        Kind.LATTICE_POLICY: "auth-policy",
        Kind.VERIFIED_ACCESS: "cedar",
        Kind.WAN_PUT: "core-network",
        Kind.WAN_EXECUTE: "core-network",
        Kind.OBJECT_LAMBDA: "object-lambda",
        Kind.ACCESS_POINT: "access-point",
        Kind.BUCKET: "bucket",
        Kind.FUNCTION: "function",
        Kind.ROLE: "identity",
        Kind.USER: "identity",
        Kind.GROUP: "identity",
        Kind.MANAGED: "identity",
        Kind.TRUST: "trust",
    }
)
#: role of a document in the inventory -> the kind of step that writes it
OF_ROLE: Mapping[str, Kind] = MappingProxyType(
    {
        "service-policy": Kind.LATTICE_POLICY,
        "network-policy": Kind.LATTICE_POLICY,
        "group-policy": Kind.VERIFIED_ACCESS,
        "endpoint-policy": Kind.VERIFIED_ACCESS,
        "live": Kind.WAN_PUT,
        "object-lambda-policy": Kind.OBJECT_LAMBDA,
        "access-point-policy": Kind.ACCESS_POINT,
        "bucket-policy": Kind.BUCKET,
        "function-policy": Kind.FUNCTION,
        "identity": Kind.ROLE,
        "boundary": Kind.MANAGED,
        "managed-policy": Kind.MANAGED,
        "trust-policy": Kind.TRUST,
    }
)


#: kinds that are one of several inline policies
OF_CALLERS = frozenset({Kind.ROLE, Kind.USER, Kind.GROUP})


class Refusal(Exception):
    """A write that must not be made now; the text says why."""


@record
class State:
    """What a place holds: a document (None for none), a word beside it (auth type, `enabled` or `disabled`, state of a change set), and what AWS says
    of the version."""

    text: str | None = None
    flag: str = ""
    revision: Mapping[str, Any] = MappingProxyType({})


@record
class Step:
    """One write. `label` is what the source calls it, `name` the inline policy of a role or user, `owner` the account that a bucket is expected in."""

    number: int
    kind: Kind
    label: str
    resource: str
    account: str
    region: str
    old: State
    new: State
    name: str = ""

    @property
    def title(self) -> str:
        """The step in one phrase."""
        return f"{self.kind.value} of {self.resource}" + (f" ({self.name})" if self.name else "")


def state_data(state: State) -> dict[str, Any]:
    """A state as JSON data."""
    return {"text": state.text, "flag": state.flag, "revision": dict(state.revision)}


def state_of(data: Mapping[str, Any]) -> State:
    """A state from JSON data. Raises KeyError and TypeError."""
    text = data["text"]
    return State(None if text is None else str(text), str(data["flag"]), dict(data["revision"]))


def step_data(step: Step) -> dict[str, Any]:
    """A step as JSON data, the shape of `schemas/aws/plan.schema.json`."""
    return {
        "number": step.number,
        "kind": step.kind.value,
        "label": step.label,
        "resource": step.resource,
        "account": step.account,
        "region": step.region,
        "name": step.name,
        "old": state_data(step.old),
        "new": state_data(step.new),
    }


def step_of(data: Mapping[str, Any]) -> Step:
    """A step from JSON data. Raises KeyError, TypeError and ValueError."""
    return Step(
        int(data["number"]),
        Kind(data["kind"]),
        str(data["label"]),
        str(data["resource"]),
        str(data["account"]),
        str(data["region"]),
        state_of(data["old"]),
        state_of(data["new"]),
        str(data["name"]),
    )
