"""What shows that a file holds policies."""

from __future__ import annotations

from typing import Final

from policyc.regex import regex

#: the effect of a statement, in JSON and YAML, also inside a text
STATEMENT: Final = regex(rb"""\bEffect\\?["']?\s*:\s*\\?["']?(?:Allow|Deny)\b""")
#: the same in a text
EFFECT: Final = regex(STATEMENT.pattern.decode())
#: a statement of an IAM document in JSON, YAML or HCL, a Cedar policy in a string, or a core network policy
POLICY: Final = regex(
    rb"""["']?Effect\\?["']?\s*[:=]\s*\\?["']?(?:Allow|Deny)\b|\b(?:permit|forbid)\s*\(\s*principal|core-network-configuration"""
)
