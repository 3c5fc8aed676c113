"""What the output goes to: a terminal or not, with colour or not, how wide, and in which encoding. Imports nothing heavy."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TextIO

NARROWEST, DEFAULT_WIDTH, WIDEST = 40, 80, 160
#: set by build servers, whose log readers obey commands that stand in what a program prints
SERVERS = ("CI", "GITHUB_ACTIONS", "TF_BUILD", "TEAMCITY_VERSION")
#: every environment variable that changes how a report looks
VARIABLES = ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "TERM", *SERVERS)


def is_terminal(stream: TextIO) -> bool:
    """Whether a person's terminal is behind the stream; False for anything that cannot say."""
    try:
        return stream.isatty()
    except (AttributeError, ValueError):
        return False


def wants_color(choice: str, terminal: bool, environ: Mapping[str, str]) -> bool:
    """`always` and `never` decide; `auto` asks NO_COLOR, then FORCE_COLOR (both count when set and not empty), then the
    terminal. Sources: https://no-color.org/ and https://force-color.org/."""
    if choice != "auto":
        return choice == "always"
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR"):
        return True
    return terminal and environ.get("TERM") != "dumb"


def width_of(stream: TextIO, environ: Mapping[str, str]) -> int:
    """The cells of a line: COLUMNS, else the terminal's own width, else 80; never below 40 or above 160."""
    text = environ.get("COLUMNS", "")
    width = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
    if not width and is_terminal(stream):
        try:
            width = os.get_terminal_size(stream.fileno()).columns
        except (OSError, ValueError, AttributeError):
            width = 0
    return min(max(width, NARROWEST), WIDEST) if width else DEFAULT_WIDTH


def write_utf_8(stream: TextIO | None) -> None:
    """Make a standard stream write UTF-8 with `\\n` line ends, whatever the locale says, so that equal runs give equal bytes and
    a declared encoding is true. What no encoding has (a lone surrogate) becomes an escape."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")


def silence(stream: TextIO | None, number: int) -> None:
    """Point the descriptor of a stream that failed at nothing, so that the interpreter's last flush cannot fail again."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), number if stream is None else stream.fileno())
    except (OSError, ValueError, AttributeError):
        return
