"""Manifests of Kubernetes: the AWS Gateway API Controller, ACK and Crossplane, and what `helm template` and `kustomize build` print.

Sources: https://www.gateway-api-controller.eks.aws.dev/latest/api-types/iam-auth-policy/, https://aws-controllers-k8s.github.io/community/reference/ and
https://marketplace.upbound.io/providers/upbound/provider-family-aws/
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Final

from policyc.carriers import helm
from policyc.carriers.bodies import documents_in
from policyc.carriers.embedded import SERVICE, Carried, Companion, Embedded, Options, Unreadable, inline, listed
from policyc.carriers.hanging import elsewhere, hanging, said
from policyc.carriers.parts import Broken, of_documents
from policyc.carriers.permissions import FUNCTION_IN, NOT_WHOLE, permission
from policyc.carriers.signs import EFFECT, STATEMENT
from policyc.carriers.types import text_at, types
from policyc.carriers.yaml_tree import Unreadable as BrokenFile
from policyc.carriers.yaml_tree import documents, is_json
from policyc.diagnostics import Diagnostics
from policyc.record import replace
from policyc.regex import regex
from policyc.syntax.json_text import parse_json_values
from policyc.syntax.json_tree import JsonArray, JsonObject, JsonString, JsonValue
from policyc.text import Source, is_within

#: an action of a Go template: a value, a pipeline, or one of the words of Go, Sprig and Helm; other braces are text
_ACTION: Final = regex(
    r"\{\{-?\s*(?:[.$\"`(/]|(?:if|else|end|range|with|define|block|template|include|tpl|toYaml|toJson|quote|squote|printf|default|required|lookup|"
    r"indent|nindent|trim|lower|upper|eq|ne|and|or|not)\b)"
)
#: what stands in the manifest of who carries it, whose name on AWS ACK has as `spec.name`
_OF_CALLERS: Final = frozenset({"trust", "identity"})
_CALLERS: Final = (".services.k8s.aws/Role", ".services.k8s.aws/User", ".services.k8s.aws/Group")
_KIND: Final = regex(r"^\s*kind:.*$", re.MULTILINE)
_AUTH: Final = "application-networking.k8s.aws/IAMAuthPolicy"
_GATEWAY: Final = "Gateway "
_ROUTE: Final = regex(r"^\s*kind:\s*[\"']?(?:HTTP|GRPC)Route\b", re.MULTILINE)
_KUSTOMIZATION: Final = ("kustomization.yaml", "kustomization.yml")
_PATCH: Final = "a patch of kustomize; check what `kustomize build` prints"
_HELM: Final = "a Helm template; check what `helm template` prints"


@cache
def _kinds() -> re.Pattern[bytes]:
    names = {name.partition("/")[2] for name in types("kubernetes")}
    return re.compile(rb"\bkind[\"']?\s*:\s*[\"']?(?:" + "|".join(sorted(names)).encode() + rb")\b")


@cache
def _groups() -> re.Pattern[bytes]:
    names = {name.partition("/")[0] for name in types("kubernetes")}
    named = b"|".join(re.escape(name.encode()) for name in sorted(names))
    return re.compile(named.replace(rb"\.aws\.upbound", rb"\.aws\.(?:m\.)?upbound"))


def _is_ours(text: str) -> bool:
    """Whether a manifest of a kind that we know may stand in a text."""
    raw = text.encode()
    return _groups().search(raw) is not None and _kinds().search(raw) is not None


def recognize(name: str, raw: bytes) -> bool:
    """A manifest with a resource that we know, or what changes one."""
    if name.endswith(_KUSTOMIZATION) and STATEMENT.search(raw) is not None:
        return True
    return b"apiVersion" in raw and _groups().search(raw) is not None and _kinds().search(raw) is not None


def carried(source: Source, options: Options, diagnostics: Diagnostics) -> Carried:
    """The documents of a file with any number of manifests."""
    if source.file.endswith(_KUSTOMIZATION) and (sign := EFFECT.search(source.text)) is not None:
        return Carried((), (Unreadable("", "", source.span(*sign.span()), _PATCH),))
    out: list[Embedded] = []
    lost: list[Unreadable] = []
    templated = not is_json(source) and _ACTION.search(source.text) is not None
    chart = helm.readable(source) if templated else None
    if templated and chart is None:
        return Carried((), (_template(source),))
    others: list[tuple[str, str]] = []
    bodies = list(_bodies(chart or source, source, diagnostics, lost))
    for body in bodies:
        type_ = _type(body)
        space, name = text_at(body, "metadata.namespace"), helm.shown(text_at(body, "metadata.name"))
        called = f"{space}/{name}" if space else name
        written = body.get("spec") if isinstance(body, JsonObject) else None
        kinds = types("kubernetes").get(type_, ())
        others += elsewhere(type_, _own(body), _properties(body), space)
        items = list(documents_in(chart or source, body, kinds, called, type_, written=written))
        if type_ in FUNCTION_IN:
            held = _properties(body)[1]
            stated = permission(type_, called, held, {})
            items.append(stated or Unreadable(called, type_, (held or body).span, NOT_WHOLE))
        if chart is not None and not items:
            lost.append(Unreadable(called, type_, body.span, _HELM))
        for item in items:
            if isinstance(item, Unreadable):
                lost.append(item)
                continue
            known = item if chart is None else helm.opened(item, source, options)
            if known is None:
                lost.append(Unreadable(called, type_, item.place, _HELM))
            else:
                out.append(_on(known, body, type_))
    if templated and not (bodies or lost):
        lost.append(_template(source))
    beside = tuple(_beside(out, lost, chart or source)) if any(item.type == _AUTH for item in out) else ()
    return Carried(tuple(_with_target(out)), tuple(lost), beside, elsewhere=listed(others))


def _with_target(found: Sequence[Embedded]) -> Iterator[Embedded]:
    """The documents, those on routes and gateways with what they are on as the companion that it is."""
    for item in found:
        on = item.facts.get("on", "") if item.type == _AUTH else ""
        yield replace(item, facts={**item.facts, "resource": on}) if on else item


def _beside(found: Sequence[Embedded], lost: Sequence[Unreadable], text: Source) -> Iterator[Companion]:
    """The service networks that gateways stand for, and the services of routes behind one of these: the controller turns both to `AWS_IAM` where they have a policy. Of a route
    whose gateway has its policy elsewhere nothing is said."""
    targets = {item.facts["on"]: item.place for item in found if item.type == _AUTH and "on" in item.facts}
    for name, place in targets.items():
        if name.startswith(_GATEWAY):
            yield Companion(name, "lattice.service_network", place, {"auth": "aws_iam"})
    if lost or _ROUTE.search(text.text) is None:
        return
    for body in _routes(text):
        name, space = text_at(body, "metadata.name"), text_at(body, "metadata.namespace")
        called = f"{text_at(body, 'kind')} {'/'.join(filter(None, (space, name)))}"
        parents = {hung for part in _parents(body) for hung in said(part, space)}
        gateway = f"{_GATEWAY}{parents.pop().removeprefix(_GATEWAY)}" if len(parents) == 1 else ""
        if called in targets and gateway in targets:
            yield Companion(called, SERVICE, targets[called], {"auth": "aws_iam"}, {"network": gateway})


def _routes(text: Source) -> Iterator[JsonValue]:
    for node in documents(text, Diagnostics(), of_documents, []):
        try:
            if "apiVersion" in node.members() and _ROUTE.search(text.text, node.span.start, node.span.end):
                yield node.value()
        except BrokenFile:
            continue


def _parents(body: JsonValue | None) -> Iterator[JsonValue]:
    spec = body.get("spec") if isinstance(body, JsonObject) else None
    held = spec.get("parentRefs") if isinstance(spec, JsonObject) else None
    yield from held.items if isinstance(held, JsonArray) else ()


def _on(item: Embedded, body: JsonValue, type_: str) -> Embedded:
    """The document with what it hangs on, and the name that this has on AWS, where the manifest writes it out."""
    on = next((kind.on for kind in types("kubernetes")[type_] if kind.kind == item.kind), "")
    name = text_at(body, on) if on else ""
    called = _network(body) if type_ == _AUTH else {"called": name} if name and "$" not in name else {}
    if item.kind in _OF_CALLERS and type_.endswith(_CALLERS):
        called = inline(text_at(body, "spec.name"), "")
    hung = hanging(item.kind, type_, _own(body), _properties(body), text_at(body, "metadata.namespace"))
    return replace(item, facts={**item.facts, **called, **hung})


def _network(body: JsonValue) -> dict[str, str]:
    """What the controller calls the service network of a gateway; of the service of a route that is not documented.

    Source: https://www.gateway-api-controller.eks.aws.dev/latest/api-types/gateway/
    """
    name = text_at(body, "spec.targetRef.name")
    return {"called": name} if name and text_at(body, "spec.targetRef.kind") == _GATEWAY.strip() else {}


def _properties(body: JsonValue) -> tuple[JsonValue | None, JsonValue | None]:
    spec = body.get("spec") if isinstance(body, JsonObject) else None
    return spec, spec.get("forProvider") if isinstance(spec, JsonObject) else None


def _own(body: JsonValue) -> str:
    return text_at(body, "spec.name") or text_at(body, "metadata.name")


def _template(source: Source) -> Unreadable:
    """The first manifest that is not rendered yet in a file that is no YAML, one of ours where there is one."""
    for part in of_documents(source.text):
        action = _ACTION.search(source.text, part.start, part.end)
        if action is not None and _is_ours(source.text[part.start : part.end]):
            where = _KIND.search(source.text, part.start, part.end) or action
            return Unreadable("", "", source.span(*where.span()), _HELM)
    action = _ACTION.search(source.text)
    return Unreadable("", "", source.span(*(action.span() if action else (0, 0))), _HELM)


def _bodies(text: Source, source: Source, diagnostics: Diagnostics, lost: list[Unreadable]) -> Iterator[JsonValue]:
    """The manifests of ours in a file, or in the `text` that is read for it. One of another kind with a statement in it is `lost`, and so is one that cannot be read: of those that are not
    rendered yet that is no fault."""
    if is_json(source):
        for tree in parse_json_values(source, diagnostics) or ():
            yield from _within(tree, lost)
        return
    found = Diagnostics()
    broken: list[Broken] = []
    for node in documents(text, found, of_documents, broken):
        try:
            if "apiVersion" in node.members() and _is_ours(text.text[node.span.start : node.span.end]):
                yield from _within(node.value(), lost)
            elif (sign := EFFECT.search(text.text, node.span.start, node.span.end)) is not None:
                place = source.span(*sign.span())
                lost.append(Unreadable("", "", place, "a manifest of a kind that is not read"))
        except BrokenFile as stop:
            stop.report(found)
            broken.append(Broken((), node.span, stop.message))
    actions = [one.place for one in broken if _ACTION.search(source.text, one.place.start, one.place.end)]
    diagnostics.extend(
        one for one in found if one.span is None or not any(is_within(one.span, place) for place in actions)
    )
    for one in broken:
        if _is_ours(source.text[one.place.start : one.place.end]) or EFFECT.search(
            source.text, one.place.start, one.place.end
        ):
            kind = _KIND.search(source.text, one.place.start, one.place.end) if one.place in actions else None
            place = one.place if kind is None else source.span(*kind.span())
            lost.append(Unreadable("", "", place, _HELM if one.place in actions else one.reason))


def _type(body: JsonValue) -> str:
    """The group and kind of a manifest; the resources of Crossplane that are in a namespace have a group of their own for the same."""
    group = text_at(body, "apiVersion").partition("/")[0].replace(".aws.m.upbound.io", ".aws.upbound.io")
    return f"{group}/{text_at(body, 'kind')}"


def _within(tree: JsonValue, lost: list[Unreadable]) -> Iterator[JsonValue]:
    """The manifests of ours in a manifest: itself, the items of a list, the bases of a composition, whatever holds one. Statements in a text around them are `lost`."""
    work: list[JsonValue] = [tree]
    while work:
        part = work.pop()
        if isinstance(part, JsonArray):
            work += reversed(part.items)
        elif isinstance(part, JsonObject):
            if _type(part) in types("kubernetes"):
                yield part
            else:
                work += [member.value for member in reversed(part.members)]
        elif isinstance(part, JsonString) and EFFECT.search(part.value) is not None:
            lost.append(Unreadable("", "", part.span, "a manifest inside a text"))
