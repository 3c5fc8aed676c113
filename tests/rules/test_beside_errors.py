"""One error in the policies of a project hides no finding that does not hang on it, and nothing is found that hangs on what the error may mean."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from policyc.diagnostics import Diagnostic, Diagnostics
from policyc.lint.examples import FILES
from policyc.record import replace
from policyc.syntax import nodes
from policyc.syntax.parser import parse
from policyc.text import Source, Span
from policyc.workspace.beside.open_params import check_policies
from policyc.workspace.compile import compile_project
from policyc.workspace.project import open_root
from tests.rules.test_lint_rules import ALL_CASES, MARKS, Case

#: a statement that asks for what nothing has
REFUSED = ' when nonesuch == "x" '


def found_in(folder: Path, files: dict[str, str], name: str = "case.policy") -> list[Diagnostic]:
    for file, text in files.items():
        (folder / file).write_text(text, encoding="utf-8")
    paths = (folder / name,)
    project = open_root(folder, None, Diagnostics(), params={}, named=[], policies=list(paths))
    found = check_policies(replace(project, paths=paths), compile_project).found
    return [item for item in found if item.span is not None and item.span.file == name]


def statements(text: str) -> Iterator[nodes.Statement]:
    for node in parse(Source("case.policy", text), Diagnostics()).declarations:
        if isinstance(node, nodes.Policy):
            yield from node.statements


def elsewhere(found: list[Diagnostic], own: Span, grown: int) -> set[tuple[str, int]]:
    """The findings outside of a statement that has grown, where they are without that."""
    spans = [(item.rule, item.span) for item in found if item.span is not None]
    return {
        (rule, span.start - (grown if span.start >= own.end else 0))
        for rule, span in spans
        if span.start < own.start or span.end > own.end + grown
    }


#: a finding may be given up where the statement with the error could be about it
CASES = [case for case in ALL_CASES if not case.kind]
GIVEN_UP = {
    "blocked-by-network", "call-not-admitted", "caller-without-identity-policy", "everyone-allowed", "exact-deny-path",
    "negated-test-admits-absent", "network-origin-only", "open-to-anonymous", "path-without-its-root", "policy-without-test",
    "unused-declaration", "unused-import", "unused-suppression",
}  # fmt: skip


@pytest.mark.parametrize("case", CASES[::6], ids=lambda case: f"{case.rule}-{case.number}")
def test_a_statement_with_an_error_hides_and_brings_about_nothing(case: Case, tmp_path: Path) -> None:
    text = MARKS.sub("", case.text)
    files = {**FILES, **dict(case.others)}
    whole = found_in(tmp_path, {**files, "case.policy": text})
    for statement in statements(text):
        own = statement.span
        at = own.end - 1
        blank = text[: own.start] + " " * (own.end - own.start) + text[own.end :]
        without = elsewhere(found_in(tmp_path, {**files, "case.policy": blank}), own, 0)
        told = found_in(tmp_path, {**files, "case.policy": text[:at] + REFUSED + text[at:]})
        beside = elsewhere(told, own, len(REFUSED))
        assert beside <= elsewhere(whole, own, 0)
        assert {item for item in elsewhere(whole, own, 0) & without if item[0] not in GIVEN_UP} <= beside


MESH = """let shop: account = "111122223333"
principal order_fn = role(shop, "order-service")

resource orders: lattice.service { id: "svc-00000000000000001", at: shop/us-west-2, auth: aws_iam }
resource stock: lattice.service { id: "svc-00000000000000002", at: shop/us-west-2, auth: aws_iam }

policy orders_auth for lattice on orders {
  allow "all" { who anyone can GET }
  allow "one" { who order_fn can POST when header["x-a"] == "1" }
}
policy stock_auth for lattice on stock {
  allow "open" { who anyone can GET }
  deny "two" { who anyone can PUT }
}
test "nobody" {
  request orders { method: GET, path: "/x" }
  expect allow
}
"""
ORDERS, STOCK = ("open-to-anonymous", 8), ("open-to-anonymous", 12)
#: what is written in place of what -> the errors, and the findings that are told beside them
WRITTEN: list[tuple[str, list[tuple[str, str]], set[tuple[str, int]]]] = [
    ("nothing", [], {ORDERS, STOCK}),
    ("an unknown verb", [("POST", "POTS")], {("unknown-verb", 9), ORDERS, STOCK}),
    ("two errors in one statement", [("POST", "POTS"), ('"1"', "1")], {("unknown-verb", 9), ("type-mismatch", 9), ORDERS, STOCK}),
    ("a deny that may turn everybody away", [("who anyone can PUT", "who anyone can GETT")], {("unknown-verb", 13), ORDERS}),
    ("a broken statement is left with its policy", [("who order_fn can POST", "who who can POST")], {("reserved-word", 9), STOCK}),
    ("a principal that is none", [('role(shop, "order-service")', "rule(shop)")], {("unknown-function", 2), ORDERS, STOCK}),
    ("a resource that is none is left with its policy", [("svc-00000000000000001", "svc-1")], {("malformed-value", 4), STOCK}),
    ("a policy on nobody knows what may be on anything", [("lattice on stock", "lattice on stok")], {("unknown-name", 11)}),
    ("a test with an error", [("{ method", "( method")], {("syntax-error", 16), ORDERS, STOCK}),
    ("a test of nobody's resource", [("request orders", "request oders")], {("unknown-name", 16), ORDERS, STOCK}),
    ("a parameter without a value beside an error", [('"111122223333"', ""), ("let shop: account = ", "param shop: account"), ("POST", "POTS")],
     {("missing-parameter", 1), ("unknown-verb", 9), ORDERS, STOCK}),
]  # fmt: skip


NETWORK = """network core for cloudwan version "2025.11" {
  asns 64512..64555
  edges us-east-1 { asn 64512 }, eu-west-1 { asn 64513 }
  segment payments { isolate require acceptance }
  segment production { require acceptance }
  segment spare { require acceptance }
  share production with payments
  attach {
    100: tag["segment"] == "payments" -> segment payments
    150: exists tag["segment"] -> segment production
    200: tag["segment"] == "late" -> segment payments
  }
}
test "nobody reaches spare" {
  on core { attachment one { type: vpc, region: us-east-1, account: "111122223333", tags: {}, cidrs: ["10.1.0.0/16"] } }
  expect one unassociated
}
"""
SPARE, LATE = ("segment-nobody-joins", 6), ("shadowed-attachment-rule", 11)
IN_NETWORKS: list[tuple[str, list[tuple[str, str]], set[tuple[str, int]]]] = [
    ("nothing", [], {SPARE, LATE}),
    ("one ASN twice", [("64513", "64512")], {("edge-asn", 3), SPARE, LATE}),
    ("a name that is nearly another", [("with payments", "with payment")], {("network-unknown-name", 7), SPARE, LATE}),
    ("a name that may be any", [("with payments", "with nonesuch")], {("network-unknown-name", 7)}),
    ("a rule that is none", [('"payments" ->', "5 ->")], {("type-mismatch", 9)}),
]


@pytest.mark.parametrize(("written", "wanted"), [row[1:] for row in IN_NETWORKS], ids=[row[0] for row in IN_NETWORKS])
def test_what_is_told_of_a_network_beside_an_error(
    written: list[tuple[str, str]], wanted: set[tuple[str, int]], tmp_path: Path
) -> None:
    text = NETWORK
    for old, new in written:
        assert old in text
        text = text.replace(old, new, 1)
    assert lines_of(found_in(tmp_path, {"case.policy": text}), text) == wanted


def lines_of(found: list[Diagnostic], text: str) -> set[tuple[str, int]]:
    source = Source("case.policy", text)
    return {
        (item.rule, source.position(item.span.start).line)
        for item in found
        if item.span and item.rule != "policy-without-test"
    }


@pytest.mark.parametrize(("written", "wanted"), [row[1:] for row in WRITTEN], ids=[row[0] for row in WRITTEN])
def test_what_is_told_beside_an_error(
    written: list[tuple[str, str]], wanted: set[tuple[str, int]], tmp_path: Path
) -> None:
    text = MESH
    for old, new in written:
        assert old in text
        text = text.replace(old, new, 1)
    assert lines_of(found_in(tmp_path, {"case.policy": text}), text) == wanted
