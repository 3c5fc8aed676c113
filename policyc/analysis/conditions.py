"""Conditions of the IR as formulas over the keys of a request. The meaning is that of `policyc.ir.decide` and `policyc.ir.raw_tests`."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TypeVar, assert_never

from policyc.analysis.contents import test_content
from policyc.analysis.formula import FALSE, TRUE, Lit
from policyc.analysis.keys import Keys, Use
from policyc.analysis.solver import Opaque, Slot
from policyc.engines.proofs.domains import Fits, Test, simplest
from policyc.engines.proofs.texts import Pattern, by_fields, whole
from policyc.engines.proofs.value_tests import raw_test, readable, typed_test
from policyc.holes import has_hole, shown
from policyc.ir.authz import (
    All,
    Always,
    AnyOf,
    Atom,
    Cond,
    Glob,
    Never,
    Op,
    Policy,
    RawExpression,
    RawTest,
    Tokens,
    Variable,
)
from policyc.ir.conditions import tests
from policyc.ir.pattern import Token, Wild, fold
from policyc.ir.raw_tests import NEGATED, fill
from policyc.record import replace
from policyc.regex import regex

_V = TypeVar("_V")
_VARIABLE = regex(r"\$\{[^,}]*")
#: values of the keys that policy variables name, by the folded key: None for an absent one; None in place of all: left open
Bindings = Mapping[str, str | None]

#: a pattern of resources read as one text, and field by field (None with fewer than six fields)
Readings = tuple[Pattern, Pattern | None]


@lru_cache(maxsize=4096)
def folded(key: str) -> str:
    """A key's name without its letter case."""
    return "".join(map(fold, key))


def uses_of(policies: Sequence[Policy]) -> dict[str, Use]:
    """The keys that policies test, and how."""
    quantified: dict[str, set[object]] = {}
    attributes: dict[str, Use] = {}
    plain: set[str] = set()
    for policy in policies:
        for statement in policy.statements:
            for test in tests(statement.when):
                key = folded(test.attribute.native)
                known = attributes.get(key)
                if known is None or known.attribute.presence == "optional":
                    attributes[key] = Use(test.attribute)
                if isinstance(test, Atom) and test.quantifier:
                    quantified.setdefault(key, set()).add((test.op, test.values, test.quantifier))
                elif isinstance(test, RawTest) and ":" in test.operator:
                    quantified.setdefault(key, set()).add((test.operator, test.values))
                elif isinstance(test, RawTest) and test.operator != "Null":
                    plain.add(key)
    return {key: Use(use.attribute, len(quantified.get(key, ())), key in plain) for key, use in attributes.items()}


def variables_of(policies: Sequence[Policy]) -> dict[str, Variable]:
    """The policy variables that policies use, by the folded key."""
    out: dict[str, Variable] = {}
    for policy in policies:
        for statement in policy.statements:
            globs = [glob for test in tests(statement.when) if isinstance(test, RawTest) for glob in test.values]
            globs += statement.resources.patterns if statement.resources else ()
            for glob in globs:
                out.update((folded(token.key), token) for token in glob.tokens if isinstance(token, Variable))
    return out


def some_bindings(policies: Sequence[Policy]) -> Iterator[Bindings]:
    """A few values for the policy variables of policies, for requests that show what hangs on them: all alike, all different, all absent."""
    variables = variables_of(policies)
    if variables:
        yield dict.fromkeys(variables, "example")
        if len(variables) > 1:
            yield {key: f"example{at}" for at, key in enumerate(variables, 1)}
        yield dict.fromkeys(variables, None)


class Conditions:
    """Turns conditions into literals. With `bindings`, policy variables have these values; without, a test with one is opaque."""

    def __init__(self, keys: Keys, bindings: Bindings | None = None) -> None:
        self.keys, self.formula, self.bindings = keys, keys.formula, bindings
        self._tests: dict[Hashable, Lit] = {}

    def holds(self, cond: Cond) -> Lit:
        """Whether a condition holds. Works on an explicit stack, so that depth does not matter."""
        done: list[Lit] = []
        work: list[tuple[Cond, bool]] = [(cond, False)]
        while work:
            node, ready = work.pop()
            match node:
                case Always() | Never():
                    done.append(TRUE if isinstance(node, Always) else FALSE)
                case Atom() | RawTest() if open_text(node) is not None:
                    found = self._open(node)
                    done.append(-found if node.negated else found)
                case Atom() | RawTest():
                    key = test_content(node)
                    if key not in self._tests:
                        found = self._atom(node) if isinstance(node, Atom) else self._raw(node)
                        crowded = self.keys.is_crowded(folded(node.attribute.native))
                        self._tests[key] = self.formula.loose(key, found) if crowded else found
                    done.append(-self._tests[key] if node.negated else self._tests[key])
                case RawExpression():
                    found = self.formula.atom(Opaque(f"the expression `{node.expression}`"))
                    done.append(-found if node.negated else found)
                case All(items) | AnyOf(items):
                    if not ready:
                        work.append((node, True))
                        work.extend((item, False) for item in items)
                        continue
                    parts = done[len(done) - len(items) :]
                    del done[len(done) - len(items) :]
                    done.append(self.formula.every(parts) if isinstance(node, All) else self.formula.some(parts))
                case _:
                    assert_never(node)
        return done[0]

    def _open(self, test: Atom | RawTest) -> Lit:
        """A test that a host file leaves open in part: of each open value nothing is known but that it is the same wherever it stands."""
        parts = by_values(test)
        if len(parts) < 2:
            return self.formula.atom(Opaque(open_text(test) or ""))
        lits = [self.holds(part) for part in parts]
        return self.formula.every(lits) if _is_negation(test) else self.formula.some(lits)

    # --- typed tests --------------------------------------------------------------------------------------------

    def _atom(self, atom: Atom) -> Lit:
        formula, keys = self.formula, self.keys
        slots = keys.slots(folded(atom.attribute.native))
        there = [keys.present(slot) for slot in slots]
        if atom.op is Op.EXISTS:
            found = there[0]
        else:
            kind = atom.attribute.type
            wanted = simplest([test for value in atom.values if (test := typed_test(kind, atom.op, value)) is not None])
            hits = [formula.some(keys.passes(slot, test) for test in wanted) for slot in slots]
            if atom.quantifier == "all":
                each = [formula.implies(present, hit) for present, hit in zip(there, hits, strict=True)]
                found = formula.every([there[0], *each])
            else:
                found = formula.some(formula.every(pair) for pair in zip(there, hits, strict=True))
        return found

    # --- raw tests ----------------------------------------------------------------------------------------------

    def _raw(self, test: RawTest) -> Lit:
        formula, keys = self.formula, self.keys
        prefix, _, rest = test.operator.rpartition(":")
        base = rest.removesuffix("IfExists")
        if_exists = base != rest
        negated = base in NEGATED
        slots = keys.slots(folded(test.attribute.native))
        there = [keys.present(slot) for slot in slots]
        absent = -there[0]
        if base == "Null":
            if prefix:
                return TRUE if prefix == "ForAllValues" else FALSE
            wanted = {value.text.lower() for value in test.values} & {"true", "false"}
            if len(wanted) != 1:
                return TRUE if wanted else FALSE
            return absent if "true" in wanted else there[0]
        if not test.values:
            if not prefix and not if_exists:
                return TRUE if negated else FALSE
            return absent if prefix != "ForAnyValue" or if_exists else FALSE
        passed = [self._passes(test, NEGATED.get(base, base), negated, slot) for slot in slots]
        if prefix == "ForAllValues":
            blank = [keys.passes(slot, Fits(())) for slot in slots]
            each = [formula.implies(present, hit) for present, hit in zip(there, passed, strict=True)]
            none = [formula.implies(present, hit) for present, hit in zip(there, blank, strict=True)]
            return formula.some((formula.every(each), formula.every(none)))
        some = [formula.every(pair) for pair in zip(there, passed, strict=True)]
        if prefix:
            return formula.some([absent, *some] if if_exists else some)
        alone = formula.every([some[0], *(-later for later in there[1:])])
        return formula.some((absent, alone)) if if_exists or negated else alone

    def _passes(self, test: RawTest, base: str, negated: bool, slot: Slot) -> Lit:
        """One value of the request against all of the policy; what cannot be read passes nothing, not even a negation."""
        hits: list[Lit] = []
        tested: list[Test] = []
        odd = False
        for glob in test.values:
            tokens = self.filled(glob.tokens)
            if tokens is None:
                continue
            if isinstance(tokens, Variable):
                name = f"`{test.attribute.native}` against `{spelled_alike(glob)}`"
                some = self.keys.opaque(name, slot, _way_to_compare(base, glob))
                hits.append(self.formula.every((some, self.defined(glob.tokens))))
                continue
            wanted = raw_test(base, tokens)
            odd = odd or wanted is None
            if wanted is not None:
                tested.append(wanted)
        hits.extend(self.keys.passes(slot, test) for test in simplest(tested))
        if odd and negated:
            return FALSE
        some = self.formula.some(hits)
        needed = readable(base)
        fits = TRUE if needed is None else self.keys.passes(slot, needed)
        return self.formula.every((fits, -some if negated else some))

    def filled(self, tokens: Tokens) -> tuple[Token, ...] | Variable | None:
        """The pieces with their variables filled; None when one has no value, and the variable itself when it is left open."""
        open_one = next((token for token in tokens if isinstance(token, Variable)), None)
        if open_one is None:
            return filled(tokens)
        if self.bindings is None:
            return open_one
        return fill(tokens, self._bound)

    def defined(self, tokens: Tokens) -> Lit:
        """Whether every variable of a text has a value: without one it matches nothing."""
        named = [token for token in tokens if isinstance(token, Variable) and token.default is None]
        return self.formula.every(self.keys.present(self.keys.slots(folded(token.key))[0]) for token in named)

    def readings(self, tokens: Tokens) -> Readings | Variable | None:
        """What a pattern of resources fits; None when one of its variables has no value, the variable itself when it is left open."""
        if not any(isinstance(token, Variable) for token in tokens):
            return readings(tokens)
        found = self.filled(tokens)
        return found if found is None or isinstance(found, Variable) else (whole(found), by_fields(found))

    def _bound(self, key: str) -> tuple[str, ...]:
        value = (self.bindings or {}).get(folded(key))
        return () if value is None else (value,)


def open_text(test: Atom | RawTest) -> str | None:
    """A test whose key or values hold what a host file leaves open, in words that are the same wherever it stands; None for any other."""
    if isinstance(test, RawTest):
        operator, values = test.operator, [glob.text for glob in test.values]
    else:
        operator, values = f"{test.quantifier} {test.op.value}".strip(), [str(item.value) for item in test.values]
    key = test.attribute.native
    if not has_hole(key) and not any(map(has_hole, values)):
        return None
    return f"`{shown(key)}` {operator} {', '.join(map(shown, values))}"


def spelled_alike(glob: Glob) -> str:
    """A text whose variables are named without their letter case, which does not count."""
    return _VARIABLE.sub(lambda found: folded(found[0]), glob.text)


def _way_to_compare(base: str, glob: Glob) -> str:
    """How an operator compares with a text: two that do it alike have one name."""
    if base == "StringLike" and not any(isinstance(token, Wild) for token in glob.tokens):
        return "StringEquals"
    return "ArnLike" if base == "ArnEquals" else base


def widest(tokens: Tokens) -> tuple[Token, ...]:
    """What a text with variables looks like whatever they are."""
    found = fill(tuple(Wild.RUN if isinstance(token, Variable) else token for token in tokens), lambda key: ())
    assert found is not None
    return found


def _is_negation(test: Atom | RawTest) -> bool:
    """Whether a test, but for its own negation, asks that a value is none of those that are listed."""
    return isinstance(test, RawTest) and test.operator.rpartition(":")[2].removesuffix("IfExists") in NEGATED


def by_values(test: Atom | RawTest) -> list[Atom | RawTest]:
    """A test of several values as one for each open value and one for all others, which together mean the same; the test itself where
    it is more than these."""
    if has_hole(test.attribute.native) or len(test.values) < 2 or not _is_joined(test):
        return [test]
    if isinstance(test, RawTest):
        return [replace(test, values=values, negated=False) for values in _apart(test.values, lambda item: item.text)]
    return [replace(test, values=part, negated=False) for part in _apart(test.values, lambda item: str(item.value))]


def one_by_one(test: Atom | RawTest) -> list[Atom | RawTest]:
    """A test that asks for one of several values as a test for each; none where it asks for anything else."""
    if len(test.values) < 2 or test.negated or _is_negation(test) or not _is_joined(test):
        return []
    return [with_values(test, [at]) for at in range(len(test.values))]


def with_values(test: Atom | RawTest, places: Sequence[int]) -> Atom | RawTest:
    """The test with the values at some places alone, as it is and as it is written."""
    spelt = test.spelling
    if spelt is not None:
        spelt = replace(spelt, values=tuple(spelt.values[at] for at in places))
    if isinstance(test, RawTest):
        return replace(test, values=tuple(test.values[at] for at in places), spelling=spelt)
    return replace(test, values=tuple(test.values[at] for at in places), spelling=spelt)


def _is_joined(test: Atom | RawTest) -> bool:
    """Whether a test of several values is the tests of each, joined by one word."""
    quantifier = test.operator.rpartition(":")[0] if isinstance(test, RawTest) else test.quantifier
    return not quantifier or (quantifier in ("any", "ForAnyValue") and not _is_negation(test))


def _apart(values: Sequence[_V], text: Callable[[_V], str]) -> list[tuple[_V, ...]]:
    closed = tuple(item for item in values if not has_hole(text(item)))
    return [*([closed] if closed else []), *((item,) for item in values if has_hole(text(item)))]


@lru_cache(maxsize=8192)
def filled(tokens: Tokens) -> tuple[Token, ...]:
    """The pieces of a text that has no variables."""
    found = fill(tokens, lambda key: ())
    assert found is not None
    return found


@lru_cache(maxsize=8192)
def readings(tokens: Tokens) -> Readings:
    """What a pattern of resources without variables fits."""
    pieces = filled(tokens)
    return whole(pieces), by_fields(pieces)
