"""`cedarpy` on a page: what policyc asks of that package, answered by Cedar's own WASM build, which `worker.js` puts into `globalThis.cedar`.

Source: https://docs.rs/cedar-wasm/ and https://github.com/k9securityio/cedar-py
"""

from __future__ import annotations

import json
from enum import StrEnum
from types import SimpleNamespace
from typing import Any

from js import cedar  # type: ignore[import-not-found]


class Decision(StrEnum):
    Allow = "Allow"
    Deny = "Deny"


def _ask(name: str, *call: Any) -> dict[str, Any]:
    """The answer of a function of the WASM build, as plain data."""
    from js import JSON

    words = [JSON.parse(json.dumps(item)) if isinstance(item, dict) else item for item in call]
    answer: dict[str, Any] = json.loads(JSON.stringify(getattr(cedar, name)(*words)))
    return answer


def _messages(errors: list[dict[str, Any]]) -> str:
    return "\n".join(error["message"] for error in errors)


class PolicySet:
    """A text that Cedar has read."""

    def __init__(self, text: str, count: int, templates: list[str]) -> None:
        self.text, self._count, self._templates = text, count, templates

    @classmethod
    def from_str(cls, text: str) -> PolicySet:
        answer = _ask("policySetTextToParts", text)
        if answer["type"] == "failure":
            raise ValueError(_messages(answer["errors"]))
        return cls(text, len(answer["policies"]), answer["policy_templates"])

    def templates(self) -> list[str]:
        return self._templates

    def __len__(self) -> int:
        return self._count


class Entities:
    def __init__(self, listed: list[Any]) -> None:
        self.listed = listed

    @classmethod
    def from_json_str(cls, text: str) -> Entities:
        return cls(json.loads(text))


class Schema:
    def __init__(self, text: str) -> None:
        self.text = text

    @classmethod
    def from_str(cls, text: str) -> Schema:
        return cls(text)


def is_authorized_batch(requests: list[dict[str, Any]], policies: PolicySet, entities: Entities) -> list[Any]:
    return [_is_authorized(request, policies, entities) for request in requests]


def _is_authorized(request: dict[str, Any], policies: PolicySet, entities: Entities) -> Any:
    call = {**request, "policies": {"staticPolicies": policies.text}, "entities": entities.listed}
    answer = _ask("isAuthorized", call)
    if answer["type"] == "failure":
        diagnostics = SimpleNamespace(errors=[_messages(answer["errors"])], reasons=[])
        return SimpleNamespace(decision=SimpleNamespace(value="NoDecision"), diagnostics=diagnostics)
    response = answer["response"]
    errors = [
        f"error while evaluating policy `{item['policyId']}`: {item['error']['message']}"
        for item in response["diagnostics"]["errors"]
    ]
    diagnostics = SimpleNamespace(errors=errors, reasons=response["diagnostics"]["reason"])
    return SimpleNamespace(decision=Decision(response["decision"].capitalize()), diagnostics=diagnostics)


def validate_policies(text: str, schema: Schema) -> Any:
    answer = _ask("validate", {"schema": schema.text, "policies": {"staticPolicies": text}})
    if answer["type"] == "failure":
        raise ValueError(_messages(answer["errors"]))
    errors = [
        SimpleNamespace(policy_id=item["policyId"], error=item["error"]["message"])
        for item in answer["validationErrors"]
    ]
    return SimpleNamespace(validation_passed=not errors, errors=errors)


def format_policies(text: str, line_width: int, indent_width: int) -> str:
    answer = _ask("formatPolicies", {"policyText": text, "lineWidth": line_width, "indentWidth": indent_width})
    if answer["type"] == "failure":
        raise ValueError(_messages(answer["errors"]))
    return str(answer["formatted_policy"])
