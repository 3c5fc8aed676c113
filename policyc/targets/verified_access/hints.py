"""What to do about a name that a policy or a request at a group or endpoint does not see, where the resources tell it."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import SequenceMatcher
from typing import Final

from policyc.diagnostics import did_you_mean, meant
from policyc.model.types import STRING
from policyc.model.values import Principal, Resource
from policyc.targets.cedar_documents.claims import entries
from policyc.targets.cedar_documents.facts import Fact, language_name, split_name
from policyc.targets.verified_access.scope import (
    ENDPOINT,
    REQUEST_ROOTS,
    TrustType,
    facts,
    group_of,
    guess_type,
    trust_types,
)

#: How the other kind of request calls the same thing.
_ELSEWHERE: Final = {
    "tcp_flow.destination_port": "http_request.port",
    "tcp_flow.client_ip": "http_request.client_ip",
    "http_request.port": "tcp_flow.destination_port",
    "http_request.client_ip": "tcp_flow.client_ip",
}

#: What Cedar has and Verified Access leaves open -> what to test in its place.
_LEFT_OPEN: Final = {
    "principal": "test the trust data, such as `finance in idc.groups`",
    "action": "test `http_request.http_method == GET`",
    "resource": "put the policy `on` the group or the endpoint itself",
}
#: How much of each word of a name has to be right for it to be a slip of the pen.
_SLIP: Final = 0.78


def hint(on: Resource | Principal, resources: Mapping[str, Resource], name: str) -> str:
    """The help for an unseen name; empty when the nearest name says it best."""
    steps = split_name(name)
    if not isinstance(on, Resource) or steps is None:
        return ""
    if steps[0] in _LEFT_OPEN and group_of(on, resources) is not None:
        return f"Verified Access leaves the {steps[0]} open: {_LEFT_OPEN[steps[0]]}"
    if len(steps) < 2:
        return ""
    group = group_of(on, resources)
    trust = {} if group is None else {key: str(value.data) for key, value in entries(group, "trust")}
    if steps[0] == "context" and steps[0] not in trust:
        return f"everything stands below the context here: write `{language_name(steps[1:])}`"
    if steps[0] in REQUEST_ROOTS:
        return _of_protocol(on, steps[0], name)
    if group is None:
        return ""
    if steps[0] not in trust:
        send = [other[0] for one in facts(on, resources) if (other := split_name(one)) and other[1:] == steps[1:]]
        usual = any(steps[0] in (word, *kind.names) for word, kind in trust_types().items())
        return ("" if usual else did_you_mean(steps[0], send, "")) or _missing(group, steps)
    kind = trust_types().get(trust[steps[0]])
    if kind is None or (not kind.open and name in facts(on, resources)):
        return ""
    if not kind.open:
        below = [
            one for one in facts(on, resources) if (own := split_name(one)) and own[0] == steps[0] and steps[-1] in own
        ]
        return f"did you mean `{below[0]}`?" if below else _slip(name, steps, on, resources) or _sent(steps[0], kind)
    seen = facts(on, resources).get(name)
    if seen is not None:
        return "" if is_declared(group, steps) else _other_kind(group, steps, seen)
    return _slip(name, steps, on, resources) or (
        f"declare it in `claims` of `{group.name}`, such as `{language_name(steps)}: string` (or `int`, `bool`, `string_set`)"
    )


def _slip(name: str, steps: tuple[str, ...], on: Resource, resources: Mapping[str, Resource]) -> str:
    """The attribute of the same provider that a slip of the pen away is meant. A name of its own stays what it is: `role` is no `profile`."""
    near: dict[str, float] = {}
    for one in facts(on, resources):
        other = split_name(one)
        if other is not None and other[0] == steps[0] and len(other) == len(steps):
            alike = [SequenceMatcher(None, *pair).ratio() for pair in zip(steps[1:], other[1:], strict=True)]
            near[one] = min(alike, default=0)
    best = max(near, key=lambda one: near[one], default="")
    return meant(name, best) if best and near[best] >= _SLIP else ""


def is_declared(group: Resource, steps: tuple[str, ...]) -> bool:
    """Whether the group declares the claim that a path leads to."""
    return any(split_name(key) == steps for key, _ in entries(group, "claims"))


def _other_kind(group: Resource, steps: tuple[str, ...], seen: Fact) -> str:
    """A claim whose kind only AWS's samples tell."""
    if seen.form != "scalar":
        return ""
    word = "int" if seen.attribute.type == STRING else "string"
    return f"or, if `{steps[0]}` sends another kind, declare it in `claims` of `{group.name}`: `{language_name(steps)}: {word}`"


def _of_protocol(on: Resource, root: str, name: str) -> str:
    protocol = on.text("protocol") if on.type == ENDPOINT else ""
    if not protocol or (root == "tcp_flow") is (protocol == "tcp"):
        return ""
    article = "an" if protocol.startswith("h") else "a"
    told = f"`{on.name}` is {article} {protocol} endpoint, which has no `{root}`"
    other = _ELSEWHERE.get(name)
    wanted = "tcp" if root == "tcp_flow" else "https"
    return (
        f"{told}: {f'test `{other}`' if other else 'drop the test'}, or declare the endpoint with `protocol: {wanted}`"
    )


def _missing(group: Resource, steps: tuple[str, ...]) -> str:
    """A provider that the group does not have."""
    word = guess_type(steps[0], [steps[1:]])
    if not word:
        return f"add the provider `{steps[0]}` with its type to `trust` of `{group.name}`: " + ", ".join(
            f"`{steps[0]}: {kind}`" for kind in trust_types()
        )
    return f"add `{steps[0]}: {word}` to `trust` of `{group.name}`"


def _sent(name: str, kind: TrustType) -> str:
    """What a provider that sends a fixed set has to offer."""
    listed = ", ".join(f"`{name}.{path}`" for path in kind.attributes)
    return f"a provider of this type sends {listed}"
