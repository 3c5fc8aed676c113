"""Nothing outside the project is read or written, whatever a link, a device or a pipe promises."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from policyc.bounded import NotRegular, TooLarge, read_regular
from tests.running import said

POLICY = 'let shop: account = "111122223333"\nprincipal app = role(shop, "app")\n'


def policyc(root: Path, *words: str) -> tuple[int, str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(root.parent / "cache"))
        patch.setenv("NO_COLOR", "1")
        return said(root, *words)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    (root / "a.policy").write_text(POLICY)
    return root


def test_only_regular_files_are_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"12345")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    os.mkfifo(tmp_path / "pipe")
    assert read_regular(tmp_path / "file", 5) == b"12345"
    assert read_regular(tmp_path / "link", 5) == b"12345"
    with pytest.raises(TooLarge):
        read_regular(tmp_path / "file", 4)
    with pytest.raises(OSError, match="symbolic links"):
        read_regular(tmp_path / "link", 5, follow=False)
    for name in (tmp_path / "pipe", tmp_path, Path("/dev/zero")):
        with pytest.raises(NotRegular):
            read_regular(name, 5)


def test_a_configuration_behind_a_link_is_refused(project: Path) -> None:
    (project.parent / "secret.env").write_text("TOKEN = abc value\n")
    (project / "policyc.toml").symlink_to("../secret.env")
    for command in ("check", "build", "test", "fmt"):
        status, told = policyc(project, command)
        assert status == 2, told
        assert "path-outside-root" in told
        assert "abc value" not in told


def test_a_configuration_linked_inside_the_project_is_read(project: Path) -> None:
    (project / "real.toml").write_text('[project]\npaths = ["missing"]\n')
    (project / "policyc.toml").symlink_to("real.toml")
    assert "missing-path" in policyc(project, "check")[1]


def test_an_output_folder_behind_a_link_is_refused(project: Path) -> None:
    (project.parent / "elsewhere").mkdir()
    (project / "out").symlink_to("../elsewhere")
    (project / "policyc.toml").write_text('[build]\nout = "out"\n')
    status, told = policyc(project, "build")
    assert status == 2
    assert "path-outside-root" in told
    assert list((project.parent / "elsewhere").iterdir()) == []


def test_links_in_a_circle_are_called_that(project: Path) -> None:
    (project / "x.policy").symlink_to("y.policy")
    (project / "y.policy").symlink_to("x.policy")
    for words in (["check", "x.policy"], ["check"]):
        status, told = policyc(project, *words)
        assert status in (1, 2)
        assert "links-in-a-circle" in told
        assert "outside" not in told


@pytest.mark.parametrize("where", ["/dev/zero", "pipe"])
def test_an_entry_of_the_cache_that_is_no_file_is_not_read(project: Path, where: str) -> None:
    first = policyc(project, "check")
    entries = list((project / ".policyc-cache").glob("check-*"))
    assert len(entries) == 1
    entries[0].unlink()
    if where == "pipe":
        os.mkfifo(entries[0])
    else:
        entries[0].symlink_to(where)
    assert policyc(project, "check") == first


def test_a_cache_folder_that_is_a_link_is_left_alone(project: Path) -> None:
    (project.parent / "there").mkdir()
    (project / ".policyc-cache").symlink_to("../there")
    policyc(project, "check")
    assert list((project.parent / "there").iterdir()) == []


@pytest.mark.parametrize("where", ["/dev/zero", "pipe"])
def test_what_stands_in_the_place_of_a_manifest(project: Path, where: str) -> None:
    """Neither `build` nor `init` waits for what never ends, or never comes."""
    out = project / "out"
    out.mkdir()
    for place in (out / ".policyc-manifest.json", project / ".gitignore"):
        if where == "pipe":
            os.mkfifo(place)
        else:
            place.symlink_to(where)
    (project / "a.policy").write_text(f'{POLICY}resource svc: lattice.service {{ id: "svc-0a1b2c3d4e5f67890", at: shop/us-west-2, auth: aws_iam }}\n'
        'policy p for lattice on svc { allow "r" { who app  can GET } }\n')  # fmt: skip
    status, told = policyc(project, "build")
    assert status == 2 and "broken-manifest" in told, told
    assert policyc(project, "init", ".")[0] == 2


def test_a_gitignore_in_another_encoding_gets_its_lines(project: Path) -> None:
    (project / ".gitignore").write_bytes(b"caf\xe9\n")
    assert policyc(project, "init", ".")[0] == 0
    assert (project / ".gitignore").read_bytes().startswith(b"caf\xe9\n.policyc-cache/")
