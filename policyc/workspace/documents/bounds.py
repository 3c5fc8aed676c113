"""What a host file says of documents that only take requests away: permissions boundaries that are not there to read, and control policies of an
organization, of which it seldom tells whether they bear on a request.

Source: IAM evaluation reference, section 10.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from policyc.diagnostics import Diagnostics
from policyc.holes import shown
from policyc.syntax.json_text import JsonArray, JsonMember, JsonObject, JsonString, JsonValue, parse_json
from policyc.text import Source

#: how the policy is called that AWS attaches beside every control policy
FULL: Final = "FullAWSAccess"
#: what it says
_FULL: Final = {
    "scp": '{"Sid":"FullAWSAccess","Effect":"Allow","Action":"*","Resource":"*"}',
    "rcp": '{"Sid":"RCPFullAWSAccess","Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}',
}
_ACCOUNT: Final = re.compile(r"[0-9]{12}")
_TITLES: Final = {
    "scp": ("service control policy", "the caller's account"),
    "rcp": ("resource control policy", "the resource's account"),
}


def at_level(tree: JsonValue, kind: str, beside: bool = False) -> JsonValue:
    """A control policy as its level has it: where it allows nothing itself, and with `beside`, the one that AWS attaches to everything stands beside it: nobody
    below could do anything else (https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html)."""
    items = _items(tree.get("Statement") if isinstance(tree, JsonObject) else None)
    effects = [item.get("Effect") for item in items if isinstance(item, JsonObject)]
    allows = any(isinstance(effect, JsonString) and effect.value == "Allow" for effect in effects)
    if not isinstance(tree, JsonObject) or (allows and not beside):
        return tree
    full = parse_json(Source("FullAWSAccess", _FULL[kind]), Diagnostics())
    assert full is not None
    members = tuple(member for member in tree.members if member.key != "Statement")
    place = tree.span
    return JsonObject((*members, JsonMember("Statement", place, JsonArray((*items, full), place))), place)


def accounts_in(targets: str) -> tuple[str, ...]:
    """The accounts that a control policy is attached to by their numbers."""
    return tuple(one for one in targets.split(", ") if _ACCOUNT.fullmatch(one))


def owner_of(tree: JsonValue | None, arn: str) -> str:
    """The account of the resource that carries a policy, by its ARN or by all that its statements name; empty where these do not tell one."""
    found = tree.get("Statement") if isinstance(tree, JsonObject) else None
    named = [item.get("Resource") if isinstance(item, JsonObject) else None for item in _items(found)]
    texts = [one.value if isinstance(one, JsonString) else "" for item in named for one in _items(item) or (None,)]
    accounts = {text.split(":")[4] if text.count(":") >= 5 else "" for text in ([arn] if arn else texts)}
    return accounts.pop() if len(accounts) == 1 and all(map(_ACCOUNT.fullmatch, accounts)) else ""


def _items(value: JsonValue | None) -> Sequence[JsonValue]:
    return value.items if isinstance(value, JsonArray) else () if value is None else (value,)


def control_in_words(kind: str, name: str, on: str, owner: str = "") -> str:
    """A control policy that may bear on a request, with what its host attaches it to; `owner` is the account of the resource, where that is known."""
    title, account = _TITLES[kind]
    if owner and owner in accounts_in(on):
        return f"the {title} `{name}` (attached to {owner}, {account})"
    attached = f"attached to {shown(on)}" if on else "attached to nothing in its file"
    return f"the {title} `{name}` ({attached}; whether that is above {account} is not known)"


def limit_in_words(limit: str) -> str:
    """A permissions boundary that is not there to read."""
    return f"the permissions boundary {shown(limit)}, which is not given,"
