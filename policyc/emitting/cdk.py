"""A cloud assembly of CDK, which `cdk deploy --app DIR` takes: one stack for each document, in the account and Region that its resource has.

Source: https://github.com/aws/aws-cdk/blob/main/design/cloud-assembly.md
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from policyc.diagnostics import Diagnostics
from policyc.emitting.cloudformation import Stack, stacks
from policyc.emitting.registry import Written
from policyc.emitting.shared import GENERATED_FROM, kebab
from policyc.emitting.templates import Opened
from policyc.emitting.yaml_writer import Literal, Tagged
from policyc.holes import has_hole

#: of the assembly's form; every CDK 2 since then reads it
VERSION: Final = "36.0.0"
_LONG: Final = {"!Ref": "Ref", "!Sub": "Fn::Sub"}


def write(opened: Opened, diagnostics: Diagnostics) -> Mapping[str, Written]:
    files: dict[str, Written] = {}
    artifacts: dict[str, Any] = {}
    for stack in stacks(opened, "CDK", diagnostics):
        document = stack.pieces[0].template.document
        name = kebab(stack.path)
        tree = {"Metadata": {"policyc": {GENERATED_FROM: document.path}}, **stack.tree}
        text = json.dumps(_long(tree), indent=2, ensure_ascii=False) + "\n"
        files[f"{name}.template.json"] = Written(text, document.path.partition("/")[0], document.span.file)
        artifacts[name] = {
            "type": "aws:cloudformation:stack",
            "environment": _environment(stack),
            "properties": {"templateFile": f"{name}.template.json", "stackName": name},
        }
    if files:
        files["manifest.json"] = Written(json.dumps({"version": VERSION, "artifacts": artifacts}, indent=2) + "\n")
    return files


def _environment(stack: Stack) -> str:
    account, region = stack.pieces[0].account, stack.pieces[0].region
    known = [text if text and not has_hole(text) else "" for text in (account, region)]
    return f"aws://{known[0] or 'unknown-account'}/{known[1] or 'unknown-region'}"


def _long(tree: Any) -> Any:
    """A template with its intrinsic functions in the form of JSON."""
    match tree:
        case dict():
            return {key: _long(value) for key, value in tree.items()}
        case list():
            return [_long(value) for value in tree]
        case Tagged(tag, value):
            return {_LONG[tag]: _long(value)}
        case Literal(text):
            return text
    return tree
