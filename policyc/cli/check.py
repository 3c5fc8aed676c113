"""`policyc check`: everything that is wrong or doubtful, and nothing written."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import Any

from policyc.cli import cache, earlier, exits
from policyc.cli.console import Console
from policyc.cli.document_kinds import KIND_NAMES
from policyc.cli.holes import add_bindings, bindings_of
from policyc.cli.parser import WrongUse, one_of
from policyc.cli.project import here, open_projects
from policyc.cli.refuse import nothing_found, refuse, report
from policyc.cli.standard_input import read_stdin, with_stdin
from policyc.cli.trust import add_trust, samples_of, trust_of
from policyc.cli.watch import add_watch, watch
from policyc.diagnostics import Diagnostics, Severity
from policyc.record import replace
from policyc.report.screen import clean, plural
from policyc.report.tally import Tally, closing_line
from policyc.workspace.checking import check_project
from policyc.workspace.documents.native_settings import NativeSettings, said, settings_of
from policyc.workspace.documents.natives import NAMED, split_natives
from policyc.workspace.found import Found, together
from policyc.workspace.project import POLICY, Project
from policyc.workspace.remembered import Remembered

SHARED = ("root", "config", "exclude", "param", "format", "output", "color", "quiet")
REPORT = "findings"
FORMATS = ()
#: how often `--fix` looks again
_ROUNDS = 100

DESCRIPTION = """Read policy files with everything that they import, check them, compile them to documents
in memory, check those against the services' schemas and quotas, and run the lint rules. The project is
always read whole; PATH says which part of it is reported on."""

EPILOG = """examples:
  policyc check                          the paths of policyc.toml
  policyc check policies/shop.policy     what concerns one file
  policyc check --exclude vendor         without a folder
  policyc check --param stage=prod       with a parameter
  policyc check --format sarif --output findings.sarif
  policyc check --watch                  again whenever a file changes
  policyc check --fix                    mend what is safe to mend, report the rest
  policyc check --base origin/main       only what this branch brought about
  policyc check infra                    templates, plans and manifests with policies inside
  policyc check --bind OrgId=o-a1b2c3d4e5 stack.yaml    with a value that a template leaves open
  policyc check policy.json              one document as AWS takes it: IAM JSON or a Cloud WAN policy
  policyc check --as bucket policy.json  when its shape does not tell what it is
  policyc check --trust idc=iam_identity_center group.cedar
  policyc check --claims okta=okta-claims.json group.cedar
  policyc check - --as auth-policy       what comes on standard input
  policyc check - --stdin-filename policies/shop.policy    as if it were saved there

exit status: 0 clean, 1 errors or warnings found, 2 wrong use or configuration,
3 internal error, 4 no policy file found. Notes alone count as clean without --strict."""


def describe(parser: argparse.ArgumentParser) -> None:
    parser.description, parser.epilog = DESCRIPTION, EPILOG
    parser.add_argument(
        "paths", nargs="*", metavar="PATH", help="files or folders, or - (default: `paths` of policyc.toml)"
    )
    parser.add_argument(
        "--as",
        dest="kind",
        metavar="KIND",
        type=one_of("kind", KIND_NAMES),
        help="what a document is, in place of what its shape and ending tell: " + ", ".join(KIND_NAMES),
    )
    parser.add_argument(
        "--stdin-filename",
        metavar="FILE",
        help="the file in whose place standard input (`-`) is read; it need not exist",
    )
    add_trust(parser)
    add_bindings(parser)
    parser.add_argument("--markdown", action="store_true", help="check policies in the code fences of Markdown too")
    parser.add_argument(
        "--allow-unreadable",
        action="store_true",
        help="exit with 0 though policies stand in files in a form that is not read",
    )
    parser.add_argument("--fix", action="store_true", help="mend what can be mended without a change of meaning")
    parser.add_argument(
        "--unsafe-fixes",
        action="store_true",
        help="as --fix, with fixes that may change the meaning: look at what they did",
    )
    parser.add_argument(
        "--diff",
        action="store_true",
        help="write nothing, show what --fix or --unsafe-fixes would change; exit with 1 where that is anything, or where errors or warnings are left",
    )
    parser.add_argument("--strict", action="store_true", help="exit with 1 for notes too")
    parser.add_argument(
        "--pedantic",
        action="store_true",
        help="tell too, as notes, what only some of the values would bring about that a template leaves open",
    )
    parser.add_argument("--no-cache", action="store_true", help="neither use nor keep a remembered result")
    add_watch(parser)
    earlier.describe(parser)


def run(args: argparse.Namespace, console: Console) -> int:
    args.fix = args.fix or args.unsafe_fixes or args.diff
    if args.watch:
        if "-" in args.paths or args.fix:
            raise WrongUse("`--watch` only looks, at files", "leave `--fix` and `-` out")
        args.no_cache = True
        return watch(args, console, lambda: _once(args, console))
    return _once(args, console)


def _once(args: argparse.Namespace, console: Console) -> int:
    kind: str = args.kind or ""
    unsaved = read_stdin(args, kind)
    if args.fix and unsaved is not None:
        raise WrongUse("`--fix` changes files, and standard input is none", "name the file")
    named = args.paths if unsaved is None else [unsaved.named]
    mistakes = Diagnostics()
    projects = _opened(args, named, mistakes)
    console.names = projects[0].names
    if mistakes.has_errors:
        return refuse(mistakes, projects[0], console, args.format)
    if unsaved is not None:
        projects = [with_stdin(projects[0], unsaved)]
    trust, samples, values = trust_of(args), samples_of(args), bindings_of(args)
    found: list[Found] = []
    for project in projects:
        settings = replace(
            settings_of(project.config, kind, trust, samples),
            values=values,
            fences=args.markdown,
            pedantic=args.pedantic,
        )
        part = (
            _mended(project, settings, mistakes, console, args.unsafe_fixes)
            if args.fix and not args.diff
            else _checked(project, settings, mistakes, args, unsaved is not None)
        )
        if part is None:
            console.names = project.names
            return refuse(mistakes, project, console, args.format)
        found.append(part)
    if kind and not any(split_natives(project.named, kind)[0] for project in projects):
        raise WrongUse("`--as` is about documents, and none is named", "name a file such as `policy.json`")
    whole = together(found)
    console.names = whole.names
    if not (whole.modules or whole.natives or whole.shown or whole.tally != Tally()):
        return nothing_found(console, {path for one in projects for path in (one.root, *one.named)})
    if args.diff:
        return _show_fixes(found, console, args.unsafe_fixes)
    if earlier.is_asked(args):
        return _only_new(whole, args, console)
    status = _write(whole, args, console)
    alone = len(projects) == 1 and projects[0].root == here(args)
    if (
        alone
        and whole.loaded
        and unsaved is None
        and not whole.tally.unreadable
        and not (args.no_cache or args.claims or args.bindings or args.output or args.fix)
    ):
        console.flush()
        walked = [str(path) for path in (*projects[0].paths, *projects[0].named)]
        cache.remember(args.argv, sys.stdout, walked, whole.texts, whole.looked, "".join(console.written), status)
    return status


def _checked(
    project: Project, settings: NativeSettings, mistakes: Diagnostics, args: argparse.Namespace, is_unsaved: bool
) -> Found | None:
    """What is found in a project. What earlier runs found in its documents is asked and kept."""
    if is_unsaved:
        return check_project(project, settings, mistakes)
    root, asked = str(project.root), said(settings)
    is_kept = not args.no_cache and args.root is None and args.config is None
    known = cache.answers(root, asked) if is_kept else Remembered()
    known.helper = _helper
    found = check_project(project, settings, mistakes, memory=known)
    if is_kept:
        cache.keep_answers(root, asked, known)
    return found


def _helper(work: Callable[[], dict[str, Any]]) -> Callable[[], dict[str, Any]] | None:
    from policyc.cli import helping

    return helping.begun(work)


def _opened(args: argparse.Namespace, named: Sequence[str], mistakes: Diagnostics) -> list[Project]:
    prose = (".md", ".markdown") if args.markdown else ()
    return open_projects(args, named, mistakes, () if args.kind else (POLICY, *NAMED, *prose))


def _only_new(whole: Found, args: argparse.Namespace, console: Console) -> int:
    """The report of what an earlier state did not have."""
    top = whole.names.repository or whole.names.root
    if args.base is not None:
        top = _top(whole.names.root)

    def check(asked: argparse.Namespace) -> Found | None:
        """What another copy of the repository has; None where there is nothing to check, or what is there cannot be read."""
        mistakes = Diagnostics()
        parts = []
        for project in _opened(asked, asked.paths, mistakes):
            settings = settings_of(project.config, asked.kind or "", trust_of(asked), samples_of(asked))
            settings = replace(settings, values=bindings_of(asked), fences=asked.markdown, pedantic=asked.pedantic)
            parts.append(None if mistakes.has_errors else check_project(project, settings, mistakes))
        found = [part for part in parts if part is not None]
        return together(found) if found else None

    before = earlier.earlier(args, top, check)
    if args.write_baseline:
        count = earlier.write_baseline(args.write_baseline, args, whole, top)
        console.remark(f"{plural(count, 'known finding')} in {args.write_baseline}")
        return exits.CLEAN
    assert before is not None
    new, result = earlier.compared(whole, before, top)
    return _write(new, args, console, result)


def _show_fixes(found: Sequence[Found], console: Console, unsafe: bool) -> int:
    """What the fixes would change, and nothing written."""
    from policyc.cli.fixing import fixed_texts
    from policyc.cli.text_diff import write_diff

    count = every = 0
    for part in found:
        texts, mended = fixed_texts(part.shown, part.sources, unsafe)
        count += mended
        every += mended if unsafe else fixed_texts(part.shown, part.sources, True)[1]
        for file, text in texts.items():
            write_diff(console, part.names.shown(file), part.sources[file].text, text, "fixed")
    findings = plural(sum(len(part.shown) for part in found), "finding")
    console.remark(f"would fix {count} of {findings}{_unsafe(every - count)}")
    wrong = any(item.severity is not Severity.INFO for part in found for item in part.shown)
    return exits.FINDINGS if count or wrong else exits.CLEAN


def _unsafe(left: int) -> str:
    return f"; `--unsafe-fixes` mends {left} more, with changes to look at" if left else ""


def _mended(
    project: Project, settings: NativeSettings, mistakes: Diagnostics, console: Console, unsafe: bool
) -> Found | None:
    """What is found after the fixes of what was found; one fix can make room for the next."""
    from policyc.cli.fixing import apply_fixes

    part = check_project(project, settings, mistakes)
    count = 0
    for _ in range(_ROUNDS):
        now = 0 if part is None else apply_fixes(project.root, part.shown, part.sources, unsafe)
        if not now:
            break
        count += now
        part = check_project(project, settings, mistakes)
    left = 0 if part is None or unsafe else sum(item.fix is not None for item in part.shown)
    console.remark(f"fixed {plural(count, 'finding')}{_unsafe(left)}")
    return part


def _top(root: str) -> str:
    from policyc.workspace.revisions import NoRevision, repository_of

    try:
        return repository_of(root)
    except NoRevision as error:
        raise WrongUse(str(error), error.help) from error


def _closing(whole: Found) -> str:
    """What an all-clear covers."""
    every = whole.tally.plus(Tally(whole.natives, whole.natives))
    return closing_line(every, None if whole.modules else len(whole.shown), whole.names.shown)


def _write(whole: Found, args: argparse.Namespace, console: Console, compared: earlier.Compared | None = None) -> int:
    """The report and its exit status."""
    if compared is not None and args.format == "json":
        from policyc.report.formats.json import findings_data, written

        data = findings_data(whole.shown, whole.sources, replace(console.options(), tally=whole.tally))
        console.write(written({**data, "compared": compared.data()}))
    else:
        report(whole.shown, whole.sources, console, args.format, whole.tally)
    if args.format == "markdown":
        from policyc.report.formats.markdown import notes

        lines = compared.told() if compared is not None else ()
        console.write(notes([*lines, *([_closing(whole)] if whole.tally != Tally() else [])]))
    if args.format == "human" and not args.quiet:
        inside = whole.tally != Tally()
        if compared is not None:
            console.write("".join(f"{clean(line)}\n" for line in compared.told()))
        elif not whole.shown and (whole.modules or not inside):
            policies = "policy file" if inside else "file"
            read = plural(whole.modules + (0 if inside else whole.natives), policies if whole.modules else "document")
            compiled = f", {plural(whole.documents, 'document')}" if whole.modules else ""
            console.write(f"{read}{compiled}: no findings\n")
        if inside:
            console.write(_closing(whole) + "\n")
    serious = any(args.strict or item.severity is not Severity.INFO for item in whole.shown)
    unread = bool(whole.tally.unreadable) and not args.allow_unreadable
    if unread and not serious and args.format == "human" and not args.quiet:
        console.remark("what is not readable may hold anything: `--allow-unreadable` ends with 0 all the same")
    return exits.FINDINGS if serious or unread else exits.CLEAN
