"""Emitted documents in the deciding engine: compiled with their source map, found by caller, asked one by one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final

from policyc.diagnostics import Diagnostics
from policyc.engines.iam import caller as callers
from policyc.engines.iam.caller import Caller
from policyc.engines.iam.document import Document as Compiled
from policyc.engines.iam.document import compile_document, compile_text
from policyc.engines.iam.principals import principal_arn
from policyc.engines.iam.statement import Kind
from policyc.engines.iam.switches import DEFAULT, Switches
from policyc.ir.instants import moment_text
from policyc.model.types import Named, Type
from policyc.model.values import Principal, Scalar
from policyc.model.vocabulary import Attribute
from policyc.per_object import PerObject
from policyc.syntax.json_text import parse_json
from policyc.targets.base import Document, DocumentSet
from policyc.targets.iam_documents.carriers import carrier_of
from policyc.text import Source, Span

#: `attached_to` of a raw document that belongs to the caller of the request, whoever that is
ANY_CALLER: Final = "*"


def compile_emitted(document: Document, kind: Kind, switches: Switches = DEFAULT) -> Compiled:
    """The compiled form of a document that a target emitted, its statements pointing to the `.policy` source; made once.

    Raises ValueError when the text cannot be read: emitted text always can, so that is a bug.
    """
    known = _compiled(document)
    key = kind, switches
    if key not in known:
        known[key] = _compile(document, kind, switches)
    return known[key]


def keep_compiled(document: Document, compiled: Compiled) -> None:
    """Take a document's compiled form from whoever has it, its places included: a text that stands in a template has them there."""
    _compiled(document)[compiled.kind, compiled.switches] = compiled


def _nothing_yet(_document: Document) -> dict[tuple[Kind, Switches], Compiled]:
    return {}


_compiled = PerObject(_nothing_yet, 4096)


def _compile(document: Document, kind: Kind, switches: Switches) -> Compiled:
    diagnostics = Diagnostics()
    tree = parse_json(Source(document.path, document.text), diagnostics)
    if tree is None:
        raise ValueError(f"emitted document {document.path} is not JSON: {next(iter(diagnostics)).message}")
    compiled = compile_document(
        tree,
        kind,
        diagnostics,
        name=document.owner,
        switches=switches,
        origins=statement_origins(document),
        stored=True,
    )
    if compiled is None:
        raise ValueError(f"emitted document {document.path} cannot be read: {next(iter(diagnostics)).message}")
    return compiled


@lru_cache(maxsize=1)
def allows_everyone() -> Compiled:
    """A resource's policy at its most generous, for one that nobody gave."""
    text = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}'
    found = compile_text(Source("not given", text), Kind.RESOURCE, Diagnostics())
    assert found is not None
    return found


def statement_origins(document: Document) -> list[tuple[str, Span | None]]:
    """Label and source span per statement of the document; empty when the source map is not complete."""
    entries = {entry.pointer: entry for entry in document.map}
    out: list[tuple[str, Span | None]] = []
    while (entry := entries.get(f"/Statement/{len(out)}")) is not None:
        out.append((entry.label, entry.span))
    return out if len(out) == len(entries) else []


def identity_documents(documents: Iterable[Document], caller: Principal) -> list[Document]:
    """The identity policies that the caller carries: those in the project, and raw ones that were given for whoever calls.

    A session whose role has an unknown path is carried by the one role of that name in the account.
    """
    carrier = carrier_of(caller)
    held = DocumentSet.of(documents).with_role("identity")
    if caller.kind == "session" and carrier and not any(item.attached_to == carrier for item in held):
        start, _, name = carrier.partition(":role/")
        same = {
            item.attached_to
            for item in held
            if item.attached_to.startswith(f"{start}:role/") and item.attached_to.endswith(f"/{name}")
        }
        carrier = same.pop() if len(same) == 1 and "/" not in name else carrier
    return [item for item in held if item.attached_to == ANY_CALLER or (carrier and item.attached_to == carrier)]


@lru_cache(maxsize=1024)
def engine_caller(principal: Principal, partition: str = "aws") -> Caller | None:
    """The caller of a request; None for principals that stand for many callers."""
    match principal.kind, principal.args:
        case "anonymous", _:
            return callers.anonymous()
        case "service", (name,):
            return callers.service(name)
        case "session", (_, role, _):
            path = f"/{role.rpartition('/')[0]}/" if "/" in role else None
            return callers.caller_from_arn(principal_arn(principal, partition), path=path)
        case (("role" | "user" | "federated_user" | "root"), _) if not principal.is_pattern:
            return callers.caller_from_arn(principal_arn(principal, partition))
        case _:
            return None


_DATETIME: Final = Named("datetime")


def context_texts(values: Sequence[Scalar], kind: Type) -> tuple[str, ...]:
    """The values of one attribute as the engine reads them."""
    return tuple([_text(value, kind) for value in values])


def _text(value: Scalar, kind: Type) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if kind == _DATETIME:
        return moment_text(str(value))
    return str(value)


def stated_context(
    values: Mapping[str, tuple[Scalar, ...]], attributes: Mapping[str, Attribute]
) -> dict[str, tuple[str, ...]]:
    """What a request states, by condition key; a key that is stated to be absent has no values."""
    return {attributes[name].native: context_texts(found, attributes[name].type) for name, found in values.items()}
