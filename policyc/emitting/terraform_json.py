"""The same module in the JSON syntax of Terraform: documents are objects among the locals, and encoded where they go.

Source: https://developer.hashicorp.com/terraform/language/syntax/json
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from policyc.diagnostics import Diagnostics
from policyc.emitting.hcl_writer import Expression, Texts
from policyc.emitting.pieces import placements
from policyc.emitting.registry import Written
from policyc.emitting.shared import described, header
from policyc.emitting.templates import Hole, Opened
from policyc.emitting.terraform import HOST, VARIABLES, default_of, file_of, module, type_of, validations


def write(opened: Opened, diagnostics: Diagnostics) -> Mapping[str, Written]:
    made = module(opened, diagnostics)
    texts = made.texts
    files: dict[str, Written] = {}
    for path, held in made.documents.items():
        locals_: dict[str, Any] = {}
        resources: dict[str, dict[str, Any]] = {}
        for piece in held:
            document: Any = piece.content
            if document is not None and not isinstance(document, str):
                locals_[piece.name] = _value(document, texts)
                document = Expression(f"jsonencode(local.{piece.name})")
            arguments = {key: _value(value, texts) for key, value in made.properties(piece, document).items()}
            resources.setdefault(placements(HOST)[piece.carrier].type, {})[piece.name] = arguments
        tree: dict[str, Any] = {"//": "; ".join(header(held))}
        tree |= {"locals": locals_} if locals_ else {}
        files[f"{file_of(path)}.tf.json"] = Written(
            _text({**tree, "resource": resources}), path.partition("/")[0], held[0].template.document.span.file
        )
    if made.variables:
        variables = {}
        for name, item in made.variables.items():
            called = made.names[name]
            rules = [{"condition": f"${{{one}}}", "error_message": said} for one, said in validations(called, item)]
            variables[called] = {"type": type_of(item), "description": described(item), **default_of(item)}
            variables[called] |= {"validation": rules} if rules else {}
        files[f"{VARIABLES}.tf.json"] = Written(_text({"variable": variables}))
    return files


def _text(tree: Any) -> str:
    return json.dumps(tree, indent=2, ensure_ascii=False) + "\n"


def _value(tree: Any, texts: Texts) -> Any:
    match tree:
        case Expression(text):
            return f"${{{text}}}"
        case Hole(name):
            return f"${{{texts.values[name]}}}"
        case dict():
            return {texts.template(key): _value(value, texts) for key, value in tree.items()}
        case list():
            return [_value(value, texts) for value in tree]
        case str():
            return texts.template(tree)
    return tree
