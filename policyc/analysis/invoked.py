"""What every request to a service of VPC Lattice keeps to (Lattice reference, sections 1 and 4): `Invoke` is asked of the service's ARN with the path
behind it, `Connect` of the ARN alone; `RequestPath` is that path again, so that tests of both are tests of one text.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from policyc.analysis.conditions import folded
from policyc.analysis.formula import FALSE, Lit
from policyc.analysis.keys import ACTION, RESOURCE, Keys
from policyc.analysis.solver import Tested
from policyc.engines.proofs.domains import Fits, Test
from policyc.engines.proofs.texts import Pattern, exactly, rests
from policyc.targets.lattice.words import CONNECT, INVOKE, METHOD_KEY, PATH_KEY, is_http_only

SERVICE: Final = INVOKE.partition(":")[0]
METHOD: Final = folded(METHOD_KEY)
PATH: Final = folded(PATH_KEY)
_FIELD: Final[Pattern] = ((".", ":"), ("=", ":"))
#: the ARN of any service
_ARN: Final[Pattern] = (
    *exactly("arn:"),
    *_FIELD,
    *exactly("vpc-lattice:"),
    *_FIELD,
    *_FIELD,
    *exactly("service/"),
    ("-", "/"),
    (".", "/"),
)
_ANY: Final[Pattern] = (("*", ""),)


class Invoked:
    """Requests to services of VPC Lattice, as facts about the keys of a question."""

    def __init__(self, keys: Keys) -> None:
        self.keys, self.formula = keys, keys.formula
        keys.derived[PATH] = (self.invokes, self._path_passes)

    def invokes(self) -> Lit:
        return self._asks(INVOKE)

    def asks_service(self) -> Lit:
        """Whether a request is one to a service, which it names as its resource."""
        return self.formula.some((self.invokes(), self._asks(CONNECT)))

    def facts(self) -> Iterator[Lit]:
        """What holds of every request."""
        implies = self.formula.implies
        invokes = self.invokes()
        yield implies(invokes, self._resource((*_ARN, *exactly("/"), *_ANY)))
        yield implies(self._asks(CONNECT), self._resource(_ARN))
        # a path holds no query, and no fragment
        yield from (implies(invokes, -self._resource((*_ANY, *exactly(char), *_ANY))) for char in "?#")
        for key in list(self.keys.seen):
            if key == METHOD:
                yield self.formula.same(invokes, self.keys.present((METHOD, 0)))
            elif key not in self.keys.derived and is_http_only(key):
                yield implies(self.keys.present((key, 0)), invokes)

    def _path_passes(self, test: Test) -> Lit:
        if not isinstance(test, Fits):
            return FALSE  # a path is no number
        left = rests(test.pattern, "/")
        return self.formula.some(self._resource((*_ARN, *exactly("/"), *rest)) for rest in left)

    def _asks(self, action: str) -> Lit:
        return self.formula.atom(Tested((ACTION, 0), Fits(exactly(folded(action)))))

    def _resource(self, pattern: Pattern) -> Lit:
        return self.formula.atom(Tested((RESOURCE, 0), Fits(pattern)))


def path_of(action: str, resource: str) -> tuple[str, ...]:
    """The path of a request; nothing where it has none."""
    return (f"/{resource.split('/', 2)[2]}",) if folded(action) == folded(INVOKE) else ()
