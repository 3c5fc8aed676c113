"""Where AWS publishes no answer for Cloud WAN, or two: one named switch per question.

A default of `undecided` makes the engine answer "cannot be known" wherever the question matters. Sources: Cloud WAN
reference, section 8, and the pages named per entry, which are silent or contradict each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final

from policyc.engines.choices import Choices, Question
from policyc.record import record

_AWS: Final = "https://docs.aws.amazon.com/network-manager/latest/cloudwan/"
_SAMPLES: Final = "https://github.com/aws-samples/aws-cloud-wan-blueprints/blob/main/policy/"
_PATTERNS: Final = "https://github.com/aws-samples/aws-cloud-wan-blueprints/tree/main/patterns/3-traffic_inspection"
_PULUMI: Final = "https://www.pulumi.com/registry/packages/aws/api-docs/networkmanager/getcorenetworkpolicydocument/"
_GRAMMAR: Final = f"{_AWS}cloudwan-policies-json.html"


@record
class Switch:
    """One open question with its possible answers; `source` are the addresses of the pages it rests on."""

    name: str
    question: str
    choices: tuple[str, ...]
    default: str
    source: str


TABLE: Final[tuple[Switch, ...]] = (
    Switch(
        "not-equals-missing-tag",
        "does `not-equals` on a tag match an attachment without that tag?",
        ("undecided", "match", "no-match"),
        "undecided",
        _GRAMMAR,
    ),
    Switch(
        "pattern-case",
        "do `contains` and `begins-with` heed letter case?",
        ("undecided", "exact", "ignore"),
        "undecided",
        _GRAMMAR,
    ),
    Switch(
        "filter-direction",
        "does a deny or allow filter stop routes into the declaring segment only, or both ways?",
        ("import", "both"),
        "import",
        f"{_AWS}cloudwan-policy-network-actions-routes.html, {_SAMPLES}2-segments-and-nfg.md",
    ),
    Switch(
        "several-label-rules",
        "do all rules that match a routing label apply, or the first alone?",
        ("all", "first"),
        "all",
        f"{_SAMPLES}9-attachment_routing_policy_rules.md, {_PULUMI}",
    ),
    Switch(
        "dual-hop-return",
        "is traffic back to the segment that sends by dual-hop inspected at both edges, as AWS documents, or at one, as a published "
        "sample of tables shows?",
        ("one", "both"),
        "both",
        f"https://docs.aws.amazon.com/networkmanager/latest/APIReference/API_ServiceInsertionAction.html, {_SAMPLES}5-service_insertion.md",
    ),
    Switch(
        "local-preference-rank",
        "where does local preference stand: before static routes, before VPC routes, or after both and before the AS path?",
        ("undecided", "before-static", "before-vpc", "before-as-path"),
        "undecided",
        f"{_AWS}cloudwan-route-evaluation.html, {_AWS}cloudwan-route-policy.html",
    ),
    Switch(
        "inserted-route-rank",
        "where a segment has a direct route and one inserted by `send-via` or `send-to` for one prefix, which wins?",
        ("undecided", "inserted", "direct"),
        "undecided",
        f"{_AWS}cloudwan-policy-service-insertion.html, {_PATTERNS}",
    ),
    Switch(
        "far-side-loops",
        "does the far side of a VPN, Connect or Direct Connect attachment refuse a route whose AS path holds its own ASN?",
        ("undecided", "refuse", "accept"),
        "undecided",
        "https://www.rfc-editor.org/rfc/rfc4271#section-9.1.2",
    ),
    Switch(
        "summarize-on-share",
        "does a summary on a share announce its aggregate, or do nothing?",
        ("undecided", "works", "nothing"),
        "undecided",
        f"{_AWS}cloudwan-routing-policies.html, {_SAMPLES}4-segment_sharing.md",
    ),
    Switch(
        "prefix-list-entries",
        "does an entry of a prefix list stand for that prefix alone, or for longer prefixes within it too?",
        ("undecided", "exact", "longer"),
        "undecided",
        f"{_AWS}cloudwan-prefix-lists.html, {_SAMPLES}7-routing_policies.md",
    ),
)
BY_NAME: Final = {switch.name: switch for switch in TABLE}


@record
class Switches(Choices):
    """One choice per switch of `TABLE`; a choice outside it is a ValueError."""

    questions: ClassVar[Mapping[str, Question]] = BY_NAME

    not_equals_missing_tag: str = "undecided"
    pattern_case: str = "undecided"
    filter_direction: str = "import"
    several_label_rules: str = "all"
    dual_hop_return: str = "both"
    local_preference_rank: str = "undecided"
    inserted_route_rank: str = "undecided"
    far_side_loops: str = "undecided"
    summarize_on_share: str = "undecided"
    prefix_list_entries: str = "undecided"


DEFAULT: Final = Switches()
