"""The picture on the Cloud WAN page is what `policyc graph` draws of the page's own network."""

from __future__ import annotations

import contextlib
import io
import os
import re
from pathlib import Path

import pytest

from policyc.__main__ import main
from policyc.diagnostics import Diagnostics
from policyc.targets.cloud_wan.documents import checked_networks
from policyc.targets.cloud_wan.graph import draw_graph
from policyc.targets.cloud_wan.graph_svg import picture
from policyc.targets.cloud_wan.probes import probe
from policyc.targets.program import load_program

DOCS = Path(__file__).parents[2] / "docs"
PICTURE = DOCS / "images" / "cloudwan.svg"


def test_the_picture_is_fresh(tmp_path: Path) -> None:
    """POLICYC_UPDATE=1 draws it again."""
    page = (DOCS / "targets" / "cloudwan.md").read_text(encoding="utf-8")
    assert "../images/cloudwan.svg" in page
    first = re.search(r"```policy check\n(.*?)```", page, re.DOTALL)
    assert first is not None
    (tmp_path / "page.policy").write_text(first[1], encoding="utf-8")
    found = Diagnostics()
    program = load_program(tmp_path, [Path("page.policy")], {}, found)
    ((_, lowered),) = checked_networks(program, found)
    drawn = picture(draw_graph(probe(lowered.network), assumed=True)).svg()
    if os.environ.get("POLICYC_UPDATE") == "1":
        PICTURE.parent.mkdir(exist_ok=True)
        PICTURE.write_text(drawn, encoding="utf-8", newline="\n")
    assert PICTURE.read_text(encoding="utf-8") == drawn, "stale: run with POLICYC_UPDATE=1"


@pytest.mark.parametrize(
    ("name", "words", "status"),
    [
        ("answer.svg", ["simulate", "inventory", "--who", "order_fn", "--can", "POST", "--path", "/stock/42"], 10),
        ("access.svg", ["graph", "inventory"], 0),
    ],
)
def test_pictures_of_this_repository_are_fresh(name: str, words: list[str], status: int) -> None:
    """What the page on `simulate` shows is what the commands draw of the policies of this repository."""
    shown = DOCS / "images" / name
    with contextlib.redirect_stdout(io.StringIO()) as out:
        assert main([*words, "--format", "svg", "--root", str(DOCS.parent)]) == status
    if os.environ.get("POLICYC_UPDATE") == "1":
        shown.write_text(out.getvalue(), encoding="utf-8", newline="\n")
    assert shown.read_text(encoding="utf-8") == out.getvalue(), "stale: run with POLICYC_UPDATE=1"
