"""Whether an answer is one of AWS's at all. A proxy on the way, or a login, answers with a page and with any status, 200 and 404 among them; botocore's
parsers take members that they do not find for absent, so that a page would read as an empty list, or as `not there`.

The forms are those that botocore's models and parsers know: in the XML protocols the outermost element has a name in camel case, in `query` and `ec2` it ends
in `Response`; in the JSON ones the body is an object. What the parser made of it is held against the model as well, which botocore does for requests alone: a text is a
text, a list holds no null, and what nothing could be said without is there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

NO_ANSWER: Final = "the answer is in no form of AWS's"
_XML: Final = frozenset({"query", "ec2", "rest-xml"})
_ROOT: Final = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<\?.*?\?>\s*|<!--.*?-->\s*)*<(?:[\w.-]+:)?([\w.-]+)[\s/>]", re.S)
_CAMEL: Final = re.compile(rb"[A-Z]\w*[a-z]\w*")
#: statuses that botocore tries again, whatever their body
_AGAIN: Final = frozenset({429, 500, 502, 503, 504})
#: service -> shape -> the members that are always there, though the models do not say so: what a thing is called, and what was asked for
_ALWAYS: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "sts": {"GetCallerIdentityResponse": ("Account", "Arn")},
    "vpc-lattice": {
        **dict.fromkeys(
            ("ServiceSummary", "ServiceNetworkSummary", "ListenerSummary", "RuleSummary", "TargetGroupSummary"),
            ("arn", "id"),
        ),
        **dict.fromkeys(("GetServiceResponse", "GetServiceNetworkResponse"), ("authType",)),
    },
    "ec2": {
        **{
            f"VerifiedAccess{one}": (f"VerifiedAccess{one}Id",)
            for one in ("Instance", "TrustProvider", "Group", "Endpoint")
        },
        "Vpc": ("VpcId", "CidrBlock"),
        "VpcCidrBlockAssociation": ("CidrBlock",),
        "VpcIpv6CidrBlockAssociation": ("Ipv6CidrBlock",),
        "PrefixListEntry": ("Cidr",),
        "Tag": ("Key",),
    },
    "networkmanager": {
        "CoreNetworkSummary": ("CoreNetworkId",),
        "GetCoreNetworkResponse": ("CoreNetwork",),
        "GetCoreNetworkPolicyResponse": ("CoreNetworkPolicy",),
        "CoreNetworkPolicy": ("PolicyVersionId",),
        "Attachment": ("AttachmentId",),
        "Tag": ("Key",),
    },
    "s3control": {
        "ObjectLambdaAccessPoint": ("Name",),
        "GetAccessPointResult": ("Bucket",),
        "GetAccessPointPolicyForObjectLambdaResult": ("Policy",),
        "GetAccessPointPolicyResult": ("Policy",),
    },
    "s3": {"GetBucketPolicyOutput": ("Policy",), "Object": ("Key", "Size")},
    "lambda": {
        "GetPolicyResponse": ("Policy",),
        "GetResourcePolicyResponse": ("Policy",),
        "AliasConfiguration": ("Name",),
    },
    "iam": {
        "GetRoleResponse": ("Role.Arn", "Role.AssumeRolePolicyDocument"),
        "GetUserResponse": ("User.Arn",),
        "GetPolicyResponse": ("Policy.DefaultVersionId",),
        "GetPolicyVersionResponse": ("PolicyVersion.Document",),
        "PolicyVersion": ("VersionId",),
        "AttachedPolicy": ("PolicyArn", "PolicyName"),
        "Group": ("Arn",),
        "Tag": ("Key",),
    },
    "organizations": {"Parent": ("Id",), "PolicySummary": ("Id",), "DescribePolicyResponse": ("Policy.Content",)},
}
_TYPES: Final[Mapping[str, Any]] = {
    "structure": (Mapping,),
    "map": (Mapping,),
    "list": (list,),
    "string": (str,),
    "character": (str,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "boolean": (bool,),
    "timestamp": (datetime, str),
}


class NoAnswer(Exception):
    """What came is no answer of AWS's; the text says so."""


def watch(client: Any) -> None:
    """Let a client of boto3 refuse what is no answer of AWS's, before anybody reads it."""
    client.meta.events.register("before-parse", _refuse)
    client.meta.events.register("after-call", _hold)


def _hold(parsed: Any, model: Any, **_: Any) -> None:
    """Raises NoAnswer."""
    shape = model.output_shape
    if shape is None or "Error" in parsed:
        return
    missing = [name for name in shape.required_members if name not in parsed]
    always = _ALWAYS.get(model.service_model.service_name, {})
    wrong = f"it has no `{missing[0]}`" if missing else _wrong(shape, parsed, "", always)
    if wrong:
        raise NoAnswer(f"{NO_ANSWER}: {wrong}")


def _wrong(shape: Any, value: Any, at: str, always: Mapping[str, tuple[str, ...]]) -> str:
    """What part of an answer is not as its shape says; empty where all is."""
    kind = shape.type_name
    types = _TYPES.get(kind)
    if types is None or shape.name == "policyDocumentType" or getattr(shape, "is_document_type", False):
        return ""  # bytes and streams; and what botocore decodes
    if not isinstance(value, types) or (isinstance(value, bool) and kind != "boolean"):
        return f"`{at}` is no {kind}"
    if kind == "structure":
        for name, member in shape.members.items():
            if name in value and (said := _wrong(member, value[name], f"{at}.{name}" if at else name, always)):
                return said
        for path in always.get(shape.name, ()):
            held = value
            for name in path.split("."):
                held = held.get(name)
                if held in (None, ""):
                    return f"{f'`{at}`' if at else 'it'} has no `{path}`"
    elif isinstance(value, list):
        for at_item, item in enumerate(value):
            if said := _wrong(shape.member, item, f"{at}.{at_item}", always):
                return said
    return ""


def _refuse(operation_model: Any, response_dict: Any, **_: Any) -> None:
    """Raises NoAnswer."""
    body, status = response_dict["body"], int(response_dict["status_code"])
    if status in _AGAIN or not isinstance(body, bytes):
        return  # a stream is an object of S3, which may be anything
    typed = any(name.lower() == "x-amzn-errortype" for name in response_dict["headers"])
    if not is_answer(operation_model, body, status, typed):
        raise NoAnswer(NO_ANSWER)


def is_answer(operation: Any, body: bytes, status: int, typed: bool = False) -> bool:
    """Whether a body has the form that an operation (a model of botocore's) answers in; `typed` tells that a header names the error."""
    protocol = str(operation.service_model.metadata.get("protocol", ""))
    whole = status >= 300 or _is_structure(operation)
    if not body.strip():
        if status >= 300:  # nothing but a HEAD says by its status alone that something is not there
            return typed or status != 404 or operation.name.startswith("Head")
        return not whole or not _has_members(operation)
    if protocol in _XML:
        return _is_xml(body, protocol, status) or (not whole and not _is_page(body))
    return _is_object(body) if whole else not _is_page(body)


def _is_structure(operation: Any) -> bool:
    """Whether the body is the operation's structure, and not nothing, or one member of it that may be any text."""
    shape = operation.output_shape
    if shape is None:
        return False
    payload = shape.serialization.get("payload")
    return payload is None or shape.members[payload].type_name == "structure"


def _has_members(operation: Any) -> bool:
    """Whether anything of the answer stands in the body. What only writes may answer with nothing: it is read back."""
    members = operation.output_shape.members.values()
    reads = operation.name.startswith(("Get", "List", "Describe", "Lookup", "Assume"))
    return reads and any("location" not in member.serialization for member in members)


def _is_xml(body: bytes, protocol: str, status: int) -> bool:
    found = _ROOT.match(body)
    name = b"" if found is None else found[1]
    if name.lower() == b"html" or not _CAMEL.fullmatch(name):
        return False
    if status >= 300:
        return b"</Code>" in body and body.rstrip().endswith(b">")
    return protocol == "rest-xml" or name.endswith(b"Response")


def _is_page(body: bytes) -> bool:
    return body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")


def _is_object(body: bytes) -> bool:
    try:
        return isinstance(json.loads(body), dict)
    except (ValueError, RecursionError):
        return False
