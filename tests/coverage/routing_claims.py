"""Claims about listeners and their rules: what each field changes in where a request goes, which an answer tells in a note."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from policyc.diagnostics import Diagnostics
from policyc.simulation.request_text import bind, from_flags
from policyc.targets.program import load_program
from policyc.targets.registry import target
from tests.coverage.lab import Claim, Row

_SERVICES = """let shop: account = "111122223333"
resource api: lattice.service { id: "svc-0a1b2c3d4e5f67890", at: shop/us-west-2, protocol: mixed }
resource other: lattice.service { id: "svc-0fffffffffffffff0", at: shop/us-west-2, protocol: mixed }
"""
_WEB = 'resource web: lattice.listener { service: api, forward: ["main"] }\n'
_SIDE = 'resource side: lattice.listener { service: other, forward: ["side"] }\n'


def _rule(fields: str, listener: str = "web", priority: int = 10, name: str = "probe") -> str:
    return f"resource {name}: lattice.rule {{ listener: {listener}, priority: {priority}, {fields} }}\n"


#: entry -> two programs that differ in the field alone, the request, and what the notes of each answer hold
_CASES: dict[str, tuple[str, str, tuple[str, ...], str, str]] = {
    "lattice.listener.service": (_WEB, _WEB.replace("service: api", "service: other"), ("/",), "`main`", ""),
    "lattice.listener.port": (
        _WEB.replace("api,", "api, port: 8443,"),
        _WEB.replace("api,", "api, port: 9443,"),
        ("/", "port=8443"),
        "`main`",
        "no declared listener",
    ),
    "lattice.listener.protocol": (
        _WEB,
        _WEB.replace("api,", "api, protocol: tls_passthrough,"),
        ("/",),
        "`main`",
        "no declared listener",
    ),
    "lattice.listener.forward": (_WEB, _WEB.replace("main", "second"), ("/",), "`main`", "`second`"),
    "lattice.listener.fixed_response": (
        _WEB.replace('forward: ["main"]', "fixed_response: 404"),
        _WEB.replace('forward: ["main"]', "fixed_response: 500"),
        ("/",),
        "answers 404",
        "answers 500",
    ),
    "lattice.rule.listener": (
        _WEB + _SIDE + _rule('method: "GET", forward: ["hit"]'),
        _WEB + _SIDE + _rule('method: "GET", forward: ["hit"]', "side"),
        ("/",),
        "`hit`",
        "`main`",
    ),
    "lattice.rule.priority": (
        _WEB
        + _rule('method: "GET", forward: ["one"]')
        + _rule('method: "GET", forward: ["two"]', priority=20, name="later"),
        _WEB
        + _rule('method: "GET", forward: ["one"]', priority=30)
        + _rule('method: "GET", forward: ["two"]', priority=20, name="later"),
        ("/",),
        "`one`",
        "`two`",
    ),
    "lattice.rule.method": (
        _WEB + _rule('method: "GET", forward: ["hit"]'),
        _WEB + _rule('method: "PUT", forward: ["hit"]'),
        ("/",),
        "`hit`",
        "`main`",
    ),
    "lattice.rule.path": (
        _WEB + _rule('path: "/a", case_sensitive: true, forward: ["hit"]'),
        _WEB + _rule('path: "/b", case_sensitive: true, forward: ["hit"]'),
        ("/a",),
        "`hit`",
        "`main`",
    ),
    "lattice.rule.path_prefix": (
        _WEB + _rule('path_prefix: "/a/", case_sensitive: true, forward: ["hit"]'),
        _WEB + _rule('path_prefix: "/b/", case_sensitive: true, forward: ["hit"]'),
        ("/a/1",),
        "`hit`",
        "`main`",
    ),
    "lattice.rule.case_sensitive": (
        _WEB + _rule('path: "/a", case_sensitive: false, forward: ["hit"]'),
        _WEB + _rule('path: "/a", case_sensitive: true, forward: ["hit"]'),
        ("/A",),
        "`hit`",
        "`main`",
    ),
    "lattice.rule.headers": (
        _WEB + _rule('headers: ["x-team exact red"], forward: ["hit"]'),
        _WEB + _rule('headers: ["x-team exact blue"], forward: ["hit"]'),
        ("/", 'header["x-team"]=red'),
        "`hit`",
        "`main`",
    ),
    "lattice.rule.forward": (
        _WEB + _rule('method: "GET", forward: ["one=90", "two=10"]'),
        _WEB + _rule('method: "GET", forward: ["one=10", "two=90"]'),
        ("/",),
        "`one` (90 %)",
        "`one` (10 %)",
    ),
    "lattice.rule.fixed_response": (
        _WEB + _rule('method: "GET", fixed_response: 404'),
        _WEB + _rule('method: "GET", fixed_response: 500'),
        ("/",),
        "answers 404",
        "answers 500",
    ),
}


def _notes(text: str, path: str, *settings: str) -> str:
    """What the answer to a GET says about routing."""
    with TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "probe.policy").write_text(_SERVICES + text, encoding="utf-8")
        diagnostics = Diagnostics()
        program = load_program(root, [root / "probe.policy"], {}, diagnostics)
        plain, _ = from_flags("api", "anonymous", "GET", path, settings, diagnostics)
        assert plain is not None
        request = bind(plain, program, diagnostics)
        assert request is not None and not diagnostics.has_errors, [item.message for item in diagnostics]
        outcome = target("lattice").simulate(program, [], request, diagnostics)
        assert outcome is not None
        return "; ".join(note for note in outcome.notes if "listener" in note)


def _prove(claim: Claim) -> Row:
    first, second, asked, one, two = _CASES[claim.entry]
    found = _notes(first, *asked), _notes(second, *asked)
    assert one in found[0] and two in found[1] and found[0] != found[1], found
    return Row("yes", "no: routing comes after the policies", "yes, as the rule and target group of an answer")


def routing_fields() -> Iterator[Claim]:
    """A claim for every field of listeners and rules."""
    yield from (Claim("resource fields", entry, "", proof=_prove) for entry in _CASES)
