"""Tests for imported policies: for each statement a request that it is about and one just beside it, with what the engine says of both.

A request is made from the statement; what becomes of it is never assumed. It is asked, the answer is written down as the expectation of one
gate, and the test is run once more before it is kept. What nobody can decide makes no test.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path

from policyc.diagnostics import Diagnostics
from policyc.engines.trace import Decision, Outcome, Verdict
from policyc.importing.conditions import NoWords, attribute, literal_of
from policyc.importing.modules import Layout
from policyc.importing.names import Names
from policyc.importing.settle import Plan, Settled, built, written
from policyc.importing.statements import caller_node
from policyc.importing.tree import NOWHERE, listed, text, word
from policyc.ir.authz import All, Always, AnyOf, Atom, Cond, Op, Policy, RawTest, Statement
from policyc.ir.conditions import tests as tests_of
from policyc.ir.pattern import Plain, pattern_tokens
from policyc.model.types import EnumOf, Named, SetOf, shapes
from policyc.model.values import NOBODYS_ACCOUNT, Principal, Resource
from policyc.model.vocabulary import Attribute
from policyc.record import record as frozen
from policyc.simulation.answer import answer
from policyc.simulation.request import RequestBuilder
from policyc.simulation.runner import is_gate, run_tests
from policyc.syntax import nodes

_STRANGER = "somebody-else"
_ALWAYS = Always()
#: keys whose values `can` and `path` of a request state
_REQUEST_LINE = (":RequestMethod", ":RequestPath")
#: operators of raw tests that one of the written values passes
_PASSED_BY_VALUE = (
    "StringEquals",
    "StringLike",
    "StringEqualsIgnoreCase",
    "ArnEquals",
    "ArnLike",
    "NumericEquals",
    "Bool",
)


@frozen
class Witness:
    """A request that is asked for a policy. `fields` are its parts by name, `label` says what it shows, `about` names the statement that has to
    decide it, empty for any."""

    policy: str
    label: str
    about: str
    resource: str
    fields: Mapping[str, nodes.Expr]
    keys: Mapping[str, nodes.Ref]

    def step(self) -> nodes.RequestStep:
        entries = tuple(
            nodes.Entry(self.keys.get(name, word(name)), value, NOWHERE) for name, value in self.fields.items()
        )
        return nodes.RequestStep(word(self.resource), nodes.Record(entries, NOWHERE), NOWHERE)


def with_tests(plan: Plan, settled: Settled, layout: Layout, root: Path) -> Settled:
    """The files with a test for each decision that a request could show; the same as before where there is none."""
    wanted = list(_witnesses(plan, settled))
    if not wanted:
        return settled
    asked = [nodes.InlineTest(text(str(at)), (item.step(),), NOWHERE) for at, item in enumerate(wanted)]
    files = written(plan, layout, _by_policy(wanted, asked))
    probe = built(files, root, plan.opening.values(plan.names, files))
    if probe is None:
        return settled
    kept = [pair for pair in zip(wanted, _expectations(wanted, probe), strict=True) if pair[1] is not None]
    return _confirmed(kept, plan, layout, root) or settled


def _by_policy(wanted: Sequence[Witness], tests: Sequence[nodes.InlineTest]) -> dict[str, list[nodes.Declaration]]:
    out: dict[str, list[nodes.Declaration]] = {}
    for item, test in zip(wanted, tests, strict=True):
        out.setdefault(item.policy, []).append(test)
    return out


def _confirmed(
    kept: Sequence[tuple[Witness, nodes.ExpectDecision | None]], plan: Plan, layout: Layout, root: Path
) -> Settled | None:
    """The files with the tests that hold, each label once."""
    tests: list[nodes.InlineTest] = []
    seen: dict[str, int] = {}
    for item, expectation in kept:
        assert expectation is not None
        label = f"{item.policy}: {item.label}"
        seen[label] = seen.get(label, 0) + 1
        label = label if seen[label] == 1 else f"{label} ({seen[label]})"
        tests.append(nodes.InlineTest(text(label), (item.step(), expectation), NOWHERE))
    files = written(plan, layout, _by_policy([item for item, _ in kept], tests))
    found = built(files, root, plan.opening.values(plan.names, files))
    if found is None:
        return None
    passed = {result.label for result in run_tests(found.program, found.documents) if result.passed}
    if len(passed) == len(tests):
        return found
    held = [pair for pair, test in zip(kept, tests, strict=True) if test.label.value in passed]
    return _confirmed(held, plan, layout, root) if held else None


# --- what becomes of a request ----------------------------------------------------------------------------------


def _expectations(wanted: Sequence[Witness], probe: Settled) -> Iterator[nodes.ExpectDecision | None]:
    tests = {test.node.label.value: test for test in probe.program.tests}
    for at, item in enumerate(wanted):
        test, found = tests[str(at)], Diagnostics()
        step = test.node.steps[0]
        assert isinstance(step, nodes.RequestStep)
        request = RequestBuilder(probe.program, test.scope, found).from_step(step)
        outcome = None if request is None else answer(probe.program, probe.documents, request, found)
        yield None if outcome is None else _expectation(outcome, item)


def _expectation(outcome: Outcome, asked: Witness) -> nodes.ExpectDecision | None:
    """What the gate of a policy says, where it says something, nothing else overrules it, and it shows what it was asked for."""
    policy = asked.policy
    gate = next((gate for gate in outcome.gates if is_gate(gate, policy)), None)
    if gate is None:
        return None
    labels = [one.label for one in gate.decided_by if asked.about in ("", one.label)]
    match gate.verdict:
        case Verdict.ALLOW if outcome.decision is not Decision.DENY and labels:
            return nodes.ExpectDecision("allow", text(labels[0]), word(policy), NOWHERE)
        case Verdict.EXPLICIT_DENY if labels:
            return nodes.ExpectDecision("deny", text(labels[0]), word(policy), NOWHERE)
        case Verdict.IMPLICIT_DENY if not asked.about:
            return nodes.ExpectDecision("deny", "default", word(policy), NOWHERE)
        case _:
            return None


# --- requests ---------------------------------------------------------------------------------------------------


def _witnesses(plan: Plan, settled: Settled) -> Iterator[Witness]:
    for policy in settled.program.policies:
        on = policy.on
        if not isinstance(on, Resource):
            continue
        if on.type == "lattice.service":
            network = settled.program.resource(on.link("network"))
            above = settled.program.policies_on(network) if network is not None else ()
            gate = next((one.when for item in above for one in item.statements if one.effect == "allow"), Always())
            yield from _of_policy(policy, on.name, plan.names, True, gate)
        elif on.type == "client_vpn.endpoint":
            yield from _of_policy(policy, on.name, plan.names, False)
        elif on.type == "verified_access.group":
            fields = {"group": word(on.name), "protocol": word("https")}
            name = plan.names.resource(f"{on.name}_app", "verified_access.endpoint", on.name, "", **fields)
            yield from _of_policy(policy, name, plan.names, False)


def _of_policy(policy: Policy, resource: str, names: Names, calls: bool, gate: Cond = _ALWAYS) -> Iterator[Witness]:
    seen: set[object] = set()
    for statement in policy.statements:
        try:
            whole = _Draft(policy, statement, names, calls, gate)
            for label, draft in (("what it is about", whole), ("just beside it", whole.beside())):
                if (
                    draft is not None
                    and (key := repr(sorted(draft.fields.items(), key=lambda pair: pair[0]))) not in seen
                ):
                    seen.add(key)
                    about = statement.label if draft is whole else ""
                    yield Witness(
                        policy.name, f"`{statement.label}`, {label}", about, resource, draft.fields, draft.keys
                    )
        except NoWords:
            continue


@dataclass(slots=True)
class _Draft:
    """A request in the making: one that a statement of a policy is about, and that passes the `gate` of its network where that is easy."""

    policy: Policy
    statement: Statement
    names: Names
    calls: bool
    gate: Cond
    fields: dict[str, nodes.Expr] = field(default_factory=dict)
    keys: dict[str, nodes.Ref] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.calls:
            self.fields["who"] = self._caller()
            self.fields["can"] = self._verb()
            if self.fields["can"] != word("connect"):
                self.fields["path"] = text(self._path())
        for other in self.policy.statements:
            for test in tests_of(other.when):
                if test.attribute.presence == "always":
                    self._state(test.attribute, _example(test.attribute))
        self._meet(self.gate)
        self._meet(self.statement.when)

    def beside(self) -> _Draft | None:
        """The same request with one part changed that the statement asks for; None where it asks for nothing."""
        other = _Draft(self.policy, self.statement, self.names, self.calls, self.gate)
        who = self.statement.who
        if who is not None and not any(item.kind in ("anyone", "anonymous", "native") for item in who.principals):
            other.fields["who"] = self.names.principal(Principal("role", (self._account(), _STRANGER)))
            return other
        test = next((test for test in tests_of(self.statement.when) if test.attribute.name in other.fields), None)
        if test is not None and test.attribute.presence != "always":
            other.fields[test.attribute.name] = word("absent")
            return other
        if self.calls and self.statement.path is not None:
            other.fields["path"] = text("/somewhere/else")
            return other
        return None

    def _account(self) -> str:
        place = self.policy.on.place if isinstance(self.policy.on, Resource) else None
        return place.account if place is not None else NOBODYS_ACCOUNT

    def _caller(self) -> nodes.Expr:
        who = self.statement.who
        first = who.principals[0] if who is not None and who.principals and not who.negated else None
        match first.kind if first is not None else "anyone":
            case "anonymous":
                return word("anonymous")
            case "account":
                assert first is not None
                return self.names.principal(Principal("role", (first.args[0], _STRANGER)))
            case "role" | "user" | "service" | "session" | "federated_user":
                assert first is not None
                return caller_node(first, self.names)
            case "anyone" | "authenticated":
                return self.names.principal(Principal("role", (self._account(), _STRANGER)))
            case _:
                raise NoWords

    def _verb(self) -> nodes.Expr:
        can = self.statement.can
        on = self.policy.on
        tunnel = isinstance(on, Resource) and on.text("protocol") == "tls_passthrough"
        if can is not None and can.verbs and not can.negated and not can.verbs[0].glob:
            first = can.verbs[0].name
            return word("GET" if first == "invoke" else first)
        left_out = {verb.name for verb in can.verbs} if can is not None and can.negated else set()
        return word(
            "connect" if tunnel else next(name for name in ("GET", "POST", "PUT", "PATCH") if name not in left_out)
        )

    def _path(self) -> str:
        path, resources = self.statement.path, self.statement.resources
        if path is not None and not path.negated:
            return _concrete(path.patterns[0])
        for glob in resources.patterns if resources is not None and not resources.negated else ():
            _, slash, rest = glob.text.partition(":service/")
            if slash and "/" in rest and glob.pattern is not None:
                return _concrete("/" + rest.partition("/")[2])
        return "/"

    # --- conditions -------------------------------------------------------------------------------------------

    def _meet(self, cond: Cond) -> None:
        """State what makes a condition true, as far as that is easy to tell."""
        match cond:
            case All(items):
                for item in items:
                    self._meet(item)
            case AnyOf(items):
                self._meet(items[0])
            case Atom(op=Op.EQ, negated=False) if cond.attribute.native.endswith(_REQUEST_LINE):
                name = "can" if cond.attribute.native.endswith(_REQUEST_LINE[0]) else "path"
                value = str(cond.values[0].value)
                self.fields[name] = word(value) if name == "can" else text(value)
            case Atom(op=Op.LIKE, negated=False) if cond.attribute.native.endswith(_REQUEST_LINE):
                self.fields["path"] = text(_concrete(str(cond.values[0].value)))
            case Atom(op=Op.LT | Op.GT, negated=True):
                self._state(cond.attribute, nodes.Int(int(cond.values[0].value), NOWHERE))
            case Atom() if not cond.negated:
                self._state(cond.attribute, _passing(cond, self.names))
            case RawTest() if cond.operator in _PASSED_BY_VALUE and cond.values and cond.values[0].pattern is not None:
                self._state(cond.attribute, text(_concrete(cond.values[0].pattern)))
            case _:
                return

    def _state(self, item: Attribute, value: nodes.Expr | None) -> None:
        if value is None or item.native.endswith(_REQUEST_LINE):
            return
        self.keys[item.name] = attribute(item)
        self.fields[item.name] = listed([value]) if item.many else value


def _passing(atom: Atom, names: Names) -> nodes.Expr | None:
    """A value that passes a test; None where none is easy to tell."""
    if atom.op is Op.EXISTS:
        return _example(atom.attribute)
    first = atom.values[0].value
    match atom.op:
        case Op.LIKE:
            return text(_concrete(str(first)))
        case Op.IN_CIDR:
            return text(str(ip_network(str(first), strict=False)[0]))
        case Op.LT | Op.GT if isinstance(first, int) and not isinstance(first, bool):
            return nodes.Int(first - 1 if atom.op is Op.LT else first + 1, NOWHERE)
        case Op.EQ if atom.values[0].group is not None:
            return names.group(atom.values[0].group)
        case Op.EQ | Op.LE | Op.GE:
            kind = atom.attribute.type
            return literal_of(first, kind.item if isinstance(kind, SetOf) else kind, names)
        case _:
            return None


def _example(item: Attribute) -> nodes.Expr | None:
    """Some value that an attribute can have."""
    kind = item.type.item if isinstance(item.type, SetOf) else item.type
    if isinstance(kind, EnumOf):
        return word(kind.members[0])
    match kind:
        case Named("bool"):
            return nodes.Bool(True, NOWHERE)
        case Named("int" | "port" | "asn"):
            return nodes.Int(443, NOWHERE)
        case Named("string" | "vpc_id" | "account" | "ip" | "org_id" | "vpce_id"):
            return text(shapes()[kind.name].example)
        case _:
            return None


def _concrete(pattern: str) -> str:
    """A text that a pattern fits: `x` for each wildcard."""
    return "".join(token.char if isinstance(token, Plain) else "x" for token in pattern_tokens(pattern))
