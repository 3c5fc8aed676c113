"""How large a document may be.

Source: IAM evaluation reference, section 12, and 15 #11 and #12; Lattice reference, section 1.
"""

from __future__ import annotations

from policyc.diagnostics import Diagnostics
from policyc.targets.iam_documents.kinds import DocumentKind
from policyc.text import Span

#: of one character in UTF-8
_MOST_BYTES = 4
#: what takes more than the limit
_MORE = {"identity": "for all inline policies of a role together", "trust": "where the quota was raised"}
_NO_SPACE = dict.fromkeys(map(ord, " \t\r\n"))


def check_size(text: str, kind: DocumentKind, span: Span, whitespace: str, diagnostics: Diagnostics) -> None:
    """Report a document above its limit, which is a doubt where some documents of its kind may have more. `whitespace` is the switch `size-whitespace`: `counted` or `ignored` where nothing is
    published."""
    if not kind.limit or len(text) * (_MOST_BYTES if kind.unit == "bytes" else 1) <= kind.limit:
        return
    counted = size_of(text, kind, whitespace)
    if counted > kind.limit:
        dense = " without white space" if kind.dense else ""
        more = f" ({kind.most} {_MORE[kind.name]})" if kind.most >= counted else ""
        (diagnostics.warning if more else diagnostics.error)(
            "policy-size-exceeds-quota",
            f"the {kind.title} has {counted} {kind.unit}{dense}, and {kind.limit} are allowed{more}",
            span.at_start(),
            "split it, shorten it with wildcards, or write it without white space",
        )


def size_of(text: str, kind: DocumentKind, whitespace: str) -> int:
    """The size as the service counts it: "white space is not counted" is taken at its word, also inside strings."""
    if kind.dense or (kind.unit == "bytes" and whitespace == "ignored"):
        text = text.translate(_NO_SPACE)
    return len(text.encode()) if kind.unit == "bytes" else len(text)
