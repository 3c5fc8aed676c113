"""Cedar texts that stand together in one file, each below a line `//# name`, and those with a mistake below a line `//@ rule place` for each finding."""

from __future__ import annotations

from pathlib import Path

from policyc.record import record

HERE = Path(__file__).parent
TRUST = {"idc": "iam_identity_center", "okta": "oidc", "jamf": "jamf", "crwd": "crowdstrike", "jumpcloud": "jumpcloud"}


@record
class Text:
    """A text, what it is about, and its findings: the rule, and the line of the text that it points at."""

    name: str
    told: tuple[tuple[str, str], ...]
    text: str


def texts(file: str) -> list[Text]:
    """The texts of a file beside this one."""
    found = []
    for part in (HERE / file).read_text(encoding="utf-8").split("//# ")[1:]:
        name, *lines = part.split("\n")
        told = [line.removeprefix("//@ ").partition(" ") for line in lines if line.startswith("//@ ")]
        text = "\n".join(line for line in lines if not line.startswith("//@ "))
        found.append(Text(name, tuple((rule, place) for rule, _, place in told), text))
    return found
