"""`-k`: words with `and`, `or`, `not` and parentheses, matched as parts of a test's name without regard to case."""

from __future__ import annotations

from policyc.regex import regex

_TOKEN = regex(r"\(|\)|[^\s()]+")
_DEEPEST = 50


def matches_keyword(expression: str, name: str) -> bool:
    """Whether `name` fits. Words that follow one another without `and` or `or` are one phrase with blanks.

    Raises ValueError with a sentence when the expression cannot be read.
    """
    if not expression.strip():
        return True
    tokens = _TOKEN.findall(expression)
    reader = _Reader(tokens, name.casefold())
    held = reader.any_of(0)
    if reader.at < len(tokens):
        raise ValueError(f"`{tokens[reader.at]}` does not belong there")
    return held


class _Reader:
    def __init__(self, tokens: list[str], name: str) -> None:
        self.tokens, self.name, self.at = tokens, name, 0

    def peek(self) -> str:
        return self.tokens[self.at].casefold() if self.at < len(self.tokens) else ""

    def any_of(self, depth: int) -> bool:
        held = self.all_of(depth)
        while self.peek() == "or":
            self.at += 1
            held = self.all_of(depth) or held
        return held

    def all_of(self, depth: int) -> bool:
        held = self.single(depth)
        while self.peek() == "and":
            self.at += 1
            held = self.single(depth) and held
        return held

    def single(self, depth: int) -> bool:
        if depth > _DEEPEST:
            raise ValueError("the expression nests too deep")
        token = self.peek()
        if token == "not":
            self.at += 1
            return not self.single(depth + 1)
        if token == "(":
            self.at += 1
            held = self.any_of(depth + 1)
            if self.peek() != ")":
                raise ValueError("a parenthesis is not closed")
            self.at += 1
            return held
        words: list[str] = []
        while self.peek() not in ("", "and", "or", "not", "(", ")"):
            words.append(self.peek())
            self.at += 1
        if not words:
            raise ValueError("a word is missing")
        return " ".join(words) in self.name
