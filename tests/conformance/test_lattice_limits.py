"""What a VPC Lattice auth policy cannot say is an error at the place that says it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from policyc.data import read_text
from policyc.diagnostics import Diagnostics
from policyc.targets.program import load_program
from policyc.targets.registry import target

HEAD = """module a
let shop: account = "111122223333"
principal order_fn = role(shop, "order-service")
resource mesh: lattice.service_network { id: "sn-0123456789abcdef0", at: shop/us-west-2, auth: aws_iam }
resource lane: lattice.service_network { id: "sn-1123456789abcdef0", at: shop/us-west-2, auth: aws_iam }
resource web: lattice.service { id: "svc-0a1b2c3d4e5f67890", at: shop/us-west-2, network: mesh, auth: aws_iam }
resource far: lattice.service { id: "svc-1a1b2c3d4e5f67890", at: shop/us-west-2, network: lane, auth: aws_iam }
resource tls: lattice.service { id: "svc-2a1b2c3d4e5f67890", at: shop/us-west-2, network: mesh, protocol: tls_passthrough }
resource rpc: lattice.service { id: "svc-3a1b2c3d4e5f67890", at: shop/us-west-2, network: mesh, protocol: grpc }
resource both: lattice.service { id: "svc-4a1b2c3d4e5f67890", at: shop/us-west-2, network: mesh, protocol: mixed }
"""


def findings(folder: Path, text: str) -> list[tuple[str, str]]:
    """(rule, the text that its span covers) of every finding."""
    (folder / "a.policy").write_text(text, encoding="utf-8")
    diagnostics = Diagnostics()
    load_program(folder, [folder / "a.policy"], {}, diagnostics)
    assert all(item.help and item.message for item in diagnostics)
    return [(item.rule, text[item.span.start : item.span.end] if item.span else "") for item in diagnostics.sorted()]


def statement(folder: Path, on: str, clauses: str) -> list[tuple[str, str]]:
    return findings(folder, f'{HEAD}policy p for lattice on {on} {{ allow "a" {{ {clauses} }} }}\n')


FINE = [
    ("web", 'who anyone can GET path "/a", "*.png", "/a?b"'),
    ("web", 'who order_fn when header["x-team"] == "a" and any query["q"] == "b"'),
    ("web", 'who anyone when method == "PURGE"'),
    ("tls", 'who anyone can connect when source.vpc == "vpc-0a1b2c3d" and port == 443'),
    ("tls", "who anyone"),
    ("rpc", 'who order_fn can POST path "/api.parking/*"'),
    ("both", "who anyone can connect"),
    ("both", 'who anyone when header["x-team"] == "a"'),
    ("mesh", "who anyone on web, tls"),
    ("mesh", 'who anyone path "/a"'),
    ("web", 'who anyone when key["x:Y"] == "a"'),
]


@pytest.mark.parametrize(("on", "clauses"), FINE)
def test_what_can_be_said(tmp_path: Path, on: str, clauses: str) -> None:
    assert statement(tmp_path, on, clauses) == []


REFUSED = [
    ("web", 'who anyone path "stock"', "malformed-path", 'path "stock"'),
    ("web", 'who anyone path "?stock"', "malformed-path", 'path "?stock"'),
    ("web", 'who anyone path "/a?x=1"', "query-in-path", 'path "/a?x=1"'),
    ("web", 'who anyone path "/a\\?x"', "query-in-path", 'path "/a\\?x"'),
    ("web", 'who anyone path "/a#x"', "query-in-path", 'path "/a#x"'),
    ("web", "who anyone can connect", "verb-never-comes", "can connect"),
    ("tls", "who anyone can GET", "verb-never-comes", "can GET"),
    ("rpc", "who anyone can GET", "verb-never-comes", "can GET"),
    ("tls", 'who anyone path "/a"', "no-path-here", 'path "/a"'),
    ("both", 'who anyone can connect path "/a"', "no-path-here", 'path "/a"'),
    ("tls", "who order_fn", "callers-are-anonymous", "who order_fn"),
    ("both", "who order_fn can connect", "callers-are-anonymous", "who order_fn"),
    ("tls", 'who anyone when header["x-team"] == "a"', "no-http-here", 'header["x-team"] == "a"'),
    ("tls", 'who anyone when method == "GET"', "no-http-here", 'method == "GET"'),
    ("rpc", 'who anyone when any query["q"] == "a"', "no-query-here", 'any query["q"] == "a"'),
    ("web", 'who anyone when header["X-Team"] == "a"', "header-name-case", 'header["X-Team"] == "a"'),
    ("web", 'who anyone when header["x team"] == "a"', "malformed-header", 'header["x team"] == "a"'),
    ("web", "who anyone on web", "on-in-a-service-policy", 'allow "a" { who anyone on web }'),
    ("mesh", "who anyone on far", "service-in-another-network", 'allow "a" { who anyone on far }'),
    ("mesh", "who anyone on lane", "on-is-no-service", 'allow "a" { who anyone on lane }'),
    ("web", 'who anyone when key["aws:principalorgid"] == "o-a"', "known-key", 'key["aws:principalorgid"] == "o-a"'),
    ("web", 'who anyone when key["aws:PrincipalTag/a"] == "b"', "known-key", 'key["aws:PrincipalTag/a"] == "b"'),
    ("web", 'who anyone when key["nonsense"] == "b"', "malformed-key", 'key["nonsense"] == "b"'),
    ("web", "who not anyone", "nobody", "who not anyone"),
    ("web", "who root(shop)", "principal-not-expressible", "who root(shop)"),
    (
        "web",
        'who cloudfront(shop, "E2ABCDEF123456")',
        "principal-not-expressible",
        'who cloudfront(shop, "E2ABCDEF123456")',
    ),
    ("web", "can GET", "missing-clause", '"a"'),
]


@pytest.mark.parametrize(("on", "clauses", "rule", "shown"), REFUSED)
def test_what_cannot_be_said(tmp_path: Path, on: str, clauses: str, rule: str, shown: str) -> None:
    assert statement(tmp_path, on, clauses) == [(rule, shown)]


def test_every_rule_is_explained() -> None:
    explained: dict[str, dict[str, str]] = {}
    for stage in ("lattice", "iam_documents", "conditions", "model", "simulate"):
        explained |= json.loads(read_text(f"schemas/errors/{stage}.json"))
    for rule in {item[2] for item in REFUSED} | {"second-auth-policy", "statement-never-applies", "empty-document"}:
        assert set(explained[rule]) >= {"summary", "why", "help"}, rule


def test_a_resource_takes_one_policy(tmp_path: Path) -> None:
    text = (
        HEAD
        + 'policy p for lattice on web { allow "a" { who anyone } }\npolicy q for lattice on web { allow "a" { who anyone } }\n'
    )
    assert findings(tmp_path, text) == [("second-auth-policy", "q")]


def test_a_statement_that_can_never_apply(tmp_path: Path) -> None:
    never = 'allow "never" { who anyone when port == 1 and port == 2 }'
    text = f'{HEAD}policy p for lattice on web {{ {never} allow "b" {{ who anyone }} }}\n'
    assert findings(tmp_path, text) == [("statement-never-applies", never)]
    alone = f"{HEAD}policy p for lattice on web {{ {never} }}\n"
    assert [rule for rule, _ in findings(tmp_path, alone)] == ["empty-document", "statement-never-applies"]


def test_a_statement_that_is_switched_off_leaves_a_note(tmp_path: Path) -> None:
    text = (
        f'{HEAD}policy p for lattice on web {{ allow "off" {{ who anyone when false }} allow "b" {{ who anyone }} }}\n'
    )
    assert findings(tmp_path, text) == []
    program = load_program(tmp_path, [tmp_path / "a.policy"], {}, Diagnostics())
    (document,) = target("lattice").emit(program, Diagnostics())
    assert [item["Sid"] for item in json.loads(document.text)["Statement"]] == ["B"]
    assert [(item.pointer, item.message) for item in document.added] == [
        ("", "`off` is left out: its condition is never true")
    ]


def test_the_quota_counts_bytes(tmp_path: Path) -> None:
    values = ", ".join(f'"{"é" * 50}{index}"' for index in range(100))
    text = f'{HEAD}policy p for lattice on web {{ allow "a" {{ who anyone when header["x"] in [{values}] }} }}\n'
    assert findings(tmp_path, text) == []
    program = load_program(tmp_path, [tmp_path / "a.policy"], {}, Diagnostics())
    (document,) = target("lattice").emit(program, Diagnostics())
    assert document.quota is not None
    assert (document.quota.limit, document.quota.unit) == (10_240, "bytes")
    assert document.quota.counted == len(document.text.encode("utf-8")) > 10_240 > len(document.text)


@pytest.mark.parametrize(
    ("field", "rule"),
    [
        ('id: "svc-0a1b"', "malformed-value"),
        ('id: "sn-0123456789abcdef0"', "malformed-value"),
        ('id: "svc-0a1b2c3d4e5f67891", protocol: "ftp"', "type-mismatch"),
    ],
)
def test_ids_and_protocols_have_a_shape(tmp_path: Path, field: str, rule: str) -> None:
    text = f"{HEAD}resource odd: lattice.service {{ at: shop/us-west-2, {field} }}\n"
    assert rule in [item for item, _ in findings(tmp_path, text)]
