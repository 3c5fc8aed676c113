"""`policyc build`: write the documents of every service, all or none."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from policyc.cli import exits, network_diff
from policyc.cli.console import Console
from policyc.cli.output import STATES, Asked, Change, File, Files, Output, Problem
from policyc.cli.parser import WrongUse, one_of
from policyc.cli.project import open_projects
from policyc.cli.refuse import nothing_found, refuse, report
from policyc.diagnostics import Diagnostic, Diagnostics, Severity
from policyc.emitting.registry import FORMS, NO_PLACE
from policyc.report.data import span_data
from policyc.report.formats.json import findings_data, written
from policyc.report.frame import located
from policyc.report.registry import render
from policyc.report.screen import clean, paint, plural, wrap
from policyc.targets.base import Document
from policyc.targets.registry import TARGETS
from policyc.text import Source, Span
from policyc.workspace.compile import Compiled, compile_project
from policyc.workspace.documents.carried import attach_point
from policyc.workspace.places import MANIFEST, SOURCE_MAP
from policyc.workspace.project import Project

if TYPE_CHECKING:
    from policyc.emitting.generated import Differs, Stated
    from policyc.workspace.documents.hosts import Host

SHARED = ("root", "config", "exclude", "param", "format", "color", "quiet")
REPORT = "findings"
#: of `--diff` alone
FORMATS = ("svg", "html")
_NO_DOCUMENT = -1
#: what a state of a file is called in a sentence
_LATE: Final = {
    "missing": "missing",
    "stale": "not up to date",
    "extra": "no longer built",
    "leftover": "left of a build that was killed",
}
#: the formats in which files are listed, in place of findings
_FOR_PEOPLE: Final = ("human", "concise")

DESCRIPTION = """Compile policies and write one document per policy, network or link of a chain, with
source-map.json, which leads from every statement of every document to the line that it comes from.
Nothing is written unless everything compiles; equal input gives equal bytes."""

EPILOG = f"""examples:
  policyc build                       to the folder `out` of policyc.toml
  policyc build -o dist/policies      somewhere else
  policyc build --target lattice      only the documents of one target
  policyc build --to cloudformation   templates to deploy, in `out/cloudformation`
  policyc build --check               exit 1 when the output folder is not up to date
  policyc build --explain             also list what the compiler added, and why
  policyc build --diff live.json      what changes for attachments and paths of a core network

Every file that is written or removed is listed. Documents that an earlier build wrote and that no
longer come out are removed, unless they were changed by hand; with PATH or --target only those that
belong to it. {MANIFEST} in the output folder keeps the list.

exit status: 0 done, 1 findings (or, with --check, out of date; with --diff, something changes), 2 wrong use or configuration,
3 internal error, 4 nothing to build."""


def describe(parser: argparse.ArgumentParser) -> None:
    parser.description, parser.epilog = DESCRIPTION, EPILOG
    parser.add_argument("paths", nargs="*", metavar="PATH", help="files or folders (default: `paths` of policyc.toml)")
    parser.add_argument(
        "-o", "--out", type=Path, metavar="DIR", help="the output folder (default: `[build] out`, else out)"
    )
    parser.add_argument(
        "--target",
        action="append",
        default=[],
        type=one_of("target", list(TARGETS)),
        metavar="NAME",
        help="only this target; may be given several times",
    )
    parser.add_argument(
        "--to",
        type=one_of("form", list(FORMS)),
        metavar="FORM",
        help="write the documents for deployment: " + ", ".join(FORMS) + "; a `param` without a value stays open there",
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing; list what is missing, stale, extra or left over"
    )
    parser.add_argument(
        "--explain", action="store_true", help="list what lowering added, with the source of each statement"
    )
    parser.add_argument(
        "--pretty", action="store_true", help="also write an indented copy, NAME.pretty.json, for people"
    )
    parser.add_argument(
        "--minimize",
        action="store_true",
        help="join and leave out statements of IAM documents where it is proven that every request is decided alike",
    )
    network_diff.describe(parser)


def run(args: argparse.Namespace, console: Console) -> int:
    if args.diff is not None:
        return network_diff.run(args, console)
    if args.format in FORMATS:
        raise WrongUse(
            f"what is built has no picture, so there is no format `{args.format}`",
            "leave `--format` out, or give `--diff OLD.json`",
        )
    if args.explain and args.format not in _FOR_PEOPLE:
        raise WrongUse(
            f"`--explain` has no format `{args.format}`",
            "leave `--format` out, or read `source-map.json`, which says the same",
        )
    mistakes = Diagnostics()
    projects = open_projects(args, args.paths, mistakes)
    console.names = projects[0].names
    if mistakes.has_errors:
        return refuse(mistakes, projects[0], console, args.format)
    if len(projects) > 1 and (args.format == "json" or args.out is not None):
        names = ", ".join(f"`{clean(project.root.name)}`" for project in projects)
        option = "`--format json`" if args.format == "json" else "`-o`"
        raise WrongUse(f"{option} is about one project", f"name a path in one of {names}")
    several = len(projects) > 1
    ordered = sorted(projects, key=lambda one: one.root)
    statuses = [_build(project, args, console, several) for project in ordered]
    found = [status for status in statuses if status not in (exits.NOTHING, _NO_DOCUMENT)]
    if not found and _NO_DOCUMENT in statuses:
        console.error("nothing to build: no document comes of these policy files\n")
        console.error("  = help: name files with a `policy` or a `network`, or leave the paths and `--target` out\n")
        return exits.NOTHING
    return max(found) if found else nothing_found(console)


def _build(project: Project, args: argparse.Namespace, console: Console, several: bool) -> int:
    """Build one project; the exit status, `NOTHING` where it has no policies, `_NO_DOCUMENT` where nothing comes of them or ever came."""
    console.names = project.names
    files: Files
    places: Sequence[tuple[Host, Stated]] = ()
    only_templates = False
    if args.check and args.to is None:
        from policyc.cli.generated import templates_of, with_samples

        places = templates_of(project, Diagnostics())
        only_templates = bool(places) and not _out_folder(args, project).exists()
        project = with_samples(project) if only_templates else project
    if args.to is None:
        compiled, files = compile_project(project, thorough=True), {}
    else:
        from policyc.cli.build_to import opened_files

        compiled, files = opened_files(project, args, console)
    unjudged = any(item.rule == "missing-package" for item in compiled.diagnostics)
    wrong = [item for item in compiled.diagnostics if item.severity is Severity.ERROR]
    passed_over = bool(wrong) and all(item.rule == NO_PLACE for item in wrong) and bool(files)
    told_later = passed_over and not unjudged and args.format == "json" and not args.check
    if (wrong or unjudged) and not told_later:  # what is written is deployed
        report(compiled.diagnostics.sorted(), {**project.sources, **compiled.program.sources}, console, args.format)
        if unjudged or not passed_over or args.format == "json":
            return exits.FINDINGS
    if not compiled.program.modules:
        return exits.NOTHING
    if args.to is None:
        if args.minimize:
            from policyc.workspace.minimizing import minimized

            compiled = minimized(compiled)
        files = plan_files(compiled, args.target or list(TARGETS), args.pretty)
    if project.named:
        files = {path: file for path, file in files.items() if not file.source or project.asks_about(file.source)}
    output = Output(_out_folder(args, project), project.root)

    if not files.keys() - {SOURCE_MAP} and not places and not output.is_used:
        return _NO_DOCUMENT

    def asked(target: str, source: str) -> bool:
        return (not args.target or target in args.target) and (
            not project.named or (bool(source) and project.asks_about(source))
        )

    if args.explain:
        explain(compiled, args.target or list(TARGETS), console)
    if args.check:
        built = {document.path: document for document in compiled.all_documents}
        status = _check(output, {} if only_templates else files, asked, args.format, console, several, places, built)
        return max(status, exits.FINDINGS) if passed_over else status
    change = output.write(files, asked)
    if isinstance(change, Problem):
        return _fail(change, console)
    sources = {**project.sources, **compiled.program.sources}
    doubts = [] if passed_over and not told_later else compiled.diagnostics.sorted()  # told above
    if doubts and args.format == "human":
        console.error(render("human", doubts, sources, console.error_options()))
        doubts = []
    _tell(change, output, args.format, console, several, doubts, sources, len({item.message for item in wrong}))
    return exits.FINDINGS if passed_over else exits.CLEAN


def _tell(
    change: Change,
    output: Output,
    format: str,
    console: Console,
    several: bool,
    doubts: Sequence[Diagnostic],
    sources: Mapping[str, Source],
    homeless: int,
) -> None:
    """Every file that was written or removed, or kept though it no longer comes out; `doubts` are what compiling warned of, `homeless` how many documents have no place."""
    lists = {"written": change.written, "removed": change.removed, "kept": change.kept, "unchanged": change.unchanged}
    if format == "json":
        listed = {name: list(paths) for name, paths in lists.items()}
        data = {
            **findings_data(doubts, sources, console.options()),
            "build": {"folder": output.folder.as_posix(), **listed},
        }
        console.write(written(data))
        return
    if doubts or format not in _FOR_PEOPLE:
        report(doubts, sources, console, format)
    if format in _FOR_PEOPLE and not console.quiet:
        words = {"wrote": change.written, "removed": change.removed, "kept, for it was changed by hand": change.kept}
        for word, paths in words.items():
            for path in paths:
                console.write(f"{word}: {_named(output, path, several)}\n")
    done = [f"wrote {plural(len(change.written), 'file')} to {_shown(output.folder)}"]
    done += [f"{len(change.unchanged):,} unchanged"] if change.unchanged else []
    done += [f"{len(change.removed):,} removed"] if change.removed else []
    done += [f"{plural(homeless, 'document')} not written: no place there"] if homeless else []
    console.remark(", ".join(done))


def _out_folder(args: argparse.Namespace, project: Project) -> Path:
    given: Path | None = args.out
    usual = project.root / project.config.out
    return (usual / args.to if args.to else usual) if given is None else given.absolute()


def _shown(folder: Path) -> str:
    here = Path.cwd()
    return clean(folder.relative_to(here).as_posix() if folder.is_relative_to(here) else folder.as_posix())


def plan_files(compiled: Compiled, targets: Sequence[str], pretty: bool) -> dict[str, File]:
    """Every file of a build by its path relative to the output folder. The source map has no target and covers the whole project
    whatever is selected."""
    files: dict[str, File] = {}
    for name in targets:
        for document in compiled.documents.get(name, ()):
            files[document.path] = File(name, document.span.file, document.text)
            if pretty and document.kind:
                copy = json.dumps(json.loads(document.text), indent=2, ensure_ascii=False) + "\n"
                files[document.path.removesuffix(".json") + ".pretty.json"] = File(name, document.span.file, copy)
    files[SOURCE_MAP] = File("", "", json.dumps(source_map(compiled), indent=1, ensure_ascii=False) + "\n")
    return files


def source_map(compiled: Compiled) -> dict[str, Any]:
    """From every part of every document to its source; the shape is `schemas/source_map.schema.json`."""
    documents: dict[str, Any] = {}
    for name, group in compiled.documents.items():
        for document in group:
            documents[document.path] = _document_map(name, document, compiled)
    return {"format_version": 1, "documents": dict(sorted(documents.items()))}


def _document_map(target: str, document: Document, compiled: Compiled) -> dict[str, Any]:
    sources = compiled.program.sources
    return {
        "target": target,
        "owner": document.owner,
        "attached_to": document.attached_to,
        "attach": attach_point(document, compiled.program),
        "role": document.role,
        "source": span_data(document.span, sources),
        "entries": [
            {"pointer": entry.pointer, "label": entry.label, "source": span_data(entry.span, sources)}
            for entry in document.map
        ],
        "added": [
            {
                "pointer": item.pointer,
                "message": item.message,
                "source": None if item.span is None else span_data(item.span, sources),
            }
            for item in document.added
        ],
    }


def explain(compiled: Compiled, targets: Sequence[str], console: Console) -> None:
    """Per document: each statement with its source, and below it what lowering added."""
    options = console.options()
    sources = compiled.program.sources
    for name in targets:
        for document in compiled.documents.get(name, ()):
            size = (
                f", {document.quota.counted:,} of {document.quota.limit:,} {document.quota.unit}"
                if document.quota
                else ""
            )
            head = f"{document.path}: {document.role} document of {document.owner}{size}"
            lines = wrap(head, options.width, "  ")
            lines[0] = lines[0].replace(document.path, paint(document.path, "strong", options.color), 1)
            for entry in document.map:
                place = located(entry.span, sources, options)
                lines += wrap(f"  {entry.pointer}  {entry.label}  {place}", options.width, "      ")
                for item in document.added:
                    if item.pointer == entry.pointer or item.pointer.startswith(entry.pointer + "/"):
                        lines += wrap(f"    + {item.message}", options.width, "      ")
            pointers = tuple(entry.pointer for entry in document.map)
            for item in document.added:
                if not any(item.pointer == at or item.pointer.startswith(at + "/") for at in pointers):
                    lines += wrap(f"  + {item.message}", options.width, "    ")
            console.write("\n".join(lines) + "\n")


def _named(output: Output, path: str, several: bool) -> str:
    """A file of an output folder; with the folder where there are several."""
    return f"{_shown(output.folder)}/{clean(path)}" if several else clean(path)


def _check(
    output: Output,
    files: Files,
    asked: Asked,
    format: str,
    console: Console,
    several: bool,
    places: Sequence[tuple[Host, Stated]],
    built: Mapping[str, Document],
) -> int:
    """What is out of date in the output folder (which is not looked at where there are no `files`), and in templates."""
    from policyc.cli.generated import differing

    found = output.compare(files, asked) if files else []
    if isinstance(found, Problem):
        return _fail(found, console)
    differ = differing(places, built)
    status = exits.FINDINGS if found or differ else exits.CLEAN
    sources = {host.source.file: host.source for host, _ in places}
    late = [_late(f"`{_shown(output.folder)}/{path}` is {_LATE[state]}") for state, path in found]
    for item in differ:
        source = sources[item.file]
        start = source.line_starts()[max(item.line - 1, 0)]
        name = f"`{item.name}`" if item.name else "what stands here"
        late.append(_late(f"{name} differs from `{item.path}`: {item.how}", source.span(start, start)))
    if format == "json":
        states: dict[str, Any] = {state: [path for word, path in found if word == state] for state in STATES}
        states |= {"templates": [_difference(item) for item in differ]} if places else {}
        data = {
            **findings_data(late, sources, console.options()),
            "build": {"folder": output.folder.as_posix(), **states},
        }
        console.write(written(data))
        return status
    if format not in _FOR_PEOPLE:
        report(late, sources, console, format)
        return status
    for state, path in found:
        console.write(f"{state}: {_named(output, path, several)}\n")
    for item in differ:
        place = ":".join([clean(console.names.shown(item.file)), *([str(item.line)] if item.line else [])])
        console.write(
            f"differs: {place} {clean(item.name)}".rstrip() + f" from {clean(item.path)}: {clean(item.how)}\n"
        )
    if found:
        console.remark(f"{plural(len(found), 'file')} of {_shown(output.folder)} out of date; run `policyc build`")
    elif files:
        console.remark(f"{_shown(output.folder)} is up to date")
    if places:
        said = f"{len(differ):,} of {plural(len(places), 'place')} in templates {'differs' if len(differ) == 1 else 'differ'}"
        console.remark(said if differ else f"{plural(len(places), 'place')} in templates as generated")
    return status


def _late(message: str, span: Span | None = None) -> Diagnostic:
    """What is out of date, for those that read findings."""
    return Diagnostic(
        "out-of-date", message, span, "run `policyc build`, or generate the template again", Severity.WARNING
    )


def _difference(item: Differs) -> dict[str, Any]:
    return {"file": item.file, "line": item.line, "name": item.name, "document": item.path, "how": item.how}


def _fail(problem: Problem, console: Console) -> int:
    options = console.error_options()
    lines = wrap(f"error[{problem.rule}]: {problem.message}", options.width, "  ")
    lines += wrap(f"  = help: {problem.help}", options.width, " " * 10)
    console.error("\n".join(lines) + "\n")
    return exits.WRONG_USE
