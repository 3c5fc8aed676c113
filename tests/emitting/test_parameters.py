"""Parameters that stay open: what becomes of them in each form, and what cannot stay open."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from policyc.diagnostics import Diagnostics
from policyc.emitting.templates import Opened
from policyc.targets.program import emit_documents, load_program
from tests.emitting.reading import manifests, opened, plain, read_back, rendered, try_open, written

POLICY = """\
/// The organization that may call.
param acme: org_id
param shop: account = "111122223333"
param team: enum { red, blue } = red
/// Where the callers are.
param vpcs: set[vpc_id] = ["vpc-0a1b2c3d4e5f67890"]
param home: region = us-west-2
param service_id: string = "svc-0a1b2c3d4e5f67890"
param mail: string = "acme.example"

principal order_fn = role(shop, "order-service")
resource inventory: lattice.service { id: service_id, at: shop/home, auth: aws_iam }
resource staff: verified_access.group { trust: { idc: iam_identity_center } }

policy inventory_auth for lattice on inventory {
  allow "order-reads-stock" {
    who  order_fn
    can  GET
    path "/stock", "/we${ird}/%{x}/{{y}}/é"
    when aws.PrincipalTag["team"] == team and source.vpc in vpcs
  }
  deny "strangers" { who anyone  unless aws.PrincipalOrgID == acme }
}
policy staff_access for verified_access on staff {
  allow "staff" { when idc.user.email.address == mail }
}
"""
VALUES = {
    "acme": "o-zzzzzzzzzz",
    "shop": "444455556666",
    "team": "blue",
    "vpcs": "vpc-11111111,vpc-22222222",
    "home": "eu-west-1",
    "service_id": "svc-77777777777777777",
    "mail": "other.example",
}


def project(folder: Path, text: str) -> Path:
    (folder / "policies").mkdir(exist_ok=True)
    (folder / "policies" / "a.policy").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return project(tmp_path_factory.mktemp("open"), POLICY)


@cache
def held(root: Path, *targets: str) -> Opened:
    return opened(root, targets=targets)


def unordered(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: unordered(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return sorted(tree) if all(isinstance(item, str) for item in tree) else [unordered(item) for item in tree]
    return tree


def built(root: Path, values: Mapping[str, str], target: str) -> Any:
    found = Diagnostics()
    program = load_program(root, [root / "policies" / "a.policy"], values, found)
    (document,) = emit_documents(program, found)[target]
    return json.loads(document.text) if document.kind else document.text


def test_every_parameter_of_a_document_stays_open(root: Path) -> None:
    found = held(root)
    assert set(found.parameters) == set(VALUES)
    assert found.decided == ()
    assert set(found.templates[0].names) == set(VALUES) - {"mail"}
    assert found.templates[1].names == ("mail",)


@pytest.mark.parametrize(
    ("name", "prefix"),
    [("cloudformation", ""), ("sam", ""), ("cdk", ""), ("terraform", "var."), ("terraform-json", "var.")],
)
@pytest.mark.parametrize("target", ["lattice", "verified_access"])
def test_with_values_a_template_is_what_is_built_for_them(root: Path, name: str, prefix: str, target: str) -> None:
    files = written(held(root, target), name)
    style = (lambda word: prefix + word) if prefix else (lambda word: "".join(map(str.capitalize, word.split("_"))))
    values = {style(word): value for word, value in VALUES.items()}
    if prefix:
        values[style("vpcs")] = json.dumps(VALUES["vpcs"].split(","))
    (document,) = read_back(files, values)
    assert not document.holes
    assert unordered(plain(document)) == unordered(built(root, VALUES, target))


def test_with_values_a_chart_is_what_is_built_for_them(root: Path) -> None:
    files = written(held(root, "lattice"), "helm")
    names = {"service_id": "serviceId"}
    values = {names.get(word, word): value.split(",") if word == "vpcs" else value for word, value in VALUES.items()}
    (document,) = manifests(rendered(files, values))
    assert unordered(document) == unordered(built(root, VALUES, "lattice"))
    schema = json.loads(files["values.schema.json"])
    assert set(schema["required"]) == set(values) - {"mail"}


def test_a_manifest_has_no_parameters(root: Path) -> None:
    from policyc.emitting.registry import form

    found = Diagnostics()
    form("kubernetes").write(held(root, "lattice"), found)
    assert {item.rule for item in found} == {"parameter-not-open"}
    fixed = opened(root, VALUES, ("lattice",))
    (document,) = manifests(written(fixed, "kubernetes"))
    assert unordered(document) == unordered(built(root, VALUES, "lattice"))


def test_what_a_user_reads_of_a_parameter(root: Path) -> None:
    template = next(iter(written(held(root, "lattice"), "cloudformation").values()))
    assert (
        """  Acme:
    Type: String
    Description: "The organization that may call."
    AllowedPattern: "^(o-[a-z0-9]{10,32})$"
"""
        in template
    )
    assert (
        """  Vpcs:
    Type: CommaDelimitedList
    Description: "Where the callers are."
    Default: vpc-0a1b2c3d4e5f67890
"""
        in template
    )
    variables = written(held(root, "lattice"), "terraform")["variables.tf"]
    assert (
        """variable "acme" {
  type        = string
  description = "The organization that may call."

  validation {
    condition     = can(regex("^(o-[a-z0-9]{10,32})$", var.acme))
    error_message = "It has to be written as a value of the type org_id."
  }
}
"""
        in variables
    )


HEAD = """\
resource inventory: lattice.service { id: "svc-0a1b2c3d4e5f67890", at: "111122223333"/us-west-2, auth: aws_iam }
"""


@pytest.mark.parametrize(
    ("param", "statement"),
    [
        # another statement for one of its values
        ("enum { dev, prod }", 'allow "a" { who authenticated  when header["x"] == "a" and x == dev }'),
        # a value that some text turns on, which no sample is
        ("string", 'allow "a" { who authenticated  when header["x"] == "a" and x == "prod" }'),
        ("string", 'allow "a" { who authenticated  when header["x"] == "a" and not (x like "pro*") }'),
        ("bool", 'allow "a" { who authenticated  when header["x"] == "a" and x == true }'),
    ],
)
def test_a_parameter_that_decides_what_a_document_says_cannot_stay_open(
    tmp_path: Path, param: str, statement: str
) -> None:
    text = f'param x: {param}\n{HEAD}policy p for lattice on inventory {{ {statement} allow "b" {{ who authenticated }} }}\n'
    found = Diagnostics()
    assert try_open(project(tmp_path, text), {}, (), found) is None
    assert [item.rule for item in found] == ["parameter-decides"]
    default = '"a"' if param == "string" else "true" if param == "bool" else "dev"
    assert opened(project(tmp_path, text.replace(f"x: {param}", f"x: {param} = {default}"))).decided == ("x",)


def test_a_default_that_would_not_be_taken_is_built_in(tmp_path: Path) -> None:
    text = f'param x: string = "a*"\n{HEAD}policy p for lattice on inventory {{ allow "b" {{ who authenticated when header["x"] == x }} }}\n'
    assert opened(project(tmp_path, text)).decided == ("x",)


@pytest.mark.parametrize(
    ("param", "clauses", "takes", "refuses"),
    [
        ("string", 'who raw("AWS", x)  can raw("kms:*")  on raw("*")', "arn:aws:iam::111122223333:role/a", "kms"),
        ("string", 'who anyone  can raw("kms:*")  on raw(x)', "arn:aws:kms:us-west-2:111122223333:key/a", "key/a"),
        ("string", 'who anyone  can raw("kms:*")  on raw(x)', "*", "arn"),
        ("arn", 'who anyone  can raw("kms:*")  on raw(x)', "arn:aws:kms:us-west-2:111122223333:key/a", "x"),
        (
            "string",
            'who anyone  can raw("kms:*")  on raw(concat("arn:aws:kms:us-west-2:", x, ":key/a"))',
            "111122223333",
            "acme",
        ),
        (
            "string",
            'who anyone  can raw("kms:*")  on raw(concat("arn:aws:kms:", x, ":111122223333:key/a"))',
            "us-west-2",
            "*",
        ),
        (
            "string",
            'who service("sns.amazonaws.com")  can raw("kms:*")  on raw("*")  when aws.SourceArn like x',
            "arn:aws:sns:us-west-2:111122223333:a",
            "a",
        ),
    ],
)
def test_a_parameter_takes_what_its_place_asks_for(
    tmp_path: Path, param: str, clauses: str, takes: str, refuses: str
) -> None:
    text = (
        f"param x: {param}\nresource k: iam_document.carrier {{ kind: key }}\n"
        f'policy p for iam_document on k {{ allow "a" {{ {clauses} }} }}\n'
    )
    found = opened(project(tmp_path, text))
    assert found.templates[0].names == ("x",)
    assert found.parameters["x"].takes(takes) and not found.parameters["x"].takes(refuses)
