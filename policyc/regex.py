"""Regular expressions that are compiled when they are first asked.

Python compiles each in a tenth of a millisecond or more, a check of one file asks a third of those that its modules hold.
"""

from __future__ import annotations

import re
from typing import Any, AnyStr, Final, cast

_METHODS: Final = (
    "match",
    "fullmatch",
    "search",
    "sub",
    "subn",
    "split",
    "findall",
    "finditer",
    "flags",
    "groups",
    "groupindex",
    "scanner",
)


class _Regex:
    """Has the methods of `re.Pattern`: those of the compiled one, from the first question on."""

    __slots__ = ("_flags", "_source", *_METHODS)

    def __init__(self, source: Any, flags: int) -> None:
        self._source, self._flags = source, flags

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if name == "pattern":  # other expressions are made of it
            return self._source
        compiled = re.compile(self._source, self._flags)
        for each in _METHODS:
            setattr(self, each, getattr(compiled, each))
        return getattr(compiled, name)

    def __repr__(self) -> str:
        return f"regex({self._source!r})"


def regex(pattern: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """What `re.compile` gives, without the work until it is asked. A pattern that is none fails then: tests ask every one."""
    return cast("re.Pattern[AnyStr]", _Regex(pattern, flags))
