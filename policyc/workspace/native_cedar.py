"""Cedar text of Verified Access, named on a command line: checked against what its trust providers send, and laid out."""

from __future__ import annotations

from policyc.diagnostics import Diagnostics
from policyc.text import Source
from policyc.workspace.natives import NativeSettings


def check(source: Source, diagnostics: Diagnostics, settings: NativeSettings) -> None:
    """Everything that is wrong or doubtful in one text; its rules look at no other document."""
    from policyc.targets.verified_access.read.check import check_text

    check_text(source, diagnostics, settings.trust, settings.samples, settings.open_file)


def format(source: Source, diagnostics: Diagnostics) -> str | None:
    """The text in Cedar's own layout, comments kept; None after reporting a syntax error."""
    from policyc.targets.verified_access.read.layout import lay_out

    return lay_out(source, diagnostics)
