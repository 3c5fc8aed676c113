"""Files that give variables their values: `*.tfvars` and `*.tfvars.json`.

Source: https://developer.hashicorp.com/terraform/language/values/variables#variable-definitions-tfvars-files
"""

from __future__ import annotations

import json
from collections.abc import Callable

from policyc.carriers.embedded import Options
from policyc.carriers.terraform.declared import Declared, parsed_file
from policyc.carriers.terraform.expressions import Scope, Work
from policyc.carriers.terraform.json_syntax import parse_values
from policyc.carriers.terraform.modules import Configuration, ModuleInstance
from policyc.carriers.terraform.nodes import Argument
from policyc.carriers.terraform.values import Failed, Text, Value, json_tree
from policyc.diagnostics import Diagnostics
from policyc.text import Source


def _arguments(source: Source) -> list[Argument]:
    if source.file.endswith(".json"):
        return parse_values(source)
    return list(parsed_file(source).body.arguments.values())


def tfvars(source: Source, scope: Scope) -> dict[str, Callable[[Work], Value]]:
    """What a file gives, by variable, worked out when it is asked for. Raises MissingPackage."""

    def later(argument: Argument) -> Callable[[Work], Value]:
        return lambda work: work.value(argument.value, scope)

    return {argument.name: later(argument) for argument in _arguments(source)}


def variable_texts(source: Source, diagnostics: Diagnostics) -> dict[str, str]:
    """What a file gives, by the names that holes have, each as `-var` would take it. Raises MissingPackage."""
    module = ModuleInstance(Configuration(Options()), Declared(""))
    work = Work({}, {})
    found: dict[str, str] = {}
    for argument in _arguments(source):
        try:
            value = work.value(argument.value, module.scope)
        except Failed as failed:
            diagnostics.error(
                "no-values-inside",
                f"`{argument.name}` has no value: {failed.reason}",
                failed.span,
                "write a plain value",
            )
            continue
        text = value.value if isinstance(value, Text) else json.dumps(json_tree(value).plain(), default=str)
        found[f"var.{argument.name}"] = text
    return found
