"""`policyc simulate` on raw JSON documents, without any policy file; and raw documents beside a project."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from policyc.cli.console import Console
from policyc.cli.holes import add_bindings, bindings_of
from policyc.cli.inputs import read_input
from policyc.cli.parser import WrongUse, one_of
from policyc.cli.project import here, open_project
from policyc.cli.refuse import refuse, refuse_request
from policyc.cli.simulate.answer import write_answer
from policyc.diagnostics import Diagnostics
from policyc.engines.trace import Decision, Outcome, Verdict, changed
from policyc.record import replace
from policyc.simulation.documents.words import WORDS
from policyc.targets.base import Document, NoRequest
from policyc.text import Source
from policyc.workspace.places import file_and_part

if TYPE_CHECKING:
    from policyc.simulation.documents.attached import Attached
    from policyc.targets.lattice.access_log import Recorded
    from policyc.workspace.documents.asked import Inside

#: role -> what the option is about; the roles of `policyc.simulation.documents.attached`
_ROLES: Final = {
    "identity": "the caller's identity policy, or `none`",
    "boundary": "the caller's permissions boundary",
    "session": "the session policy of the caller's session",
    "scp": "a service control policy; each option is one level that must allow, several files of a level have commas between them",
    "rcp": "a resource control policy; each option is one level",
    "endpoint-policy": "the policy of the VPC endpoint that the request comes through; Cedar text is that of a Verified Access endpoint",
    "resource-policy": "the policy of the resource that is asked",
    "trust-policy": "the trust policy of the role that is assumed",
    "service-policy": "the auth policy of a VPC Lattice service",
    "network-policy": "the auth policy of its service network",
    "object-lambda-policy": "the policy of an Object Lambda access point",
    "access-point-policy": "the policy of a standard access point",
    "bucket-policy": "the policy of a bucket",
    "function-policy": "the policy of a function",
    "function-role-policy": "the identity policy of the function's execution role, or `none`",
    "key-policy": "the policy of a KMS key",
}
#: what may stand beside a project, whose own documents it does not replace
_BESIDE_PROJECT: Final = ("boundary", "session", "scp", "rcp")
_ARNS: Final = ("service", "network", "object-lambda", "access-point", "bucket", "function", "key")
_SAID: Final = {
    "service-auth": "the auth type of the service (default: aws_iam with a policy)",
    "network-auth": "the auth type of the service network (default: aws_iam with a policy)",
    "protocol": "what the service speaks (default: https)",
    "transforms": "the calls that run the function, with commas (default: GetObject)",
    "bucket-account": "the account of the bucket (default: that of the access point)",
    "access-point-block": "whether Block Public Access keeps strangers out at the access point (default: on)",
    "bucket-block": "the same at the bucket (default: on in a chain)",
    "resource-account": "the account of the resource, where its ARN has none",
}

#: see `policyc.cli.simulate.command.Mode`
ABOUT: Final = "raw documents"
OTHERS: Final = frozenset({"", "log"})


def describe(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group(
        "raw documents",
        "JSON files as AWS takes them, in place of RESOURCE, or files that hold some: template.yaml#NAME",
    )
    for role, text in _ROLES.items():
        group.add_argument(f"--{role}", action="append", default=[], metavar="FILE", help=text)
    group.add_argument("--action", metavar="NAME", help="what the caller does, such as s3:GetObject")
    group.add_argument(
        "--resource-arn", metavar="ARN", help="the resource that is asked; not needed for an action of none"
    )
    for name in _ARNS:
        group.add_argument(f"--{name}-arn", metavar="ARN", help=f"the {name.replace('-', ' ')} of a chain")
    add_bindings(group)
    for name, text in _SAID.items():
        add_word(group, name, text)


def add_word(group: argparse._ArgumentGroup, name: str, help: str, prefix: str = "") -> None:
    """The option of something that is said of a chain's resources."""
    choices = WORDS[name]
    group.add_argument(
        f"--{prefix}{name}", metavar="WORD", help=help, type=one_of("value", choices) if choices else str
    )


def wants(args: argparse.Namespace) -> bool:
    """Whether documents are asked, not a declared resource."""
    return args.resource is None and args.request is None and _mentioned(args) is not None


def _mentioned(args: argparse.Namespace) -> str | None:
    """The first option of this mode that is used."""
    names = [*_ROLES, "action", "resource-arn", "unknown", *(f"{name}-arn" for name in _ARNS), *WORDS]
    return next((name for name in names if getattr(args, name.replace("-", "_"))), None)


def run(args: argparse.Namespace, console: Console) -> int:
    from policyc.simulation.documents.ask import ask
    from policyc.simulation.documents.flags import read_question
    from policyc.targets.lattice.access_log import at_odds

    diagnostics = Diagnostics()
    project = open_project(args, args.paths, diagnostics)
    if diagnostics.has_errors:
        return refuse(diagnostics, project, console, args.format)
    given, sources = read_flags(args, tuple(_ROLES), project.config.switches, diagnostics)
    texts = {name: getattr(args, name.replace("-", "_")) for name in ("who", "action", "resource-arn", "can", "path")}
    texts |= {f"{name}-arn": getattr(args, f"{name}-arn".replace("-", "_")) for name in _ARNS}
    texts |= {name: getattr(args, name.replace("-", "_")) for name in WORDS}
    texts = {name: text for name, text in texts.items() if text is not None}
    settings, unknown = list(args.settings), [*args.unknown, *(["*"] if args.assume == "unknown" else [])]
    logged = _logged(args) if args.log else None
    if logged is not None:
        texts = {**_texts_of(logged), **texts}
        stated = {name.partition("=")[0].lower() for name in settings}
        settings += [f"{key}={value}" for key, value in logged.keys if key.lower() not in stated]
        unknown = ["*"]
    question, situation, source = read_question(
        texts, settings, args.absent, unknown, given, project.config.switches, diagnostics
    )
    sources = {**project.sources, **sources, source.file: source}
    outcome = None if diagnostics.has_errors else ask(situation, question, diagnostics)
    if outcome is not None and args.perhaps:
        wider = replace(situation, documents=(*given, *args.perhaps.values()), kept={})
        other = ask(wider, question, diagnostics)
        outcome = None if other is None else _with_perhaps(outcome, other, list(args.perhaps))
    if outcome is None:
        return refuse_request(diagnostics, sources, args.format, console)
    if logged is not None:
        said = f"refused it ({logged.denied})" if logged.denied else "let it through"
        agrees = (
            "as the policies do"
            if logged.verdict == outcome.decision.value
            else f"the policies say {outcome.decision.value}"
        )
        noted = at_odds(outcome, logged.refuser) or f"the log says that AWS {said}, {agrees}"
        outcome = changed(outcome, notes=(noted, *outcome.notes))
    if getattr(args, "unreadable", None):
        outcome = _left_open(outcome, args.unreadable)
    outcome = changed(outcome, notes=(*outcome.notes, *getattr(args, "taken", ())))
    return write_answer(outcome, sources, args, console)


def _with_perhaps(outcome: Outcome, bounded: Outcome, why: Sequence[str]) -> Outcome:
    """The answer where some policies of a host file bear on the request perhaps: `bounded` is what it is if they do."""
    if outcome.decision is bounded.decision:
        return outcome
    notes = (*outcome.notes, *(f"not taken into account: {text}" for text in why))
    missing = tuple(dict.fromkeys((*outcome.missing, bounded.deciding)))
    return changed(
        outcome, decision=Decision.UNDECIDED, deciding=bounded.deciding, error="", missing=missing, notes=notes
    )


#: what can only take a permission away
_BOUNDS: Final = frozenset({"boundary", "scp", "rcp"})


def _left_open(outcome: Outcome, unread: Mapping[str, str]) -> Outcome:
    """The answer where policies could not be read (role -> why): only a refusal that none of them could lift still holds."""
    deciding = next((gate for gate in outcome.gates if gate.name == outcome.deciding), None)
    explicit = deciding is not None and deciding.verdict is Verdict.EXPLICIT_DENY
    denied = outcome.decision is Decision.DENY and (explicit or set(unread) <= _BOUNDS)
    notes = tuple(f"not readable: the {role.replace('-', ' ')}, {why}" for role, why in unread.items())
    if denied or outcome.decision is Decision.UNDECIDED:
        return changed(outcome, notes=(*outcome.notes, *notes))
    missing = tuple(role.replace("-", " ") for role in unread)
    return changed(outcome, decision=Decision.UNDECIDED, error="", missing=missing, notes=(*outcome.notes, *notes))


def _logged(args: argparse.Namespace) -> Recorded:
    """The one request of `--log`. Raises WrongUse."""
    from policyc.targets.lattice.access_log import read_record

    source = read_input(args.log, "a log record", args, "--log")
    several = "give one record, or ask about many with `policyc replay`"
    try:
        data = json.loads(source.text)
    except (ValueError, RecursionError) as error:
        raise WrongUse(f"`{args.log}` is not one record of JSON", several) from error
    if not isinstance(data, dict):
        raise WrongUse(f"`{args.log}` is not one record", several)
    try:
        return read_record(data)
    except NoRequest as error:
        raise WrongUse(f"`{args.log}` is no request to ask about: {error}", "give a record of a service") from error


def _texts_of(logged: Recorded) -> dict[str, str]:
    """A logged request as the options that would state it."""
    texts = {"who": logged.who, "can": logged.can, "path": logged.path}
    texts |= {"service-arn": logged.service, "network-arn": logged.network}
    return {name: text for name, text in texts.items() if text}


def read_flags(
    args: argparse.Namespace, roles: Sequence[str], switches: Mapping[str, str], diagnostics: Diagnostics
) -> tuple[list[Attached], dict[str, Source]]:
    """The documents that the options name, and their texts; of a file that holds several `FILE#NAME`. What an ARN tells of one template or module counts for every document in it."""
    from policyc.importing.opening import home
    from policyc.simulation.documents.attached import LEVELS, is_nothing, nothing_attached, read_attached
    from policyc.targets.switches import iam_switches
    from policyc.workspace.documents.asked import bound_tree
    from policyc.workspace.documents.asked_bounds import bounds_beside

    chosen = iam_switches(switches)
    rows: list[tuple[str, int, Source, Inside | None]] = []
    sources: dict[str, Source] = {}
    values = bindings_of(args)
    told: dict[str, dict[str, str]] = {}
    for role in roles:
        for at, text in enumerate(getattr(args, role.replace("-", "_"))):
            for name in _files_of_level(text) if role in LEVELS else (text,):
                before = len(diagnostics)
                file, part = file_and_part(name)
                if is_nothing(name, role):
                    source = nothing_attached()
                else:
                    source = read_input(file, "one policy", args, f"--{role}")
                sources[source.file] = source
                inside = _inside(args, role, source, part, values, diagnostics)
                if inside is not None:
                    told.setdefault(home(source.file), {}).update(_told_by(args, role, inside))
                if len(diagnostics) == before:
                    rows.append((role, at + 1 if role in LEVELS else 0, source, inside))
    given = []
    for role, level, source, inside in rows:
        tree = None if inside is None else inside.bound({**told[home(source.file)], **values})
        found = read_attached(role, source, level, chosen, diagnostics, tree)
        given += [] if found is None else [found]
    args.perhaps = {}
    for place in told:
        held = [(source, inside) for _, _, source, inside in rows if inside is not None and home(source.file) == place]
        mine = {**told[place], **values}
        for bound in bounds_beside(held[0][0], [one for _, one in held], _accounts(args), mine, here(args)):
            if getattr(args, bound.role):
                continue  # what the command line says comes first
            if bound.tree is None:
                args.unreadable = {**(getattr(args, "unreadable", None) or {}), bound.role: bound.why}
                continue
            sources[bound.source.file] = bound.source
            level = 0 if bound.role not in LEVELS else 1 if bound.certain else len(args.perhaps) + 2
            tree = bound_tree(bound.tree, mine)
            found = read_attached(bound.role, bound.source, level, chosen, diagnostics, tree)
            if found is not None and bound.certain:
                given.append(found)
            elif found is not None:
                args.perhaps[bound.why] = found
    return given, sources


def _accounts(args: argparse.Namespace) -> dict[str, str | None]:
    """On whose accounts control policies bear: service control policies on the caller's, resource control policies on that of the resource."""
    if not hasattr(args, "who"):  # a replay asks about many callers and resources
        return {"scp": None, "rcp": None}
    asked = (args.resource_arn, *(getattr(args, f"{name.replace('-', '_')}_arn") for name in _ARNS))
    owners = (args.resource_account, args.bucket_account, *(_account(arn) for arn in asked if arn))
    return {"scp": _account(args.who or ""), "rcp": next(filter(None, owners), "")}


def _account(who: str) -> str:
    return (who.split(":") + [""] * 5)[4]


def _inside(
    args: argparse.Namespace, role: str, source: Source, part: str, values: Mapping[str, str], diagnostics: Diagnostics
) -> Inside | None:
    """The document of a role inside a template; None for a file that is a document itself."""
    from policyc.simulation.documents.attached import ROLES
    from policyc.workspace.documents.asked import document_in

    return document_in(source, ROLES[role], part, values, here(args), diagnostics)


def _told_by(args: argparse.Namespace, role: str, found: Inside) -> Mapping[str, str]:
    """What the ARN of the resource of a role tells of open values; where its host tells more than the command line, `args` has that too."""
    from policyc.workspace.documents.asked import stated_by, values_of

    name = role.removesuffix("-policy")
    option = f"{name.replace('-', '_')}_arn"
    arn = getattr(args, option, None)
    if arn and not arn.startswith("arn:"):
        arn = stated_by(found.document, arn, name, args.who or "")
        if arn:
            setattr(args, option, arn)
            text = f"`{found.document.facts['resource']}` is taken to stand in the caller's account"
            args.taken = tuple(dict.fromkeys((*getattr(args, "taken", ()), text)))
    auth = f"{name}_auth"
    if "auth-type" in found.document.facts and getattr(args, auth, "") is None:
        setattr(args, auth, found.document.facts["auth-type"])
    return values_of(found.document.facts.get("resource", ""), arn) if arn else {}


def _files_of_level(text: str) -> tuple[str, ...]:
    """The files of one level of an organization: one, or several with commas between them."""
    return (text,) if "," not in text or os.path.lexists(text) else tuple(filter(None, text.split(",")))


def beside_project(
    args: argparse.Namespace, switches: Mapping[str, str], diagnostics: Diagnostics
) -> tuple[list[Document], dict[str, Source]]:
    """Limits of the caller given as raw documents beside a project. Raises WrongUse for other options of this mode."""
    names = [*_ROLES, "action", "resource-arn", *(f"{name}-arn" for name in _ARNS), *WORDS]
    for name in names:
        if name not in _BESIDE_PROJECT and getattr(args, name.replace("-", "_")):
            raise WrongUse(
                f"`--{name}` is about raw documents, and a declared resource is asked",
                "beside a project only " + ", ".join(f"`--{role}`" for role in _BESIDE_PROJECT) + " can be given",
            )
    from policyc.simulation.documents.chains import caller_document

    given, sources = read_flags(args, _BESIDE_PROJECT, switches, diagnostics)
    return [caller_document(item) for item in given], sources
