"""What a target of Cedar policies may offer beside `Target`: text that stands by itself is checked, and asked about a context."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Protocol, TypeAlias, runtime_checkable

from policyc.diagnostics import Diagnostics
from policyc.engines.trace import Outcome
from policyc.ir.authz import Policy
from policyc.model.values import Principal, Resource
from policyc.record import record
from policyc.syntax.cedar_nodes import Document
from policyc.targets.cedar_documents.expression import Path
from policyc.targets.cedar_documents.facts import Fact
from policyc.text import Source, Span

#: A text with what was read from it.
Text: TypeAlias = tuple[Source, Document]
#: Opens a file that a comment at the span names, by its path from the project root; None after a report.
OpenText: TypeAlias = Callable[[str, Span, Diagnostics], "Source | None"]


@record
class Providers:
    """What is said of trust providers beside the texts: types and samples of claims by policy reference name."""

    trust: Mapping[str, str]
    samples: Mapping[str, Source]
    open_file: OpenText


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
