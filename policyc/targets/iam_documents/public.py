"""Block Public Access: whether a policy admits everyone, and whom S3 still serves then.

Source: Object Lambda reference, section 9; https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from policyc.engines.iam import Caller, CallerKind
from policyc.engines.iam.atoms import Atom
from policyc.engines.iam.document import Document as Compiled
from policyc.engines.iam.globs import Wild
from policyc.engines.iam.operators import Family, Qualifier
from policyc.engines.iam.statement import Statement

#: keys that tell where a request comes from; a fixed value of one confines a statement, as a fixed principal does
ORIGINS: Final = frozenset(
    {
        "aws:sourceip",
        "aws:sourcearn",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:sourceowner",
        "aws:sourceaccount",
        "aws:userid",
        "s3:dataaccesspointaccount",
        "s3:dataaccesspointarn",
    }
)
#: where nobody knows whether it is on, which no policy file says
UNKNOWN: Final = "unknown"
_FIXING: Final = ORIGINS | {"aws:principalarn", "aws:principalaccount", "aws:principalorgid"}
_FAMILIES: Final = (Family.STRING, Family.ARN, Family.IP)
_AP_ARN: Final = "s3:dataaccesspointarn"
_ACCOUNT_FIELD: Final = 4


def public_statement(documents: Iterable[Compiled], at_bucket: bool) -> Statement | None:
    """The first statement that admits everyone; None when every allow is confined. At a bucket the name in
    `s3:DataAccessPointArn` may be a pattern while its account is fixed."""
    for document in documents:
        for statement in document.statements:
            part = statement.principals
            if statement.deny or statement.inert or part is None:
                continue
            everyone = part.negated or "*" in part.names
            if everyone and not any(_confines(atom, at_bucket) for atom in statement.conditions):
                return statement
    return None


def _confines(atom: Atom, at_bucket: bool) -> bool:
    operator = atom.operator
    if atom.key not in _FIXING or operator.negated or operator.if_exists or operator.family not in _FAMILIES:
        return False
    if operator.qualifier is Qualifier.ALL or not atom.values:
        return False
    if atom.key == _AP_ARN and at_bucket:
        return all(_fixed_account(value.template) for value in atom.values)
    if operator.family is Family.IP:
        return all(value.text not in ("0.0.0.0/0", "::/0") for value in atom.values)
    return all(all(isinstance(token, str) for token in value.template) for value in atom.values)


def _fixed_account(template: Iterable[object]) -> bool:
    """Whether the fields of an ARN up to its account hold no wildcard and no variable."""
    colons = 0
    for token in template:
        if not isinstance(token, str) or isinstance(token, Wild):
            return False
        colons += token.count(":")
        if colons > _ACCOUNT_FIELD:
            return True
    return False


def still_served(caller: Caller, owner: str) -> bool:
    """Whether S3 serves a caller at a resource whose policy is public: services, and the account's own principals."""
    return caller.kind is CallerKind.SERVICE or caller.account == owner
