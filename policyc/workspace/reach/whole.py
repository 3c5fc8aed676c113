"""Who may do what with a declared resource, a document or a network: small covers of all requests, each class with a request that the
deciding engine confirms."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from policyc.analysis.asking import asks
from policyc.analysis.classes import Region
from policyc.analysis.compare import Disagreement, Version
from policyc.analysis.cover import Asked, Class, Cover, cover
from policyc.analysis.formula import FALSE, Lit
from policyc.analysis.question import Space
from policyc.analysis.solver import BUDGET
from policyc.analysis.ways import TYPES, way_to
from policyc.analysis.ways.base import Line, Way
from policyc.analysis.whole import policies_of, together, verdict_of
from policyc.analysis.witness import witness_of
from policyc.diagnostics import Diagnostics, did_you_mean
from policyc.engines.iam.principals import principal_arn
from policyc.engines.proofs.budget import TooLarge
from policyc.engines.proofs.domains import Unmodelled
from policyc.engines.trace import Decision, Outcome, Verdict
from policyc.holes import shown, unfilled
from policyc.ir.authz import Always, Can, Policy, Statement, Who
from policyc.ir.program import Program
from policyc.ir.statements import StatementBuilder
from policyc.model.values import Principal, Resource
from policyc.model.vocabulary import Verb
from policyc.record import replace
from policyc.report.who import OWN_CALLERS, May, Reach
from policyc.simulation.request import find_resource
from policyc.simulation.request_text import parse_caller
from policyc.syntax import nodes
from policyc.targets.base import Document, DocumentSet
from policyc.targets.program import words
from policyc.targets.registry import resource_types
from policyc.text import Span
from policyc.workspace.claims.proving import spoken_to
from policyc.workspace.reach.paths import who_reaches
from policyc.workspace.sides.pieces import OLAP

_SERVICE: Final = "lattice.service"
#: what callers carry and are bound by, for people
_OF_CALLERS: Final = {"identity": "as far as the identity policies", "boundary": "as far as the boundaries"}
_OWN: str = "an identity policy of the caller, which is not given, has to allow it"


def who_declared(
    program: Program,
    documents: Sequence[Document],
    name: str,
    can: Sequence[str],
    path: Sequence[str],
    caller: str,
    diagnostics: Diagnostics,
    budget: int = BUDGET,
) -> list[Reach]:
    """Who may do what with the resource or network that is called `name`, or (without one) what `caller` may do with every resource.
    What is wrong with the question is reported.

    Raises `policyc.analysis.compare.Disagreement`.
    """
    principal = _principal(caller, program, diagnostics) if caller else None
    if diagnostics.has_errors:
        return []
    network = next((item for item in program.networks if item.name == name), None)
    if network is not None:
        if can or path or caller:
            message = "a network has no requests"
            diagnostics.error("clause-not-allowed", message, None, "leave `--can`, `--path` and `--principal` out")
            return []
        reach = who_reaches(program, network, diagnostics, budget)
        return [] if reach is None else [reach]
    if name:
        if name == "anonymous" or any(item.name == name for item in program.principals):
            diagnostics.error("wrong-kind", f"`{name}` is a caller", None, f"ask with `--principal {name}`")
            return []
        one = find_resource(program, name, diagnostics, None)
        asked = [] if one is None else [one]
    else:
        kinds = resource_types()
        asked = [
            item for item in program.resources.values() if item.type in TYPES and (kinds[item.type].verbs or not caller)
        ]
    found = (who_may(program, documents, item, can, path, principal, diagnostics, budget) for item in asked)
    return [item for item in found if item is not None]


def _principal(text: str, program: Program, diagnostics: Diagnostics) -> Principal | None:
    found = parse_caller(text) or next((item for item in program.principals if item.name == text), None)
    if found is None:
        names = [item.name for item in program.principals if item.name]
        help = did_you_mean(text, names, "give a declared principal, an ARN, a service name or `anonymous`")
        diagnostics.error("unknown-name", f"unknown principal `{text}`", None, help)
    return found


def who_may(
    program: Program,
    documents: Sequence[Document],
    resource: Resource,
    can: Sequence[str] = (),
    path: Sequence[str] = (),
    principal: Principal | None = None,
    diagnostics: Diagnostics | None = None,
    budget: int = BUDGET,
) -> Reach | None:
    """Who may do what with a declared resource, or what of it `principal` may do; None after reporting what is wrong with the question.

    Raises `policyc.analysis.compare.Disagreement`.
    """
    found = Diagnostics() if diagnostics is None else diagnostics
    if resource.type not in TYPES:
        message = f"`{resource.name}` is a `{resource.type}`, which no request goes to"
        asked_for = [f"`{item.name}`" for item in program.resources.values() if item.type in TYPES]
        help = f"requests go to {', '.join(asked_for[:8])}" if asked_for else "declare a resource that requests go to"
        found.error("unprovable-claim", message, None, help)
        return None
    scope = _scope(program, resource, can, path, principal, found)
    if scope is None:
        return None
    held = DocumentSet.of(documents)
    way, inside = way_to(program, held, resource, scope, budget)
    gates = [gate for gate in way.gates if gate.kind != "identity"]
    # inside an account the hops behind the first need no statement of their own
    allows = tuple(gate.allows for gate in (gates[:1] if way.owner else gates))
    denies = tuple(line for gate in way.gates for line in gate.denies)
    asked = Asked(way.space, allows, denies, way.allowed, (inside, *way.world), way.open_identity, way.inside)
    try:
        answer = cover(asked)
        classes = [_may(program, held, resource, way, item) for item in answer.classes]
        if path and not classes and way.space.ask(inside, *way.world) is None:
            help = next(
                (f"a path begins with `/`: write `/{one}`" for one in path if not one.startswith(("/", "*"))), ""
            )
            message = f"no request to `{resource.name}` has such a path"
            found.error("vacuous-proof", message, None, help or "ask about a path that requests have")
            return None
    finally:
        way.space.solver.close()
    if not any(allows) and not answer.classes and way.allowed != FALSE and not way.owner:
        return _ungated(resource, way, principal)
    doubts = way.doubts
    return Reach(
        resource.name,
        resource.type,
        tuple(classes),
        answer.complete and not doubts,
        tuple(dict.fromkeys((*answer.open, *doubts))),
        way.given,
        _called(principal),
    )


def _called(principal: Principal | None) -> str:
    return "" if principal is None else principal.name or principal_arn(principal) or " ".join(principal.args)


def _ungated(resource: Resource, way: Way, principal: Principal | None) -> Reach:
    """A resource at which no gate asks anybody."""
    may = May((), (), (), (), (), (), (), (), "allow")
    return Reach(resource.name, resource.type, (may,), not way.doubts, way.doubts, way.given, _called(principal))


def _scope(
    program: Program,
    resource: Resource,
    can: Sequence[str],
    path: Sequence[str],
    principal: Principal | None,
    diagnostics: Diagnostics,
) -> Statement | None:
    """The requests that are asked about; None after reporting what is wrong with the question."""
    place = Span(resource.file, 0, 0)
    clauses: list[nodes.ListClause | nodes.Condition] = []
    native = [verb for verb in can if ":" in verb or "*" in verb]
    said = tuple(nodes.Ref((nodes.Field(verb, place),), place) for verb in can if verb not in native)
    if said:
        clauses.append(nodes.ListClause("can", said, None, place))
    if path:
        clauses.append(nodes.ListClause("path", tuple(nodes.Str(one, place) for one in path), None, place))
    own = Diagnostics()
    builder = StatementBuilder(program.scopes[resource.file], words(), program.resources, own)
    scope = builder.scope_of(nodes.Statement("allow", None, tuple(clauses), place), resource)
    for item in own:
        diagnostics.error(item.rule, item.message, None, item.help)
    if scope is not None and native:
        if resource.type != OLAP:
            message = f"`{native[0]}` is an action of documents, and requests to `{resource.name}` are told by verbs"
            verbs = ", ".join(list(resource_types()[resource.type].verbs)[:8])
            diagnostics.error("unknown-verb", message, None, f"name one of {verbs}" if verbs else "leave `--can` out")
            return None
        named = scope.can.verbs if scope.can is not None else ()
        scope = replace(scope, can=Can((*named, *_actions(native))))
    if scope is None or principal is None:
        return scope
    if not resource_types()[resource.type].verbs:
        message = f"requests to a `{resource.type}` have no principal"
        diagnostics.error(
            "clause-not-allowed", message, None, "leave `--principal` out: who asks is a matter of claims"
        )
        return None
    return Statement("allow", "asked", Who((principal,)), scope.can, (), scope.path, scope.when)


def _actions(names: Iterable[str]) -> tuple[Verb, ...]:
    """Actions as documents have them, for patterns of which a question is."""
    return tuple(Verb(name, name, glob=True) for name in names)


def _may(program: Program, documents: Sequence[Document], resource: Resource, way: Way, item: Class) -> May:
    """A class with a request that the engine confirms."""
    request: tuple[tuple[str, str], ...] = ()
    answer = ""
    needs = [_OWN] if item.needs_identity else []
    if item.hangs_on:
        needs += [f"it hangs on {text}" for text in item.hangs_on]
    else:
        asking = way.asking(item.solution)
        for stated in dict.fromkeys((asking.plain, asking.fields)):
            fields, outcome, problem = spoken_to(program, documents, program.scopes[resource.file], resource, stated)
            if outcome is not None and outcome.decision is not Decision.DENY:
                request, answer = fields, outcome.decision.value
                by_callers = item.needs_identity or _wants_alone(outcome)
                if outcome.decision is Decision.UNDECIDED and by_callers:
                    answer = "allow as soon as the caller's own policies allow it"
                if outcome.decision is Decision.ALLOW or item.needs_identity:
                    break
            elif outcome is not None and stated == asking.fields and not way.upper:
                text = ", ".join(f"{name}: {value}" for name, value in fields)
                raise Disagreement(f"`{text}` was found to be allowed, and the engine says `{outcome.decision.value}`")
            else:
                needs += (
                    [f"the engine cannot be asked: {problem}"] if outcome is None and stated == asking.fields else []
                )
    if not request and not item.hangs_on and way.upper:
        needs.append("it hangs on what keys are behind the first hop")
    told = _told(item, request, answer, needs)
    if item.lines:
        return told
    return replace(told, who=(f"{OWN_CALLERS}{way.owner}",), by=("their own identity policies",))


def _wants_alone(outcome: Outcome) -> bool:
    """Whether an answer is open for nothing but policies that nobody gave."""
    doubtful = [gate for gate in outcome.gates if gate.verdict is Verdict.UNDECIDED]
    return bool(doubtful) and all(gate.wants for gate in doubtful)


def _told(item: Class, request: tuple[tuple[str, str], ...], answer: str, needs: Sequence[str]) -> May:
    region = _joined(item.regions)
    unless = tuple(_deny(line) for line in item.unless)
    unless += (f"one of {item.many} statements that deny matches, which are not told apart",) if item.many else ()
    return May(
        _shown(region.who),
        _shown(region.what),
        _shown(region.where),
        _shown(region.conditions),
        _shown(unless),
        _shown(needs),
        _shown(dict.fromkeys(f"`{line.label}`" for line in item.lines)),
        request,
        answer,
    )


def _shown(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(map(shown, texts))


def _joined(regions: Sequence[Region]) -> Region:
    """What several statements have in common: of each part the one that says more, the later statement's first; other callers and places of
    the earlier ones are conditions."""
    conditions = list(dict.fromkeys(text for region in regions for text in region.conditions))

    def part(name: str, any_of: tuple[str, ...]) -> tuple[str, ...]:
        found = [getattr(region, name) for region in reversed(regions)]
        told = [texts for texts in found if texts and not set(texts) & set(any_of)]
        for more in told[1:]:
            if set(more) != set(told[0]):
                conditions.append(f"{name} {', '.join(more)}")
        return told[0] if told else ()

    who, what, where = part("who", ("anyone", "*")), part("what", ("*",)), part("where", ("*",))
    return Region(who, what, where, tuple(dict.fromkeys(conditions)))


def _deny(line: Line) -> str:
    from policyc.analysis.classes import conditions_of

    statement = line.statement
    parts: list[str] = []
    if statement.who is not None and statement.who.principals and not _is_everyone(statement.who):
        names = ", ".join(item.name or item.kind for item in statement.who.principals)
        parts.append(("all but " if statement.who.negated else "") + names)
    if statement.can is not None and statement.can.verbs:
        names = ", ".join(verb.name for verb in statement.can.verbs)
        parts.append(("all but " if statement.can.negated else "") + names)
    if statement.resources is not None:
        names = ", ".join(glob.text for glob in statement.resources.patterns if glob.text != "*")
        parts += [("all but " if statement.resources.negated else "") + names] if names else []
    parts += conditions_of(statement.when)
    return f"`{line.label}`: {'; '.join(parts)}" if parts else f"`{line.label}`"


def _is_everyone(who: Who) -> bool:
    return not who.negated and any(item.kind == "anyone" for item in who.principals)


# --- documents --------------------------------------------------------------------------------------------------


_ONLY_DENIES: Final = "it allows nothing itself, and what it does not deny is for other policies to allow"


def who_in_document(
    name: str,
    version: Version,
    doubts: Sequence[str],
    can: Sequence[str] = (),
    principal: Principal | None = None,
    filled: tuple[Version, Mapping[str, str]] | None = None,
    budget: int = BUDGET,
) -> Reach:
    """Who may do what by a document alone. `filled` is the same document with a value for everything that the file around it leaves open: a
    class that hangs on such places shows a request for those values. Raises `policyc.analysis.compare.Disagreement`."""
    policy = version.policy
    if doubts:
        return Reach(name, policy.kind, (), False, tuple(doubts))
    question = Statement("allow", "asked", None, None, (), None, Always())
    own = Policy("asked", policy.target, policy.on, (question,), policy.file, policy.span, kind=policy.kind)
    space = Space((*policies_of(version), own), None, budget, within=version.within)
    said = together(space, version, openly=True)
    asking = [item for item in (principal, parse_caller(version.carrier)) if item is not None]
    base = [asks(space.callers, Who((item,)), space.callers.partitions[0]) for item in asking]
    if can:
        base.append(space.can(Can(_actions(can))))
    asked = Asked(space, said.allows, said.denies, said.allowed, tuple(base), said.open_identity)
    try:
        answer = cover(asked) if all(said.allows) else Cover((), True)
        classes = tuple(_by_document(version, space, item, base) for item in answer.classes)
    finally:
        space.solver.close()
    if principal is None and version.whose:
        classes = tuple(item if item.who else replace(item, who=(version.whose,)) for item in classes)
    if filled is not None:
        values = filled[1]
        shown_by = {
            item.by: item for item in who_in_document(name, filled[0], (), can, principal, budget=budget).classes
        }
        classes = tuple(_exemplified(item, shown_by.get(item.by), values) for item in classes)
    if version.taken:
        classes = tuple(_opened(item, version.taken) for item in classes)
    kind = _SERVICE if version.beside and not version.whose else policy.kind
    statements = [item for one in policies_of(version) for item in one.statements]
    only_denies = bool(statements) and all(item.effect == "deny" for item in statements)
    given = (_ONLY_DENIES,) if only_denies and not classes else ()
    return Reach(name, kind, classes, answer.complete, answer.open, given, _called(principal))


def _opened(item: May, values: Mapping[str, str]) -> May:
    """A class in the words of its host, and the values that its request is for."""
    who, what, where, conditions, unless, needs = (
        tuple(unfilled(text, values) for text in texts)
        for texts in (item.who, item.what, item.where, item.conditions, item.unless, item.needs)
    )
    told = tuple((f"‹{name}›", value) for name, value in values.items()) if item.request else ()
    return replace(
        item,
        who=who,
        what=what,
        where=where,
        conditions=conditions,
        unless=unless,
        needs=needs,
        request=tuple(dict.fromkeys((*item.request, *told))),
    )


def _exemplified(item: May, filled: May | None, values: Mapping[str, str]) -> May:
    """A class that hangs on places that are left open, with a request for some values of them."""
    if item.request or filled is None or not filled.request:
        return item
    named = tuple((f"‹{name}›", value) for name, value in values.items())
    told = dict.fromkeys((*filled.request, *named))
    return replace(item, request=tuple(told), answer=filled.answer)


def _by_document(version: Version, space: Space, item: Class, base: Sequence[Lit]) -> May:
    perhaps = [
        *_carried(version, space, item, base),
        *(f"{text} may refuse it" for text in _perhaps(version, space, item, base)),
    ]
    if item.hangs_on:
        return _told(item, (), "", [*(f"it hangs on {text}" for text in item.hangs_on), *perhaps])
    witness = witness_of(space, item.solution)
    verdict = verdict_of(version, witness)
    if verdict is not Verdict.ALLOW:
        raise Disagreement(
            f"a request was found to be allowed, and the engine says `{verdict}`: {'; '.join(witness.lines())}"
        )
    request = [("who", witness.who or "anonymous"), ("action", witness.action), ("resource", witness.resource)]
    request += [(key, ", ".join(values)) for key, values in witness.context.items() if values]
    if item.needs_identity:
        return _told(item, tuple(request), "allow as soon as the caller's own policies allow it", [_OWN, *perhaps])
    return _told(item, tuple(request), verdict.value, perhaps)


def _carried(version: Version, space: Space, item: Class, base: Sequence[Lit]) -> Iterator[str]:
    """What callers of a class need besides of their own."""
    own = [line.lit for line in item.lines]
    for one in version.beside:
        what = _OF_CALLERS.get(one.policy.kind) if one.carrier else None
        if what is not None:
            try:
                less = space.ask(*base, *own, space.callers.carrying(one.carrier), -space.said(one.policy).some_allow)
            except (TooLarge, Unmodelled):
                less = None
            if less is not None:
                labels = ", ".join(f"`{item.label}`" for item in one.policy.statements if item.effect == "allow")
                by = f" by {labels}" if labels else ""
                yield f"{what} of {shown(one.carrier)} allow it{by}"


def _perhaps(version: Version, space: Space, item: Class, base: Sequence[Lit]) -> Iterator[str]:
    """What may refuse requests of a class, as far as anybody knows."""
    own = [line.lit for line in item.lines]
    for one in version.perhaps:
        try:
            wanted = () if one.version is None else (*base, *own, -space.said(one.version.policy).allowed)
            if one.version is None or space.ask(*wanted) is not None:
                yield one.what
        except (TooLarge, Unmodelled):
            yield one.what
