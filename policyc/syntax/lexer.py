"""TEXT -> TOKENS: one pass with one regular expression, in time linear in the length of the text.

The terminals come from the parse table. A word that is a keyword somewhere is given as that keyword; the driver takes
it for a name wherever the grammar has no place for the keyword, which is what a contextual lexer does. Text that is no
token is reported here and mended where the meaning is plain (`'text'` becomes a string, `&&` becomes `and`), so that
one slip gives one error.
"""

from __future__ import annotations

import re
from functools import cache

from policyc.record import field, record
from policyc.regex import regex
from policyc.syntax.hidden import HIDDEN, character_name, unseen
from policyc.syntax.literals import quote
from policyc.syntax.nodes import Comment
from policyc.syntax.problems import Problems
from policyc.syntax.table import END, load_table

# Forms that people bring from other languages; each is mended into the token it stands for (none: left out).
_HABITS = {
    "&&": ("and", "write `and`"),
    "||": ("or", "write `or`"),
    "===": ("==", "write `==`"),
    "!==": ("!=", "write `!=`"),
    "<>": ("!=", "write `!=`"),
    "=~": ("like", 'write `like` with a pattern such as `"a*"`'),
    "=>": ("->", "write `->`"),
    "!": ("not", "write `not`"),
    ";": ("", "statements and clauses end without a mark: remove it"),
}
_LONG_HABITS = ("===", "!==", "<>", "=~", "=>")
_SHORT_HABITS = ("&&", "||", "!", ";")
_UNQUOTED = r"[0-9]+(?:\.[0-9]+){3}(?:/[0-9]+)?|[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9:.]*Z?)?"
_QUOTED = r"'[^'\n]*'|[“”„«‘’‚`][^“”„«»‘’‚`\"\n]*[“”»‘’`\"]"
_JUNK = r"[^\s\"'A-Za-z0-9_{}()\[\],:.<>=/*-]+|[^ \t\r\n]"
_BLANK = " \t\r\n"
_HIDDEN = regex(f"[{HIDDEN}\r]+")
_BARE_RETURN = regex(r"\r(?!\n)")
_WORD_REST = regex(r"[\w-]+")
_HYPHEN_RANGE = regex(r"[0-9]+-[0-9]+\Z")
_ZONE = regex(r"[a-z-]+-[0-9]+[a-z]\Z")


@record(frozen=False)
class Tokens:
    """Parallel lists with one entry per token, the last one `END`; `docs` maps a token's start to the doc comment above
    it; `unclosed` holds the starts of strings that were closed by guess, `slips` the places of all that was mended or left
    out, in order."""

    kinds: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    docs: dict[int, str] = field(default_factory=dict)
    unclosed: set[int] = field(default_factory=set)
    slips: list[int] = field(default_factory=list)

    def add(self, kind: str, start: int, end: int) -> None:
        self.kinds.append(kind)
        self.starts.append(start)
        self.ends.append(end)


@cache
def _scanner() -> tuple[re.Pattern[str], tuple[str, ...]]:
    """The expression for one token after blanks, and the names of its groups (index 0 unused)."""
    table = load_table()
    patterns = dict(table.patterns)
    words = ("REGION", "NAME")
    # INVARIANT: REGION before NAME, UNQUOTED before the numbers, `//` and `/*` before `/`, `===` before `==`.
    groups = [("COMMENT", r"//[^\n]*"), ("BLOCK", r"/\*")]
    groups += [(name, patterns[name]) for name in words]
    groups += [("LONG", "|".join(map(re.escape, _LONG_HABITS)))]
    groups += [("FIXED", "|".join(map(re.escape, table.literals)))]
    groups += [("UNQUOTED", _UNQUOTED)]
    groups += [(name, pattern) for name, pattern in table.patterns if name not in words]
    groups += [("UNCLOSED", r'"[^\n]*'), ("QUOTED", _QUOTED), ("REMARK", r"#[^\n]*")]
    groups += [("SHORT", "|".join(map(re.escape, _SHORT_HABITS))), ("JUNK", _JUNK)]
    whole = "|".join(f"({pattern})" for _, pattern in groups)
    return re.compile(f"[{_BLANK}]*(?:{whole})"), ("", *(name for name, _ in groups))


def scan(problems: Problems) -> Tokens:
    """All tokens of the text; whatever is no token is reported and mended or left out."""
    return _Scan(problems).run()


class _Scan:
    """The state of one scan; `skip` is the offset before which matches are ignored."""

    __slots__ = ("docs", "keywords", "problems", "skip", "text", "tokens")

    def __init__(self, problems: Problems) -> None:
        self.problems = problems
        self.text = problems.source.text
        self.tokens = Tokens()
        self.keywords = load_table().keywords
        self.docs: list[str] = []
        self.skip = 0

    def run(self) -> Tokens:
        pattern, names = _scanner()
        text, tokens, keywords, docs = self.text, self.tokens, self.keywords, self.docs
        kinds, starts, ends = tokens.kinds.append, tokens.starts.append, tokens.ends.append
        self._report_hidden()
        stop = len(text.rstrip(_BLANK))
        name_group, fixed_group, string_group = names.index("NAME"), names.index("FIXED"), names.index("STRING")
        for match in pattern.finditer(text, 1 if text.startswith("\ufeff") else 0, stop):
            group = match.lastindex or 0
            start, end = match.span(group)
            if group == name_group:
                kind = match[group]
                if kind not in keywords:
                    kind = "NAME"
            elif group == fixed_group:
                kind = match[group]
            elif group == string_group:
                kind = "STRING"
            else:
                self._other(names[group], start, end)
                continue
            if start < self.skip:
                continue
            if docs:
                tokens.docs[start] = "\n".join(docs)
                docs.clear()
            kinds(kind)
            starts(start)
            ends(end)
        tokens.add(END, len(text), len(text))
        return tokens

    def _other(self, name: str, start: int, end: int) -> None:
        """Comments, numbers and Regions, and what is no token."""
        if start < self.skip or self.problems.full:
            return
        match name:
            case "COMMENT":
                self._comment(start, end)
            case "REGION" | "INT" | "DECIMAL" | "RULE":
                self._number_or_region(name, start, end)
            case "LONG" | "SHORT":
                self._habit(start, end)
            case "UNCLOSED":
                self._unclosed(start, end)
            case "QUOTED":
                self._quoted(start, end)
            case "UNQUOTED":
                self._unquoted(start, end)
            case "REMARK" | "BLOCK":
                self._remark(start, end)
            case _:
                self._junk(start, end)

    def _add(self, kind: str, start: int, end: int) -> None:
        if self.docs:
            self.tokens.docs[start] = "\n".join(self.docs)
            self.docs.clear()
        self.tokens.add(kind, start, end)
        self.skip = end

    def _problem(
        self, rule: str, message: str, start: int, end: int, help: str, replacement: str | None = None
    ) -> None:
        self.tokens.slips.append(start)
        self.problems.add(rule, message, start, end, help, replacement)

    def _comment(self, start: int, end: int) -> None:
        words = self.text[start:end].rstrip()
        line_start = self.text.rfind("\n", 0, start) + 1
        own_line = not self.text[line_start:start].strip(" \t\r\ufeff")
        span = self.problems.span(start, start + len(words))
        self.tokens.comments.append(Comment(words, own_line, span))
        if own_line and words.startswith("///") and not words.startswith("////"):
            self.docs.append(words[4:] if words.startswith("/// ") else words[3:])

    def _number_or_region(self, kind: str, start: int, end: int) -> None:
        text, tokens = self.text, self.tokens
        after = text[end : end + 1]
        joined = text[start] == "-" and tokens.ends and tokens.ends[-1] == start and self._is_word(-1)
        if joined or after == "_" or after.isalnum() or (after == "-" and text[end + 1 : end + 2] != ">"):
            self._bad_word(start, end)
        else:
            self._add(kind, start, end)

    def _is_word(self, index: int) -> bool:
        kind = self.tokens.kinds[index]
        return kind in ("NAME", "REGION", "INT") or kind in self.keywords

    def _bad_word(self, start: int, end: int) -> None:
        """Letters, digits and hyphens that are together no name: reported and taken for a name."""
        tokens = self.tokens
        if tokens.ends and tokens.ends[-1] == start and self._is_word(-1):
            start = tokens.starts.pop()
            tokens.ends.pop()
            tokens.kinds.pop()
        rest = _WORD_REST.match(self.text, end)
        end = rest.end() if rest else end
        word = self.text[start:end]
        if _HYPHEN_RANGE.match(word):
            low, high = word.split("-")
            help = f"a range is written with two points: `{low}..{high}`"
            self._problem("syntax-error", f"`{_short(word)}` is no number", start, end, help, f"{low}..{high}")
            self._add("INT", start, start + len(low))
            self._add("..", start + len(low), end - len(high))
            self._add("INT", end - len(high), end)
            return
        plain = re.sub(r"[^A-Za-z0-9_]", "_", word)
        if _ZONE.match(word):
            message, help = f"`{_short(word)}` is no Region name", f"a Region has no zone letter: write `{word[:-1]}`"
        elif word[0].isdigit() or word[0] == "-":
            message = f"`{_short(word)}` is neither a number nor a name"
            help = "a name starts with a letter; put other text between straight double quotes"
        else:
            message = f"`{_short(word)}` is no name"
            help = f"names have ASCII letters, digits and `_`, such as `{_short(plain)}`; quote other text"
        self._problem("unexpected-character", message, start, end, help)
        self._add("NAME", start, end)

    def _habit(self, start: int, end: int) -> None:
        text = self.text[start:end]
        kind, help = _HABITS[text]
        message = f"`{text}` is not part of the language"
        self._problem("unexpected-character", message, start, end, help, kind)
        if kind:
            self._add(kind, start, end)

    def _unclosed(self, start: int, end: int) -> None:
        end = start + len(self.text[start:end].rstrip())
        message = "this string is not closed on its line"
        help = 'end it with a straight double quote; write `\\n` for a line break and `\\"` for a quote inside'
        tokens = self.tokens
        if not (tokens.slips and tokens.ends and tokens.ends[-1] == start and tokens.slips[-1] == tokens.starts[-1]):
            self._problem(
                "unterminated-string", message, start, end, help
            )  # else the quote before that slip is missing
        self.tokens.unclosed.add(start)
        brace = end - 1 if self.text[start:end].endswith("{") else end
        self._add("STRING", start, len(self.text[:brace].rstrip()))
        if brace < end:  # the quote is missing before a brace more often than a label ends in one
            self._add("{", brace, end)

    def _quoted(self, start: int, end: int) -> None:
        text = self.text[start:end]
        kind = "single quotes" if text[0] == "'" else "backquotes" if text[0] == "`" else "curly quotes"
        message = f"{kind} do not make a string: `{_short(text)}`"
        replacement = quote(text[1:-1])
        help = f"use straight double quotes: `{_short(replacement)}`"
        self._problem("unexpected-character", message, start, end, help, replacement)
        self._add("STRING", start, end)

    def _unquoted(self, start: int, end: int) -> None:
        text = self.text[start:end]
        what = "a date" if "." not in text.split("T")[0] else "an address"
        message = f"{what} is written as a string: `{_short(text)}`"
        help = f"put it between double quotes: `{_short(quote(text))}`"
        self._problem("syntax-error", message, start, end, help, quote(text))
        self._add("STRING", start, end)

    def _remark(self, start: int, end: int) -> None:
        if self.text[start] == "/":
            close = self.text.find("*/", end)
            end = close + 2 if close >= 0 else len(self.text)
        message = f"`{'/*' if self.text[start] == '/' else '#'}` does not start a comment here"
        help = "start each line of a comment with `//`"
        self._problem("unexpected-character", message, start, min(end, start + 2), help)
        self.skip = end

    def _junk(self, start: int, end: int) -> None:
        text = self.text[start:end]
        if _HIDDEN.fullmatch(text):
            return
        if text[0] == "-" or text[0].isalnum():
            following = self.text[end : end + 1]
            before = self.tokens.ends and self.tokens.ends[-1] == start and self._is_word(-1)
            if text[0] != "-" or (before and (following.isalnum() or following in "_-")):
                self._bad_word(start, end)
                return
        message = f"`{_short(text)}` has no meaning here"
        help = "remove it, or put it between straight double quotes if it is text"
        if text[0] in "“”„«»‘’‚`'":
            help = "use straight double quotes for strings"
        elif not text.isprintable():
            message = f"unexpected {_name(text[0])}"
            help = "remove it; the file may not be plain UTF-8 text"
        self._problem("unexpected-character", message, start, end, help)
        self.skip = end

    def _report_hidden(self) -> None:
        """Control characters and text-reordering marks are refused wherever they stand, comments included."""
        for start, end in (*unseen(self.text), *(found.span() for found in _BARE_RETURN.finditer(self.text))):
            char = self.text[start]
            message = f"unexpected {character_name(char)}, which cannot be seen"
            help = f"remove it; in a string write `\\u{{{ord(char):x}}}`"
            if char == "\r":
                help = "end lines with a line feed, with or without a carriage return before it"
            self.problems.add("unexpected-character", message, start, end, help)
            if self.problems.full:
                return


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:37] + "..."


def _name(char: str) -> str:
    return f"character U+{ord(char):04X}"
