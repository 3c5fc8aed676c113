"""`policyc aws plan`, `apply` and `rollback` from the command line."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from policyc.cli.folder_lock import locked
from tests.live.fake.core import ACCOUNT, Fault, Killed
from tests.live.fake.storage import function_arn, olap_arn
from tests.live.world import (
    APP,
    CEDAR,
    CORE,
    GROUP,
    MESH,
    NETWORK,
    NETWORK_POLICY,
    ORDERS,
    SERVICE,
    World,
    allow,
    document,
    text,
)

Run = Callable[..., tuple[int, str, str]]
pytestmark = pytest.mark.usefixtures("hurry")
OTHER = f"arn:aws:iam::{ACCOUNT}:role/other"
WIDE = text(allow("App", {"AWS": APP}), allow("Other", {"AWS": OTHER}))


@pytest.fixture
def project(imported: World) -> World:
    """A project that says what was there, after somebody changed a policy, an auth type, a flag and a core network by hand."""
    there = imported
    there.lattice.put_auth_policy(SERVICE, WIDE)
    there.lattice.services[SERVICE]["authType"] = "NONE"
    there.ec2._hold(GROUP, None)
    changed = json.loads(json.dumps(NETWORK_POLICY))
    changed["segments"].pop()
    changed["attachment-policies"].pop()
    there.wan.networks[CORE].versions[0].text = json.dumps(changed)
    there.iam.inline["app"]["invoke"]["Statement"].pop()
    there.aws.log.clear()
    return there


#: the plan for the project: the same for every test of this process
_PLANNED: list[str] = []


@pytest.fixture
def plan(project: World, policyc: Run) -> Run:
    path = Path("p.json")
    if _PLANNED:
        path.write_text(_PLANNED[0])
        path.chmod(0o600)
        return policyc
    status, _, err = policyc("aws", "plan", "policies", "-o", path.name)
    assert (status, err) == (1, "")
    _PLANNED.append(path.read_text())
    project.aws.log.clear()
    return policyc


def squeezed(text: str) -> str:
    return " ".join(text.split())


def writes(there: World) -> list[str]:
    return [
        method
        for _, method, _ in there.aws.log
        if not method.startswith(("get_", "list_", "describe_", "assume_", "simulate_"))
    ]


def test_a_plan_writes_nothing_and_tells_what_it_changes_in_decisions(project: World, policyc: Run) -> None:
    status, out, _ = policyc("aws", "plan", "policies")
    assert status == 1
    assert "newly denied" in out and "for example (was allow, now implicit deny)" in out
    assert "6 steps" in out
    tried = project.aws.calls("modify_verified_access_group_policy")
    assert [params["DryRun"] for params in tried] == [True]
    assert set(writes(project)) <= {"modify_verified_access_group_policy"}


def test_a_plan_is_a_file_of_its_schema_with_both_texts_and_the_revisions(plan: Run) -> None:
    import jsonschema

    from policyc.data import read_text

    data = json.loads(Path("p.json").read_text())
    jsonschema.validate(data, json.loads(read_text("schemas/aws/plan.schema.json")))
    steps = {(step["kind"], step["resource"]): step for step in data["steps"]}
    one = steps["lattice auth policy", ORDERS]
    assert json.loads(one["old"]["text"])["Statement"] == json.loads(WIDE)["Statement"]
    assert one["old"]["revision"]["lastUpdatedAt"]
    assert "\n" not in one["new"]["text"]
    assert data["changes"]["documents"] and oct(Path("p.json").stat().st_mode & 0o777) == "0o600"


def test_what_takes_comes_before_what_grants_and_the_policy_before_the_auth_type(plan: Run) -> None:
    kinds = [step["kind"] for step in json.loads(Path("p.json").read_text())["steps"]]
    assert kinds == [
        "lattice auth policy",
        "lattice auth type",
        "core network policy version",
        "core network change set",
        "inline role policy",
        "verified access policy",
    ]


def test_a_chain_is_opened_from_the_back_and_closed_from_the_front(there: World, policyc: Run) -> None:
    policyc("aws", "pull", "-o", "live")
    there.control.policies["olap:resized"] = text(
        allow("R", {"AWS": OTHER}, "s3-object-lambda:GetObject", olap_arn("resized")) | {"Effect": "Deny"}
    )
    there.functions.policies[function_arn("resize")] = text(
        allow("R", {"AWS": OTHER}, "lambda:InvokeFunction", function_arn("resize")) | {"Effect": "Deny"}
    )
    policyc("aws", "plan", "live", "-o", "open.json")
    opening = [step["kind"] for step in json.loads(Path("open.json").read_text())["steps"]]
    assert opening == ["function policy", "object lambda access point policy"]
    more = {"AWS": [APP, OTHER]}
    there.control.policies["olap:resized"] = text(
        allow("Reader", more, "s3-object-lambda:GetObject", olap_arn("resized"))
    )
    there.functions.policies[function_arn("resize")] = text(
        allow("Invoke", more, "lambda:InvokeFunction", function_arn("resize"))
    )
    policyc("aws", "plan", "live", "-o", "close.json")
    closing = [step["kind"] for step in json.loads(Path("close.json").read_text())["steps"]]
    assert closing == ["object lambda access point policy", "function policy"]


def test_apply_then_the_same_then_rollback_then_as_before(project: World, plan: Run) -> None:
    before = json.loads(WIDE)["Statement"]
    status, out, _ = plan("aws", "apply", "p.json", "--yes")
    assert status == 0 and "done, and read back" in out
    assert "AWS will ADD CORE_NETWORK_SEGMENT dev" in out
    assert plan("aws", "drift", "policies")[0] == 0
    assert project.lattice.services[SERVICE]["authType"] == "AWS_IAM"
    status, out, _ = plan("aws", "rollback", "p.json.record", "--yes")
    assert status == 0 and "taken back, and read back" in out
    assert json.loads(project.lattice.policy(SERVICE) or "")["Statement"] == before
    assert project.lattice.services[SERVICE]["authType"] == "NONE"
    assert project.ec2.policies[GROUP] == {"PolicyEnabled": False}
    assert len(project.wan.live(CORE)["segments"]) == 1
    assert plan("aws", "apply", "--resume", "p.json.record", "--yes")[0] == 2
    status, _, err = plan("aws", "apply", "p.json", "--yes")
    assert status == 2 and "was carried out and taken back" in err


def test_nothing_is_sent_that_nobody_wrote(project: World, plan: Run) -> None:
    plan("aws", "apply", "p.json", "--yes")
    (access,) = project.aws.calls("modify_verified_access_group_policy")
    assert set(access) <= {"VerifiedAccessGroupId", "PolicyEnabled", "PolicyDocument", "ClientToken"}
    (put,) = project.aws.calls("put_core_network_policy")
    assert set(json.loads(put["PolicyDocument"])) == set(NETWORK_POLICY)
    assert put["LatestVersionId"] == 1
    (auth,) = project.aws.calls("update_service")
    assert auth == {"serviceIdentifier": ORDERS, "authType": "AWS_IAM"}


@pytest.mark.parametrize("what", ["text", "auth", "flag", "version"])
def test_a_stale_plan_is_refused_before_anything_is_written(project: World, plan: Run, what: str) -> None:
    if what == "text":
        project.lattice.put_auth_policy(SERVICE, text(allow("Third", {"AWS": OTHER})))
    elif what == "auth":
        project.lattice.add_service("svc-00000000000000001", "third")
        project.iam.inline["app"]["invoke"] = document(allow("Third", None, "s3:*"))
    elif what == "flag":
        project.ec2._hold(GROUP, CEDAR.replace("finance", "else").replace("c242", "e242"))
    else:
        project.wan.put_core_network_policy(CORE, json.dumps(NETWORK_POLICY))
        project.wan.get_core_network_policy(CORE)
        project.wan.networks[CORE].versions[-1].text = json.dumps({**NETWORK_POLICY, "version": "2025.11"})
    project.aws.log.clear()
    status, _, err = plan("aws", "apply", "p.json", "--yes")
    assert status == 1 and "the plan is stale, and nothing was written" in err
    assert writes(project) == [] and not Path("p.json.record").exists()


def test_a_plan_that_was_changed_by_hand_is_refused(plan: Run) -> None:
    made = Path("p.json").read_text()
    for member, value in json.loads(made).items():
        # what somebody reviewed counts as much as what is written
        other = (
            1 if value == "" else type(value)() if value else [*value, "x"] if isinstance(value, list) else {"x": []}
        )
        Path("p.json").write_text(json.dumps({**json.loads(made), member: other}))
        status, _, err = plan("aws", "apply", "p.json", "--yes")
        assert status == 2 and ("was changed after it was made" in err or "is no plan" in err), member
        assert not Path("p.json.record").exists()
    data = json.loads(made)
    data["steps"][0]["new"]["text"] = text(allow("Everything", None, "*"))
    Path("p.json").write_text(json.dumps(data))
    status, _, err = plan("aws", "apply", "p.json", "--yes")
    assert status == 2 and "was changed after it was made" in err
    Path("p.json").write_text("{}")
    status, _, err = plan("aws", "apply", "p.json", "--yes")
    assert status == 2 and "is no plan" in err


def test_nobody_is_asked_without_a_terminal(project: World, plan: Run) -> None:
    status, _, err = plan("aws", "apply", "p.json")
    assert status == 2 and "add `--yes`" in err
    assert writes(project) == []


def test_a_plan_is_carried_out_once(plan: Run) -> None:
    assert plan("aws", "apply", "p.json", "--yes")[0] == 0
    status, _, err = plan("aws", "apply", "p.json", "--yes")
    assert status == 2 and "was carried out already" in err


def test_a_record_in_another_folder_is_held_as_well_as_the_plan(
    project: World, plan: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("policyc.cli.folder_lock.PATIENCE", 0.0)
    Path("kept").mkdir()
    Path("here").symlink_to(".")
    for folder in (".", "kept"):
        with locked(Path(folder)) as held:
            status, _, err = plan("aws", "apply", "p.json", "--record", "kept/r", "--yes")
        assert held and status == 2 and "somebody works with `p.json`" in err, folder
    assert writes(project) == [] and not list(Path("kept").iterdir())
    assert plan("aws", "apply", "p.json", "--record", "kept/r", "--yes")[0] == 0
    assert [path.name for path in Path("kept").iterdir()] == ["r"] and not Path("p.json.record").exists()
    with locked(Path("kept")):
        assert plan("aws", "rollback", "kept/r", "--yes")[0] == 2
    assert plan("aws", "rollback", "kept/r", "--yes")[0] == 0
    # one folder by two names is held once
    status, _, err = plan("aws", "apply", "p.json", "--record", "here/r", "--yes")
    assert "somebody works" not in err


def test_a_crash_leaves_a_record_that_leads_on_and_back(project: World, plan: Run) -> None:
    project.aws.faults = [Fault("kill", "after", 1, writes=True)]
    with pytest.raises(Killed):
        plan("aws", "apply", "p.json", "--yes")
    project.aws.faults = []
    status, _, err = plan("aws", "apply", "p.json", "--yes")
    assert status == 2 and "--resume p.json.record" in squeezed(err)
    assert plan("aws", "apply", "--resume", "p.json.record", "--yes")[0] == 0
    assert plan("aws", "drift", "policies")[0] == 0


def test_whoever_interrupts_a_run_is_told_how_to_go_on(
    project: World, plan: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    back = "back with `policyc aws rollback p.json.record`"
    for words, ways in (("apply p.json", f"go on with `policyc aws apply --resume p.json.record`, or {back}"),
                        ("rollback p.json.record", "go on with `policyc aws rollback p.json.record`")):  # fmt: skip
        project.aws.faults = [Fault("interrupt", "after", writes=True)]
        with pytest.raises(KeyboardInterrupt):
            plan("aws", *words.split(), "--yes")
        err = capsys.readouterr().err
        assert "writing\n" in err and err.endswith(f"  = help: {ways}\n"), err
        project.aws.faults = []
        again = "apply --resume p.json.record" if words.startswith("apply") else words
        assert plan("aws", *again.split(), "--yes")[0] == 0


def test_the_first_refusal_ends_the_run_and_tells_what_is_done(project: World, plan: Run) -> None:
    project.aws.denied = {"put_core_network_policy"}
    status, _, err = plan("aws", "apply", "p.json", "--yes")
    assert status == 1
    assert "was refused: networkmanager:PutCoreNetworkPolicy: not allowed (AccessDeniedException)" in squeezed(err)
    assert "2. lattice auth type" in err and ": done" in err and "5. inline role policy" in err and ": pending" in err
    project.aws.denied = {"update_service"}
    status, _, err = plan("aws", "rollback", "p.json.record", "--yes")
    assert status == 1 and ": not taken back yet" in err and ": taken back, refused" in err and ": pending" in err
    for words in (("apply", "p.json"), ("apply", "--resume", "p.json.record")):
        status, _, err = plan("aws", *words, "--yes")
        assert status == 2 and "finish that with `policyc aws rollback p.json.record`" in squeezed(err)
    project.aws.denied = set()
    assert plan("aws", "rollback", "p.json.record", "--yes")[0] == 0
    assert project.lattice.services[SERVICE]["authType"] == "NONE"


def test_putting_and_executing_can_be_two_persons_work(project: World, plan: Run) -> None:
    status, out, _ = plan("aws", "apply", "p.json", "--yes", "--no-execute")
    assert status == 0 and "left for later" in out
    assert not project.aws.calls("execute_core_network_change_set")
    assert len(project.wan.live(CORE)["segments"]) == 1
    assert plan("aws", "apply", "--resume", "p.json.record", "--yes")[0] == 0
    assert len(project.wan.live(CORE)["segments"]) == 2


def test_a_change_set_that_cannot_be_generated_is_told_with_awss_reason(project: World, plan: Run) -> None:
    project.wan.fail_generation = True
    status, _, err = plan("aws", "apply", "p.json", "--yes")
    assert status == 1 and "could not be generated: SEMANTIC no such segment ($.segment-actions)" in squeezed(err)
    assert plan("aws", "rollback", "p.json.record", "--yes")[0] == 0
    assert len(project.wan.live(CORE)["segments"]) == 1


def test_a_change_that_fails_at_one_edge_is_told_and_can_be_taken_back(project: World, plan: Run) -> None:
    project.wan.fail_edges = ("eu-west-1",)
    status, _, err = plan("aws", "apply", "p.json", "--yes")
    assert status == 1 and "the change failed at CORE_NETWORK_EDGE/eu-west-1" in squeezed(err)
    assert plan("aws", "rollback", "p.json.record", "--yes")[0] == 0
    network = project.wan.networks[CORE]
    assert (network.live, network.state) == (3, "AVAILABLE")
    assert len(project.wan.live(CORE)["segments"]) == 1


def test_nothing_is_executed_while_attachments_are_being_changed(project: World, plan: Run) -> None:
    project.wan.networks[CORE].attachments[0]["State"] = "UPDATING"
    status, _, err = plan("aws", "apply", "p.json", "--yes")
    assert status == 1 and "1 attachments are being changed" in squeezed(err)
    project.wan.networks[CORE].attachments[0]["State"] = "AVAILABLE"
    assert plan("aws", "apply", "--resume", "p.json.record", "--yes")[0] == 0


def test_somebody_elses_write_in_the_middle_is_never_written_over(project: World, plan: Run) -> None:
    project.aws.faults = [Fault("kill", "before", 0, writes=True)]
    with pytest.raises(Killed):
        plan("aws", "apply", "p.json", "--yes")
    project.aws.faults = []
    third = text(allow("Third", {"AWS": OTHER}))
    project.lattice.put_auth_policy(SERVICE, third)
    status, _, err = plan("aws", "apply", "--resume", "p.json.record", "--yes")
    assert status == 1 and "neither the old nor the new" in squeezed(err)
    assert project.lattice.policy(SERVICE) == json.dumps(dict(sorted(json.loads(third).items())), separators=(",", ":"))
    status, _, err = plan("aws", "rollback", "p.json.record", "--yes")
    assert status == 1 and "neither the old nor the new" in squeezed(err)
    assert json.loads(project.lattice.policy(SERVICE) or "") == json.loads(third)


def test_what_is_not_seen_yet_is_not_called_failed(project: World, plan: Run) -> None:
    real, seen = project.iam.get_role_policy, []

    def slow(RoleName: str, PolicyName: str) -> dict[str, Any]:
        seen.append(PolicyName)
        if len(seen) < 7:
            held = project.iam.inline[RoleName]
            return {
                **real(RoleName, PolicyName),
                "PolicyDocument": json.dumps({**held[PolicyName], "Statement": held[PolicyName]["Statement"][:3]}),
            }
        return real(RoleName, PolicyName)

    project.iam.get_role_policy = slow  # type: ignore[method-assign]
    status, _, err = plan("aws", "apply", "p.json", "--yes", "--patience", "2")
    assert status == 1 and "AWS still shows what was there before" in squeezed(err)
    seen.extend("......")
    assert plan("aws", "apply", "--resume", "p.json.record", "--yes")[0] == 0


def test_the_least_permissions_are_checked_by_policyc_and_are_enough(project: World, policyc: Run) -> None:
    from policyc.aws.calls import CALLS

    policyc("aws", "plan", "policies", "-o", "p.json")
    _, out, _ = policyc("aws", "plan", "policies", "--print-policy")
    Path("least.json").write_text(out)
    _, found, _ = policyc("check", "--as", "identity", "least.json", "--no-cache")
    assert "error[" not in found and "warning[" not in found, found
    allowed = {action for statement in json.loads(out)["Statement"] for action in statement["Action"]}
    assert all(
        statement["Resource"] == "*" or all("*" not in arn for arn in statement["Resource"])
        for statement in json.loads(out)["Statement"]
    )
    project.aws.log.clear()
    policyc("aws", "apply", "p.json", "--yes")
    policyc("aws", "rollback", "p.json.record", "--yes")
    assert {CALLS[client, method].action for client, method, _ in project.aws.log} <= allowed


def test_missing_permissions_are_told_as_far_as_they_are_known(project: World, policyc: Run) -> None:
    project.iam.lacking = {"vpc-lattice:PutAuthPolicy"}
    _, out, _ = policyc("aws", "plan", "policies")
    assert f"missing permission: vpc-lattice:PutAuthPolicy on {ORDERS}" in out
    project.aws.denied = {"simulate_principal_policy", "modify_verified_access_group_policy"}
    _, out, _ = policyc("aws", "plan", "policies")
    assert "missing permission: ec2:ModifyVerifiedAccessGroupPolicy" in out
    assert "not known: the permissions are not known: iam:SimulatePrincipalPolicy: not allowed" in squeezed(out)


def test_callers_who_are_not_there_are_told(project: World, policyc: Run) -> None:
    far, moved = "arn:aws:iam::444455556666:role/far", f"arn:aws:iam::{ACCOUNT}:role/team/app"
    source = text(allow("All", {"AWS": [APP, OTHER, moved, far, f"arn:aws:iam::{ACCOUNT}:user/bob"]}))
    Path("auth.json").write_text(source)
    words = ("aws", "plan", "auth.json", "--map", f"auth={SERVICE}")
    project.lattice.put_auth_policy(SERVICE, text(allow("All", {"AWS": f"arn:aws:iam::{ACCOUNT}:user/gone"})))
    found = squeezed(policyc(*words)[1])
    assert (
        f"warning: step 1 names `{OTHER}`, which is not there: services refuse a policy that names nobody, so make it first"
        in found
    )
    assert (
        f"step 1 names `{moved}`, which is not there; `{APP}` is: " in found
        and ":user/bob`, which is not there: " in found
    )
    assert f"`{APP}`, which" not in found and far not in found.split("1 step")[1]
    project.aws.denied = {"get_role"}
    assert f"whether `{OTHER}` is there, whom step 1 names, is not known: iam:GetRole: not allowed" in squeezed(
        policyc(*words)[1]
    )


@pytest.mark.parametrize(
    ("tags", "owner"),
    [
        ({"aws:cloudformation:stack-name": "shop"}, "CloudFormation"),
        ({"application-networking.k8s.aws/ManagedBy": "cluster"}, "the Kubernetes controller"),
        ({"managed-by": "Terraform"}, "Terraform"),
    ],
)
def test_other_owners_are_told(project: World, policyc: Run, tags: dict[str, str], owner: str) -> None:
    project.lattice.tags[ORDERS] = tags
    _, out, _ = policyc("aws", "plan", "policies")
    assert f"belongs to {owner}" in squeezed(out)


def test_what_is_the_same_needs_no_plan(there: World, policyc: Run) -> None:
    policyc("aws", "pull", "-o", "live")
    status, out, _ = policyc("aws", "plan", "live", "--map", "trust=x")
    assert status == 2 or "nothing to do" in out
    status, out, _ = policyc("aws", "plan", "policies.json")
    assert status == 2


def test_what_cannot_be_planned_is_left_out_and_told(project: World, policyc: Run) -> None:
    Path("big.json").write_text(json.dumps(document(*(allow(f"S{number}", {"AWS": APP}) for number in range(200)))))
    status, out, _ = policyc("aws", "plan", "big.json", "--map", f"big={MESH}")
    assert status == 11 and "characters are more than the 10,000 that the service takes" in squeezed(out)
    project.aws.denied = {"get_auth_policy"}
    status, out, _ = policyc("aws", "plan", "policies")
    assert status == 11 and "left out: lattice/orders" in out
    assert NETWORK in MESH


def test_a_record_is_on_the_disk_before_it_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from policyc.aws.checkpoint import save

    done: list[str] = []
    real_sync, real_replace = os.fsync, Path.replace
    monkeypatch.setattr(os, "fsync", lambda handle: (done.append("sync"), real_sync(handle))[0])
    monkeypatch.setattr(Path, "replace", lambda self, target: (done.append("replace"), real_replace(self, target))[1])
    save(tmp_path / "record", {"a": 1})
    assert done == ["sync", "replace", "sync"]

    def broken(self: Path, target: Path) -> Path:
        raise OSError(28, "no space left")

    monkeypatch.setattr(Path, "replace", broken)
    with pytest.raises(OSError, match="no space"):
        save(tmp_path / "record", {"a": 2})
    assert json.loads((tmp_path / "record").read_text()) == {"a": 1}
    assert [path.name for path in tmp_path.iterdir()] == ["record"]
