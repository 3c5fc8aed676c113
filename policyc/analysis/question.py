"""The space of requests of one question, and what policies say over it: each statement as a literal.

The encoding follows `policyc.ir.decide`; what it does not model exactly (policy variables that are left open, expressions of Cedar)
is an opaque atom, so that "no such request" still is a proof, while a request that hangs on one is not yet an answer.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

from policyc.analysis.callers import ARN_KEY, SERVICE_KEY, SIGNED, USERID_KEY, Callers, MadeBy
from policyc.analysis.conditions import Bindings, Conditions, folded, spelled_alike, uses_of, widest
from policyc.analysis.formula import EXACTLY, FALSE, TRUE, Formula, Lit
from policyc.analysis.invoked import SERVICE as INVOKED
from policyc.analysis.invoked import Invoked
from policyc.analysis.keys import ACTION, MOST_VALUES, RESOURCE, Keys, Use
from policyc.analysis.moment import Moment, with_its_moment
from policyc.analysis.solver import BUDGET, Opaque, Solution, Solver, Tested
from policyc.engines.iam.caller import CallerKind
from policyc.engines.iam.elements import is_action
from policyc.engines.iam.statement import Kind
from policyc.engines.proofs.domains import Domain, Fits
from policyc.engines.proofs.texts import ANYTHING, Pattern, exactly, simplest, whole
from policyc.holes import has_hole, shown, widened
from policyc.ir.authz import Can, Glob, Policy, Resources, Statement, Variable
from policyc.ir.conditions import tests
from policyc.ir.pattern import Wild, pattern_tokens
from policyc.model.vocabulary import Attribute
from policyc.record import record
from policyc.targets.iam_documents.kinds import KINDS

#: an id of a session and one of a user that nobody has
USER_IDS: Final = ("AROAEXAMPLE0000000000:example", "AIDAEXAMPLE0000000000")
_ORGANIZATION: Final = re.compile(r"o-[a-z0-9]{10,32}(?![a-z0-9*?])")
#: accounts that AWS's documentation uses
_ACCOUNTS: Final = ("111122223333", "444455556666", "777788889999", "123456789012")
_ACTION_SHAPE: Final[Pattern] = (("-", ":"), (".", ":"), ("=", ":"), ("-", ":"), (".", ":"))


@record
class NoResource:
    """The atom that the action is asked of no resource at all: the resource is `*`."""


@record
class Said:
    """What a document says, or several that must all allow: the statements that allow and that deny, each with its literal."""

    allows: tuple[tuple[Statement, Lit], ...]
    denies: tuple[tuple[Statement, Lit], ...]
    some_allow: Lit
    some_deny: Lit
    allowed: Lit


class Space:
    """The requests that some policies are asked about. `bindings` are values for policy variables; None leaves them open. `asked` are keys
    that the question is about beside those of the policies, `within` patterns of the resources that it is about, `most` the values of a key
    that are told apart."""

    def __init__(
        self,
        policies: Sequence[Policy],
        bindings: Bindings | None = None,
        budget: int = BUDGET,
        asked: Iterable[Attribute] = (),
        within: Sequence[Pattern] = (),
        most: int = MOST_VALUES,
    ) -> None:
        self.policies, self.within = tuple(policies), tuple(within)
        self.formula = Formula()
        uses = with_its_moment({**{folded(item.native): Use(item) for item in asked}, **uses_of(policies)})
        self.keys = Keys(self.formula, uses, most=most)
        self.callers = Callers(self.keys, kinds_of(policies), partitions_of(policies), star_is_service=True)
        self.callers.organizations = tuple(sorted({name for policy in policies for name in organizations_in(policy)}))
        self.conditions = Conditions(self.keys, bindings)
        self.solver = Solver(self.formula, self._domain, budget)
        self.bindings = bindings
        self._said: dict[int, Said] = {}
        self.crowded = tuple(use.attribute.native for key, use in uses.items() if self.keys.is_crowded(key))
        #: whether "no such request" was said of requests with so many values only as are told apart
        self.unsure = False
        self.services = _services_of(policies)
        self.invoked = Invoked(self.keys) if INVOKED in self.services else None
        self.moment = Moment(self.keys)
        self._actions: dict[str, Lit] = {}
        self._places: dict[object, Lit] = {}
        self._kept: list[Lit] = []
        self._told: tuple[object, ...] = ()

    # --- documents ----------------------------------------------------------------------------------------------

    def said(self, policy: Policy) -> Said:
        """What a document says."""
        known = self._said.get(id(policy))
        if known is None:
            formula = self.formula
            of: dict[str, list[tuple[Statement, Lit]]] = {"allow": [], "deny": []}
            for statement in policy.statements:
                of[statement.effect].append((statement, self.statement(statement)))
            allow = formula.some(lit for _, lit in of["allow"])
            deny = formula.some(lit for _, lit in of["deny"])
            known = Said(tuple(of["allow"]), tuple(of["deny"]), allow, deny, formula.every((allow, -deny)))
            self._said[id(policy)] = known
        return known

    def statement(self, statement: Statement) -> Lit:
        """Whether a statement matches the request."""
        deny = statement.effect == "deny"
        return self.formula.every(
            (
                self.callers.matches(statement.who),
                self.can(statement.can),
                self.where(statement.resources, deny),
                self.conditions.holds(statement.when),
            )
        )

    def can(self, can: Can | None) -> Lit:
        """Whether the action is one of a statement's."""
        if can is None:
            return TRUE
        if not can.verbs:
            return FALSE if can.negated else TRUE
        some = self.formula.some(self.action(verb.action) for verb in can.verbs)
        return -some if can.negated else some

    def action(self, text: str) -> Lit:
        """Whether the action fits a pattern, in any letter case; what AWS stores though it is no action fits none."""
        known = self._actions.get(text)
        if known is None and has_hole(text):
            wide = widened(text)
            some = self.formula.atom(Opaque(f"the action `{shown(text)}`"))
            known = self._actions[text] = self.formula.every((some, self.action(wide if ":" in wide else "*")))
        if known is None:
            tokens = pattern_tokens(folded(text).replace("\\", "\\\\"))
            known = FALSE if not is_action(text) else TRUE
            if known == TRUE and tokens != (Wild.RUN,):
                known = self.formula.atom(Tested((ACTION, 0), Fits(whole(tokens))))
            self._actions[text] = known
        return known

    def where(self, resources: Resources | None, deny: bool) -> Lit:
        """Whether the resource is one of a statement's. Where the two readings of a pattern differ, the one that allows less holds."""
        if resources is None:
            return TRUE
        if not resources.patterns:
            return FALSE
        generous = deny is not resources.negated
        some = self._resources(resources, generous)
        return -some if resources.negated else some

    def _resources(self, resources: Resources, generous: bool) -> Lit:
        """Whether the resource fits one of the patterns. A pattern read field by field fits fewer texts than the same pattern read as
        one text, so the reading that allows less is one of the two."""
        key = (tuple(glob.tokens for glob in resources.patterns), generous)
        known = self._places.get(key)
        if known is not None:
            return known
        open_ones: list[Lit] = []
        patterns: list[Pattern] = []
        for glob in resources.patterns:
            if has_hole(glob.text):
                open_ones.append(self._open_resource(glob))
                continue
            found = self.conditions.readings(glob.tokens)
            if isinstance(found, Variable):
                open_ones.append(self._variable_resource(glob))
            elif found is not None:
                text, fields = found
                if text == ANYTHING:
                    return TRUE
                patterns.append(text if generous or fields is None else fields)
        atoms = [self.formula.atom(Tested((RESOURCE, 0), Fits(pattern))) for pattern in simplest(patterns)]
        known = self.formula.some([*open_ones, self.formula.every((-self.no_resource, self.formula.some(atoms)))])
        self._places[key] = known
        return known

    def _open_resource(self, glob: Glob) -> Lit:
        """Whether the resource fits a pattern that a host file leaves open in part: not known, but for what all its values look like."""
        some = self.formula.atom(Opaque(f"the resource `{shown(glob.text)}`"))
        wide = widened(glob.text)
        if "$" in wide or "\\" in wide or wide == "*":
            return some
        fits = self.formula.atom(Tested((RESOURCE, 0), Fits(whole(pattern_tokens(wide)))))
        return self.formula.every((some, -self.no_resource, fits))

    def _variable_resource(self, glob: Glob) -> Lit:
        """Whether the resource fits a pattern whose variables are left open: it looks like one for some values, which the request has."""
        some = self.formula.atom(Opaque(f"the resource `{spelled_alike(glob)}`"))
        parts = [some, self.conditions.defined(glob.tokens)]
        if (wide := widest(glob.tokens)) != (Wild.RUN,):
            parts += [-self.no_resource, self.formula.atom(Tested((RESOURCE, 0), Fits(whole(wide))))]
        return self.formula.every(parts)

    @property
    def no_resource(self) -> Lit:
        return self.formula.atom(NoResource())

    def doubts(self) -> list[str]:
        """What keeps "no such request" from being a proof, of all that was asked."""
        return [f"`{key}` is tested in more ways than are told apart" for key in self.crowded if self.unsure]

    # --- asking -------------------------------------------------------------------------------------------------

    def of_kinds(self, *kinds: CallerKind) -> Sequence[Sequence[Lit]]:
        """The hopes that the caller is of the first of some kinds that can be, or else of any."""
        lits = [self.callers.kind(kind) for kind in kinds]
        return [*([lit] for lit in lits if lit != FALSE), []]

    def ask(self, *wanted: Lit, hopes: Sequence[Sequence[Lit]] = (), beside: Sequence[Lit] = ()) -> Solution | None:
        """A request for which all of `wanted` hold, a likely one if there is one, and one for which all of the first of `hopes` hold as well,
        or else of the next (a role's where nothing is hoped for: that is what most callers are); None: proven that there is none. With `beside` it is looked for
        as `Solver.solve` does.

        Raises TooLarge, Unmodelled.
        """
        hopes = hopes or self.of_kinds(CallerKind.ROLE)
        facts, likely = [*wanted, *self._facts()], list(self._likely())
        named = self.formula.some(self.action(f"{name}:*") for name in self.services or _KNOWN[:1])
        if self.crowded:
            facts.append(self.formula.atom(EXACTLY))
        found = self.solver.solve([*facts, *likely, named, *hopes[0]], beside)
        if found is not None:
            return found
        found = self.solver.solve(facts, beside)
        if found is None:
            self.unsure |= bool(self.crowded) and not beside and self.solver.solve(facts[:-1]) is not None
            return None
        known = [self.action(f"{name}:*") for name in _KNOWN]
        others = [*([named, *hope] for hope in hopes[1:]), *([one, *hope] for one in known for hope in hopes), *hopes]
        better = (self.solver.solve([*facts, *likely, *hope], beside) for hope in others)
        return next((item for item in better if item is not None), found)

    def ask_known(self, *wanted: Lit, hopes: Sequence[Sequence[Lit]] = ()) -> Solution | None:
        """The same, and one that hangs on nothing that is not understood where a few tries find it."""
        found = self.ask(*wanted, hopes=hopes)
        meanings, beside = self.formula.meanings, list[Lit]()
        for _ in range(_TRIES):
            atoms = {} if found is None else found.atoms
            open = [-atom if atoms[atom] else atom for atom in atoms if isinstance(meanings.get(atom), Opaque)]
            if not open or not set(beside).isdisjoint(-lit for lit in open):
                break
            beside += open
            found = self.ask(*wanted, hopes=hopes, beside=beside) or found
        return found

    def _facts(self) -> Sequence[Lit]:
        """What every request keeps to; it is the same until something new was asked about."""
        callers = self.callers
        told = (len(callers.sessions), len(callers.makers), len(callers.ids), *self.keys.seen.items())
        if told != self._told:
            self._kept, self._told = list(self._all_facts()), told
        return self._kept

    def _all_facts(self) -> Iterable[Lit]:
        formula = self.formula
        yield formula.atom(Tested((ACTION, 0), Fits(_ACTION_SHAPE)))
        shapes = [formula.atom(Tested((RESOURCE, 0), Fits(_shape_of(name)))) for name in self.callers.partitions]
        yield formula.some((self.no_resource, *shapes))
        if self.within:
            yield formula.some(formula.atom(Tested((RESOURCE, 0), Fits(pattern))) for pattern in self.within)
            yield -self.no_resource
        services = {name for policy in self.policies for name in _of_kind(policy)}
        if services and all(_of_kind(policy) for policy in self.policies if not _is_callers(policy)):
            yield formula.some(self.action(f"{name}:*") for name in sorted(services))
        for value in self.bindings or {}:
            yield from self._bound(value)
        if self.invoked is not None:
            yield formula.implies(self.invoked.asks_service(), -self.no_resource)
            yield from self.invoked.facts()
        yield from self.callers.axioms()
        yield from self.moment.facts()
        yield from self.keys.axioms()

    def _bound(self, key: str) -> Iterable[Lit]:
        """That the request has the value that a policy variable was given, and no other."""
        text = (self.bindings or {})[key]
        slots = self.keys.slots(key)
        there = [self.keys.present(slot) for slot in slots]
        if text is None:
            yield from (-present for present in there)
        else:
            yield there[0]
            yield from (-present for present in there[1:])
            yield self.keys.passes(slots[0], Fits(exactly(text)))

    def _likely(self) -> Iterable[Lit]:
        """What most requests keep to: they ask a resource, and one of the service that the action belongs to, and no user hands them on."""
        formula = self.formula
        yield from (-formula.atom(MadeBy(maker)) for maker in self.callers.makers)
        yield -self.no_resource
        for name in dict.fromkeys((*self.services, *_KNOWN)):
            arns = [formula.atom(Tested((RESOURCE, 0), Fits(_arn_of(part)))) for part in _ARNS.get(name, (name,))]
            yield formula.implies(self.action(f"{name}:*"), formula.some(arns))

    def _domain(self, key: str) -> Domain:
        if key == ACTION:
            return Domain("the action", "text", likely_actions(self.services))
        if key == RESOURCE:
            likely = dict.fromkeys((*self.services, *_KNOWN))
            return Domain("the resource", "text", tuple(arn for name in likely for arn in _resources_of(name)))
        if key == ARN_KEY:
            partition = self.callers.partitions[0]
            names = ("iam::{}:role/example", "iam::{}:user/example", "iam::{}:root", "sts::{}:federated-user/example")
            hints = tuple(f"arn:{partition}:{name.format(account)}" for account in _ACCOUNTS for name in names)
            return Domain("aws:PrincipalArn", "text", hints)
        if key == USERID_KEY:
            return Domain("aws:userid", "text", USER_IDS)
        if key == SERVICE_KEY:
            return Domain("aws:PrincipalServiceName", "text", ("lambda.amazonaws.com", "logs.amazonaws.com"))
        return self.keys.domain(key)


def organizations_in(policy: Policy) -> Iterable[str]:
    """The organizations that conditions of a document name, by themselves or at the start of a path."""
    for statement in policy.statements:
        for test in tests(statement.when):
            texts = [item.text if isinstance(item, Glob) else str(item.value) for item in test.values]
            yield from (found[0] for text in texts if (found := _ORGANIZATION.match(text)))


def kinds_of(policies: Sequence[Policy]) -> tuple[CallerKind, ...]:
    """The kinds of caller that meet documents of these kinds."""
    engines = {KINDS[policy.kind].engine for policy in policies if policy.kind in KINDS}
    if engines and engines <= _OF_CALLERS:
        return SIGNED
    if engines == {Kind.TRUST}:
        return (*SIGNED, CallerKind.SERVICE, CallerKind.PROVIDER)
    return (*SIGNED, CallerKind.SERVICE, CallerKind.ANONYMOUS)


def partitions_of(policies: Sequence[Policy]) -> tuple[str, ...]:
    """The partitions that documents name, `aws` where they name none: callers and resources of one request share theirs."""
    found: set[str] = set()
    for policy in policies:
        for statement in policy.statements:
            for principal in statement.who.principals if statement.who else ():
                found.add(_partition(principal.name))
            for glob in statement.resources.patterns if statement.resources else ():
                found.add(_partition(glob.text))
    return tuple(sorted(found - {""})) or ("aws",)


def _partition(text: str) -> str:
    parts = text.split(":", 2)
    plain = len(parts) == 3 and parts[0] == "arn" and parts[1].startswith("aws") and "*" not in parts[1]
    return parts[1] if plain and "?" not in parts[1] else ""


def _services_of(policies: Sequence[Policy]) -> tuple[str, ...]:
    """The prefixes of the actions that documents name."""
    found: dict[str, None] = {}
    for policy in policies:
        found.update(dict.fromkeys(_of_kind(policy)))
        for statement in policy.statements:
            for verb in statement.can.verbs if statement.can else ():
                prefix, colon, _ = verb.action.lower().partition(":")
                if colon and "*" not in prefix and "?" not in prefix and not has_hole(prefix):
                    found[prefix] = None
    return tuple(found)


def _is_callers(policy: Policy) -> bool:
    """Whether a document belongs to callers, so that it may speak of any service."""
    return policy.kind in KINDS and KINDS[policy.kind].engine in _OF_CALLERS


_OF_CALLERS: Final = frozenset({Kind.IDENTITY, Kind.BOUNDARY, Kind.SCP, Kind.SESSION})


def _of_kind(policy: Policy) -> tuple[str, ...]:
    return KINDS[policy.kind].services if policy.kind in KINDS else ()


#: the services that are asked where documents name none, the second where the first is out of the question
_KNOWN: Final = ("s3", "sqs")
#: what is not understood may be ruled out so many times
_TRIES: Final = 8
#: services whose resources have the ARNs of others
_ARNS: Final = {"vpc-lattice-svcs": ("vpc-lattice",), "sts": ("iam", "sts")}


def _arn_of(service: str) -> Pattern:
    return (
        *exactly("arn:"),
        (".", ":"),
        *exactly(f":{service}:"),
        (".", ":"),
        ("=", ":"),
        (".", ":"),
        ("=", ":"),
        ("*", ""),
    )


def _shape_of(partition: str) -> Pattern:
    """Every ARN of a resource in a partition."""
    field: Pattern = ((".", ":"), ("=", ":"))
    return (*exactly(f"arn:{partition}:"), ("-", ":"), *field, *field, *field, ("?", ""), ("*", ""))


#: resources that readers know, where the facts of a service say less
_EXAMPLES: Final = {
    "s3": "arn:aws:s3:::example-bucket/example",
    "sts": "arn:aws:iam::111122223333:role/example",
    "vpc-lattice-svcs": "arn:aws:vpc-lattice:eu-west-1:111122223333:service/svc-0123456789abcdef0/example",
    "sqs": "arn:aws:sqs:eu-west-1:111122223333:example",
    "kms": "arn:aws:kms:eu-west-1:111122223333:key/0a1b2c3d-1111-2222-3333-444455556666",
}


def likely_actions(services: Iterable[str]) -> tuple[str, ...]:
    """Actions that there are, in lower case, those of some services that people know best first."""
    return tuple(action.lower() for name in dict.fromkeys((*services, *_KNOWN)) for action in known_actions(name))


def known_actions(service: str) -> tuple[str, ...]:
    """The actions of a service as AWS spells them; none where that is not known."""
    from policyc.targets.iam_documents import services

    return _actions_of(service) if services.is_there() else ()


@lru_cache(maxsize=64)
def _resources_of(service: str) -> tuple[str, ...]:
    """Resources of a service, of the type that most of its actions are about first."""
    from policyc.targets.iam_documents import services

    found = services.service(service) if service not in _EXAMPLES and services.is_there() else None
    if found is None:
        return (_EXAMPLES[service],) if service in _EXAMPLES else ()
    asked = Counter(name for action in found.actions.values() for name in action.types)
    arns = (found.forms[name].arn for name, _ in asked.most_common(_MOST_TYPES) if name in found.forms)
    return tuple(_PLACE.sub(lambda place: _PLACES.get(place[1], "example"), arn) for arn in arns)


_MOST_TYPES: Final = 3
_PLACE: Final = re.compile(r"\$\{([^}]*)\}")
_PLACES: Final = {"Partition": "aws", "Region": "eu-west-1", "Account": "111122223333"}


@lru_cache(maxsize=64)
def _actions_of(service: str) -> tuple[str, ...]:
    from policyc.targets.iam_documents import services

    found = services.service(service)
    names = [] if found is None else [action.name for action in found.actions.values()]
    first = [name for name in _FIRST if name in names]
    return tuple(f"{service}:{name}" for name in (*first, *sorted(set(names) - set(first))))


_FIRST: Final = (
    "GetObject",
    "PutObject",
    "ListBucket",
    "Invoke",
    "InvokeFunction",
    "AssumeRole",
    "Decrypt",
    "SendMessage",
)
