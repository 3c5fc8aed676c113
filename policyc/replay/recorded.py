"""A request of the past as every kind of log tells it, and how its caller is shown."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final, Protocol, TypeAlias

from policyc.record import record
from policyc.targets.lattice.access_log import session_free

Data: TypeAlias = Mapping[str, Any]
#: makes a record of a line of text; None for a line that is none
ReadLine: TypeAlias = Callable[[str], "Data | None"]

#: the parts of what tells deliveries of one record
DELIVERY: Final = ("id", "who", "can", "where", "path", "version", "verdict", "time")
#: how an absent value is written, by log and destination
ABSENT: Final = frozenset({"-", "null", ""})
#: a day of this century, and the time of one in UTC, for every engine of patterns
_DAY: Final = (
    r"(?:20[1-9][0-9]-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))"
    r"|20(?:[2468][048]|[13579][26])-02-29)"
)
TIME_PATTERN: Final = _DAY + r"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:\.[0-9]+)?Z"
_TIME: Final = re.compile(TIME_PATTERN)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
#: a time with an offset, or as Athena writes those of UTC
_OFFSET: Final = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)([.,]\d+)?(?:([+-]\d\d):?(\d\d)?|[zZ])", re.ASCII)
_OF_ATHENA: Final = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(\.\d+)?(?: UTC)?", re.ASCII)
#: of a moment since 1970 how many digits it has in this century, and the part of a second that each counts
_SINCE_1970: Final = {10: 1, 13: 1_000, 16: 1_000_000, 19: 1_000_000_000}
#: the key under which records tell who owns a resource
RESOURCE_ACCOUNT: Final = "aws:ResourceAccount"
#: a caller whom a record does not name
NOBODY: Final = "nobody named"
_EMAIL: Final = re.compile(r"[^@\s]+@([^@\s]+)")
#: an ARN up to the name of a user, with or without a path
_PERSON: Final = re.compile(r"arn:[a-z-]+:(?:iam|sts)::[0-9]*:(?:user|federated-user)/")
#: a segment of a path that looks like an identifier, which differs from record to record and may be somebody's
IDENTIFIER: Final = r"[^/]*[0-9@%][^/]*|[^/]{33,}"
_IDENTIFIER: Final = re.compile(IDENTIFIER)


@record
class Recorded:
    """One logged request. `kind` names the log's kind; `who` is an ARN, an address, an email address, `anonymous` or `NOBODY`, `can` what was done, `where`
    the resource, host or place that was asked, `path` empty where there is none, `network` the service network. `keys` holds what the record tells
    besides, by condition key or attribute; everything else is unknown.

    `verdict` is what the log says came of it: `allow`, `deny`, or empty where it does not say; `refuser` is the gate that it names. `id` is what the service calls the request, `time`
    is what `utc` makes of the log's; both are empty where there is none.
    """

    kind: str
    who: str
    can: str
    where: str
    path: str
    network: str
    keys: tuple[tuple[str, str], ...]
    verdict: str
    id: str
    time: str
    refuser: str = ""

    @property
    def version(self) -> str:
        """The version of an object that was asked for."""
        return next((value for name, value in self.keys if name.lower().endswith(":versionid")), "")

    @property
    def delivery(self) -> tuple[str, ...]:
        """What all deliveries of one record have in common, in the order of `DELIVERY`. An id alone does not tell it: one request may leave several
        records, as S3 writes one for each object of a batch, and records with two outcomes are never one."""
        return self.id, self.who, self.can, self.where, self.path, self.version, self.verdict, self.time


@record
class Fields:
    """Where a record has what is read of it, each a path of keys joined by dots: so that records alike in those are read once.

    Every record has the `marks`. What the caller hangs on is `who` alone, the resource and its path hang on `place` alone. `rest` is whatever else
    is read, with the keys that it tells; without keys it always counts. `caller` and `resource` read the fields of the first two: the latter gives the
    resource, the path, and what else `read` takes from there. Both raise NoRequest. `moment` is the time as `read` gives it. `shorter` makes the texts of
    a field one of which nothing but that is read.
    """

    marks: tuple[str, ...]
    id: str
    time: str
    who: tuple[str, ...]
    place: tuple[str, ...]
    rest: Mapping[str, tuple[str, ...]]
    caller: Callable[[Data], str]
    resource: Callable[[Data], tuple[str, str, str]]
    moment: Callable[[str], str]
    shorter: Mapping[str, Callable[[str], str]] = MappingProxyType({})


class Kind(Protocol):
    """A kind of log. A new one is a file in `policyc/replay/kinds` and a line in its registry."""

    @property
    def name(self) -> str:
        """One word, as `vpc-lattice`."""

    @property
    def title(self) -> str:
        """For people, as `VPC Lattice access log`."""

    @property
    def fields(self) -> Fields | None:
        """What columns need to know; None for a kind whose records are read one by one, or in columns of its own."""

    def recognizes(self, data: Data) -> bool:
        """Whether a record is of this kind."""

    def read(self, data: Data) -> Recorded:
        """The request of a record. Raises NoRequest."""

    def lines(self, first: str) -> ReadLine | None:
        """For logs of plain text: what reads the lines of a file that begins with the line `first`; None when it is no such file."""


def text_of(data: Data, *path: str) -> str:
    """The text at a path of keys, empty where there is none; a number or a flag as JSON writes it."""
    value: Any = data
    for step in path:
        if not isinstance(value, dict):  # as readers make objects; asking for any mapping takes five times as long
            return ""
        value = value.get(step)
    return plain_text(value)


def plain_text(value: object) -> str:
    """A value as text, empty where a log says that there is none."""
    match value:
        case str():
            text = value.strip()
        case None:
            return ""
        case bool():
            return str(value).lower()
        case int() | float():
            text = str(value)
        case _:
            return ""
    return "" if text in ABSENT else text


def is_time(text: str) -> bool:
    """Whether a time is one in UTC of this century as ISO 8601 writes it."""
    return _TIME.fullmatch(text) is not None


#: addresses and times that are remembered: those of one log repeat
_KNOWN: Final = 1 << 16


@lru_cache(_KNOWN)
def utc(text: str) -> str:
    """A time in UTC as `is_time` takes it: from one with an offset, from seconds since 1970 or parts of them. What is none stays as it is."""
    if is_time(text):
        return text
    if text.isascii() and text.isdigit() and (parts := _SINCE_1970.get(len(text))):
        second, part = divmod(int(text), parts)
        fraction = f".{part:0{len(str(parts)) - 1}}".rstrip("0").rstrip(".")
        return _or(text, f"{_EPOCH + timedelta(seconds=second):%Y-%m-%dT%H:%M:%S}{fraction}Z")
    found = _OFFSET.fullmatch(text)
    if found is None:
        found = _OF_ATHENA.fullmatch(text)
        return text if found is None else _or(text, f"{found[1]}T{found[2]}{found[3] or ''}Z")
    day, clock, fraction, hours, minutes = found.groups()
    fraction = (fraction or "").replace(",", ".")
    if hours is None or (int(hours) == 0 and int(minutes or 0) == 0):
        return _or(text, f"{day}T{clock}{fraction}Z")
    try:
        moment = datetime.fromisoformat(f"{day}T{clock}{hours}:{minutes or '00'}").astimezone(UTC)
    except (ValueError, OverflowError):
        return text
    return _or(text, f"{moment:%Y-%m-%dT%H:%M:%S}{fraction}Z")


def _or(text: str, time: str) -> str:
    return time if is_time(time) else text


@lru_cache(_KNOWN)
def redacted(who: str) -> str:
    """A caller without what may name a person: no session, no user, no name before an `@`, no host in a network."""
    if "@" in who and (found := _EMAIL.fullmatch(who)) is not None:
        return f"*@{found[1]}"
    if ":assumed-role/" in who:
        return session_free(who)
    if (found := _PERSON.match(who)) is not None:
        return f"{found[0]}*"
    if who[:1].isdigit() or ":" in who[:5]:
        try:
            address = ipaddress.ip_address(who)
        except ValueError:
            return who
        return str(ipaddress.ip_network(f"{who}/{24 if address.version == 4 else 48}", strict=False))
    return who


def path_form(path: str) -> str:
    """A path with `*` for each segment that looks like an identifier."""
    return _IDENTIFIER.sub("*", path)
