"""The documents of an S3 Object Lambda chain that are checked together: who is let in at the access point in front, and what the
documents behind it say of the same callers.

A template says which function, supporting access point and bucket stand behind an Object Lambda access point. Elsewhere one document of each kind makes a chain: the
policy of the access point in front, and any of the policies of the function, the supporting access point and the bucket, and of the function's role. Source: Object Lambda reference, sections 2 and 6.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from policyc.ir.authz import Always, Can, Policy, Statement, Who
from policyc.ir.program import Program
from policyc.lint.covering import statements_may_meet
from policyc.lint.rule import Lint
from policyc.lint.speech import is_document
from policyc.model.values import Principal, Resource, Scalar
from policyc.model.vocabulary import Attribute, Verb
from policyc.record import record, replace
from policyc.regex import regex

FRONT: Final = "object-lambda"
#: kind of document -> what it is called, in the order in which a request meets them
HOPS: Final[Mapping[str, str]] = {"function": "function", "access-point": "access point", "bucket": "bucket"}
_ARN: Final = regex(r"arn:[^:]*:[^:]*:[^:]*:([0-9]{12}):(.*)", re.DOTALL)
_SERVICE: Final = "s3-object-lambda"
#: the keys that tell a bucket's policy by which access point a request comes: of which account, and its ARN
_POINT_KEYS: Final = ("s3:dataaccesspointaccount", "s3:dataaccesspointarn")


@record
class Chain:
    """The policy in front, and those behind it by kind; `role` is the policy of whoever may answer for the function."""

    front: Policy
    behind: Mapping[str, Policy]
    role: Policy | None

    @property
    def arns(self) -> list[str]:
        """The ARNs of the access point in front, as its statements name them."""
        return [glob.text for item in self.front.statements if item.resources for glob in item.resources.patterns]

    @property
    def account(self) -> str:
        """The account of the access point in front; empty when no statement tells it."""
        found = {match[1] for text in self.arns if (match := _ARN.fullmatch(text))}
        return found.pop() if len(found) == 1 else ""


def chains_of(lint: Lint) -> tuple[Chain, ...]:
    """The chains that the documents make: as what stands around them says they hang together, else one, where there is one document of each kind."""
    return lint.once("object lambda chains", _chains_of)


def _chains_of(lint: Lint) -> tuple[Chain, ...]:
    by_kind: dict[str, list[Policy]] = {}
    for policy in lint.program.policies:
        if is_document(policy):
            by_kind.setdefault("role" if _answers(policy) else policy.kind, []).append(policy)
    fronts, roles = by_kind.get(FRONT, []), by_kind.get("role", [])
    role = roles[0] if len(roles) == 1 else None
    wired = {front: hops for front in fronts if (hops := _wiring(front, lint.program))}
    if wired:
        return tuple(Chain(front, _behind_of(hops, by_kind), role) for front, hops in wired.items())
    if len(fronts) != 1 or len(roles) > 1 or any(len(by_kind.get(kind, ())) > 1 for kind in HOPS):
        return ()
    behind = {kind: by_kind[kind][0] for kind in HOPS if kind in by_kind}
    return (Chain(fronts[0], behind, role),) if behind or role is not None else ()


def _wiring(front: Policy, program: Program) -> dict[str, str]:
    """Kind of document -> id of the resource behind an access point, where all of the way is known."""
    if not isinstance(front.on, Resource):
        return {}
    function, point = front.on.link("function"), program.resource(front.on.link("supporting"))
    bucket = point.link("bucket") if point is not None else None
    if function is None or point is None or bucket is None:
        return {}
    return {"function": function, "access-point": point.id, "bucket": bucket}


def _behind_of(hops: Mapping[str, str], by_kind: Mapping[str, list[Policy]]) -> dict[str, Policy]:
    """The policy of each hop; a function's permissions are statements of one."""
    found: dict[str, Policy] = {}
    for kind, id in hops.items():
        on = [item for item in by_kind.get(kind, ()) if isinstance(item.on, Resource) and item.on.id == id]
        if on:
            found[kind] = replace(on[0], statements=tuple(one for item in on for one in item.statements))
    return found


def _answers(policy: Policy) -> bool:
    """Whether a policy of a caller is about answering for a function."""
    return policy.kind == "identity" and any(
        verb.action.lower() == "s3-object-lambda:writegetobjectresponse"
        for item in policy.statements
        if item.can is not None
        for verb in item.can.verbs
    )


def outsiders(chain: Chain) -> Iterator[tuple[Statement, Principal]]:
    """The callers whom the front lets in and whom only the documents of each hop can let in there: services, and callers of another
    account. Of callers of the same account an identity policy may do (section 2.1)."""
    for statement in chain.front.statements:
        who = statement.who
        if statement.effect != "allow" or who is None or who.negated:
            continue
        for principal in who.principals:
            if principal.kind == "service" or (chain.account and principal.account not in ("", chain.account)):
                yield statement, principal


def call_at(hop: str, statement: Statement, principal: Principal) -> Statement:
    """What the caller of a statement before a hop asks there, with conditions and resources left open."""
    can = statement.can
    if hop == "function":
        can = Can((Verb("invoke", "lambda:InvokeFunction"),))
    elif can is not None:
        can = replace(can, verbs=tuple(replace(verb, action=_behind(verb.action)) for verb in can.verbs))
    return replace(statement, who=Who((principal,)), can=can, resources=None, when=Always())


def _behind(action: str) -> str:
    """The action at the access point and the bucket for one in front: they have the same names."""
    service, colon, name = action.partition(":")
    return f"s3:{name}" if colon and service.lower() == _SERVICE else action


def lets_through(chain: Chain, hop: str, call: Statement) -> bool:
    """Whether some allow of a hop may let a call in."""
    allows = (item for item in chain.behind[hop].statements if item.effect == "allow")
    return any(statements_may_meet(item, call, lambda attribute: _facts(chain, attribute)) for item in allows)


def _facts(chain: Chain, attribute: Attribute) -> tuple[Scalar, ...] | None:
    """What a request through the chain carries at the bucket: the access point that it came by."""
    point = _access_point(chain) if attribute.native.lower() in _POINT_KEYS else None
    if point is None:
        return None
    return (point[1],) if attribute.native.lower() == _POINT_KEYS[0] else (point[0],)


def _access_point(chain: Chain) -> re.Match[str] | None:
    """The ARN of the supporting access point, where its policy names one alone."""
    policy = chain.behind.get("access-point")
    globs = (
        [glob.text for item in policy.statements if item.resources for glob in item.resources.patterns]
        if policy
        else []
    )
    found = {text.partition("/object/")[0].removesuffix("/*") for text in globs}
    name = found.pop() if len(found) == 1 else ""
    return None if "*" in name or "?" in name else _ARN.fullmatch(name)
