"""`policyc fmt`: lay out policy files in the one style, comments and blank lines kept."""

from __future__ import annotations

import argparse
import os
import stat
import sys
from pathlib import Path

from policyc.cli import exits
from policyc.cli.compile import nothing_found, refuse
from policyc.cli.console import Console
from policyc.cli.natives import NATIVES, find_natives, native
from policyc.cli.parser import WrongUse
from policyc.cli.project import Project, open_project
from policyc.diagnostics import Diagnostics
from policyc.report.registry import render
from policyc.report.screen import clean, paint, plural
from policyc.text import Source

FORMATS = ("human", "concise", "json", "github")

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
    parser.add_argument("--diff", action="store_true", help="write nothing, show what would change")


def run(args: argparse.Namespace, console: Console) -> int:
    if args.paths == ["-"]:
        return _run_stream(args, console)
    if "-" in args.paths:
        raise WrongUse("`-` goes alone", "format files and standard input in two runs")
    mistakes = Diagnostics()
    project = open_project(args, args.paths, mistakes)
    console.base = project.base
    if mistakes.has_errors:
        return refuse(mistakes, project, console, args.format)
    from policyc.model.files import find_files, read_source

    diagnostics = Diagnostics()
    texts = [
        path.relative_to(project.root).as_posix() for path in find_natives(project.root, project.paths, diagnostics)
    ]
    names = [*find_files(project.root, project.paths, diagnostics), *texts]
    if not names and not diagnostics.has_errors:
        return nothing_found(console)
    sources: dict[str, Source] = {}
    changed: dict[str, str] = {}
    for name in names:
        source = read_source(project.root, name, None, diagnostics)
        if source is None:
            continue
        sources[name] = source
        text = formatted(source, diagnostics)
        if text is not None and text != source.text:
            changed[name] = text
    if diagnostics.has_errors:
        console.write(render(args.format, diagnostics.sorted(), sources, console.options()))
    for name, text in changed.items():
        _show_or_write(name, text, sources[name], project, args, console)
    _remark(args, console, len(changed), len(sources))
    looked_only = args.check or args.diff
    return exits.FINDINGS if diagnostics.has_errors or (looked_only and changed) else exits.CLEAN


def formatted(source: Source, diagnostics: Diagnostics) -> str | None:
    """A file's text in the one style, or None when it has errors, which are reported."""
    path = Path(source.file)
    if path.suffix in NATIVES:
        return native(path).format(source, diagnostics)
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
        _write_diff(console, console.base + name, source.text, text)
    elif args.check:
        console.write(f"would change: {clean(console.base + name)}\n")
    else:
        replace_text(project.root / name, text)


def _remark(args: argparse.Namespace, console: Console, changed: int, total: int) -> None:
    verb = "would change" if args.check or args.diff else "changed"
    console.remark(f"{changed:,} of {plural(total, 'file')} {verb}")


def _run_stream(args: argparse.Namespace, console: Console) -> int:
    try:
        text = sys.stdin.buffer.read().decode("utf-8")
    except UnicodeDecodeError as error:
        raise WrongUse(f"standard input is not UTF-8 at byte {error.start}", "give UTF-8 text") from error
    source = Source("<stdin>", text)
    diagnostics = Diagnostics()
    result = formatted(source, diagnostics)
    if result is None:
        console.err.write(render(args.format, diagnostics.sorted(), {source.file: source}, console.error_options()))
        return exits.FINDINGS
    if args.diff:
        _write_diff(console, source.file, text, result)
    elif not args.check:
        console.write(result)
    return exits.FINDINGS if (args.check or args.diff) and result != text else exits.CLEAN


def _write_diff(console: Console, name: str, before: str, after: str) -> None:
    from difflib import unified_diff

    color = console.options().color
    styles = {"+": "good", "-": "error", "@": "frame"}
    for line in unified_diff(_lines(before), _lines(after), name, name + " (formatted)"):
        shown = clean(line.rstrip("\n"))
        console.write(paint(shown, styles[line[0]], color) + "\n" if line[0] in styles else shown + "\n")


def _lines(text: str) -> list[str]:
    """Lines as a file has them; `splitlines` would also break at form feeds and other characters."""
    lines = text.split("\n")
    return [line + "\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def replace_text(path: Path, text: str) -> None:
    """Replace a file's text in one step, its mode kept, so that a crash leaves the old text or the new."""
    mode = stat.S_IMODE(path.stat().st_mode)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("x", encoding="utf-8", newline="") as file:
            file.write(text)
        temporary.chmod(mode)
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        reason = (error.strerror or str(error)).lower()
        raise WrongUse(f"`{path.name}` cannot be written: {reason}", "check its permissions") from error
