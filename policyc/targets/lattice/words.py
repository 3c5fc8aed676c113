"""The names of VPC Lattice that code needs: resource types, keys, actions. Everything else is in the vocabulary.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_vpc-lattice-svcs.html
"""

from __future__ import annotations

from typing import Final

from policyc.model.values import Resource
from policyc.model.vocabulary import ResourceType, Verb, Vocabulary, load_vocabulary
from policyc.per_object import PerObject
from policyc.targets.iam_documents.resources import resource_arn

NETWORK: Final = "lattice.service_network"
SERVICE: Final = "lattice.service"

INVOKE: Final = "vpc-lattice-svcs:Invoke"
CONNECT: Final = "vpc-lattice-svcs:Connect"

METHOD_KEY: Final = "vpc-lattice-svcs:RequestMethod"
PATH_KEY: Final = "vpc-lattice-svcs:RequestPath"
HEADER_KEYS: Final = "vpc-lattice-svcs:RequestHeader/"
QUERY_KEYS: Final = "vpc-lattice-svcs:RequestQueryString/"
SERVICE_KEY: Final = "vpc-lattice-svcs:ServiceArn"
NETWORK_KEY: Final = "vpc-lattice-svcs:ServiceNetworkArn"

#: the kinds of principal that an auth policy may name
PRINCIPALS: Final = frozenset(
    {"anyone", "anonymous", "authenticated", "account", "role", "user", "session", "federated_user", "service"}
)
HTTP_ONLY: Final = (METHOD_KEY, PATH_KEY, HEADER_KEYS, QUERY_KEYS)


def vocabulary() -> Vocabulary:
    """The target's words."""
    return load_vocabulary("lattice")


def kind_of(resource: Resource) -> ResourceType:
    """The resource type of a service or a service network."""
    return vocabulary().resource_types[resource.type]


def arn_of(resource: Resource) -> str:
    """The ARN of a service or a service network, without a path."""
    return _arn_of(resource)


_arn_of = PerObject[Resource, str](lambda resource: resource_arn(resource, kind_of(resource)), 4096)


def verbs_of(resource: Resource) -> tuple[Verb, ...]:
    """The verbs that requests to the resource can have, by what its listeners speak."""
    return _verbs_of(resource)


def _spoken_verbs(resource: Resource) -> tuple[Verb, ...]:
    verbs = tuple(kind_of(resource).verbs.values())
    match resource.text("protocol"):
        case "tls_passthrough":
            return tuple(verb for verb in verbs if verb.action == CONNECT)
        case "mixed" | "":
            return verbs
        case "grpc":
            return tuple(verb for verb in verbs if verb.name in ("POST", "invoke"))
        case _:
            return tuple(verb for verb in verbs if verb.action == INVOKE)


_verbs_of = PerObject[Resource, tuple[Verb, ...]](_spoken_verbs, 4096)


def is_any_method(verb: Verb) -> bool:
    """Whether the verb stands for every method that another verb names."""
    return verb.action == INVOKE and not verb.requires


def own_verb(method: str, resource: Resource) -> Verb | None:
    """A request with a method that the vocabulary does not list; None for one of its verbs, which the resource then lacks."""
    return None if method in kind_of(resource).verbs else Verb(method, INVOKE, ((METHOD_KEY, method),))


def is_http_only(key: str) -> bool:
    """Whether a condition key exists for HTTP requests only, so that TLS passthrough never has it."""
    return key.lower().startswith(tuple(name.lower() for name in HTTP_ONLY))


def is_query(key: str) -> bool:
    return key.lower().startswith(QUERY_KEYS.lower())


def is_header(key: str) -> bool:
    return key.lower().startswith(HEADER_KEYS.lower())
