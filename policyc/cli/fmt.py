"""`policyc fmt`: lay out policy files in the one style, comments and blank lines kept."""

from __future__ import annotations

import argparse
from pathlib import Path

from policyc.cli import exits
from policyc.cli.console import Console
from policyc.cli.inputs import read_stdin_text
from policyc.cli.parser import WrongUse
from policyc.cli.project import open_projects
from policyc.cli.refuse import nothing_found, refuse, refuse_request
from policyc.cli.replace_text import replace_text
from policyc.cli.text_diff import write_diff
from policyc.diagnostics import Diagnostic, Diagnostics, Severity
from policyc.report.registry import render
from policyc.report.screen import clean, plural
from policyc.text import Source
from policyc.workspace.documents.natives import NATIVES, find_natives, native
from policyc.workspace.found import Found, together
from policyc.workspace.project import POLICY, Project

SHARED = ("root", "config", "exclude", "format", "color", "quiet")
REPORT = "findings"
FORMATS = ()

DESCRIPTION = """Lay out policy files in the one style. Meaning, comments and order stay as they are; a file with a
syntax error is reported and left alone."""

EPILOG = """examples:
  policyc fmt                     every file of the project, in place
  policyc fmt --check             write nothing; exit 1 when a file would change
  policyc fmt --diff              write nothing; show what would change
  policyc fmt - < in.policy       from standard input to standard output
  policyc fmt group.cedar         a document as AWS takes it, Cedar text or JSON

exit status: 0 done, 1 a file would change (--check, --diff) or has a syntax error,
2 wrong use or configuration, 3 internal error, 4 no policy file found."""


def describe(parser: argparse.ArgumentParser) -> None:
    parser.description, parser.epilog = DESCRIPTION, EPILOG
    parser.add_argument(
        "paths", nargs="*", metavar="PATH", help="files or folders, or - (default: `paths` of policyc.toml)"
    )
    parser.add_argument("--check", action="store_true", help="write nothing, list the files that would change")
    parser.add_argument(
        "--stdin-filename",
        metavar="FILE",
        help="what standard input (`-`) is called; its ending says which language it is in",
    )
    parser.add_argument("--diff", action="store_true", help="write nothing, show what would change")


def run(args: argparse.Namespace, console: Console) -> int:
    if args.paths == ["-"]:
        return _run_stream(args, console)
    if args.stdin_filename is not None:
        raise WrongUse("`--stdin-filename` names what comes on standard input", "give `-` in place of the paths")
    if "-" in args.paths:
        raise WrongUse("`-` goes alone", "format files and standard input in two runs")
    mistakes = Diagnostics()
    projects = open_projects(args, args.paths, mistakes, (POLICY, *NATIVES))
    console.names = projects[0].names
    if mistakes.has_errors:
        return refuse(mistakes, projects[0], console, args.format)
    done = [_lay_out(project, args, console) for project in projects]
    whole = together([found for found, _ in done])
    console.names = whole.names
    count, changed = whole.modules, sum(number for _, number in done)
    broken = any(item.severity is Severity.ERROR for item in whole.shown)
    if not count and not broken:
        return nothing_found(console)
    if whole.shown or args.format not in ("human", "concise"):
        console.write(render(args.format, whole.shown, whole.sources, console.options()))
    verb = "would change" if args.check or args.diff else "changed"
    console.remark(f"{changed:,} of {plural(count, 'file')} {verb}")
    return exits.FINDINGS if broken or ((args.check or args.diff) and changed) else exits.CLEAN


def _lay_out(project: Project, args: argparse.Namespace, console: Console) -> tuple[Found, int]:
    """One project: what is wrong with its files, and how many change."""
    from policyc.model.files import find_files, read_source

    diagnostics = Diagnostics()
    cedar = [
        path.relative_to(project.root).as_posix() for path in find_natives(project, diagnostics, (".cedar",)).documents
    ]
    chosen = project.named or project.paths
    policies = find_files(project.root, chosen, diagnostics, leave_out=project.leaves_out)
    sources: dict[str, Source] = {}
    changed = 0
    for name in dict.fromkeys([*policies, *cedar]):
        source = read_source(project.root, name, None, diagnostics)
        if source is None:
            continue
        sources[name] = source
        text = formatted(source, diagnostics)
        if text is None or text == source.text:
            continue
        changed += 1
        if args.format not in ("human", "concise") and (args.check or args.diff):
            diagnostics.add(_other_layout(source, text))
        else:
            _show_or_write(name, text, source, project, args, console)
    return Found(project.names, tuple(diagnostics.sorted()), sources, modules=len(sources)), changed


def _other_layout(source: Source, text: str) -> Diagnostic:
    """That a file would change, at the first place where it would."""
    pairs = zip(source.text, text)
    same = next((at for at, (old, new) in enumerate(pairs) if old != new), min(len(source.text), len(text)))
    return Diagnostic(
        "not-formatted",
        f"`{source.file}` is not in the one style",
        source.span(same, min(same + 1, len(source.text))),
        "run `policyc fmt`",
        Severity.WARNING,
    )


def formatted(source: Source, diagnostics: Diagnostics) -> str | None:
    """A file's text in the one style, or None when it has errors, which are reported."""
    path = Path(source.file)
    if path.suffix in NATIVES:
        return native(path.suffix).format(source, diagnostics)
    from policyc.syntax.format import format_module
    from policyc.syntax.parser import parse

    found = Diagnostics()
    module = parse(source, found)
    diagnostics.extend(found)
    return None if found.has_errors else format_module(module, source)


def _show_or_write(
    name: str, text: str, source: Source, project: Project, args: argparse.Namespace, console: Console
) -> None:
    if args.diff:
        write_diff(console, project.names.shown(name), source.text, text, "formatted")
    elif args.check:
        console.write(f"would change: {clean(project.names.shown(name))}\n")
    else:
        replace_text(project.root / name, text)


def _run_stream(args: argparse.Namespace, console: Console) -> int:
    text = read_stdin_text()
    source = Source(args.stdin_filename or "<stdin>", text)
    diagnostics = Diagnostics()
    result = formatted(source, diagnostics)
    if result is None:
        return refuse_request(diagnostics, {source.file: source}, args.format, console, exits.FINDINGS)
    looked_only = args.check or args.diff
    if looked_only and args.format not in ("human", "concise"):
        items = [_other_layout(source, result)] if result != text else []
        console.write(render(args.format, items, {source.file: source}, console.options()))
    elif args.diff:
        write_diff(console, source.file, text, result, "formatted")
    elif not args.check:
        console.exact(result)
    return exits.FINDINGS if looked_only and result != text else exits.CLEAN
