"""Lowering to Cedar on trust data, shared by the targets whose documents speak it. It is no target itself.

A target tells its attributes as `facts.Fact`s (`read_fact` makes one of an entry of its data) and goes: `limits.check_statements` for
what has no Cedar form, `emit.emit_policy` for the document, `gate.judge_policy` for the answer to a request.
"""
