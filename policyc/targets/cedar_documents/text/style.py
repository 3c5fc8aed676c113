"""What Cedar accepts and a reviewer would not, where the language knows no such choice: text for addresses, one form of a port, left-overs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from policyc.diagnostics import Diagnostic, Diagnostics, Severity, rewritten
from policyc.ir.repeats import report_repeats
from policyc.model.placeholders import RENDER, is_template
from policyc.regex import regex
from policyc.syntax import cedar_nodes as cedar
from policyc.syntax.cedar_printer import written
from policyc.targets.cedar_documents.text.info import Path
from policyc.targets.cedar_documents.text.parts import told_of
from policyc.targets.cedar_documents.text.statements import condition_of
from policyc.targets.cedar_documents.text.subset import check_subset
from policyc.text import Span

#: A test of an attribute: its path, the test, and the attribute's expression.
Test: TypeAlias = tuple[Path, cedar.Expr, cedar.Expr]

_ADDRESSES = {("http_request", "client_ip"), ("tcp_flow", "client_ip"), ("tcp_flow", "destination_ip")}
_OCTETS = regex(r'"((?:[0-9]{1,3}\.){1,3})\*"')
_IPV4 = regex(r"(0|[1-9][0-9]{0,2})(\.(0|[1-9][0-9]{0,2})){3}")
_PORTS = {("http_request", "port"), ("tcp_flow", "destination_port")}


def check_style(statement: cedar.Statement, called: str, diagnostics: Diagnostics) -> None:
    """Report the doubtful parts of one statement of a policy of the service `called`."""
    check_subset(statement, called, diagnostics)
    condition = condition_of(statement)
    if condition is None:
        return
    tests = list(_tests(condition))
    _check_addresses(tests, diagnostics)
    _check_ports(tests, diagnostics)
    nodes = cedar.walk(condition)
    for node in nodes:
        report_repeats([(item, item.span) for item in _joined(node)], diagnostics)
    _check_left_overs(nodes, diagnostics)


def _joined(node: cedar.Expr) -> tuple[cedar.Expr, ...]:
    """The parts of which a condition needs all, or one. Equal values of other lists are told by `redundant-value`."""
    match node:
        case cedar.And(items) | cedar.Or(items) | cedar.Method(_, "containsAll", _, (cedar.SetOf(items),)):
            return items
        case _:
            return ()


def _tests(condition: cedar.Expr) -> Iterator[Test]:
    """Each test of an attribute: its path, the test, and the attribute's expression."""
    work = [condition]
    while work:
        node = work.pop()
        match node:
            case cedar.And(items) | cedar.Or(items):
                work.extend(reversed(items))
            case cedar.Not(of):
                work.append(of)
            case cedar.If(test, then, otherwise):
                work.extend((otherwise, then, test))
            case cedar.Compare(_, left, right):
                yield from ((path, node, part) for part in (left, right) if (path := cedar.path_of(part)))
            case cedar.Like(of) if path := cedar.path_of(of):
                yield path, node, of
            case cedar.Method(of, _, _, args):
                yield from ((path, node, part) for part in (of, *args) if (path := cedar.path_of(part)))
            case _:
                pass


# --- request data -----------------------------------------------------------------------------------------------


def _check_addresses(tests: list[Test], diagnostics: Diagnostics) -> None:
    for path, test, part in tests:
        if path not in _ADDRESSES or told_of(test.span, diagnostics):
            continue
        block = f'ip({written(part)}).isInRange(ip("…"))'
        if isinstance(test, cedar.Like):
            octets = _OCTETS.fullmatch(written(test).removeprefix(f"{written(part)} like "))
            better = _block(octets[1], written(part)) if octets is not None else None
            diagnostics.warning(
                "cedar-address-as-text",
                "a pattern over an address ignores where blocks begin and other spellings",
                test.span,
                f"write `{block}`" if better is None else f"write `{better}`",
                fix=rewritten(test.span, better) if better is not None else None,
            )
        elif _names_address(test) and not _is_plain(test):
            diagnostics.add(
                Diagnostic(
                    "cedar-address-as-text",
                    "the address is compared as text, and IPv6 has many spellings of one address",
                    test.span,
                    f"write `{block}`",
                    Severity.INFO,
                )
            )


def _block(beginning: str, address: str) -> str | None:
    """The test of the block of addresses that begin with these numbers; None where it is none."""
    numbers = beginning.rstrip(".").split(".")
    if any(int(number) > 255 or str(int(number)) != number for number in numbers):
        return None
    whole = ".".join([*numbers, *["0"] * (4 - len(numbers))])
    return f'ip({address}).isInRange(ip("{whole}/{8 * len(numbers)}"))'


def _names_address(test: cedar.Expr) -> bool:
    return isinstance(test, cedar.Compare) or (isinstance(test, cedar.Method) and test.name == "contains")


def _is_plain(test: cedar.Expr) -> bool:
    """Whether a test names addresses of IPv4 alone, which have one spelling; AWS's own example compares one so."""
    values = [node.value for node in cedar.walk(test) if isinstance(node, cedar.Lit)]
    return bool(values) and all(isinstance(value, str) and _IPV4.fullmatch(value) for value in values)


def _check_ports(tests: list[Test], diagnostics: Diagnostics) -> None:
    """Ports that are tested as a number or as text alone, each port on its own."""
    forms: dict[tuple[Path, str], set[type]] = {}
    first: dict[tuple[Path, str], Span] = {}
    asked: dict[Span, cedar.Expr] = {}
    for path, test, _ in tests:
        orders = isinstance(test, cedar.Compare) and test.operator not in ("==", "!=")  # told where kinds are
        if (
            path in _PORTS
            and isinstance(test, cedar.Compare | cedar.Method)
            and not orders
            and not told_of(test.span, diagnostics)
        ):
            for node in cedar.walk(test):
                if isinstance(node, cedar.Lit) and not isinstance(node.value, bool):
                    forms.setdefault((path, str(node.value)), set()).add(type(node.value))
                    first.setdefault((path, str(node.value)), test.span)
                    asked[test.span] = test
    told: set[Span] = set()
    for (path, port), found in forms.items():
        span = first[path, port]
        if len(found) == 1 and span not in told:
            told.add(span)
            other = "text" if int in found else "a number"
            better = f'[{port}, "{port}"].contains(context.{".".join(path)})'
            better = (
                f"!{better}" if isinstance(test := asked[span], cedar.Compare) and test.operator == "!=" else better
            )
            diagnostics.warning(
                "cedar-port-form",
                f"AWS's pages disagree whether `{path[-1]}` is a number or text, and `{port}` is not tested as "
                f"{other} here",
                span,
                f"test both, such as `{better}`",
                fix=rewritten(span, better) if isinstance(asked[span], cedar.Compare) else None,
            )


# --- form -------------------------------------------------------------------------------------------------------


def _check_left_overs(nodes: list[cedar.Expr], diagnostics: Diagnostics) -> None:
    for text, span in (pair for node in nodes for pair in _texts(node)):
        if is_template(text):
            diagnostics.warning(
                "template-in-text", f"`{text}` looks like a placeholder that was never filled in", span, RENDER
            )


def _texts(node: cedar.Expr) -> Iterator[tuple[str, Span]]:
    """The texts of a literal, a pattern, or the names of attributes, in quotes or not."""
    match node:
        case cedar.Lit(str(value)):
            yield value, node.span
        case cedar.Like(_, pattern):
            yield "".join("*" if part is None else part for part in pattern), node.pattern_span
        case cedar.Has(_, names):
            yield from ((name, node.name_span) for name in names)
        case cedar.Get(_, name):
            yield name, node.name_span
        case _:
            pass
