"""Which statement covers which: callers, verbs, resources, paths and conditions compared. Every "yes" is proven."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from policyc.engines.proofs.conditions import Facts, implies, may_be_met, nothing_known
from policyc.engines.proofs.globs import covers as globs_cover
from policyc.engines.proofs.globs import may_exist, may_overlap
from policyc.holes import has_hole
from policyc.ir.authz import Can, Glob, Paths, Resources, Statement, Who
from policyc.ir.pattern import escape_pattern
from policyc.model.values import Principal, Resource
from policyc.model.vocabulary import Verb

#: The kinds of caller that belong to an account.
OF_ACCOUNTS = ("account", "role", "session", "user", "federated_user", "root")


def statement_covers(outer: Statement, inner: Statement) -> bool:
    """Whether `outer` matches every request that `inner` matches; both belong to gates that see the same request."""
    return reach_covers(outer, inner) and implies(inner.when, outer.when)


def reach_covers(outer: Statement, inner: Statement) -> bool:
    """The same without the conditions."""
    return aim_covers(outer, inner) and can_covers(outer.can, inner.can)


def aim_covers(outer: Statement, inner: Statement) -> bool:
    """The same without the verbs."""
    return (
        who_covers(outer.who, inner.who)
        and on_covers(outer.on, inner.on)
        and resources_cover(outer.resources, inner.resources, outer.effect == "deny")
        and path_covers(outer.path, inner.path)
    )


def statements_may_meet(first: Statement, second: Statement, facts: Facts = nothing_known) -> bool:
    """Whether some request may match both; False is proven."""
    return (
        whos_may_meet(first.who, second.who)
        and cans_may_meet(first.can, second.can)
        and (not first.on or not second.on or bool(_ids(first.on) & _ids(second.on)))
        and paths_may_meet(first.path, second.path)
        and resources_may_meet(first.resources, second.resources)
        and may_be_met([(first.when, True), (second.when, True)], facts)
    )


# --- callers ----------------------------------------------------------------------------------------------------


def who_covers(outer: Who | None, inner: Who | None) -> bool:
    """Whether every caller of `inner` is one of `outer`; a clause left out stands for everyone."""
    if outer is None:
        return True
    if inner is None:
        return not outer.negated and any(item.kind == "anyone" for item in outer.principals)
    if inner.by_level:
        inner = Who((Principal("anyone", ()),))  # it covers more than "everyone but them"
    if inner.negated:
        if outer.negated:
            return all(any(names(seen, item) for seen in inner.principals) for item in outer.principals)
        return any(item.kind == "anyone" for item in outer.principals)
    if outer.negated:
        return not any(principals_may_meet(a, b) for a in outer.principals for b in inner.principals)
    return all(any(names(a, b) for a in outer.principals) for b in inner.principals)


def whos_may_meet(first: Who | None, second: Who | None) -> bool:
    """Whether some caller may belong to both."""
    if first is None or second is None:
        return True
    if first.negated and second.negated:
        return True
    if first.negated or second.negated:
        out, listed = (first, second) if first.negated else (second, first)
        return out.by_level or any(not any(names(a, b) for a in out.principals) for b in listed.principals)
    return any(principals_may_meet(a, b) for a in first.principals for b in second.principals)


def names(outer: Principal, inner: Principal) -> bool:
    """Whether `outer` stands for every caller that `inner` stands for."""
    if outer == inner or outer.kind == "anyone":
        return True
    match outer.kind:
        case "authenticated":
            return inner.kind not in ("anyone", "anonymous")
        case "account":
            return inner.kind in OF_ACCOUNTS and inner.args[0] == outer.args[0]
        case "role" if inner.kind == "session":
            return inner.args[0] == outer.args[0] and globs_cover([outer.args[1]], escape_pattern(inner.args[1]))
        case "role" | "user" | "federated_user":
            same = inner.kind == outer.kind and inner.args[0] == outer.args[0]
            return same and globs_cover([outer.args[1]], inner.args[1])
        case "service":
            return inner.kind == "cloudfront" and outer.args[0].startswith("cloudfront.")
        case _:
            return False


def is_open(principal: Principal) -> bool:
    """Whether a hole stands in the principal, so that nobody knows whom it names."""
    return any(map(has_hole, principal.args))


def principals_may_meet(first: Principal, second: Principal) -> bool:
    """Whether some caller may be meant by both; False is proven."""
    if is_open(first) or is_open(second):
        return True
    both_ways = ((first, second), (second, first))
    if any(names(one, other) for one, other in both_ways):
        return True
    for one, other in both_ways:
        if one.kind == "authenticated":
            return other.kind != "anonymous"
    for one, other in both_ways:
        if one.kind in ("account", "root"):
            return other.kind in OF_ACCOUNTS and other.args[0] == one.args[0]
    if first.kind == second.kind and first.kind in ("role", "user", "federated_user"):
        return first.args[0] == second.args[0] and may_overlap([first.args[1]], [second.args[1]])
    if {first.kind, second.kind} == {"role", "session"}:
        role, session = (first, second) if first.kind == "role" else (second, first)
        return role.args[0] == session.args[0] and may_overlap([role.args[1]], [escape_pattern(session.args[1])])
    return "canonical_user" in (first.kind, second.kind)


def admits(who: Who | None, principal: Principal) -> bool:
    """Whether the clause is proven to take in every caller that `principal` stands for."""
    return who_covers(who, Who((principal,)))


# --- verbs, resources, paths ------------------------------------------------------------------------------------


def can_covers(outer: Can | None, inner: Can | None) -> bool:
    """Whether every request that `inner`'s verbs mean is meant by `outer`'s."""
    if outer is None or (not outer.verbs and not outer.negated):
        return True
    if inner is None or (inner.negated and not outer.negated) or not inner.verbs:
        return False
    if inner.negated:
        return all(any(verb_covers(seen, item) for seen in inner.verbs) for item in outer.verbs)
    if outer.negated:
        return not any(_verbs_may_meet(a, b) for a in outer.verbs for b in inner.verbs)
    return all(any(verb_covers(a, b) for a in outer.verbs) for b in inner.verbs)


def cans_may_meet(first: Can | None, second: Can | None) -> bool:
    """Whether some request may be meant by the verbs of both."""
    if first is None or second is None or not first.verbs or not second.verbs:
        return True
    if first.negated and second.negated:
        return True
    if first.negated or second.negated:
        out, listed = (first, second) if first.negated else (second, first)
        return any(not any(verb_covers(a, b) for a in out.verbs) for b in listed.verbs)
    return any(_verbs_may_meet(a, b) for a in first.verbs for b in second.verbs)


def verb_covers(outer: Verb, inner: Verb) -> bool:
    """Same action, and the outer verb asks for nothing that the inner one does not."""
    if outer.glob or inner.glob:
        return globs_cover([action_pattern(outer)], action_pattern(inner)) and not outer.requires
    return outer.action == inner.action and set(outer.requires) <= set(inner.requires)


def action_pattern(verb: Verb) -> str:
    """The actions that a verb means, as a pattern in lower case."""
    text = verb.action.lower()
    return text.replace("\\", "\\\\") if verb.glob else escape_pattern(text)


def _verbs_may_meet(first: Verb, second: Verb) -> bool:
    if first.glob or second.glob:
        return may_overlap([action_pattern(first)], [action_pattern(second)])
    wanted = dict(first.requires)
    return first.action == second.action and all(wanted.get(key, value) == value for key, value in second.requires)


def on_covers(outer: Sequence[Resource], inner: Sequence[Resource]) -> bool:
    """Whether the outer `on` takes in the inner one; none stands for all."""
    return not outer or (bool(inner) and _ids(inner) <= _ids(outer))


def _ids(resources: Iterable[Resource]) -> set[str]:
    return {resource.id for resource in resources}


def path_covers(outer: Paths | None, inner: Paths | None) -> bool:
    """Whether every path of `inner` is one of `outer`; a clause left out takes in requests without a path too."""
    if outer is None:
        return True
    if inner is None or (inner.negated and not outer.negated):
        return False
    if inner.negated:
        return all(globs_cover(inner.patterns, item) for item in outer.patterns)
    if outer.negated:
        return not may_overlap(outer.patterns, inner.patterns)
    return all(globs_cover(outer.patterns, item) for item in inner.patterns)


def paths_may_meet(first: Paths | None, second: Paths | None) -> bool:
    """Whether some request may have a path of both."""
    if first is None or second is None or (first.negated and second.negated):
        return True
    wanted = [paths.patterns for paths in (first, second) if not paths.negated]
    banned = [item for paths in (first, second) if paths.negated for item in paths.patterns]
    return may_exist(wanted, banned)


def resources_cover(outer: Resources | None, inner: Resources | None, generous: bool) -> bool:
    """Whether every ARN of `inner` is one of `outer`; an element left out takes in all. A pattern with a wildcard before the fifth
    colon has two readings: `generous` tells that either of the outer one will do, as for a deny."""
    if outer is None:
        return True
    if inner is None or (inner.negated and not outer.negated):
        return False
    if inner.negated:
        return all(_glob_covered(inner.patterns, item, generous) for item in outer.patterns)
    if outer.negated:
        return not any(_globs_may_meet(a, b) for a in outer.patterns for b in inner.patterns)
    return all(_glob_covered(outer.patterns, item, generous) for item in inner.patterns)


def _glob_covered(outer: Sequence[Glob], inner: Glob, generous: bool) -> bool:
    if inner in outer:
        return True
    pattern = inner.pattern
    plain = [item.pattern for item in outer if item.pattern is not None]
    if pattern is None:
        return "*" in plain
    return globs_cover(plain, pattern) and (generous or "*" in plain or globs_cover(plain, pattern, arn=True))


def resources_may_meet(first: Resources | None, second: Resources | None) -> bool:
    """Whether some ARN may be meant by both; False is proven."""
    if first is None or second is None or first.negated or second.negated:
        return True
    return any(_globs_may_meet(a, b) for a in first.patterns for b in second.patterns)


def _globs_may_meet(first: Glob, second: Glob) -> bool:
    if first.pattern is None or second.pattern is None:
        return True
    return may_overlap([first.pattern], [second.pattern])
