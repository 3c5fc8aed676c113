"""Tests of networks in the language: attachments placed `on` a network, and what is expected of them and of paths."""

from __future__ import annotations

from collections.abc import Mapping

from policyc.diagnostics import Diagnostics, Label, did_you_mean, write_instead
from policyc.engines.wan.associate import Association, Standing
from policyc.engines.wan.attachments import Attachment
from policyc.engines.wan.core import build_core
from policyc.engines.wan.prefixes import Prefix, has_host_bits, parse_prefix
from policyc.engines.wan.reach import Answer, Target, Verdict, build_tables, reach, reach_back
from policyc.engines.wan.round_trip import RoundTrip, Trip
from policyc.engines.wan.switches import DEFAULT, Switches
from policyc.engines.wan.tables import Tables
from policyc.ir.network import CoreNetwork
from policyc.ir.program import BoundTest, Program, find_network
from policyc.model.literals import host_bits
from policyc.model.scope import Scope
from policyc.model.values import Value
from policyc.record import field, record
from policyc.syntax import nodes
from policyc.targets.base import StepResult
from policyc.targets.cloud_wan.crowds import crossings, crowd_names, find_crowd
from policyc.targets.cloud_wan.inventory import Given, check_regions, is_prefix_list, read_attachment, read_prefix_list
from policyc.targets.cloud_wan.lower import lower_network
from policyc.text import Span


def run_network_steps(
    program: Program, test: BoundTest, diagnostics: Diagnostics, switches: Switches = DEFAULT
) -> list[StepResult]:
    """The result of each `expect` of a test, in order. Mistakes in the test itself go to `diagnostics`."""
    return _Run(program, test, diagnostics, switches).run()


@record(frozen=False)
class _Run:
    program: Program
    test: BoundTest
    diagnostics: Diagnostics
    switches: Switches
    network: CoreNetwork | None = None
    attachments: dict[str, Attachment] = field(default_factory=dict)
    lists: dict[str, tuple[Prefix, ...]] = field(default_factory=dict)
    places: dict[str, Span] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    tables: Tables | None = None
    source: str = ""
    answer: Answer | None = None
    path: nodes.PathStep | None = None
    asked: bool = True
    results: list[StepResult] = field(default_factory=list)

    def run(self) -> list[StepResult]:
        lost = False
        for step in self.test.node.steps:
            match step:
                case nodes.OnStep():
                    lost = not self._on(step)
                case _ if lost:
                    continue  # what follows is about a network that was told to be wrong
                case nodes.ExpectAttachment():
                    self._expect_attachment(step)
                case nodes.PathStep():
                    self._follow(step)
                case nodes.ExpectPath():
                    self._expect_path(step)
                case nodes.ExpectNobody():
                    self._expect_nobody(step)
                case nodes.ExpectDecision(decision="undecided", by=None, at=None):
                    self._expect_undecided(step.span)
                case nodes.RequestStep() | nodes.ExpectDecision():
                    self._misplaced(
                        step.span,
                        "this is about a request, and the test is about a network",
                        "put it into a test of its own; of a path expect `reachable`, `blocked` or `undecided`",
                    )
        self._unused()
        return self.results

    def _misplaced(self, span: Span, message: str, help: str) -> None:
        self.diagnostics.error("misplaced-step", message, span, help)

    # --- attachments ------------------------------------------------------------------------------------------

    def _on(self, step: nodes.OnStep) -> bool:
        """Whether there is such a network."""
        bound = find_network(self.program, self.test.scope, step.network, self.diagnostics)
        if bound is None:
            return False
        lowered = lower_network(bound, self.diagnostics)
        if lowered is None:
            return False
        if self.network is not None and self.network.name != lowered.network.name:
            self.attachments, self.places, self.lists, self.broken = {}, {}, {}, set()
        self.network, self.tables, self.answer = lowered.network, None, None
        for entry in step.attachments:
            self._attach(entry)
        return True

    def _attach(self, entry: nodes.AttachmentEntry) -> None:
        name = entry.name.text
        if name in self.places:
            self.diagnostics.error(
                "duplicate-name",
                f"attachment `{name}` is declared twice",
                entry.name.span,
                "rename one of them",
                (Label(self.places[name], "first declared here"),),
            )
            return
        self.places[name] = entry.name.span
        fields = fold_fields(entry.fields, self.test.scope, self.diagnostics)
        if fields is None:
            self.broken.add(name)
            return
        if is_prefix_list(fields):
            listed = read_prefix_list(name, fields, entry.name.span, self.diagnostics)
            if listed is not None:
                self.lists[listed.alias] = listed.prefixes
            return
        attachment = read_attachment(name, fields, entry.name.span, self.diagnostics)
        if attachment is None:
            self.broken.add(name)
            return
        if self.network is not None and not self._outside(name):
            check_regions([attachment], self.network.locations, self.diagnostics)
        self.attachments[name] = attachment

    def _outside(self, name: str) -> bool:
        """Whether the test says that the attachment is in no segment: then a Region without an edge may be meant."""
        return any(
            isinstance(step, nodes.ExpectAttachment) and step.state == "unassociated" and step.attachment.text == name
            for step in self.test.node.steps
        )

    def _tables(self) -> Tables | None:
        if self.tables is None and self.network is not None:
            self.tables = build_tables(
                build_core(self.network, tuple(self.attachments.values()), self.switches, self.lists)
            )
        return self.tables

    def _association(self, ident: nodes.Ident) -> Association | None:
        tables = self._tables()
        if tables is None:
            self._misplaced(ident.span, "no network is named before this", "write `on NETWORK { attachment … }` first")
            return None
        found = tables.core.associations.get(ident.text)
        if found is None and ident.text not in self.broken:
            self.broken.add(ident.text)  # told once
            self.diagnostics.error(
                "unknown-attachment",
                f"no attachment is named `{ident.text}`",
                ident.span,
                did_you_mean(ident.text, self.attachments, "declare it in `on NETWORK { attachment … }`"),
            )
        return found

    def _expect_attachment(self, step: nodes.ExpectAttachment) -> None:
        association = self._association(step.attachment)
        if association is None:
            return
        name = step.attachment.text
        happened = f"`{name}`: {association.sentence}"
        if self._unknown_place(step):
            return
        wanted = {
            "segment": Standing.SEGMENT,
            "group": Standing.GROUP,
            "unassociated": Standing.UNASSOCIATED,
            "pending": Standing.PENDING,
        }[step.state]
        held = association.standing is wanted and (step.name is None or association.place == step.name.text)
        if held and step.rule is not None and association.rule_number != step.rule.value:
            seen = "no rule" if association.rule_number is None else f"rule {association.rule_number}"
            self._result(step.span, False, f"expected rule {step.rule.value} to decide on `{name}`, but {seen} did")
            return
        what = step.state if step.name is None else f"in {step.state} {step.name.text}"
        self._result(
            step.span,
            held,
            happened if held else f"expected `{name}` {what}; {happened}{_acceptance_hint(association)}",
        )

    def _unknown_place(self, step: nodes.ExpectAttachment) -> bool:
        """A segment or group that the network does not have is a mistake in the test."""
        if step.name is None or self.network is None:
            return False
        kind = "segment" if step.state == "segment" else "function group"
        items = self.network.segments if step.state == "segment" else self.network.groups
        known = [item.name.text for item in items]
        if step.name.text in known:
            return False
        self.diagnostics.error(
            "network-unknown-name",
            f"no {kind} is named `{step.name.text}`",
            step.name.span,
            did_you_mean(step.name.text, known, f"the network declares {', '.join(known) or 'none'}"),
        )
        return True

    # --- paths ------------------------------------------------------------------------------------------------

    def _unused(self) -> None:
        if not self.asked and self.path is not None:
            self.diagnostics.error(
                "test-without-expectation",
                "nothing is expected of this path",
                self.path.span,
                "write `expect …` after it",
            )

    def _follow(self, step: nodes.PathStep) -> None:
        self._unused()
        self.path, self.asked, self.answer, self.source = step, False, None, step.source.text
        association = self._association(step.source)
        target = self._target(step.to)
        tables = self._tables()
        if association is not None and target is not None and tables is not None:
            self.answer = reach(tables, step.source.text, target)

    def _target(self, expr: nodes.Expr) -> Target | None:
        if isinstance(expr, nodes.Ref) and expr.simple in self.attachments:
            attachment = self.attachments[expr.simple]
            if not attachment.prefixes:
                self.diagnostics.error(
                    "attachment-field",
                    f"`{attachment.name}` has no `cidrs`, so no path leads to it",
                    expr.span,
                    "give it `cidrs`, or name an address",
                )
                return None
            return Target(attachment.prefixes, attachment.name)
        if isinstance(expr, nodes.Ref) and expr.simple in self.broken:
            return None  # it was told to be wrong
        if isinstance(expr, nodes.Ref) and expr.simple is not None and self.test.scope.lookup(expr.simple) is None:
            self.broken.add(expr.simple)
            self.diagnostics.error(
                "unknown-attachment",
                f"no attachment is named `{expr.simple}`",
                expr.span,
                did_you_mean(expr.simple, self.attachments, "name an attachment, an address or a prefix"),
            )
            return None
        value = self.test.scope.value(expr, None, self.diagnostics)
        return None if value is None else read_target(str(value.data), expr.span, self.diagnostics)

    def _asked_answer(self, span: Span) -> Answer | None:
        """The answer for the last path; None after a finding about it, or without a path."""
        if self.path is None:
            self._misplaced(span, "there is no path that this could be about", "write `path from … to …` before it")
            return None
        self.asked = True
        return self.answer

    def _expect_undecided(self, span: Span) -> None:
        """That a path cannot be known: the service picks a way that nobody publishes, or something is not stated."""
        answer = self._asked_answer(span)
        if answer is not None:
            trip = RoundTrip(answer, self._back())
            held, story = trip.trip is Trip.UNDECIDED, tell(trip)
            self._result(span, held, story if held else f"expected undecided, but the path is {story}")

    def _expect_path(self, step: nodes.ExpectPath) -> None:
        answer = self._asked_answer(step.span)
        if answer is None:
            return
        if self._unknown_way(step):
            return
        trip = RoundTrip(answer, self._back())
        held = path_holds(step, trip)
        wanted = (
            step.state
            if step.name is None
            else f"{step.state} {'by ' if step.state == 'inspected' else ''}{step.name.text}"
        )
        story = tell(trip)
        self._result(step.span, held, story if held else f"expected {wanted}, but the path is {story}")

    def _expect_nobody(self, step: nodes.ExpectNobody) -> None:
        """That every path from one crowd to another is certain to be blocked; a crowd without members is a mistake in the test."""
        tables = self._tables()
        if tables is None:
            text = "no network is named before this"
            self._misplaced(step.span, text, "write `on NETWORK { attachment … }` first")
            return
        here, there = (self._crowd(tables, name) for name in (step.source, step.to))
        if here is None or there is None:
            return
        for crossing in crossings(tables, here, there):
            one, other = crossing.sending[0].name, crossing.receiving[0].name
            may = "reaches" if crossing.arrives else "may reach"
            message = f"expected nobody, but `{one}` {may} `{other}`: {crossing.answer.sentence}"
            self._result(step.span, False, message)
            return
        self._result(step.span, True, f"no attachment of {step.source.text} reaches {step.to.text}")

    def _crowd(self, tables: Tables, name: nodes.Ident) -> list[Attachment] | None:
        found = find_crowd(tables, name.text)
        if found:
            return found
        if found is None:
            names = crowd_names(tables)
            help = did_you_mean(name.text, names, "name a segment, a function group or an attachment")
            self.diagnostics.error("network-unknown-name", f"nothing is named `{name.text}`", name.span, help)
        else:
            help = "attach something there in `on NETWORK { attachment … }`, or nothing is proven"
            self.diagnostics.error("test-without-expectation", f"nothing is attached to `{name.text}`", name.span, help)
        return None

    def _unknown_way(self, step: nodes.ExpectPath) -> bool:
        """A function group, or a next hop, that there is not is a mistake in the test."""
        if step.name is None or self.network is None:
            return False
        groups = [group.name.text for group in self.network.groups]
        hop = step.state == "next hop"
        known = [*groups, *self.attachments] if hop else groups
        if step.name.text in known:
            return False
        if step.name.text in self.broken:
            return True
        what = "attachment or function group" if hop else "function group"
        self.diagnostics.error(
            "network-unknown-name",
            f"no {what} is named `{step.name.text}`",
            step.name.span,
            did_you_mean(
                step.name.text,
                known,
                "declare it in `on NETWORK { attachment … }`" if hop else "declare it with `function_group`",
            ),
        )
        return True

    def _back(self) -> Answer | None:
        assert self.tables is not None and self.answer is not None
        return reach_back(self.tables, self.source, self.answer)

    def _result(self, span: Span, passed: bool, message: str) -> None:
        self.results.append(StepResult(span, passed, message))


def _acceptance_hint(association: Association) -> str:
    pending = association.standing is Standing.PENDING
    return " (write `accepted: true` for an attachment that was accepted)" if pending else ""


def path_holds(step: nodes.ExpectPath, trip: RoundTrip) -> bool:
    """Whether a path is what was expected: `reachable` asks for both directions, all others are about the way there, and all but `blocked`
    ask for a path that is certain to arrive."""
    answer = trip.forward
    arrives = answer.verdict is Verdict.REACHABLE
    name = "" if step.name is None else step.name.text
    match step.state:
        case "reachable":
            return trip.trip is Trip.REACHABLE
        case "blocked":
            return answer.verdict is Verdict.BLOCKED
        case "inspected":
            return arrives and (
                name in answer.groups if name else bool(answer.walks) and all(w.groups for w in answer.walks)
            )
        case "not inspected":
            return arrives and not answer.inspected
        case "next hop":
            return arrives and all(name in (walk.through[:1] + walk.groups[:1]) for walk in answer.walks)


def tell(trip: RoundTrip) -> str:
    """A path in one line: what comes of it, why, each possible way, and the way back when it differs."""
    answer, back = trip.forward, trip.back
    parts = [f"{trip.trip.value}: {answer.sentence}"]
    parts += [walk.sentence() for walk in answer.walks[:3]]
    if len(answer.walks) > 3:
        parts.append(f"{len(answer.walks) - 3} more possible ways")
    if back is not None and back.verdict is not Verdict.REACHABLE:
        parts.append(f"the way back is {back.verdict.value}: {back.sentence}")
    return "; ".join([*parts, *answer.notes])


# --- reading a test ---------------------------------------------------------------------------------------------


def read_target(text: str, span: Span | None, diagnostics: Diagnostics) -> Target | None:
    """An address or a prefix as the end of a path."""
    prefix = parse_prefix(text)
    if prefix is None:
        diagnostics.error(
            "path-target",
            f"`{text[:80]}` is no attachment, address or prefix",
            span,
            'write `"10.2.0.10"` or `"10.2.0.0/16"`',
        )
        return None
    if has_host_bits(text):
        diagnostics.error("host-bits", host_bits(text), span, write_instead(text, str(prefix)))
        return None
    return Target((prefix,))


def fold_fields(record: nodes.Record, scope: Scope, diagnostics: Diagnostics) -> Mapping[str, Given] | None:
    """The fields of an attachment with their values folded; `tags.x: …` and `tags["x"]: …` add to `tags`."""
    out: dict[str, Given] = {}
    tags: dict[str, Given] = {}
    failed = False
    for entry in record.entries:
        value = _fold(entry.value, scope, diagnostics, 0)
        if value is None:
            failed = True
            continue
        first, rest = entry.key.parts[0], entry.key.parts[1:]
        name = first.name if isinstance(first, nodes.Field) else first.text
        if name == "tags" and rest:
            key = rest[0].text if isinstance(rest[0], nodes.Key) else nodes.Ref(rest, entry.key.span).text
            tags[key] = value
        elif entry.key.text in out:
            diagnostics.error("duplicate-key", f"`{entry.key.text}` is given twice", entry.key.span, "drop one of them")
            failed = True
        else:
            out[entry.key.text] = value
    if tags:
        whole = out.get("tags")
        before = whole.value if whole is not None and isinstance(whole.value, Mapping) else {}
        out["tags"] = Given({**before, **tags}, record.span)
    return None if failed else out


_DEEPEST = 4


def _fold(expr: nodes.Expr, scope: Scope, diagnostics: Diagnostics, depth: int) -> Given | None:
    if depth > _DEEPEST:
        diagnostics.error("attachment-field", "this value nests too deep", expr.span, "give plain values")
        return None
    match expr:
        case nodes.ListOf(items, span):
            folded = [_fold(item, scope, diagnostics, depth + 1) for item in items]
            return (
                None if any(item is None for item in folded) else Given(tuple(i for i in folded if i is not None), span)
            )
        case nodes.Record(entries, span):
            found = {entry.key.text: _fold(entry.value, scope, diagnostics, depth + 1) for entry in entries}
            if any(item is None for item in found.values()):
                return None
            return Given({key: item for key, item in found.items() if item is not None}, span)
        case _:
            value = scope.loose_value(expr, diagnostics)
            return None if value is None else _given(value)


def _given(value: Value) -> Given:
    match value.data:
        case str() | int():
            return Given(value.data, value.span)
        case tuple(items):
            members = tuple(_given(item) for item in items if isinstance(item, Value))
            return Given(members, value.span)
        case other:
            return Given(str(other), value.span)
