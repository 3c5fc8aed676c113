"""The last look at a document before it leaves the compiler: its JSON Schema and its size."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from policyc.data import read_json
from policyc.diagnostics import Diagnostics
from policyc.packages import MissingPackage
from policyc.shape import Misfit, UnknownKeyword, misfits
from policyc.targets.base import Document
from policyc.text import Span

_MOST_PER_DOCUMENT = 5
_URN = "urn:policyc:schemas:"
#: keywords whose messages are about a key and not about what stands at the place
_ABOUT_KEYS = frozenset({"additionalProperties", "propertyNames"})
#: kind and text of the last documents that the small check found nothing in: an editor asks about the same ones at each key
_SOUND: dict[tuple[str, str], None] = {}
_MOST_SOUND = 64


def check_documents(documents: Iterable[Document], diagnostics: Diagnostics, thorough: bool = False) -> None:
    """Report every document that breaks its schema or its quota.

    `thorough` asks the jsonschema package, which is slow to load but the reference; else the small check of `policyc.shape`
    answers, which a test holds equal to it.
    """
    for document in documents:
        _check_size(document, diagnostics)
        _check_shape(document, diagnostics, thorough)


def _check_size(document: Document, diagnostics: Diagnostics) -> None:
    quota = document.quota
    if quota is not None and quota.counted > quota.limit:
        diagnostics.error(
            "policy-size-exceeds-quota",
            f"the {document.role} document of `{document.owner}` has {quota.counted:,} {quota.unit}, "
            f"the service takes {quota.limit:,}",
            document.span,
            "merge statements that differ in one value, or shorten lists with a wildcard or a shared condition",
        )


def _check_shape(document: Document, diagnostics: Diagnostics, thorough: bool) -> None:
    asked = document.kind, document.text
    if not document.kind or (asked in _SOUND and not thorough):
        return
    try:
        data = json.loads(document.text)
    except ValueError as error:
        found: Iterable[Misfit] = [Misfit((), "json", f"is not JSON: {error}".lower())]
    else:
        found = list(shape_errors(document.kind, data, thorough))
        if not found:
            if len(_SOUND) >= _MOST_SOUND:
                del _SOUND[next(iter(_SOUND))]
            _SOUND[asked] = None
    for count, misfit in enumerate(found):
        if count == _MOST_PER_DOCUMENT:
            break
        where = f"`{misfit.pointer}` of " if misfit.path else ""
        diagnostics.error(
            "document-breaks-schema",
            f"{where}`{document.path}` {_sentence(misfit)}",
            _span(document, misfit),
            "if the source looks right, this is a bug of policyc: please report it with this file",
        )


def _sentence(misfit: Misfit) -> str:
    return f"is wrong: {misfit.message}" if misfit.rule in _ABOUT_KEYS else misfit.message


def shape_errors(kind: str, data: Any, thorough: bool = False) -> Iterator[Misfit]:
    """How plain data breaks `schemas/<kind>.schema.json`, in a stable order."""
    schema = load_schema(kind)
    if not thorough:
        try:
            yield from misfits(data, schema)
            return
        except UnknownKeyword:
            pass
    errors = sorted(_reference(kind).iter_errors(data), key=lambda error: [str(part) for part in error.absolute_path])
    for error in errors:
        yield Misfit(tuple(error.absolute_path), str(error.validator), str(error.message)[:300].lower())


@cache
def load_schema(kind: str) -> dict[str, Any]:
    """The schema of a kind of document; one that is nothing but a `$ref` is the schema that it names. Raises FileNotFoundError for an unknown kind (a bug)."""
    schema: dict[str, Any] = read_json(f"schemas/{kind}.schema.json")
    named: str = schema.get("$ref", "")
    return load_schema(named.removeprefix(_URN).replace(":", "/")) if named.startswith(_URN) else schema


@cache
def _reference(kind: str) -> Any:
    try:
        from jsonschema import Draft202012Validator
    except ImportError:
        raise MissingPackage("jsonschema") from None
    return Draft202012Validator(load_schema(kind))


def _span(document: Document, misfit: Misfit) -> Span:
    """The source of the longest mapped part that holds the misfit, else the document's own."""
    pointer = misfit.pointer + "/"
    inside = [entry for entry in document.map if pointer.startswith(entry.pointer.rstrip("/") + "/")]
    return max(inside, key=lambda entry: len(entry.pointer)).span if inside else document.span
