"""A node behaves as a frozen slotted dataclass does."""

from __future__ import annotations

import copy
import dataclasses
import pickle

import pytest

from policyc.record import field, record, replace
from policyc.syntax.json_tree import JsonString
from policyc.syntax.nodes import Comment, Ident, Let, ListClause, Ref, Str
from policyc.text import Span

HERE, THERE = Span("a", 0, 1), Span("b", 5, 9)


@record
class Sample:
    """Fields of each kind: plain, left out of comparisons, with a default."""

    name: str
    span: Span = field(compare=False)
    doc: str = field(default="", compare=False)
    rest: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Twin:
    """The same as a dataclass."""

    name: str
    span: Span = dataclasses.field(compare=False)
    doc: str = dataclasses.field(default="", compare=False)
    rest: tuple[str, ...] = ()


def test_equality_and_hash_leave_out_spans_and_docs() -> None:
    assert Ident("a", HERE) == Ident("a", THERE)
    assert hash(Ident("a", HERE)) == hash(Ident("a", THERE))
    assert Ident("a", HERE) != Ident("b", HERE)
    assert Let(Ident("a", HERE), None, Str("x", HERE), HERE, "doc") == Let(
        Ident("a", HERE), None, Str("x", HERE), THERE
    )
    assert Sample("a", HERE) != Sample("a", HERE, "", ("x",))


def test_types_are_never_equal_to_one_another() -> None:
    values: list[object] = [Str("a", HERE), Ident("a", HERE), "a"]
    assert values[0] != values[1]
    assert values[1] != values[2]
    assert len(set(values)) == 3


def test_nothing_can_be_set_added_or_deleted() -> None:
    ident = Ident("a", HERE)
    with pytest.raises(dataclasses.FrozenInstanceError):
        ident.text = "b"  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        del ident.text
    with pytest.raises(dataclasses.FrozenInstanceError):
        ident.other = 1  # type: ignore[attr-defined]
    assert not hasattr(ident, "__dict__")


def test_a_light_record_is_one_but_that_it_can_be_set() -> None:
    first, second = JsonString("a", HERE), JsonString("a", HERE)
    for _ in range(20):  # past the first ones, which are made another way
        second = JsonString("a", HERE)
    assert first == second and hash(first) == hash(second) and first != JsonString("b", HERE)
    assert repr(second) == f"JsonString(value='a', span={HERE!r})"
    assert replace(second, value="b") == JsonString("b", HERE)
    assert pickle.loads(pickle.dumps(second)) == first
    assert not hasattr(second, "__dict__")


@pytest.mark.parametrize("kind", [Sample, Twin])
def test_construction_and_repr_are_those_of_a_dataclass(kind: type[Sample] | type[Twin]) -> None:
    made = kind("a", span=HERE, rest=("x",))
    assert (made.name, made.span, made.doc, made.rest) == ("a", HERE, "", ("x",))
    assert repr(made) == f"{kind.__name__}(name='a', span={HERE!r}, doc='', rest=('x',))"
    with pytest.raises(TypeError, match="missing"):
        kind("a")  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        kind("a", HERE, "", (), 5)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="unexpected keyword"):
        kind("a", HERE, other=1)  # type: ignore[call-arg]


def test_dataclass_tools_work() -> None:
    sample = Sample("a", HERE)
    assert dataclasses.is_dataclass(sample)
    assert [field.name for field in dataclasses.fields(sample)] == ["name", "span", "doc", "rest"]
    assert [field.compare for field in dataclasses.fields(sample)] == [True, False, False, True]
    assert dataclasses.replace(sample, name="b") == Sample("b", THERE)


def test_copies_and_patterns() -> None:
    clause = ListClause("who", (Ref((), HERE),), None, HERE, True)
    assert copy.deepcopy(clause) == clause
    assert pickle.loads(pickle.dumps(clause)) == clause
    match clause:
        case ListClause("who", items, None, negated=True):
            assert len(items) == 1
        case _:
            pytest.fail("the pattern did not match")
    assert Comment.__match_args__ == ("text", "own_line", "span")


@record(frozen=False, order=True)
class Tally:
    """A record that may change: a factory, a field that nobody gives, one left out of comparisons, one that is worked out."""

    name: str
    seen: list[str] = field(default_factory=list)
    hidden: int = field(default=0, compare=False, repr=False)
    length: int = field(init=False)

    def __post_init__(self) -> None:
        self.length = len(self.name)


@dataclasses.dataclass(slots=True, order=True)
class TallyTwin:
    name: str
    seen: list[str] = dataclasses.field(default_factory=list)
    hidden: int = dataclasses.field(default=0, compare=False, repr=False)
    length: int = dataclasses.field(init=False)

    def __post_init__(self) -> None:
        self.length = len(self.name)


@pytest.mark.parametrize("kind", [Tally, TallyTwin])
@pytest.mark.parametrize("before", [0, 100], ids=["plain", "compiled"])
def test_records_that_change(kind: type[Tally] | type[TallyTwin], before: int) -> None:
    for _ in range(before):
        kind("a").seen.append("kept apart")
    made, other = kind("b", hidden=7), kind("b", ["x"])
    assert (made.name, made.seen, made.hidden, made.length) == ("b", [], 7, 1)
    assert repr(made) == f"{kind.__name__}(name='b', seen=[], length=1)"
    assert made != other
    assert made < other
    assert sorted([other, made]) == [made, other]  # type: ignore[type-var]
    made.seen.append("x")
    assert made == other
    assert copy.deepcopy(made) == other
    with pytest.raises(TypeError, match="unhashable"):
        hash(made)
    with pytest.raises(AttributeError):
        made.unknown = 1  # type: ignore[union-attr]
    with pytest.raises(TypeError, match="missing"):
        kind(seen=[])  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="unexpected keyword"):
        kind("a", length=3)  # type: ignore[call-arg]


@record
class Base:
    """What `Derived` adds to."""

    first: int
    second: int = 2


@record
class Derived(Base):
    """With the fields of its base before its own."""

    third: int = 3


def test_a_record_has_the_fields_of_its_base() -> None:
    assert repr(Derived(1, third=5)) == "Derived(first=1, second=2, third=5)"
    assert Derived(1) == replace(Derived(7), first=1)
    assert Derived(1) != Base(1)
    assert [one.name for one in dataclasses.fields(Derived)] == ["first", "second", "third"]


def test_a_field_that_nobody_gives_is_not_replaced() -> None:
    with pytest.raises(ValueError, match="init=False"):
        replace(Tally("a"), length=3)
    assert replace(Tally("a", hidden=3), name="long").length == 4
    assert replace(Twin("a", HERE), name="b") == Twin("b", THERE)
