"""Policies of a configuration that nobody reads: told, so that silence about a file never passes for a judgement on them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, chain
from typing import Final

from policyc.carriers.embedded import Embedded, PlacedText, Unreadable
from policyc.carriers.signs import POLICY
from policyc.carriers.terraform.declared import Declared
from policyc.diagnostics import Diagnostic, Diagnostics, Severity
from policyc.regex import regex
from policyc.syntax.json_tree import JsonArray, JsonObject, JsonValue
from policyc.text import Source, Span

_SIGN: Final = regex(POLICY.pattern.decode())
_COMMENTS: Final = ("#", "//")


def tell_others(
    source: Source,
    declared: Declared,
    read: Read,
    unreadable: Iterable[Unreadable],
    absent: Sequence[tuple[str, Span]],
    diagnostics: Diagnostics,
) -> None:
    """A note on each block of a file with what looks like a policy and is part of no document, and one on the blocks that the values leave without an instance
    (`absent` are those of all files, each with its name and its first words)."""
    here = [item for item in absent if item[1].file == source.file]
    if here:
        names = ", ".join(f"`{address}`" for address, _ in here[:3])
        more = f" and {len(here) - 3} more" if len(here) > 3 else ""
        verb, them = ("is", "it") if len(here) == 1 else ("are", "them")
        diagnostics.add(
            Diagnostic(
                "policy-not-there",
                f"{names}{more} {verb} not there with the values of this configuration, and nothing in {them} is checked",
                here[0][1],
                "give values with which it is there: `--bind var.NAME=VALUE`, or `--bindings FILE` with a `.tfvars` file",
                Severity.INFO,
            )
        )
    told = [item.place.start for item in unreadable if item.place.file == source.file]
    told += [head.start for _, head in here]
    for name, span, head in blocks_with_signs(source, declared):
        if absent and name.startswith(("local.", "var.")):
            continue  # what is not there may have it
        if any(span.start <= at < span.end for at in told) or read.holds(source, span):
            continue
        diagnostics.add(
            Diagnostic(
                "policy-of-unknown-type",
                f"a policy of `{name}` is not read",
                head,
                "put the document into a file and name that with `--as resource`, if it is one of IAM",
                Severity.INFO,
            )
        )


def blocks_with_signs(source: Source, declared: Declared) -> Iterator[tuple[str, Span, Span]]:
    """What a file declares that has what looks like a policy in it, each with the place that a policy of it stands in and its first words."""
    if _SIGN.search(source.text) is not None:
        for name, span, head in _blocks(declared, source.file):
            if any(True for _ in signs_in(source, span)):
                yield name, span, head


def signs_in(source: Source, span: Span) -> Iterator[int]:
    """Where a part of a file looks like a policy."""
    for found in _SIGN.finditer(source.text, span.start, span.end):
        if not _in_comment(source.text, found.start()):
            yield found.start()


class Read:
    """The places that documents were read from, and others of which something is told."""

    __slots__ = ("_files",)

    def __init__(self, documents: Iterable[Embedded], others: Iterable[Span] = ()) -> None:
        places: dict[str, list[tuple[int, int]]] = {}
        for span in chain(others, *map(_spans, documents)):
            places.setdefault(span.file, []).append((span.start, span.end))
        self._files: dict[str, tuple[list[int], list[int]]] = {}
        for file, held in places.items():
            held.sort()
            self._files[file] = [start for start, _ in held], list(accumulate((end for _, end in held), max))

    def holds(self, source: Source, span: Span) -> bool:
        """Whether a policy in a part of a file is part of what was read."""
        starts, furthest = self._files.get(source.file, ([], []))
        before = ((bisect_right(starts, at), at) for at in signs_in(source, span)) if starts else iter(())
        return any(count and furthest[count - 1] > at for count, at in before)


def _in_comment(text: str, at: int) -> bool:
    return text[text.rfind("\n", 0, at) + 1 : at].lstrip().startswith(_COMMENTS)


def _blocks(declared: Declared, file: str) -> Iterator[tuple[str, Span, Span]]:
    """What a file declares, each with the place that a policy of it stands in and its first words."""
    for kind, held in (("", declared.resources), ("output.", declared.outputs), ("module.", declared.modules)):
        for name, placed in held.items():
            if placed.file == file:
                yield f"{kind}{name}", placed.block.span, placed.block.head
    for name, placed in declared.variables.items():
        default = placed.block.body.expression("default")
        if placed.file == file and default is not None:
            yield f"var.{name}", default.span, placed.block.head
    for name, argument in declared.locals.items():
        if argument.name_span.file == file:
            yield f"local.{name}", argument.value.span, argument.name_span


def _spans(item: Embedded) -> Iterator[Span]:
    """Where the parts of a document stand."""
    if isinstance(item.content, PlacedText):
        yield item.content.whole
        yield from (piece.span for piece in item.content.pieces)
        return
    work: list[JsonValue] = [item.content]
    while work:
        node = work.pop()
        yield node.span
        if isinstance(node, JsonObject):
            work.extend(member.value for member in node.members)
        elif isinstance(node, JsonArray):
            work.extend(node.items)
