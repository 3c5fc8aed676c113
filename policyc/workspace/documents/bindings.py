"""Values for holes from files: parameters of a stack, outputs of stacks and of Terraform, `*.tfvars`, and plain objects of names and texts.

Sources: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-using-cli-deploying.html (parameter files),
https://docs.aws.amazon.com/cli/latest/reference/cloudformation/describe-stacks.html, https://developer.hashicorp.com/terraform/cli/commands/output
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from policyc.diagnostics import Diagnostics
from policyc.syntax.json_text import parse_json
from policyc.text import Source


def read_bindings(source: Source, diagnostics: Diagnostics) -> dict[str, str]:
    """The values by the names that holes have; a file that says none is an error. Raises MissingPackage."""
    if source.file.endswith((".tfvars", ".tfvars.json")):
        from policyc.carriers.terraform.tfvars import variable_texts

        return variable_texts(source, diagnostics)
    tree = parse_json(source, diagnostics)
    if tree is None:
        return {}
    found = {name: text for name, text in _pairs(tree.plain()) if text is not None}
    if not found:
        diagnostics.error(
            "no-values-inside",
            "the file holds no values",
            tree.span.at_start(),
            'write `{"NAME": "VALUE"}`, or name a parameter file, `describe-stacks` output or `terraform output -json`',
        )
    return found


def _pairs(data: Any) -> Iterator[tuple[str, str | None]]:
    if isinstance(data, list):
        for item in data:
            if isinstance(item, dict) and "ParameterKey" in item:
                yield str(item["ParameterKey"]), _text(item.get("ParameterValue"))
            elif isinstance(item, str) and "=" in item:
                name, _, value = item.partition("=")
                yield name, value
        return
    if not isinstance(data, dict):
        return
    if isinstance(data.get("Stacks"), list):
        for stack in data["Stacks"]:
            yield from _of_stack(stack if isinstance(stack, dict) else {})
        return
    for name, value in (data["Parameters"] if isinstance(data.get("Parameters"), dict) else data).items():
        output = isinstance(value, dict) and "value" in value  # of `terraform output`
        if not (output and value.get("sensitive") is True):
            yield str(name), _text(value["value"] if output else value)


def _of_stack(stack: dict[str, Any]) -> Iterator[tuple[str, str | None]]:
    """What is known of a stack that is there: its exports for those that import them, and its parameters."""
    for output in stack.get("Outputs") or ():
        if isinstance(output, dict) and "OutputKey" in output:
            yield str(output["OutputKey"]), _text(output.get("OutputValue"))
            if output.get("ExportName"):
                yield f"ImportValue {output['ExportName']}", _text(output.get("OutputValue"))
    for item in stack.get("Parameters") or ():
        if isinstance(item, dict) and "ParameterKey" in item:
            yield str(item["ParameterKey"]), _text(item.get("ParameterValue"))


def _text(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list) and all(isinstance(item, str | int) for item in value):
        return ",".join(str(item) for item in value)
    return str(value) if isinstance(value, str | int | float) else None
