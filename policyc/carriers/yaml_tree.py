"""YAML as infrastructure tools write it, as trees with places: tags of CloudFormation in their long form, words as they are written.

Other than `syntax/yaml_text.py`, which reads our own files, this one takes what those tools take: tags, several documents, merge keys, and plain words that YAML would make a date
of. Nothing is built that nobody asks for: a document is a `Lazy` mapping until a part of it is read. Source: https://yaml.org/spec/1.1/ and PyYAML's composer.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from policyc.carriers.parts import Broken, Part, without_aliases, without_broken
from policyc.diagnostics import Diagnostics, Label
from policyc.regex import regex
from policyc.syntax.json_tree import (
    JsonArray,
    JsonBool,
    JsonMember,
    JsonNull,
    JsonNumber,
    JsonObject,
    JsonString,
    JsonValue,
)
from policyc.syntax.yaml_text import syntax_error, yaml_package
from policyc.text import Source, Span

MAX_DEPTH: Final = 100
#: values that aliases may repeat, in one file
MAX_REPEATED: Final = 100_000
#: parts of a file that rest on others that cannot be read
_MOST_TRIES: Final = 20
_TAG: Final = "tag:yaml.org,2002:"
_NUMBER: Final = regex(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_TRUTH: Final = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
#: what stands before a value in a host: a tag, an anchor
_BEFORE: Final = regex(r"(?:[!&][^\s]*\s+)*")


class Unreadable(Exception):
    """The file cannot be read on: one finding; `key` is what a mapping has twice."""

    def __init__(
        self, rule: str, message: str, span: Span, help: str, labels: tuple[Label, ...] = (), key: str = ""
    ) -> None:
        super().__init__(message)
        self.rule, self.message, self.span, self.help, self.labels = rule, message, span, help, labels
        self.key = key

    def report(self, diagnostics: Diagnostics) -> None:
        diagnostics.error(self.rule, self.message, self.span, self.help, self.labels)


class Lazy:
    """One node that is not read yet."""

    __slots__ = ("node", "reader")

    def __init__(self, reader: _Reader, node: Any) -> None:
        self.reader, self.node = reader, node

    @property
    def span(self) -> Span:
        return self.reader.span(self.node)

    @property
    def source(self) -> Source:
        """The text that it was read from: the file, without what could not be read."""
        return self.reader.source

    def members(self, wrong: list[Unreadable] | None = None) -> dict[str, tuple[Span, Lazy]]:
        """The members of a mapping, merge keys followed; empty for any other node. With `wrong` what stands there twice is left out and told there."""
        if self.node.id != "mapping":
            return {}
        found = {key: (place, Lazy(self.reader, node)) for key, place, node in self.reader.members(self.node, wrong)}
        for fault in wrong or ():
            found.pop(fault.key, None)
        return found

    def items(self) -> list[Lazy]:
        return [Lazy(self.reader, node) for node in self.node.value] if self.node.id == "sequence" else []

    def text(self) -> str:
        """The text of a scalar, empty for any other node."""
        return str(self.node.value) if self.node.id == "scalar" else ""

    def value(self) -> JsonValue:
        """The whole tree. Raises Unreadable."""
        return self.reader.value(self.node, 0)


def first_document(
    source: Source,
    diagnostics: Diagnostics,
    parts: Callable[[str], Iterable[Part]] | None = None,
    lost: list[Broken] | None = None,
) -> JsonValue | None:
    """What it holds; None for an empty file, and after reporting why it cannot be read. With `parts` those that are no YAML are `lost`, as for `documents`."""
    try:
        found = documents(source, diagnostics, parts, lost)
        return found[0].value() if found else None
    except Unreadable as fault:
        fault.report(diagnostics)
        return None


def documents(
    source: Source,
    diagnostics: Diagnostics,
    parts: Callable[[str], Iterable[Part]] | None = None,
    lost: list[Broken] | None = None,
) -> list[Lazy]:
    """The documents of a file. Where it is no YAML its fault is reported, and what comes before it is read; with `parts` all those that are YAML, and the others are `lost`."""
    yaml = yaml_package(source, diagnostics)
    if yaml is None:
        return []
    base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found, error = _composed(source, yaml, base, diagnostics)
    if error is None:
        return found
    cut = [] if parts is None else list(parts(source.text))
    if len(cut) < 2 or lost is None:
        syntax_error(error, source, diagnostics)
        return found
    text, broken = without_broken(source, cut, yaml, base, diagnostics)
    for _ in range(_MOST_TRIES):
        found, error = _composed(text, yaml, base, diagnostics)
        mark = getattr(error, "problem_mark", None)
        left = None if mark is None else without_aliases(text, source, cut, mark.index, broken)
        if left is None:
            break
        text, more, is_known = left
        broken.append(more)
        if not is_known:
            syntax_error(error, source, diagnostics)
    if error is not None:
        syntax_error(error, source, diagnostics)
    lost += broken
    return found


def _composed(source: Source, yaml: Any, base: Any, diagnostics: Diagnostics) -> tuple[list[Lazy], Any]:
    """The documents of a text, where it is no YAML those before the fault, and the fault."""
    found: list[Lazy] = []
    reader = _Reader(source)
    loader = None
    try:
        loader = base(source.text)  # looks at the characters already
        while loader.check_node():
            found.append(Lazy(reader, loader.get_node()))
    except yaml.YAMLError as error:
        return found, error
    except (RecursionError, ValueError):
        diagnostics.error("yaml-too-deep", "values are nested too deeply", source.span(0, 0), "flatten the data")
    finally:
        if loader is not None:
            loader.dispose()
    return found, None


def is_json(source: Source) -> bool:
    """Whether a file is to be read as JSON: a YAML file may begin with a brace as well."""
    if not source.text.lstrip().startswith("{"):
        return False
    if not source.file.endswith((".yaml", ".yml")):
        return True
    try:
        json.loads(source.text)
    except (ValueError, RecursionError):
        return False
    return True


class _Reader:
    """From composed nodes to trees. Recursion goes at most `MAX_DEPTH` deep, and what aliases repeat is counted."""

    __slots__ = ("repeated", "seen", "source")

    def __init__(self, source: Source) -> None:
        self.source = source
        self.seen: set[int] = set()
        self.repeated = 0

    def span(self, node: Any) -> Span:
        """A node's place without its tag; blanks and line breaks that PyYAML counts to a block are left out."""
        text = self.source.text
        start, end = node.start_mark.index, min(node.end_mark.index, len(text))
        if node.id == "scalar" and text[start : start + 1] in ("!", "&"):
            found = _BEFORE.match(text, start, end)
            start = found.end() if found is not None else start
        while end > start and text[end - 1] in " \t\r\n":
            end -= 1
        return self.source.span(start, end)

    def value(self, node: Any, depth: int) -> JsonValue:
        span = self.span(node)
        if depth > MAX_DEPTH:
            raise Unreadable(
                "yaml-too-deep", "values are nested too deeply, or an alias holds itself", span, "flatten it"
            )
        if id(node) in self.seen:
            self.repeated += 1
            if self.repeated > MAX_REPEATED:
                message = f"aliases repeat more than {MAX_REPEATED:,} values"
                raise Unreadable("yaml-too-large", message, span, "write fewer aliases")
        self.seen.add(id(node))
        tag: str = node.tag
        if tag.startswith("!") and len(tag) > 1:
            return self.tagged(node, tag[1:], span, depth)
        match node.id:
            case "mapping":
                members = tuple(
                    JsonMember(key, place, self.value(inner, depth + 1)) for key, place, inner in self.members(node)
                )
                return JsonObject(members, span)
            case "sequence":
                return JsonArray(tuple([self.value(item, depth + 1) for item in node.value]), span)
            case _:
                return self.scalar(node, span)

    def tagged(self, node: Any, name: str, span: Span, depth: int) -> JsonValue:
        """`!Sub x` as `{"Fn::Sub": x}`; `!Ref` and `!Condition` have no prefix."""
        key = name if name in ("Ref", "Condition") else f"Fn::{name}"
        inner: JsonValue
        if node.id == "scalar":
            inner = JsonString(str(node.value), span)
        elif node.id == "sequence":
            inner = JsonArray(tuple([self.value(item, depth + 1) for item in node.value]), span)
        else:
            held = ((key, place, value) for key, place, value in self.members(node))
            inner = JsonObject(tuple([JsonMember(k, place, self.value(v, depth + 1)) for k, place, v in held]), span)
        return JsonObject((JsonMember(key, span.at_start(), inner),), span)

    def members(self, node: Any, wrong: list[Unreadable] | None = None) -> Iterator[tuple[str, Span, Any]]:
        """Keys, their places and values; of a merge key what the mapping does not have itself. What is `wrong` with them is raised where nobody asks for it."""
        seen: dict[str, Span] = {}
        merged: list[Any] = []
        for key_node, value_node in node.value:
            if key_node.tag == _TAG + "merge":
                merged += [value_node] if value_node.id == "mapping" else value_node.value
                continue
            place = self.span(key_node)
            if key_node.id != "scalar":
                raise Unreadable(
                    "yaml-key", "a key is plain text", place, "write the key out, in quotes where it needs them"
                )
            key = str(key_node.value)
            if key in seen:
                labels = (Label(seen[key], "first written here"),)
                fault = Unreadable(
                    "json-duplicate-key", f"`{key}` is written twice", place, "keep one of the two", labels, key
                )
                if wrong is None:
                    raise fault
                wrong.append(fault)
            seen[key] = place
            yield key, place, value_node
        for other in merged:
            for key_node, value_node in other.value if other.id == "mapping" else ():
                if key_node.id == "scalar" and str(key_node.value) not in seen:
                    seen[str(key_node.value)] = self.span(key_node)
                    yield str(key_node.value), seen[str(key_node.value)], value_node

    def scalar(self, node: Any, span: Span) -> JsonValue:
        text, kind = str(node.value), node.tag.removeprefix(_TAG)
        if kind == "null":
            return JsonNull(span)
        if kind == "bool" and text.lower() in _TRUTH:
            return JsonBool(_TRUTH[text.lower()], span)
        if kind in ("int", "float") and _NUMBER.fullmatch(text):
            return JsonNumber(text, span)
        return JsonString(text, span)
