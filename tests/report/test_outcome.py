"""The rendering of a simulated request's outcome."""

from __future__ import annotations

import json
import re
from dataclasses import replace

from jsonschema import Draft202012Validator

from policyc.data import read_text
from policyc.engines.trace import Decision, GateTrace, Outcome, Reason, StatementTrace, Verdict
from policyc.report.options import Options
from policyc.report.outcome import deciding_gate, outcome_data, render_outcome
from policyc.text import Source, Span

TEXT = 'policy auth for lattice on svc {\n  allow "reads" {\n    who order_fn\n  }\n  deny "strangers" {\n    who anyone\n  }\n}\n'
SOURCE = Source("shop.policy", TEXT)
SOURCES = {SOURCE.file: SOURCE}


def span(word: str, end: str) -> Span:
    start = TEXT.index(word)
    return SOURCE.span(start, TEXT.index(end, start) + len(end))


MISS = Reason(
    "condition", False, "aws:PrincipalOrgID", "StringEquals", ("o-1",), None, span("who order_fn", "order_fn")
)
HIT = Reason("principal", True, "principal", "is", ("order",), ("order",))
READS = StatementTrace("auth", 0, "reads", "allow", True, (HIT,), span('allow "reads"', "}"))
NEAR = replace(READS, matched=False, reasons=(HIT, MISS))
STRANGERS = StatementTrace("auth", 1, "strangers", "deny", True, (), span('deny "strangers"', "}"))

IDENTITY = GateTrace("order_calls", "identity", Verdict.ALLOW, "the caller may invoke it", (READS,))
SERVICE = GateTrace("auth", "service", Verdict.ALLOW, "", (READS,), None, (READS, STRANGERS))
ALLOWED = Outcome(Decision.ALLOW, (IDENTITY, SERVICE))
REFUSED = Outcome(
    Decision.DENY,
    (
        IDENTITY,
        replace(SERVICE, verdict=Verdict.IMPLICIT_DENY, decided_by=(), nearest=NEAR, summary="no statement matched"),
    ),
    "auth",
    "AccessDeniedException (403)",
    (),
    ("the header is not checked",),
)
FORBIDDEN = Outcome(Decision.DENY, (replace(SERVICE, verdict=Verdict.EXPLICIT_DENY, decided_by=(STRANGERS,)),), "auth")
UNKNOWN = Outcome(
    Decision.UNDECIDED,
    (
        replace(
            SERVICE,
            verdict=Verdict.UNDECIDED,
            decided_by=(),
            nearest=replace(NEAR, matched=None),
            switches=("lattice-x",),
        ),
    ),
    "auth",
    missing=("source.vpc", "aws.PrincipalOrgID"),
)


def test_an_allow_leads_with_the_statement_and_its_line() -> None:
    assert render_outcome(ALLOWED, SOURCES, Options()) == (
        "allow by `reads` at service auth\n"
        "  --> shop.policy:2:3\n"
        "   |\n"
        ' 2 |   allow "reads" {\n'
        "   |   ^^^^^^^^^^^^^^^\n"
        "\n"
        "gates\n"
        "  identity order_calls  allow\n"
        "    the caller may invoke it\n"
        "    reads --> shop.policy:2:3\n"
        "  service auth          allow\n"
        "    reads --> shop.policy:2:3\n"
    )


def test_a_default_deny_names_the_nearest_statement_and_what_it_missed() -> None:
    lines = render_outcome(REFUSED, SOURCES, Options()).splitlines()
    assert lines[0] == "deny by default at service auth"
    assert "nearest at service auth: allow `reads`" in lines
    at = lines.index("nearest at service auth: allow `reads`")
    assert lines[at + 1] == "  ::: shop.policy:2:3"
    missed = " ".join(line.strip() for line in lines if "aws:PrincipalOrgID" in line or "(shop.policy:3:5)" in line)
    assert missed.startswith("missed condition: aws:PrincipalOrgID is absent, StringEquals `o-1`")
    assert missed.endswith("(shop.policy:3:5)")
    assert "the caller sees: AccessDeniedException (403)" in lines
    assert "note: the header is not checked" in lines


def test_an_explicit_deny_shows_the_deny() -> None:
    lines = render_outcome(FORBIDDEN, SOURCES, Options()).splitlines()
    assert lines[0] == "deny by `strangers` at service auth"
    assert ' 5 |   deny "strangers" {' in lines
    assert not any(line.startswith("nearest") for line in lines)


def test_undecided_lists_what_is_missing_and_the_switches() -> None:
    text = render_outcome(UNKNOWN, SOURCES, Options())
    assert text.startswith("undecided at service auth\n")
    assert "the request does not say: `source.vpc`, `aws.PrincipalOrgID`" in text
    assert "`lattice-x`" in text


def test_no_gates_is_no_crash_and_no_allow() -> None:
    assert render_outcome(Outcome(Decision.DENY, ()), {}, Options()) == "deny\n"
    assert deciding_gate(Outcome(Decision.ALLOW, ())) is None


def test_everything_fits_in_its_width_and_is_clean() -> None:
    long = "x" * 200 + "\x1b[31m \u202e"
    reason = replace(MISS, subject=long, expected=(long, long, long, long))
    gate = GateTrace(long, "service", Verdict.IMPLICIT_DENY, long * 3, (), replace(NEAR, label=long, reasons=(reason,)))
    outcome = Outcome(Decision.DENY, (gate,), long, long, (long,), (long,))
    for columns in (40, 80):
        text = render_outcome(outcome, SOURCES, Options(width=columns))
        assert max(map(len, text.splitlines())) <= columns
        assert not re.search(r"[^\n -~\u2026]", text)


def test_more_deciding_statements_than_fit_are_counted() -> None:
    gate = replace(SERVICE, decided_by=tuple(replace(READS, label=f"s{at}") for at in range(9)))
    text = render_outcome(Outcome(Decision.ALLOW, (gate,)), SOURCES, Options())
    assert "and 6 more" in text and text.count("  --> ") == 3


def test_color_changes_nothing_but_color() -> None:
    for outcome in (ALLOWED, REFUSED, FORBIDDEN, UNKNOWN):
        painted = render_outcome(outcome, SOURCES, Options(color=True))
        assert re.sub(r"\x1b\[[0-9;]*m", "", painted) == render_outcome(outcome, SOURCES, Options())


def test_json_has_the_published_shape() -> None:
    schema = Draft202012Validator(json.loads(read_text("schemas/outcome.schema.json")))
    for outcome in (ALLOWED, REFUSED, FORBIDDEN, UNKNOWN):
        schema.validate(json.loads(json.dumps(outcome_data(outcome, SOURCES))))
    data = outcome_data(REFUSED, SOURCES)
    assert data["decision"] == "deny" and data["gates"][1]["verdict"] == "implicit deny"
    reason = data["gates"][1]["nearest"]["reasons"][1]
    assert reason["actual"] is None and reason["location"]["start"] == {"line": 3, "column": 5}
