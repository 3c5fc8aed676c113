"""What every kind of way has: gates, the decision, and how a solution is stated as a request of the language."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType

from policyc.analysis.conditions import folded
from policyc.analysis.formula import FALSE, TRUE, Formula, Lit
from policyc.analysis.question import Said, Space
from policyc.analysis.solver import Solution
from policyc.diagnostics import Diagnostics
from policyc.engines.iam.switches import BY_NAME, DEFAULT
from policyc.engines.proofs.texts import test_of, whole
from policyc.ir.authz import Policy, Statement
from policyc.ir.pattern import pattern_tokens
from policyc.ir.program import Program
from policyc.model.values import Resource
from policyc.model.vocabulary import Verb
from policyc.record import record
from policyc.syntax.json_text import parse_json
from policyc.targets.base import Document
from policyc.targets.iam_documents.gates import statement_origins
from policyc.targets.iam_documents.kinds import KINDS
from policyc.targets.iam_documents.read import read_policy
from policyc.targets.registry import back_end
from policyc.targets.switches import iam_switches
from policyc.text import Source


@record
class OpenIdentity:
    """The atom that policies of the caller which nobody gave allow the request, everywhere or what one hop asks."""

    hop: str = ""


@record
class Line:
    """One statement of a gate: its label, what it says, and whether it matches."""

    label: str
    statement: Statement
    lit: Lit


@record
class Beside:
    """Statements of documents that count at a gate and belong to callers: what these are called, and whose they are in words (empty: everybody's)."""

    title: str
    whose: str
    lines: tuple[Line, ...]


@record
class Gate:
    """One gate: the `names` that people call it by, what it says by itself, its statements, and which requests get to it. `beside` are documents of
    callers that count there too, `actions` what it is asked, by the verb of the request."""

    names: tuple[str, ...]
    kind: str
    allowed: Lit
    allows: tuple[Line, ...] = ()
    denies: tuple[Line, ...] = ()
    reached: Lit = TRUE
    beside: tuple[Beside, ...] = ()
    actions: Mapping[str, str | None] = MappingProxyType({})

    def statements(self, label: str) -> list[Lit]:
        """The statements that allow and have a label."""
        return [line.lit for line in self.allows if line.label == label]


@record
class Asking:
    """A solution as a request of the language: its fields in order, each with its value as text. `plain` is another spelling of the
    caller that says less, which reads better where it is enough."""

    fields: tuple[tuple[str, str], ...]
    plain: tuple[tuple[str, str], ...]


@record
class Way:
    """The way of requests to one resource.

    `allowed` is the decision, `world` what every such request keeps to, `open_identity` the atom of the policies of callers that nobody gave
    (FALSE where there are none), `doubts` what keeps "no such request" from being a proof, `given` what is taken as given, `asking` states a
    solution as a request. `upper` tells that more may be taken for allowed than is, never less. Callers of the account `owner`, who are
    `inside`, may be allowed by their own policies, without a statement of the resource. `verbs` are those that a request can have by name, none
    where requests have no verb.
    """

    resource: Resource
    space: Space
    gates: tuple[Gate, ...]
    allowed: Lit
    world: tuple[Lit, ...]
    asking: Callable[[Solution], Asking]
    open_identity: Lit = FALSE
    doubts: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    upper: bool = False
    inside: Lit = FALSE
    owner: str = ""
    verbs: tuple[tuple[str, Lit], ...] = ()

    def gate(self, name: str) -> Gate | None:
        """The gate that people mean by a name: its policy, its resource, or its kind."""
        return next((gate for gate in self.gates if name in gate.names or name == gate.kind), None)


@record
class Ways:
    """The way of one side with the `best` and with the `worst` of what nobody knows of callers' own policies, and with an atom for it at `each` hop."""

    best: Way
    worst: Way
    each: Way


def gate_of(
    formula: Formula, space: Space, documents: Sequence[Document], policies: Sequence[Policy], kind: str, name: str
) -> Gate:
    """The gate that documents form together: one of them allows, and none denies."""
    saids = [space.said(policy) for policy in policies]
    allow = formula.some(said.some_allow for said in saids)
    deny = formula.some(said.some_deny for said in saids)
    names = tuple(dict.fromkeys([*(document.owner for document in documents), name]))
    return Gate(
        names,
        kind,
        formula.every((allow, -deny)),
        tuple(_lines(documents, saids, "allow")),
        tuple(_lines(documents, saids, "deny")),
    )


def _lines(documents: Sequence[Document], saids: Sequence[Said], effect: str) -> list[Line]:
    out: list[Line] = []
    for document, said in zip(documents, saids, strict=True):
        labels = [label for label, _ in statement_origins(document)]
        for statement, lit in said.allows if effect == "allow" else said.denies:
            known = statement.index < len(labels)
            out.append(Line(labels[statement.index] if known else statement.label, statement, lit))
    return out


def is_meant(verb: Verb, action: str) -> bool:
    """Whether an action is one of those that a statement names so."""
    return test_of(whole(pattern_tokens(folded(verb.action).replace("\\", "\\\\"))))(folded(action))


def passed(names: tuple[str, ...], kind: str) -> Gate:
    """A gate that asks nobody."""
    return Gate(names, kind, TRUE)


def refused(names: tuple[str, ...], kind: str) -> Gate:
    """A gate that refuses everyone."""
    return Gate(names, kind, FALSE)


@lru_cache(maxsize=2048)
def policy_of(document: Document, target: str, switches: tuple[tuple[str, str], ...]) -> Policy:
    """A document as the analysis reads it back. Raises ValueError when it cannot be read, which is a bug: it was emitted."""
    tree = parse_json(Source(document.path, document.text), Diagnostics())
    if tree is None:
        raise ValueError(f"the document {document.path} is no JSON")
    # what bounds callers is raw, and called by its role
    kind = KINDS[back_end(target).kinds.get(document.kind) or document.role]
    return read_policy(tree, kind, document.path, iam_switches(dict(switches)))


def switches_of(program: Program) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(program.switches.items()))


def turned_switches(program: Program) -> list[str]:
    """Doubts about switches of the deciding engine that the project turned: only the default is proven for."""
    chosen = iam_switches(program.switches)
    turned = sorted(name for name in BY_NAME if chosen.choice(name) != DEFAULT.choice(name))
    return [f"the switch `{name}` is turned, and only its default is proven for" for name in turned]
