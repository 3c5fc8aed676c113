"""What shows that a file holds policies."""

from __future__ import annotations

from typing import Final

from policyc.regex import regex

#: the effect of a statement, in JSON and YAML, also inside a text
STATEMENT: Final = regex(rb"""\bEffect\\?["']?\s*:\s*\\?["']?(?:Allow|Deny)\b""")
#: the same in a text
EFFECT: Final = regex(STATEMENT.pattern.decode())
