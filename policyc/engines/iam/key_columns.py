"""The condition entries of all statements of a document by key, from a key's value to statement masks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from policyc.engines.iam.atoms import Atom, parse_value, ready_value
from policyc.engines.iam.globs import Tokens, compile_glob, fold
from policyc.engines.iam.memo import Masks, remember
from policyc.engines.iam.operators import Family, Operator, Relation
from policyc.engines.iam.parts import Get
from policyc.engines.iam.switches import Switches
from policyc.engines.iam.values import Network, Values, parse_network
from policyc.engines.iam.variables import Template, Variable

Test = Callable[[Any], bool]
Tested = tuple[tuple[Test, int], ...]


class _Group:
    """The entries of one key under one operator, without variables: each distinct policy value is tested once.

    Values that equality alone decides are looked up (`exact`), address ranges by their masked start (`networks`),
    patterns by the plain text they begin with (`prefixed`); `tests` are the rest.
    """

    __slots__ = ("atoms", "broken", "exact", "members", "networks", "operator", "prefixed", "switches", "tests")

    def __init__(self, operator: Operator, atoms: Sequence[tuple[Atom, int]], switches: Switches) -> None:
        self.operator, self.atoms, self.switches = operator, tuple(atoms), switches
        self.members = self.broken = 0
        self.exact: dict[Any, int] = {}
        self.networks: dict[tuple[int, int], dict[int, int]] = {}
        tests: dict[Template, tuple[Test, int]] = {}
        for atom, mask in atoms:
            self.members |= mask
            for value in atom.values:
                self._add(value.template, mask, tests)
        self.prefixed = _by_prefix(tests, operator) if operator.family is Family.STRING else ()
        self.tests: Tested = () if operator.family is Family.STRING else tuple(tests.values())

    def _add(self, template: Template, mask: int, tests: dict[Template, tuple[Test, int]]) -> None:
        tokens = tuple(token for token in template if not isinstance(token, Variable))
        test = ready_value(self.operator, tokens, self.switches)
        exact = _exact_value(self.operator, tokens, self.switches)
        if test is None:
            self.broken |= mask
        elif isinstance(exact, Network):
            starts = self.networks.setdefault((exact.bits, exact.shift), {})
            starts[exact.start] = starts.get(exact.start, 0) | mask
        elif exact is not None:
            self.exact[exact] = self.exact.get(exact, 0) | mask
        else:
            tests[template] = (test, tests[template][1] | mask if template in tests else mask)

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
        for length, tests_by_prefix in self.prefixed:
            for test, mask in tests_by_prefix.get(parsed[:length], ()):
                if test(parsed):
                    hit |= mask
        for test, mask in self.tests:
            if test(parsed):
                hit |= mask
        return hit

    def _networks_of(self, address: Network) -> int:
        hit = 0
        for (bits, shift), starts in self.networks.items():
            if bits == address.bits:
                hit |= starts.get(address.start >> shift << shift, 0)
        return hit


def _by_prefix(
    tests: dict[Template, tuple[Test, int]], operator: Operator
) -> tuple[tuple[int, dict[str, Tested]], ...]:
    """Pattern tests by the length and text of their plain beginning."""
    lengths: dict[int, dict[str, Tested]] = {}
    for template, tested in tests.items():
        first = template[0] if template and isinstance(template[0], str) else ""
        prefix = fold(first) if operator.ignore_case else first
        held = lengths.setdefault(len(prefix), {})
        held[prefix] = (*held.get(prefix, ()), tested)
    return tuple(lengths.items())


def _exact_value(operator: Operator, tokens: Tokens, switches: Switches) -> Any | None:
    """The only parsed value that equals the policy value when equality is all the operator asks, or its network."""
    if operator.family is Family.STRING:
        exact = compile_glob(tokens).exact
        return None if exact is None else parse_value(operator, exact, switches)
    text = "".join(map(_text, tokens))
    if operator.family is Family.IP:
        return parse_network(text, switches.bare_ipv6)
    plain = operator.relation is Relation.EQUAL and operator.family is not Family.ARN
    return parse_value(operator, text, switches) if plain else None


def _text(token: Any) -> str:
    return token if isinstance(token, str) else str(token.value)


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
    """Every entry that depends on the same keys: one key, or with variables several."""

    __slots__ = ("groups", "keys", "memo", "others", "switches")

    def __init__(self, keys: tuple[str, ...], atoms: Sequence[tuple[Atom, int]], switches: Switches) -> None:
        self.keys, self.switches = keys, switches
        self.memo: dict[Any, Masks] = {}
        grouped: dict[Operator, list[tuple[Atom, int]]] = {}
        others: list[tuple[Atom, int]] = []
        for atom, mask in atoms:
            plain = atom.values and not atom.needs and atom.operator.family is not Family.NULL
            (grouped.setdefault(atom.operator, []) if plain else others).append((atom, mask))
        self.others = tuple(others)
        self.groups = tuple(_Group(operator, held, switches) for operator, held in grouped.items())

    def miss(self, key: Any, get: Get) -> Masks:
        values = get(self.keys[0])
        can, must = _all_masks(self.others, get, self.switches)
        for group in self.groups:
            group_can, group_must = group.masks(values, get)
            can &= group_can
            must &= group_must
        size = sum(map(len, values)) if isinstance(values, tuple) else 0
        remember(self.memo, key, (can, must), size)
        return can, must
