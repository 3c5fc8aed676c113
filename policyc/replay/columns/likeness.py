"""Which values of a field no policy can tell apart: two of one likeness get the same answer wherever one stands for the other.

A likeness is worked out from every test that a document has of the field, so it may tell more values apart than the answers do, and never
fewer. What is not understood (a policy variable, a hole, a name that stands in a document) makes each value its own likeness.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final, TypeAlias

from policyc.engines.iam.arns import FIELDS, split_arn, split_tokens
from policyc.engines.iam.atoms import Atom
from policyc.engines.iam.caller import Caller
from policyc.engines.iam.columns import KeyColumn, Masks
from policyc.engines.iam.document import Document
from policyc.engines.iam.elements import Hit, ResourcePattern, in_both_readings
from policyc.engines.iam.globs import Tokens, Wild, compile_glob, matcher
from policyc.engines.iam.operators import Family
from policyc.engines.iam.role_path import with_role_path
from policyc.engines.iam.switches import Switches
from policyc.engines.iam.values import Unknown, Values
from policyc.engines.iam.variables import Variable
from policyc.record import record
from policyc.simulation.request_text import parse_caller
from policyc.targets.base import NoRequest
from policyc.targets.iam_documents.gates import engine_caller
from policyc.targets.lattice.access_log import account_of, read_caller, session_free
from policyc.targets.lattice.words import NETWORK_KEY, PATH_KEY, SERVICE_KEY

_SERVICE: Final = re.compile(r"(arn:[a-z-]+:vpc-lattice:[a-z0-9-]+:[0-9]{12}:service/)(svc-[0-9a-z]+)")
#: what the keys that tell of a caller begin with
_OF_CALLERS: Final = ("aws:principal", "aws:user", "aws:sourceidentity", "aws:federated", "sts:")
#: callers whose likeness is remembered
_MOST_CALLERS: Final = 200_000
#: services whose patterns are remembered
_MOST_SERVICES: Final = 10_000
_MOST_BEGINNINGS: Final = 256
#: what each of some patterns leaves
Rest: TypeAlias = "tuple[frozenset[Tokens], ...]"
#: what they leave in their reading as a whole, and field by field
Rests: TypeAlias = "tuple[Rest, Rest]"
#: methods that the vocabulary lists
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"})
_NETWORK: Final = re.compile(r"(arn:[a-z-]+:vpc-lattice:[a-z0-9-]+:[0-9]{12}:servicenetwork/)(sn-[0-9a-z]+)")


@record
class Side:
    """The policies of one state of affairs. `documents` are all that a request may meet, `names` every text in which a caller, a service or a
    network may be named; `reads` says whether a key is read, `problem` why a value of a key cannot be asked about (empty: it can);
    `caller` is who calls as far as the documents can tell callers apart. `services` are the ids of those that are declared, None where the
    documents are on every one; `networks` says whether a record's network is what is asked."""

    documents: tuple[Document, ...]
    names: str
    reads: Callable[[str], bool]
    caller: Callable[[str], str]
    problem: Callable[[str, str], str]
    services: frozenset[str] | None
    networks: bool
    #: the id of the service that each document is on, empty for one that requests to several may meet
    on: tuple[str, ...]
    #: whether the documents of callers are on whoever calls
    callers_alike: bool
    #: methods that every service takes for one of its verbs
    methods: frozenset[str]
    #: whether a service is asked over HTTP as such, its methods and paths as they are
    is_plain: Callable[[str], bool]

    def declares(self, arn: str) -> bool:
        """Whether a service is one of those that are declared."""
        return self.services is not None and (arn in self.services or arn.rpartition("/")[2] in self.services)


class Likeness:
    """The likeness of values under several sides at once. `known` are callers of whom more is known than their records tell."""

    def __init__(
        self,
        sides: Sequence[Side],
        known: Iterable[str],
        verbatim: bool,
        accounts: Mapping[str, Iterable[str]] = MappingProxyType({}),
    ) -> None:
        self.sides, self.known, self.verbatim = tuple(sides), frozenset(known), verbatim
        #: accounts of whose callers keys are known that somebody reads
        self.accounts = frozenset(
            name for name, keys in accounts.items() if any(side.reads(key) for side in sides for key in keys)
        )
        self.names = "\n".join(side.names for side in sides)
        self.documents = tuple(document for side in sides for document in side.documents)
        self.atoms = [atom for document in self.documents for s in document.statements for atom in s.conditions]
        self.patterns = list({p.template: p for d in self.documents for p in _patterns(d)}.values())
        self.at = {pattern.template: at for at, pattern in enumerate(self.patterns)}
        #: whether a path fits one of what patterns leave for it
        self.fitting: dict[tuple[frozenset[Tokens], str], bool] = {}
        self.left = _Left([_plain_tokens(pattern.template) for pattern in self.patterns])
        self.joint = {key for atom in self.atoms if atom.needs for key in atom.keys}
        self.joint |= {key for pattern in self.patterns for key in pattern.needs}
        self.odd_patterns = any(pattern.ready is None for pattern in self.patterns)
        self.open_names = any(
            s.principals is not None and s.principals.open_names for d in self.documents for s in d.statements
        )
        self.by_key: dict[str, list[tuple[Atom, Document]]] = {}
        for document in self.documents:
            for statement in document.statements:
                for atom in statement.conditions:
                    if not atom.needs:
                        self.by_key.setdefault(atom.key, []).append((atom, document))
        self.columns: dict[str, list[KeyColumn]] = {}
        for document in self.documents:
            for column in document.masks.columns:
                if len(column.keys) == 1:
                    self.columns.setdefault(column.keys[0], []).append(column)
        #: whether a key tells of the account or Region that a resource is in
        self.sees_owner = "aws:resource" in self.names.lower() or ":resourceaccount" in self.names.lower()
        self.callers: dict[tuple[str, ...], Hashable] = {}
        self.kept_rests: dict[str, Rests] = {}
        self.partitions = sorted({"aws", *re.findall(r"arn:(aws-[a-z-]+):", self.names)})

    # --- keys -------------------------------------------------------------------------------------------------------

    def reads(self, key: str) -> bool:
        return any(side.reads(key) for side in self.sides)

    def of_key(self, key: str, value: str) -> Hashable:
        """A condition key with its one value."""
        if not self.reads(key):
            return None
        folded = key.lower()
        if folded in self.joint:
            return value
        problems = tuple(side.problem(key, value) for side in self.sides)
        return (problems, self._answers(folded, lambda _: (value,)))

    def _answers(self, key: str, get: Callable[[str], Values]) -> tuple[Masks, ...]:
        """What the conditions of a key say, for all statements of each document at once."""
        return tuple([masks for column in self.columns.get(key, ()) for masks in column.by_entry(get)])

    # --- callers ----------------------------------------------------------------------------------------------------

    def of_caller(self, user: str) -> Hashable:
        """A caller as a record writes it."""
        try:
            who = read_caller(user)
        except NoRequest as error:
            return str(error) if self.verbatim else re.sub("`[^`]*`", "", str(error))
        told = tuple(side.caller(who) for side in self.sides)
        if who in self.known:
            return (who, *told)
        found = self.callers.get(told)
        if found is None:
            if len(self.callers) > _MOST_CALLERS:
                self.callers.clear()
            found = self.callers[told] = self._of_told(who, told)
        account = account_of(who)
        return (account, found) if account in self.accounts else found

    def is_told_apart(self, who: str, side: Side) -> bool:
        """Whether a side may have something to say to one caller by name, besides what its statements tell."""
        if self.known & {who, session_free(who), side.caller(who)} or account_of(who) in self.accounts:
            return True
        return not side.callers_alike and self._is_named(who)

    def _is_named(self, who: str) -> bool:
        name = who.split(":")[-1].split("/")
        return len(name) > 1 and any(part in self.names for part in name[1:2] + name[-1:] if part)

    def _of_told(self, who: str, told: tuple[str, ...]) -> Hashable:
        if self._is_named(who) or self.open_names or self.known & {session_free(who), *told}:
            return told
        principal = parse_caller(who)
        if principal is None or any(key.startswith(_OF_CALLERS) for key in self.joint):
            return told
        found = []
        for partition in self.partitions:
            try:
                caller = engine_caller(principal, partition)
            except ValueError:
                caller = None
            if caller is None:
                return told
            found.append(self._of(caller))
        return tuple(found)

    def _of(self, caller: Caller) -> Hashable:
        """What documents that do not name a caller can tell of it: each whether it sees the path of its role, which is not in its ARN."""
        paths = tuple([with_role_path(caller, (document,)).path for document in self.documents])
        answers = []
        for path in ("/", None) if caller.path is None else (caller.path,):
            keys = replace(caller, path=path).keys()
            for key in sorted(self.by_key.keys() & keys.keys()):
                answers.append(self._answers(key, lambda name, keys=keys: keys.get(name, Unknown.ANY)))  # type: ignore[misc]
        account = caller.account if caller.account in self.names else ""
        return (caller.kind, account, caller.partition, caller.path, paths, tuple(answers))

    # --- services and networks --------------------------------------------------------------------------------------

    def of_service(self, arn: str) -> Hashable:
        """A service by its ARN."""
        found = _SERVICE.fullmatch(arn)
        if found is None or found[2] in self.names or self.odd_patterns or SERVICE_KEY.lower() in self.joint:
            return arn
        if any(side.declares(arn) for side in self.sides):
            return arn
        return (self.place(arn), self._rests(arn), self._answers(SERVICE_KEY.lower(), lambda _: (arn,)))

    def place(self, arn: str) -> str:
        """What documents may tell of where a service is: its partition, and its account where one of them reads it."""
        return arn.rpartition("/")[0] if self.sees_owner else arn.split(":")[1]

    def of_network(self, arn: str) -> Hashable:
        """A service network by its ARN."""
        if not any(side.networks for side in self.sides):
            return None
        found = _NETWORK.fullmatch(arn)
        if found is None or found[2] in self.names or NETWORK_KEY.lower() in self.joint:
            return arn
        return ("", self._answers(NETWORK_KEY.lower(), lambda _: (arn,)))

    def _rests(self, arn: str) -> Rests:
        """What every pattern leaves for the path of a service."""
        found = self.kept_rests.get(arn)
        if found is None:
            if len(self.kept_rests) > _MOST_SERVICES:
                self.kept_rests.clear()
            found = self.kept_rests[arn] = self.left.by(arn)
        return found

    def hit(self, pattern: ResourcePattern, service: str, path: str, switches: Switches) -> Hit:
        """Whether a pattern without variables matches a path of a service."""
        assert pattern.ready is not None
        whole, apart = self._rests(service)
        at = self.at[pattern.template]
        fits = self._fits(whole[at], path)
        if not pattern.ready.differ(switches):
            return Hit.YES if fits else Hit.NO
        return in_both_readings(fits, self._fits(apart[at], path), switches)

    def _fits(self, left: frozenset[Tokens], path: str) -> bool:
        found = self.fitting.get((left, path))
        if found is None:
            if len(self.fitting) > _MOST_CALLERS:
                self.fitting.clear()
            found = self.fitting[left, path] = any(matcher(compile_glob(tokens))(path) for tokens in left)
        return found

    # --- paths ------------------------------------------------------------------------------------------------------

    def paths_differ(self) -> bool:
        """Whether each path has to be taken by itself."""
        return self.odd_patterns or PATH_KEY.lower() in self.joint

    def path_globs(self, services: Iterable[str]) -> list[Tokens]:
        """Patterns over paths: paths that fit the same of them are alike for those services."""
        found: dict[Tokens, None] = {}
        for rests in {self._rests(service) for service in services}:
            for left in (*rests[0], *rests[1]):
                found.update(dict.fromkeys(left))
        for atom, _ in self.by_key.get(PATH_KEY.lower(), ()):
            if _is_plain(atom):
                for value in atom.values:
                    found[tuple(token for token in value.template if not isinstance(token, Variable))] = None
        return [tokens for tokens in found if not compile_glob(tokens).is_everything]

    def slow_path_tests(self) -> list[Callable[[str], Hashable]]:
        """Tests of paths that are no patterns."""
        return [
            lambda path, atom=atom, document=document: atom.decide(lambda _: (path,), document.switches)  # type: ignore[misc]
            for atom, document in self.by_key.get(PATH_KEY.lower(), ())
            if not _is_plain(atom)
        ]


def _is_plain(atom: Atom) -> bool:
    return atom.operator.family in (Family.STRING, Family.NULL) and not atom.operator.ignore_case


def _patterns(document: Document) -> Iterator[ResourcePattern]:
    for statement in document.statements:
        if statement.resources is not None:
            yield from statement.resources.patterns


class _Left:
    """What patterns of resources leave for the path behind an ARN."""

    def __init__(self, patterns: Sequence[Tokens]) -> None:
        fields = [[_plain_tokens(field) for field in split_tokens(pattern)] for pattern in patterns]
        self.whole, self.last = Walk(patterns), Walk([held[-1] for held in fields])
        self.tests = [
            [matcher(compile_glob(field)) for field in held[:-1]] if len(held) >= FIELDS else None for held in fields
        ]
        #: all fields but the last, and the patterns that they fit
        self.heads: dict[tuple[str, ...], int] = {}

    def by(self, arn: str) -> Rests:
        asked = split_arn(arn)
        states = 0 if asked is None else self.last.run(self._begun(asked[:-1]), asked[-1])
        return self.whole.behind(arn), self.last.rests(states)

    def _begun(self, head: tuple[str, ...]) -> int:
        found = self.heads.get(head)
        if found is None:
            if len(self.heads) > _MOST_BEGINNINGS:
                self.heads.clear()
            fits = (tests is not None and all(test(text) for test, text in zip(tests, head)) for tests in self.tests)
            found = self.heads[head] = sum(start for start, fit in zip(self.last.starts, fits) if fit)
        return found


def _plain_tokens(template: Iterable[str | Wild | Variable]) -> Tokens:
    return tuple(token for token in template if not isinstance(token, Variable))


class Walk:
    """Several patterns at once as bits, one for each step that may come next and one behind the last of each pattern; stars in a row are one."""

    def __init__(self, patterns: Iterable[Tokens]) -> None:
        self.steps: list[list[str | Wild]] = []
        self.places: list[int] = []
        self.chars: dict[str, int] = {}
        self.ones = self.stars = 0
        size = 0
        for tokens in patterns:
            steps: list[str | Wild] = []
            for token in tokens:
                for step in token if isinstance(token, str) else (token,):
                    if not (step is Wild.STAR and steps and steps[-1] is Wild.STAR):
                        steps.append(step)
            for at, step in enumerate(steps, size):
                if step is Wild.STAR:
                    self.stars |= 1 << at
                elif step is Wild.ONE:
                    self.ones |= 1 << at
                else:
                    self.chars[step] = self.chars.get(step, 0) | 1 << at
            self.steps.append(steps)
            self.places.append(size)
            size += len(steps) + 1
        #: the states of each pattern before any text
        self.starts = [self._closed(1 << place) for place in self.places]
        self.made: dict[int, Rest] = {}
        self.left: dict[tuple[int, int], frozenset[Tokens]] = {}
        self.known: dict[str, int] = {}

    def _closed(self, states: int) -> int:
        return states | ((states & self.stars) << 1)

    def run(self, states: int, text: str) -> int:
        """The states behind a text."""
        for char in text:
            if not states:
                break
            states = self._closed(((states & (self.chars.get(char, 0) | self.ones)) << 1) | (states & self.stars))
        return states

    def behind(self, text: str) -> Rest:
        """For each pattern those such that `text` with something behind it fits it just when that something fits one of them."""
        head, slash, tail = text.rpartition("/")  # a beginning that many texts share
        found = self.known.get(head + slash)
        if found is None:
            if len(self.known) > _MOST_BEGINNINGS:
                self.known.clear()
            found = self.known[head + slash] = self.run(sum(self.starts), head + slash)
        return self.rests(self.run(found, tail))

    def rests(self, states: int) -> Rest:
        """What may come behind a text that ends in these states, by pattern."""
        found = self.made.get(states)
        if found is None:
            if len(self.made) > _MOST_BEGINNINGS:
                self.made.clear()
            found = self.made[states] = tuple(
                [
                    self._left(at, states >> place & ((2 << len(self.steps[at])) - 1))
                    for at, place in enumerate(self.places)
                ]
            )
        return found

    def _left(self, pattern: int, states: int) -> frozenset[Tokens]:
        """The same of one pattern. What begins at a star covers what begins behind it."""
        found = self.left.get((pattern, states))
        if found is None:
            if len(self.left) > _MOST_SERVICES:
                self.left.clear()
            steps = self.steps[pattern]
            begins = [at for at in range(len(steps) + 1) if states >> at & 1]
            found = self.left[pattern, states] = frozenset(
                _joined(steps[at:])
                for at in begins
                if not (at and states >> (at - 1) & 1 and steps[at - 1] is Wild.STAR)
            )
        return found


def _joined(steps: Sequence[str | Wild]) -> Tokens:
    """Characters as texts again, and of stars in a row one."""
    out: list[str | Wild] = []
    for step in steps:
        if isinstance(step, Wild):
            if not (step is Wild.STAR and out and out[-1] is Wild.STAR):
                out.append(step)
        elif out and isinstance(out[-1], str):
            out[-1] += step
        else:
            out.append(step)
    return tuple(out)


def is_service(arn: str, partition: str) -> bool:
    """Whether this is the ARN of a service in a partition."""
    return arn.startswith(f"arn:{partition}:") and _SERVICE.fullmatch(arn) is not None


def is_network(arn: str) -> bool:
    """Whether this is the ARN of a service network."""
    return _NETWORK.fullmatch(arn) is not None


def no_problem(key: str, value: str) -> str:
    """For policies that take any value."""
    return ""
