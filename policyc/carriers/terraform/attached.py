"""What the documents of a configuration hang on: who carries an identity policy, what bounds those, and what a control policy is attached to.

Sources: https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/iam_role,
https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/organizations_policy_attachment
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from policyc.carriers.embedded import bound_by, inline, listed, of_group
from policyc.carriers.terraform.expressions import Undecided, Work
from policyc.carriers.terraform.modules import ResourceInstance
from policyc.carriers.terraform.values import Failed, Instance, Items, Null, Text, Unknown, Value, described
from policyc.holes import MARK, mark, name_of
from policyc.record import record

#: resource type -> the argument that names what its document is attached to
ATTACHED: Final[Mapping[str, str]] = {
    "aws_vpclattice_auth_policy": "resource_identifier",
    "awscc_vpclattice_auth_policy": "resource_identifier",
    "aws_s3_bucket_policy": "bucket",
    "aws_s3control_access_point_policy": "access_point_arn",
    "aws_s3control_object_lambda_access_point_policy": "name",
    "aws_lambda_permission": "function_name",
    "awscc_lambda_permission": "function_name",
    "aws_networkmanager_core_network_policy_attachment": "core_network_id",
}
#: resource type whose document is attached to a thing of one type, as the language calls that
ON: Final[Mapping[str, str]] = {
    "aws_s3_bucket_policy": "s3.bucket",
    "aws_s3control_access_point_policy": "s3.access_point",
    "aws_s3control_object_lambda_access_point_policy": "object_lambda.access_point",
    "aws_lambda_permission": "lambda.function",
    "awscc_lambda_permission": "lambda.function",
}
#: resource type with an identity policy -> the argument that says who carries it, empty where it is itself who does
_CARRIED: Final[Mapping[str, str]] = {
    "aws_iam_role_policy": "role",
    "aws_iam_user_policy": "user",
    "aws_iam_group_policy": "group",
    "awscc_iam_role_policy": "role_name",
    "awscc_iam_user_policy": "user_name",
    "awscc_iam_group_policy": "group_name",
    "aws_iam_role": "",
    "awscc_iam_role": "",
    "awscc_iam_user": "",
    "awscc_iam_group": "",
}
#: resource type that is an inline policy -> the argument that names it
_POLICY_NAMES: Final = {
    name: "policy_name" if name.startswith("awscc") else "name" for name, by in _CARRIED.items() if by
}
_MANAGED: Final = ("aws_iam_policy", "awscc_iam_managed_policy")
_CONTROL: Final = ("aws_organizations_policy", "awscc_organizations_policy")
#: resource type that attaches a policy -> the argument that names the policy, and those that name who or what it is attached to
_ATTACHMENTS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "aws_iam_role_policy_attachment": ("policy_arn", ("role",)),
    "aws_iam_user_policy_attachment": ("policy_arn", ("user",)),
    "aws_iam_group_policy_attachment": ("policy_arn", ("group",)),
    "aws_iam_policy_attachment": ("policy_arn", ("roles", "users", "groups")),
    "aws_iam_role_policy_attachments_exclusive": ("policy_arns", ("role_name",)),
    "aws_ssoadmin_managed_policy_attachment": ("managed_policy_arn", ("permission_set_arn",)),
    "aws_organizations_policy_attachment": ("policy_id", ("target_id",)),
}
#: arguments of a policy itself that say who carries it, or what it is attached to
_OWN: Final = ("roles", "users", "groups", "target_ids")
#: arguments of carriers that name managed policies
_HELD: Final = ("managed_policy_arns",)
_HOLDERS: Final = ("aws_iam_role", "awscc_iam_role", "awscc_iam_user", "awscc_iam_group")
#: resource type that puts users into groups, whose policies are theirs as well -> the argument that names the users
_MEMBERS: Final[Mapping[str, str]] = {"aws_iam_user_group_membership": "user", "aws_iam_group_membership": "users"}
#: carriers that others name by their names, and the argument that states it
_NAMES: Final[Mapping[str, str]] = {
    "aws_iam_role": "name",
    "aws_iam_user": "name",
    "awscc_iam_role": "role_name",
    "awscc_iam_user": "user_name",
}
_BOUNDED: Final = tuple(_NAMES)
_BOUNDARY: Final = "permissions_boundary"
ATTACHING: Final = frozenset({*_ATTACHMENTS, *_BOUNDED, *_MANAGED, *_MEMBERS})


@record
class Attachments:
    """What a configuration attaches: `held` by the address of each policy, `elsewhere` who carries what by the names of others, `incomplete` are the addresses of those who carry one that is not there, or are in a group; `carriers`
    are the addresses of roles and users by their names, `resources` those of what carries policies of its own, by its type (empty: any) and its name, `policies` those of managed policies by their ARNs,
    which plans know."""

    held: Mapping[str, Sequence[str]]
    elsewhere: Mapping[str, tuple[str, ...]]
    incomplete: frozenset[str]
    carriers: Mapping[str, str]
    resources: Mapping[str, Mapping[str, str]]
    policies: Mapping[str, str]


def attachments(
    instances: Iterable[ResourceInstance], resources: Mapping[str, Mapping[str, str]], work: Work
) -> Attachments:
    """What the resources of a configuration say of that; `resources` as there."""
    every = list(instances)
    named = [(text, item.address) for item in every for text in _texts(item, _NAMES.get(item.type, ""), work, {})]
    several = Counter(name for name, _ in named)
    carriers = {name: address for name, address in named if several[name] == 1}
    managed = (item for item in every if item.type in _MANAGED)
    policies = {text: item.address for item in managed for text in _texts(item, "arn", work, {})}
    found: dict[str, list[str]] = {}
    elsewhere: list[tuple[str, str]] = []
    for item in every:
        policy, holders = _ATTACHMENTS.get(item.type, ("", ()))
        on = [text for holder in holders for text in _texts(item, holder, work, carriers)]
        for argument in (policy,) if policy else _HELD if item.type in _HOLDERS else ():
            for text in _texts(item, argument, work, policies):
                holding = on or [mark(item.address)]
                found.setdefault(_address(text), []).extend(holding)
                if _address(text) not in work.instances:
                    elsewhere += [(_address(holder) or holder, text) for holder in holding]
        for user in _texts(item, _MEMBERS.get(item.type, ""), work, carriers):
            groups = [text for argument in ("groups", "group") for text in _texts(item, argument, work, carriers)]
            elsewhere += [(_address(user) or user, of_group(group)) for group in groups]
    unseen = [one for address, texts in found.items() if address not in work.instances for one in texts]
    unseen += [text for item in every for text in _texts(item, _MEMBERS.get(item.type, ""), work, carriers)]
    held = {address: tuple(dict.fromkeys(texts)) for address, texts in found.items() if address}
    return Attachments(held, listed(elsewhere), frozenset(map(_address, unseen)), carriers, resources, policies)


def callers(instances: Iterable[ResourceInstance], known: Attachments, work: Work) -> dict[str, str]:
    """The roles and users of a configuration all of whose policies are there, with their ARNs where a plan knows these, else with the ends of those."""
    found: dict[str, str] = {}
    for item in instances:
        if item.type in ("aws_iam_role", "aws_iam_user") and item.address not in known.incomplete:
            path, name = (list(_texts(item, argument, work, {})) for argument in ("path", "name"))
            told = name[0] if len(name) == 1 else ""
            found[item.address] = (
                known_arn(item, work) or f"{item.type[8:]}/{(path[0] if len(path) == 1 else '').lstrip('/')}{told}"
            )
    return found


def attached_facts(instance: ResourceInstance, kind: str, known: Attachments, work: Work) -> dict[str, str]:
    """The facts `carrier`, `on`, `boundary` and `limit` of a document (`policyc.carriers.embedded.Embedded`)."""
    if instance.type in ATTACHED:
        on = list(_texts(instance, ATTACHED[instance.type], work, known.resources[ON.get(instance.type, "")]))
    elif instance.type in _CARRIED:
        argument = _CARRIED[instance.type]
        on = list(_texts(instance, argument, work, known.carriers)) if argument else [mark(instance.address)]
    elif instance.type in (*_MANAGED, *_CONTROL):
        own = [text for name in _OWN for text in _texts(instance, name, work, known.carriers)]
        on = [*own, *known.held.get(instance.address, ())]
    else:
        return {}
    facts = {"on": ", ".join(sorted(on))} if on else {}
    if kind == "trust":
        return {}
    if kind != "identity":
        return facts
    holder = work.instances.get(_address(on[0])) if len(on) == 1 else None
    if isinstance(holder, ResourceInstance):
        facts["carrier"] = known_arn(holder, work) or mark(f"{holder.address}.arn")
    if len(on) == 1 and instance.type in _CARRIED:
        held = _named(holder, _NAMES.get(holder.type, ""), work) if isinstance(holder, ResourceInstance) else on[0]
        facts |= inline(held, _named(instance, _POLICY_NAMES.get(instance.type, ""), work))
    return facts | bound_by([_boundary(one, known, work) for one in on])


def _named(instance: ResourceInstance, argument: str, work: Work) -> str:
    """An argument that is a name; empty where there is none."""
    return next(_texts(instance, argument, work, {}), "")


def _boundary(holder: str, known: Attachments, work: Work) -> tuple[str, str]:
    """What bounds a carrier: the resource of the configuration, or what is known of one that is not there; both empty where nothing does."""
    instance = work.instances.get(_address(holder))
    if not isinstance(instance, ResourceInstance) or instance.type not in _BOUNDED:
        return "", ""
    for text in _texts(instance, _BOUNDARY, work, known.policies):
        named = work.instances.get(_address(text))
        managed = isinstance(named, ResourceInstance) and named.type in _MANAGED
        return (_address(text), "") if managed else ("", text)
    return "", ""


def known_arn(instance: ResourceInstance, work: Work) -> str:
    """The ARN of a resource as a plan knows it; empty where it does not."""
    return next((text for text in _texts(instance, "arn", work, {}) if text.startswith("arn:")), "")


def _address(text: str) -> str:
    """The instance whose reference a text is; empty for any other."""
    found = MARK.fullmatch(text)
    return "" if found is None else name_of(found)


def _texts(instance: ResourceInstance, argument: str, work: Work, names: Mapping[str, str]) -> Iterator[str]:
    """An argument, or each of a list, as texts: the mark of an instance for every reference to it, also by one of `names`."""
    if argument not in instance.body.arguments:
        return
    try:
        value = instance.argument(argument, work)
    except (Failed, Undecided):
        yield mark(f"{instance.address}.{argument}")
        return
    yield from said(value, work, names)


def said(value: Value | None, work: Work, names: Mapping[str, str]) -> Iterator[str]:
    """A value, or each of a list, as texts: see `_texts`."""
    match value:
        case None | Null():
            return
        case Items(values):
            for item in values:
                yield from said(item, work, names)
        case _:
            address = address_of(value, names, work)
            yield mark(address) if address else value.value if isinstance(value, Text) else mark(described(value))


def address_of(value: Value | None, names: Mapping[str, str], work: Work) -> str:
    """The address of the instance that a value is an attribute of, or whose name it is; empty when it is of none."""
    match value:
        case Instance(address):
            return address
        case Unknown(name):
            return _held(name, work)
        case Text(text):
            hole = MARK.fullmatch(text)
            return names.get(text, "") if hole is None else _held(name_of(hole), work)
        case _:
            return ""


def _held(name: str, work: Work) -> str:
    address = name.rpartition(".")[0]
    return address if address in work.instances else ""
