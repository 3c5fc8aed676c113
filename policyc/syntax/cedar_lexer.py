"""Cedar text to tokens, with exact places and words about what is no Cedar.

The token rules follow the lexer of the Cedar project (https://github.com/cedar-policy/cedar, cedar-policy-core/src/parser):
names are ASCII, strings stand in double quotes and may run over lines, `//` starts the only kind of comment.
"""

from __future__ import annotations

from typing import Final

from policyc.diagnostics import Applicability, Edit, Fix, write_instead
from policyc.record import record
from policyc.regex import regex
from policyc.syntax.cedar_nodes import Comment
from policyc.text import Source, Span

_SPACE: Final = regex(r"[\s\x85]+")
_COMMENT: Final = regex(r"//[^\n\r]*")
_TOKEN: Final = regex(
    r'(?P<string>"(?:\\[^\n]|[^"\\])*")'
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<number>[0-9]+)"
    r"|(?P<slot>\?(?:principal|resource)\b)"
    r"|(?P<sign>==|!=|<=|>=|&&|\|\||::|[@(){}\[\];,.:<>!+*/%=-])"
)
_TEMPLATE: Final = regex(r"\$\{[^{}\n]*\}|\{\{[^{}\n]*\}\}|<%[^\n]*?%>|%\{[^{}\n]*\}")
_CURLY: Final = {"“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "‚": "'"}
#: Python's `\s` also takes the four separators that Unicode does not count as white space
_NOT_SPACE: Final = frozenset("\x1c\x1d\x1e\x1f")


class CedarMistake(Exception):
    """Reading cannot go on here. Caught by the parser, which turns it into a diagnostic and goes on with the next statement."""

    def __init__(self, rule: str, message: str, span: Span, help: str, fix: Fix | None = None) -> None:
        super().__init__(message)
        self.rule, self.message, self.span, self.help, self.fix = rule, message, span, help, fix


@record
class Token:
    """`kind` is `string`, `name`, `number`, `slot`, `sign`, `bad` or `end`; a `bad` one carries its mistake."""

    kind: str
    text: str
    start: int
    end: int
    mistake: CedarMistake | None = None


def tokens(source: Source) -> tuple[list[Token], list[Comment]]:
    """Every token up to an `end`, and the comments. What is no token becomes a `bad` one."""
    text, at = source.text, 0
    out: list[Token] = []
    comments: list[Comment] = []
    while at < len(text):
        if (match := _COMMENT.match(text, at)) is not None:
            comments.append(Comment(match[0][2:].strip(), source.span(at, match.end())))
            at = match.end()
        elif (match := _SPACE.match(text, at)) is not None and not _NOT_SPACE & set(match[0]):
            at = match.end()
        elif (template := _TEMPLATE.match(text, at)) is not None:
            out.append(_bad(_left_over(source, at, template.end()), at, template.end()))
            at = template.end()
        elif text.startswith("/*", at):
            end = text.find("*/", at + 2)
            end = len(text) if end < 0 else end + 2
            out.append(_bad(_block_comment(source, at, end), at, end))
            at = end
        elif (match := _TOKEN.match(text, at)) is not None:
            out.append(Token(match.lastgroup or "", match[0], at, match.end()))
            at = match.end()
        else:
            mistake = _unreadable(source, at)
            out.append(_bad(mistake, at, max(mistake.span.end, at + 1)))
            at = max(mistake.span.end, at + 1)
    out.append(Token("end", "", len(text), len(text)))
    return out, comments


def _bad(mistake: CedarMistake, start: int, end: int) -> Token:
    return Token("bad", "", start, end, mistake)


def _left_over(source: Source, start: int, end: int) -> CedarMistake:
    shown = source.text[start:end]
    return CedarMistake(
        "template-in-text",
        f"`{shown}` is left over from a template",
        source.span(start, end),
        "render the template first, and check what comes out",
    )


def _block_comment(source: Source, start: int, end: int) -> CedarMistake:
    return CedarMistake(
        "cedar-block-comment",
        "Cedar has no `/* … */` comments",
        source.span(start, end),
        "begin each line of the comment with `//`",
        _lines_of_comment(source, start, end),
    )


def _lines_of_comment(source: Source, start: int, end: int) -> Fix | None:
    """The comment behind `//`, where nothing but blanks stands behind it on its line."""
    text = source.text
    if text[end : _line_end(text, end)].strip() or not text[start:end].endswith("*/"):
        return None
    lines = [line.strip().removeprefix("*").strip() for line in text[start + 2 : end - 2].strip().splitlines()]
    indent = " " * (start - (text.rfind("\n", 0, start) + 1))
    better = f"\n{indent}".join(f"// {line}".rstrip() for line in lines or [""])
    return Fix("write `//`", (Edit(source.span(start, end), better),), Applicability.SAFE)


def _unreadable(source: Source, at: int) -> CedarMistake:
    char = source.text[at]
    if char in "'‘’‚“”„«»":
        return _wrong_quotes(source, at)
    if char == '"':
        line_end = _line_end(source.text, at)
        return CedarMistake(
            "cedar-literal", "this string is not closed", source.span(at, line_end), 'close it with `"`'
        )
    if char in "&|":
        return CedarMistake(
            "cedar-syntax", f"`{char}` is no operator", source.span(at, at + 1), write_instead(char, char * 2)
        )
    if char == "?":
        return CedarMistake(
            "cedar-syntax", "`?` only begins `?principal` and `?resource`", source.span(at, at + 1), "remove it"
        )
    return CedarMistake(
        "cedar-syntax", f"`{char}` (U+{ord(char):04X}) has no meaning in Cedar", source.span(at, at + 1), "remove it"
    )


def _wrong_quotes(source: Source, at: int) -> CedarMistake:
    """A text in single or typographic quotes, as far as the matching quote on the same line."""
    text, line_end = source.text, _line_end(source.text, at)
    like = _CURLY.get(text[at], text[at])
    end = at + 1
    while end < line_end and _CURLY.get(text[end], text[end]) != like:
        end += 1
    closed = end < line_end
    inside = text[at + 1 : end]
    span = source.span(at, end + 1 if closed else at + 1)
    kind = "single" if text[at] == "'" else "typographic"
    fix = None
    if closed and not set(inside) & set('"\\'):
        fix = Fix("use double quotes", (Edit(span, f'"{inside}"'),), Applicability.SAFE)
    shown = f'"{inside}"' if fix is not None else '"…"'
    return CedarMistake("cedar-quotes", f"a string stands in {kind} quotes", span, f"write `{shown}`", fix)


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end
