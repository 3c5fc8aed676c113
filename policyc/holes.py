"""Holes: values that a host file leaves open (a parameter, an attribute of a resource that does not exist yet).

A hole is tracked, never guessed. Inside a document's texts it stands as a mark, its name between two reserved characters, so that
what is known around it (`‹Orders.Arn›/*`) keeps its structure; two marks of one name are one value. Policy variables (`${aws:username}`) are no
holes: the request fills those.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_OPEN: Final = "\ue000"
_CLOSE: Final = "\ue001"
_MARK: Final = re.compile(f"{_OPEN}([^{_OPEN}{_CLOSE}]*){_CLOSE}")


def mark(name: str) -> str:
    """The text that stands for the hole `name`, which is the host's own expression for it (`Orders.Arn`, `var.team`)."""
    return f"{_OPEN}{name.replace(_OPEN, '').replace(_CLOSE, '')}{_CLOSE}"


def has_hole(text: str) -> bool:
    return _OPEN in text


def is_reserved(text: str) -> bool:
    """Whether a text as people wrote it holds the characters of marks: no carrier reads such a one."""
    return _OPEN in text or _CLOSE in text


def names_in(text: str) -> tuple[str, ...]:
    """The names of the holes of a text, in order, each once."""
    return tuple(dict.fromkeys(_MARK.findall(text))) if _OPEN in text else ()


def pieces(text: str) -> Iterator[tuple[str, bool]]:
    """The text in parts: a literal part and False, or the name of a hole and True."""
    for at, part in enumerate(_MARK.split(text)):
        if at % 2 or part:
            yield part, bool(at % 2)


def shown(text: str) -> str:
    """The text for people: `‹Orders.Arn›` for each hole."""
    return _MARK.sub(lambda found: f"‹{found[1]}›", text) if _OPEN in text else text
