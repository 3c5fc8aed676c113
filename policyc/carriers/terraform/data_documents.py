"""Data sources of the provider that are documents themselves: what their `json` is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from policyc.carriers.terraform.core_network import core_network_document
from policyc.carriers.terraform.expressions import Work
from policyc.carriers.terraform.iam_document import iam_document
from policyc.carriers.terraform.values import Failed, Json, Value
from policyc.text import Span

if TYPE_CHECKING:
    from policyc.carriers.terraform.modules import ResourceInstance

IAM: Final = "aws_iam_policy_document"
CORE_NETWORK: Final = "aws_networkmanager_core_network_policy_document"
_MAKERS: Final = {IAM: iam_document, CORE_NETWORK: core_network_document}
_WORKING: Final = object()


def document_of(instance: ResourceInstance, word: str, span: Span, work: Work) -> Value | None:
    """The document that an attribute of a data source is, None for one that is none. Raises Failed."""
    if instance.placed.block.type != "data" or word not in ("json", "minified_json"):
        return None
    make = _MAKERS.get(instance.type)
    if make is None:
        return None
    key = f"document {instance.address}"
    known = work.seen.get(key)
    if known is _WORKING:
        raise Failed(f"`{instance.name}` needs itself to be worked out", instance.placed.block.head)
    if known is None:
        work.seen[key] = _WORKING
        try:
            known = work.weighed(make(instance, work), instance.placed.block.head)
        except BaseException:
            del work.seen[key]
            raise
        work.seen[key] = known
        work.used.add((instance.placed.file, instance.placed.block.head.start))
    return Json(known, instance.placed.block.head)  # type: ignore[arg-type]
