"""Claims of identity providers in trust policies: which keys STS fills, what the subject of a token looks like, and hints that lead to a right policy.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif; the guides of GitHub, GitLab, HashiCorp,
CircleCI and Amazon EKS that `schemas/iam/key_values.json` names.
"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from policyc.diagnostics import Diagnostic, Diagnostics
from policyc.text import Source
from policyc.workspace.documents.native_settings import NativeSettings
from policyc.workspace.documents.native_texts import check_texts

GITHUB = "token.actions.githubusercontent.com"
EKS = "oidc.eks.us-west-2.amazonaws.com/id/0A1B2C3D4E5F60718293A4B5C6D7E8F9"
CIRCLE = "oidc.circleci.com/org/9b1d2f3c-0a4e-4f7b-8c6d-5e3a1b2c4d5f"
COGNITO = "cognito-identity.amazonaws.com"
POOL = "us-east-1:12345678-ffff-ffff-ffff-123456789012"


def trust(condition: Any, provider: str) -> dict[str, Any]:
    saml = provider == "SAML"
    name = "saml-provider/corp" if saml else f"oidc-provider/{provider}"
    built_in = provider in (COGNITO, "accounts.google.com", "graph.facebook.com", "www.amazon.com")
    federated = provider if built_in else f"arn:aws:iam::111122223333:{name}"
    action = "sts:AssumeRoleWithSAML" if saml else "sts:AssumeRoleWithWebIdentity"
    statement = {"Effect": "Allow", "Principal": {"Federated": federated}, "Action": action, "Condition": condition}
    return {"Version": "2012-10-17", "Statement": [statement]}


def told(document: dict[str, Any]) -> list[Diagnostic]:
    found = Diagnostics()
    check_texts([(Source("p.json", json.dumps(document)), ".json")], found, NativeSettings(), {"p.json": "trust"})
    return list(found.sorted())


# a key of each provider, and whether STS fills it
KEYS = [
    (GITHUB, "sub", True),
    (GITHUB, "Repository_ID", True),
    (GITHUB, "job_workflow_ref", True),
    (GITHUB, "environment", True),
    (GITHUB, "subject", False),
    (GITHUB, "repositry", False),
    (GITHUB, "workflow_ref", False),
    (GITHUB, "event_name", False),
    (f"{GITHUB}/acme", "repository", True),
    (f"{GITHUB}/acme", "repo", False),
    ("gitlab.com", "project_id", True),
    ("gitlab.com", "project_path", False),
    ("app.terraform.io", "sub", True),
    ("app.terraform.io", "terraform_workspace_name", False),
    (EKS, "aud", True),
    (EKS, "serviceaccount", False),
    (CIRCLE, "oidc.circleci.com/project-id", True),
    (CIRCLE, "project-id", False),
    ("agent.buildkite.com", "pipeline_slug", True),
    ("agent.buildkite.com", "build_number", False),
    ("accounts.google.com", "oaud", True),
    ("accounts.google.com", "audience", False),
    (COGNITO, "amr", True),
    (COGNITO, "groups", False),
    ("graph.facebook.com", "app_id", True),
    ("www.amazon.com", "user", False),
    ("login.example.com", "email", True),
    ("login.example.com", "groups", False),
    ("SAML", "aud", True),
    ("SAML", "eduPersonOrgDN", True),
    ("SAML", "groups", False),
]


@pytest.mark.parametrize(("provider", "claim", "filled"), KEYS)
def test_keys_that_no_token_fills_are_told(provider: str, claim: str, filled: bool) -> None:
    found = told(trust({"StringEquals": {f"{provider}:{claim}": "a"}}, provider))
    assert ("unknown-condition-key" in {item.rule for item in found}) is not filled


def test_the_claim_that_is_meant_is_offered() -> None:
    condition = {"StringEquals": {f"{GITHUB}:repositry": "acme/shop", f"{GITHUB}:sub": "repo:acme/shop:pull_request"}}
    (found,) = told(trust(condition, GITHUB))
    assert found.help == f"did you mean `{GITHUB}:repository`?"
    right = json.loads(json.dumps(condition).replace("repositry", "repository"))
    assert told(trust(right, GITHUB)) == []


# provider, key, value, whether a token has such a value
VALUES = [
    (GITHUB, "sub", "repo:acme/shop:ref:refs/heads/main", True),
    (GITHUB, "sub", "repo:acme/shop:ref:refs/tags/v1", True),
    (GITHUB, "sub", "repo:acme/shop:environment:production", True),
    (GITHUB, "sub", "repo:acme/shop:pull_request", True),
    (GITHUB, "sub", "repo:acme@4711/shop@815:ref:refs/heads/main", True),
    (
        GITHUB,
        "sub",
        "repo:acme/shop:pull_request:job_workflow_ref:acme/shop/.github/workflows/a.yml@refs/heads/main",
        True,
    ),
    (GITHUB, "sub", "repository_owner_id:4711:environment:production", True),
    (GITHUB, "sub", "acme/shop:ref:refs/heads/main", False),
    (GITHUB, "sub", "repo:acme/shop:refs/heads/main", False),
    (GITHUB, "sub", "repo:acme/shop:ref:main", False),
    (GITHUB, "sub", "repo:acme/shop:branch:main", False),
    (GITHUB, "sub", "repo:acme/shop:env:production", False),
    (GITHUB, "sub", "repo:acme/shop:pull-request", False),
    (GITHUB, "sub", "repo:https://github.com/acme/shop:pull_request", False),
    (GITHUB, "repository", "acme/shop", True),
    (GITHUB, "repository", "shop", False),
    (GITHUB, "ref", "refs/heads/main", True),
    (GITHUB, "ref", "main", False),
    (GITHUB, "job_workflow_ref", "acme/shop/.github/workflows/deploy.yml@refs/heads/main", True),
    (GITHUB, "job_workflow_ref", "deploy.yml", False),
    ("gitlab.com", "sub", "project_path:acme/team/shop:ref_type:branch:ref:main", True),
    ("gitlab.com", "sub", "acme/shop:ref_type:branch:ref:main", False),
    ("app.terraform.io", "sub", "organization:acme:project:shop:workspace:production:run_phase:apply", True),
    ("app.terraform.io", "sub", "organization:acme:project:shop:workspace:production", False),
    ("app.terraform.io", "sub", "organization:acme:workspace:production:run_phase:apply", False),
    (EKS, "sub", "system:serviceaccount:shop:api", True),
    (EKS, "sub", "system:serviceaccount:shop/api", False),
    (EKS, "sub", "system:serviceaccount:shop", False),
    (EKS, "sub", "serviceaccount:shop:api", False),
    (COGNITO, "aud", POOL, True),
    (COGNITO, "aud", "us-east-1_a1B2c3D4e", False),
]


@pytest.mark.parametrize(("provider", "claim", "value", "there"), VALUES)
def test_values_that_no_token_has_are_told(provider: str, claim: str, value: str, there: bool) -> None:
    found = told(trust({"StringEquals": {f"{provider}:{claim}": value}}, provider))
    assert ("value-never-matches" in {item.rule for item in found}) is not there


@pytest.mark.parametrize(
    ("provider", "subject"),
    [
        (GITHUB, "repo:acme/*"),
        (GITHUB, "repo:acme/shop:*"),
        (GITHUB, "repo:acme/shop"),
        (GITHUB, "repo:ac*"),
        ("gitlab.com", "project_path:acme/*"),
        ("gitlab.com", "project_path:acme/shop:*"),
        ("app.terraform.io", "organization:acme:project:*:workspace:*:run_phase:*"),
        ("app.terraform.io", "organization:acme:project:shop:workspace:*:run_phase:*"),
        (EKS, "system:serviceaccount:*:*"),
        (EKS, "system:serviceaccount:shop:*"),
        (CIRCLE, "org/9b1d2f3c-0a4e-4f7b-8c6d-5e3a1b2c4d5f/*"),
    ],
)
def test_the_subject_of_a_hint_leads_to_silence(provider: str, subject: str) -> None:
    (found,) = told(trust({"StringLike": {f"{provider}:sub": subject}}, provider))
    offered = re.findall(r"such as `([^`]+)`", found.help)
    assert offered
    assert told(trust({"StringLike": {f"{provider}:sub": offered[0]}}, provider)) == []
