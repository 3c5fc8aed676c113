"""Text made safe and measured for a terminal: cells, escapes, wrapping and colour.

Whatever a file or a name holds, the terminal receives only printable characters: controls, bidirectional overrides, invisible
characters and lone surrogates are shown as `\\x1b` or `\\u{202e}`, so that no text can move the cursor or reorder a line
(https://trojansource.codes/ shows why that matters for reviewed code).
"""

from __future__ import annotations

import re
from unicodedata import category, combining, east_asian_width

from policyc.holes import shown
from policyc.regex import regex
from policyc.text import plural as plural

TAB = "    "
ELLIPSIS = "…"
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_MARKS = frozenset({"Mn", "Me"})
_STYLES = {
    "error": "\x1b[1;31m",
    "warning": "\x1b[1;33m",
    "info": "\x1b[1;36m",
    "good": "\x1b[1;32m",
    "frame": "\x1b[1;34m",
    "strong": "\x1b[1m",
    "faint": "\x1b[2m",
}
_RESET = "\x1b[0m"
_OWN = frozenset({*_STYLES.values(), _RESET})
_ODD = regex("\x1b\\[[0-9;]*m|[^\n -~]")
#: what the log readers of build servers obey: `##[…]` and `##name[…]` anywhere, `::name` at the start of a line
#: (https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs,
#: https://learn.microsoft.com/en-us/azure/devops/pipelines/scripts/logging-commands)
_COMMAND = regex(r"#(?=#[\w.]*\[)|^([^\S\n]*):(?=:)", re.MULTILINE)
#: the longest ARN or address that is kept in one piece: twice the longest ARN that IAM takes
_WHOLE = regex(r"[^\w]*(?:arn:|https?://)")
_LONGEST_WHOLE = 4096


def paint(text: str, style: str, color: bool) -> str:
    """`text` in a style (`error`, `warning`, `info`, `good`, `frame`, `strong`, `faint`), or as it is without colour."""
    return f"{_STYLES[style]}{text}{_RESET}" if color and text else text


def cell(char: str) -> tuple[str, int]:
    """How one character is shown and how many terminal cells that takes (0 for a mark on the character before)."""
    if " " <= char <= "~":
        return char, 1
    if char == "\t":
        return TAB, len(TAB)
    kind = category(char)
    if kind in _HIDDEN:
        code = ord(char)
        shown = f"\\x{code:02x}" if code < 0x100 else f"\\u{{{code:x}}}"
        return shown, len(shown)
    if kind in _MARKS or combining(char):
        return char, 0
    return char, 2 if east_asian_width(char) in "WF" else 1


def clean(text: str) -> str:
    """`text` on one line with everything that a terminal might obey shown as an escape."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(cell(char)[0] for char in shown(text))


def printable(text: str, color: bool, log: bool = False) -> str:
    """A whole text for a terminal: line breaks and, with `color`, the styles of `paint` stay; the rest is cleaned as by
    `clean`. With `log` it holds nothing that a build server's log reader would obey; the escapes are those of JSON, so that JSON
    stays JSON."""
    if not (text.isascii() and text.replace("\n", "").isprintable()):
        text = shown(text)
        text = _ODD.sub(lambda found: found[0] if color and found[0] in _OWN else clean(found[0]), text)
    if log and ("##" in text or "::" in text):
        text = _COMMAND.sub(lambda found: "\\u0023" if found[0] == "#" else f"{found[1]}\\u003a", text)
    return text


def cells(text: str) -> int:
    """The number of terminal cells that `clean(text)` takes."""
    if text.isascii() and text.isprintable():
        return len(text)
    return sum(cell(char)[1] for char in text)


def wrap(text: str, width: int, indent: str = "") -> list[str]:
    """Cleaned `text` broken at spaces into lines of at most `width` cells; lines after the first begin with `indent`.

    A word longer than a line is cut where the line ends, but for ARNs and addresses, which are there to be copied. At least
    one line comes back.
    """
    text = clean(text)
    line = text[: len(text) - len(text.lstrip(" "))]
    rest = max(width - len(indent), 8)
    lines: list[str] = []
    limit, used, fresh = max(width, len(line) + 8), len(line), True
    for word in text[len(line) :].split(" "):
        size = cells(word)
        if not fresh and used + 1 + size <= limit:
            line += " " + word
            used += 1 + size
            continue
        if not fresh:
            lines.append(line)
            line, used, limit = "", 0, rest
        if used + size > limit and not (len(word) <= _LONGEST_WHOLE and _WHOLE.match(word)):
            pieces = _cut(word, limit - used, rest)
            lines += [line + pieces[0], *pieces[1:-1]]
            line, used, limit = pieces[-1], cells(pieces[-1]), rest
        else:
            line += word
            used += size
        fresh = False
    lines.append(line)
    return [lines[0], *(indent + tail for tail in lines[1:])]


def _cut(word: str, first: int, rest: int) -> list[str]:
    """A word that does not fit in `first` cells as pieces: one of at most `first` cells, more of at most `rest`."""
    pieces: list[str] = []
    start, used, room = 0, 0, first
    for at, char in enumerate(word):
        size = cell(char)[1]
        if used + size > room:
            pieces.append(word[start:at])
            start, used, room = at, 0, rest
        used += size
    return [*pieces, word[start:]]


def shorten(text: str, width: int) -> str:
    """Cleaned `text` cut to `width` cells, with an ellipsis when something is left out. Looks at no more than it shows."""
    shown, used = "", 0
    for at, char in enumerate(text):
        form, size = cell(char)
        if used + size > width or at > 4 * width:
            return _trim(shown, width - 1) + ELLIPSIS
        shown += form
        used += size
    return shown


def _trim(shown: str, width: int) -> str:
    while shown and cells(shown) > width:
        shown = shown[:-1]
    return shown
