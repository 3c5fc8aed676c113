"""From a Cedar text of Client VPN to the endpoint that it is on: its trust providers, its logins and the data that nobody documents."""

from __future__ import annotations

from typing import Final

from policyc.diagnostics import Diagnostics
from policyc.model.types import RECORD, STRING, Named, SetOf
from policyc.model.values import Resource, Value
from policyc.regex import regex
from policyc.syntax.cedar_nodes import Document, Get, Has, path_of, walk
from policyc.targets.cedar_documents.facts import language_name
from policyc.targets.cedar_documents.raising import Carried, tested
from policyc.targets.client_vpn.scope import CONNECTION, ENDPOINT, NATIVE, facts, vocabulary
from policyc.text import Source, Span

_ARN: Final = regex(r"arn:aws[a-z-]*:ec2:[a-z0-9-]+:[0-9]{12}:client-vpn-endpoint/cvpn-endpoint-[0-9a-f]{17}")
EXAMPLE: Final = "arn:aws:ec2:us-east-1:111122223333:client-vpn-endpoint/cvpn-endpoint-0123456789abcdef0"
_WORDS: Final = {native: word for word, native in NATIVE.items()}


def is_carrier(arn: str) -> bool:
    """Whether an ARN is that of an endpoint."""
    return _ARN.fullmatch(arn) is not None


def endpoint_of(source: Source, document: Document, name: str, diagnostics: Diagnostics) -> Resource | None:
    """The endpoint that a text is on, with what the text reads of it; None after reporting data that no endpoint has."""
    fields = vocabulary().resource_types[ENDPOINT].fields
    parts = {field: _members(fields[field].type) for field in ("trust", "login")}
    used = {field: [] for field in parts}  # type: dict[str, list[str]]
    for root, span in _roots(document).items():
        word = _WORDS.get(root, root)
        field = next((field for field, words in parts.items() if word in words), None)
        if field is not None:
            used[field].append(word)
        elif root != CONNECTION:
            message = f"a Client VPN endpoint has no data under the name `{root}`"
            diagnostics.error("not-importable", message, span, "`policyc explain client_vpn` lists what there is")
    if diagnostics.has_errors:
        return None
    start = source.span(0, 0)
    made = [(field, _words(found, start)) for field, found in used.items() if found or field == "login"]
    signals = _signals(document)
    if signals:
        made.append(
            ("signals", Value(RECORD, tuple((key, _word(kind, start)) for key, kind in signals.items()), start))
        )
    return Resource(name, ENDPOINT, tuple(made), source.file, start)


def carried(on: Resource) -> Carried:
    """What a text on an endpoint may count on."""
    return Carried("client_vpn", "endpoint", facts(on))


def _members(kind: object) -> tuple[str, ...]:
    return tuple(getattr(kind.item, "members", ())) if isinstance(kind, SetOf) else ()


def _words(words: list[str], span: Span) -> Value:
    return Value(SetOf(Named("word")), tuple(_word(word, span) for word in words), span)


def _word(text: str, span: Span) -> Value:
    return Value(STRING, text, span)


def _roots(document: Document) -> dict[str, Span]:
    """The names right below `context` that the text reads, where each stands first."""
    found: dict[str, Span] = {}
    for statement in document.statements:
        for clause in statement.clauses:
            for node in (clause.body, *walk(clause.body)):
                path = path_of(node)
                if isinstance(node, Get) and path is not None and len(path) == 1:
                    found.setdefault(path[0], node.name_span)
                elif isinstance(node, Has) and path_of(node.of) == ():
                    found.setdefault(node.names[0], node.name_span)
    return found


def _signals(document: Document) -> dict[str, str]:
    """What the text tests and nobody documents, each with the type that its tests compare it with."""
    known = {tuple(item.native.split(".")) for item in vocabulary().attributes.values()}
    found: dict[str, str] = {}
    for path, kind in tested(document):
        if path not in known and len(path) > 1:
            found.setdefault(language_name((_WORDS.get(path[0], path[0]), *path[1:])), kind)
    return found
