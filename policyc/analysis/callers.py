"""Who asks, as atoms: the kind of caller, its ARN, and what AWS derives from both (IAM evaluation reference 4.2, 4.3, 4.4 and 9)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Final

from policyc.analysis.formula import FALSE, TRUE, Lit
from policyc.analysis.keys import Keys, inside, those_that_pass
from policyc.analysis.solver import Opaque, Present, Tested
from policyc.engines.iam.caller import OF_CALLS, OF_SIGNED, OF_TEMPORARY, PRINCIPAL_TYPES, CallerKind, Grant
from policyc.engines.proofs.domains import Fits, Test
from policyc.engines.proofs.texts import Pattern, exactly
from policyc.holes import has_hole, shown, widened
from policyc.ir.authz import Who
from policyc.model.values import Principal
from policyc.record import record

ARN_KEY: Final = "aws:principalarn"
SERVICE_KEY: Final = "aws:principalservicename"
PROVIDER_KEY: Final = "aws:federatedprovider"
USERID_KEY: Final = "aws:userid"
SIGNED: Final = (CallerKind.ROOT, CallerKind.USER, CallerKind.ROLE, CallerKind.FEDERATED)
_REST: Final = {
    CallerKind.ROOT: "iam::{}:root",
    CallerKind.USER: "iam::{}:user/",
    CallerKind.ROLE: "iam::{}:role/",
    CallerKind.FEDERATED: "sts::{}:federated-user/",
}
_DIGITS: Final[Pattern] = (("#", ""),) * 12
_NAME: Final[Pattern] = (("-", ":"), (".", ":"))
#: a path may hold colons (https://docs.aws.amazon.com/IAM/latest/APIReference/API_Role.html)
_PATH_AND_NAME: Final[Pattern] = (("*", ""), ("-", ":"))
_ANY_FIELD: Final[Pattern] = ((".", ":"),)
_SERVICE: Final[Pattern] = (*_NAME, *exactly(".amazonaws.com"), (".", ":"))
_ACCOUNT: Final = re.compile(r"[0-9]{12}")
_ARN: Final = re.compile(r"arn:([^:]*):(iam|sts)::([^:]*):(.+)", re.DOTALL)
#: whose organization keys tell
_IN_ORGANIZATIONS: Final = ("aws:principal", "aws:resource", "aws:source", "aws:vpce")
_UNIQUE: Final = {"AIDA": CallerKind.USER, "AROA": CallerKind.ROLE}
#: values of `aws:userid`: the id of a user, and that of a role before the name of its session
_USER_ID: Final[Pattern] = (*exactly("AIDA"), *_NAME)
_ROLE_ID: Final[Pattern] = (*exactly("AROA"), *_NAME, ("=", ":"), *_NAME)


@record
class IsKind:
    """The atom that the caller is of a kind."""

    kind: CallerKind


@record
class IsSession:
    """The atom that the caller is one session: the ARN of an assumed role."""

    arn: str


@record
class MadeBy:
    """The atom that the caller is a federated user whom an IAM user made."""

    arn: str


@record
class HasId:
    """The atom that the caller has an id: a unique or a canonical one."""

    text: str


class Callers:
    """The caller of a request."""

    def __init__(
        self, keys: Keys, kinds: Sequence[CallerKind], partitions: Sequence[str], star_is_service: bool
    ) -> None:
        self.keys, self.formula, self.kinds = keys, keys.formula, tuple(kinds)
        self.partitions, self.star_is_service = tuple(partitions), star_is_service
        self._named: dict[object, Lit] = {}
        self.sessions: dict[str, None] = {}
        self.makers: dict[str, None] = {}
        self.ids: dict[str, None] = {}
        self.organizations: tuple[str, ...] = ()
        keys.derived.update(
            {
                ARN_KEY: (self._signed, lambda test: self._tested(ARN_KEY, test)),
                "aws:principalaccount": (self._has_account, self._account),
                "aws:principaltype": (self._has_type, lambda test: self._by_kind(PRINCIPAL_TYPES, test)),
                "aws:username": (lambda: self.kind(CallerKind.USER), self._user_name),
                "aws:principalisawsservice": (lambda: self._any_kind((*SIGNED, CallerKind.SERVICE)), self._is_service),
                SERVICE_KEY: (self._service, lambda test: self._tested(SERVICE_KEY, test)),
                "aws:principalservicenameslist": (self._service, lambda test: self._tested(SERVICE_KEY, test)),
                USERID_KEY: (self._has_userid, self._userid),
            }
        )

    def kind(self, kind: CallerKind) -> Lit:
        return self.formula.atom(IsKind(kind)) if kind in self.kinds else FALSE

    def _any_kind(self, kinds: Iterable[CallerKind]) -> Lit:
        return self.formula.some(self.kind(kind) for kind in kinds)

    def _signed(self) -> Lit:
        return self._any_kind(SIGNED)

    def _service(self) -> Lit:
        return self.kind(CallerKind.SERVICE)

    def _has_account(self) -> Lit:
        return self._any_kind((*SIGNED, CallerKind.ANONYMOUS))

    def _has_type(self) -> Lit:
        return self._any_kind(PRINCIPAL_TYPES)

    def _tested(self, key: str, test: Test) -> Lit:
        """A test of a value that is free but for the kind of caller."""
        return self.formula.atom(Tested((key, 0), test))

    def arn(self, pattern: Pattern) -> Lit:
        return self._tested(ARN_KEY, Fits(pattern))

    # --- derived keys -------------------------------------------------------------------------------------------

    def _by_kind(self, texts: dict[CallerKind, str], test: Test) -> Lit:
        held = those_that_pass(test, texts.values())
        return self._any_kind(kind for kind, text in texts.items() if text in held)

    def _is_service(self, test: Test) -> Lit:
        held = those_that_pass(test, ("true", "false"))
        return self.formula.some(
            [self._service() if "true" in held else FALSE, self._signed() if "false" in held else FALSE]
        )

    def _account(self, test: Test) -> Lit:
        unsigned = self.kind(CallerKind.ANONYMOUS) if those_that_pass(test, ("anonymous",)) else FALSE
        if not isinstance(test, Fits):
            found = self.formula.atom(Opaque("`aws:PrincipalAccount` as a number", test))
        else:
            field = inside(test.pattern, ":")
            found = FALSE if field is None else self.arn(_arn_of(field))
        return self.formula.some((unsigned, self.formula.every((self._signed(), found))))

    def _user_name(self, test: Test) -> Lit:
        if not isinstance(test, Fits):
            return self.formula.atom(Opaque("`aws:username` as a number", test))
        name = inside(test.pattern, "/")
        if name is None:
            return FALSE
        head = (*_arn_of(_ANY_FIELD)[:-1], *exactly("user/"))
        return self.formula.some((self.arn((*head, *name)), self.arn((*head, ("*", ""), ("=", "/"), *name))))

    def _has_userid(self) -> Lit:
        return self.formula.some((-self.kind(CallerKind.PROVIDER), self.formula.atom(Present((USERID_KEY, 0)))))

    def _userid(self, test: Test) -> Lit:
        """A test of `aws:userid`: of root users it is the account, of federated users the account and the name, of unsigned callers a word;
        of others it is free but for what it begins with."""
        formula = self.formula
        known = (CallerKind.ROOT, CallerKind.FEDERATED, CallerKind.ANONYMOUS)
        of = dict.fromkeys(known, FALSE)
        if those_that_pass(test, ("anonymous",)):
            of[CallerKind.ANONYMOUS] = TRUE
        if not isinstance(test, Fits):
            of |= dict.fromkeys(known[:2], formula.atom(Opaque("`aws:userid` as a number", test)))
        else:
            account = inside(test.pattern, ":")
            of[CallerKind.ROOT] = FALSE if account is None else self.arn(_arn_of(account))
            of[CallerKind.FEDERATED] = formula.some(
                self.arn((*_arn_of(first)[:-1], *exactly("federated-user/"), *second))
                for first, second in _parted(test.pattern)
            )
        free = (self._tested(USERID_KEY, test), *(-self.kind(kind) for kind in known))
        return formula.some([formula.every(free), *(formula.every((self.kind(kind), of[kind])) for kind in known)])

    def _userid_axioms(self) -> Iterable[Lit]:
        """What `aws:userid` looks like, and that ids and sessions which documents name are part of it."""
        formula = self.formula
        for kind, shape in ((CallerKind.USER, _USER_ID), (CallerKind.ROLE, _ROLE_ID)):
            yield formula.implies(self.kind(kind), self._tested(USERID_KEY, Fits(shape)))
        for name in self.ids:
            if name[:4] in _UNIQUE:
                end: Pattern = () if name[:4] == "AIDA" else (("=", ":"), ("*", ""))
                fits = self._tested(USERID_KEY, Fits((*exactly(name), *end)))
                yield formula.implies(self.kind(_UNIQUE[name[:4]]), formula.same(formula.atom(HasId(name)), fits))
        for text in self.sessions:
            atom, needs = self._session(text)
            fits = self._tested(USERID_KEY, Fits((("*", ""), *exactly(f":{text.rpartition('/')[2]}"))))
            yield formula.same(atom, formula.every((needs, fits)))

    # --- principals ---------------------------------------------------------------------------------------------

    def matches(self, who: Who | None) -> Lit:
        """Whether the caller is one of those that a statement is about."""
        if who is None:
            return TRUE
        if who.negated and any(has_hole(item.name) for item in who.principals):
            texts = ", ".join(shown(item.name) for item in who.principals)
            return self.formula.atom(Opaque(f"`NotPrincipal` {texts}"))
        if who.by_level:
            return -self._exempt(who.principals)
        if not who.principals:
            return FALSE
        named = self.formula.some(self.named(item) for item in who.principals)
        return -named if who.negated else named

    def granted(self, who: Who | None, level: Grant) -> Lit:
        """Whether a caller is one of those that a statement is about, named in a way that grants at least as much as `level`: `LIMITED` or
        `STAR` (IAM evaluation reference, section 10.2)."""
        if who is None or who.negated:
            return self.matches(who)
        held: list[Lit] = []
        for item in who.principals:
            if item.kind in ("account", "canonical_user"):
                continue
            by_role = item.kind == "role" or (
                item.kind == "native" and item.args[:1] == ("AWS",) and item.name[:4] == "AROA"
            )
            if level is Grant.STAR and item.kind == "user":
                held.append(self._is(CallerKind.USER, item.name))
            elif not (level is Grant.STAR and by_role):
                held.append(self.named(item))
        return self.formula.some(held)

    def named(self, principal: Principal) -> Lit:
        """Whether a principal, as a document writes it, names the caller."""
        key = (principal.kind, principal.args, principal.name)
        known = self._named.get(key)
        if known is None:
            known = self._named[key] = self._new_name(principal)
        return known

    def carrying(self, carrier: str) -> Lit:
        """Whether the caller is the role or user, or with the ARN of an account's root one of its callers whom the organization binds; everybody for
        an empty one."""
        if not carrier.endswith(":root"):
            kind = "role" if ":role/" in carrier else "user"
            return TRUE if not carrier else self.named(Principal(kind, (), carrier))
        own = self.arn(accounts(carrier.split(":")[4]))
        return self.formula.every((self._signed(), own, -self.service_linked()))

    def service_linked(self) -> Lit:
        """Whether the caller is a service-linked role, which no organization binds."""
        return self.arn((*_arn_of(_ANY_FIELD)[:-1], *exactly("role/aws-service-role/"), ("*", "")))

    def _new_name(self, principal: Principal) -> Lit:
        formula, text = self.formula, principal.name
        if has_hole(text):
            kind = principal.args[0] if principal.args else "AWS"
            kinds = self.kinds
            if kind == "AWS" and widened(text).startswith("arn:"):
                kinds = SIGNED
            elif kind == "Service":
                kinds = (CallerKind.SERVICE,)
            return formula.every((formula.atom(Opaque(f"the principal `{shown(text)}`")), self._any_kind(kinds)))
        match principal.kind, principal.args:
            case "anyone", _:
                return TRUE if self.star_is_service else -self._service()
            case "account", (account,):
                return formula.every((self._signed(), self._in_account(text, account)))
            case "user", _:
                maker = formula.every((self.kind(CallerKind.FEDERATED), formula.atom(MadeBy(text))))
                self.makers[text] = None
                return formula.some((maker, self._is(CallerKind.USER, text)))
            case "role", _:
                return self._is(CallerKind.ROLE, text)
            case "session", _:
                self.sessions[text] = None
                return formula.every((self.kind(CallerKind.ROLE), formula.atom(IsSession(text))))
            case "federated_user", _:
                return self._is(CallerKind.FEDERATED, text)
            case "service", (name,):
                return formula.every((self._service(), self._tested(SERVICE_KEY, Fits(exactly(name)))))
            case "canonical_user", (name,):
                self.ids[name] = None
                return formula.every((self._signed(), formula.atom(HasId(name))))
            case "native", ("AWS", name) if name[:4] in _UNIQUE:
                self.ids[name] = None
                return formula.every((self.kind(_UNIQUE[name[:4]]), formula.atom(HasId(name))))
            case "native", ("Federated", name):
                provider = self._tested(PROVIDER_KEY, Fits(exactly(name)))
                return formula.every((self.kind(CallerKind.PROVIDER), provider))
            case _:
                return FALSE

    def _is(self, kind: CallerKind, arn: str) -> Lit:
        return self.formula.every((self.kind(kind), self.arn(exactly(arn))))

    def _in_account(self, text: str, account: str) -> Lit:
        found = _ARN.fullmatch(text)
        if _ACCOUNT.fullmatch(account) is None:
            return FALSE
        return self.arn(_arn_of(exactly(account), exactly(found[1]) if found else _ANY_FIELD))

    def _exempt(self, principals: Sequence[Principal]) -> Lit:
        """Whether a deny with NotPrincipal spares the caller: each of its levels has to be listed (4.4)."""
        formula = self.formula
        of = {
            kind: [item for item in principals if item.kind == kind]
            for kind in ("anyone", "account", "user", "role", "session", "federated_user", "service", "native")
        }
        if of["anyone"]:
            return TRUE
        account = formula.some(self.named(item) for item in of["account"])
        own = {
            CallerKind.ROOT: TRUE,
            CallerKind.USER: formula.some(self._is(CallerKind.USER, item.name) for item in of["user"]),
            CallerKind.ROLE: formula.every(
                (
                    formula.some(self._is(CallerKind.ROLE, item.name) for item in of["role"]),
                    formula.some(self.named(item) for item in of["session"]),
                )
            ),
            CallerKind.FEDERATED: formula.every(
                (
                    formula.some(self._is(CallerKind.FEDERATED, item.name) for item in of["federated_user"]),
                    # a federated user that some user made is spared only when that user is listed as well
                    *(
                        formula.implies(
                            formula.atom(MadeBy(maker)), TRUE if maker in {i.name for i in of["user"]} else FALSE
                        )
                        for maker in self.makers
                    ),
                )
            ),
        }
        signed = formula.every(
            (account, formula.some(formula.every((self.kind(kind), lit)) for kind, lit in own.items()))
        )
        others = formula.some(self.named(item) for item in (*of["service"], *of["native"]) if item.args[0] != "AWS")
        return formula.some((signed, others))

    # --- what every caller keeps to -----------------------------------------------------------------------------

    def axioms(self) -> Iterable[Lit]:
        """One kind of caller, with an ARN of that kind; sessions belong to their roles; some keys need a signature."""
        formula = self.formula
        kinds = [self.kind(kind) for kind in self.kinds]
        yield formula.some(kinds)
        yield formula.at_most_one(kinds)
        for kind in SIGNED:
            if kind in self.kinds:
                shapes = [self.arn(_shape(partition, kind)) for partition in self.partitions]
                yield formula.implies(self.kind(kind), formula.some(shapes))
        if CallerKind.USER in self.kinds or CallerKind.ROLE in self.kinds:
            yield -self.arn((*_arn_of(_ANY_FIELD)[:-1], ("*", ""), ("=", "/")))  # a path ends before the name
        if CallerKind.SERVICE in self.kinds:
            yield formula.implies(self._service(), self._tested(SERVICE_KEY, Fits(_SERVICE)))
        yield from self._own(self.sessions, self._session)
        yield from self._own(self.makers, self._maker)
        yield formula.at_most_one([formula.atom(HasId(name)) for name in self.ids])
        for name in self.ids:
            yield formula.implies(formula.atom(HasId(name)), self._signed())
        for key in list(self.keys.seen):
            if key in self.keys.derived or key == PROVIDER_KEY:
                continue
            if key.startswith(OF_SIGNED):
                yield formula.implies(self.keys.present((key, 0)), self._signed())
                if key in OF_TEMPORARY:
                    temporary = self._any_kind((CallerKind.ROLE, CallerKind.FEDERATED))
                    yield formula.implies(temporary, self.keys.present((key, 0)))
            elif key.startswith(OF_CALLS):
                yield formula.implies(self.keys.present((key, 0)), -self.kind(CallerKind.ANONYMOUS))
        yield from self._network()
        for owner in _IN_ORGANIZATIONS:
            yield from self._organization(f"{owner}orgid", f"{owner}orgpaths")
        if USERID_KEY in self.keys.seen:
            yield from self._userid_axioms()
        if PROVIDER_KEY in self.keys.seen:
            there = self.keys.present((PROVIDER_KEY, 0))
            yield formula.implies(self.kind(CallerKind.PROVIDER), there)
            yield formula.implies(there, -self.kind(CallerKind.ANONYMOUS))

    def _own(self, texts: Iterable[str], lit: Callable[[str], tuple[Lit, Lit]]) -> Iterable[Lit]:
        held = [lit(text) for text in texts]
        yield self.formula.at_most_one([atom for atom, _ in held])
        for atom, needs in held:
            yield self.formula.implies(atom, needs)

    def _session(self, text: str) -> tuple[Lit, Lit]:
        formula = self.formula
        atom = formula.atom(IsSession(text))
        found = _ARN.fullmatch(text)
        parts = found[4].split("/") if found else []
        if found is None or len(parts) != 3:
            return atom, FALSE
        head = exactly(f"arn:{found[1]}:iam::{found[3]}:role/")
        named = (self.arn((*head, *exactly(parts[1]))), self.arn((*head, ("*", ""), *exactly(f"/{parts[1]}"))))
        return atom, formula.every((self.kind(CallerKind.ROLE), formula.some(named)))

    def _maker(self, text: str) -> tuple[Lit, Lit]:
        found = _ARN.fullmatch(text)
        account = self._in_account(text, found[3]) if found else FALSE
        return self.formula.atom(MadeBy(text)), self.formula.every((self.kind(CallerKind.FEDERATED), account))

    def _organization(self, key: str, paths: str) -> Iterable[Lit]:
        """An account in an organization has its id and paths that begin with it; known are the organizations that documents name."""
        if key not in self.keys.seen or paths not in self.keys.seen:
            return
        formula, there = self.formula, self.keys.present((key, 0))
        slots = self.keys.slots(paths)
        yield formula.same(there, self.keys.present(slots[0]))
        for name in self.organizations:
            own = self.keys.passes((key, 0), Fits(exactly(name)))
            for slot in slots:
                inner = self.keys.passes(slot, Fits((*exactly(f"{name}/"), ("*", ""))))
                yield formula.implies(self.keys.present(slot), formula.same(own, inner))

    def _network(self) -> Iterable[Lit]:
        """A request comes through a VPC endpoint, with its keys, or over the internet, with a source address (9)."""
        through = [key for key in ("aws:sourcevpc", "aws:sourcevpce", "aws:vpcsourceip") if key in self.keys.seen]
        there = [self.keys.present((key, 0)) for key in through]
        yield from (self.formula.same(one, other) for one, other in pairwise(there))
        if there and "aws:sourceip" in self.keys.seen:
            yield -self.formula.every((there[0], self.keys.present(("aws:sourceip", 0))))


def _parted(pattern: Pattern) -> Iterable[tuple[Pattern, Pattern]]:
    """The ways in which a pattern fits a text with one colon in it: what then stands before the colon, and behind."""
    for at, (kind, char) in enumerate(pattern):
        run = ((kind, char),) if kind in "*." else ()
        if (kind, char) in (("=", ":"), ("~", ":")) or (kind in "*?.-" and char != ":"):
            parts = inside((*pattern[:at], *run), ":"), inside((*run, *pattern[at + 1 :]), ":")
            if parts[0] is not None and parts[1] is not None:
                yield parts[0], parts[1]


def _arn_of(account: Pattern, partition: Pattern = _ANY_FIELD) -> Pattern:
    """ARNs of callers of some accounts."""
    head = (*exactly("arn:"), *partition, ("=", ":"), *_ANY_FIELD, ("=", ":"), *_ANY_FIELD, ("=", ":"))
    return (*head, *account, ("=", ":"), ("*", ""))


def _shape(partition: str, kind: CallerKind) -> Pattern:
    before, after = f"arn:{partition}:{_REST[kind]}".split("{}")
    name: Pattern = () if kind is CallerKind.ROOT else _NAME if kind is CallerKind.FEDERATED else _PATH_AND_NAME
    return (*exactly(before), *_DIGITS, *exactly(after), *name)


def accounts(account: str) -> Pattern:
    """ARNs of the callers of one account."""
    return _arn_of(exactly(account))
