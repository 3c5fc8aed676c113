"""Draw the floors of the package from its imports: `python tools/floor_plan.py [FILE.svg]` (run by `make docs`).

Every part of `policyc/` stands above all that it imports; the small parts at the bottom that everything may use are one box. Lines
are the imports that no other way shows.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterable, Iterator
from html import escape
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "policyc"
PICTURE = ROOT / "docs" / "images" / "floors.svg"
#: single modules without logic of policies; one box
GROUND = frozenset(
    {
        "canvas",
        "record",
        "regex",
        "holes",
        "bounded",
        "per_object",
        "packages",
        "data",
        "shape",
        "text",
        "version",
        "diagnostics",
    }
)
#: not a part: the names of programs' front door, and the start of the command
DOORS = frozenset({"__init__", "__main__"})
#: what each part is for; a part that is missing here is a mistake
ROOMS = {
    "ground": "places, findings, records",
    "syntax": "text to trees",
    "model": "names, types, values",
    "ir": "one model of policies",
    "engines": "decide native text",
    "targets": "read, emit, simulate",
    "analysis": "all requests at once",
    "lint": "rules on the IR",
    "simulation": "requests and tests",
    "report": "findings as text",
    "carriers": "policies in templates",
    "workspace": "projects and settings",
    "importing": "documents to policies",
    "emitting": "templates to deploy",
    "api": "import policyc",
    "replay": "recorded traffic",
    "aws": "policies on AWS itself",
    "editor": "texts being written",
    "cli": "the command",
    "pytest_plugin": "tests in pytest",
}
WIDE, HIGH, GAP, FLOOR = 168, 52, 20, 104


def part_of(path: Path) -> str:
    first = path.relative_to(PACKAGE).with_suffix("").parts[0]
    return "ground" if first in GROUND else first


def imported(path: Path) -> Iterator[str]:
    """The modules that a module imports, inside functions too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            yield node.module or ""
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def read(names_in: Callable[[Path], Iterable[str]]) -> dict[str, set[str]]:
    """What each part imports; `names_in` gives what a module does."""
    uses: dict[str, set[str]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        part = part_of(path)
        if part in DOORS:
            continue
        words = [name.split(".") for name in names_in(path) if name.startswith("policyc.")]
        uses.setdefault(part, set()).update("ground" if word in GROUND else word for _, word, *_ in words)
        uses[part].discard(part)
    return {part: others & set(uses) for part, others in uses.items()}


def floors(uses: dict[str, set[str]]) -> dict[str, int]:
    """How high each part stands: one above the highest that it imports. Raises ValueError for a circle."""
    level: dict[str, int] = {}

    def rise(part: str, chain: tuple[str, ...]) -> int:
        if part in chain:
            raise ValueError("imports in a circle: " + " -> ".join((*chain, part)))
        if part not in level:
            level[part] = 1 + max((rise(other, (*chain, part)) for other in sorted(uses[part])), default=-1)
        return level[part]

    for part in sorted(uses):
        rise(part, ())
    return level


def direct(uses: dict[str, set[str]]) -> list[tuple[str, str]]:
    """The imports that no longer way implies."""

    def below(part: str) -> set[str]:
        found = set(uses[part])
        for other in uses[part]:
            found |= below(other)
        return found

    return sorted(
        (part, other)
        for part, others in uses.items()
        for other in others
        if not any(other in below(between) for between in others - {other})
    )


def draw(names_in: Callable[[Path], Iterable[str]] = imported) -> str:
    """The picture."""
    uses = read(names_in)
    level = floors(uses)
    rows: dict[int, list[str]] = {}
    for part in sorted(level, key=lambda part: (level[part], part)):
        rows.setdefault(level[part], []).append(part)
    top = max(rows)
    width = max(len(row) for row in rows.values()) * (WIDE + GAP) + GAP
    height = (top + 1) * FLOOR + GAP
    at: dict[str, tuple[float, float]] = {}
    for floor, row in rows.items():
        left = (width - len(row) * WIDE - (len(row) - 1) * GAP) / 2
        for number, part in enumerate(row):
            at[part] = left + number * (WIDE + GAP), GAP + (top - floor) * FLOOR
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">',
        "<title>The floors of policyc: every part imports only what stands below it</title>",
        "<style>.b{fill:#f4f6fa;stroke:#5b6b86}.n{fill:#16202e;font:600 15px sans-serif}.s{fill:#4a5870;font:12px sans-serif}"
        ".l{stroke:#8593ab;fill:none}@media(prefers-color-scheme:dark){.b{fill:#1f2937;stroke:#8aa0c4}.n{fill:#eef3fb}"
        ".s{fill:#b6c3d9}.l{stroke:#7284a3}}</style>",
    ]
    for part, other in direct(uses):
        (x, y), (to_x, to_y) = at[part], at[other]
        x, y, to_x = x + WIDE / 2, y + HIGH, to_x + WIDE / 2
        bend = (to_y - y) / 2
        out.append(f'<path class="l" d="M{x:g} {y:g}C{x:g} {y + bend:g} {to_x:g} {to_y - bend:g} {to_x:g} {to_y:g}"/>')
    for part, (x, y) in at.items():
        name = part
        out.append(f'<rect class="b" x="{x:g}" y="{y:g}" width="{WIDE}" height="{HIGH}" rx="6"/>')
        out.append(f'<text class="n" x="{x + WIDE / 2:g}" y="{y + 23:g}" text-anchor="middle">{escape(name)}</text>')
        out.append(
            f'<text class="s" x="{x + WIDE / 2:g}" y="{y + 41:g}" text-anchor="middle">{escape(ROOMS[part])}</text>'
        )
    return "\n".join([*out, "</svg>"]) + "\n"


def main(words: list[str]) -> int:
    names = [word for word in words if not word.startswith("-")]
    file = Path(names[0]) if names else PICTURE
    file.write_text(draw(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
