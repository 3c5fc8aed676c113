"""Callers whom a plan's texts name and who are not there: services refuse a policy that names nobody.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html (a principal is turned into its id when the policy is saved),
https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html (`MalformedPolicy`: invalid principal in policy)
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from policyc.aws.inventory.callers import named_in
from policyc.aws.session import CallFailed, Sessions, Trouble
from policyc.aws.steps import DOCUMENTS, Step


def absent(steps: Sequence[Step], sessions: Mapping[str, Sessions]) -> Iterator[str]:
    """A sentence for each role and user that a step's new text names, its old one does not, and that is not there, as far as somebody asks in its account."""
    wanted: dict[str, int] = {}
    for step in steps:
        if step.kind in DOCUMENTS and DOCUMENTS[step.kind] not in ("cedar", "core-network", "identity"):
            for account in sessions:
                for arn in sorted(_principals(step.new.text, account) - _principals(step.old.text, account)):
                    wanted.setdefault(arn, step.number)
    for arn, number in wanted.items():
        try:
            held = _held(sessions[arn.split(":")[4]], arn)
        except CallFailed as error:
            yield f"whether `{arn}` is there, whom step {number} names, is not known: {error}"
            continue
        if held != arn:
            instead = f"; `{held}` is" if held else ""
            yield f"step {number} names `{arn}`, which is not there{instead}: services refuse a policy that names nobody, so make it first"


def _principals(text: str | None, account: str) -> set[str]:
    found: Any = None if text is None else json.loads(text).get("Statement")
    statements = found if isinstance(found, list) else [found]
    return {arn for item in statements if isinstance(item, dict) for arn in named_in(item.get("Principal"), account)}


def _held(session: Sessions, arn: str) -> str:
    """The ARN of the role or user of that name, empty for none: a name is there once, under whatever path."""
    sort = arn.split(":")[5].partition("/")[0].capitalize()
    try:
        answer = session.call("iam", f"get_{sort.lower()}", "", **{f"{sort}Name": arn.rpartition("/")[2]})
    except CallFailed as error:
        if error.failure.trouble is Trouble.MISSING:
            return ""
        raise
    return str(answer[sort]["Arn"])
