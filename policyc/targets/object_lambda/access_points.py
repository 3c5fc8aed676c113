"""The statements of the two access point policies: that of the Object Lambda access point and that of the one behind it.

At the first the policy says what its author wrote. At the second it says as much of it as can be said again there: the same
callers, the `s3` twins of the actions, the tests of keys that the later hops see, and always that the request came through
S3 Object Lambda. A `deny` acts at the first only. Source: Object Lambda reference, sections 2, 5, 7 and 8.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from policyc.diagnostics import Diagnostic, Diagnostics
from policyc.ir.authz import Atom, Policy, Statement, Who
from policyc.ir.conditions import atoms
from policyc.model.values import Principal
from policyc.per_object import PerObject
from policyc.record import record, replace
from policyc.targets.iam_documents.conditions import lower_condition
from policyc.targets.iam_documents.escape import literal_glob
from policyc.targets.iam_documents.operators import KeyTest
from policyc.targets.iam_documents.principals import ALL_KINDS, lower_who
from policyc.targets.iam_documents.statements import Grant, Part, guard, statement_parts
from policyc.targets.object_lambda.hops import carried, native, relax
from policyc.targets.object_lambda.operations import LIST_ACTIONS, OLAP
from policyc.targets.object_lambda.permissions import onward, permissions
from policyc.targets.object_lambda.resources import Chain, arn

CLOUDFRONT: Final = "cloudfront.amazonaws.com"
SERVICE: Final = "s3-object-lambda.amazonaws.com"
#: a canonical user is known to plain S3 only
KINDS: Final = ALL_KINDS - {"canonical_user", "anonymous"}


@record
class Written:
    """A statement of a policy on a chain, with a number that is unique in the documents it goes into."""

    chain: Chain
    policy: Policy
    statement: Statement


def written(chain: Chain, policies: Iterable[Policy], first: int) -> Iterator[Written]:
    """The statements of the policies, numbered from `first`."""
    for policy in policies:
        for statement in policy.statements:
            yield Written(chain, policy, replace(statement, index=first))
            first += 1


def by_service(principal: Principal) -> bool:
    """Whether the caller is an AWS service acting for itself."""
    return principal.kind in ("service", "cloudfront")


def who_of(statement: Statement) -> Who:
    """The statement's callers; the front end lets no statement without `who` through."""
    assert statement.who is not None
    return statement.who


@record
class Hops:
    """What one source statement becomes at the first hop and at the supporting access point (None after an error), and what was found."""

    first: tuple[Part, ...] | None
    supporting: tuple[Part, ...] | None
    found: tuple[Diagnostic, ...]


def _lower(item: Written) -> Hops:
    found = Diagnostics()
    return Hops(first_hop(item, found), supporting_hop(item, found), tuple(found))


#: a statement is lowered once, for the check that tells what is wrong and the emitter that writes it
hops_of: Final = PerObject[Written, Hops](_lower, 4096)


# --- hop 1 ------------------------------------------------------------------------------------------------------


def first_hop(item: Written, diagnostics: Diagnostics) -> tuple[Part, ...] | None:
    """The statements of the Object Lambda access point policy for one source statement; None after an error."""
    statement = item.statement
    kinds = KINDS if statement.effect == "allow" else KINDS | {"anonymous"}
    callers = lower_who(who_of(statement), item.chain.place.partition, kinds, statement.span, diagnostics)
    when = lower_condition(statement.when, statement.span, diagnostics)
    if callers is None or when is None:
        return None
    everything = statement.can is None or not (statement.can.verbs or statement.can.negated)
    # Actions are listed even for `can not`: `NotAction` would reach the `s3` actions that administer the access point.
    names = ("*",) if everything else sorted(permissions(statement))
    if not names:
        return ()
    grant = Grant(tuple(f"{OLAP}:{name}" for name in names), (literal_glob(arn(item.chain.olap)),))
    return statement_parts(statement, callers, [grant], when, diagnostics)


# --- hop 3 ------------------------------------------------------------------------------------------------------


def called_via() -> KeyTest:
    """Only requests that S3 Object Lambda makes for its caller."""
    note = "direct requests to the supporting access point would go round the function"
    return KeyTest("StringEquals", "aws:CalledVia", (SERVICE,), "ForAnyValue:", note=note)


def supporting_hop(item: Written, diagnostics: Diagnostics) -> tuple[Part, ...] | None:
    """The statements of the supporting access point's policy that one `allow` needs; None after an error."""
    granted = onward(permissions(item.statement))
    if item.statement.effect == "deny" or not granted:
        return ()
    grants = _grants(granted, arn(item.chain.access_point))
    out: list[Part] = []
    for service in (False, True):
        chosen = tuple(p for p in who_of(item.statement).principals if by_service(p) is service)
        if chosen:
            parts = _for_callers(item, chosen, service, grants, diagnostics)
            if parts is None:
                return None
            out.extend(parts)
    return tuple(out)


def _grants(granted: Iterable[str], target: str) -> tuple[Grant, ...]:
    """Object actions on the objects of the access point, list actions on the access point itself."""
    names = frozenset(granted)
    plain = literal_glob(target)
    pairs = ((names - LIST_ACTIONS, f"{plain}/object/*"), (names & LIST_ACTIONS, plain))
    return tuple(Grant(tuple(f"s3:{name}" for name in sorted(found)), (on,)) for found, on in pairs if found)


def _for_callers(
    item: Written, principals: Sequence[Principal], service: bool, grants: Sequence[Grant], diagnostics: Diagnostics
) -> tuple[Part, ...] | None:
    statement = item.statement
    who = replace(who_of(statement), principals=tuple(dict.fromkeys(map(without_source, principals))))

    def keep(atom: Atom) -> bool:
        return carried(native(atom), service)

    callers = lower_who(who, item.chain.place.partition, KINDS, statement.span, diagnostics)
    when = lower_condition(relax(statement.when, keep), statement.span, diagnostics)
    if callers is None or when is None:
        return None
    guarded = guard([called_via()], when, statement, diagnostics)
    if guarded is None:
        return None
    return statement_parts(statement, callers, grants, guarded, diagnostics, _left_behind(statement, principals, keep))


def without_source(principal: Principal) -> Principal:
    """The caller as hops 2 to 4 see it: whether CloudFront's `aws:SourceArn` gets there is not documented."""
    return Principal("service", (CLOUDFRONT,)) if principal.kind == "cloudfront" else principal


def _left_behind(statement: Statement, principals: Sequence[Principal], keep: object) -> tuple[str, ...]:
    assert callable(keep)
    keys = dict.fromkeys(atom.attribute.native for atom in atoms(statement.when) if not keep(atom))
    notes = [
        f"`{key}` is tested at the Object Lambda access point only: the hops behind it do not see it for sure"
        for key in keys
    ]
    if any(principal.kind == "cloudfront" for principal in principals):
        notes.append(
            "the distribution is tested at the Object Lambda access point only: `aws:SourceArn` is not documented here"
        )
    return tuple(notes)


def merge_twins(parts: Iterable[Part]) -> tuple[tuple[Part, ...], tuple[tuple[int, Statement], ...]]:
    """Parts of different statements that differ in their actions alone, as one; and the further origins by position."""
    held: dict[object, Part] = {}
    order: list[object] = []
    further: list[tuple[object, Statement]] = []
    for part in parts:
        key = (part.principal, part.resources, part.tests)
        first = held.get(key)
        if first is None:
            held[key] = part
            order.append(key)
        else:
            actions = tuple(sorted({*first.actions, *part.actions}))
            notes = tuple(dict.fromkeys((*first.notes, *part.notes)))
            held[key] = replace(first, actions=actions, notes=notes)
            if part.origin != first.origin:
                further.append((key, part.origin))
    # parts of one statement stay together, as `assemble` wants them
    order.sort(key=lambda key: held[key].origin.index)
    return tuple(held[key] for key in order), tuple((order.index(key), origin) for key, origin in further)
