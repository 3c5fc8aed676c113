"""Identity policies become policies of the language and are built as the same documents again."""

from __future__ import annotations

import json
from pathlib import Path

from policyc.diagnostics import Diagnostics
from policyc.importing.documents import import_documents
from policyc.importing.drafts import Given
from policyc.importing.modules import Layout
from policyc.text import Source
from tests.importing.round_trip import (
    ROOT,
    assert_laid_out,
    built,
    findings_of_documents,
    findings_of_policies,
    imported,
)

GOLDEN = Path(__file__).parent.parent / "golden"
SERVICE = "arn:aws:vpc-lattice:us-west-2:111122223333:service/svc-0a1b2c3d4e5f67890"


def document(action: object, resource: object) -> str:
    statement = {"Sid": "A", "Effect": "Allow", "Action": action, "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_documents_that_build_wrote_come_back_byte_by_byte() -> None:
    paths = [*GOLDEN.glob("*/expected/identity/*.json"), *GOLDEN.glob("*/expected/*.execution_role_policy.json")]
    assert len(paths) >= 3
    texts = {path.name: path.read_text(encoding="utf-8") for path in paths}
    found = imported(texts, "identity")
    assert_laid_out(found)
    wanted = {
        name: json.dumps(json.loads(text), ensure_ascii=False, separators=(",", ":")) for name, text in texts.items()
    }
    assert built(found) == wanted
    assert findings_of_policies(found) == findings_of_documents(texts, "identity")


def test_services_that_an_arn_names_whole_are_declared() -> None:
    shown = imported({"d.json": document("vpc-lattice-svcs:Invoke", f"{SERVICE}/a/*")}, layout=Layout(file="d.policy"))
    text = shown.files["d.policy"]
    assert "resource svc_0a1b2c3d4e5f67890: lattice.service {" in text
    assert '    can invoke\n    on svc_0a1b2c3d4e5f67890\n    path "/a/*"\n' in text


def test_other_resources_stay_as_they_are() -> None:
    shown = imported({"d.json": document(["s3:Get*", "s3:List*"], "*")}, layout=Layout(file="d.policy"))
    assert '    can raw("s3:Get*"), raw("s3:List*")\n    on raw("*")\n' in shown.files["d.policy"]


def test_who_carries_it_can_be_stated() -> None:
    given = [Given(Source("d.json", document("s3:Get*", "*")), "", "arn:aws:iam::111122223333:user/team/ann", "d")]
    found = import_documents(given, Layout(file="d.policy"), ROOT, Diagnostics())
    assert found is not None and [item.unplaced for item in found.policies] == [""]
    assert 'principal team_ann = user(account_111122223333, "team/ann")' in found.files["d.policy"]


def test_an_action_that_is_none_stays_as_it_is() -> None:
    """IAM stores it, and it never matches: a comma within the quotes, as lists in YAML get one."""
    actions = ["ec2:CreateImage,", 'ec2:a"b', "ec2:DeregisterImage"]
    text = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]})
    found = imported({"d.json": text})
    assert sorted(json.loads(built(found)["d.json"])["Statement"][0]["Action"]) == sorted(actions)
