"""What a target of Cedar policies may offer beside `Target`: text that stands by itself is checked, and asked about a context."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal, Protocol, TypeAlias, runtime_checkable

from policyc.diagnostics import Diagnostics
from policyc.engines.trace import Outcome
from policyc.ir.authz import Policy
from policyc.ir.program import Program
from policyc.model.values import Principal, Resource
from policyc.record import record
from policyc.syntax.cedar_nodes import Document
from policyc.syntax.json_text import JsonObject, JsonValue
from policyc.targets.base import Document as Emitted
from policyc.targets.cedar_documents.expression import Path
from policyc.targets.cedar_documents.facts import Fact
from policyc.text import Source, Span

#: A text with what was read from it.
Text: TypeAlias = tuple[Source, Document]
#: Opens a file that a comment at the span names, by its path from the project root; None after a report.
OpenText: TypeAlias = Callable[[str, Span, Diagnostics], "Source | None"]


def no_files(name: str, span: Span, diagnostics: Diagnostics) -> Source | None:
    """For a text that belongs to no project."""
    diagnostics.error("missing-file", f"`{name}` cannot be read here", span, "give it with `--claims NAME=FILE`")
    return None


@record
class Providers:
    """What is said beside the texts: types of trust providers and samples of their claims by policy reference name, and what the endpoint speaks that
    the texts are on (`http`, `tcp`; empty for not known)."""

    trust: Mapping[str, str]
    samples: Mapping[str, Source]
    open_file: OpenText
    protocol: str = ""


@record
class Question:
    """A request to texts: the context, and the attributes in it that are there with an unknown value."""

    context: Mapping[str, Any]
    unknown: Sequence[Path]
    switches: Mapping[str, str] = MappingProxyType({})


@runtime_checkable
class CedarTexts(Protocol):
    """A target whose policies people have as Cedar text."""

    @property
    def gates(self) -> tuple[str, ...]:
        """The places that a text of it may have, such as `group` and `endpoint`."""

    def facts(self, on: Resource | Principal, resources: Mapping[str, Resource]) -> Mapping[str, Fact]:
        """The attributes that a policy on a resource of it may use, by language name; empty for other resources."""

    def trust_problem(self, name: str, word: str) -> tuple[str, str, str] | None:
        """Rule, message and help when a trust provider of that name cannot have that type."""

    def check_text(self, source: Source, given: Providers, diagnostics: Diagnostics) -> Policy | None:
        """Report what only a reader of a text can see. The policy that it states comes back, None when it is no Cedar."""

    def ask_texts(self, texts: Mapping[str, Text], question: Question) -> Outcome:
        """The answer of texts by their gate. Raises `UnusableContext` or `NotOpen`."""


@record
class Record:
    """One record of an access log. Of a file with a record on each line each is a source of its own, `FILE:LINE`."""

    source: Source
    tree: JsonValue


@record
class Answered:
    """What texts say to a logged request, what the log says came of it (empty where it does not), and whether that is the same."""

    outcome: Outcome
    expected: Literal["allow", "deny", ""]
    agrees: bool


class Guard(Protocol):
    """Texts that decide together, with all that is said of them."""

    @property
    def texts(self) -> Mapping[str, Text]:
        """The texts by their gate."""

    @property
    def read(self) -> Sequence[Path]:
        """The attributes that they read."""

    def answer(self, context: JsonObject, unknown: Sequence[Path], diagnostics: Diagnostics) -> Outcome | None:
        """The answer to a context; None after reporting what in it cannot be asked."""

    def answer_record(self, tree: JsonValue, unknown: Sequence[Path], diagnostics: Diagnostics) -> Answered | None:
        """The same for a record of an access log, in which some attributes are unknown besides."""


@runtime_checkable
class Logs(Protocol):
    """A target of Cedar texts whose service logs what they decided, and on what."""

    @property
    def visited(self) -> str:
        """The resource type that records are about."""

    def guard_of(
        self, texts: Mapping[str, Text], given: Providers, switches: Mapping[str, str], diagnostics: Diagnostics
    ) -> Guard:
        """The guard that texts make; mistakes in their comments are reported."""

    def guard_on(
        self, on: Resource, program: Program, documents: Sequence[Emitted], given: Providers, diagnostics: Diagnostics
    ) -> Guard | None:
        """What a project deploys in front of a resource; None after a report."""

    def records(self, source: Source, diagnostics: Diagnostics) -> Sequence[Record]:
        """The records of a file; none after reporting what is wrong."""

    def is_documented(self, path: Path) -> bool:
        """Whether a request may have an attribute of that name, or something below it."""
