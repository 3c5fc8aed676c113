"""E-mail addresses among the trust data of Verified Access. Source: Verified Access reference, section 2."""

from __future__ import annotations

from collections.abc import Callable

from policyc.model.values import Scalar
from policyc.model.vocabulary import Attribute
from policyc.targets.cedar_documents.facts import split_name

_ADDRESS = ("email", "email.address")
_VERIFIED = ("email_verified", "email.verified")


def is_address(attribute: Attribute) -> bool:
    """Whether the attribute is a user's e-mail address."""
    return any(attribute.name.endswith("." + name) for name in _ADDRESS)


def is_flag(attribute: Attribute) -> bool:
    """Whether the attribute says that the address was verified."""
    return any(attribute.name.endswith("." + flag) for flag in _VERIFIED)


def provider(attribute: Attribute) -> str:
    """The trust provider that an attribute comes from."""
    steps = split_name(attribute.native)
    return steps[0] if steps else attribute.name.partition(".")[0]


def with_flag(name: str, verified: bool) -> Callable[[Attribute], tuple[Scalar, ...] | None]:
    """What is known of a user whose address the provider `name` has verified, or has not."""

    def facts(attribute: Attribute) -> tuple[Scalar, ...] | None:
        return (verified,) if is_flag(attribute) and provider(attribute) == name else None

    return facts
