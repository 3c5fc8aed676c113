"""`policyc aws validate`: what IAM Access Analyzer says, at our places."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from policyc.aws.meant import Meant
from policyc.aws.validate import _FINDINGS, _TYPES, _finding
from policyc.text import Source
from tests.live.conftest import LOADER
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
    assert "1 document validated" in err
    assert finding["labels"] == []


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


def test_the_service_knows_every_word_that_it_is_asked_with_and_we_every_one_of_its_answers() -> None:
    model = LOADER.load_service_model("accessanalyzer", "service-2")["shapes"]
    policies, resources = zip(*_TYPES.values(), strict=True)
    assert set(policies) <= set(model["PolicyType"]["enum"])
    assert {*resources} - {""} <= set(model["ValidatePolicyResourceType"]["enum"])
    assert set(_FINDINGS) == set(model["ValidatePolicyFindingType"]["enum"])


def test_a_finding_at_several_places() -> None:
    """The members as https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_Location.html has them; a part of a text leads to the text."""
    written = (
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:Gett*","s3:Gett*"],"Resource":"*"}]}'
    )
    places = []
    for index, offset in enumerate((65, 76)):
        path = [
            {"value": "Statement"},
            {"index": 0},
            {"value": "Action"},
            {"index": index},
            {"substring": {"start": 0, "length": 8}},
        ]
        ends = {name: {"line": 1, "column": at, "offset": at} for name, at in (("start", offset), ("end", offset + 10))}
        places.append({"path": path, "span": ends})
    found = {"findingType": "SUGGESTION", "issueCode": "REDUNDANT_ACTION", "findingDetails": "The actions are redundant.", "learnMoreLink": "l", "locations": places}  # fmt: skip
    item = Meant("a.json", "a", "identity", "", "", "", written)
    made = _finding(found, item, {"a.json": Source("a.json", written)})
    assert (
        made.span is not None
        and [written[one.start : one.end] for one in (made.span, made.labels[0].span)] == ['"s3:Gett*"'] * 2
    )
    assert (made.span.start, made.labels[0].span.start) == (65, 76)
