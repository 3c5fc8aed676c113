"""The site: the docs as pages, and a page that runs policyc itself in a browser. Needs pip and npm; the result needs no server but one that hands out files.

Run: `python website/build.py [FOLDER]` (default: `dist/site`). Equal sources give equal files.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from pages import write_pages

from policyc.report.page import variables

HERE: Final = Path(__file__).parent
ROOT: Final = HERE.parent

#: what Python of a page is called among the platforms of wheels (https://peps.python.org/pep-0783/), as its build in `package.json` has it
_PLATFORM: Final = ("pyemscripten_2026_0_wasm32", "3.14", "cp314")
#: what of other packages a page does without
_LEFT_OUT: Final = ("/tests/", "/test/", "__pycache__", ".pyi", ".so.debug")
_PYODIDE: Final = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json")
_CEDAR: Final = ("cedar_wasm.js", "cedar_wasm_bg.wasm")


def build(out: Path) -> None:
    shutil.rmtree(out, ignore_errors=True)
    (out / "play").mkdir(parents=True)
    npm = shutil.which("npm")
    if npm is None:
        sys.exit("the site is built with npm, which is not installed")
    subprocess.run(
        [npm, "install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], cwd=HERE, check=True
    )
    vendor = out / "vendor"
    _copy(HERE / "node_modules" / "pyodide", vendor / "pyodide", _PYODIDE)
    _copy(HERE / "node_modules" / "@cedar-policy" / "cedar-wasm" / "web", vendor / "cedar", _CEDAR)
    _archive(vendor / "policyc.zip")
    _copy(HERE, out, ("search.js",))
    # the colours are those of the pictures
    (out / "site.css").write_text(variables() + (HERE / "site.css").read_text(encoding="utf-8"), encoding="utf-8")
    _copy(HERE / "play", out / "play", ("index.html", "play.css"))
    with tempfile.TemporaryDirectory() as place:
        words = Path(place) / "words.json"
        words.write_text(json.dumps({"keywords": sorted(_keywords())}), encoding="utf-8")
        _bundle("app.js", out / "play", f"--alias:policyc-words={words}")
    _bundle("worker.js", out / "play", "--external:../vendor/*")
    (out / "play" / "examples.json").write_text(json.dumps(examples()), encoding="utf-8")
    write_pages(ROOT, out)
    _keep_offline(out)


def _copy(source: Path, target: Path, names: tuple[str, ...]) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for name in names:
        shutil.copyfile(source / name, target / name)


def _bundle(name: str, out: Path, *words: str) -> None:
    tool = HERE / "node_modules" / ".bin" / "esbuild"
    command = [
        tool,
        HERE / "play" / name,
        "--bundle",
        "--minify",
        "--format=esm",
        "--target=es2022",
        f"--outfile={out / name}",
    ]
    subprocess.run([*command, "--log-level=warning", *words], cwd=HERE, check=True)


def _keywords() -> set[str]:
    from policyc.syntax.table import load_table

    return set(load_table().keywords)


def _archive(target: Path) -> None:
    """policyc with its data, what it imports, and the two modules of the page, as one archive."""
    with tempfile.TemporaryDirectory() as place:
        platform, version, abi = _PLATFORM
        subprocess.run(
            [
                *(
                    sys.executable,
                    "-m",
                    "pip",
                    "download",
                    "--quiet",
                    "--no-deps",
                    "--only-binary=:all:",
                    "--require-hashes",
                ),
                *("--platform", platform, "--python-version", version, "--implementation", "cp", "--abi", abi),
                *("--dest", place, "-r", str(HERE / "requirements.txt")),
            ],
            check=True,
        )
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            for name, data in sorted([*_own(), *_others(Path(place))]):
                archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)


def _own() -> Iterator[tuple[str, bytes]]:
    for path in (ROOT / "policyc").rglob("*.py"):
        yield path.relative_to(ROOT).as_posix(), path.read_bytes()
    for top in ("grammars", "schemas"):
        for path in (ROOT / top).rglob("*"):
            if path.is_file():
                yield f"policyc/_data/{path.relative_to(ROOT).as_posix()}", path.read_bytes()
    for name in ("page.py", "cedarpy.py", "rpds.py"):
        yield name, (HERE / "play" / name).read_bytes()
    spec = importlib.util.find_spec("yaml")  # its wheels are all compiled; the part in Python does the same
    assert spec is not None and spec.submodule_search_locations is not None
    for path in Path(spec.submodule_search_locations[0]).glob("*.py"):
        yield f"yaml/{path.name}", path.read_bytes()


def _others(folder: Path) -> Iterator[tuple[str, bytes]]:
    for wheel in folder.glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            for name in archive.namelist():
                if not name.endswith("/") and not any(part in f"/{name}" for part in _LEFT_OUT):
                    yield name, archive.read(name)


def examples() -> list[dict[str, Any]]:
    """What the page begins with: the policies of this repository, and documents as AWS has them."""

    def texts(*names: str) -> dict[str, str]:
        return {name: (ROOT / name).read_text(encoding="utf-8") for name in names}

    shared = "policies/shared/org.policy"
    facts = "aws.PrincipalOrgID=o-a1b2c3d4e5\nsource.vpc=vpc-0a1b2c3d4e5f67890"
    laptop = (
        "idc.user.email.address=ana@acme.example\nidc.user.email.verified=true\nidc.groups=finance\njamf.risk=HIGH\n"
        "http_request.user_agent=Mozilla/5.0"
    )
    moved = "--attachment type=vpc,region=us-east-1,account=111122223333,tag.segment=production"
    called = {
        "resource": "examples/after.json",
        "who": "arn:aws:iam::111122223333:role/order-service",
        "can": "GET",
        "path": "/stock/42",
        "options": "--service-arn arn:aws:vpc-lattice:us-west-2:111122223333:service/svc-0a1b2c3d4e5f67890",
    }
    listed = (
        (
            *("lattice", "VPC Lattice: services of a shop", "policies/shop/services.policy", (shared,)),
            {"resource": "inventory", "who": "order_fn", "can": "POST", "path": "/stock/42", "set": facts},
        ),
        (
            *("verified_access", "Verified Access: people and laptops", "policies/workforce/access.policy", (shared,)),
            {"resource": "payroll", "set": laptop},
        ),
        (
            *("object_lambda", "S3 Object Lambda: resized images", "policies/images/resize.policy", (shared,)),
            {"resource": "resized", "who": "site", "can": "GetObject", "path": "cats/1.jpg"},
        ),
        (
            *("cloud_wan", "Cloud WAN: a core network", "policies/network/core.policy", (shared,)),
            {"resource": "core", "options": moved},
        ),
        (
            "client_vpn",
            "Client VPN: device posture",
            "policies/remote/vpn.policy",
            (shared,),
            {"resource": "office_vpn"},
        ),
        (
            "iam_document",
            "IAM documents: guardrails of an organization",
            "policies/organization/guardrails.policy",
            (shared,),
            {},
        ),
        ("document", "An auth policy as AWS has it", "examples/after.json", ("examples/before.json",), called),
    )
    found = []
    for name, title, main, further, asked in listed:
        names = tuple(item for item in (main, *further) if (ROOT / item).is_file())
        found.append({"name": name, "title": title, "main": main, "files": texts(*names), "ask": asked})
    return found


def _keep_offline(out: Path) -> None:
    """The service worker, which keeps every file of this very build."""
    files = sorted(path for path in out.rglob("*") if path.is_file())
    names = [path.relative_to(out).as_posix() for path in files]
    digest = hashlib.sha256()
    for path in files:
        digest.update(path.read_bytes())
    text = (HERE / "sw.js").read_text(encoding="utf-8")
    needed = [name for name in names if name.startswith(("play/", "vendor/")) or name == "site.css"]
    text = text.replace('"@VERSION@"', json.dumps(digest.hexdigest()[:16])).replace('"@FILES@"', json.dumps(needed))
    (out / "sw.js").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    build(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "dist" / "site")
