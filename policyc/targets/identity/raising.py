"""From an identity policy to statements in the words of the language.

A document does not say who carries it: where nobody states it, it is a role of an account of zeros, which stands in no document.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from policyc.diagnostics import Diagnostics
from policyc.ir.authz import Policy, Statement
from policyc.model.values import NOBODYS_ACCOUNT, Principal, Resource
from policyc.model.vocabulary import ResourceType
from policyc.regex import regex
from policyc.targets.iam_documents.clauses import Declared, clauses, resource_of
from policyc.targets.iam_documents.kinds import KINDS
from policyc.targets.iam_documents.raising import as_it_stands, conditions, language_statement, verified
from policyc.targets.iam_documents.resources import resource_arn
from policyc.targets.identity.lowering import lower_statement

_KIND: Final = KINDS["identity"]
_ARN: Final = regex(r"arn:aws[a-z-]*:iam::([0-9]{12}):(role|user)/([A-Za-z0-9_+=,.@/-]+)")
EXAMPLE: Final = "arn:aws:iam::111122223333:role/order-service"
_ROOTS: Final = regex(r"arn:[^:]+:[^:]+:[^:]*:[0-9]{12}:[A-Za-z-]+[/:][A-Za-z0-9_-]+")


def is_carrier(arn: str) -> bool:
    """Whether an ARN is that of a role or a user."""
    return _ARN.fullmatch(arn) is not None


def carrier(name: str, given: str) -> Principal:
    """Who carries a document: the role or user of the ARN, or a role of that name of no account."""
    found = _ARN.fullmatch(given)
    if found is None:
        return Principal("role", (NOBODYS_ACCOUNT, name.replace("_", "-")))
    return Principal(found[2], (found[1], found[3]))


def named_resources(policies: Sequence[Policy], kinds: Mapping[str, ResourceType]) -> dict[str, Resource]:
    """The resources that the documents name by an ARN which says all that there is to declare, by that ARN."""
    found: dict[str, Resource] = {}
    for policy in policies:
        for statement in policy.statements:
            for glob in statement.resources.patterns if statement.resources is not None else ():
                root = _ROOTS.match(glob.text)
                if root is not None and root[0] not in found:
                    made = _resource(root[0], kinds, policy.file)
                    found |= {} if made is None else {root[0]: made}
    return found


def _resource(arn: str, kinds: Mapping[str, ResourceType], file: str) -> Resource | None:
    made = (
        resource_of(arn, re.split(r"[/:]", arn)[-1], kind, file)
        for kind in kinds.values()
        if kind.arn and kind.requests
    )
    return next((item for item in made if item is not None), None)


def raised(
    original: Statement, resources: Sequence[Resource], kinds: Mapping[str, ResourceType]
) -> Iterator[Statement]:
    """Statements that are emitted as the original again, the most readable one first; `resources` are those that are declared."""
    candidates = _candidates(original, resources, kinds)
    yield from verified(candidates, lambda one: lower_statement(one, kinds, Diagnostics()), original, _KIND)


def _candidates(
    original: Statement, resources: Sequence[Resource], kinds: Mapping[str, ResourceType]
) -> Iterator[Statement]:
    texts = [glob.text for glob in original.resources.patterns] if original.resources is not None else []
    declared = []
    for item in resources:
        kind = kinds[item.type]
        arn = resource_arn(item, kind)
        if any(text.startswith(arn) for text in texts):
            declared.append(Declared(item, arn, tuple(kind.verbs.values())))
    for found in clauses(original, declared):
        for when in conditions(original, found.said, _KIND, "identity"):
            yield language_statement(original, can=found.can, path=found.path, on=found.on, when=when)
    can, on = as_it_stands(original)
    for when in conditions(original, (), _KIND, "identity"):
        yield language_statement(original, can=can, resources=on, when=when)
