"""Published core network policies, validated and linted as raw documents: each finding with the row of the reference (section 6)
that justifies it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from policyc.diagnostics import Diagnostics
from policyc.lint.raw.network import check_network
from policyc.targets.cloud_wan.graph import draw_graph
from policyc.targets.cloud_wan.graph_svg import picture
from policyc.targets.cloud_wan.probes import probe
from policyc.text import Source

CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "cloud-wan"
#: row 28: a group of dual-hop feeds from send-to. Such a document has errors, so no lint rule runs on it.
DUAL = ["dual-hop-group", "dual-hop-group"]
#: row 23: the owner of the tag picks the segment, without acceptance and without a condition on the account
TAG = ["tag-opens-segment"]
#: row 46: the drop of 0.0.0.0/0 (or ::/0) by `prefix-in-cidr` leaves out the default route itself
DEFAULT = ["filter-misses-default-route", "filter-misses-default-route"]
#: row 17: rule 100 takes every VPC, with or without the tag, so the inspection VPC never gets to rule 200
LATE = ["group-rule-too-late"]
#: row 60: a static route names an attachment id, which nobody has before the core network is live
LIVE = ["static-route-before-attachment"]
#: row 30: two segments send out of two Regions, and nothing says which of them takes over for the other
EXIT = ["send-to-without-override", "send-to-without-override"]
JUSTIFIED = {
    "01": TAG + LATE + EXIT,
    "02": DUAL + EXIT + TAG,
    "03": TAG,
    "04": TAG + DEFAULT,
    "05": TAG,
    "06": [],
    "07": TAG,
    "08": DUAL + EXIT + TAG + DEFAULT[:1],
    "09": TAG,
    "10": TAG,
    "11": TAG,
    "12": TAG + EXIT,
    "13": LIVE,
}


@pytest.mark.parametrize(
    "path",
    sorted(CORPUS.glob("*.json")) or [pytest.param(None, marks=pytest.mark.skip(reason="no ../shared/corpus"))],
    ids=lambda path: "none" if path is None else path.stem,
)
def test_findings_are_justified(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    diagnostics = Diagnostics()
    network = check_network(Source(path.name, text), diagnostics)
    assert network is not None
    assert sorted(item.rule for item in diagnostics) == sorted(JUSTIFIED[path.name[:2]])
    assert all(item.span is not None and item.span.file == path.name for item in diagnostics)


@pytest.mark.parametrize(
    "path",
    sorted(CORPUS.glob("*.json")) or [pytest.param(None, marks=pytest.mark.skip(reason="no ../shared/corpus"))],
    ids=lambda path: "none" if path is None else path.stem,
)
def test_every_document_can_be_drawn(path: Path) -> None:
    network = check_network(Source(path.name, path.read_text(encoding="utf-8")), Diagnostics())
    assert network is not None
    graph = draw_graph(probe(network), assumed=True)
    declared = [item["name"] for item in json.loads(path.read_text(encoding="utf-8"))["segments"]]
    assert list(graph.matrix.names) == declared and len(graph.matrix.cells) == len(declared) ** 2
    assert picture(graph).svg() == picture(draw_graph(probe(network), assumed=True)).svg()
