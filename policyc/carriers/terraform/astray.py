"""Policies at arguments and in blocks that hold none of their resource type's: a misspelt argument, as a rule."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from policyc.carriers.astray import elsewhere
from policyc.carriers.embedded import Options, Unreadable
from policyc.carriers.terraform.documents import slots
from policyc.carriers.terraform.nodes import Body
from policyc.carriers.terraform.others import Read, signs_in
from policyc.carriers.terraform.tree import Place, Tree
from policyc.text import Source, Span

#: what stands in every type of resource, and is prose or a program
_OTHER: Final = ("description", "tags", "provisioner", "lifecycle", "connection")


def policies_astray(tree: Tree, options: Options, read: Read) -> Iterator[tuple[Place, str, Unreadable]]:
    """Each with the file that it stands in."""
    sources: dict[str, Source] = {}
    for place in tree.places:
        for name, placed in place.declared.resources.items():
            block = placed.block
            held = slots().get(block.labels[0], ()) if block.type == "resource" else ()
            if not held:
                continue
            if placed.file not in sources:
                sources[placed.file] = Source(placed.file, options.read(placed.file) or "")
            source = sources[placed.file]
            if not any(True for _ in signs_in(source, block.span)):
                continue
            for at, span in _beside(block.body, [slot.path for slot in held]):
                if any(True for _ in signs_in(source, span)) and not read.holds(source, span):
                    places = (".".join(slot.path) for slot in held)
                    yield place, placed.file, elsewhere(place.named(name), block.labels[0], at, places)


def _beside(body: Body, paths: Sequence[tuple[str, ...]]) -> Iterator[tuple[Span, Span]]:
    """What stands in a body at none of the paths, each with the place of its name."""
    words = {path[0] for path in paths}
    for name, argument in body.arguments.items():
        if name not in words and name not in _OTHER:
            yield argument.name_span, argument.value.span
    for block in body.blocks:
        made = block.type == "dynamic"
        word = block.labels[0] if made and block.labels else block.type
        deeper = [path[1:] for path in paths if path[0] == word and len(path) > 1]
        if deeper:
            for inner in (one.body for one in block.body.of_type("content")) if made else (block.body,):
                yield from _beside(inner, deeper)
        elif word not in words and word not in _OTHER:
            yield block.head, block.span
