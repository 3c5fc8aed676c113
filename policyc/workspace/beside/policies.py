"""What is wrong or doubtful in the policies of a project beside its errors: one statement that cannot be read hides nothing of the others.

What such a statement says is not known. The rules are therefore asked without it, with it as wide as can be (everybody, every request), and with
it narrowed by a test that nobody else makes, or where its policy has nothing else, with that policy closed; what they find each time counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice
from typing import Final

from policyc.diagnostics import Diagnostic, Diagnostics, Severity
from policyc.ir.authz import Atom, Cond, Constant, Op, Policy, Statement
from policyc.ir.conditions import tests
from policyc.ir.program import Program
from policyc.ir.statements import widest
from policyc.lint.nested import Places
from policyc.lint.registry import RULES
from policyc.model.types import Named, shapes
from policyc.record import replace
from policyc.syntax import nodes
from policyc.targets.registry import target
from policyc.workspace.beside.networks import found_in_networks
from policyc.workspace.beside.unread import apart_from_unread
from policyc.workspace.claims.blocks import block_mistakes
from policyc.workspace.compile import CONFIGURATION, MAY_BE_MEANT, Compiled, emitted, lint, lint_settings
from policyc.workspace.config import Config
from policyc.workspace.documents.embedded import is_about_others

#: what is left without a statement may show another one to be refused
_ROUNDS: Final = 3
#: attributes that a narrowing test is tried with
_TRIED: Final = 4


def beside(compiled: Compiled, config: Config) -> list[Diagnostic]:
    """The findings that hold whatever is meant by the statements with errors; `compiled` has some."""
    errors = _errors(compiled.diagnostics)
    found = list(found_in_networks(compiled.program, errors, lint_settings(config)))
    program = apart_from_unread(compiled.program, errors)
    if program is None:
        return found
    is_whole = program is compiled.program
    refused = _Refused(program, errors)
    for _ in range(_ROUNDS):
        ways = refused.ways()
        first = emitted(next(ways), Diagnostics())
        failed = _errors(first.diagnostics)
        if not failed:
            held = [
                item for item in _findings(first, config) if not refused.holds(item) and (is_whole or _of_policy(item))
            ]
            return [*found, *_in_all(_once(held, errors, program), ways, config)]
        found += _told_by(failed, [_errors(emitted(way, Diagnostics()).diagnostics) for way in ways])
        more = _Refused(program, [*errors, *failed])
        if more.spans == refused.spans:
            break
        refused = more
    return found


def _once(found: Iterable[Diagnostic], errors: Iterable[Diagnostic], program: Program) -> list[Diagnostic]:
    """The findings without the mistakes of tests about a word that has an error elsewhere as well."""

    def word(item: Diagnostic) -> str:
        source = program.sources.get(item.span.file) if item.span is not None else None
        return "" if source is None or item.span is None else source.text[item.span.start : item.span.end]

    said = {word(item) for item in errors}
    return [item for item in found if item.rule in RULES or not (text := word(item)) or text not in said]


def _of_policy(item: Diagnostic) -> bool:
    """Whether a finding hangs on one policy and what is linked with that, and on nothing else of the project."""
    return item.rule in CONFIGURATION or (item.rule in RULES and not is_about_others(item))


def _in_all(found: list[Diagnostic], ways: Iterable[Program], config: Config) -> list[Diagnostic]:
    """Those of the findings that come up each time."""
    for way in ways:
        names = {item.rule for item in found}
        if not found or names & CONFIGURATION:
            break
        of_rules = tuple(names.intersection(RULES))
        documents = len(of_rules) < len(names)  # rules do not look at them
        compiled = emitted(way, Diagnostics()) if documents else Compiled(way, {}, Diagnostics(), True)
        found = _told_by(found, [_findings(compiled, replace(config, select=of_rules))])
    return found


def _told_by(found: Iterable[Diagnostic], others: Iterable[Iterable[Diagnostic]]) -> list[Diagnostic]:
    places = [{(item.rule, item.span) for item in other} for other in others]
    return [item for item in found if all((item.rule, item.span) in held for held in places)]


def _errors(found: Iterable[Diagnostic]) -> list[Diagnostic]:
    return [item for item in found if item.severity is Severity.ERROR]


class _Refused:
    """The statements and networks of a program that have errors."""

    def __init__(self, program: Program, errors: Iterable[Diagnostic]) -> None:
        self._program = program
        read = {(policy.file, statement.span) for policy in program.policies for statement in policy.statements}
        places = Places(item.span for item in errors)
        statements = {
            statement.span
            for file, module in program.modules.items()
            for node in module.declarations
            if isinstance(node, nodes.Policy)
            for statement in node.statements
            if (file, statement.span) not in read or places.inside(statement.span)
        }
        networks = {net.node.span for net in program.networks if places.inside(net.node.span)}
        self.spans = frozenset(statements | networks)
        self._places = Places(self.spans)
        self._tested = frozenset(
            test.attribute.name
            for policy in program.policies
            for item in policy.statements
            for test in tests(item.when)
        )

    def holds(self, item: Diagnostic) -> bool:
        """Whether a finding is about a part of what has errors."""
        return self._places.around(item.span)

    def ways(self) -> Iterator[Program]:
        """The program for each meaning of these statements that is tried."""
        program, kept = self._program, self._known
        without = [self._with(policy, lambda item: None) for policy in program.policies]
        yield replace(kept, policies=tuple(policy for policy in without if policy.statements))
        hit = [policy for policy in program.widest if any(item.span in self.spans for item in policy.statements)]
        wide = {policy.span: [self._with(policy, widest)] for policy in hit}
        own = {policy.span: [*self._closed(policy), *islice(self._narrowed(policy), _TRIED)] for policy in hit}
        for way, other in ((wide, own), (own, wide)):
            chosen = {span: next(filter(self._is_taken, (*way[span], *other[span])), None) for span in way}
            policies = (chosen.get(policy.span, policy) for policy in program.widest)
            yield replace(kept, policies=tuple(policy for policy in policies if policy is not None))

    @property
    def _known(self) -> Program:
        """The program without networks that have errors, and without questions about networks where it has some."""
        program = self._program
        networks = tuple(net for net in program.networks if net.node.span not in self.spans)
        declared = (node for module in program.modules.values() for node in module.declarations)
        if len(networks) == sum(isinstance(node, nodes.Network) for node in declared):
            return program
        return replace(
            program,
            networks=networks,
            tests=tuple(item for item in program.tests if not _asks_networks(item.node.steps)),
            proofs=tuple(item for item in program.proofs if not _asks_networks(item.node.claims)),
        )

    def _is_taken(self, policy: Policy) -> bool:
        """Whether its target would write a policy."""
        found = Diagnostics()
        others = (one for one in self._program.policies if one.span != policy.span)
        alone = replace(policy, statements=tuple(item for item in policy.statements if item.span in self.spans))
        target(policy.target).check(alone, replace(self._program, policies=(*others, alone)), found)
        return not found.has_errors

    def _with(self, policy: Policy, change: Callable[[Statement], Statement | None]) -> Policy:
        if not any(item.span in self.spans for item in policy.statements):
            return policy  # the same one: what was made of it is found again
        held = [change(item) if item.span in self.spans else item for item in policy.statements]
        return replace(policy, statements=tuple(item for item in held if item is not None))

    def _closed(self, policy: Policy) -> Iterator[Policy]:
        """A policy of which nothing is known, if it let nobody in."""
        if all(item.span in self.spans for item in policy.statements):
            yield self._with(policy, lambda item: replace(widest(item), effect="deny"))

    def _narrowed(self, policy: Policy) -> Iterator[Policy]:
        """The policy with its refused statements behind a test of something that no policy tests."""
        for attribute in target(policy.target).scope(policy.on, self._program.resources).values():
            shape = shapes().get(attribute.type.name) if isinstance(attribute.type, Named) else None
            if (
                shape is not None
                and shape.base == "string"
                and not attribute.many
                and not attribute.keyed
                and attribute.name not in self._tested
            ):
                test = Atom(
                    attribute,
                    Op.EQ,
                    (Constant(attribute.type, attribute.values[0] if attribute.values else shape.example),),
                )
                yield self._with(policy, partial(_narrowed, when=test))


def _asks_networks(parts: Iterable[nodes.Step | nodes.Claim]) -> bool:
    return any(isinstance(part, nodes.OnStep | nodes.PathClaim) for part in parts)


def _narrowed(statement: Statement, when: Cond) -> Statement:
    return replace(widest(statement), when=when)


def _findings(compiled: Compiled, config: Config) -> list[Diagnostic]:
    found = Diagnostics(compiled.diagnostics)
    lint(compiled, config, found)
    found.extend(block_mistakes(compiled.program, compiled.all_documents))
    return [item for item in found if item.rule not in MAY_BE_MEANT]
