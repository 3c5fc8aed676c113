"""A Lattice policy as parts of an IAM document: who, what and where of every statement.

An HTTP request is `Invoke` on the service's ARN with the path behind it, TLS passthrough is `Connect` on the bare ARN
(Lattice reference section 2). A policy on a service network covers every service of it: its resource is `*`, and a path
becomes a test of `RequestPath`, because `*` in front of a path would swallow a part of the path too.
"""

from __future__ import annotations

from collections.abc import Sequence

from policyc.diagnostics import Diagnostics
from policyc.ir.authz import Can, Paths, Policy, Statement, Who
from policyc.ir.program import Program
from policyc.model.values import Resource
from policyc.model.vocabulary import Verb
from policyc.record import replace
from policyc.targets.iam_documents.conditions import lower_condition
from policyc.targets.iam_documents.lowering import Lowered, PerProgram, lower_statements
from policyc.targets.iam_documents.operators import KeyTest
from policyc.targets.iam_documents.principals import lower_who
from policyc.targets.iam_documents.resources import raw_grants, resource_grants, verb_grants
from policyc.targets.iam_documents.statements import Grant, Part, statement_parts
from policyc.targets.lattice.words import NETWORK, PATH_KEY, PRINCIPALS, arn_of, verbs_of

_NETWORK_PATH_NOTE = (
    "on a service network a path is a test of `RequestPath`: in `Resource` it could match inside another path"
)
_EVERYONE_IN_NETWORK = "the policy of a service network covers all its services: `Resource` is `*`"


def lower_policy(policy: Policy, diagnostics: Diagnostics) -> Lowered | None:
    """Every statement of the policy; None after an error was reported."""
    on = policy.on
    assert isinstance(on, Resource)
    help = "a policy without statements refuses everyone; remove it, or correct its conditions"
    return lower_statements(policy, lambda statement: lower_statement(statement, on, diagnostics), help, diagnostics)


_lowered = PerProgram()


def lowered_policy(policy: Policy, program: Program, diagnostics: Diagnostics) -> Lowered | None:
    """As `lower_policy`, once for the check and the document."""
    return _lowered(policy, program, lambda found: lower_policy(policy, found), diagnostics)


def lower_statement(statement: Statement, on: Resource, diagnostics: Diagnostics) -> tuple[Part, ...] | None:
    """One statement; empty when no request can match it, None after an error was reported."""
    place = on.place
    partition = place.partition if place is not None else "aws"
    who = statement.who if statement.who is not None else Who((), span=statement.span)
    callers = lower_who(who, partition, PRINCIPALS, statement.span, diagnostics)
    when = lower_condition(statement.when, statement.span, diagnostics)
    if callers is None or when is None:
        return None
    notes: tuple[str, ...] = ()
    raw = raw_grants(verbs_of(on), statement)
    if raw is not None:
        grants = raw
    elif on.type == NETWORK and not statement.on:
        grants = network_grants(statement.can, statement.path, verbs_of(on))
        notes = (_EVERYONE_IN_NETWORK,)
    else:
        grants = [grant for service in (statement.on or (on,)) for grant in service_grants(service, statement)]
    return statement_parts(statement, callers, grants, when, diagnostics, notes)


def service_grants(service: Resource, statement: Statement) -> list[Grant]:
    """Invoke on the service's paths, Connect on its bare ARN, as its listeners and the clauses have it."""
    return resource_grants(arn_of(service), verbs_of(service), statement.can, statement.path, PATH_KEY)


def network_grants(can: Can | None, path: Paths | None, verbs: Sequence[Verb]) -> list[Grant]:
    """The verbs on every service of a network, with the path as a test."""
    out = []
    for verb, tests in verb_grants(verbs, can, can.span if can is not None else None):
        grant = Grant((verb.action,), ("*",), tests)
        if path is not None and verb.below is not None:
            base = "StringNotLike" if path.negated else "StringLike"
            test = KeyTest(base, PATH_KEY, path.patterns, note=_NETWORK_PATH_NOTE, span=path.span)
            grant = replace(grant, tests=(*tests, test))
        elif path is not None and not path.negated:
            continue  # what has no path passes no test of it
        out.append(grant)
    return out
