"""YAML with positions, read as JSON data: the same tree as `json_text`, so that whoever reads one reads the other.

What YAML makes of plain words depends on its version (`no`, `0123`, `1:30`), so such scalars are refused until they are quoted. Aliases
are followed up to a total size, merge keys and tags are refused. Source: https://yaml.org/spec/1.2.2/ and PyYAML's composer.
"""

from __future__ import annotations

from typing import Any, Final

from policyc.diagnostics import Diagnostics, Label
from policyc.packages import MissingPackage
from policyc.regex import imported_late, regex
from policyc.syntax.json_text import (
    JsonArray,
    JsonBool,
    JsonMember,
    JsonNull,
    JsonNumber,
    JsonObject,
    JsonString,
    JsonValue,
)
from policyc.text import Source, Span

MAX_DEPTH: Final = 60
#: values of a file with every alias written out
MAX_VALUES: Final = 100_000
_NUMBER: Final = regex(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_TAG: Final = "tag:yaml.org,2002:"
#: a line that begins as one with a key does
_KEY_BELOW: Final = regex(r"\n[ \t]*(?:- +)*[\w.:-]+:[ \t]")


def parse_yaml(source: Source, diagnostics: Diagnostics) -> JsonValue | None:
    """The tree of one YAML document, or None after an error was reported to `diagnostics`."""
    yaml = yaml_package(source, diagnostics)
    if yaml is None:
        return None
    loader = None
    try:
        loader = yaml.SafeLoader(source.text)  # looks at the characters already
        node = loader.get_single_node()
    except yaml.YAMLError as error:
        syntax_error(error, source, diagnostics)
        return None
    except RecursionError:
        diagnostics.error("yaml-too-deep", "values are nested too deeply", source.span(0, 0), "flatten the data")
        return None
    finally:
        if loader is not None:
            loader.dispose()
    if node is None:
        diagnostics.error("yaml-empty", "the file holds nothing", source.span(0, 0), "write one mapping")
        return None
    try:
        return _Reader(source).value(node, 0)
    except _Stop as stop:
        diagnostics.error(stop.rule, stop.message, stop.span, stop.help, stop.labels)
        return None


def yaml_package(source: Source, diagnostics: Diagnostics) -> Any:
    """PyYAML; None after reporting that a file cannot be read without it."""
    try:
        return imported_late("yaml")
    except ImportError:
        missing = MissingPackage("pyyaml")
        diagnostics.error("missing-package", str(missing), source.span(0, 0), missing.help)
        return None


def syntax_error(error: Any, source: Source, diagnostics: Diagnostics, start: int = 0, end: int | None = None) -> None:
    """Report what the YAML package found wrong in a text, or in the part of it that it was given."""
    end = len(source.text) if end is None else end
    mark = getattr(error, "problem_mark", None)
    at = start + (mark.index if mark is not None else int(getattr(error, "position", 0) or 0))
    reason = str(getattr(error, "problem", None) or getattr(error, "reason", None) or "it cannot be read")
    opened = _opened(error, source.text[start:end], at - start)
    if opened is not None:
        at, reason = start + opened, "what is opened here is not closed"
    at = min(at, len(source.text))
    diagnostics.error(
        "yaml-syntax-error",
        f"`{source.file}` is not YAML: {reason.splitlines()[0].rstrip('.')}",
        source.span(at, min(at + 1, len(source.text))),
        "check the indentation and the quotes",
    )


def _opened(error: Any, text: str, at: int) -> int | None:
    """What a fault comes from that stands before it: a quote that a later one closes, over what begins as a key, or what is open at the end of the text."""
    mark = getattr(error, "context_mark", None)
    if mark is not None and not text[at:].strip() and text[mark.index : mark.index + 1] in ('"', "'", "[", "{"):
        return int(mark.index)
    yaml = imported_late("yaml")
    held: list[Any] = []
    quoted = None
    try:
        for token in yaml.scan(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            if token.start_mark.index >= at:
                break
            if isinstance(token, (yaml.FlowSequenceStartToken, yaml.FlowMappingStartToken)):
                held.append(token)
            elif isinstance(token, (yaml.FlowSequenceEndToken, yaml.FlowMappingEndToken)):
                del held[-1:]
            elif isinstance(token, yaml.ScalarToken) and token.style in ("'", '"'):
                quoted = token
    except (yaml.YAMLError, ValueError):
        pass  # where the fault is
    if quoted is not None:
        first, last = quoted.start_mark.index, quoted.end_mark.index
        if "\n" not in text[last:at] and _KEY_BELOW.search(text, first, last):
            return int(first)
    return int(held[-1].start_mark.index) if held and not text[at:].strip() else None


class _Stop(Exception):
    """Reading cannot go on: one finding."""

    def __init__(self, rule: str, message: str, span: Span, help: str, labels: tuple[Label, ...] = ()) -> None:
        super().__init__(message)
        self.rule, self.message, self.span, self.help, self.labels = rule, message, span, help, labels


class _Reader:
    """From composed nodes to the tree. Recursion goes at most `MAX_DEPTH` deep."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.values = 0

    def span(self, node: Any) -> Span:
        """A node's place; blanks and line breaks that PyYAML counts to a block are left out."""
        start, end = node.start_mark.index, min(node.end_mark.index, len(self.source.text))
        while end > start and self.source.text[end - 1] in " \t\r\n":
            end -= 1
        return self.source.span(start, end)

    def value(self, node: Any, depth: int) -> JsonValue:
        span = self.span(node)
        self.values += 1
        if depth > MAX_DEPTH:
            raise _Stop(
                "yaml-too-deep", "values are nested too deeply, or an alias holds itself", span, "flatten the data"
            )
        if self.values > MAX_VALUES:
            raise _Stop(
                "yaml-too-large",
                f"the file holds more than {MAX_VALUES} values once its aliases are written out",
                span,
                "write fewer aliases",
            )
        tag: str = node.tag
        if node.id == "mapping" and tag == _TAG + "map":
            return self.mapping(node, span, depth)
        if node.id == "sequence" and tag == _TAG + "seq":
            return JsonArray(tuple(self.value(item, depth + 1) for item in node.value), span)
        if node.id == "scalar":
            return self.scalar(node, span)
        raise _Stop("yaml-tag", f"the tag `{tag.replace(_TAG, '!!')}` means nothing here", span, "remove the tag")

    def mapping(self, node: Any, span: Span, depth: int) -> JsonObject:
        members: list[JsonMember] = []
        seen: dict[str, Span] = {}
        for key_node, value_node in node.value:
            place = self.span(key_node)
            if key_node.id != "scalar" or key_node.tag == _TAG + "merge":
                raise _Stop(
                    "yaml-key", "a key is plain text, and merge keys are not read", place, "write every key out"
                )
            key = str(key_node.value)
            if key in seen:
                labels = (Label(seen[key], "first written here"),)
                raise _Stop("json-duplicate-key", f"`{key}` is written twice", place, "keep one of the two", labels)
            seen[key] = place
            members.append(JsonMember(key, place, self.value(value_node, depth + 1)))
        return JsonObject(tuple(members), span)

    def scalar(self, node: Any, span: Span) -> JsonValue:
        text, kind = str(node.value), node.tag.removeprefix(_TAG)
        if kind in ("str", "timestamp"):
            return JsonString(text, span)
        if kind == "null":
            return JsonNull(span)
        if kind == "bool" and text.lower() in ("true", "false"):
            return JsonBool(text.lower() == "true", span)
        if kind in ("int", "float") and _NUMBER.fullmatch(text):
            return JsonNumber(text, span)
        if kind in ("bool", "int", "float"):
            raise _Stop(
                "yaml-ambiguous",
                f"`{text}` means different things in different versions of YAML",
                span,
                f'quote it: `"{text}"`',
            )
        raise _Stop("yaml-tag", f"the tag `!!{kind}` means nothing here", span, "remove the tag")
