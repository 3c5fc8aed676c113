"""What a target is: a vocabulary, limits, documents and the chain of gates that a request passes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, runtime_checkable

from policyc.diagnostics import Diagnostics
from policyc.ir.authz import Policy
from policyc.ir.program import Program
from policyc.model.values import Principal, Resource, Scalar
from policyc.model.vocabulary import Attribute, Vocabulary
from policyc.record import light, record
from policyc.text import Source, Span

if TYPE_CHECKING:
    from policyc.engines.trace import Outcome
    from policyc.ir.network import CoreNetwork
    from policyc.ir.program import BoundNetwork, BoundTest
    from policyc.ir.raw_forms import NativeForms
    from policyc.syntax.json_text import JsonValue

#: Opens a file of the project by its path from the root; what is wrong with it is reported at the span.
OpenFile: TypeAlias = Callable[[str, Span], Source | None]


class NoRequest(Exception):
    """A record of an access log that is no request which a policy decided; the text says why."""


@record
class MapEntry:
    """Where a part of a document came from. `pointer` is a JSON pointer (`/Statement/0`), or `line N` (from 1) for Cedar text."""

    pointer: str
    label: str
    span: Span


@record
class Addition:
    """Something that lowering put in though nobody wrote it: a guard, a split, `ArnLike` for a wildcard role."""

    pointer: str
    message: str
    span: Span | None


@record
class Quota:
    """A size limit of the service and how it counts: `counted` and `limit` in `unit`."""

    counted: int
    limit: int
    unit: str
    source: str


@record
class Document:
    """One native document, ready to be written.

    `path` is relative to the output folder (`lattice/inventory_auth.json`), `kind` names the JSON Schema
    `schemas/<kind>.schema.json` (`lattice/auth_policy`; empty for Cedar text), `text` the canonical bytes as text,
    `owner` the policy, network or resource that it belongs to, `attached_to` the id of the resource (or the name of the
    principal) that carries it, `role` the kind of gate it forms (`service`, `network`, `identity`, `bucket`, …).
    """

    path: str
    kind: str
    text: str
    owner: str
    attached_to: str
    role: str
    span: Span
    map: tuple[MapEntry, ...] = ()
    added: tuple[Addition, ...] = ()
    quota: Quota | None = None


class DocumentSet(tuple[Document, ...]):
    """The documents of a project, with the ones of a resource or a role at hand."""

    @cached_property
    def _by_carrier(self) -> dict[str, tuple[Document, ...]]:
        return _grouped(self, lambda item: item.attached_to)

    @cached_property
    def _by_role(self) -> dict[str, tuple[Document, ...]]:
        return _grouped(self, lambda item: item.role)

    @staticmethod
    def of(documents: Iterable[Document]) -> DocumentSet:
        return documents if isinstance(documents, DocumentSet) else DocumentSet(documents)

    def on(self, carrier: str) -> tuple[Document, ...]:
        """The documents that a resource or principal carries."""
        return self._by_carrier.get(carrier, ())

    @cached_property
    def kept(self) -> dict[Any, Any]:
        """What a target worked out from these documents and asks for again with every request."""
        return {}

    def with_role(self, role: str) -> tuple[Document, ...]:
        return self._by_role.get(role, ())


def _grouped(documents: Iterable[Document], key: Callable[[Document], str]) -> dict[str, tuple[Document, ...]]:
    found: dict[str, list[Document]] = {}
    for item in documents:
        found.setdefault(key(item), []).append(item)
    return {name: tuple(held) for name, held in found.items()}


@record
class Native:
    """A native document as somebody has it: its text, its kind as lint rules and `check --as` know it (`auth-policy`, `cedar`,
    `core-network`), and where that is known the resource that it is attached to, with those that this one may link to."""

    source: Source
    kind: str
    on: Resource | None = None
    resources: Mapping[str, Resource] = MappingProxyType({})


@light
class Request:
    """One request to a declared resource, with everything that it states.

    `who` None means that the caller is not stated. `values` maps an attribute's name in the language
    (`source.vpc`, `header["x-team"]`) to its values; a name with an empty tuple is stated to be absent, unless it is in `empty`: that was
    stated as a list without values. `attributes` has the vocabulary entry of each name, `spans` the place of each stated value.
    """

    resource: Resource
    who: Principal | None
    can: str | None
    path: str | None
    values: Mapping[str, tuple[Scalar, ...]] = MappingProxyType({})
    attributes: Mapping[str, Attribute] = MappingProxyType({})
    span: Span | None = None
    empty: frozenset[str] = frozenset()
    spans: Mapping[str, Span] = MappingProxyType({})
    unknown: frozenset[str] = frozenset()


@light
class StepResult:
    """One expectation of a test: whether it held, and what happened, in words (rule number, hops)."""

    span: Span
    passed: bool
    message: str


@runtime_checkable
class Hints(Protocol):
    """What a target may offer beside `Target`: help for names that its resources do not show."""

    def hint(self, on: Resource | Principal, resources: Mapping[str, Resource], name: str) -> str:
        """What to do about a name that `on` does not see; empty when the nearest name says it best."""


@runtime_checkable
class Completes(Protocol):
    """What a target may offer beside `Target`: files of the project that say more of its resources."""

    def complete(self, resource: Resource, open_file: OpenFile, diagnostics: Diagnostics) -> Resource:
        """The resource with what its files say; those that cannot be read are reported."""


@runtime_checkable
class TakesRaw(Protocol):
    """What a target of IAM documents may offer beside `Target`: statements may hold `raw(…)`."""

    def native_forms(self) -> NativeForms:
        """How its documents read such texts."""


@runtime_checkable
class Sorted(Protocol):
    """What a target may offer beside `Target`: its policies become documents of more than one kind."""

    def document_on(self, on: Resource | Principal | None) -> str:
        """The kind of document that a policy on `on` becomes."""


@runtime_checkable
class Visited(Protocol):
    """What a target may offer beside `Target`: resources that people reach."""

    @property
    def visited(self) -> str:
        """The resource type that `policyc matrix` asks about for every user and device."""


@runtime_checkable
class AsOne(Protocol):
    """What a target may offer beside `Target`: its documents are made of the whole project and not of the policies that they belong to."""

    @property
    def as_one(self) -> bool:
        """Whether it is so."""


@runtime_checkable
class Rooted(Protocol):
    """What a target may offer beside `Target`: names below Cedar's `context` that tell whose text it is."""

    @property
    def roots(self) -> frozenset[str]:
        """The names that the service chose itself and that no user of another one is likely to choose."""


@runtime_checkable
class Providers(Protocol):
    """What a target may offer beside `Target`: data that arrives under names which its resources choose."""

    def providers(self) -> Mapping[str, Mapping[str, Any]]:
        """Who sends such data, by the word of the language: `kind`, `doc`, `source`, and `attributes` by name (`type`, `many`,
        `presence`, `note`, `source`)."""


class BackEnd(Protocol):
    """What every back end says of itself. It lives in `targets/<folder>/__init__.py` as the module-level object `TARGET`."""

    @property
    def name(self) -> str:
        """The word after `for`."""

    @property
    def folder(self) -> str:
        """Where its data lies below `schemas/`: `vocabulary.json`, with `switches` for its open questions, and a schema for each kind
        of document."""

    @property
    def called(self) -> str:
        """Its name for people, as a heading over its lint rules."""

    def vocabulary(self) -> Vocabulary:
        """The target's own words."""

    def check_program(self, program: Program, diagnostics: Diagnostics) -> None:
        """Limits beyond single policies: what is wrong with the target's resources and networks."""

    @property
    def kinds(self) -> Mapping[str, str]:
        """The kinds of documents that it writes and reads, by `Document.kind`."""

    def emit(self, program: Program, diagnostics: Diagnostics) -> Sequence[Document]:
        """Every document of this target for the project, in a stable order. Called only for programs without errors."""

    def read(self, native: Native, diagnostics: Diagnostics) -> Policy | CoreNetwork | None:
        """What a native document of one of its kinds states, each part with its place and its label (Sid, `@id`, rule number).

        Total for what AWS stores: what the language has no word for is kept as it stands there, and what can match nothing matches
        nothing. None after reporting why a document cannot be read whole; what is doubtful in one, and what AWS would refuse to
        store of it, is for `check` to say.
        """


@runtime_checkable
class Network(BackEnd, Protocol):
    """A back end for `network` declarations: a graph, which takes no policies and no requests to resources."""

    @property
    def declared(self) -> Literal["network"]:
        """The word that declares it."""

    @property
    def document(self) -> str:
        """The kind of document that a network becomes, as `check --as` knows it."""

    def looks_like_one(self, tree: JsonValue) -> bool:
        """Whether a JSON value looks like such a document, or an answer of the service around one."""

    def read(self, native: Native, diagnostics: Diagnostics) -> CoreNetwork | None: ...

    def check_text(self, source: Source, diagnostics: Diagnostics, tree: JsonValue | None = None) -> CoreNetwork | None:
        """The network of a document; reports all that the service would refuse. None where its shape is wrong."""

    def lower(self, bound: BoundNetwork, diagnostics: Diagnostics) -> CoreNetwork | None:
        """The normal form of a declared network, not validated yet; None after reporting what cannot be said."""

    def run_steps(self, program: Program, test: BoundTest, diagnostics: Diagnostics) -> Sequence[StepResult]:
        """The result of each `expect` of a test, in order; mistakes in the test itself are reported."""

    def changes(self, old: CoreNetwork, new: CoreNetwork, switches: Mapping[str, str]) -> Sequence[str]:
        """What becomes other between two networks, each change as a sentence."""


class Target(BackEnd, Protocol):
    """A back end for policies on resources and callers."""

    @property
    def document(self) -> str:
        """The kind of document that a policy becomes, as lint rules know it (`auth-policy`, `identity`, `object-lambda`, `cedar`)."""

    @property
    def service(self) -> str:
        """The IAM prefix of the service whose actions the vocabulary lists completely; empty for none."""

    def scope(self, on: Resource | Principal, resources: Mapping[str, Resource]) -> Mapping[str, Attribute]:
        """The attributes that a policy on `on`, or a request to it, may use, by language name (`header[]` for keyed ones)."""

    def read(self, native: Native, diagnostics: Diagnostics) -> Policy | None: ...

    def check(self, policy: Policy, program: Program, diagnostics: Diagnostics) -> None:
        """Limits: report what this target cannot say, at the source span."""

    def simulate(
        self, program: Program, documents: Sequence[Document], request: Request, diagnostics: Diagnostics
    ) -> Outcome | None:
        """The answer for one request to a resource of this target; `documents` are those of all targets.

        None when the request cannot be asked (a diagnostic says why).
        """
