"""Lowering to IAM JSON, shared by the targets whose documents speak it. It is no target itself.

A target goes: `lower_who` for the callers, `lower_condition` for `when`, its own `Grant`s for actions and resources,
`statement_parts` to combine them, `assemble` for the text:

    callers = lower_who(statement.who, partition, ALL_KINDS, statement.span, diagnostics)
    when = lower_condition(statement.when, statement.span, diagnostics)
    parts = statement_parts(statement, callers, [Grant(("s3:GetObject",), (literal_glob(arn),))], when, diagnostics)
    document = assemble(parts)

Every function that reports returns None after an error; it never drops or widens a test.
"""

from policyc.targets.iam_documents.conditions import ALWAYS, BUDGET, NEVER, Alternatives, join, lower_condition
from policyc.targets.iam_documents.escape import literal_glob, literal_text, pattern_glob
from policyc.targets.iam_documents.leaves import Conjunct
from policyc.targets.iam_documents.operators import KeyTest, null_test
from policyc.targets.iam_documents.principals import ALL_KINDS, Callers, lower_who
from policyc.targets.iam_documents.resources import resource_arn, resource_grants
from policyc.targets.iam_documents.statements import (
    VERSION,
    Assembled,
    Grant,
    Part,
    assemble,
    guard,
    sid_of,
    statement_parts,
)

__all__ = [
    "ALL_KINDS",
    "ALWAYS",
    "BUDGET",
    "NEVER",
    "VERSION",
    "Alternatives",
    "Assembled",
    "Callers",
    "Conjunct",
    "Grant",
    "KeyTest",
    "Part",
    "assemble",
    "guard",
    "join",
    "literal_glob",
    "literal_text",
    "lower_condition",
    "lower_who",
    "null_test",
    "pattern_glob",
    "resource_arn",
    "resource_grants",
    "sid_of",
    "statement_parts",
]
