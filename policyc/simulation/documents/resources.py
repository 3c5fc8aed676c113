"""The resources of a chain from their ARNs, as if they had been declared."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from policyc.diagnostics import Diagnostics
from policyc.holes import WHOLE_MARK
from policyc.model.types import PLACE, RESOURCE, STRING, SetOf
from policyc.model.values import Place, Resource, ResourceLink, Value
from policyc.record import field, record
from policyc.simulation.references import PlainText
from policyc.text import Span

_REGION: Final = rf"(?P<region>[a-z0-9-]+|{WHOLE_MARK})"
_ACCOUNT: Final = r"(?P<account>[0-9]{12})"
#: name of the option -> resource type, form of its ARN (emulators have dashes in ids), the field that holds its name
_FORMS: Final[Mapping[str, tuple[str, str, str]]] = {
    "service": (
        "lattice.service",
        rf"arn:[a-z-]+:vpc-lattice:{_REGION}:{_ACCOUNT}:service/(?P<name>svc-[0-9a-z][0-9a-z-]*|{WHOLE_MARK})",
        "id",
    ),
    "network": (
        "lattice.service_network",
        rf"arn:[a-z-]+:vpc-lattice:{_REGION}:{_ACCOUNT}:servicenetwork/(?P<name>sn-[0-9a-z][0-9a-z-]*|{WHOLE_MARK})",
        "id",
    ),
    "object-lambda": (
        "object_lambda.access_point",
        rf"arn:[a-z-]+:s3-object-lambda:{_REGION}:{_ACCOUNT}:accesspoint/(?P<name>[a-z0-9-]+)",
        "name",
    ),
    "access-point": (
        "s3.access_point",
        rf"arn:[a-z-]+:s3:{_REGION}:{_ACCOUNT}:accesspoint/(?P<name>[a-z0-9-]+)",
        "name",
    ),
    "bucket": ("s3.bucket", r"arn:[a-z-]+:s3:::(?P<name>[a-z0-9.-]+)", "name"),
    "function": (
        "lambda.function",
        rf"arn:[a-z-]+:lambda:{_REGION}:{_ACCOUNT}:function:(?P<name>[A-Za-z0-9_-]+)(?::(?P<qualifier>\$LATEST|[A-Za-z0-9_-]+))?",
        "name",
    ),
}
_EXAMPLES: Final = {
    "service": "arn:aws:vpc-lattice:us-west-2:111122223333:service/svc-0123456789abcdef0",
    "network": "arn:aws:vpc-lattice:us-west-2:111122223333:servicenetwork/sn-0123456789abcdef0",
    "object-lambda": "arn:aws:s3-object-lambda:us-west-2:111122223333:accesspoint/resized",
    "access-point": "arn:aws:s3:us-west-2:111122223333:accesspoint/photos",
    "bucket": "arn:aws:s3:::photos",
    "function": "arn:aws:lambda:us-west-2:111122223333:function:resize:1",
}


@record(frozen=False)
class Drafts:
    """Resources in the making: fields by name, from which `finish` makes resources. `home` is the place of the first one, which a
    bucket takes over, whose ARN has none."""

    span: Span
    home: Place | None = None
    made: dict[str, dict[str, Value]] = field(default_factory=dict)

    def read(self, name: str, arn: PlainText, diagnostics: Diagnostics) -> None:
        """One resource from its ARN, or an error."""
        _, form, key = _FORMS[name]
        match = re.fullmatch(form, arn.text)
        if match is None:
            diagnostics.error(
                "malformed-arn",
                f"`{arn.text}` is not the ARN for `--{name}-arn`",
                arn.span,
                f"write it like `{_EXAMPLES[name]}`",
            )
            return
        found = match.groupdict()
        if found.get("account"):
            place = Place(found["account"], found["region"])
            self.home = self.home or place
        else:
            place = self.home or Place("000000000000", "us-east-1")
        fields = {key: Value(STRING, found["name"], arn.span), "at": Value(PLACE, place, arn.span)}
        if found.get("qualifier"):
            fields["qualifier"] = Value(STRING, found["qualifier"], arn.span)
        self.made[name] = fields

    def unnamed(self, name: str) -> None:
        """A resource of which no ARN is given: it stands where the first one does."""
        place = self.home or Place("000000000000", "us-east-1")
        self.made[name] = {"at": Value(PLACE, place, self.span)}

    def text(self, name: str, key: str, value: str) -> None:
        """Set a text field."""
        self.made[name][key] = Value(STRING, value, self.span)

    def words(self, name: str, key: str, values: tuple[str, ...]) -> None:
        """Set a field that holds a set of words."""
        items = tuple(Value(STRING, value, self.span) for value in values)
        self.made[name][key] = Value(SetOf(STRING), items, self.span)

    def link(self, name: str, key: str, other: str) -> None:
        """Let a field name another of the resources."""
        self.made[name][key] = Value(RESOURCE, ResourceLink(f"{self.span.file}#{other}", other), self.span)

    def owner(self, name: str, account: str) -> None:
        """Put a resource into another account."""
        place = self.made[name]["at"].data
        assert isinstance(place, Place)
        self.made[name]["at"] = Value(PLACE, Place(account, place.region), self.span)

    def finish(self) -> dict[str, Resource]:
        """The resources by the name of their option."""
        return {
            name: Resource(name, _FORMS[name][0], tuple(fields.items()), self.span.file, self.span)
            for name, fields in self.made.items()
        }
