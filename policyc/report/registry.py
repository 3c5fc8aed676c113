"""The report formats by name. A new format is one file here and one line in `FORMATS`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module

from policyc.diagnostics import Diagnostic
from policyc.report.options import Options
from policyc.text import Source

#: format name -> module with `render(findings, sources, options) -> str`
FORMATS = {
    "human": "policyc.report.human",
    "concise": "policyc.report.concise",
    "json": "policyc.report.json",
    "sarif": "policyc.report.sarif",
    "github": "policyc.report.github",
}


def render(name: str, findings: Sequence[Diagnostic], sources: Mapping[str, Source], options: Options) -> str:
    """The findings in the format called `name`. Raises KeyError for an unknown one."""
    text: str = import_module(FORMATS[name]).render(findings, sources, options)
    return text
