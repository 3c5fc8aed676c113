"""Which condition keys mean something at which hop, and what of a condition can be asked for again further down.

Hop 1 is the Object Lambda access point; hop 2 the function; hops 3 and 4 the supporting access point and the bucket.
Source: Object Lambda reference, section 8; forward access sessions:
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_forward_access_sessions.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from policyc.ir.authz import All, Always, Atom, Cond
from policyc.ir.conditions import rebuilt

CALLED_VIA: Final = "aws:calledvia"
SOURCE_ARN: Final = "aws:sourcearn"
SOURCE_ACCOUNT: Final = "aws:sourceaccount"
ORGANIZATION: Final = "aws:principalorgid"

#: keys that a forward access session does not carry along
LOST: Final = frozenset(
    {
        "aws:sourcevpc",
        "aws:sourcevpcarn",
        "aws:sourcevpce",
        "aws:vpcsourceip",
        "aws:vpceaccount",
        "aws:vpceorgid",
        "aws:vpceorgpaths",
    }
)

#: keys that describe the caller or the moment: the same at every hop
_CALLER: Final = (
    "aws:principalarn",
    "aws:principalaccount",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principaltype",
    "aws:userid",
    "aws:username",
)
_CALLER_TAG: Final = "aws:principaltag/"
_MOMENT: Final = ("aws:currenttime", "aws:epochtime")


def native(atom: Atom) -> str:
    """The key of a test in lower case, for comparison."""
    return atom.attribute.native.lower()


def foreign_at_first_hop(key: str) -> bool:
    """Whether the key belongs to a service further down, so that the access point never evaluates it."""
    service = key.partition(":")[0]
    return service not in ("aws", "s3-object-lambda")


def carried(key: str, by_service: bool) -> bool:
    """Whether the key has the same value at the later hops as at the first. What AWS tells of a service principal's own keys is
    too little to rely on."""
    if key in _MOMENT:
        return True
    return not by_service and (key in _CALLER or key.startswith(_CALLER_TAG))


def required(cond: Cond) -> tuple[Atom, ...]:
    """The tests that every request which passes the condition passes: its top-level conjuncts."""
    items = cond.items if isinstance(cond, All) else (cond,)
    return tuple(item for item in items if isinstance(item, Atom))


def relax(cond: Cond, keep: Callable[[Atom], bool]) -> Cond:
    """The strongest condition over the tests to keep that every request which passes `cond` passes too.

    The tree is in negation normal form, so taking a test for true can only admit more.
    """
    return rebuilt(cond, lambda node: node if not isinstance(node, Atom) or keep(node) else Always())
