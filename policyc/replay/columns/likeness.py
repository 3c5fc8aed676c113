"""Which values of a field no policy can tell apart: two of one likeness get the same answer wherever one stands for the other.

A likeness is worked out from every test that a document has of the field, so it may tell more values apart than the answers do, and never
fewer. What is not understood (a policy variable, a hole, a name that stands in a document) makes each value its own likeness.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Final

from policyc.engines.iam.arns import FIELDS, split_arn, split_tokens
from policyc.engines.iam.atoms import Atom
from policyc.engines.iam.caller import Caller
from policyc.engines.iam.document import Document
from policyc.engines.iam.elements import ResourcePattern
from policyc.engines.iam.globs import Tokens, Wild, compile_glob
from policyc.engines.iam.operators import Family
from policyc.engines.iam.role_path import with_role_path
from policyc.engines.iam.values import Unknown, Values
from policyc.engines.iam.variables import Variable
from policyc.record import record
from policyc.simulation.request_text import parse_caller
from policyc.targets.base import NoRequest
from policyc.targets.iam_documents.gates import engine_caller
from policyc.targets.lattice.access_log import read_caller, session_free
from policyc.targets.lattice.words import NETWORK_KEY, PATH_KEY, SERVICE_KEY

_SERVICE: Final = re.compile(r"(arn:[a-z-]+:vpc-lattice:[a-z0-9-]+:[0-9]{12}:service/)(svc-[0-9a-z]+)")
#: what the keys that tell of a caller begin with
_OF_CALLERS: Final = ("aws:principal", "aws:user", "aws:sourceidentity", "aws:federated", "sts:")
#: callers whose likeness is remembered
_MOST_CALLERS: Final = 200_000
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


class Likeness:
    """The likeness of values under several sides at once. `known` are callers of whom more is known than their records tell."""

    def __init__(self, sides: Sequence[Side], known: Iterable[str], verbatim: bool) -> None:
        self.sides, self.known, self.verbatim = sides, frozenset(known), verbatim
        self.names = "\n".join(side.names for side in sides)
        self.documents = tuple(document for side in sides for document in side.documents)
        self.atoms = [atom for document in self.documents for s in document.statements for atom in s.conditions]
        self.patterns = list({p.template: p for d in self.documents for p in _patterns(d)}.values())
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
        #: whether a key tells of the account or Region that a resource is in
        self.sees_owner = "aws:resource" in self.names.lower() or ":resourceaccount" in self.names.lower()
        self.callers: dict[tuple[str, ...], Hashable] = {}
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

    def _answers(self, key: str, get: Callable[[str], Values]) -> tuple[bool | None, ...]:
        return tuple([atom.decide(get, document.switches) for atom, document in self.by_key.get(key, ())])

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
        return found

    def _of_told(self, who: str, told: tuple[str, ...]) -> Hashable:
        name = who.split(":")[-1].split("/")
        named = any(part in self.names for part in name[1:2] + name[-1:] if part) if len(name) > 1 else False
        if named or self.open_names or self.known & {session_free(who), *told}:
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
        if any(side.services is not None and arn.rpartition("/")[2] in side.services for side in self.sides):
            return arn
        rest = tuple([_rests(pattern, arn) for pattern in self.patterns])
        place = found[1] if self.sees_owner else found[1].split(":")[1]
        return (place, rest, self._answers(SERVICE_KEY.lower(), lambda _: (arn,)))

    def of_network(self, arn: str) -> Hashable:
        """A service network by its ARN."""
        if not any(side.networks for side in self.sides):
            return None
        found = _NETWORK.fullmatch(arn)
        if found is None or found[2] in self.names or NETWORK_KEY.lower() in self.joint:
            return arn
        return ("", self._answers(NETWORK_KEY.lower(), lambda _: (arn,)))

    # --- paths ------------------------------------------------------------------------------------------------------

    def paths_differ(self) -> bool:
        """Whether each path has to be taken by itself."""
        return self.odd_patterns or PATH_KEY.lower() in self.joint

    def path_globs(self, services: Iterable[str]) -> list[Tokens]:
        """Patterns over paths: paths that fit the same of them are alike for those services."""
        found: dict[Tokens, None] = {}
        for service in services:
            for pattern in self.patterns:
                whole, fields = _rests(pattern, service)
                found.update(dict.fromkeys(whole))
                found.update(dict.fromkeys(fields))
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


def _rests(pattern: ResourcePattern, arn: str) -> tuple[frozenset[Tokens], frozenset[Tokens]]:
    """What is left of a pattern for the path behind an ARN: in its reading as a whole, and field by field."""
    tokens = tuple(token for token in pattern.template if not isinstance(token, Variable))
    whole = rests(tokens, arn)
    fields, asked = split_tokens(tokens), split_arn(arn)
    if len(fields) < FIELDS or asked is None:
        return whole, frozenset()
    tests = [compile_glob(tuple(token for token in field if not isinstance(token, Variable))) for field in fields[:-1]]
    if not all(test.matches(text) for test, text in zip(tests, asked)):
        return whole, frozenset()
    last = tuple(token for token in fields[-1] if not isinstance(token, Variable))
    return whole, rests(last, asked[-1])


def rests(tokens: Tokens, text: str) -> frozenset[Tokens]:
    """The patterns such that `text` with something behind it fits `tokens` just when that something fits one of them."""
    machine = _machine(tokens)
    states = machine.start
    for char in text:
        moved = ((states & (machine.chars.get(char, 0) | machine.ones)) << 1) | (states & machine.stars)
        states = moved | ((moved & machine.stars) << 1)
        if not states:
            return frozenset()
    found = {at: machine.rest(at) for at in range(len(machine.steps) + 1) if states >> at & 1}
    # what begins at a star covers what begins behind it
    return frozenset(
        rest for at, rest in found.items() if not (at and states >> (at - 1) & 1 and machine.stars >> (at - 1) & 1)
    )


class _Machine:
    """A pattern as bits, one for each step that may come next; stars in a row are one."""

    def __init__(self, tokens: Tokens) -> None:
        steps: list[str | Wild] = []
        for token in tokens:
            for step in token if isinstance(token, str) else (token,):
                if not (step is Wild.STAR and steps and steps[-1] is Wild.STAR):
                    steps.append(step)
        self.steps = steps
        self.chars: dict[str, int] = {}
        self.ones = self.stars = 0
        for at, step in enumerate(steps):
            if step is Wild.STAR:
                self.stars |= 1 << at
            elif step is Wild.ONE:
                self.ones |= 1 << at
            else:
                self.chars[step] = self.chars.get(step, 0) | 1 << at
        self.start = 1 | ((1 & self.stars) << 1)
        self.made: dict[int, Tokens] = {}

    def rest(self, at: int) -> Tokens:
        found = self.made.get(at)
        if found is None:
            found = self.made[at] = _joined(self.steps[at:])
        return found


@lru_cache(maxsize=4096)
def _machine(tokens: Tokens) -> _Machine:
    return _Machine(tokens)


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


def no_problem(key: str, value: str) -> str:
    """For policies that take any value."""
    return ""
