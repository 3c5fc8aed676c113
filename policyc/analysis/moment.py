"""When a request is made: `aws:EpochTime` is derived from `aws:CurrentTime` (see `policyc.engines.proofs.moments`), which every request has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from policyc.analysis.formula import TRUE, Lit
from policyc.analysis.keys import Keys, Use
from policyc.analysis.solver import Opaque
from policyc.engines.iam.dates import parse_instant
from policyc.engines.proofs.domains import Fits, Readable, Test
from policyc.engines.proofs.moments import CURRENT, EPOCH, of_the_current_time
from policyc.engines.proofs.texts import ANYTHING
from policyc.model.types import Named
from policyc.model.vocabulary import Attribute

_CURRENT_TIME = Attribute("aws.CurrentTime", "aws:CurrentTime", Named("datetime"), presence="always")


class Moment:
    """The moment of a request, as facts about the keys of a question."""

    def __init__(self, keys: Keys) -> None:
        self.keys = keys
        keys.derived[EPOCH] = (self._there, self._passes)

    def facts(self) -> Iterator[Lit]:
        """What holds of every request."""
        if EPOCH in self.keys.seen:
            yield self._there()

    def _there(self) -> Lit:
        return self.keys.present((CURRENT, 0))

    def _passes(self, test: Test) -> Lit:
        if isinstance(test, Readable) or (isinstance(test, Fits) and test.pattern == ANYTHING):
            return TRUE
        found = of_the_current_time(test)
        if found is None:
            return self.keys.formula.atom(Opaque("`aws:EpochTime` as text", test))
        return self.keys.passes((CURRENT, 0), found)


def with_its_moment(uses: Mapping[str, Use]) -> Mapping[str, Use]:
    """The keys of a question, with the one that tells the time where another one does."""
    return {**uses, CURRENT: Use(_CURRENT_TIME)} if EPOCH in uses and CURRENT not in uses else uses


def epoch_of(current: str) -> tuple[str, ...]:
    """The value of `aws:EpochTime` at a time; nothing for a text that is none."""
    instant = parse_instant(current)
    return () if instant is None else (str(int(instant // 1)),)
