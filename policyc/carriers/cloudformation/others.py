"""Policies of resource types that are not read: told, so that silence about a template never passes for a judgement on them."""

from __future__ import annotations

from typing import Final

from policyc.carriers.cloudformation.statements import STATEMENTS
from policyc.carriers.cloudformation.template import Template
from policyc.carriers.signs import EFFECT
from policyc.carriers.types import types
from policyc.diagnostics import Diagnostic, Diagnostics, Severity
from policyc.syntax.json_tree import JsonArray, JsonObject
from policyc.text import Span

#: told where its template is
STACK_SET: Final = "AWS::CloudFormation::StackSet"
_SAM: Final = "AWS::Serverless::"
_DOCUMENT: Final = ("Version", "Id", "Statement", "Ref")
_SHARING: Final = "AWS::VpcLattice::ResourcePolicy"


def tell_others(template: Template, diagnostics: Diagnostics) -> None:
    """A note on each resource of another type that holds what looks like a statement, and one on what SAM grants in its own words."""
    _tell_grants(template, diagnostics)
    text = template.source.text
    known = {*types("cloudformation"), *STATEMENTS, STACK_SET}
    if all(resource.type in known for resource in template.resources.values()):
        return
    here = (resource for resource in template.resources.values() if resource.name_span.file == template.source.file)
    resources = sorted(here, key=lambda item: item.name_span.start)
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


def _tell_grants(template: Template, diagnostics: Diagnostics) -> None:
    """A note on the policy templates and connectors of SAM: their statements are made when it is deployed."""
    found: dict[str, Span] = {}
    # the body of a resource that is nobody's business is not read: what is wrong with it is not ours to tell
    connected = "Connectors" in template.source.text
    for resource in template.resources.values():
        if not resource.type.startswith(_SAM) and not connected:
            continue
        if resource.type == f"{_SAM}Connector":
            found.setdefault(resource.name, resource.name_span)
        connectors = resource.body.get("Connectors")
        for member in connectors if isinstance(connectors, JsonObject) else ():
            found.setdefault(f"{resource.name}.{member.key}", member.key_span)
        listed = resource.properties.get("Policies")
        for item in listed.items if isinstance(listed, JsonArray) else (listed,):
            if isinstance(item, JsonObject) and len(item.members) == 1:
                (member,) = item.members
                if member.key not in _DOCUMENT and not member.key.startswith("Fn::"):
                    found.setdefault(member.key, member.key_span)
    if found:
        names = ", ".join(f"`{name}`" for name in list(found)[:3])
        more = f" and {len(found) - 3} more" if len(found) > 3 else ""
        diagnostics.add(
            Diagnostic(
                "policy-of-unknown-type",
                f"what SAM grants for {names}{more} is not read",
                next(iter(found.values())),
                "check what it becomes: `aws cloudformation get-template --template-stage Processed`",
                Severity.INFO,
            )
        )
