"""`policyc aws validate`: what IAM Access Analyzer says, at our places."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.live.world import APP, World, allow, text

Run = Callable[..., tuple[int, str, str]]


class Analyzer:
    """Complains of every `*` that is an action, with the place as the service gives it, two findings a page."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []

    def validate_policy(self, policyDocument: str, policyType: str, nextToken: str = "", **more: Any) -> dict[str, Any]:
        self.asked.append({"type": policyType, **more})
        found = []
        for index, statement in enumerate(json.loads(policyDocument)["Statement"]):
            if statement["Action"] in ("*", "vpc-lattice-svcs:*"):
                start = policyDocument.index('"Action"')
                line = policyDocument.count("\n", 0, start) + 1
                place = {"line": line, "column": 0, "offset": start}
                path = [{"value": "Statement"}, {"index": index}, {"value": "Action"}]
                found.append(
                    {
                        "findingType": "SECURITY_WARNING",
                        "issueCode": "PASS_ROLE_WITH_STAR_IN_ACTION_AND_RESOURCE",
                        "findingDetails": "Using a wildcard (*) in the action can be overly permissive.",
                        "learnMoreLink": "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html",
                        "locations": [{"path": path, "span": {"start": place, "end": {**place, "offset": start + 8}}}],
                    }
                )
        start_at = int(nextToken or 0)
        answer: dict[str, Any] = {"findings": found[start_at : start_at + 2]}
        return answer | ({"nextToken": str(start_at + 2)} if len(found) > start_at + 2 else {})


def test_findings_stand_in_the_document(there: World, policyc: Run) -> None:
    there.aws.services["accessanalyzer"] = [Analyzer()]
    Path("scp.json").write_text(json.dumps(json.loads(text(allow("A", None, "*"))), indent=2))
    status, out, err = policyc("aws", "validate", "scp.json", "--format", "json")
    assert status == 1
    (finding,) = json.loads(out)["findings"]
    assert finding["rule"] == "access-analyzer-security-warning"
    assert finding["message"] == (
        "Access Analyzer says `PASS_ROLE_WITH_STAR_IN_ACTION_AND_RESOURCE`: using a wildcard (*) in the action can be overly permissive"
    )
    span = finding["location"]
    assert (span["file"], span["start"]["line"]) == ("scp.json", 7)
    assert "1 documents validated" in err


def test_findings_stand_in_the_policy_of_the_language(there: World, policyc: Run) -> None:
    there.aws.services["accessanalyzer"] = [Analyzer()]
    Path("auth.policy").write_text(
        'let shop: account = "111122223333"\n\nresource orders: lattice.service { id: "svc-0123456789abcdef0", at: shop/us-west-2, auth: aws_iam }\n\n'
        'policy orders_auth for lattice on orders {\n  allow "read" {\n    who role(shop, "app")\n    can GET\n  }\n'
        '  deny "rest" {\n    who role(shop, "old")\n    can raw("vpc-lattice-svcs:*")\n    on raw("*")\n  }\n}\n'
    )
    status, out, _ = policyc("aws", "validate", "auth.policy", "--format", "json")
    assert status == 1
    (finding,) = json.loads(out)["findings"]
    assert (finding["location"]["file"], finding["location"]["start"]["line"]) == ("auth.policy", 10)


def test_each_kind_is_asked_as_what_it_is(imported: World, policyc: Run) -> None:
    analyzer = Analyzer()
    imported.aws.services["accessanalyzer"] = [analyzer]
    policyc("aws", "validate", "live")
    kinds = {(one["type"], one.get("validatePolicyResourceType", "")) for one in analyzer.asked}
    assert kinds == {
        ("IDENTITY_POLICY", ""),
        ("RESOURCE_POLICY", ""),
        ("SERVICE_CONTROL_POLICY", ""),
        ("RESOURCE_POLICY", "AWS::S3::Bucket"),
        ("RESOURCE_POLICY", "AWS::S3::AccessPoint"),
        ("RESOURCE_POLICY", "AWS::S3ObjectLambda::AccessPoint"),
        ("RESOURCE_POLICY", "AWS::IAM::AssumeRolePolicyDocument"),
    }


def test_what_could_not_be_asked_is_not_clean(there: World, policyc: Run) -> None:
    there.aws.denied = {"validate_policy"}
    Path("auth.json").write_text(text(allow("A", {"AWS": APP})))
    status, _, err = policyc("aws", "validate", "auth.json")
    assert status == 11 and "not validated: auth.json: not allowed" in err
    Path("empty").mkdir()
    assert policyc("aws", "validate", "empty")[0] == 4
