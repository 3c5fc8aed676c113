"""Resources that no request to this kind of resource has.

Source: Lattice reference, sections 2 and 9 (#11 to #17); Object Lambda reference, sections 3 and 12.
"""

from __future__ import annotations

import re
from typing import Final

from policyc.diagnostics import Diagnostics
from policyc.lint.raw.statements import RawStatement
from policyc.regex import regex
from policyc.syntax.json_text import JsonString

_OLAP: Final = regex(r"arn:[^:]*:s3-object-lambda:[^:]*:[^:]*:accesspoint/[^/*?]+(?P<tail>/.*)?", re.DOTALL)
_ARN_SERVICE: Final = {
    "auth-policy": "vpc-lattice",
    "object-lambda": "s3-object-lambda",
    "access-point": "s3",
    "bucket": "s3",
    "function": "lambda",
    "key": "kms",
}


def check_resources(statement: RawStatement, diagnostics: Diagnostics) -> None:
    """Report resources that the statement's requests never have."""
    for item in statement.resources:
        _other_service(item, statement, diagnostics)
        found = _OLAP.fullmatch(item.value)
        if found is not None and found["tail"]:
            diagnostics.warning(
                "path-behind-object-lambda",
                f"`{item.value}` never matches: an Object Lambda access point has no objects in its ARN",
                item.span,
                "write the ARN of the access point alone; keys can be told apart at the access point behind it",
            )


def _other_service(item: JsonString, statement: RawStatement, diagnostics: Diagnostics) -> None:
    wanted = _ARN_SERVICE.get(statement.kind.name)
    fields = item.value.split(":", 3)
    if wanted is None or fields[0] != "arn" or len(fields) < 3 or "*" in fields[2] or fields[2] in ("", wanted):
        return
    diagnostics.warning(
        "unsupported-resource-arn-in-policy",
        f"`{item.value}` never matches here: resources of this policy are of `{wanted}`",
        item.span,
        f"write an ARN of `{wanted}`, or move the statement",
    )
