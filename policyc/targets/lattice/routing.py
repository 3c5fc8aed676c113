"""Where a request that is let in goes: listener, rule, and target groups with their share.

Rules are tried by priority, the lowest number first; without a hit the listener's default decides. Routing comes after the
policies (Lattice reference section 5, inferred). Source: Lattice reference section 6;
https://docs.aws.amazon.com/vpc-lattice/latest/ug/listener-rules.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from policyc.ir.program import Program
from policyc.model.values import Resource
from policyc.record import record
from policyc.targets.base import Request
from policyc.targets.lattice.words import CONNECT, HEADER_KEYS
from policyc.targets.switches import choice

LISTENER: Final = "lattice.listener"
RULE: Final = "lattice.rule"
_PORTS: Final = {"http": 80, "https": 443, "tls_passthrough": 443}
TESTS: Final = ("exact", "prefix", "contains")


@record
class HeaderTest:
    """One header of a rule; names and values are compared without letter case."""

    name: str
    test: str
    value: str


def listeners_of(service: Resource, program: Program) -> list[Resource]:
    """The declared listeners of a service, by port."""
    found = program.linked_to(service, LISTENER, "service")
    return sorted(found, key=lambda item: (port_of(item), item.id))


def rules_of(listener: Resource, program: Program) -> list[Resource]:
    """The declared rules of a listener, in the order in which they are tried."""
    found = program.linked_to(listener, RULE, "listener")
    return sorted(found, key=lambda item: (int(item.text("priority")), item.id))


def port_of(listener: Resource) -> int:
    return int(listener.text("port") or _PORTS.get(listener.text("protocol"), 443))


def targets_of(resource: Resource) -> list[tuple[str, int]]:
    """The target groups of a listener or rule with their weights, in the order of the text."""
    out = []
    for text in resource.words("forward"):
        name, equals, weight = text.partition("=")
        out.append((name, int(weight) if equals else 1))
    return out


def header_tests(rule: Resource) -> list[HeaderTest]:
    """The headers that a rule wants."""
    out = []
    for text in rule.words("headers"):
        name, test, value = text.split(" ", 2)
        out.append(HeaderTest(name.lower(), test, value))
    return out


def describe_route(program: Program, request: Request, action: str) -> Iterator[str]:
    """Sentences on where the request goes; none when the service declares no listener."""
    listeners = listeners_of(request.resource, program)
    if not listeners:
        return
    port = next((int(str(values[0])) for name, values in request.values.items() if name == "port" and values), None)
    wanted = [item for item in listeners if (item.text("protocol") == "tls_passthrough") is (action == CONNECT)]
    if port is not None:
        wanted = [item for item in wanted if port_of(item) == port]
    if not wanted:
        yield "no declared listener takes this request"
    elif len(wanted) > 1:
        names = ", ".join(f"`{item.name}`" for item in wanted)
        yield f"which listener takes this request depends on `port`: {names}"
    else:
        yield _through(wanted[0], program, request)


def _through(listener: Resource, program: Program, request: Request) -> str:
    for rule in rules_of(listener, program):
        hit = rule_takes(rule, request, program.switches)
        if hit is None:
            return f"whether rule `{rule.name}` of listener `{listener.name}` takes this request is not known: {_open_part(rule, request)}"
        if hit:
            return f"rule `{rule.name}` (priority {rule.text('priority')}) of listener `{listener.name}` {_does(rule)}"
    return f"the default of listener `{listener.name}` {_does(listener)}"


def _does(resource: Resource) -> str:
    fixed = resource.text("fixed_response")
    if fixed:
        return f"answers {fixed} without any target"
    groups = targets_of(resource)
    total = sum(weight for _, weight in groups)
    if len(groups) == 1:
        return f"forwards to target group `{groups[0][0]}`"
    if total == 0:
        return "forwards to target groups that all have weight 0, of which AWS says nothing"
    return "forwards to target groups " + ", ".join(f"`{name}` ({100 * weight / total:g} %)" for name, weight in groups)


def _open_part(rule: Resource, request: Request) -> str:
    if request.can is None and rule.text("method"):
        return "the request does not state its method"
    if request.path is None and (rule.text("path") or rule.text("path_prefix")):
        return "the request does not state its path"
    return "whether its prefix ends at a segment is not documented (switch `rule-prefix`)"


def rule_takes(rule: Resource, request: Request, switches: Mapping[str, str]) -> bool | None:
    """Whether all matches of a rule hold; None when one is not known and none fails."""
    answers = [_method(rule, request), _path(rule, request, choice(switches, "rule-prefix"))]
    answers += [_header(test, request) for test in header_tests(rule)]
    if False in answers:
        return False
    return None if None in answers else True


def _method(rule: Resource, request: Request) -> bool | None:
    wanted = rule.text("method")
    if not wanted:
        return True
    if request.resource.text("protocol") == "grpc":
        return wanted == "POST"
    stated = next((str(found[0]) for name, found in request.values.items() if name == "method" and found), None)
    method = stated or (None if request.can in (None, "invoke") else request.can)
    return None if method is None else method == wanted


def _path(rule: Resource, request: Request, prefixes: str) -> bool | None:
    exact, prefix = rule.text("path"), rule.text("path_prefix")
    if not exact and not prefix:
        return True
    path = request.path
    if path is None:
        return None
    if rule.text("case_sensitive") != "True":
        exact, prefix, path = exact.lower(), prefix.lower(), path.lower()
    if exact:
        return path == exact
    if not path.startswith(prefix):
        return False
    whole = path == prefix or prefix.endswith("/") or path[len(prefix)] == "/"
    if whole or prefixes == "string":
        return True
    return False if prefixes == "segment" else None


def _header(test: HeaderTest, request: Request) -> bool:
    """A header that is not stated is absent; one with several values is taken joined, as targets see it."""
    wanted = f"{HEADER_KEYS}{test.name}".lower()
    for name, attribute in request.attributes.items():
        if attribute.native.lower() == wanted and request.values[name]:
            value, text = ", ".join(str(item) for item in request.values[name]).lower(), test.value.lower()
            match test.test:
                case "exact":
                    return value == text
                case "prefix":
                    return value.startswith(text)
                case _:
                    return text in value
    return False
