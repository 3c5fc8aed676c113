"""The lint rules on documents that no policy file writes."""

from __future__ import annotations

from collections.abc import Sequence

from policyc.diagnostics import Diagnostic, Diagnostics
from policyc.ir.authz import Policy
from policyc.ir.program import Program
from policyc.lint.registry import Settings, run_rules
from policyc.model.values import Resource
from policyc.text import Source


def lint_documents(
    policies: Sequence[Policy],
    sources: Sequence[Source],
    diagnostics: Diagnostics,
    settings: Settings | None = None,
    resources: Sequence[Resource] = (),
    causes: Sequence[Diagnostic] = (),
) -> None:
    """Run every rule that has something to say on a set of documents: what one of them states is known to the rules on the
    others. `resources` are those that are described beside the documents; without any the set tells what it can. `causes` are what the
    readers of the documents found."""
    if not resources and len(policies) > 1:
        from policyc.lint.raw.sets import joined

        policies = joined(policies)
    run_rules(program_of(policies, sources, resources), (), diagnostics, settings, causes)


def program_of(policies: Sequence[Policy], sources: Sequence[Source], resources: Sequence[Resource] = ()) -> Program:
    """Documents as a program, with the resources that they are on."""
    known = {resource.id: resource for resource in resources}
    known |= {policy.on.id: policy.on for policy in policies if isinstance(policy.on, Resource)}
    return Program({source.file: source for source in sources}, {}, known, (), tuple(policies), (), ())
