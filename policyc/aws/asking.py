"""Reading an inventory: every call is made once, kept in a journal so that an interrupted pull goes on where it stopped, and what cannot be read
is remembered and never taken for what is not there."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Final, Protocol, TypeVar

from policyc.aws.session import WORKERS, CallFailed, Failure, NoSession, Sessions, Trouble, fingerprint
from policyc.aws.several import several
from policyc.record import record

T = TypeVar("T")
R = TypeVar("R")


@record
class Place:
    """An account and a Region of it; `region` is empty for what has none."""

    account: str
    region: str = ""


@record
class Unread:
    """A call that gave no answer, what it was about (an ARN, an id, or empty for a list), and why."""

    account: str
    region: str
    action: str
    about: str
    why: str
    code: str = ""
    message: str = ""


@record
class Answer:
    """What came back: `data` is None where the thing is not there, or where `unread` says why it is not known."""

    data: Any = None
    unread: Unread | None = None

    @property
    def known(self) -> bool:
        return self.unread is None


class Tell(Protocol):
    """Progress: what is counted, how many, of how many."""

    def __call__(self, what: str, done: int = 0, total: int = 0) -> None: ...


def _silent(what: str, done: int = 0, total: int = 0) -> None:
    """Tells nobody."""


class Journal:
    """The answers of a pull that is not complete, one a line. A line that a crash cut off is left out."""

    def __init__(self, path: Path, resume: bool) -> None:
        self._path = path
        self._kept: dict[str, Any] = {}
        self._lock = threading.Lock()
        if resume and path.is_file():
            for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
                try:
                    key, value = json.loads(line)
                except (ValueError, TypeError):
                    continue
                self._kept[key] = value
        self._file: IO[str] = open(path, "a" if resume else "w", encoding="utf-8", opener=_private)  # noqa: SIM115
        if resume:
            self._file.write("\n")

    def get(self, key: str) -> Any:
        """A kept answer, wrapped so that an empty one is an answer too."""
        return self._kept.get(key)

    def keep(self, key: str, value: Any) -> None:
        with self._lock:
            self._file.write(json.dumps([key, value]) + "\n")
            self._file.flush()

    def close(self, done: bool) -> None:
        self._file.close()
        if done:
            self._path.unlink(missing_ok=True)

    def __len__(self) -> int:
        return len(self._kept)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


#: a failure that is worth a second pull, so that the journal does not keep it
_PASSING: Final = frozenset({Trouble.THROTTLED, Trouble.UNKNOWN, Trouble.UNREACHABLE, Trouble.STRANGE, Trouble.OTHER})


class Asker:
    """The calls of one account. Methods are safe to use from several threads, and raise NoSession once the credentials have expired."""

    def __init__(self, sessions: Sessions, journal: Journal | None = None, tell: Tell = _silent) -> None:
        self.sessions = sessions
        self.account = sessions.identity.account
        self.partition = sessions.identity.partition
        self.unread: list[Unread] = []
        self.made = 0
        self.again = 0
        self.tell = tell
        self._journal = journal
        self._lock = threading.Lock()

    def get(self, client: str, method: str, region: str = "", about: str = "", **params: Any) -> Answer:
        """The answer of one call."""
        return self._kept(
            client, method, region, about, params, lambda: self.sessions.call(client, method, region, **params)
        )

    def all(self, client: str, method: str, key: str, region: str = "", about: str = "", **params: Any) -> Answer:
        """The items of a list, of all its pages; None only where it could not be read."""

        def read() -> list[Any]:
            return list(self.sessions.pages(client, method, region, key, **params))

        return self._kept(client, method, region, about, params, read)

    def each(self, what: str, function: Callable[[T], R], items: Iterable[T]) -> list[R]:
        """A function over items, several at a time, the results in the items' order. `what` names them in the plural."""
        held: Sequence[T] = list(items)
        return several(function, held, WORKERS, lambda done: self.tell(what, done, len(held)))

    def _kept(
        self, client: str, method: str, region: str, about: str, params: Mapping[str, Any], read: Callable[[], Any]
    ) -> Answer:
        key = f"{self.account} {region} {client}.{method} {fingerprint(params)}"
        known = self._journal.get(key) if self._journal is not None else None
        if known is not None:
            with self._lock:
                self.again += 1
            return self._answer(known, region, about)
        try:
            value: dict[str, Any] = {"data": read()}
        except CallFailed as error:
            if error.failure.ends_all:
                # no other call will be answered either, and what is known so far is no inventory
                on = "" if self._journal is None else ", and go on with `--resume`"
                raise NoSession(str(error), f"{error.failure.help}{on}") from error
            value = {"failed": _failure_data(error.failure)}
            passing = error.failure.trouble in _PASSING
        else:
            passing = False
        with self._lock:
            self.made += 1
        if self._journal is not None and not passing:
            self._journal.keep(key, value)
        return self._answer(value, region, about)

    def _answer(self, value: Mapping[str, Any], region: str, about: str) -> Answer:
        if "data" in value:
            return Answer(value["data"])
        failed = value["failed"]
        if failed["trouble"] == Trouble.MISSING.value:
            return Answer()
        unread = Unread(self.account, region, failed["action"], about, failed["why"], failed["code"], failed["message"])
        with self._lock:
            self.unread.append(unread)
        return Answer(None, unread)


def _failure_data(failure: Failure) -> dict[str, str]:
    return {
        "trouble": failure.trouble.value,
        "action": failure.action,
        "why": failure.why,
        "code": failure.code,
        "message": failure.message,
    }
