"""Values of conditions that mean something else than they look like.

Source: IAM evaluation reference, section 8; IMPROVE_IP_RANGE of
https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html
"""

from __future__ import annotations

from typing import Final

from policyc.diagnostics import Diagnostics, write_instead
from policyc.engines.iam.operators import Family, read_operator
from policyc.lint.raw.nearest import nearest_name
from policyc.lint.raw.statements import RawStatement
from policyc.model.literals import host_bits, without_host_bits
from policyc.syntax.json_text import JsonString
from policyc.syntax.json_tree import strings_in
from policyc.targets.iam_documents import arns

_REGION: Final = "aws:requestedregion"


def check_values(statement: RawStatement, diagnostics: Diagnostics) -> None:
    """Report blocks of addresses with bits behind the mask, which IAM takes without them, and Regions that nobody knows."""
    for entry in statement.condition_keys:
        operator = read_operator(entry.operator)
        if operator is not None and operator.family is Family.IP:
            _check_blocks(strings_in(entry.value), diagnostics)
        elif operator is not None and entry.key.lower() == _REGION:
            _check_regions(strings_in(entry.value), diagnostics)


def _check_blocks(values: tuple[JsonString, ...], diagnostics: Diagnostics) -> None:
    for item in values:
        block = without_host_bits(item.value)
        if block is not None:
            diagnostics.warning("host-bits", host_bits(item.value), item.span, write_instead(item.value, block))


def _check_regions(values: tuple[JsonString, ...], diagnostics: Diagnostics) -> None:
    """What has the form of a Region and is none yet; what has another form never matches, which a rule tells."""
    known = arns.regions()
    for item in values:
        if item.value not in known.names and arns.may_be_region(item.value):
            help = nearest_name(item.value, known.names) or "write the Region's code, such as `eu-west-1`"
            message = f"no Region was called `{item.value}` on {known.as_of}"
            diagnostics.warning("unknown-region", message, item.span, help)
