"""From the language's principals to the ARNs and service names that IAM documents use."""

from __future__ import annotations

from policyc.model.values import Principal


def principal_arn(principal: Principal, partition: str = "aws") -> str:
    """The ARN of a role, user, session, federated user or account as a policy's `Principal` writes it.

    Empty for kinds that have no ARN (`anyone`, `anonymous`, `authenticated`, `service`, `cloudfront`, `canonical_user`).
    Source: IAM reference section 4.1.
    """
    match principal.kind, principal.args:
        case "role", (account, name):
            return f"arn:{partition}:iam::{account}:role/{name}"
        case "user", (account, name):
            return f"arn:{partition}:iam::{account}:user/{name}"
        case "session", (account, role, session):
            return f"arn:{partition}:sts::{account}:assumed-role/{role.rsplit('/', 1)[-1]}/{session}"
        case "federated_user", (account, name):
            return f"arn:{partition}:sts::{account}:federated-user/{name}"
        case (("account" | "root"), (account,)):
            return f"arn:{partition}:iam::{account}:root"
        case _:
            return ""


def distribution_arn(principal: Principal, partition: str = "aws") -> str:
    """The ARN of the distribution behind a `cloudfront(...)` principal; its Region field stays empty."""
    account, distribution = principal.args
    return f"arn:{partition}:cloudfront::{account}:distribution/{distribution}"
