"""Values for holes, to see whether a finding holds whatever they are: a finding that goes away with one of them is not certain.

Each completion gives every hole a value that its mark allows. Two things are tried on purpose: that the unknown is something quite its own, and that
it is what makes the most of a document right or wrong (a wildcard, a name or account that stands elsewhere in it).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from policyc.carriers.embedded import Embedded, PlacedText
from policyc.carriers.texts import edited
from policyc.holes import MARK, has_hole
from policyc.record import record
from policyc.syntax.json_text import JsonArray, JsonBool, JsonNumber, JsonObject, JsonString, JsonValue
from policyc.workspace.placed import filled_tree

_WORD: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9./_-]{0,62}")
_ACCOUNT: Final = re.compile(r"(?<![0-9])[0-9]{12}(?![0-9])")
_ACCOUNTS: Final = ("909090909090", "818181818181")
#: names of a document that are tried as the value of its holes
_MOST_NAMES: Final = 6


@record
class Completion:
    """One way to fill every hole. `word` stands for what nothing is known of, `account` for twelve digits; `whole` is what a value becomes that is nothing but a hole, None
    for its text."""

    word: str
    account: str
    whole: str = ""

    def text(self, text: str) -> str:
        return MARK.sub(lambda found: self._value(found[1], found[2] or ""), text)

    def _value(self, name: str, like: str) -> str:
        if like == "?" * 12:
            return self.account
        if not like:
            return self.word
        own = self.word if _WORD.fullmatch(self.word) else "x"
        return like.replace("?" * 12, self.account).replace("*", own).replace("?", "0")

    def value(self, value: JsonString) -> JsonValue:
        text = self.text(value.value)
        if MARK.fullmatch(value.value) is None:
            return JsonString(text, value.span)
        match self.whole:
            case "list":
                return JsonArray((JsonString(text, value.span),), value.span)
            case "number":
                return JsonNumber("64512", value.span)
            case "true":
                return JsonBool(True, value.span)
            case _:
                return JsonString(text, value.span)

    def tree(self, tree: JsonValue) -> JsonValue:
        return filled_tree(tree, self.value, self.text)

    def placed(self, text: PlacedText) -> PlacedText:
        """A text with its holes filled as they stand in a string of Cedar or JSON."""
        runs = [(found.start(), found.end(), self.text(found[0])) for found in MARK.finditer(text.value)]
        return edited(text, runs) if runs else text


def completions(documents: Sequence[Embedded]) -> list[Completion]:
    """What to try for documents that are judged together."""
    texts = [text for document in documents for text in _texts(document.content)]
    names = dict.fromkeys(text for text in texts if _WORD.fullmatch(text) and not has_hole(text))
    accounts = dict.fromkeys(account for text in texts for account in _ACCOUNT.findall(text))
    account = next(iter(accounts), _ACCOUNTS[1])
    network = any(document.kind == "core-network" for document in documents)
    tried = [Completion("q7x", _ACCOUNTS[0]), Completion("*", account, "list")]
    if network:
        tried += [Completion("q7x", _ACCOUNTS[0], whole) for whole in ("list", "number", "true")]
    wanted = [*names][: _MOST_NAMES if network else 1]
    return tried + [Completion(name, account) for name in wanted]


def _texts(content: JsonValue | PlacedText) -> Iterator[str]:
    """The texts of a document: its values, or the strings of a text."""
    if isinstance(content, PlacedText):
        yield from re.findall(r'"((?:\\.|[^"\\])*)"', content.value)
        return
    work: list[JsonValue] = [content]
    while work:
        match work.pop():
            case JsonString(text):
                yield text
            case JsonArray(items):
                work.extend(items)
            case JsonObject(members):
                work.extend(member.value for member in members)
            case _:
                pass
