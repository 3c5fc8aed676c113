"""What `graph` draws: who is admitted to which resource, who gets to endpoints by their claims, and what targets draw themselves, on one page."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from policyc.canvas import Canvas, dot_label, mermaid_label
from policyc.engines.trace import Decision
from policyc.record import record, replace
from policyc.report.admission import Admission, admission_data, column, render_admissions
from policyc.report.formats.json import head, written
from policyc.report.options import Options
from policyc.report.page import picture_page
from policyc.report.who import Reach, reach_data, render_reach

_WIDTH = 110


class Chart(Protocol):
    """A picture of a target's own making, such as a core network."""

    def text(self, width: int) -> str:
        """For people."""

    def picture(self) -> Canvas:
        """As shapes."""

    def data(self) -> Mapping[str, Any]:
        """As plain data."""

    def mermaid(self) -> str:
        """As a Mermaid chart."""

    def dot(self) -> str:
        """As a Graphviz chart."""


@record
class Overview:
    """What one picture shows: resources whose requests have verbs, those that go by claims (or documents alone), and charts of targets."""

    admissions: tuple[Admission, ...] = ()
    reaches: tuple[Reach, ...] = ()
    charts: tuple[Chart, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.admissions or self.reaches or self.charts)

    @property
    def settled(self) -> bool:
        """Whether it is known of everything."""
        fields = (field for item in self.admissions for field in (*item.asked.values(), *item.passed.values()))
        known = all(field.decision is not Decision.UNDECIDED for field in fields)
        return known and all(item.complete for item in self.reaches)

    @property
    def pieces(self) -> int:
        """How many pictures a format needs that draws one at a time."""
        return bool(self.admissions) + len(self.charts)


def as_text(found: Overview, options: Options) -> str:
    """For people."""
    parts = [chart.text(options.width) for chart in found.charts]
    if found.reaches:
        parts.insert(0, render_reach(found.reaches, options))
    if found.admissions:
        parts.insert(0, render_admissions(found.admissions, options))
    return "\n".join(parts)


def as_svg(found: Overview) -> str:
    """One picture, the parts below one another."""
    return _canvas(found).svg()


def as_page(found: Overview, options: Options) -> str:
    """The picture and the words, on a page that needs nothing else."""
    words = as_text(found, replace(options, color=False, width=_WIDTH))
    return picture_page("policyc graph", as_svg(found), words)


def _canvas(found: Overview) -> Canvas:
    from policyc.report.pictures.admission import draw_admissions
    from policyc.report.pictures.reach import draw_classes

    if len(found.charts) == 1 and not found.admissions and not found.reaches:
        return found.charts[0].picture()
    canvas = Canvas("policyc graph")
    y = 34.0
    if found.admissions:
        canvas.text(24, y, "Who is admitted where", size=18, bold=True)
        y = draw_admissions(canvas, found.admissions, y + 16) + 20
    if found.reaches:
        canvas.text(24, y, "Who may do what", size=18, bold=True)
        y = draw_classes(canvas, found.reaches, y + 6) + 30
    for chart in found.charts:
        y = canvas.place(chart.picture(), y) + 30
    return canvas


def as_json(found: Overview, options: Options) -> str:
    """Plain data; the shape is `schemas/graph.schema.json`, of a network alone that of `schemas/cloud_wan/answers.schema.json`."""
    if len(found.charts) == 1 and not found.admissions and not found.reaches:
        return json.dumps(found.charts[0].data(), indent=1) + "\n"
    data: dict[str, Any] = {
        **head(options),
        "resources": admission_data(found.admissions),
        "endpoints": reach_data(found.reaches)["resources"],
        "networks": [chart.data() for chart in found.charts],
    }
    return written(data)


def as_mermaid(found: Overview) -> str:
    """A chart: an arrow from each caller to what it gets, with the verbs. Of one network, its own chart."""
    if found.charts:
        return found.charts[0].mermaid()
    callers, resources = _nodes(found.admissions)
    lines = ["flowchart LR"]
    lines += [f'  {key}(["{mermaid_label(name)}"])' for name, key in callers.items()]
    lines += [f'  {key}["{mermaid_label(name)}"]' for name, key in resources.items()]
    for caller, resource, verbs in _arrows(found.admissions):
        lines.append(f'  {callers[caller]} -->|"{mermaid_label(verbs)}"| {resources[resource]}')
    return "\n".join(lines) + "\n"


def as_dot(found: Overview) -> str:
    """The same for Graphviz."""
    if found.charts:
        return found.charts[0].dot()
    callers, resources = _nodes(found.admissions)
    lines = ["digraph access {", "  rankdir=LR;", '  node [fontname="Helvetica"];', '  edge [fontname="Helvetica"];']
    lines += [f"  {key} [shape=ellipse, label={dot_label(name)}];" for name, key in callers.items()]
    lines += [f"  {key} [shape=box, label={dot_label(name)}];" for name, key in resources.items()]
    for caller, resource, verbs in _arrows(found.admissions):
        lines.append(f"  {callers[caller]} -> {resources[resource]} [label={dot_label(verbs)}];")
    return "\n".join([*lines, "}"]) + "\n"


def _nodes(found: Sequence[Admission]) -> tuple[dict[str, str], dict[str, str]]:
    callers = dict.fromkeys(name for item in found for name in item.callers)
    return {name: f"c{at}" for at, name in enumerate(callers)}, {item.on: f"r{at}" for at, item in enumerate(found)}


def _arrows(found: Sequence[Admission]) -> Iterator[tuple[str, str, str]]:
    """Each caller with a resource and the verbs of which some requests are allowed; what is not settled has a question mark."""
    marks = {Decision.ALLOW: "", Decision.UNDECIDED: "?"}
    for item in found:
        for row, caller in enumerate(item.callers):
            fields = [(column(group), item.asked[row, at].decision) for at, group in enumerate(item.verbs)]
            verbs = [text + marks[decision] for text, decision in fields if decision in marks]
            if verbs:
                yield caller, item.on, ", ".join(verbs)
