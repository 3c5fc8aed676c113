"""Where code made the resources of a synthesized template: what CDK writes beside it.

`<Stack>.metadata.json` of newer versions maps construct paths to entries; older ones have the same entries in `manifest.json`. Paths in them are those of the
machine that built, so that no more than the part below its working folder is shown, and nothing is opened.
Source: https://docs.aws.amazon.com/cdk/v2/guide/configure-synth.html
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterator, Mapping
from typing import Any, Final

from policyc.carriers.embedded import Options
from policyc.regex import regex

_PLACE: Final = regex(r"\(?((?:[A-Za-z]:)?[^\s():]+\.(?:ts|js|mjs|cjs|py|java|cs|go)):(\d+)(?::\d+)?\)?")
_LARGEST: Final = 4 * 1024 * 1024


class Origins:
    """The places of a template's resources in the code that made them, read when the first one is asked for."""

    __slots__ = ("_file", "_options", "_places")

    def __init__(self, file: str, options: Options) -> None:
        self._file, self._options = file, options
        self._places: Mapping[str, str] | None = None

    def of(self, logical: str) -> str:
        """`lib/shop.ts:12`, empty where nothing tells."""
        if not self._file.endswith(".template.json"):
            return ""
        if self._places is None:
            self._places = dict(self._read())
        return self._places.get(logical, "")

    def _read(self) -> Iterator[tuple[str, str]]:
        stem = self._file.removesuffix(".template.json")
        for name in (f"{stem}.metadata.json", posixpath.join(posixpath.dirname(self._file), "manifest.json")):
            text = self._options.read(name)
            if text is None or len(text) > _LARGEST:
                continue
            try:
                data = json.loads(text)
            except (ValueError, RecursionError):
                continue
            for entries in _entries(data, posixpath.basename(stem)):
                logical = next((one["data"] for one in entries if one.get("type") == "aws:cdk:logicalId"), None)
                place = next(filter(None, map(_place_of, entries)), "")
                if isinstance(logical, str) and place:
                    yield logical, place


def _entries(data: Any, stack: str) -> Iterator[list[dict[str, Any]]]:
    """The lists of entries, one a construct."""
    if not isinstance(data, dict):
        return
    artifact = (data.get("artifacts") or {}).get(stack) if isinstance(data.get("artifacts"), dict) else data
    found = artifact.get("metadata", artifact) if isinstance(artifact, dict) else {}
    for entries in found.values() if isinstance(found, dict) else ():
        if isinstance(entries, list):
            yield [one for one in entries if isinstance(one, dict)]


def _place_of(entry: Mapping[str, Any]) -> str:
    """The first line of the user's code in an entry: what lies in no package."""
    stack = entry.get("trace") or (entry.get("data") if entry.get("type") == "aws:cdk:creationStack" else None)
    for line in stack if isinstance(stack, list) else ():
        found = _PLACE.search(str(line))
        if found is not None and "node_modules" not in found[1] and "site-packages" not in found[1]:
            return f"{_relative(found[1])}:{found[2]}"
    return ""


def _relative(path: str) -> str:
    """The end of a path that says enough: from its `lib`, `bin`, `src` or `app` folder on, else its name."""
    parts = path.replace("\\", "/").split("/")
    at = next((at for at, part in enumerate(parts) if part in ("lib", "bin", "src", "app", "stacks", "infra")), None)
    return "/".join(parts[at:]) if at is not None else parts[-1]
