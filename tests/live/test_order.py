"""The order of a plan's steps: after each of them nobody gets in whom neither the old nor the new policies let in, and nobody is refused whom both let in, but
where the plan says so."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from policyc.aws.order import CHAIN, Draft, ordered
from policyc.aws.steps import Kind, State, Step
from tests.live.fake.core import ACCOUNT, REGION
from tests.live.world import APP, ENDPOINT, GROUP, MESH, NETWORK, ORDERS, SERVICE, World, allow

Run = Callable[..., tuple[int, str, str]]
#: kind -> what a document of it is on
PLACES = {
    Kind.LATTICE_POLICY: (f"arn:aws:vpc-lattice:r:{ACCOUNT}:servicenetwork/n", f"arn:aws:vpc-lattice:r:{ACCOUNT}:service/s"),
    Kind.VERIFIED_ACCESS: (f"arn:aws:ec2:r:{ACCOUNT}:verified-access-group/g", f"arn:aws:ec2:r:{ACCOUNT}:verified-access-endpoint/e"),
    Kind.FUNCTION: (f"arn:aws:lambda:r:{ACCOUNT}:function:f",),
    Kind.BUCKET: ("arn:aws:s3:::b",),
    Kind.ACCESS_POINT: (f"arn:aws:s3:r:{ACCOUNT}:accesspoint/a",),
    Kind.OBJECT_LAMBDA: (f"arn:aws:s3-object-lambda:r:{ACCOUNT}:accesspoint/o",),
}  # fmt: skip
#: target -> the kinds that a request to it meets in a row, whether the caller's own policies count, and whether these are an alternative to each
ROWS = {
    "verified access": ((Kind.VERIFIED_ACCESS,), False, False),
    "lattice": ((Kind.LATTICE_POLICY,), True, False),
    "chain": ((Kind.FUNCTION, Kind.BUCKET, Kind.ACCESS_POINT, Kind.OBJECT_LAMBDA), True, True),
}
REQUESTS = range(6)
#: what a document says to each request: 1 allows, 0 says nothing, -1 denies
Says = tuple[int, ...]
State_ = Mapping[str, Says]


def combined(says: list[Says]) -> Says:
    """The policies of a caller: a deny wins, then an allow."""
    return tuple(min(of) if min(of) < 0 else max(of) for of in zip(*says, strict=True))


def answers(target: str, state: State_) -> tuple[bool, ...]:
    """What becomes of each request."""
    _, with_caller, either = ROWS[target]
    own = combined([says for name, says in state.items() if name.startswith("own")]) if with_caller else None
    gates = [says for name, says in state.items() if not name.startswith("own")]
    out = []
    for at in REQUESTS:
        held = [says[at] for says in gates]
        mine = [] if own is None else [own[at]]
        if either:
            out.append(min([*held, *mine]) >= 0 and all(max([one, *mine]) > 0 for one in held))
        else:
            out.append(all(one > 0 for one in [*held, *mine]))
    return tuple(out)


def draft(name: str, kind: Kind, carrier: str, old: Says, new: Says) -> Draft:
    blank = Step(0, kind, name, carrier, ACCOUNT, REGION, State(), State(), name)
    pairs = list(zip(old, new, strict=True))
    own = kind is Kind.ROLE
    alternative = (own or kind in CHAIN) and min(*old, *new) >= 0
    return Draft(
        (blank,), carrier, any(after > before for before, after in pairs), any(after < before for before, after in pairs),
        own, alternative,
    )  # fmt: skip


def drawn(target: str, random: Random) -> tuple[dict[str, Says], dict[str, Says], list[Draft]]:
    """The documents before and after, and the drafts of what changes."""
    kinds, with_caller, _ = ROWS[target]
    places = {f"{kind.value} {number}": (kind, arn) for kind in kinds for number, arn in enumerate(PLACES[kind])}
    places |= {f"own {number}": (Kind.ROLE, APP) for number in range(2)} if with_caller else {}
    old: dict[str, Says] = {}
    new: dict[str, Says] = {}
    for name in places:
        low = random.choice([-1, 0, 0])
        old[name] = new[name] = tuple(random.randint(low, 1) for _ in REQUESTS)
        direction = random.choice(["opens", "closes", "both", "stays", "stays"])
        other = tuple(random.randint(low, 1) for _ in REQUESTS)
        if direction != "stays":
            pick = {"opens": max, "closes": min, "both": lambda _, after: after}[direction]
            new[name] = tuple(pick(before, after) for before, after in zip(old[name], other, strict=True))
    drafts = [
        draft(name, kind, arn, old[name], new[name]) for name, (kind, arn) in places.items() if old[name] != new[name]
    ]
    random.shuffle(drafts)
    return old, new, drafts


@pytest.mark.parametrize("widen_first", [False, True])
@pytest.mark.parametrize("target", ROWS)
def test_every_moment_lies_between_the_old_and_the_new(target: str, widen_first: bool) -> None:
    random = Random(f"{target} 1")
    met = {"opens": 0, "shuts": 0, "clean": 0}
    for case in range(1500 if not widen_first else 500):
        old, new, drafts = drawn(target, random)
        found = ordered(drafts, widen_first)
        steps, told = found.steps, found.warnings
        if widen_first and not any(one.both for one in drafts):
            assert not any("refused" in one for one in told)
        assert [step.number for step in steps] == list(range(1, len(drafts) + 1))
        may_open = any("somebody may get in" in one for one in told)
        may_shut = any("somebody may be refused" in one for one in told)
        met["clean"] += not told
        before, after = answers(target, old), answers(target, new)
        now = dict(old)
        for step in steps:
            now[step.name] = new[step.name]
            at = answers(target, now)
            leaks = any(here and not (one or other) for here, one, other in zip(at, before, after, strict=True))
            shuts = any(one and other and not here for here, one, other in zip(at, before, after, strict=True))
            assert may_open or not leaks, (case, step.name, steps, old, new)
            assert may_shut or not shuts, (case, step.name, steps, old, new)
            met["opens"] += leaks
            met["shuts"] += shuts
    assert met["clean"] > (50 if widen_first else 300) and (
        met["opens"] or (target == "verified access" and not widen_first)
    ), met


@pytest.mark.parametrize("kind", sorted(CHAIN))
@pytest.mark.parametrize("back", [False, True])
def test_access_moves_between_a_caller_and_a_resource_of_its_account(kind: Kind, back: bool) -> None:
    """What allows the same elsewhere is written before it is taken away here."""
    before, after = ((1,), (0,)) if not back else ((0,), (1,))
    resource = draft("resource", kind, PLACES[kind][0], before, after)
    caller = draft("own", Kind.ROLE, APP, after, before)
    found = ordered([resource, caller])
    steps, told = found.steps, found.warnings
    assert [step.name for step in steps] == (["own", "resource"] if not back else ["resource", "own"])
    assert not told
    # a caller of another account needs both
    far = replace(caller, steps=tuple(replace(step, account="444455556666") for step in caller.steps))
    steps = ordered([resource, far]).steps
    assert [step.name for step in steps] == (["resource", "own"] if not back else ["own", "resource"])


def test_a_switch_to_iam_waits_for_callers_who_need_no_policy_so_far() -> None:
    """Who gets in before and after is not refused in between."""
    switch = Draft(
        (Step(0, Kind.LATTICE_AUTH, "s", ORDERS, ACCOUNT, REGION, State(None, "NONE"), State(None, "AWS_IAM")),), ORDERS, False, True
    )  # fmt: skip
    caller = draft("own", Kind.ROLE, APP, (0,), (1,))
    network = draft("network", Kind.LATTICE_POLICY, MESH, (0,), (1,))
    found = ordered([switch, network, caller])
    steps, told = found.steps, found.warnings
    assert [step.label for step in steps] == ["s", "own", "network"] and "between the steps 1 and 2" in told[0]
    found = ordered([replace(switch, waits=True), network, caller])
    steps, told = found.steps, found.warnings
    assert [step.label for step in steps] == ["own", "s", "network"] and not told


@pytest.mark.usefixtures("hurry")
def test_a_group_is_narrowed_before_its_endpoint_is_widened(there: World, policyc: Run) -> None:
    ops, dev, sales = (
        f'permit (principal, action, resource)\nwhen {{ context.okta.team == "{name}" }};\n'
        for name in ("ops", "dev", "sales")
    )
    there.ec2._hold(GROUP, ops + dev + sales)
    there.ec2._hold(ENDPOINT, ops + dev)
    Path("group.cedar").write_text(ops)
    Path("endpoint.cedar").write_text(ops + dev + sales)
    maps = ("--map", f"group={GROUP}", "--map", f"endpoint={ENDPOINT}")
    # the endpoint first would let sales in, whom neither the old nor the new texts let in
    for words, expected, said in (
        ((), [GROUP, ENDPOINT], "order: of several policies that all have to allow, what is narrowed comes before what is widened"),
        (("--order", "widen-first"), [ENDPOINT, GROUP], "warning: the first of the steps 1 and 2 lets somebody in before the other keeps somebody out"),
    ):  # fmt: skip
        _, out, _ = policyc("aws", "plan", "group.cedar", "endpoint.cedar", *maps, "-o", "p.json", *words)
        steps = json.loads(Path("p.json").read_text())["steps"]
        assert [step["resource"].rpartition("/")[2] for step in steps] == expected
        assert said in " ".join(out.split())


@pytest.mark.usefixtures("hurry")
@pytest.mark.parametrize("network", ["NONE", "AWS_IAM"])
def test_the_order_of_a_switch_goes_by_the_network(there: World, policyc: Run, network: str) -> None:
    there.lattice.services[SERVICE]["authType"] = "NONE"
    there.lattice.networks[NETWORK]["authType"] = network
    policyc("aws", "pull", "-o", "live")
    there.iam.inline["app"]["invoke"]["Statement"] = [allow("None", None, "s3:GetObject")]
    assert policyc("import", "live", "-o", "policies")[0] == 0
    source = next(Path("policies").rglob("orders*.policy"))
    text = source.read_text()
    assert "auth: " not in text, "nothing is told of a service that asks no policy"
    source.write_text(re.sub(r"(resource \w+: lattice\.service \{)", r"\1\n  auth: aws_iam,", text))
    policyc("aws", "plan", "policies", "-o", "p.json")
    steps = json.loads(Path("p.json").read_text())["steps"]
    found = [step["kind"] for step in steps if step["resource"] in (ORDERS, APP)]
    both = ["inline role policy", "lattice auth type"]
    assert found == (both if network == "NONE" else both[::-1])


@pytest.mark.usefixtures("hurry")
@pytest.mark.parametrize("auth", ["NONE", "AWS_IAM"])
def test_what_was_imported_changes_nothing(there: World, policyc: Run, auth: str) -> None:
    there.lattice.services[SERVICE]["authType"] = there.lattice.networks[NETWORK]["authType"] = auth
    policyc("aws", "pull", "-o", "live")
    assert policyc("import", "live", "-o", "policies")[0] == 0
    policyc("aws", "plan", "policies", "-o", "p.json")
    assert json.loads(Path("p.json").read_text())["steps"] == []
