"""The planted host files: each wrong one is found at its line, and the right ones are silent."""

from __future__ import annotations

import pytest

from policyc.carriers.embedded import Options
from policyc.carriers.registry import carrier, recognized
from policyc.diagnostics import Diagnostics, Severity
from policyc.text import Source
from policyc.workspace.documents.hosts import Host, check_hosts
from policyc.workspace.documents.native_settings import NativeSettings
from tests.carriers.planted import Planted, planted

PLANTED = list(planted())


def test_there_are_enough() -> None:
    assert len(PLANTED) >= 120
    assert len({item.name for item in PLANTED}) == len(PLANTED)


@pytest.mark.parametrize("item", PLANTED, ids=lambda item: item.name)
def test_planted(item: Planted) -> None:
    source = Source(item.file, item.text)
    format = recognized(item.file, item.text.encode(), True)
    assert format, "nobody reads it"
    found = Diagnostics()
    carried = carrier(format).carried(source, Options(fences=True), found)
    assert [document.kind or item.kind.name for document in carried.documents] == [item.kind.name]
    tally = check_hosts([Host(source, format, carried)], found, NativeSettings(fences=True), lambda name: None)
    assert not tally.unreadable
    serious = [one for one in found if one.severity is not Severity.INFO]
    places = [(one.rule, source.position(one.span.start).line if one.span else 0) for one in serious]
    assert places == ([] if item.line == 0 else [(item.kind.rule, item.line)])
