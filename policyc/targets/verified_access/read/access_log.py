"""A Verified Access log record as a request: what it tells of the context, and what it cannot tell.

Records are OCSF 1.0.0-rc.2, the only version with trust context (reference, section 4). Nothing is guessed: an attribute that the
policies read and the record does not hold is unknown.
Source: https://docs.aws.amazon.com/verified-access/latest/ug/ocsfv1-examples.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from policyc.diagnostics import Diagnostics
from policyc.record import record
from policyc.syntax.json_text import JsonObject, JsonValue
from policyc.text import Span

Path = tuple[str, ...]

HTTP_CLASS, TCP_CLASS = "3006", "3003"
_OLD_CLASS = "208001"
_NOT_DECISIONS = {"200": "authentication was refused", "800": "the user was still logging in", "000": "it is unknown"}
_LONG = 2**63
_ESCAPES = ("__entity", "__extn", "__expr")


@record
class LoggedRequest:
    """The context that a record tells, what the log says came of it, and what is missing or unsure.

    `trusted` is False when the record holds no trust context at all; then every trust attribute is unknown.
    """

    context: Mapping[str, Any]
    expected: Literal["allow", "deny", ""]
    gaps: tuple[str, ...]
    trusted: bool
    host: str


def read_log_record(tree: JsonValue, diagnostics: Diagnostics) -> LoggedRequest | None:
    """The request of one record, or None after reporting why it is none."""
    if not isinstance(tree, JsonObject):
        _refuse("a log record is one JSON object", tree.span, diagnostics)
        return None
    data = tree.plain()
    kind = str(data.get("class_uid", ""))
    if kind == _OLD_CLASS:
        _refuse("a record of OCSF 0.1 holds no trust context", tree.span.at_start(), diagnostics)
        return None
    if kind not in (HTTP_CLASS, TCP_CLASS):
        _refuse(
            f"`class_uid` {kind or 'is missing and'} is no access record of Verified Access",
            tree.span.at_start(),
            diagnostics,
        )
        return None
    expected, why = _expected(data, kind)
    if why:
        _refuse(f"this record is no decision of a policy: {why}", tree.span.at_start(), diagnostics)
        return None
    gaps: list[str] = []
    context = _trust_context(data, tree, gaps, diagnostics)
    if context is None:
        return None
    trusted = bool(_get(data, "data", "context"))
    if not trusted:
        gaps.append("the record holds no trust context (`IncludeTrustContext` was off), so all trust data is unknown")
    if kind == HTTP_CLASS:
        _add_http(data, context, gaps)
    gaps.append(
        "the record names neither the endpoint's nor the group's id and no policy, so the texts may be newer than it"
    )
    host = _get(data, "http_request", "url", "hostname")
    return LoggedRequest(context, expected, tuple(gaps), trusted, host if isinstance(host, str) else "")


def _refuse(message: str, span: Span, diagnostics: Diagnostics) -> None:
    diagnostics.error(
        "unusable-log-record", message, span,
        "give one record of OCSF 1.0.0-rc.2 with status code 100 or 300, logged with trust context",
    )  # fmt: skip


def _expected(data: Mapping[str, Any], kind: str) -> tuple[Literal["allow", "deny", ""], str]:
    """What the log says was decided; for TCP the status code means nothing, the authorizations count."""
    if kind == TCP_CLASS:
        listed = _get(data, "data", "authorizations") or []
        words = {str(item.get("decision", "")).lower() for item in listed if isinstance(item, Mapping)}
        return ("deny" if "deny" in words else "allow" if "allow" in words else ""), ""
    code = str(data.get("status_code", ""))
    if code in ("100", "300"):
        return ("allow" if code == "100" else "deny"), ""
    return "", _NOT_DECISIONS.get(code, f"its status code is {code or 'missing'}")


def _trust_context(
    data: Mapping[str, Any], tree: JsonObject, gaps: list[str], diagnostics: Diagnostics
) -> dict[str, Any] | None:
    found = _get(data, "data", "context")
    if not isinstance(found, Mapping):
        return {}
    context: dict[str, Any] = {}
    problems: list[str] = []
    for name, value in found.items():
        context[name] = _clean(value, (name,), gaps, problems)
    for problem in problems:
        _refuse(problem, tree.span.at_start(), diagnostics)
    return None if problems else {name: value for name, value in context.items() if value is not None}


def _clean(value: Any, path: Path, gaps: list[str], problems: list[str]) -> Any:
    """A value as Cedar can take it; None when there is none. JSON nesting is bounded by the reader."""
    where = ".".join(path)
    match value:
        case bool() | str():
            return value
        case int():
            if -_LONG <= value < _LONG:
                return value
            problems.append(f"`{where}` does not fit in 64 bits")
        case None:
            gaps.append(f"`{where}` is null in the record; it is left out, what Verified Access does is not documented")
        case Mapping():
            escape = next((key for key in value if key in _ESCAPES), None)
            if escape is not None:
                problems.append(f"`{where}.{escape}` is a key that Cedar reads as an escape")
                return None
            inner = {key: _clean(item, (*path, key), gaps, problems) for key, item in value.items()}
            return {key: item for key, item in inner.items() if item is not None}
        case list():
            items = [_clean(item, (*path, "[]"), gaps, problems) for item in value]
            return [item for item in items if item is not None]
        case _:
            gaps.append(f"`{where}` is a fraction, which Cedar does not have; it is left out")
    return None


# --- the request itself -----------------------------------------------------------------------------------------


def _add_http(data: Mapping[str, Any], context: dict[str, Any], gaps: list[str]) -> None:
    """Request data: what the context lacks is taken from the record's own fields, and that is said."""
    request = dict(context.get("http_request") or {})
    sources: list[tuple[str, Any, str]] = [
        ("http_method", _get(data, "http_request", "http_method"), "http_request.http_method"),
        ("user_agent", _get(data, "http_request", "user_agent"), "http_request.user_agent"),
        ("hostname", _get(data, "http_request", "url", "hostname"), "http_request.url.hostname"),
        ("path", _get(data, "http_request", "url", "path"), "http_request.url.path"),
        ("query", _get(data, "http_request", "url", "query_string"), "http_request.url.query_string"),
        ("port", _get(data, "http_request", "url", "port"), "http_request.url.port"),
    ]
    address = _get(data, "src_endpoint", "ip")
    device = _get(data, "device", "ip")
    sources.append(("client_ip", address or device, "src_endpoint.ip" if address else "device.ip"))
    for name, value, where in sources:
        if name not in request and isinstance(value, str | int) and value not in ("", "-", -1):
            request[name] = value
            gaps.append(
                f"`http_request.{name}` is taken from `{where}`; that the policy saw the same is not documented"
            )
    if request:
        context["http_request"] = request


def _get(data: Any, *path: str) -> Any:
    for step in path:
        if not isinstance(data, Mapping):
            return None
        data = data.get(step)
    return data


def unknown_paths(logged: LoggedRequest, read: Sequence[Path]) -> list[Path]:
    """The attributes that the policies read and the record cannot tell: request data that it lacks, and without trust context
    all trust data."""
    out: list[Path] = []
    for path in read:
        request = path[0] in ("http_request", "tcp_flow")
        if len(path) > 1 and (request or not logged.trusted) and _get(logged.context, *path) is None:
            root = "tcp_flow" if "tcp_flow" in logged.context else "http_request"
            if not request or path[0] == root:
                out.append(path)
    return out
