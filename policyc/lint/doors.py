"""What an open allow on a resource is narrowed to: requests without a signature, access points, a service's own doing."""

from __future__ import annotations

from typing import Final

from policyc.ir.authz import All, AnyOf, Atom, Cond, Glob, Op, Policy, RawTest, Statement
from policyc.lint.rule import kind_of

#: kinds of documents that callers carry, or that bind their accounts
OF_CALLERS: Final = ("identity", "boundary", "session", "scp")
#: services that take some of their requests without a signature
_UNSIGNED: Final = frozenset(
    {"vpc-lattice-svcs", "s3", "s3express", "s3-outposts", "sqs", "sns", "execute-api", "es", "aoss", "mediastore"}
)
#: what manages resources that are shared by way of AWS RAM, which says itself with whom
_SHARED: Final = ("vpc-lattice", "ram")
_DELEGATION: Final = ("s3:dataaccesspointaccount", "s3:dataaccesspointarn")
#: keys that say for whom a service acts
_SOURCES: Final = (
    *("aws:sourcearn", "aws:sourceaccount", "aws:sourceowner", "aws:sourceorgid", "aws:sourceorgpaths"),
    *("aws:calledvia", "lambda:eventsourcetoken"),
)
_ENCRYPTION_CONTEXT: Final = "kms:encryptioncontext:"


def takes_unsigned(statement: Statement) -> bool:
    """Whether an action of a statement is one that its service takes without a signature."""
    prefixes = services_of(statement)
    return not prefixes or any(prefix in _UNSIGNED or "*" in prefix or "?" in prefix for prefix in prefixes)


def is_shared_by_ram(statement: Statement) -> bool:
    """Whether all actions of a statement are those of a control plane whose resources AWS RAM shares."""
    prefixes = services_of(statement)
    return bool(prefixes) and prefixes <= set(_SHARED)


def services_of(statement: Statement) -> set[str]:
    """The services of a statement's actions; none where they are left out by name."""
    if statement.can is None or statement.can.negated:
        return set()
    return {verb.action.partition(":")[0].lower() for verb in statement.can.verbs}


def on_lattice_calls(policy: Policy, statement: Statement) -> bool:
    """Whether a statement is on calls of VPC Lattice services alone; those of a caller's policy say so by their actions."""
    return kind_of(policy) not in OF_CALLERS or services_of(statement) == {"vpc-lattice-svcs"}


def delegates(cond: Cond) -> bool:
    """Whether every request that passes comes by way of fixed access points, whose own policies decide."""
    items = cond.items if isinstance(cond, All) else (cond,)
    return any(
        isinstance(item, Atom)
        and item.attribute.native.lower() in _DELEGATION
        and item.op in (Op.EQ, Op.LIKE)
        and not item.negated
        and all(_is_fixed(str(value.value)) for value in item.values)
        for item in items
    )


def _is_fixed(value: str) -> bool:
    """Whether an account, or the account of an access point's ARN, is written out."""
    account = value.split(":")[4] if value.count(":") >= 5 else value
    return account.isdigit()


def names_a_source(cond: Cond) -> bool:
    """Whether every request that passes says for whose resources a service acts, and is for somebody in particular."""
    match cond:
        case All(items):
            return any(map(names_a_source, items))
        case AnyOf(items):
            return bool(items) and all(map(names_a_source, items))
        case Atom() | RawTest():
            return _names(cond)
        case _:
            return False


def _names(test: Atom | RawTest) -> bool:
    """Whether a test fails without the key, and its values are not everybody's."""
    key = test.attribute.native.lower()
    if not key.startswith((*_SOURCES, _ENCRYPTION_CONTEXT)) or not is_positive(test):
        return False
    return key.startswith(_ENCRYPTION_CONTEXT) or all(map(_is_somebodys, _values(test)))


def _is_somebodys(text: str) -> bool:
    """Whether an account, an organization or an ARN is one that not everybody can have."""
    fields = text.split(":", 5)
    if fields[0] == "arn" and len(fields) < 6:
        return not text.endswith("*")  # a text without a wildcard there is no ARN, which is told otherwise
    if fields[0] != "arn":
        return bool(text.partition("/")[0].removeprefix("o-").strip("*?"))  # of a path the organization
    account, resource = fields[4], fields[5]
    return bool(account.strip("*?")) or (not account and not resource.startswith(("*", "?")))


def source_of_no_account(cond: Cond) -> Atom | RawTest | None:
    """The test of `aws:SourceArn` by which a resource of any account may pass, since its ARN holds none (as those of buckets) and
    nothing beside it says whose it is; None where there is no such test.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
    """
    items = [item for item in (cond.items if isinstance(cond, All) else (cond,)) if isinstance(item, Atom | RawTest)]
    named = [item for item in items if _names(item)]
    if any(item.attribute.native.lower() != _SOURCES[0] or all(map(_has_account, _values(item))) for item in named):
        return None
    return named[0] if named else None


def is_for_services(cond: Cond) -> bool:
    """Whether a condition asks for whom a service acts and for nothing else that has to be there, so that services alone pass it."""
    items = cond.items if isinstance(cond, All) else (cond,)
    asked = [item.attribute.native.lower() for item in items if isinstance(item, Atom | RawTest) and wants_value(item)]
    return bool(asked) and all(key in _SOURCES[:-1] for key in asked)


def _has_account(arn: str) -> bool:
    """Whether whose an ARN is does not hang on a name that others may take: buckets are known by theirs alone."""
    fields = arn.split(":", 5)
    return len(fields) < 6 or fields[4] != "" or fields[2] != "s3"


def _values(test: Atom | RawTest) -> list[str]:
    return [value.text if isinstance(value, Glob) else str(value.value) for value in test.values]


def is_any_pattern(test: Atom | RawTest) -> bool:
    """Whether one of the patterns that a document compares a key with is `*` alone, and no `Not` stands before them."""
    operator = test.spelling.operator if test.spelling is not None else ""
    return "Like" in operator and "Not" not in operator and any(text and not text.strip("*") for text in _values(test))


def wants_value(test: Atom | RawTest) -> bool:
    """Whether a test fails where the key is absent."""
    if test.negated:
        return False
    if isinstance(test, Atom) or test.operator.startswith("ForAnyValue:"):
        return True
    return not any(word in test.operator for word in ("Not", "IfExists", "ForAllValues:", "Null"))


def is_positive(test: Atom | RawTest) -> bool:
    """Whether the test fails for a request that lacks the key or has another value."""
    if test.negated:
        return False
    if isinstance(test, Atom):
        return test.op is not Op.EXISTS
    return not any(word in test.operator for word in ("Not", "IfExists", "ForAllValues:", "Null"))
