"""Trees of embedded documents: JSON in a text of a host read with its places in the host, and what stands where nothing can be unknown."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from policyc.carriers.embedded import PlacedText
from policyc.carriers.texts import edited
from policyc.diagnostics import Diagnostic, Diagnostics
from policyc.holes import MARK, has_hole, shown
from policyc.record import replace
from policyc.regex import regex
from policyc.syntax.json_text import JsonArray, JsonMember, JsonObject, JsonString, JsonValue, parse_json
from policyc.text import Source, Span

_STRING: Final = regex(r'"(?:\\.|[^"\\])*"')


def tree_of(text: PlacedText, diagnostics: Diagnostics) -> JsonValue | None:
    """The tree of a JSON text with its places in the host; None after an error, which is at its place there too."""
    text = quoted(text)
    found = Diagnostics()
    tree = parse_json(Source(text.whole.file, text.value), found, lambda span: text.span(span.start, span.end))
    diagnostics.extend(moved(item, text) for item in found)
    return tree


def moved(item: Diagnostic, text: PlacedText) -> Diagnostic:
    """A finding about a text, at its place in the host; its fix goes with it where each character stands in the host as it is."""
    fix = item.fix
    if fix is not None:
        exact = all(text.is_exact(edit.span.start, edit.span.end) for edit in fix.edits)
        edits = tuple(replace(edit, span=text.span(edit.span.start, edit.span.end)) for edit in fix.edits)
        fix = replace(fix, edits=edits) if exact else None
    labels = tuple(replace(one, span=text.span(one.span.start, one.span.end)) for one in item.labels)
    span = text.whole if item.span is None else text.span(item.span.start, item.span.end)
    return replace(item, span=span, labels=labels, fix=fix)


def quoted(text: PlacedText) -> PlacedText:
    """The text with quotes around the holes that stand for a whole value."""
    bare = bare_marks(text)
    return edited(text, [(*found.span(), f'"{found[0]}"') for found in bare]) if bare else text


def bare_marks(text: PlacedText) -> list[re.Match[str]]:
    """The holes of a JSON text that stand outside its strings."""
    if not has_hole(text.value):
        return []
    strings = [found.span() for found in _STRING.finditer(text.value)]
    return [found for found in MARK.finditer(text.value) if not any(a < found.start() < b for a, b in strings)]


def filled_tree(tree: JsonValue, fill: Callable[[JsonString], JsonValue], name: Callable[[str], str]) -> JsonValue:
    """The tree with other values for its texts that have holes (`fill`), and other keys (`name`)."""
    match tree:
        case JsonObject(members, span):
            made = tuple(
                JsonMember(name(member.key), member.key_span, filled_tree(member.value, fill, name))
                for member in members
            )
            return JsonObject(made, span)
        case JsonArray(items, span):
            return JsonArray(tuple(_filled_items(items, fill, name)), span)
        case JsonString(text) if has_hole(text):
            return fill(tree)
        case _:
            return tree


def _filled_items(
    items: tuple[JsonValue, ...], fill: Callable[[JsonString], JsonValue], name: Callable[[str], str]
) -> Iterator[JsonValue]:
    """The elements of a list; a hole among them that becomes a list stands for several."""
    for item in items:
        made = filled_tree(item, fill, name)
        if isinstance(item, JsonString) and isinstance(made, JsonArray):
            yield from made.items
        else:
            yield made


def obstacle(tree: JsonValue) -> tuple[str, Span] | None:
    """What leaves nothing to be read of an IAM document, for people, with its place: an effect or statements that are not known."""
    if isinstance(tree, JsonString) and has_hole(tree.value):
        return f"the document is {shown(tree.value)}", tree.span
    if not isinstance(tree, JsonObject):
        return None
    found = tree.get("Statement")
    items = found.items if isinstance(found, JsonArray) else (found,)
    for element, holder in [("Statement", tree), *(("Effect", item) for item in items)]:
        value = holder.get(element) if isinstance(holder, JsonObject) else None
        if isinstance(value, JsonString) and has_hole(value.value):
            return f"`{element}` is {shown(value.value)}", value.span
        if element == "Statement" and isinstance(value, JsonArray):
            for item in value.items:
                if isinstance(item, JsonString) and has_hole(item.value):
                    return f"a statement is {shown(item.value)}", item.span
    return _open_key(tree)


def _open_key(tree: JsonObject) -> tuple[str, Span] | None:
    """A key with a hole where keys have a meaning: anywhere but among the keys of a condition."""
    for member in tree.members:
        if has_hole(member.key):
            return f"the key `{shown(member.key)}` is not known", member.key_span
        items = member.value.items if isinstance(member.value, JsonArray) else (member.value,)
        for item in items if member.key != "Condition" else ():
            found = _open_key(item) if isinstance(item, JsonObject) else None
            if found is not None:
                return found
    return None
