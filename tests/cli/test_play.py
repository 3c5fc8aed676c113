"""`policyc play`: files of the site, on this machine alone."""

from __future__ import annotations

import http.client
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from policyc.__main__ import main


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    (tmp_path / "site" / "play").mkdir(parents=True)
    (tmp_path / "site" / "play" / "index.html").write_text("<!doctype html>", encoding="utf-8")
    (tmp_path / "site" / "x.wasm").write_bytes(b"\0asm")
    (tmp_path / "secret").write_text("secret", encoding="utf-8")
    words = [sys.executable, "-m", "policyc", "play", "--port", "0", "--site", str(tmp_path / "site")]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:([0-9]+)/", server.stdout.readline())
        assert found is not None
        yield int(found[1])
        server.terminate()


def get(port: int, path: str, host: str = "127.0.0.1") -> tuple[int, str, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path, headers={"Host": f"{host}:{port}"})
    answer = connection.getresponse()
    return answer.status, answer.headers.get("Content-Type", ""), answer.read()


def test_files_of_the_site_and_nothing_else(port: int) -> None:
    assert get(port, "/play/index.html")[0] == 200
    assert get(port, "/x.wasm")[1] == "application/wasm"
    assert get(port, "/")[0] == 404
    assert get(port, "/../secret")[0] == 404
    assert get(port, "/play/index.html", "evil.example")[0] == 421


def test_a_missing_site_is_wrong_use(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["play", "--site", str(tmp_path)]) == 2
    assert "make site" in capsys.readouterr().err
