"""After a syntax error: say what is wrong, once, and find the place where reading can go on.

First small mends are tried (another kind for the token, one mark more, one token less); a mend counts when the
tokens behind it fit again. Else tokens are skipped up to a closing bracket of an open block, a clause word, `allow` or
`deny`, a network item or test step at the start of a line, or a declaration; the part that was begun is dropped.
"""

from __future__ import annotations

from bisect import bisect_left

from policyc.diagnostics import Label
from policyc.syntax.build_context import RESERVED
from policyc.syntax.driver import MAX_NESTING, Driver, advance, as_name, first_on_line, survives
from policyc.syntax.expected import CLAUSES, DECLARATIONS, choices, describe, expected_terminals, found
from policyc.syntax.hints import foreign, hint
from policyc.syntax.lexer import Tokens
from policyc.syntax.problems import Problems
from policyc.syntax.table import END, Table

_CLOSES = {"{": "}", "[": "]", "(": ")"}
_OPENS = {"}": "{", "]": "[", ")": "("}
_INSERTS = (",", ":", "=", "{", "->", "in", "==")
_SYNC = frozenset(
    {
        *CLAUSES,
        "allow",
        "deny",
        "asns",
        "inside",
        "option",
        "edges",
        "segment",
        "function_group",
        "share",
        "send",
        "route",
        "apply",
        "attach",
        "labels",
        "filter",
        "request",
        "expect",
        "every",
        "attachment",
        "RULE",
        "describe",
    }
)
_STARTS = frozenset(DECLARATIONS)
_BEGINS = frozenset(DECLARATIONS) - {"use", "module"}
#: declarations that people also take for clauses
_AS_CLAUSES = ("principal", "resource")
#: declarations with a label in place of a name
_LABELLED = ("test", "prove")
_ENOUGH = 3
_MOST = 200


def begun_declarations(text: str, tokens: Tokens) -> dict[int, int | None]:
    """Every declaration that the text begins: the offset of its word -> the token of its name, None for a test or a proof."""
    kinds, starts = tokens.kinds, tokens.starts
    found: dict[int, int | None] = {}
    for index, kind in enumerate(kinds):
        if kind in _BEGINS and (not starts[index] or text[starts[index] - 1] in "\n\ufeff"):
            following = as_name(kinds[index + 1])
            if following == ("STRING" if kind in _LABELLED else "NAME"):
                found[starts[index]] = None if kind in _LABELLED else index + 1
    return found


class Recovery:
    """The driver's repair. `quiet` is the index up to which a further error counts as an echo of the last one, `told` the place of that one."""

    __slots__ = ("here", "place", "problems", "quiet", "repairs", "table", "text", "told")

    def __init__(self, table: Table, problems: Problems) -> None:
        self.table = table
        self.problems = problems
        self.text = problems.source.text
        self.quiet = -1
        self.told = -1
        self.place = -1
        self.here = 0
        self.repairs = 0

    # --- what the driver calls ---------------------------------------------------------------------------------

    def mend(self, driver: Driver, index: int) -> int | None:
        if self.problems.full or not self._progress(driver, index):
            return None
        for attempt in (self._other_word, self._missing_close, self._missing_mark, self._extra_token):
            if attempt(driver, index):
                return index
        self._report(driver, index)
        return self._panic(driver, index)

    def _progress(self, driver: Driver, index: int) -> bool:
        """Whether going on is worth it: repairs that stay at one place, or too many in all, end the parse.

        INVARIANT: an error was reported before this says no, since the first repair always reports.
        """
        place = driver.tokens.starts[index]
        self.here = self.here + 1 if place == self.place else 0
        self.place = place
        self.repairs += 1
        return self.here < 2 * MAX_NESTING and self.repairs < _MOST

    def too_deep(self, driver: Driver, index: int) -> int | None:
        """Report nesting and leave the whole declaration: nothing inside it can be trusted to close."""
        tokens = driver.tokens
        message = "the nesting is more than 64 levels deep here"
        help = "name the inner parts with `let` or `predicate` and use the names"
        self.problems.add("nesting-too-deep", message, tokens.starts[index], tokens.ends[index], help)
        self._truncate(driver, 2)
        index += 1
        while tokens.kinds[index] != END and not self._starts_declaration(driver, index, margin=True):
            index += 1
        return index

    # --- looking -----------------------------------------------------------------------------------------------

    def _word(self, driver: Driver, index: int) -> str:
        return self.text[driver.tokens.starts[index] : driver.tokens.ends[index]]

    def _around(self, driver: Driver, index: int) -> tuple[str, str, str]:
        """The kind and the word of the token before, and the word of the token behind."""
        before, word_before = (driver.tokens.kinds[index - 1], self._word(driver, index - 1)) if index else ("", "")
        after = self._word(driver, index + 1) if driver.tokens.kinds[index] != END else ""
        return before, word_before, after

    def _first_on_line(self, driver: Driver, index: int) -> bool:
        return first_on_line(self.text, driver.tokens, index)

    def _starts_declaration(self, driver: Driver, index: int, margin: bool = False) -> bool:
        """Whether the token begins a declaration by its word, its place on the line and what follows it."""
        tokens = driver.tokens
        kind = tokens.kinds[index]
        if kind not in _STARTS or not self._first_on_line(driver, index):
            return False
        indented = tokens.starts[index] > 0 and self.text[tokens.starts[index] - 1] not in "\n\ufeff"
        if indented and (margin or (kind in _AS_CLAUSES and not {"=", ":"} & set(tokens.kinds[index + 2 : index + 3]))):
            return False
        following = as_name(tokens.kinds[index + 1])
        return following == ("STRING" if kind in ("use", *_LABELLED) else "NAME")

    def _open_at(self, driver: Driver) -> int | None:
        """The place in the stacks of the innermost bracket that is open."""
        kinds = driver.tokens.kinds
        for place in range(len(driver.values) - 1, 0, -1):
            value = driver.values[place]
            if isinstance(value, int) and kinds[value] in _CLOSES:
                return place
        return None

    def _fits(self, states: list[int], kinds: list[str]) -> bool:
        return survives(self.table, states, kinds, len(kinds)) == len(kinds)

    def _ends_here(self, states: list[int]) -> bool:
        """Whether a declaration could begin after these states."""
        return "let" in self.table.actions[states[-1]] and advance(self.table, list(states), "let")

    def _ahead(self, driver: Driver, index: int, count: int = _ENOUGH) -> list[str]:
        return driver.tokens.kinds[index : index + count]

    # --- mends -------------------------------------------------------------------------------------------------

    def _other_word(self, driver: Driver, index: int) -> bool:
        """`=` for `==`, or a keyword with a slip in it."""
        tokens = driver.tokens
        kind = tokens.kinds[index]
        rest = self._ahead(driver, index + 1, 2)
        for wrong, right in (("=", "=="), (":", "="), ("=", ":"), ("==", "="), ("/", ",")):
            if kind == wrong and self._fits(driver.states, [right, *rest]):
                message = f"found `{wrong}`, expected `{right}`"
                what = "`==` compares" if right == "==" else f"write `{right}` here"
                self._tell(driver, index, message, what, right)
                tokens.kinds[index] = right
                return True
        name = as_name(kind)
        unquoted = name in ("NAME", "INT", "DECIMAL", "REGION") and not self._first_on_line(driver, index)
        if unquoted and self._fits(driver.states, ["STRING", *rest[:1]]):
            self._report(driver, index)
            tokens.kinds[index] = "STRING"
            return True
        if name != "NAME":
            return False
        word = self._word(driver, index)
        words = sorted(
            term for term in expected_terminals(self.table, driver.states) if term.isidentifier() and term.islower()
        )
        if word.lower() in words:
            close = [word.lower()]
        else:
            from difflib import get_close_matches

            close = get_close_matches(word[:40], words, n=1, cutoff=0.7)
        if not close or not self._fits(driver.states, [close[0], *rest[:1]]):
            return False
        wanted = describe(expected_terminals(self.table, driver.states), self._first_on_line(driver, index))
        message = f"found `{word}`, expected {wanted}"
        self._tell(driver, index, message, f"did you mean `{close[0]}`?", close[0])
        tokens.kinds[index] = close[0]
        return True

    def _missing_close(self, driver: Driver, index: int) -> bool:
        """Brackets that are still open where their block cannot go on."""
        tokens = driver.tokens
        place = self._open_at(driver)
        if place is None:
            return False
        kind = tokens.kinds[index]
        if kind == END or self._starts_declaration(driver, index):
            return self._close_blocks(driver, index)
        close = _CLOSES[tokens.kinds[driver.values[place]]]
        if close == "}" and not self._first_on_line(driver, index) and kind not in _OPENS:
            return False
        if kind != close and self._fits(driver.states, [close, *self._ahead(driver, index)]):
            self._report_unclosed(driver, place, index)
            self._insert(driver, index, [close])
            return True
        return False

    def _close_blocks(self, driver: Driver, index: int) -> bool:
        """Close every open bracket before a declaration or the end; drop what cannot be closed."""
        place = self._open_at(driver)
        if place is None:
            return False
        self._report_unclosed(driver, place, index)
        self._drop_to_top(driver, index)
        self.quiet = -1
        return True

    def _drop_to_top(self, driver: Driver, index: int) -> None:
        """Insert the closing brackets that keep what was read; without such, drop the declaration."""
        states = list(driver.states)
        closers: list[str] = []
        kinds = driver.tokens.kinds
        opened = [kinds[v] for v in driver.values if isinstance(v, int) and kinds[v] in _CLOSES]
        for bracket in reversed(opened):
            if not advance(self.table, states, _CLOSES[bracket]):
                self._truncate(driver, 2)
                return
            closers.append(_CLOSES[bracket])
        if not self._ends_here(states):
            self._truncate(driver, 2)
            return
        self._insert(driver, index, closers)

    def _missing_mark(self, driver: Driver, index: int) -> bool:
        tokens = driver.tokens
        wanted = expected_terminals(self.table, driver.states)
        if foreign(tokens.kinds[index], self._word(driver, index), *self._around(driver, index), wanted) is not None:
            return False
        for mark in _INSERTS:
            count = 2 * _ENOUGH if mark == "{" else _ENOUGH
            if mark in wanted and self._fits(driver.states, [mark, *self._ahead(driver, index, count)]):
                if mark in ("==", "in") and not self._first_on_line(driver, index):
                    continue
                word = found(tokens.kinds[index], self._word(driver, index))
                message, help = f"missing `{mark}` before {word}", f"put `{mark}` between it and what stands before"
                if not self._is_echo(driver, index):
                    self._tell(driver, index, message, help)
                self._insert(driver, index, [mark])
                return True
        return False

    def _extra_token(self, driver: Driver, index: int) -> bool:
        """A doubled comma, a stray bracket, a word too much."""
        tokens = driver.tokens
        kind = tokens.kinds[index]
        if kind == END or (kind.isidentifier() and (as_name(kind) != "NAME" or self._first_on_line(driver, index))):
            return False
        if not self._fits(driver.states, self._ahead(driver, index + 1)):
            return False
        self._report(driver, index)
        del tokens.kinds[index], tokens.starts[index], tokens.ends[index]
        return True

    # --- reports -----------------------------------------------------------------------------------------------

    def _report(self, driver: Driver, index: int) -> None:
        """The general message, unless the error is an echo of the one before."""
        tokens = driver.tokens
        if self._is_echo(driver, index):
            return
        terminals = expected_terminals(self.table, driver.states)
        kind, word = tokens.kinds[index], self._word(driver, index)
        what = found(kind, word)
        wanted = describe(terminals, self._first_on_line(driver, index))
        message = f"found {what}, expected {wanted}"
        if kind in _OPENS and self._open_at(driver) is None:
            message = f"`{kind}` closes nothing"
        help = hint(kind, word, *self._around(driver, index), terminals) or choices(terminals)
        if word in RESERVED and kind == word and "NAME" in terminals:
            message = f"found {what}, which is a reserved word, expected {wanted}"
        self._tell(driver, index, message, help)

    def _tell(
        self,
        driver: Driver,
        index: int,
        message: str,
        help: str,
        replacement: str | None = None,
        labels: tuple[Label, ...] = (),
    ) -> None:
        self.told = driver.tokens.starts[index]
        self.problems.add("syntax-error", message, self.told, driver.tokens.ends[index], help, replacement, labels)

    def _is_echo(self, driver: Driver, index: int) -> bool:
        """Whether an error here follows from one that was reported: shortly after a skip, or at a mended slip."""
        if index <= self.quiet or self._is_near(driver, index) or self._is_misplaced(driver, index):
            return True
        starts, ends, slips = driver.tokens.starts, driver.tokens.ends, driver.tokens.slips
        at = bisect_left(slips, starts[max(0, index - _ENOUGH)])
        if at < len(slips) and slips[at] <= ends[index]:
            return True
        return self._behind_open_string(driver, index)

    def _is_near(self, driver: Driver, index: int) -> bool:
        """Whether the last error or a slip of letters stands in the same line, or the last error right before this: what one slip brings about is
        told once."""
        starts, slips = driver.tokens.starts, driver.tokens.slips
        here = starts[index]
        begin, end = self.text.rfind("\n", 0, here) + 1, self.text.find("\n", here)
        at = bisect_left(slips, begin)
        if at < len(slips) and (end < 0 or slips[at] < end):
            return True
        near = begin <= self.told or index - bisect_left(starts, self.told) <= _ENOUGH
        return 0 <= self.told <= here and near and self._in_one_declaration(driver, self.told, index)

    def _is_misplaced(self, driver: Driver, index: int) -> bool:
        """Whether an error was told in the same declaration, and this stands outside of all brackets, or deeper or less deep than its margin
        shows: a bracket too much or too few moves all that follows."""
        if self.told < 0 or not self._in_one_declaration(driver, self.told, index):
            return False
        starts, depth = driver.tokens.starts, driver.open_brackets()
        line = self.text.rfind("\n", 0, starts[index]) + 1
        margin = len(self.text[line : starts[index]]) - len(self.text[line : starts[index]].lstrip(" "))
        closing = driver.tokens.kinds[index] in _OPENS
        return not depth or (self._first_on_line(driver, index) and margin != 2 * (depth - closing))

    def _in_one_declaration(self, driver: Driver, offset: int, index: int) -> bool:
        """Whether no declaration begins between an offset and a token."""
        behind = range(index, bisect_left(driver.tokens.starts, offset) - 1, -1)
        return not any(self._starts_declaration(driver, at, margin=True) for at in behind)

    def _behind_open_string(self, driver: Driver, index: int) -> bool:
        """Whether a string that was not closed stands before this in the same declaration: it may have taken any bracket with it."""
        starts = driver.tokens.starts
        opened = max((start for start in driver.tokens.unclosed if start < starts[index]), default=-1)
        if opened < 0:
            return False
        return self._in_one_declaration(driver, opened, index - 1)

    def _report_unclosed(self, driver: Driver, place: int, index: int) -> None:
        tokens = driver.tokens
        if self._is_echo(driver, index):
            return
        opener = driver.values[place]
        bracket = tokens.kinds[opener]
        word = found(tokens.kinds[index], self._word(driver, index))
        label = Label(self.problems.span(tokens.starts[opener], tokens.ends[opener]), "opened here")
        message = f"missing `{_CLOSES[bracket]}` before {word}"
        help = f"close the `{bracket}` that was opened on line {self._line(tokens.starts[opener])}"
        self._tell(driver, index, message, help, labels=(label,))

    def _line(self, offset: int) -> int:
        return self.problems.source.position(offset).line

    # --- moving ------------------------------------------------------------------------------------------------

    def _truncate(self, driver: Driver, length: int) -> None:
        del driver.states[length:], driver.values[length:], driver.firsts[length:]

    def _insert(self, driver: Driver, index: int, kinds: list[str]) -> None:
        tokens = driver.tokens
        at = tokens.ends[index - 1] if index else 0
        tokens.kinds[index:index] = kinds
        tokens.starts[index:index] = [at] * len(kinds)
        tokens.ends[index:index] = [at] * len(kinds)

    def _panic(self, driver: Driver, index: int) -> int | None:
        """Skip tokens until one fits a state on the stack, and cut the stack back to there."""
        kinds = driver.tokens.kinds
        skipped: list[str] = []
        begin = index
        while True:
            kind = kinds[index]
            if kind == END or self._starts_declaration(driver, index, margin=bool(skipped or self._open_at(driver))):
                self._drop_to_top(driver, index)
                self.quiet = -1
                return index
            if kind in _CLOSES:
                skipped.append(kind)
            elif kind in _OPENS and skipped:
                skipped.pop()
            elif kind in _OPENS:
                if self._cut_to_close(driver, kind):
                    self.quiet = index + 1 if index == begin else index
                    return index
            elif kind in _SYNC and not skipped and self._cut_to_word(driver, index):
                self.quiet = index
                return index
            index += 1

    def _cut_to_close(self, driver: Driver, kind: str) -> bool:
        """Cut back so that the bracket closes the innermost open one; False when it belongs to none."""
        place = self._open_at(driver)
        if place is None or driver.tokens.kinds[driver.values[place]] != _OPENS[kind]:
            return False
        length = self._best_cut(driver, kind, place + 1)
        if length is None:
            # Nothing that was begun inside can be kept: leave the bracket and its content out.
            self._truncate(driver, place)
            return False
        self._truncate(driver, length)
        return True

    def _cut_to_word(self, driver: Driver, index: int) -> bool:
        kind = driver.tokens.kinds[index]
        if driver.tokens.kinds[index + 1] in (":", ".") and kind != "RULE":
            return False
        own_line = self._first_on_line(driver, index)
        if not own_line and kind not in CLAUSES and kind != "RULE":
            return False
        place = self._open_at(driver) or 0
        length = self._best_cut(driver, kind, place + 1)
        if length is None and own_line:
            length = self._best_cut(driver, kind, 1)
        if length is None:
            return False
        self._truncate(driver, length)
        return True

    def _best_cut(self, driver: Driver, kind: str, least: int) -> int | None:
        """The greatest stack length, at least `least`, at which the token begins a new part of the block.

        A state that takes the token without finishing a part that was begun is better than one that finishes it: the
        part holds the error.
        """
        lengths = [
            length
            for length in range(len(driver.states), least - 1, -1)
            if kind in self.table.actions[driver.states[length - 1]]
        ]
        finishing: int | None = None
        for length in lengths:
            states = driver.states[:length]
            if advance(self.table, states, kind):
                if len(states) > length:
                    return length
                finishing = finishing or length
        return finishing
