"""Flow logs of VPCs, transit gateways and core networks, as questions to route tables. Source: access log reference, section 5.

The fields of core network logs are not published: they are found by what their names hold, as the header line of a file tells them.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from typing import Final, TypeAlias

from policyc.record import record
from policyc.replay.recorded import Data, Fields, ReadLine, Recorded, text_of, utc
from policyc.targets.base import NoRequest

#: the names of the fields of a line
Names: TypeAlias = tuple[str, ...]
#: the fields of a line without header, as CloudWatch Logs has them (version 2)
_DEFAULT: Final = (
    *("version", "account-id", "interface-id", "srcaddr", "dstaddr", "srcport", "dstport"),
    *("protocol", "packets", "bytes", "start", "end", "action", "log-status"),
)
#: the fields of a line of a transit gateway without header, which has all of them (version 6)
_TRANSIT: Final = (
    *("version", "resource-type", "account-id", "tgw-id", "tgw-attachment-id", "tgw-src-vpc-account-id"),
    *("tgw-dst-vpc-account-id", "tgw-src-vpc-id", "tgw-dst-vpc-id", "tgw-src-subnet-id", "tgw-dst-subnet-id"),
    *("tgw-src-eni", "tgw-dst-eni", "tgw-src-az-id", "tgw-dst-az-id", "tgw-pair-attachment-id", "srcaddr", "dstaddr"),
    *("srcport", "dstport", "protocol", "packets", "bytes", "start", "end", "log-status", "type"),
    *("packets-lost-no-route", "packets-lost-blackhole", "packets-lost-mtu-exceeded", "packets-lost-ttl-expired"),
    *("tcp-flags", "region", "flow-direction", "pkt-src-aws-service", "pkt-dst-aws-service"),
)
_ENDS: Final = ("src", "dst")
#: ways out of a VPC that meet no core network: internet, virtual private and local gateways, gateway endpoints, peerings; 1 is by another resource in
#: the VPC, such as an attachment's interface, and - where none applies (https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html)
_OTHER_WAYS: Final = frozenset("2345678")
#: drops that route tables cause, and drops that they do not
_LOST: Final = ("packets-lost-no-route", "packets-lost-blackhole")
#: the attachment or VPC that a packet comes from: what one of the fields holds
SOURCE: Final = "source"
_SOURCES: Final = ("tgw-src-vpc-id", "vpc-id")
#: what is read besides addresses, counts and such fields as `_is_source` knows
_READ: Final = frozenset(
    {*_SOURCES, "tgw-attachment-id", "tgw-pair-attachment-id", "log-status", "flow-direction", "action", "traffic-path"}
)


@record
class FlowLogs:
    """`who` and `where` are addresses; `keys` may hold `source`, the id of the attachment or VPC that the packet comes from."""

    name: str = "flow-logs"
    title: str = "flow log"
    fields: None = None

    def recognizes(self, data: Data) -> bool:
        return _has_ends(data)

    def read(self, data: Data) -> Recorded:
        fields = {spelled(name): name for name in data}
        status = text_of(data, fields.get("log-status", ""))
        if status in ("NODATA", "SKIPDATA", "INCOMPLETEDATA"):
            raise NoRequest(f"its log status is {status}, so it tells of no packet")
        source, target = (_address(data, fields, end) for end in _ENDS)
        return Recorded(
            self.name,
            source,
            "connect",
            target,
            "",
            "",
            tuple(_source(data, fields)),
            _verdict(data, fields),
            "",
            utc(text_of(data, "start")),
        )

    def lines(self, first: str) -> ReadLine | None:
        names = layout(first)
        return None if names is None else _reader(names)


def layout(first: str) -> Names | None:
    """The fields of lines of which this one is the first: their names, or a line without header; None for any other."""
    words = first.split()
    if _has_ends(words):
        return tuple(map(spelled, words))
    if len(words) == len(_TRANSIT) and words[1].startswith("TransitGateway"):
        return _TRANSIT
    return _DEFAULT if _is_default(words) else None


def fields_of(names: Names) -> Fields | None:
    """What columns need to know of lines with these fields; None for lines that name one twice."""
    if len(set(names)) < len(names):
        return None
    held = [[name for name in (f"pkt-{end}addr", f"{end}addr") if name in names] for end in _ENDS]
    counts = [name for name in names if _is_loss(name) or name == "packets"]
    rest = [name for name in names if name in _READ or _is_source(name)]
    return Fields(
        (),
        "",
        "start",
        tuple(held[0]),
        tuple(held[1]),
        dict.fromkeys((*rest, *counts), ()),
        lambda data: _address(data, {name: name for name in data}, "src"),
        lambda data: (_address(data, {name: name for name in data}, "dst"), "", ""),
        utc,
        dict.fromkeys(counts, _some),
    )


def spelled(name: str) -> str:
    """A name of a field as lines of text have it."""
    return name.replace("_", "-")


def _has_ends(names: Collection[str]) -> bool:
    """Whether fields tell both addresses, those of the interface or those of the packet."""
    return all(any(name in names for name in (f"{end}addr", f"pkt-{end}addr", f"pkt_{end}addr")) for end in _ENDS)


def _reader(names: Sequence[str]) -> ReadLine:
    def read(line: str) -> Data | None:
        parts = line.split()
        # each file of a folder begins with the header, and so do parts of a concatenated one
        if len(parts) != len(names) or spelled(parts[0]) == names[0]:
            return None
        return dict(zip(names, parts))

    return read


def _is_default(parts: Sequence[str]) -> bool:
    return len(parts) == len(_DEFAULT) and parts[0] == "2" and parts[2].startswith("eni-")


def _address(data: Data, fields: dict[str, str], end: str) -> str:
    """The address of the packet itself where the log has it: of traffic through an appliance the other one is the appliance's."""
    for name in (f"pkt-{end}addr", f"{end}addr"):
        text = text_of(data, fields.get(name, name))
        if text:
            if found := _one_spelling(text):
                return found
            raise NoRequest("an address of it is none")
    raise NoRequest("it has no address, so it tells of no packet")


@lru_cache(1 << 16)
def _one_spelling(text: str) -> str:
    """An address as everybody writes it, empty for a text that is none."""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return ""


def _source(data: Data, fields: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Where the packet comes from, unless the record was made where it arrives."""
    direction = text_of(data, fields.get("flow-direction", ""))
    if direction == "ingress" and "vpc-id" in fields:
        return
    known = [name for name in fields if _is_source(name)]
    # a record of a transit gateway is made at one attachment, and names the other one as its pair
    entered = {"ingress": ("tgw-attachment-id",), "egress": ("tgw-pair-attachment-id",)}.get(direction, ())
    for name in (*known, *_SOURCES, *entered):
        value = text_of(data, fields.get(name, name))
        if value:
            yield SOURCE, value
            return


def _is_source(name: str) -> bool:
    """Whether a field of some name tells the attachment that a packet comes from."""
    return "attachment" in name and ("src" in name or "source" in name)


def _is_loss(name: str) -> bool:
    """Whether a field counts packets that route tables drop."""
    return name in _LOST or ("lost" in name and ("route" in name or "blackhole" in name))


def _verdict(data: Data, fields: dict[str, str]) -> str:
    """A drop for want of a route is a refusal, a packet that arrives none. What leaves an interface of a VPC may still be lost."""
    if text_of(data, fields.get("action", "")) == "REJECT":
        raise NoRequest("a security group, a network ACL or a block of public access refused it, which no route does")
    if text_of(data, fields.get("traffic-path", "")) in _OTHER_WAYS:
        raise NoRequest("it left its VPC by a gateway, a peering or an endpoint, which no core network sees")
    lost = [name for name in fields if _is_loss(name)]
    drops = [_is_some(data, fields[name]) for name in lost]
    if any(drops):
        return "deny"
    if lost:
        return "allow" if _is_some(data, "packets") else ""
    arrives = "action" in fields and text_of(data, fields.get("flow-direction", "")) == "ingress"
    return "allow" if arrives else ""


def _some(text: str) -> str:
    """What counts of a count."""
    return "1" if text.isascii() and text.isdigit() and text.strip("0") else text


def _is_some(data: Data, name: str) -> bool:
    """Whether a record counts some packets."""
    text = text_of(data, name)
    if text and not (text.isascii() and text.isdigit()):
        raise NoRequest("a count of packets in it is no number")
    return bool(text.strip("0"))
