"""The ways of callers without a signature through the gates of VPC Lattice. Source: Lattice reference, section 5."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from policyc.engines.proofs.budget import TooLarge
from policyc.engines.proofs.conditions import branches, may_be_met
from policyc.ir.authz import All, Atom, Op, Policy, RawTest, Statement
from policyc.ir.conditions import atoms
from policyc.lint.callers import ANONYMOUS, anonymous_facts, denials, is_identity, open_statements
from policyc.lint.gates import NETWORK, checks, network_of, policies_for, services
from policyc.lint.rule import Lint
from policyc.model.values import Resource
from policyc.record import record

_ORIGIN = ("vpc-lattice-svcs:sourcevpc", "aws:sourcevpc", "aws:sourceip", "aws:vpcsourceip", "aws:vpceaccount")
#: where the keys of headers begin
HEADER = "vpc-lattice-svcs:requestheader/"


@record
class Door:
    """A way for callers without a signature through an allow of `policy`, on a service that they can reach. `tests` are the tests of the
    statement that such a caller passes; alternatives of its condition are ways of their own."""

    policy: Policy
    statement: Statement
    resource: Resource
    tests: tuple[Atom, ...]

    @property
    def negated(self) -> Atom | None:
        """The first test about identity that an unsigned request passes for lack of one."""
        return next((atom for atom in self.tests if atom.negated and is_identity(atom.attribute)), None)

    @property
    def origin(self) -> Atom | None:
        """The first test about the network that the request comes from."""
        return next((atom for atom in self.tests if atom.attribute.native.lower().startswith(_ORIGIN)), None)

    @property
    def meant(self) -> bool:
        """Whether the author says that callers without a signature are meant: by the word for them, or by their type."""
        who = self.statement.who
        if who is not None and not who.negated and ANONYMOUS in who.principals:
            return True
        top = self.statement.when.items if isinstance(self.statement.when, All) else (self.statement.when,)
        return any(_is_of_anonymous(test) for test in (*self.tests, *top) if isinstance(test, Atom | RawTest))

    @property
    def header(self) -> Atom | None:
        """The first test of a header."""
        found = (atom for atom in self.tests if atom.attribute.native.lower().startswith(HEADER))
        return next((atom for atom in found if not atom.negated), None)


def _is_of_anonymous(test: Atom | RawTest) -> bool:
    """Whether a test asks for the type of callers without a signature."""
    if test.negated or test.attribute.native.lower() != "aws:principaltype":
        return False
    if isinstance(test, Atom):
        return test.op is Op.EQ and any(str(value.value).lower() == "anonymous" for value in test.values)
    named = [value.text.lower() for value in test.values]
    return test.operator.lower().startswith("stringequals") and "anonymous" in named


def doors(lint: Lint) -> list[Door]:
    """Every way through which unsigned callers reach a service."""
    return lint.once("doors", lambda lint: list(_find_doors(lint)))


def _find_doors(lint: Lint) -> Iterator[Door]:
    told: set[tuple[str, str, int]] = set()
    for resource, policies in _asked(lint):
        for policy, statement in open_statements(policies):
            place = (policy.file, policy.name, statement.index)
            if place not in told:
                told.add(place)
                for tests in _ways(statement, policies):
                    yield Door(policy, statement, resource, tests)


def _asked(lint: Lint) -> Iterator[tuple[Resource, list[Policy]]]:
    """What unsigned callers may reach, with the policies of the gate that has the last word on them."""
    carried = set()
    for service in services(lint):
        network = network_of(lint, service)
        carried.add(service.link("network"))
        if network is not None and checks(network) and not open_statements(policies_for(lint, network, service)):
            continue
        gate = service if checks(service) else network
        if gate is not None and checks(gate):
            yield service, policies_for(lint, gate, service if gate is network else None)
    for resource in lint.program.resources.values():
        if resource.type == NETWORK and checks(resource) and resource.id not in carried:
            yield resource, policies_for(lint, resource)


def _ways(statement: Statement, policies: Sequence[Policy]) -> list[tuple[Atom, ...]]:
    """The tests that an unsigned caller passes, for every way to meet the condition of an open `allow` past the denies."""
    own = set(atoms(statement.when))
    found: dict[tuple[Atom, ...], None] = {}
    try:
        for held in branches([(statement.when, True)], anonymous_facts):
            found[tuple(atom for atom in held if atom in own)] = None
    except TooLarge:
        pass  # those that were found are ways all the same
    if len(found) < 2:
        return list(found) or [()]
    denied = denials(statement, [item for policy in policies for item in policy.statements], ANONYMOUS)
    return [way for way in found if may_be_met([*((atom, True) for atom in way), *denied], anonymous_facts)]
