"""What a VPC Lattice auth policy cannot say, reported at the source.

Source: Lattice reference sections 1 to 4; https://docs.aws.amazon.com/vpc-lattice/latest/ug/auth-policies.html
"""

from __future__ import annotations

from policyc.diagnostics import Diagnostics, Label, beginning
from policyc.ir.authz import Atom, Policy, Statement
from policyc.ir.conditions import worded_atoms
from policyc.ir.pattern import Plain, pattern_tokens
from policyc.ir.program import Program
from policyc.model.values import Resource
from policyc.regex import regex
from policyc.targets.iam_documents.raw_keys import check_raw_keys
from policyc.targets.iam_documents.resources import check_raw_clauses, check_slash
from policyc.targets.lattice.words import (
    CONNECT,
    NETWORK,
    SERVICE,
    is_header,
    is_http_only,
    is_query,
    verbs_of,
    vocabulary,
)
from policyc.text import Span

_HEADER_NAME = regex(r"[a-z0-9!#$%&'*+.^_`|~-]+")
_QUERY = regex(r"\?[^/]*=")


def check_policy(policy: Policy, program: Program, diagnostics: Diagnostics) -> None:
    """Every limit of one policy, statement by statement."""
    on = policy.on
    if not isinstance(on, Resource) or on.type not in (NETWORK, SERVICE):
        return  # the front end has said so
    _check_only_policy(policy, on, program, diagnostics)
    for statement in policy.statements:
        check_raw_clauses(statement, diagnostics)
        _check_on(statement, on, diagnostics)
        _check_paths(statement, diagnostics)
        services = () if statement.resources is not None else statement.on or (on,)
        for service in services:
            _check_protocol(statement, service, diagnostics)
        _check_tests(statement, services, diagnostics)


def _check_only_policy(policy: Policy, on: Resource, program: Program, diagnostics: Diagnostics) -> None:
    others = [item for item in program.policies_on(on) if item.target == "lattice"]
    if others and others[0] != policy:
        first = others[0]
        diagnostics.error(
            "second-auth-policy",
            f"`{on.name}` has the policy `{first.name}` already, and it takes one",
            policy.name_span or policy.span,
            "put the statements of both into one policy",
            (Label(first.name_span or first.span, "the first policy"),),
        )


def _check_on(statement: Statement, on: Resource, diagnostics: Diagnostics) -> None:
    for item in statement.on:
        if on.type == SERVICE:
            diagnostics.error(
                "on-in-a-service-policy",
                f"a policy on the service `{on.name}` covers that service only",
                statement.span,
                "leave `on` out, or move the statement into the policy of the service network",
            )
            return
        if item.type != SERVICE:
            diagnostics.error(
                "on-is-no-service",
                f"`{item.name}` is a `{item.type}`, and a service network carries services",
                statement.span,
                "name services; leave `on` out to mean all services of the network",
            )
        elif item.link("network") != on.id:
            diagnostics.error(
                "service-in-another-network",
                f"`{item.name}` is not in the service network `{on.name}`",
                statement.span,
                f"declare it with `network: {on.name}`, or move the statement",
                (Label(item.span, "declared here"),),
            )


def _check_paths(statement: Statement, diagnostics: Diagnostics) -> None:
    if statement.path is None:
        return
    where = statement.path.span or statement.span
    for pattern in statement.path.patterns:
        tokens = pattern_tokens(pattern)
        check_slash(pattern, where, diagnostics)
        if Plain("?") in tokens or Plain("#") in tokens or _QUERY.search(pattern):
            diagnostics.error(
                "query-in-path",
                f"the path `{pattern}` holds a query string, which is no part of a path",
                where,
                'test a parameter with `when "value" in query["name"]`; `?` in a path is any one character',
            )


def _check_protocol(statement: Statement, service: Resource, diagnostics: Diagnostics) -> None:
    """Verbs, callers and tests that the listeners of a service never see."""
    possible = {verb.name for verb in verbs_of(service)}
    protocol = service.text("protocol")
    can = statement.can
    if can is not None and not can.negated:
        for verb in can.verbs:
            if not verb.glob and verb.name not in possible:
                diagnostics.error(
                    "verb-never-comes",
                    f"`{service.name}` speaks {_spoken(protocol)}, so nobody can `{verb.name}` it",
                    can.span or statement.span,
                    f"its verbs are {', '.join(f'`{name}`' for name in sorted(possible))}; or declare another `protocol`",
                    (Label(service.span, "declared here"),),
                )
                return
    if not _connects_only(statement, service):
        return
    if statement.path is not None:
        diagnostics.error(
            "no-path-here",
            "a TLS passthrough connection has no path",
            statement.path.span or statement.span,
            "leave `path` out",
        )
    who = statement.who
    if who is not None and not who.negated and not any(item.kind in ("anyone", "anonymous") for item in who.principals):
        diagnostics.error(
            "callers-are-anonymous",
            "callers through TLS passthrough cannot be told apart: they are all anonymous",
            who.span or statement.span,
            "write `who anyone` with a condition, such as `source.vpc`",
        )


def _connects_only(statement: Statement, on: Resource) -> bool:
    if on.type == SERVICE and on.text("protocol") == "tls_passthrough":
        return True
    can = statement.can
    return can is not None and not can.negated and bool(can.verbs) and all(verb.action == CONNECT for verb in can.verbs)


def _spoken(protocol: str) -> str:
    return {"tls_passthrough": "TLS passthrough", "grpc": "gRPC", "http": "HTTP"}.get(protocol, "HTTPS")


def _check_tests(statement: Statement, services: tuple[Resource, ...], diagnostics: Diagnostics) -> None:
    check_raw_keys(worded_atoms(statement.when), vocabulary().attributes, statement.span, diagnostics)
    connects = [service for service in services if _connects_only(statement, service)]
    calls = [service for service in services if service.text("protocol") == "grpc"]
    for atom in worded_atoms(statement.when):
        key, where = atom.attribute.native, atom.span or statement.span
        if is_header(key):
            _check_header(atom, where, diagnostics)
        if connects and len(connects) == len(services) and is_http_only(key):
            diagnostics.error(
                "no-http-here",
                f"a TLS passthrough connection has no `{atom.attribute.name}`",
                where,
                "test the port, the VPC of the caller, or the service network",
            )
        if calls and len(calls) == len(services) and is_query(key):
            diagnostics.error(
                "no-query-here",
                f"a gRPC call has no query string, so no `{atom.attribute.name}`",
                where,
                "test a header",
            )


def _check_header(atom: Atom, where: Span | None, diagnostics: Diagnostics) -> None:
    name = atom.attribute.key or ""
    if _HEADER_NAME.fullmatch(name):
        return
    if _HEADER_NAME.fullmatch(name.lower()):
        diagnostics.error(
            "header-name-case",
            f"the header `{name}` is not in lower case, and HTTP/2 sends names that way",
            where,
            f'write `header["{name.lower()}"]`',
            fix=beginning(where, f'header["{name}"]', f'header["{name.lower()}"]'),
        )
    else:
        diagnostics.error(
            "malformed-header",
            f"`{name}` is not the name of a header",
            where,
            "header names have no spaces and no colons",
        )
