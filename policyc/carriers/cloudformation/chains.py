"""What stands behind the Object Lambda access points of a template: function, access point, bucket and execution role, with what decides at each.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-s3objectlambda-accesspoint.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from policyc.carriers.cloudformation.named import TYPES, made_role
from policyc.carriers.cloudformation.template import Resource, Template
from policyc.carriers.cloudformation.wiring import LINKED, logical, pointed, texts_of
from policyc.carriers.embedded import Wiring
from policyc.carriers.types import reach
from policyc.holes import MARK, names_in
from policyc.syntax.json_tree import JsonValue

_OLAP: Final = "AWS::S3ObjectLambda::AccessPoint"
_PARTS: Final = {
    _OLAP: "object-lambda",
    "AWS::S3::AccessPoint": "access-point",
    "AWS::S3::Bucket": "bucket",
    "AWS::Lambda::Function": "function",
    "AWS::Serverless::Function": "function",
}
_SUPPORTING: Final = "ObjectLambdaConfiguration.SupportingAccessPoint"
_TRANSFORMATIONS: Final = "ObjectLambdaConfiguration.TransformationConfigurations[]"
_FUNCTION: Final = f"{_TRANSFORMATIONS}.ContentTransformation.AwsLambda.FunctionArn"
_KEY: Final = "BucketEncryption.ServerSideEncryptionConfiguration[].ServerSideEncryptionByDefault.KMSMasterKeyID"
#: what a version is called that has no number yet
_FIRST: Final = "1"


def wirings(template: Template) -> Iterator[Wiring]:
    """Those of a template; nothing is worked out where it has none."""
    for resource in template.resources.values():
        if resource.type == _OLAP:
            yield _wiring(resource, template)


def _wiring(olap: Resource, template: Template) -> Wiring:
    functions = {_function(value, template) for value in _at(olap, _FUNCTION)}
    parts = {"object-lambda": olap.name, "access-point": _one(olap, _SUPPORTING, "supporting", template)}
    parts["function"] = functions.pop() if len(functions) == 1 else ""
    point, function = (template.resources.get(parts[name]) for name in ("access-point", "function"))
    settings: dict[str, str] = {}
    if point is not None:
        parts["bucket"] = _one(point, "Bucket", "bucket", template)
        settings |= {"vpc": _text(point, "VpcConfiguration.VpcId", template)}
        settings |= {"bucket-account": _text(point, "BucketAccountId", template)}
    bucket = template.resources.get(parts.get("bucket", ""))
    for name, held in (("access-point", point), ("bucket", bucket)):
        if held is not None:
            settings[f"{name}-block"] = _block(held, template)
    if bucket is not None:
        settings["key"] = _text(bucket, _KEY, template)
    if function is not None:
        role = function.properties.get("Role")
        parts["role"] = made_role(function) or logical(role)
    texts = [text for value in _at(olap, _FUNCTION) for text in texts_of(value, template)]
    settings["runs"] = texts[0] if len(set(texts)) == 1 else ""
    settings["qualifier"] = _qualifier(olap, texts, template)
    made = "" if function is None else made_role(function)
    found = {name: part for name, part in parts.items() if part and (part in template.resources or part == made)}
    called = {name: _name(template.resources[part], template) for name, part in found.items() if part != made}
    actions = [text for value in _at(olap, f"{_TRANSFORMATIONS}.Actions") for text in texts_of(value, template)]
    told = {key: text for key, text in settings.items() if text}
    others = {
        item.name: (_PARTS[item.type], _name(item, template))
        for item in template.resources.values()
        if item.type in _PARTS and item.name not in found.values()
    }
    return Wiring(olap.name, found, called, tuple(dict.fromkeys(actions)), told, others)


def _function(value: JsonValue, template: Template) -> str:
    """The function that a value names, also with a version or an alias behind it."""
    holes = [hole for text in texts_of(value, template) for hole in names_in(text)]
    return pointed(value, template, LINKED["function"]) or (holes[0].partition(".")[0] if len(holes) == 1 else "")


def _at(resource: Resource, path: str) -> list[JsonValue]:
    return [value for value, _, _ in reach(resource.properties, path)]


def _one(resource: Resource, path: str, field: str, template: Template) -> str:
    found = _at(resource, path)
    return pointed(found[0], template, LINKED[field]) if len(found) == 1 else ""


def _text(resource: Resource, path: str, template: Template) -> str:
    found = [text for value in _at(resource, path) for text in texts_of(value, template)]
    return found[0] if len(found) == 1 else ""


def _name(resource: Resource, template: Template) -> str:
    """The name that a resource has on AWS as a text with holes, empty where AWS makes one up."""
    names = {"AWS::IAM::Role": "RoleName"}
    property = TYPES[resource.type][1] if resource.type in TYPES else names.get(resource.type, "")
    return _text(resource, property, template) if property else ""


def _block(resource: Resource, template: Template) -> str:
    """Whether strangers are kept out: what a template switches off the account may still switch on."""
    if resource.properties.get("PublicAccessBlockConfiguration") is None:
        return "on"
    told = _text(resource, "PublicAccessBlockConfiguration.RestrictPublicBuckets", template)
    return "on" if told.lower() == "true" else "unknown"


def _qualifier(olap: Resource, texts: list[str], template: Template) -> str:
    """The version or alias of the function that is run; empty for none."""
    values = _at(olap, _FUNCTION)
    version = template.resources.get(logical(values[0])) if values else None
    if version is not None and version.type == "AWS::Lambda::Version":
        return _FIRST
    if version is not None and version.type == "AWS::Lambda::Alias":
        return _text(version, "Name", template)
    rest = MARK.sub("", texts[0]) if texts else ""
    return rest.removeprefix(":") if rest.startswith(":") and ":" not in rest[1:] else _last(texts)


def _last(texts: list[str]) -> str:
    """The qualifier of an ARN that is written out."""
    fields = texts[0].split(":") if texts else []
    return fields[7] if len(fields) == 8 else ""
