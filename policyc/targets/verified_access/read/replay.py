"""What the policies say to a logged request, beside what the log says came of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from policyc.engines.cedar.decide import Path
from policyc.engines.trace import Outcome
from policyc.record import replace
from policyc.targets.cedar_documents.protocol import Text
from policyc.targets.verified_access.gates import EndpointAlone
from policyc.targets.verified_access.read.access_log import LoggedRequest, absent_providers, gaps_of, open_paths
from policyc.targets.verified_access.read.claims import Declared
from policyc.targets.verified_access.read.decide import judge

#: The group's text and the endpoint's.
Texts: TypeAlias = tuple[Text | None, Text | None]


def replay(
    logged: LoggedRequest,
    policies: Texts,
    stated: Sequence[Path],
    read: Sequence[Path],
    alone: EndpointAlone,
    declared: Declared,
) -> Outcome:
    """The answer to a log record. What it tells twice with different values is known only where both values give the same answer;
    `stated` is unknown besides, `read` is what the policies read."""
    missing, doubtful = open_paths(logged, read)
    unknown = list(dict.fromkeys([*stated, *missing]))
    doubtful = [path for path in doubtful if path not in unknown]
    context = dict(logged.context)
    outcome = judge(*policies, context, unknown, alone, doubtful, declared)
    for (root, name), value in logged.others.items():
        other = {**context, root: {**context[root], name: value}}
        if judge(*policies, other, unknown, alone, doubtful, declared).decision is not outcome.decision:
            context[root] = {key: item for key, item in context[root].items() if key != name}
            unknown.append((root, name))
            outcome = judge(*policies, context, unknown, alone, doubtful, declared)
    notes = [f"not told by the record: {text}" for text in gaps_of(logged, read)]
    notes += [
        f"not told by the record: it holds nothing of `{name}`, so that is taken to be absent"
        for name in absent_providers(logged, read)
    ]
    if logged.expected:
        said = "as the policies do" if agrees(logged, outcome) else f"the policies {_says(outcome)}"
        notes.insert(0, f"the log says {logged.expected}, {said}")
    return replace(outcome, notes=(*outcome.notes, *notes))


def agrees(logged: LoggedRequest, outcome: Outcome) -> bool:
    """Whether the policies answer what the log says came of the request."""
    return logged.expected == outcome.decision.value


def _says(outcome: Outcome) -> str:
    return "leave it open" if outcome.decision.value == "undecided" else f"say {outcome.decision.value}"
