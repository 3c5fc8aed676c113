"""The syntax tree. Nodes say what was written, not what it means; spans and doc comments stay out of equality.

A node is a `record`, a frozen slotted dataclass in all but the cost of importing it. One module per file; every node has
a `span`. What stands below declarations is in `expression_nodes`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from policyc.record import field, record
from policyc.syntax.expression_nodes import (
    And,
    At,
    Bool,
    Call,
    Compare,
    CompareOp,
    Decimal,
    Entry,
    EnumType,
    Exists,
    Expr,
    Field,
    Ident,
    Int,
    Key,
    ListOf,
    NamedType,
    Not,
    Or,
    Quantified,
    Range,
    Record,
    Ref,
    Region,
    SetType,
    Str,
    TypeExpr,
)
from policyc.text import Span

if TYPE_CHECKING:
    from policyc.syntax.network_nodes import NetItem

__all__ = [
    "And",
    "At",
    "Bool",
    "Call",
    "Compare",
    "CompareOp",
    "Decimal",
    "Entry",
    "EnumType",
    "Exists",
    "Expr",
    "Field",
    "Ident",
    "Int",
    "Key",
    "ListOf",
    "NamedType",
    "Not",
    "Or",
    "Quantified",
    "Range",
    "Record",
    "Ref",
    "Region",
    "SetType",
    "Str",
    "TypeExpr",
]

# --- declarations -----------------------------------------------------------------------------------------------


@record
class Use:
    """`use "shared.policy" { shop, org }`; the path is relative to the project root."""

    path: Str
    names: tuple[Ident, ...]
    span: Span = field(compare=False)


@record
class Let:
    """`let shop: account = "…"`; `type` is None when left to inference."""

    name: Ident
    type: TypeExpr | None
    value: Expr
    span: Span = field(compare=False)
    doc: str = field(default="", compare=False)


@record
class Param:
    """`param stage: enum { dev, prod } = dev`; without a default it must be given."""

    name: Ident
    type: TypeExpr
    default: Expr | None
    span: Span = field(compare=False)
    doc: str = field(default="", compare=False)


@record
class PrincipalDecl:
    """`principal order_fn = role(shop, "order-service")`."""

    name: Ident
    value: Expr
    span: Span = field(compare=False)
    doc: str = field(default="", compare=False)


@record
class GroupDecl:
    """`group finance = idc_group("…")`."""

    name: Ident
    value: Expr
    span: Span = field(compare=False)
    doc: str = field(default="", compare=False)


@record
class Parameter:
    """One parameter of a predicate."""

    name: Ident
    type: TypeExpr
    span: Span = field(compare=False)


@record
class Predicate:
    """`predicate is_read(m: http_method) = m in [GET, HEAD]`."""

    name: Ident
    parameters: tuple[Parameter, ...]
    body: Expr
    span: Span = field(compare=False)
    doc: str = field(default="", compare=False)


@record
class Resource:
    """`resource mesh: lattice.service_network { … }`; `type` is the dotted name."""

    name: Ident
    type: Ref
    fields: Record
    span: Span = field(compare=False)
    doc: str = field(default="", compare=False)


@record
class ListClause:
    """`who a, b where …`, `can GET`, `on x`, `path "/stock"`; `where` only after `who`.

    `negated` is `who not …`, `can not …`, `path not …`: everything but the listed.
    """

    word: Literal["who", "can", "on", "path"]
    items: tuple[Expr, ...]
    where: Expr | None
    span: Span = field(compare=False)
    negated: bool = False


@record
class Condition:
    """`when …` or `unless …`."""

    word: Literal["when", "unless"]
    expr: Expr
    span: Span = field(compare=False)


@record
class Statement:
    """`allow "label" { … }`."""

    effect: Literal["allow", "deny"]
    label: Str | None
    clauses: tuple[ListClause | Condition, ...]
    span: Span = field(compare=False)
    doc: str = field(default="", compare=False)


@record
class Policy:
    """`policy inventory_auth for lattice on inventory { … }`."""

    name: Ident
    target: Ident
    on: Ref
    statements: tuple[Statement, ...]
    span: Span = field(compare=False)
    doc: str = field(default="", compare=False)


# --- networks: their items lie in `network_nodes.py` ----------------------------------------------------------------


@record
class Network:
    """`network core for cloudwan version "2025.11" { … }`."""

    name: Ident
    target: Ident
    version: Str
    items: tuple[NetItem, ...]
    span: Span = field(compare=False)
    doc: str = field(default="", compare=False)


# --- tests ------------------------------------------------------------------------------------------------------


@record
class RequestStep:
    """`request inventory { who: order_fn, can: GET, … }`."""

    resource: Ref
    fields: Record
    span: Span = field(compare=False)


@record
class AttachmentEntry:
    """`attachment dev1 { type: vpc, … }`."""

    name: Ident
    fields: Record
    span: Span = field(compare=False)


@record
class OnStep:
    """`on core { attachment … }`."""

    network: Ref
    attachments: tuple[AttachmentEntry, ...]
    span: Span = field(compare=False)


@record
class PathStep:
    """`path from dev1 to "10.2.0.10"`; `to` is an attachment name (`Ref`) or an address or prefix."""

    source: Ident
    to: Expr
    span: Span = field(compare=False)


@record
class ExpectDecision:
    """`expect allow by "label"`, `expect deny by default at inventory_auth`, `expect undecided`."""

    decision: Literal["allow", "deny", "undecided"]
    by: Str | Literal["default"] | None
    at: Ref | None
    span: Span = field(compare=False)


@record
class ExpectAttachment:
    """`expect dev1 in segment development by rule 200`, `expect fw in group firewalls`, `expect x unassociated`,
    `expect x pending acceptance`; `name` is the segment or group."""

    attachment: Ident
    state: Literal["segment", "group", "unassociated", "pending"]
    name: Ident | None
    rule: Int | None
    span: Span = field(compare=False)


@record
class ExpectPath:
    """About the last `path` step: `expect reachable`, `expect blocked`, `expect inspected by firewalls`,
    `expect not inspected`, `expect next hop prod1`."""

    state: Literal["reachable", "blocked", "inspected", "not inspected", "next hop"]
    name: Ident | None
    span: Span = field(compare=False)


@record
class ExpectNobody:
    """`expect no attachment of development reaches vault`: about every attachment of two segments, function groups or attachments."""

    source: Ident
    to: Ident
    span: Span = field(compare=False)


Step: TypeAlias = RequestStep | OnStep | PathStep | ExpectDecision | ExpectAttachment | ExpectPath | ExpectNobody


@record
class InlineTest:
    """`test "label" { … }`."""

    label: Str
    steps: tuple[Step, ...]
    span: Span = field(compare=False)
    doc: str = field(default="", compare=False)


@record
class RequestClaim:
    """`every request to inventory where … is deny`, `no request to inventory who auditor is allowed by "label"`.

    `to` are resources (none: all), `where` and `clauses` narrow the requests; `decision` is what `every` request gets, or what `no`
    request gets. `by` is the label of a statement or a policy (after `no`), `at` a gate (after `every`).
    """

    quantifier: Literal["every", "no"]
    to: tuple[Expr, ...]
    where: Expr | None
    clauses: tuple[ListClause | Condition, ...]
    decision: Literal["allow", "deny"]
    by: Str | Ref | None
    at: Ref | None
    span: Span = field(compare=False)


@record
class PathClaim:
    """`no path from development to production on core`, `every path from spokes to services is inspected by firewalls`.

    `source` is a segment or a function group, `to` one as well, or an address or prefix; `network` may be left out where there is one.
    """

    quantifier: Literal["every", "no"]
    source: Ident
    to: Expr
    network: Ref | None
    by: Ident | None
    span: Span = field(compare=False)


Claim: TypeAlias = RequestClaim | PathClaim


@record
class Prove:
    """`prove "label" { … }`: what holds for all requests, or for all attachments."""

    label: Str
    claims: tuple[Claim, ...]
    span: Span = field(compare=False)
    doc: str = field(default="", compare=False)


#: what has a label in place of a name
Labelled: TypeAlias = InlineTest | Prove

Declaration: TypeAlias = (
    Let | Param | PrincipalDecl | GroupDecl | Predicate | Resource | Policy | Network | InlineTest | Prove
)


@record
class Comment:
    """A `//` or `///` comment, its marker included, without the line break. `own_line` tells whether only blanks precede it."""

    text: str
    own_line: bool
    span: Span = field(compare=False)


@record
class Damaged:
    """A declaration whose text has a syntax error: its first `word`, the offset of that, and the name that it declares (None for a test)."""

    word: str
    name: Ident | None
    start: int


@record
class Module:
    """One file. `name` is the `module` line's, or None; `line` is where that line stands. `comments` are all comments in
    order of place.

    After syntax errors `declarations` holds what could be read, with mended and missing parts, for tools that look at text;
    only those in `sound` mean what was written. `damaged` names the others, those that were lost whole included;
    `mentioned` are the names on lines with a syntax error, which may have been meant to declare or import them.
    """

    name: Ident | None
    uses: tuple[Use, ...]
    declarations: tuple[Declaration, ...]
    span: Span = field(compare=False)
    comments: tuple[Comment, ...] = field(default=(), compare=False)
    line: Span | None = field(default=None, compare=False)
    damaged: tuple[Damaged, ...] = ()
    mentioned: tuple[Ident, ...] = field(default=(), compare=False)

    @property
    def sound(self) -> tuple[Declaration, ...]:
        """The declarations without a syntax error: the only ones that may be compiled."""
        if not self.damaged:
            return self.declarations
        starts = {item.start for item in self.damaged}
        return tuple(item for item in self.declarations if item.span.start not in starts)
