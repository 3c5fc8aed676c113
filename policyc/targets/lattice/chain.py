"""The three gates of a request to a service: the caller's identity policies, the service network, the service.

Every gate that is on must allow, inside one account too; a deny anywhere wins (Lattice reference sections 1 and 5,
https://docs.aws.amazon.com/vpc-lattice/latest/ug/auth-policies.html). A resource with `auth: none` is no gate; one with
`auth: aws_iam` and without a policy refuses everyone. Unsigned callers have no identity gate.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from policyc.diagnostics import Diagnostics
from policyc.engines.iam.document import Document as Compiled
from policyc.engines.iam.explanation import explain, missing_keys
from policyc.engines.iam.principals import principal_arn
from policyc.engines.iam.request import Request as Asked
from policyc.engines.iam.role_path import with_role_path
from policyc.engines.iam.statement import Kind
from policyc.engines.iam.switches import Switches
from policyc.engines.trace import Decision, GateTrace, Outcome, Verdict, changed
from policyc.ir.program import Program
from policyc.model.values import Resource
from policyc.record import record, replace
from policyc.targets.base import Document, DocumentSet, Request
from policyc.targets.iam_documents.carriers import carrier_of
from policyc.targets.iam_documents.gates import compile_emitted, identity_documents
from policyc.targets.iam_documents.limits import TITLES, limits_of, rcps_bear_on
from policyc.targets.lattice.facts import Facts, language_name, read_request
from policyc.targets.lattice.paths import any_path_will_do
from policyc.targets.lattice.routing import describe_route
from policyc.targets.lattice.words import INVOKE, METHOD_KEY, PATH_KEY, arn_of, kind_of
from policyc.targets.switches import iam_switches

#: in which order AWS names the gate when several refuse (Lattice reference section 5, observed)
_REPORTED: Final = ("network", "service", "identity", "scp", "rcp", "boundary", "session")
#: `auth` of a resource of which nobody said whether it asks for policies; no declared one has it
AUTH_OPEN: Final = "unknown"
_KEYS_OF_REQUEST_LINE: Final = {METHOD_KEY.lower(): "can", PATH_KEY.lower(): "path"}


@record
class _Gate:
    """A gate before it is asked: its documents, or the verdict it has without any."""

    name: str
    kind: str
    documents: tuple[Compiled, ...] = ()
    settled: GateTrace | None = None


def simulate(
    program: Program, documents: Sequence[Document], request: Request, diagnostics: Diagnostics
) -> Outcome | None:
    """The decision, gate by gate; None after an error was reported."""
    facts = read_request(program, request, diagnostics)
    if facts is None:
        return None
    documents = DocumentSet.of(documents)
    gates = _known_gates(program, request, facts, documents)
    notes = list(_notes(request, facts))
    if facts.asked is None:
        return _without_caller(gates, request, facts, notes)
    if not facts.path_known and not _any_path(gates, request):
        summary = "the policy looks at the path"
        traces = tuple(gate.settled or _open(gate.name, gate.kind, summary, "path") for gate in gates)
        return _outcome(traces, facts, notes)
    asked = _with_role(program, facts.asked, gates, notes)
    if asked is not facts.asked:
        facts = replace(facts, asked=asked)
    traces = tuple(gate.settled or explain(gate.documents, asked, name=gate.name, kind=gate.kind) for gate in gates)
    outcome = _outcome(traces, facts, notes)
    if outcome.decision is Decision.DENY:  # refused before any rule is tried
        return outcome
    route = tuple(describe_route(program, request, asked.action))
    return changed(outcome, notes=(*outcome.notes, *route)) if route else outcome


def _with_role(program: Program, asked: Asked, gates: Iterable[_Gate], notes: list[str]) -> Asked:
    """The question with the path of the role that a session belongs to, where a policy or the project tells it."""
    roles = (principal_arn(item, asked.caller.partition) for item in program.principals if item.kind == "role")
    caller = with_role_path(asked.caller, (item for gate in gates for item in gate.documents), roles)
    if caller is asked.caller:
        return asked
    if caller.path not in (None, "/"):
        notes.append(f"the session is one of `{caller.principal_arn}`: no other role of the account has that name")
    return replace(asked, caller=caller)


# --- the gates --------------------------------------------------------------------------------------------------


def _known_gates(program: Program, request: Request, facts: Facts, documents: DocumentSet) -> tuple[_Gate, ...]:
    """The gates, worked out once for each caller of a service."""
    key = ("lattice", request.resource.id, request.who, tuple(program.switches.items()))
    resource, network, gates = documents.kept.get(key, (None, None, ()))
    if resource is not request.resource or network is not facts.network:
        gates = _gates(program, request, facts, documents)
        documents.kept[key] = request.resource, facts.network, gates
    known: tuple[_Gate, ...] = gates
    return known


def _gates(program: Program, request: Request, facts: Facts, documents: Sequence[Document]) -> tuple[_Gate, ...]:
    """The gates in the order of evaluation."""
    switches = iam_switches(program.switches)
    service, network = request.resource, facts.network
    any_auth = any(item is not None and item.text("auth") in ("aws_iam", AUTH_OPEN) for item in (service, network))
    return (
        *_limit_gates(program, request, documents, any_auth),
        _identity_gate(request, documents, any_auth, switches),
        _resource_gate(network, "network", documents, switches),
        _resource_gate(service, "service", documents, switches),
    )


def _limit_gates(program: Program, request: Request, documents: Sequence[Document], any_auth: bool) -> Iterator[_Gate]:
    """What bounds the caller besides its identity policies; each level must allow (IAM evaluation reference 10.2, 10.5)."""
    caller = request.who
    if not any_auth or caller is None or caller.kind in ("anonymous", "service"):
        return
    limits = limits_of(documents, program.switches)
    for number, level in enumerate(limits.scps, 1):
        yield _Gate(f"{TITLES['scp']} {number}", "scp", level)
    if rcps_bear_on(INVOKE, program.switches):
        for number, level in enumerate(limits.rcps, 1):
            yield _Gate(f"{TITLES['rcp']} {number}", "rcp", level)
    if limits.boundary is not None:
        yield _Gate(TITLES["boundary"], "boundary", limits.boundary)
    if limits.session is not None:
        yield _Gate(TITLES["session"], "session", limits.session)


def _identity_gate(request: Request, documents: Sequence[Document], any_auth: bool, switches: Switches) -> _Gate:
    caller = request.who
    name = (caller.name or caller.kind) if caller is not None else "caller"
    if not any_auth:
        return _Gate(name, "identity", settled=_skip(name, "identity", "no gate asks who calls: auth is none"))
    if caller is None:
        return _Gate(name, "identity", settled=_open(name, "identity", "the request does not state its caller", "who"))
    if caller.kind in ("anonymous", "service"):
        summary = "unsigned callers and services have no identity policy"
        return _Gate(name, "identity", settled=_skip(name, "identity", summary))
    found = identity_documents(documents, caller)
    if not found:
        who = carrier_of(caller) or name
        summary = f"no identity policy of `{who}` is given, so what it allows is not known"
        wanted = "an identity policy of the caller"
        return _Gate(name, "identity", settled=_open(name, "identity", summary, wanted))
    title = " ".join([*(item.owner for item in found), "on", name])
    return _Gate(title, "identity", tuple(compile_emitted(item, Kind.IDENTITY, switches) for item in found))


def _resource_gate(resource: Resource | None, kind: str, documents: Sequence[Document], switches: Switches) -> _Gate:
    if resource is None:
        return _Gate(kind, kind, settled=_skip(kind, kind, "the service names no service network"))
    if resource.text("auth") == AUTH_OPEN:
        summary = f"no policy of the {kind} was given, nor whether its auth is on"
        wanted = f"{kind}-policy (or {kind}-auth none)"
        return _Gate(resource.name, kind, settled=_open(resource.name, kind, summary, wanted))
    if resource.text("auth") != "aws_iam":
        return _Gate(resource.name, kind, settled=_skip(resource.name, kind, "auth is none"))
    found = [item for item in DocumentSet.of(documents).on(resource.id) if item.role == kind]
    if not found:
        summary = "auth is aws_iam and there is no policy, which refuses everyone"
        refusal = GateTrace(resource.name, kind, Verdict.IMPLICIT_DENY, summary)
        return _Gate(resource.name, kind, settled=refusal)
    title = f"{found[0].owner} on {resource.name}"
    return _Gate(title, kind, tuple(compile_emitted(item, Kind.RESOURCE, switches) for item in found))


def _skip(name: str, kind: str, summary: str) -> GateTrace:
    return GateTrace(name, kind, Verdict.SKIPPED, summary)


def _open(name: str, kind: str, summary: str, *wants: str) -> GateTrace:
    return GateTrace(name, kind, Verdict.UNDECIDED, summary, wants=wants)


def _any_path(gates: Iterable[_Gate], request: Request) -> bool:
    """Whether no document tells the paths of the service apart in a `Resource`."""
    arn = arn_of(request.resource)
    return all(any_path_will_do(document, arn) for gate in gates for document in gate.documents)


# --- the answer -------------------------------------------------------------------------------------------------


def _without_caller(gates: Sequence[_Gate], request: Request, facts: Facts, notes: list[str]) -> Outcome:
    """A request that does not say who calls, or how: only gates that refuse or pass everyone are settled."""
    summary = "the request does not state " + " and ".join(f"`{word}`" for word in facts.missing)
    anyone = facts.anyone if facts.path_known or _any_path(gates, request) else None
    traces = []
    for gate in gates:
        trace = gate.settled
        if trace is None and anyone is not None:
            trace = explain(gate.documents, anyone, name=gate.name, kind=gate.kind)
        is_open = trace is None or (gate.settled is None and trace.verdict is Verdict.UNDECIDED)
        traces.append(_open(gate.name, gate.kind, summary, *facts.missing) if trace is None or is_open else trace)
    return _outcome(tuple(traces), facts, notes)


def _outcome(traces: tuple[GateTrace, ...], facts: Facts, notes: list[str]) -> Outcome:
    refusal = _refusal(traces)
    if refusal is not None:
        asked = facts.asked
        error = "" if asked is None else _error(refusal, asked, facts.path_known)
        if refusal.kind not in TITLES:
            notes.append(f"the access log has authDeniedReason `{refusal.kind.capitalize()}`")
        return Outcome(Decision.DENY, traces, refusal.name, error, (), tuple(notes))
    if any(trace.verdict is Verdict.UNDECIDED for trace in traces):
        wanted = [word for trace in traces for word in _wanted(trace)]
        first = next(trace for trace in traces if trace.verdict is Verdict.UNDECIDED)
        return Outcome(Decision.UNDECIDED, traces, first.name, "", tuple(dict.fromkeys(wanted)), tuple(notes))
    deciding = next((trace for trace in reversed(traces) if trace.verdict is Verdict.ALLOW), traces[-1])
    return Outcome(Decision.ALLOW, traces, deciding.name, "", (), tuple(notes))


def _refusal(traces: Sequence[GateTrace]) -> GateTrace | None:
    """The gate that the caller hears of: explicit denies first, and network before service before identity."""
    verdicts = {trace.verdict for trace in traces}
    for verdict in (Verdict.EXPLICIT_DENY, Verdict.IMPLICIT_DENY):
        if verdict not in verdicts:
            continue
        refused = {trace.kind: trace for trace in reversed(traces) if trace.verdict is verdict}
        for kind in _REPORTED:
            if kind in refused:
                return refused[kind]
    return None


def _wanted(trace: GateTrace) -> list[str]:
    """What an undecided gate would have to know, in the words of a request."""
    if trace.verdict is not Verdict.UNDECIDED:
        return []
    keys = missing_keys(trace.statements)
    return [*trace.wants] + [_KEYS_OF_REQUEST_LINE.get(key.lower()) or language_name(key) for key in keys]


def _error(refusal: GateTrace, asked: Asked, path_known: bool) -> str:
    """The text that the caller gets (Lattice reference section 5, observed; the wording for denies of the network and
    of identity policies follows the one seen for services)."""
    user = asked.caller.arn or "anonymous"
    resource = asked.resource if path_known else asked.resource.removesuffix("/")
    policy = TITLES.get(refusal.kind, f"{refusal.kind}-based policy")
    if refusal.verdict is Verdict.EXPLICIT_DENY:
        article = "an" if refusal.kind == "identity" else "a"
        reason = f"with an explicit deny in {article} {policy}"
    else:
        reason = f"because no {policy} allows the {asked.action} action"
    return (
        f"AccessDeniedException: User: {user} is not authorized to perform: {asked.action} "
        f"on resource: {resource} {reason}"
    )


def _notes(request: Request, facts: Facts) -> Iterable[str]:
    service, network = request.resource, facts.network
    if network is None:
        yield f"`{service.name}` names no service network, so no policy of a network was asked"
    if request.can is not None and request.can not in kind_of(service).verbs:
        yield f"`{request.can}` is taken as a method of its own: it is none of those that VPC Lattice lists"
    if request.path is not None and ("*" in request.path or "?" in request.path):
        yield f"`{request.path}` is taken as it stands: a request has one path, and `*` no special meaning in it"
    gates = [item for item in (service, network) if item is not None]
    if all(item.text("auth") != "aws_iam" for item in gates):
        yield "with auth none everywhere AWS does not say whether the caller's identity policy counts; it was not asked"
