"""Principals that nobody can be who asks for the resources of the same document.

Source: IAM evaluation reference, section 4.1; https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html (partitions)
"""

from __future__ import annotations

from typing import Final

from policyc.diagnostics import Diagnostics, write_instead
from policyc.holes import has_hole
from policyc.lint.raw.arns import unknown_partition
from policyc.lint.raw.statements import RawStatement
from policyc.model.values import PARTITIONS
from policyc.regex import regex

_ARN: Final = regex(r"arn:(aws[a-z-]*):.*")
#: providers as a trust policy names them: an ARN, or the host of one that everybody can use
_PROVIDER: Final = regex(
    r"arn:[^:]*:iam::[0-9]{12}:(oidc|saml)-provider/(?!https?:).+|[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+|\*"
)
_S3: Final = ("s3", "s3express", "s3-outposts", "*", "")


def check_principals(statement: RawStatement, diagnostics: Diagnostics) -> None:
    """Report principals of another partition than the resources, and canonical users elsewhere than at S3."""
    parts = {found[1] for item in statement.named_resources if (found := _ARN.fullmatch(item.value)) is not None}
    for item in statement.principals("AWS"):
        found = _ARN.fullmatch(item.value)
        if found is not None and found[1] not in PARTITIONS:
            problem = unknown_partition(item.value, found[1])
            diagnostics.warning(problem.rule, problem.message, item.span, problem.help)
    for item in statement.principals("AWS") if len(parts) == 1 else ():
        found = _ARN.fullmatch(item.value)
        if found is not None and found[1] not in parts:
            (right,) = parts
            diagnostics.warning(
                "principal-of-another-partition",
                f"`{item.value}` is of the partition `{found[1]}`, and nobody of it asks for resources of `{right}`",
                item.span,
                write_instead(item.value, item.value.replace(found[1], right, 1)),
            )
    for item in statement.principals("Federated") if statement.kind.name == "trust" else ():
        if not _PROVIDER.fullmatch(item.value) and "${" not in item.value and not has_hole(item.value):
            diagnostics.error(
                "invalid-federated-principal",
                f"`{item.value}` is no identity provider",
                item.span,
                write_instead(item.value, item.value.replace("/https://", "/").replace("/http://", "/"))
                if "-provider/http" in item.value
                else "write its ARN, such as `arn:aws:iam::111122223333:oidc-provider/token.example.com`",
            )
    services = {item.value.partition(":")[0].lower() for item in statement.named_actions}
    for item in statement.principals("CanonicalUser") if services and not services & set(_S3) else ():
        diagnostics.warning(
            "canonical-user-outside-s3",
            "S3 alone knows canonical users",
            item.span,
            'write the account, as in `{"AWS": "111122223333"}`',
        )
