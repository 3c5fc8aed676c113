"""`policyc test`: run the tests written in the policies, against the documents that would be deployed."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Mapping, Sequence

from policyc.cli import exits
from policyc.cli.console import Console
from policyc.cli.output_file import write_file
from policyc.cli.parser import WrongUse, keyword
from policyc.cli.project import open_projects
from policyc.cli.refuse import nothing_found, refuse, refuse_findings, refuse_request
from policyc.cli.watch import add_watch, watch
from policyc.diagnostics import Diagnostic, Diagnostics
from policyc.record import record, replace
from policyc.report.coverage import Shown, coverage_data, render_coverage
from policyc.report.options import Names, Options
from policyc.report.proofs import Proof
from policyc.report.registry import renderer
from policyc.report.screen import clean
from policyc.report.tests import TestResult
from policyc.simulation.scenario.coverage import Coverage, iam_documents
from policyc.simulation.scenario.shape import ENDINGS
from policyc.text import Source, Span
from policyc.workspace.compile import Compiled, compile_project
from policyc.workspace.found import moved_finding, moved_sources, moved_span, way_from
from policyc.workspace.project import POLICY, Project
from policyc.workspace.scenarios import run_scenarios, shown, split_scenarios

SHARED = ("root", "config", "exclude", "param", "format", "output", "color", "quiet")
REPORT = "tests"
FORMATS = ()

DESCRIPTION = """Run the `test` and `prove` blocks of the policies, or scenario files, offline, against the documents that
`build` would write. A failed test shows what was decided instead, and why."""

EPILOG = """examples:
  policyc test                            every test of the project
  policyc test policies/shop.policy       the tests of one file
  policyc test -k "stock and not write"   by words of the label
  policyc test --watch                    again whenever a file changes
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
        "-k",
        dest="keyword",
        type=keyword,
        default="",
        metavar="EXPR",
        help="only tests whose label fits: words, and, or, not",
    )
    parser.add_argument(
        "--coverage",
        action="store_true",
        help="also tell which statements and which sides of conditions no test reaches",
    )
    parser.add_argument(
        "--threshold", type=_percent, metavar="N", help="fail when less than N percent is reached; implies --coverage"
    )
    parser.add_argument("--junit", metavar="FILE", help="also write the results as JUnit XML")
    add_watch(parser)


def _percent(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 100:
        raise argparse.ArgumentTypeError(f"`{text}` is no percentage from 0 to 100")
    return value


def run(args: argparse.Namespace, console: Console) -> int:
    if args.watch:
        return watch(args, console, lambda: _once(args, console))
    return _once(args, console)


def _once(args: argparse.Namespace, console: Console) -> int:
    mistakes = Diagnostics()
    projects = open_projects(args, args.paths, mistakes, (POLICY, *ENDINGS))
    console.names = projects[0].names
    if mistakes.has_errors:
        return refuse(mistakes, projects[0], console, args.format)
    coverage = Coverage() if args.coverage or args.threshold is not None else None
    if coverage is not None and len(projects) > 1:
        names = ", ".join(f"`{clean(project.root.name)}`" for project in projects)
        raise WrongUse("`--coverage` is about one project", f"name a path in one of {names}")
    ran: list[Ran] = []
    for project in sorted(projects, key=lambda one: one.root):
        part = _run_project(project, args, coverage, console)
        if isinstance(part, int):
            if part == exits.NOTHING and len(projects) > 1:
                continue
            return nothing_found(console) if part == exits.NOTHING else part
        ran.append(part)
    if not ran:
        return nothing_found(console)
    whole = _together(ran, [str(project.root) for project in projects])
    console.names = whole.names
    if not whole.results:
        fitting = f" whose label fits `{args.keyword}`" if args.keyword else ""
        console.error(f"nothing to test: no test{fitting} in these files\n")
        return exits.NOTHING
    measured = None if coverage is None else shown(coverage, args.threshold)
    _write(args, console, whole.results, whole.sources, measured)
    enough = measured is None or measured.enough
    return exits.CLEAN if enough and all(result.passed for result in whole.results) else exits.FINDINGS


@record
class Ran:
    """What the tests of one project, or of several, came to; files are named from `names.root`."""

    names: Names
    results: tuple[TestResult, ...]
    sources: Mapping[str, Source]


def _together(parts: Sequence[Ran], roots: Sequence[str]) -> Ran:
    """Several projects in one report, their files named from the folder that holds them all."""
    if len(roots) == 1:
        return parts[0]
    top = os.path.commonpath(roots)
    ways = [way_from(top, part.names.root) for part in parts]
    return Ran(
        replace(parts[0].names, root=top),
        tuple(_moved(result, way) for part, way in zip(parts, ways, strict=True) for result in part.results),
        {
            name: item
            for part, way in zip(parts, ways, strict=True)
            for name, item in moved_sources(part.sources, way).items()
        },
    )


def _moved(result: TestResult, way: str) -> TestResult:
    findings = tuple(moved_finding(item, way) for item in result.findings)
    if isinstance(result, Proof):
        claims = tuple(replace(claim, span=moved_span(claim.span, way)) for claim in result.claims)
        return replace(result, span=moved_span(result.span, way), claims=claims, findings=findings)
    return Told(result.label, moved_span(result.span, way), result.passed, findings)


@record
class Told:
    """A result as somebody sees it who stands above its project."""

    label: str
    span: Span
    passed: bool
    findings: tuple[Diagnostic, ...]


def _run_project(project: Project, args: argparse.Namespace, coverage: Coverage | None, console: Console) -> Ran | int:
    """What the tests of one project came to; the exit status where they could not be run, which is told, or where there are no
    policies."""
    scenarios, paths = split_scenarios(project.named)
    results: list[TestResult] = []
    sources: dict[str, Source] = {**project.sources}
    if paths or not scenarios:
        compiled = compile_project(project)
        sources |= compiled.program.sources
        if compiled.diagnostics.has_errors:
            console.names = project.names
            return refuse_findings(compiled, project, console, args.format)
        if not compiled.program.modules:
            return exits.NOTHING
        results += _inline(compiled, project, args.keyword, coverage)
    findings = Diagnostics()
    told, texts = run_scenarios(project, scenarios, paths, args.keyword, coverage, findings)
    results, sources = [*results, *told], {**sources, **texts}
    if findings.has_errors:
        console.names = project.names
        _refuse_scenario(findings, sources, args, console)
        return exits.FINDINGS
    return Ran(project.names, tuple(results), sources)


def _inline(compiled: Compiled, project: Project, keyword: str, coverage: Coverage | None) -> list[TestResult]:
    """The tests and the proofs written in the files that the command line names."""
    from policyc.simulation.runner import run_tests

    if coverage is not None:
        for document in iam_documents(compiled.all_documents):
            coverage.add_document(document)
    observe = None if coverage is None else coverage.add_outcome
    program = compiled.program
    asked = replace(
        program,
        tests=tuple(test for test in program.tests if project.asks_about(test.file)),
        proofs=tuple(proof for proof in program.proofs if project.asks_about(proof.file)),
    )
    results: list[TestResult] = list(run_tests(asked, compiled.all_documents, keyword, observe))
    if asked.proofs:
        from policyc.workspace.claims.proving import prove_all

        results += prove_all(asked, compiled.all_documents, keyword)
    return results


def _refuse_scenario(
    findings: Diagnostics, sources: Mapping[str, Source], args: argparse.Namespace, console: Console
) -> None:
    """Say why scenarios could not be run."""
    refuse_request(findings, sources, args.format, console)


def _write(
    args: argparse.Namespace,
    console: Console,
    results: Sequence[TestResult],
    sources: Mapping[str, Source],
    measured: Shown | None,
) -> None:
    options = console.options()
    text = renderer("tests", args.format)(results, sources, options)
    if measured is not None and args.format == "json":
        data = json.loads(text)
        data["coverage"] = coverage_data(measured, sources)
        text = json.dumps(data, indent=2) + "\n"
    console.write(text)
    if measured is not None and args.format != "json":
        told = render_coverage(measured, sources, options)
        (console.write if args.format in ("human", "concise") else console.error)(told)
    if args.junit is not None:
        plain = Options(width=options.width, names=options.names)
        write_file(args.junit, renderer("tests", "junit")(results, sources, plain), "--junit")
