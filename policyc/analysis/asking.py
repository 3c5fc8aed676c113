"""Callers as the language names them, as formulas: those of a claim, or of a question."""

from __future__ import annotations

from typing import Final

from policyc.analysis.callers import SIGNED, Callers
from policyc.analysis.conditions import folded
from policyc.analysis.formula import TRUE, Lit
from policyc.analysis.solver import Opaque
from policyc.engines.iam.caller import CallerKind
from policyc.engines.iam.principals import distribution_arn, principal_arn
from policyc.engines.proofs.domains import Fits
from policyc.engines.proofs.texts import exactly, whole
from policyc.ir.authz import Who
from policyc.ir.pattern import pattern_tokens
from policyc.model.values import Principal

_KINDS: Final = {"role": CallerKind.ROLE, "user": CallerKind.USER, "federated_user": CallerKind.FEDERATED}
_CLOUDFRONT: Final = "cloudfront.amazonaws.com"


def asks(callers: Callers, who: Who | None, partition: str) -> Lit:
    """Whether the caller is one of those that a claim is about."""
    if who is None:
        return TRUE
    some = callers.formula.some(is_caller(callers, item, partition) for item in who.principals)
    return -some if who.negated else some


def is_caller(callers: Callers, principal: Principal, partition: str) -> Lit:
    """Whether the caller is a principal of the language, or one of those that it stands for."""
    formula = callers.formula
    arn = principal_arn(principal, partition)
    match principal.kind, principal.args:
        case "anyone", _:
            return TRUE
        case "authenticated", _:
            return -callers.kind(CallerKind.ANONYMOUS)
        case "anonymous", _:
            return callers.kind(CallerKind.ANONYMOUS)
        case "root", (account,):
            owner = callers.named(Principal("account", (account,), arn))
            return formula.every((callers.kind(CallerKind.ROOT), owner))
        case "cloudfront", _:
            slot = (folded("aws:SourceArn"), 0)
            source = callers.keys.passes(slot, Fits(exactly(distribution_arn(principal, partition))))
            service = callers.named(Principal("service", (_CLOUDFRONT,), _CLOUDFRONT))
            return formula.every((service, callers.keys.present(slot), source))
        case (("role" | "user" | "federated_user"), _) if principal.is_pattern:
            kind = callers.kind(_KINDS[principal.kind])
            return formula.every((kind, callers.arn(whole(pattern_tokens(arn)))))
        case "session", _ if principal.is_pattern:
            return formula.atom(Opaque(f"the sessions `{arn}`"))
        case "service", (name,):
            return callers.named(Principal("service", (name,), name))
        case "canonical_user" | "native", _:
            return callers.named(principal)
        case _:
            return callers.named(Principal(principal.kind, principal.args, arn))


def is_signed(callers: Callers) -> Lit:
    """Whether the caller is one of an account, which carries policies of its own."""
    return callers.formula.some(callers.kind(kind) for kind in SIGNED)
