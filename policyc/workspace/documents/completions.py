"""Values for holes, to see whether a finding holds whatever they are: a finding that goes away with one of them is not certain.

Each completion gives every hole a value that its mark allows. Two things are tried on purpose: that the unknown is something quite its own, and that
it is what makes the most of a document right or wrong (a wildcard, a name or account that stands elsewhere in it).
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Mapping, Sequence, Set
from types import MappingProxyType
from typing import Final

from policyc.carriers.embedded import Embedded, PlacedText
from policyc.carriers.texts import edited
from policyc.engines.iam.operators import Family, read_operator
from policyc.holes import MARK, filled, has_hole, mark, name_of
from policyc.record import record, replace
from policyc.regex import regex
from policyc.syntax.json_text import JsonArray, JsonBool, JsonMember, JsonNumber, JsonObject, JsonString, JsonValue
from policyc.text import Span
from policyc.workspace.documents.placed import filled_tree

_WORD: Final = regex(r"[A-Za-z0-9][A-Za-z0-9./_-]{0,62}")
_ACCOUNT: Final = regex(r"(?<![0-9])[0-9]{12}(?![0-9])")
_NO_WORD: Final = regex(r"[^A-Za-z0-9]+")
#: what stands before a part of an ARN; earlier parts may be holes
_ARN_PART: Final = regex(r"arn((?::[^:\"]*){0,3}):")
#: what callers of each kind look like
_CALLERS: Final = {"AWS": "arn:aws:iam::????????????:role/*", "Service": "*.amazonaws.com"}
_ARNS: Final = frozenset({"Resource", "NotResource"})
_ACTIONS: Final = frozenset({"Action", "NotAction"})
_ANY_ACTION: Final = "s3:GetObject"
_SOME_KEY: Final = "aws:PrincipalTag/q7x"
#: prefix of actions -> service of the ARNs that they are asked of, where the two differ
_ARN_SERVICES: Final = {"vpc-lattice-svcs": "vpc-lattice"}
#: what operators compare that take no other text: something of its own, and what makes the most of a test
_OPERANDS: Final = {
    Family.IP: ("198.51.100.0/24", "0.0.0.0/0"),
    Family.NUMERIC: ("7", "0"),
    Family.DATE: ("2031-05-17T00:00:00Z", "2001-05-17T00:00:00Z"),
    Family.BOOL: ("true", "false"),
    Family.NULL: ("true", "false"),
}
_PARTITION, _REGION = "aws", "us-east-1"
_ACCOUNTS: Final = ("909090909090", "818181818181")


@record
class Completion:
    """One way to fill every hole. `word` stands for what nothing is known of, `account` for twelve digits; `whole` is what a value becomes that is nothing but a hole, None
    for its text."""

    word: str
    account: str
    whole: str = ""
    #: what stands for `whole` at places that take nothing of its type
    instead: Mapping[Span, str] = MappingProxyType({})
    #: values of holes by name, before all else
    named: Mapping[str, str] = MappingProxyType({})

    def text(self, text: str) -> str:
        return MARK.sub(lambda found: self._of(found, text[: found.start()]), text)

    def _of(self, found: re.Match[str], before: str) -> str:
        given = self.named.get(name_of(found)) if self.named else None
        return self.value_of(found[2] or "", before) if given is None else given

    def value_of(self, like: str, before: str) -> str:
        """A value for a hole that looks like `like`, behind `before`: an ARN has room for little else than a partition, a Region, an account at its place."""
        if like == "?" * 12:
            return self.account
        part = _arn_part(before)
        if part is not None:
            return (_PARTITION, self.word, _REGION, self.account)[part[1].count(":")]
        if not like:
            return self.word
        own = self.word if _WORD.fullmatch(self.word) else "x"
        if like.startswith("arn:*:"):
            parts = like.split(":", 5)
            parts[1], parts[3] = _PARTITION, _REGION if parts[3] == "*" else parts[3]
            like = ":".join(parts)
        return like.replace("?" * 12, self.account).replace("*", own).replace("?", "0")

    def value(self, value: JsonString) -> JsonValue:
        text = self.text(value.value)
        if MARK.fullmatch(value.value) is None:
            return JsonString(text, value.span)
        match self.instead.get(value.span, self.whole) if self.instead else self.whole:
            case "list":
                return JsonArray((JsonString(text, value.span),), value.span)
            case "number":
                return JsonNumber("64512", value.span)
            case "true":
                return JsonBool(True, value.span)
            case "nothing":
                return JsonArray((), value.span)
            case "object":
                return JsonObject((), value.span)
            case _:
                return JsonString(text, value.span)

    def tree(self, tree: JsonValue) -> JsonValue:
        return filled_tree(_likely(tree, self.word == "*", _some_action(tree)), self.value, self.text)

    def placed(self, text: PlacedText) -> PlacedText:
        """A text with its holes filled as they stand in a string of Cedar or JSON."""
        runs = [
            (found.start(), found.end(), self.value_of(found[2] or "", _string_before(text.value, found.start())))
            for found in MARK.finditer(text.value)
        ]
        return edited(text, runs) if runs else text


def _arn_part(before: str) -> re.Match[str] | None:
    """What stands before a part of an ARN; the names of holes in it may have colons (`AWS::Partition`)."""
    return _ARN_PART.fullmatch(MARK.sub("", before))


def values_by_name(trees: Sequence[JsonValue]) -> dict[str, str]:
    """A value for each hole of some documents, by its name: one that looks as its marks say, and like no other's."""
    likes: dict[str, str] = {}
    before: dict[str, str] = {}
    for tree in trees:
        for text in _texts(_likely(tree, False, _some_action(tree))):
            for found in MARK.finditer(text):
                name = name_of(found)
                likes[name] = likes.get(name) or found[2] or ""
                part = text[: found.start()]
                if name not in before or _arn_part(part) is not None:
                    before[name] = part
    out: dict[str, str] = {}
    for name, like in likes.items():
        word = f"value-of-{_NO_WORD.sub('-', name).strip('-').lower() or 'x'}"
        account = f"{zlib.crc32(name.encode()) % 10**9:012d}"
        out[name] = Completion(word, account).value_of(like, before[name])
    return out


def filled_by_name(tree: JsonValue, values: Mapping[str, str]) -> JsonValue:
    """The tree with its holes filled."""

    def text(item: str) -> str:
        return filled(item, values)

    return filled_tree(tree, lambda item: JsonString(text(item.value), item.span), text)


def _some_action(tree: JsonValue) -> str:
    """The first action of a document that is written out."""
    held = tree.get("Statement") if isinstance(tree, JsonObject) else None
    items = held.items if isinstance(held, JsonArray) else (held,)
    found = (_first(item.get("Action")) for item in items if isinstance(item, JsonObject))
    return next(filter(None, found), "")


def _likely(tree: JsonValue, everything: bool, action: str) -> JsonValue:
    """The tree in which a hole in the place of a caller or of an ARN looks like one: with any other word the statement would be refused for that alone, and nothing
    else said of it. `everything` leaves those alone that can be `*`."""
    match tree:
        case JsonObject(members, span):
            action = _first(tree.get("Action") or tree.get("NotAction")) or action
            made = []
            for member in members:
                text = isinstance(member.value, JsonString | JsonArray)
                if member.key in _CALLERS and text:
                    value = member.value if everything else _as_if(member.value, _CALLERS[member.key], whole=True)
                elif member.key in _ACTIONS and text and not everything:
                    value = _operand(member.value, action or _ANY_ACTION)
                elif member.key in _ARNS and text:
                    value = _as_if(member.value, _arn_like(action), whole=not everything)
                elif member.key == "Condition" and isinstance(member.value, JsonObject):
                    blocks = tuple([_likely_block(block, everything) for block in member.value.members])
                    value = JsonObject(blocks, member.value.span)
                else:
                    value = _likely(member.value, everything, action)
                made.append(JsonMember(member.key, member.key_span, value))
            return JsonObject(tuple(made), span)
        case JsonArray(items, span):
            return JsonArray(tuple(_likely(item, everything, action) for item in items), span)
        case _:
            return tree


def _likely_block(block: JsonMember, everything: bool) -> JsonMember:
    """What an operator asks, with holes that look like its values where it takes no other text, and like a key where one stands."""
    operator = read_operator(block.key)
    if operator is None or not isinstance(block.value, JsonObject):
        return block
    likes = _OPERANDS.get(operator.family)
    entries = [
        JsonMember(
            mark(name_of(found), _SOME_KEY) if (found := MARK.fullmatch(entry.key)) and not found[2] else entry.key,
            entry.key_span,
            entry.value if likes is None else _operand(entry.value, likes[everything]),
        )
        for entry in block.value.members
    ]
    return JsonMember(block.key, block.key_span, JsonObject(tuple(entries), block.value.span))


def _operand(value: JsonValue, like: str) -> JsonValue:
    """Texts that are nothing but a hole of which nothing is known, or such a one before the length of a prefix, with what it looks like."""
    match value:
        case JsonArray(items, span):
            return JsonArray(tuple([_operand(item, like) for item in items]), span)
        case JsonString(text, span) if (found := MARK.match(text)) is not None and not found[2]:
            rest = text[found.end() :]
            if rest and not rest.startswith("/"):
                return value
            return JsonString(mark(name_of(found), like.partition("/")[0] if rest else like) + rest, span)
        case _:
            return value


def _as_if(value: JsonValue, like: str, whole: bool) -> JsonValue:
    """Texts that begin with a hole of which nothing is known, with what it looks like; those that are nothing else when `whole` says so."""
    match value:
        case JsonArray(items, span):
            return JsonArray(tuple(_as_if(item, like, whole) for item in items), span)
        case JsonString(text, span):
            found = MARK.match(text)
            if found is None or found[2] or (found.end() == len(text) and not whole):
                return value
            return JsonString(mark(name_of(found), like) + text[found.end() :], span)
        case _:
            return value


def _arn_like(action: str) -> str:
    service = _ARN_SERVICES.get(action.partition(":")[0].lower(), action.partition(":")[0].lower())
    if service in ("", "*", "s3"):
        return "arn:aws:s3:::*"
    return f"arn:aws:{service}:{_REGION}:????????????:*"


def _first(value: JsonValue | None) -> str:
    if isinstance(value, JsonArray):
        value = next(iter(value.items), None)
    return value.value if isinstance(value, JsonString) and not has_hole(value.value) else ""


def _string_before(text: str, at: int) -> str:
    """What stands before an offset in the string that it is in."""
    return text[text.rfind('"', 0, at) + 1 : at]


def completions(documents: Sequence[Embedded]) -> list[Completion]:
    """What to try for documents that are judged together."""
    texts = [text for document in documents for text in _texts(document.content)]
    names = dict.fromkeys(text for text in texts if _WORD.fullmatch(text) and not has_hole(text))
    accounts = dict.fromkeys(account for text in texts for account in _ACCOUNT.findall(text))
    account = next(iter(accounts), _ACCOUNTS[1])
    network = any(document.kind == "core-network" for document in documents)
    tried = [Completion("q7x", _ACCOUNTS[0]), Completion("*", account, "list")]
    if network and any(MARK.fullmatch(text) for text in texts):
        tried += [Completion("q7x", _ACCOUNTS[0], whole) for whole in ("list", "number", "true", "nothing", "object")]
    return tried + [Completion(name, account) for name in [*names][:1]]


def fitting(way: Completion, places: Set[Span], tried: Sequence[tuple[Completion, Set[Span]]]) -> Completion:
    """The completion with values of another type at the `places` where its own is of a wrong one: whoever deploys the document has a value
    that its place takes, so that such a mistake hides nothing else. `tried` has the places that were wrong with others; what takes nothing that was tried stays as it is."""
    instead = {
        place: whole
        for place in places
        if (whole := next((one.whole for one, wrong in tried if place not in wrong), None)) is not None
    }
    return replace(way, instead=MappingProxyType(instead)) if instead else way


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
