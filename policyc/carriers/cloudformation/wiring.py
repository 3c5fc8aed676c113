"""What a template says of the resources behind its S3 and Object Lambda policies: which function, access point and bucket stand behind which access point.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-s3objectlambda-accesspoint.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from policyc.carriers.cloudformation.lowering import Lowering, Stop, intrinsic
from policyc.carriers.cloudformation.named import TYPES, called
from policyc.carriers.cloudformation.template import Template
from policyc.carriers.embedded import Companion
from policyc.carriers.types import reach
from policyc.diagnostics import Diagnostics
from policyc.holes import MARK, mark
from policyc.per_object import PerObject
from policyc.regex import regex
from policyc.syntax.json_tree import JsonArray, JsonString, JsonValue

#: resource type -> fields of the language and the paths of the properties that name the other resource
_LINKS: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "AWS::S3::AccessPoint": (("bucket", "Bucket"),),
    "AWS::S3ObjectLambda::AccessPoint": (
        ("supporting", "ObjectLambdaConfiguration.SupportingAccessPoint"),
        (
            "function",
            "ObjectLambdaConfiguration.TransformationConfigurations[].ContentTransformation.AwsLambda.FunctionArn",
        ),
    ),
}
#: field -> the type of what it leads to
LINKED: Final = {"bucket": "s3.bucket", "supporting": "s3.access_point", "function": "lambda.function"}
#: versions and aliases of a function, which stand for it
_OF_FUNCTION: Final = frozenset({"AWS::Lambda::Alias", "AWS::Lambda::Version"})
_LAST: Final = regex(r"(?:^|[:/])\$\{([A-Za-z0-9]+)(?:\.[A-Za-z]+)?\}\Z")
#: what stands for a value that hangs on a condition of the template
CONDITION: Final = mark("a condition of the template")
_POINT: Final = "accesspoint/"
_SUB: Final = regex(r"\$\{([A-Za-z0-9]+)(?:\.[A-Za-z]+)?\}")


def wired(template: Template) -> Iterator[Companion]:
    """The resources of chains that the template describes, with what they lead to."""
    for resource in template.resources.values():
        if resource.type not in TYPES:
            continue
        type, name = TYPES[resource.type][0], called(resource)
        fields = {"name": name} if name else {}
        links: dict[str, str] = {}
        for field, path in _LINKS.get(resource.type, ()):
            found = {pointed(value, template, LINKED[field]) for value, _, _ in reach(resource.properties, path)}
            other = found.pop() if len(found) == 1 else ""
            if other in template.resources:
                links[field] = other
        yield Companion(resource.name, type, resource.name_span, fields, links)


def pointed(value: JsonValue | None, template: Template, type: str = "") -> str:
    """The resource of the template that a value names: by reference, at the end of an ARN, or by the name that is written for the only one, of a `type` where that is
    told. Empty for anything else."""
    name = logical(value)
    made = None if value is None else intrinsic(value)
    if not name and made is not None and made[0] == "Sub" and isinstance(made[1], JsonString):
        found = _LAST.search(made[1].value)
        name = found[1] if found is not None else ""
    if name not in template.resources:
        texts = texts_of(value, template)
        name = _by_name(texts[0], type, template) if len(texts) == 1 else ""
    resource = template.resources.get(name)
    if resource is not None and resource.type in _OF_FUNCTION:
        return pointed(resource.properties.get("FunctionName"), template, LINKED["function"])
    return name


def _by_name(text: str, wanted: str, template: Template) -> str:
    """The only resource of that name, of the type that is wanted and that an ARN tells; empty where there is none."""
    told, name = _told(_flat(text))
    named = _names(template).get(name, ()) if name else ()
    found = [other for type, other in named if told in ("", type) and wanted in ("", type)]
    return found[0] if len(found) == 1 else ""


def _told(text: str) -> tuple[str, str]:
    """The type of a resource (empty: not told) and its name, as a text names it."""
    fields = text.split(":")
    if fields[0] != "arn" or len(fields) < 6:
        return "", re.split("[:/]", text)[-1]
    service, rest = fields[2], fields[5]
    if service == "lambda":
        return "lambda.function", "".join(fields[6:7])
    if service == "s3" and not rest.startswith(_POINT):
        return "s3.bucket", rest
    points = {"s3": "s3.access_point", "s3-object-lambda": "object_lambda.access_point"}
    return points.get(service, "?"), rest.removeprefix(_POINT)


def _flat(text: str) -> str:
    """A text whose marks hold nothing that parts an ARN."""
    return MARK.sub(lambda found: found[0].replace(":", " ").replace("/", " "), text)


def _named(template: Template) -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    for resource in template.resources.values():
        type, property = TYPES.get(resource.type, ("", ""))
        for text in texts_of(resource.properties.get(property), template) if type else ():
            found.setdefault(_flat(text), []).append((type, resource.name))
    return found


#: the resources of a template by the names that are written for them, each with its type
_names = PerObject(_named, 16)


def texts_of(value: JsonValue | None, template: Template) -> list[str]:
    """A value, or each of a list, as texts: the mark of a resource of the template for every reference to it. None for no value."""
    if isinstance(value, JsonArray):
        return [text for item in value.items for text in texts_of(item, template)]
    if value is None:
        return []
    if (name := logical(value)) in template.resources:
        return [mark(name)]
    try:
        made = Lowering(template, {}, Diagnostics()).value(value)
    except Stop:
        return [CONDITION]
    items = made.items if isinstance(made, JsonArray) else () if made is None else (made,)
    return [item.value if isinstance(item, JsonString) else str(item.plain()) for item in items]


def logical(value: JsonValue | None) -> str:
    """The resource of the template that a value refers to, empty for anything else."""
    made = None if value is None else intrinsic(value)
    if made is None:
        return ""
    name, argument, _ = made
    if name == "Ref" and isinstance(argument, JsonString):
        return argument.value
    if name == "GetAtt" and isinstance(argument, JsonString):
        return argument.value.partition(".")[0]
    if name == "Sub" and isinstance(argument, JsonString) and (found := _SUB.fullmatch(argument.value)):
        return found[1]
    if name == "GetAtt" and isinstance(argument, JsonArray) and argument.items:
        first = argument.items[0]
        return first.value if isinstance(first, JsonString) else ""
    return ""
