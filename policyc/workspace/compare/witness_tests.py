"""The request of a change as a `test` block of the language: what the new version answers, to be pasted beside its policies."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from typing import Any, Final

from policyc.analysis.callers import ARN_KEY, SIGNED
from policyc.analysis.spelling import caller_text, spelled
from policyc.analysis.ways.lattice import context_fields
from policyc.analysis.witness import Witness
from policyc.engines.iam.caller import CallerKind
from policyc.engines.trace import Decision
from policyc.syntax.literals import quote
from policyc.targets.cedar_documents.facts import Fact
from policyc.workspace.claims.paths import formatted
from policyc.workspace.claims.proving import request_line
from policyc.workspace.claims.spoken import Fields, in_words
from policyc.workspace.sides.pieces import IDENTITY, Way

#: kinds of caller that a Lattice request asks an identity policy of
_CARRIERS: Final = frozenset(SIGNED)
_METHOD: Final = "vpc-lattice-svcs:RequestMethod"


def service_test(name: str, change: str, way: Way, witness: Witness, allowed: bool, keys: Container[str]) -> str:
    """A test of a request to a declared service; what the policies of a caller say that nobody declares is left out of it. `keys` are those that
    policies on the way test: a session does not tell the path of its role, which its ARN has."""
    caller = witness.request.caller
    fields = [("who", caller_text(caller)[0])]
    if witness.action.lower().endswith(":invoke"):
        fields.append(("can", witness.context.get(_METHOD, ("GET",))[0]))
        fields.append(("path", quote(witness.resource.removeprefix(way.arn) or "/")))
    else:
        fields.append(("can", "connect"))
    fields += context_fields(witness.context, way.scope, {_METHOD.lower(), ARN_KEY})
    if caller.kind is CallerKind.ROLE and caller.path == "/" and ARN_KEY in keys:
        fields.append(("aws.PrincipalArn", quote(caller.principal_arn or "")))
    known = (IDENTITY, caller.principal_arn) in way.own or caller.kind not in _CARRIERS
    own = way.gates[-1]
    at = f" at {own.rpartition('/')[2].removesuffix('.json')}" if allowed and own and not known else ""
    stated = tuple(fields) if way.words is None else in_words(way.words, tuple(fields))
    return _block(name, change, list(stated), f"{'allow' if allowed else 'deny'}{at}")


def endpoint_test(name: str, change: str, facts: Mapping[str, Fact], context: Mapping[str, Any], allowed: bool) -> str:
    """A test of a request to a declared endpoint; empty where it holds what a request of the language cannot state."""
    fields: list[tuple[str, str]] = []
    told: set[tuple[str, ...]] = set()
    for path, value in _leaves(context):
        fact = next((item for item in facts.values() if item.path in (path, path[:-1]) and item.path not in told), None)
        if fact is None:
            if value == {} or any(path[: len(seen)] == seen for seen in told):
                continue
            return ""
        told.add(fact.path)
        holder: Any = context
        for step in fact.path:
            holder = holder[step]
        values = list(holder) if isinstance(holder, dict | list) else [holder]
        texts = [str(item).lower() if isinstance(item, bool) else str(item) for item in values]
        fields.append((fact.attribute.name, spelled(fact.attribute, texts)))
    return _block(name, change, fields, "allow" if allowed else "deny")


def chain_test(name: str, change: str, request: Fields, decision: Decision) -> str:
    """A test of a request to a chain."""
    return _block(name, change, list(request), decision.value)


def _leaves(data: Mapping[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for key, value in data.items():
        if isinstance(value, dict) and value:
            yield from _leaves(value, (*above, key))
        else:
            yield (*above, key), value


def _block(name: str, change: str, fields: list[tuple[str, str]], expected: str) -> str:
    text = f"test {quote(f'{name}: {change}')} {{ {request_line(name, fields)} expect {expected} }}"
    return formatted(text)
