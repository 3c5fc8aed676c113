"""The normal form of an authorization policy: statements over typed tests, in negation normal form.

Absence has one meaning on every target: a test of an absent attribute is false, and its negation is true. A target's
lowering owes exactly this (see docs/language.md, "Absence").
"""

from __future__ import annotations

from dataclasses import field
from enum import StrEnum
from typing import Literal, TypeAlias

from policyc.model.types import Type
from policyc.model.values import Group, Principal, Resource, Scalar
from policyc.model.vocabulary import Attribute, Verb
from policyc.record import record
from policyc.text import Span


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


@record
class All:
    """Conjunction of two or more conditions; never directly nested."""

    items: tuple[Cond, ...]


@record
class AnyOf:
    """Disjunction of two or more conditions; never directly nested."""

    items: tuple[Cond, ...]


Cond: TypeAlias = Always | Never | Atom | All | AnyOf


@record
class Who:
    """The callers of a statement: any of `principals`, or (`negated`) everyone but them."""

    principals: tuple[Principal, ...]
    negated: bool = False
    span: Span | None = field(default=None, compare=False)


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
class Statement:
    """One `allow` or `deny`. A clause that the author left out is None (`who`, `can`, `path`) or empty (`on`).

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


@record
class Policy:
    """A checked policy: `on` is the resource that it is attached to, or the principal that carries it."""

    name: str
    target: str
    on: Resource | Principal
    statements: tuple[Statement, ...]
    file: str
    span: Span = field(compare=False)
    name_span: Span | None = field(default=None, compare=False)
    doc: str = field(default="", compare=False)
