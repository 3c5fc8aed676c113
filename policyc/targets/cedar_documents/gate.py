"""What one Cedar document makes of a request: Cedar decides on the deployed text, the statements apart say why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from policyc.engines.cedar.decide import Answer, decide, parse_policies
from policyc.engines.trace import Decision, GateTrace, StatementTrace, Verdict
from policyc.ir.authz import Policy
from policyc.ir.conditions import atoms
from policyc.model.values import Resource
from policyc.record import record
from policyc.targets.base import Document
from policyc.targets.cedar_documents.context import Context, Values, build_context
from policyc.targets.cedar_documents.documented import of_facts
from policyc.targets.cedar_documents.explain import nearest
from policyc.targets.cedar_documents.facts import Fact
from policyc.targets.cedar_documents.stated import trace_statement


@record
class Judged:
    """A gate with the attributes that an undecided verdict hangs on, as the user names them."""

    gate: GateTrace
    missing: tuple[str, ...] = ()


@record
class Asked:
    """A request to one gate: its kind, what the request states (`empty` as lists without values), and whether values are `trusted` to
    be of the documented kinds."""

    kind: str
    values: Values
    empty: frozenset[str]
    trusted: bool


def text_of(policy: Policy, documents: Sequence[Document]) -> str:
    """The emitted text of a policy."""
    carrier = policy.on.id if isinstance(policy.on, Resource) else ""
    return next(
        document.text
        for document in documents
        if document.attached_to == carrier and document.path.startswith(f"{policy.target}/")
    )


def judge_policy(
    policy: Policy, text: str, apart: str, known: Mapping[str, Fact], asked: Asked
) -> tuple[Judged, Context, Answer]:
    """The gate that the deployed `text` of a policy forms, with the context that it saw and Cedar's answer.

    `apart` is the text in which every statement stands for itself (`emit.write_apart`), empty where the deployed one has that anyway.
    """
    tests = [atom for statement in policy.statements for atom in atoms(statement.when)]
    context = build_context(asked.values, known, tests, asked.empty)
    about = of_facts(known)
    answer = decide(parse_policies(text), context.data, context.unknown, about=about)
    alone = decide(parse_policies(apart), context.data, context.unknown, about=about) if apart else answer
    traces = tuple(
        trace_statement(policy, statement, result, context.stated)
        for statement, result in zip(policy.statements, alone.statements, strict=True)
    )
    verdict = _verdict(answer, traces)
    gate = GateTrace(
        name=policy.name,
        kind=asked.kind,
        verdict=verdict,
        summary=summary(verdict, _unanswered(alone, traces, asked.trusted), ("allow", "deny")),
        decided_by=decided_by(verdict, traces),
        nearest=nearest(traces) if verdict in (Verdict.IMPLICIT_DENY, Verdict.UNDECIDED) else None,
        statements=traces,
        switches=("erroring-forbid",) if "unsure" in answer.ends else (),
    )
    return Judged(gate, tuple(context.unknown[path] for path in answer.missing)), context, answer


def _verdict(answer: Answer, traces: tuple[StatementTrace, ...]) -> Verdict:
    """What the deployed text decides; a refusal is an explicit one where a deny matches, or meets a test without an answer."""
    match answer.decision:
        case Decision.ALLOW:
            # only where kinds are trusted a deny is left that Cedar may skip, which AWS's page tells otherwise
            return Verdict.UNDECIDED if "unsure" in answer.ends else Verdict.ALLOW
        case Decision.UNDECIDED:
            return Verdict.UNDECIDED
        case Decision.DENY:
            denied = any(trace.matched and trace.effect == "deny" for trace in traces)
            return Verdict.EXPLICIT_DENY if denied else Verdict.IMPLICIT_DENY


def _unanswered(apart: Answer, traces: tuple[StatementTrace, ...], trusted: bool) -> str:
    """Words on the statements that meet a value of another kind than documented; empty for none."""
    failed = [traces[result.index] for result in apart.failed]
    denies = ", ".join(f"`{trace.label}`" for trace in failed if trace.effect == "deny")
    allows = ", ".join(f"`{trace.label}`" for trace in failed if trace.effect == "allow")
    then = "so Cedar skips it" if trusted else "so it denies"
    words = [f"{denies} cannot be answered on these values, {then}"] if denies else []
    words += [f"{allows} cannot be answered on these values, so it does not allow"] if allows else []
    return "; ".join(words)


def decided_by(verdict: Verdict, traces: tuple[StatementTrace, ...]) -> tuple[StatementTrace, ...]:
    """The statements that settled the verdict."""
    effect = {Verdict.ALLOW: ("allow", "permit"), Verdict.EXPLICIT_DENY: ("deny", "forbid")}.get(verdict, ())
    return tuple(trace for trace in traces if trace.matched and trace.effect in effect)


def summary(verdict: Verdict, remark: str, words: tuple[str, str]) -> str:
    """One line on the gate; `words` are what its statements are called, `allow` and `deny` or `permit` and `forbid`; `remark` is about
    those that fail on the values of the request."""
    yes, no = words
    match verdict:
        case Verdict.ALLOW:
            text = f"{_article(yes)} {yes} matches and no {no} does"
        case Verdict.EXPLICIT_DENY:
            text = f"a {no} applies" if remark else f"a {no} matches"
        case Verdict.IMPLICIT_DENY:
            text = f"no {yes} matches"
        case _:
            text = "" if remark else "the answer hangs on what the request does not state"
    return "; ".join(part for part in (text, remark) if part)


def _article(word: str) -> str:
    return "an" if word[0] in "aeiou" else "a"
