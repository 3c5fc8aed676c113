"""Verified Access logs, OCSF 1.0.0-rc.2 for HTTP and TCP; 0.1 tells nothing of trust. Source: access log reference, section 2."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from policyc.record import record
from policyc.replay.recorded import NOBODY, Data, Fields, ReadLine, Recorded, text_of, utc
from policyc.targets.base import NoRequest

_HTTP, _TCP, _OLD = "3006", "3003", "208001"
_NO_DECISIONS: Final = {
    "200": "authentication was refused, which is no decision of a policy",
    "800": "the user was still logging in, which is no decision of a policy",
    "000": "its status is unknown",
}
#: fields of a record that tell of the request, by their path
_FIELDS: Final = (
    ("http_request", "http_method"),
    ("http_request", "user_agent"),
    ("http_request", "url", "hostname"),
    ("http_request", "url", "path"),
    ("http_request", "url", "query_string"),
    ("http_request", "url", "port"),
    ("src_endpoint", "ip"),
    ("device", "ip"),
    ("dst_endpoint", "ip"),
    ("dst_endpoint", "port"),
)
#: who calls, the most telling first: records of connections have their user and their source elsewhere
_CALLERS: Final = (
    *(("actor", "user", "email_addr"), ("user", "email_addr"), ("actor", "user", "uid"), ("user", "uid")),
    *(("src_endpoint", "ip"), ("device", "ip")),
)
#: parts of the logged context that are told apart by their own parts: they differ from request to request
_REQUESTS: Final = ("http_request", "tcp_flow")
CONTEXT: Final = "data.context"


@record
class VerifiedAccess:
    """`keys` are the parts of a record by their path with dots, each as JSON: `http_request.url.path`, `data.context.idc`,
    `data.context.http_request.path`. `data.context` itself says what stands there when it is no object with entries."""

    name: str = "verified-access"
    title: str = "Verified Access log"

    @property
    def fields(self) -> Fields:
        return _COLUMNS

    def recognizes(self, data: Data) -> bool:
        return str(data.get("class_uid", "")) in (_HTTP, _TCP, _OLD) and "time" in data

    def read(self, data: Data) -> Recorded:
        kind = str(data.get("class_uid"))
        if kind == _OLD:
            raise NoRequest("it is of OCSF 0.1, which holds no trust context")
        verdict = _verdict_of_connection(data) if kind == _TCP else _verdict_of_status(text_of(data, "status_code"))
        where, path, _ = _resource(data)
        return Recorded(
            self.name,
            _caller(data),
            text_of(data, "http_request", "http_method") or ("request" if kind == _HTTP else "connect"),
            where,
            path,
            text_of(data, "proxy", "uid"),
            (("class_uid", json.dumps(kind)), *_parts(data)),
            verdict,
            text_of(data, "metadata", "uid"),
            utc(text_of(data, "time")),
        )

    def lines(self, first: str) -> ReadLine | None:
        return None


def _caller(data: Data) -> str:
    return next((who for path in _CALLERS if (who := text_of(data, *path))), NOBODY)


def _resource(data: Data) -> tuple[str, str, str]:
    is_http = str(data.get("class_uid")) == _HTTP
    where = text_of(data, *(("http_request", "url", "hostname") if is_http else ("dst_endpoint", "hostname")))
    return where or text_of(data, "dst_endpoint", "ip"), text_of(data, "http_request", "url", "path"), ""


def _verdict_of_status(code: str) -> str:
    if code in ("100", "300"):
        return "allow" if code == "100" else "deny"
    raise NoRequest(_NO_DECISIONS.get(code, "its status code is none of a policy's decisions"))


def _verdict_of_connection(data: Data) -> str:
    """Of TCP the status code means nothing, the authorizations count; what is no list of them says nothing."""
    inner = data.get("data")
    listed = inner.get("authorizations") if isinstance(inner, Mapping) else None
    held = listed if isinstance(listed, list) else ()
    words = {text_of(item, "decision").lower() for item in held if isinstance(item, Mapping)}
    return "deny" if "deny" in words else "allow" if "allow" in words else ""


def _parts(data: Data) -> Iterator[tuple[str, str]]:
    for path in _FIELDS:
        value: Any = data
        for step in path:
            value = value.get(step) if isinstance(value, Mapping) else None
        if value is not None:
            yield ".".join(path), _json(value)
    inner = data.get("data")
    context = inner.get("context") if isinstance(inner, Mapping) else None
    if not isinstance(context, Mapping) or not context:
        yield CONTEXT, _json(context)
        return
    for name, value in context.items():
        if name in _REQUESTS and isinstance(value, Mapping):
            yield from ((f"{CONTEXT}.{name}.{part}", _json(one)) for part, one in value.items())
        else:
            yield f"{CONTEXT}.{name}", _json(value)


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


_COLUMNS: Final = Fields(
    ("class_uid", "time"),
    "metadata.uid",
    "time",
    tuple(map(".".join, _CALLERS)),
    ("class_uid", "http_request.url.hostname", "http_request.url.path", "dst_endpoint.hostname", "dst_endpoint.ip"),
    {
        "class_uid": (),
        "status_code": (),
        "proxy.uid": (),
        "http_request.http_method": (),
        "data.context": (),
        "data.authorizations": (),
        **{name: (name,) for name in map(".".join, _FIELDS) if name != "http_request.http_method"},
    },
    _caller,
    _resource,
    utc,
)
