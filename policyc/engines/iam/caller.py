"""Who makes a request: the caller, the principals that name it, and the keys that AWS derives from it.

Source: IAM evaluation reference 4.2, 4.3, 4.4, 7 and 9.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import IntFlag, StrEnum
from functools import lru_cache
from typing import Final

from policyc.engines.iam.globs import fold
from policyc.engines.iam.values import Unknown, Values
from policyc.record import field, record
from policyc.regex import regex

UNKNOWN_SESSION: Final = "<session>"
"""Stands in a shown ARN for the name of a session that nobody stated."""


class CallerKind(StrEnum):
    ROOT = "root"
    USER = "user"
    ROLE = "role session"
    FEDERATED = "federated user"
    SERVICE = "service"
    ANONYMOUS = "anonymous"
    PROVIDER = "identity provider"
    #: anybody but a service: a request that does not say who calls
    UNSTATED = "caller who is not stated"


#: callers without an account that is known, and so without policies of their own
UNOWNED = frozenset({CallerKind.SERVICE, CallerKind.ANONYMOUS, CallerKind.PROVIDER, CallerKind.UNSTATED})


class Grant(IntFlag):
    """How the principal of an allow in a resource policy names the caller (10.2), weakest first.

    `DELEGATION`: by account; `LIMITED`: by role ARN, or by the user that created a federated session;
    `STAR`: by `"*"`; `DIRECT`: by user, session or federated-user ARN, or as a service.
    """

    NONE = 0
    DELEGATION = 1
    LIMITED = 2
    STAR = 4
    DIRECT = 8


#: what keys begin with that only a signed request has
OF_SIGNED: Final = (
    "aws:principalarn",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principaltag/",
    "aws:username",
    "aws:tokenissuetime",
    "aws:multifactorauth",
    "aws:sourceidentity",
    "aws:federatedprovider",
)
#: those of them that tell how somebody signed in
_OF_SIGN_IN: Final = ("aws:multifactorauth", "aws:federatedprovider")
#: what keys begin with that only a call by an AWS service itself has
OF_SERVICES: Final = ("aws:principalservicename",)
#: what keys begin with that only a call by a service itself has, which states for whom it calls
OF_ERRANDS: Final = ("aws:sourcearn", "aws:sourceaccount", "aws:sourceorg")
#: what keys begin with that tell of calls by way of services, and no caller without a signature has
OF_CALLS: Final = (*OF_ERRANDS, "aws:sourceowner", "aws:calledvia")
#: what keys begin with that hang on who calls, and what stands among the names of a caller who is not stated
_OF_ANYBODY: Final = (
    *(*OF_SIGNED, *OF_CALLS),
    *("aws:principalaccount", "aws:principaltype", "aws:userid", "aws:principalisawsservice"),
)
_ANYBODY: Final = "anybody:"
#: the value of `aws:PrincipalType`
PRINCIPAL_TYPES: Final = {
    CallerKind.ROOT: "Account",
    CallerKind.USER: "User",
    CallerKind.ROLE: "AssumedRole",
    CallerKind.FEDERATED: "FederatedUser",
    CallerKind.ANONYMOUS: "Anonymous",
}


@record
class Caller:
    """One caller. Build it with the constructors below; fields that do not apply to the kind stay empty.

    `path` and `session` are those of a role session: None for the path of a role that only its session's ARN names, empty for
    a session of which nothing but the role is known. `unique_id` is the `AIDA…` or `AROA…` id (empty = not known), `tags` the principal and session tags,
    `org_id` and `org_paths` the organisation of the account (empty = in none), `creator` the ARN of the user
    that made a federated session (empty = not known), `services` every name of a service principal, its direct name first, and for an
    identity provider, which only role trust policies name, its ARN or domain.
    """

    kind: CallerKind
    partition: str = "aws"
    account: str = ""
    name: str = ""
    path: str | None = "/"
    session: str = ""
    unique_id: str = ""
    tags: tuple[tuple[str, str], ...] = ()
    org_id: str = ""
    org_paths: tuple[str, ...] = ()
    canonical_id: str = ""
    creator: str = ""
    services: tuple[str, ...] = ()
    grants: Mapping[str, Grant] = field(init=False, compare=False, repr=False)
    identity: frozenset[str] = field(init=False, compare=False, repr=False)
    derived: Mapping[str, Values] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        grants = _grants(self)
        object.__setattr__(self, "grants", grants)
        object.__setattr__(self, "identity", frozenset(grants))
        object.__setattr__(self, "derived", self._keys())

    @property
    def arn(self) -> str:
        """The ARN by which the caller shows up in errors and logs; the name of a service; empty for anonymous."""
        match self.kind:
            case CallerKind.ROOT:
                return f"arn:{self.partition}:iam::{self.account}:root"
            case CallerKind.USER:
                return f"arn:{self.partition}:iam::{self.account}:user{self.path}{self.name}"
            case CallerKind.ROLE:
                session = self.session or UNKNOWN_SESSION
                return f"arn:{self.partition}:sts::{self.account}:assumed-role/{self.name}/{session}"
            case CallerKind.FEDERATED:
                return f"arn:{self.partition}:sts::{self.account}:federated-user/{self.name}"
            case CallerKind.SERVICE | CallerKind.PROVIDER:
                return self.services[0]
            case CallerKind.ANONYMOUS | CallerKind.UNSTATED:
                return ""

    @property
    def principal_arn(self) -> str | None:
        """The value of `aws:PrincipalArn`: a role's own ARN for its sessions; None for services, anonymous and where it is not known."""
        if self.kind is CallerKind.ROLE:
            if self.path is None:
                return None
            return f"arn:{self.partition}:iam::{self.account}:role{self.path}{self.name}"
        return self.arn if self.kind not in UNOWNED else None

    @property
    def is_service_linked(self) -> bool:
        return self.kind is CallerKind.ROLE and (self.path or "").startswith("/aws-service-role/")

    def names(self, listed: frozenset[str]) -> tuple[Grant, Grant]:
        """How the strongest of the listed principals, as the reader spells them, may and how it surely names the caller."""
        sure = max((self.grants[name] for name in listed & self.identity), default=Grant.NONE)
        others = tuple(self._compared(listed))
        return max((sure, *(grant for grant, _ in others))), max(
            (sure, *(grant for grant, certain in others if certain))
        )

    def _compared(self, listed: frozenset[str]) -> Iterator[tuple[Grant, bool]]:
        """Names that only a comparison can tell: a session's role by another path, which names it for certain,
        as a role's name is unique in an account; a session of a role whose session is not known, which may be it; and a user of the account
        of a federated session, who may have made it where nobody says who did. Every name may be that of a caller who is not stated."""
        if self.kind is CallerKind.UNSTATED:
            yield from ((Grant.DIRECT, False) for name in listed if name != "*")
        if self.kind is CallerKind.FEDERATED and not self.creator:
            user = f"aws:arn:{self.partition}:iam::{self.account}:user/"
            yield from ((Grant.LIMITED, False) for name in listed if name.startswith(user))
        if self.kind is not CallerKind.ROLE or (self.path is not None and self.session):
            return
        role = f"aws:arn:{self.partition}:iam::{self.account}:role/"
        session = f"aws:arn:{self.partition}:sts::{self.account}:assumed-role/{self.name}/"
        for name in listed:
            if self.path is None and name.startswith(role) and name.endswith(f"/{self.name}"):
                yield Grant.LIMITED, True
            elif not self.session and name.startswith(session):
                yield Grant.DIRECT, False

    def is_exempt(self, listed: frozenset[str]) -> bool | None:
        """Whether a NotPrincipal that lists these principals exempts the caller: each of its levels must be listed (4.4);
        None where that hangs on a session that is not known, or on who made a federated one."""
        if "*" in listed:
            return True
        match self.kind:
            case CallerKind.ANONYMOUS:
                return False
            case CallerKind.SERVICE | CallerKind.PROVIDER:
                return bool(listed & self.identity)
            case CallerKind.UNSTATED:
                return None if listed else False
        if not listed & {f"aws:{self.account}", f"aws:arn:{self.partition}:iam::{self.account}:root"}:
            return False
        if self.kind is not CallerKind.ROLE:
            maker = "" if self.creator.endswith(":root") else self.creator  # the root user is listed as its account
            own = [] if self.kind is CallerKind.ROOT else [self.arn, maker]
            spared = all(f"aws:{arn}" in listed for arn in own if arn)
            return None if spared and self.kind is CallerKind.FEDERATED and not self.creator else spared
        if self.path is not None and f"aws:{self.principal_arn}" not in listed:
            return False
        if self.path is None and not any(grant is Grant.LIMITED for grant, _ in self._compared(listed)):
            return False
        if self.session:
            return f"aws:{self.arn}" in listed
        return None if any(grant is Grant.DIRECT for grant, _ in self._compared(listed)) else False

    def lacks(self, key: str) -> bool:
        """Whether requests of this kind of caller never have the condition key, in lower case (9)."""
        if self.kind is CallerKind.ANONYMOUS:
            return key.startswith((*OF_SIGNED, *OF_SERVICES, *OF_CALLS))
        if key == "aws:username":
            return self.kind is not CallerKind.USER
        if self.kind is CallerKind.SERVICE and key.startswith(_OF_SIGN_IN):
            return True
        return key.startswith(OF_SERVICES) and self.kind is not CallerKind.SERVICE

    @property
    def unsaid(self) -> str:
        """What of the caller is not known and may decide whether a principal names it, for people."""
        return "the user that made the session" if self.kind is CallerKind.FEDERATED else "the name of the session"

    @property
    def open_keys(self) -> tuple[str, ...]:
        """What keys begin with of which nobody knows whether such a caller has them, nor with which value."""
        return _OF_ANYBODY if self.kind is CallerKind.UNSTATED else ()

    def keys(self) -> Mapping[str, Values]:
        """The condition keys AWS derives from the caller, by folded name; unknown where only AWS could tell."""
        return self.derived

    def _keys(self) -> dict[str, Values]:
        """The condition keys AWS derives from the caller, by folded name; unknown where only AWS could tell."""
        keys: dict[str, Values] = {f"aws:principaltag/{fold(key)}": (value,) for key, value in self.tags}
        keys.update(_KEYS[self.kind](self))
        if self.kind not in UNOWNED:
            keys["aws:principalarn"] = Unknown.PRESENT if self.principal_arn is None else (self.principal_arn,)
            keys["aws:principalaccount"] = (self.account,)
            keys["aws:principalisawsservice"] = ("false",)
            if self.org_id:
                keys["aws:principalorgid"] = (self.org_id,)
            if self.org_paths:
                keys["aws:principalorgpaths"] = self.org_paths
        return keys


def _grants(caller: Caller) -> dict[str, Grant]:
    """Every principal that names the caller, as the reader spells it, with what an allow by that name grants."""
    grants: dict[str, Grant] = {"*": Grant.STAR}
    if caller.kind is CallerKind.ANONYMOUS:
        return grants
    if caller.kind is CallerKind.UNSTATED:
        return grants | {_ANYBODY: Grant.NONE}  # masks are remembered by the names of a caller
    if caller.kind is CallerKind.SERVICE:
        return grants | {f"service:{name}": Grant.DIRECT for name in caller.services}
    if caller.kind is CallerKind.PROVIDER:
        return grants | {f"federated:{name}": Grant.DIRECT for name in caller.services}
    grants[f"aws:{caller.account}"] = Grant.DELEGATION
    grants[f"aws:arn:{caller.partition}:iam::{caller.account}:root"] = Grant.DELEGATION
    if caller.canonical_id:
        grants[f"canonical:{caller.canonical_id}"] = Grant.DELEGATION
    if caller.principal_arn is not None and caller.kind is CallerKind.ROLE:
        grants[f"aws:{caller.principal_arn}"] = Grant.LIMITED
    if caller.unique_id:  # what AWS stores in place of the ARN
        grants[f"aws:{caller.unique_id}"] = Grant.LIMITED if caller.kind is CallerKind.ROLE else Grant.DIRECT
    if caller.creator:
        grants.setdefault(f"aws:{caller.creator}", Grant.LIMITED)  # the root user goes by the name of its account
    if caller.kind is not CallerKind.ROOT and (caller.session or caller.kind is not CallerKind.ROLE):
        grants[f"aws:{caller.arn}"] = Grant.DIRECT
    return grants


def _root_keys(caller: Caller) -> dict[str, Values]:
    return {"aws:principaltype": (PRINCIPAL_TYPES[caller.kind],), "aws:userid": (caller.account,)}


def _user_keys(caller: Caller) -> dict[str, Values]:
    userid: Values = (caller.unique_id,) if caller.unique_id else Unknown.PRESENT
    return {"aws:principaltype": (PRINCIPAL_TYPES[caller.kind],), "aws:userid": userid, "aws:username": (caller.name,)}


#: keys that requests with temporary credentials always have: those of roles and of federated users
OF_TEMPORARY: Final = ("aws:multifactorauthpresent", "aws:tokenissuetime")
_TEMPORARY: dict[str, Values] = dict.fromkeys(OF_TEMPORARY, Unknown.PRESENT)
#: what a session may have been given when it began, so that nobody knows it of a session that nobody named
_OF_SESSION: dict[str, Values] = dict.fromkeys(
    ("aws:sourceidentity", "aws:federatedprovider", "aws:multifactorauthage"), Unknown.ANY
)


def _role_keys(caller: Caller) -> dict[str, Values]:
    known = caller.unique_id and caller.session
    userid: Values = (f"{caller.unique_id}:{caller.session}",) if known else Unknown.PRESENT
    keys: dict[str, Values] = {"aws:principaltype": (PRINCIPAL_TYPES[caller.kind],), "aws:userid": userid, **_TEMPORARY}
    return keys if caller.session else keys | _OF_SESSION


def _federated_keys(caller: Caller) -> dict[str, Values]:
    userid = f"{caller.account}:{caller.name}"
    return {"aws:principaltype": (PRINCIPAL_TYPES[caller.kind],), "aws:userid": (userid,), **_TEMPORARY}


def _service_keys(caller: Caller) -> dict[str, Values]:
    return {
        "aws:principalisawsservice": ("true",),
        "aws:principalservicename": (caller.services[0],),
        "aws:principalservicenameslist": caller.services,
        # present or not is not written down for service principals
        "aws:principalarn": Unknown.ANY,
        "aws:principaltype": Unknown.PRESENT,
        "aws:principalaccount": Unknown.PRESENT,
        "aws:userid": Unknown.PRESENT,
    }


def _anonymous_keys(caller: Caller) -> dict[str, Values]:
    word: Values = ("anonymous",)
    return {"aws:principaltype": (PRINCIPAL_TYPES[caller.kind],), "aws:principalaccount": word, "aws:userid": word}


def _provider_keys(caller: Caller) -> dict[str, Values]:
    """A user whom an identity provider vouches for: AWS derives the provider alone, the claims are the request's."""
    return {
        "aws:federatedprovider": (caller.services[0],),
        "aws:principalarn": Unknown.ANY,
        "aws:principaltype": Unknown.ANY,
        "aws:principalaccount": Unknown.ANY,
        "aws:userid": Unknown.ANY,
    }


def _unstated_keys(caller: Caller) -> dict[str, Values]:
    return {}


_KEYS = {
    CallerKind.ROOT: _root_keys,
    CallerKind.USER: _user_keys,
    CallerKind.ROLE: _role_keys,
    CallerKind.FEDERATED: _federated_keys,
    CallerKind.SERVICE: _service_keys,
    CallerKind.ANONYMOUS: _anonymous_keys,
    CallerKind.PROVIDER: _provider_keys,
    CallerKind.UNSTATED: _unstated_keys,
}


def anonymous() -> Caller:
    """A caller that did not sign its request."""
    return Caller(CallerKind.ANONYMOUS)


def unstated() -> Caller:
    """Whoever makes a request that does not say who calls."""
    return Caller(CallerKind.UNSTATED)


def service(name: str, *others: str) -> Caller:
    """A service principal acting as itself, such as `cloudfront.amazonaws.com`; `others` are its further names."""
    if not name:
        raise ValueError("a service principal needs a name")
    return Caller(CallerKind.SERVICE, services=(name, *others))


def identity_provider(name: str) -> Caller:
    """A user of an identity provider who assumes a role: the provider's ARN (SAML, OIDC) or domain, as trust policies write it."""
    if not name:
        raise ValueError("an identity provider needs a name")
    return Caller(CallerKind.PROVIDER, services=(name,))


_NAMED = regex(r"(user|role)(/(?:(?s:.)*/)?)([^/]+)")
_ASSUMED = regex(r"assumed-role/([^/]+)/([^/]+)")
_FEDERATED = regex(r"federated-user/((?s:.)+)")


def caller_from_arn(
    text: str,
    *,
    session: str = "",
    path: str | None = None,
    unique_id: str = "",
    tags: Mapping[str, str] | None = None,
    org_id: str = "",
    org_paths: tuple[str, ...] = (),
    canonical_id: str = "",
    creator: str = "",
) -> Caller:
    """The caller an ARN names: root, user, role (a session of it), assumed role or federated user, in any partition.

    A role ARN becomes a session named `session`, or one of which nothing is known. A session ARN does not hold the role's
    path: give it as `path` where it is known. Raises ValueError for any other text.
    """
    held = tuple((tags or {}).items())
    return _from_arn(text, session, path, unique_id, held, org_id, org_paths, canonical_id, creator)


@lru_cache(maxsize=1024)
def _from_arn(
    text: str,
    session: str,
    path: str | None,
    unique_id: str,
    tags: tuple[tuple[str, str], ...],
    org_id: str,
    org_paths: tuple[str, ...],
    canonical_id: str,
    creator: str,
) -> Caller:
    from policyc.engines.iam.arns import split_arn  # the words of callers are known without it

    fields = split_arn(text)
    if fields is None or fields[0] != "arn" or not fields[1].startswith("aws") or fields[3] or not fields[4]:
        raise ValueError(f"`{text}` is not the ARN of a caller")
    partition, place, account, rest = fields[1], fields[2], fields[4], fields[5]
    if path is not None and not (path.startswith("/") and path.endswith("/")):
        raise ValueError("a path starts and ends with `/`")

    def caller(kind: CallerKind, name: str = "", path: str | None = "/", session: str = "") -> Caller:
        return Caller(
            kind, partition, account, name, path, session, unique_id, tags, org_id, org_paths, canonical_id, creator
        )

    if place == "iam" and rest == "root":
        return caller(CallerKind.ROOT)
    if place == "iam" and (named := _NAMED.fullmatch(rest)):
        if named[1] == "user":
            return caller(CallerKind.USER, named[3], named[2])
        return caller(CallerKind.ROLE, named[3], named[2], session)
    if place == "sts" and (assumed := _ASSUMED.fullmatch(rest)):
        return caller(CallerKind.ROLE, assumed[1], path, assumed[2])
    if place == "sts" and (federated := _FEDERATED.fullmatch(rest)):
        return caller(CallerKind.FEDERATED, federated[1])
    raise ValueError(f"`{text}` is not the ARN of a caller")
