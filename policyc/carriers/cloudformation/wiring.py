"""What a template says of the resources behind its S3 and Object Lambda policies: which function, access point and bucket stand behind which access point.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-s3objectlambda-accesspoint.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from policyc.carriers.cloudformation.lowering import intrinsic
from policyc.carriers.cloudformation.named import TYPES, called
from policyc.carriers.cloudformation.template import Template
from policyc.carriers.embedded import Companion
from policyc.carriers.types import reach
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
#: versions and aliases of a function, which stand for it
_OF_FUNCTION: Final = frozenset({"AWS::Lambda::Alias", "AWS::Lambda::Version"})
_LAST: Final = regex(r"(?:^|[:/])\$\{([A-Za-z0-9]+)(?:\.[A-Za-z]+)?\}\Z")
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
            found = {pointed(value, template) for value, _, _ in reach(resource.properties, path)}
            other = found.pop() if len(found) == 1 else ""
            if other in template.resources:
                links[field] = other
        yield Companion(resource.name, type, resource.name_span, fields, links)


def pointed(value: JsonValue | None, template: Template) -> str:
    """The resource of the template that a value names: by reference, at the end of an ARN, or by the name that is written for it. Empty for anything else."""
    name = logical(value)
    made = None if value is None else intrinsic(value)
    if not name and made is not None and made[0] == "Sub" and isinstance(made[1], JsonString):
        found = _LAST.search(made[1].value)
        name = found[1] if found is not None else ""
    if not name and isinstance(value, JsonString):
        name = _by_name(value.value, template)
    resource = template.resources.get(name)
    if resource is not None and resource.type in _OF_FUNCTION:
        return pointed(resource.properties.get("FunctionName"), template)
    return name


def _by_name(text: str, template: Template) -> str:
    last = re.split(r"[:/]", text)[-1]
    for resource in template.resources.values():
        if resource.type in TYPES and last and called(resource) == last:
            return resource.name
    return ""


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
