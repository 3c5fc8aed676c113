"""The Serverless Framework: statements for the role of its functions, and the template below `resources`, in `serverless.yml`.

What the framework makes of such a file is a template of CloudFormation, so it is read as the part of one that is written there.
Source: https://www.serverless.com/framework/docs/providers/aws/guide/iam and https://www.serverless.com/framework/docs/guides/variables
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from policyc.carriers.bodies import with_own_holes
from policyc.carriers.cloudformation.documents import read_documents
from policyc.carriers.cloudformation.template import Resource, Template, template_of
from policyc.carriers.embedded import Carried, Embedded, Options, PlacedText, Unreadable
from policyc.carriers.parts import Broken, of_members
from policyc.carriers.serverless_variables import Variables, at
from policyc.carriers.signs import POLICY
from policyc.carriers.yaml_tree import first_document
from policyc.diagnostics import Diagnostics
from policyc.record import replace
from policyc.regex import regex
from policyc.syntax.json_tree import JsonArray, JsonMember, JsonObject, JsonString, JsonValue
from policyc.text import Source, Span

_TOP: Final = (regex(rb"(?m)^service\s*:"), regex(rb"(?m)^provider\s*:"))
_SIGNS: Final = (b"Effect", b"AWS::", b"${file(")
#: what the framework calls the role of its functions, and the API of its events
_ROLE: Final = "IamRoleLambdaExecution"
_API: Final = "ApiGatewayRestApi"
_VERSION: Final = "2012-10-17"
_PART: Final = regex(rb"\$\{\s*file\(([^()${}]*\.(?:ya?ml|json))\s*\)")
_SIGN: Final = regex(POLICY.pattern.decode())
#: what has members that can be read or not each by itself
_SECTIONS: Final = ("provider", "functions", "resources", "custom")
_PACKAGED: Final = "check what `serverless package` writes"


def recognize(name: str, raw: bytes) -> bool:
    """A service of the framework in which policies may stand."""
    return any(sign in raw for sign in _SIGNS) and all(top.search(raw) is not None for top in _TOP)


def parts(raw: bytes) -> tuple[str, ...]:
    """The files, named from its folder, that a service takes in: what stands in them is read or told with it."""
    return tuple(found[1].decode("utf-8", "replace").strip() for found in _PART.finditer(raw))


def carried(source: Source, options: Options, diagnostics: Diagnostics) -> Carried:
    """The documents of a service, and what it says about the resources around them."""
    broken: list[Broken] = []
    top = first_document(source, diagnostics, lambda text: of_members(text, _SECTIONS), broken)
    told = [Unreadable(".".join(one.path), "", one.place, one.reason) for one in broken]
    if not isinstance(top, JsonObject):
        return Carried((), tuple(told), partial=bool(broken))
    variables = Variables(source.file, top, options)
    for name in parts(source.text.encode()):  # in a comment and where no policy is looked for as well
        variables.file(name)
    lost = list(told)
    template = _template(source, options, variables, top, lost)
    got = read_documents(template, diagnostics)
    mine = [with_own_holes(item, {**variables.holes, **item.holes}) for item in got.documents]
    lost += got.unreadable
    lost += _unread(source, variables, mine, lost, template)
    if broken:
        return Carried(tuple(mine), tuple(lost), partial=True)
    return replace(got, documents=tuple(mine), unreadable=tuple(lost))


def _template(
    source: Source, options: Options, variables: Variables, top: JsonObject, lost: list[Unreadable]
) -> Template:
    """The template that the service writes out, with the roles that the framework makes of statements."""
    parts: list[JsonObject] = []
    resources = variables.opened(top.get("resources"))
    for part in resources.items if isinstance(resources, JsonArray) else (resources,):
        if isinstance(part, JsonObject):
            parts.append(part)
        elif isinstance(part, JsonString):
            lost.append(Unreadable("resources", "", part.span, f"`resources` comes from elsewhere; {_PACKAGED}"))
    template = template_of(source, options, parts)
    for made in _made(variables, top):
        if isinstance(made, Unreadable):
            lost.append(made)
        else:
            template.resources.setdefault(made.name, made)
    return template


def _made(variables: Variables, top: JsonObject) -> Iterator[Resource | Unreadable]:
    """What the framework makes of statements: the role of all functions, roles of some, the policy of the API."""
    for path in ("provider.iam.role.statements", "provider.iamRoleStatements"):
        yield from _role(variables, _ROLE, path, at(top, path))
    functions = top.get("functions")
    for listed in functions.items if isinstance(functions, JsonArray) else (functions,):
        held = variables.opened(listed)
        for member in held.members if isinstance(held, JsonObject) else ():
            name = member.key[:1].upper() + member.key[1:].replace("-", "Dash").replace("_", "Underscore")
            for path in ("iam.role.statements", "iamRoleStatements"):
                shown = f"functions.{member.key}.{path}"
                yield from _role(variables, f"{name}{_ROLE}", shown, at(member.value, path))
    for path in ("provider.apiGateway.resourcePolicy", "provider.resourcePolicy"):
        document = _document(variables, path, at(top, path))
        if isinstance(document, Unreadable):
            yield document
        elif document is not None:
            yield _resource(_API, "AWS::ApiGateway::RestApi", _object(document.span, Policy=document))


def _role(variables: Variables, name: str, path: str, value: JsonValue | None) -> Iterator[Resource | Unreadable]:
    document = _document(variables, path, value)
    if isinstance(document, Unreadable):
        yield document
    elif document is not None:
        span = document.span
        policy = _object(span, PolicyName=JsonString("statements", span), PolicyDocument=document)
        yield _resource(name, "AWS::IAM::Role", _object(span, Policies=JsonArray((policy,), span)))


def _document(variables: Variables, path: str, value: JsonValue | None) -> JsonObject | Unreadable | None:
    """Statements as the document that the framework puts them into; None where there are none."""
    if value is None:
        return None
    held = variables.opened(value)
    if not isinstance(held, JsonArray):
        return Unreadable(path, "", value.span, f"its statements come from elsewhere; {_PACKAGED}")
    for item in held.items:
        if isinstance(item, JsonString):
            return Unreadable(path, "", item.span, f"a statement comes from elsewhere; {_PACKAGED}")
    if not held.items:
        return None
    return _object(held.span, Version=JsonString(_VERSION, held.span), Statement=held)


def _object(span: Span, **members: JsonValue) -> JsonObject:
    return JsonObject(tuple(JsonMember(key, span.at_start(), value) for key, value in members.items()), span)


def _resource(name: str, type: str, properties: JsonObject) -> Resource:
    body = _object(properties.span, Type=JsonString(type, properties.span), Properties=properties)
    return Resource(name, type, properties.span, lambda: body, body)


def _unread(
    source: Source, variables: Variables, read: list[Embedded], lost: list[Unreadable], template: Template
) -> Iterator[Unreadable]:
    """A word on the first statement of each file that stands where nobody reads it: plugins have places of their own."""
    told = [*(item.place for item in read), *(item.place for item in lost)]
    told += [resource.body.span for resource in template.resources.values()]
    for item in read:
        told += _places(item.content)
    for one in (source, *variables.sources.values()):
        here = [span for span in told if span.file == one.file]
        for found in _SIGN.finditer(one.text):
            line = one.text[one.text.rfind("\n", 0, found.start()) + 1 : found.start()]
            if line.lstrip(" -").startswith("#"):
                continue
            if not any(span.start <= found.start() < span.end for span in here):
                reason = f"a policy at a place that is not read; {_PACKAGED}"
                yield Unreadable("", "", one.span(*found.span()), reason)
                break


def _places(content: JsonValue | PlacedText) -> Iterator[Span]:
    if isinstance(content, JsonObject):
        held = content.get("Statement")
        yield from (item.span for item in (held.items if isinstance(held, JsonArray) else ()))
