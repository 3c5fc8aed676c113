"""Native documents (JSON, Cedar) and the files that hold some, named on a command line or found: which module reads which kind of file."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol, cast

from policyc.carriers.registry import endings, named_endings, recognized
from policyc.diagnostics import Diagnostic, Diagnostics, Severity
from policyc.ir.authz import Policy
from policyc.model.files import Unsaved, find_files, read_inside, read_source
from policyc.packages import MissingPackage
from policyc.record import record, replace
from policyc.report.tally import Tally
from policyc.syntax.hidden import check_characters
from policyc.text import Source, Span
from policyc.workspace import native_text
from policyc.workspace.built import built_kind, is_built
from policyc.workspace.config import Config
from policyc.workspace.ignored import Ignored
from policyc.workspace.project import Project
from policyc.workspace.pulled import Known, pulled

if TYPE_CHECKING:
    from policyc.lint.registry import Settings

#: file ending -> module of this folder that handles it; `.policy` files are no natives
NATIVES: Mapping[str, str] = {".json": "native_json", ".cedar": "native_cedar"}
#: the kinds of `--as` that are no JSON -> the ending whose module reads them
KINDS: Mapping[str, str] = {"cedar": ".cedar"}
#: what folders are searched for beside policy files; all but Cedar text may be anything, so it is looked at first
SEARCHED = tuple(dict.fromkeys((".cedar", ".json", ".yaml", ".yml", *endings())))
#: what a command line may name: these, and some that no folder is searched for
NAMED = (*SEARCHED, *named_endings())


@record
class NativeSettings:
    """What a command line and a project say about native documents: `kind` from `--as` (empty: tell it by the shape), the
    project's `[switches]`, the trust providers from `--trust` (policy reference name -> type), what `[lint]` says of rules (`select`
    None: all run), and of warnings and notes in all files and in those that a pattern names (an error of a reader is never ignored), and samples of claims from `--claims` (policy reference name -> text); `open_file` opens the
    samples that a document names. `values` fill what host files leave open, by the host's name for it; `fences` asks for documents in prose, `before` for those that a plan
    finds."""

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
    open_file: Callable[[str, Span, Diagnostics], Source | None] = lambda name, span, diagnostics: None


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


class Native(Protocol):
    """A module that handles one kind of native file."""

    def check(self, source: Source, diagnostics: Diagnostics, settings: NativeSettings) -> Policy | None:
        """Everything that is wrong or doubtful in one document; the policy that it states, where rules on sets of documents have
        yet to look at it."""

    def settle(self, source: Source, found: Diagnostics, settings: NativeSettings) -> Iterable[Diagnostic]:
        """What is told of the findings on one document, those of rules included: its comments may say that some are meant."""

    def format(self, source: Source, diagnostics: Diagnostics) -> str | None:
        """The document in canonical layout, or None after reporting why it cannot be."""


def split_natives(paths: Sequence[Path], kind: str = "", fences: bool = False) -> tuple[list[Path], list[Path]]:
    """The paths that are documents, or may hold some, by their ending or by `--as`, and all others. Folders are never natives."""
    natives: list[Path] = []
    others: list[Path] = []
    for path in paths:
        wanted = (*NAMED, *endings(True)) if fences else NAMED
        named = path.name.endswith(wanted) or kind in KINDS
        (natives if named and not path.is_dir() else others).append(path)
    return natives, others


@record
class Searched:
    """What the folders of a project hold beside policy files: `documents` of ours, `hosts` that hold some, `unread` names of files that
    seem to hold policies in a form that nobody reads, `looked` names of those that were opened and are neither."""

    documents: tuple[Path, ...] = ()
    hosts: tuple[Path, ...] = ()
    unread: tuple[str, ...] = ()
    looked: tuple[str, ...] = ()


def find_natives(
    project: Project, diagnostics: Diagnostics, wanted: tuple[str, ...] = SEARCHED, fences: bool = False
) -> Searched:
    """Look through the folders that a command line or the configuration names, but for those that `build` wrote and nobody names."""
    root, built = project.root, {path: False for path in project.named if path.is_dir()}

    ignored = Ignored(
        str(root),
        project.names.repository or str(root),
        project.config.include,
        [_inner(path, root) for path in project.named if path.is_dir()],
    )

    def leave_out(name: str) -> bool:
        return project.leaves_out(name) or ignored.leaves_out(name)

    documents, hosts, unread, looked = [], [], [], []
    for name in find_files(root, project.searched(), diagnostics, wanted, leave_out=leave_out):
        path = root / name
        if is_built(path, root, built):
            continue
        match native_text.recognize(path, fences):
            case native_text.Sort.OURS:
                documents.append(path)
            case native_text.Sort.HOST:
                hosts.append(path)
            case native_text.Sort.INSIDE:
                unread.append(name)
            case _:
                looked.append(name)
    return Searched(tuple(documents), tuple(hosts), tuple(unread), (*looked, *ignored.files))


def _inner(path: Path, root: Path) -> str:
    """A path as seen from the root, empty for one that leads out."""
    try:
        return path.resolve().relative_to(root).as_posix()
    except (ValueError, OSError, RuntimeError):
        return ""


def native(ending: str, kind: str = "") -> Native:
    """The module for native files with an ending. Raises KeyError for one that nobody handles."""
    return cast(Native, import_module(f"policyc.workspace.{NATIVES[KINDS.get(kind, ending)]}"))


@record
class Checked:
    """What was looked at: the sources for the reports, how many files are documents, and what host files held."""

    sources: Mapping[str, Source]
    documents: int = 0
    tally: Tally = Tally()


def check_natives(
    root: Path,
    paths: Sequence[Path],
    diagnostics: Diagnostics,
    settings: NativeSettings,
    read: Unsaved | None = None,
    named: Collection[Path] = (),
) -> Checked:
    """Check native documents below `root` and files that hold some, those that are not saved as `read` has them. Of those that are `named` it
    is said when they hold none."""
    sources: dict[str, Source] = {source.file: source for source in settings.samples.values()}

    def open_file(name: str, span: Span, found: Diagnostics) -> Source | None:
        source = read_inside(root, name, span, found, read)
        if source is not None:
            sources[name] = source
        return source

    settings = replace(settings, open_file=open_file)
    texts: list[tuple[Source, str]] = []
    kinds: dict[str, str] = {}
    manifests: dict[Path, dict[str, str]] = {}
    locks: Known = {}
    trusts: dict[str, Mapping[str, str]] = {}
    hosts: list[tuple[Source, str]] = []
    for path in paths:
        name = path.resolve().relative_to(root).as_posix()
        source = read_source(root, name, None, diagnostics, read)
        if source is None:
            continue
        sources[name] = source
        format = format_of(path, source, settings)
        if format:
            hosts.append((source, format))
        elif settings.kind or path.suffix in NATIVES:
            texts.append((source, path.suffix))
            held = pulled(path, locks)
            kinds[name] = settings.kind or built_kind(path, manifests) or held.kind
            trusts[name] = held.trust
        elif path in named:
            diagnostics.add(_holds_nothing(source))

    def other(name: str) -> Source | None:
        source = read_source(root, name, None, Diagnostics(), read)
        if source is not None:
            sources[name] = source
        return source

    tally, taken = _check_hosts(root, hosts, diagnostics, settings, named, other, read)
    # what a host takes in (`file("policy.json")`) is judged there, where it is known what it is for
    texts = [(source, ending) for source, ending in texts if source.file not in taken]
    check_texts(texts, diagnostics, settings, kinds, trusts)
    return Checked(sources, len(texts), tally)


def format_of(path: Path, source: Source, settings: NativeSettings) -> str:
    """The format of a file that holds documents, empty for one that is a document itself, or neither."""
    return "" if settings.kind else recognized(path.name, source.text.encode(), settings.fences)


def _check_hosts(
    root: Path,
    files: Sequence[tuple[Source, str]],
    diagnostics: Diagnostics,
    settings: NativeSettings,
    named: Collection[Path],
    other: Callable[[str], Source | None],
    unsaved: Unsaved | None,
) -> tuple[Tally, set[str]]:
    """What was counted, and the other files whose texts are documents of a host."""
    if not files:
        return Tally(), set()
    from policyc.workspace.hosts import check_hosts, open_hosts

    found = Diagnostics()
    hosts = open_hosts(root, files, found, settings, unsaved)
    told = {item.span.file for item in found if item.span is not None}
    asked = {path.resolve().relative_to(root).as_posix() for path in named}
    for host in hosts:
        carried = host.carried
        empty = not (carried.documents or carried.unreadable or carried.companions)
        if empty and host.source.file in asked and host.source.file not in told:
            found.add(_holds_nothing(host.source))
    tally = check_hosts(hosts, found, settings, other)
    diagnostics.extend(_as_configured(_told_once(found), settings))
    return tally, {document.file for host in hosts for document in host.carried.documents}


def _holds_nothing(source: Source) -> Diagnostic:
    message = f"`{source.file}` holds no policy that policyc knows"
    help = "name the file that holds the policies"
    return Diagnostic("no-policy-inside", message, source.span(0, 0), help, Severity.INFO)


def check_texts(
    texts: Sequence[tuple[Source, str]],
    diagnostics: Diagnostics,
    settings: NativeSettings,
    kinds: Mapping[str, str] = MappingProxyType({}),
    trusts: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
    *,
    whole: bool = True,
) -> None:
    """Check documents, each by itself and all together; their endings (`.json`, `.cedar`), `kinds` by file or `settings.kind` say what
    they are, `trusts` by file the trust providers beside `settings.trust`. Those that are not `whole` stand in files whose characters are looked at elsewhere."""
    policies: dict[str, Policy] = {}
    findings: dict[str, Diagnostics] = {}
    for source, ending in texts:
        found = findings[source.file] = Diagnostics()
        if whole:
            check_characters(source, found)
        try:
            kind = kinds.get(source.file) or settings.kind
            own = replace(settings, kind=kind) if kind != settings.kind else settings
            more = trusts.get(source.file)
            own = replace(own, trust={**more, **settings.trust}) if more else own
            policy = native(ending, kind).check(source, found, own)
            policies |= {} if policy is None else {source.file: policy}
        except MissingPackage as missing:
            found.error("missing-package", str(missing), source.span(0, 0), missing.help)
    if policies:
        from policyc.lint.raw.rules import lint_documents

        told = Diagnostics()
        sources = [source for source, _ in texts if source.file in policies]
        causes = [item for found in findings.values() for item in found]
        lint_documents(list(policies.values()), sources, told, rule_settings(settings), causes=causes)
        for item in told:
            findings.setdefault(item.span.file if item.span is not None else "", Diagnostics()).add(item)
    for source, ending in texts:
        found = findings.pop(source.file, Diagnostics())
        kind = kinds.get(source.file) or settings.kind
        diagnostics.extend(_as_configured(native(ending, kind).settle(source, found, settings), settings))
    for found in findings.values():
        diagnostics.extend(_as_configured(found, settings))


def rule_settings(settings: NativeSettings) -> Settings:
    """What `[lint]` says to the rules, which are the same for documents as for policy files."""
    from policyc.lint.registry import Settings

    severity = {name: Severity(text) for name, text in settings.severity.items()}
    return Settings(settings.select, settings.ignore, severity)


def _is_meant(item: Diagnostic, settings: NativeSettings) -> bool:
    """Whether `[lint.per-path]` says of the finding's file that it is meant there."""
    file = item.span.file if item.span is not None else ""
    return any(item.rule in names and fnmatchcase(file, pattern) for pattern, names in settings.per_path)


def _told_once(found: Diagnostics) -> Iterator[Diagnostic]:
    """A plan and its configuration tell the same at one place: the one that can be mended there is told."""
    mended = {replace(item, fix=None) for item in found if item.fix is not None}
    return (item for item in found if item.fix is not None or item not in mended)


def _as_configured(found: Iterable[Diagnostic], settings: NativeSettings) -> Iterator[Diagnostic]:
    for item in found:
        if item.severity is Severity.ERROR:
            yield item
        elif item.rule not in settings.ignore and not _is_meant(item, settings):
            chosen = settings.severity.get(item.rule)
            yield item if chosen is None else replace(item, severity=Severity(chosen))
