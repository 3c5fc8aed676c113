"""Data sources of the provider that are documents themselves: what their `json` is."""

from __future__ import annotations

from typing import Final

from policyc.carriers.terraform.bodies import Inner
from policyc.carriers.terraform.core_network import core_network_document
from policyc.carriers.terraform.declared import Placed
from policyc.carriers.terraform.expressions import Scope, Work
from policyc.carriers.terraform.iam_document import iam_document
from policyc.carriers.terraform.values import Failed, Json, Value

IAM: Final = "aws_iam_policy_document"
CORE_NETWORK: Final = "aws_networkmanager_core_network_policy_document"
_MAKERS: Final = {IAM: iam_document, CORE_NETWORK: core_network_document}
_WORKING: Final = object()


def document_of(placed: Placed, scope: Scope, address: str, word: str, work: Work) -> Value | None:
    """The document that an attribute of an instance of `placed` is, None for one that is none. Raises Failed."""
    block = placed.block
    make = _MAKERS.get(block.labels[0]) if block.type == "data" and word in ("json", "minified_json") else None
    if make is None:
        return None
    key = f"document {address}"
    known = work.seen.get(key)
    if known is _WORKING:
        raise Failed(f"`{'.'.join(('data', *block.labels))}` needs itself to be worked out", block.head)
    if known is None:
        work.seen[key] = _WORKING
        try:
            known = work.weighed(make(Inner(block.body, scope, block.head), work), block.head)
        except BaseException:
            del work.seen[key]
            raise
        work.seen[key] = known
        work.used.add((placed.file, block.head.start))
    return Json(known, block.head)  # type: ignore[arg-type]
