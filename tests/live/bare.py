"""The other plan of the faults: each step writes where nothing was, so that the way back deletes; and the places of which the plan of `lab` has no second one."""

from __future__ import annotations

import json
from typing import Any

from policyc.aws.steps import Kind, State, Step
from tests.live.fake.core import ACCOUNT, REGION
from tests.live.fake.storage import function_arn, olap_arn, point_arn
from tests.live.lab import ALICE, DEVS, ELSEWHERE, LIMITS, NEW_CEDAR, THUMB, Plan, lab_world, statement
from tests.live.world import APP, ENDPOINT, MESH, NETWORK, World, allow, text

RESIZE = function_arn("resize")


def _world() -> World:
    made = lab_world()
    for held in (made.buckets.policies, made.control.policies, made.functions.policies):
        held.clear()
    del made.lattice.policies[NETWORK]
    made.lattice.networks[NETWORK]["authType"] = "NONE"
    made.ec2.policies[ENDPOINT] = {"PolicyEnabled": False}
    return made


def _steps() -> list[Step]:
    own = State(text(allow("Fresh", None, "s3:*")))
    of: list[tuple[Kind, str, State, State, str]] = [
        (Kind.ROLE, APP, State(), own, "fresh"),
        (Kind.USER, ALICE, State(), own, "fresh"),
        (Kind.GROUP, DEVS, State(), own, "fresh"),
        (Kind.BOUNDARY, ALICE, State(None, ""), State(None, LIMITS), ""),
        (Kind.FUNCTION, RESIZE, State(), State(text(allow("I", {"AWS": APP}, "lambda:InvokeFunction", RESIZE))), ""),
        (Kind.FUNCTION, THUMB, State(None, "", {"by_sid": True}), State(text(statement("App", APP))), ""),
        (Kind.BUCKET, "arn:aws:s3:::acme-photos", State(), State(text(allow("D", {"AWS": APP}, "s3:*", "arn:aws:s3:::acme-photos/*"))), ""),
        (Kind.ACCESS_POINT, point_arn("photos-ap"), State(), State(text(allow("R", {"AWS": APP}, "s3:GetObject", point_arn("photos-ap") + "/object/*"))), ""),
        (Kind.OBJECT_LAMBDA, olap_arn("resized"), State(), State(text(allow("R", {"AWS": APP}, "s3-object-lambda:GetObject", olap_arn("resized")))), ""),
        (Kind.LATTICE_POLICY, MESH, State(), State(text(allow("All", "*"))), ""),
        (Kind.LATTICE_AUTH, MESH, State(None, "NONE"), State(None, "AWS_IAM"), ""),
        (Kind.VERIFIED_ACCESS, f"arn:aws:ec2:{REGION}:{ACCOUNT}:verified-access-endpoint/{ENDPOINT}", State(None, "disabled"), State(NEW_CEDAR, "enabled"), ""),
    ]  # fmt: skip
    return [
        Step(at, kind, f"step {at}", arn, ACCOUNT, ELSEWHERE if arn == THUMB else REGION, old, new, name)
        for at, (kind, arn, old, new, name) in enumerate(of, 1)
    ]


def _held(made: World) -> dict[int, Any]:
    iam, texts = made.iam, made.functions.policies | made.buckets.policies | made.control.policies
    documents = (RESIZE, THUMB, "acme-photos", "ap:photos-ap", "olap:resized")
    mesh = made.lattice.policy(NETWORK)
    found = [
        *(of.get(who, {}).get("fresh") for of, who in ((iam.inline, "app"), (iam.of_users, "alice"), (iam.of_groups, "devs"))),
        (iam.users["alice"].get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn"),
        *(json.loads(texts[name])["Statement"] if name in texts else None for name in documents),
        None if mesh is None else json.loads(mesh),
        made.lattice.networks[NETWORK]["authType"],
        made.ec2.policies[ENDPOINT].get("PolicyDocument"),
    ]  # fmt: skip
    return dict(enumerate(found, 1))


def _wanted() -> dict[int, Any]:
    fresh = json.loads(text(allow("Fresh", None, "s3:*")))
    out: dict[int, Any] = {}
    for step in _steps():
        new = step.new.text or step.new.flag
        if step.kind in (Kind.FUNCTION, Kind.BUCKET, Kind.ACCESS_POINT, Kind.OBJECT_LAMBDA):
            new = json.loads(new)["Statement"]
        elif step.kind is Kind.LATTICE_POLICY:
            new = json.loads(new)
        out[step.number] = fresh if step.name else new
    return out


BARE = Plan(_world, _steps, _held, _wanted)
