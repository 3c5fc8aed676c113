"""Condition keys that no request carries, and spellings that the service may not take.

Source: IAM evaluation reference, sections 8.2 and 9, and 15 #13; Lattice reference, section 3; Object Lambda reference, section 8.
"""

from __future__ import annotations

from typing import Final

from policyc.diagnostics import Diagnostics, did_you_mean
from policyc.lint.raw.statements import ConditionKey, RawStatement
from policyc.model.vocabulary import Attribute
from policyc.targets.iam_documents.known_keys import KEY_SERVICES, known_keys

_LATTICE: Final = "vpc-lattice-svcs"
_HEADERS: Final = "vpc-lattice-svcs:requestheader/"
#: keys that only S3 evaluates, behind the Object Lambda access point
_BEHIND_OLAP: Final = ("s3:prefix", "s3:delimiter", "s3:max-keys", "s3:existingobjecttag/", "s3:versionid")
_FIRST_HOP: Final = "object-lambda"


def check_keys(statement: RawStatement, diagnostics: Diagnostics) -> None:
    """Report unknown keys with the closest known one, and keys that cannot be there."""
    for entry in statement.condition_keys():
        service = entry.key.partition(":")[0].lower()
        known = known_keys().find(entry.key)
        if known is None:
            if service in KEY_SERVICES:
                _unknown(entry, service, diagnostics)
        else:
            _spelling(entry, known, diagnostics)
        _absent_here(entry, service, statement, diagnostics)


def _unknown(entry: ConditionKey, service: str, diagnostics: Diagnostics) -> None:
    names = known_keys().names(service)
    if service == "aws":
        diagnostics.warning(
            "invalid-global-condition-key",
            f"no global condition key is called `{entry.key}`",
            entry.span,
            did_you_mean(
                entry.key, names, "`policyc explain list` names the known keys; a newer key may be missing there"
            ),
        )
    else:
        diagnostics.error(
            "invalid-service-condition-key",
            f"`{service}` has no condition key `{entry.key}`",
            entry.span,
            did_you_mean(entry.key, names, "its keys are " + ", ".join(f"`{name}`" for name in names)),
        )


def _spelling(entry: ConditionKey, known: Attribute, diagnostics: Diagnostics) -> None:
    """Lattice's guide calls its key names case-sensitive, IAM's pages do not."""
    if not entry.key.lower().startswith(f"{_LATTICE}:"):
        return
    if entry.key.lower().startswith(_HEADERS) and entry.key[len(_HEADERS) :] != entry.key[len(_HEADERS) :].lower():
        diagnostics.warning(
            "header-name-case",
            f"the header name in `{entry.key}` has capital letters, and HTTP/2 sends none",
            entry.span,
            f"write `{known.native[: len(_HEADERS)]}{entry.key[len(_HEADERS) :].lower()}`",
        )
    elif not entry.key.startswith(known.native):
        diagnostics.warning(
            "condition-key-case",
            f"`{entry.key}` is not how VPC Lattice spells this key, and its guide heeds letter case",
            entry.span,
            f"write `{known.native}`",
        )


def _absent_here(entry: ConditionKey, service: str, statement: RawStatement, diagnostics: Diagnostics) -> None:
    folded = entry.key.lower()
    if statement.kind.name != _FIRST_HOP:
        return
    if folded.startswith("aws:calledvia"):
        diagnostics.warning(
            "key-absent-at-first-hop",
            f"`{entry.key}` is absent when a client calls the Object Lambda access point",
            entry.span,
            "test it at the function, the supporting access point and the bucket",
        )
    elif folded.startswith(_BEHIND_OLAP):
        diagnostics.warning(
            "key-absent-at-first-hop",
            f"`{entry.key}` is not evaluated at the Object Lambda access point",
            entry.span,
            "test it in the policy of the supporting access point",
        )
