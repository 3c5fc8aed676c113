"""Comments to policyc in host files whose comments begin with `#`, in HCL with `//` as well. A comment of its own covers what stands below it and further in.

The grammar is that of every text (`policyc.lint.suppress`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Final

from policyc.data import data_root, read_json
from policyc.diagnostics import Diagnostic
from policyc.lint.registry import RULES
from policyc.lint.suppress import Commented, apply_suppressions, speaks
from policyc.packages import MissingPackage
from policyc.regex import regex
from policyc.text import Source, Span

_COMMENT: Final = regex(r"(?:^|(?<=\s))#+\s*policyc\s*:[^\n]*", re.MULTILINE)
_ENDINGS: Final = (".yaml", ".yml", ".template", ".tf", ".tofu")
_HCL: Final = (".tf", ".tofu")
_CLOSING: Final = frozenset("})]")
#: first words of comments to policyc that are not about findings: `generated from DOCUMENT` (policyc.emitting.generated)
_OTHERS: Final = frozenset({"generated"})


def without_suppressed(
    sources: Sequence[Source], found: Iterable[Diagnostic], ran: frozenset[str] | None
) -> list[Diagnostic]:
    """The findings that no comment of these files covers, and what is wrong with the comments. `ran` are the rules that were asked for, None for all."""
    texts = [_commented(source) for source in sources if source.file.endswith(_ENDINGS) and speaks(source)]
    held = [text for text in texts if text.comments]
    if not held:
        return list(found)
    return apply_suppressions(held, found, set(RULES) if ran is None else ran, RULES)


def _commented(source: Source) -> Commented:
    comments, constructs = _of_hcl(source) if source.file.endswith(_HCL) else _of_yaml(source)
    first = re.search(r"^\s*(?!//)[^\s#]", source.text, re.MULTILINE)
    at = first.end() - 1 if first else None
    return Commented(source, comments, constructs, at, _known(), others=_OTHERS, marker="#")


def _of_hcl(source: Source) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """HCL has `//` beside `#`, and heredocs whose texts have comments of their own."""
    from policyc.carriers.terraform.hcl import comments_of

    try:
        comments, constructs = comments_of(source)
    except MissingPackage:  # said where the file is read
        return (), ()
    spoken = (span for span in comments if "policyc" in source.text[span.start : span.end])
    return tuple(spoken), tuple(constructs)


def _of_yaml(source: Source) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    comments = tuple(source.span(match.start(), match.end()) for match in _COMMENT.finditer(source.text))
    return comments, tuple(span for comment in comments for span in _below(source, comment))


@cache
def _known() -> frozenset[str]:
    """The names of everything that is reported in documents."""
    names: set[str] = set(RULES)
    for path in (data_root() / "schemas" / "errors").glob("*.json"):
        names.update(read_json(f"schemas/errors/{path.name}"))
    return frozenset(names)


def _below(source: Source, comment: Span) -> Iterator[Span]:
    """What stands below a comment on a line of its own: the next line that holds something, and the lines after it that stand further in."""
    number = source.position(comment.end).line + 1
    count = len(source.line_starts())
    while number <= count and (not source.line(number).strip() or source.line(number).lstrip().startswith("#")):
        number += 1
    if number > count:
        return
    line = source.line(number)
    indent = len(line) - len(line.lstrip())
    start = source.line_starts()[number - 1] + indent
    end = start + len(line.strip())
    while number < count:
        number += 1
        line = source.line(number)
        if not line.strip():
            continue
        inner = len(line) - len(line.lstrip())
        if inner < indent or (inner == indent and line.lstrip()[0] not in _CLOSING):
            break
        end = source.line_starts()[number - 1] + len(line.rstrip())
    yield source.span(start, end)
