"""Two different values of every type, as the language writes them: the first is the example of `schemas/core/types.json`."""

from __future__ import annotations

import json

from policyc.data import read_text
from policyc.model.types import EnumOf, Named, Type
from policyc.model.vocabulary import Attribute

_BARE = ("int", "decimal", "bool", "asn", "port", "region", "http_method")
_OTHERS = {
    "string": "other",
    "int": 7,
    "decimal": "2.25",
    "bool": False,
    "datetime": "2020-01-01T00:00:00Z",
    "ip": "203.0.113.9",
    "cidr": "10.9.0.0/16",
    "arn": "arn:aws:iam::111122223333:role/other",
    "account": "999988887777",
    "org_id": "o-zzzzzzzzzz",
    "org_path": "o-zzzzzzzzzz/r-zz99/",
    "ou_id": "ou-zz99-99999999",
    "vpc_id": "vpc-0fffffffffffffff0",
    "vpce_id": "vpce-0fffffffffffffff0",
    "region": "eu-west-1",
    "asn": 65000,
    "port": 8443,
    "http_method": "POST",
    "idc_group_id": "00000000-0000-0000-0000-000000000000",
    "distribution_id": "E9ZYXWVUT98765",
    "attachment_id": "attachment-0fffffffffffffff0",
    "service_principal": "lambda.amazonaws.com",
}
#: attributes whose values have to look like something in particular
_ARNS = {
    "aws.SourceVpcArn": (
        "arn:aws:ec2:us-west-2:111122223333:vpc/vpc-0a1b2c3d4e5f67890",
        "arn:aws:ec2:us-west-2:111122223333:vpc/vpc-0fffffffffffffff0",
    ),
    "network_arn": ("arn:aws:vpc-lattice:us-west-2:111122223333:servicenetwork/sn-0123456789abcdef0", ""),
    "service_arn": ("arn:aws:vpc-lattice:us-west-2:111122223333:service/svc-0a1b2c3d4e5f67890", ""),
}


def examples() -> dict[str, object]:
    """The documented example of every named type."""
    return {name: entry["example"] for name, entry in json.loads(read_text("schemas/core/types.json"))["types"].items()}


def written(kind: Type, value: object) -> str:
    """A value as the language writes it."""
    if isinstance(kind, EnumOf):
        return str(value)
    assert isinstance(kind, Named), kind
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if kind.name in _BARE else json.dumps(value)


def pair(attribute: Attribute) -> tuple[str, str]:
    """Two values that a request may state for the attribute."""
    kind = attribute.type
    if attribute.name in _ARNS:
        first, second = _ARNS[attribute.name]
        return json.dumps(first), json.dumps(second)
    if isinstance(kind, EnumOf):
        return kind.members[0], kind.members[1]
    assert isinstance(kind, Named), kind
    if attribute.values:
        return tuple(written(kind, value) for value in (*attribute.values, "other")[:2])  # type: ignore[return-value]
    return written(kind, examples()[kind.name]), written(kind, _OTHERS[kind.name])
