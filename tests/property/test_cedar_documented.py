"""Answers on unknown providers and attributes, against Cedar on every documented value: never wrong, and definite wherever all of these agree.

Values are those that the providers' pages document, and numbers and texts next to what the conditions name (Verified Access reference, section 2).
`POLICYC_CASES` divided by 200 is the number of policies.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator, Mapping
from typing import Any, Final

from policyc.engines.cedar.decide import Path, decide, decision, parse_policies
from policyc.engines.trace import Decision
from policyc.targets.cedar_documents.text.documented import of_context
from policyc.targets.verified_access.read.context import context_kind
from tests.property import drawing as st
from tests.property.drawing import Data, Draw, cases

CASES = max(40, int(os.environ.get("POLICYC_CASES", "1500")) // 200)
ABOUT = of_context(
    context_kind({"idc": "iam_identity_center", "jamf": "jamf", "crwd": "crowdstrike", "jc": "jumpcloud"})
)
GROUP = "c242c5b0-6081-1845-6fa8-6e0d9513c107"
ABSENT: Final = object()
RISK, LIST = "context.jamf.risk", "context.jamf.groups"
SCORE, PLATFORM = "context.crwd.assessment.overall", "context.crwd.platform"
MANAGED, VERIFIED = "context.jc.device.is_managed", "context.idc.user.email.verified"
NAME, GROUPS = "context.idc.user.user_name", "context.idc.groups"
#: attribute -> its values; what may be missing has ABSENT among them
VALUES: dict[Path, list[Any]] = {
    ("jamf", "risk"): ["HIGH", "MEDIUM", "LOW", "SECURE", "NOT_APPLICABLE", ABSENT],
    ("jamf", "groups"): [[], ["1"], ["2"], ["1", "2"], ["9"], ["1", "9"], ["1", "2", "9"], ABSENT],
    ("crwd", "assessment"): [*({"overall": score} for score in (0, 1, 2, 49, 50, 51, 99, 100)), {}, ABSENT],
    ("crwd", "platform"): ["Windows 10", "Windows 11", "macOS", ABSENT],
    ("jc", "device"): [{"is_managed": True}, {"is_managed": False}, {}, ABSENT],
    ("idc", "user"): [
        {"user_id": "u", "user_name": name, "email": {"address": "a@b.c", "verified": flag}}
        for name in ("ana", "bo", "zoe", "a")
        for flag in (True, False)
    ],
    ("idc", "groups"): [{}, {GROUP: {"group_name": "a"}}, {"b4c8e438-20a1-70b2-1111-5f0e6d3a9c11": {}}],
}
TESTS = [
    f'{RISK} == "LOW"',
    f'{RISK} != "HIGH"',
    f'["LOW", "SECURE"].contains({RISK})',
    f'{RISK} like "*E"',
    f'["HIGH", "MEDIUM", "LOW", "SECURE", "NOT_APPLICABLE"].contains({RISK})',
    f'[{RISK}].contains("LOW")',
    f"[{RISK}].contains({RISK})",
    f'[{RISK}, "LOW"].contains({RISK})',
    f'[{RISK}].containsAny(["LOW", "HIGH"])',
    f'["LOW", "HIGH"].containsAll([{RISK}])',
    f'[{RISK}] == ["LOW"]',
    f'{{"a": {RISK}}} == {{"a": "LOW"}}',
    f'(if {VERIFIED} then {RISK} else "LOW") == "LOW"',
    f"{RISK} == {PLATFORM}",
    f"{SCORE} > 50",
    f"{SCORE} >= 0",
    f"{SCORE} + 10 > 60",
    f"{SCORE} * 2 <= 100",
    f"100 - {SCORE} < 50",
    f"-{SCORE} < -50",
    f"{SCORE} - {SCORE} == 0",
    f"[50, {SCORE}].contains(50)",
    f'{PLATFORM} like "Windows*"',
    f'["Windows 10", "Windows 11"].contains({PLATFORM})',
    MANAGED,
    f"{MANAGED} == {VERIFIED}",
    f"({MANAGED} && {VERIFIED}) == true",
    f'({RISK} == "LOW") == ({SCORE} > 50)',
    "(context has jamf) == true",
    f'({GROUPS} has "{GROUP}") != false',
    VERIFIED,
    f'[{NAME}, "bo"].contains("bo")',
    f"[{NAME}].contains({NAME})",
    f'{GROUPS} has "{GROUP}"',
    f'{LIST}.contains("1")',
    f'{LIST}.containsAll(["1", "2"])',
    f"{LIST}.containsAll({LIST})",
    f"{LIST}.containsAny({LIST})",
    f'["1", "2"].containsAll({LIST})',
    "context has jamf",
    "context.jamf has risk",
    "context has crwd.assessment.overall",
    "context has idc && context.idc.user has email",
]


@st.composite
def conditions(draw: Draw, deep: int = 2) -> str:
    kind = draw(st.integers(0, 9)) if deep else 0
    if kind < 4:
        return draw(st.sampled_from(TESTS))
    parts = [draw(conditions(deep - 1)) for _ in range(3)]
    if kind < 7:
        return f"({' && '.join(parts[: draw(st.integers(2, 3))])})"
    if kind < 9:
        return f"({' || '.join(parts[:2])})"
    return f"!({parts[0]})" if draw(st.booleans()) else f"(if {parts[0]} then {parts[1]} else {parts[2]})"


@st.composite
def texts(draw: Draw) -> str:
    effects = draw(st.sampled_from([("permit",), ("permit", "permit"), ("permit", "forbid")]))
    return "\n".join(f"{effect} (principal, action, resource) when {{ {draw(conditions())} }};" for effect in effects)


def context_of(values: Mapping[Path, Any], roots: Mapping[str, bool]) -> dict[str, Any]:
    out: dict[str, Any] = {root: {} for root, there in roots.items() if there}
    for (root, name), value in values.items():
        if value is not ABSENT and roots.get(root, True):
            out.setdefault(root, {})[name] = value
    return out


def every(values: Mapping[Path, Any], opened: list[Path], roots: dict[str, list[bool]]) -> Iterator[dict[str, Any]]:
    """Every context that agrees with what is known."""
    for chosen in itertools.product(*(VALUES[path] for path in opened)):
        for there in itertools.product(*roots.values()):
            yield context_of({**values, **dict(zip(opened, chosen, strict=True))}, dict(zip(roots, there, strict=True)))


@cases(CASES, texts(), st.data())
def test_answers_are_those_of_all_documented_values(text: str, data: Data) -> None:
    named = [
        root for root in ("jamf", "crwd", "jc", "idc") if f"context.{root}" in text or f"context has {root}" in text
    ]
    opened = data.draw(st.sampled_from(named))
    sort = "unknown" if opened == "idc" else data.draw(st.sampled_from(["unknown", "doubtful"]))
    inside = [path for path in VALUES if path[0] == opened]
    values = {path: data.draw(st.sampled_from(found)) for path, found in VALUES.items() if path[0] != opened}
    parsed = parse_policies(text)
    unknown, doubtful = ([(opened,)], []) if sort == "unknown" else ([], [(opened,)])
    answer = decide(parsed, context_of(values, {}), unknown, doubtful, ABOUT)
    roots = {opened: [True] if sort == "unknown" else [True, False]}
    found = {decision(parsed, context) for context in every(values, inside, roots)}
    if answer.decision is Decision.UNDECIDED:
        assert len(found) > 1, (text, values, opened, sort)
    else:
        assert found == {answer.decision}, (text, values, opened, sort)
