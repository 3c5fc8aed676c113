"""One mistake is one error: what follows from it is not reported beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

import policyc
from policyc.diagnostics import Diagnostics
from policyc.targets.program import emit_documents, load_program

ORG = 'let shop: account = "111122223333"\nprincipal orders = role(shop, "orders")\n'
STOCK = 'resource stock: lattice.service { id: "svc-0123456789abcdef0", at: shop/us-west-2, auth: aws_iam }\n'


def rules(root: Path, files: dict[str, str]) -> list[str]:
    for name, text in files.items():
        (root / name).write_text(text, encoding="utf-8")
    diagnostics = Diagnostics()
    program = load_program(root, [Path(name) for name in files], {}, diagnostics)
    if not diagnostics.has_errors:
        emit_documents(program, diagnostics)
    return [item.rule for item in diagnostics]


@pytest.mark.parametrize("used", ["orders", "oders", "orders, oders"])
def test_a_misspelt_import_is_not_blamed_again_where_the_name_is_spelt_rightly(tmp_path: Path, used: str) -> None:
    main = (
        f'use "org.policy" {{ shop, oders }}\n{STOCK}policy p for lattice on stock {{ allow "a" {{ who {used} }} }}\n'
    )
    assert rules(tmp_path, {"org.policy": ORG, "main.policy": main}) == ["unknown-import"]


def test_a_name_that_is_like_no_export_stays_unknown(tmp_path: Path) -> None:
    main = (
        f'use "org.policy" {{ shop, oders }}\n{STOCK}policy p for lattice on stock {{ allow "a" {{ who billing }} }}\n'
    )
    found = rules(tmp_path, {"org.policy": ORG, "main.policy": main})
    assert found == ["unknown-import", "unknown-name"]


@pytest.mark.parametrize(
    "statement",
    [
        'allow "read {\n    who orders\n  }',
        'allow "read { who orders }',
        'allow "read" { who orders path "/a }',
        'allow "read" { who orders path "/a", "/b }\n  allow "write" { who orders }',
        'allow "read" {\n    who orders\n    path "/a\n  }',
    ],
)
def test_an_open_string_is_the_only_error_of_its_declaration(tmp_path: Path, statement: str) -> None:
    text = f"{ORG}{STOCK}policy p for lattice on stock {{\n  {statement}\n}}\n"
    assert rules(tmp_path, {"main.policy": text}) == ["unterminated-string"]
    assert rules(tmp_path, {"main.policy": text + "let after = nothing\n"}) == ["unterminated-string", "unknown-name"]


@pytest.mark.parametrize("second", ["p", "P"])
def test_two_policies_of_one_document_are_one_error(tmp_path: Path, second: str) -> None:
    policy = 'policy {} for lattice on {} {{ allow "a" {{ who orders path "/a" }} }}\n'
    head = 'use "org.policy" { orders, stock, store }\n'
    files = {
        "org.policy": ORG + STOCK + STOCK.replace("stock", "store").replace("f0", "f1"),
        "a.policy": head + policy.format("p", "stock"),
        "b.policy": head + policy.format(second, "store"),
    }
    assert rules(tmp_path, files) == ["duplicate-document"]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (f"use {{ shop }}\n{STOCK}", "syntax-error"),
        (
            ORG.replace("principal ", "") + STOCK + 'policy p for lattice on stock { allow "a" { who orders } }\n',
            "syntax-error",
        ),
        (ORG + STOCK.replace("id:", "idd:"), "unknown-field"),
    ],
)
def test_what_a_broken_line_may_declare_is_not_unknown(tmp_path: Path, text: str, rule: str) -> None:
    assert rules(tmp_path, {"main.policy": text}) == [rule]


def test_a_misspelt_declaration_is_told_once_with_the_number_of_its_uses(tmp_path: Path) -> None:
    uses = "".join(
        f'  allow "s{number}" {{ who orders path "/{number}" when source.vpc == mesh }}\n' for number in range(6)
    )
    text = f'{ORG}let mash: vpc_id = "vpc-0a1b2c3d4e5f67890"\n{STOCK}policy p for lattice on stock {{\n{uses}}}\n'
    (tmp_path / "main.policy").write_text(text, encoding="utf-8")
    diagnostics = Diagnostics()
    load_program(tmp_path, [Path("main.policy")], {}, diagnostics)
    (item,) = [item for item in diagnostics if item.severity == "error"]
    assert item.message == "unknown name `mesh`, here and at 5 further places"
    assert [label.message for label in item.labels].count("here too") == 3
    assert item.span is not None and item.span.start == text.index("== mesh") + 3
    if item.fix is not None:  # it mends every place
        assert len(item.fix.edits) == 6


@pytest.mark.parametrize(
    "line",
    [
        'allow "read" { who orders can invoke on path "/a" }',
        'allow "read" { who orders path /a" }',
        'allow "read" { who orders path "/a" when port port == 443 and port > }',
        'allow "read" { who orders, can GET; path "/a" }',
    ],
)
def test_one_line_has_one_error_at_a_time(tmp_path: Path, line: str) -> None:
    text = f"{ORG}{STOCK}policy p for lattice on stock {{\n  {line}\n}}\nlet after = nothing\n"
    found = rules(tmp_path, {"main.policy": text})
    assert len(found) == 2 and found[-1] == "unknown-name", found


@pytest.mark.parametrize("on", ["orders", "shop", "other"])
def test_a_policy_on_what_carries_none_may_be_meant_for_any_resource(tmp_path: Path, on: str) -> None:
    other = 'policy other for lattice on stock { allow "a" { who orders } }\n' if on == "other" else ""
    (tmp_path / "main.policy").write_text(
        f'{ORG}{STOCK}{other}policy p for lattice on {on} {{ allow "a" {{ who orders }} }}\n', encoding="utf-8"
    )
    found = {item.rule for item in policyc.check(tmp_path) if item.severity != "info"}
    assert found == {"wrong-kind"}
