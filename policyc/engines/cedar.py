"""Cedar policies decided by cedarpy: the whole answer, each statement's part in it, and what an undecided one lacks.

The scope of a Verified Access policy is open, so the request's principal, action and resource are fixed stand-ins and
everything lies in the context. Cedar skips a statement whose evaluation fails; such a statement is reported with its error.
An input that Cedar cannot use at all is a `CedarError`, never a deny.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal, TypeAlias

from policyc.engines.trace import Decision
from policyc.engines.truths import FAILS, OPEN, TRUE, Truths, both, either, holds, known, opposite
from policyc.record import record

#: A context attribute, step by step.
Path: TypeAlias = tuple[str, ...]

#: What is left of a statement's conditions, each with what it and its parts can come to, by identity.
Residual: TypeAlias = list[tuple[Any, dict[int, Truths]]]

_CALLER = {"principal": 'Caller::"caller"', "action": 'Action::"request"', "resource": 'Application::"application"'}
_ESCAPES = frozenset({"__entity", "__extn", "__expr"})
_DEEPEST = 50
_LONG = 2**63
_FAILED = re.compile(r"while evaluating policy `policy([0-9]+)`: (.*)", re.DOTALL)


class CedarError(Exception):
    """Cedar could not be asked: bad policy text, or a result that contradicts itself. A fault, not a decision."""


class UnusableContext(CedarError):
    """The context holds something that Cedar has no value for; `path` says where and `why` what."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"context attribute `{'.'.join(path)}` {why}")
        self.path = path
        self.why = why


@record
class StatementResult:
    """One statement of the text: `matched` is None when it hangs on something unknown; `error` is Cedar's message when the
    evaluation failed (then `matched` is False, because Cedar skips it). `truths` is what its condition can come to."""

    index: int
    effect: Literal["permit", "forbid"]
    matched: bool | None
    truths: Truths
    error: str = ""


@record
class Answer:
    """The decision on one request; `missing` are the unknown attributes that an undecided answer hangs on."""

    decision: Decision
    statements: tuple[StatementResult, ...]
    missing: tuple[Path, ...] = ()

    @property
    def failed(self) -> tuple[StatementResult, ...]:
        """The statements that Cedar skipped because of an error."""
        return tuple(statement for statement in self.statements if statement.error)


@record
class PolicyText:
    """Parsed policies with the effect of each statement in the order of the text."""

    handle: Any
    effects: tuple[Literal["permit", "forbid"], ...]


@lru_cache(maxsize=512)
def parse_policies(text: str) -> PolicyText:
    """The statements of a Cedar text, ready to decide; kept for the next call. Raises CedarError on text that is none."""
    import json

    import cedarpy

    try:
        handle = cedarpy.PolicySet.from_str(text)
        policies = json.loads(cedarpy.policies_to_json_str(text))["staticPolicies"]
    except ValueError as error:
        raise CedarError(f"Cedar cannot read the policy: {error}") from error
    except RecursionError as error:
        raise CedarError("a condition of the policy is too long to look into") from error
    if handle.templates():
        raise CedarError("the policy holds templates, which never decide")
    return PolicyText(handle, tuple(policies[f"policy{index}"]["effect"] for index in range(len(policies))))


def decide(policies: PolicyText, context: Mapping[str, object], unknown: Iterable[Path] = ()) -> Answer:
    """Cedar's answer for one context. `unknown` are attributes that exist with a value nobody stated.

    With unknowns the answer is definite only when no well-typed value of them can change it.
    Raises UnusableContext, or CedarError when Cedar gives no decision.
    """
    data = sanitise(context)
    names = {_mark(data, path): path for path in unknown}
    partial = _ask(policies, data, partial=True)
    statements, residuals = _statements(policies, partial)
    decision = _decision(statements)
    if names:
        told = str(partial.decision.value)
        if told != "NoDecision" and told.lower() != decision.value:
            raise CedarError(f"Cedar says {told}, its residuals say {decision.value}")
        return Answer(decision, statements, _missing(decision, statements, residuals, names))
    told = str(_ask(policies, data, partial=False).decision.value)
    if told == "NoDecision":
        raise CedarError("Cedar gives no decision for this request")
    if told.lower() != decision.value:
        raise CedarError(f"Cedar says {told}, its statements say {decision.value}")
    return Answer(decision, statements)


def decision(policies: PolicyText, context: Mapping[str, object]) -> Decision:
    """The decision alone, in one question to Cedar: several times faster than `decide`. Raises as `decide` does."""
    told = str(_ask(policies, sanitise(context), partial=False).decision.value)
    if told == "NoDecision":
        raise CedarError("Cedar gives no decision for this request")
    return Decision(told.lower())


def _ask(policies: PolicyText, data: Mapping[str, object], *, partial: bool) -> Any:
    import cedarpy

    request = {**_CALLER, "context": dict(data)}
    ask = cedarpy.is_authorized_partial if partial else cedarpy.is_authorized
    try:
        result = ask(request, policies.handle, _stand_ins())
    except RecursionError as error:
        raise CedarError("a condition of the policy is too long to look into") from error
    unread = [text for text in result.diagnostics.errors if _FAILED.search(text) is None]
    if unread:
        raise CedarError(f"Cedar cannot use the request: {unread[0]}")
    return result


@lru_cache(maxsize=1)
def _stand_ins() -> Any:
    """The request's three entities, without attributes or parents: a partial answer calls an entity that is not listed unknown."""
    import json

    import cedarpy

    uids = [text.rstrip('"').split('::"') for text in _CALLER.values()]
    listed = [{"uid": {"type": kind, "id": ident}, "attrs": {}, "parents": []} for kind, ident in uids]
    return cedarpy.Entities.from_json_str(json.dumps(listed))


# --- the context ------------------------------------------------------------------------------------------------


def sanitise(context: Mapping[str, object]) -> dict[str, Any]:
    """A copy that Cedar can take. Raises UnusableContext on what it has no value for: null, fractions, whole numbers past 64
    bits, the keys that its JSON form reads as escapes, text that is not Unicode, too much nesting."""
    return {_key(key, ()): _plain(value, (key,)) for key, value in context.items()}


def _plain(value: object, path: Path) -> object:
    if len(path) > _DEEPEST:
        raise UnusableContext(path[:3], f"is nested deeper than {_DEEPEST}")
    match value:
        case bool():
            return value
        case int():
            if not -_LONG <= value < _LONG:
                raise UnusableContext(path, "is a number of more than 64 bits")
            return value
        case str():
            return _text(value, path)
        case Mapping():
            return {_key(key, path): _plain(item, (*path, str(key))) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_plain(item, (*path, "[]")) for item in value]
        case None:
            raise UnusableContext(path, "is null, which Cedar does not have")
        case float() | Decimal():
            raise UnusableContext(path, "is a fraction, which Cedar does not have")
        case _:
            raise UnusableContext(path, "is neither text, a whole number, true or false, a list nor a record")


def _key(key: object, path: Path) -> str:
    if not isinstance(key, str):
        raise UnusableContext(path, "has a key that is not text")
    if key in _ESCAPES:
        raise UnusableContext((*path, key), "is a key that Cedar reads as an escape")
    return _text(key, (*path, key))


def _text(value: str, path: Path) -> str:
    if any("\ud800" <= char <= "\udfff" for char in value):
        raise UnusableContext(path, "is not Unicode text")
    return value


def _mark(data: dict[str, Any], path: Path) -> str:
    """Put Cedar's unknown marker at `path`; the name that the marker goes by comes back."""
    name = "\x1f".join(path)
    place = data
    for step in path[:-1]:
        place = place.setdefault(step, {})
        if not isinstance(place, dict):
            raise CedarError(f"`{'.'.join(path)}` lies below a value")
    if path[-1] in place:
        raise CedarError(f"`{'.'.join(path)}` is both stated and unknown")
    place[path[-1]] = {"__extn": {"fn": "unknown", "arg": name}}
    return name


# --- what is left of each statement -----------------------------------------------------------------------------


def _statements(policies: PolicyText, partial: Any) -> tuple[tuple[StatementResult, ...], Sequence[Residual]]:
    """Each statement's result, with what is left of its conditions."""
    errors = {int(match[1]): match[2] for text in partial.diagnostics.errors if (match := _FAILED.search(text))}
    out: list[StatementResult] = []
    residuals: list[Residual] = []
    for index, effect in enumerate(policies.effects):
        bodies = [clause["body"] for clause in partial.residuals[f"policy{index}"]["conditions"]]
        left = [(body, _truths(body)) for body in bodies]
        truths = FAILS if index in errors else TRUE
        for body, found in left:
            truths = both(truths, found[id(body)])
        residuals.append(left)
        out.append(StatementResult(index, effect, holds(truths), truths, errors.get(index, "")))
    return tuple(out), residuals


def _truths(body: Mapping[str, Any]) -> dict[int, Truths]:
    """What a residual and all its parts can come to, by identity. Works on an explicit stack, because a long chain of `&&` is a deep
    tree.

    Cedar puts in all that it knows, so a part without unknown is a value, or it is the text of what fails once it is reached. A test
    of an unknown does not fail: its values are taken to be of the documented kind.
    """
    out: dict[int, Truths] = {}
    work: list[tuple[Mapping[str, Any], bool]] = [(body, False)]
    while work:
        node, ready = work.pop()
        parts = _parts(node)
        if parts and not ready:
            work.append((node, True))
            work.extend((part, False) for part in parts)
            continue
        truths = [out[id(part)] for part in parts]
        match node:
            case {"Value": bool(value)}:
                out[id(node)] = known(value)
            case {"&&": _}:
                out[id(node)] = both(*truths)
            case {"||": _}:
                out[id(node)] = either(*truths)
            case {"!": _}:
                out[id(node)] = opposite(truths[0])
            case {"if-then-else": _}:
                taken = [side for word, side in zip(("true", "false"), truths[1:], strict=True) if word in truths[0]]
                out[id(node)] = (truths[0] & FAILS).union(*taken)
            case _:
                out[id(node)] = OPEN if any(_markers(node)) else FAILS
    return out


def _parts(node: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    match node:
        case {"&&": {"left": left, "right": right}} | {"||": {"left": left, "right": right}}:
            return [left, right]
        case {"!": {"arg": arg}}:
            return [arg]
        case {"if-then-else": {"if": test, "then": yes, "else": no}}:
            return [test, yes, no]
        case _:
            return []


def _decision(statements: Sequence[StatementResult]) -> Decision:
    permits = [statement.matched for statement in statements if statement.effect == "permit"]
    forbids = [statement.matched for statement in statements if statement.effect == "forbid"]
    if True in forbids or not any(matched in (True, None) for matched in permits):
        return Decision.DENY
    return Decision.ALLOW if True in permits and None not in forbids else Decision.UNDECIDED


def _missing(
    decision: Decision, statements: Sequence[StatementResult], residuals: Sequence[Residual], names: Mapping[str, Path]
) -> tuple[Path, ...]:
    if decision is not Decision.UNDECIDED:
        return ()
    settled = any(statement.matched and statement.effect == "permit" for statement in statements)
    found: set[Path] = set()
    for statement, left in zip(statements, residuals, strict=True):
        if statement.matched is None and not (settled and statement.effect == "permit"):
            for body, truths in left:
                open_parts = _markers(body, {at for at, part in truths.items() if len(part) == 1})
                found.update(names[name] for name in open_parts if name in names)
    return tuple(sorted(found))


def _markers(node: Any, settled: Container[int] = ()) -> Iterator[str]:
    """The names of the unknown markers in a part of a residual, but for those in its `settled` parts (by identity)."""
    work: list[Any] = [node]
    while work:
        part = work.pop()
        if isinstance(part, list):
            work.extend(part)
        elif isinstance(part, dict) and id(part) not in settled:
            match part.get("unknown"):
                case [{"Value": str(name)}]:
                    yield name
                case _:
                    work.extend(part.values())
