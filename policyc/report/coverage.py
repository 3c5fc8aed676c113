"""How much of the policies the tests reached, for people and for programs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from policyc.record import record
from policyc.report.data import span_data
from policyc.report.frame import located
from policyc.report.options import Options
from policyc.report.screen import paint, wrap
from policyc.text import Source, Span


@record
class Gap:
    """Something that no request reached: `what` is `statement`, `condition true` or `condition false`."""

    what: str
    label: str
    text: str
    span: Span | None


@record
class Shown:
    """`reached` of `total` statements and condition sides; `threshold` is the percentage that was asked for, None for none."""

    reached: int
    total: int
    percent: float
    threshold: float | None
    gaps: tuple[Gap, ...]

    @property
    def enough(self) -> bool:
        return self.threshold is None or self.percent >= self.threshold


def render_coverage(coverage: Shown, sources: Mapping[str, Source], options: Options) -> str:
    """Every gap with its place, then the numbers."""
    lines = []
    for gap in coverage.gaps:
        where = "" if gap.span is None else f" ({located(gap.span, sources, options)})"
        lines += wrap(f"  `{gap.label}`{where}: {gap.text}", options.width, "      ")
    total = f"{coverage.reached} of {coverage.total} reached, {coverage.percent:.1f} %"
    if coverage.threshold is not None:
        total += f"; {coverage.threshold:g} % wanted"
    style = "good" if coverage.enough else "error"
    head = [paint("not reached", "strong", options.color)] if lines else []
    return "\n".join(["", *head, *lines, paint("coverage", style, options.color) + f": {total}"]) + "\n"


def coverage_data(coverage: Shown, sources: Mapping[str, Source]) -> dict[str, Any]:
    """Plain data for `test --format json`; the shape is in `schemas/tests.schema.json`."""
    return {
        "reached": coverage.reached,
        "total": coverage.total,
        "percent": coverage.percent,
        "threshold": coverage.threshold,
        "gaps": [
            {
                "what": gap.what,
                "label": gap.label,
                "text": gap.text,
                "location": None if gap.span is None else span_data(gap.span, sources),
            }
            for gap in coverage.gaps
        ],
    }
