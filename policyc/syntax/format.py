"""TREE -> TEXT: the one canonical form of a file.

- Two spaces per level, at most 100 columns where a break is possible, one line feed at the end.
- The blocks of policies, statements, networks, tests, `on`, `attach`, `labels` and `filter` are always broken: one
  statement, clause, item, step or rule per line, however short. `allow "x" {}` is the form of an empty one.
- Records, lists, arguments, `enum` and `use` lie on one line when they fit, else one entry per line with a comma behind
  the last. A block of options (`segment x { isolate }`) lies on the line when it has one option, else one per line.
- A chain of `and` or `or` that does not fit breaks before each operator. Lists without brackets (`path "/a", "/b"`) that
  do not fit put each item on its own line.
- Between items at most one empty line is kept, none at the start or end of a block. Declarations of several lines have
  one empty line around them; between one-line declarations the author's choice is kept.
- Comments stay with the clause, item or operand that they precede or follow; a comment in the middle of something that
  cannot be broken moves above it. Line breaks that the author put elsewhere have no influence.
"""

from __future__ import annotations

from policyc.diagnostics import Diagnostics
from policyc.syntax.comments import attach
from policyc.syntax.layout import Doc as _Doc
from policyc.syntax.layout import Group, Items, Lead, Seq, Turn, Writer
from policyc.syntax.nodes import Module
from policyc.syntax.parser import parse
from policyc.syntax.printer import print_file
from policyc.text import Source


class FormatError(RuntimeError):
    """A bug: the formatted text would lose a comment or mean something else. Nothing may be written then."""


def format_module(module: Module, source: Source) -> str:
    """The canonical text of a module that `parse` read from `source` without errors.

    Formatting it again gives the same text, and parsing it gives an equal tree with the same comments; both the tree and
    the comments are compared before this returns, and `FormatError` is raised if they differ.
    """
    document = print_file(module)
    attach(document, module.comments, source.text)
    writer = Writer()
    writer.write_file(document)
    text = writer.text()
    diagnostics = Diagnostics()
    again = parse(Source(source.file, text), diagnostics)
    if sorted(comment.text for comment in again.comments) != sorted(comment.text for comment in module.comments):
        raise FormatError(f"formatting {source.file} would change its comments")
    if len(diagnostics) or again != module:
        raise FormatError(f"formatting {source.file} would change what it says")
    return text


def print_module(module: Module) -> str:
    """The canonical text of a tree that may have no source: doc comments come from the nodes, other comments are left
    out, and an empty line separates one-line declarations of different kinds."""
    document = print_file(module)
    before = ""
    for unit in document.units:
        unit.blank = bool(before) and unit.kind != before
        before = unit.kind
    _add_docs(document)
    writer = Writer()
    writer.write_file(document)
    return writer.text()


def _add_docs(doc: _Doc) -> None:
    """Turn the doc comments of nodes into comments above their units."""
    match doc:
        case str():
            pass
        case Items():
            for unit in doc.units:
                lines = unit.doc.split("\n") if unit.doc else []
                unit.leads = [Lead(f"/// {line}".rstrip(), False) for line in lines]
                if unit.leads:
                    unit.leads[0].blank, unit.blank = unit.blank, False
                _add_docs(unit.body)
        case Seq():
            for part in doc.parts:
                _add_docs(part)
        case Group() | Turn():
            _add_docs(doc.body)
