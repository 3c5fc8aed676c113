"""What a carrier finds in one host file: documents with their places and holes, and what it could not read."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final, overload

from policyc.diagnostics import Diagnostic
from policyc.holes import MARK, has_hole, mark
from policyc.record import record, replace
from policyc.regex import regex
from policyc.syntax.json_tree import JsonValue
from policyc.text import Span


@record
class Options:
    """What is asked of a carrier. `values` fill holes, by the host's name for them (a parameter, `Orders.Arn`, `var.team`). `read` gives the
    text of another file below the root by its root-relative name, None for one that is not there, cannot be read or leads out; `folder` the
    names of the files in a root-relative folder, sorted. `fences` asks for the documents that stand in prose, `before` for those that a plan
    finds in place of those that it leads to."""

    values: Mapping[str, str] = MappingProxyType({})
    read: Callable[[str], str | None] = lambda name: None
    folder: Callable[[str], tuple[str, ...]] = lambda name: ()
    fences: bool = False
    before: bool = False


@record
class Hole:
    """A value that the host leaves open. `name` is the host's expression (`Orders.Arn`), `kind` what is known of it (`account`, `region`, `partition`, `arn`,
    `name`, `string`, `list`, `bool`, `number`, `document`), `place` where it was written first, `allowed` every value that it can take (empty: not
    known), `assumed` the value that it has when nobody says otherwise (a parameter's default). A sensitive one is never printed."""

    name: str
    kind: str
    place: Span
    allowed: tuple[str, ...] = ()
    assumed: str | None = None
    sensitive: bool = False


@record
class Piece:
    """A run of a text that stands in the host: from offset `at` of the text on. `exact` says that each character is one
    character of the host from `span.start` on; else the whole run is at `span`."""

    at: int
    span: Span
    exact: bool


class LatePieces(Sequence[Piece]):
    """Where the parts of a value stand, found when somebody asks: most values have nothing wrong in them."""

    __slots__ = ("_find", "_found")

    def __init__(self, find: Callable[[], tuple[Piece, ...]]) -> None:
        self._find = find
        self._found: tuple[Piece, ...] | None = None

    def _all(self) -> tuple[Piece, ...]:
        if self._found is None:
            self._found = self._find()
        return self._found

    def __len__(self) -> int:
        return len(self._all())

    def __iter__(self) -> Iterator[Piece]:
        return iter(self._all())

    @overload
    def __getitem__(self, at: int) -> Piece: ...

    @overload
    def __getitem__(self, at: slice) -> tuple[Piece, ...]: ...

    def __getitem__(self, at: int | slice) -> Piece | tuple[Piece, ...]:
        return self._all()[at]

    def __eq__(self, other: object) -> bool:
        return self._all() == (other._all() if isinstance(other, LatePieces) else other)

    def __hash__(self) -> int:
        return hash(self._all())


@record
class PlacedText:
    """A text (Cedar, or JSON in a string) as the host means it, holes as marks (`policyc.holes`), and where its parts stand in the host.
    `pieces` begin at offset 0 and are in order; `whole` is the value in the host."""

    value: str
    pieces: Sequence[Piece]
    whole: Span

    def span(self, start: int, end: int) -> Span:
        """Where a part of the text stands in the host; all of its value where no part is exact there."""
        if not self.pieces:
            return self.whole
        first = self._at(start)
        last = first if end <= start else self._at(end - 1)
        begin = first.span.start + (start - first.at if first.exact else 0)
        stop = last.span.start + (max(end, start) - last.at) if last.exact else last.span.end
        return Span(self.whole.file, begin, max(begin, stop))

    def is_vague(self, span: Span) -> bool:
        """Whether a place of this text is more than what is meant: the whole value, or a run that does not stand there as it is."""
        if not self.pieces:
            return True
        runs = (piece for piece in self.pieces if not piece.exact and piece.span == span)
        return any(has_more(self, piece) for piece in runs)

    def is_exact(self, start: int, end: int) -> bool:
        """Whether every character of a part stands in the host as it is, in one run: only such a part can be edited."""
        if not self.pieces:
            return False
        first = self._at(start)
        return first.exact and first is self._at(max(start, end - 1))

    def _at(self, offset: int) -> Piece:
        return self.pieces[max(0, bisect_right(self.pieces, offset, key=lambda piece: piece.at) - 1)]


def has_more(text: PlacedText, piece: Piece) -> bool:
    """Whether an inexact run is more than one escape or one hole."""
    following = next((other.at for other in text.pieces if other.at > piece.at), len(text.value))
    run = text.value[piece.at : following]
    return len(run) > 1 and MARK.fullmatch(run) is None


@record
class Embedded:
    """One document in a host file. `kind` is a name as `--as` takes it; `name` how the host calls what carries it (`OrdersAuth`,
    `module.a.aws_vpclattice_auth_policy.b[0]`), `type` the host's type (`AWS::VpcLattice::AuthPolicy`), `place` the whole value.

    `content` is a tree whose places are in the host, or a text. `holes` has every hole that `content` marks, by name. `facts` are what the host says about the
    resources around it (`auth-type`, `resource`, `bucket`, `endpoint-protocol`, …; `group` is what carries the text of the group of an endpoint, `resource` is the companion that it is attached to,
    `called` the name or the ARN that what carries it has on AWS, `known-as` the tag, domain or description by which people know what has no name there, `carrier` the hole of the ARN of the role, user or group whose identity policy it is, `holder` its name on AWS and `policy` that of the inline policy, `on` what its host names as what it
    hangs on, `boundary` what of the host bounds all who carry it, `limit` the permissions boundary of some of them that is not there to read). `world` names the conditions under which this form exists (empty: always), `also` a second place
    of the same thing (the line of code that made it, the plan's line). `meant` names the rules whose findings the host's author says are meant."""

    kind: str
    name: str
    type: str
    place: Span
    content: JsonValue | PlacedText
    holes: Mapping[str, Hole] = MappingProxyType({})
    facts: Mapping[str, str] = MappingProxyType({})
    world: str = ""
    also: str = ""
    meant: tuple[str, ...] = ()

    @property
    def file(self) -> str:
        """The file that the content stands in, which the host may only name."""
        return self.content.whole.file if isinstance(self.content, PlacedText) else self.content.span.file


#: the reason where the text around a policy is not of the host's language
SYNTAX: Final = "a syntax fault stands in it"


@record
class Unreadable:
    """A policy that is there and cannot be read: `reason` says what stands in the way (`module from a registry`)."""

    name: str
    type: str
    place: Span
    reason: str


#: the type of a companion that requests are sent to
SERVICE: Final = "lattice.service"


@record
class Companion:
    """A resource that the host describes beside its documents, so that they can be judged together: `type` as the language calls it
    (`lattice.service`), `fields` what is known of it by the language's names (`auth`: `aws_iam`), `links` the names of other companions by field (`network`)."""

    name: str
    type: str
    place: Span
    fields: Mapping[str, str] = MappingProxyType({})
    links: Mapping[str, str] = MappingProxyType({})


@record
class Wiring:
    """What stands behind an Object Lambda access point, called `name` there: `parts` are the host's names of `object-lambda`, `function`, `access-point`, `bucket`
    and the execution `role`, as far as they are known, `called` the names that these have on AWS, with holes, as far as they are written, `actions` the calls that run
    the function, `settings` what else decides (`qualifier`, what `runs`, `vpc`, `bucket-account`, `access-point-block`, `bucket-block`, `key`), `others` the further
    resources of the host that are such parts, with the part and the name on AWS, `arns` the ARNs of parts that the host knows (plans)."""

    name: str
    parts: Mapping[str, str]
    called: Mapping[str, str]
    actions: tuple[str, ...]
    settings: Mapping[str, str]
    others: Mapping[str, tuple[str, str]]
    arns: Mapping[str, str] = MappingProxyType({})


@record
class Carried:
    """Everything of ours in one host file, in its order; of one that is `partial` a part is not read that may say anything, so that nothing follows from what is not there. Files of one `module` (empty: the file by itself) are judged together. `callers`, for a file with a service of VPC Lattice or
    with `chains`, are the roles and users all of whose policies are there, with their ARNs where these are known (plans), else with the ends of those (`role/app`; `role/` where AWS makes the name up). `findings` are about what stands around documents. `elsewhere` is
    what roles, users, groups and functions carry by the names of others, for those who have any: managed policies that are not there to read, what SAM grants, the policies of a group."""

    documents: tuple[Embedded, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    companions: tuple[Companion, ...] = ()
    module: str = ""
    chains: tuple[Wiring, ...] = ()
    callers: Mapping[str, str] = MappingProxyType({})
    partial: bool = False
    elsewhere: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    findings: tuple[Diagnostic, ...] = ()


def is_of_endpoint(type: str) -> bool:
    """Whether a host's type is that of an endpoint of Verified Access, in the spelling of whatever tool."""
    return _ENDPOINT in _LETTERS.sub("", type.lower())


_ENDPOINT: Final = "verifiedaccessendpoint"
_LETTERS: Final = regex(r"[^a-z]+")
#: the call that a function answers with an action of its own
_ANSWERED: Final = "GetObject"


def answering_in(module: Sequence[Carried], documents: Iterable[Embedded]) -> dict[str, Companion]:
    """The functions that answer for objects and whose execution role is there with all that it carries, by name: `answering` lists the documents that say what
    it may do."""
    if any(carried.unreadable for carried in module):  # which may be of the role
        return {}
    companions = {one.name: one for carried in module for one in carried.companions}
    found: dict[str, Companion] = {}
    for carried in module:
        for chain in carried.chains:
            role, function = chain.parts.get("role", ""), companions.get(chain.parts.get("function", ""))
            is_whole = role in carried.callers and role not in carried.elsewhere
            if function is not None and is_whole and _ANSWERED in chain.actions:
                held = [one for one in documents if mark(role) in one.facts.get("on", "").split(", ")]
                fields = {**function.fields, "answering": ", ".join(dict.fromkeys(one.name for one in held))}
                found[function.name] = replace(function, fields=fields)
    return found


def attribute(resource: str, word: str) -> str:
    """A host's expression for an attribute of a resource, by its name there: `Stock.Arn`, `aws_vpclattice_service.stock.arn`."""
    return f"{resource}.{word.lower() if '.' in resource else word}"


#: what carries these has no name on AWS
_NAMELESS: Final = frozenset({"cedar", "core-network"})


def known_as(kind: str, *texts: str | None) -> dict[str, str]:
    """The fact `known-as` of a document: the first of some texts that the host writes for what carries it (its tag `Name`, its domain, its description); none where that is not known (None)."""
    found = next((text for text in texts if text != ""), None) if kind in _NAMELESS else None
    return {"known-as": found} if found and not has_hole(found) else {}


def told(**texts: Sequence[str]) -> dict[str, str]:
    """Facts that are several texts, in an order of their own; none of those without any."""
    return {name: ", ".join(sorted(set(held))) for name, held in texts.items() if held}


def listed(found: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    """What each carries by the names of others, in an order of its own."""
    of: dict[str, set[str]] = {}
    for carrier, text in found:
        of.setdefault(carrier, set()).add(text)
    return {carrier: tuple(sorted(texts)) for carrier, texts in of.items()}


def of_group(text: str) -> str:
    """What a member of a group carries."""
    return f"the policies of {text}"


def inline(holder: str, policy: str) -> dict[str, str]:
    """The facts `holder` and `policy` of an inline policy, as far as its host writes both out."""
    written = {"holder": holder, "policy": policy}
    return {name: text for name, text in written.items() if text and not has_hole(text)}


#: types of hosts that are one statement of a function's policy
PERMISSIONS: Final = frozenset(
    {"AWS::Lambda::Permission", "aws_lambda_permission", "awscc_lambda_permission"}
    | {"lambda.aws.upbound.io/Permission", "aws:lambda/permission:Permission"}
)
#: types of hosts that are one statement of a policy which the service keeps, where others may be beside it
STATEMENTS: Final = PERMISSIONS | {
    "AWS::Lambda::LayerVersionPermission",
    "aws_lambda_layer_version_permission",
    "AWS::Events::EventBusPolicy",
}


def bound_by(found: Sequence[tuple[str, str]]) -> dict[str, str]:
    """The facts `boundary` and `limit` of a document from what bounds each of those who carry it: a document of the host, or what is known of another."""
    if len(set(found)) == 1:
        here, elsewhere = found[0]
        return {"boundary": here} if here else {"limit": elsewhere} if elsewhere else {}
    told = dict.fromkeys(elsewhere or mark(here) for here, elsewhere in found if here or elsewhere)
    return {"limit": ", ".join(told)} if told else {}
