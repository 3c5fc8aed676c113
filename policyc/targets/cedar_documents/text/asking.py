"""What one Cedar text answers to a context, and why: Cedar decides, also on each test by itself.

An attribute may be unknown (there, with a value that nobody states) or doubtful (there or not).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from policyc.diagnostics import Diagnostics
from policyc.engines.cedar.decide import (
    About,
    Answer,
    NotOpen,
    PartialEvaluation,
    Path,
    UnusableContext,
    look,
    parse_policies,
)
from policyc.engines.cedar.predicates import conditions_of, find_tests
from policyc.engines.trace import Decision, GateTrace, StatementTrace, Verdict
from policyc.record import record
from policyc.syntax.cedar_nodes import Document
from policyc.syntax.json_text import JsonObject, JsonValue
from policyc.targets.cedar_documents.explain import Asked, nearest
from policyc.targets.cedar_documents.facts import cedar_path
from policyc.targets.cedar_documents.gate import Judged, decided_by, summary
from policyc.targets.cedar_documents.text.remainder import residual, trace_text, unless_notes
from policyc.targets.cedar_documents.text.statements import condition_of
from policyc.text import Source, Span


@record
class Question:
    """A request: the context, the attributes in it that are there with an unknown value, those that may not be there, and what is
    documented of them."""

    context: Mapping[str, Any]
    unknown: tuple[Path, ...]
    doubtful: tuple[Path, ...]
    about: About


@record
class Asking:
    """One text with its answer to the question."""

    source: Source
    document: Document
    answer: Answer
    partial: PartialEvaluation
    judged: Judged


def read_paths(documents: Iterable[Document]) -> list[Path]:
    """The attributes below `context` that the texts read or ask for, in their order."""
    tests = find_tests(condition for document in documents for condition in conditions_of(document))
    reads = (read for test in tests.values() for read in test.reads)
    return [path for path in dict.fromkeys((*read.path, *read.names) for read in reads) if path]


def look_at(source: Source, question: Question, context: Mapping[str, Any]) -> tuple[Answer, PartialEvaluation]:
    """Cedar's answer to a context, everything else as in the question."""
    return look(parse_policies(source.text), context, question.unknown, question.doubtful, question.about)


def ask(kind: str, source: Source, document: Document, question: Question) -> Asking:
    """The gate that a text forms. Raises `UnusableContext` when Cedar has no value for something in the context."""
    answer, partial = look_at(source, question, question.context)
    asked = Asked(question.context, partial.truths)
    traces = tuple(
        trace_text(source.file, place, statement, result, asked)
        for place, (statement, result) in enumerate(zip(document.statements, answer.statements, strict=True))
    )
    verdict, switches = verdict_of(answer)
    gate = GateTrace(
        name=source.file,
        kind=kind,
        verdict=verdict,
        summary=summary(verdict, _skipped(answer, traces), ("permit", "forbid")),
        decided_by=decided_by(verdict, traces),
        nearest=nearest(traces) if verdict in (Verdict.IMPLICIT_DENY, Verdict.UNDECIDED) else None,
        statements=traces,
        switches=switches,
    )
    missing = tuple(cedar_path(path) for path in answer.missing)
    return Asking(source, document, answer, partial, Judged(gate, missing))


def verdict_of(answer: Answer) -> tuple[Verdict, tuple[str, ...]]:
    """The verdict of a Cedar text that people wrote, and the switches that it rests on. A forbid that fails leaves it open where it
    would have mattered: Cedar skips it, AWS's page says that the policy denies then. (Compiled text has no such forbid.) So does a test
    of the principal, action or resource, of which no value is published."""
    if answer.ends <= {"forbidden", "unpermitted"}:
        forbidden = any(result.matched and result.effect == "forbid" for result in answer.statements)
        return (Verdict.EXPLICIT_DENY if forbidden or answer.ends == {"forbidden"} else Verdict.IMPLICIT_DENY), ()
    switches: tuple[str, ...] = ("erroring-forbid",) if "unsure" in answer.ends else ()
    switches += ("scope-values",) if answer.caller else ()
    return (Verdict.ALLOW if answer.ends == {"allowed"} else Verdict.UNDECIDED), switches


def _skipped(answer: Answer, traces: tuple[StatementTrace, ...]) -> str:
    """Words on the statements that Cedar skips on the values of the request, and on what no request states; empty for none."""
    failed = [f"`{traces[result.index].label}`" for result in answer.failed]
    words = [f"Cedar cannot evaluate {', '.join(failed)} on these values"] if failed else []
    if answer.caller:
        words.append(
            "the answer hangs on `principal`, `action` or `resource`, whose values the service does not publish"
        )
    if answer.missing and words:
        words.append("it hangs on what the request does not state")
    return "; ".join(words)


# --- notes ----------------------------------------------------------------------------------------------------------


def notes_on(asked: Sequence[Asking], question: Question) -> Iterator[str]:
    """Which statements Cedar could not evaluate, which denies stand in a permit, and whether the request lies one level too deep."""
    yield from _failures(asked)
    yield from _denies(asked)
    yield from _misplaced(asked, question)


def settled_whatever(decision: Decision, question: Question) -> str:
    """That the open attributes do not matter."""
    values = f"the value of {names_of(question.unknown)}" if question.unknown else ""
    presence = f"{names_of(question.doubtful)} may be" if question.doubtful else ""
    return f"{decision.value} whatever {' and whatever '.join(text for text in (values, presence) if text)}"


def names_of(paths: Sequence[Path]) -> str:
    """Attributes as a text names them."""
    return ", ".join(f"`context{'' if cedar_path(path).startswith('[') else '.'}{cedar_path(path)}`" for path in paths)


def left_open(asked: Sequence[Asking]) -> Iterator[str]:
    """What each open statement still asks for."""
    for item in asked:
        if item.judged.gate.verdict is not Verdict.UNDECIDED:
            continue
        for statement, result in zip(item.document.statements, item.answer.statements, strict=True):
            condition = condition_of(statement)
            if result.matched is None and condition is not None:
                effect = "allowed" if statement.effect == "permit" else "refused"
                yield f"{item.source.file} leaves: {effect} if {residual(condition, item.partial)}"


def _failures(asked: Sequence[Asking]) -> Iterator[str]:
    for item in asked:
        for failure in item.answer.failed:
            line = item.source.position(item.document.statements[failure.index].span.start).line
            what = (
                "a permit that fails allows nothing"
                if failure.effect == "permit"
                else "Cedar skips a forbid that fails"
            )
            yield f"{item.source.file}, line {line}: {failure.error.rstrip('.')}; {what}"


def _denies(asked: Sequence[Asking]) -> Iterator[str]:
    for item in asked:
        near: StatementTrace | None = item.judged.gate.nearest
        if near is None:
            continue
        statement = item.document.statements[near.index]
        for node, words in unless_notes(item.document, statement, item.partial):
            yield f"{item.source.file}, line {item.source.position(node.span.start).line}: {words}"


def _misplaced(asked: Sequence[Asking], question: Question) -> Iterator[str]:
    """A request that was given one level too deep."""
    inner = question.context.get("context")
    read = any(path[0] == "context" for path in read_paths(item.document for item in asked))
    if len(question.context) == 1 and isinstance(inner, Mapping) and not read:
        yield "the request has nothing but `context`; give what stands below it, the texts read no `context.context`"


def report_unusable(
    error: UnusableContext | NotOpen, tree: JsonValue, inside: tuple[str, ...], diagnostics: Diagnostics
) -> None:
    """Report what cannot be asked at its place in the context, which stands `inside` a JSON value."""
    value = isinstance(error, UnusableContext)
    what = f"the value of `{'.'.join(error.path)}`" if value else f"`{'.'.join(error.path)}`"
    help = "state another value" if value else "state it, or name it with `--unknown`"
    diagnostics.error("unusable-request", f"{what} {error.why}", place(tree, *inside, *error.path), help)


def place(tree: JsonValue, *path: str) -> Span:
    """The value at a path, or the innermost one on the way to it; an object as a whole is pointed at where it begins."""
    for step in path:
        inner = tree.get(step) if isinstance(tree, JsonObject) else None
        if inner is None:
            break
        tree = inner
    return tree.span.at_start() if isinstance(tree, JsonObject) else tree.span
