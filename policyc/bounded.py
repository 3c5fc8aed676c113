"""Reading files that somebody else may have put there: regular ones only, and never more than expected.

A name can be a link to a device without end, a pipe that never answers, or grow between two looks; so the file is opened first,
without waiting, and looked at through the handle. Imports stay minimal: the cache of `check` reads with this before all else.
"""

from __future__ import annotations

import errno
import os
import stat

_OPENING = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)


class NotRegular(OSError):
    """A folder, device, pipe or socket where a file was expected."""


class TooLarge(OSError):
    """More bytes than were asked for at most."""


def read_regular(path: str | os.PathLike[str], largest: int, follow: bool = True) -> bytes:
    """The bytes of a regular file of at most `largest` bytes; `follow` False refuses a symbolic link as the last part of the path.

    Raises OSError, and its kinds `NotRegular` and `TooLarge`.
    """
    handle = os.open(path, _OPENING | (0 if follow else _NO_LINK))
    try:
        about = os.fstat(handle)
        if not stat.S_ISREG(about.st_mode):
            raise NotRegular(errno.EINVAL, "it is no regular file")
        data = _read(handle, largest + 1) if about.st_size <= largest else b""
    finally:
        os.close(handle)
    if about.st_size > largest or len(data) > largest:
        raise TooLarge(errno.EFBIG, f"it is larger than {largest} bytes")
    return data


def _read(handle: int, most: int) -> bytes:
    parts: list[bytes] = []
    while most > 0 and (part := os.read(handle, min(most, 1 << 20))):
        parts.append(part)
        most -= len(part)
    return b"".join(parts)
