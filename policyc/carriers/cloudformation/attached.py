"""What the documents of a template hang on: who carries an identity policy, what bounds those, and what a control policy is attached to.

Sources: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-role.html,
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-organizations-policy.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Final

from policyc.carriers.cloudformation.lowering import intrinsic
from policyc.carriers.cloudformation.named import called, made_role
from policyc.carriers.cloudformation.template import Resource, Template
from policyc.carriers.cloudformation.wiring import CONDITION, texts_of
from policyc.carriers.embedded import bound_by, inline, of_group, told
from policyc.carriers.types import DocumentType, text_at
from policyc.holes import MARK, mark, name_of
from policyc.per_object import PerObject
from policyc.syntax.json_tree import JsonArray, JsonObject, JsonString, JsonValue

#: resource types whose callers have a boundary of their own, by the section of SAM's `Globals` that may state it for all
_BOUNDED: Final[Mapping[str, str]] = {
    "AWS::IAM::Role": "",
    "AWS::IAM::User": "",
    "AWS::Serverless::Function": "Function",
    "AWS::Serverless::StateMachine": "StateMachine",
}
_CARRIERS: Final = (*_BOUNDED, "AWS::IAM::Group")
_MANAGED: Final = "AWS::IAM::ManagedPolicy"
#: properties that name carriers: lists, and single ones
_LISTS: Final = ("Roles", "Users", "Groups")
_SINGLE: Final = ("RoleName", "UserName", "GroupName")
_HELD: Final = "ManagedPolicyArns"
#: properties that name what their resource carries besides
_ELSEWHERE: Final[Mapping[str, tuple[str, ...]]] = {
    "AWS::IAM::Role": (_HELD,),
    "AWS::IAM::User": (_HELD, "Groups"),
    "AWS::IAM::Group": (_HELD,),
    "AWS::Serverless::Function": ("Policies",),
    "AWS::Serverless::StateMachine": ("Policies",),
    "AWS::SSO::PermissionSet": ("ManagedPolicies", "CustomerManagedPolicyReferences"),
}
#: puts users into groups, whose policies are theirs as well
_ADDITION: Final = "AWS::IAM::UserToGroupAddition"
_BOUNDARY: Final = "PermissionsBoundary"


def attached_facts(resource: Resource, template: Template, kind: DocumentType, on: str) -> dict[str, str]:
    """The facts `carrier`, `on`, `boundary` and `limit` of a document (`policyc.carriers.embedded.Embedded`) that the property `on` attaches."""
    if kind.kind != "identity":
        texts = texts_of(resource.properties.get("TargetIds" if kind.by else on), template)
        return told(on=texts)
    facts: dict[str, str] = {}
    found = _holders(resource, template)
    if found:
        facts["on"] = ", ".join(sorted(found))
    holder = template.resources.get(_named(found[0])) if len(found) == 1 else None
    if holder is not None and holder.type.startswith("AWS::IAM::"):
        facts["carrier"] = mark(f"{holder.name}.Arn")
    if made := made_role(resource):
        facts |= {"on": ", ".join(sorted((*found, mark(made)))), "carrier": mark(f"{made}.Arn")}
    if len(found) == 1 and resource.type != _MANAGED:
        facts |= inline(found[0] if holder is None else called(holder), text_at(resource.properties, "PolicyName"))
    return facts | bound_by([_boundary(one, template) for one in found])


def _holders(resource: Resource, template: Template) -> list[str]:
    """Who carries an identity policy, as texts."""
    if resource.type in _CARRIERS:
        return [mark(resource.name)]
    found = [text for name in _LISTS for text in texts_of(resource.properties.get(name), template)]
    if resource.type == _MANAGED:
        return found + _naming(template).get(mark(resource.name), [])
    return found + [text for name in _SINGLE for text in texts_of(resource.properties.get(name), template)]


def _holding(template: Template) -> dict[str, list[str]]:
    """By what roles, users and groups name as their managed policies, those who do."""
    found: dict[str, list[str]] = {}
    for one in template.resources.values():
        if one.type in _CARRIERS:
            for text in texts_of(one.properties.get(_HELD), template):
                found.setdefault(text, []).append(mark(one.name))
    return found


_naming = PerObject(_holding, 4)


def elsewhere(template: Template) -> Iterator[tuple[str, str]]:
    """Who carries what by the names of others (`policyc.carriers.embedded.Carried`)."""
    for resource in template.resources.values():
        for property in _ELSEWHERE.get(resource.type, ()):
            for text in _or_written(resource.properties.get(property), template):
                named = template.resources.get(_named(text))
                if property == "Groups":
                    yield resource.name, of_group(text)
                elif named is None or named.type != _MANAGED:
                    yield resource.name, text
        if resource.type == _ADDITION:
            groups = texts_of(resource.properties.get("GroupName"), template)
            for user in texts_of(resource.properties.get("Users"), template):
                yield from ((_named(user) or user, of_group(group)) for group in groups)


def _or_written(value: JsonValue | None, template: Template) -> Iterator[str]:
    """A value, or each of a list, as texts: as it is written where it hangs on what a stack is made with. Documents are left out, which are read for themselves."""
    for item in value.items if isinstance(value, JsonArray) else () if value is None else (value,):
        if isinstance(item, JsonObject) and (item.get("Statement") or item.get("PolicyDocument")):
            continue
        found = texts_of(item, template) if intrinsic(item) or isinstance(item, JsonString) else [CONDITION]
        yield from [json.dumps(item.plain(), default=str)] if CONDITION in found else found


def callers(template: Template) -> dict[str, str]:
    """The roles and users of a template all of whose policies are there, with the ends of their ARNs."""
    found: dict[str, str] = {}
    added = [one.properties.get("Users") for one in template.resources.values() if one.type == _ADDITION]
    members = {text for users in added for text in texts_of(users, template)}
    for resource in template.resources.values():
        if resource.type in ("AWS::IAM::Role", "AWS::IAM::User") and not (
            resource.properties.get("Groups") or mark(resource.name) in members
        ):
            held = texts_of(resource.properties.get(_HELD), template)
            if all(_named(text) in template.resources for text in held):
                word = resource.type.rpartition(":")[2]
                name = _one(resource, f"{word}Name", template)
                path = _one(resource, "Path", template)
                found[resource.name] = f"{word.lower()}/{path.lstrip('/')}{name}"
        elif (made := made_role(resource)) and not any(_or_written(resource.properties.get("Policies"), template)):
            found[made] = "role/"
    return found


def _one(resource: Resource, property: str, template: Template) -> str:
    """A property as a text; empty for none, and for a list, which is no name."""
    texts = texts_of(resource.properties.get(property), template)
    return texts[0] if len(texts) == 1 else ""


def _boundary(holder: str, template: Template) -> tuple[str, str]:
    """What bounds a carrier: the resource of the template, or what is known of one that is not there; both empty where nothing does."""
    resource = template.resources.get(_named(holder))
    if resource is None:
        resource = next((one for one in template.resources.values() if _is_called(one, holder)), None)
    if resource is None or resource.type not in _BOUNDED:
        return "", ""
    value = resource.properties.get(_BOUNDARY)
    if value is None:
        every = template.section("Globals", _BOUNDED[resource.type])
        value = every.get(_BOUNDARY) if isinstance(every, JsonObject) else None
    texts = texts_of(value, template)
    return ("", "") if not texts else _managed(texts[0], template)


def _is_called(resource: Resource, name: str) -> bool:
    held = resource.properties.get("RoleName") or resource.properties.get("UserName")
    return resource.type in _BOUNDED and isinstance(held, JsonString) and held.value == name


def _managed(text: str, template: Template) -> tuple[str, str]:
    """The managed policy of the template that a text names: by reference, or by its name in the account of the stack."""
    named = template.resources.get(_named(text))
    if named is not None and named.type == _MANAGED:
        return named.name, ""
    head, _, name = text.partition(":policy/")
    if head.endswith(mark("AWS::AccountId", "?" * 12)):
        for resource in template.resources.values():
            called = resource.properties.get("ManagedPolicyName") if resource.type == _MANAGED else None
            if isinstance(called, JsonString) and called.value == name.rpartition("/")[2]:
                return resource.name, ""
    return "", text


def _named(text: str) -> str:
    """The resource whose reference a text is; empty for any other."""
    found = MARK.fullmatch(text)
    return "" if found is None else name_of(found).partition(".")[0]
