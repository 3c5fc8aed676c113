"""What AWS refuses to save in the fields of a resource's ARN, whatever the service: partition, service and account.

Source: IAM evaluation reference, section 13 (INVALID_PARTITION, INVALID_ARN_ACCOUNT, MISSING_ARN_FIELD) and its corrections.
"""

from __future__ import annotations

from collections.abc import Sequence

from policyc.diagnostics import write_instead
from policyc.engines.iam.arns import FIELDS
from policyc.engines.iam.findings import Reading
from policyc.engines.iam.globs import Wild
from policyc.engines.iam.templates import rather
from policyc.engines.iam.variables import Variable
from policyc.regex import regex
from policyc.text import Span

Field = Sequence[str | Wild | Variable]
_PARTITION = regex(r"aws(-[a-z]+)*")
#: an account's number, or a word that stands there in ARNs of AWS's own resources
_ACCOUNT = regex(r"([0-9]{12}|aws(-[a-z]+)*|amazon|cloudfront|third-party|offering)?")


def check_fields(text: str, fields: Sequence[Field], span: Span, reading: Reading) -> bool:
    """Report fields that no ARN has; whether there was one. Fields with wildcards or variables are left alone."""
    plain = [_plain(field) for field in fields]
    partition, service, account = (plain[at] if at < len(plain) else None for at in (1, 2, 4))
    if partition is not None and _PARTITION.fullmatch(partition) is None:
        message = f"`{partition}` in `{text}` is no partition" if partition else f"`{text}` has no partition"
        help = "write `aws`, or a partition such as `aws-cn`"
        if not partition and len(fields) > 2:
            help = write_instead(text, f"arn:aws:{text.split(':', 2)[2]}")
        reading.refuse("invalid-partition", message, span, help)
    elif len(fields) < 3 and all(isinstance(token, str) for field in fields for token in field):
        help = "write all six fields, `arn:partition:service:region:account:resource`"
        reading.refuse("missing-arn-field", f"`{text}` names no service", span, help)
    elif service == "":
        help = "write all six fields, `arn:partition:service:region:account:resource`"
        reading.refuse("missing-arn-field", f"the service of `{text}` is empty", span, help)
    elif account is not None and _ACCOUNT.fullmatch(account) is None:
        message = f"`{account}` stands in `{text}` where the account belongs"
        if len(fields) < FIELDS:
            reading.refuse("missing-arn-field", message, span, write_instead(text, completed(text)))
            return True
        help = "write the 12 digits of the account, or nothing where the service's ARNs have none"
        told = reading.warn if reading.kind.keeps_unknown_words else reading.refuse
        told("invalid-arn-account", message, span, rather(text, help))
    else:
        return False
    return True


def _plain(field: Field) -> str | None:
    """The text of a field, or None when it holds a wildcard or a variable."""
    return (
        "".join(token for token in field if isinstance(token, str))
        if all(isinstance(token, str) for token in field)
        else None
    )


def completed(text: str) -> str:
    """A short ARN whose last field is its resource, with the fields that its service has in between."""
    fields = text.split(":")
    between = {"s3": ["", ""], "iam": ["", "*"]}.get(fields[2], [(fields[3] if len(fields) > 4 else "") or "*", "*"])
    return ":".join([*fields[:3], *between, fields[-1]])
