"""What stands behind the Object Lambda access points of a configuration: function, access point, bucket and execution role, with what decides at each.

Source: https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/s3control_object_lambda_access_point
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from policyc.carriers.embedded import Wiring
from policyc.carriers.terraform.attached import Attachments, address_of, known_arn, said
from policyc.carriers.terraform.bodies import Inner, blocks_of
from policyc.carriers.terraform.expressions import Undecided, Work
from policyc.carriers.terraform.modules import ResourceInstance
from policyc.carriers.terraform.values import Failed, Text, Value
from policyc.holes import MARK

_OLAP: Final = "aws_s3control_object_lambda_access_point"
_ALIAS: Final = "aws_lambda_alias"
_BLOCK: Final = "aws_s3_bucket_public_access_block"
_ENCRYPTION: Final = "aws_s3_bucket_server_side_encryption_configuration"
#: resources that say something of the parts of a chain
TYPES: Final = frozenset({_BLOCK, _ENCRYPTION, _ALIAS})
_PARTS: Final = {
    _OLAP: "object-lambda",
    "aws_s3_access_point": "access-point",
    "aws_s3_bucket": "bucket",
    "aws_lambda_function": "function",
}
#: the argument that is the name of a part
_NAMES: Final[Mapping[str, str]] = {
    "object-lambda": "name",
    "function": "function_name",
    "access-point": "name",
    "bucket": "bucket",
    "role": "name",
}
#: types of parts, as the language calls them
_BUCKET: Final = "s3.bucket"
_POINT: Final = "s3.access_point"
_FUNCTION: Final = "lambda.function"
CHAINED: Final = (_BUCKET, _POINT, _FUNCTION, "object_lambda.access_point")
#: what a version is called that has no number yet
_FIRST: Final = "1"
#: of the ARN of a function without a version
_FIELDS: Final = 7


def wirings(instances: Sequence[ResourceInstance], known: Attachments, work: Work) -> Iterator[Wiring]:
    """Those of a configuration."""
    for item in instances:
        if item.type == _OLAP:
            yield _Chain(instances, known, work).wiring(item)


class _Chain:
    def __init__(self, instances: Sequence[ResourceInstance], known: Attachments, work: Work) -> None:
        self.instances, self.known, self.names, self.work = instances, known, known.resources, work

    def wiring(self, olap: ResourceInstance) -> Wiring:
        """What stands behind one access point."""
        supporting = self._at(olap, ("configuration",), "supporting_access_point")
        lambdas = ("configuration", "transformation_configuration", "content_transformation", "aws_lambda")
        functions = self._at(olap, lambdas, "function_arn")
        addresses = {self._function(value) for value in functions}
        parts = {"object-lambda": olap.address}
        parts["access-point"] = self._address(supporting[0], _POINT) if len(supporting) == 1 else ""
        parts["function"] = addresses.pop() if len(addresses) == 1 else ""
        point, function = (self._instance(parts[name]) for name in ("access-point", "function"))
        settings = {"qualifier": self._qualifier(functions), "runs": self._text(functions[:1])}
        if point is not None:
            parts["bucket"] = self._address(self._value(point, "bucket"), _BUCKET)
            settings["vpc"] = self._text(self._at(point, ("vpc_configuration",), "vpc_id"))
            settings["bucket-account"] = self._text([self._value(point, "bucket_account_id")])
            blocked = self._at(point, ("public_access_block_configuration",), "restrict_public_buckets")
            settings["access-point-block"] = _block(self._text(blocked), bool(blocked))
        bucket = parts.get("bucket", "")
        if bucket:
            settings |= dict(self._of_bucket(bucket))
        if function is not None:
            parts["role"] = self._address(self._value(function, "role"))
        found = {name: part for name, part in parts.items() if part}
        held = {name: self._instance(part) for name, part in found.items()}
        called = {
            name: self._text([self._value(item, _NAMES[name])]) for name, item in held.items() if item is not None
        }
        actions = [
            text
            for value in self._at(olap, ("configuration", "transformation_configuration"), "actions")
            for text in said(value, self.work, {})
        ]
        return Wiring(
            olap.address,
            found,
            {name: text for name, text in called.items() if text},
            tuple(dict.fromkeys(actions)),
            {key: text for key, text in settings.items() if text},
            dict(self._others(set(found.values()))),
            dict(self._arns()),
        )

    def _arns(self) -> Iterator[tuple[str, str]]:
        for item in self.instances:
            if item.type in _PARTS and (arn := known_arn(item, self.work)):
                yield item.address, arn

    def _others(self, known: set[str]) -> Iterator[tuple[str, tuple[str, str]]]:
        for item in self.instances:
            part = _PARTS.get(item.type, "")
            if part and item.address not in known:
                yield item.address, (part, self._text([self._value(item, _NAMES[part])]))

    def _of_bucket(self, bucket: str) -> Iterator[tuple[str, str]]:
        told, key = "on", ""
        for item in self.instances:
            if item.type in (_BLOCK, _ENCRYPTION) and self._address(self._value(item, "bucket"), _BUCKET) == bucket:
                if item.type == _BLOCK:
                    told = _block(self._text([self._value(item, "restrict_public_buckets")]), True)
                else:
                    path = ("rule", "apply_server_side_encryption_by_default")
                    key = self._text(self._at(item, path, "kms_master_key_id"))
        yield "bucket-block", told
        yield "key", key

    def _function(self, value: Value | None) -> str:
        address = self._address(value, _FUNCTION)
        instance = self._instance(address)
        if instance is not None and instance.type == _ALIAS:
            return self._address(self._value(instance, "function_name"), _FUNCTION)
        if not address and isinstance(value, Text):  # a version or an alias, as a plan writes it
            return self.names[_FUNCTION].get(":".join(value.value.split(":")[:_FIELDS]), "")
        return address

    def _qualifier(self, functions: Sequence[Value | None]) -> str:
        """The version or alias of the function that is run; empty for none."""
        text = self._text(functions[:1])
        found = MARK.fullmatch(text)
        instance = self._instance(self._address(functions[0], _FUNCTION)) if functions else None
        if instance is not None and instance.type == _ALIAS:
            return self._text([self._value(instance, "name")])
        if text.startswith("arn:"):
            return ":".join(text.split(":")[_FIELDS:])
        reference = getattr(functions[0], "name", "") if functions else ""
        if reference.endswith(".qualified_arn"):
            return _FIRST
        rest = MARK.sub("", text)
        return rest[1:] if not found and rest.startswith(":") and ":" not in rest[1:] else ""

    # --- values -------------------------------------------------------------------------------------------------

    def _instance(self, address: str) -> ResourceInstance | None:
        found = self.work.instances.get(address)
        return found if isinstance(found, ResourceInstance) else None

    def _address(self, value: Value | None, type: str = "") -> str:
        """The resource of the configuration that a value refers to, also by the name that one of that type has."""
        return address_of(value, self.names[type], self.work)

    def _value(self, instance: ResourceInstance, argument: str) -> Value | None:
        try:
            return instance.argument(argument, self.work) if argument in instance.body.arguments else None
        except (Failed, Undecided):
            return None

    def _text(self, values: Sequence[Value | None]) -> str:
        texts = [text for value in values for text in said(value, self.work, {})]
        return texts[0] if len(texts) == 1 else ""

    def _at(self, instance: ResourceInstance, path: Sequence[str], argument: str) -> list[Value | None]:
        """The values of an argument in blocks inside blocks."""
        inners = [Inner(instance.body, instance.scope, instance.placed.block.head)]
        out: list[Value | None] = []
        try:
            for word in path:
                inners = [deeper for one in inners for deeper in blocks_of(one.body, word, one.scope, self.work)]
            for inner in inners:
                found = inner.argument(argument, self.work)
                out += [] if found is None else [found[1]]
        except (Failed, Undecided):
            return []
        return out


def _block(told: str, is_said: bool) -> str:
    """Whether strangers are kept out: what a configuration leaves off the account may still switch on."""
    return "on" if not is_said or told == "true" else "unknown"
