"""What is said of the resources of a chain besides their documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_AUTH: Final = ("none", "aws_iam")
#: Block Public Access
_BLOCK: Final = ("on", "off", "unknown")
#: each setting with the words that it may be, none for one that takes any text
WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "service-auth": _AUTH,
    "network-auth": _AUTH,
    "protocol": ("http", "https", "grpc", "tls_passthrough", "mixed"),
    "transforms": (),
    "bucket-account": (),
    "access-point-block": _BLOCK,
    "bucket-block": _BLOCK,
    "resource-account": (),
}
