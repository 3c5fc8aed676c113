"""Questions about Cedar conditions in normal form, with a bound on the steps that the answers for one text may take."""

from __future__ import annotations

from typing import Final

from policyc.engines.proofs.budget import Steps, TooLarge
from policyc.engines.proofs.conditions import BUDGET, Goal, branches, nothing_known
from policyc.ir.authz import All, Always, Cond, Never

#: Steps for all questions about one statement.
FOR_A_STATEMENT: Final = 20_000
#: Tests that have to hold at once; time grows with their square.
_MOST_TESTS: Final = 600


class Proof:
    """Answers until its steps run out; from then on nothing is proven."""

    def __init__(self, steps: int = FOR_A_STATEMENT) -> None:
        self.left = steps

    def impossible(self, *conds: Cond) -> bool:
        """Whether no request meets all of the conditions; True is proven."""
        return self._ask(conds) is False

    def _ask(self, conds: tuple[Cond, ...]) -> bool | None:
        """Whether the conditions go together, None when it would take too long to say."""
        if any(isinstance(cond, Never) for cond in conds):
            return False
        goals: list[Goal] = [(cond, True) for cond in conds if not isinstance(cond, Always)]
        if not goals:
            return True
        if sum(len(cond.items) for cond, _ in goals if isinstance(cond, All)) > _MOST_TESTS:
            return None
        steps = Steps(min(BUDGET, self.left))
        granted = steps.left
        try:
            return next(branches(goals, nothing_known, steps), None) is not None
        except TooLarge:
            return None
        finally:
            self.left -= granted - max(steps.left, 0)
