"""The ids of what attachments connect, as conditions on `resource-id` name them.

Source: the resource ARNs of attachments in the API of Network Manager (`Attachment.ResourceArn`), and EC2's ids.
"""

from __future__ import annotations

from typing import Final

from policyc.ir.network import AttachmentType
from policyc.regex import regex

_TYPES: Final[dict[str, AttachmentType]] = {
    "vpc-": "vpc",
    "vpn-": "site-to-site-vpn",
    "tgw-rtb-": "transit-gateway-route-table",
}
_DIGITS: Final = regex(r"[0-9a-f]{8}|[0-9a-f]{17}")
_BEGUN: Final = regex(r"[0-9a-f]{0,17}")
#: what a VPC, VPN or transit gateway has beside it, and no attachment connects
_OTHERS: Final = regex(r"(subnet|i|eni|sg|acl|rtb|igw|nat|vpce|pcx|cgw|vgw|pl|eipalloc|tgw-attach)-[0-9a-f]*")


def type_of_resource(value: str) -> AttachmentType | None:
    """The type of the attachments whose resource ids begin as this text does, None when several may."""
    return next((kind for begin, kind in _TYPES.items() if value.startswith(begin)), None)


def is_no_resource(value: str, whole: bool) -> bool:
    """Whether nothing that is attached has this id (`whole`), or one that begins so."""
    begin = next((begin for begin in _TYPES if value.lower().startswith(begin)), None)
    if begin is None:
        return _OTHERS.fullmatch(value) is not None
    rest = value[len(begin) :]
    return not value.startswith(begin) or (_DIGITS if whole else _BEGUN).fullmatch(rest) is None
