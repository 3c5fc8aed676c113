"""A request to a service as the deciding engine takes it: action, resource, caller, keys known and not known.

The verb and the path give the keys of the request line, the resource graph the ARNs, the caller its own keys. What a
request does not state and nobody can derive is not known when every request has it, and absent when only some do.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from policyc.diagnostics import Diagnostics, write_instead
from policyc.engines.iam.caller import Caller, unstated
from policyc.engines.iam.request import Request as Asked
from policyc.ir.program import Program
from policyc.model.values import Resource
from policyc.model.vocabulary import Verb
from policyc.per_object import PerObject
from policyc.record import light, record
from policyc.targets.base import Request
from policyc.targets.iam_documents.gates import engine_caller, stated_context
from policyc.targets.iam_documents.stated import check_stated
from policyc.targets.lattice import words


@light
class Facts:
    """`asked` is None when the caller or the action is not known; `missing` says what. Where only the caller is not known, `anyone` is the request
    whoever calls. With `path_known` False the resource of both stands for any path."""

    asked: Asked | None
    network: Resource | None
    missing: tuple[str, ...] = ()
    path_known: bool = True
    anyone: Asked | None = None


def read_request(program: Program, request: Request, diagnostics: Diagnostics) -> Facts | None:
    """The facts of a request, or None after an error was reported."""
    service = request.resource
    if service.type != words.SERVICE:
        diagnostics.error(
            "not-a-service",
            f"`{service.name}` is a service network, and a request goes to a service",
            request.span,
            "name a service of the network",
        )
        return None
    before = len(diagnostics)
    network = program.resource(_of(service).network)
    verb = _verb(request, service, diagnostics)
    derived = _derived(request, service, network, verb)
    context = _context(request, derived, diagnostics)
    _check_path(request, verb, diagnostics)
    caller = _caller(request, service, diagnostics)
    if caller is not None:
        check_stated(request, caller, diagnostics)
    if len(diagnostics) > before:
        return None
    if verb is None:
        return Facts(None, network, ("who", "can") if caller is None else ("can",))
    http = verb.action == words.INVOKE
    resource = _of(service).arn + ((request.path or "/") if http else "")
    unknown, lacking = _unknown(context, request.unknown, http), _lacking(service, http)
    asked = Asked(verb.action, resource, caller or unstated(), context, unknown, lacking)
    path_known = not http or request.path is not None
    if caller is None:
        return Facts(None, network, ("who",), path_known, asked)
    return Facts(asked, network, (), path_known)


def http_request(
    service: str, path: str, caller: Caller, context: Mapping[str, tuple[str, ...]], unknown: frozenset[str]
) -> Asked:
    """A request over HTTP to a service by its ARN; `context` is all that is known, `unknown` keys of which nothing is."""
    return Asked(words.INVOKE, service + path, caller, context, _unknown(context, unknown, True))


def _unknown(context: Mapping[str, object], unknown: frozenset[str], http: bool) -> frozenset[str]:
    return (_unstated(http) - {name.lower() for name in context}) | unknown


def _verb(request: Request, service: Resource, diagnostics: Diagnostics) -> Verb | None:
    """The request's verb, or the only one possible; None when it could be several, or after an error."""
    possible = _of(service).verbs
    if request.can is not None:
        verb = possible.get(request.can)
        if (
            verb is None
            and words.INVOKE in {item.action for item in possible.values()}
            and _of(service).protocol != "grpc"
        ):
            verb = words.own_verb(request.can, service)
        if verb is None:
            diagnostics.error(
                "verb-never-comes",
                f"`{service.name}` has no requests with `{request.can}`",
                request.span,
                "its verbs are " + ", ".join(f"`{name}`" for name in possible),
            )
        return verb
    actions = {verb.action for verb in possible.values()}
    if len(actions) > 1:
        return None
    return next(verb for verb in possible.values() if not verb.requires)


@record
class _Service:
    """What every request to a service asks of it."""

    verbs: Mapping[str, Verb]
    arn: str
    protocol: str
    network: str | None
    partition: str


def _read_service(service: Resource) -> _Service:
    return _Service(
        {verb.name: verb for verb in words.verbs_of(service)},
        words.arn_of(service),
        service.text("protocol"),
        service.link("network"),
        service.place.partition if service.place is not None else "aws",
    )


_of = PerObject(_read_service, 4096)


def _derived(request: Request, service: Resource, network: Resource | None, verb: Verb | None) -> dict[str, str]:
    """Keys that follow from the rest of the request."""
    known = _of(service)
    out = {words.SERVICE_KEY: known.arn}
    if network is not None and network.text("id"):
        out[words.NETWORK_KEY] = words.arn_of(network)
    if request.path is not None:
        out[words.PATH_KEY] = request.path
    if verb is not None:
        out |= dict(verb.requires)
        if known.protocol == "grpc":
            out[words.METHOD_KEY] = "POST"
    return out


def _context(request: Request, derived: Mapping[str, str], diagnostics: Diagnostics) -> dict[str, tuple[str, ...]]:
    """Everything known, by condition key; what is stated must not contradict what follows."""
    out: dict[str, tuple[str, ...]] = {key: (value,) for key, value in derived.items()}
    spelled = {key.lower(): key for key in out}
    for key, values in stated_context(request.values, request.attributes).items():
        known = spelled.setdefault(key.lower(), key)
        if known in out and out[known] != values:
            said = ", ".join(values) or "absent"
            diagnostics.error(
                "request-contradicts-itself",
                f"`{key}` is stated to be {said}, and the request has {', '.join(out[known]) or 'none'}",
                request.span,
                "drop the attribute, or correct `can`, `path` or the spelling of the key",
            )
        out[known] = values
    return out


def _check_path(request: Request, verb: Verb | None, diagnostics: Diagnostics) -> None:
    path = request.path
    if path is not None and verb is not None and verb.action == words.CONNECT:
        diagnostics.error("no-path-here", "a TLS passthrough connection has no path", request.span, "leave `path` out")
    elif path is not None and not path.startswith("/"):
        diagnostics.error(
            "malformed-path",
            f"the path `{path}` does not begin with `/`",
            request.span,
            write_instead(path, f"/{path}"),
        )
    elif path is not None and ("?" in path or "#" in path):
        diagnostics.error(
            "query-in-path",
            f"the path `{path}` holds a query string, which is no part of a path",
            request.span,
            'state a parameter as `query["name"]: "value"`',
        )
    if verb is not None and verb.action == words.CONNECT:
        for name, attribute in request.attributes.items():
            if words.is_http_only(attribute.native) and request.values.get(name):
                diagnostics.error(
                    "no-http-here", f"a TLS passthrough connection has no `{name}`", request.span, "leave it out"
                )


def _caller(request: Request, service: Resource, diagnostics: Diagnostics) -> Caller | None:
    if request.who is None:
        return None
    try:
        caller = engine_caller(request.who, _of(service).partition)
    except ValueError:
        caller = None
    if caller is None:
        diagnostics.error(
            "not-one-caller",
            f"`{request.who.kind}` is not one caller of a service",
            request.span,
            'name one caller, such as `role(shop, "order-service")` or `anonymous`',
        )
    return caller


@cache
def _unstated(http: bool) -> frozenset[str]:
    """The service's own keys that every request of this kind has, folded; unknown where they are not stated.

    What AWS derives from the caller, and the global keys, the engine knows best.
    """
    return frozenset(
        item.native.lower()
        for item in words.vocabulary().attributes.values()
        if item.presence == "always"
        and item.native.startswith("vpc-lattice-svcs:")
        and (http or not words.is_http_only(item.native))
    )


def _lacking(service: Resource, http: bool) -> tuple[str, ...]:
    """The service's own keys, or beginnings of them, that such a request never has, folded."""
    if not http:
        return tuple(key.lower() for key in words.HTTP_ONLY)
    return (words.QUERY_KEYS.lower(),) if _of(service).protocol == "grpc" else ()


def language_name(key: str) -> str:
    """How the language spells a condition key, for messages."""
    folded = key.lower()
    for item in words.vocabulary().attributes.values():
        native = item.native.lower()
        if item.keyed and native and folded.startswith(native):
            return item.name.removesuffix("[]") + f'["{key[len(native) :]}"]'
        if not item.keyed and folded == native:
            return item.name
    return key
