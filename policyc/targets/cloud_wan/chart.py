"""A core network as one of the pictures of `graph`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from policyc.canvas import Canvas
from policyc.record import record
from policyc.targets.cloud_wan import graph_text
from policyc.targets.cloud_wan.graph import Graph, graph_data


@record
class NetworkChart:
    """The graph of a network, in each form."""

    graph: Graph

    def text(self, width: int) -> str:
        return graph_text.matrix_text(self.graph, width)

    def picture(self) -> Canvas:
        from policyc.targets.cloud_wan.graph_svg import picture

        return picture(self.graph)

    def data(self) -> Mapping[str, Any]:
        return graph_data(self.graph)

    def mermaid(self) -> str:
        return graph_text.mermaid_text(self.graph)

    def dot(self) -> str:
        return graph_text.dot_text(self.graph)
