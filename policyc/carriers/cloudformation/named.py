"""The names that a template writes out for its resources."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from policyc.carriers.cloudformation.template import Resource
from policyc.carriers.embedded import known_as
from policyc.carriers.types import text_at
from policyc.syntax.json_tree import JsonArray, JsonObject, JsonString

#: resource type -> what the language calls it, and the property that is its name
TYPES: Final[Mapping[str, tuple[str, str]]] = {
    "AWS::S3::Bucket": ("s3.bucket", "BucketName"),
    "AWS::S3::AccessPoint": ("s3.access_point", "Name"),
    "AWS::S3ObjectLambda::AccessPoint": ("object_lambda.access_point", "Name"),
    "AWS::Lambda::Function": ("lambda.function", "FunctionName"),
    "AWS::Serverless::Function": ("lambda.function", "FunctionName"),
}
#: resource types whose names may stand behind a path in their ARNs
_IN_PATHS: Final = ("AWS::IAM::Role", "AWS::IAM::User")
_SERVERLESS: Final = ("AWS::Serverless::Function", "AWS::Serverless::StateMachine")
_PROVIDER: Final = "AWS::IAM::OIDCProvider"
#: other resource types that carry documents, and the property that is their name
_NAMED: Final[Mapping[str, str]] = {
    "AWS::IAM::Role": "RoleName",
    "AWS::IAM::User": "UserName",
    "AWS::VpcLattice::Service": "Name",
    "AWS::VpcLattice::ServiceNetwork": "Name",
    "AWS::SNS::Topic": "TopicName",
    "AWS::SQS::Queue": "QueueName",
    "AWS::ECR::Repository": "RepositoryName",
    _PROVIDER: "Url",
}


def called(resource: Resource) -> str:
    """The name that a resource has on AWS, where the template writes it out; else empty. A provider's is its URL without the scheme."""
    held = TYPES.get(resource.type)
    name = resource.properties.get(held[1] if held is not None else _NAMED.get(resource.type, ""))
    return name.value.removeprefix("https://") if isinstance(name, JsonString) else ""


def label_of(resource: Resource, kind: str) -> dict[str, str]:
    """The fact `known-as` of a document that a resource carries (`policyc.carriers.embedded.Embedded`)."""
    tags = resource.properties.get("Tags")
    pairs = [item for item in tags.items if isinstance(item, JsonObject)] if isinstance(tags, JsonArray) else []
    tag = next((pair.get("Value") for pair in pairs if text_at(pair, "Key") == "Name"), None)
    held = (tag, resource.properties.get("ApplicationDomain"), resource.properties.get("Description"))
    return known_as(kind, *("" if one is None else one.value if isinstance(one, JsonString) else None for one in held))


def made_role(resource: Resource) -> str:
    """What SAM calls the role that it makes for a function or a state machine; empty for anything else.

    Sources: https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-generated-resources-function.html,
    https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-generated-resources-statemachine.html
    """
    made = resource.type in _SERVERLESS and resource.properties.get("Role") is None
    return f"{resource.name}Role" if made else ""


def like_of(resource: Resource, like: str) -> str:
    """What an attribute looks like, with the name of the resource at its end where that is written out."""
    name = called(resource) if like.endswith("*") and resource.type in (*TYPES, _PROVIDER, *_IN_PATHS) else ""
    if name and resource.type in _IN_PATHS:
        path = resource.properties.get("Path")
        name = (
            path.value.removeprefix("/") if isinstance(path, JsonString) else "*" if path is not None else ""
        ) + name
    return like[:-1] + name if name else like


def name_of(resource: Resource) -> str:
    """What a reference to a bucket, an access point or a function is, where its name is written out."""
    return called(resource) if resource.type in TYPES else ""
