"""Condition keys that nobody has: what is said of one, in the language and in documents alike.

Source: the vocabularies under `schemas/`; service authorization reference of each service; IAM evaluation reference, section 9.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from policyc.diagnostics import did_you_mean, meant
from policyc.lint.raw.nearest import near_prefixes, nearest_name
from policyc.targets.iam_documents import services
from policyc.targets.iam_documents.known_keys import KEY_SERVICES, known_keys

#: what stands before the name in a key of a family, and what people write there
_SEPARATORS: Final = (":", "/", ".", "-", "=")
#: how many claims of a provider are listed where none is near to the one that is written
_MOST_CLAIMS: Final = 16
_SEE: Final = "`policyc explain list` names the known keys; a newer key may be missing there"


def unknown_key(key: str) -> tuple[str, str] | None:
    """What is wrong with a key that neither our vocabularies nor its service list, nor STS as a claim of an identity provider, and
    what to do; None for all others."""
    known = known_keys().find(key)
    if known is not None:
        if known.key or not known.keyed:
            return None
        return f"`{key}` lacks the name behind its `/`", f"write `{spelled(known.native)}` with the name that is meant"
    prefix = key.partition(":")[0].lower()
    if prefix in KEY_SERVICES:
        names = [spelled(name) for name in known_keys().names(prefix)]
        if prefix == "aws":
            return f"no global condition key is called `{key}`", _of_family(key, names) or nearest_name(
                key, names
            ) or _SEE
        listed = "its keys are " + ", ".join(f"`{name}`" for name in names)
        return f"`{prefix}` has no condition key `{key}`", _of_family(key, names) or did_you_mean(key, names, listed)
    if not services.is_there() or not prefix:
        return None
    claims = services.claims(prefix)
    if claims is not None:
        return None if key[len(prefix) + 1 :].lower() in map(str.lower, claims) else _unknown_claim(key, claims)
    return None if "/" in prefix else _unlisted(key, prefix)


def spelled(name: str) -> str:
    """A documented key as an author can write it: a family with a name behind its slash."""
    return f"{name}name" if name.endswith("/") else name


def _unlisted(key: str, prefix: str) -> tuple[str, str] | None:
    """A key that its service does not list, or of a service that there is not."""
    found = services.service(prefix)
    if found is None:
        tail = key[len(prefix) :]
        help = nearest_name(prefix, near_prefixes(prefix, lambda one: one.key(one.prefix + tail) is not None), tail)
        message = f"no service has the prefix `{prefix}` (as of {services.updated()})"
    elif found.key(key) is None and not key.lower().endswith("tag/"):  # whose name is missed where it is read
        names = [spelled(services.HOLE.sub("name", name)) for name in found.keys.values()]
        own = [name for name in names if name.lower().startswith(f"{prefix}:")]
        help = _of_family(key, own) or nearest_name(key, own)
        message = f"`{prefix}` has no condition key `{key}` (as of {services.updated()})"
    else:
        return None
    return message, help or "write a key that the service's page in the service authorization reference gives"


def _unknown_claim(key: str, claims: tuple[str, ...]) -> tuple[str, str]:
    provider, _, claim = key.partition(":")
    near = nearest_name(claim, claims, head=f"{provider}:")
    more = f" and {len(claims) - _MOST_CLAIMS} more" if len(claims) > _MOST_CLAIMS else ""
    known = "its keys end in " + ", ".join(f"`:{name}`" for name in claims[:_MOST_CLAIMS]) + more
    return f"no request carries a claim `{claim}` of `{provider}` (as of {services.updated()})", near or known


def _of_family(key: str, names: Iterable[str]) -> str:
    """What to write for a key of a family that lacks its name, or has another sign before it; empty for other keys."""
    for family in (name.removesuffix("name") for name in names if name.endswith(("/name", ":name"))):
        end = len(family) - 1
        if key[:end].lower() == family[:end].lower() and key[end : end + 1] in ("", *_SEPARATORS):
            return meant(key, family + (key[end + 1 :] or "name"))
    return ""
