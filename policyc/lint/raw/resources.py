"""Resources that no request to this kind of resource has.

Source: Lattice reference, sections 2 and 9 (#11 to #17); Object Lambda reference, sections 3 and 12.
"""

from __future__ import annotations

import re
from typing import Final

from policyc.diagnostics import Diagnostics
from policyc.lint.raw.statements import RawStatement
from policyc.syntax.json_text import JsonString

_SERVICE: Final = re.compile(r"arn:[^:]*:vpc-lattice:[^:]*:[^:]*:service/[^/*?]+")
_NETWORK: Final = re.compile(r"arn:[^:]*:vpc-lattice:[^:]*:[^:]*:servicenetwork/.*", re.DOTALL)
_QUERY: Final = re.compile(r"arn:[^:]*:vpc-lattice:.*\?[^/?*=]+=", re.DOTALL)
_OLAP: Final = re.compile(r"arn:[^:]*:s3-object-lambda:[^:]*:[^:]*:accesspoint/[^/*?]+(?P<tail>/.*)?", re.DOTALL)
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
        _lattice(item, statement, diagnostics)
        _other_service(item, statement, diagnostics)
        found = _OLAP.fullmatch(item.value)
        if found is not None and found["tail"]:
            diagnostics.warning(
                "path-behind-object-lambda",
                f"`{item.value}` never matches: an Object Lambda access point has no objects in its ARN",
                item.span,
                "write the ARN of the access point alone; keys can be told apart at the access point behind it",
            )


def _lattice(item: JsonString, statement: RawStatement, diagnostics: Diagnostics) -> None:
    text = item.value
    if _NETWORK.fullmatch(text) is not None:
        diagnostics.warning(
            "network-as-resource",
            f"`{text}` never matches: the resource of a request is a service",
            item.span,
            'name services, or `"*"` with a condition on `vpc-lattice-svcs:ServiceNetworkArn`',
        )
    elif _QUERY.match(text) is not None:
        diagnostics.warning(
            "query-in-resource",
            f"`{text}` holds a query string, which is no part of the resource",
            item.span,
            "test `vpc-lattice-svcs:RequestQueryString/NAME` in a condition",
        )
    elif _SERVICE.fullmatch(text) is not None and _asks(statement, "vpc-lattice-svcs:invoke"):
        diagnostics.warning(
            "bare-service-arn",
            f"`{text}` has no path, and the resource of every HTTP request has one",
            item.span,
            f"write `{text}/*`",
        )
    elif text.endswith("/*") and _SERVICE.fullmatch(text[:-2]) and _asks(statement, "vpc-lattice-svcs:connect"):
        diagnostics.warning(
            "path-on-connection",
            f"`{text}` never matches `Connect`: a TLS passthrough connection has no path",
            item.span,
            f"write `{text[:-2]}`",
        )


def _asks(statement: RawStatement, action: str) -> bool:
    """Whether the statement names an action and nothing else that the same resource could be meant for."""
    part = statement.compiled.actions
    others = {"vpc-lattice-svcs:invoke", "vpc-lattice-svcs:connect"} - {action}
    return part.decide(action) and (action.endswith("invoke") or not any(part.decide(other) for other in others))


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
