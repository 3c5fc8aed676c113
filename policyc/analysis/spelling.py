"""Values of a solution as the language writes them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from policyc.analysis.conditions import folded
from policyc.engines.iam.arns import split_arn
from policyc.engines.iam.caller import Caller, CallerKind
from policyc.engines.proofs.value_tests import family_of
from policyc.model.types import BOOL, EnumOf, Named, SetOf, Type
from policyc.model.vocabulary import Attribute
from policyc.syntax.literals import quote

_WORD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_BARE: Final = frozenset({Named("region"), Named("asn"), Named("port")})


def spelled(attribute: Attribute, values: Sequence[str]) -> str:
    """The values of an attribute in a request: one, or a list where the attribute may have several."""
    texts = [
        f"{attribute.constructor}({quote(value)})" if attribute.constructor else literal(attribute.type, value)
        for value in values
    ]
    if not texts:
        return "absent"
    return f"[{', '.join(texts)}]" if attribute.many else texts[0]


def literal(kind: Type, text: str) -> str:
    """One value."""
    item = kind.item if isinstance(kind, SetOf) else kind
    if item == BOOL and text.lower() in ("true", "false"):
        return text.lower()
    if isinstance(item, EnumOf) and _WORD.fullmatch(text):
        return text
    if item in _BARE or (family_of(item) == "number" and re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text)):
        return text
    return quote(text)


def language_name(native: str, scope: Mapping[str, Attribute]) -> tuple[str, Attribute | None]:
    """How requests to a resource spell a key, with what is known of it; `key["…"]` where no word is."""
    wanted = folded(native)
    for name, item in scope.items():
        if not item.keyed and folded(item.native) == wanted:
            return name, item
    for item in scope.values():
        head = folded(item.native)
        if item.keyed and head and "[]" not in item.native and wanted.startswith(head) and len(wanted) > len(head):
            own = item.with_key(native[len(head) :])
            return own.name, own
    return f'key["{native}"]', None


def caller_text(caller: Caller) -> tuple[str, str]:
    """The caller as the language writes it: exactly, and in the form that says less (the role of a session)."""
    account, name = quote(caller.account), quote(caller.name)
    match caller.kind:
        case CallerKind.ANONYMOUS | CallerKind.UNSTATED:
            return "anonymous", "anonymous"
        case CallerKind.SERVICE | CallerKind.PROVIDER:
            return (f"service({quote(caller.services[0])})",) * 2
        case CallerKind.ROOT:
            return (f"root({account})",) * 2
        case CallerKind.USER:
            found = _named(caller.principal_arn or "", "user", caller)
            return (f"user({account}, {found})",) * 2
        case CallerKind.FEDERATED:
            return (f"federated_user({account}, {name})",) * 2
        case CallerKind.ROLE:
            found = _named(caller.principal_arn or "", "role", caller)
            session = quote(caller.session or "example")
            return f"session({account}, {found}, {session})", f"role({account}, {found})"


def _named(arn: str, word: str, caller: Caller) -> str:
    """The name of a role or user with its path."""
    fields = split_arn(arn)
    rest = fields[5] if fields is not None else caller.name
    return quote(rest.removeprefix(f"{word}/"))
