"""The stand-in for `cedarpy` on the page offers what policyc asks of that package, so that the page fails here and not in a browser."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_page_has_every_name_that_is_asked_for() -> None:
    tree = ast.parse((ROOT / "website" / "play" / "cedarpy.py").read_text(encoding="utf-8"))
    offered = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    texts = (path.read_text(encoding="utf-8") for path in (ROOT / "policyc").rglob("*.py"))
    asked = {
        node.attr
        for text in texts
        if "cedarpy." in text
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "cedarpy"
    }
    assert {"is_authorized_batch", "PolicySet"} <= asked
    assert asked - {"__version__"} <= offered
