"""A chart of Helm: the manifests of `kubernetes` with a value for each parameter, and a schema that holds these to their form.

Source: https://helm.sh/docs/topics/charts/
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from policyc.diagnostics import Diagnostics
from policyc.emitting.kubernetes import HOST, manifests
from policyc.emitting.pieces import pieces
from policyc.emitting.registry import Written
from policyc.emitting.shared import asked_of, camel, described, named, used
from policyc.emitting.templates import Opened
from policyc.emitting.terraform import default_of
from policyc.emitting.yaml_writer import Literal, Verbatim
from policyc.emitting.yaml_writer import write as write_yaml
from policyc.holes import has_hole
from policyc.holes import pieces as parts_of
from policyc.workspace.beside.parameters import Parameter

_CHART = {"apiVersion": "v2", "name": "policies", "description": "AWS policies, written by policyc", "version": "0.1.0"}


def write(opened: Opened, diagnostics: Diagnostics) -> Mapping[str, Written]:
    held = pieces(opened, HOST, "Helm", diagnostics)
    values = {name: opened.parameters[name] for name in used(held)}
    values |= {one.name: one for piece in held for one in asked_of(piece, HOST).values()}
    names = named(values, camel)
    actions = {name: _action(names[name], item) for name, item in values.items()}
    files = manifests(held, "templates/", lambda value: _written(value, actions))
    if not files:
        return {}
    comments = "".join(f"# {described(item)}\n{_default(names[name], item)}\n" for name, item in values.items())
    schema = {
        "$schema": "https://json-schema.org/draft-07/schema#",
        "type": "object",
        "properties": {names[name]: _schema(item) for name, item in values.items()},
        "required": [names[name] for name in values],
    }
    files["Chart.yaml"] = Written(write_yaml(_CHART))
    files["values.yaml"] = Written(comments or "{}\n")
    files["values.schema.json"] = Written(json.dumps(schema, indent=2) + "\n")
    return files


def _action(name: str, item: Parameter) -> str:
    """The expression of a value inside a text."""
    if item.many:
        return f"{{{{ toJson .Values.{name} }}}}"
    return f"{{{{ int64 .Values.{name} }}}}" if item.is_number else f"{{{{ .Values.{name} }}}}"


def _written(value: Any, actions: Mapping[str, str]) -> Any:
    """A property as a Go template: what is open as an action, braces that only look like one as a text of their own."""
    text = value.text if isinstance(value, Literal) else value
    if not isinstance(text, str):
        return value
    if isinstance(value, Literal):
        return Literal("".join(actions[part] if open_ else _braces(part) for part, open_ in parts_of(text)))
    if not has_hole(text) and "{{" not in text:
        return text
    quoted = (actions[part] if open_ else _braces(json.dumps(part)[1:-1]) for part, open_ in parts_of(text))
    return Verbatim(f'"{"".join(quoted)}"')


_BRACES: Final = re.compile(r"\{\{|\{$")


def _braces(text: str) -> str:
    """A text whose braces begin no action, not even together with one behind it."""
    return _BRACES.sub(lambda found: f'{{{{ "{found[0]}" }}}}', text)


def _default(name: str, item: Parameter) -> str:
    if item.default is None:
        return f"# {name}: (has to be given)"
    return write_yaml({name: default_of(item)["default"]}).rstrip("\n")


def _schema(item: Parameter) -> dict[str, Any]:
    if item.is_number:
        return {"type": "integer", "minimum": item.low, "maximum": item.high}
    if item.kind == "bool":
        return {"type": "boolean"}
    one: dict[str, Any] = {"type": "string"}
    if item.allowed:
        one["enum"] = list(item.allowed)
    elif item.pattern:
        one["pattern"] = f"^({item.pattern})$"
    if item.never:
        one["not"] = {"pattern": f"^{item.never}"}
    return (
        {"type": "array", "items": one, "minItems": 1, "description": described(item)}
        if item.many
        else {**one, "description": described(item)}
    )
