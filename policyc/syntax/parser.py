"""TEXT -> TREE: `parse` reads one file and always gives a module.

Errors go to the diagnostics with rule names from `schemas/errors/syntax.json`. After an error the parse goes on: with a
small mend where one makes the following text fit, else at the next clause, statement or declaration. The module holds
whatever could be read; with errors it may lack parts, so ask the diagnostics before compiling it.
"""

from __future__ import annotations

import gc
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from policyc.diagnostics import Diagnostics
from policyc.syntax.build_context import RESERVED, Build
from policyc.syntax.build_declarations import ModuleLine
from policyc.syntax.builder import load_actions
from policyc.syntax.driver import Driver, as_name, first_on_line, survives
from policyc.syntax.lexer import scan
from policyc.syntax.nodes import Damaged, Declaration, Ident, Labelled, Module, Use
from policyc.syntax.problems import Problems
from policyc.syntax.table import Table, load_table
from policyc.text import Source

if TYPE_CHECKING:
    from policyc.syntax.recovery import Recovery


#: what lines of statements and tests begin with, and declarations never do
_INNER: Final = frozenset({"allow", "deny", "who", "can", "path", "when", "unless", "where", "request", "expect"})


def parse(source: Source, diagnostics: Diagnostics) -> Module:
    """The syntax tree of one file; a file with nothing but comments is a module with nothing.

    Time and memory are linear in the text's length. Nesting over 64 brackets or `not`s is an error; a chain of `and` or
    `or` may have any length.
    """
    collecting = gc.isenabled()
    # Nodes hold no cycles; while a tree only grows, the collector would walk it again and again.
    gc.disable()
    try:
        return _parse(source, Problems(source, diagnostics))
    finally:
        if collecting:
            gc.enable()


def _parse(source: Source, problems: Problems) -> Module:
    table = load_table()
    tokens = scan(problems)
    build = Build(problems, tokens)
    driver = Driver(table, tokens, load_actions(), build, _OnError(table, problems))
    items = driver.run()
    if items is None:
        items = next((value for value in driver.values if isinstance(value, list)), [])
    return _assemble(build, items, source)


class _OnError:
    """The driver's repair, loaded when the first error asks for it: most files have none."""

    __slots__ = ("problems", "recovery", "table")

    def __init__(self, table: Table, problems: Problems) -> None:
        self.table = table
        self.problems = problems
        self.recovery: Recovery | None = None

    def _load(self) -> Recovery:
        if self.recovery is None:
            from policyc.syntax.recovery import Recovery

            self.recovery = Recovery(self.table, self.problems)
        return self.recovery

    def mend(self, driver: Driver, index: int) -> int | None:
        return self._load().mend(driver, index)

    def too_deep(self, driver: Driver, index: int) -> int | None:
        return self._load().too_deep(driver, index)

    def misread(self, driver: Driver, index: int) -> bool:
        tokens = driver.tokens
        kind = tokens.kinds[index]
        if kind not in RESERVED and not first_on_line(self.problems.source.text, tokens, index):
            return False
        return survives(self.table, driver.states, ["NAME", tokens.kinds[index + 1]], 2) < 2


def _assemble(build: Build, items: list[Any], source: Source) -> Module:
    """Put the module line and the imports, which come first, apart from the declarations."""
    first: ModuleLine | None = None
    uses: list[Use] = []
    declarations: list[Declaration] = []
    for item in items:
        match item:
            case ModuleLine():
                if first is not None:
                    build.refuse("a second `module` line", item.span, "a file has one; remove this one")
                elif uses or declarations:
                    build.refuse("`module` must come first", item.span, "move it to the top of the file")
                first = first or item
            case Use():
                if declarations:
                    help = "move it above the first declaration"
                    build.refuse("`use` must come before the declarations", item.span, help)
                uses.append(item)
            case _:
                declarations.append(item)
    span = source.span(0, len(source.text))
    name, line = (first.name, first.span) if first is not None else (None, None)
    comments = tuple(build.tokens.comments)
    if not build.problems.count:
        return Module(name, tuple(uses), tuple(declarations), span, comments, line)
    from policyc.syntax.recovery import begun_declarations

    begun = begun_declarations(build.text, build.tokens)
    ends = {item.span.start: item.span.end for item in declarations}
    starts = sorted(ends.keys() | begun.keys())
    before = {place: starts[at - 1] for place in build.problems.places if (at := bisect_right(starts, place))}
    # an error outside of all declarations may have taken the name of one
    outside = any(place not in before or place > ends.get(before[place], place) for place in build.problems.places)
    damaged = _damaged(build, declarations, begun, starts, set(before.values()))
    mentioned = _mentioned(build, whole=outside)
    return Module(name, tuple(uses), tuple(declarations), span, comments, line, damaged, mentioned)


def _mentioned(build: Build, whole: bool) -> tuple[Ident, ...]:
    """The names on the lines with a syntax error, or in the `whole` file: any of them may be one that the error took away. A line that begins with a
    word of statements and tests declares none."""
    text = build.text
    lines = {(text.rfind("\n", 0, place) + 1, text.find("\n", place)) for place in build.problems.places}
    found: list[Ident] = []
    for start, end in {(0, -1)} if whole else lines:
        first = bisect_left(build.starts, start)
        if not whole and build.tokens.kinds[first] in _INNER:
            continue
        last = len(build.starts) if end < 0 else bisect_left(build.starts, end)
        found += [
            named
            for at in range(first, last)
            if as_name(build.tokens.kinds[at]) == "NAME" and (named := _ident(build, at))
        ]
    return tuple(found)


def _damaged(
    build: Build, declarations: list[Declaration], begun: Mapping[int, int | None], starts: list[int], hit: set[int]
) -> tuple[Damaged, ...]:
    """The declarations that a syntax error belongs to, and those that no tree was made of, by what their text begins with."""
    hit |= set(begun) - {item.span.start for item in declarations}
    if build.problems.full:
        hit |= {start for start in starts if start > max(build.problems.places)}
    named = {item.span.start: item.name for item in declarations if not isinstance(item, Labelled)}
    return tuple(
        Damaged(_word(build.text, start), named.get(start) or _ident(build, begun.get(start)), start)
        for start in sorted(hit)
    )


def _word(text: str, start: int) -> str:
    end = start
    while text[end : end + 1].isalpha():
        end += 1
    return text[start:end]


def _ident(build: Build, token: int | None) -> Ident | None:
    if token is None:
        return None
    start, end = build.starts[token], build.ends[token]
    return Ident(build.text[start:end], build.span(start, end))
