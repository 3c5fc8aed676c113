"""The docs as pages: Markdown of `docs/` and the README, with one menu, a search, and links that lead from page to page.

Source: https://spec.commonmark.org/0.31.2/, as markdown-it-py reads it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from html import escape
from pathlib import Path, PurePosixPath
from typing import Any, Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

_POLICY: Final = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'"
#: where files of the repository are shown that are no pages
_WORD: Final = re.compile(r"[a-z0-9][a-z0-9._:-]{2,}")
_README: Final = "README.md"


def write_pages(root: Path, out: Path) -> None:
    """Write every page and the search's index below `out`."""
    sources = {_README: PurePosixPath("index.html")}
    for path in sorted((root / "docs").rglob("*.md")):
        name = path.relative_to(root).as_posix()
        sources[name] = PurePosixPath(
            path.relative_to(root).with_suffix(".html").as_posix().replace("README.html", "index.html")
        )
    menu = list(_menu(root, sources))
    index = []
    for name, target in sources.items():
        text = (root / name).read_text(encoding="utf-8")
        title, heads, body = _page(text, PurePosixPath(name), sources)
        way = "../" * (len(target.parts) - 1)
        (out / target).parent.mkdir(parents=True, exist_ok=True)
        (out / target).write_text(_document(title, body, menu, target, way), encoding="utf-8", newline="\n")
        words = sorted(set(_WORD.findall(text.lower())))
        index.append({"href": str(target), "title": title, "heads": " / ".join(heads), "text": " ".join(words)})
    (out / "search.json").write_text(json.dumps(index), encoding="utf-8")
    for picture in sorted((root / "docs").rglob("*.svg")):
        place = out / picture.relative_to(root)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(picture, place)


def _menu(root: Path, sources: dict[str, PurePosixPath]) -> Iterator[tuple[str, PurePosixPath]]:
    """Titles and pages in the order of the docs' own index."""
    yield "policyc", sources[_README]
    listed = re.findall(r"\]\(([\w./-]+\.md)\)", (root / "docs" / "index.md").read_text(encoding="utf-8"))
    for link in dict.fromkeys(listed):
        name = str(PurePosixPath("docs") / link)
        if name in sources:
            first = next(
                (line for line in (root / name).read_text(encoding="utf-8").splitlines() if line.startswith("# ")), link
            )
            yield re.sub(r"[`*]", "", first.removeprefix("# ")), sources[name]


def _page(text: str, name: PurePosixPath, sources: dict[str, PurePosixPath]) -> tuple[str, list[str], str]:
    """Title, headings and HTML of one page. Raw HTML of the text stays text."""
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = reader.parse(text)
    heads: list[str] = []
    for at, token in enumerate(tokens):
        if token.type == "heading_open":
            words = _plain(tokens[at + 1])
            heads.append(words)
            token.attrSet("id", _anchor(words))
        token.attrs.pop("style", None)  # of aligned columns; a strict policy on styles refuses it
        for inner in token.children or ():
            _follow(inner, name, sources)
    return heads[0] if heads else str(name), heads[1:], reader.renderer.render(tokens, reader.options, {})


def _plain(token: Token) -> str:
    return "".join(child.content for child in token.children or ())


def _anchor(words: str) -> str:
    """The name of a heading, as repositories show it."""
    return re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")


def _follow(token: Any, name: PurePosixPath, sources: dict[str, PurePosixPath]) -> None:
    """Lead a link or a picture to where it is on the site."""
    key = {"link_open": "href", "image": "src"}.get(token.type)
    link = token.attrGet(key) if key else None
    if not isinstance(link, str) or re.match(r"[a-z]+:|#|//", link):
        return
    path, mark, anchor = link.partition("#")
    inner = os.path.normpath(str(name.parent / path))
    here = sources[str(name)]
    page = sources.get(inner) or sources.get(f"{inner}/{_README}")
    target = str(page) if page is not None else inner
    token.attrSet(key, os.path.relpath(target, str(here.parent)).replace(os.sep, "/") + mark + anchor)
    if page is None and key == "href":  # a file of the repository, which the site does not hold
        token.attrs = {"title": f"{inner} in the repository"}


def _document(title: str, body: str, menu: list[tuple[str, PurePosixPath]], here: PurePosixPath, way: str) -> str:
    links = []
    for text, target in menu:
        mark = ' aria-current="page"' if target == here else ""
        links.append(f'<a href="{way}{target}"{mark}>{escape(text)}</a>')
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="viewport" content="width=device-width">
<title>{escape(title)}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{way}site.css">
<script type="module" src="{way}search.js"></script>
</head>
<body>
<div class="page">
<nav>
<a href="{way}play/index.html"><b>Try it here</b></a>
<label>Search <input id="search" type="search" data-top="{way}" autocomplete="off"></label>
<div id="found"></div>
{chr(10).join(links)}
</nav>
<article>
{body}</article>
</div>
</body>
</html>
"""
