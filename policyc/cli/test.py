"""`policyc test`: run the tests written in the policies, against the documents that would be deployed."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from policyc.cli import exits
from policyc.cli.compile import compile_project, nothing_found, refuse, refuse_findings
from policyc.cli.console import Console
from policyc.cli.parser import WrongUse
from policyc.cli.project import open_project
from policyc.diagnostics import Diagnostics
from policyc.report.options import Options
from policyc.report.tests import TestResult, render_tests, render_tests_concise, render_tests_json
from policyc.text import Source

FORMATS = ("human", "concise", "json", "junit")

DESCRIPTION = """Run the `test` blocks of the policies offline, against the documents that `build` would write.
A failed test shows what was decided instead, and why."""

EPILOG = """examples:
  policyc test                            every test of the project
  policyc test policies/shop.policy       the tests of one file
  policyc test -k "stock and not write"   by words of the label
  policyc test --junit results.xml        also a report for a build server

exit status: 0 all passed, 1 a test failed or the policies have errors, 2 wrong use or
configuration, 3 internal error, 4 no test found."""


def describe(parser: argparse.ArgumentParser) -> None:
    parser.description, parser.epilog = DESCRIPTION, EPILOG
    parser.add_argument("paths", nargs="*", metavar="PATH", help="files or folders (default: `paths` of policyc.toml)")
    parser.add_argument(
        "-k", dest="keyword", default="", metavar="EXPR", help="only tests whose label fits: words, and, or, not"
    )
    parser.add_argument("--junit", type=Path, metavar="FILE", help="also write the results as JUnit XML")


def run(args: argparse.Namespace, console: Console) -> int:
    mistakes = Diagnostics()
    project = open_project(args, args.paths, mistakes)
    console.base = project.base
    if mistakes.has_errors:
        return refuse(mistakes, project, console, _findings_format(args.format))
    compiled = compile_project(project)
    if compiled.diagnostics.has_errors:
        return refuse_findings(compiled, project, console, _findings_format(args.format))
    if not compiled.program.modules:
        return nothing_found(console)
    from policyc.simulate.runner import run_tests

    try:
        results: Sequence[TestResult] = run_tests(compiled.program, compiled.all_documents, args.keyword)
    except ValueError as error:
        raise WrongUse(f"`-k` cannot be read: {error}", "write words joined by `and`, `or`, `not`") from error
    if not results:
        fitting = f" whose label fits `{args.keyword}`" if args.keyword else ""
        console.err.write(f"nothing to test: no test{fitting} in these files\n")
        return exits.NOTHING
    options = console.options()
    console.write(_render(args.format, results, compiled.program.sources, options))
    if args.junit is not None:
        _write_junit(args.junit, _render("junit", results, compiled.program.sources, options))
    return exits.CLEAN if all(result.passed for result in results) else exits.FINDINGS


def _render(format: str, results: Sequence[TestResult], sources: Mapping[str, Source], options: Options) -> str:
    match format:
        case "concise":
            return render_tests_concise(results, sources, options)
        case "json":
            return render_tests_json(results, sources, options)
        case "junit":
            from policyc.report.junit import render_junit

            return render_junit(results, sources, options)
        case _:
            return render_tests(results, sources, options)


def _findings_format(format: str) -> str:
    """The form for findings where there are no test results to show."""
    return "human" if format == "junit" else format


def _write_junit(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        reason = (error.strerror or str(error)).lower()
        raise WrongUse(f"`{path}` cannot be written: {reason}", "check the path after `--junit`") from error
