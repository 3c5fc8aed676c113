"""One document of a comparison, wherever it stands, and the way of requests through several."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from policyc.carriers.embedded import PlacedText, attribute
from policyc.diagnostics import Diagnostic, Diagnostics, Severity
from policyc.engines.proofs.texts import Pattern, whole
from policyc.holes import has_hole, mark, shown
from policyc.ir.pattern import Plain, Wild, escape_pattern, pattern_tokens
from policyc.model.scope import Scope
from policyc.model.vocabulary import Attribute
from policyc.record import record
from policyc.syntax.json_text import JsonObject, JsonString, JsonValue, parse_json
from policyc.targets.cedar_documents.facts import Fact
from policyc.text import Source
from policyc.workspace.documents.embedded import Item
from policyc.workspace.documents.placed import moved, obstacle
from policyc.workspace.documents.pulled import OF_ORGANIZATION

#: a resource whose gates hold Cedar text
ENDPOINT: Final = "verified_access.endpoint"
#: a resource whose requests go through a chain of hops
OLAP: Final = "object_lambda.access_point"
#: the kind of a file that holds documents of which no more than the text is compared
HOST = "host"
#: kinds of control policies, and the kinds of documents whose requests they bear on (IAM evaluation reference, section 10.5)
CONTROLS: Final[Mapping[str, tuple[str, ...]]] = {
    "scp": ("identity",),
    "rcp": ("bucket", "access-point", "key", "trust", "resource"),
}
#: kinds of policies that AWS asks about requests to their own resource alone, with what stands between its ARN and the name of a part of it
_PARTS = {"auth-policy": "/", "object-lambda": "/", "access-point": "/", "bucket": "/", "function": ":", "key": ""}


@record
class Piece:
    """One document: `kind` is one of `check --as`, empty to tell it by the shape; `facts` are the attributes that the resource which
    carries a Cedar text has, None where nobody declares it, `trust` the types of its trust providers by name where its surroundings tell; `item` is the document inside a host file; `carrier` is the ARN of the role, user
    or group that an identity policy belongs to, where that is known (in a host file the hole that stands for it); `on` is the ARN of the
    resource whose policy it is (of a control policy its id), where that is known. `hangs` is what a host file names as what it is attached to, and of a managed policy that was pulled those who carry it; in a host file `bounds` is the
    document that bounds all who carry it, `limit` says what else may, that is not there to read, and `controls` are the control policies there that may bear on its requests. Of one that cannot be read `alone` says that no other file bears on what it
    says."""

    name: str
    kind: str
    source: Source
    facts: Mapping[str, Fact] | None = None
    trust: Mapping[str, str] = MappingProxyType({})
    item: Item | None = None
    carrier: str = ""
    on: str = ""
    hangs: str = ""
    bounds: Piece | None = None
    limit: str = ""
    controls: tuple[Piece, ...] = ()
    alone: bool = False

    @property
    def place(self) -> str:
        """`on` where that tells the resource from all others; for a control policy its id."""
        exact = self.on.startswith("arn:") and not has_hole(self.on)
        return self.on if exact or self.kind in OF_ORGANIZATION else ""

    def tree(self, diagnostics: Diagnostics) -> JsonValue | None:
        """The tree of a JSON document, with its places; None after an error."""
        return parse_json(self.source, diagnostics) if self.item is None else self.item.tree(diagnostics)

    @property
    def is_whole(self) -> bool:
        """Whether an IAM document is there whatever its host leaves open, with statements that are known."""
        tree = self.tree(Diagnostics())
        return tree is not None and not obstacles(tree) and not (self.item and self.item.document.world)

    def told(self, found: Iterable[Diagnostic]) -> list[Diagnostic]:
        """What is found in the text of `source`, at its places in the host where it stands in one."""
        content = None if self.item is None else self.item.document.content
        return [moved(one, content) if isinstance(content, PlacedText) else one for one in found]


def obstacles(tree: JsonValue) -> list[str]:
    """What leaves nothing to be read of a document inside a host file."""
    found = obstacle(tree)
    version = tree.get("Version") if isinstance(tree, JsonObject) else None
    if isinstance(version, JsonString) and has_hole(version.value):
        return [f"`Version` is {shown(version.value)}"]
    return [] if found is None else [found[0]]


def unread(found: Iterable[Diagnostic]) -> str:
    """Why nothing is known of a document among others."""
    return f"it cannot be read: {next(item.message for item in found if item.severity is Severity.ERROR)}"


#: what callers carry or are bound by (`identity`, `boundary`, `scp 1` for the first level of an organization), and whom: the ARN of a role or user, or
#: that of the root of an account
Own = tuple[str, str]
IDENTITY: Final = "identity"
BOUNDARY: Final = "boundary"
FIRST_LEVEL: Final = "scp 1"


@record
class Way:
    """The way of a request to a declared resource: the name of the document at each gate, empty where the gate asks nobody, None where it
    has no policy. `type` and `arn` are the resource's own (that of one in a host file is empty), `names` what the gates are called,
    or there the resource and its network, `at` the ARNs of these where the file knows them, `own` the documents of those who call, one of which has to allow: none where they have none, None where they are not known.
    `scope` are the attributes of a request to it, `words` the names that its file sees, `callers` the roles and users of its host file, with their ARNs or the ends of those,
    `controls` the control policies there."""

    type: str
    arn: str
    gates: tuple[str | None, ...]
    names: tuple[str, ...] = ()
    own: Mapping[Own, tuple[str, ...] | None] = MappingProxyType({})
    scope: Mapping[str, Attribute] = MappingProxyType({})
    words: Scope | None = None
    callers: Mapping[str, str] = MappingProxyType({})
    controls: tuple[str, ...] = ()
    at: tuple[str, ...] = ()

    @property
    def was_pulled(self) -> bool:
        """Whether it leads to a resource on AWS: nobody declares it, and its ARN is known."""
        return self.words is None and self.arn.startswith("arn:")

    @property
    def network(self) -> str:
        """The network of a service that a host file describes; empty where that tells none."""
        return "" if self.arn or len(self.names) < 2 else self.names[1]

    @property
    def is_found(self) -> bool:
        """Whether the documents on it are judged together though nobody declares the resource: those of services in host files are not, whose ARN
        would have to be known."""
        return self.was_pulled or (self.type == ENDPOINT and not self.arn)


def is_carrier(arn: str) -> bool:
    """Whether an ARN is one of a role, a user or a group, and not of a policy that several may carry."""
    kind = arn.rpartition(":")[2].partition("/")[0]
    return arn.startswith("arn:") and ":iam::" in arn and kind in ("role", "user", "group")


def holders_of(piece: Piece) -> tuple[str, ...]:
    """Who carries an identity policy, as far as its side names them: ARNs, or what a host file calls them."""
    if piece.kind != IDENTITY:
        return ()
    return tuple(piece.hangs.split(", ")) if piece.hangs else (piece.carrier,) if piece.carrier else ()


def carrier_named(host: str, end: str) -> str:
    """The ARN of a role or user of a host file: itself where `end` is one, else the hole that stands for it."""
    return end if end.startswith("arn:") else mark(attribute(host, "Arn"))


def caller_of(carrier: str) -> str:
    """The ARN of the one caller whose policy a document is; empty where there may be several, or the ARN is not known."""
    return carrier if is_carrier(carrier) and not has_hole(carrier) and ":group/" not in carrier else ""


def requests_to(kind: str, arn: str) -> tuple[Pattern, ...]:
    """The resources whose requests meet the policy of a resource: its own and what is in it. None (which is to say: all) for documents that
    belong to no resource, or to one whose requests ask for others, as those of a service network do."""
    if kind not in _PARTS or has_hole(arn) or not arn.startswith("arn:") or ":servicenetwork/" in arn:
        return ()
    tokens, mark = pattern_tokens(escape_pattern(arn)), _PARTS[kind]
    return (whole(tokens), whole((*tokens, Plain(mark), Wild.RUN))) if mark else (whole(tokens),)


def who_carries(kind: str, carrier: str) -> str:
    """Whose requests a document of callers is about, in words; empty for documents that name callers themselves."""
    match kind:
        case "boundary":
            return "whoever it bounds"
        case "identity" | "session":
            if ":group/" in carrier:
                return f"members of {shown(carrier)}"
            return shown(carrier) or "whoever carries the policy"
        case "scp":
            return "callers of the accounts below it"
        case _:
            return ""
