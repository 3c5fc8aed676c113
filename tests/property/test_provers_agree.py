"""The quick provers against the solver of `diff`: what they call certain, it proves.

The rules look at two statements at a time, without a SAT solver and in microseconds, on policies of the language as well. What they say of
documents of IAM (a condition that never or always holds, a statement that covers another one, two that never meet) is asked again of the
solver, over all requests. `POLICYC_CASES` divided by 100 is the number of documents.
"""

from __future__ import annotations

import os
import random

from policyc.analysis.overlap import touching
from policyc.analysis.question import Space
from policyc.engines.iam.caller import CallerKind
from policyc.engines.proofs.conditions import always_holds, never_holds
from policyc.lint.covering import statement_covers, statements_may_meet
from tests.property.test_analysis_compare import KEYS, statement, version

DOCUMENTS = max(50, int(os.environ.get("POLICYC_CASES", "10000")) // 100)


def test_what_lint_calls_certain_the_solver_proves() -> None:
    chance = random.Random(53)
    asked = {"never": 0, "always": 0, "covers": 0, "apart": 0, "at a glance": 0}
    for number in range(DOCUMENTS):
        keys = chance.sample(tuple(KEYS), 2)
        made = version([statement(chance, keys) for _ in range(4)], "a.json")
        if made is None:
            continue
        policy = made.policy
        space = Space([policy])
        try:
            for item in policy.statements:
                holds = space.conditions.holds(item.when)
                if never_holds(item.when):
                    asked["never"] += 1
                    assert space.ask(holds) is None, (number, item)
                if always_holds(item.when):
                    asked["always"] += 1
                    # AWS does not say what the caller's keys hold for a service, and the solver takes them to be absent
                    assert space.ask(-holds, -space.callers.kind(CallerKind.SERVICE)) is None, (number, item)
            for first in policy.statements:
                for second in policy.statements:
                    if first is second:
                        continue
                    one, other = space.statement(first), space.statement(second)
                    if first.effect == second.effect and statement_covers(first, second):
                        asked["covers"] += 1
                        assert space.ask(other, -one) is None, (number, first, second)
                    if first.index < second.index and not statements_may_meet(first, second):
                        asked["apart"] += 1
                        assert space.ask(one, other) is None, (number, first, second)
                    if first.index < second.index and not touching([first], [second]):
                        asked["at a glance"] += 1
                        assert space.ask(one, other) is None, (number, first, second)
        finally:
            space.solver.close()
    assert asked["never"] and asked["covers"] and asked["apart"] and asked["at a glance"], asked
