"""Resources that no request to this kind of resource has.

Source: Lattice reference, sections 2 and 9 (#11 to #17); Object Lambda reference, sections 3 and 12.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from policyc.diagnostics import Diagnostics, Label, write_instead
from policyc.lint.raw.statements import RawStatement
from policyc.regex import regex
from policyc.syntax.json_text import JsonString

_OLAP: Final = regex(r"arn:[^:]*:s3-object-lambda:[^:]*:[^:]*:accesspoint/[^/*?]+(?P<tail>/.*)?", re.DOTALL)
_BUCKET: Final = regex(r"arn:[^:]*:s3:::")
#: kind of document -> what reads like its resource and never is, why, and what to write
_NEVER: Final = {
    "access-point": (
        _BUCKET,
        "the resources of this policy are the access point and its objects",
        "write the ARN of the access point, and `/object/*` behind it for objects",
    ),
    "bucket": (
        regex(r"arn:[^:]*:s3:[^:]*:[^:]*:accesspoint/"),
        "the resources of this policy are the bucket and its objects, also where an access point is asked",
        "write the ARN of the bucket, with `/*` behind it for objects, and test `s3:DataAccessPointArn`",
    ),
    "key": (
        regex(r"arn:[^:]*:kms:[^:]*:[^:]*:alias/"),
        "the resource of this policy is the key, whatever alias it is asked by",
        'write `"*"`, which is the key itself, and test `kms:RequestAlias` for an alias',
    ),
}
_ARN_SERVICE: Final = {
    "auth-policy": "vpc-lattice",
    "object-lambda": "s3-object-lambda",
    "access-point": "s3",
    "bucket": "s3",
    "function": "lambda",
    "key": "kms",
}


#: kind of document -> what its resources look like: account and name
_OWNED: Final = {
    "bucket": regex(r"arn:[^:]*:s3::():([^/:*?$]+)(?:/.*)?", re.DOTALL),
    "access-point": regex(r"arn:[^:]*:s3:[^:]*:([^:]*):accesspoint/([^/:*?$]+)(?:/.*)?", re.DOTALL),
    "object-lambda": regex(r"arn:[^:]*:s3-object-lambda:[^:]*:([^:]*):accesspoint/([^/:*?$]+)(?:/.*)?", re.DOTALL),
    "function": regex(r"arn:[^:]*:lambda:[^:]*:([^:]*):function:([^:*?$]+)(?::.*)?", re.DOTALL),
}


def check_resources(statement: RawStatement, diagnostics: Diagnostics) -> None:
    """Report resources that the statement's requests never have."""
    for item in statement.resources:
        _other_service(item, statement, diagnostics)
        if statement.kind.name == "function" and item.value.endswith(":$LATEST"):
            diagnostics.warning(
                "unsupported-resource-arn-in-policy",
                f"`{item.value}` never matches here: policies of functions do not take `$LATEST`",
                item.span,
                f"write `{item.value.removesuffix(':$LATEST')}`, or the version or alias that is called",
            )
        never, why, instead = _NEVER.get(statement.kind.name, (None, "", ""))
        if never is not None and never.match(item.value):
            diagnostics.warning(
                "unsupported-resource-arn-in-policy",
                f"`{statement.said(item)}` never matches here: {why}",
                item.span,
                instead,
            )
        found = _OLAP.fullmatch(item.value)
        if found is not None and found["tail"]:
            diagnostics.warning(
                "path-behind-object-lambda",
                f"`{statement.said(item)}` never matches: an Object Lambda access point has no objects in its ARN",
                item.span,
                write_instead(item.value, item.value[: -len(found["tail"])])
                + "; keys can be told apart at the access point behind it",
            )


def check_owners(statements: Sequence[RawStatement], diagnostics: Diagnostics, owner: str = "") -> None:
    """Report resources of another bucket, access point or function than the policy is of: `owner`, or what its first resource is of."""
    first: tuple[str, str, JsonString | None] | None = ("", owner, None) if owner else None
    for statement in statements:
        form = _OWNED.get(statement.kind.name)
        for item in statement.resources if form is not None else ():
            if item.value == "*" and statement.kind.name == "bucket":
                diagnostics.error(
                    "resource-of-another-owner",
                    "`*` is more than one bucket: S3 takes no such policy",
                    item.span,
                    "write the ARN of the bucket, with `/*` behind it for its objects",
                )
            found = form.fullmatch(item.value) if form is not None else None
            if found is None:
                continue
            account, name = found[1], found[2]
            first = first or (account, name, item)
            elsewhere = account.isdigit() and first[0].isdigit() and account != first[0]
            if name != first[1] or elsewhere:
                whose = f" of account `{first[0]}`" if name == first[1] else ""
                diagnostics.error(
                    "resource-of-another-owner",
                    f"`{statement.said(item)}` is not of `{first[1]}`{whose}, which this {statement.kind.title} is about",
                    item.span,
                    f"name resources of `{first[1]}`, or attach the policy to `{name}`"
                    if first[2] is None
                    else f"name resources of one of the two, and give `{name}` a policy of its own",
                    () if first[2] is None else (Label(first[2].span, "the other one"),),
                )


def _other_service(item: JsonString, statement: RawStatement, diagnostics: Diagnostics) -> None:
    wanted = _ARN_SERVICE.get(statement.kind.name)
    fields = item.value.split(":", 3)
    if wanted is None or fields[0] != "arn" or len(fields) < 3 or "*" in fields[2] or fields[2] in ("", wanted):
        return
    diagnostics.warning(
        "unsupported-resource-arn-in-policy",
        f"`{statement.said(item)}` never matches here: resources of this policy are of `{wanted}`",
        item.span,
        f"write an ARN of `{wanted}`, or move the statement",
    )
