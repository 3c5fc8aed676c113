"""Answers that are none of AWS's, from a server in the middle of a run, by every protocol that is used, and some that are broken: told as not
readable, never taken for an empty list or for what is not there. And credentials that expire in the middle."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from policyc.aws.asking import Asker
from policyc.aws.calls import CALLS
from policyc.aws.session import TOKENS, Access, CallFailed, Sessions, Trouble
from tests.live.fake.core import REGION, Aws, Refused
from tests.live.world import APP, SERVICE, World, allow, text

Run = Callable[..., tuple[int, str, str]]
pytestmark = pytest.mark.usefixtures("hurry")

#: protocol -> a list that speaks it (client, method, member, parameters), an empty answer, one with an item
LISTS: dict[str, tuple[str, str, str, dict[str, str], bytes, bytes]] = {
    "json": (
        "organizations", "list_parents", "Parents", {"ChildId": "111122223333"},
        b'{"Parents": []}', b'{"Parents": [{"Id": "r-1", "Type": "ROOT"}]}',
    ),
    "rest-json": (
        "vpc-lattice", "list_services", "items", {},
        b'{"items": []}', b'{"items": [{"id": "svc-1", "arn": "arn:aws:vpc-lattice:us-west-2:111122223333:service/svc-1"}]}',
    ),
    "rest-xml": (
        "s3control", "list_access_points_for_object_lambda", "ObjectLambdaAccessPointList", {"AccountId": "111122223333"},
        b"<ListAccessPointsForObjectLambdaResult xmlns='http://awss3control.amazonaws.com/doc/2018-08-20/'><ObjectLambdaAccessPointList/></ListAccessPointsForObjectLambdaResult>",
        b"<?xml version='1.0'?>\n<ListAccessPointsForObjectLambdaResult><ObjectLambdaAccessPointList><ObjectLambdaAccessPoint><Name>a</Name></ObjectLambdaAccessPoint></ObjectLambdaAccessPointList></ListAccessPointsForObjectLambdaResult>",
    ),
    "query": (
        "iam", "list_role_policies", "PolicyNames", {"RoleName": "app"},
        b"<ListRolePoliciesResponse><ListRolePoliciesResult><PolicyNames/></ListRolePoliciesResult></ListRolePoliciesResponse>",
        b"<ListRolePoliciesResponse><ListRolePoliciesResult><PolicyNames><member>a</member></PolicyNames></ListRolePoliciesResult></ListRolePoliciesResponse>",
    ),
    "ec2": (
        "ec2", "describe_verified_access_groups", "VerifiedAccessGroups", {},
        b"<DescribeVerifiedAccessGroupsResponse><requestId>1</requestId></DescribeVerifiedAccessGroupsResponse>",
        b"<!-- 1 -->\n<DescribeVerifiedAccessGroupsResponse><verifiedAccessGroupSet><item><verifiedAccessGroupId>vagr-1</verifiedAccessGroupId></item></verifiedAccessGroupSet></DescribeVerifiedAccessGroupsResponse>",
    ),
}  # fmt: skip
#: what proxies, portals and broken lines answer with
PAGES = {
    "a page": b"<html><body>log in</body></html>",
    "a page in capitals": b"<!DOCTYPE HTML PUBLIC '-//IETF//DTD HTML 2.0//EN'><HTML><HEAD/></HTML>",
    "a page in XML": b"<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'><body/></html>",
    "a part of a page": b"<h1>Blocked</h1>",
    "text": b"please log in",
    "nothing": b"",
    "blanks": b" \n",
    "a list": b"[]",
    "a word": b"null",
    "a broken object": b'{"items": [{"id": ',
    "a broken element": b"<ListRolePoliciesResponse><ListRole",
    "another element": b"<portal><login/></portal>",
}


class Answers(http.server.BaseHTTPRequestHandler):
    """A server that says one thing, with one status."""

    status: ClassVar[int] = 200
    said: ClassVar[bytes] = b""

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(type(self).status)
        self.send_header("Content-Length", str(len(type(self).said)))
        self.end_headers()
        self.wfile.write(type(self).said)

    do_GET = do_POST = do_PUT = do_DELETE = _answer

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    made = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{made.server_port}"
    made.shutdown()
    made.server_close()


def ask(server: str, protocol: str, status: int, said: bytes) -> list[Any]:
    client, method, key, params, _, _ = LISTS[protocol]
    Answers.status, Answers.said = status, said
    return list(Sessions(Access(endpoint=server)).pages(client, method, REGION, key, **params))


@pytest.mark.parametrize("protocol", LISTS)
def test_lists_are_read(server: str, protocol: str) -> None:
    empty, one = LISTS[protocol][4:]
    assert ask(server, protocol, 200, empty) == []
    assert len(ask(server, protocol, 200, one)) == 1
    assert Sessions(Access()).client(LISTS[protocol][0], REGION).meta.service_model.metadata["protocol"] == protocol


@pytest.mark.parametrize("protocol", LISTS)
@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("status", [200, 404, 403])
def test_no_page_is_an_answer(server: str, protocol: str, page: str, status: int) -> None:
    said = PAGES[page]
    with pytest.raises(CallFailed) as failed:
        ask(server, protocol, status, said)
    if status == 403 and not said.strip():  # an answer without a body may say by its status that it refuses
        assert failed.value.failure.trouble in (Trouble.DENIED, Trouble.STRANGE)
    else:
        assert failed.value.failure.why == "not understood: the answer is in no form of AWS's", failed.value


#: (client, method, parameters, what came, what is wrong with it): a member of another type, or without what nothing could be said
BROKEN: list[tuple[str, str, dict[str, str], bytes, str]] = [
    ("vpc-lattice", "list_services", {}, b'{"items": "abc"}', ""),
    ("vpc-lattice", "list_services", {}, b'{"items": [1]}', ""),
    ("vpc-lattice", "list_services", {}, b'{"items": [{"id": "s", "arn": "a", "createdAt": 1e300}]}', ""),
    ("vpc-lattice", "list_services", {}, b'{"items": [null]}', ": `items.0` is no structure"),
    ("vpc-lattice", "list_services", {}, b'{"items": [{"id": "svc-1"}]}', ": `items.0` has no `arn`"),
    ("vpc-lattice", "list_services", {}, b'{"items": [{"id": 5, "arn": "a"}]}', ": `items.0.id` is no string"),
    ("vpc-lattice", "list_services", {}, b'{"items": [], "nextToken": 5}', ": `nextToken` is no string"),
    ("vpc-lattice", "list_service_networks", {}, b"{}", ": it has no `items`"),
    ("vpc-lattice", "get_service", {"serviceIdentifier": "svc-0123456789abcdef0"}, b'{"id": "svc-1"}', ": it has no `authType`"),
    ("vpc-lattice", "get_auth_policy", {"resourceIdentifier": "svc-0123456789abcdef0"}, b'{"policy": {"a": 1}}', ": `policy` is no string"),
    ("networkmanager", "get_core_network", {"CoreNetworkId": "core-network-1"}, b'{"CoreNetwork": "x"}', ""),
    ("networkmanager", "get_core_network_policy", {"CoreNetworkId": "core-network-1"}, b'{"CoreNetworkPolicy": {}}',
     ": `CoreNetworkPolicy` has no `PolicyVersionId`"),
    ("organizations", "describe_policy", {"PolicyId": "p-1"}, b'{"Policy": {}}', ": it has no `Policy.Content`"),
    ("lambda", "get_policy", {"FunctionName": "f"}, b'{"RevisionId": "r"}', ": it has no `Policy`"),
    ("iam", "get_policy_version", {"PolicyArn": "arn:aws:iam::111122223333:policy/p", "VersionId": "v1"},
     b"<GetPolicyVersionResponse><GetPolicyVersionResult/></GetPolicyVersionResponse>", ": it has no `PolicyVersion.Document`"),
    ("ec2", "describe_vpcs", {}, b"<DescribeVpcsResponse><vpcSet><item>x</item></vpcSet></DescribeVpcsResponse>", ": `Vpcs.0` has no `VpcId`"),
    ("s3", "get_bucket_policy", {"Bucket": "acme"}, b"", ": it has no `Policy`"),
]  # fmt: skip


@pytest.mark.parametrize(("client", "method", "given", "said", "wrong"), BROKEN)
def test_an_answer_holds_what_its_model_says(
    server: str, client: str, method: str, given: dict[str, str], said: bytes, wrong: str
) -> None:
    Answers.status, Answers.said = 200, said
    with pytest.raises(CallFailed) as failed:
        Sessions(Access(endpoint=server)).call(client, method, REGION, **given)
    assert failed.value.failure.why == f"not understood: the answer is in no form of AWS's{wrong}"
    assert failed.value.failure.unsettled


def test_a_list_that_comes_again_and_again_has_an_end(server: str) -> None:
    with pytest.raises(CallFailed) as failed:
        ask(server, "json", 200, b'{"Parents": [], "NextToken": "again"}')
    assert failed.value.failure.why == "not understood: the list has no end"


def test_every_list_is_turned_over_by_its_own_members() -> None:
    sessions = Sessions(Access())
    lists = 0
    for client, method in CALLS:
        if not sessions.has(client, method, REGION):
            continue
        api = sessions.client(client, REGION).meta
        model = api.service_model.operation_model(api.method_to_api_mapping[method])
        out = set(model.output_shape.members) if model.output_shape is not None else set()
        if out & {"NextToken", "nextToken", "Marker", "NextMarker", "NextContinuationToken"}:
            give, take, more = TOKENS.get(client, ("NextToken", "NextToken", {}))
            assert take in out and {give, *more} <= set(model.input_shape.members), (client, method)
            lists += 1
    assert lists > 30


@pytest.mark.parametrize(
    ("status", "said", "trouble"),
    [
        (404, b'{"message": "no", "__type": "ResourceNotFoundException"}', Trouble.MISSING),
        (403, b'{"message": "no", "__type": "AccessDeniedException"}', Trouble.DENIED),
        (400, b'{"message": "no", "__type": "ExpiredTokenException"}', Trouble.EXPIRED),
    ],
)
def test_refusals_of_the_service_are_read(server: str, status: int, said: bytes, trouble: Trouble) -> None:
    with pytest.raises(CallFailed) as failed:
        ask(server, "rest-json", status, said)
    assert failed.value.failure.trouble is trouble


def test_a_page_is_no_text_of_a_policy(server: str) -> None:
    sessions = Sessions(Access(endpoint=server))
    Answers.status, Answers.said = 200, b'{"Version": "2012-10-17", "Statement": []}'
    assert sessions.call("s3", "get_bucket_policy", REGION, Bucket="acme")["Policy"] == Answers.said.decode()
    Answers.said = PAGES["a page"]
    with pytest.raises(CallFailed):
        sessions.call("s3", "get_bucket_policy", REGION, Bucket="acme")


def test_a_write_may_answer_with_nothing_but_a_number(server: str) -> None:
    given = {"RoleName": "app", "PolicyName": "invoke", "PolicyDocument": "{}"}
    sessions = Sessions(Access(endpoint=server))
    Answers.status = 200
    for said in (
        b"<PutRolePolicyResponse><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></PutRolePolicyResponse>",
        b"<?xml version='1.0'?>\n<PutRolePolicyResponse/>",
    ):
        Answers.said = said
        assert sessions.call("iam", "put_role_policy", REGION, **given) == {}
    Answers.said = PAGES["a page"]
    with pytest.raises(CallFailed) as failed:
        sessions.call("iam", "put_role_policy", REGION, **given)
    assert failed.value.failure.unsettled  # it may have been done: it is read back


def test_an_inventory_tells_it_as_not_readable(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sessions = Sessions(Access(endpoint=server))
    identity = b"<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::111122223333:role/r</Arn><Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
    Answers.status, Answers.said = 200, identity
    asker = Asker(sessions)
    Answers.said = PAGES["a page"]
    answer = asker.all("ec2", "describe_verified_access_groups", "VerifiedAccessGroups", REGION)
    assert not answer.known and answer.data is None
    assert [one.action for one in asker.unread] == ["ec2:DescribeVerifiedAccessGroups"]


def expire(world: World, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    """Refuse every call after some, as AWS refuses a token that has expired."""
    answer, left = Aws.answer, [after]

    def refuse(self: Aws, client: str, method: str, params: dict[str, Any]) -> dict[str, Any]:
        if method != "get_caller_identity":
            left[0] -= 1
            if left[0] < 0:
                raise Refused("RequestExpired" if client == "ec2" else "ExpiredTokenException", 400)
        return answer(self, client, method, params)

    monkeypatch.setattr(Aws, "answer", refuse)


@pytest.mark.parametrize("after", [0, 5, 40])
def test_a_pull_stops_and_goes_on(there: World, policyc: Run, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    with monkeypatch.context() as during:
        expire(there, during, after)
        status, out, err = policyc("aws", "pull", "-o", "live")
    assert (status, out) == (2, "") and "the credentials have expired (" in " ".join(err.split())
    assert "help: log in again, and go on with `--resume`" in " ".join(err.split())
    assert not Path("live/live.lock.json").exists()
    status, out, _ = policyc("aws", "pull", "-o", "live", "--resume")
    assert status == 0 and ("kept from the run before" in out) is (after > 0), out


@pytest.mark.parametrize("after", range(12))
def test_an_apply_stops_and_goes_on(imported: World, policyc: Run, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    imported.lattice.put_auth_policy(SERVICE, text(allow("App", {"AWS": APP}), allow("Other", {"AWS": f"{APP}2"})))
    imported.lattice.update_service(SERVICE, "NONE")
    assert policyc("aws", "plan", "policies/lattice", "-o", "p.json")[0] == 1
    with monkeypatch.context() as during:
        expire(imported, during, after)
        status, _, err = policyc("aws", "apply", "p.json", "--yes")
    said = " ".join(err.split())
    if status == 0:
        assert after >= 8
        return
    assert "the credentials have expired (ExpiredTokenException)" in said and "log in again" in said, err
    if Path("p.json.record").exists():
        assert status == 1 and policyc("aws", "apply", "--resume", "p.json.record", "--yes")[0] == 0
    else:
        assert status == 2 and policyc("aws", "apply", "p.json", "--yes")[0] == 0
    assert policyc("aws", "drift", "policies/lattice")[0] == 0
    assert policyc("aws", "rollback", "p.json.record", "--yes")[0] == 0


def test_a_comparison_stops(imported: World, policyc: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    expire(imported, monkeypatch, 3)
    for action in ("drift", "plan"):
        status, out, err = policyc("aws", action, "policies/lattice")
        assert (status, out) == (2, "") and "help: log in again\n" in err
        assert json.dumps("testing") not in err
