"""What a plain IAM document is, by the word of the language: its kind, and which elements its statements have.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

from typing import Final

from policyc.model.values import Resource

CARRIER: Final = "iam_document.carrier"
#: word of the field `kind` -> kind of document
SORTS: Final = {
    word.replace("-", "_"): word
    for word in (
        "trust",
        "scp",
        "rcp",
        "boundary",
        "session",
        "bucket",
        "access-point",
        "object-lambda",
        "function",
        "key",
        "endpoint",
        "resource",
    )
}
#: kinds whose statements name no caller
WITHOUT_CALLERS: Final = frozenset({"scp", "boundary", "session"})
#: kinds whose statements name no resource
WITHOUT_RESOURCES: Final = frozenset({"trust"})
#: kinds of which some services take statements without a resource: a repository is the only one that its policy is about
MAY_LACK_RESOURCES: Final = frozenset({"resource"})
#: kinds of which one thing may carry several
SEVERAL: Final = frozenset({"scp", "rcp", "boundary", "session"})


def kind_on(on: Resource) -> str:
    """The kind of document that a carrier takes; that of any resource where its declaration was refused."""
    return SORTS.get(on.text("kind"), "resource")
