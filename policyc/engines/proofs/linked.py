"""Keys of one request that tell of each other: an ARN holds the account that another key names, organization paths begin with the organization.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html (one caller, one source, one endpoint),
https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-policies.html (one access point).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from policyc.engines.iam.caller import PRINCIPAL_TYPES, CallerKind
from policyc.ir.authz import Atom, Op, RawTest, Variable
from policyc.ir.decide import atom_holds
from policyc.ir.raw_tests import raw_holds
from policyc.model.values import Scalar
from policyc.regex import regex

#: the values of the second key, empty for absent; None where this value of the first does not tell
_Told: TypeAlias = tuple[Scalar, ...] | None
#: the second key, what a value of the first tells of it, and whether it is there whenever the first is
_Link: TypeAlias = tuple[str, Callable[[str], _Told], bool]

_ACCOUNT: Final = regex(r"arn:[^:]*:[^:]*:[^:]*:([0-9]{12}):.*")
_CALLER: Final = regex(r"arn:[^:]*:(?:iam|sts)::[^:]*:(root$|user/|role/|federated-user/)(?:.*/)?(.*)")
_ORGANIZATION: Final = regex(r"(o-[a-z0-9]{10,32})/.*")
_KINDS: Final = {
    "root": CallerKind.ROOT,
    "user/": CallerKind.USER,
    "role/": CallerKind.ROLE,
    "federated-user/": CallerKind.FEDERATED,
}


def _account(arn: str) -> _Told:
    found = _ACCOUNT.fullmatch(arn)
    return None if found is None else (found[1],)


def _type(arn: str) -> _Told:
    found = _CALLER.fullmatch(arn)
    return None if found is None else (PRINCIPAL_TYPES[_KINDS[found[1]]],)


def _user(arn: str) -> _Told:
    """The name of a user; nobody else has one."""
    found = _CALLER.fullmatch(arn)
    if found is None or found[1] != "user/":
        return None if found is None else ()
    return None if any(char in found[2] for char in "*?\\$") else (found[2],)


def _user_of_type(kind: str) -> _Told:
    """No name where the caller is of a type that has none."""
    return () if kind in PRINCIPAL_TYPES.values() and kind != PRINCIPAL_TYPES[CallerKind.USER] else None


def _organization(path: str) -> _Told:
    found = _ORGANIZATION.fullmatch(path)
    return None if found is None else (found[1],)


def _by_a_service(_: str) -> _Told:
    return (True,)


_LINKS: Final[dict[str, tuple[_Link, ...]]] = {
    "aws:principalarn": (
        ("aws:principalaccount", _account, True),
        ("kms:calleraccount", _account, False),
        ("aws:principaltype", _type, True),
        ("aws:username", _user, True),
    ),
    "aws:principaltype": (("aws:username", _user_of_type, True),),
    "aws:sourcearn": (("aws:sourceaccount", _account, False),),
    "s3:dataaccesspointarn": (("s3:dataaccesspointaccount", _account, True),),
    **{f"aws:calledvia{which}": (("aws:viaawsservice", _by_a_service, True),) for which in ("", "first", "last")},
    **{
        f"aws:{of}orgpaths": ((f"aws:{of}orgid", _organization, True),)
        for of in ("principal", "source", "resource", "vpce")
    },
}


def agree(held: Sequence[Atom], raws: Sequence[tuple[RawTest, bool]]) -> bool:
    """Whether some request may pass all these tests (raw ones: come out as wanted), as far as its keys tell of each other; False is proven."""
    for test in held:
        links = _LINKS.get(test.attribute.native.lower(), ())
        if not links or test.negated or test.op not in (Op.EQ, Op.LIKE):
            continue
        for key, tells, together in links:
            atoms = [other for other in held if other.attribute.native.lower() == key]
            others = [(other, wanted) for other, wanted in raws if other.attribute.native.lower() == key]
            if not atoms and not others:
                continue
            told = [tells(str(constant.value)) for constant in test.values]
            if None not in told and not any(
                _pass(atoms, others, values) for values in (*told, *(() if together else ((),))) if values is not None
            ):
                return False
    return True


def _pass(atoms: Sequence[Atom], raws: Sequence[tuple[RawTest, bool]], values: tuple[Scalar, ...]) -> bool:
    """Whether the tests of one key come out as wanted for these values of it."""
    return all(atom_holds(atom, values) for atom in atoms) and all(
        any(isinstance(token, Variable) for value in test.values for token in value.tokens)
        or raw_holds(test, lambda _: tuple(map(str, values))) is wanted
        for test, wanted in raws
    )
