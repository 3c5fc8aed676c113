"""Which files a run reads: all below the named paths, none outside the root, and nothing left out without a word."""

from __future__ import annotations

from pathlib import Path

from policyc.diagnostics import Diagnostics
from policyc.model.files import find_files, load_files


def found(root: Path, *paths: str) -> tuple[list[str], list[str]]:
    diagnostics = Diagnostics()
    names = find_files(root, [Path(path) for path in paths], diagnostics)
    return names, [item.rule for item in diagnostics]


def write(path: Path, text: str = 'let a: string = "x"\n') -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_folders_are_walked_and_hidden_ones_left_out(tmp_path: Path) -> None:
    for name in ("b.policy", "sub/a.policy", ".git/x.policy", "sub/notes.txt"):
        write(tmp_path / name)
    assert found(tmp_path, ".") == (["b.policy", "sub/a.policy"], [])


def test_the_same_file_by_two_ways_counts_once(tmp_path: Path) -> None:
    write(tmp_path / "sub/a.policy")
    (tmp_path / "link").symlink_to(tmp_path / "sub")
    (tmp_path / "sub/loop").symlink_to(tmp_path)
    assert found(tmp_path, ".", "sub/a.policy") == (["sub/a.policy"], [])


def test_a_linked_folder_inside_the_root_is_followed(tmp_path: Path) -> None:
    write(tmp_path / "real/a.policy")
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies/link").symlink_to(tmp_path / "real")
    assert found(tmp_path, "policies") == (["real/a.policy"], [])


def test_a_linked_folder_that_leaves_the_root_is_an_error(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    write(tmp_path / "outside/a.policy")
    (root / "link").symlink_to(tmp_path / "outside")
    assert found(root, ".") == ([], ["outside-root"])


def test_what_is_missing_or_no_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "x.policy").mkdir()
    assert found(tmp_path, "none.policy") == ([], ["missing-file"])
    assert found(tmp_path, ".") == ([], ["missing-file"])


def test_bad_bytes_and_sizes(tmp_path: Path) -> None:
    (tmp_path / "latin.policy").write_bytes(b'let a: string = "caf\xe9"\n')
    (tmp_path / "huge.policy").write_bytes(b"// x\n" * 1_000_000)
    write(tmp_path / "empty.policy", "")
    write(tmp_path / "comment.policy", "// nothing\n")
    (tmp_path / "bom.policy").write_bytes(b'\xef\xbb\xbflet a: string = "x"\n')
    diagnostics = Diagnostics()
    files = load_files(tmp_path, [Path()], diagnostics)
    assert sorted(item.rule for item in diagnostics) == ["empty-file", "empty-file", "file-too-large", "not-utf-8"]
    assert len(files.modules["bom.policy"].declarations) == 1


def test_imports_stand_before_their_importers(tmp_path: Path) -> None:
    write(tmp_path / "a.policy", 'use "sub/b.policy" { b }\nlet a: string = b\n')
    write(tmp_path / "sub/b.policy", 'use "c.policy" { c }\nlet b: string = c\n')
    write(tmp_path / "c.policy", 'let c: string = "x"\n')
    diagnostics = Diagnostics()
    files = load_files(tmp_path, [Path("a.policy")], diagnostics)
    assert list(files.modules) == ["c.policy", "sub/b.policy", "a.policy"]
    assert not diagnostics.has_errors


def test_an_unsaved_text_stands_for_its_file_and_a_new_one_needs_none(tmp_path: Path) -> None:
    write(tmp_path / "a.policy", 'let a: string = "saved"\n')
    write(tmp_path / "b.policy", 'use "a.policy" { a }\nlet b: string = a\n')
    buffers = {
        "a.policy": '\ufefflet a: string = "typed"\n',
        "sub/new.policy": 'use "a.policy" { a }\nlet c: string = a\n',
    }
    diagnostics = Diagnostics()
    files = load_files(tmp_path, [Path(), tmp_path / "sub/new.policy"], diagnostics, buffers.get)
    assert list(files.modules) == ["a.policy", "b.policy", "sub/new.policy"]
    assert not diagnostics.has_errors
    assert files.sources["a.policy"].text == 'let a: string = "typed"\n'
    assert files.sources["b.policy"].text.startswith("use")


def test_an_unsaved_text_is_held_to_the_same_limits(tmp_path: Path) -> None:
    buffers = {"half.policy": 'let a: string = "\ud800"\n', "huge.policy": "// x\n" * 1_000_000, "empty.policy": ""}
    diagnostics = Diagnostics()
    load_files(tmp_path, map(Path, buffers), diagnostics, buffers.get)
    assert sorted(item.rule for item in diagnostics) == ["empty-file", "file-too-large", "not-utf-8"]


def test_no_unsaved_text_is_asked_for_outside_the_root(tmp_path: Path) -> None:
    diagnostics = Diagnostics()
    load_files(tmp_path, [Path("../x.policy")], diagnostics, {"../x.policy": "", "x.policy": ""}.get)
    assert [item.rule for item in diagnostics] == ["missing-file"]
