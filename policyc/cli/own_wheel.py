"""This very policyc as a wheel: what `init` puts beside a project, so that its build server runs the same and asks no index for it.

Source: https://packaging.python.org/en/latest/specifications/binary-distribution-format/
"""

from __future__ import annotations

import io
import zipfile
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Final

from policyc.data import data_root
from policyc.version import VERSION

FILE: Final = f"policyc-{VERSION}-py3-none-any.whl"
_INFO: Final = f"policyc-{VERSION}.dist-info"
_WHEEL: Final = "Wheel-Version: 1.0\nGenerator: policyc\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
_SHIPPED: Final = ("grammars", "schemas")
#: equal installations give equal bytes
_DATE: Final = (2020, 1, 1, 0, 0, 0)


class NotInstalled(Exception):
    """policyc runs from files that no installation knows."""


@cache
def make_wheel() -> bytes:
    """The wheel of the installed policyc, made once in a process. Raises NotInstalled."""
    held = io.BytesIO()
    record: list[str] = []
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as wheel:
        for name, data in [*_files(), *_about()]:
            _add(wheel, name, data)
            digest = urlsafe_b64encode(sha256(data).digest()).rstrip(b"=").decode()
            record.append(f"{name},sha256={digest},{len(data)}")
        _add(wheel, f"{_INFO}/RECORD", "".join(f"{line}\n" for line in [*record, f"{_INFO}/RECORD,,"]).encode())
    return held.getvalue()


def _add(wheel: zipfile.ZipFile, name: str, data: bytes) -> None:
    entry = zipfile.ZipInfo(name, _DATE)
    entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
    wheel.writestr(entry, data)


def _files() -> Iterator[tuple[str, bytes]]:
    package = Path(__file__).parent.parent
    for path in sorted(package.rglob("*")):
        if path.is_file() and (path.suffix == ".py" or path.name == "py.typed"):
            yield f"policyc/{path.relative_to(package).as_posix()}", path.read_bytes()
    for folder in _SHIPPED:
        root = data_root()
        for path in sorted((root / folder).rglob("*")):
            if path.is_file():
                yield f"policyc/_data/{path.relative_to(root).as_posix()}", path.read_bytes()


def _about() -> Iterator[tuple[str, bytes]]:
    try:
        installed = distribution("policyc")
    except PackageNotFoundError as error:
        raise NotInstalled from error
    if installed.version != VERSION:
        raise NotInstalled
    yield f"{_INFO}/WHEEL", _WHEEL.encode()
    for name in ("METADATA", "entry_points.txt", "licenses/LICENSE"):
        text = installed.read_text(name)
        if text is not None:
            yield f"{_INFO}/{name}", text.encode()
