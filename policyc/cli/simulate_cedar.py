"""`policyc simulate --group-policy G.cedar --endpoint-policy E.cedar`: one request to Cedar text that people already have."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from policyc.cli import exits
from policyc.cli.answer import write_answer
from policyc.cli.console import Console
from policyc.cli.inputs import file_and_part, read_input
from policyc.cli.parser import WrongUse
from policyc.cli.project import open_project
from policyc.cli.refuse import refuse_findings, refuse_request
from policyc.cli.trust import add_trust, samples_of, trust_of
from policyc.diagnostics import Diagnostics, Severity, did_you_mean
from policyc.engines.trace import Decision, Outcome
from policyc.model.files import read_inside
from policyc.record import record, replace
from policyc.report.registry import render
from policyc.text import Source, Span
from policyc.workspace.compile import Compiled, compile_project
from policyc.workspace.project import Project

if TYPE_CHECKING:
    from policyc.engines.cedar.decide import NotOpen, UnusableContext
    from policyc.syntax.cedar_nodes import Document
    from policyc.syntax.json_text import JsonValue
    from policyc.targets.cedar_documents.text.kinds import Kind
    from policyc.targets.verified_access.gates import EndpointAlone
    from policyc.targets.verified_access.read.access_log import LoggedRequest, Record
    from policyc.targets.verified_access.read.claims import Declared
    from policyc.targets.verified_access.read.replay import Texts

    Path = tuple[str, ...]


#: logs are larger than what people write
_LARGEST_LOG: Final = 256 * 1024 * 1024

#: see `policyc.cli.simulate.Mode`
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


@record
class _Asking:
    """What is asked: the texts, what they read, what the command line calls unknown, and what is declared of the providers."""

    policies: Texts
    read: list[Path]
    unknown: list[Path]
    alone: EndpointAlone
    declared: Declared


def run(args: argparse.Namespace, console: Console) -> int:
    _check_flags(args)
    diagnostics = Diagnostics()
    project = open_project(args, args.paths if args.resource else [], diagnostics)
    sources: dict[str, Source] = dict(project.sources)
    policies: Texts = (None, None)
    trust = trust_of(args)
    claims: Mapping[str, Kind] = {}
    if args.resource and not diagnostics.has_errors:
        compiled = compile_project(project)
        if compiled.diagnostics.has_errors:
            return refuse_findings(compiled, project, console, args.format)
        policies, trust, claims = texts_of_endpoint(args.resource, compiled, diagnostics)
        sources |= {**compiled.program.sources, **{item[0].file: item[0] for item in policies if item is not None}}
    elif not diagnostics.has_errors:
        group = read_cedar(args.group_policy, args, sources, diagnostics)
        endpoint = read_cedar(args.endpoint_policy[0] if args.endpoint_policy else None, args, sources, diagnostics)
        policies = (group, endpoint)
    asking = None
    if not diagnostics.has_errors:
        asking = _asking(args, project, policies, trust, claims, sources, diagnostics)
    if asking is not None and args.log and not diagnostics.has_errors:
        source = read_input(args.log, "log records", args, largest=_LARGEST_LOG)
        sources[source.file] = source
        from policyc.targets.verified_access.read.access_log import parse_records

        records = parse_records(source, diagnostics)
        if len(records) > 1 and not diagnostics.has_errors:
            return _answer_all(records, asking, sources, args, console)
        outcome = _of_record(records[0], asking, diagnostics)[1] if records else None
    else:
        outcome = None if asking is None or diagnostics.has_errors else _of_context(args, asking, sources, diagnostics)
    if outcome is None or diagnostics.has_errors:
        return refuse_request(diagnostics, sources, args.format, console)
    return write_answer(outcome, sources, args, console)


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


def read_cedar(
    name: str | None, args: argparse.Namespace, sources: dict[str, Source], diagnostics: Diagnostics
) -> tuple[Source, Document] | None:
    if name is None:
        return None
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
    from policyc.workspace.asked import text_in

    source = read_input(file, "a Cedar policy", args)
    sources[source.file] = source
    return text_in(source, part, bindings_of(args), here(args), diagnostics)


def texts_of_endpoint(
    name: str, compiled: Compiled, diagnostics: Diagnostics
) -> tuple[Texts, dict[str, str], Mapping[str, Kind]]:
    """The texts that the project deploys on the group of a declared endpoint and on the endpoint, the group's trust providers, and the
    claims that it declares of these."""
    from policyc.simulation.request import find_resource
    from policyc.syntax.cedar_text import parse_cedar
    from policyc.targets.cedar_documents.claims import entries
    from policyc.targets.verified_access.read.claims import claims_of
    from policyc.targets.verified_access.scope import ENDPOINT, group_of, reference

    program = compiled.program
    endpoint = find_resource(program, name, diagnostics, None)
    if endpoint is None:
        return (None, None), {}, {}
    group = group_of(endpoint, program.resources)
    if endpoint.type != ENDPOINT or group is None:
        diagnostics.error(
            "request-to-group",
            f"`{endpoint.name}` is no endpoint of Verified Access, and a log record is about one",
            endpoint.span,
            f"name a `{ENDPOINT}`",
        )
        return (None, None), {}, {}
    texts: list[tuple[Source, Document] | None] = []
    for resource in (group, endpoint):
        found = next(
            (
                item
                for item in compiled.all_documents
                if item.attached_to == resource.id and item.path.endswith(".cedar")
            ),
            None,
        )
        source = None if found is None else Source(found.path, found.text)
        tree = None if source is None else parse_cedar(source, diagnostics)
        texts.append(None if source is None or tree is None else (source, tree))
    if texts == [None, None]:
        diagnostics.error(
            "unusable-policy", f"no policy is on `{name}` or its group", endpoint.span, "write one, or name Cedar files"
        )
    trust = {reference(group, key): str(value.data) for key, value in entries(group, "trust")}
    return (texts[0], texts[1]), trust, claims_of(group)


def _asking(
    args: argparse.Namespace,
    project: Project,
    policies: Texts,
    trust: Mapping[str, str],
    claims: Mapping[str, Kind],
    sources: dict[str, Source],
    diagnostics: Diagnostics,
) -> _Asking:
    from policyc.targets.cedar_documents.text.asking import read_paths
    from policyc.targets.switches import choice
    from policyc.targets.verified_access.read.claims import declarations

    def open_file(name: str, span: Span, found: Diagnostics) -> Source | None:
        source = read_inside(project.root, name, span, found)
        if source is not None:
            sources[name] = source
        return source

    documents = [item[1] for item in policies if item is not None]
    read = read_paths(documents)
    samples = samples_of(args)
    sources.update({source.file: source for source in samples.values()})
    declared = declarations(documents, trust, samples, open_file, diagnostics, claims)
    alone: EndpointAlone = "allow" if choice(project.config.switches, "endpoint-policy-alone") == "allow" else "deny"
    return _Asking(policies, read, [_path(text, read) for text in args.unknown], alone, declared)


def _of_context(
    args: argparse.Namespace, asking: _Asking, sources: dict[str, Source], diagnostics: Diagnostics
) -> Outcome | None:
    from policyc.engines.cedar.decide import NotOpen, UnusableContext
    from policyc.syntax.json_text import JsonObject, parse_json
    from policyc.targets.cedar_documents.protocol import Question
    from policyc.targets.cedar_texts import target_of, text_targets
    from policyc.targets.verified_access.read.decide import judge

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
    try:
        group, endpoint = asking.policies
        target = target_of([item[1] for item in asking.policies if item is not None], asking.declared.trust)
        if group is None and endpoint is not None and target is not text_targets()[0]:
            return target.ask_texts({"endpoint": endpoint}, Question(tree.plain(), asking.unknown))
        return judge(group, endpoint, tree.plain(), asking.unknown, asking.alone, (), asking.declared)
    except (UnusableContext, NotOpen) as error:
        _refuse(error, tree, (), diagnostics)
        return None


def _of_record(item: Record, asking: _Asking, diagnostics: Diagnostics) -> tuple[LoggedRequest | None, Outcome | None]:
    """The request of a record and the answer to it, None after a report."""
    from policyc.engines.cedar.decide import NotOpen, UnusableContext
    from policyc.targets.verified_access.read.access_log import read_log_record
    from policyc.targets.verified_access.read.replay import replay

    logged = read_log_record(item.tree, diagnostics)
    if logged is None:
        return None, None
    try:
        return logged, replay(logged, asking.policies, asking.unknown, asking.read, asking.alone, asking.declared)
    except (UnusableContext, NotOpen) as error:
        _refuse(error, item.tree, ("data", "context"), diagnostics)
        return logged, None


def _refuse(
    error: UnusableContext | NotOpen, tree: JsonValue, inside: tuple[str, ...], diagnostics: Diagnostics
) -> None:
    from policyc.engines.cedar.decide import UnusableContext
    from policyc.targets.verified_access.read.access_log import place

    value = isinstance(error, UnusableContext)
    what = f"the value of `{'.'.join(error.path)}`" if value else f"`{'.'.join(error.path)}`"
    help = "state another value" if value else "state it, or name it with `--unknown`"
    diagnostics.error("unusable-request", f"{what} {error.why}", place(tree, *inside, *error.path), help)


def _answer_all(
    records: Sequence[Record],
    asking: _Asking,
    sources: Mapping[str, Source],
    args: argparse.Namespace,
    console: Console,
) -> int:
    """An answer for each record of a log, and what they come to: 0 when all are as the log says, 1 when some are not, 11 when some are
    open. Records that no policy decided are said to be skipped."""
    from policyc.report.outcome import outcome_data
    from policyc.targets.verified_access.read.replay import agrees

    data: list[dict[str, Any]] = []
    counts = {"as the log says": 0, "not as the log says": 0, "undecided": 0, "skipped": 0}
    for number, item in enumerate(records, 1):
        found = Diagnostics()
        logged, outcome = _of_record(item, asking, found)
        texts = {**sources, item.source.file: item.source}
        if logged is None or outcome is None:
            counts["skipped"] += 1
            notes = [replace(one, severity=Severity.INFO) for one in found]
            console.error(render("human", notes, texts, console.error_options()))
            continue
        told = "undecided" if outcome.decision is Decision.UNDECIDED else "as the log says"
        counts[
            told if told == "undecided" or not logged.expected or agrees(logged, outcome) else "not as the log says"
        ] += 1
        if args.format == "json":
            data.append({"record": number, "log": logged.expected, **outcome_data(outcome, texts)})
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


def _path(text: str, read: Sequence[Path]) -> Path:
    """The attribute that `--unknown` names. One that the texts do not read may be a slip, unless its name is documented."""
    from policyc.targets.cedar_documents.facts import cedar_path, split_name
    from policyc.targets.verified_access.read.trust import is_documented

    path = split_name(text.removeprefix("context."))
    if path is None:
        raise WrongUse(f"`{text}` is no attribute", 'write such as `jamf.risk` or `okta["cognito:groups"]`')
    related = any(path == other[: len(path)] or other == path[: len(other)] for other in read)
    if not related and not is_documented(path):
        names = [cedar_path(other) for other in read if len(other) > 1]
        shown = ", ".join(f"`{name}`" for name in names[:8])
        otherwise = f"they read {shown}" if names else "they read nothing of the context"
        raise WrongUse(
            f"the texts do not read `{text}`, and no documentation names it",
            did_you_mean(cedar_path(path), names, otherwise),
        )
    return path
