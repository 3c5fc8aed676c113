"""One test of a Condition block, and the laws by which two tests of one key become one.

Absent keys: positive operators are false, negated ones true, `…IfExists` and `ForAllValues:` true, `ForAnyValue:` false
(IAM reference section 8.3, https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import TYPE_CHECKING, Final, Literal

from policyc.ir.pattern import escape_pattern
from policyc.record import field, record, replace
from policyc.targets.iam_documents.escape import literal_glob, literal_text, pattern_glob
from policyc.text import Span

if TYPE_CHECKING:
    from fractions import Fraction

Qualifier = Literal["", "ForAnyValue:", "ForAllValues:"]

#: operators that pass when no value matches
NEGATED: Final = frozenset(
    {
        "StringNotEquals",
        "StringNotEqualsIgnoreCase",
        "StringNotLike",
        "NumericNotEquals",
        "DateNotEquals",
        "NotIpAddress",
        "ArnNotEquals",
        "ArnNotLike",
    }
)
#: operators whose values are looked up for identity, so that AND is the intersection of the lists
IDENTITY: Final = frozenset(
    {"StringEquals", "StringEqualsIgnoreCase", "NumericEquals", "DateEquals", "Bool", "ArnEquals"}
)
GLOB: Final = frozenset({"StringLike", "StringNotLike", "ArnLike", "ArnNotLike"})
_GLOB_OF_LITERAL: Final = frozenset({"ArnEquals", "ArnNotEquals"})
_UPPER: Final = frozenset({"NumericLessThan", "NumericLessThanEquals", "DateLessThan", "DateLessThanEquals"})
_LOWER: Final = frozenset(
    {"NumericGreaterThan", "NumericGreaterThanEquals", "DateGreaterThan", "DateGreaterThanEquals"}
)


@record
class KeyTest:
    """One operator on one key: an entry of a `Condition` block.

    `base` is the operator without prefix and suffix. `values` are what the author meant, not yet escaped: plain text, or
    patterns of the language (`\\*` literal) for the Like operators. `note` says why lowering put the test in, empty
    when the author wrote it. A `verbatim` test is a raw one: `base` is the whole operator, the values are texts of a document, and
    no law joins it with others.
    """

    base: str
    key: str
    values: tuple[str, ...]
    qualifier: Qualifier = ""
    if_exists: bool = False
    note: str = field(default="", compare=False)
    span: Span | None = field(default=None, compare=False)
    verbatim: bool = False

    @property
    def operator(self) -> str:
        """The operator as the document spells it."""
        return self.qualifier + self.base + ("IfExists" if self.if_exists else "")

    @property
    def slot(self) -> tuple[str, str]:
        """Where the test stands in the block; a block has room for one test per slot. Keys ignore case."""
        return self.operator, self.key.lower()

    @property
    def needs_presence(self) -> bool:
        """Whether the test is false for an absent key."""
        if self.verbatim:
            return False
        if self.base == "Null":
            return self.values == ("false",)
        if self.if_exists or self.qualifier == "ForAllValues:":
            return False
        return self.qualifier == "ForAnyValue:" or self.base not in NEGATED

    def texts(self) -> tuple[str, ...]:
        """The values as the document spells them, escaped, sorted, each once."""
        convert: Callable[[str], str]
        if self.verbatim:
            convert = str
        elif self.base in GLOB:
            convert = pattern_glob
        elif self.base in _GLOB_OF_LITERAL:
            convert = literal_glob
        elif self.base.startswith("String"):
            convert = literal_text
        elif self.base.startswith("Date"):
            from policyc.ir.instants import moment_text

            convert = moment_text
        else:
            convert = str
        return tuple(sorted({convert(value) for value in self.values}))


def null_test(key: str, absent: bool, note: str = "", span: Span | None = None) -> KeyTest:
    """`Null`: the key is absent, or (`absent` False) present."""
    return KeyTest("Null", key, ("true" if absent else "false",), note=note, span=span)


@record
class Contradiction:
    """No request passes the tests together."""


def merge_tests(tests: Sequence[KeyTest]) -> tuple[KeyTest, ...] | Contradiction:
    """The AND of tests in one slot as few tests as the laws allow; what cannot be merged stays side by side."""
    first = tests[0]
    if len(tests) == 1:
        return (first,)
    if any(test.verbatim for test in tests):
        return tuple(dict.fromkeys(tests))
    if first.base == "Null":
        return (first,) if len({test.values for test in tests}) == 1 else Contradiction()
    if first.base in _UPPER or first.base in _LOWER:
        return (_tightest(tests),)
    if first.qualifier != "ForAnyValue:":
        if first.base in NEGATED:
            return (replace(first, values=_union(tests)),)
        if first.base in IDENTITY or first.base == "IpAddress":
            return _intersection(tests)
    return _without_weaker(tests)


def other_spellings(test: KeyTest) -> tuple[KeyTest, ...]:
    """Tests in other slots that mean the same for a present key.

    For an absent key they may be true where `test` is false: use them only beside a test of the key that is false then.
    """
    if test.verbatim:
        return ()
    out = [test]
    if test.base in ("StringEquals", "ArnEquals"):
        patterns = tuple(escape_pattern(value) for value in test.values)
        out.append(replace(test, base=test.base.replace("Equals", "Like"), values=patterns))
    return (*out, *(replace(item, if_exists=True) for item in out))[1:]


def _union(tests: Sequence[KeyTest]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for test in tests for value in test.values))


def _tightest(tests: Sequence[KeyTest]) -> KeyTest:
    first = tests[0]
    choose = min if first.base in _UPPER else max
    return choose(tests, key=lambda test: ordering_key(first.base, test.values[0]))


def ordering_key(base: str, value: str) -> Fraction:
    """A number to compare values of a Numeric or Date operator by."""
    if base.startswith("Date"):
        from policyc.ir.instants import moment

        return moment(value)
    from fractions import Fraction

    return Fraction(value)


def _identity(base: str, value: str) -> object:
    if base.startswith(("Numeric", "Date")):
        return ordering_key(base, value)
    return value.casefold() if base == "StringEqualsIgnoreCase" else value


def _intersection(tests: Sequence[KeyTest]) -> tuple[KeyTest, ...] | Contradiction:
    first = tests[0]
    values = first.values
    for test in tests[1:]:
        if first.base == "IpAddress":
            values = _common_blocks(values, test.values)
        else:
            wanted = {_identity(first.base, value) for value in test.values}
            values = tuple(value for value in values if _identity(first.base, value) in wanted)
    if values:
        return (replace(first, values=values),)
    if first.needs_presence:
        return Contradiction()
    return (null_test(first.key, True, "no value can pass all tests of the key, so only its absence does", first.span),)


def _common_blocks(left: Sequence[str], right: Sequence[str]) -> tuple[str, ...]:
    """The CIDR blocks that lie in a block of both lists: of two that overlap, one holds the other."""
    out: dict[str, None] = {}
    for one in map(ip_network, left):
        for other in map(ip_network, right):
            if _holds(one, other):
                out[str(other)] = None
            elif _holds(other, one):
                out[str(one)] = None
    return tuple(out)


def _holds(outer: IPv4Network | IPv6Network, inner: IPv4Network | IPv6Network) -> bool:
    if isinstance(outer, IPv4Network) and isinstance(inner, IPv4Network):
        return inner.subnet_of(outer)
    if isinstance(outer, IPv6Network) and isinstance(inner, IPv6Network):
        return inner.subnet_of(outer)
    return False


def _without_weaker(tests: Sequence[KeyTest]) -> tuple[KeyTest, ...]:
    """Drops a test that another one implies because its values are a subset (any-of lists of one operator)."""
    kept: list[KeyTest] = []
    if tests[0].base in NEGATED:
        # ForAnyValue with a negated operator: "some value is none of these"; the longer list is the stronger one.
        ordered = sorted(tests, key=lambda test: -len(set(test.values)))
        for test in ordered:
            if not any(set(test.values) <= set(other.values) for other in kept):
                kept.append(test)
        return tuple(sorted(kept, key=tests.index))
    for test in sorted(tests, key=lambda test: len(set(test.values))):
        if not any(set(other.values) <= set(test.values) for other in kept):
            kept.append(test)
    return tuple(sorted(kept, key=tests.index))
