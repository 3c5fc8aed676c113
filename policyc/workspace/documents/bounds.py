"""What a host file says of documents that only take requests away: permissions boundaries that are not there to read, and control policies of an
organization, of which it seldom tells whether they bear on a request.

Source: IAM evaluation reference, section 10.
"""

from __future__ import annotations

import re
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
    found = tree.get("Statement") if isinstance(tree, JsonObject) else None
    items = found.items if isinstance(found, JsonArray) else () if found is None else (found,)
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


def control_in_words(kind: str, name: str, on: str) -> str:
    """A control policy that may bear on a request, with what its host attaches it to."""
    title, account = _TITLES[kind]
    attached = f"attached to {shown(on)}" if on else "attached to nothing in its file"
    return f"the {title} `{name}` ({attached}; whether that is above {account} is not known)"


def limit_in_words(limit: str) -> str:
    """A permissions boundary that is not there to read."""
    return f"the permissions boundary {shown(limit)}, which is not given,"
