"""A node behaves as a frozen slotted dataclass does."""

from __future__ import annotations

import copy
import dataclasses
import pickle

import pytest

from policyc.record import record
from policyc.syntax.nodes import Comment, Ident, Let, ListClause, Ref, Str
from policyc.text import Span

HERE, THERE = Span("a", 0, 1), Span("b", 5, 9)


@record
class Sample:
    """Fields of each kind: plain, left out of comparisons, with a default."""

    name: str
    span: Span = dataclasses.field(compare=False)
    doc: str = dataclasses.field(default="", compare=False)
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
