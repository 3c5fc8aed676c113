"""What an inventory knows of callers and users that their records do not tell."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

from policyc.record import record
from policyc.replay.recorded import Recorded
from policyc.targets.lattice.access_log import TAGS, account_of, session_free

#: the key under which the path of a role stands: what a session's ARN lacks
ROLE: Final = "role"
_PARTS: Final = ("callers", "users", "accounts")
_ACCOUNT: Final = re.compile(r"[0-9]{12}")
_ROLE: Final = re.compile(r"arn:([a-z-]+):(?:iam|sts)::([0-9]{12}):(?:role/(?:.+/)?([^/]+)|assumed-role/([^/]+)/.+)")


class NotKnown(ValueError):
    """A file does not say what is known in the form for it; the text says where."""


@record
class Known:
    """`callers` are condition keys with values by ARN (of a role: of the role or of all its sessions, `…:assumed-role/NAME/*`), `users` what
    trust providers say of a person by the address that records have, `accounts` condition keys with values of every caller of an account."""

    callers: Mapping[str, Mapping[str, str]]
    users: Mapping[str, Mapping[str, Any]]
    accounts: Mapping[str, Mapping[str, str]] = MappingProxyType({})

    def fill(self, item: Recorded) -> Recorded:
        """The request with what is known of its caller; what the record tells itself goes before."""
        told = self.callers.get(item.who) or self.callers.get(session_free(item.who)) or {}
        told = {**self.accounts.get(account_of(item.who), {}), **told}
        if not told:
            return item
        held = {key.lower() for key, _ in item.keys}
        keys = tuple((key, value) for key, value in told.items() if key != ROLE and key.lower() not in held)
        return replace(item, keys=(*item.keys, *keys), who=told.get(ROLE, item.who))


def read_known(data: object) -> Known:
    """What a file says. Raises NotKnown."""
    if not isinstance(data, Mapping):
        raise NotKnown("it is no object")
    for name in data:
        if name not in _PARTS:
            raise NotKnown(f"it has `{name}`")
    callers, users, accounts = (data.get(name, {}) for name in _PARTS)
    for part in (callers, users, accounts):
        if not isinstance(part, Mapping) or not all(isinstance(item, Mapping) for item in part.values()):
            raise NotKnown("`callers`, `users` and `accounts` hold an object for each name")
    for arn, keys in callers.items():
        if not arn.startswith("arn:"):
            raise NotKnown(f"`{arn}` is no ARN of a caller")
        _check(arn, keys)
    for account, keys in accounts.items():
        if _ACCOUNT.fullmatch(account) is None:
            raise NotKnown(f"`{account}` is no id of an account")
        if ROLE in keys:
            raise NotKnown(f"`{ROLE}` is of a caller, and `{account}` an account")
        _check(account, keys)
    of_accounts = {account: dict(keys) for account, keys in accounts.items()}
    return Known({arn: dict(keys) for arn, keys in callers.items()}, users, of_accounts)


def _check(arn: str, keys: Mapping[str, Any]) -> None:
    """Raises NotKnown."""
    if not all(isinstance(value, str) for value in keys.values()):
        raise NotKnown(f"a value of `{arn}` is no text")
    if len({key.lower() for key in keys}) < len(keys):
        raise NotKnown(f"a key of `{arn}` is there twice")
    told = keys.get(ROLE)
    if told is not None and (_role(told) is None or _role(told) != _role(arn)):
        raise NotKnown(
            f"`{told}` is no role that `{arn}` may be of: a session names its account and the role without its path"
        )


def _role(arn: str) -> tuple[str | None, ...] | None:
    """The partition, account and name of a role, or of the role of a session."""
    found = _ROLE.fullmatch(arn)
    return None if found is None else (found[1], found[2], found[3] or found[4])


def known_of(resources: Mapping[str, Mapping[str, Any]]) -> Known:
    """What an inventory of AWS knows of roles and users by their ARN (the path of a role, which its sessions do not tell, and tags), and of all
    callers of an account: its organization, and where in it the account lies."""
    callers: dict[str, dict[str, str]] = {}
    accounts: dict[str, dict[str, str]] = {}
    for arn, item in resources.items():
        if item["type"] == "account" and item["facts"].get("organization"):
            accounts[arn.removeprefix("account:")] = _membership(item["facts"])
            continue
        facts, kind = item["facts"], arn.rpartition(":")[2].partition("/")[0]
        if ":iam::" not in arn or kind not in ("role", "user") or not facts.get("there"):
            continue
        tags = {f"{TAGS}{key}": str(value) for key, value in (facts.get("tags") or {}).items()}
        callers[arn] = tags
        if kind == "role":
            head, name = arn.split(":role/")[0].replace(":iam::", ":sts::"), arn.rpartition("/")[2]
            callers[f"{head}:assumed-role/{name}/*"] = {**tags, ROLE: arn}
    return Known(callers, {}, accounts)


def _membership(facts: Mapping[str, Any]) -> dict[str, str]:
    """The keys that every caller of an account has by its place in an organization; of the path only where all of it is known.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
    """
    told = {"aws:PrincipalOrgID": str(facts["organization"])}
    above = [str(level["id"]) for level in facts.get("levels") or ()][:-1]
    if above and above[0].startswith("r-"):
        told["aws:PrincipalOrgPaths"] = "/".join((told["aws:PrincipalOrgID"], *above, ""))
    return told
