"""Combinations of likenesses that have to have the same answer, told apart by statements in place of values.

Of each document only so much counts as its answer and the reason for it hang on: which statement decides, which allow came nearest and what it
missed first, what an open statement waits for. So thousands of combinations come to the few dozen answers that there are, and only one of
each is asked. A combination that is out of the ordinary (no path, a caller whom no policy decides) is asked by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

import numpy as np

from policyc.engines.iam.caller import Caller, CallerKind, unstated
from policyc.engines.iam.columns import KeyColumn, Masks, PrincipalColumn, ResourceColumn
from policyc.engines.iam.document import Document
from policyc.engines.iam.elements import Get, Hit, ResourcePattern
from policyc.engines.iam.reasons import each_reason
from policyc.engines.iam.request import Request
from policyc.engines.iam.role_path import is_blind_to_path, named_paths
from policyc.engines.iam.statement import Statement
from policyc.engines.iam.switches import Switches
from policyc.engines.iam.values import Unknown, Values
from policyc.holes import has_hole
from policyc.record import record, replace
from policyc.replay.askers.said import distinct
from policyc.replay.columns.coding import Coder
from policyc.replay.columns.combine import unique_rows
from policyc.replay.columns.likeness import Likeness, Side, is_network, is_service
from policyc.replay.recorded import NOBODY, Recorded
from policyc.simulation.keys import EVERYTHING
from policyc.simulation.request_text import parse_caller
from policyc.targets.base import NoRequest
from policyc.targets.iam_documents.gates import engine_caller
from policyc.targets.lattice.access_log import TAGS, TOLD, VPC_OWNER, account_of, read_caller, read_tags
from policyc.targets.lattice.facts import http_request
from policyc.targets.lattice.words import INVOKE, METHOD_KEY, NETWORK_KEY, PATH_KEY, SERVICE_KEY

Ints = np.ndarray[Any, np.dtype[np.int64]]
Flags = np.ndarray[Any, np.dtype[np.int8]]
#: a part of a statement does not match, may match, surely matches
_NO, _MAYBE, _YES = 0, 1, 2
_FLAG: Final = {False: _NO, None: _MAYBE, True: _YES}
_PARTITION: Final = "aws"
_SERVICE, _USER, _METHOD, _PATH, _NETWORK = "serviceArn", "user", "requestMethod", "requestPath", "serviceNetworkArn"
#: condition keys, folded, and the fields that tell them; any other key hangs on the caller alone
_OF_LINE: Final = {METHOD_KEY: _METHOD, PATH_KEY: _PATH, SERVICE_KEY: _SERVICE, NETWORK_KEY: _NETWORK}
_LINE_KEYS: Final = frozenset(key.lower() for key in _OF_LINE)
_FIELDS_OF: Final[Mapping[str, tuple[str, ...]]] = {
    **{key.lower(): (name,) for key, name in _OF_LINE.items()},
    **{key.lower(): (_USER, name) for key, name in TOLD.items()},
    VPC_OWNER.lower(): (_USER, "sourceVpcArn"),
}
_KEY_OF: Final = {**{name: key for key, name in TOLD.items()}, "sourceVpcArn": VPC_OWNER}
_RESOURCE: Final = (_SERVICE, _PATH)
_OUTCOME: Final = ("failureReason", "authDeniedReason")
#: what stands for fields of which nothing is asked
_ANYBODY: Final = {_SERVICE: "any", "resolvedUser": "anonymous", _METHOD: "GET"}
#: verbs of the language that are no methods of HTTP
_NO_METHODS: Final = (None, "invoke", "connect")
_KNOWS_MOST: Final = 1_000_000


@record
class _Resource:
    """A path of a service that is asked for, of a request of which nothing else is asked."""

    service: str
    path: str
    likeness: Likeness

    @property
    def resource(self) -> str:
        return f"{self.service}{self.path}"

    def get(self, key: str) -> Values:
        return Unknown.ANY

    def says(self, pattern: ResourcePattern, resource: str, get: Get, switches: Switches) -> Hit:
        """Whether a pattern matches the resource."""
        if pattern.ready is None or has_hole(resource):
            return pattern.hit(resource, get, switches)
        return self.likeness.hit(pattern, self.service, self.path, switches)


@record
class _Part:
    """A part of the statements of a document, for all of them at once: `masks` are those that may and that surely match a request, and
    `rows` where the flags of each stand, by the place of its bit."""

    masks: Callable[[Any], Iterable[Masks]]
    rows: tuple[tuple[tuple[int, int], ...], ...]

    def flags(self, asked: Any) -> Iterator[int]:
        for (can, must), rows in zip(self.masks(asked), self.rows):
            for bit, _ in rows:
                yield _YES if must >> bit & 1 else _MAYBE if can >> bit & 1 else _NO


@record
class _Rows:
    """Where the flags of one statement stand: those of who, what and where, then those of its conditions; `open_at_most` for a statement
    with a hole, `missed` counts what no request fulfils."""

    statement: Statement
    core: tuple[int, ...]
    entries: tuple[int, ...]
    open_at_most: bool
    missed: int


class Signs:
    """The signs of one side's answers. `read` gives the request of a record with what is known besides."""

    def __init__(
        self, side: Side, likeness: Likeness, coders: Mapping[str, Coder], read: Callable[[dict[str, Any]], Recorded]
    ) -> None:
        self.side, self.likeness, self.read = side, likeness, read
        self.coders, self.names = coders, list(coders)
        self.at = {name: at for at, name in enumerate(self.names)}
        self.groups: dict[tuple[str, ...], list[_Part]] = {}
        #: for parts of each group of fields: the flags of each distinct combination of their likenesses and each way to take the caller
        self.known: dict[tuple[tuple[str, ...], int], dict[tuple[int, ...], bytes]] = {}
        self.rows = 0
        self.always: dict[int, int] = {}
        self.of_row: dict[int, tuple[str, ...]] = {}
        #: the parts of which several keys have a say
        self.varied: set[int] = set()
        self.documents = [self._laid_out(document) for document in side.documents]
        self.chosen: dict[str, list[int]] = {name: [] for name in self.names}
        self.interned: dict[Hashable, int] = {}
        self.callers: dict[int, tuple[Caller, ...]] = {}
        self.paths: dict[int, str] = {}
        self.reasons: dict[tuple[int, ...], int] = {}
        self.numbers_of: dict[bytes, int] = {}

    # --- statements -------------------------------------------------------------------------------------------------

    def _laid_out(self, document: Document) -> list[_Rows]:
        index = document.masks
        core: list[list[int]] = [[] for _ in document.statements]
        entries: list[dict[tuple[str, str], int]] = [{} for _ in document.statements]
        if index.principals is not None:
            who = index.principals
            named = [(s.index, (_USER,) if s.principals is not None else ()) for s in document.statements]
            rows = [(bit, self._row(fields, core[bit])) for bit, fields in named]
            self._part((_USER,), partial(_who, who), [rows])
        for statement in document.statements:
            self.always[self._row((), core[statement.index])] = _FLAG[statement.actions.decide(INVOKE.lower())]
        where = index.resources
        varied = tuple(name for key in where.needs for name in self._fields(key))
        fields = self._ordered((_SERVICE, _PATH, *varied))
        rows = [
            (s.index, self._row(fields, core[s.index], bool(varied)))
            for s in document.statements
            if s.resources is not None
        ]
        self._part(fields, partial(_where, where), [rows])
        for column in index.columns:
            fields = self._ordered([name for key in column.keys for name in self._fields(key)])
            held: list[list[tuple[int, int]]] = []
            for entry in column.entries():
                held.append([])
                for atom, mask in entry:
                    for bit in _bits(mask):
                        row = self._row(fields, [], bool(atom.needs))
                        entries[bit][atom.operator.text, atom.key] = row
                        held[-1].append((bit, row))
            self._part(fields, partial(_by_entry, column), held)
        return [
            _Rows(s, tuple(core[s.index]), _in_order(s, entries[s.index]), bool(s.holes), int(s.inert))
            for s in document.statements
        ]

    def _fields(self, key: str) -> tuple[str, ...]:
        if key.startswith(TAGS.lower()):
            return (_USER, "callerPrincipalTags")
        return _FIELDS_OF.get(key, (_USER,))

    def _ordered(self, fields: Iterable[str]) -> tuple[str, ...]:
        return tuple(sorted(set(fields), key=self.names.index))

    def _row(self, fields: tuple[str, ...], of: list[int], varied: bool = False) -> int:
        of.append(self.rows)
        self.of_row[self.rows] = fields
        if varied:
            self.varied.add(self.rows)
        self.rows += 1
        return self.rows - 1

    def _part(
        self,
        fields: tuple[str, ...],
        masks: Callable[[Any], Iterable[Masks]],
        rows: Sequence[Sequence[tuple[int, int]]],
    ) -> None:
        if any(rows):
            self.groups.setdefault(fields, []).append(_Part(masks, tuple(map(tuple, rows))))

    # --- what is told apart whatever statements say ------------------------------------------------------------------

    def _choices(self, name: str) -> Ints:
        """For each likeness of a field what is told apart of it besides statements, -1 for one that is asked by itself."""
        held, samples = self.chosen[name], self.coders[name].samples
        for number in range(len(held), len(samples)):
            choice = self._choice(name, number, samples[number])
            held.append(-1 if choice is None else self._interned((name, choice)))
        return np.array(held, np.int64)

    def _choice(self, name: str, number: int, value: str | None) -> Hashable | None:
        side, likeness = self.side, self.likeness
        match name:
            case "serviceArn":
                if value is None or not is_service(value, _PARTITION) or not side.is_plain(value):
                    return None
                return value if side.declares(value) else likeness.place(value)
            case "user":
                return self._caller(number, value or "")
            case "requestMethod":
                return None if value in _NO_METHODS else True if value in side.methods else value
            case "requestPath":
                path = value and self.read({**_ANYBODY, _PATH: value}).path
                return True if path and path.startswith("/") and "#" not in path else None
            case "serviceNetworkArn":
                if not side.networks:
                    return ""
                return "none" if value is None else "one" if is_network(value) else None
            case "failureReason" | "authDeniedReason":
                return ""  # both together are the verdict
            case "callerPrincipalTags":
                tags = read_tags(value)
                return tuple(sorted((key, side.problem(key, item)) for key, item in tags.items() if side.reads(key)))
            case _:
                if value is not None and name == "sourceVpcArn":
                    value = account_of(value) or None
                key = _KEY_OF[name]
                return "" if value is None or not side.reads(key) else (side.problem(key, value),)

    def _caller(self, number: int, user: str) -> Hashable | None:
        """Who calls apart from statements; the ways to take the caller, of whose role the path may not be known, are kept by the number."""
        try:
            named = read_caller(user)
        except NoRequest:
            return None
        if not named:
            self.callers[number] = (unstated(),)
            return NOBODY
        who = self.read({**_ANYBODY, "resolvedUser": user}).who
        principal = parse_caller(who)
        try:
            caller = None if principal is None else engine_caller(principal, _PARTITION)
        except ValueError:
            caller = None
        if caller is None:
            return None
        ways: tuple[Caller, ...] = (caller,)
        told: Hashable = ()
        if caller.kind is CallerKind.ROLE and caller.path is None:
            roles = [named_paths(caller, (document,)) for document in self.side.documents]
            blind = [is_blind_to_path(caller, (document,)) for document in self.side.documents]
            paths = self._paths(roles, blind)
            ways = tuple(replace(caller, path=path) for path in paths)
            told = tuple((tuple(sorted(paths.index(p) for p in held)), b) for held, b in zip(roles, blind))
        self.callers[number] = ways
        if self.likeness.is_told_apart(named, self.side):
            return (named, number)
        return (caller.kind, caller.path, told)

    def _paths(self, roles: Sequence[frozenset[str]], blind: Sequence[bool]) -> list[str | None]:
        """The paths that a caller's role may be taken to have, None for an unknown one, by what each document names and sees. Which of the documents
        a request meets is not known here; where each of them by itself says the same, so do several (`with_role_path`)."""
        if not any(roles) and all(blind):
            return ["/"]
        if self.side.callers_alike:  # nobody else names roles
            if not any(roles) and not any(blind):
                return [None]
            if len(roles[0]) == 1 and all(held == roles[0] for held in roles):
                return list(roles[0])
        return list(dict.fromkeys((None, "/", *(path for held in roles for path in sorted(held)))))

    # --- signs ------------------------------------------------------------------------------------------------------

    def numbers(self, combinations: Ints) -> list[int]:
        """For each row of likenesses (in the order of the fields) the number of its sign."""
        choices = np.stack([self._choices(name)[combinations[:, at]] for name, at in self.at.items()], axis=1)
        refusals = self._refusals(combinations)
        odd = (choices < 0).any(axis=1) | (refusals < 0)
        out = np.empty(len(combinations), np.int64)
        for at in np.flatnonzero(odd).tolist():
            out[at] = self._number(b"odd" + combinations[at].tobytes())
        plain = np.flatnonzero(~odd)
        if len(plain):
            held = combinations[plain]
            columns = [choices[plain], refusals[plain, None], *self._told(held)]
            table = np.ascontiguousarray(np.concatenate(columns, axis=1))
            distinct_rows, _, inverse = unique_rows(table)
            numbers = np.array([self._number(row.tobytes()) for row in distinct_rows], np.int64)
            out[plain] = numbers[inverse]
        found: list[int] = out.tolist()
        return found

    def _refusals(self, held: Ints) -> Ints:
        """Whether the log says that policies refused, and which ones; -1 where it contradicts itself."""
        distinct_rows, _, inverse = unique_rows(self._only(_OUTCOME, held))
        told = []
        for row in distinct_rows.tolist():
            texts = {name: self.coders[name].samples[number] for name, number in zip(_OUTCOME, row)}
            try:
                item = self.read({**_ANYBODY, **texts})
                told.append(self._interned((item.verdict, item.refuser)))
            except NoRequest:
                told.append(-1)
        return np.array(told, np.int64)[inverse]

    def _number(self, sign: bytes) -> int:
        if len(self.numbers_of) > _KNOWS_MOST:
            self.numbers_of = {sign: max(self.numbers_of.values()) + 1}
        return self.numbers_of.setdefault(sign, len(self.numbers_of))

    def _told(self, held: Ints) -> list[Ints]:
        """What the documents tell of each combination, for each way to take its caller."""
        users = held[:, self.at[_USER]]
        most = max(len(self.callers[number]) for number in np.unique(users).tolist())
        services = None if self.side.services is None else self._services(held)
        out: list[Ints] = []
        before: Flags | None = None
        for way in range(most):
            flags = np.zeros((self.rows, len(held)), np.int8)
            for row, flag in self.always.items():
                flags[row] = flag
            for fields, parts in self.groups.items():
                self._fill(fields, parts, held, way, flags)
            if before is not None and np.array_equal(before, flags):
                continue  # it does not matter which path the role has
            before = flags
            for at, layout in enumerate(self.documents):
                told = self._of_document(at, layout, flags, held, way)
                if services is not None and self.side.on[at]:
                    told[services != self.side.on[at]] = 0  # the document is on another service
                out.append(told)
        return out

    def _services(self, held: Ints) -> Any:
        samples = self.coders[_SERVICE].samples
        names = np.array([(sample or "").rpartition("/")[2] for sample in samples], object)
        return names[held[:, self.at[_SERVICE]]]

    def _fill(self, fields: tuple[str, ...], parts: Sequence[_Part], held: Ints, way: int, flags: Flags) -> None:
        """The flags of the parts that hang on some fields."""
        distinct_rows, first, inverse = unique_rows(self._only(fields, held))
        known = self.known.setdefault((fields, way if _USER in fields else 0), {})
        rows = [row for part in parts for some in part.rows for _, row in some]
        table = np.empty((len(distinct_rows), len(rows)), np.int8)
        for at, key in enumerate(map(tuple, distinct_rows.tolist())):
            found = known.get(key)
            if found is None:
                if len(known) > _KNOWS_MOST:
                    known.clear()
                asked = self._resource(key) if fields == _RESOURCE else self._request(held[first[at]], way)
                found = known[key] = bytes(flag for part in parts for flag in part.flags(asked))
            table[at] = np.frombuffer(found, np.int8)
        flags[rows] = table.T[:, inverse]

    def _only(self, fields: Sequence[str], held: Ints) -> Ints:
        return np.ascontiguousarray(held[:, [self.at[name] for name in fields]])

    def _resource(self, key: tuple[int, ...]) -> _Resource:
        """So much of a request as a pattern over services and paths reads."""
        service, path = self.coders[_SERVICE].samples[key[0]], self.paths.get(key[1])
        if path is None:
            sample = self.coders[_PATH].samples[key[1]]
            path = self.paths[key[1]] = self.read({**_ANYBODY, _PATH: sample}).path
        return _Resource(service or "", path, self.likeness)

    def _request(self, likenesses: Ints, way: int) -> Request:
        data = {name: self.coders[name].samples[number] for name, number in zip(self.names, likenesses.tolist())}
        item = self.read({**data, "resolvedUser": data[_USER]})
        ways = self.callers[int(likenesses[self.at[_USER]])]
        context = {SERVICE_KEY: item.where, METHOD_KEY: item.can, PATH_KEY: item.path}
        if item.network:
            context[NETWORK_KEY] = item.network
        context |= {
            key: value for key, value in distinct(item.keys) if self.side.reads(key) and key.lower() not in _LINE_KEYS
        }
        told = {key: (value,) for key, value in context.items()}
        return http_request(item.where, item.path, ways[min(way, len(ways) - 1)], told, frozenset({EVERYTHING}))

    # --- documents --------------------------------------------------------------------------------------------------

    def _of_document(self, number: int, layout: Sequence[_Rows], flags: Flags, held: Ints, way: int) -> Ints:
        """What one document tells of each combination: how it decides (1 denies, 2 allows, 3 does neither, 4 is open), by which statement,
        what open ones wait for, and of an allow that came nearest which it is, how much of it was missed, and the reason."""
        out = np.zeros((flags.shape[1], 7), np.int64)
        denies, allows = ([item for item in layout if item.statement.deny is deny] for deny in (True, False))
        denied, denied_by, deny_open = _weighed(denies, flags)
        allowed, allowed_by, allow_open = _weighed(allows, flags)
        sure, nothing = allowed & ~deny_open, ~allowed & ~allow_open
        out[:, 0] = np.select([denied, sure, nothing], [1, 2, 3], 4)
        out[:, 1] = np.where(denied, denied_by, np.where(allowed, 1 + allowed_by, 0))
        waits = np.flatnonzero(~denied & ~sure & (deny_open | allow_open))
        if len(waits):
            out[waits, 2] = self._open(number, layout, flags[:, waits], held[waits])
        least = np.flatnonzero(~denied & nothing)
        if len(least) and allows:
            out[least, 3:] = self._nearest(allows, flags[:, least], held[least], way, number)
        return out

    def _open(self, number: int, layout: Sequence[_Rows], flags: Flags, held: Ints) -> Ints:
        """A number for what open statements wait for."""
        waiting: list[Flags] = []
        values: list[Ints] = []
        for item in layout:
            is_open = _state(item, flags) == _MAYBE
            waiting.append(is_open)
            for row in (*item.core, *item.entries):
                waits = is_open & (flags[row] == _MAYBE)
                waiting.append(waits)
                if row in self.varied:  # which of several keys is not known hangs on their values
                    values += [np.where(waits, column, -1) for column in self._only(self.of_row[row], held).T]
        bits = np.packbits(np.stack(waiting, axis=1), axis=1)
        words = np.pad(bits, ((0, 0), (0, -bits.shape[1] % 4))).view(np.int32)
        distinct_rows, _, inverse = unique_rows(np.concatenate([words, *(some[:, None] for some in values)], axis=1))
        known = [self._interned(("open", number, row.tobytes())) for row in distinct_rows]
        return np.array(known, np.int64)[inverse]

    def _nearest(self, allows: Sequence[_Rows], flags: Flags, held: Ints, way: int, number: int) -> Ints:
        """Of the allow that came nearest (the fewest of who, what and where missed, then the fewest conditions; the first of
        those): its place, both counts, and a number for the first reason against it."""
        core = np.stack([(flags[list(item.core)] != _YES).sum(axis=0) for item in allows])
        entries = np.stack([(flags[list(item.entries)] != _YES).sum(axis=0) + item.missed for item in allows])
        nearest = (core * (1 + entries.max()) + entries).argmin(axis=0)
        rows = np.arange(len(nearest))
        reason = np.zeros(len(nearest), np.int64)
        for at in np.unique(nearest).tolist():
            some = np.flatnonzero(nearest == at)
            reason[some] = self._reasons(allows[at], flags[:, some], held[some], way, number)
        return np.stack([nearest, core[nearest, rows], entries[nearest, rows], reason], axis=1)

    def _reasons(self, item: _Rows, flags: Flags, held: Ints, way: int, number: int) -> Ints:
        """A number for the first reason against a statement."""
        parts = [*item.core, *item.entries]
        missed = flags[parts] != _YES
        first = np.where(missed.any(axis=0), missed.argmax(axis=0), -1)
        out = np.empty(len(first), np.int64)
        for place in np.unique(first).tolist():
            some = np.flatnonzero(first == place)
            fields = self.of_row.get(parts[place], ()) if place >= 0 else ()
            if parts[place] in self.varied or (
                place < len(item.core) and not _wants_all(item, fields, flags[parts[place], some])
            ):
                distinct_rows, one, inverse = unique_rows(self._only(fields, held[some]))
            else:  # what a condition wants is the same for every value
                distinct_rows, one, inverse = unique_rows(flags[parts[place], some].astype(np.int64)[:, None])
            told = []
            for at, row in zip(one.tolist(), distinct_rows):
                key = (number, item.statement.index, place, way, row.tobytes())
                known = self.reasons.get(key)
                if known is None:
                    known = self.reasons[key] = self._reason(item.statement, held[some[at]], way, number)
                told.append(known)
            out[some] = np.array(told, np.int64)[inverse]
        return out

    def _reason(self, statement: Statement, likenesses: Ints, way: int, number: int) -> int:
        asked, switches = self._request(likenesses, way), self.side.documents[number].switches
        first = next((r for r in each_reason(statement, asked, False, switches) if r.matched is not True), None)
        return self._interned(("reason", first and (first.subject, first.operator, first.expected)))

    def _interned(self, key: Hashable) -> int:
        return self.interned.setdefault(key, len(self.interned))


def _wants_all(item: _Rows, fields: tuple[str, ...], flags: Flags) -> bool:
    """Whether the reason is that no resource of a list fits, which names all of them whatever was asked for."""
    where = item.statement.resources
    return fields == _RESOURCE and where is not None and not where.negated and bool((flags == _NO).all())


def _in_order(statement: Statement, entries: Mapping[tuple[str, str], int]) -> tuple[int, ...]:
    """The rows of a statement's conditions in their order, which is that of the reasons against it."""
    return tuple(entries[atom.operator.text, atom.key] for atom in statement.conditions)


def _bits(mask: int) -> Iterator[int]:
    return (bit for bit in range(mask.bit_length()) if mask >> bit & 1)


def _who(column: PrincipalColumn, asked: Any) -> Iterable[Masks]:
    return (column.miss(asked.caller, False, -1),)


def _where(column: ResourceColumn, asked: Any) -> Iterable[Masks]:
    resource = asked.resource
    if isinstance(asked, _Resource):
        return (column.memo.get(resource) or column.miss(resource, resource, asked.get, asked.says),)
    key: Any = (resource, *map(asked.get, column.needs)) if column.needs else resource
    return (column.memo.get(key) or column.miss(key, resource, asked.get),)


def _by_entry(column: KeyColumn, asked: Any) -> Iterable[Masks]:
    return column.by_entry(asked.get)


def _state(item: _Rows, flags: Flags) -> Flags:
    """Whether a statement does not match, may or surely does."""
    if item.missed:
        return np.zeros(flags.shape[1], np.int8)
    found: Flags = flags[[*item.core, *item.entries]].min(axis=0)
    return np.minimum(found, np.int8(_MAYBE)) if item.open_at_most else found


def _weighed(items: Sequence[_Rows], flags: Flags) -> tuple[Any, Any, Any]:
    """Whether one of the statements surely matches, the first that does, and whether another may."""
    if not items:
        never = np.zeros(flags.shape[1], bool)
        return never, np.zeros(flags.shape[1], np.int64), never
    states = np.stack([_state(item, flags) for item in items])
    sure = states == _YES
    return sure.any(axis=0), sure.argmax(axis=0), (states == _MAYBE).any(axis=0)
