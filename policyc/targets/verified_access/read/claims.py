"""Claims of OIDC providers from a sample of what they send: `// policyc: claims idp=claims.json` in a Cedar text, or a flag.

The sample tells the kind of each claim in it, and that goes before what AWS's samples show. What the text reads and the sample lacks is
a finding; a sample is of one user, so it is no certainty.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

from policyc.diagnostics import Diagnostics
from policyc.model.values import Resource
from policyc.record import record, replace
from policyc.syntax.cedar_nodes import Document
from policyc.syntax.json_text import JsonArray, JsonBool, JsonNumber, JsonObject, JsonString, JsonValue, parse_json
from policyc.targets.cedar_documents.claims import declared
from policyc.targets.cedar_documents.facts import cedar_path
from policyc.targets.cedar_documents.protocol import OpenText
from policyc.targets.cedar_documents.text.kinds import BOOL, LONG, STRING, UNKNOWN, Kind, Member, trust_member
from policyc.targets.cedar_documents.text.paths import declared_pairs, reads
from policyc.targets.verified_access.read.trust import declared_trust
from policyc.targets.verified_access.scope import REQUEST_ROOTS, reference, trust_types
from policyc.targets.verified_access.slips import lacking
from policyc.text import Source, Span

#: a provider of which no claim is known
_NOTHING: Final = Kind("record", open=True)
_ESCAPES: Final = ("__entity", "__extn", "__expr")


@record
class Declared:
    """What is said of the trust providers: their types by policy reference name, and the claims that samples show."""

    trust: Mapping[str, str]
    claims: Mapping[str, Kind]


def declarations(
    documents: Iterable[Document],
    trust: Mapping[str, str],
    samples: Mapping[str, Source],
    open_file: OpenText,
    diagnostics: Diagnostics,
    known: Mapping[str, Kind] = MappingProxyType({}),
) -> Declared:
    """What the comments of the texts declare, and what flags add to it and go before; mistakes are reported. `known` are claims that are
    declared elsewhere."""
    types: dict[str, str] = {}
    files: dict[str, Source] = {}
    places: dict[str, Span | None] = {}
    for document in documents:
        types |= declared_trust(document, diagnostics)
        for name, file, span in _declared(document, diagnostics):
            source = None if name in samples else open_file(file, span, diagnostics)
            if source is not None:
                files[name], places[name] = source, span
    types |= trust
    claims: dict[str, Kind] = dict(known)
    for name, source in {**files, **samples}.items():
        kind = trust_types().get(types.setdefault(name, "oidc"))
        if name in REQUEST_ROOTS or (kind is not None and not kind.open):
            what = "request data" if name in REQUEST_ROOTS or kind is None else kind.doc
            diagnostics.error(
                "closed-trust-type",
                f"`{name}` is {what}, which is documented in full",
                places.get(name),
                "only an `oidc` provider has a sample of claims",
            )
            continue
        found = sample_kind(source, diagnostics)
        if found is not None:
            claims[name] = found
    return Declared(types, claims)


def _declared(document: Document, diagnostics: Diagnostics) -> Iterable[tuple[str, str, Span]]:
    for span, pairs, whole in declared_pairs(document, "claims"):
        yield from ((name, file, span) for name, file in pairs)
        if not whole:
            diagnostics.error(
                "cedar-trust-comment",
                "this comment names no sample of claims",
                span,
                "write `// policyc: claims okta=okta-claims.json`, the file by its path from the project root",
            )


def claims_of(group: Resource) -> Mapping[str, Kind]:
    """The claims that a declared group says its OIDC providers send, by policy reference name."""
    found: dict[str, Kind] = {}
    for steps, entry in declared(group, "claims", ""):
        root = reference(group, steps[0])
        found[root] = _with_claim(found.get(root, _NOTHING), steps[1:], entry)
    return found


def _with_claim(kind: Kind, steps: tuple[str, ...], entry: Mapping[str, Any]) -> Kind:
    """A record with one more claim in it."""
    if len(steps) == 1:
        member = trust_member(entry, sampled=False)
    else:
        inner = kind.members.get(steps[0])
        member = Member(_with_claim(_NOTHING if inner is None else inner.kind, steps[1:], entry))
    return replace(kind, members={**kind.members, steps[0]: member})


# --- samples --------------------------------------------------------------------------------------------------------


def sample_kind(source: Source, diagnostics: Diagnostics) -> Kind | None:
    """The record that a sample shows, None after reporting that it is none."""
    tree = parse_json(source, diagnostics)
    if tree is None:
        return None
    if not isinstance(tree, JsonObject):
        diagnostics.error(
            "malformed-sample", "a sample of claims is one JSON object", tree.span, 'such as {"email": "a@example.com"}'
        )
        return None
    return _kind(tree, diagnostics)


def _kind(value: JsonValue, diagnostics: Diagnostics) -> Kind:
    """The kind of a value; unknown for null, for an empty list's elements, and after a report."""
    match value:
        case JsonString():
            return STRING
        case JsonBool():
            return BOOL
        case JsonNumber(text):
            if len(text) <= 20 and text.lstrip("-").isdigit() and -(2**63) <= int(text) < 2**63:
                return LONG
            diagnostics.error(
                "malformed-sample",
                f"`{text}` is no whole number of 64 bits, which is all that Cedar has",
                value.span,
                "leave it out of the sample",
            )
            return UNKNOWN
        case JsonArray(items):
            kinds = [_kind(item, diagnostics) for item in items]
            same = bool(kinds) and all(kind.name == kinds[0].name for kind in kinds)
            return Kind("set", kinds[0] if same else UNKNOWN)
        case JsonObject():
            members: dict[str, Member] = {}
            for member in value.members:
                if member.key in _ESCAPES:
                    diagnostics.error(
                        "malformed-sample",
                        f"a claim called `{member.key}` cannot be named in a policy",
                        member.key_span,
                        "leave it out of the sample",
                    )
                members[member.key] = Member(_kind(member.value, diagnostics))
            return Kind("record", members=members, open=True)
        case _:
            return UNKNOWN


def check_claims(document: Document, claims: Mapping[str, Kind], diagnostics: Diagnostics) -> None:
    """Report the claims that a text reads and the sample of its provider lacks, each once."""
    told: set[tuple[str, ...]] = set()
    for path, span in reads(document):
        kind = claims.get(path[0])
        for count, step in enumerate(path[1:], 2):
            if kind is None or kind.name != "record":
                break
            member = kind.members.get(step)
            if member is None and path[:count] not in told:
                told.add(path[:count])
                slip = lacking(cedar_path(path[:count]), cedar_path(path[: count - 1]), step, kind.members)
                diagnostics.warning("claim-not-in-sample", slip.message, span, slip.help)
            kind = None if member is None else member.kind
