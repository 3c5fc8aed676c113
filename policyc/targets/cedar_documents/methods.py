"""HTTP methods that somebody registered; anything else comes from scanners, and from policies that mean "everybody".

Source: https://www.iana.org/assignments/http-methods/http-methods.xhtml
"""

from __future__ import annotations

from typing import Final

from policyc.diagnostics import closest, meant

REGISTERED: Final = frozenset(
    [
        "ACL",
        "BASELINE-CONTROL",
        "BIND",
        "CHECKIN",
        "CHECKOUT",
        "CONNECT",
        "COPY",
        "DELETE",
        "GET",
        "HEAD",
        "LABEL",
        "LINK",
        "LOCK",
        "MERGE",
        "MKACTIVITY",
        "MKCALENDAR",
        "MKCOL",
        "MKREDIRECTREF",
        "MKWORKSPACE",
        "MOVE",
        "OPTIONS",
        "ORDERPATCH",
        "PATCH",
        "POST",
        "PRI",
        "PROPFIND",
        "PROPPATCH",
        "PUT",
        "QUERY",
        "REBIND",
        "REPORT",
        "SEARCH",
        "TRACE",
        "UNBIND",
        "UNCHECKOUT",
        "UNLINK",
        "UNLOCK",
        "UPDATE",
        "UPDATEREDIRECTREF",
        "VERSION-CONTROL",
    ]
)
_HELP: Final = "name a method such as `GET` or `POST`, or drop the test"


def is_odd_method(text: str) -> bool:
    """Whether a text is no registered method."""
    return text not in REGISTERED


def odd_method(text: str) -> str:
    """What is wrong with a text that is no registered method."""
    return f"`{text}` is no registered HTTP method, and no browser sends it"


def method_help(text: str) -> str:
    """What to write in place of a text that is no HTTP method."""
    near = closest(text.upper(), REGISTERED)
    return meant(text, near) if near else _HELP
