"""What earlier runs found in files, kept by everything that it hangs on: a file that did not change is not judged again.

An answer's key is a digest of all that the answer can depend on: what the run is (the build of policyc, the settings), what is known of the file,
its name and its text. What a file says of others is kept beside the answer and looked at again. What does not look as it was written is not there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeAlias, TypeVar

from policyc.diagnostics import Advice, Applicability, Confidence, Diagnostic, Edit, Fix, Label, Severity
from policyc.text import Span

try:  # the C module itself: `hashlib` would load OpenSSL first
    from _blake2 import blake2b
except ImportError:  # pragma: no cover - other Python implementations
    from hashlib import blake2b

T = TypeVar("T")
Helper: TypeAlias = Callable[[Callable[[], dict[str, Any]]], Callable[[], dict[str, Any]] | None]
#: the findings of packages that are missing hang on what is installed anywhere
_PASSING: Final = frozenset({"missing-package", "rule-crashed"})


class Remembered:
    """The answers of earlier runs, and of this one: those that it asked for or added (`now`). `load` gives, when it is first asked, what all answers hang on
    and those of before by key; without it there are none, and none that last. `helper`, where there is one, does work in another process: what it gives back waits
    for the result, or is None."""

    __slots__ = ("_known", "_load", "_loaded", "_start", "helper", "lasts", "now")

    def __init__(self, load: Callable[[], tuple[str, Mapping[str, Any]]] | None = None) -> None:
        self.helper: Helper | None = None
        self.lasts = load is not None
        self._load = load or _nothing
        self._start = b""
        self._loaded: Mapping[str, Any] = {}
        self._known: dict[str, Any] = {}
        self.now: dict[str, Any] = {}

    def key(self, *parts: str) -> str:
        """The key of what hangs on these texts."""
        if not self._start:
            about, self._loaded = self._load()
            self._known = {**self._loaded}
            self._start = blake2b(about.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        made = blake2b(self._start, digest_size=20)
        for part in parts:
            data = part.encode("utf-8", "surrogatepass")
            made.update(b"%d:" % len(data))
            made.update(data)
        return str(made.hexdigest())

    def known(self, key: str, read: Callable[[Any], T]) -> T | None:
        """The answer that `read` makes of what is kept; None where nothing of that form is."""
        kept = self._known.get(key)
        try:
            found = None if kept is None else read(kept)
        except (KeyError, IndexError, TypeError, ValueError, AttributeError):
            return None
        if found is not None:
            self.now[key] = kept
        return found

    def keep(self, key: str, answer: Any) -> None:
        self.now[key] = self._known[key] = answer

    def learn(self, answers: Mapping[str, Any]) -> None:
        """Take over what somebody else has found."""
        self._known |= answers

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all is known from before."""
        self.key()
        return not self._known

    @property
    def is_new(self) -> bool:
        """Whether this run knows anything else than those before."""
        return self.now.keys() != self._loaded.keys()


def _nothing() -> tuple[str, Mapping[str, Any]]:
    return "", {}


def digest(text: str | None) -> str:
    """What stands for a text, or for one that is not there."""
    return "" if text is None else str(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=20).hexdigest())


def lasts(findings: Iterable[Diagnostic]) -> bool:
    """Whether findings can be kept: each has a place, and none speaks of the machine."""
    return all(item.span is not None and item.rule not in _PASSING for item in findings)


def plain(findings: Iterable[Diagnostic]) -> list[Any]:
    """Findings as plain data."""
    return [_plain(item) for item in findings]


def findings(kept: Any) -> tuple[Diagnostic, ...]:
    """What `plain` made plain. Raises what `known` takes for nothing kept."""
    return tuple(map(_finding, kept))


def _plain(item: Diagnostic) -> list[Any]:
    help: Any = [str(item.help), item.help.old, item.help.new] if isinstance(item.help, Advice) else item.help
    fix = item.fix and [
        item.fix.message,
        [[_span(edit.span), edit.replacement, edit.old, edit.part] for edit in item.fix.edits],
        item.fix.applicability.value,
    ]
    labels = [[_span(label.span), label.message] for label in item.labels]
    return [
        item.rule,
        item.message,
        item.span and _span(item.span),
        help,
        item.severity.value,
        labels,
        fix,
        item.confidence.value,
    ]


def _span(span: Span) -> list[Any]:
    return [span.file, span.start, span.end]


def _finding(kept: Any) -> Diagnostic:
    rule, message, span, help, severity, labels, fix, confidence = kept
    return Diagnostic(
        _text(rule),
        _text(message),
        None if span is None else _place(span),
        Advice(*map(_text, help)) if isinstance(help, list) else _text(help),
        Severity(severity),
        tuple(Label(_place(place), _text(words)) for place, words in labels),
        None if fix is None else _fix(*fix),
        Confidence(confidence),
    )


def _fix(message: Any, edits: Any, applicability: Any) -> Fix:
    return Fix(_text(message), tuple(_edit(*edit) for edit in edits), Applicability(applicability))


def _edit(place: Any, new: Any, old: Any, part: Any) -> Edit:
    if type(part) is not bool:
        raise TypeError
    return Edit(_place(place), _text(new), None if old is None else _text(old), part)


def _place(kept: Any) -> Span:
    file, start, end = kept
    if type(start) is not int or type(end) is not int:
        raise TypeError
    return Span(_text(file), start, end)


def _text(kept: Any) -> str:
    if not isinstance(kept, str):
        raise TypeError
    return kept
