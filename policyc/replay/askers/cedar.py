"""Cedar texts of Verified Access about logged requests: those of a project by endpoint, or texts that are given."""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Final

from policyc.diagnostics import Diagnostics
from policyc.replay.askers.attributes import Attributes
from policyc.replay.askers.said import Keys, Said, said_of
from policyc.replay.kinds.verified_access import CONTEXT
from policyc.replay.recorded import Recorded
from policyc.syntax.json_text import parse_json
from policyc.targets.cedar_documents.protocol import Guard
from policyc.text import Source

#: what a record tells of the request outside its trust context, and the attribute that it stands for
_TOLD: Final = {
    "http_request.http_method": "http_method",
    "http_request.user_agent": "user_agent",
    "http_request.url.hostname": "hostname",
    "http_request.url.path": "path",
    "http_request.url.query_string": "query",
    "http_request.url.port": "port",
    "src_endpoint.ip": "client_ip",
    "device.ip": "client_ip",
    "dst_endpoint.ip": "destination_ip",
    "dst_endpoint.port": "destination_port",
}
#: values whose likeness is remembered
_MOST_KEPT: Final = 200_000
_ROOTS: Final = ("http_request", "tcp_flow")


class OfCedar:
    """Guards by the endpoint's domain; the one under the empty name guards every other host. `users` tells of people by the address that a
    record has, what trust providers would have said of them."""

    def __init__(self, guards: Mapping[str, Guard], users: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        self.guards, self.users = guards, users or {}
        self.attributes = Attributes(text[1] for guard in guards.values() for text in guard.texts.values())
        self.kept: dict[tuple[str, str], Hashable] = {}
        read = [path for guard in guards.values() for path in guard.read]
        self.parts = {path[:2] for path in read if path[0] in _ROOTS}
        self.providers = {path[0] for path in read if path[0] not in _ROOTS}

    def reads(self, key: str) -> bool:
        if key in ("class_uid", CONTEXT):
            return True
        if key in _TOLD:
            return any((root, _TOLD[key]) in self.parts for root in _ROOTS)
        steps = key.removeprefix(CONTEXT + ".").split(".")
        return tuple(steps[:2]) in self.parts if steps[0] in _ROOTS else steps[0] in self.providers

    def side(self) -> None:
        """No record of VPC Lattice meets these."""

    def caller(self, item: Recorded) -> str:
        return item.who if item.who in self.users else ""

    def alike(self, item: Recorded, told: Keys) -> Hashable:
        """Values that the texts cannot tell apart are one."""
        return tuple([(pair[0], self._like(pair)) for pair in told])

    def _like(self, pair: tuple[str, str]) -> Hashable:
        found = self.kept.get(pair)
        if found is None:
            if len(self.kept) > _MOST_KEPT:
                self.kept.clear()
            found = self.kept[pair] = self._likeness(*pair)
        return found

    def _likeness(self, key: str, text: str) -> Hashable:
        value, attributes = json.loads(text), self.attributes
        if key in _TOLD:
            return tuple([attributes.likeness((root, _TOLD[key]), value) for root in _ROOTS])
        steps = tuple(_steps(key)[2:])
        if not steps:
            return text
        return attributes.likeness(steps, attributes.projected(steps, value))

    def place(self, item: Recorded) -> Hashable:
        return item.where  # the parts of a record that policies read are keys

    def quotes(self, kind: str) -> bool:
        return True

    def answer(self, item: Recorded) -> Said | str:
        guard = self.guards.get(item.where) or self.guards.get("")
        if guard is None:
            return "no endpoint with this domain is declared"
        data = self._record(item, self.users.get(item.who, {}))
        found = Diagnostics()
        tree = parse_json(Source("<record>", json.dumps(data)), found)
        answered = None if tree is None else guard.answer_record(tree, (), found)
        if answered is None:
            return next((one.message for one in found), "the record cannot be read")
        return said_of(answered.outcome, item)

    def _record(self, item: Recorded, known: Mapping[str, Any]) -> dict[str, Any]:
        """The parts of a record that are read put together again, with what is known of its user where it lacks trust data. What is wrong
        with other parts changes no answer; that there is a trust context does, whatever it tells."""
        data: dict[str, Any] = {"status_code": "100" if item.verdict == "allow" else "300"}
        for key, text in item.keys:
            if not (self.reads(key) or key.startswith(CONTEXT)):
                continue
            steps, value = _steps(key), json.loads(text)
            if key == CONTEXT and value is None:
                continue
            inner = data
            for step in steps[:-1]:
                inner = inner.setdefault(step, {})
            inner[steps[-1]] = value
        context = data.get("data", {}).get("context")
        if known and (context is None or context == {}):
            data.setdefault("data", {})["context"] = context = dict(known)
        elif known and isinstance(context, dict):
            context = {**known, **context}
        if isinstance(context, dict):
            projected = self.attributes.projected
            data["data"]["context"] = {name: projected((name,), value) for name, value in context.items()}
        return data


def _steps(key: str) -> Sequence[str]:
    """The path of a part; names of trust providers hold no dots, names of attributes may."""
    if not key.startswith(CONTEXT):
        return key.split(".")
    rest = key.removeprefix(CONTEXT).removeprefix(".")
    root, _, part = rest.partition(".")
    if not rest:
        return ("data", "context")
    return ("data", "context", root, part) if root in _ROOTS and part else ("data", "context", rest)
