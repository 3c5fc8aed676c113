"""Who carries an identity policy; apart from the gates, so that checking needs no deciding engine."""

from __future__ import annotations

from policyc.engines.iam.principals import principal_arn
from policyc.model.values import Principal
from policyc.syntax.spelled import snake


def carrier_of(principal: Principal) -> str:
    """What `attached_to` of an identity document says: the ARN of the role or user that carries it, in partition `aws`.

    A session is carried by its role. Empty for callers that carry no policies.
    """
    match principal.kind, principal.args:
        case (("role" | "user"), (_, _)):
            return principal_arn(principal)
        case "session", (account, role, _):
            return principal_arn(Principal("role", (account, role)))
        case _:
            return ""


def policy_name(carrier: str, policy: str) -> str:
    """What an identity policy of AWS is called in the language, by the ARN of its carrier: several carriers may have policies of one name."""
    return snake(f"{carrier.rpartition('/')[2]}_{policy}", "policy")
