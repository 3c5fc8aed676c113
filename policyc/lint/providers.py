"""Identity providers in trust policies: whose users a statement lets assume the role.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html; claims of each provider in its own guide.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from policyc.ir.authz import All, Atom, Cond, Glob, RawTest
from policyc.lint.doors import is_positive
from policyc.model.values import Principal
from policyc.record import record
from policyc.regex import regex

#: providers that everybody can be a user of, by the host that their keys begin with -> the claim that tells them apart
_SHARED: Final = {
    "token.actions.githubusercontent.com": "sub",
    "gitlab.com": "sub",
    "app.terraform.io": "sub",
    "bitbucket.org": "aud",
    "accounts.google.com": "aud",
    "graph.facebook.com": "app_id",
    "www.amazon.com": "app_id",
    "cognito-identity.amazonaws.com": "aud",
}
#: what is the same for all users of a provider whose users are told apart by `sub`, and says nothing of a pool of Cognito
_COMMON: Final = {"sub": ("aud",), "aud": ("amr",)}
_OIDC: Final = "oidc-provider/"
#: `repo:acme/`, `organization:acme:`: a claim whose owner stands there to its end
_OWNED: Final = regex(r"[^:*?]+:[^:/*?]+[:/].*|[^*?]+")


@record
class OpenProvider:
    """A provider whose users all may assume the role. `owner` is a pattern that leaves open whose they are, empty where no claim is tested."""

    host: str
    claim: str
    owner: str = ""


def open_provider(principal: Principal, when: Cond) -> OpenProvider | None:
    """What an identity provider in a trust policy lacks; None for other principals, and where a claim narrows it."""
    text = principal.args[-1] if principal.kind == "native" and principal.args[0] == "Federated" else ""
    host = text.partition(_OIDC)[2] or (text if text in _SHARED else "")
    if not host:
        return None
    claim = _SHARED.get(host, "sub")
    common = _COMMON.get(claim, ()) if host in _SHARED else ()
    tested = [(name, values) for name, values in _claims(host, when) if name not in common]
    if not tested:
        return OpenProvider(host, claim)
    loose = [value for name, values in tested for value in values if name == "sub" and _OWNED.fullmatch(value) is None]
    narrowed = any(name != "sub" or all(map(_OWNED.fullmatch, values)) for name, values in tested)
    return None if host not in _SHARED or claim != "sub" or narrowed else OpenProvider(host, claim, loose[0])


def _claims(host: str, when: Cond) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The claims of a provider that have to have some value, with the values."""
    for item in when.items if isinstance(when, All) else (when,):
        if not isinstance(item, Atom | RawTest) or not is_positive(item):
            continue
        key, prefix = item.attribute.native.lower(), f"{host.lower()}:"
        if key.startswith(prefix):
            values = tuple(value.text if isinstance(value, Glob) else str(value.value) for value in item.values)
            yield key.removeprefix(prefix), values
