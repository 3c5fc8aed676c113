"""`policyc test`: run the tests written in the policies, against the documents that would be deployed."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from policyc.cli import exits
from policyc.cli.compile import Compiled, compile_project, nothing_found, refuse, refuse_findings
from policyc.cli.console import Console
from policyc.cli.parser import WrongUse
from policyc.cli.project import open_project
from policyc.cli.scenarios import run_scenarios, shown, split_scenarios
from policyc.diagnostics import Diagnostics
from policyc.report.coverage import Shown, coverage_data, render_coverage
from policyc.report.options import Options
from policyc.report.registry import render
from policyc.report.tests import TestResult, render_tests, render_tests_concise, render_tests_json
from policyc.simulate.scenario.coverage import Coverage, iam_documents
from policyc.text import Source

FORMATS = ("human", "concise", "json", "junit")

DESCRIPTION = """Run the `test` blocks of the policies, or scenario files, offline, against the documents that `build`
would write. A failed test shows what was decided instead, and why."""

EPILOG = """examples:
  policyc test                            every test of the project
  policyc test policies/shop.policy       the tests of one file
  policyc test -k "stock and not write"   by words of the label
  policyc test --junit results.xml        also a report for a build server
  policyc test scenario.yaml              a table of requests, against a project or raw JSON documents
  policyc test scenario.yaml --coverage   and which statements and conditions it does not reach
  policyc test --threshold 90             fail when the tests reach less than 90 percent

exit status: 0 all passed, 1 a test failed or the policies have errors, 2 wrong use or
configuration, 3 internal error, 4 no test found."""


def describe(parser: argparse.ArgumentParser) -> None:
    parser.description, parser.epilog = DESCRIPTION, EPILOG
    parser.add_argument(
        "paths",
        nargs="*",
        metavar="PATH",
        help="files or folders (default: `paths` of policyc.toml); .yaml, .yml and .json files are scenarios",
    )
    parser.add_argument(
        "-k", dest="keyword", default="", metavar="EXPR", help="only tests whose label fits: words, and, or, not"
    )
    parser.add_argument(
        "--coverage",
        action="store_true",
        help="also tell which statements and which sides of conditions no test reaches",
    )
    parser.add_argument(
        "--threshold", type=_percent, metavar="N", help="fail when less than N percent is reached; implies --coverage"
    )
    parser.add_argument("--junit", type=Path, metavar="FILE", help="also write the results as JUnit XML")


def _percent(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 100:
        raise argparse.ArgumentTypeError(f"`{text}` is no percentage from 0 to 100")
    return value


def run(args: argparse.Namespace, console: Console) -> int:
    mistakes = Diagnostics()
    project = open_project(args, args.paths, mistakes)
    console.base = project.base
    if mistakes.has_errors:
        return refuse(mistakes, project, console, _findings_format(args.format))
    coverage = Coverage() if args.coverage or args.threshold is not None else None
    scenarios, paths = split_scenarios(project.paths)
    results: list[TestResult] = []
    sources: dict[str, Source] = {**project.sources}
    try:
        if paths or not scenarios:
            compiled = compile_project(replace(project, paths=tuple(paths)))
            sources |= compiled.program.sources
            if compiled.diagnostics.has_errors:
                return refuse_findings(compiled, project, console, _findings_format(args.format))
            if not compiled.program.modules:
                return nothing_found(console)
            results += _inline(compiled, args.keyword, coverage)
        findings = Diagnostics()
        told, texts = run_scenarios(project, scenarios, paths, args.keyword, coverage, findings)
        results, sources = [*results, *told], {**sources, **texts}
    except ValueError as error:
        raise WrongUse(f"`-k` cannot be read: {error}", "write words joined by `and`, `or`, `not`") from error
    if findings.has_errors:
        _refuse_scenario(findings, sources, args, console)
        return exits.FINDINGS
    if not results:
        fitting = f" whose label fits `{args.keyword}`" if args.keyword else ""
        console.err.write(f"nothing to test: no test{fitting} in these files\n")
        return exits.NOTHING
    measured = None if coverage is None else shown(coverage, args.threshold)
    _write(args, console, results, sources, measured)
    enough = measured is None or measured.enough
    return exits.CLEAN if enough and all(result.passed for result in results) else exits.FINDINGS


def _inline(compiled: Compiled, keyword: str, coverage: Coverage | None) -> list[TestResult]:
    """The tests written in the policies."""
    from policyc.simulate.runner import run_tests

    if coverage is not None:
        for document in iam_documents(compiled.all_documents):
            coverage.add_document(document)
    observe = None if coverage is None else coverage.add_outcome
    return list(run_tests(compiled.program, compiled.all_documents, keyword, observe))


def _refuse_scenario(
    findings: Diagnostics, sources: Mapping[str, Source], args: argparse.Namespace, console: Console
) -> None:
    """Say why scenarios could not be run."""
    format = _findings_format(args.format)
    if format == "json":
        console.write(render("json", findings.sorted(), sources, console.options()))
    else:
        console.err.write(render(format, findings.sorted(), sources, console.error_options()))


def _write(
    args: argparse.Namespace,
    console: Console,
    results: Sequence[TestResult],
    sources: Mapping[str, Source],
    measured: Shown | None,
) -> None:
    options = console.options()
    if measured is not None and args.format == "json":
        data = json.loads(_render("json", results, sources, options))
        data["coverage"] = coverage_data(measured, sources)
        console.write(json.dumps(data, indent=2) + "\n")
    else:
        console.write(_render(args.format, results, sources, options))
        if measured is not None:
            text = render_coverage(measured, sources, options)
            (console.err if args.format == "junit" else console.out).write(text)
    if args.junit is not None:
        _write_junit(args.junit, _render("junit", results, sources, options))


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
