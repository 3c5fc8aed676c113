"""The report formats by name. A format is one file in `formats/` with a function for each kind of report that it serves; nothing
else has to be told.

| kind | the function takes |
|---|---|
| `findings` | diagnostics, sources, options |
| `tests` | results of tests, sources, options |
| `outcome` | the answer to one request, sources, options, how much to tell (`report.outcome.Detail`) |
| `matrix` | cells of a table of answers, options |
| `changes` | what a comparison found (`report.changes.Changes`), options |
| `proofs` | what `prove` blocks came to, sources, options |
| `reach` | who may do what (`report.who.Reach`), options |
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType

from policyc.diagnostics import Diagnostic
from policyc.report.options import Options
from policyc.report.tally import as_findings
from policyc.text import Source

#: what comes first where formats are listed, and is written where none is chosen
DEFAULT = "human"


@cache
def _names() -> tuple[str, ...]:
    names = os.listdir(Path(__file__).parent / "formats")  # noqa: PTH208 - at every start
    found = {name.partition(".")[0] for name in names if "a" <= name[0] <= "z" and ".py" in name}
    return (DEFAULT, *sorted(found - {DEFAULT}))


def _module(name: str) -> ModuleType:
    """The file of a format. Raises KeyError for an unknown one."""
    if name not in _names():
        raise KeyError(name)
    return import_module(f"policyc.report.formats.{name}")


def formats(kind: str) -> tuple[str, ...]:
    """The formats that serve a kind of report, the default first."""
    return tuple(name for name in _names() if serves(name, kind))


def serves(name: str, kind: str) -> bool:
    """Whether `name` is a format with that kind of report. Imports that format only."""
    return name in _names() and hasattr(_module(name), kind)


def renderer(kind: str, name: str) -> Callable[..., str]:
    """The function that writes a kind of report. Raises KeyError for a format that does not serve it."""
    if not serves(name, kind):
        raise KeyError(name)
    found: Callable[..., str] = getattr(_module(name), kind)
    return found


def writes_commands(name: str) -> bool:
    """Whether a format is made of commands to a build server, which must not be defused as those of others are."""
    return name in _names() and bool(getattr(_module(name), "WORKFLOW_COMMANDS", False))


def render(name: str, findings: Sequence[Diagnostic], sources: Mapping[str, Source], options: Options) -> str:
    """The findings in the format called `name`, and what was not read, which no format may pass over. Raises KeyError for an unknown one."""
    write = renderer("findings", name)
    if options.tally is not None and not getattr(_module(name), "TELLS_UNREAD", False):
        findings = [*findings, *as_findings(options.tally, sources)]
    return write(findings, sources, options)
