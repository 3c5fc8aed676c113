"""The record `context` that a list of trust providers makes, with the request data beside them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, partial
from types import MappingProxyType
from typing import Final

from policyc.targets.cedar_documents.text.kinds import UNKNOWN, Kind, Member, always, member_of, record_of, trust_member
from policyc.targets.verified_access.scope import REQUEST_ROOTS, trust_types, vocabulary

#: numbers in one source and text in another
_TWO_FORMED: Final = frozenset({"http_request.port", "tcp_flow.destination_port"})


def context_kind(
    trust: Mapping[str, str],
    undeclared: frozenset[str] = frozenset(),
    shared: bool = False,
    claims: Mapping[str, Kind] = MappingProxyType({}),
    protocol: str = "",
) -> Kind:
    """The record `context` for trust providers by policy reference name -> type; `undeclared` roots hold anything, and `claims` are
    the records that OIDC providers were seen to send, which go before AWS's samples.

    `shared` is set for a text that counts on HTTP requests and on TCP flows, of which each request is one; where the `protocol` is known, each is of that.
    """
    members: dict[str, Member] = {
        name: _request_member(name, not shared)
        for name in REQUEST_ROOTS
        if not protocol or (name == "tcp_flow") is (protocol == "tcp")
    }
    for name in undeclared:
        members[name] = Member(UNKNOWN)
    for name, word in trust.items():
        if name in claims:
            members[name] = Member(claims[name])
        elif word in trust_types() and name not in REQUEST_ROOTS:
            members[name] = _provider(word)
    return Kind("record", members=members)


@cache
def _provider(word: str) -> Member:
    """What a type of trust providers sends, as far as it is documented."""
    entry = trust_types()[word]
    # what lies behind a key is told by the kind of the record that holds the keys
    plain = {path: about for path, about in entry.attributes.items() if "[]" not in path}
    record = record_of(plain, partial(trust_member, sampled=entry.open), entry.open)
    required = always(record)
    return Member(record, required, device=not (required or entry.open))


@cache
def _request_member(root: str, required: bool) -> Member:
    members: dict[str, Member] = {}
    for attribute in vocabulary().attributes.values():
        first, _, rest = attribute.native.partition(".")
        if first != root:
            continue
        text_too = attribute.native in _TWO_FORMED
        members[rest] = member_of(attribute, required=attribute.presence == "always", text_too=text_too)
    return Member(Kind("record", members=members), required)
