"""S3 Object Lambda: every access point with the whole chain behind it, a function's policy for each of its qualifiers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from policyc.aws.asking import Asker
from policyc.aws.calls import OBJECT_LAMBDA
from policyc.aws.found import Held, Part, Resource, file_name, joined

_CONTROL: Final = "s3control"


def read(ask: Asker, region: str, folder: str, owners: Mapping[str, Asker], only: frozenset[str] = frozenset()) -> Part:
    """Every chain of one Region, or what `only` names by its ARN, in a chain or not; `folder` is where its files go, `owners` are those who may ask about what is in another
    account, by account."""
    if only:
        return joined(ask.each("resources", lambda arn: _one(ask, region, folder, owners, arn), sorted(only)))
    of = {"AccountId": ask.account}
    method = "list_access_points_for_object_lambda"
    listed = ask.all(_CONTROL, method, "ObjectLambdaAccessPointList", region, **of).data or ()
    if not listed:
        return Part()
    blocked = _block(ask.get(_CONTROL, "get_public_access_block", region, **of).data)
    chains = ask.each("access points", lambda item: _chain(ask, region, folder, owners, item, blocked), listed)
    seen: dict[str, Part] = {}
    for needs in chains:
        for arn, part in needs.items():
            seen.setdefault(arn, part)
    return joined(seen.values())


def _one(ask: Asker, region: str, folder: str, owners: Mapping[str, Asker], arn: str) -> Part:
    """A resource by itself; one of another account or Region is somebody else's to ask."""
    parts = arn.split(":")
    if len(parts) < 6 or parts[3] not in ("", region) or parts[4] not in ("", ask.account):
        return Part()
    match parts[2]:
        case "s3-object-lambda":
            item = {"Name": parts[5].rpartition("/")[2], "ObjectLambdaAccessPointArn": arn}
            found = _chain(ask, region, folder, owners, item, None)
        case "lambda" if len(parts) > 6:
            return _function(ask, folder, arn)
        case "s3" if parts[4]:
            found = _access_point(ask, folder, owners, arn, None)
        case "s3":
            return _bucket(ask, region, folder, parts[5], ask.account, None)
        case _:
            return Part()
    return found.get(arn, Part())


def _block(answer: Mapping[str, Any] | None) -> dict[str, bool] | None:
    return None if answer is None else answer.get("PublicAccessBlockConfiguration")


def _chain(
    ask: Asker,
    region: str,
    folder: str,
    owners: Mapping[str, Asker],
    item: Mapping[str, Any],
    account_block: dict[str, bool] | None,
) -> dict[str, Part]:
    """The resources of one chain by ARN."""
    name = item["Name"]
    arn = (
        item.get("ObjectLambdaAccessPointArn")
        or f"arn:{ask.partition}:s3-object-lambda:{region}:{ask.account}:accesspoint/{name}"
    )
    of = {"AccountId": ask.account, "Name": name}
    own = ask.get(_CONTROL, "get_access_point_for_object_lambda", region, arn, **of)
    config = ask.get(_CONTROL, "get_access_point_configuration_for_object_lambda", region, arn, **of)
    wiring = (config.data or {}).get("Configuration") or {}
    functions: list[str] = []
    actions: list[str] = []
    for one in wiring.get("TransformationConfigurations") or ():
        function = ((one.get("ContentTransformation") or {}).get("AwsLambda") or {}).get("FunctionArn")
        functions += [function] if function else []
        actions += one.get("Actions") or ()
    supporting = str(wiring.get("SupportingAccessPoint") or "")
    facts: dict[str, Any] = {
        "supporting": supporting,
        "functions": functions,
        "actions": actions,
        "features": wiring.get("AllowedFeatures") or [],
        "block": (own.data or {}).get("PublicAccessBlockConfiguration"),
        "account_block": account_block,
    }
    out = {
        arn: _document(
            ask,
            region,
            folder,
            arn,
            name,
            "object_lambda.access_point",
            "object-lambda-policy",
            facts,
            "get_access_point_policy_for_object_lambda",
            of,
        )
    }
    for function in functions:
        out[function] = _function(_owner(ask, owners, function), folder, function)
    if supporting:
        owner = _owner(ask, owners, supporting)
        # that of another account was not read
        out |= _access_point(owner, folder, owners, supporting, account_block if owner is ask else None)
    return out


def _document(
    ask: Asker,
    region: str,
    folder: str,
    arn: str,
    name: str,
    type: str,
    role: str,
    facts: dict[str, Any],
    method: str,
    of: Mapping[str, str],
) -> Part:
    """A resource of S3 control with the policy that one call gives."""
    answer = ask.get(_CONTROL, method, region, arn, **of)
    text = (answer.data or {}).get("Policy")
    path = f"{_of_account(folder, arn)}/{file_name(name)}.{'object-lambda' if role == 'object-lambda-policy' else 'access-point'}.json"
    unread = {} if answer.unread is None else {role: answer.unread.why}
    kind = role.removesuffix("-policy")
    held = (Held(path, text, kind, OBJECT_LAMBDA, role, arn),) if text else ()
    return Part(held, (Resource(arn, type, name, facts, {role: path} if text else {}, unread),))


def _of_account(folder: str, arn: str) -> str:
    """Where in the folder of an account and a Region the document of a resource lies: those of other accounts may have its name."""
    account = arn.split(":")[4]
    return folder if account == folder.partition("/")[0] else f"{folder}/{account}"


def _owner(ask: Asker, owners: Mapping[str, Asker], arn: str) -> Asker:
    """Who is asked about a resource: somebody in its account, where there is one."""
    return owners.get((arn.split(":") + [""] * 5)[4], ask)


def _access_point(
    ask: Asker, folder: str, owners: Mapping[str, Asker], arn: str, account_block: dict[str, bool] | None
) -> dict[str, Part]:
    """An access point and its bucket. The ARN may be an alias's name: then nothing more can be asked."""
    parts = arn.split(":")
    if len(parts) < 6:
        return {}
    region, account, name = parts[3], parts[4], parts[5].rpartition("/")[2]
    of = {"AccountId": account, "Name": name}
    found = ask.get(_CONTROL, "get_access_point", region, arn, **of)
    data = found.data or {}
    bucket = data.get("Bucket")
    owner = data.get("BucketAccountId") or account
    facts = {
        "bucket": None if bucket is None else f"arn:{ask.partition}:s3:::{bucket}",
        "bucket_account": owner,
        "vpc": (data.get("VpcConfiguration") or {}).get("VpcId"),
        "block": data.get("PublicAccessBlockConfiguration"),
        "account_block": account_block if account == ask.account else None,
    }
    out = {
        arn: _document(
            ask,
            region,
            folder,
            arn,
            name,
            "s3.access_point",
            "access-point-policy",
            facts,
            "get_access_point_policy",
            of,
        )
    }
    if bucket is not None:
        out[str(facts["bucket"])] = _bucket(
            owners.get(str(owner), ask), region, folder, bucket, str(owner), account_block
        )
    return out


def _bucket(ask: Asker, region: str, folder: str, name: str, owner: str, account_block: dict[str, bool] | None) -> Part:
    arn = f"arn:{ask.partition}:s3:::{name}"
    of = {"Bucket": name, "ExpectedBucketOwner": owner}
    answer = ask.get("s3", "get_bucket_policy", region, arn, **of)
    block = ask.get("s3", "get_public_access_block", region, arn, **of)
    facts = {
        "account": owner,
        "block": _block(block.data),
        "account_block": account_block if owner == ask.account else None,
    }
    text = (answer.data or {}).get("Policy")
    path = f"{folder}/{file_name(name)}.bucket.json"
    unread = {} if answer.unread is None else {"bucket-policy": answer.unread.why}
    held = (Held(path, text, "bucket", OBJECT_LAMBDA, "bucket-policy", arn),) if text else ()
    return Part(held, (Resource(arn, "s3.bucket", name, facts, {"bucket-policy": path} if text else {}, unread),))


def _function(ask: Asker, folder: str, arn: str) -> Part:
    """A function with the policies of all its qualifiers: each has its own, the one that the chain names counts there."""
    parts = arn.split(":")
    if len(parts) < 7:
        unread = {"function-policy": "its ARN is not understood"}
        return Part((), (Resource(arn, "lambda.function", arn, {}, {}, unread),))
    region, name = parts[3], parts[6]
    qualifier = parts[7] if len(parts) > 7 else ""
    bare = ":".join(parts[:7])
    config = ask.get("lambda", "get_function_configuration", region, arn, FunctionName=arn)
    aliases = ask.all("lambda", "list_aliases", "Aliases", region, bare, FunctionName=bare).data or ()
    facts: dict[str, Any] = {
        "role": (config.data or {}).get("Role"),
        "qualifier": qualifier,
        "aliases": [item["Name"] for item in aliases],
    }
    documents: list[Held] = []
    resources: list[Resource] = []
    for one in dict.fromkeys(["", qualifier, *facts["aliases"]]):
        of = {"FunctionName": bare, "Qualifier": one} if one else {"FunctionName": bare}
        own = f"{bare}:{one}" if one else bare
        answer = ask.get("lambda", "get_policy", region, own, **of)
        text = (answer.data or {}).get("Policy")
        alias = "." + file_name(one, cased=True) if one else ""
        path = f"{_of_account(folder, arn)}/{file_name(name, cased=True)}{alias}.function.json"
        unread = {} if answer.unread is None else {"function-policy": answer.unread.why}
        revision = {"RevisionId": answer.data["RevisionId"]} if answer.data and answer.data.get("RevisionId") else {}
        if text:
            documents.append(Held(path, text, "function", OBJECT_LAMBDA, "function-policy", own, revision))
        policies = {"function-policy": path} if text else {}
        resources.append(Resource(own, "lambda.function", name, {**facts, "qualifier": one}, policies, unread))
    return Part(tuple(documents), tuple(resources))
