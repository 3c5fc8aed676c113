"""Guarantees by name: what no document may allow, whatever else it says. Each is proven for all requests, or broken by one.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html,
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from policyc.analysis.callers import SIGNED, HasId, accounts
from policyc.analysis.compare import Disagreement, Version
from policyc.analysis.conditions import filled, folded, some_bindings
from policyc.analysis.formula import Lit
from policyc.analysis.question import Space
from policyc.analysis.whole import allowing, at_most, may_refuse, policies_of, together, verdict_of
from policyc.analysis.witness import Witness, opaque_of, witness_of
from policyc.engines.iam.caller import CallerKind
from policyc.engines.iam.statement import Kind
from policyc.engines.proofs.budget import TooLarge
from policyc.engines.proofs.domains import IPV6, Fits, Test, Unmodelled, Within
from policyc.engines.proofs.texts import exactly
from policyc.engines.proofs.value_tests import raw_test
from policyc.engines.trace import Verdict
from policyc.holes import has_hole, widened
from policyc.ir.authz import Glob, Policy, Statement, Variable, raw_attribute
from policyc.ir.pattern import Plain
from policyc.model.values import Principal
from policyc.model.vocabulary import Attribute
from policyc.record import record
from policyc.targets.iam_documents.kinds import KINDS
from policyc.targets.iam_documents.kinds import SIGNED as ALWAYS_SIGNED
from policyc.targets.iam_documents.known_keys import known_keys
from policyc.targets.iam_documents.public import ORIGINS

#: kinds of documents that belong to their caller, whoever that is
_WITHOUT_CALLERS: Final = frozenset({Kind.IDENTITY, Kind.BOUNDARY, Kind.SESSION, Kind.SCP})
#: a request that a bucket hands over to the policy of an access point has it
_DELEGATED: Final = "s3:DataAccessPointAccount"
_ACCOUNT: Final = re.compile(r"(?<![0-9])[0-9]{12}(?![0-9])")
#: the widest blocks of addresses (`/8`, and `/32` of IPv6) that count as fixed, and access points of one account
#: (https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html, "The meaning of public")
_WIDEST: Final = (2**24, 2**96)
#: keys beside those of Block Public Access whose fixed values tell whom a request comes from: an account, an organization or a network
_NAMING: Final = ORIGINS | {
    "aws:sourceorgid",
    "aws:sourceorgpaths",
    "aws:vpceorgid",
    "aws:vpceorgpaths",
    "aws:vpceaccount",
    "aws:sourcevpcarn",
    "aws:ec2instancesourcevpc",
}
_OF_ORGANIZATION: Final = re.compile(r"o-[a-z0-9]{10,32}/")
_POINTS: Final = re.compile(r"arn:[^:]*:s3:[^:]*:[0-9]{12}:")


@record
class Named:
    """What a guarantee is about: the account that owns the resources and the organization, each empty when nobody said."""

    account: str = ""
    organization: str = ""


@record
class Guarantee:
    """`says` is what is guaranteed, `of_callers` whether it is about who asks, so that only documents that name callers are asked; `keys` the keys that it asks about, `needs` the facts that have to be named, `breaks` the requests that may
    not be allowed; `not_of_claims` why it has no meaning for Cedar texts, whose requests state claims."""

    name: str
    says: str
    keys: tuple[str, ...]
    needs: tuple[str, ...]
    breaks: Callable[[Space, Named], Lit]
    of_callers: bool = True
    not_of_claims: str = ""

    def asks(self, policy: Policy) -> bool:
        """Whether the guarantee says something of a document of that kind."""
        kind = KINDS.get(policy.kind)
        return not self.of_callers or kind is None or kind.engine not in _WITHOUT_CALLERS


@record
class Proof:
    """The answer for one document: `holds` True when proven, False with the request `witness` that `by` allows, None when not settled for the
    reasons in `open`."""

    holds: bool | None
    witness: Witness | None = None
    by: Statement | None = None
    open: tuple[str, ...] = ()


def prove(guarantee: Guarantee, named: Named, version: Version) -> Proof:
    """Whether a document keeps a guarantee. Raises Disagreement."""
    proof = _by_itself(guarantee, named, version)
    if proof.holds is False and version.perhaps:
        certain = at_most(version)
        proof = Proof(None) if certain is None else _by_itself(guarantee, named, certain)
        return proof if proof.holds is False else Proof(None, open=may_refuse(version))
    return proof


def _by_itself(guarantee: Guarantee, named: Named, version: Version) -> Proof:
    """The answer where nothing else bears on the requests."""
    proof = _proven(guarantee, named, version, None)
    if proof.holds is None and not proof.by:
        for bindings in some_bindings(policies_of(version)):
            tried = _proven(guarantee, named, version, bindings)
            if tried.holds is False:
                return tried
    return proof


def _proven(guarantee: Guarantee, named: Named, version: Version, bindings: Mapping[str, str | None] | None) -> Proof:
    space = Space(policies_of(version), bindings, asked=_attributes(guarantee), within=version.within)
    try:
        said = together(space, version)
        # somebody without credentials shows best who may come
        strangers = (CallerKind.ANONYMOUS,) if guarantee.of_callers else ()
        hopes = space.of_kinds(*strangers, CallerKind.ROLE)
        signed = (-space.callers.kind(CallerKind.ANONYMOUS),) if version.policy.kind in ALWAYS_SIGNED else ()
        asked = (said.allowed, guarantee.breaks(space, named), *signed)
        solution = space.ask_known(*asked, hopes=hopes)
        unknown = () if solution is None else opaque_of(space, solution)
        if unknown and guarantee.breaks is _public:
            others = [-space.callers.named(item) for policy in space.policies for item in _open_names(policy)]
            solution = space.ask(*asked, *others, hopes=hopes) if others else solution
        if solution is None:
            doubts = tuple(space.doubts())
            return Proof(None if doubts else True, open=doubts)
        if unknown:
            return Proof(None, open=unknown)
        witness = witness_of(space, solution)
    except TooLarge:
        return Proof(None, open=("the budget of steps ran out",))
    except Unmodelled as reason:
        return Proof(None, open=(str(reason),))
    finally:
        space.solver.close()
    verdict = verdict_of(version, witness)
    if verdict is not Verdict.ALLOW:
        raise Disagreement(
            f"`{guarantee.name}` was found broken, and the engine says `{verdict}`: {'; '.join(witness.lines())}"
        )
    return Proof(False, witness, next(iter(allowing(version, witness)), None))


def _attributes(guarantee: Guarantee) -> Iterator[Attribute]:
    for key in guarantee.keys:
        yield known_keys().find(key) or raw_attribute(key)


# --- the guarantees -----------------------------------------------------------------------------------------------


def _present(space: Space, key: str) -> Lit:
    return space.keys.present((folded(key), 0))


def _is(space: Space, key: str, text: str) -> Lit:
    """Whether a key has the value."""
    slot = (folded(key), 0)
    return space.formula.every((space.keys.present(slot), space.keys.passes(slot, Fits(exactly(text)))))


def _signed(space: Space) -> Lit:
    return space.formula.some(space.callers.kind(kind) for kind in SIGNED)


def _public(space: Space, named: Named) -> Lit:
    """Somebody asks who is none of the accounts, organizations and ids that the documents name, over no network and for no source that they name."""
    formula, callers = space.formula, space.callers
    known = {text for policy in space.policies for text in accounts_of(policy)} | ({named.account} - {""})
    foreign = [-callers.arn(accounts(text)) for text in sorted(known)]
    foreign += [-_is(space, "aws:PrincipalOrgID", text) for text in callers.organizations]
    foreign += [-formula.atom(HasId(text)) for text in callers.ids]
    stranger = formula.some((callers.kind(CallerKind.ANONYMOUS), formula.every((_signed(space), *foreign))))
    fixed = {(key, test) for policy in space.policies for key, test in _fixed(policy)}
    elsewhere = [
        -formula.every((space.keys.present((key, 0)), space.keys.passes((key, 0), test)))
        for key, test in sorted(fixed, key=repr)
    ]
    return formula.every((stranger, *elsewhere, -_present(space, _DELEGATED)))


def _open_names(policy: Policy) -> Iterator[Principal]:
    """Principals that a template leaves open and that are ARNs whatever it fills in: each names one account, since AWS takes no wildcard there."""
    for statement in policy.statements:
        for item in statement.who.principals if statement.who is not None else ():
            if has_hole(item.name) and widened(item.name).startswith("arn:"):
                yield item


def _fixed(policy: Policy) -> Iterator[tuple[str, Test]]:
    """The values that conditions of a document name one by one, of keys that tell whom a request comes from; blocks of addresses but for very wide
    ones, and access points of one account."""
    from policyc.ir.conditions import tests

    for statement in policy.statements:
        for test in tests(statement.when):
            key = folded(test.attribute.native)
            for glob in test.spelling.values if test.spelling is not None and key in _NAMING else ():
                found = _origin(key, glob)
                if found is not None:
                    yield key, found


def _origin(key: str, glob: Glob) -> Test | None:
    if has_hole(glob.text) or any(isinstance(token, Variable) for token in glob.tokens):
        return None
    tokens = filled(glob.tokens)
    if key == "aws:sourceip":
        found = raw_test("IpAddress", tokens)
        if not isinstance(found, Within) or found.low is None or found.high is None:
            return None
        return found if found.high - found.low < (_WIDEST[0] if found.high < IPV6 else _WIDEST[1]) else None
    if key.endswith("orgpaths"):
        return raw_test("StringLike", tokens) if _OF_ORGANIZATION.match(glob.text) is not None else None
    if all(isinstance(token, Plain) for token in tokens):
        return raw_test("StringEquals", tokens)
    of_account = key == "s3:dataaccesspointarn" and _POINTS.match(glob.text) is not None
    return raw_test("ArnLike", tokens) if of_account else None


def _cross_account(space: Space, named: Named) -> Lit:
    return space.formula.every((_signed(space), -space.callers.arn(accounts(named.account))))


def _confused_deputy(space: Space, named: Named) -> Lit:
    keys = ("aws:SourceArn", "aws:SourceAccount", "aws:SourceOrgID", "aws:SourceOrgPaths")
    return space.formula.every((space.callers.kind(CallerKind.SERVICE), *(-_present(space, key) for key in keys)))


def _organization_only(space: Space, named: Named) -> Lit:
    own = _is(space, "aws:PrincipalOrgID", named.organization)
    return space.formula.every((-space.callers.kind(CallerKind.SERVICE), -own, -_present(space, _DELEGATED)))


def _tls_only(space: Space, named: Named) -> Lit:
    return _is(space, "aws:SecureTransport", "false")


def accounts_of(policy: Policy) -> Iterator[str]:
    """The account numbers that a document names anywhere among its principals and conditions."""
    for statement in policy.statements:
        texts = [item.name for item in statement.who.principals] if statement.who else []
        for text in (*texts, *_values(statement)):
            yield from _ACCOUNT.findall(text)


def organizations_of(policy: Policy) -> Iterator[str]:
    """The organizations that a document names in conditions."""
    for statement in policy.statements:
        yield from (text for text in _values(statement) if re.fullmatch(r"o-[a-z0-9]{10,32}", text))


def _values(statement: Statement) -> Iterator[str]:
    from policyc.ir.conditions import tests

    for test in tests(statement.when):
        if test.spelling is not None:
            yield from (glob.text for glob in test.spelling.values)


GUARANTEES: Final = {
    item.name: item
    for item in (
        Guarantee(
            "public",
            "only accounts, organizations, networks and sources that the document names are allowed",
            ("aws:PrincipalOrgID", _DELEGATED),
            (),
            _public,
        ),
        Guarantee(
            "cross_account",
            "nobody of another account is allowed",
            (),
            ("account",),
            _cross_account,
            not_of_claims="nobody asks there as a caller of an account",
        ),
        Guarantee(
            "confused_deputy",
            "no AWS service is allowed without saying for which resource, account or organization it asks",
            ("aws:SourceArn", "aws:SourceAccount", "aws:SourceOrgID", "aws:SourceOrgPaths"),
            (),
            _confused_deputy,
            not_of_claims="no AWS service asks there",
        ),
        Guarantee(
            "organization_only",
            "nobody outside of the organization is allowed, AWS services aside",
            ("aws:PrincipalOrgID", _DELEGATED),
            ("organization",),
            _organization_only,
            not_of_claims="nobody asks there as a member of an organization of AWS",
        ),
        Guarantee(
            "tls_only",
            "nothing is allowed without TLS",
            ("aws:SecureTransport",),
            (),
            _tls_only,
            of_callers=False,
            not_of_claims="requests do not state there whether they came over TLS",
        ),
    )
}
