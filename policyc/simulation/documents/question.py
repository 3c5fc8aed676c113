"""What is asked of raw documents: who, what, on which resource, with which condition keys; and what stands around it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from policyc.diagnostics import Diagnostics
from policyc.model.vocabulary import Attribute
from policyc.record import field, record
from policyc.simulation.documents.attached import Attached
from policyc.simulation.keys import native_key, refuse_both
from policyc.simulation.references import PlainText
from policyc.text import Span

#: resources of the two chains by the option that gives their ARN (without `-arn`)
ARNS: Final = ("service", "network", "object-lambda", "access-point", "bucket", "function", "key")


@record
class Who:
    """The caller: an ARN, a service, an identity provider or `anonymous`, and what AWS knows of it besides.

    `tags` are principal and session tags, `org` the id of its organization, `org_paths` its paths there, `source_account` the account
    that a service acts for.
    """

    name: PlainText
    tags: tuple[tuple[str, str], ...] = ()
    org: str = ""
    org_paths: tuple[str, ...] = ()
    source_account: str = ""

    def keys(self) -> dict[str, tuple[str, ...]]:
        """The condition keys that follow from more than the ARN."""
        out: dict[str, tuple[str, ...]] = {f"aws:PrincipalTag/{key}": (value,) for key, value in self.tags}
        if self.org:
            out["aws:PrincipalOrgID"] = (self.org,)
        if self.org_paths:
            out["aws:PrincipalOrgPaths"] = self.org_paths
        if self.source_account:
            out["aws:SourceAccount"] = (self.source_account,)
        return out


@record
class Question:
    """One request. `context` maps condition keys to their values, none for a key that is stated to be absent; `unknown` names keys of
    which nothing is known. `action` and `resource` are for IAM, `can` and `path` for the chains of Lattice and Object Lambda."""

    span: Span
    who: Who | None = None
    action: PlainText | None = None
    resource: PlainText | None = None
    can: PlainText | None = None
    path: PlainText | None = None
    context: tuple[tuple[PlainText, tuple[str, ...]], ...] = ()
    unknown: tuple[PlainText, ...] = ()

    def keys(self, attributes: Mapping[str, Attribute], diagnostics: Diagnostics) -> dict[str, tuple[str, ...]] | None:
        """Every condition key that is stated, the caller's included; None after reporting one that is stated twice or is none.
        `attributes` are the words of the language for keys."""
        out = {} if self.who is None else dict(self.who.keys())
        seen = {key.lower() for key in out}
        for name, values in self.context:
            key = native_key(name, attributes, diagnostics)
            if key is None:
                return None
            if key.lower() in seen:
                diagnostics.error(
                    "duplicate-key",
                    f"`{name.text}` is given twice",
                    name.span,
                    "give each key once, with all its values",
                )
                return None
            seen.add(key.lower())
            out[key] = values
        return out

    def unknown_keys(self, attributes: Mapping[str, Attribute], diagnostics: Diagnostics) -> frozenset[str] | None:
        """The keys of which nothing is known; None after reporting one that is none, or is stated as well."""
        before = len(diagnostics)
        stated = [name for name, _ in self.context]
        names = {item.text: native_key(item, attributes, diagnostics) or "" for item in (*stated, *self.unknown)}
        refuse_both(stated, self.unknown, names, diagnostics)
        return None if len(diagnostics) > before else frozenset(names[item.text] for item in self.unknown)


@record
class PolicyContext:
    """What a request meets: documents, the ARNs of the resources in a chain by name, `words` such as `service-auth`, and the
    project's switches. `kept` is what a chain worked out from all that and asks for again with the next request."""

    documents: tuple[Attached, ...] = ()
    arns: Mapping[str, PlainText] = field(default_factory=dict)
    words: Mapping[str, PlainText] = field(default_factory=dict)
    switches: Mapping[str, str] = field(default_factory=dict)
    kept: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    def has(self, *roles: str) -> bool:
        """Whether a document of one of the roles is given."""
        return any(item.role in roles for item in self.documents)

    def files(self, roles: Iterable[str]) -> list[str]:
        wanted = set(roles)
        return [item.source.file for item in self.documents if item.role in wanted]
