"""What a pull reads beside policies in one place: groups of users, logs, route tables; each to its last page, and told where it may not be read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from policyc.aws.found import file_name
from policyc.replay.askers.known import known_of
from tests.live.fake.callers import group_arn
from tests.live.fake.core import ACCOUNT
from tests.live.world import APP, CORE, MESH, ORDERS, SERVICE, World, allow, document, text

Run = Callable[..., tuple[int, str, str]]
ALICE = f"arn:aws:iam::{ACCOUNT}:user/alice"
GET = ("--can", "GET", "--path", "/x", "--set", "aws:PrincipalOrgID=o-a1b2c3d4e5")
OTHER = f"arn:aws:iam::{ACCOUNT}:policy/calls"


@pytest.fixture
def alice(there: World) -> World:
    """A user without a policy of her own, in two groups: one may call, with a managed policy, the other may read."""
    there.iam.add_user("alice")
    there.iam.members["alice"] = ["readers", "callers"]
    there.iam.of_groups = {"readers": {"reads": document(allow("Reads", None, "s3:GetObject"))}, "callers": {}}
    there.iam.managed[OTHER] = document(allow("Call", None, "vpc-lattice-svcs:Invoke"))
    there.iam.attached["callers"] = [OTHER]
    there.lattice.policies[SERVICE]["policy"] = text(allow("Alice", {"AWS": ALICE}))
    return there


def held() -> dict[str, Any]:
    return json.loads(Path("live", "live.lock.json").read_text())["resources"]


def test_the_policies_of_a_users_groups_count_for_her(alice: World, policyc: Run) -> None:
    assert policyc("aws", "pull", "-o", "live")[0] == 0
    assert held()[ALICE]["facts"]["groups"] == [group_arn("readers"), group_arn("callers")]
    assert len(held()[group_arn("callers")]["facts"]["identity"]) == 1
    words = ("simulate", "--pulled", "live", "orders", "--who", ALICE, *GET)
    assert policyc(*words)[0] == 0
    deny = document({"Sid": "No", "Effect": "Deny", "Action": "*", "Resource": "*"})
    alice.iam.of_groups["readers"]["no"] = deny
    policyc("aws", "pull", "-o", "live")
    assert policyc(*words)[0] == 10, "a deny in a group's policy"


@pytest.mark.parametrize("denied", ["list_groups_for_user", "get_group_policy", "list_attached_group_policies"])
def test_a_group_that_may_not_be_read_leaves_the_answer_open(alice: World, policyc: Run, denied: str) -> None:
    alice.aws.denied = {denied}
    _, out, _ = policyc("aws", "pull", "-o", "live")
    assert "not readable" in out
    status, out, _ = policyc("simulate", "--pulled", "live", "orders", "--who", ALICE, *GET)
    assert status == 11 and "not allowed (AccessDeniedException)" in " ".join(out.split())


def test_the_policy_of_a_group_is_compared_and_written(alice: World, policyc: Run, hurry: None) -> None:
    Path("reads.json").write_text(text(allow("Reads", None, "s3:*")))
    words = ("reads.json", "--map", f"reads={group_arn('readers')}")
    status, out, _ = policyc("aws", "plan", *words, "-o", "p.json")
    assert status == 1 and f"inline group policy of {group_arn('readers')} (reads)" in out
    assert policyc("aws", "apply", "p.json", "--yes")[0] == 0
    assert alice.iam.of_groups["readers"]["reads"]["Statement"][0]["Action"] == "s3:*"
    assert policyc("aws", "drift", *words)[0] == 0
    assert policyc("aws", "rollback", "p.json.record", "--yes")[0] == 0
    assert alice.iam.of_groups["readers"]["reads"]["Statement"][0]["Action"] == "s3:GetObject"


def test_names_that_differ_in_anything_lie_in_files_of_their_own(there: World, policyc: Run) -> None:
    """What IAM takes in names, and what Windows and macOS do not tell apart: each document is found again as AWS has it."""
    trust = document({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})
    names = [*["a_b", "a+b", "a=b", "a,b", "a@b", "a.b", ".a", "a.", "a..b"], "B" * 64]
    words = [word for name in names for word in ("--caller", there.iam.add_role(name, trust))]
    for name in names:
        there.iam.inline[name] = {
            one: document(allow(f"S{at}", None, f"s3:{len(name)}x{at}{name}"))
            for at, one in enumerate(("Read", "read", "re=ad", "r" * 128, "r" * 127 + "q"))
        }
    own, aws = f"arn:aws:iam::{ACCOUNT}:policy/ReadOnly", "arn:aws:iam::aws:policy/ReadOnly"
    there.iam.managed |= {own: document(allow("Own", None, "s3:*")), aws: document(allow("Aws", None, "s3:Get*"))}
    there.iam.attached["a_b"] = [own, aws]
    assert policyc("aws", "pull", "-o", "live", "--target", "callers", *words)[0] == 0
    found = json.loads(Path("live/live.lock.json").read_text())["documents"]
    assert len({path.lower() for path in found}) == len(found) == len(names) * 6 + 2
    for path, item in found.items():
        role, revision, read = (
            item["resource"].rpartition("/")[2],
            item["revision"],
            json.loads(Path("live", path).read_text()),
        )
        if item["role"] == "identity":
            held = (
                there.iam.inline[role][revision["PolicyName"]]
                if "PolicyName" in revision
                else there.iam.managed[revision["PolicyArn"]]
            )
            assert read == held, path
    assert f"{ACCOUNT}/iam/roles/a_b/inline-re~3dad.json" in found
    function = f"arn:aws:lambda:us-west-2:{ACCOUNT}:function:"
    assert (
        len({file_name(name, cased=True).lower() for name in ("Resize", "resize", "reSize", "resize~-1", function, "")})
        == 6
    )


def test_no_name_of_a_file_is_a_device_of_windows() -> None:
    names = {name: file_name(name) for name in ("con", "COM1.orders", "aux", "console", "a.con")}
    assert list(names.values()) == ["~63on", "~43OM1.orders", "~61ux", "console", "a.con"]


def test_a_folder_with_other_names_of_files_is_read_and_renewed(imported: World, policyc: Run) -> None:
    """Paths say nothing: those of an older version are read, and go with the next pull. `App` is `app` where capitals are no other letters, as by a link here."""
    lock = Path("live/live.lock.json")
    lock.write_text(lock.read_text().replace("/roles/app/", "/roles/App/").replace("/roles/resize/", "/roles/old_one/"))
    roles = Path("live", ACCOUNT, "iam/roles")
    (roles / "resize").rename(roles / "old_one")
    (roles / "App").symlink_to("app")
    assert policyc("aws", "drift", "policies", "--live", "live")[0] == 0
    assert policyc("simulate", "--pulled", "live", "orders", "--who", APP, *GET)[0] == 0
    assert policyc("aws", "pull", "-o", "live")[0] == 0
    assert sorted(path.name for path in roles.glob("*/inline-*.json")) == ["inline-invoke.json"] * 2 + [
        "inline-write.json"
    ]


def test_where_requests_are_logged_is_said_as_replay_takes_it(there: World, policyc: Run) -> None:
    group = f"arn:aws:logs:us-west-2:{ACCOUNT}:log-group:mesh:*"
    there.lattice.logs = {ORDERS: ["arn:aws:s3:::acme-logs/lattice", group], MESH: ["arn:aws:s3:::acme-logs/lattice"]}
    _, out, _ = policyc("aws", "pull", "-o", "live")
    where = f"s3://acme-logs/lattice/AWSLogs/{ACCOUNT}/VpcLattice/"
    assert (
        f"requests to 2 resources are logged in arn:aws:s3:::acme-logs/lattice: `policyc replay {where} --known live`"
        in out
    )
    assert f"requests to 1 resource are logged in {group}\n" in out
    assert [one["destinationArn"] for one in held()[ORDERS]["facts"]["logs"]] == there.lattice.logs[ORDERS]
    assert set(known_of(held()).callers) >= {
        APP,
        APP.replace(":iam:", ":sts:").replace("role/", "assumed-role/") + "/*",
    }
    told = {"aws:PrincipalOrgID": "o-a1b2c3d4e5", "aws:PrincipalOrgPaths": "o-a1b2c3d4e5/r-ab12/ou-ab12-cdefghij/"}
    assert known_of(held()).accounts == {ACCOUNT: told}
    there.aws.denied = {"list_access_log_subscriptions"}
    _, out, _ = policyc("aws", "pull", "-o", "live")
    assert held()[ORDERS]["facts"]["logs"] is None
    assert "vpc-lattice:ListAccessLogSubscriptions, 2 times: not allowed" in out


def test_the_route_tables_of_a_core_network_are_read(there: World, policyc: Run) -> None:
    network = there.wan.networks[CORE]
    network.tables = {
        ("prod", "us-east-1"): [
            {"DestinationCidrBlock": f"10.{number}.0.0/16", "State": "ACTIVE", "Type": "PROPAGATED"}
            for number in range(9)
        ]
    }
    there.wan.size = 4
    policyc("aws", "pull", "-o", "live")
    (file,) = Path("live").rglob("routes.json")
    found = {
        (
            table["RouteTableIdentifier"]["CoreNetworkSegmentEdge"]["SegmentName"],
            table["RouteTableIdentifier"]["CoreNetworkSegmentEdge"]["EdgeLocation"],
        ): table["routes"]
        for table in json.loads(file.read_text())
    }
    assert len(found["prod", "us-east-1"]) == 9 and found["dev", "eu-west-1"] == []
    there.aws.denied = {"get_network_routes"}
    _, out, _ = policyc("aws", "pull", "-o", "live")
    assert "networkmanager:GetNetworkRoutes" in out
    assert all(table["routes"] is None for table in json.loads(file.read_text()))


def test_route_tables_of_aws_are_held_beside_those_that_are_computed(there: World, policyc: Run) -> None:
    def asked() -> tuple[int, str]:
        policyc("aws", "pull", "-o", "live", "--target", "cloudwan")
        (tables,) = Path("live").rglob("routes.json")
        core = next(
            path for path in tables.parent.glob("*.json") if path.stem not in ("routes", "attachments", "prefixes")
        )
        more = (
            "--attachments",
            str(tables.with_name("attachments.json")),
            "--attachments",
            str(tables.with_name("prefixes.json")),
        )
        held.update(json.loads(policyc("routes", str(core), *more, "--format", "json")[1]))
        status, out, _ = policyc("routes", str(core), *more, "--beside", str(tables))
        return status, " ".join(out.split())

    held: dict[str, Any] = {}
    status, out = asked()
    assert status == 1 and "is computed (attachment `" in out and "and AWS has no such route" in out
    network = there.wan.networks[CORE]
    ids = {one["AttachmentId"] for one in network.attachments}
    for table in held["tables"]:
        network.tables[table["name"], table["edge"]] = [_as_aws(row, ids) for row in table["routes"]]
    status, out = asked()
    assert status == 0 and out.endswith("no route differs")
    first = next(rows for rows in network.tables.values() if rows)
    first[0] = {**first[0], "State": "BLACKHOLE", "Destinations": []}
    first.append({"DestinationCidrBlock": "10.250.0.0/16", "State": "ACTIVE", "Type": "STATIC", "Destinations": []})
    first.append({"DestinationCidrBlock": "10.251.0.0/16", "State": "ACTIVE", "Type": "SYSTEM", "Destinations": []})
    status, out = asked()
    assert status == 1 and "2 routes that differ" in out
    assert "leads to blackhole on AWS" in out and "AWS has 10.250.0.0/16" in out
    there.aws.denied = {"get_network_routes"}
    status, out = asked()
    assert status == 11 and "AWS's table could not be read" in out


def _as_aws(row: dict[str, Any], ids: set[str]) -> dict[str, Any]:
    """A route as `GetNetworkRoutes` answers, of one that was computed; a name of an attachment is its id where nothing names it."""
    hop = row["next_hops"][0]
    told = {"CoreNetworkAttachmentId": hop["name"]} if hop["kind"] == "attachment" and hop["name"] in ids else {}
    told |= {"EdgeLocation": hop["edge"]} if hop["kind"] == "edge" else {}
    return {
        "DestinationCidrBlock": row["prefix"],
        "State": "ACTIVE",
        "Type": "PROPAGATED",
        "Destinations": [told] if told else [],
    }


LIMITS = f"arn:aws:iam::{ACCOUNT}:policy/limits"
RESIZE = f"arn:aws:iam::{ACCOUNT}:role/resize"


def test_a_boundary_is_set_and_taken_away_again(there: World, policyc: Run, hurry: None) -> None:
    Path("limits.json").write_text(text(allow("All", None, "*")))
    words = ("b.policy",)
    Path("b.policy").write_text(
        f'resource bound: iam_document.carrier {{ kind: boundary, name: "{RESIZE}#{LIMITS}" }}\n'
        'policy limits for iam_document on bound { allow "all" { can raw("*")  on raw("*") } }\n'
    )
    status, out, _ = policyc("aws", "drift", *words)
    assert status == 1 and "no permissions boundary is set on AWS: nothing limits what the policies allow" in " ".join(
        out.split()
    )
    status, out, _ = policyc("aws", "plan", *words, "-o", "p.json")
    assert status == 1 and f"permissions boundary of {RESIZE}: none -> {LIMITS}" in out
    assert policyc("aws", "apply", "p.json", "--yes")[0] == 0
    assert there.iam.roles["resize"]["PermissionsBoundary"]["PermissionsBoundaryArn"] == LIMITS
    assert policyc("aws", "drift", *words)[0] == 0
    assert policyc("aws", "rollback", "p.json.record", "--yes")[0] == 0
    assert "PermissionsBoundary" not in there.iam.roles["resize"]


@pytest.mark.parametrize(
    ("where", "what", "said"),
    [
        (RESIZE, "*", "no boundary is set there, and nothing says which policy it is; give `--map limits="),
        (f"{RESIZE}#{LIMITS}", "s3:*", f"`{LIMITS}` says something else; write it first"),
        (f"{RESIZE}#{LIMITS}x", "*", f"`{LIMITS}x` is not there, and no policy is made"),
    ],
)
def test_a_boundary_that_cannot_be_set_is_refused_with_the_reason(
    there: World, policyc: Run, where: str, what: str, said: str
) -> None:
    Path("b.policy").write_text(
        f'resource bound: iam_document.carrier {{ kind: boundary, name: "{where}" }}\n'
        f'policy limits for iam_document on bound {{ allow "all" {{ can raw("{what}")  on raw("*") }} }}\n'
    )
    status, out, _ = policyc("aws", "plan", "b.policy", "-o", "p.json")
    assert status == 11 and said in " ".join(out.split())
    assert json.loads(Path("p.json").read_text())["steps"] == []


def test_routes_of_a_pulled_network_name_the_files_that_tell_what_is_attached(imported: World, policyc: Run) -> None:
    (home,) = {path.parent for path in Path("live").rglob("attachments.json")}
    network = str(home / "core.json")
    status, out, err = policyc("routes", network)
    assert (
        status == 0
        and f"`--attachments {home}/attachments.json --attachments {home}/prefixes.json` tells of them" in err
    )
    status, out, err = policyc(
        "routes", network, *(f"--attachments={home}/{name}.json" for name in ("attachments", "prefixes"))
    )
    assert status == 0 and "tells of them" not in err and "prod1" in out
