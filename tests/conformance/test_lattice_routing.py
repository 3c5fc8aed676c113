"""Which listener rule and target group a request reaches; Lattice reference, section 6."""

from __future__ import annotations

from pathlib import Path

import pytest

from policyc.diagnostics import Diagnostics
from policyc.record import replace
from policyc.simulation.request_text import bind, from_flags
from policyc.targets.program import load_program
from policyc.targets.registry import target

BASE = """
let shop: account = "111122223333"
resource api: lattice.service { id: "svc-0a1b2c3d4e5f67890", at: shop/us-west-2 }
resource web: lattice.listener { service: api, forward: ["main"] }
"""
RULES = """
resource gone: lattice.rule { listener: web, priority: 5, path: "/old", case_sensitive: true, fixed_response: 404 }
resource gold: lattice.rule {
  listener: web, priority: 10, path_prefix: "/stock/", case_sensitive: false, headers: ["X-Team contains gold", "x-tier prefix A"],
  forward: ["blue=90", "green=10"],
}
resource posts: lattice.rule { listener: web, priority: 20, method: "POST", forward: ["writers"] }
resource stem: lattice.rule { listener: web, priority: 30, path_prefix: "/pay", case_sensitive: true, forward: ["pay"] }
"""


def route(tmp_path: Path, text: str, *flags: str, verb: str = "GET", path: str | None = "/", switch: str = "") -> str:
    """The note on routing; empty when there is none."""
    (tmp_path / "r.policy").write_text(text, encoding="utf-8")
    diagnostics = Diagnostics()
    program = load_program(tmp_path, [tmp_path / "r.policy"], {}, diagnostics)
    if switch:
        program = replace(program, switches={"rule-prefix": switch})
    plain, _ = from_flags("api", "anonymous", verb, path, flags, diagnostics)
    assert plain is not None and not diagnostics.has_errors, [item.message for item in diagnostics]
    request = bind(plain, program, diagnostics)
    assert request is not None, [item.message for item in diagnostics]
    outcome = target("lattice").simulate(program, [], request, diagnostics)
    assert outcome is not None, [item.message for item in diagnostics]
    words = ("listener", "rule")
    return "; ".join(note for note in outcome.notes if any(word in note for word in words))


GOLD = ('header["x-team"]=Goldies', 'header["x-tier"]=a1')


@pytest.mark.parametrize(
    ("fact", "path", "verb", "flags", "expected"),
    [
        (
            "the lowest number first, exact path",
            "/old",
            "POST",
            (),
            "rule `gone` (priority 5) of listener `web` answers 404 without any target",
        ),
        ("a case-sensitive path", "/Old", "GET", (), "the default of listener `web` forwards to target group `main`"),
        (
            "prefix, two headers, weights",
            "/STOCK/1",
            "GET",
            GOLD,
            "rule `gold` (priority 10) of listener `web` forwards to target groups `blue` (90 %), `green` (10 %)",
        ),
        (
            "all header matches must hold",
            "/stock/1",
            "GET",
            GOLD[:1],
            "the default of listener `web` forwards to target group `main`",
        ),
        (
            "an absent header does not match",
            "/stock/1",
            "POST",
            (),
            "rule `posts` (priority 20) of listener `web` forwards to target group `writers`",
        ),
        (
            "a prefix that ends at a segment",
            "/pay/1",
            "GET",
            (),
            "rule `stem` (priority 30) of listener `web` forwards to target group `pay`",
        ),
        (
            "a prefix is the path",
            "/pay",
            "GET",
            (),
            "rule `stem` (priority 30) of listener `web` forwards to target group `pay`",
        ),
        (
            "string or segment: not documented",
            "/payment",
            "GET",
            (),
            "whether rule `stem` of listener `web` takes this request is not known: whether its prefix ends at a segment is not documented (switch `rule-prefix`)",
        ),
    ],
)
def test_rules(tmp_path: Path, fact: str, path: str, verb: str, flags: tuple[str, ...], expected: str) -> None:
    assert route(tmp_path, BASE + RULES, *flags, verb=verb, path=path) == expected


@pytest.mark.parametrize(("switch", "expected"), [("string", "rule `stem`"), ("segment", "the default of")])
def test_the_prefix_is_a_switch(tmp_path: Path, switch: str, expected: str) -> None:
    assert route(tmp_path, BASE + RULES, path="/payment", switch=switch).startswith(expected)


def test_listeners_are_told_apart_by_port_and_protocol(tmp_path: Path) -> None:
    two = BASE + 'resource plain: lattice.listener { service: api, protocol: http, forward: ["old"] }\n'
    assert route(tmp_path, two) == "which listener takes this request depends on `port`: `plain`, `web`"
    assert "`old`" in route(tmp_path, two, "port=80") and "`main`" in route(tmp_path, two, "port=443")
    assert route(tmp_path, two, "port=8080") == "no declared listener takes this request"
    tls = BASE.replace("us-west-2 }", "us-west-2, protocol: mixed }")
    tls += 'resource raw: lattice.listener { service: api, port: 8443, protocol: tls_passthrough, forward: ["tcp"] }\n'
    assert "`tcp`" in route(tmp_path, tls, verb="connect", path=None)
    assert "`main`" in route(tmp_path, tls)


def test_grpc_is_always_post(tmp_path: Path) -> None:
    grpc = BASE.replace("us-west-2 }", "us-west-2, protocol: grpc }") + RULES
    assert "`writers`" in route(tmp_path, grpc, verb="invoke", path="/api.parking/GetRates")


def test_zero_weights_and_an_unstated_path(tmp_path: Path) -> None:
    zero = BASE.replace('["main"]', '["one=0", "two=0"]')
    assert "weight 0" in route(tmp_path, zero)
    assert "does not state its path" in route(tmp_path, BASE + RULES, path=None)
    assert route(tmp_path, BASE.split("resource web")[0]) == ""


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("resource x: lattice.listener { service: api }", "routing-action"),
        ('resource x: lattice.listener { service: api, forward: ["a"], fixed_response: 404 }', "routing-action"),
        ("resource x: lattice.listener { service: api, fixed_response: 200 }", "routing-action"),
        ('resource x: lattice.listener { service: api, forward: ["a=1000"] }', "routing-targets"),
        (
            "resource x: lattice.listener { service: api, forward: [" + ", ".join(f'"g{n}"' for n in range(11)) + "] }",
            "routing-targets",
        ),
        ('resource x: lattice.rule { listener: web, priority: 0, method: "GET", forward: ["a"] }', "routing-priority"),
        ('resource x: lattice.rule { listener: web, priority: 5, method: "GET", forward: ["a"] }', "routing-priority"),
        ('resource x: lattice.rule { listener: web, priority: 1, path: "/a", forward: ["a"] }', "routing-path"),
        (
            'resource x: lattice.rule { listener: web, priority: 1, path: "/a", path_prefix: "/a", case_sensitive: true, forward: ["a"] }',
            "routing-path",
        ),
        ('resource x: lattice.rule { listener: web, priority: 1, forward: ["a"] }', "routing-match"),
        (
            'resource x: lattice.rule { listener: web, priority: 1, headers: ["x is a"], forward: ["a"] }',
            "routing-match",
        ),
        (
            'resource t: lattice.listener { service: api, protocol: tls_passthrough, forward: ["a"] }\nresource x: lattice.rule { listener: t, priority: 1, method: "GET", forward: ["a"] }',
            "routing-match",
        ),
    ],
)
def test_limits(tmp_path: Path, line: str, rule: str) -> None:
    (tmp_path / "r.policy").write_text(BASE + RULES + line + "\n", encoding="utf-8")
    diagnostics = Diagnostics()
    load_program(tmp_path, [tmp_path / "r.policy"], {}, diagnostics)
    assert rule in {item.rule for item in diagnostics}, [(item.rule, item.message) for item in diagnostics]
