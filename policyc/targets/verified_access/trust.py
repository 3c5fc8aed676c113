"""Groups and endpoints themselves: trust providers, their names at the service, and the claims that they send."""

from __future__ import annotations

from policyc.diagnostics import Diagnostics, Label, did_you_mean, in_quotes
from policyc.ir.program import Program
from policyc.model.types import RECORD
from policyc.model.values import Resource, Value
from policyc.targets.cedar_documents.claims import check_apart, check_kind, entries
from policyc.targets.cedar_documents.facts import split_name
from policyc.targets.verified_access.scope import GROUP, REQUEST_ROOTS, reference, trust_types


def check_resources(program: Program, diagnostics: Diagnostics) -> None:
    """Report what is wrong with the trust data of any group of the project."""
    for resource in program.resources.values():
        if resource.type == GROUP:
            check_resource(resource, diagnostics)


def check_resource(group: Resource, diagnostics: Diagnostics) -> None:
    """Report malformed `trust`, `references` and `claims` fields of one group."""
    _check_trust(group, diagnostics)
    _check_references(group, diagnostics)
    _check_claims(group, diagnostics)


def _check_trust(group: Resource, diagnostics: Diagnostics) -> None:
    kinds = ", ".join(f"`{name}`" for name in trust_types())
    for name, value in entries(group, "trust"):
        if not isinstance(value.data, str):
            diagnostics.error(
                "unknown-trust-type", f"`{name}` wants the type of a trust provider", value.span, f"use one of {kinds}"
            )
        elif value.data not in trust_types():
            diagnostics.error(
                "unknown-trust-type",
                f"unknown type of trust provider `{value.data}`",
                value.span,
                did_you_mean(value.data, trust_types(), f"use one of {kinds}"),
            )
        if name in REQUEST_ROOTS:
            diagnostics.error(
                "reserved-reference",
                f"`{name}` holds request data, so no trust provider can be called that",
                value.span,
                "choose the policy reference name of the trust provider",
            )
        elif "." in name or "[" in name:
            diagnostics.error(
                "malformed-reference",
                f"`{name}` is not one word",
                value.span,
                "give the provider a plain name here, and its name at the service in `references`",
            )


def _check_references(group: Resource, diagnostics: Diagnostics) -> None:
    trust = [name for name, _ in entries(group, "trust")]
    for name, value in entries(group, "references"):
        if name not in trust:
            _unknown_provider(name, trust, value, diagnostics)
        if not isinstance(value.data, str) or not value.data or str(value.type) == "word":
            diagnostics.error(
                "malformed-reference",
                f"`{name}` wants the policy reference name as text",
                value.span,
                in_quotes(value.data)
                if isinstance(value.data, str) and value.data
                else 'write it in quotes, such as `"my-idp"`',
            )
    seen: dict[str, Value] = {}
    for name, value in entries(group, "trust"):
        native = reference(group, name)
        if native in seen:
            diagnostics.error(
                "duplicate-reference",
                f"two trust providers are called `{native}` at the service",
                value.span,
                "each trust provider has its own policy reference name",
                (Label(seen[native].span, "the other one"),),
            )
        if native in REQUEST_ROOTS and native != name:
            diagnostics.error(
                "reserved-reference",
                f"`{native}` holds request data, so no trust provider can be called that",
                value.span,
                "choose the policy reference name of the trust provider",
            )
        seen.setdefault(native, value)


def _unknown_provider(name: str, trust: list[str], value: Value, diagnostics: Diagnostics) -> None:
    diagnostics.error(
        "unknown-trust-provider",
        f"the group has no trust provider `{name}`",
        value.span,
        did_you_mean(name, trust, "add it to `trust`"),
    )


def _check_claims(group: Resource, diagnostics: Diagnostics) -> None:
    trust = {name: str(value.data) for name, value in entries(group, "trust")}
    taken: dict[tuple[str, ...], Value] = {}
    for key, value in entries(group, "claims"):
        steps = split_name(key)
        if steps is None or len(steps) < 2:
            diagnostics.error(
                "malformed-claim",
                f"`{key}` does not name a claim of a trust provider",
                value.span,
                "write `provider.claim: type` for each, not one block for a provider"
                if value.type == RECORD
                else 'write the provider and the claim, such as `okta.department` or `okta["cognito:groups"]`',
            )
            continue
        kind = trust_types().get(trust.get(steps[0], ""))
        if steps[0] not in trust:
            _unknown_provider(steps[0], list(trust), value, diagnostics)
        elif kind is not None and not kind.open:
            diagnostics.error(
                "closed-trust-type",
                f"`{steps[0]}` is {kind.doc}, whose data is documented in full",
                value.span,
                "only an `oidc` provider sends claims of its own; use its documented attributes",
            )
        check_kind(value, diagnostics)
        check_apart(key, steps, value, taken, diagnostics)
