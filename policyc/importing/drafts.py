"""What becomes of one document: a policy whose statements still have several ways to be said."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from policyc.importing.conditions import NoWords
from policyc.importing.names import Names
from policyc.importing.statements import statement_node
from policyc.importing.tree import NOWHERE, ident, word
from policyc.ir.authz import Policy, Statement
from policyc.ir.program import Program
from policyc.record import record
from policyc.syntax import nodes
from policyc.targets.base import Document as TargetDocument
from policyc.targets.iam_documents.kinds import DocumentKind
from policyc.text import Source, Span


@record
class Given:
    """A document to import: its text, the name of its kind (empty: the shape tells), the ARN of what it is attached to where somebody
    stated it (`called` is a name at least), and the file that it should become, without its ending. `named` is False for one that was found in a folder: it is passed
    over when the language has no policies of its kind. `comments` are those above its statements, by their number. `trust` are the types of the trust
    providers that a Cedar text may count on, by name, and of an endpoint its `group` (the ARN, or what is `own` to the text of that) is known, and the `protocol` that it speaks may be; `own` tells a text from others whose ARN nobody knows. `auth` is `none` on a service or network of VPC Lattice that asks no policy, `behind` the ARN of the network that a service stands behind, `policy` what an identity policy is called on AWS."""

    source: Source
    kind: str = ""
    attached: str = ""
    stem: str = ""
    named: bool = True
    comments: Mapping[int, str] = MappingProxyType({})
    trust: Mapping[str, str] = MappingProxyType({})
    called: str = ""
    group: str = ""
    protocol: str = ""
    auth: str = ""
    policy: str = ""
    behind: str = ""
    own: str = ""


@dataclass(slots=True)
class Choice:
    """One statement: what it was in the document, and the ways to say it, the most readable one first. They are worked out when they are
    asked for, since the first one is nearly always taken."""

    original: Statement
    label: str
    more: Iterator[Statement]
    at: int = 0
    known: list[Statement] = field(default_factory=list)

    @property
    def span(self) -> Span | None:
        return self.original.span

    def way(self, at: int) -> Statement | None:
        """The way of that number; None when there are not as many."""
        while len(self.known) <= at:
            found = next(self.more, None)
            if found is None:
                return None
            self.known.append(found)
        return self.known[at]


@dataclass(slots=True)
class Draft:
    """One document on its way: `origin` is the policy that it states, `name` the name of the policy of the language for `target` on `on`,
    `doc` the comment above it, `left_out` the labels of statements that no request can ever match, `unplaced` whether nothing says which
    one it is on."""

    given: Given
    origin: Policy
    kind: DocumentKind
    name: str
    target: str
    on: str
    choices: list[Choice]
    left_out: list[str] = field(default_factory=list)
    doc: str = ""
    unplaced: bool = False

    def node(self, names: Names, resource_names: dict[str, str]) -> nodes.Policy:
        """The policy as it stands now. Ways that the language has no words for are passed over; raises NoWords when none is left."""
        statements = []
        for choice in self.choices:
            statements.append(self._statement(choice, names, resource_names))
        return nodes.Policy(ident(self.name), ident(self.target), word(self.on), tuple(statements), NOWHERE, self.doc)

    def _statement(self, choice: Choice, names: Names, resource_names: dict[str, str]) -> nodes.Statement:
        while (way := choice.way(choice.at)) is not None:
            try:
                doc = self.given.comments.get(choice.original.index, way.doc)
                return statement_node(replace(way, doc=doc), choice.label, names, resource_names)
            except NoWords:
                choice.at += 1
        raise NoWords


@record
class Whole:
    """A document that becomes one declaration which has but one way to be said: `differs` tells for a program that compiled, and the documents
    that it is built to, whether this one came out otherwise, and where in the original. `refused` are the rules by which the service
    would refuse the document, which therefore refuse the declaration too; `stricter` are the labels of denies that also hold
    where a value is of another kind than documented."""

    given: Given
    kind: str
    node: nodes.Policy | nodes.Network
    span: Span
    differs: Callable[[Program, Sequence[TargetDocument]], tuple[bool, Span | None]]
    refused: frozenset[str] = frozenset()
    stricter: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.node.name.text
