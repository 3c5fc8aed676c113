"""What every building function may use: the text, the tokens, a place for problems."""

from __future__ import annotations

from policyc.syntax.lexer import Tokens
from policyc.syntax.nodes import Ident
from policyc.syntax.problems import Problems
from policyc.text import Span

# Words that begin a clause or make an expression: no declaration may take one, and none names a value.
RESERVED = frozenset(
    {
        "all",
        "and",
        "any",
        "can",
        "exists",
        "false",
        "in",
        "like",
        "not",
        "on",
        "or",
        "true",
        "unless",
        "when",
        "where",
        "who",
    }
)


class Build:
    """The state that building functions share during one parse."""

    __slots__ = ("docs", "ends", "file", "problems", "starts", "text", "tokens")

    def __init__(self, problems: Problems, tokens: Tokens) -> None:
        self.problems = problems
        self.tokens = tokens
        self.file = problems.source.file
        self.text = problems.source.text
        self.starts = tokens.starts
        self.ends = tokens.ends
        self.docs = tokens.docs

    def span(self, start: int, end: int) -> Span:
        return Span(self.file, start, end)

    def word(self, token: int) -> str:
        return self.text[self.starts[token] : self.ends[token]]

    def doc(self, start: int) -> str:
        """The doc comment above the token that starts at the offset."""
        return self.docs.get(start, "")

    def refuse(self, message: str, span: Span, help: str, replacement: str | None = None) -> None:
        self.problems.add("syntax-error", message, span.start, span.end, help, replacement)

    def declare(self, name: Ident) -> None:
        """Refuse a reserved word as the name of a declaration."""
        if name.text in RESERVED:
            message = f"`{name.text}` is a reserved word and cannot be a name"
            help = f"choose another name, such as `{name.text}_` or a longer one"
            self.problems.add("reserved-word", message, name.span.start, name.span.end, help)
