"""From a Cedar text of Verified Access to the group that it is on and to statements in the words of the language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from policyc.diagnostics import Diagnostics
from policyc.model.types import RECORD, STRING, Named
from policyc.model.values import Resource, Value
from policyc.regex import regex
from policyc.syntax.cedar_nodes import Document
from policyc.targets.cedar_documents.facts import language_name
from policyc.targets.cedar_documents.raising import Carried, tested
from policyc.targets.cedar_documents.text.paths import reads
from policyc.targets.verified_access.read.trust import declared_trust, undeclared_roots
from policyc.targets.verified_access.scope import ENDPOINT as ENDPOINT
from policyc.targets.verified_access.scope import GROUP, facts, guess_type, trust_types
from policyc.text import Source, Span

_WORD: Final = Named("word")
_ARN: Final = regex(r"arn:aws[a-z-]*:ec2:[a-z0-9-]+:[0-9]{12}:verified-access-group/vagr-[0-9a-f]{17}")
EXAMPLE: Final = "arn:aws:ec2:us-east-1:111122223333:verified-access-group/vagr-0123456789abcdef0"
_NAME: Final = regex(r"[A-Za-z_][A-Za-z0-9_]*")
_PARTS: Final = regex(r"[A-Za-z0-9]+")


def is_carrier(arn: str) -> bool:
    """Whether an ARN is that of a group."""
    return _ARN.fullmatch(arn) is not None


def group_of(
    source: Source, document: Document, name: str, trust: Mapping[str, str], diagnostics: Diagnostics
) -> Resource | None:
    """The group that a text is on, with the trust providers and the claims that it reads; None after reporting a provider whose type
    nothing tells. `trust` are those that somebody stated."""
    known = {**declared_trust(document, diagnostics), **trust}
    paths = [path for path, _ in reads(document)]
    for root, span in undeclared_roots(document, known).items():
        kind = guess_type(root, [path[1:] for path in paths if path[0] == root])
        if kind:
            known[root] = kind
        else:
            help = f"state it with `--trust {root}=oidc`, or in the comment `// policyc: trust {root}=oidc`"
            diagnostics.error("not-importable", f"nothing tells what trust provider `{root}` is", span, help)
    if diagnostics.has_errors:
        return None
    span = Span(source.file, 0, 0)
    used = {root: kind for root, kind in known.items() if any(path and path[0] == root for path in paths)}
    called = _called(used)
    fields: dict[str, dict[str, str]] = {
        "trust": {called[root]: kind for root, kind in used.items()},
        "claims": _claims(document, used, called),
    }
    texts = {called[root]: root for root in used if called[root] != root}
    made = tuple((key, _record(entries, span)) for key, entries in fields.items() if entries)
    if texts:
        named = tuple((key, Value(STRING, text, span)) for key, text in texts.items())
        made = (*made, ("references", Value(RECORD, named, span)))
    return Resource(name, GROUP, made, source.file, span)


def joined(groups: Sequence[Resource]) -> Resource:
    """One group as several texts read it: the first, with the providers and the claims of all."""
    fields: dict[str, dict[str, object]] = {}
    for key, value in (field for group in groups for field in group.fields):
        assert isinstance(value.data, tuple)
        fields[key] = fields.get(key, {}) | dict(value.data) | fields.get(key, {})  # type: ignore[arg-type]
    span = groups[0].span
    made = tuple((key, Value(RECORD, tuple(entries.items()), span)) for key, entries in fields.items())  # type: ignore[arg-type]
    return Resource(groups[0].name, GROUP, made, groups[0].file, span)


def _called(trust: Mapping[str, str]) -> dict[str, str]:
    """What the language calls each provider: its policy reference name, or a word made from it."""
    out: dict[str, str] = {}
    for root in trust:
        name = root if _NAME.fullmatch(root) else "_".join(_PARTS.findall(root)) or "provider"
        name = f"provider_{name}" if name[0].isdigit() else name
        while name in out.values():
            name += "_"
        out[root] = name
    return out


def _record(entries: Mapping[str, str], span: Span) -> Value:
    return Value(RECORD, tuple((key, Value(_WORD, text, span)) for key, text in entries.items()), span)


def _claims(document: Document, trust: Mapping[str, str], called: Mapping[str, str]) -> dict[str, str]:
    """The claims of providers that may send more than is documented, each with the type that its tests compare it with."""
    found: dict[str, str] = {}
    for path, kind in tested(document):
        provider = trust_types().get(trust.get(path[0], ""))
        if provider is not None and provider.open and language_name(path).partition(".")[2] not in provider.attributes:
            found.setdefault(language_name((called[path[0]], *path[1:])), kind)
    return found


def carried(on: Resource, role: str = "group") -> Carried:
    """What a text on a group, or on an endpoint of the group `on`, may count on."""
    return Carried("verified_access", role, facts(on, {}))
