"""What the author of a policy or a network wrote, and so in whose words to speak of it."""

from __future__ import annotations

from enum import StrEnum


class Origin(StrEnum):
    """The language, or a document of the service."""

    LANGUAGE = "language"
    IAM = "iam json"
    CEDAR = "cedar"
    CLOUD_WAN = "core network json"
