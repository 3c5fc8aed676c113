"""Policies of resource types that are not read: told, so that silence about a template never passes for a judgement on them."""

from __future__ import annotations

from typing import Final

from policyc.carriers.cloudformation.statements import STATEMENTS
from policyc.carriers.cloudformation.template import Template
from policyc.carriers.signs import EFFECT
from policyc.carriers.types import types
from policyc.diagnostics import Diagnostic, Diagnostics, Severity

#: told where its template is
STACK_SET: Final = "AWS::CloudFormation::StackSet"
_SHARING: Final = "AWS::VpcLattice::ResourcePolicy"


def tell_others(template: Template, diagnostics: Diagnostics) -> None:
    """A note on each resource of another type that holds what looks like a statement."""
    text = template.source.text
    known = {*types("cloudformation"), *STATEMENTS, STACK_SET}
    if all(resource.type in known for resource in template.resources.values()):
        return
    resources = sorted(template.resources.values(), key=lambda item: item.name_span.start)
    for at, resource in enumerate(resources, 1):
        end = resources[at].name_span.start if at < len(resources) else len(text)
        if resource.type in known or EFFECT.search(text, resource.name_span.end, end) is None:
            continue
        what = "shares a resource with other accounts and decides no request" if resource.type == _SHARING else ""
        diagnostics.add(
            Diagnostic(
                "policy-of-unknown-type",
                f"a policy of `{resource.type}` {what or 'is not read'}",
                resource.name_span,
                "put the document into a file and name that with `--as resource`, if it is one of IAM",
                Severity.INFO,
            )
        )
