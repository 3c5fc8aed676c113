"""From a solution to one request, stated so that the engine that decides can be asked: caller, action, resource and context."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final, Protocol

from policyc.analysis.callers import ARN_KEY, PROVIDER_KEY, SERVICE_KEY, USERID_KEY, HasId, IsKind, IsSession, MadeBy
from policyc.analysis.invoked import PATH, path_of
from policyc.analysis.keys import ACTION, RESOURCE
from policyc.analysis.moment import epoch_of
from policyc.analysis.question import USER_IDS, NoResource, Space, known_actions
from policyc.analysis.solver import Opaque, Present, Slot, Solution, Tested
from policyc.engines.iam.caller import Caller, CallerKind, anonymous, caller_from_arn, identity_provider, service
from policyc.engines.iam.decision import decide, weigh
from policyc.engines.iam.document import Document
from policyc.engines.iam.principals import principal_arn
from policyc.engines.iam.request import Request
from policyc.engines.proofs.domains import Fits, Unmodelled
from policyc.engines.proofs.moments import CURRENT, EPOCH
from policyc.engines.proofs.texts import exactly
from policyc.engines.trace import Verdict
from policyc.model.values import Principal
from policyc.record import record
from policyc.targets.registry import resource_types

_SERVICES: Final = "lambda.amazonaws.com"
_PROVIDER: Final = "arn:aws:iam::111122223333:saml-provider/example"
#: keys that the caller's own facts give a request
_OF_CALLER: Final = frozenset(
    {
        "aws:principalaccount",
        "aws:principaltype",
        "aws:username",
        "aws:principalisawsservice",
        "aws:principalservicenameslist",
        ARN_KEY,
        SERVICE_KEY,
    }
)
#: keys of which AWS does not say what they hold when a service or a provider's user asks; a witness states that they are absent
_UNTOLD: Final = frozenset({ARN_KEY, "aws:principalaccount", "aws:principaltype"})


@record
class Witness:
    """One request in words: `who` names the caller, `context` holds the keys that matter, as documents spell them."""

    who: str
    kind: CallerKind
    action: str
    resource: str
    context: Mapping[str, tuple[str, ...]]
    request: Request

    def lines(self) -> list[str]:
        """The request for people, a part to a line."""
        out = [f"who       {self.who or 'anonymous'}", f"action    {self.action}", f"resource  {self.resource}"]
        return out + [f"context   {key} = {', '.join(values)}" for key, values in self.context.items() if values]


def opaque_of(space: Space, solution: Solution) -> tuple[str, ...]:
    """What the solution hangs on that is not understood, for people; nothing when it is a request."""
    meanings = space.formula.meanings
    found = (meanings.get(atom) for atom in solution.atoms)
    return tuple(sorted({item.name for item in found if isinstance(item, Opaque)}))


def witness_of(space: Space, solution: Solution) -> Witness:
    """The request that a solution without opaque parts means."""
    held = {
        meaning: holds
        for atom, holds in solution.atoms.items()
        if (meaning := space.formula.meanings.get(atom)) is not None
    }
    caller = _caller(space, solution, held)
    resource = "*" if held.get(NoResource()) else solution.values.get((RESOURCE, 0), "*")
    action = _spelled(solution.values[(ACTION, 0)])
    context: dict[str, tuple[str, ...]] = {}
    shown: dict[str, tuple[str, ...]] = {}
    now = solution.values.get((CURRENT, 0)) or _any_value(space, CURRENT)
    for key, count in space.keys.seen.items():
        if key in _OF_CALLER or (key == PROVIDER_KEY and caller.kind is CallerKind.PROVIDER):
            if key in _UNTOLD and caller.kind in (CallerKind.SERVICE, CallerKind.PROVIDER):
                context[key] = ()
            continue
        if key == USERID_KEY:
            if (value := _userid(solution, caller, held)) is not None:
                context[key] = (value,)
                shown["aws:userid"] = (value,)
            continue
        there = [index for index in range(count) if held.get(Present((key, index)))]
        if key == PATH and space.invoked is not None:
            context[key] = path_of(action, resource)
            continue
        values = _several(space, solution, held, [(key, index) for index in there])
        values = epoch_of(now) if key == EPOCH else values
        use = space.keys.uses.get(key)
        spelled = use.attribute.native if use is not None else key
        context[spelled] = values
        if values:
            shown[spelled] = values
    if caller.kind is CallerKind.ROLE and caller.path not in ("/", None):  # which the ARN of a session does not tell
        shown["aws:PrincipalArn"] = (caller.principal_arn or "",)
    request = Request.of(action, resource, caller, context)
    return Witness(_named(caller), caller.kind, action, resource, shown, request)


def _userid(solution: Solution, caller: Caller, held: Mapping[object, bool]) -> str | None:
    """The value of `aws:userid`; None where the caller's other facts are all of it, or there is none."""
    match caller.kind:
        case CallerKind.USER:
            return caller.unique_id or USER_IDS[1]
        case CallerKind.ROLE:
            return f"{caller.unique_id or USER_IDS[0].partition(':')[0]}:{caller.session}"
        case CallerKind.SERVICE | CallerKind.PROVIDER:
            there = caller.kind is CallerKind.SERVICE or held.get(Present((USERID_KEY, 0)))
            return solution.values.get((USERID_KEY, 0), "example") if there else None
        case _:
            return None


def _several(space: Space, solution: Solution, held: Mapping[object, bool], slots: Sequence[Slot]) -> tuple[str, ...]:
    """The values of a key, different ones where there are such: a test without a quantifier tells one from two."""
    found: list[str] = []
    for slot in slots:
        text = solution.values.get(slot)
        text = _any_value(space, slot[0]) if text is None else text
        if text in found:
            goals = [
                (item.test, holds) for item, holds in held.items() if isinstance(item, Tested) and item.slot == slot
            ]
            goals += [(Fits(exactly(other)), False) for other in found]
            domain = space.solver.domains.get(slot[0]) or space.keys.domain(slot[0])
            with suppress(Unmodelled):
                text = domain.value(goals, space.solver.steps) or text
        found.append(text)
    use = space.keys.uses.get(slots[0][0]) if slots else None
    return tuple(found if use is not None and use.plain else dict.fromkeys(found))


def _any_value(space: Space, key: str) -> str:
    """A value for a key that has to be there, whatever it is."""
    hints = space.solver.domains[key].hints if key in space.solver.domains else space.keys.domain(key).hints
    return hints[0] if hints else "example"


def _caller(space: Space, solution: Solution, held: Mapping[object, bool]) -> Caller:
    kind = next((kind for kind in space.callers.kinds if held.get(IsKind(kind))), space.callers.kinds[0])
    unique = next((item.text for item, holds in held.items() if isinstance(item, HasId) and holds), "")
    own, canonical = (unique, "") if unique[:4] in ("AIDA", "AROA") else ("", unique)
    userid, _, of_id = solution.values.get((USERID_KEY, 0), "").partition(":")
    if kind in (CallerKind.USER, CallerKind.ROLE):
        own = own or userid
    match kind:
        case CallerKind.ANONYMOUS:
            return anonymous()
        case CallerKind.SERVICE:
            return service(solution.values.get((SERVICE_KEY, 0), _SERVICES))
        case CallerKind.PROVIDER:
            return identity_provider(solution.values.get((PROVIDER_KEY, 0), _PROVIDER))
        case CallerKind.ROLE:
            named = next((item.arn for item, holds in held.items() if isinstance(item, IsSession) and holds), "")
            session = named.rpartition("/")[2] if named else of_id or _free_session(space)
            return caller_from_arn(
                solution.values[(ARN_KEY, 0)], session=session, unique_id=own, canonical_id=canonical
            )
        case CallerKind.FEDERATED:
            maker = next((item.arn for item, holds in held.items() if isinstance(item, MadeBy) and holds), "")
            arn = solution.values[(ARN_KEY, 0)]
            partition, account = arn.split(":")[1], arn.split(":")[4]
            maker = maker or principal_arn(Principal("account", (account,)), partition)  # nobody whom a document names
            return caller_from_arn(arn, creator=maker, unique_id=own, canonical_id=canonical)
        case _:
            return caller_from_arn(solution.values[(ARN_KEY, 0)], unique_id=own, canonical_id=canonical)


def _free_session(space: Space) -> str:
    """A name of a session that no document names."""
    taken = {arn.rpartition("/")[2] for arn in space.callers.sessions}
    return next(name for name in ("example", *(f"example-{at}" for at in range(len(taken) + 1))) if name not in taken)


def _named(caller: Caller) -> str:
    return caller.arn


def _spelled(action: str) -> str:
    """The action as AWS spells it, where it is known: by the facts about its service, or as a word of the language."""
    prefix = action.partition(":")[0]
    own = (verb.action for kind in resource_types().values() for verb in kind.verbs.values())
    return next((known for known in (*known_actions(prefix), *own) if known.lower() == action), action)


class Meeting(Protocol):
    """A document, and which requests meet it."""

    @property
    def document(self) -> Document: ...

    def meets(self, witness: Witness) -> bool: ...


def decided(side: Sequence[Meeting], witness: Witness, turned: tuple[str, str] | None = None) -> Verdict:
    """What the engine says of documents that must all allow, with a switch `turned` to another choice."""
    said = [
        decide(item.document, witness.request)
        if turned is None
        else weigh([item.document], witness.request, graded=False, turned=turned).verdict
        for item in side
        if item.meets(witness)
    ]
    for verdict in (Verdict.EXPLICIT_DENY, Verdict.UNDECIDED, Verdict.IMPLICIT_DENY):
        if verdict in said:
            return verdict
    return Verdict.ALLOW


def has_open_deny(side: Sequence[Meeting], witness: Witness) -> bool:
    """Whether the engine leaves it open if a deny matches: one with a part that is not known, though another part of it may be met."""
    weights = [weigh([item.document], witness.request, graded=False) for item in side if item.meets(witness)]
    return any(item.deny_can is not item.deny_must for item in weights)
