"""Cedar policies decided by cedarpy: the whole answer, each statement's part in it, and what an undecided one lacks.

Cedar skips a statement whose evaluation fails; such a statement is reported with its error. Conditions of any length are decided: a chain
of `&&` or `||` that is too long for Cedar's stack is handed over in short pieces within one another, which mean the same. An input that
Cedar cannot use at all is a `CedarError`, never a deny.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, Literal, TypeAlias

from policyc.diagnostics import Diagnostics
from policyc.engines.cedar.authorize import CedarError, NotOpen, UnusableContext, authorize, policy_set, sanitise
from policyc.engines.cedar.diagrams import Diagram, TooManyCases
from policyc.engines.cedar.encoding import FAILED, HOLDS, LACKS
from policyc.engines.cedar.outcome_sets import FAILS, FALSE, TRUE, Truths, both, holds, known, opposite
from policyc.engines.cedar.partial import PartialEvaluation
from policyc.engines.cedar.predicates import Path, Test, conditions_of, depth, find_tests, short_statement
from policyc.engines.cedar.values import About, Documented
from policyc.engines.trace import Decision
from policyc.record import record
from policyc.syntax.cedar_nodes import Document, Expr, Statement
from policyc.syntax.cedar_printer import written
from policyc.syntax.cedar_text import parse_cedar
from policyc.text import Source

__all__ = [
    "ENDS",
    "About",
    "Answer",
    "CedarError",
    "Documented",
    "NotOpen",
    "PartialEvaluation",
    "Path",
    "PolicyText",
    "StatementResult",
    "UnusableContext",
    "decide",
    "decision",
    "end_of",
    "look",
    "parse_policies",
    "sanitise",
]

#: How a request can end: a permit applies and no forbid does; a forbid applies; no permit does; or a permit does and a forbid that Cedar
#: cannot evaluate might have.
End: TypeAlias = Literal["allowed", "forbidden", "unpermitted", "unsure"]

#: deeper than this a text is handed to Cedar in short pieces
_DEEP = 100
ENDS: Final[Mapping[int, End]] = {3: "allowed", 4: "forbidden", 5: "unpermitted", 6: "unsure"}
_ALLOWED, _FORBIDDEN, _UNPERMITTED, _UNSURE = ENDS


@record
class StatementResult:
    """One statement of the text: `matched` is None when it hangs on something open; `error` is Cedar's message when the evaluation
    failed (then `matched` is False, because Cedar skips it). `truths` is what its scope and condition can come to."""

    index: int
    effect: Literal["permit", "forbid"]
    matched: bool | None
    truths: Truths
    error: str = ""


@record
class Answer:
    """The decision on one request as Cedar makes it, and every `ends` that it can have; `missing` are the open attributes that an answer
    with several ends hangs on, `caller` tells whether it hangs on the principal, action or resource, whose values the service does not
    publish."""

    decision: Decision
    statements: tuple[StatementResult, ...]
    missing: tuple[Path, ...] = ()
    ends: frozenset[End] = frozenset()
    caller: bool = False

    @property
    def failed(self) -> tuple[StatementResult, ...]:
        """The statements that Cedar skipped because of an error."""
        return tuple(statement for statement in self.statements if statement.error)


@record
class PolicyText:
    """Parsed policies. `handle` is Cedar's own, `apart` the same with every statement as a permit, which tells each one's part;
    `scopes` are the texts of constrained scopes by statement, `names` those of tests."""

    handle: Any
    apart: Any
    document: Document
    effects: tuple[Literal["permit", "forbid"], ...]
    tests: Mapping[str, Test]
    names: Mapping[Expr, str]
    scopes: tuple[tuple[str, ...], ...]


@lru_cache(maxsize=512)
def parse_policies(text: str) -> PolicyText:
    """The statements of a Cedar text, ready to decide; kept for the next call. Raises CedarError on text that is none."""
    diagnostics = Diagnostics()
    document = parse_cedar(Source("policy", text), diagnostics)
    if document is None:
        raise CedarError(f"Cedar cannot read the policy: {next(iter(diagnostics)).message}")
    deep = max((depth(condition) for condition in conditions_of(document)), default=0) > _DEEP
    statements = document.statements
    if deep:
        whole = "\n".join(short_statement(item, item.effect) for item in statements)
        apart = "\n".join(short_statement(item, "permit") for item in statements)
    else:
        whole = text
        apart = "\n".join(f"permit{text[item.effect_span.end : item.span.end]}" for item in statements)
    handle = policy_set(whole)
    if handle.templates():
        raise CedarError("the policy holds templates, which never decide")
    if len(handle) != len(statements):
        raise CedarError("Cedar counts other statements than policyc does")
    names: dict[Expr, str] = {}
    return PolicyText(
        handle,
        policy_set(apart),
        document,
        tuple(item.effect for item in statements),
        find_tests(conditions_of(document), names),
        names,
        tuple(
            tuple(written(part.constraint) for part in item.scope if part.constraint is not None) for item in statements
        ),
    )


def decide(
    policies: PolicyText,
    context: Mapping[str, object],
    unknown: Iterable[Path] = (),
    doubtful: Iterable[Path] = (),
    about: About | None = None,
) -> Answer:
    """Cedar's answer for one context. `unknown` are attributes that are there with a value nobody stated, `doubtful` ones that may not be
    there; `about` is what is documented of them. A definite answer is that of every context which agrees with what is known.

    Raises UnusableContext, or CedarError when Cedar gives no decision.
    """
    return look(policies, context, unknown, doubtful, about)[0]


def look(
    policies: PolicyText,
    context: Mapping[str, object],
    unknown: Iterable[Path] = (),
    doubtful: Iterable[Path] = (),
    about: About | None = None,
) -> tuple[Answer, PartialEvaluation]:
    """The answer, with what its tests come to on the context. Raises as `decide` does."""
    partial = PartialEvaluation(policies.tests, context, unknown, doubtful, about, policies.names)
    if partial.settled and not any(policies.scopes):
        return _settled(policies, partial), partial
    try:
        return _exact(policies, partial) if partial.exact else _coarse(policies, partial), partial
    except TooManyCases:
        partial.give_up()
        return _coarse(policies, partial), partial


def decision(policies: PolicyText, context: Mapping[str, object]) -> Decision:
    """The decision alone, in one question to Cedar: several times faster than `decide`. Raises as `decide` does."""
    return Decision(authorize(policies.handle, sanitise(context))[0])


# --- a context with nothing open ------------------------------------------------------------------------------------


def _settled(policies: PolicyText, partial: PartialEvaluation) -> Answer:
    told, _, _ = authorize(policies.handle, partial.base)
    _, holding, failing = authorize(policies.apart, partial.base)
    statements = tuple(
        _result(index, effect, FAILS if index in failing else known(index in holding), failing.get(index, ""))
        for index, effect in enumerate(policies.effects)
    )
    ends = _ends(statements)
    (end,) = ends
    answer = _answer(ends, statements, (), False)
    if answer.decision.value != told:
        raise CedarError(f"Cedar says {told}, its statements say {end}")
    return answer


# --- with something open --------------------------------------------------------------------------------------------


def _exact(policies: PolicyText, partial: PartialEvaluation) -> Answer:
    """The answer by diagrams; an example of each end is put to Cedar as a whole."""
    diagrams = partial.diagrams
    end, parts = end_of(policies, partial)
    found = diagrams.outcomes(end)
    for outcome in found:
        _confirm(policies, partial, end, outcome)
    refused = diagrams.merged(end, {_FORBIDDEN: _UNPERMITTED})
    missing, caller = partial.hangs_on(diagrams.questions(refused))
    statements = tuple(
        _result(index, effect, partial.words(part), _message(policies, partial, part, index))
        for index, (effect, part) in enumerate(zip(policies.effects, parts, strict=True))
    )
    return _answer(frozenset(ENDS[outcome] for outcome in found), statements, missing, caller)


def end_of(policies: PolicyText, partial: PartialEvaluation) -> tuple[Diagram, list[Diagram]]:
    """How a request ends, as the places of `ENDS`, and what each statement comes to (`HOLDS`, `LACKS`, `FAILED`). Raises TooManyCases."""
    diagrams = partial.diagrams
    parts = [
        _statement(item, scopes, partial)
        for item, scopes in zip(policies.document.statements, policies.scopes, strict=True)
    ]
    permitted: Diagram = LACKS
    forbidden: Diagram = LACKS
    failing: Diagram = LACKS
    for effect, part in zip(policies.effects, parts, strict=True):
        if effect == "permit":
            permitted = diagrams.then(part, (HOLDS, permitted, permitted))
        else:
            forbidden = diagrams.then(part, (HOLDS, forbidden, forbidden))
            failing = diagrams.then(part, (failing, failing, HOLDS))
    granted = diagrams.then(
        permitted, (diagrams.then(failing, (_UNSURE, _ALLOWED, _ALLOWED)), _UNPERMITTED, _UNPERMITTED)
    )
    return diagrams.then(forbidden, (_FORBIDDEN, granted, granted)), parts


def _statement(statement: Statement, scopes: tuple[str, ...], partial: PartialEvaluation) -> Diagram:
    end: Diagram = HOLDS
    for clause in reversed(statement.clauses):
        after = (end, LACKS, FAILED) if clause.kind == "when" else (LACKS, end, FAILED)
        end = partial.diagrams.then(partial.diagram(clause.body), after)
    for text in reversed(scopes):
        end = partial.diagrams.then(partial.caller_diagram(text), (end, LACKS, FAILED))
    return end


def _confirm(policies: PolicyText, partial: PartialEvaluation, end: Diagram, outcome: int) -> None:
    """Cedar itself on an example of an end; one that rests on a test without a form has none."""
    chosen = partial.diagrams.example(end, outcome)
    data = None if chosen is None else partial.context(chosen)
    if data is not None:
        told, _, _ = authorize(policies.handle, data)
        if told != ("allow" if outcome in (_ALLOWED, _UNSURE) else "deny"):
            raise CedarError(f"Cedar says {told} where the statements say {ENDS[outcome]}")


def _message(policies: PolicyText, partial: PartialEvaluation, part: Diagram, index: int) -> str:
    """Cedar's words on a statement that fails whatever is open."""
    if part != FAILED:
        return ""
    data = partial.context({})
    errors = {} if data is None else authorize(policies.apart, data)[2]
    return errors.get(index, "the condition cannot be evaluated")


def _coarse(policies: PolicyText, partial: PartialEvaluation) -> Answer:
    """The answer by what each statement can come to, apart from the others."""
    statements: list[StatementResult] = []
    missing: set[Path] = set()
    caller = False
    for index, (item, scopes) in enumerate(zip(policies.document.statements, policies.scopes, strict=True)):
        truths = TRUE
        for _ in scopes:
            truths = both(truths, TRUE | FALSE)
        for clause in item.clauses:
            found = partial.truths(clause.body)
            truths = both(truths, found if clause.kind == "when" else opposite(found))
        statements.append(
            _result(index, item.effect, truths, "the condition cannot be evaluated" if truths == FAILS else "")
        )
        if len(truths) > 1:
            caller = caller or bool(scopes)
            for clause in item.clauses:
                paths, asks = partial.open_reads(clause.body)
                missing |= set(paths)
                caller = caller or asks
    ends = _ends(statements)
    return _answer(ends, tuple(statements), tuple(sorted(missing)), caller)


# --- answers --------------------------------------------------------------------------------------------------------


def _result(index: int, effect: Literal["permit", "forbid"], truths: Truths, error: str) -> StatementResult:
    return StatementResult(index, effect, holds(truths), truths, error)


def _ends(statements: Sequence[StatementResult]) -> frozenset[End]:
    """The ends that statements can have together, each taken by itself."""
    forbids = [statement.truths for statement in statements if statement.effect == "forbid"]
    permits = [statement.truths for statement in statements if statement.effect == "permit"]
    out: set[End] = set()
    if any("true" in truths for truths in forbids):
        out.add("forbidden")
    if TRUE in forbids:
        return frozenset(out)
    if TRUE not in permits:
        out.add("unpermitted")
    if any("true" in truths for truths in permits):
        if any("error" in truths for truths in forbids):
            out.add("unsure")
        if FAILS not in forbids and not any(truths == TRUE | FAILS for truths in forbids):
            out.add("allowed")
    return frozenset(out)


def _answer(
    ends: frozenset[End], statements: tuple[StatementResult, ...], missing: tuple[Path, ...], caller: bool
) -> Answer:
    decisions = {Decision.ALLOW if end in ("allowed", "unsure") else Decision.DENY for end in ends}
    told = decisions.pop() if len(decisions) == 1 else Decision.UNDECIDED
    several = len({"refused" if end in ("forbidden", "unpermitted") else end for end in ends}) > 1
    return Answer(told, statements, missing if several else (), ends, caller and several)
