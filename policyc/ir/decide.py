"""What the IR means: a slow, obvious evaluator over requests that state everything.

Two-valued and total: a test of an absent attribute is false, its negation true. It names no target; the tests compare
every target's documents with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, assert_never

from policyc.ir.authz import (
    All,
    Always,
    AnyOf,
    Atom,
    Can,
    Cond,
    Never,
    Op,
    Paths,
    RawExpression,
    RawTest,
    Resources,
    Statement,
    Tokens,
    Who,
)
from policyc.ir.compare import compares
from policyc.ir.pattern import Wild, fold, pattern_matches, tokens_match
from policyc.ir.raw_tests import fill, raw_holds, split_fields
from policyc.model.values import Principal, Scalar
from policyc.model.vocabulary import Verb
from policyc.record import record

if TYPE_CHECKING:
    from policyc.syntax.cedar_nodes import Expr


def _states_none(expression: Expr) -> bool:
    raise ValueError("the request does not say what Cedar makes of an expression")


@record
class Facts:
    """One request with everything known. `who` is one caller (never a pattern), `resource` a resource id, or an ARN for
    policies read from native documents; `path` None for requests that have no path. `values` maps attribute names to their values, absent ones
    left out or empty; `keys` does so for native keys in lower case, which raw tests and policy variables ask for. `evaluates` tells whether Cedar makes `true` of an expression."""

    who: Principal
    can: Verb
    resource: str
    path: str | None = None
    values: Mapping[str, tuple[Scalar, ...]] = MappingProxyType({})
    keys: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    evaluates: Callable[[Expr], bool] = _states_none

    def texts(self, key: str) -> tuple[str, ...]:
        """The values of a native key, spelled in any letter case."""
        return self.keys.get("".join(map(fold, key)), ())


def decide(statements: Iterable[Statement], facts: Facts) -> Literal["allow", "deny"] | None:
    """`deny` when any deny matches, else `allow` when any allow does, else None."""
    effects = {statement.effect for statement in statements if statement_matches(statement, facts)}
    return "deny" if "deny" in effects else "allow" if "allow" in effects else None


def statement_matches(statement: Statement, facts: Facts) -> bool:
    """Whether every clause of the statement covers the request; a clause left out covers all."""
    return (
        (statement.who is None or who_matches(statement.who, facts.who))
        and (statement.can is None or can_matches(statement.can, facts.can))
        and (not statement.on or any(resource.id == facts.resource for resource in statement.on))
        and (statement.path is None or path_matches(statement.path, facts.path))
        and (statement.resources is None or resources_match(statement.resources, statement.effect == "deny", facts))
        and condition_holds(statement.when, facts)
    )


def who_matches(who: Who, caller: Principal) -> bool:
    """Whether one of the principals names the caller, or (`negated`) none does; `by_level` spares a caller only when each of
    its levels is named."""
    if who.by_level:
        everyone = any(principal.kind == "anyone" for principal in who.principals)
        return not (everyone or all(any(one in who.principals for one in level) for level in _levels(caller)))
    if not who.principals:
        return False  # only a native document can list nobody
    return any(names(principal, caller) for principal in who.principals) is not who.negated


def names(principal: Principal, caller: Principal) -> bool:
    """Whether `principal`, as a policy writes it, covers the caller. A role covers all its sessions."""
    match principal.kind, principal.args:
        case "anyone", _:
            return True
        case "anonymous", _:
            return caller.kind == "anonymous"
        case "authenticated", _:
            return caller.kind != "anonymous"
        case "account", (account,):
            return caller.kind in ("role", "session", "user", "federated_user", "root") and caller.args[0] == account
        case "role", (account, pattern):
            held = caller.kind in ("role", "session") and caller.args[0] == account
            return held and pattern_matches(pattern, caller.args[1])
        case (("user" | "federated_user"), (account, pattern)):
            held = caller.kind == principal.kind and caller.args[0] == account
            return held and pattern_matches(pattern, caller.args[1])
        case "session", (account, role, session):
            # an ARN of a session has no path: names of roles are unique in an account
            held = caller.kind == "session" and caller.args[0] == account and caller.args[2] == session
            return held and caller.args[1].rpartition("/")[2] == role.rpartition("/")[2]
        case "service", (name,):
            return caller == principal or (name.startswith("cloudfront.") and caller.kind == "cloudfront")
        case _:
            return caller == principal


def _levels(caller: Principal) -> list[set[Principal]]:
    """The account, the role or user, and the session of a caller, each with the ways to name it; nobody names an unsigned one."""
    match caller.kind, caller.args:
        case "anonymous", _:
            return [set()]
        case "root", (account,):
            return [{Principal("account", (account,))}]
        case (("role" | "user" | "federated_user"), (account, _)):
            return [{Principal("account", (account,))}, {caller}]
        case "session", (account, role, session):
            name = role.rpartition("/")[2]
            own = {Principal("session", (account, name, session))}
            return [{Principal("account", (account,))}, {Principal("role", (account, role))}, own]
        case _:
            return [{caller}]


def can_matches(can: Can, verb: Verb) -> bool:
    """Whether a verb of the clause covers the request's verb: same action, and it asks for nothing more."""
    if not can.verbs:
        return not can.negated
    covered = any(_action_matches(item, verb) and set(item.requires) <= set(verb.requires) for item in can.verbs)
    return covered is not can.negated


def _action_matches(item: Verb, verb: Verb) -> bool:
    if not item.glob:
        return item.action == verb.action
    pattern = item.action.replace("\\", "\\\\")
    return pattern_matches("".join(map(fold, pattern)), "".join(map(fold, verb.action)))


def resources_match(resources: Resources, deny: bool, facts: Facts) -> bool:
    """Whether a pattern covers the ARN of the request. An ARN pattern has two readings, as one text and field by field; where
    they differ, the one that allows less holds. An action without resources has the resource `*`, which only stars match."""
    if not resources.patterns:
        return False
    generous = deny is not resources.negated
    return any(_resource_matches(glob.tokens, generous, facts) for glob in resources.patterns) is not resources.negated


def _resource_matches(tokens: Tokens, generous: bool, facts: Facts) -> bool:
    filled = fill(tokens, facts.texts)
    if filled is None:
        return False
    if facts.resource == "*":
        return filled == (Wild.RUN,)
    whole = tokens_match(filled, facts.resource)
    fields, parts = facts.resource.split(":", 5), split_fields(filled)
    if len(parts) < 6:
        return whole
    apart = len(fields) == 6 and all(map(tokens_match, parts, fields))
    return whole or apart if generous else whole and apart


def path_matches(paths: Paths, path: str | None) -> bool:
    """Whether a pattern covers the path; a request without path passes only a negated clause."""
    return (path is not None and any(pattern_matches(item, path) for item in paths.patterns)) is not paths.negated


def condition_holds(cond: Cond, facts: Facts) -> bool:
    """The truth of a condition; works on an explicit stack, so that depth does not matter."""
    done: list[bool] = []
    work: list[tuple[Cond, bool]] = [(cond, False)]
    while work:
        node, ready = work.pop()
        match node:
            case Always() | Never():
                done.append(isinstance(node, Always))
            case Atom():
                done.append(atom_holds(node, facts.values.get(node.attribute.name, ())))
            case RawTest():
                done.append(raw_holds(node, facts.texts))
            case RawExpression():
                done.append(facts.evaluates(node.expression) is not node.negated)
            case All() | AnyOf():
                if not ready:
                    work.append((node, True))
                    work.extend((item, False) for item in node.items)
                    continue
                parts = done[len(done) - len(node.items) :]
                del done[len(done) - len(node.items) :]
                done.append(all(parts) if isinstance(node, All) else any(parts))
            case _:
                assert_never(node)
    return done[0]


def atom_holds(atom: Atom, values: tuple[Scalar, ...]) -> bool:
    """One test of one attribute's values; no values means absent."""
    if atom.op is Op.EXISTS:
        return bool(values) is not atom.negated
    hits = [any(compares(atom.attribute.type, atom.op, value, item) for item in atom.values) for value in values]
    passed = bool(hits) and all(hits) if atom.quantifier == "all" else any(hits)
    return passed is not atom.negated
