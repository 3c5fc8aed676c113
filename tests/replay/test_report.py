"""The forms of a replay's report: what they say, and that no text of a log can do anything in them."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from itertools import permutations

import pytest

from policyc.__main__ import main
from policyc.replay.askers.said import Said
from policyc.replay.classes import MOST_CALLERS, MOST_PATHS, Class, ClassKey, Sums, caller_hash
from policyc.replay.reading import Log, Place
from policyc.replay.recorded import Recorded
from policyc.replay.report.html import as_html
from policyc.replay.report.human import human
from policyc.replay.report.markdown import as_markdown
from policyc.replay.report.plain import as_json
from policyc.replay.report.replay import Replay, change_of, fit, groups, over_time
from policyc.replay.tally import NO_TIME, Tally
from policyc.report.options import Options

ALLOW, DENY = Said("allow", "`Read` at service a", "", ()), Said("deny", "nothing at service a", "`Read` missed: x", ())
OPEN = Said("undecided", "", "not known: x", ("x",))
NASTY = '<script>alert(1)</script>|`"\x1b[31m\u202e'


def item(**changes: str) -> Recorded:
    held = {
        "who": "anonymous",
        "can": "GET",
        "where": "svc-1",
        "path": "/a/1",
        "verdict": "allow",
        "time": "2026-11-01T08:00:00Z",
    }
    held |= changes
    return Recorded(
        "vpc-lattice", held["who"], held["can"], held["where"], held["path"], "", (), held["verdict"], "", held["time"]
    )


def counted(*rows: tuple[Recorded, Said, Said]) -> Tally:
    tally = Tally()
    for number, (one, old, new) in enumerate(rows, 1):
        tally.records += 1
        tally.count(one, old, new, Place("a.json", number))
    return tally


def report(*rows: tuple[Recorded, Said, Said]) -> Replay:
    return Replay(Log(), counted(*rows), True)


def test_the_first_sentence() -> None:
    rows = [(item(), ALLOW, ALLOW)] * 35 + [(item(), OPEN, OPEN)]
    assert (
        fit(counted(*rows))
        == "policies in force: 97.2 % (35) reproduced, 2.8 % (1) undecidable, 0.0 % (0) contradicted"
    )
    silent = counted((item(verdict=""), ALLOW, DENY), (item(), ALLOW, DENY))
    assert fit(silent).endswith("; of 1 the log does not say what came")


def test_nothing_is_said_of_new_policies_when_nothing_fits() -> None:
    found = report((item(), DENY, ALLOW))
    for text in (human(found, Options()), as_markdown(found), as_html(found)):
        assert "of the new policies nothing is said" in text
    assert json.loads(as_json(found))["new"] is None


def test_a_log_that_never_says_what_came_of_it_tells_what_changes_and_that_nothing_vouches_for_it() -> None:
    found = report((item(verdict=""), ALLOW, DENY))
    for text in (human(found, Options()), as_markdown(found), as_html(found)):
        assert "so nothing vouches for them" in " ".join(text.split()) and "newly denied" in text
    assert json.loads(as_json(found))["new"]["pairs"][0]["new"] == "deny"
    assert not report((item(verdict=""), ALLOW, DENY), (item(), DENY, ALLOW)).tells_of_new


def test_a_time_that_is_none_is_odd_and_the_record_counts() -> None:
    tally = counted(
        (item(time="yesterday"), ALLOW, DENY), (item(time="9999-01-01T00:00:00Z"), ALLOW, DENY), (item(), ALLOW, DENY)
    )
    assert (tally.asked, tally.odd[NO_TIME], len(tally.hours)) == (3, 2, 1)
    (found,) = tally.changed()
    assert (found.count, found.first, found.last) == (3, "2026-11-01T08:00:00Z", "2026-11-01T08:00:00Z")


def test_hours_become_days_and_months() -> None:
    def shown(times: list[str]) -> list[str]:
        return [time for time, _ in over_time(counted(*((item(time=time), ALLOW, ALLOW) for time in times)))]

    assert shown(["2026-11-01T08:00:00Z", "2026-11-01T09:00:00Z"]) == ["2026-11-01T08", "2026-11-01T09"]
    many = [f"2026-{month:02}-{day:02}T{hour:02}:00:00Z" for month in (1, 2) for day in (1, 2, 3) for hour in range(20)]
    assert shown(many) == [f"2026-{month:02}-{day:02}" for month in (1, 2) for day in (1, 2, 3)]
    years = [
        f"20{year}-{month:02}-{day:02}T00:00:00Z" for year in (25, 26) for month in range(1, 13) for day in range(1, 13)
    ]
    assert shown(years)[:2] == ["2025-01", "2025-02"]


class Checker(HTMLParser):
    """Every element that is opened is closed, and none is a script, a link or an image."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag not in ("script", "link", "img", "iframe", "a")
        assert not any(name.startswith("on") or name in ("src", "href") for name, _ in attrs)
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_stands_by_itself_and_escapes_what_it_shows() -> None:
    nasty = Said("deny", NASTY, NASTY, ())
    found = report(
        (item(who=NASTY, where=NASTY, path=NASTY), ALLOW, nasty), (item(), ALLOW, ALLOW), (item(), OPEN, OPEN)
    )
    page = as_html(found)
    checker = Checker()
    checker.feed(page)
    assert checker.open == []
    assert "alert(1)" in page
    assert "\x1b" not in page
    picture = ET.fromstring(page[page.index("<svg") : page.index("</svg>") + 6])
    told = [title.text for title in picture.iter("title")]
    assert told == ["2026-11-01T08: 1 as before", "2026-11-01T08: 1 newly denied", "2026-11-01T08: 1 undecided"]


def test_where_policies_are_open_the_log_tells_what_was_before() -> None:
    found = report((item(), OPEN, DENY), (item(verdict="deny"), OPEN, DENY), (item(verdict=""), OPEN, DENY))
    assert [(group.change, group.count) for group in groups(found.tally.changed(), "who")] == [("newly denied", 1)]
    # what no log tells may have been let in
    assert found.tally.newly("deny") == 2
    assert sorted(change_of(one) for one in found.tally.changed()) == [
        "undecided -> deny",
        "undecided -> deny, logged allow",
        "undecided -> deny, logged deny",
    ]


def test_markdown_shows_texts_as_they_are() -> None:
    found = report((item(who=NASTY), ALLOW, DENY))
    rows = [line for line in as_markdown(found).splitlines() if line.startswith("| allow -\\> deny")]
    assert len(rows) == 1
    assert rows[0].replace("\\|", "").count("|") == 10
    assert "<script>" not in rows[0]


@pytest.mark.parametrize("format", ["human", "json", "csv", "markdown", "html"])
def test_every_form_tells_of_a_log_that_nothing_is_in(format: str, tmp_path, monkeypatch, capsys) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "log.json").write_text('{"a": 1}\n{"b": \n')
    (tmp_path / "p.json").write_text('{"Statement": []}')
    assert main(["replay", "*.json", "--service-policy", "p.json", "--format", format]) == 4
    assert capsys.readouterr().out


# --- parts of a log -------------------------------------------------------------------------------------------------

SAMPLE = [
    (
        item(who=f"203.0.113.{n % 7}", path=f"/{'abcdef'[n % 6]}", time=f"2026-11-01T0{n % 9}:00:00Z"),
        ALLOW,
        (ALLOW, DENY, OPEN)[n % 3],
    )
    for n in range(60)
]


def test_parts_of_a_log_come_to_the_same_in_any_order() -> None:
    whole = counted(*SAMPLE)
    texts = {as_json(Replay(Log(), whole, True))}
    for order in permutations(range(3)):
        total = Tally()
        for part in order:
            one = Tally()
            for number, row in enumerate(SAMPLE, 1):
                if number % 3 == part:
                    one.records += 1
                    one.count(*row, Place("a.json", number))
            total.merge(one)
        texts.add(as_json(Replay(Log(), total, True)))
    assert len(texts) == 1


def test_bounded_parts_of_a_class_do_not_hang_on_the_order() -> None:
    key = ClassKey(*"abcdefghi")
    names = [f"/{number}" for number in range(3 * MOST_PATHS)]
    made = []
    for order in (names, names[::-1]):
        one, other = Class(key), Class(key)
        for at, name in enumerate(order):
            (one if at % 2 else other).take(
                Sums(1, "", "", {name: 1}, [Place("a", int(name[1:]))], [caller_hash(name)])
            )
        one.merge(other)
        made.append(one)
    first, second = made
    assert first.most_common_paths(5000) == second.most_common_paths(5000)
    assert len(first.most_common_paths(5000)) == MOST_PATHS
    assert first.places == second.places == [Place("a", 0), Place("a", 1), Place("a", 2)]
    assert first.distinct_callers == second.distinct_callers
    assert len(first.callers) == MOST_CALLERS
    assert abs(first.distinct_callers - len(names)) < len(names) * 0.15
