"""One plan with a step of every kind, and worlds to carry it out in: many times, with something going wrong each time."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from policyc.aws.apply import Patience, Record, Run, Stopped, carry_out, new_record, record_of, roll_back
from policyc.aws.session import Access, Sessions
from policyc.aws.steps import Kind, State, Step
from tests.live.fake.core import ACCOUNT, REGION, Aws, Killed, installed
from tests.live.fake.storage import function_arn, olap_arn, point_arn
from tests.live.world import (
    APP,
    CEDAR,
    CORE,
    GROUP,
    MESH,
    NETWORK_POLICY,
    ORDERS,
    SERVICE,
    World,
    allow,
    document,
    text,
    world,
)

GROUP_ARN = f"arn:aws:ec2:{REGION}:{ACCOUNT}:verified-access-group/{GROUP}"
CORE_ARN = f"arn:aws:networkmanager::{ACCOUNT}:core-network/{CORE}"
OTHER = f"arn:aws:iam::{ACCOUNT}:role/other"
NEW_CEDAR = (
    'permit (principal, action, resource)\nwhen { context.idc.groups has "d242c5b0-6081-1845-6fa8-6e0d9513c107" };\n'
)


TRUST = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}


def new_network() -> str:
    made = json.loads(json.dumps(NETWORK_POLICY))
    made["segment-actions"] = [
        {"action": "share", "mode": "attachment-route", "segment": "prod", "share-with": ["dev"]}
    ]
    return json.dumps(made)


LIMITS = f"arn:aws:iam::{ACCOUNT}:policy/limits"
DEVS = f"arn:aws:iam::{ACCOUNT}:group/devs"
RESIZE = f"arn:aws:iam::{ACCOUNT}:role/resize"
ALICE = f"arn:aws:iam::{ACCOUNT}:user/alice"
#: a function in a Region for which boto3 is too old for whole policies
ELSEWHERE = "eu-west-1"
THUMB = f"arn:aws:lambda:{ELSEWHERE}:{ACCOUNT}:function:thumb"
#: steps whose place takes several writes
PIECEMEAL = frozenset({12, 15})


def statement(sid: str, principal: str, function: str = THUMB) -> dict[str, Any]:
    return allow(sid, {"AWS": principal}, "lambda:InvokeFunction", function)


def lab_world() -> World:
    """The world before the plan: the service asks nobody, and has no policy; the boundary has as many versions as there can be."""
    made = world()
    made.iam.versions[LIMITS] = {f"v{number}": document(allow(f"V{number}", None, "*")) for number in range(1, 6)}
    made.iam.managed[LIMITS] = made.iam.versions[LIMITS]["v3"]
    made.iam.add_user("alice")
    made.iam.of_groups["devs"] = {"reads": document(allow("Reads", None, "s3:GetObject"))}
    made.iam.of_users["alice"] = {"own": document(allow("Own", None, "s3:GetObject"))}
    made.functions.policies[THUMB] = text(statement("App", APP), statement("Gone", f"arn:aws:iam::{ACCOUNT}:role/gone"))
    del made.lattice.policies[SERVICE]
    made.lattice.services[SERVICE]["authType"] = "NONE"
    return made


def steps() -> list[Step]:
    """The plan: a step of every kind."""
    start = lab_world()
    more = {"AWS": [APP, OTHER]}
    function = function_arn("resize")

    def step(number: int, kind: Kind, arn: str, old: State, new: State, name: str = "", region: str = REGION) -> Step:
        return Step(number, kind, f"step {number}", arn, ACCOUNT, region, old, new, name)

    inline = start.iam.inline["app"]["invoke"]
    wan = {"live": 1, "latest": 1, "state": "EXECUTION_SUCCEEDED"}
    network = State(json.dumps(NETWORK_POLICY), "", wan)
    return [
        step(1, Kind.ROLE, APP, State(json.dumps(inline)), State(text(allow("All", None, "vpc-lattice-svcs:*"))), "invoke"),
        step(2, Kind.FUNCTION, function, State(start.functions.policies[function]), State(text(allow("Invoke", more, "lambda:InvokeFunction", function)))),
        step(3, Kind.BUCKET, "arn:aws:s3:::acme-photos", State(start.buckets.policies["acme-photos"]), State(text(allow("D", {"AWS": APP}, "s3:*", "arn:aws:s3:::acme-photos/*")))),
        step(4, Kind.ACCESS_POINT, point_arn("photos-ap"), State(start.control.policies["ap:photos-ap"]), State(text(allow("R", more, "s3:GetObject", point_arn("photos-ap") + "/object/*")))),
        step(5, Kind.OBJECT_LAMBDA, olap_arn("resized"), State(start.control.policies["olap:resized"]), State(text(allow("R", more, "s3-object-lambda:GetObject", olap_arn("resized"))))),
        step(6, Kind.LATTICE_POLICY, ORDERS, State(None), State(text(allow("App", {"AWS": APP})))),
        step(7, Kind.VERIFIED_ACCESS, GROUP_ARN, State(CEDAR, "enabled"), State(NEW_CEDAR, "enabled")),
        step(8, Kind.WAN_PUT, CORE_ARN, network, State(new_network())),
        step(9, Kind.WAN_EXECUTE, CORE_ARN, network, State(new_network())),
        step(10, Kind.LATTICE_POLICY, MESH, State(start.lattice.policies["sn-0123456789abcdef0"]["policy"]), State(text(allow("All", "*")))),
        step(11, Kind.LATTICE_AUTH, ORDERS, State(None, "NONE"), State(None, "AWS_IAM")),
        step(12, Kind.MANAGED, LIMITS, State(json.dumps(start.iam.managed[LIMITS])), State(text(allow("S3", None, "s3:*")))),
        step(13, Kind.TRUST, APP, State(unquote(start.iam.roles["app"]["AssumeRolePolicyDocument"])), State(text(TRUST))),
        step(14, Kind.USER, ALICE, State(json.dumps(start.iam.of_users["alice"]["own"])), State(text(allow("Own", None, "s3:*"))), "own"),
        step(16, Kind.GROUP, DEVS, State(json.dumps(start.iam.of_groups["devs"]["reads"])), State(text(allow("Reads", None, "s3:*"))), "reads"),
        step(17, Kind.BOUNDARY, RESIZE, State(None, ""), State(None, LIMITS)),
        step(15, Kind.FUNCTION, THUMB, State(start.functions.policies[THUMB], "", {"by_sid": True}), State(text(statement("App", APP), statement("Gone", OTHER))), region=ELSEWHERE),
    ]  # fmt: skip


def held(made: World) -> dict[int, Any]:
    """What each place of the plan means, read past the API."""

    def data(found: str | None) -> Any:
        return None if found is None else json.loads(found)

    new_limits = document(allow("S3", None, "s3:*"))
    function = data(made.functions.policies.get(THUMB)) or {"Statement": []}
    return {
        12: (made.iam.managed[LIMITS], sum(one == new_limits for one in made.iam.versions[LIMITS].values())),
        13: json.loads(unquote(made.iam.roles["app"]["AssumeRolePolicyDocument"])),
        14: made.iam.of_users["alice"].get("own"),
        16: made.iam.of_groups["devs"].get("reads"),
        17: (made.iam.roles["resize"].get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn", ""),
        15: {item["Principal"]["AWS"] for item in function["Statement"]},
        1: made.iam.inline["app"].get("invoke"),
        2: data(made.functions.policies.get(function_arn("resize"))),
        3: data(made.buckets.policies.get("acme-photos")),
        4: data(made.control.policies.get("ap:photos-ap")),
        5: data(made.control.policies.get("olap:resized")),
        6: data(made.lattice.policy(SERVICE)),
        7: made.ec2.policies[GROUP],
        9: made.wan.live(CORE),
        10: data(made.lattice.policy("sn-0123456789abcdef0")),
        11: made.lattice.services[SERVICE]["authType"],
    }


def wanted() -> dict[int, Any]:
    """What each place means after the plan."""
    out: dict[int, Any] = {}
    for step in steps():
        if step.kind is Kind.VERIFIED_ACCESS:
            out[step.number] = {"PolicyEnabled": True, "PolicyDocument": step.new.text}
        elif step.kind in (Kind.LATTICE_AUTH, Kind.BOUNDARY):
            out[step.number] = step.new.flag
        elif step.kind is Kind.MANAGED:
            out[step.number] = (json.loads(step.new.text or ""), 1)
        elif step.resource == THUMB:
            out[step.number] = {APP, OTHER}
        elif step.kind is not Kind.WAN_PUT:
            out[step.number] = None if step.new.text is None else json.loads(step.new.text)
    return out


@dataclass(frozen=True)
class Plan:
    """A plan: the world before it, its steps, what each place means (read past the API), and what it means after the plan. `piecemeal` are the steps
    whose place takes several writes."""

    world: Callable[[], World]
    steps: Callable[[], list[Step]]
    held: Callable[[World], dict[int, Any]]
    wanted: Callable[[], dict[int, Any]]
    piecemeal: frozenset[int] = frozenset()


CHANGES = Plan(lab_world, steps, held, wanted, PIECEMEAL)


@dataclass
class Lab:
    """One set of real clients, and a new world behind them for each case."""

    folder: Path
    plan: Plan = CHANGES
    aws: Aws = field(default_factory=Aws)
    world: World = field(default_factory=lab_world)
    sessions: Sessions | None = None
    #: the record as it would lie on the disk, which would be waited for many thousand times
    saved: str = ""
    told: list[str] = field(default_factory=list)
    slept: float = 0.0
    #: after each thing that was told: calls and writings of the record so far, and the step that it was about
    marks: list[tuple[int, int, int]] = field(default_factory=list)
    saves: int = 0
    #: what `tests.live.faults` found out: where something can go wrong
    places: dict[tuple[bool, bool], list[Any]] = field(default_factory=dict)
    #: what goes wrong at the n-th writing of the record: kind, when, n
    save_fault: tuple[str, str, int] | None = None

    def start(self) -> None:
        """A world as before the plan, and no record."""
        self.world = self.plan.world()
        for name, services in self.world.aws.services.items():
            self.aws.services[name] = services
        self.aws.faults = []
        self.aws.denied = set()
        self.told.clear()
        self.slept = 0.0
        self.saved = ""
        self.save_fault = None
        self.begin()

    def begin(self) -> None:
        """Count calls and writings from here."""
        self.aws.log.clear()
        self.marks.clear()
        self.saves = 0

    @property
    def path(self) -> Path:
        return self.folder / "plan.record"

    def run(self) -> Run:
        assert self.sessions is not None

        def wait(seconds: float) -> None:
            self.slept += seconds

        def tell(step: Step, said: str) -> None:
            self.told.append(said)
            self.marks.append((len(self.aws.log), self.saves, step.number))

        return Run({ACCOUNT: self.sessions}, Patience(wait, 1.0, 5.0, 3.0, 60.0), tell)

    def apply(self, leave: frozenset[Kind] = frozenset()) -> str:
        """Carry out the plan, or go on with it: `done`, `killed`, or why it stopped. What a run knows comes from the disk."""
        found = self.record() or new_record(self.path, "plan", self.plan.steps())
        try:
            found.save()
            carry_out(found, self.run(), leave)
        except Killed:
            return "killed"
        except OSError:
            return "disk full"
        except Stopped as stopped:
            return str(stopped)
        return "done"

    def back(self) -> str:
        found = self.record()
        assert found is not None
        try:
            roll_back(found, self.run())
        except Killed:
            return "killed"
        except OSError:
            return "disk full"
        except Stopped as stopped:
            return str(stopped)
        return "done"

    def record(self) -> Record | None:
        return record_of(self.path, json.loads(self.saved)) if self.saved else None

    def keep(self, path: Path, data: Any) -> None:
        """In place of `policyc.aws.checkpoint.save`."""
        assert path == self.path
        kind, when, at = self.save_fault or ("", "", -1)
        number, self.saves = self.saves, self.saves + 1
        if (number, when) == (at, "before saving"):
            raise OSError("no space left on the device") if kind == "disk full" else Killed
        self.saved = json.dumps(data)
        if (number, when) == (at, "after saving"):
            raise Killed


@contextmanager
def opened(folder: Path, plan: Plan = CHANGES) -> Iterator[Lab]:
    lab = Lab(folder, plan)
    with installed(lab.aws):
        lab.sessions = Sessions(Access())
        lab.start()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("policyc.aws.apply.save", lab.keep)
            patch.setattr(Sessions, "has", lambda self, client, method, region: region != ELSEWHERE)
            yield lab
