"""The output folder: all or nothing, only policyc's own files, never through a link."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from policyc.cli.output import MANIFEST, Output, Problem

FILES = {
    "lattice/a.json": ("lattice", "{}\n"),
    "cloudwan/core.json": ("cloudwan", "[]\n"),
    "source-map.json": ("", "1\n"),
}


def tree(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != MANIFEST
    }


def texts(files: dict[str, tuple[str, str]]) -> dict[str, str]:
    return {path: text for path, (_, text) in files.items()}


@pytest.fixture
def output(tmp_path: Path) -> Output:
    built = Output(tmp_path / "out")
    assert built.write(FILES, None) is None
    return built


def test_a_build_writes_everything_and_nothing_else(output: Output) -> None:
    assert tree(output.folder) == texts(FILES)
    assert sorted(path.name for path in output.folder.iterdir()) == [MANIFEST, "cloudwan", "lattice", "source-map.json"]
    assert output.compare(FILES, None) == []


def test_a_second_build_gives_the_same_bytes(output: Output) -> None:
    before = (output.folder / MANIFEST).read_bytes()
    assert output.write(dict(reversed(FILES.items())), None) is None
    assert (output.folder / MANIFEST).read_bytes() == before and tree(output.folder) == texts(FILES)


def test_compare_names_what_is_missing_stale_and_extra(output: Output) -> None:
    (output.folder / "source-map.json").write_text("2\n")
    wanted = {
        "source-map.json": FILES["source-map.json"],
        "lattice/new.json": ("lattice", "{}"),
        **dict([*FILES.items()][:1]),
    }
    assert output.compare(wanted, None) == [
        ("extra", "cloudwan/core.json"),
        ("missing", "lattice/new.json"),
        ("stale", "source-map.json"),
    ]
    assert output.compare(wanted, ["lattice"]) == [("missing", "lattice/new.json"), ("stale", "source-map.json")]


def test_documents_that_no_longer_come_out_are_removed_unless_changed(output: Output) -> None:
    (output.folder / "cloudwan/core.json").write_text("edited")
    assert output.write({"source-map.json": ("", "3\n")}, None) is None
    assert tree(output.folder) == {"cloudwan/core.json": "edited", "source-map.json": "3\n"}
    assert not (output.folder / "lattice").exists()


def test_a_build_of_one_target_leaves_the_others_alone(output: Output) -> None:
    assert output.write({"source-map.json": ("", "1\n")}, ["lattice"]) is None
    assert tree(output.folder) == {"cloudwan/core.json": "[]\n", "source-map.json": "1\n"}
    assert output.write({"source-map.json": ("", "1\n")}, None) is None
    assert tree(output.folder) == {"source-map.json": "1\n"}


def test_a_file_of_somebody_else_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "lattice").mkdir()
    (tmp_path / "lattice/a.json").write_text("mine")
    found = Output(tmp_path).write(FILES, None)
    assert isinstance(found, Problem) and found.rule == "output-in-the-way" and "lattice/a.json" in found.message
    assert tree(tmp_path) == {"lattice/a.json": "mine"}


def test_nothing_is_written_through_links(tmp_path: Path) -> None:
    outside, folder = tmp_path / "outside", tmp_path / "out"
    outside.mkdir()
    folder.mkdir()
    (folder / "lattice").symlink_to(outside)
    found = Output(folder).write(FILES, None)
    assert isinstance(found, Problem) and "symbolic link" in found.message
    assert not list(outside.iterdir())


@pytest.mark.parametrize("failing", range(1, 8))
@pytest.mark.parametrize("call", ["rename", "open", "mkdir"])
def test_a_failure_at_any_step_changes_nothing(
    output: Output, monkeypatch: pytest.MonkeyPatch, failing: int, call: str
) -> None:
    wanted = {"lattice/a.json": ("lattice", "new"), "other/b.json": ("lattice", "b"), "source-map.json": ("", "new")}
    before = tree(output.folder), (output.folder / MANIFEST).read_bytes()
    original, count = getattr(Path, call), 0

    def fail(self: Path, *args: object, **options: object) -> object:
        nonlocal count
        if call != "open" or args[:1] == ("xb",):
            count += 1
            if count == failing:
                raise OSError(28, "No space left on device")
        return original(self, *args, **options)

    monkeypatch.setattr(Path, call, fail)
    found = output.write(wanted, None)
    monkeypatch.undo()
    if count < failing:
        assert found is None and tree(output.folder) == texts(wanted)
        return
    assert isinstance(found, Problem) and found.rule == "output-failed" and "no space left" in found.message
    assert (tree(output.folder), (output.folder / MANIFEST).read_bytes()) == before
    assert sorted(path.name for path in output.folder.iterdir()) == [MANIFEST, "cloudwan", "lattice", "source-map.json"]


def test_an_interrupt_puts_everything_back(output: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    before = tree(output.folder)
    original, count = Path.rename, 0

    def stop(self: Path, target: Path) -> Path:
        nonlocal count
        count += 1
        if count == 4:
            raise KeyboardInterrupt
        return original(self, target)

    monkeypatch.setattr(Path, "rename", stop)
    with pytest.raises(KeyboardInterrupt):
        output.write({"lattice/a.json": ("lattice", "new")}, None)
    assert tree(output.folder) == before


@pytest.mark.parametrize(
    "manifest",
    [
        "",
        "[]",
        "null",
        "{}",
        '{"format_version": 2, "files": {}}',
        '{"format_version": 1, "files": []}',
        '{"format_version": 1, "files": {"../victim": {"sha256": "x", "target": ""}}}',
        '{"format_version": 1, "files": {"/etc/passwd": {"sha256": "x", "target": ""}}}',
        '{"format_version": 1, "files": {"a": {"sha256": 1, "target": ""}}}',
        "[" * 100_000,
    ],
)
def test_a_manifest_from_elsewhere_is_not_trusted(output: Output, manifest: str) -> None:
    (output.folder / MANIFEST).write_text(manifest)
    found = output.write(FILES, None)
    assert isinstance(found, Problem) and found.rule == "broken-manifest"


def test_a_forged_manifest_cannot_remove_what_policyc_did_not_write(output: Output) -> None:
    mine = output.folder / "mine.txt"
    mine.write_text("keep")
    data = json.loads((output.folder / MANIFEST).read_text())
    data["files"]["mine.txt"] = {"sha256": "0" * 64, "target": ""}
    (output.folder / MANIFEST).write_text(json.dumps(data))
    assert output.write(FILES, None) is None
    assert mine.read_text() == "keep"


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "out"
    file.write_text("x")
    found = Output(file).write(FILES, None)
    assert isinstance(found, Problem) and found.rule == "output-in-the-way"


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs permissions that bind this user")
def test_a_read_only_folder_is_a_message(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        found = Output(tmp_path / "out").write(FILES, None)
    finally:
        tmp_path.chmod(0o700)
    assert isinstance(found, Problem) and found.rule == "output-failed"
