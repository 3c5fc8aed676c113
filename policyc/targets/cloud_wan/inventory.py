"""Attachments as people describe them, in a test, on the command line or as plain data, to the engine's own shape.

Fields: `type`, `region` (or `regions` for a Direct Connect gateway), `account`, `tags`, `cidrs`, `routes` (records with
`prefix`, `as_path`, `med`, `communities`), `label`, `resource_id`, `id`, `state` or `accepted`, and `current`. An entry of type
`prefix_list` is no attachment: it holds the contents of a prefix list.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from policyc.diagnostics import Diagnostics, closest, did_you_mean, meant, write_instead
from policyc.engines.wan.attachments import DEFAULT_MED, STATES, Announced, Attachment
from policyc.engines.wan.prefixes import Prefix, has_host_bits, parse_prefix
from policyc.ir.network import ATTACHMENT_TYPES, AttachmentType
from policyc.model.literals import host_bits
from policyc.record import field, light, record
from policyc.regex import regex
from policyc.text import Span

FIELDS: Final = (
    "type",
    "region",
    "regions",
    "account",
    "tags",
    "cidrs",
    "routes",
    "label",
    "resource_id",
    "id",
    "state",
    "accepted",
    "current",
)
_ROUTE_FIELDS = ("prefix", "as_path", "med", "communities")
_ACCOUNT = regex(r"[0-9]{12}")


@light
class Given:
    """One stated value with its place: text, a number, a bool, a tuple of `Given`s, or named `Given`s (a record)."""

    value: str | int | bool | tuple[Given, ...] | Mapping[str, Given]
    span: Span | None = field(default=None, compare=False)


def given(value: object, span: Span | None = None) -> Given:
    """Plain data as `Given`s; anything but text, whole numbers, bools, sequences and mappings is a TypeError."""
    match value:
        case bool() | int() | str():
            return Given(value, span)
        case Mapping():
            return Given({str(key): given(item, span) for key, item in value.items()}, span)
        case Sequence():
            return Given(tuple(given(item, span) for item in value), span)
        case _:
            raise TypeError(f"no attachment field holds {type(value).__name__}")


@record
class PrefixList:
    """The contents of one customer-managed prefix list under the alias that policies name."""

    alias: str
    prefixes: tuple[Prefix, ...]


#: what people call types of attachments, by the name that the service has for them
_SLIPS: Final[Mapping[str, AttachmentType]] = {
    "vpn": "site-to-site-vpn",
    "site-to-site": "site-to-site-vpn",
    "s2s-vpn": "site-to-site-vpn",
    "tgw": "transit-gateway-route-table",
    "transit-gateway": "transit-gateway-route-table",
    "dx": "direct-connect-gateway",
    "dxgw": "direct-connect-gateway",
    "direct-connect": "direct-connect-gateway",
    "sdwan": "connect",
}

#: what people, and the service's own answers, call fields of attachments
_FIELD_SLIPS: Final[Mapping[str, str]] = {
    "edge": "region",
    "edge_location": "region",
    "edgelocation": "region",
    "location": "region",
    "edges": "regions",
    "edge_locations": "regions",
    "edgelocations": "regions",
    "attachment_type": "type",
    "attachmenttype": "type",
    "owner": "account",
    "owner_account_id": "account",
    "prefixes": "cidrs",
}


def _field_meant(key: str) -> str:
    """The field that somebody means by a name that is none, empty where nobody can tell."""
    return _FIELD_SLIPS.get(key.lower().replace("-", "_")) or closest(key, FIELDS)


def type_hint(text: str, known: Sequence[str]) -> str:
    """The type of attachment that somebody means, in the spelling of `known`."""
    right = _SLIPS.get(text.lower().replace("_", "-"))
    if right is not None:
        return meant(text, known[ATTACHMENT_TYPES.index(right)])
    return did_you_mean(text, known, "use one of " + ", ".join(f"`{kind}`" for kind in known))


def is_prefix_list(fields: Mapping[str, Given]) -> bool:
    """Whether an entry describes a prefix list: `type: prefix_list`."""
    kind = fields.get("type")
    return kind is not None and isinstance(kind.value, str) and kind.value.replace("-", "_") == "prefix_list"


def read_prefix_list(
    name: str, fields: Mapping[str, Given], span: Span | None, diagnostics: Diagnostics
) -> PrefixList | None:
    """`{ type: prefix_list, cidrs: [...] }`; `id` is the alias when that is no name of the language."""
    found = Diagnostics()
    reader = _Reader(name, fields, span, found)
    for key, item in fields.items():
        if key not in ("type", "cidrs", "id"):
            reader.refuse(f"prefix lists have no field `{key}`", item.span, "fields are type, cidrs, id")
    prefixes = [reader.prefix(item) for item in reader.items("cidrs")]
    alias = reader.text("id") or name
    diagnostics.extend(found)
    if found.has_errors:
        return None
    return PrefixList(alias, tuple(prefix for prefix in prefixes if prefix is not None))


def read_attachment(
    name: str, fields: Mapping[str, Given], span: Span | None, diagnostics: Diagnostics
) -> Attachment | None:
    """The attachment called `name`, or None after findings."""
    found = Diagnostics()
    attachment = _Reader(name, fields, span, found).read()
    diagnostics.extend(found)
    return None if found.has_errors else attachment


def check_regions(attachments: Iterable[Attachment], edges: Sequence[str], diagnostics: Diagnostics) -> None:
    """Report every attachment in a Region that is no edge of the network: nothing can be attached there."""
    for item in attachments:
        for region in item.regions:
            if region not in edges:
                diagnostics.error(
                    "attachment-region",
                    f"`{item.name}` is in `{region[:40]}`, where the core network has no edge",
                    item.span,
                    did_you_mean(region, edges, "edges are " + ", ".join(f"`{edge}`" for edge in edges)),
                )


@record(frozen=False)
class _Reader:
    name: str
    fields: Mapping[str, Given]
    span: Span | None
    diagnostics: Diagnostics

    def read(self) -> Attachment | None:
        for key, item in self.fields.items():
            if key not in FIELDS:
                right = _field_meant(key)
                help = meant(key, right) if right else "fields are " + ", ".join(FIELDS)
                self.refuse(f"attachments have no field `{key}`", item.span, help)
        kind, regions = self.kind(), self.regions()
        if kind is None or not regions:
            return None
        if len(regions) > 1 and kind != "direct-connect-gateway":
            self.refuse("only a Direct Connect gateway spans several Regions", self.at("regions"), "give one `region`")
        return Attachment(
            name=self.name,
            type=kind,
            regions=regions,
            account=self.account(),
            resource_id=self.text("resource_id"),
            tags=self.tags(),
            label=self.text("label") or "",
            state=self.state(),
            routes=tuple(self.routes()),
            id=self.text("id") or "",
            current=self.current(),
            span=self.span,
        )

    def refuse(self, message: str, span: Span | None, help: str) -> None:
        self.diagnostics.error("attachment-field", message, span or self.span, help)

    def at(self, key: str) -> Span | None:
        item = self.fields.get(key)
        return self.span if item is None else item.span

    def text(self, key: str) -> str | None:
        item = self.fields.get(key)
        if item is None:
            return None
        if isinstance(item.value, str):
            return item.value
        self.refuse(f"`{key}` of `{self.name}` is not text", item.span, "give it in quotes")
        return None

    def _stated(self, key: str) -> bool:
        """Whether a field is there, or meant by one of another name, of which that is told."""
        return key in self.fields or any(_field_meant(name) == key for name in self.fields if name not in FIELDS)

    def kind(self) -> AttachmentType | None:
        text = self.text("type")
        if text is None:
            if not self._stated("type"):
                self.refuse(f"`{self.name}` has no `type`", self.span, "add `type: vpc`")
            return None
        for kind in ATTACHMENT_TYPES:
            if text.replace("_", "-") == kind:
                return kind
        help = type_hint(text, [kind.replace("-", "_") for kind in ATTACHMENT_TYPES])
        self.refuse(f"`{text}` is no type of attachment", self.at("type"), help)
        return None

    def regions(self) -> tuple[str, ...]:
        if "region" in self.fields and "regions" in self.fields:
            self.refuse("`region` and `regions` are both given", self.at("regions"), "keep one")
        one = self.text("region")
        several = self.items("regions")
        found = (one,) if one is not None else tuple(item.value for item in several if isinstance(item.value, str))
        if not found and not self._stated("region") and not self._stated("regions"):
            self.refuse(f"`{self.name}` has no `region`", self.span, "add `region: us-east-1`")
        return found

    def current(self) -> tuple[str, bool] | None:
        """Where the attachment is now: `segment NAME` or `group NAME`."""
        text = self.text("current")
        if text is None:
            return None
        kind, _, name = text.partition(" ")
        if kind in ("segment", "group") and name:
            return name, kind == "group"
        self.refuse(f"`{text}` is no place", self.at("current"), 'write `"segment NAME"` or `"group NAME"`')
        return None

    def items(self, key: str) -> tuple[Given, ...]:
        item = self.fields.get(key)
        if item is None:
            return ()
        if isinstance(item.value, tuple):
            return item.value
        self.refuse(f"`{key}` of `{self.name}` is not a list", item.span, "write it in brackets: `[…]`")
        return ()

    def account(self) -> str | None:
        text = self.text("account")
        if text is not None and _ACCOUNT.fullmatch(text) is None:
            self.refuse(f"`{text}` is not an account id", self.at("account"), "write all twelve digits")
        return text

    def tags(self) -> tuple[tuple[str, str], ...]:
        item = self.fields.get("tags")
        if item is None:
            return ()
        if not isinstance(item.value, Mapping):
            self.refuse(
                f"`tags` of `{self.name}` is not a record", item.span, 'write `tags: { segment: "production" }`'
            )
            return ()
        out: list[tuple[str, str]] = []
        for key, value in item.value.items():
            if isinstance(value.value, str):
                out.append((key, value.value))
            else:
                self.refuse(f"tag `{key}` is not text", value.span, "tags hold text: put the value in quotes")
        return tuple(out)

    def state(self) -> str | None:
        accepted = self.fields.get("accepted")
        text = self.text("state")
        if accepted is not None:
            if text is not None or not isinstance(accepted.value, bool):
                self.refuse(
                    "`accepted` is `true` or `false`, and stands without `state`",
                    accepted.span,
                    "keep `accepted: true` or `state`",
                )
                return None
            return "available" if accepted.value else None
        if text is None:
            return None
        state = text.lower().replace("-", "_")
        if state not in STATES:
            self.refuse(
                f"`{text}` is no state of an attachment",
                self.at("state"),
                did_you_mean(state, STATES, "states are " + ", ".join(STATES)),
            )
        return state

    # --- routes -----------------------------------------------------------------------------------------------

    def routes(self) -> list[Announced]:
        out = [Announced(prefix) for prefix in map(self.prefix, self.items("cidrs")) if prefix is not None]
        for item in self.items("routes"):
            route = self.route(item)
            if route is not None:
                out.append(route)
        seen: set[Prefix] = set()
        for route in out:
            if route.prefix in seen:
                self.refuse(f"`{self.name}` announces {route.prefix} twice", self.span, "give it once")
            seen.add(route.prefix)
        return out

    def prefix(self, item: Given) -> Prefix | None:
        text = item.value if isinstance(item.value, str) else ""
        prefix = parse_prefix(text)
        if prefix is None or "/" not in text:
            self.refuse(
                f"`{text}` is not a CIDR block" if text else "a prefix is text", item.span, 'write `"10.0.0.0/16"`'
            )
            return None
        if has_host_bits(text):
            self.diagnostics.error("host-bits", host_bits(text), item.span, write_instead(text, str(prefix)))
            return None
        return prefix

    def route(self, item: Given) -> Announced | None:
        if not isinstance(item.value, Mapping):
            self.refuse("a route is a record", item.span, 'write `{ prefix: "10.0.0.0/8", as_path: [65001] }`')
            return None
        for key, value in item.value.items():
            if key not in _ROUTE_FIELDS:
                help = did_you_mean(key, _ROUTE_FIELDS, "fields are " + ", ".join(_ROUTE_FIELDS))
                self.refuse(f"routes have no field `{key}`", value.span, help)
        prefix = self.prefix(item.value["prefix"]) if "prefix" in item.value else None
        if "prefix" not in item.value:
            self.refuse("the route has no `prefix`", item.span, 'add `prefix: "10.0.0.0/8"`')
        if prefix is None:
            return None
        asns = self.members(item.value.get("as_path"), int, "`as_path` is a list of ASNs")
        names = self.members(item.value.get("communities"), str, "`communities` is a list of text")
        med = item.value.get("med")
        if med is not None and (isinstance(med.value, bool) or not isinstance(med.value, int)):
            self.refuse("`med` is a whole number", med.span, "write `med: 100`")
        number = med.value if med is not None and isinstance(med.value, int) else DEFAULT_MED
        as_path = None if asns is None else tuple(int(value) for value in asns)
        return Announced(prefix, as_path, number, frozenset(str(name) for name in names or ()))

    def members(self, item: Given | None, kind: type[int] | type[str], message: str) -> tuple[int | str, ...] | None:
        if item is None:
            return None
        if isinstance(item.value, tuple):
            values = [entry.value for entry in item.value]
            if all(isinstance(value, kind) and not isinstance(value, bool) for value in values):
                return tuple(value for value in values if isinstance(value, int | str))
        self.refuse(message, item.span, "write it in brackets: `[…]`")
        return None
