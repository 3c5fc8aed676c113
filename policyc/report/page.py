"""One page for every report in HTML: it loads nothing, runs nothing, and follows the reader's light or dark ground.

Source: https://html.spec.whatwg.org/multipage/
"""

from __future__ import annotations

from typing import Final

from policyc.canvas import PALETTE, shown

_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
_STYLE: Final = """\
body{margin:0 auto;max-width:72rem;padding:1rem;font:15px/1.5 Helvetica,Arial,"DejaVu Sans",sans-serif;background:var(--ground);color:var(--ink)}
svg{max-width:100%;height:auto}
pre{overflow-x:auto;padding:1rem;background:var(--panel);font-size:.85rem}
table{border-collapse:collapse;width:100%;font-size:.86rem}th{text-align:left;border-bottom:2px solid var(--faint)}
td{border-bottom:1px solid var(--grid);vertical-align:top;overflow-wrap:anywhere}td,th{padding:.25rem .5rem}
"""


def variables() -> str:
    """The colours of pictures as custom properties (`--ink`), for either ground."""
    light, dark = ("".join(f"--{name}:{pair[at]};" for name, pair in PALETTE.items()) for at in (0, 1))
    return f":root{{color-scheme:light dark;{light}}}\n@media (prefers-color-scheme:dark){{:root{{{dark}}}}}\n"


def page(title: str, body: str, style: str = "") -> str:
    """A whole document; `style` adds to what every page has."""
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        f'<meta name="viewport" content="width=device-width">\n<meta name="referrer" content="no-referrer">\n<title>{shown(title)}</title>\n'
        f"<style>{variables()}{_STYLE}{style}</style>\n</head>\n<body>\n{body}</body>\n</html>\n"
    )


def picture_page(title: str, picture: str, words: str) -> str:
    """A page with a picture, and the words that a terminal would show."""
    lines = "\n".join(shown(line) for line in words.split("\n"))
    return page(title, f"{picture}<pre>{lines}</pre>\n")
