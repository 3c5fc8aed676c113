"""The index over association rules finds what looking at every earlier rule finds."""

from __future__ import annotations

from random import Random
from typing import Any

from policyc.ir import network as ir
from policyc.lint.rule_order import may_meet, meeting, ordered_rules, rule_covers, shadowing, takes_everything
from tests.property.drawing import cases, seeds

KEYS, VALUES = ("k", "l"), ("a", "ab", "b", "aba", "")


def condition(draw: Random) -> ir.AttachCondition:
    kind: ir.ConditionType = draw.choice((*ir.CONDITION_TYPES, "tag-value", "tag-value", "account-id"))
    key = ir.Word(draw.choice(KEYS)) if kind.startswith("tag") else None
    if kind in ("any", "tag-exists", "tag-name"):
        return ir.AttachCondition(kind, key)
    operator: Any = draw.choice(("equals", "equals", *ir.OPERATORS))
    return ir.AttachCondition(kind, key, operator, ir.Word(draw.choice(VALUES)))


def network(draw: Random) -> ir.CoreNetwork:
    rules = []
    for number in draw.sample(range(1, 99), draw.randrange(2, 12)):
        conditions = tuple(condition(draw) for _ in range(draw.choice((1, 1, 2, 3))))
        logic: Any = draw.choice(ir.LOGICS) if len(conditions) > 1 else None
        rules.append(ir.AttachRule(ir.Number(number), conditions, ir.ToSegment(ir.Word("s")), logic))
    configuration = ir.Configuration((ir.AsnRange(64512, 64600),), (ir.Edge(ir.Word("us-east-1")),))
    return ir.CoreNetwork(ir.Word("2021.12"), configuration, (ir.Segment(ir.Word("s")),), attach_rules=tuple(rules))


@cases(500, seeds())
def test_the_index_leaves_no_rule_out(draw: Random) -> None:
    found = network(draw)
    rules = sorted(found.attach_rules, key=lambda rule: rule.number.value)
    assert ordered_rules(found) == rules
    for at, rule in enumerate(rules):
        covering = [one for one in rules[:at] if takes_everything(one, found) or rule_covers(one, rule)]
        assert shadowing(found, rule) == (covering[0] if covering else None)
        near = [one for one in rules[:at] if may_meet(one, rule)]
        assert list(meeting(found, rule)) == near
