"""What a lint rule is: one file below `lint/rules/`, with its documentation in the docstring.

The file `rules/<family>/<name>.py` holds `SEVERITY`, `SCOPE`, a docstring and `check(lint)`. The scope is `document` where what the rule finds in a policy
depends on that policy, the resource that it is on and those that this is linked with; it is `tied` where what `lint/ties.py` ties to
it counts as well, and `set` where all policies do. The family says which programs the rule is
loaded for: `project` for policy files, `policy` for those with a policy of any kind, `iam` for those whose policies are or become IAM
documents, else the name of one target; `NEEDS`, where a file has it, says more (`lint/needs.py`). Policies of the language and documents that were read (`targets/iam_documents/read.py`) are
the same to a rule; `lint/speech.py` has the words for either author.

A rule that only documents can break has ```json as=KIND blocks there. The docstring's first line is the summary; then come the headings of `HEADINGS`, in that order, as `## Heading` lines.
`Example` and `Use instead` hold one ```policy block each, or documents that are checked together: a whole file that imports what it needs from
`shop.policy` (see `lint/examples.py`); the tests run both.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar

from policyc.diagnostics import Diagnostic, Fix, Label, Severity
from policyc.ir.authz import Policy, Statement
from policyc.ir.program import Program
from policyc.per_object import PerObject
from policyc.record import field, record
from policyc.regex import regex
from policyc.targets.registry import target
from policyc.text import Span

if TYPE_CHECKING:
    from policyc.targets.base import Document, Sorted, Target

_BLOCK: Final = regex(r"^```(?:policy|json as=(?P<kind>\S+))\n(?P<text>.*?)^```", re.MULTILINE | re.DOTALL)
HEADINGS: Final = ("What it does", "Why is this bad", "Example", "Use instead", "Source")

_T = TypeVar("_T")


@record(frozen=False)
class Lint:
    """What a rule works on, and where it reports. `shared` keeps results that several rules need, by name."""

    program: Program
    documents: Sequence[Document]
    rule: str
    severity: Severity
    found: list[Diagnostic] = field(default_factory=list)
    shared: dict[str, Any] = field(default_factory=dict)

    def report(
        self, span: Span | None, message: str, help: str, labels: tuple[Label, ...] = (), fix: Fix | None = None
    ) -> None:
        """Add a finding of this rule at the part that is wrong."""
        self.found.append(Diagnostic(self.rule, message, span, help, self.severity, labels, fix))

    def statements(self, *kinds: str) -> Iterator[tuple[Policy, Statement]]:
        """Every statement with its policy, of the given kinds of document (`auth-policy`, `bucket`, …; all of them without any):
        policies of the language and documents that were read alike."""
        for policy in self.policies(*kinds):
            for statement in policy.statements:
                yield policy, statement

    def policies(self, *kinds: str) -> Iterator[Policy]:
        """Every policy of the given kinds of document; all of them without any."""
        if not kinds:
            return iter(self.program.policies)
        return (policy for policy, kind in self.once("kinds of policies", _kinds) if kind in kinds)

    def once(self, name: str, make: Callable[[Lint], _T]) -> _T:
        """The result of `make`, worked out by the first rule that asks for it."""
        if name not in self.shared:
            self.shared[name] = make(self)
        result: _T = self.shared[name]
        return result

    def text(self, span: Span) -> str:
        """The source text at a span."""
        source = self.program.sources.get(span.file)
        return "" if source is None else source.text[span.start : span.end]


def _kinds(lint: Lint) -> list[tuple[Policy, str]]:
    return [(policy, kind_of(policy)) for policy in lint.program.policies]


def kind_of(policy: Policy) -> str:
    """The kind of document that a policy is or becomes."""
    if policy.kind:
        return policy.kind
    owner = target(policy.target)
    sorts = _sorts(owner)
    return owner.document if sorts is None else sorts.document_on(policy.on)


def _as_sorted(owner: Target) -> Sorted | None:
    from policyc.targets.base import Sorted

    return owner if isinstance(owner, Sorted) else None


# to ask a protocol takes long, and every rule does for every policy
_sorts = PerObject["Target", "Sorted | None"](_as_sorted, 64)


@record
class Rule:
    """A loaded rule. `name` is the file's name in kebab-case; `yields_to` names the rules whose findings are the cause of its own
    where they lie within them (`YIELDS_TO` in the file), `follows` those of readers that are it anywhere in the same statement (`FOLLOWS`)."""

    name: str
    family: str
    severity: Severity
    doc: str
    check: Callable[[Lint], None]
    yields_to: tuple[str, ...] = ()
    follows: tuple[str, ...] = ()
    scope: str = "set"

    @property
    def summary(self) -> str:
        """The first line of the documentation."""
        return self.doc.partition("\n")[0]

    def section(self, heading: str) -> str:
        """The text under one heading, empty when it is missing."""
        out: list[str] = []
        inside = False
        for line in self.doc.splitlines():
            if line.startswith("## "):
                inside = line[3:].strip() == heading
            elif inside:
                out.append(line)
        return "\n".join(out).strip()

    def example(self, heading: str) -> str:
        """The text of the section's first code block, empty when there is none."""
        found = _BLOCK.search(self.section(heading))
        return "" if found is None else found["text"]

    def example_documents(self, heading: str) -> tuple[tuple[str, str], ...]:
        """Kind and text of the IAM documents that the section shows, which are checked together; none for a policy of the language."""
        return tuple((item["kind"], item["text"]) for item in _BLOCK.finditer(self.section(heading)) if item["kind"])
