"""From plain text and patterns of the language to text inside an IAM document of version 2012-10-17.

In that version `${` opens a policy variable wherever variables are expanded, and `${*}`, `${?}`, `${$}` are the plain
characters (IAM reference section 7, https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html).
"""

from __future__ import annotations

from policyc.ir.pattern import Wild, pattern_tokens

_PLAIN_IN_GLOB = {"*": "${*}", "?": "${?}", "$": "${$}"}
_SPECIAL = str.maketrans(_PLAIN_IN_GLOB)


def literal_text(value: str) -> str:
    """A plain value for an operator without wildcards (`StringEquals`): only `${` needs care."""
    return value.replace("${", "${$}{")


def literal_glob(value: str) -> str:
    """A plain value where wildcards are read (`StringLike`, `ArnEquals`, `Resource`)."""
    return value.translate(_SPECIAL)


def pattern_glob(pattern: str) -> str:
    """A pattern of the language where IAM reads wildcards."""
    return "".join(
        [
            token.value if isinstance(token, Wild) else _PLAIN_IN_GLOB.get(token.char, token.char)
            for token in pattern_tokens(pattern)
        ]
    )
