"""Expressions, templates and the documents of data sources, held against what Terraform and its AWS provider made of the same files.

`provider/*.json` are the outputs of `terraform plan` (1.11.4, provider 5.100.0) on the file beside each; `expressions.json` has what
`terraform console` prints for `jsonencode(…)` of each expression, null where it is refused.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from policyc.carriers.embedded import Options
from policyc.carriers.terraform.expressions import Work
from policyc.carriers.terraform.hcl import parse_expression
from policyc.carriers.terraform.modules import Configuration, ModuleInstance
from policyc.carriers.terraform.runs import Placement
from policyc.carriers.terraform.values import Failed, Text, as_text
from policyc.holes import has_hole

HERE = Path(__file__).parent / "provider"


def module(text: str) -> ModuleInstance:
    options = Options({}, {"main.tf": text}.get, lambda folder: ("main.tf",) if not folder else ())
    configuration = Configuration(options)
    return ModuleInstance(configuration, configuration.declared(""))


def unordered(value: Any) -> Any:
    """A document with lists of texts in one order: the provider turns them round, and they are sets."""
    if isinstance(value, dict):
        return {key: unordered(item) for key, item in value.items()}
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return sorted(value)
    return [unordered(item) for item in value] if isinstance(value, list) else value


def cases() -> list[Any]:
    found = []
    for file in sorted(HERE.glob("*.tf")):
        wanted = json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))
        found += [pytest.param(file, name, value, id=f"{file.stem}-{name}") for name, value in wanted.items()]
    return found


@pytest.mark.parametrize(("file", "name", "wanted"), cases())
def test_an_output_is_what_terraform_plans(file: Path, name: str, wanted: Any) -> None:
    top = module(file.read_text(encoding="utf-8"))
    work = Work({}, {})
    value = as_text(top.attribute(name, top.declared.outputs[name].block.head, work))
    assert isinstance(value, Text), value
    assert not has_hole(value.value)
    made = value.value if isinstance(wanted, str) else json.loads(value.value)
    assert unordered(made) == unordered(wanted)


@pytest.mark.parametrize(("text", "wanted"), json.loads((HERE / "expressions.json").read_text(encoding="utf-8")))
def test_an_expression_is_what_the_console_prints(text: str, wanted: str | None) -> None:
    expression = parse_expression(f"jsonencode({text})", Placement("x", 0))
    try:
        value = as_text(Work({}, {}).value(expression, module("").scope))
    except Failed:
        assert wanted is None
        return
    assert wanted is not None
    assert isinstance(value, Text), value
    assert json.loads(value.value) == json.loads(wanted)
