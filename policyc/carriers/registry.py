"""Which module reads which kind of host file. A format is one module and one line here.

Each module tells its files by their content and says what they carry:

    recognize(name, raw) -> bool              cheap, on the name and the bytes; a file that is none of its own must cost next to nothing
    carried(source, options, diagnostics)     documents, what could not be read, and errors of the host file itself
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from typing import Final, Protocol, cast

from policyc.carriers.embedded import Carried, Options
from policyc.diagnostics import Diagnostics
from policyc.record import record
from policyc.text import Source


@record
class Format:
    """One kind of host file: its module below this package, and the endings that its files may have. Some are read only where somebody asks for it.
    Folders are not searched for `named` endings: files with those are looked at when somebody names one. `parts` says that its module tells, by a function of that
    name, which other files one takes in and answers for."""

    module: str
    endings: tuple[str, ...]
    on_request: bool = False
    named: tuple[str, ...] = ()
    parts: bool = False


#: in the order in which they are asked whether a file is theirs
FORMATS: Final[Mapping[str, Format]] = {
    "serverless": Format("serverless", (".yaml", ".yml"), parts=True),
    "cloudformation": Format("cloudformation", (".json", ".yaml", ".yml", ".template")),
    "kubernetes": Format("kubernetes", (".yaml", ".yml", ".json")),
    "pulumi": Format("pulumi", (".json",)),
    "pulumi-yaml": Format("pulumi_yaml", (".yaml", ".yml")),
    "yaml-document": Format("yaml_document", (".yaml", ".yml")),
    "answer": Format("answer", (".json",)),
    "markdown": Format("markdown", (".md", ".markdown"), True),
    "terraform-plan": Format("terraform.plan", (".json",), named=(".txt", ".tfplan", ".plan", ".out", ".log")),
    "terraform": Format("terraform.configuration", (".tf", ".tf.json", ".tofu", ".tofu.json")),
}


class Carrier(Protocol):
    """A module that reads one kind of host file."""

    def recognize(self, name: str, raw: bytes) -> bool:
        """Whether a file of this name and content is one of these."""

    def carried(self, source: Source, options: Options, diagnostics: Diagnostics) -> Carried:
        """What the file carries. A fault of the host file is an error in `diagnostics`, and what could be read comes back nevertheless."""


def endings(on_request: bool = False) -> tuple[str, ...]:
    """Every ending that a host file may have, with `on_request` also of those that are read only then."""
    asked = (format for format in FORMATS.values() if on_request or not format.on_request)
    return tuple(dict.fromkeys(ending for format in asked for ending in format.endings))


def named_endings() -> tuple[str, ...]:
    """The endings of files that are looked at only when they are named."""
    return tuple(ending for format in FORMATS.values() for ending in format.named)


@cache
def carrier(format: str) -> Carrier:
    return cast(Carrier, import_module(f"{__package__}.{FORMATS[format].module}"))


def recognized(name: str, raw: bytes, on_request: bool = False) -> str:
    """The format of a file, empty when it is none that carries documents."""
    for format, held in FORMATS.items():
        if held.on_request and not on_request:
            continue
        if name.endswith((*held.endings, *held.named)) and carrier(format).recognize(name, raw):
            return format
    return ""


def parts(name: str, read: Callable[[], bytes]) -> tuple[str, ...]:
    """The files, named from its folder, that a host file takes in and answers for."""
    for format, held in FORMATS.items():
        if held.parts and name.endswith(held.endings) and carrier(format).recognize(name, raw := read()):
            named: tuple[str, ...] = carrier(format).parts(raw)  # type: ignore[attr-defined]
            return named
    return ()
