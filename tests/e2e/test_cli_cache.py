"""The memory of `check`: used when nothing changed, and never otherwise."""

from __future__ import annotations

import marshal
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from policyc.__main__ import main
from policyc.cli import cache

Check = Callable[..., tuple[int, str, bool]]


@pytest.fixture
def check(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Check:
    """Runs `check` and tells the status, the output, and whether it came from memory."""
    for name in cache.VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    assert main(["init", "-q"]) == 0
    capsys.readouterr()
    from policyc.cli import app

    compiled = 0
    original = app.run

    def count(argv: list[str]) -> int:
        nonlocal compiled
        compiled += 1
        return original(argv)

    monkeypatch.setattr(app, "run", count)

    def call(*argv: str) -> tuple[int, str, bool]:
        before = compiled
        status = main(["check", *argv])
        return status, capsys.readouterr().out, compiled == before

    return call


def entry() -> Path:
    found = list(Path(cache.FOLDER).glob("check-*"))
    assert len(found) == 1
    return found[0]


def test_the_second_check_answers_from_memory_with_the_same_bytes(check: Check) -> None:
    first = check()
    second = check()
    assert first[0] == second[0] == 0 and first[1] == second[1]
    assert not first[2] and second[2]


def test_warnings_are_remembered_with_their_frames(check: Check) -> None:
    path = Path("policies/shop.policy")
    path.write_text(path.read_text(encoding="utf-8") + '\nlet never_used: account = "999988887777"\n', encoding="utf-8")
    first = check()
    assert check() == (first[0], first[1], True)


@pytest.mark.parametrize(
    "change",
    [
        "input",
        "import",
        "new file",
        "removed file",
        "config",
        "link",
        "argument",
        "no cache",
        "width",
        "color",
        "build",
    ],
)
def test_any_change_is_seen(check: Check, change: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    Path("policies/extra.policy").write_text("module extra\n", encoding="utf-8")
    check()
    assert check()[2]
    arguments: list[str] = []
    match change:
        case "input":
            with Path("policies/shop.policy").open("a", encoding="utf-8") as file:
                file.write("// more\n")
        case "import":
            with Path("policies/shared.policy").open("a", encoding="utf-8") as file:
                file.write("// more\n")
        case "new file":
            Path("policies/new.policy").write_text("module new\n", encoding="utf-8")
        case "removed file":
            Path("policies/extra.policy").unlink()
        case "config":
            with Path("policyc.toml").open("a", encoding="utf-8") as file:
                file.write("# more\n")
        case "link":
            moved = Path("policies/extra.policy").rename(tmp_path / "moved.policy")
            Path("policies/extra.policy").symlink_to(moved)
        case "argument":
            arguments = ["--param", "stage=prod"]
        case "no cache":
            arguments = ["--no-cache"]
        case "width":
            monkeypatch.setenv("COLUMNS", "100")
        case "color":
            monkeypatch.setenv("FORCE_COLOR", "1")
        case "build":
            monkeypatch.setattr(cache, "build_stamp", lambda: "another")
    assert not check(*arguments)[2]


def test_imports_outside_the_named_paths_count(check: Check) -> None:
    check("policies/shop.policy")
    assert check("policies/shop.policy")[2]
    with Path("policies/shared.policy").open("a", encoding="utf-8") as file:
        file.write("// more\n")
    assert not check("policies/shop.policy")[2]


def test_errors_of_reading_are_not_remembered(check: Check) -> None:
    path = Path("policies/shop.policy")
    path.write_text(path.read_text(encoding="utf-8").replace("shared.policy", "later.policy"), encoding="utf-8")
    assert check()[0] == 1
    assert not check()[2]


@pytest.mark.parametrize("damage", ["empty", "cut", "text", "seal", "report", "binary", "folder"])
def test_damage_and_forgery_are_ignored(check: Check, damage: str) -> None:
    first = check()
    path = entry()
    data = path.read_bytes()
    body, _, seal = data.rpartition(b"\n")
    match damage:
        case "empty":
            path.write_bytes(b"")
        case "cut":
            path.write_bytes(data[:-10])
        case "text":
            path.write_bytes(b"{}\n" + seal)
        case "seal":
            path.write_bytes(body + b"\n" + b"0" * len(seal))
        case "report":
            forged = marshal.loads(body) | {"report": "all good\n"}
            path.write_bytes(marshal.dumps(forged) + b"\n" + seal)
        case "binary":
            path.write_bytes(os.urandom(500))
        case "folder":
            path.unlink()
            path.mkdir()
    assert check() == (first[0], first[1], False)


def test_a_cache_sealed_by_somebody_else_is_ignored(
    check: Check, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    check()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "other user"))
    assert not check()[2]


def test_the_key_is_for_its_user_alone(check: Check, tmp_path: Path) -> None:
    check()
    key = tmp_path / "cache/policyc/check-key"
    assert len(key.read_bytes()) == 32
    if os.name != "nt":
        assert key.stat().st_mode & 0o077 == 0


def test_no_cache_writes_nothing_and_the_folder_ignores_itself(check: Check) -> None:
    check("--no-cache")
    assert not Path(cache.FOLDER).exists()
    check()
    assert (Path(cache.FOLDER) / ".gitignore").read_text(encoding="utf-8") == "*\n"


def test_a_linked_cache_folder_is_not_used(check: Check, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    Path(cache.FOLDER).symlink_to(outside)
    check()
    assert not check()[2] and not list(outside.iterdir())


def test_without_a_place_for_the_key_check_still_works(
    check: Check, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    blocker = tmp_path / "file"
    blocker.write_text("x", encoding="utf-8")
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocker))
    assert check()[0] == 0
    assert check()[0] == 0
