"""Decisions a second on Verified Access policies: ready policy sets as policyc keeps them, against cedarpy called with text.

Run: `python tests/bench/cedar.py [REQUESTS]`. Both ways are timed in turns in one run, on the same policies and contexts, and
every decision is compared. The policies are permits of six tests each, of which only the first matches.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import cedarpy

from policyc.diagnostics import Diagnostics
from policyc.engines.cedar.decide import decide, decision, parse_policies
from policyc.engines.trace import Decision
from policyc.syntax.cedar_text import parse_cedar
from policyc.targets.verified_access.read.decide import judge
from policyc.text import Source

CALLER = {"principal": 'Caller::"caller"', "action": 'Action::"request"', "resource": 'Application::"application"'}
GROUP = "c242c5b0-6081-1845-6fa8-{:012x}"
TURNS = 5


def policies(count: int) -> str:
    """`count` permits; the first one's group is the user's."""
    return "\n".join(
        f'permit (principal, action, resource)\nwhen {{\n  context.idc.groups has "{GROUP.format(number)}" &&\n'
        '  context.idc.user.email.verified == true &&\n  context.idc.user.email.address like "*@example.com" &&\n'
        '  context.jamf.risk == "LOW" &&\n  context.crwd.assessment.overall > 50 &&\n'
        '  ip(context.http_request.client_ip).isInRange(ip("10.0.0.0/8"))\n};'
        for number in range(count)
    )


def context(number: int) -> dict[str, Any]:
    """A user's request; every second device is a bad one."""
    return {
        "idc": {
            "user": {"user_id": str(number), "user_name": "a", "email": {"address": "a@example.com", "verified": True}},
            "groups": {GROUP.format(0): {"group_name": "finance"}},
        },
        "jamf": {
            "iss": "i",
            "iat": 1,
            "exp": 2,
            "sub": "s",
            "groups": ["1"],
            "risk": "LOW" if number % 2 else "HIGH",
            "osv": "14.5",
        },
        "crwd": {"assessment": {"overall": 82, "os": 80, "sensor_config": 90, "version": "3.4"}, "platform": "macOS"},
        "http_request": {"http_method": "GET", "path": "/x", "port": 443, "client_ip": "10.1.1.1", "hostname": "h"},
    }


def each_second(work: Callable[[], object], requests: int) -> float:
    start = time.perf_counter()
    work()
    return requests / (time.perf_counter() - start)


def from_text(text: str, contexts: list[dict[str, Any]]) -> list[bool]:
    return [cedarpy.is_authorized({**CALLER, "context": one}, text, []).decision.value == "Allow" for one in contexts]


def from_handle(text: str, contexts: list[dict[str, Any]]) -> list[bool]:
    ready, none = parse_policies(text).handle, cedarpy.Entities.from_json_str("[]")
    return [
        cedarpy.is_authorized({**CALLER, "context": one}, ready, none).decision.value == "Allow" for one in contexts
    ]


def with_statements(text: str, contexts: list[dict[str, Any]]) -> list[bool]:
    ready = parse_policies(text)
    return [decide(ready, one).decision == "allow" for one in contexts]


def with_reasons(text: str, contexts: list[dict[str, Any]]) -> list[bool]:
    source = Source("group.cedar", text)
    document = parse_cedar(source, Diagnostics())
    assert document is not None
    return [judge((source, document), None, one, ()).decision == "allow" for one in contexts]


def decisions(text: str, contexts: list[dict[str, Any]]) -> list[bool]:
    ready = parse_policies(text)
    return [decision(ready, one) is Decision.ALLOW for one in contexts]


WAYS = {
    "cedarpy, text on every call": from_text,
    "cedarpy, policy set kept": from_handle,
    "policyc, the decision alone": decisions,
    "policyc decide, each statement's part": with_statements,
}


def main(argv: list[str]) -> int:
    requests = int(argv[0]) if argv else 400
    contexts = [context(number) for number in range(requests)]
    for count in (1, 10, 100):
        text = policies(count)
        answers = {name: way(text, contexts) for name, way in WAYS.items()}
        assert len({tuple(found) for found in answers.values()}) == 1, "the ways disagree"
        speeds: dict[str, list[float]] = {name: [] for name in WAYS}
        for _ in range(TURNS):
            for name, way in WAYS.items():
                speeds[name].append(each_second(partial(way, text, contexts), requests))
        base = statistics.median(speeds["cedarpy, text on every call"])
        print(f"{count} statements, {requests} requests")
        for name, found in speeds.items():
            median = statistics.median(found)
            print(f"  {name:<40} {median:>9,.0f} decisions/s  {median / base:5.1f}x")
    few = contexts[:20]
    print(
        f"  {'policyc simulate, every test explained':<40} {each_second(lambda: with_reasons(policies(10), few), 20):>9,.0f} decisions/s"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
