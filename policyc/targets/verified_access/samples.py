"""Claims of an OIDC provider from a sample of what it sends: a JSON file in the project, named in `claims_from`.

Each value of the sample becomes a declared claim of its type, as if it stood in `claims`; what stands there already goes first.
What a sample cannot tell (null, an empty list) is said, what Cedar cannot hold (fractions, lists of records) is an error.
Source: https://docs.aws.amazon.com/verified-access/latest/ug/trust-data.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

from policyc.diagnostics import Diagnostic, Diagnostics, Severity, did_you_mean
from policyc.model.types import RECORD, STRING
from policyc.model.values import Resource, Value
from policyc.record import replace
from policyc.syntax.cedar_literals import is_identifier
from policyc.syntax.json_text import (
    JsonArray,
    JsonBool,
    JsonNull,
    JsonNumber,
    JsonObject,
    JsonString,
    JsonValue,
    parse_json,
)
from policyc.targets.cedar_documents.claims import entries
from policyc.targets.cedar_documents.facts import split_name
from policyc.targets.verified_access.scope import overlap, trust_types
from policyc.text import Source, Span

#: Opens a file of the project by its name from the root; reports what is wrong with it at the span and gives None.
OpenFile: TypeAlias = Callable[[str, Span], "Source | None"]
Path: TypeAlias = tuple[str, ...]

FIELD = "claims_from"
_ESCAPES = ("__entity", "__extn", "__expr")
_DEEPEST = 20


def complete(resource: Resource, open_file: OpenFile, diagnostics: Diagnostics) -> Resource:
    """The group with the claims of its samples added to `claims`."""
    trust = {name: str(value.data) for name, value in entries(resource, "trust")}
    added: list[tuple[str, Value]] = []
    for name, value in entries(resource, FIELD):
        if not _usable(name, value, trust, diagnostics):
            continue
        source = open_file(str(value.data), value.span)
        tree = None if source is None else parse_json(source, diagnostics)
        if tree is None:
            continue
        if not isinstance(tree, JsonObject):
            diagnostics.error(
                "malformed-sample",
                "a sample of claims is one JSON object",
                tree.span,
                'such as {"email": "a@example.com"}',
            )
            continue
        given = {path for key, _ in entries(resource, "claims") if (path := split_name(key)) is not None}
        added += _claims(name, tree, trust[name], given, diagnostics)
    if not added:
        return resource
    claims = resource.get("claims")
    declared = entries(resource, "claims")
    span = resource.span if claims is None else claims.span
    whole = Value(RECORD if claims is None else claims.type, (*declared, *added), span)
    fields = (*((key, item) for key, item in resource.fields if key != "claims"), ("claims", whole))
    return replace(resource, fields=fields)


def _usable(name: str, value: Value, trust: dict[str, str], diagnostics: Diagnostics) -> bool:
    kind = trust_types().get(trust.get(name, ""))
    if name not in trust:
        diagnostics.error(
            "unknown-trust-provider",
            f"the group has no trust provider `{name}`",
            value.span,
            did_you_mean(name, trust, "add it to `trust`"),
        )
    elif kind is not None and not kind.open:
        diagnostics.error(
            "closed-trust-type",
            f"`{name}` is {kind.doc}, whose data is documented in full",
            value.span,
            "only an `oidc` provider sends claims of its own; use its documented attributes",
        )
    return kind is not None and kind.open


def _claims(
    name: str, tree: JsonObject, word: str, given: set[Path], diagnostics: Diagnostics
) -> Iterator[tuple[str, Value]]:
    """The claims of a sample by their name in the language."""
    documented = trust_types()[word].attributes
    work: list[tuple[Path, JsonValue, Span]] = [((), tree, tree.span)]
    while work:
        path, value, span = work.pop()
        if isinstance(value, JsonObject):
            work.extend(
                ((*path, member.key), member.value, member.key_span)
                for member in reversed(value.members)
                if _nameable(member.key, member.key_span, len(path), diagnostics)
            )
            continue
        kind = _kind(path, value, span, diagnostics)
        if kind is None or any(overlap((name, *path), other) for other in given):
            continue
        entry = documented.get(".".join(path))
        if entry is None or kind != _word(entry):
            yield _written((name, *path)), Value(STRING, kind, span)


def _nameable(key: str, span: Span, depth: int, diagnostics: Diagnostics) -> bool:
    if not key or '"' in key or key in _ESCAPES or depth >= _DEEPEST:
        diagnostics.error(
            "malformed-sample",
            f"a claim called `{key}` cannot be named in a policy",
            span,
            "leave it out of the sample",
        )
        return False
    return True


def _kind(path: Path, value: JsonValue, span: Span, diagnostics: Diagnostics) -> str | None:
    """The type of a claim, as `claims` would spell it; None after saying why there is none."""
    where = ".".join(path)
    match value:
        case JsonString():
            return "string"
        case JsonBool():
            return "bool"
        case JsonNumber(text):
            if len(text) <= 20 and text.lstrip("-").isdigit() and -(2**63) <= int(text) < 2**63:
                return "int"
            problem = "is no whole number of 64 bits, which is all that Cedar has"
        case JsonArray(items) if items and all(isinstance(item, JsonString) for item in items):
            return "string_set"
        case JsonArray(()) | JsonNull():
            what = "null" if isinstance(value, JsonNull) else "an empty list"
            diagnostics.add(
                Diagnostic(
                    "untold-claim",
                    f"`{where}` is {what} in the sample, so its type is not known and policies cannot use it",
                    span,
                    "put a value into the sample, or declare it in `claims`",
                    Severity.INFO,
                )
            )
            return None
        case _:
            problem = "is a list of something else than text, whose elements a policy cannot test"
    diagnostics.error("malformed-sample", f"`{where}` {problem}", span, "leave it out of the sample")
    return None


def _word(entry: object) -> str:
    """The type of a documented attribute, as `claims` would spell it."""
    assert isinstance(entry, dict)
    return "string_set" if entry.get("form") == "set" else str(entry["type"])


def _written(path: Path) -> str:
    return path[0] + "".join(f".{step}" if is_identifier(step) else f'["{step}"]' for step in path[1:])
