"""Parts of statements joined and written: order of keys, Sids, source map, what lowering added."""

from __future__ import annotations

import json

from policyc.diagnostics import Diagnostics
from policyc.ir.authz import All, AnyOf, Atom, Can, Constant, Op, Paths, Statement, Who
from policyc.ir.authz import Always as AlwaysTrue
from policyc.model.types import STRING
from policyc.model.values import Principal
from policyc.model.vocabulary import Attribute, Verb
from policyc.targets.iam_documents.conditions import ALWAYS, lower_condition
from policyc.targets.iam_documents.operators import KeyTest
from policyc.targets.iam_documents.principals import ALL_KINDS, Callers, lower_who
from policyc.targets.iam_documents.resources import resource_grants
from policyc.targets.iam_documents.statements import Grant, Part, assemble, statement_parts
from policyc.text import Span

ROLE = Principal("role", ("111122223333", "order"))


def statement(label: str, index: int = 0, effect: str = "allow") -> Statement:
    span = Span("a.policy", index * 10, index * 10 + 9)
    return Statement(effect, label, None, None, (), None, AlwaysTrue(), index, span)  # type: ignore[arg-type]


def part(label: str, index: int = 0, effect: str = "allow", *tests: KeyTest) -> Part:
    return Part(statement(label, index, effect), "*", ("t:Do",), ("*",), tests)


def sids(*parts: Part) -> list[str]:
    return [item["Sid"] for item in json.loads(assemble(parts).text)["Statement"]]


def test_key_order_and_minified_text() -> None:
    test = KeyTest("StringEquals", "t:b", ("y", "x"))
    element = (("AWS", ("arn:aws:iam::111122223333:role/a",)),)
    made = Part(statement("b"), element, ("t:A", "t:B"), ("r1", "r2"), (test,))
    assert assemble([made], "doc").text == (
        '{"Version":"2012-10-17","Id":"doc","Statement":[{"Sid":"B","Effect":"Allow",'
        '"Principal":{"AWS":"arn:aws:iam::111122223333:role/a"},"Action":["t:A","t:B"],"Resource":["r1","r2"],'
        '"Condition":{"StringEquals":{"t:b":["x","y"]}}}]}'
    )


def test_no_principal_where_there_is_none() -> None:
    made = Part(statement("b", effect="deny"), None, ("t:A",), ("r",), ())
    assert assemble([made]).text == (
        '{"Version":"2012-10-17","Statement":[{"Sid":"B","Effect":"Deny","Action":"t:A","Resource":"r"}]}'
    )


def test_sids_are_letters_and_digits_and_unique() -> None:
    assert sids(part("order-reads-stock")) == ["OrderReadsStock"]
    assert sids(part("v2: read all"), part("läden", 1)) == ["V2ReadAll", "LDen"]
    assert sids(part("???", 4)) == ["Statement5"]
    # a split statement is numbered; a taken name goes to the next number
    assert sids(part("read"), part("read"), part("write", 1)) == ["Read1", "Read2", "Write"]
    assert sids(part("a-b"), part("a b", 1), part("A B", 2)) == ["AB", "AB2", "AB3"]
    assert sids(part("read1"), part("read", 1), part("read", 1)) == ["Read1", "Read2", "Read3"]


def test_map_and_additions() -> None:
    noted = KeyTest("StringEquals", "t:k", ("x",), note="why it is there")
    document = assemble([part("one"), part("two", 1, "allow", noted), part("two", 1)])
    assert [(item.pointer, item.label, item.span.start) for item in document.map] == [
        ("/Statement/0", "one", 0),
        ("/Statement/1", "two", 10),
        ("/Statement/2", "two", 10),
    ]
    assert [(item.pointer, item.message) for item in document.added] == [
        ("/Statement/1", "why it is there"),
        ("/Statement/1", "`two` is split into 2 statements, because IAM has no other OR for it"),
    ]
    assert document.statements == 3


def k(name: str, *values: str) -> Atom:
    return Atom(Attribute(name, f"t:{name}", STRING), Op.EQ, tuple(Constant(STRING, value) for value in values))


def joined(callers: list[Callers], grants: list[Grant], cond: object = None) -> list[dict[str, object]]:
    diagnostics = Diagnostics()
    when = ALWAYS if cond is None else lower_condition(cond, None, diagnostics)  # type: ignore[arg-type]
    assert when is not None
    parts = statement_parts(statement("s"), callers, grants, when, diagnostics)
    assert parts is not None, list(diagnostics)
    return [
        {key: value for key, value in item.items() if key not in ("Sid", "Effect")}
        for item in json.loads(assemble(parts).text)["Statement"]
    ]


EVERYONE = [Callers("*")]


def test_parts_that_differ_in_one_list_become_one() -> None:
    both = [Grant(("t:A",), ("r",)), Grant(("t:B",), ("r",))]
    assert joined(EVERYONE, both) == [{"Principal": "*", "Action": ["t:A", "t:B"], "Resource": "r"}]
    places = [Grant(("t:A",), ("r2",)), Grant(("t:A",), ("r1",))]
    assert joined(EVERYONE, places) == [{"Principal": "*", "Action": "t:A", "Resource": ["r1", "r2"]}]
    named = lower_who(Who((ROLE, Principal("service", ("ec2.amazonaws.com",)))), "aws", ALL_KINDS, None, Diagnostics())
    assert named is not None
    assert len(joined(list(named), [Grant(("t:A",), ("r",))])) == 1


def test_parts_that_differ_in_two_lists_stay_apart() -> None:
    crossed = [Grant(("t:A",), ("r1",)), Grant(("t:B",), ("r2",))]
    assert [item["Resource"] for item in joined(EVERYONE, crossed)] == ["r1", "r2"]


def test_conditions_that_differ_in_the_values_of_one_key_become_one() -> None:
    cond = AnyOf((All((k("a", "1"), k("b", "x"))), All((k("a", "2"), k("b", "x")))))
    (only,) = joined(EVERYONE, [Grant(("t:A",), ("r",))], cond)
    assert only["Condition"] == {"StringEquals": {"t:a": ["1", "2"], "t:b": "x"}}
    two = AnyOf((All((k("a", "1"), k("b", "x"))), All((k("a", "2"), k("b", "y")))))
    assert len(joined(EVERYONE, [Grant(("t:A",), ("r",))], two)) == 2


def test_contradicting_alternatives_are_left_out() -> None:
    grants = [Grant(("t:A",), ("r",), (KeyTest("StringEquals", "t:a", ("1",)),))]
    assert joined(EVERYONE, grants, k("a", "1", "2")) == [
        {"Principal": "*", "Action": "t:A", "Resource": "r", "Condition": {"StringEquals": {"t:a": "1"}}}
    ]
    diagnostics = Diagnostics()
    when = lower_condition(k("a", "2"), None, diagnostics)
    assert when is not None
    assert statement_parts(statement("s"), EVERYONE, grants, when, diagnostics) == ()


READ = Verb("read", "t:Call", (("t:Method", "GET"),), below="/")
WRITE = Verb("write", "t:Call", (("t:Method", "PUT"),), below="/")
CALL = Verb("call", "t:Call", below="/")
OPEN = Verb("open", "t:Open")


def grants(can: Can | None, path: Paths | None = None, path_key: str = "t:Path") -> list[tuple[object, ...]]:
    found = resource_grants("arn:x", (READ, WRITE, CALL, OPEN), can, path, path_key)
    return [
        (item.actions, item.resources, [(test.base, test.key, test.values) for test in item.tests]) for item in found
    ]


def test_verbs_and_paths_on_one_resource() -> None:
    assert grants(None) == [(("t:Call",), ("arn:x/*",), []), (("t:Open",), ("arn:x",), [])]
    assert grants(Can((READ, WRITE))) == [(("t:Call",), ("arn:x/*",), [("StringEquals", "t:Method", ("GET", "PUT"))])]
    assert grants(Can((READ, CALL))) == [(("t:Call",), ("arn:x/*",), [])]
    assert grants(Can((READ, OPEN), negated=True)) == [
        (("t:Call",), ("arn:x/*",), [("StringNotEquals", "t:Method", ("GET",))])
    ]
    assert grants(Can((CALL,), negated=True)) == [(("t:Open",), ("arn:x",), [])]
    # a path keeps what has no path out; its plain stars stay plain
    assert grants(None, Paths(("a/*", "b\\*"))) == [(("t:Call",), ("arn:x/a/*", "arn:x/b${*}"), [])]
    assert grants(None, Paths(("a",), negated=True)) == [
        (("t:Call",), ("arn:x/*",), [("StringNotLike", "t:Path", ("a",))]),
        (("t:Open",), ("arn:x",), []),
    ]
