"""What a command line and a project say about native documents, and what that makes of findings in them."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import TYPE_CHECKING

from policyc.diagnostics import Diagnostic, Diagnostics, Severity
from policyc.record import field, record, replace
from policyc.text import Source, Span
from policyc.workspace.config import Config

if TYPE_CHECKING:
    from policyc.lint.registry import Settings


@record
class NativeSettings:
    """What a command line and a project say about native documents: `kind` from `--as` (empty: tell it by the shape), the
    project's `[switches]`, the trust providers from `--trust` (policy reference name -> type), what `[lint]` says of rules (`select`
    None: all run), and of warnings and notes in all files and in those that a pattern names (an error of a reader is never ignored), and samples of claims from `--claims` (policy reference name -> text); `open_file` opens the
    samples that a document names. `values` fill what host files leave open, by the host's name for it; `fences` asks for documents in prose, `before` for those that a plan
    finds, `pedantic` for findings that only some of the open values bring about; `protocol` is what the endpoint speaks that a text is on (empty: not known). `right` are documents of hosts with which nothing was
    found wrong under these settings, by what they say."""

    kind: str = ""
    switches: Mapping[str, str] = MappingProxyType({})
    trust: Mapping[str, str] = MappingProxyType({})
    select: frozenset[str] | None = None
    ignore: frozenset[str] = frozenset()
    severity: Mapping[str, str] = MappingProxyType({})
    per_path: tuple[tuple[str, frozenset[str]], ...] = ()
    samples: Mapping[str, Source] = MappingProxyType({})
    values: Mapping[str, str] = MappingProxyType({})
    fences: bool = False
    before: bool = False
    pedantic: bool = False
    protocol: str = ""
    open_file: Callable[[str, Span, Diagnostics], Source | None] = lambda name, span, diagnostics: None
    right: set[Hashable] = field(default_factory=set, compare=False, repr=False)


def settings_of(
    config: Config, kind: str = "", trust: Mapping[str, str] | None = None, samples: Mapping[str, Source] | None = None
) -> NativeSettings:
    """What a project's configuration says, with what was asked for beside it."""
    return NativeSettings(
        kind,
        config.switches,
        trust or {},
        None if "all" in config.select else frozenset(config.select),
        frozenset(config.ignore),
        config.severity,
        config.per_path,
        samples or {},
    )


def said(settings: NativeSettings) -> str:
    """All that settings say, as one text: what is found in a file hangs on nothing else that was asked."""
    return json.dumps(
        [
            settings.kind,
            sorted(settings.switches.items()),
            sorted(settings.trust.items()),
            None if settings.select is None else sorted(settings.select),
            sorted(settings.ignore),
            sorted(settings.severity.items()),
            [[pattern, sorted(names)] for pattern, names in settings.per_path],
            sorted((name, source.file, source.text) for name, source in settings.samples.items()),
            sorted(settings.values.items()),
            settings.fences,
            settings.before,
            settings.pedantic,
        ]
    )


def rule_settings(settings: NativeSettings) -> Settings:
    """What `[lint]` says to the rules, which are the same for documents as for policy files."""
    from policyc.lint.registry import Settings

    severity = {name: Severity(text) for name, text in settings.severity.items()}
    return Settings(settings.select, settings.ignore, severity)


def _is_meant(item: Diagnostic, settings: NativeSettings) -> bool:
    """Whether `[lint.per-path]` says of the finding's file that it is meant there."""
    file = item.span.file if item.span is not None else ""
    return any(item.rule in names and fnmatchcase(file, pattern) for pattern, names in settings.per_path)


def as_configured(found: Iterable[Diagnostic], settings: NativeSettings) -> Iterator[Diagnostic]:
    """The findings that `[lint]` leaves, with the severities that it says."""
    for item in found:
        if item.severity is Severity.ERROR:
            yield item
        elif item.rule not in settings.ignore and not _is_meant(item, settings):
            chosen = settings.severity.get(item.rule)
            yield item if chosen is None else replace(item, severity=Severity(chosen))
