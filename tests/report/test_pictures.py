"""Pictures: well-formed, equal for equal input, readable without colour, and free of whatever a name could bring in.

Source: https://www.w3.org/TR/xml/ (what a document may hold).
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable

import pytest

from policyc.canvas import PALETTE, Canvas
from policyc.engines.trace import Decision, GateTrace, Outcome, Reason, StatementTrace, Verdict
from policyc.report.changes import Changes, Compared, Entry
from policyc.report.matrix import Cell
from policyc.report.options import Options
from policyc.report.outcome import Detail
from policyc.report.registry import renderer
from policyc.report.who import May, Reach

HOSTILE = '<script>alert(1)</script>&"\u202e\x1b[31m]]>\u0000'
SVG = "{http://www.w3.org/2000/svg}"


def statement(name: str, matched: bool | None) -> StatementTrace:
    reason = Reason("condition", matched, "aws:PrincipalOrgID", "wants", ("o-a1b2c3d4e5",), None)
    return StatementTrace(name, 0, name, "Allow", matched, (reason,))


def answer(name: str) -> Outcome:
    met, missed, unknown = statement(name, True), statement(name, False), statement(name, None)
    gates = (
        GateTrace(name, "identity", Verdict.ALLOW, f"`{name}` allows", (met,), None, (met,)),
        GateTrace(name, "network", Verdict.SKIPPED, "auth is none"),
        GateTrace(name, "service", Verdict.IMPLICIT_DENY, "", (), missed, (missed, unknown)),
    )
    return Outcome(Decision.DENY, gates, name, f"403 {name}", ("path",), (name,), ("source.vpc",))


def table(name: str) -> list[Cell]:
    unknown = statement("finance", None)
    doubt = Outcome(
        Decision.UNDECIDED, (GateTrace("payroll", "group", Verdict.UNDECIDED, "", (), unknown, (unknown,)),)
    )
    return [
        Cell(name, "payroll", Outcome(Decision.ALLOW, ())),
        Cell("ben", "payroll", doubt),
        Cell(name, "ledger", answer(name)),
        Cell("ben", "ledger", answer(name)),
    ]


def comparison(name: str) -> Changes:
    words = (name,)
    entry = Entry(
        "newly allowed", name, "", words, words, words, words, words, (("who", name),), "implicit deny", "allow"
    )
    return Changes(name, "new.json", (Compared(name, "auth-policy", "changed", (entry,), words, words),))


def reach(name: str) -> list[Reach]:
    words = (name,)
    may = May(words, words, words, words, words, words, words, (("who", name),), "allow")
    anybody = May((), words, (), (), (), (), (), (), "allow")
    return [
        Reach(name, "lattice.service", (may,), True),
        Reach("payroll", "verified_access.endpoint", (anybody,), False, words, words),
        Reach("ledger", "lattice.service", (), True),
    ]


DRAWN: dict[str, Callable[[str, str], str]] = {
    "outcome": lambda form, name: renderer("outcome", form)(answer(name), {}, Options(), Detail(explain=True)),
    "matrix": lambda form, name: renderer("matrix", form)(table(name), Options()),
    "reach": lambda form, name: renderer("reach", form)(reach(name), Options()),
    "changes": lambda form, name: renderer("changes", form)(comparison(name), Options()),
}


def texts(picture: str) -> list[str]:
    return [item.text or "" for item in ElementTree.fromstring(picture).iter(f"{SVG}text")]


@pytest.mark.parametrize("kind", DRAWN)
def test_a_picture_is_one_well_formed_document_whatever_names_hold(kind: str) -> None:
    picture = DRAWN[kind]("svg", HOSTILE)
    root = ElementTree.fromstring(picture)
    assert root.tag == f"{SVG}svg" and root.find(f"{SVG}title") is not None
    assert not list(root.iter(f"{SVG}script"))
    assert not re.search("[\u202e\x00\x1b]", picture)
    assert picture == DRAWN[kind]("svg", HOSTILE)


@pytest.mark.parametrize("kind", DRAWN)
def test_a_page_loads_and_runs_nothing(kind: str) -> None:
    page = DRAWN[kind]("html", HOSTILE)
    assert "default-src 'none'" in page
    assert "<script" not in page and "http://" not in page.replace("http://www.w3.org/2000/svg", "")
    assert "&lt;script&gt;" in page and not re.search("[\u202e\x00\x1b]", page)


def test_each_gate_has_its_verdict_in_words() -> None:
    said = texts(DRAWN["outcome"]("svg", "orders"))
    assert said[0] == "deny"
    assert [word for word in said if word in {item.value for item in Verdict}] == ["allow", "skipped", "implicit deny"]
    assert "missed condition: aws:PrincipalOrgID is absent, wants `o-a1b2c3d4e5`" in said


def test_what_is_not_known_says_why_beside_the_picture() -> None:
    said = texts(DRAWN["matrix"]("svg", "ana"))
    assert "ben at payroll: group payroll: aws:PrincipalOrgID is not known, wants `o-a1b2c3d4e5`" in said
    tips = [item.text for item in ElementTree.fromstring(DRAWN["matrix"]("svg", "ana")).iter(f"{SVG}title")]
    assert "ana at payroll: allow" in tips


def test_a_class_shows_the_decision_before_and_after() -> None:
    said = texts(DRAWN["changes"]("svg", "orders"))
    assert "newly allowed" in said and "not settled: orders" in said
    tips = [item.text for item in ElementTree.fromstring(DRAWN["changes"]("svg", "orders")).iter(f"{SVG}title")]
    assert tips[1:3] == ["implicit deny: who orders", "allow: who orders"]


def test_who_may_do_what_says_whether_that_is_all() -> None:
    picture = DRAWN["reach"]("svg", "orders")
    said = texts(picture)
    assert "nobody else" in said and "nobody" in said and "not settled whether there are others: orders" in said
    tips = [item.text for item in ElementTree.fromstring(picture).iter(f"{SVG}title")]
    assert "orders on ledger: nothing" in tips  # proven
    assert "orders on payroll: anyone: orders" in tips  # what anybody may do, this caller may do as well


@pytest.mark.parametrize("ground", [0, 1])
def test_every_colour_for_text_can_be_read_on_its_ground(ground: int) -> None:
    """A contrast of 4.5 to 1 (https://www.w3.org/TR/WCAG22/#contrast-minimum)."""

    def light(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    for behind in ("ground", "panel"):
        below = light(PALETTE[behind][ground])
        for name in ("ink", "faint", "good", "bad", "open", "blue"):
            above = light(PALETTE[name][ground])
            assert (max(above, below) + 0.05) / (min(above, below) + 0.05) >= 4.5, (name, behind)


def test_the_dark_sheet_has_what_is_used_and_no_more() -> None:
    canvas = Canvas("x")
    canvas.text(0, 0, "x", fill="good")
    picture = canvas.svg()
    assert ".f-good{fill:#4cc38a}" in picture and ".f-ground" in picture and "violet" not in picture


def test_a_tool_tip_of_several_lines_has_them() -> None:
    canvas = Canvas("c")
    canvas.box(0, 0, 1, 1, "panel", "first\nsecond\u202e")
    (box,) = [item for item in ElementTree.fromstring(canvas.svg()).iter(f"{SVG}rect") if len(item)]
    assert box[0].text == "first\nsecond\\u{202e}"
