"""What the documents of manifests and of Pulumi hang on, by the properties of what carries them: nothing is resolved there, so that names are as they stand.

Sources: https://www.gateway-api-controller.eks.aws.dev/latest/api-types/iam-auth-policy/, https://aws-controllers-k8s.github.io/community/reference/,
https://marketplace.upbound.io/providers/upbound/provider-family-aws/, https://www.pulumi.com/registry/packages/aws/api-docs/
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from policyc.carriers.embedded import known_as, told
from policyc.syntax.json_tree import JsonArray, JsonObject, JsonString, JsonValue

#: properties that name who carries an identity policy
_CALLERS: Final = ("role", "user", "group")
#: those that name what another policy is attached to
_RESOURCES: Final = (
    "bucket",
    "accessPointArn",
    "resourceIdentifier",
    "resourceArn",
    "targetRef",
    "coreNetworkId",
    "vpcEndpointId",
    "functionName",
    "keyId",
    "arn",
    "queueUrl",
    "secretArn",
    "repository",
    "fileSystemId",
    "backupVaultName",
    "vaultName",
    "domainName",
    "eventBusName",
    "targetId",
)
#: those of a caller that name its managed policies
_HELD: Final = ("managedPolicyArns", "policies", "policyArn")
#: how the types end of those who carry managed policies, and of what attaches them
_ATTACHING: Final = (*(f"{sign}{word}" for word in _CALLERS for sign in "/:"), "policyattachment")
#: how a property ends that names another manifest
_ENDS: Final = ("", "Ref", "Refs")


def hanging(kind: str, type: str, name: str, properties: Sequence[JsonValue | None], space: str = "") -> dict[str, str]:
    """The facts `on`, `carrier` and `known-as` of a document (`policyc.carriers.embedded.Embedded`) in a resource called `name`; `space` is its namespace."""
    if kind == "trust":
        return {}
    if kind != "identity":
        return told(on=[text for word in _RESOURCES for text in _texts(properties, word, space)]) | _label(
            kind, properties
        )
    callers = _callers(type, name, properties, space)
    return told(on=callers, **({"carrier": callers} if len(callers) == 1 else {}))


def _label(kind: str, properties: Sequence[JsonValue | None]) -> dict[str, str]:
    """The fact `known-as` (`policyc.carriers.embedded.Embedded`)."""
    for held in properties:
        if isinstance(held, JsonObject) and (found := known_as(kind, *_labels(held))):
            return found
    return {}


def _labels(held: JsonObject) -> Iterator[str | None]:
    tags = held.get("tags")
    tag = tags.get("Name") if isinstance(tags, JsonObject) else tags
    for value in (tag, held.get("applicationDomain"), held.get("description")):
        yield (
            "" if value is None else value.value if isinstance(value, JsonString) and "${" not in value.value else None
        )


def elsewhere(
    type: str, name: str, properties: Sequence[JsonValue | None], space: str = ""
) -> Iterator[tuple[str, str]]:
    """Who carries what by the names of others (`policyc.carriers.embedded.Carried`), as a resource says it."""
    if type.lower().endswith(_ATTACHING):
        for caller in _callers(type, name, properties, space):
            yield from ((caller, text) for word in _HELD for text in _texts(properties, word, space))


def _callers(type: str, name: str, properties: Sequence[JsonValue | None], space: str) -> list[str]:
    own = next((word for word in _CALLERS if type.lower().endswith((f"/{word}", f":{word}"))), "")
    callers = [f"{own}/{name}"] if own else []
    return callers + [f"{word}/{text}" for word in _CALLERS for text in _texts(properties, word, space)]


def _texts(properties: Sequence[JsonValue | None], word: str, space: str) -> Iterator[str]:
    for held in properties:
        for end in _ENDS:
            yield from said(held.get(word + end) if isinstance(held, JsonObject) else None, space)


def said(value: JsonValue | None, space: str) -> Iterator[str]:
    """A text, or each of a list; a reference to another manifest by its kind, its namespace and its name."""
    match value:
        case JsonString(text):
            yield text
        case JsonArray(items):
            for item in items:
                yield from said(item, space)
        case JsonObject():
            inner = value.get("from")
            found = inner if isinstance(inner, JsonObject) else value
            kind, own, name = (_text(found, word) for word in ("kind", "namespace", "name"))
            if name:
                yield " ".join(filter(None, (kind, "/".join(filter(None, (own or space, name))))))
        case _:
            return


def _text(value: JsonObject, key: str) -> str:
    found = value.get(key)
    return found.value if isinstance(found, JsonString) else ""
