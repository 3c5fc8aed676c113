"""Requests: from a test's record, from flags, from a JSON file; all become one `targets.base.Request`."""

from __future__ import annotations

import re
from collections.abc import Mapping

from policyc.diagnostics import Diagnostics, did_you_mean
from policyc.ir.attributes import key_fits, lacks_key, resolve_attribute
from policyc.ir.foreign import likely
from policyc.ir.program import Program
from policyc.model.names import given_once
from policyc.model.scope import Scope
from policyc.model.types import GROUP, PRINCIPAL, STRING
from policyc.model.values import Group, Principal, Resource, Scalar, Value, scalar_of
from policyc.model.vocabulary import Attribute, ResourceType
from policyc.record import record
from policyc.syntax import nodes
from policyc.targets.base import Request
from policyc.targets.program import hint_of
from policyc.targets.registry import resource_types, target
from policyc.text import Span

#: Fields of a request that are not attributes.
FIELDS = ("who", "can", "path")
#: Principals that stand for many callers, so that no single request can come from them.
_NOT_CALLERS = frozenset({"anyone", "authenticated", "account", "canonical_user"})


@record(frozen=False)
class RequestBuilder:
    """Builds requests in one scope (that of the test, or of the file that declares the resource)."""

    program: Program
    scope: Scope
    diagnostics: Diagnostics

    def from_step(self, step: nodes.RequestStep) -> Request | None:
        """The request of a test step, or None after reporting what is wrong."""
        resource = self.resource(step.resource)
        return None if resource is None else self.from_record(resource, step.fields, step.span)

    def resource(self, ref: nodes.Ref) -> Resource | None:
        link = self.scope.asked_resource(ref, self.diagnostics)
        return None if link is None else self.program.resource(link.id)

    def from_record(self, resource: Resource, record: nodes.Record, span: Span) -> Request | None:
        """The request to `resource` that a record of `who`, `can`, `path` and attributes states."""
        kind = resource_types()[resource.type]
        attributes = target(kind.target).scope(resource, self.program.resources)
        before = len(self.diagnostics)
        who: Principal | None = None
        words: dict[str, str] = {}
        values: dict[str, tuple[Scalar, ...]] = {}
        used: dict[str, Attribute] = {}
        spans: dict[str, Span] = {}
        empty: set[str] = set()
        unknown: set[str] = set()
        for entry in given_once(record.entries, self.diagnostics):
            name = entry.key.text
            if name in FIELDS and not kind.verbs:
                self.diagnostics.error(
                    "clause-not-allowed",
                    f"a request to a `{kind.name}` has no `{name}`",
                    entry.key.span,
                    "state attributes only",
                )
            elif name == "who":
                who = self._caller(entry.value)
            elif name in ("can", "path"):
                word = self._verb(entry.value, kind) if name == "can" else self._text(entry.value)
                if word is not None:
                    words[name] = word
            else:
                attribute = resolve_attribute(entry.key, attributes)
                if attribute is None:
                    self._unknown(entry.key, attributes, resource)
                    continue
                if not key_fits(entry.key, attribute, self.diagnostics):
                    continue
                if (word := known_word(attribute, attributes)) is not None:
                    self.diagnostics.error(
                        "known-key",
                        f"`{entry.key.text}` has a word of its own",
                        entry.key.span,
                        f"write `{word}`, which is checked for its type",
                    )
                    continue
                if self._is_word(entry.value, "unknown"):
                    unknown.add(attribute.native)
                    continue
                found = self._values(entry.value, attribute)
                if found is not None:
                    values[attribute.name], used[attribute.name] = found, attribute
                    spans[attribute.name] = entry.value.span
                    if isinstance(entry.value, nodes.ListOf) and not found:
                        empty.add(attribute.name)
        if len(self.diagnostics) > before and any(item.severity == "error" for item in list(self.diagnostics)[before:]):
            return None
        return Request(
            resource,
            who,
            words.get("can"),
            words.get("path"),
            values,
            used,
            span,
            frozenset(empty),
            spans,
            frozenset(unknown),
        )

    # --- fields -----------------------------------------------------------------------------------------------

    def _caller(self, expr: nodes.Expr) -> Principal | None:
        value = self.scope.value(expr, PRINCIPAL, self.diagnostics)
        if value is None or not isinstance(value.data, Principal):
            return None
        principal = value.data
        if principal.kind in _NOT_CALLERS or principal.is_pattern:
            self.diagnostics.error(
                "not-one-caller",
                "this principal stands for many callers, and a request has one",
                expr.span,
                'name one caller, such as `role(shop, "order-service")` or `anonymous`',
            )
            return None
        return principal

    def _verb(self, expr: nodes.Expr, kind: ResourceType) -> str | None:
        word = expr.simple if isinstance(expr, nodes.Ref) else None
        if word is not None and (word in kind.verbs or own_method(word, kind)):
            return word
        shown = word or "this"
        self.diagnostics.error(
            "unknown-verb",
            f"nobody can `{shown}` a `{kind.name}`",
            expr.span,
            did_you_mean(
                shown, kind.verbs, "its verbs are " + ", ".join(f"`{name}`" for name in list(kind.verbs)[:12])
            ),
        )
        return None

    def _text(self, expr: nodes.Expr) -> str | None:
        value = self.scope.value(expr, STRING, self.diagnostics)
        return None if value is None else str(value.data)

    def _values(self, expr: nodes.Expr, attribute: Attribute) -> tuple[Scalar, ...] | None:
        if self._is_word(expr, "absent"):
            return ()
        items = expr.items if isinstance(expr, nodes.ListOf) else (expr,)
        if not attribute.many and isinstance(expr, nodes.ListOf):
            self.diagnostics.error(
                "type-mismatch", f"`{attribute.name}` has one value, not a list", expr.span, "drop the brackets"
            )
            return None
        out: list[Scalar] = []
        for item in items:
            value = self._one(item, attribute)
            if value is None:
                return None
            out.extend(value)
        return tuple(out)

    def _is_word(self, expr: nodes.Expr, word: str) -> bool:
        """Whether `absent` or `unknown` stands there, and no declaration of that name."""
        return isinstance(expr, nodes.Ref) and expr.simple == word and self.scope.lookup(word) is None

    def _one(self, expr: nodes.Expr, attribute: Attribute) -> tuple[Scalar, ...] | None:
        group = self._group(expr) if attribute.many else None
        if group is not None:
            return (group.id,)
        if attribute.many and isinstance(expr, nodes.Ref) and expr.simple is not None:
            definition = self.scope.lookup(expr.simple)
            known = self.scope.definition_value(definition, self.diagnostics) if definition is not None else None
            if known is not None and isinstance(known.data, tuple):
                return tuple(scalar_of(item) for item in known.data if isinstance(item, Value))
        value = self.scope.value(expr, attribute.type, self.diagnostics)
        return None if value is None else (scalar_of(value),)

    def _group(self, expr: nodes.Expr) -> Group | None:
        if isinstance(expr, nodes.Call):
            probe = Diagnostics()
            value = self.scope.value(expr, GROUP, probe)
        elif isinstance(expr, nodes.Ref) and (definition := self.scope.lookup(expr.simple or "")) is not None:
            value = self.scope.definition_value(definition, self.diagnostics)
        else:
            return None
        return value.data if value is not None and isinstance(value.data, Group) else None

    def _unknown(self, key: nodes.Ref, attributes: Mapping[str, Attribute], resource: Resource) -> None:
        kind = resource_types()[resource.type]
        if (wanted := lacks_key(key, attributes)) is not None:
            self.diagnostics.error("missing-key", f"`{key.text}` wants a key", key.span, f"write `{wanted}`")
            return
        self.diagnostics.error(
            "unknown-attribute",
            f"a request to a `{kind.name}` has no `{key.text}`",
            key.span,
            hint_of(kind.target, resource, self.program.resources, key.text)
            or likely(key.text, key, attributes, FIELDS if kind.verbs else ()),
        )


def own_method(word: str, kind: ResourceType) -> bool:
    """Whether a request may use a method that the vocabulary does not list, as HTTP lets everyone define them: at most 16 characters
    in listeners' rules (https://docs.aws.amazon.com/vpc-lattice/latest/APIReference/API_HttpMatch.html). Methods are case-sensitive,
    so one in small letters is a slip."""
    return kind.own_methods and re.fullmatch(r"[A-Z][A-Z0-9_-]{1,15}", word) is not None


def known_word(attribute: Attribute, attributes: Mapping[str, Attribute]) -> str | None:
    """The vocabulary's word for a raw key, where it has one."""
    if not attribute.keyed or attribute.native != attribute.key:
        return None
    for name, known in attributes.items():
        if known.native.lower() == attribute.native.lower():
            return name
        if name.endswith("[]") and known.native and attribute.native.lower().startswith(known.native.lower()):
            return f'{name.removesuffix("[]")}["{attribute.native[len(known.native) :]}"]'
    return None


def find_resource(program: Program, name: str, diagnostics: Diagnostics, span: Span | None) -> Resource | None:
    """A resource by the name that people type: its own, or `file#name` where two files declare the same."""
    found = [resource for resource in program.resources.values() if name in (resource.name, resource.id)]
    if len(found) == 1:
        return found[0]
    if found:
        diagnostics.error(
            "ambiguous-name",
            f"{len(found)} files declare a resource `{name}`",
            span,
            "write one of " + ", ".join(f"`{resource.id}`" for resource in found),
        )
        return None
    names = sorted({resource.name for resource in program.resources.values()})
    if any(network.name == name for network in program.networks):
        diagnostics.error(
            "wrong-kind",
            f"`{name}` is a network, and a network takes no requests",
            span,
            "ask with `--attachment type=vpc,…`, or with `--attachments FILE --from A --to B`",
        )
        return None
    if span is None and ("." in name or "/" in name) and "#" not in name:  # typed, and no name looks so
        diagnostics.error("unknown-name", f"`{name}` is neither a file nor a declared resource", None, "check the path")
        return None
    diagnostics.error(
        "unknown-name",
        f"no file declares a resource `{name}`",
        span,
        did_you_mean(
            name, names, "resources are " + ", ".join(f"`{known}`" for known in names[:10]) if names else "declare one"
        ),
    )
    return None
