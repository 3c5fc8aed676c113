"""`build` and `test` in one process: what they print, what they write, how they end."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from jsonschema import Draft202012Validator

from policyc.data import read_text
from tests.e2e.projects import SHOP, edit
from tests.running import Run

# --- build ----------------------------------------------------------------------------------------------------


def files(folder: str = "out") -> dict[str, bytes]:
    root = Path(folder)
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


BUILT = ["identity/order_calls.json", "lattice/inventory_auth.json", "lattice/mesh_guard.json", "source-map.json"]


def test_build_tells_programs_what_it_did(shop: Run) -> None:
    for words, done in (((), "written"), ((), "unchanged")):
        data = shop("build", "--format", "json", *words).json()
        Draft202012Validator(json.loads(read_text("schemas/report.schema.json"))).validate(data)
        assert data["build"][done] == BUILT and data["build"]["removed"] == []
    stale = shop("build", "--check", "--format", "json", "-o", "other").json()
    assert stale["build"]["missing"] == BUILT


def test_build_of_a_path_writes_and_removes_what_comes_from_it(shop: Run) -> None:
    shop("build")
    before = set(files())
    other = Path("policies/other.policy")
    other.write_text(
        'resource second: lattice.service { id: "svc-0123456789abcdef9", at: "111122223333"/us-west-2, auth: aws_iam }\n'
        'policy second_auth for lattice on second { allow "all" { who authenticated path "/a", "/a/*" } }\n',
        encoding="utf-8",
    )
    edit(SHOP, 'path "/stock", "/stock/*"', 'path "/stock"')
    result = shop("build", str(other))
    assert result.out.splitlines() == ["wrote: lattice/second_auth.json", "wrote: source-map.json"], result
    assert set(files()) == before | {"lattice/second_auth.json"}
    edit(str(other), "second_auth", "renamed")
    assert "removed: lattice/second_auth.json" in shop("build", str(other)).out
    assert set(files()) == before | {"lattice/renamed.json"}


def test_a_build_of_which_nothing_comes_is_no_build(shop: Run) -> None:
    shared = "policies/shared.policy"
    for words in ((), ("--check",), ("--to", "terraform"), ("--format", "json")):
        result = shop("build", shared, *words)
        assert (result.status, result.out) == (4, "") and "nothing to build" in result.err and not Path("out").exists()
    assert shop("build").status == 0
    Path(SHOP).unlink()
    assert "removed: lattice/mesh_guard.json" in shop("build").out


def test_a_build_folder_of_another_project_is_refused(run: Run) -> None:
    assert run("init", "one").status == 0 and run("init", "two").status == 0
    assert run("build", "--root", "one", "-o", "out").status == 0
    before = files()
    result = run("build", "--root", "two", "-o", "out")
    assert result.status == 2 and "output-of-another-project" in result.err
    assert files() == before


def test_build_writes_documents_and_a_source_map(shop: Run) -> None:
    result = shop("build")
    listed = [f"wrote: {path}" for path in BUILT]
    assert result.status == 0 and result.out.splitlines() == listed and "wrote 4 files to out" in result.err
    written = files()
    assert {"lattice/mesh_guard.json", "lattice/inventory_auth.json", "identity/order_calls.json"} <= set(written)
    data = json.loads(written["source-map.json"])
    Draft202012Validator(json.loads(read_text("schemas/source_map.schema.json"))).validate(data)
    entry = data["documents"]["lattice/inventory_auth.json"]["entries"][0]
    text = Path(SHOP).read_text(encoding="utf-8")
    first, last = entry["source"]["offsets"]
    assert entry["label"] == "order-reads-stock" and text[first:last].startswith('allow "order-reads-stock"')
    statement = json.loads(written["lattice/inventory_auth.json"])["Statement"][0]
    assert entry["pointer"] == "/Statement/0" and statement["Sid"] == "OrderReadsStock"


def test_build_twice_gives_the_same_bytes(shop: Run) -> None:
    shop("build")
    before = files()
    shop("build")
    assert files() == before
    shop("build", "-o", "elsewhere")
    assert files("elsewhere") == before


def test_build_writes_nothing_when_anything_is_wrong(shop: Run) -> None:
    shop("build")
    before = files()
    edit("policies/shared.policy", "o-a1b2c3d4e5", "o-zzzz")
    result = shop("build")
    assert result.status == 1 and "error[" in result.out
    assert files() == before


def test_build_check_lists_what_differs(shop: Run) -> None:
    missing = shop("build", "--check")
    assert missing.status == 1 and "missing: lattice/inventory_auth.json" in missing.out and not Path("out").exists()
    shop("build")
    edit(SHOP, 'path "/stock", "/stock/*"', 'path "/stock"')
    stale = shop("build", "--check")
    assert stale.status == 1 and "stale: lattice/inventory_auth.json" in stale.out
    assert "mesh_guard" not in stale.out
    listed = json.loads(shop("build", "--check", "--format", "gitlab").out)
    assert [item["check_name"] for item in listed] == ["out-of-date"] * 2  # with the source map
    assert "`out/lattice/inventory_auth.json` is not up to date" in listed[0]["description"]
    assert shop("build", "--check", "--explain", "--format", "junit").status == 2
    shop("build")
    assert shop("build", "--check").status == 0


def test_build_of_one_target(shop: Run) -> None:
    shop("build", "--target", "identity")
    assert "identity/order_calls.json" in files() and "lattice/mesh_guard.json" not in files()


def test_build_pretty_adds_copies_that_say_the_same(shop: Run) -> None:
    shop("build", "--pretty")
    written = files()
    plain, pretty = written["lattice/mesh_guard.json"], written["lattice/mesh_guard.pretty.json"]
    assert json.loads(plain) == json.loads(pretty) and len(pretty.splitlines()) > len(plain.splitlines())
    shop("build")
    assert "lattice/mesh_guard.pretty.json" not in files()


def test_build_explain_names_documents_statements_and_sources(shop: Run) -> None:
    result = shop("build", "--explain")
    assert "lattice/inventory_auth.json: " in result.out
    assert re.search(r"/Statement/0\s+order-reads-stock\s+policies/shop.policy:\d+:3", result.out)
    assert max(map(len, result.out.splitlines())) <= 80


def test_build_refuses_a_folder_with_other_files_in_the_way(shop: Run) -> None:
    Path("out/lattice").mkdir(parents=True)
    Path("out/lattice/mesh_guard.json").write_text("mine", encoding="utf-8")
    result = shop("build")
    assert result.status == 2 and "output-in-the-way" in result.err
    assert files() == {"lattice/mesh_guard.json": b"mine"}


# --- test -----------------------------------------------------------------------------------------------------


def test_test_reports_failures_with_the_reason(shop: Run) -> None:
    edit(SHOP, "expect deny by default at inventory_auth", "expect allow")
    result = shop("test", "--junit", "results.xml")
    assert result.status == 1
    assert "failed: a write is not a read (policies/shop.policy:" in result.out
    assert "expected allow, got deny" in result.out and result.out.endswith("1 failed, 2 passed\n")
    root = ElementTree.parse("results.xml").getroot()
    assert root.get("tests") == "3" and root.get("failures") == "1"


def test_test_formats_and_selection(shop: Run) -> None:
    assert shop("test", "--format", "json").json()["counts"] == {"passed": 3, "failed": 0}
    assert shop("test", "-k", "write", "--format", "json").json()["counts"] == {"passed": 1, "failed": 0}
    assert shop("test", "--format", "concise").out.count(": pass: ") == 3
    assert ElementTree.fromstring(shop("test", "--format", "junit").out).get("tests") == "3"
    assert shop("test", "-k", "no such test").status == 4
    assert shop("test", "-k", "(").status == 2
    assert shop("test", "--junit", "policies/shop.policy/results.xml").status == 2


def test_test_does_not_run_when_the_policies_are_wrong(shop: Run) -> None:
    edit(SHOP, "who order_fn", "who ordr_fn")
    result = shop("test")
    assert result.status == 1 and result.out == "" and "ordr_fn" in result.err
