"""Callers that get in though nobody meant them to, and callers that never come.

Source: Lattice reference, sections 4 and 9 (#19 to #21); Object Lambda reference, section 12 (#17, #18); IAM Access Analyzer
RESTRICT_ACCESS_TO_SERVICE_PRINCIPAL.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from policyc.diagnostics import Diagnostics
from policyc.engines.iam.caller import anonymous
from policyc.engines.iam.request import Request
from policyc.engines.iam.switches import Switches
from policyc.lint.raw.statements import RawStatement

#: keys of a signed request only (IAM evaluation reference, sections 4.3 and 9)
_SIGNED_ONLY: Final = (
    "aws:principalarn",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principalisawsservice",
    "aws:username",
    "aws:sourceidentity",
    "aws:tokenissuetime",
    "aws:federatedprovider",
    "aws:multifactorauthpresent",
    "aws:principalservicename",
    "aws:principalservicenameslist",
)
_SIGNED_FAMILY: Final = "aws:principaltag/"
_SOURCES: Final = frozenset(
    {"aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths", "aws:calledvia"}
)
_OPEN_KINDS: Final = frozenset({"resource", "bucket", "access-point"})
_OBJECT_LAMBDA: Final = "s3-object-lambda.amazonaws.com"


def check_callers(statements: Sequence[RawStatement], switches: Switches, diagnostics: Diagnostics) -> None:
    """Report allows that unsigned callers can pass, and service principals without a source."""
    shut = [item for item in statements if not item.allows and _shuts_out_anonymous(item, switches)]
    for item in statements:
        if not item.allows:
            continue
        if item.kind.name in _OPEN_KINDS and _admits_anonymous(item, switches) and not _covered(item, shut):
            part = item.compiled.principals
            assert part is not None
            diagnostics.warning(
                "anonymous-admitted",
                f"`{item.compiled.label}` lets unsigned requests in",
                part.span,
                'add `"StringNotEqualsIgnoreCase": {"aws:PrincipalType": "anonymous"}`, or a key that only signed requests have',
            )
        _service_principals(item, diagnostics)


def _passes(item: RawStatement, switches: Switches) -> set[bool | None]:
    """What the tests of a statement say to an unsigned caller of whom nothing else is known."""
    absent: dict[str, tuple[str, ...]] = dict.fromkeys(_SIGNED_ONLY, ())
    absent |= {atom.key: () for atom in item.compiled.conditions if atom.key.startswith(_SIGNED_FAMILY)}
    asked = Request("any:Action", "*", anonymous(), absent, frozenset({"*"}))
    return {atom.decide(asked.get, switches) for atom in item.compiled.conditions}


def _admits_anonymous(item: RawStatement, switches: Switches) -> bool:
    part = item.compiled.principals
    if part is None or item.compiled.inert or not part.decide(anonymous(), False, False, switches):
        return False
    return False not in _passes(item, switches)


def _shuts_out_anonymous(item: RawStatement, switches: Switches) -> bool:
    part = item.compiled.principals
    if part is None or item.compiled.inert or not part.decide(anonymous(), False, True, switches):
        return False
    return _passes(item, switches) <= {True}


def _covered(item: RawStatement, denies: Sequence[RawStatement]) -> bool:
    """Whether a deny of every unsigned caller reaches all that the allow does; errs to False."""
    for deny in denies:
        actions = {text.value.lower() for text in deny.actions}
        resources = {text.value for text in deny.resources}
        all_actions = "*" in actions or {text.value.lower() for text in item.actions} <= actions
        all_resources = "*" in resources or {text.value for text in item.resources} <= resources
        if all_actions and all_resources and item.actions and item.resources:
            return True
    return False


def _service_principals(item: RawStatement, diagnostics: Diagnostics) -> None:
    if item.kind.name not in ("object-lambda", "access-point", "bucket", "function", "resource", "key"):
        return
    tested = {atom.key for atom in item.compiled.conditions}
    for text in item.principals("Service"):
        if item.kind.name == "function" and text.value == _OBJECT_LAMBDA:
            diagnostics.warning(
                "never-calls-the-function",
                f"`{text.value}` never calls the function: Object Lambda calls it as the client",
                text.span,
                "allow the clients, or `cloudfront.amazonaws.com`",
            )
        elif not tested & _SOURCES:
            diagnostics.warning(
                "restrict-access-to-service-principal",
                f"`{text.value}` may act here for anyone's resources",
                text.span,
                "add a condition on `aws:SourceArn` or `aws:SourceAccount`",
            )
