"""`policyc simulate --group-policy G.cedar --endpoint-policy E.cedar`: one request to Cedar text that people already have."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from policyc.cli import exits
from policyc.cli.answer import write_answer
from policyc.cli.console import Console
from policyc.cli.inputs import read_input
from policyc.cli.parser import WrongUse
from policyc.cli.project import open_project
from policyc.diagnostics import Diagnostics
from policyc.engines.trace import Outcome
from policyc.report.registry import render
from policyc.text import Source

if TYPE_CHECKING:
    from policyc.syntax.cedar_nodes import Document


def describe(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group(
        "Verified Access policies as Cedar text",
        "the group's policy, the endpoint's (`--endpoint-policy FILE.cedar`), or both, and a request; `--unknown jamf.risk` "
        "names an attribute whose value is not known",
    )
    group.add_argument("--group-policy", metavar="FILE", help="the Cedar text of the group's policy")
    group.add_argument("--context", metavar="FILE", help='the context as JSON, such as {"jamf": {"risk": "LOW"}, …}')
    group.add_argument("--log", metavar="FILE", help="an access log record (OCSF 1.0.0-rc.2) in place of a context")


def wants(args: argparse.Namespace) -> bool:
    # `--endpoint-policy` and `--unknown` belong to raw documents as well; the ending tells Cedar text
    cedar = any(name.endswith(".cedar") for name in args.endpoint_policy)
    return bool(args.group_policy or args.context or args.log or cedar)


def run(args: argparse.Namespace, console: Console) -> int:
    _check_flags(args)
    diagnostics = Diagnostics()
    project = open_project(args, [], diagnostics)
    sources: dict[str, Source] = dict(project.sources)
    group = _policy(args.group_policy, sources, diagnostics)
    endpoint = _policy(args.endpoint_policy[0] if args.endpoint_policy else None, sources, diagnostics)
    outcome = None
    if not diagnostics.has_errors:
        outcome = _outcome(args, project.config.switches, (group, endpoint), sources, diagnostics)
    if outcome is None or diagnostics.has_errors:
        text = render(args.format, diagnostics.sorted(), sources, console.error_options())
        (console.write if args.format == "json" else console.err.write)(text)
        return exits.WRONG_USE
    return write_answer(outcome, sources, args, console)


def _check_flags(args: argparse.Namespace) -> None:
    if not (args.group_policy or args.endpoint_policy):
        raise WrongUse("no policy given", "name Cedar files with `--group-policy`, `--endpoint-policy` or both")
    if len(args.endpoint_policy) > 1:
        raise WrongUse("an endpoint has one policy", "give `--endpoint-policy` once")
    if bool(args.context) == bool(args.log):
        raise WrongUse(
            "a request is either `--context` or `--log`", "give one of them: JSON of the context, or a log record"
        )
    others = [name for name in ("resource", "who", "can", "path", "request") if getattr(args, name, None) is not None]
    if others or args.settings:
        name = others[0] if others else "set"
        shown = f"`{args.resource}`" if name == "resource" else f"`--{name}`"
        raise WrongUse(f"{shown} goes with policies of the project, not with Cedar files", "drop it")


def _policy(name: str | None, sources: dict[str, Source], diagnostics: Diagnostics) -> tuple[Source, Document] | None:
    if name is None:
        return None
    from policyc.syntax.cedar_text import parse_cedar

    source = read_input(name, "a Cedar policy")
    sources[source.file] = source
    document = parse_cedar(source, diagnostics)
    return None if document is None else (source, document)


def _outcome(
    args: argparse.Namespace,
    switches: Mapping[str, str],
    policies: tuple[tuple[Source, Document] | None, tuple[Source, Document] | None],
    sources: dict[str, Source],
    diagnostics: Diagnostics,
) -> Outcome | None:
    from policyc.engines.cedar import CedarError, UnusableContext
    from policyc.targets.switches import choice
    from policyc.targets.verified_access.read.access_log import LoggedRequest, unknown_paths
    from policyc.targets.verified_access.read.decide import judge, read_paths

    found = _request(args, sources, diagnostics)
    if found is None:
        return None
    request, source = found
    unknown = [_path(text) for text in args.unknown]
    context = request.context if isinstance(request, LoggedRequest) else request
    if isinstance(request, LoggedRequest):
        read = read_paths(document for item in policies if item is not None for document in (item[1],))
        unknown += [path for path in unknown_paths(request, read) if path not in unknown]
    alone = choice(switches, "endpoint-policy-alone")
    try:
        outcome = judge(*policies, context, unknown, "allow" if alone == "allow" else "deny")
    except UnusableContext as error:
        diagnostics.error(
            "unusable-request",
            f"the value of `{'.'.join(error.path)}` {error.why}",
            source.span(0, 0),
            "state another value",
        )
        return None
    except CedarError as error:
        diagnostics.error("unusable-request", str(error), source.span(0, 0), "state the attribute once")
        return None
    return _with_log(outcome, request) if isinstance(request, LoggedRequest) else outcome


def _request(
    args: argparse.Namespace, sources: dict[str, Source], diagnostics: Diagnostics
) -> tuple[Any, Source] | None:
    """The context, or the request of a log record; None after a report."""
    from policyc.syntax.json_text import JsonObject, parse_json
    from policyc.targets.verified_access.read.access_log import read_log_record

    source = read_input(args.context or args.log, "a request")
    sources[source.file] = source
    tree = parse_json(source, diagnostics)
    if tree is None:
        return None
    if args.log:
        logged = read_log_record(tree, diagnostics)
        return None if logged is None else (logged, source)
    if not isinstance(tree, JsonObject):
        diagnostics.error(
            "malformed-request", "a context is one JSON object", tree.span, 'such as {"jamf": {"risk": "LOW"}}'
        )
        return None
    return tree.plain(), source


def _with_log(outcome: Outcome, request: Any) -> Outcome:
    """The answer beside what the log says happened, and what the record cannot tell."""
    notes = [f"not told by the record: {gap}" for gap in request.gaps]
    if request.expected:
        same = request.expected == outcome.decision.value
        said = "as the policies do" if same else f"the policies {_says(outcome)}"
        notes.insert(0, f"the log says {request.expected}, {said}")
    return replace(outcome, notes=(*outcome.notes, *notes))


def _says(outcome: Outcome) -> str:
    return "leave it open" if outcome.decision.value == "undecided" else f"say {outcome.decision.value}"


def _path(text: str) -> tuple[str, ...]:
    from policyc.targets.verified_access.scope import split_name

    path = split_name(text.removeprefix("context."))
    if path is None:
        raise WrongUse(f"`{text}` is no attribute", 'write such as `jamf.risk` or `okta["cognito:groups"]`')
    return path
