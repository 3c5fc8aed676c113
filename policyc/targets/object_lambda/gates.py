"""One hop as one gate: the caller's own documents and those of the resource together, judged by the IAM engine.

The engine reads the emitted text; labels and places are those of the `.policy` statements, through the source map.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

from policyc.diagnostics import Diagnostics
from policyc.engines.iam.document import Document as Compiled
from policyc.engines.iam.document import compile_text
from policyc.engines.iam.elements import ResourcePattern
from policyc.engines.iam.globs import Wild
from policyc.engines.iam.request import Request
from policyc.engines.iam.statement import Kind
from policyc.engines.trace import Decision, GateTrace, Outcome, Verdict
from policyc.record import record, replace
from policyc.text import Source

#: stands for an object key that the request does not state; no real pattern names it
ANY_KEY: Final = "\ue000"
NEEDS_KEY: Final = "depends on `path`, the key of the object"


def allows_everything() -> Compiled:
    """An identity policy at its most generous, for callers whose own policies are not in the project."""
    return _identity("*")


def allows_nothing() -> Compiled:
    """An identity policy that says nothing of any request."""
    return _identity("none:None")


@lru_cache(maxsize=2)
def _identity(action: str) -> Compiled:
    statement = f'{{"Effect":"Allow","Action":"{action}","Resource":"*"}}'
    source = Source("identity", f'{{"Version":"2012-10-17","Statement":[{statement}]}}')
    found = compile_text(source, Kind.IDENTITY, Diagnostics())
    assert found is not None
    return found


def gate(outcome: Outcome, name: str, kind: str) -> GateTrace:
    """All gates of one hop's flow as one."""
    explicit = any(item.verdict is Verdict.EXPLICIT_DENY for item in outcome.gates)
    match outcome.decision:
        case Decision.ALLOW:
            verdict = Verdict.ALLOW
        case Decision.UNDECIDED:
            verdict = Verdict.UNDECIDED
        case Decision.DENY:
            verdict = Verdict.EXPLICIT_DENY if explicit else Verdict.IMPLICIT_DENY
    return join(outcome.gates, verdict, name, kind, _summary(outcome, verdict))


def join(gates: Sequence[GateTrace], verdict: Verdict, name: str, kind: str, summary: str) -> GateTrace:
    """One gate with the record of several: what settled the verdict, and the allow that came closest."""
    decided_by = tuple(trace for item in gates if item.verdict is verdict for trace in item.decided_by)
    near = None
    if verdict in (Verdict.IMPLICIT_DENY, Verdict.UNDECIDED):
        near = min(
            (item.nearest for item in gates if item.nearest is not None), key=lambda t: len(t.misses), default=None
        )
    statements = tuple(trace for item in gates for trace in item.statements)
    switches = tuple(dict.fromkeys(switch for item in gates for switch in item.switches))
    return GateTrace(name, kind, verdict, summary, decided_by, near, statements, switches)


def _summary(outcome: Outcome, verdict: Verdict) -> str:
    if verdict is Verdict.UNDECIDED:
        return "depends on " + (", ".join(f"`{key}`" for key in outcome.missing) or "what is not known")
    chosen = [item.summary for item in outcome.gates if item.verdict is verdict]
    return chosen[0] if chosen else outcome.error


# --- an object key that is not stated ---------------------------------------------------------------------------


@record
class OpenKey:
    """A request on objects without a key: `prefix` is all that is known of the resource."""

    prefix: str


def with_open_key(found: GateTrace, documents: Iterable[Compiled], asked: Request, key: OpenKey | None) -> GateTrace:
    """The gate, undecided where a statement that could change it names some keys and not others."""
    if key is None:
        return found
    torn = {
        (document.name, statement.index, statement.span): statement.deny
        for document in documents
        for statement in document.statements
        if statement.actions.decide(asked.folded_action)
        and statement.resources is not None
        and any(_is_torn(pattern, key.prefix) for pattern in statement.resources.patterns)
    }
    settled = [trace for trace in found.decided_by if (trace.policy, trace.index, trace.span) not in torn]
    match found.verdict:
        case Verdict.ALLOW:
            changes = not settled or any(torn.values())
        case Verdict.EXPLICIT_DENY:
            changes = not settled
        case Verdict.IMPLICIT_DENY:
            changes = not all(torn.values())
        case _:
            changes = False
    if not changes:
        return found
    return replace(found, verdict=Verdict.UNDECIDED, summary=NEEDS_KEY, decided_by=(), wants=("path",))


def _is_torn(pattern: ResourcePattern, prefix: str) -> bool:
    """Whether the pattern covers some continuation of `prefix` but perhaps not every one."""
    tokens: list[str | None] = []  # None is a star, "" any one character
    for token in pattern.template:
        if token is Wild.STAR:
            tokens.append(None)
        elif token is Wild.ONE:
            tokens.append("")
        elif isinstance(token, str):
            tokens.extend(token)
        else:
            tokens.append(None)  # a variable: some text
    states = _skip({0}, tokens)
    for char in prefix:
        moved = {at if tokens[at] is None else at + 1 for at in states if _takes(tokens, at, char)}
        states = _skip(moved, tokens)
        if not states:
            return False
    has_variable = pattern.ready is None
    covers_all = any(at < len(tokens) and all(token is None for token in tokens[at:]) for at in states)
    return has_variable or not covers_all


def _takes(tokens: Sequence[str | None], at: int, char: str) -> bool:
    return at < len(tokens) and (tokens[at] is None or tokens[at] in ("", char))


def _skip(states: set[int], tokens: Sequence[str | None]) -> set[int]:
    """The states with every star also taken as empty."""
    out: set[int] = set()
    for start in states:
        at = start
        out.add(at)
        while at < len(tokens) and tokens[at] is None and at + 1 not in out:
            at += 1
            out.add(at)
    return out
