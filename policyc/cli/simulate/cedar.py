"""`policyc simulate --group-policy G.cedar --endpoint-policy E.cedar`: one request to Cedar text that people already have."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from policyc.cli import exits
from policyc.cli.console import Console
from policyc.cli.inputs import read_input
from policyc.cli.parser import WrongUse
from policyc.cli.project import open_project
from policyc.cli.refuse import refuse_findings, refuse_request
from policyc.cli.simulate.answer import write_answer
from policyc.cli.trust import add_trust, samples_of, trust_of
from policyc.diagnostics import Diagnostics, Severity, did_you_mean
from policyc.engines.trace import Decision, Outcome, changed
from policyc.model.files import read_inside
from policyc.record import replace
from policyc.report.registry import render
from policyc.simulation.request import find_resource
from policyc.text import Source, Span
from policyc.workspace.compile import compile_project
from policyc.workspace.places import file_and_part
from policyc.workspace.project import Project

if TYPE_CHECKING:
    from policyc.engines.cedar.decide import Path
    from policyc.targets.cedar_documents.protocol import Answered, Guard, Providers, Record, Text


#: logs are larger than what people write
_LARGEST_LOG: Final = 256 * 1024 * 1024

#: see `policyc.cli.simulate.command.Mode`
ABOUT: Final = "Cedar text"
OTHERS: Final = frozenset({"", "endpoint_policy", "bind", "bindings"})


def describe(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group(
        "Verified Access policies as Cedar text",
        "the group's policy, the endpoint's (`--endpoint-policy FILE.cedar`), or both, and a request; `--unknown jamf.risk` "
        "names an attribute whose value is not known",
    )
    group.add_argument("--group-policy", metavar="FILE", help="the Cedar text of the group's policy")
    group.add_argument("--context", metavar="FILE", help='the context as JSON, such as {"jamf": {"risk": "LOW"}, …}')
    group.add_argument(
        "--log",
        metavar="FILE",
        help="access log records (OCSF 1.0.0-rc.2) in place of a context: one, or one a line; also with the name of a declared "
        "endpoint in place of Cedar files. With `--service-policy` or `--network-policy`: one record of a VPC Lattice access log",
    )
    add_trust(group)


def wants(args: argparse.Namespace) -> bool:
    # `--endpoint-policy` and `--unknown` belong to raw documents as well; the ending tells Cedar text
    cedar = any(name.endswith(".cedar") for name in args.endpoint_policy)
    log = args.log and not (args.service_policy or args.network_policy)
    return bool(args.group_policy or args.context or log or cedar)


def run(args: argparse.Namespace, console: Console) -> int:
    _check_flags(args)
    from policyc.targets.cedar_texts import logging

    diagnostics = Diagnostics()
    project = open_project(args, args.paths if args.resource else [], diagnostics)
    sources: dict[str, Source] = dict(project.sources)
    given = _given(args, project, sources)
    guard: Guard | None = None
    if args.resource and not diagnostics.has_errors:
        compiled = compile_project(project)
        if compiled.diagnostics.has_errors:
            return refuse_findings(compiled, project, console, args.format)
        sources |= compiled.program.sources
        on = find_resource(compiled.program, args.resource, diagnostics, None)
        if on is not None:
            guard = logging().guard_on(on, compiled.program, compiled.all_documents, given, diagnostics)
    elif not diagnostics.has_errors:
        files = {"group": args.group_policy, "endpoint": args.endpoint_policy[0] if args.endpoint_policy else None}
        texts = read_texts(files, args, sources, diagnostics)
        if not diagnostics.has_errors:
            guard = logging().guard_of(texts, given, project.config.switches, diagnostics)
    if guard is None or diagnostics.has_errors:
        return refuse_request(diagnostics, sources, args.format, console)
    sources |= {source.file: source for source, _ in guard.texts.values()}
    unknown = [_path(text, guard.read) for text in args.unknown]
    if args.log:
        source = read_input(args.log, "log records", args, largest=_LARGEST_LOG)
        sources[source.file] = source
        records = logging().records(source, diagnostics)
        if len(records) > 1 and not diagnostics.has_errors:
            return _answer_all(records, guard, unknown, sources, args, console)
        answered = guard.answer_record(records[0].tree, unknown, diagnostics) if records else None
        outcome = None if answered is None else answered.outcome
    else:
        outcome = _of_context(args, guard, unknown, given, sources, diagnostics)
    if outcome is None or diagnostics.has_errors:
        return refuse_request(diagnostics, sources, args.format, console)
    taken = getattr(args, "taken", ())
    return write_answer(changed(outcome, notes=(*outcome.notes, *taken)) if taken else outcome, sources, args, console)


def _given(args: argparse.Namespace, project: Project, sources: dict[str, Source]) -> Providers:
    """What the command line says of trust providers; files that comments of the texts name are those of the project."""
    from policyc.targets.cedar_documents.protocol import Providers

    def open_file(name: str, span: Span, found: Diagnostics) -> Source | None:
        source = read_inside(project.root, name, span, found)
        if source is not None:
            sources[name] = source
        return source

    samples = samples_of(args)
    sources.update({source.file: source for source in samples.values()})
    return Providers(trust_of(args), samples, open_file)


def _check_flags(args: argparse.Namespace) -> None:
    if args.resource and args.log and not (args.group_policy or args.endpoint_policy):
        named: tuple[str, ...] = ("who", "can", "path", "request")
    elif not (args.group_policy or args.endpoint_policy):
        raise WrongUse(
            "no policy given",
            "name Cedar files with `--group-policy`, `--endpoint-policy` or both, or with `--log` an endpoint of the project",
        )
    else:
        named = ("resource", "who", "can", "path", "request")
    if len(args.endpoint_policy) > 1:
        raise WrongUse("an endpoint has one policy", "give `--endpoint-policy` once")
    if bool(args.context) == bool(args.log):
        raise WrongUse(
            "a request is either `--context` or `--log`", "give one of them: JSON of the context, or a log record"
        )
    if args.assume == "unknown":
        raise WrongUse(
            "`--assume` goes with policies of the project and IAM documents", "name what is not known with `--unknown`"
        )
    others = [name for name in named if getattr(args, name, None) is not None]
    if others or args.settings:
        name = others[0] if others else "set"
        shown = f"`{args.resource}`" if name == "resource" else f"`--{name}`"
        raise WrongUse(f"{shown} goes with policies of the project, not with Cedar files or log records", "drop it")


def read_texts(
    files: Mapping[str, str | None], args: argparse.Namespace, sources: dict[str, Source], diagnostics: Diagnostics
) -> dict[str, Text]:
    """The texts by their gate; what is wrong with them is reported."""
    found = {gate: _read_cedar(name, args, sources, diagnostics) for gate, name in files.items() if name is not None}
    return {gate: text for gate, text in found.items() if text is not None}


def _read_cedar(
    name: str, args: argparse.Namespace, sources: dict[str, Source], diagnostics: Diagnostics
) -> Text | None:
    from policyc.syntax.cedar_text import parse_cedar
    from policyc.targets.cedar_documents.text.supported import check_supported

    found = _in_host(name, args, sources, diagnostics)
    if found is None and diagnostics.has_errors:
        return None
    source = found or read_input(name, "a Cedar policy", args)
    sources[source.file] = source
    document = parse_cedar(source, diagnostics)
    if document is None or not check_supported(source, document, diagnostics):
        return None
    return source, document


def _in_host(
    name: str, args: argparse.Namespace, sources: dict[str, Source], diagnostics: Diagnostics
) -> Source | None:
    """The text in a template, plan or manifest (`FILE`, or `FILE#NAME` where it holds several); None for a file that is none."""
    file, part = file_and_part(name)
    if file.endswith((".cedar", ".txt")) or file == "-":
        return None
    from policyc.cli.holes import bindings_of
    from policyc.cli.project import here
    from policyc.workspace.documents.asked import text_in

    source = read_input(file, "a Cedar policy", args)
    sources[source.file] = source
    return text_in(source, part, bindings_of(args), here(args), diagnostics)


def _of_context(
    args: argparse.Namespace,
    guard: Guard,
    unknown: Sequence[Path],
    given: Providers,
    sources: dict[str, Source],
    diagnostics: Diagnostics,
) -> Outcome | None:
    from policyc.engines.cedar.decide import NotOpen, UnusableContext
    from policyc.syntax.json_text import JsonObject, parse_json
    from policyc.targets.cedar_documents.protocol import Logs, Question
    from policyc.targets.cedar_documents.text.asking import report_unusable
    from policyc.targets.cedar_documents.text.paths import declared_names
    from policyc.targets.cedar_texts import target_of

    source = read_input(args.context, "a request", args)
    sources[source.file] = source
    tree = parse_json(source, diagnostics)
    if tree is None:
        return None
    if not isinstance(tree, JsonObject):
        diagnostics.error(
            "malformed-request", "a context is one JSON object", tree.span, 'such as {"jamf": {"risk": "LOW"}}'
        )
        return None
    documents = [item[1] for item in guard.texts.values()]
    target = target_of(documents, {*given.trust, *(name for item in documents for name in declared_names(item))})
    if isinstance(target, Logs) or {*guard.texts} != {*target.gates}:
        return guard.answer(tree, unknown, diagnostics)
    try:
        return target.ask_texts(guard.texts, Question(tree.plain(), unknown))
    except (UnusableContext, NotOpen) as error:
        report_unusable(error, tree, (), diagnostics)
        return None


def _answer_all(
    records: Sequence[Record],
    guard: Guard,
    unknown: Sequence[Path],
    sources: Mapping[str, Source],
    args: argparse.Namespace,
    console: Console,
) -> int:
    """An answer for each record of a log, and what they come to: 0 when all are as the log says, 1 when some are not, 11 when some are
    open. Records that no policy decided are said to be skipped."""
    from policyc.report.outcome import outcome_data

    data: list[dict[str, Any]] = []
    counts = {"as the log says": 0, "not as the log says": 0, "undecided": 0, "skipped": 0}
    for number, item in enumerate(records, 1):
        found = Diagnostics()
        answered = guard.answer_record(item.tree, unknown, found)
        texts = {**sources, item.source.file: item.source}
        if answered is None:
            counts["skipped"] += 1
            notes = [replace(one, severity=Severity.INFO) for one in found]
            console.error(render("human", notes, texts, console.error_options()))
            continue
        counts[_told(answered)] += 1
        outcome = answered.outcome
        if args.format == "json":
            data.append({"record": number, "log": answered.expected, **outcome_data(outcome, texts)})
        else:
            console.write(f"record {number}: ")
            write_answer(outcome, texts, args, console)
            console.write("\n")
    if args.format == "json":
        console.write(json.dumps({"format_version": 1, "records": data}, indent=2) + "\n")
    else:
        shown = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
        console.write(f"{len(records)} records: {shown}\n")
    if counts["skipped"] == len(records):
        return exits.WRONG_USE
    if counts["not as the log says"]:
        return exits.FINDINGS
    return exits.UNDECIDED if counts["undecided"] else exits.CLEAN


def _told(answered: Answered) -> str:
    if answered.outcome.decision is Decision.UNDECIDED:
        return "undecided"
    return "not as the log says" if answered.expected and not answered.agrees else "as the log says"


def _path(text: str, read: Sequence[Path]) -> Path:
    """The attribute that `--unknown` names. One that the texts do not read may be a slip, unless its name is documented."""
    from policyc.targets.cedar_documents.facts import cedar_path, split_name
    from policyc.targets.cedar_texts import logging

    path = split_name(text.removeprefix("context."))
    if path is None:
        raise WrongUse(f"`{text}` is no attribute", 'write such as `jamf.risk` or `okta["cognito:groups"]`')
    related = any(path == other[: len(path)] or other == path[: len(other)] for other in read)
    if not related and not logging().is_documented(path):
        names = [cedar_path(other) for other in read if len(other) > 1]
        shown = ", ".join(f"`{name}`" for name in names[:8])
        otherwise = f"they read {shown}" if names else "they read nothing of the context"
        raise WrongUse(
            f"the texts do not read `{text}`, and no documentation names it",
            did_you_mean(cedar_path(path), names, otherwise),
        )
    return path
