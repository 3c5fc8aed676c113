"""The lines in which two versions of a file differ."""

from __future__ import annotations

from policyc.cli.console import Console
from policyc.report.screen import clean, paint


def write_diff(console: Console, name: str, before: str, after: str, what: str) -> None:
    """Write the lines that change, as `diff -u` does; `what` says of the second version what was done."""
    from difflib import unified_diff

    color = console.options().color
    styles = {"+": "good", "-": "error", "@": "frame"}
    for line in unified_diff(_lines(before), _lines(after), name, f"{name} ({what})"):
        shown = clean(line.rstrip("\n"))
        console.write(paint(shown, styles[line[0]], color) + "\n" if line[0] in styles else shown + "\n")


def _lines(text: str) -> list[str]:
    """Lines as a file has them; `splitlines` would also break at form feeds and other characters."""
    lines = text.split("\n")
    return [line + "\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])
