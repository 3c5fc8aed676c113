"""What Cedar accepts and a reviewer would not: open e-mail patterns, client-controlled data, text for addresses, left-overs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from policyc.diagnostics import Diagnostic, Diagnostics, Edit, Fix, Severity
from policyc.ir.authz import Atom, Constant, Op
from policyc.model.types import BOOL, STRING
from policyc.syntax.cedar_nodes import (
    And,
    Compare,
    Expr,
    Get,
    Has,
    If,
    Like,
    Lit,
    Method,
    Not,
    Or,
    path_of,
    rewritten,
    walk,
)
from policyc.syntax.cedar_printer import pattern_text, written
from policyc.targets.verified_access.read.proof import Proof
from policyc.targets.verified_access.read.slips import check_slips, is_email
from policyc.targets.verified_access.read.statements import Judged
from policyc.targets.verified_access.read.subset import check_subset
from policyc.targets.verified_access.read.templates import is_template
from policyc.targets.verified_access.read.to_conditions import attribute_of
from policyc.targets.verified_access.read.typing import Path
from policyc.text import Span

#: A test of an attribute: its path, the test, the attribute's expression, and whether meeting it helps to get in.
Test: TypeAlias = tuple[Path, Expr, Expr, bool]

_CLIENT = {("http_request", "x_forwarded_for"), ("http_request", "user_agent")}
_ADDRESSES = {("http_request", "client_ip"), ("tcp_flow", "client_ip"), ("tcp_flow", "destination_ip")}
_PORTS = {("http_request", "port"), ("tcp_flow", "destination_port")}
_PATH = ("http_request", "path")


def check_style(judged: Judged, diagnostics: Diagnostics) -> None:
    """Report the doubtful parts of one statement."""
    statement = judged.statement
    check_subset(statement, diagnostics)
    nodes = walk(judged.condition)
    tests = list(_tests(judged.condition, statement.effect == "permit"))
    _check_emails(tests, judged, diagnostics)
    _check_client_data(nodes, diagnostics)
    _check_addresses(tests, diagnostics)
    _check_ports(tests, diagnostics)
    _check_slashes(tests, diagnostics)
    check_slips(nodes, diagnostics)
    _check_left_overs(nodes, diagnostics)


def _tests(condition: Expr, grants: bool) -> Iterator[Test]:
    """Each test of an attribute: its path, the test, the attribute's expression, and whether meeting it helps to get in."""
    work = [(condition, grants)]
    while work:
        node, positive = work.pop()
        match node:
            case And(items) | Or(items):
                work.extend((item, positive) for item in reversed(items))
            case Not(of):
                work.append((of, not positive))
            case If(test, then, otherwise):
                work.extend(((otherwise, positive), (then, positive), (test, positive)))
            case Compare(operator, left, right):
                sense = positive is (operator != "!=")
                yield from ((path, node, part, sense) for part in (left, right) if (path := path_of(part)))
            case Like(of) | Has(of) if path := path_of(of):
                yield path, node, of, positive
            case Method(of, _, _, args):
                yield from ((path, node, part, positive) for part in (of, *args) if (path := path_of(part)))
            case _ if path := path_of(node):
                yield path, node, node, positive


# --- e-mail -----------------------------------------------------------------------------------------------------


def _check_emails(tests: list[Test], judged: Judged, diagnostics: Diagnostics) -> None:
    """Patterns that leave the domain open, and addresses that let somebody in whom nobody may have verified."""
    told: set[Path] = set()
    for path, test, _, grants in tests:
        if not grants or not is_email(path) or isinstance(test, Has):
            continue
        if isinstance(test, Like):
            _check_pattern(test, diagnostics)
        if judged.statement.effect != "permit" or path in told or not _lets_in_unverified(path, tests, judged):
            continue
        told.add(path)
        better = written(test.of if isinstance(test, Like) else _attribute(test, path))
        name = f"{better.removesuffix('.address')}.verified" if better.endswith(".address") else f"{better}_verified"
        diagnostics.warning(
            "cedar-unverified-email",
            f"`{better}` is trusted without asking whether it was verified",
            test.span,
            f"add `&& {name} == true`",
        )


def _lets_in_unverified(path: Path, tests: list[Test], judged: Judged) -> bool:
    """Whether somebody gets in by the tests of an address (by nothing else) whose address is not known to be verified."""
    flag = (*path[:-1], "verified") if path[-1] == "address" else (*path[:-1], "email_verified")
    if not any(other == flag for other, *_ in tests):
        return True
    own = [test for other, test, _, grants in tests if other == path and grants and not isinstance(test, Has)]
    without = rewritten(judged.condition, lambda part: Lit(False, part.span) if part in own else None)
    verified = [
        Atom(attribute_of(flag, view), Op.EQ, (Constant(kind, value),), "", True)
        for view, kind, value in (("bool", BOOL, True), ("string", STRING, "true"))
    ]
    return Proof().shown(judged.outcome.true, judged.meaning.of(without).not_true, *verified)


def _attribute(test: Expr, path: Path) -> Expr:
    return next((part for part in walk(test) if path_of(part) == path), test)


def _check_pattern(test: Like, diagnostics: Diagnostics) -> None:
    tail = test.pattern[-1] if test.pattern else ""
    if None not in test.pattern or (tail is not None and ("@" in tail or tail.startswith("."))):
        return
    shown = pattern_text(test.pattern)
    if not tail:
        diagnostics.warning(
            "cedar-open-email-pattern",
            f"`{shown}` matches addresses of any domain",
            test.pattern_span,
            "end the pattern with `@` and the domain",
        )
        return
    better = pattern_text((*test.pattern[:-1], f"@{tail}"))
    diagnostics.warning(
        "cedar-open-email-pattern",
        f"`{shown}` matches any domain that ends in `{tail}`",
        test.pattern_span,
        f"write `{better}`",
        fix=Fix("put `@` before the domain", (Edit(test.pattern_span, better),)),
    )


# --- request data -----------------------------------------------------------------------------------------------


def _check_client_data(nodes: list[Expr], diagnostics: Diagnostics) -> None:
    for node in nodes:
        path = path_of(node)
        if path in _CLIENT:
            diagnostics.warning(
                "cedar-client-controlled",
                f"the client chooses `{path[-1]}`, so it proves nothing",
                node.span,
                "test `context.http_request.client_ip`, a group or a device",
            )


def _check_addresses(tests: list[Test], diagnostics: Diagnostics) -> None:
    for path, test, part, _ in tests:
        if path not in _ADDRESSES:
            continue
        block = f'ip({written(part)}).isInRange(ip("…"))'
        if isinstance(test, Like):
            diagnostics.warning(
                "cedar-address-as-text",
                "a pattern over an address ignores where blocks begin and other spellings",
                test.span,
                f"write `{block}`",
            )
        elif isinstance(test, Compare) or (isinstance(test, Method) and test.name == "contains"):
            diagnostics.add(
                Diagnostic(
                    "cedar-address-as-text",
                    "the address is compared as text, and IPv6 has many spellings of one address",
                    test.span,
                    f"write `{block}`",
                    Severity.INFO,
                )
            )


def _check_ports(tests: list[Test], diagnostics: Diagnostics) -> None:
    """Ports that are tested as a number or as text alone, each port on its own."""
    forms: dict[tuple[Path, str], set[type]] = {}
    first: dict[tuple[Path, str], Span] = {}
    for path, test, _, _ in tests:
        if path in _PORTS and isinstance(test, Compare | Method):
            for node in walk(test):
                if isinstance(node, Lit) and not isinstance(node.value, bool):
                    forms.setdefault((path, str(node.value)), set()).add(type(node.value))
                    first.setdefault((path, str(node.value)), test.span)
    told: set[Span] = set()
    for (path, port), found in forms.items():
        span = first[path, port]
        if len(found) == 1 and span not in told:
            told.add(span)
            other = "text" if int in found else "a number"
            diagnostics.warning(
                "cedar-port-form",
                f"AWS's pages disagree whether `{path[-1]}` is a number or text, and `{port}` is not tested as "
                f"{other} here",
                span,
                f'test both, such as `[22, "22"].contains(context.{".".join(path)})`',
            )


def _check_slashes(tests: list[Test], diagnostics: Diagnostics) -> None:
    heads: dict[bool, Span] = {}
    for path, test, _, _ in tests:
        if path == _PATH:
            for head, span in _heads(test):
                heads.setdefault(head.startswith("/"), span)
    if len(heads) == 1:
        slash, span = next(iter(heads.items()))
        way = "with" if slash else "without"
        diagnostics.warning(
            "cedar-path-slash",
            f"paths are tested {way} a leading slash only, and AWS's pages show both forms",
            span,
            "test both forms with `||`",
        )


def _heads(test: Expr) -> Iterator[tuple[str, Span]]:
    """How the tested paths begin; a pattern that begins with `*` takes either form."""
    if isinstance(test, Like):
        if test.pattern and test.pattern[0]:
            yield test.pattern[0], test.pattern_span
        return
    for node in walk(test):
        if isinstance(node, Lit) and isinstance(node.value, str) and node.value:
            yield node.value, node.span


# --- form -------------------------------------------------------------------------------------------------------


def _check_left_overs(nodes: list[Expr], diagnostics: Diagnostics) -> None:
    for text, span in (pair for node in nodes for pair in _texts(node)):
        if is_template(text):
            diagnostics.warning(
                "cedar-template-text",
                f"`{text}` looks like a placeholder that was never filled in",
                span,
                "render the template first",
            )


def _texts(node: Expr) -> Iterator[tuple[str, Span]]:
    """The texts of a literal, a pattern, or the names of attributes, in quotes or not."""
    match node:
        case Lit(str(value)):
            yield value, node.span
        case Like(_, pattern):
            yield "".join("*" if part is None else part for part in pattern), node.pattern_span
        case Has(_, names):
            yield from ((name, node.name_span) for name in names)
        case Get(_, name):
            yield name, node.name_span
        case _:
            pass
