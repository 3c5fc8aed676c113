"""`policyc check`: everything that is wrong or doubtful, and nothing written."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from policyc.cli import cache, exits
from policyc.cli.compile import Compiled, compile_project, lint, nothing_found, refuse, report
from policyc.cli.console import Console
from policyc.cli.natives import NativeSettings, check_natives, find_natives, split_natives
from policyc.cli.parser import WrongUse, one_of
from policyc.cli.project import Project, open_project
from policyc.cli.trust import add_trust, samples_of, trust_of
from policyc.diagnostics import Diagnostics, Severity
from policyc.report.screen import plural
from policyc.text import Source

FORMATS = ("human", "concise", "json", "sarif", "github")
#: the names of `policyc.targets.iam_documents.kinds.KINDS`, which need not be loaded to read a command line, Cloud WAN and Cedar
KIND_NAMES = (
    "identity",
    "boundary",
    "session",
    "trust",
    "scp",
    "rcp",
    "auth-policy",
    "object-lambda",
    "access-point",
    "bucket",
    "function",
    "key",
    "endpoint",
    "resource",
    "core-network",
    "cedar",
)

DESCRIPTION = """Read policy files with everything that they import, check them, compile them to documents
in memory, check those against the services' schemas and quotas, and run the lint rules."""

EPILOG = """examples:
  policyc check                          the paths of policyc.toml
  policyc check policies/shop.policy     one file
  policyc check --param stage=prod       with a parameter
  policyc check --format sarif > findings.sarif
  policyc check policy.json              one document as AWS takes it: IAM JSON or a Cloud WAN policy
  policyc check --as bucket policy.json  when its shape does not tell what it is
  policyc check --trust idc=iam_identity_center group.cedar
  policyc check --claims okta=okta-claims.json group.cedar

exit status: 0 clean, 1 errors or warnings found, 2 wrong use or configuration,
3 internal error, 4 no policy file found. Notes alone count as clean."""


def describe(parser: argparse.ArgumentParser) -> None:
    parser.description, parser.epilog = DESCRIPTION, EPILOG
    parser.add_argument("paths", nargs="*", metavar="PATH", help="files or folders (default: `paths` of policyc.toml)")
    parser.add_argument(
        "--as",
        dest="kind",
        metavar="KIND",
        type=one_of("kind", KIND_NAMES),
        help="what a document is, in place of what its shape and ending tell: " + ", ".join(KIND_NAMES),
    )
    add_trust(parser)
    parser.add_argument("--no-cache", action="store_true", help="neither use nor keep a remembered result")


def run(args: argparse.Namespace, console: Console) -> int:
    mistakes = Diagnostics()
    project = open_project(args, args.paths, mistakes)
    console.base = project.base
    if mistakes.has_errors:
        return refuse(mistakes, project, console, args.format)
    natives, paths = split_natives(project.paths, args.kind or "")
    if args.kind and not natives:
        raise WrongUse("`--as` is about documents, and none is named", "name a file such as `policy.json`")
    config = project.config
    settings = NativeSettings(
        args.kind or "",
        config.switches,
        trust_of(args),
        frozenset(config.ignore),
        config.severity,
        config.per_path,
        samples_of(args),
    )
    if natives and not paths:
        return _check_natives(args, console, project, natives, mistakes, settings)
    compiled = compile_project(replace(project, paths=tuple(paths)))
    if compiled.loaded and not compiled.diagnostics.has_errors:
        lint(compiled, project.config, mistakes)
        if any(item.rule == "unknown-rule" for item in mistakes):
            return refuse(mistakes, project, console, args.format)
    findings = Diagnostics([*compiled.diagnostics, *mistakes])
    natives = list(dict.fromkeys([*natives, *find_natives(project.root, paths, findings)]))
    read = check_natives(project.root, natives, findings, settings, project.read)
    if not compiled.program.modules and not natives and not findings.has_errors:
        return nothing_found(console)
    return _finish(args, console, project, compiled, findings, read)


def _check_natives(
    args: argparse.Namespace,
    console: Console,
    project: Project,
    natives: Sequence[Path],
    findings: Diagnostics,
    settings: NativeSettings,
) -> int:
    """Documents alone, without any policy file."""
    sources = check_natives(project.root, natives, findings, settings, project.read)
    report(findings.sorted(), sources, console, args.format)
    serious = any(item.severity is not Severity.INFO for item in findings)
    if args.format == "human" and not serious and not args.quiet:
        console.write(f"{plural(len(natives), 'document')}: no findings\n")
    return exits.FINDINGS if serious else exits.CLEAN


def _finish(
    args: argparse.Namespace,
    console: Console,
    project: Project,
    compiled: Compiled,
    findings: Diagnostics,
    natives: Mapping[str, Source],
) -> int:
    sources = {**project.sources, **compiled.program.sources, **natives}
    report(findings.sorted(), sources, console, args.format)
    serious = any(item.severity is not Severity.INFO for item in findings)
    if args.format == "human" and not serious and not args.quiet:
        files = plural(len(compiled.program.modules) + len(natives), "file")
        console.write(f"{files}, {plural(len(compiled.all_documents), 'document')}: no findings\n")
    status = exits.FINDINGS if serious else exits.CLEAN
    if compiled.loaded and not args.no_cache and not args.claims and not (natives and findings.has_errors):
        texts = {name: source.text for name, source in {**compiled.program.sources, **natives}.items()}
        console.out.flush()
        cache.remember(
            args.argv, console.out, [str(path) for path in project.paths], texts, "".join(console.written), status
        )
    return status
