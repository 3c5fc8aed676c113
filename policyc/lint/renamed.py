"""Names that findings had in earlier versions (`schemas/renamed.json`): whoever writes one is led to what the finding is called now."""

from __future__ import annotations

from collections.abc import Collection

from policyc.data import read_json
from policyc.diagnostics import did_you_mean, meant


def name_now(name: str) -> str:
    """What a finding of that name is called now: mostly the same."""
    now: str = read_json("schemas/renamed.json").get(name, name)
    return now


def no_such_rule(name: str, known: Collection[str]) -> tuple[str, str]:
    """The message about a name that is none of `known`, and its help."""
    now = name_now(name)
    if now == name:
        return f"there is no lint rule `{name}`", did_you_mean(name, known, "`policyc explain rules` lists the rules")
    if now in known:
        return f"`{name}` is called `{now}` now", meant(name, now)
    return (
        f"`{name}` is called `{now}` now, which is an error that nothing silences",
        "remove it here, and correct the policy",
    )
