"""One question to raw documents: the chain it goes through, or the decision of IAM alone."""

from __future__ import annotations

from policyc.diagnostics import Diagnostics
from policyc.engines.trace import Outcome
from policyc.simulation.documents import chains, iam
from policyc.simulation.documents.question import PolicyContext, Question


def ask(situation: PolicyContext, question: Question, diagnostics: Diagnostics) -> Outcome | None:
    """The answer, or None after reporting why the question cannot be asked."""
    found = Diagnostics()
    if chains.is_chain(situation):
        outcome = chains.answer(situation, question, found)
    else:
        outcome = _plain(situation, question, found)
    diagnostics.extend(found)
    return None if found.has_errors else outcome


def _plain(situation: PolicyContext, question: Question, diagnostics: Diagnostics) -> Outcome | None:
    for name, value in (("can", question.can), ("path", question.path)):
        if value is not None:
            diagnostics.error(
                "two-kinds-of-question",
                f"`--{name}` belongs to a chain, and no resource of one is given",
                value.span,
                "write `--action` and `--resource-arn`, or add `--service-arn` or `--object-lambda-arn`",
            )
            return None
    return iam.answer(situation, question, diagnostics)
