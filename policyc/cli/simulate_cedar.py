"""`policyc simulate --group-policy G.cedar --endpoint-policy E.cedar`: one request to Cedar text that people already have."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from policyc.cli import exits
from policyc.cli.answer import write_answer
from policyc.cli.console import Console
from policyc.cli.inputs import read_input
from policyc.cli.parser import WrongUse
from policyc.cli.project import open_project
from policyc.diagnostics import Diagnostics, did_you_mean
from policyc.engines.trace import Outcome
from policyc.report.registry import render
from policyc.text import Source

if TYPE_CHECKING:
    from policyc.syntax.cedar_nodes import Document
    from policyc.syntax.json_text import JsonValue
    from policyc.targets.verified_access.gates import EndpointAlone
    from policyc.targets.verified_access.read.access_log import LoggedRequest

    Path = tuple[str, ...]


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
    if args.assume == "unknown":
        raise WrongUse(
            "`--assume` goes with policies of the project and IAM documents", "name what is not known with `--unknown`"
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
    from policyc.targets.verified_access.read.usable import check_usable

    source = read_input(name, "a Cedar policy")
    sources[source.file] = source
    document = parse_cedar(source, diagnostics)
    if document is None or not check_usable(source, document, diagnostics):
        return None
    return source, document


def _outcome(
    args: argparse.Namespace,
    switches: Mapping[str, str],
    policies: tuple[tuple[Source, Document] | None, tuple[Source, Document] | None],
    sources: dict[str, Source],
    diagnostics: Diagnostics,
) -> Outcome | None:
    from policyc.engines.cedar.decide import NotOpen, UnusableContext
    from policyc.targets.switches import choice
    from policyc.targets.verified_access.read.access_log import LoggedRequest, place
    from policyc.targets.verified_access.read.decide import judge, read_paths

    read = read_paths(item[1] for item in policies if item is not None)
    unknown = [_path(text, read) for text in args.unknown]
    found = _request(args, sources, diagnostics)
    if found is None:
        return None
    request, tree = found
    alone: EndpointAlone = "allow" if choice(switches, "endpoint-policy-alone") == "allow" else "deny"
    try:
        if isinstance(request, LoggedRequest):
            return _of_record(request, policies, unknown, read, alone)
        return judge(*policies, request, unknown, alone)
    except (UnusableContext, NotOpen) as error:
        inside = ("data", "context") if args.log else ()
        help = "state another value" if isinstance(error, UnusableContext) else "state it, or name it with `--unknown`"
        what = (
            f"the value of `{'.'.join(error.path)}`"
            if isinstance(error, UnusableContext)
            else f"`{'.'.join(error.path)}`"
        )
        diagnostics.error("unusable-request", f"{what} {error.why}", place(tree, *inside, *error.path), help)
        return None


def _of_record(
    request: LoggedRequest,
    policies: tuple[tuple[Source, Document] | None, tuple[Source, Document] | None],
    stated: list[Path],
    read: list[Path],
    alone: EndpointAlone,
) -> Outcome:
    """The answer to a log record. What it tells twice with different values is known only where both values give the same answer."""
    from policyc.targets.verified_access.read.access_log import absent_providers, open_paths
    from policyc.targets.verified_access.read.decide import judge

    missing, doubtful = open_paths(request, read)
    unknown = list(dict.fromkeys([*stated, *missing]))
    doubtful = [path for path in doubtful if path not in unknown]
    context = dict(request.context)
    outcome = judge(*policies, context, unknown, alone, doubtful)
    for (root, name), value in request.others.items():
        other = {**context, root: {**context[root], name: value}}
        if judge(*policies, other, unknown, alone, doubtful).decision is not outcome.decision:
            context[root] = {key: item for key, item in context[root].items() if key != name}
            unknown.append((root, name))
            outcome = judge(*policies, context, unknown, alone, doubtful)
    notes = [f"not told by the record: {gap}" for gap in request.gaps]
    notes += [
        f"not told by the record: it holds nothing of `{name}`, so that is taken to be absent"
        for name in absent_providers(request, read)
    ]
    if request.expected:
        same = request.expected == outcome.decision.value
        said = "as the policies do" if same else f"the policies {_says(outcome)}"
        notes.insert(0, f"the log says {request.expected}, {said}")
    return replace(outcome, notes=(*outcome.notes, *notes))


def _says(outcome: Outcome) -> str:
    return "leave it open" if outcome.decision.value == "undecided" else f"say {outcome.decision.value}"


def _request(
    args: argparse.Namespace, sources: dict[str, Source], diagnostics: Diagnostics
) -> tuple[Any, JsonValue] | None:
    """The context, or the request of a log record, with its tree; None after a report."""
    from policyc.syntax.json_text import JsonObject, parse_json
    from policyc.targets.verified_access.read.access_log import parse_log_record, read_log_record

    source = read_input(args.context or args.log, "a request")
    sources[source.file] = source
    tree = parse_log_record(source, diagnostics) if args.log else parse_json(source, diagnostics)
    if tree is None:
        return None
    if args.log:
        logged = read_log_record(tree, diagnostics)
        return None if logged is None else (logged, tree)
    if not isinstance(tree, JsonObject):
        diagnostics.error(
            "malformed-request", "a context is one JSON object", tree.span, 'such as {"jamf": {"risk": "LOW"}}'
        )
        return None
    return tree.plain(), tree


def _path(text: str, read: Sequence[Path]) -> Path:
    """The attribute that `--unknown` names. One that the texts do not read may be a slip, unless its name is documented."""
    from policyc.targets.verified_access.read.usable import is_documented
    from policyc.targets.verified_access.scope import cedar_path, split_name

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
