"""The wheel carries everything that it needs: built, installed into a clean environment, used outside the checkout.

Dependencies come from the environment that runs the tests (a `.pth` file leads there), so nothing is downloaded.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

from policyc.version import VERSION

ROOT = Path(__file__).parent.parent.parent
pytestmark = pytest.mark.skipif(
    find_spec("hatchling") is None, reason="hatchling builds the wheel; it is not installed"
)


def call(*argv: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    environ = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PIP_", "VIRTUAL_ENV"))
    }
    environ |= {"XDG_CACHE_HOME": str(cwd / "cache"), "NO_COLOR": "1"}
    return subprocess.run(
        [str(word) for word in argv], cwd=cwd, env=environ, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the source archive, and the wheel that was built from it rather than from the checkout."""
    folder = tmp_path_factory.mktemp("dist")
    made = call(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", folder, cwd=ROOT)
    assert made.returncode == 0, made.stderr
    archive = folder / f"policyc-{VERSION}.tar.gz"
    opened = call(sys.executable, "-m", "tarfile", "-e", archive, folder, cwd=folder)
    assert opened.returncode == 0, opened.stderr
    source = folder / f"policyc-{VERSION}"
    made = call(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=source)
    assert made.returncode == 0, made.stderr
    return folder


@pytest.fixture(scope="module")
def python(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of a clean environment with the wheel installed."""
    folder = tmp_path_factory.mktemp("clean")
    venv.create(folder, with_pip=False, symlinks=os.name != "nt")
    inside = "Scripts" if os.name == "nt" else "bin"
    found = folder / inside / ("python.exe" if os.name == "nt" else "python")
    wheel = next(built.glob("*.whl"))
    installed = call(
        sys.executable,
        "-m",
        "pip",
        "--python",
        found,
        "install",
        "--no-deps",
        "--no-index",
        "--no-compile",
        "--quiet",
        wheel,
        cwd=built,
    )
    assert installed.returncode == 0, installed.stderr
    asked = call(found, "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])", cwd=built)
    borrowed = [sysconfig.get_paths()[name] for name in ("purelib", "platlib")]
    # `zz` comes after the clean environment's own folder, so policyc is the installed one.
    Path(asked.stdout.strip(), "zz-borrowed.pth").write_text(
        "\n".join(dict.fromkeys(borrowed)) + "\n", encoding="utf-8"
    )
    return found


def test_the_wheel_holds_data_and_licence_and_no_tests(built: Path) -> None:
    names = zipfile.ZipFile(next(built.glob("*.whl"))).namelist()
    assert "policyc/_data/schemas/config.schema.json" in names
    assert "policyc/_data/grammars/policyc.lark" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not [name for name in names if name.startswith(("tests/", "policies/", "policyc/_data/policies"))]


def test_the_installed_command_works_outside_the_checkout(python: Path, tmp_path: Path) -> None:
    where = call(python, "-c", "import policyc.data as d; print(d.data_root())", cwd=tmp_path)
    assert where.returncode == 0, where.stderr
    assert Path(where.stdout.strip()).name == "_data" and not Path(where.stdout.strip()).is_relative_to(
        ROOT / "policyc"
    )
    command = next(path for path in python.parent.iterdir() if path.stem == "policyc")
    version = call(command, "--version", cwd=tmp_path)
    assert (version.returncode, version.stdout) == (0, f"policyc {VERSION}\n"), version.stderr
    assert call(python, "-m", "policyc", "--version", cwd=tmp_path).stdout == version.stdout
    for argv in (["init"], ["check"], ["check"], ["test"], ["build"], ["build", "--check"], ["explain", "lattice"]):
        ran = call(command, *argv, cwd=tmp_path)
        assert ran.returncode == 0, (argv, ran.stdout, ran.stderr)
    assert (tmp_path / "out/lattice/inventory_auth.json").is_file()
