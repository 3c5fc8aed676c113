"""Cedar text in the layout of Cedar's own formatter, and never another policy than before.

The formatter keeps comments. Its result is read again: the statements must be the same and every comment still there, else the
text is left alone and that is reported. It is applied until nothing changes, so that formatting twice is formatting once.
"""

from __future__ import annotations

from policyc.diagnostics import Diagnostics
from policyc.packages import MissingPackage
from policyc.syntax.cedar_nodes import Document
from policyc.syntax.cedar_printer import WIDTH
from policyc.syntax.cedar_text import parse_cedar
from policyc.text import Source

_MOST_PASSES = 4


def lay_out(source: Source, diagnostics: Diagnostics) -> str | None:
    """The text as Cedar formats it; None after reporting why it cannot be."""
    before = parse_cedar(source, diagnostics)
    if before is None:
        return None
    text = source.text
    for _ in range(_MOST_PASSES):
        new = _format(Source(source.file, text))
        if new is None:
            break
        if new == text:
            return _checked(before, source, new, diagnostics)
        text = new
    _refuse(source, diagnostics)
    return None


def _format(source: Source) -> str | None:
    """One pass over a text, statement by statement: Cedar's formatter takes time that grows with the square of the text."""
    document = parse_cedar(source, Diagnostics())
    if document is None:
        return None
    if not source.text.strip():
        return ""
    out: list[str] = []
    for piece in _pieces(document, source):
        new = _format_piece(piece)
        if new is None:
            return None
        out.append(new)
    return "\n\n".join(out) + "\n"


def _pieces(document: Document, source: Source) -> list[str]:
    """The text cut behind each statement and the comment on the rest of its line; what follows the last one goes with it."""
    out: list[str] = []
    begin = 0
    for statement in document.statements[:-1]:
        end = statement.span.end
        line = source.text.find("\n", end)
        rest = source.text[end : len(source.text) if line < 0 else line]
        if rest.lstrip().startswith("//"):
            end += len(rest)
        out.append(source.text[begin:end])
        begin = end
    out.append(source.text[begin:])
    return out


def _format_piece(text: str) -> str | None:
    try:
        import cedarpy
    except ImportError:
        raise MissingPackage("cedarpy") from None
    try:
        return str(cedarpy.format_policies(text, line_width=WIDTH, indent_width=2)).strip("\n")
    except (ValueError, RecursionError):
        return None


def _checked(before: Document, source: Source, text: str, diagnostics: Diagnostics) -> str | None:
    after = parse_cedar(Source(source.file, text), Diagnostics())
    if after is None or after != before or _comments(after) != _comments(before):
        _refuse(source, diagnostics)
        return None
    return text


def _refuse(source: Source, diagnostics: Diagnostics) -> None:
    diagnostics.error(
        "cedar-layout",
        f"Cedar's formatter would change more than the layout of `{source.file}`",
        source.span(0, 0),
        "put each comment on a line of its own, before a statement or a condition",
    )


def _comments(document: Document) -> list[str]:
    return sorted(comment.text for comment in document.comments if comment.text)
