"""The parts of all statements of a document, each as a column: from a request's value to masks of statements.

Bit i stands for statement i. A pair of masks for a value is `can`, the statements the value does not rule out, and
`must`, those it is known to satisfy; with everything known the two are equal.

Columns cost nothing until they are asked. The first questions look at the few statements that are still in the running; once that took as many
looks as there are entries, a column is filled, answers for all statements at once and remembers a bounded number of answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import copy
from typing import TYPE_CHECKING, Any, Final

from policyc.engines.iam.atoms import Atom, parse_value, ready_value
from policyc.engines.iam.caller import Caller, Grant
from policyc.engines.iam.elements import Get, Hit, PrincipalPart, ResourcePattern, settle
from policyc.engines.iam.globs import Tokens, Wild, fold
from policyc.engines.iam.operators import Family, Operator, Qualifier, Relation
from policyc.engines.iam.switches import Switches
from policyc.engines.iam.values import Network, Values, parse_network
from policyc.engines.iam.variables import Template, Variable

if TYPE_CHECKING:
    from policyc.engines.iam.statement import Statement

MEMO_LIMIT: Final = 4096
LONGEST_REMEMBERED: Final = 4096
Masks = tuple[int, int]
Test = Callable[[Any], bool]
Says = Callable[[ResourcePattern, str, Get, Switches], Hit]


def remember(memo: dict[Any, Any], key: Any, found: Any, size: int) -> None:
    if size <= LONGEST_REMEMBERED:
        if len(memo) >= MEMO_LIMIT:
            memo.clear()
        memo[key] = found


class ActionColumn:
    """Action and NotAction of all statements."""

    __slots__ = ("exact", "globs", "memo", "negated", "positive", "statements")

    def __init__(self, statements: Sequence[Statement]) -> None:
        self.memo: dict[str, int] = {}
        self.statements: Sequence[Statement] = statements
        self.exact: dict[str, int] = {}
        self.globs: tuple[tuple[Callable[[str], bool], int], ...] = ()
        self.positive = self.negated = 0

    def _fill(self) -> None:
        globs: dict[str, tuple[Callable[[str], bool], int]] = {}
        for statement in self.statements:
            bit, part = 1 << statement.index, statement.actions
            if part.patterns and part.negated:
                self.negated |= bit
            elif part.patterns:
                self.positive |= bit
            for pattern in part.patterns:
                if pattern.exact is not None:
                    self.exact[pattern.exact] = self.exact.get(pattern.exact, 0) | bit
                else:
                    text = fold(pattern.text)
                    globs[text] = (pattern.test, globs[text][1] | bit if text in globs else bit)
        self.globs = tuple(globs.values())
        self.statements = ()

    def miss(self, action: str) -> int:
        if self.statements:
            self._fill()
        hit = self.exact.get(action, 0)
        for test, mask in self.globs:
            if test(action):
                hit |= mask
        found = (hit & self.positive) | (~hit & self.negated)
        remember(self.memo, action, found, len(action))
        return found


class ResourceColumn:
    """Resource and NotResource of all statements; `needs` are the keys of their variables.

    Patterns are looked up by the plain text that they begin with, which a resource has to begin with in either reading.
    """

    __slots__ = ("free", "generous", "memo", "needs", "negated", "positive", "prefixed", "switches")

    def __init__(self, statements: Sequence[Statement], switches: Switches) -> None:
        self.switches = switches
        self.memo: dict[Any, Masks] = {}
        self.free = self.positive = self.negated = self.generous = 0
        needs: dict[str, None] = {}
        prefixed: dict[int, dict[str, dict[Template, tuple[ResourcePattern, int]]]] = {}
        for statement in statements:
            bit, part = 1 << statement.index, statement.resources
            if part is None:
                self.free |= bit
                continue
            if part.patterns and part.negated:
                self.negated |= bit
            elif part.patterns:
                self.positive |= bit
            self.generous |= bit if statement.deny is not part.negated else 0
            for pattern in part.patterns:
                if pattern.ready is None:
                    needs.update(dict.fromkeys(pattern.needs))
                prefix = pattern.beginning
                by_prefix = prefixed.get(len(prefix))
                if by_prefix is None:
                    by_prefix = prefixed[len(prefix)] = {}
                held = by_prefix.setdefault(prefix, {})
                known = held.get(pattern.template)
                held[pattern.template] = (pattern, known[1] | bit if known else bit)
        self.prefixed = tuple(prefixed.items())
        self.needs = tuple(needs)

    def turned(self, switches: Switches) -> ResourceColumn:
        """The same patterns under other switches."""
        made = copy(self)
        made.switches, made.memo = switches, {}
        return made

    def miss(self, key: Any, resource: str, get: Get, says: Says = ResourcePattern.hit) -> Masks:
        """The masks for a resource; `says` is what tells whether a pattern matches it."""
        can = must = 0
        for length, by_prefix in self.prefixed:
            held = by_prefix.get(resource[:length])
            for pattern, mask in held.values() if held else ():
                hit = says(pattern, resource, get, self.switches)
                if hit is Hit.NO:
                    continue
                if hit is Hit.YES:
                    can |= mask
                    must |= mask
                    continue
                for generous, part in ((True, mask & self.generous), (False, mask & ~self.generous)):
                    answer = settle(hit, generous, self.switches)
                    must |= part if answer else 0
                    can |= part if answer is not False else 0
        found = (
            (can & self.positive) | (~must & self.negated) | self.free,
            (must & self.positive) | (~can & self.negated) | self.free,
        )
        remember(self.memo, key, found, len(resource))
        return found


class PrincipalColumn:
    """Principal and NotPrincipal of all statements, and how each allow names a caller."""

    __slots__ = ("grants", "last", "looked", "memo", "narrowed", "parts", "statements", "switches")

    def __init__(self, statements: Sequence[Statement], switches: Switches) -> None:
        self.switches, self.statements = switches, statements
        self.looked = 0
        self.last: tuple[Any, int, Masks] | None = None
        self.narrowed: int | None = None
        self.memo: dict[tuple[frozenset[str], bool], Masks] = {}
        self.grants: dict[frozenset[str], tuple[GrantMasks, GrantMasks]] = {}
        self.parts = [(1 << s.index, s.deny, s.principals) for s in statements if s.principals is not None]

    def miss(self, caller: Caller, bounded: bool, wanted: int) -> Masks:
        """The masks for a caller; of the first ones only those of the `wanted` statements count."""
        key = caller.identity, bounded
        if self.last is not None and self.last[0] == key and not wanted & ~self.last[1]:
            return self.last[2]
        if self.looked < len(self.parts):
            self.looked += wanted.bit_count() if wanted >= 0 else len(self.parts)
            self.last = key, wanted, self._masks(caller, bounded, wanted)
            return self.last[2]
        found = self._masks(caller, bounded, -1)
        remember(self.memo, key, found, 0)
        return found

    def _masks(self, caller: Caller, bounded: bool, wanted: int) -> Masks:
        can = must = 0
        for bit, deny, part in self.parts:
            if not bit & wanted:
                continue
            answer = part.decide(caller, bounded, deny, self.switches)
            can |= bit if answer is not False else 0
            must |= bit if answer else 0
        return can, must

    def grants_for(self, caller: Caller) -> tuple[GrantMasks, GrantMasks]:
        """The allow statements by how they may and by how they surely name the caller, strongest first."""
        known = self.grants.get(caller.identity)
        if known is None:
            if self.narrowed is None:
                self.narrowed = narrowed_mask(self.statements)
            known = grant_masks(
                ((bit, part) for bit, deny, part in self.parts if not deny), caller, self.narrowed, self.switches
            )
            remember(self.grants, caller.identity, known, 0)
        return known


GrantMasks = tuple[tuple[Grant, int], ...]


def grant_masks(
    parts: Iterable[tuple[int, PrincipalPart]], caller: Caller, narrowed: int, switches: Switches
) -> tuple[GrantMasks, GrantMasks]:
    """Statement masks by the grant that may and by the one that surely holds, strongest first; `narrowed` are the statements
    that also test aws:PrincipalArn."""
    found = [dict.fromkeys((Grant.DIRECT, Grant.STAR, Grant.LIMITED, Grant.DELEGATION), 0) for _ in range(2)]
    for bit, part in parts:
        for masks, named in zip(found, part.grant(caller, switches), strict=True):
            grant = named
            if grant is Grant.STAR and switches.star_bypasses_boundary == "limited" and not bit & narrowed:
                grant = Grant.LIMITED
            if grant is not Grant.NONE:
                masks[grant] |= bit
    return tuple(found[0].items()), tuple(found[1].items())


def narrowed_mask(statements: Iterable[Statement]) -> int:
    """The statements that only match callers with a certain `aws:PrincipalArn`."""
    return sum(1 << statement.index for statement in statements if _names_principal_arn(statement.conditions))


def _names_principal_arn(conditions: Iterable[Atom]) -> bool:
    return any(
        atom.key == "aws:principalarn"
        and not atom.operator.negated
        and not atom.operator.if_exists
        and atom.operator.family in (Family.ARN, Family.STRING)
        for atom in conditions
    )


class _Pattern:
    """A policy value that equality does not decide, with the statements that hold it; `test` is made when it is first needed."""

    __slots__ = ("mask", "test", "tokens")

    def __init__(self, tokens: Tokens, test: Test | None) -> None:
        self.tokens, self.test, self.mask = tokens, test, 0


class _Group:
    """The entries of one key under one operator, without variables: each distinct policy value is tested once.

    Values that equality alone decides are looked up (`exact`), address ranges by their masked start (`networks`),
    patterns of text by what they begin with (`prefixed`); `tests` are the rest.
    """

    __slots__ = ("atoms", "broken", "exact", "members", "networks", "operator", "prefixed", "switches", "tests")

    def __init__(self, operator: Operator, atoms: Sequence[tuple[Atom, int]], switches: Switches) -> None:
        self.operator, self.atoms, self.switches = operator, tuple(atoms), switches
        self.members = self.broken = 0
        self.exact: dict[Any, int] = {}
        self.networks: dict[tuple[int, int], dict[int, int]] = {}
        self.prefixed: dict[int, dict[str, dict[Template, _Pattern]]] = {}
        self.tests: dict[Template, _Pattern] = {}
        text = operator.family is Family.STRING
        for atom, mask in atoms:
            self.members |= mask
            for value in atom.values:
                if text:
                    self._add_text(value.template, mask)
                else:
                    self._add(value.template, mask)

    def _add_text(self, template: Template, mask: int) -> None:
        """A value that is plain text, or a pattern; neither can be broken."""
        tokens = _no_variables(template)
        first = tokens[0] if tokens and isinstance(tokens[0], str) else ""
        first = fold(first) if self.operator.ignore_case else first
        if not tokens or (len(tokens) == 1 and first):
            self.exact[first] = self.exact.get(first, 0) | mask
            return
        held = self.prefixed.setdefault(len(first), {}).setdefault(first, {})
        held.setdefault(template, _Pattern(tokens, None)).mask |= mask

    def _add(self, template: Template, mask: int) -> None:
        tokens = _no_variables(template)
        exact = _exact_value(self.operator, tokens, self.switches)
        if isinstance(exact, Network):
            starts = self.networks.setdefault((exact.bits, exact.shift), {})
            starts[exact.start] = starts.get(exact.start, 0) | mask
        elif exact is not None:
            self.exact[exact] = self.exact.get(exact, 0) | mask
        elif (test := ready_value(self.operator, tokens, self.switches)) is None:
            self.broken |= mask
        else:
            self.tests.setdefault(template, _Pattern(tokens, test)).mask |= mask

    def masks(self, values: Values, get: Get) -> Masks:
        if not isinstance(values, tuple) or len(values) != 1 or not values[0]:
            return _all_masks(self.atoms, get, self.switches)
        found = self._one(values[0]) | ~self.members
        return found, found

    def _one(self, value: str) -> int:
        """The members that hold for one non-empty value; with one value the prefixes make no difference."""
        negated = self.operator.negated
        strict = negated and self.switches.unparsable_negated == "no-match"
        parsed = parse_value(self.operator, value, self.switches)
        if parsed is None:
            return self.members if negated and not strict else 0
        hit = self._hits(parsed)
        if not negated:
            return hit
        return self.members & ~hit & (~self.broken if strict else -1)

    def _hits(self, parsed: Any) -> int:
        if isinstance(parsed, Network):
            return self._networks_of(parsed)
        hit = self.exact.get(parsed, 0)
        for length, by_prefix in self.prefixed.items():
            for pattern in by_prefix.get(parsed[:length], _NONE).values():
                if pattern.test is None:
                    pattern.test = ready_value(self.operator, pattern.tokens, self.switches)
                if pattern.test is not None and pattern.test(parsed):
                    hit |= pattern.mask
        for pattern in self.tests.values():
            if pattern.test is not None and pattern.test(parsed):
                hit |= pattern.mask
        return hit

    def _networks_of(self, address: Network) -> int:
        hit = 0
        for (bits, shift), starts in self.networks.items():
            if bits == address.bits:
                hit |= starts.get(address.start >> shift << shift, 0)
        return hit


_NONE: Final[dict[Template, _Pattern]] = {}


def _no_variables(template: Template) -> Tokens:
    return tuple([token for token in template if not isinstance(token, Variable)])


def _exact_value(operator: Operator, tokens: Tokens, switches: Switches) -> Any | None:
    """The only parsed value that equals the policy value when equality is all that the operator asks, or its network."""
    if operator.family is Family.ARN or operator.relation is not Relation.EQUAL:
        return None
    text = "".join([token.value if isinstance(token, Wild) else token for token in tokens])
    if operator.family is Family.IP:
        return parse_network(text, switches.bare_ipv6)
    return parse_value(operator, text, switches)


def _all_masks(atoms: Iterable[tuple[Atom, int]], get: Get, switches: Switches) -> Masks:
    can = must = -1
    for atom, mask in atoms:
        answer = atom.decide(get, switches)
        if answer is not True:
            must &= ~mask
            if answer is False:
                can &= ~mask
    return can, must


class KeyColumn:
    """Every entry that depends on the same keys: one key, or with variables several. Equal entries share one mask."""

    __slots__ = ("atoms", "filled", "groups", "keys", "last", "looked", "memo", "others", "questions", "switches")

    questions: frozenset[str]

    def __init__(self, keys: tuple[str, ...], switches: Switches) -> None:
        self.keys, self.switches = keys, switches
        self.memo: dict[Any, Masks] = {}
        self.atoms: list[tuple[Atom, int]] = []
        self.filled = False
        self.looked = 0
        self.last: tuple[Any, int, Masks] | None = None
        self.others: tuple[tuple[Atom, int], ...] = ()
        self.groups: tuple[_Group, ...] = ()

    def turned(self, switches: Switches) -> KeyColumn:
        """The same entries under other switches."""
        made = KeyColumn(self.keys, switches)
        made.atoms, made.questions = self.atoms, self.questions
        return made

    def __getattr__(self, name: str) -> Any:
        """The switches that could bear on the entries, once somebody asks."""
        if name != "questions":
            raise AttributeError(name)
        alike = {
            (atom.operator.text, not atom.values): atom for atom, _ in self.atoms
        }  # the variables of a column are the same
        self.questions = frozenset().union(*map(_questions_of, alike.values()))
        return self.questions

    def _fill(self) -> None:
        shared: dict[tuple[str, ...], dict[tuple[Template, ...], tuple[Atom, int]]] = {}
        for atom, mask in self.atoms:
            held = shared.setdefault((atom.operator.text, atom.key), {})
            values = tuple([value.template for value in atom.values])
            known = held.get(values)
            held[values] = (known[0], known[1] | mask) if known else (atom, mask)
        groups: list[_Group] = []
        others: list[tuple[Atom, int]] = []
        for held in shared.values():
            found = tuple(held.values())
            grouped = [(atom, mask) for atom, mask in found if _is_plain(atom)]
            others += [(atom, mask) for atom, mask in found if not _is_plain(atom)]
            if grouped:
                groups.append(_Group(grouped[0][0].operator, grouped, self.switches))
        self.groups, self.others, self.filled = tuple(groups), tuple(others), True

    def entries(self) -> list[tuple[tuple[Atom, int], ...]]:
        """Each operator with its entries and the statements that have them; what is no plain comparison stands by itself."""
        if not self.filled:
            self._fill()
        return [group.atoms for group in self.groups] + [(other,) for other in self.others]

    def by_entry(self, get: Get) -> Iterator[Masks]:
        """For each of `entries` the statements whose entry may and those whose entry surely holds; statements without one have both."""
        if not self.filled:
            self._fill()
        values = get(self.keys[0])
        for group in self.groups:
            yield group.masks(values, get)
        for other in self.others:
            yield _all_masks((other,), get, self.switches)

    def missed(self, get: Get) -> Iterator[int]:
        """For each operator the statements whose entry does not surely hold; a statement has one entry for an operator and a key."""
        for _, must in self.by_entry(get):
            yield ~must

    def miss(self, key: Any, get: Get, wanted: int) -> Masks:
        """The masks for a value; before the column is filled only those of the `wanted` statements count."""
        if not self.filled:
            if self.last is not None and self.last[0] == key and not wanted & ~self.last[1]:
                return self.last[2]
            if self.looked < len(self.atoms):
                entries = [entry for entry in self.atoms if entry[1] & wanted]
                self.looked += len(entries)
                self.last = key, wanted, _all_masks(entries, get, self.switches)
                return self.last[2]
            self._fill()
        values = get(self.keys[0])
        can, must = _all_masks(self.others, get, self.switches)
        for group in self.groups:
            group_can, group_must = group.masks(values, get)
            can &= group_can
            must &= group_must
        size = sum(map(len, values)) if isinstance(values, tuple) else 0
        remember(self.memo, key, (can, must), size)
        return can, must


def _questions_of(atom: Atom) -> Iterable[str]:
    operator = atom.operator
    if operator.qualifier is Qualifier.ONE:
        yield "many-values-without-prefix"
    if not atom.values:
        yield from ("empty-values", "empty-values-negated")
    if atom.needs:
        yield "substituted-wildcards"
    if operator.negated:
        yield "unparsable-negated"
    if operator.qualifier is Qualifier.ANY:
        yield from ("any-value-negated-absent", "any-value-if-exists-absent")
    if operator.qualifier is Qualifier.ALL:
        yield from ("blank-set-absent", "all-values-not-like-absent")
    match operator.family:
        case Family.IP:
            yield "bare-ipv6"
        case Family.ARN:
            yield "short-arn-pattern"
        case Family.DATE:
            yield "date-without-zone"
        case _:
            return


def _is_plain(atom: Atom) -> bool:
    """Whether an entry is a comparison of one key's values with values that are written out."""
    return bool(atom.values) and not atom.needs and atom.operator.family is not Family.NULL
