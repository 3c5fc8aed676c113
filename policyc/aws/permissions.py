"""The least permissions that an action of `policyc aws` needs, from the table of the calls that it makes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from policyc.aws.calls import BESIDE, CALLS, TARGETS
from policyc.aws.ports import run_of

#: what `policyc aws permissions` takes
PURPOSES: Final = ("pull", "drift", "plan", "apply", "validate", "replay")


def least(purpose: str, targets: Sequence[str], partition: str, region: str, account: str) -> dict[str, Any]:
    """An identity policy; `*` for a Region or an account leaves it open."""
    wanted = (BESIDE, *(targets or TARGETS))
    held = [call for call in CALLS.values() if call.target in wanted and purpose in call.by and not call.writes]
    if purpose == "apply":
        held += run_of(wanted)
    if (
        purpose == "plan"
    ):  # for whom IAM simulates (the role of whoever asks), and whether those are there whom new texts name
        held += (CALLS["iam", "get_role"], CALLS["iam", "get_user"])
    return policy_of(((call.action, call.on) for call in held), partition, region, account)


def policy_of(
    needs: Iterable[tuple[str, tuple[str, ...]]], partition: str, region: str, account: str
) -> dict[str, Any]:
    """A policy for actions with the resources (patterns of `policyc.aws.calls`, or whole ARNs) that each is narrowed to."""
    grouped: dict[tuple[str, ...], dict[str, None]] = {}
    for action, on in needs:
        arns = tuple(text.format(p=partition, r=region, a=account) if "{" in text else text for text in on)
        grouped.setdefault(arns, {})[action] = None
    statements = []
    for number, arns in enumerate(sorted(grouped), 1):
        actions = sorted(grouped[arns])
        statements.append(
            {
                "Sid": "Lists" if not arns else f"Part{number}",
                "Effect": "Allow",
                "Action": actions,
                "Resource": "*" if not arns else list(arns),
            }
        )
    return {"Version": "2012-10-17", "Statement": statements}
