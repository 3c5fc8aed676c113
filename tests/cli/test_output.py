"""The output folder: all or nothing, only policyc's own files, never through a link."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from policyc.cli import folder_lock
from policyc.cli.output import STAGING, Asked, Change, File, Output, Problem
from policyc.workspace.places import MANIFEST

FILES = {
    "lattice/a.json": File("lattice", "", "{}\n"),
    "cloudwan/core.json": File("cloudwan", "", "[]\n"),
    "source-map.json": File("", "", "1\n"),
}


def everything(target: str, source: str) -> bool:
    return True


def only(wanted: str) -> Asked:
    return lambda target, source: target == wanted


def tree(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != MANIFEST
    }


def texts(files: dict[str, File]) -> dict[str, str]:
    return {path: file.text for path, file in files.items()}


@pytest.fixture
def output(tmp_path: Path) -> Output:
    built = Output(tmp_path / "out", tmp_path)
    assert isinstance(built.write(FILES, everything), Change)
    return built


def test_a_build_writes_everything_and_nothing_else(output: Output) -> None:
    assert tree(output.folder) == texts(FILES)
    assert sorted(path.name for path in output.folder.iterdir()) == [MANIFEST, "cloudwan", "lattice", "source-map.json"]
    assert output.compare(FILES, everything) == []


def test_a_second_build_gives_the_same_bytes(output: Output) -> None:
    before = (output.folder / MANIFEST).read_bytes()
    assert isinstance(output.write(dict(reversed(FILES.items())), everything), Change)
    assert (output.folder / MANIFEST).read_bytes() == before and tree(output.folder) == texts(FILES)


def test_compare_names_what_is_missing_stale_and_extra(output: Output) -> None:
    (output.folder / "source-map.json").write_text("2\n")
    wanted = {
        "source-map.json": FILES["source-map.json"],
        "lattice/new.json": File("lattice", "", "{}"),
        **dict([*FILES.items()][:1]),
    }
    assert output.compare(wanted, everything) == [
        ("extra", "cloudwan/core.json"),
        ("missing", "lattice/new.json"),
        ("stale", "source-map.json"),
    ]
    assert output.compare(wanted, only("lattice")) == [("missing", "lattice/new.json"), ("stale", "source-map.json")]


def test_documents_that_no_longer_come_out_are_removed_unless_changed(output: Output) -> None:
    (output.folder / "cloudwan/core.json").write_text("edited")
    assert isinstance(output.write({"source-map.json": File("", "", "3\n")}, everything), Change)
    assert tree(output.folder) == {"cloudwan/core.json": "edited", "source-map.json": "3\n"}
    assert not (output.folder / "lattice").exists()


def test_a_build_of_one_target_leaves_the_others_alone(output: Output) -> None:
    assert isinstance(output.write({"source-map.json": File("", "", "1\n")}, only("lattice")), Change)
    assert tree(output.folder) == {"cloudwan/core.json": "[]\n", "source-map.json": "1\n"}
    assert isinstance(output.write({"source-map.json": File("", "", "1\n")}, everything), Change)
    assert tree(output.folder) == {"source-map.json": "1\n"}


def test_a_file_of_somebody_else_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "lattice").mkdir()
    (tmp_path / "lattice/a.json").write_text("mine")
    found = Output(tmp_path, tmp_path).write(FILES, everything)
    assert isinstance(found, Problem) and found.rule == "output-in-the-way" and "lattice/a.json" in found.message
    assert tree(tmp_path) == {"lattice/a.json": "mine"}


def test_nothing_is_written_through_links(tmp_path: Path) -> None:
    outside, folder = tmp_path / "outside", tmp_path / "out"
    outside.mkdir()
    folder.mkdir()
    (folder / "lattice").symlink_to(outside)
    found = Output(folder, tmp_path).write(FILES, everything)
    assert isinstance(found, Problem) and "symbolic link" in found.message
    assert not list(outside.iterdir())


@pytest.mark.parametrize("failing", range(1, 8))
@pytest.mark.parametrize("call", ["replace", "open", "mkdir"])
def test_a_failure_at_any_step_changes_nothing(
    output: Output, monkeypatch: pytest.MonkeyPatch, failing: int, call: str
) -> None:
    wanted = {
        "lattice/a.json": File("lattice", "", "new"),
        "other/b.json": File("lattice", "", "b"),
        "source-map.json": File("", "", "new"),
    }
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
    found = output.write(wanted, everything)
    monkeypatch.undo()
    if count < failing:
        assert isinstance(found, Change) and tree(output.folder) == texts(wanted)
        return
    assert isinstance(found, Problem) and found.rule == "output-failed" and "no space left" in found.message
    assert (tree(output.folder), (output.folder / MANIFEST).read_bytes()) == before
    assert sorted(path.name for path in output.folder.iterdir()) == [MANIFEST, "cloudwan", "lattice", "source-map.json"]


def test_an_interrupt_puts_everything_back(output: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    before = tree(output.folder)
    original, count = Path.replace, 0

    def stop(self: Path, target: Path) -> Path:
        nonlocal count
        count += 1
        if count == 2:
            raise KeyboardInterrupt
        return original(self, target)

    monkeypatch.setattr(Path, "replace", stop)
    with pytest.raises(KeyboardInterrupt):
        output.write({"lattice/a.json": File("lattice", "", "new")}, everything)
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
    found = output.write(FILES, everything)
    assert isinstance(found, Problem) and found.rule == "broken-manifest"


def test_a_forged_manifest_cannot_remove_what_policyc_did_not_write(output: Output) -> None:
    mine = output.folder / "mine.txt"
    mine.write_text("keep")
    data = json.loads((output.folder / MANIFEST).read_text())
    data["files"]["mine.txt"] = {"sha256": "0" * 64, "target": ""}
    (output.folder / MANIFEST).write_text(json.dumps(data))
    assert isinstance(output.write(FILES, everything), Change)
    assert mine.read_text() == "keep"


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "out"
    file.write_text("x")
    found = Output(file, tmp_path).write(FILES, everything)
    assert isinstance(found, Problem) and found.rule == "output-in-the-way"


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs permissions that bind this user")
def test_a_read_only_folder_is_a_message(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        found = Output(tmp_path / "out", tmp_path).write(FILES, everything)
    finally:
        tmp_path.chmod(0o700)
    assert isinstance(found, Problem) and found.rule == "output-failed"


def test_what_a_build_did_is_told(output: Output) -> None:
    (output.folder / "cloudwan/core.json").write_text("edited")
    wanted = {"lattice/a.json": FILES["lattice/a.json"], "lattice/b.json": File("lattice", "b.policy", "{}")}
    change = output.write(wanted, everything)
    assert change == Change(("lattice/b.json",), ("lattice/a.json",), ("source-map.json",), ("cloudwan/core.json",))
    assert output.write(wanted, everything) == Change((), ("lattice/a.json", "lattice/b.json"), (), ())


def test_only_what_was_asked_for_is_removed(output: Output) -> None:
    more = {
        **FILES,
        "lattice/b.json": File("lattice", "b.policy", "{}"),
        "lattice/c.json": File("lattice", "c.policy", "{}"),
    }
    assert isinstance(output.write(more, everything), Change)
    change = output.write({}, lambda target, source: source == "b.policy")
    assert isinstance(change, Change) and change.removed == ("lattice/b.json",)
    assert "lattice/c.json" in tree(output.folder)


def test_a_folder_belongs_to_one_project(output: Output, tmp_path: Path) -> None:
    other = Output(output.folder, tmp_path / "other")
    before = tree(output.folder)
    found = other.write({}, everything), other.compare({}, everything)
    assert [isinstance(item, Problem) and item.rule for item in found] == ["output-of-another-project"] * 2
    assert tree(output.folder) == before
    tmp_path.joinpath("out").rename(tmp_path / "moved")
    assert isinstance(Output(tmp_path / "moved", tmp_path).write(FILES, everything), Change)


def test_a_build_waits_for_another_and_says_so_in_the_end(output: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("fcntl")
    monkeypatch.setattr(folder_lock, "PATIENCE", 0.1)
    with folder_lock.locked(output.folder) as lock:
        assert lock
        found = output.write({}, everything), output.compare(FILES, everything)
    assert [isinstance(item, Problem) and item.rule for item in found] == ["output-busy"] * 2
    assert output.compare(FILES, everything) == []


def test_a_name_that_is_too_long_is_missing(output: Output) -> None:
    name = "x" * 300
    manifest = {"format_version": 1, "files": {name: {"sha256": "0" * 64, "target": "lattice"}}}
    (output.folder / MANIFEST).write_text(json.dumps(manifest))
    assert output.compare(FILES, everything) == []


#: one build of new documents that is killed before its Nth step on the file system
KILLED = """
import os, shutil, sys
from pathlib import Path
from policyc.cli.output import File, Output
steps = int(sys.argv[1])
def counted(original):
    def call(*args, **options):
        global steps
        steps -= 1
        if not steps:
            os._exit(9)
        return original(*args, **options)
    return call
Path.replace, Path.unlink, Path.mkdir = counted(Path.replace), counted(Path.unlink), counted(Path.mkdir)
shutil.copy2, shutil.rmtree, os.fsync = counted(shutil.copy2), counted(shutil.rmtree), counted(os.fsync)
files = {"lattice/a.json": File("lattice", "", "new"), "other/b.json": File("lattice", "", "b"), "source-map.json": File("", "", "new")}
print(Output(Path(sys.argv[2]), Path(sys.argv[2]).parent).write(files, lambda target, source: True))
"""


@pytest.mark.parametrize("back", [True, False], ids=["to the old documents", "to others"])
def test_after_a_kill_at_any_step_the_next_build_gives_the_right_state(tmp_path: Path, back: bool) -> None:
    wanted = FILES if back else {"lattice/z.json": File("lattice", "", "z")}
    step, killed = 0, True
    while killed:
        step += 1
        output = Output(tmp_path / str(step) / "out", tmp_path)
        output.folder.parent.mkdir()
        assert isinstance(Output(output.folder, output.folder.parent).write(FILES, everything), Change)
        done = subprocess.run(
            [sys.executable, "-c", KILLED, str(step), str(output.folder)], capture_output=True, text=True, check=False
        )
        killed = done.returncode == 9
        assert killed or "Change" in done.stdout, done.stderr
        output = Output(output.folder, output.folder.parent)
        if list(output.folder.glob(f"{STAGING}*")):
            found = output.compare(FILES, everything)
            assert isinstance(found, list) and "leftover" in {state for state, _ in found}
        assert isinstance(output.write(wanted, everything), Change)
        assert tree(output.folder) == texts(wanted)
        assert output.compare(wanted, everything) == []
        assert not list(output.folder.glob(f"{STAGING}*"))
    assert step > 15


@pytest.mark.parametrize("step", [2, 5, 9, 13, 16])
def test_a_kill_beside_another_build_leaves_what_the_next_one_mends(tmp_path: Path, step: int) -> None:
    """Two builds at once, of which one is killed: the other one is whole or waits, and the next is right whatever came first."""
    pytest.importorskip("fcntl")
    output = Output(tmp_path / "out", tmp_path)
    assert isinstance(output.write(FILES, everything), Change)
    given = [str(output.folder)]
    line = [sys.executable, "-c", KILLED]
    killed, other = (subprocess.Popen([*line, str(at), *given], stdout=subprocess.PIPE) for at in (step, 0))
    told = other.communicate(timeout=60)[0]
    killed.communicate(timeout=60)
    # where the other one was first, there is less to do than the steps that the kill waits for
    assert killed.returncode in (0, 9) and other.returncode == 0 and b"Change" in told
    wanted = {"lattice/z.json": File("lattice", "", "z")}
    assert isinstance(output.write(wanted, everything), Change)
    assert (tree(output.folder), output.compare(wanted, everything)) == (texts(wanted), [])
    assert not list(output.folder.glob(f"{STAGING}*"))
