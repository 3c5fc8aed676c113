"""Lowering to IAM JSON, shared by the targets whose documents speak it. It is no target itself.

A target goes: `principals.lower_who` for the callers, `conditions.lower_condition` for `when`, its own `Grant`s for actions and resources,
`statements.statement_parts` to combine them, `statements.assemble` for the text:

    callers = lower_who(statement.who, partition, ALL_KINDS, statement.span, diagnostics)
    when = lower_condition(statement.when, statement.span, diagnostics)
    parts = statement_parts(statement, callers, [Grant(("s3:GetObject",), (literal_glob(arn),))], when, diagnostics)
    document = assemble(parts)

Every function that reports returns None after an error; it never drops or widens a test.
"""
