"""The normal form of an authorization policy: statements over typed tests, in negation normal form.

Absence has one meaning on every target: a test of an absent attribute is false, and its negation is true. A target's
lowering owes exactly this (see docs/language.md, "Absence").
"""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, TypeAlias

from policyc.ir.origin import Origin as Origin
from policyc.ir.pattern import Wild, escape_pattern
from policyc.model.types import STRING, Type
from policyc.model.values import Group, Principal, Resource, Scalar
from policyc.model.vocabulary import Attribute, Verb
from policyc.record import field, record
from policyc.text import Span

if TYPE_CHECKING:
    from policyc.syntax.cedar_nodes import Expr


class Op(StrEnum):
    """Comparison of one attribute with literals. Inequality is a negated `EQ`; the ordering pairs are each other's complement
    for a present value."""

    EQ = "=="
    LIKE = "like"
    LT = "<"
    LE = "<="
    GT = ">"
    GE = ">="
    IN_CIDR = "in cidr"
    EXISTS = "exists"


@record
class Constant:
    """A typed literal on the right of a test; a directory group keeps its kind in `group`.

    A `LIKE` value is the pattern text: `*` any run, `?` one character, `\\*` `\\?` `\\\\` the plain characters.
    """

    type: Type
    value: Scalar
    group: Group | None = None
    span: Span | None = field(default=None, compare=False)


@record
class Always:
    """True for every request."""


@record
class Never:
    """False for every request."""


@record
class Spelling:
    """How a native document writes a test: its operator, its key, the values, and the place of the key."""

    operator: str
    key: str
    values: tuple[Glob, ...]
    key_span: Span


@record
class Atom:
    """One attribute against one or more literals.

    Without `negated`, a single-valued attribute passes when it is present and compares with ANY of `values`.
    On a multi-valued attribute `quantifier` is set: `any` passes when at least one value of the attribute compares with
    any literal; `all` passes when the attribute is present, not empty, and every value of it compares with some literal.
    `negated` gives the exact complement of all that, so an absent attribute passes. `EXISTS` has no values.
    """

    attribute: Attribute
    op: Op
    values: tuple[Constant, ...]
    quantifier: Literal["", "any", "all"] = ""
    negated: bool = False
    span: Span | None = field(default=None, compare=False)
    spelling: Spelling | None = field(default=None, compare=False)


@record
class All:
    """Conjunction of two or more conditions; never directly nested."""

    items: tuple[Cond, ...]


@record
class AnyOf:
    """Disjunction of two or more conditions; never directly nested."""

    items: tuple[Cond, ...]


@record
class Variable:
    """A place in a value that a request fills: `key` as written; `default` None when there is none."""

    key: str
    default: str | None = None


Tokens: TypeAlias = tuple["str | Wild | Variable", ...]


@record
class Glob:
    """A text of a native document: as written, and as its pieces (plain text, wildcards, policy variables)."""

    text: str
    tokens: Tokens
    span: Span | None = field(default=None, compare=False)

    @property
    def pattern(self) -> str | None:
        """The same as a pattern of the language; None when a variable stands in it."""
        return _pattern_of(self.tokens)


@lru_cache(maxsize=4096)
def _pattern_of(tokens: Tokens) -> str | None:
    out: list[str] = []
    for token in tokens:
        if isinstance(token, Variable):
            return None
        out.append(token.value if isinstance(token, Wild) else escape_pattern(token))
    return "".join(out)


@record
class RawTest:
    """A test of a native document that no `Atom` says exactly: the operator with its prefix and suffix, as written, on one
    key. `attribute` is what a vocabulary knows of the key, else `raw_attribute(key)`. `negated` gives the exact complement.
    """

    operator: str
    attribute: Attribute
    values: tuple[Glob, ...]
    negated: bool = False
    span: Span | None = field(default=None, compare=False)
    spelling: Spelling | None = field(default=None, compare=False)


@record
class RawExpression:
    """A condition of a Cedar text that no `Atom` says exactly, as it stands there.

    It holds when it evaluates to `true`; one whose evaluation fails does not. `negated` gives the exact complement of that.
    """

    expression: Expr
    negated: bool = False
    span: Span | None = field(default=None, compare=False)


Cond: TypeAlias = Always | Never | Atom | RawTest | RawExpression | All | AnyOf


@record
class Who:
    """The callers of a statement: any of `principals`, or (`negated`) everyone but them.

    `by_level` is how `NotPrincipal` of an IAM deny spares callers: only when the account, the role or user, and the
    session are all listed, so that it covers more than "everyone but them".
    """

    principals: tuple[Principal, ...]
    negated: bool = False
    span: Span | None = field(default=None, compare=False)
    by_level: bool = False


@record
class Can:
    """The verbs of a statement; empty `verbs` stands for all that the resource type has."""

    verbs: tuple[Verb, ...]
    negated: bool = False
    span: Span | None = field(default=None, compare=False)


@record
class Paths:
    """The request paths of a statement as patterns (`*`, `?`; `\\*` literal), or (`negated`) all but them."""

    patterns: tuple[str, ...]
    negated: bool = False
    span: Span | None = field(default=None, compare=False)


@record
class Resources:
    """The resources of a statement of a native document: ARN patterns, or (`negated`) all but them. None at all cover nothing."""

    patterns: tuple[Glob, ...]
    negated: bool = False
    span: Span | None = field(default=None, compare=False)


@record
class Statement:
    """One `allow` or `deny`. A clause that the author left out is None (`who`, `can`, `path`) or empty (`on`).

    A statement of a native document has `resources` in place of `on` and `path`.

    `when` joins every `when`, `unless` and `who … where` of the statement. `index` counts statements in the policy from 0.
    """

    effect: Literal["allow", "deny"]
    label: str
    who: Who | None
    can: Can | None
    on: tuple[Resource, ...]
    path: Paths | None
    when: Cond
    index: int = 0
    span: Span | None = field(default=None, compare=False)
    label_span: Span | None = field(default=None, compare=False)
    doc: str = field(default="", compare=False)
    resources: Resources | None = None


@record
class Policy:
    """A checked policy: `on` is the resource that it is attached to, or the principal that carries it.

    `origin` says what its author wrote, and so in whose words to speak of it; `kind` names the kind of document that a
    native text is (`auth-policy`, `bucket`, …), empty for a policy of the language.
    """

    name: str
    target: str
    on: Resource | Principal
    statements: tuple[Statement, ...]
    file: str
    span: Span = field(compare=False)
    name_span: Span | None = field(default=None, compare=False)
    doc: str = field(default="", compare=False)
    origin: Origin = Origin.LANGUAGE
    kind: str = ""


def raw_attribute(key: str) -> Attribute:
    """The attribute of a key that no vocabulary knows; it may have any number of values."""
    return Attribute(f'key["{key}"]', key, STRING, keyed=True, key=key)
