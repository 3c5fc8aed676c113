"""Regular expressions that are compiled when they are first asked.

Python compiles each in a tenth of a millisecond or more, a check of one file asks a third of those that its modules hold.
"""

from __future__ import annotations

import re
from _thread import get_ident
from importlib import import_module
from typing import Any, AnyStr, Final, cast

_compile: Final = re.compile

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
        compiled = _compile(self._source, self._flags)
        for each in _METHODS:
            setattr(self, each, getattr(compiled, each))
        return getattr(compiled, name)

    def __repr__(self) -> str:
        return f"regex({self._source!r})"


def regex(pattern: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """What `re.compile` gives, without the work until it is asked. A pattern that is none fails then: tests ask every one."""
    return cast("re.Pattern[AnyStr]", _Regex(pattern, flags))


def imported_late(name: str) -> Any:
    """A package, its expressions compiled when they are first asked as well: one of PyYAML's takes longer than a check of one file, and the half
    of it that is written in C never asks."""
    importer = get_ident()

    def late(pattern: Any, flags: int = 0) -> Any:
        return regex(pattern, flags) if get_ident() == importer else _compile(pattern, flags)

    re.compile = late
    try:
        return import_module(name)
    finally:
        re.compile = _compile
