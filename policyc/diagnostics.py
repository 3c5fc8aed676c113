"""What policyc tells a user about their input: a diagnostic, its labels, its fix.

No stage prints or raises for a user's mistake: it adds to a `Diagnostics` sink and returns. Messages follow one
style: lower case, no final stop, the user's text in backticks, one sentence for what is wrong, one `help` for what to do.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from enum import StrEnum

from policyc.record import record, replace
from policyc.regex import regex
from policyc.text import Span

_LONG = 200
_DIGITS = regex(r"\d{48,}")


def _shortened(text: str) -> str:
    """A message without the digits of a number that nobody reads: its first ones and how many there are."""
    return _DIGITS.sub(lambda found: f"{found[0][:12]}… ({len(found[0]):,} digits)", text)


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Applicability(StrEnum):
    """Whether a fix keeps the meaning (`safe`) or needs a person to look (`unsafe`)."""

    SAFE = "safe"
    UNSAFE = "unsafe"


@record
class Edit:
    """Replace the text at `span` (empty span = insert) with `replacement`.

    With `old`, both are words without their quotes: whoever made the edit has not seen how the file writes the word. `settled`
    (`policyc.workspace.mending`) makes it an edit of the text, where `old` stands there literally. With `part`, what stands at `span` is a
    member of an object or an element of a list (or, with `old`, the one there that is written so), and goes with one comma; with a `replacement` beside it, that is a new member of the object of JSON
    that begins at `span` and has a member called `old`."""

    span: Span
    replacement: str
    old: str | None = None
    part: bool = False


@record
class Fix:
    message: str
    edits: tuple[Edit, ...]
    applicability: Applicability = Applicability.UNSAFE

    @property
    def of_words(self) -> bool:
        """Whether it puts nothing but words in place of words."""
        return all(edit.old is not None for edit in self.edits)


@record
class Label:
    """A second place that explains the first, such as where a name was declared."""

    span: Span
    message: str


class Advice(str):
    """A help that names the one word to write in place of another. The fix follows from it where that stands literally at the finding's place."""

    __slots__ = ("new", "old")
    old: str
    new: str

    def __new__(cls, text: str, old: str, new: str) -> Advice:
        made = super().__new__(cls, text)
        made.old, made.new = old, new
        return made

    def __add__(self, more: str) -> Advice:
        return Advice(f"{self}{more}", self.old, self.new)


class Removal(str):
    """A help that asks to remove a member of a JSON object; the fix follows from it where the file writes JSON."""

    __slots__ = ("applicability", "span")
    span: Span
    applicability: Applicability

    def __new__(cls, text: str, span: Span, applicability: Applicability) -> Removal:
        made = super().__new__(cls, text)
        made.span, made.applicability = span, applicability
        return made


def remove_member(text: str, key: Span, value: Span, *, safe: bool = False) -> str:
    """The help `text` for a member from its key to its value; `safe`: the member means nothing."""
    applicability = Applicability.SAFE if safe else Applicability.UNSAFE
    return Removal(text, Span(key.file, key.start, value.end), applicability)


def write_instead(old: str, new: str) -> Advice:
    """The help ``write `new` ``."""
    return Advice(f"write `{new}`", old, new)


def in_quotes(number: str) -> Advice:
    """The help to write a number or a word as a text."""
    return Advice(f'write `"{number}"` in quotes', number, f'"{number}"')


def out_of_quotes(number: str) -> Advice:
    """The help to write a text that is a number as one."""
    return Advice(f"write `{number}` without quotes", f'"{number}"', number)


class Confidence(StrEnum):
    """`possible` is a finding that hangs on values that are not known: some of them bring it about, and others do not."""

    CERTAIN = "certain"
    POSSIBLE = "possible"


@record
class Diagnostic:
    """One finding. `rule` is the kebab-case name that `policyc explain` knows; `span` is None only when
    there is no text to point at (a missing file, a bad command line)."""

    rule: str
    message: str
    span: Span | None
    help: str
    severity: Severity = Severity.ERROR
    labels: tuple[Label, ...] = ()
    fix: Fix | None = None
    confidence: Confidence = Confidence.CERTAIN

    def __hash__(self) -> int:
        return hash(
            (self.rule, self.message, self._file())
        )  # places of a text that was read fast are not found for that

    def _file(self) -> str:
        return "" if self.span is None else self.span.file

    def sort_key(self) -> tuple[str, int, int, str, str]:
        if self.span is None:
            return ("", -1, -1, self.rule, self.message)
        return (self.span.file, self.span.start, self.span.end, self.rule, self.message)


#: places that are shown beside the first
_SHOWN = 3


def _joined(group: Sequence[Diagnostic]) -> Diagnostic:
    places = sorted(((item.span.start, item) for item in group if item.span is not None), key=lambda pair: pair[0])
    first, *others = [item for _, item in places]
    further = "one further place" if len(others) == 1 else f"{len(others)} further places"
    labels = tuple(Label(item.span, "here too") for item in others[:_SHOWN] if item.span is not None)
    fixes = [item.fix for item in (first, *others) if item.fix is not None]
    fix = None
    if len(fixes) == len(group):
        fix = replace(fixes[0], edits=tuple(edit for one in fixes for edit in one.edits))
    return replace(first, message=f"{first.message}, here and at {further}", labels=(*first.labels, *labels), fix=fix)


class _Places:
    """Findings that say the same of one file, by where."""

    __slots__ = ("_by_place",)

    def __init__(self, items: Iterable[Diagnostic]) -> None:
        self._by_place: dict[tuple[int, int], list[Diagnostic]] = {}
        for item in items:
            self.has(item)

    def has(self, item: Diagnostic) -> bool:
        place = (-1, -1) if item.span is None else (item.span.start, item.span.end)
        held = self._by_place.setdefault(place, [])
        if item in held:
            return True
        held.append(item)
        return False


class Diagnostics:
    """A sink that keeps findings in the order of arrival and drops exact repetitions."""

    __slots__ = ("_items", "_seen")

    def __init__(self, items: Iterable[Diagnostic] = ()) -> None:
        self._items: list[Diagnostic] = []
        self._seen: dict[tuple[str, str, str], list[Diagnostic] | _Places] = {}
        self.extend(items)

    def add(self, item: Diagnostic) -> None:
        if item.fix is None and isinstance(item.help, Advice) and item.span is not None:
            item = replace(item, fix=respelled(item.span, item.help))
        elif item.fix is None and isinstance(item.help, Removal):
            edit = Edit(item.help.span, "", part=True)
            item = replace(item, fix=Fix(item.help, (edit,), item.help.applicability))
        if len(item.message) > _LONG or len(item.help) > _LONG:
            item = replace(item, message=_shortened(item.message), help=_shortened(item.help))
        if not self._is_repeated(item):
            self._items.append(item)

    def _is_repeated(self, item: Diagnostic) -> bool:
        """Whether an equal finding is there; if not, it is from now on. Only those that say the same of one file are compared by their
        places, and the place of the first is not found before there is a second."""
        alike = self._seen.setdefault((item.rule, item.message, item._file()), [])
        if isinstance(alike, list):
            if not alike:
                alike.append(item)
                return False
            self._seen[item.rule, item.message, item._file()] = places = _Places(alike)
            alike = places
        return alike.has(item)

    def extend(self, items: Iterable[Diagnostic]) -> None:
        for item in items:
            self.add(item)

    def error(
        self,
        rule: str,
        message: str,
        span: Span | None,
        help: str,
        labels: tuple[Label, ...] = (),
        fix: Fix | None = None,
    ) -> None:
        self.add(Diagnostic(rule, message, span, help, Severity.ERROR, labels, fix))

    def warning(
        self,
        rule: str,
        message: str,
        span: Span | None,
        help: str,
        labels: tuple[Label, ...] = (),
        fix: Fix | None = None,
    ) -> None:
        self.add(Diagnostic(rule, message, span, help, Severity.WARNING, labels, fix))

    def join(self, rules: Container[str]) -> None:
        """Tell each finding of these rules once a file, at its first place: the others become labels, their number stands in the message."""
        groups: dict[tuple[str, str, str], list[Diagnostic]] = {}
        for item in self._items:
            if item.rule in rules and item.span is not None:
                groups.setdefault((item.rule, item.message, item.span.file), []).append(item)
        joined: dict[int, Diagnostic | None] = {}
        for group in groups.values():
            if len(group) > 1:
                joined |= dict.fromkeys(map(id, group)) | {id(group[0]): _joined(group)}
        self._items = [one for item in self._items if (one := joined.get(id(item), item)) is not None]
        for one in joined.values():
            if one is not None:
                self._is_repeated(one)

    @property
    def has_errors(self) -> bool:
        return any(item.severity is Severity.ERROR for item in self._items)

    def sorted(self) -> list[Diagnostic]:
        return sorted(self._items, key=Diagnostic.sort_key)

    def __iter__(self) -> Iterator[Diagnostic]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)


def respelled(span: Span, advice: Advice, applicability: Applicability = Applicability.UNSAFE) -> Fix:
    """The fix of an advice."""
    return Fix(advice, (Edit(span, advice.new, advice.old),), applicability)


def rewritten(span: Span, better: str) -> Fix:
    """The fix that puts `better` in the place of what stands at a span of a text that has been read there."""
    return Fix(f"write `{better}`", (Edit(span, better),))


def dropped(span: Span | None, old: str | None = None, *, safe: bool = True) -> Fix | None:
    """The fix that takes a part which says nothing more out of its list, condition or network; `old` is what it is, where only the whole has a place."""
    applicability = Applicability.SAFE if safe else Applicability.UNSAFE
    return None if span is None else Fix("drop it", (Edit(span, "", old, part=True),), applicability)


def beginning(span: Span | None, old: str, new: str) -> Fix | None:
    """The fix that puts `new` in the place of `old`, with which what stands at `span` begins, if it does."""
    if span is None or len(old) > span.end - span.start:
        return None
    return Fix(f"write `{new}`", (Edit(Span(span.file, span.start, span.start + len(old)), new, old),))


def did_you_mean(word: str, known: Iterable[str], otherwise: str) -> str:
    """A help line that offers the closest known word, or `otherwise` when none is close.

    A case-only difference always counts as close. `known` should be small (names in scope).
    """
    close = closest(word, known)
    return meant(word, close) if close else otherwise


def unused_word(word: str, known: Iterable[str], given: Container[str], otherwise: str) -> str:
    """`did_you_mean` for what may be written once: no word that is there already is offered."""
    close = closest(word, known)
    if close in given:
        return f"drop it: `{close}` is there as well"
    return meant(word, close) if close else otherwise


def meant(word: str, right: str) -> Advice:
    """The help that offers one word in place of another."""
    return Advice(f"did you mean `{right}`?", word, right)


def closest(word: str, known: Iterable[str]) -> str:
    """The known word that `did_you_mean` offers, empty when none is close."""
    from difflib import get_close_matches  # costs a start-up and is needed for mistakes only

    choices = sorted(set(known))
    folded = {choice.casefold(): choice for choice in choices}
    if word.casefold() in folded:
        return folded[word.casefold()]
    return next(iter(get_close_matches(word, choices, n=1, cutoff=0.6)), "")
