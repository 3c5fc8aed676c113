"""A Verified Access log record as a request: what it tells of the context, and what it cannot tell.

Records are OCSF 1.0.0-rc.2, the only version with trust context (reference, section 4). Nothing is guessed: an attribute that the
policies read and the record does not hold is unknown.
Source: https://docs.aws.amazon.com/verified-access/latest/ug/ocsfv1-examples.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, Literal

from policyc.diagnostics import Diagnostics
from policyc.record import record
from policyc.syntax.json_text import JsonArray, JsonObject, JsonValue, parse_json
from policyc.targets.cedar_documents.protocol import Record
from policyc.targets.cedar_documents.text.asking import place
from policyc.targets.verified_access.scope import REQUEST_ROOTS, vocabulary
from policyc.text import Source, Span

Path = tuple[str, ...]

HTTP_CLASS, TCP_CLASS = "3006", "3003"
_OLD_CLASS = "208001"
_NOT_DECISIONS = {"200": "authentication was refused", "800": "the user was still logging in", "000": "it is unknown"}
_LONG = 2**63
_ESCAPES = ("__entity", "__extn", "__expr")


@record
class Gap:
    """Something that a record does not tell, about the attribute at `path`; without a path about all requests, or (`trust`) about all
    trust data."""

    text: str
    path: Path = ()
    trust: bool = False


@record
class LoggedRequest:
    """The context that a record tells, what the log says came of it, and what is missing or unsure.

    `root` is the kind of request data, `http_request` or `tcp_flow`. `trusted` is False when the record holds no trust context at all;
    then every trust provider may have been there or not. `others` are values that the record holds in a second place with another value.
    """

    context: Mapping[str, Any]
    expected: Literal["allow", "deny", ""]
    gaps: tuple[Gap, ...]
    trusted: bool
    root: str
    others: Mapping[Path, str | int] = MappingProxyType({})


def parse_records(source: Source, diagnostics: Diagnostics) -> list[Record]:
    """The records of a file: one object, a list of them, or one on each line. Empty after reporting what is wrong."""
    lines = [(number, line) for number, line in enumerate(source.text.split("\n"), 1) if line.strip()]
    found = Diagnostics()
    tree = None if _by_lines(source, lines) else parse_json(source, found)
    if isinstance(tree, JsonArray):
        records = [Record(source, item) for item in tree.items]
    elif tree is not None:
        records = [Record(source, tree)]
    else:
        records = [] if found.has_errors else list(_line_records(source, lines, found))
    diagnostics.extend(found)
    if not records and not found.has_errors:
        _refuse("this file holds no record", source.span(0, 0), diagnostics)
    return [] if found.has_errors else records


def _by_lines(source: Source, lines: Sequence[tuple[int, str]]) -> bool:
    """Whether a file has a record on each line: then its first one is a whole."""
    return len(lines) > 1 and parse_json(Source(source.file, lines[0][1]), Diagnostics()) is not None


def _line_records(source: Source, lines: Sequence[tuple[int, str]], diagnostics: Diagnostics) -> Iterator[Record]:
    for number, line in lines:
        own = Source(f"{source.file}:{number}", line)
        tree = parse_json(own, diagnostics)
        if tree is not None:
            yield Record(own, tree)


def read_log_record(tree: JsonValue, diagnostics: Diagnostics) -> LoggedRequest | None:
    """The request of one record, or None after reporting why it is none."""
    if not isinstance(tree, JsonObject):
        _refuse("a log record is one JSON object", tree.span, diagnostics)
        return None
    data = tree.plain()
    kind = str(data.get("class_uid", ""))
    if kind == _OLD_CLASS:
        _refuse("a record of OCSF 0.1 holds no trust context", place(tree, "class_uid"), diagnostics)
        return None
    if kind not in (HTTP_CLASS, TCP_CLASS):
        what = f"`class_uid` {kind} is" if kind else "without `class_uid` this is"
        _refuse(f"{what} no access record of Verified Access", place(tree, "class_uid"), diagnostics)
        return None
    expected, why = _expected(data, kind)
    if why:
        _refuse(f"this record is no decision of a policy: {why}", place(tree, "status_code"), diagnostics)
        return None
    gaps: list[Gap] = []
    context = _trust_context(data, tree, gaps, diagnostics)
    if context is None:
        return None
    logged = _get(data, "data", "context")
    trusted = isinstance(logged, Mapping) and bool(logged)
    if not trusted:
        told = "off" if logged is None or logged == {} else "on, but what stands there is no record"
        what = f"the record holds no trust context (`IncludeTrustContext` was {told}), so all trust data is unknown"
        gaps.append(Gap(what, trust=True))
    root = "http_request" if kind == HTTP_CLASS else "tcp_flow"
    others = _add_request(root, data, context, gaps)
    gaps.append(
        Gap(
            "the record names neither the endpoint's nor the group's id and no policy, so the texts may be newer than it"
        )
    )
    return LoggedRequest(context, expected, tuple(gaps), trusted, root, others)


def _refuse(message: str, span: Span, diagnostics: Diagnostics) -> None:
    diagnostics.error(
        "unusable-log-record",
        message,
        span,
        "give records of OCSF 1.0.0-rc.2 with status code 100 or 300, logged with trust context",
    )


def _expected(data: Mapping[str, Any], kind: str) -> tuple[Literal["allow", "deny", ""], str]:
    """What the log says was decided; for TCP the status code means nothing, the authorizations count."""
    if kind == TCP_CLASS:
        return _of_authorizations(_get(data, "data", "authorizations")), ""
    code = str(data.get("status_code", ""))
    if code in ("100", "300"):
        return ("allow" if code == "100" else "deny"), ""
    return "", _NOT_DECISIONS.get(code, f"its status code is {code or 'missing'}")


def _of_authorizations(listed: object) -> Literal["allow", "deny", ""]:
    """What the authorizations of a connection come to; what is no list of them says nothing."""
    held = listed if isinstance(listed, list) else ()
    words = {str(item.get("decision", "")).strip().lower() for item in held if isinstance(item, Mapping)}
    return "deny" if "deny" in words else "allow" if "allow" in words else ""


def _trust_context(
    data: Mapping[str, Any], tree: JsonObject, gaps: list[Gap], diagnostics: Diagnostics
) -> dict[str, Any] | None:
    found = _get(data, "data", "context")
    if not isinstance(found, Mapping):
        return {}
    problems: list[tuple[Path, str]] = []
    context = _clean(found, (), gaps, problems)
    for path, problem in problems:
        _refuse(problem, place(tree, "data", "context", *path), diagnostics)
    return None if problems else context


def _clean(value: Any, path: Path, gaps: list[Gap], problems: list[tuple[Path, str]]) -> Any:
    """A value as Cedar can take it; None when there is none. JSON nesting is bounded by the reader."""
    where = ".".join(path)
    match value:
        case bool() | str():
            return value
        case int():
            if -_LONG <= value < _LONG:
                return value
            problems.append((path, f"`{where}` does not fit in 64 bits"))
        case None:
            what = f"`{where}` is null in the record; it is left out, what Verified Access does is not documented"
            gaps.append(Gap(what, path))
        case Mapping():
            escape = next((key for key in value if key in _ESCAPES), None)
            if escape is not None:
                problems.append(
                    ((*path, escape), f"`{'.'.join((*path, escape))}` is a key that Cedar reads as an escape")
                )
                return None
            inner = {key: _clean(item, (*path, key), gaps, problems) for key, item in value.items()}
            return {key: item for key, item in inner.items() if item is not None}
        case list():
            items = [_clean(item, (*path, "[]"), gaps, problems) for item in value]
            return [item for item in items if item is not None]
        case _:
            gaps.append(Gap(f"`{where}` is a fraction, which Cedar does not have; it is left out", path))
    return None


# --- the request itself ---------------------------------------------------------------------------------------------

#: Where a record tells of the request beside its trust context: reference, section 4. Several places are the same thing told twice.
_PLACES: Final[Mapping[str, Mapping[str, tuple[Path, ...]]]] = {
    "http_request": {
        "http_method": (("http_request", "http_method"),),
        "user_agent": (("http_request", "user_agent"),),
        "hostname": (("http_request", "url", "hostname"),),
        "path": (("http_request", "url", "path"),),
        "query": (("http_request", "url", "query_string"),),
        "port": (("http_request", "url", "port"),),
        "client_ip": (("src_endpoint", "ip"), ("device", "ip")),
    },
    "tcp_flow": {
        "destination_ip": (("dst_endpoint", "ip"),),
        "destination_port": (("dst_endpoint", "port"),),
        "client_ip": (("device", "ip"), ("src_endpoint", "ip")),
    },
}


def _add_request(
    root: str, data: Mapping[str, Any], context: dict[str, Any], gaps: list[Gap]
) -> Mapping[Path, str | int]:
    """Request data: what the context lacks is taken from the record's own fields, and that is said. The other values of what the record
    tells twice come back."""
    logged = context.get(root, {})
    if not isinstance(logged, Mapping):
        gaps.append(Gap(f"`{root}` is no record; it is left out", (root,)))
        logged = {}
    request = dict(logged)
    others: dict[Path, str | int] = {}
    for name, places in _PLACES[root].items():
        if name in request:
            continue
        told = [(value, where) for where in places if _usable(value := _get(data, *where))]
        if not told:
            continue
        request[name], where = told[0]
        second = next(((value, other) for value, other in told[1:] if value != request[name]), None)
        doubt = ""
        if second is not None:
            others[root, name] = second[0]
            doubt = f"; `{'.'.join(second[1])}` has another value"
        what = f"`{root}.{name}` is taken from the record's `{'.'.join(where)}`; that the policy saw the same is not documented{doubt}"
        gaps.append(Gap(what, (root, name)))
    context[root] = request
    return others


def _usable(value: object) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool) and value not in ("", "-", -1)


def _get(data: Any, *path: str) -> Any:
    for step in path:
        if not isinstance(data, Mapping):
            return None
        data = data.get(step)
    return data


def gaps_of(logged: LoggedRequest, read: Sequence[Path]) -> list[str]:
    """What the record does not tell of the attributes that the policies read."""
    trust = any(path[0] not in REQUEST_ROOTS for path in read)
    return [
        gap.text
        for gap in logged.gaps
        if (trust if gap.trust else not gap.path or any(_related(gap.path, path) for path in read))
    ]


def _related(gap: Path, path: Path) -> bool:
    shorter = min(len(gap), len(path))
    return gap[:shorter] == path[:shorter]


def open_paths(logged: LoggedRequest, read: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """What the policies read and the record cannot tell: attributes that every request has, with an unknown value, and those that
    may have been missing. Without trust context the latter holds every trust provider as a whole."""
    always = {attribute.native for attribute in vocabulary().attributes.values() if attribute.presence == "always"}
    unknown: dict[Path, None] = {}
    doubtful: dict[Path, None] = {}
    for path in read:
        if path[0] in REQUEST_ROOTS:
            part = path[:2]
            if path[0] == logged.root and len(part) == 2 and part[1] not in logged.context[logged.root]:
                (unknown if ".".join(part) in always else doubtful)[part] = None
        elif not logged.trusted:
            doubtful[path[:1]] = None
    return list(unknown), list(doubtful)


def absent_providers(logged: LoggedRequest, read: Sequence[Path]) -> list[str]:
    """The trust providers that the policies read and a logged trust context does not hold."""
    if not logged.trusted:
        return []
    return list(
        dict.fromkeys(path[0] for path in read if path[0] not in REQUEST_ROOTS and path[0] not in logged.context)
    )
