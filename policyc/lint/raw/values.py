"""Values of conditions that mean something else than they look like.

Source: IAM evaluation reference, section 8; IMPROVE_IP_RANGE of
https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html
"""

from __future__ import annotations

from policyc.diagnostics import Diagnostics, write_instead
from policyc.engines.iam.operators import Family, read_operator
from policyc.lint.raw.statements import RawStatement, strings
from policyc.model.literals import host_bits, without_host_bits


def check_values(statement: RawStatement, diagnostics: Diagnostics) -> None:
    """Report blocks of addresses with bits behind the mask, which IAM takes without them."""
    for entry in statement.condition_keys:
        operator = read_operator(entry.operator)
        if operator is None or operator.family is not Family.IP:
            continue
        for item in strings(entry.value):
            block = without_host_bits(item.value)
            if block is not None:
                diagnostics.warning("host-bits", host_bits(item.value), item.span, write_instead(item.value, block))
