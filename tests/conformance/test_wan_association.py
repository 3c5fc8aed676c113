"""Association and acceptance: the table of the Cloud WAN reference, sections 1.6, 3.2 and 3.3."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from policyc.diagnostics import Diagnostics
from policyc.engines.wan.associate import Association, Standing, associate
from policyc.engines.wan.attachments import Attachment
from policyc.engines.wan.switches import DEFAULT, TABLE, Switches
from policyc.ir.network import AttachmentType, CoreNetwork
from policyc.syntax.json_text import from_plain
from policyc.targets.cloud_wan.read import read_value
from policyc.text import Span

CONSTANT = {"association-method": "constant", "segment": "open"}


def network(*rules: dict[str, Any], groups: list[dict[str, Any]] | None = None) -> CoreNetwork:
    document = {
        "version": "2025.11",
        "core-network-configuration": {
            "asn-ranges": ["64512-64600"],
            "edge-locations": [{"location": "us-east-1"}, {"location": "eu-west-1"}],
        },
        "segments": [
            {"name": "open", "require-attachment-acceptance": False},
            {"name": "guarded"},
            {"name": "local", "require-attachment-acceptance": False, "edge-locations": ["eu-west-1"]},
        ],
        "network-function-groups": groups or [],
        "attachment-policies": list(rules),
    }
    diagnostics = Diagnostics()
    result = read_value(from_plain(document, Span("policy.json", 0, 0)), diagnostics)
    assert result is not None and not diagnostics.has_errors, [item.message for item in diagnostics]
    return result


def rule(
    number: int, conditions: list[dict[str, Any]], action: dict[str, Any] = CONSTANT, logic: str = ""
) -> dict[str, Any]:
    entry: dict[str, Any] = {"rule-number": number, "conditions": conditions, "action": action}
    return {**entry, "condition-logic": logic} if logic else entry


def vpc(
    state: str | None = None, kind: AttachmentType = "vpc", regions: tuple[str, ...] = ("us-east-1",), **tags: str
) -> Attachment:
    return Attachment("a", kind, regions, "111122223333", "arn:aws:ec2:x:vpc/vpc-0a", tuple(tags.items()), state=state)


def tag(key: str, operator: str = "", value: str = "") -> dict[str, Any]:
    if not operator:
        return {"type": "tag-exists", "key": key}
    return {"type": "tag-value", "key": key, "operator": operator, "value": value}


def plain(kind: str, value: str, operator: str = "equals") -> dict[str, Any]:
    return {"type": kind, "operator": operator, "value": value}


def standing(
    conditions: list[dict[str, Any]], attachment: Attachment, logic: str = "", switches: Switches = DEFAULT
) -> Standing:
    return associate(network(rule(10, conditions, logic=logic)), attachment, switches).standing


def test_explanations_of_conditions_without_a_value_are_sentences() -> None:
    built = network(rule(10, [tag("k")]), rule(20, [{"type": "any"}]))
    trace = associate(built, vpc()).trace
    assert [item.sentence() for one in trace for item in one.reasons] == ["tag k is absent", "any attachment"]
    assert associate(built, vpc(k="v")).trace[0].reasons[0].sentence() == "tag k is present"


IN, OUT, OPEN = Standing.SEGMENT, Standing.UNASSOCIATED, Standing.UNDECIDED
STAGE_PROD = vpc(stage="prod")


@pytest.mark.parametrize(
    ("conditions", "logic", "attachment", "wanted"),
    [
        ([{"type": "any"}], "", vpc(), IN),
        ([tag("stage")], "", STAGE_PROD, IN),
        ([tag("stage")], "", vpc(), OUT),
        ([{"type": "tag-name", "key": "stage"}], "", STAGE_PROD, IN),
        ([tag("stage", "equals", "prod")], "", STAGE_PROD, IN),
        ([tag("stage", "equals", "Prod")], "", STAGE_PROD, OUT),
        ([tag("Stage", "equals", "prod")], "", STAGE_PROD, OUT),
        ([tag("stage", "equals", "prod")], "", vpc(), OUT),
        ([tag("stage", "not-equals", "prod")], "", STAGE_PROD, OUT),
        ([tag("stage", "not-equals", "dev")], "", STAGE_PROD, IN),
        ([tag("stage", "not-equals", "dev")], "", vpc(), OPEN),
        ([tag("stage", "contains", "ro")], "", STAGE_PROD, IN),
        ([tag("stage", "contains", "RO")], "", STAGE_PROD, OPEN),
        ([tag("stage", "contains", "x")], "", STAGE_PROD, OUT),
        ([tag("stage", "begins-with", "pr")], "", STAGE_PROD, IN),
        ([tag("stage", "begins-with", "ro")], "", STAGE_PROD, OUT),
        ([tag("stage", "begins-with", "p")], "", vpc(), OUT),
        ([plain("account-id", "111122223333")], "", vpc(), IN),
        ([plain("account-id", "999999999999")], "", vpc(), OUT),
        ([plain("account-id", "111122223333")], "", Attachment("a", "vpc", ("us-east-1",)), OPEN),
        ([plain("region", "us-", "begins-with")], "", vpc(), IN),
        ([plain("region", "eu-west-1", "not-equals")], "", vpc(), IN),
        (
            [plain("region", "us-east-1")],
            "",
            vpc(kind="direct-connect-gateway", regions=("us-east-1", "eu-west-1")),
            OPEN,
        ),
        ([plain("attachment-type", "connect")], "", vpc(kind="connect"), IN),
        ([plain("attachment-type", "connect")], "", vpc(), OUT),
        ([plain("resource-id", "vpc-0a", "contains")], "", vpc(), IN),
        ([plain("resource-id", "x")], "", Attachment("a", "vpc", ("us-east-1",)), OPEN),
        ([tag("stage"), plain("attachment-type", "connect")], "and", STAGE_PROD, OUT),
        ([tag("stage"), plain("attachment-type", "vpc")], "and", STAGE_PROD, IN),
        ([tag("x"), plain("attachment-type", "vpc")], "or", STAGE_PROD, IN),
        ([tag("x"), plain("attachment-type", "connect")], "or", STAGE_PROD, OUT),
        ([tag("x", "not-equals", "1"), plain("attachment-type", "vpc")], "or", STAGE_PROD, IN),
        ([tag("x", "not-equals", "1"), plain("attachment-type", "connect")], "and", STAGE_PROD, OUT),
    ],
)
def test_conditions(conditions: list[dict[str, Any]], logic: str, attachment: Attachment, wanted: Standing) -> None:
    assert standing(conditions, attachment, logic) is wanted


def test_open_questions_have_switches() -> None:
    missing = [tag("stage", "not-equals", "dev")]
    assert standing(missing, vpc(), switches=DEFAULT.choosing("not-equals-missing-tag", "match")) is IN
    assert standing(missing, vpc(), switches=DEFAULT.choosing("not-equals-missing-tag", "no-match")) is OUT
    case = [tag("stage", "contains", "RO")]
    assert standing(case, STAGE_PROD, switches=DEFAULT.choosing("pattern-case", "ignore")) is IN
    assert standing(case, STAGE_PROD, switches=DEFAULT.choosing("pattern-case", "exact")) is OUT
    answer = associate(network(rule(10, missing)), vpc())
    assert answer.switches == ("not-equals-missing-tag",) and "not-equals-missing-tag" in answer.sentence
    with pytest.raises(ValueError, match="pattern-case"):
        Switches(pattern_case="maybe")
    with pytest.raises(ValueError, match="nothing"):
        DEFAULT.choosing("nothing", "x")
    assert {switch.name.replace("-", "_") for switch in TABLE} == {item.name for item in fields(Switches)}


# --- rules ------------------------------------------------------------------------------------------------------

TO_GUARDED = {"association-method": "constant", "segment": "guarded"}
BY_TAG = {"association-method": "tag", "tag-value-of-key": "segment"}


def where(answer: Association) -> tuple[Standing, str, int | None]:
    return answer.standing, answer.place, answer.rule_number


def test_the_lowest_number_that_matches_decides() -> None:
    net = network(rule(200, [{"type": "any"}]), rule(100, [tag("stage")], TO_GUARDED))
    assert where(associate(net, STAGE_PROD)) == (Standing.PENDING, "guarded", 100)
    assert where(associate(net, vpc())) == (Standing.SEGMENT, "open", 200)
    assert [item.number for item in associate(net, vpc()).trace] == [100, 200]


def test_no_rule_leaves_the_attachment_nowhere() -> None:
    assert where(associate(network(), vpc())) == (Standing.UNASSOCIATED, "", None)


@pytest.mark.parametrize(
    ("value", "wanted"), [("open", (IN, "open", 10)), ("Open", (OUT, "", 10)), ("none", (OUT, "", 10))]
)
def test_a_tag_value_names_the_segment_exactly(value: str, wanted: tuple[Standing, str, int]) -> None:
    """Without such a segment the rule has matched all the same: later rules are not tried."""
    net = network(rule(10, [tag("segment")], BY_TAG), rule(20, [{"type": "any"}]))
    assert where(associate(net, vpc(segment=value))) == wanted


def test_a_segment_must_be_present_in_the_region() -> None:
    net = network(rule(10, [tag("segment")], BY_TAG))
    assert associate(net, vpc(segment="local")).standing is OUT
    assert associate(net, vpc(segment="local", regions=("eu-west-1",))).standing is IN


@pytest.mark.parametrize(
    ("segment", "asked", "state", "wanted"),
    [
        ("open", None, None, IN),
        ("open", True, None, Standing.PENDING),
        ("open", False, None, IN),
        ("guarded", None, None, Standing.PENDING),
        ("guarded", False, None, Standing.PENDING),
        ("guarded", None, "available", IN),
        ("open", None, "pending_attachment_acceptance", Standing.PENDING),
        ("open", None, "updating", IN),
        ("open", None, "rejected", OUT),
        ("open", None, "creating", OUT),
        ("open", None, "pending_tag_acceptance", OPEN),
    ],
)
def test_acceptance_tightens_and_never_relaxes(
    segment: str, asked: bool | None, state: str | None, wanted: Standing
) -> None:
    action: dict[str, Any] = {"association-method": "constant", "segment": segment}
    if asked is not None:
        action["require-acceptance"] = asked
    answer = associate(network(rule(10, [{"type": "any"}], action)), vpc(state))
    assert answer.standing is wanted and answer.working is (wanted is IN)


@pytest.mark.parametrize(
    ("flag", "asked", "state", "wanted"),
    [
        (True, None, None, Standing.PENDING),
        (False, None, None, Standing.GROUP),
        (False, True, None, Standing.PENDING),
        (None, None, None, OPEN),
        (None, None, "available", Standing.GROUP),
        (None, True, None, Standing.PENDING),
    ],
)
def test_function_groups(flag: bool | None, asked: bool | None, state: str | None, wanted: Standing) -> None:
    """Nobody publishes whether a group that says nothing wants acceptance."""
    group: dict[str, Any] = {"name": "fw"} if flag is None else {"name": "fw", "require-attachment-acceptance": flag}
    action: dict[str, Any] = {"add-to-network-function-group": "fw"}
    if asked is not None:
        action["require-acceptance"] = asked
    net = network(rule(10, [tag("fn")], action), groups=[group])
    assert where(associate(net, vpc(state, fn="fw"))) == (wanted, "fw", 10)


def test_nothing_is_attached_where_the_network_has_no_edge() -> None:
    """Reference, section 1.2: an edge location is the presence of the core network in a Region."""
    everything = rule(10, [{"type": "any"}])
    firewalls = rule(5, [tag("fn")], {"add-to-network-function-group": "fw"})
    core = network(everything, firewalls, groups=[{"name": "fw", "require-attachment-acceptance": False}])
    for found in (associate(core, vpc(regions=("us-west-2",))), associate(core, vpc(regions=("us-west-2",), fn="x"))):
        assert found.standing is Standing.UNASSOCIATED and found.sentence == "the core network has no edge in us-west-2"
    spanning = associate(core, vpc(kind="direct-connect-gateway", regions=("us-west-2", "eu-west-1")))
    assert spanning.standing is Standing.SEGMENT


def test_every_switch_names_the_pages_it_rests_on() -> None:
    for item in TABLE:
        assert all(page.startswith("https://") for page in item.source.split(", ")), item.name
