"""What each hop sees of one request: the caller, the keys that travel, those that do not, and those that nobody knows.

Source: Object Lambda reference, sections 2 and 8; forward access sessions:
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_forward_access_sessions.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from policyc.diagnostics import Diagnostics
from policyc.engines.iam import Caller
from policyc.engines.iam.principals import distribution_arn
from policyc.model.values import Place, Principal, Resource
from policyc.record import record
from policyc.targets.base import Request
from policyc.targets.iam_documents.gates import engine_caller, stated_context
from policyc.targets.iam_documents.stated import check_stated
from policyc.targets.object_lambda.access_points import SERVICE, without_source
from policyc.targets.object_lambda.hops import LOST, SOURCE_ACCOUNT, SOURCE_ARN
from policyc.targets.object_lambda.resources import Chain, account, arn

_OLAP_ALWAYS: Final = ("s3-object-lambda:tlsversion", "s3-object-lambda:authtype")
_S3_ALWAYS: Final = ("s3:tlsversion", "s3:authtype")
#: keys about the resource that a statement of the request means for its first resource only
_OF_RESOURCE: Final = ("aws:resourceorgid", "aws:resourceorgpaths", "aws:resourcetag/")


@record
class Context:
    """Keys in lower case with their values (none = absent), the keys of which nothing is known, and those, or beginnings of them, that
    the hop never has."""

    values: Mapping[str, tuple[str, ...]]
    unknown: frozenset[str] = frozenset()
    lacking: tuple[str, ...] = ()


def caller_of(principal: Principal, partition: str) -> Caller:
    """The engine's caller. Raises ValueError for principals that stand for many, which no request has."""
    found = engine_caller(without_source(principal), partition)
    if found is None:
        raise ValueError(f"`{principal.kind}` is not one caller")
    return found


def fits(asked: Request, caller: Principal, diagnostics: Diagnostics) -> bool:
    """Whether what the request states can be true of this caller; what cannot is reported."""
    place = asked.resource.place
    partition = place.partition if place is not None else "aws"
    return check_stated(asked, caller_of(caller, partition), diagnostics, _source_keys(caller, partition))


def stated(asked: Request) -> dict[str, tuple[str, ...]]:
    """What the request states, by key in lower case."""
    return {key.lower(): values for key, values in stated_context(asked.values, asked.attributes).items()}


def _source_keys(caller: Principal, partition: str) -> dict[str, tuple[str, ...]]:
    if caller.kind != "cloudfront":
        return {}
    return {SOURCE_ARN: (distribution_arn(caller, partition),), SOURCE_ACCOUNT: (caller.account,)}


def _ambient(place: Place | None, owner: str) -> dict[str, tuple[str, ...]]:
    region = {"aws:requestedregion": (place.region,)} if place is not None else {}
    return {**region, "aws:resourceaccount": (owner,)}


def _unknown(asked: Request, held: Mapping[str, object]) -> frozenset[str]:
    """What the request says that nothing is known of, without what follows from the rest."""
    return frozenset(key for key in map(str.lower, asked.unknown) if key not in held)


def _not_stated(keys: Iterable[str], held: Mapping[str, object]) -> frozenset[str]:
    return frozenset(key for key in keys if key not in held)


# --- direct requests and hop 1 ----------------------------------------------------------------------------------


def first(asked: Request, caller: Principal, versioned: bool) -> Context:
    """Hop 1: everything that the client's connection and signature show. Only HTTPS gets here."""
    resource = asked.resource
    place = resource.place
    held = {key: value for key, value in stated(asked).items() if not key.startswith("s3:")}
    partition = place.partition if place is not None else "aws"
    base = {**_ambient(place, account(resource)), "aws:securetransport": ("true",)}
    values = {**base, **_source_keys(caller, partition), **held}
    always = (*_OLAP_ALWAYS, *(("s3-object-lambda:versionid",) if versioned else ()))
    unknown = frozenset(key for key in _unknown(asked, values) if not key.startswith("s3:"))
    return Context(values, _not_stated(always, values) | unknown, ("s3:", "aws:calledvia"))


def direct(asked: Request, caller: Principal, versioned: bool) -> Context:
    """A request that goes straight to a bucket, a standard access point or a function."""
    resource = asked.resource
    place = resource.place
    partition = place.partition if place is not None else "aws"
    values = {
        **_ambient(place, account(resource)),
        "s3:resourceaccount": (account(resource),),
        **_source_keys(caller, partition),
        **stated(asked),
    }
    always = (*_S3_ALWAYS, *(("s3:versionid",) if versioned else ()))
    return Context(values, _not_stated(always, values) | _unknown(asked, values))


def at_access_point(context: Context, access_point: Resource, bucket: Resource) -> Context:
    """The same request with what S3 adds for an access point."""
    origin = "VPC" if access_point.text("vpc") else "Internet"
    added = {
        "s3:dataaccesspointaccount": (account(access_point),),
        "s3:dataaccesspointarn": (arn(access_point),),
        "s3:accesspointnetworkorigin": (origin,),
        "s3:resourceaccount": (account(bucket),),
        "aws:resourceaccount": (account(bucket),),
    }
    return Context({**context.values, **added}, context.unknown - set(added), context.lacking)


# --- hops behind the first --------------------------------------------------------------------------------------


def onward(before: Context, chain: Chain, caller: Principal) -> Context:
    """A call that S3 Object Lambda makes with the caller's identity: a forward access session."""
    values = {key: value for key, value in before.values.items() if not key.startswith("s3-object-lambda:")}
    unknown = {key for key in before.unknown if not key.startswith("s3-object-lambda:")}
    through_endpoint = any(values.get(key) for key in LOST)
    for key in LOST:
        values.pop(key, None)
    if through_endpoint:
        values.pop("aws:sourceip", None)
    for key in tuple(values):
        if key.startswith(_OF_RESOURCE) and values[key]:
            unknown.add(key)
    values.pop("aws:useragent", None)  # there is one, but nobody says which
    unknown.add("aws:referer")
    if caller.kind in ("cloudfront", "service"):
        unknown |= {SOURCE_ARN, SOURCE_ACCOUNT, "aws:sourceorgid", "aws:sourceorgpaths"}
    via = values.get("aws:calledvia", ())
    values |= {
        "aws:calledvia": (*via, SERVICE),
        "aws:calledviafirst": (via[0] if via else SERVICE,),
        "aws:calledvialast": (SERVICE,),
        "aws:viaawsservice": ("true",),
    }
    values["aws:resourceaccount"] = (account(chain.function),)
    unknown -= {key for key in LOST if key in unknown}
    held = {key: value for key, value in values.items() if key not in unknown}
    return Context(held, frozenset(unknown), (*LOST, "s3-object-lambda:"))


def with_function_source(context: Context, chain: Chain, caller: Principal) -> Context:
    """The function's view when the switch `function_source` says that it sees which distribution calls."""
    if caller.kind != "cloudfront" or chain.function_source == "open":
        return context
    seen = _source_keys(caller, chain.place.partition)
    return Context({**context.values, **seen}, context.unknown - set(seen), context.lacking)


def at_supporting(context: Context, asked: Request, chain: Chain, presigned: bool, versioned: bool) -> Context:
    """Hops 3 and 4: the keys of S3 come in; where the function uses a presigned URL, its own address may show."""
    said = stated(asked)
    values = {**context.values, **{key: value for key, value in said.items() if key.startswith("s3:")}}
    unknown = set(context.unknown) | {key for key in _unknown(asked, values) if key.startswith("s3:")}
    version = said.get("s3-object-lambda:versionid", ())
    if versioned and "s3:versionid" not in values:
        if version:
            values["s3:versionid"] = version
        else:
            unknown.add("s3:versionid")
    unknown |= _not_stated(_S3_ALWAYS, values)
    if presigned:
        values.pop("aws:sourceip", None)
        unknown |= {"aws:sourceip", "s3:signatureage"} - set(values)
    return at_access_point(Context(values, frozenset(unknown), context.lacking), chain.access_point, chain.bucket)
