"""Out of the language and back: what `build --to` writes is imported, and builds the same documents; so is everything of the corpus."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.running import Told

ROOT = Path(__file__).parents[2]
CORPUS = ROOT.parent / "shared" / "corpus"
#: what there are policies for, by the name of its file
MINE = {
    "lattice": ("delivery_auth", "inventory_auth", "mesh_guard", "payment_auth"),
    "cloudwan": ("core", "hub"),
    "verified_access": ("ledger_access", "payroll_access", "staff_access"),
}


def texts(folder: Path) -> list[str]:
    """The documents of an output folder, in one order, whatever they are called."""
    found = [path for path in folder.rglob("*.*") if path.name not in ("source-map.json", ".policyc-manifest.json")]
    return sorted(
        json.dumps(json.loads(path.read_text(encoding="utf-8")), sort_keys=True)
        if path.suffix == ".json"
        else path.read_text(encoding="utf-8")
        for path in found
    )


@pytest.mark.parametrize("form", ["cloudformation", "cdk", "terraform", "terraform-json", "kubernetes"])
def test_what_is_written_is_imported_as_it_was(told: Told, form: str, tmp_path: Path) -> None:
    targets = ["lattice"] if form == "kubernetes" else list(MINE)
    asked = [word for name in targets for word in ("--target", name)]
    assert told("build", "--root", str(ROOT), "--to", form, "-o", "written", *asked)[0] == 0
    assert told("build", "--root", str(ROOT), "-o", "first", *asked)[0] == 0
    (tmp_path / "written" / ".policyc-manifest.json").unlink()
    status, said = told(
        "import", "written", "-o", "policies", "--trust", "idc=iam_identity_center", "--trust", "jamf=jamf"
    )
    assert status == 0, said
    assert "not imported" not in said
    assert told("build", "policies", "-o", "again")[0] == 0
    assert texts(Path("again")) == texts(Path("first"))


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not beside this checkout")
def test_every_document_of_the_corpus_is_imported(told: Told) -> None:
    for source in CORPUS.rglob("*.*"):
        place = Path("corpus") / source.relative_to(CORPUS)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(source.read_bytes())
    status, said = told("import", "corpus", "-o", "policies")
    assert status == 0, said
    assert "not imported" not in said
    assert said.endswith("15 documents in 15 files\n")
    status, said = told("build", *map(str, Path("policies").rglob("*_auth_policy.policy")), "--to", "cloudformation")
    assert status == 0, said
