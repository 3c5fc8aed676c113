"""Reports as pages that need nothing else: the picture, and the words that a terminal would show.

Source: https://html.spec.whatwg.org/multipage/
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from policyc.canvas import shown
from policyc.engines.trace import Outcome
from policyc.record import replace
from policyc.report.changes import Changes
from policyc.report.formats import human, svg
from policyc.report.matrix import Cell
from policyc.report.options import Options
from policyc.report.outcome import Detail
from policyc.report.who import Reach
from policyc.text import Source

_WIDTH: Final = 110
_STYLE: Final = """\
:root{color-scheme:light dark}
body{margin:0 auto;max-width:60rem;padding:1rem;font-family:Helvetica,Arial,"DejaVu Sans",sans-serif;background:#fff;color:#1f2933}
svg{max-width:100%;height:auto}
pre{overflow-x:auto;padding:1rem;background:#f4f6f8;font-size:.85rem}
@media (prefers-color-scheme:dark){body{background:#14181d;color:#e6e9ee}pre{background:#1e242b}}"""


def outcome(answer: Outcome, sources: Mapping[str, Source], options: Options, detail: Detail) -> str:
    """One answer: its gates, and what was asked to be told."""
    words = human.outcome(answer, sources, _plain(options), detail)
    return page(f"policyc: {answer.decision.value}", svg.outcome(answer, sources, options, detail), words)


def matrix(table: Sequence[Cell], options: Options) -> str:
    """A table of answers."""
    return page("policyc: who gets in where", svg.matrix(table, options), human.matrix(table, _plain(options)))


def changes(found: Changes, options: Options) -> str:
    """A comparison."""
    return page("policyc diff", svg.changes(found, options), human.changes(found, _plain(options)))


def reach(found: Sequence[Reach], options: Options) -> str:
    """Who may do what."""
    return page("policyc who", svg.reach(found, options), human.reach(found, _plain(options)))


def page(title: str, picture: str, words: str) -> str:
    """A page that loads nothing: no script, and no style but its own."""
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        f'<meta name="viewport" content="width=device-width">\n<title>{shown(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n{picture}'
        f"<pre>{_lines(words)}</pre>\n</body>\n</html>\n"
    )


def _lines(words: str) -> str:
    return "\n".join(shown(line) for line in words.split("\n"))


def _plain(options: Options) -> Options:
    return replace(options, color=False, width=_WIDTH)
