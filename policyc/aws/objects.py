"""Objects of S3 to read: those below an address, day by day where folders are named so, and their bytes."""

from __future__ import annotations

import errno
import re
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache
from io import BufferedReader
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, Final, Protocol

from policyc.aws.session import Access, Sessions, Trouble, failure_of
from policyc.record import record

_REGION: Final = "us-east-1"  # botocore follows a bucket to its Region
_CHUNK: Final = 1 << 20
#: how often a transfer that breaks off is taken up where it did
_TRIES: Final = 5
#: objects that are fetched before they are asked for, and how many bytes of them
_AHEAD: Final = 8
_MOST_AHEAD: Final = 256 << 20
_ADDRESS: Final = re.compile(r"s3://(arn:[a-z-]+:s3:[^/]+:accesspoint[:/][^/]+|[^/:*?\[]+)(?:/(.*))?", re.DOTALL)


@record
class Stored:
    """An object: its address (`s3://BUCKET/KEY`), and what tells whether it is still the same."""

    bucket: str
    key: str
    size: int
    etag: str

    @property
    def address(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


class NoAddress(ValueError):
    """A text is no address of S3."""


@lru_cache(maxsize=8)
def _sessions(access: Access) -> Sessions:
    """One for each process; a worker of Spark makes its own."""
    return Sessions(access)


class Days(Protocol):
    """Which days are wanted, by what the names of folders and objects say."""

    @property
    def is_open(self) -> bool:
        """Whether every day is."""

    def may_hold(self, path: str) -> bool:
        """Whether something of a wanted day may be in, or below, this."""

    def is_day(self, path: str) -> bool:
        """Whether a folder is of one day."""


def stored_below(access: Access, address: str, days: Days) -> list[Stored]:
    """The objects that an address means, in the order of their keys: an object, those below a folder, or those that a pattern means. Folders of
    other days are not listed. Raises NoAddress, CallFailed, NoSession, MissingPackage."""
    found = _ADDRESS.fullmatch(address)
    if found is None:
        raise NoAddress(f"`{address}` is no address of S3")
    listing = _Listing(_sessions(access), found[1], found[2] or "", days)
    return sorted(listing.all(), key=lambda item: item.key)


class _Listing:
    """The objects of a bucket that a pattern means: `*` stays within a folder, `**` does not."""

    def __init__(self, sessions: Sessions, bucket: str, pattern: str, days: Days) -> None:
        self.sessions, self.bucket, self.days = sessions, bucket, days
        self.parts = pattern.split("/")
        special = re.search(r"[*?\[]", pattern)
        self.start = pattern if special is None else pattern[: special.start()]
        self.in_one = special is None and days.is_open
        self.wanted = re.compile(_regex(pattern.rstrip("/")) + "(?:/.*)?" if pattern else ".*", re.DOTALL)

    def all(self) -> Iterator[Stored]:
        found = self._flat(self.start) if self.in_one else self._below(self.start)
        return (item for item in found if self.wanted.fullmatch(item.key) and self.days.may_hold(item.key))

    def _flat(self, start: str) -> Iterator[Stored]:
        for page in self._pages(Prefix=start):
            yield from self._objects(page)

    def _below(self, start: str) -> Iterator[Stored]:
        for page in self._pages(Prefix=start, Delimiter="/"):
            yield from self._objects(page)
            for item in page.get("CommonPrefixes") or ():
                folder = item["Prefix"]
                names = folder.split("/")[:-1]
                if self.days.may_hold("/".join(names)) and self._may_lead(names):
                    # nothing is left out below it
                    is_whole = len(names) >= len(self.parts) and (
                        self.days.is_open or self.days.is_day("/".join(names))
                    )
                    yield from self._flat(folder) if is_whole else self._below(folder)

    def _may_lead(self, names: Sequence[str]) -> bool:
        """Whether what the pattern means may lie below a folder."""
        for name, part in zip(names, self.parts):
            if part == "**":
                return True
            if part and re.fullmatch(_regex(part), name, re.DOTALL) is None:
                return False
        return True

    def _pages(self, **params: Any) -> Iterator[Any]:
        return self.sessions.answers("s3", "list_objects_v2", _REGION, Bucket=self.bucket, **params)

    def _objects(self, page: Any) -> Iterator[Stored]:
        for item in page.get("Contents") or ():
            if not item["Key"].endswith("/"):  # what consoles write for an empty folder
                yield Stored(self.bucket, item["Key"], item["Size"], item.get("ETag", ""))


def _regex(pattern: str) -> str:
    """A pattern over keys as a regular expression."""
    parts = re.split(r"(\*\*/|\*\*|\*|\?|\[!?[^\]]+\])", pattern)
    made = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}

    def one(text: str) -> str:
        if text in made:
            return made[text]
        if text.startswith("[") and text.endswith("]") and len(text) > 2:
            inner = text[1:-1].replace("\\", "\\\\")
            return f"[^{inner[1:]}]" if inner.startswith("!") else f"[{inner}]"
        return re.escape(text)

    return "".join(one(part) for part in parts if part)


def fetched(access: Access, items: Sequence[Stored]) -> Iterator[tuple[Stored, BufferedReader | OSError]]:
    """Each object as a file that can be read from anywhere, or why it cannot be; the next ones are on their way meanwhile."""
    with ThreadPoolExecutor(_AHEAD, "fetching") as pool:
        coming: deque[tuple[Stored, Future[BufferedReader]]] = deque()
        rest = iter(items)
        try:
            while True:
                while len(coming) < _AHEAD and sum(item.size for item, _ in coming) < _MOST_AHEAD:
                    if (item := next(rest, None)) is None:
                        break
                    coming.append((item, pool.submit(opened, access, item)))
                if not coming:
                    return
                item, future = coming.popleft()
                try:
                    yield item, future.result()
                except OSError as error:
                    yield item, error
        finally:
            for _, future in coming:
                future.cancel()


def opened(access: Access, item: Stored) -> BufferedReader:
    """An object as a file. Raises OSError with the reason, also for one that is another since it was listed."""
    client = _sessions(access).client("s3", _REGION)
    file = TemporaryFile(buffering=0)  # noqa: SIM115 - closed by whoever reads it
    at = 0
    for _ in range(_TRIES):
        given: dict[str, str] = {"IfMatch": item.etag} if item.etag else {}
        if at:
            given["Range"] = f"bytes={at}-"
        try:
            for chunk in client.get_object(Bucket=item.bucket, Key=item.key, **given)["Body"].iter_chunks(_CHUNK):
                at += file.write(chunk)
        except Exception as error:
            failure = failure_of("s3", "get_object", error)
            if failure.trouble is not Trouble.UNKNOWN:
                file.close()
                raise OSError(errno.EIO, failure.why) from error
        if at >= item.size:
            file.seek(0)
            return BufferedReader(file)
    file.close()
    raise OSError(errno.EIO, "the transfer breaks off")


def open_address(access: Access, address: str) -> BufferedReader:
    """A file of this machine, or an object by its address. Raises OSError."""
    found = _ADDRESS.fullmatch(address)
    if found is None:
        return Path(address).open("rb")
    try:
        head = _sessions(access).client("s3", _REGION).head_object(Bucket=found[1], Key=found[2])
    except Exception as error:
        raise OSError(errno.EIO, failure_of("s3", "head_object", error).why) from error
    return opened(access, Stored(found[1], found[2], head["ContentLength"], head["ETag"]))
