"""Files that somebody changed, and answers that are none: each is refused in one sentence that says where, and nothing is read, written or removed
outside of what was named."""

from __future__ import annotations

import http.server
import json
import os
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from policyc.aws.checkpoint import digest, sealed
from policyc.aws.sound import unsound
from policyc.cli.aws.apply import _open_record
from policyc.cli.parser import WrongUse
from tests.live.fake.core import ACCOUNT
from tests.live.lab import steps
from tests.live.world import APP, SERVICE, World, allow, text

Run = Callable[..., tuple[int, str, str]]
pytestmark = pytest.mark.usefixtures("hurry")
FIRST = f"{ACCOUNT}/lattice/us-west-2/orders.{SERVICE}.json"


@pytest.fixture
def planned(imported: World, policyc: Run) -> dict[str, Any]:
    """The data of a plan for one auth policy."""
    imported.lattice.put_auth_policy(SERVICE, text(allow("App", {"AWS": APP}), allow("Other", {"AWS": f"{APP}2"})))
    assert policyc("aws", "plan", "policies/lattice", "-o", "p.json")[0] == 1
    imported.aws.log.clear()
    found: dict[str, Any] = json.loads(Path("p.json").read_text())
    return found


def test_the_steps_of_a_plan_of_every_kind_are_sound() -> None:
    found = sorted(steps(), key=lambda step: step.number)
    assert unsound(found) is None


STEPS: list[tuple[dict[str, Any], str]] = [
    ({"resource": "../../etc/hosts"}, "`../../etc/hosts` has no lattice auth policy"),
    ({"resource": "arn:aws:vpc-lattice:us-west-2:111122223333:service/../x"}, "has no lattice auth policy"),
    ({"account": "222222222222"}, "is not in the account `222222222222`"),
    ({"region": "http://elsewhere"}, "is not in the Region `http://elsewhere`"),
    ({"region": "eu-west-1"}, "is not in the Region `eu-west-1`"),
    ({"number": 2}, "its number is 2"),
    ({"new": {"text": None, "flag": "", "revision": {}}}, "it has no new text"),
    ({"new": {"text": "[]", "flag": "", "revision": {}}}, "its new text is no document"),
    ({"new": {"text": "[" * 100_000, "flag": "", "revision": {}}}, "its new text is no document"),
    ({"old": {"text": None, "flag": "", "revision": {"versions": 5}}}, "`versions` of its revision"),
    ({"old": {"text": None, "flag": "", "revision": {"RevisionId": [1]}}}, "`RevisionId` of its revision is `[1]`"),
    ({"old": {"text": None, "flag": "", "revision": {"x": 1}}}, "`x` of its revision is `1`"),
    ({"old": {"text": None, "flag": "enabled", "revision": {}}}, "`enabled` is no state of a lattice auth policy"),
    ({"new": {"text": "{}", "flag": "", "revision": {"RevisionId": "r"}}}, "what is not there yet has no revision"),
    ({"name": "x"}, "a lattice auth policy has no name such as `x`"),
    *(({"kind": kind}, f"has no {kind}") for kind in ("bucket policy", "managed policy", "trust policy", "inline role policy",
      "permissions boundary", "function policy", "core network change set", "verified access policy", "access point policy")),
]  # fmt: skip


@pytest.mark.parametrize(("change", "said"), STEPS)
@pytest.mark.parametrize("kind", ["plan", "record"])
def test_a_step_that_no_plan_has_is_refused_before_a_call(
    imported: World, planned: dict[str, Any], policyc: Run, kind: str, change: dict[str, Any], said: str
) -> None:
    planned["steps"][0].update(change)
    planned = sealed(planned)
    words = ("aws", "apply", "t.json", "--yes")
    if kind == "record":
        more = {"progress": "writing", "undone": None, "note": "", "before": planned["steps"][0]["old"]}
        planned = sealed(
            {
                "format_version": 1,
                "plan": digest(planned["steps"]),
                "saved_at": planned["made_at"],
                "steps": [{**planned["steps"][0], **more}],
            }
        )
        words = ("aws", "rollback", "t.json", "--yes")
    Path("t.json").write_text(json.dumps(planned))
    status, out, err = policyc(*words)
    assert (status, out) == (2, "") and said in " ".join(err.split()) and "`steps/0`" in err, err
    assert imported.aws.log == []


def test_a_record_that_is_cut_off_or_changed_anywhere_is_refused_or_says_the_same(
    imported: World, planned: dict[str, Any], policyc: Run
) -> None:
    """Each byte is met by one run in twenty; every one of them by `POLICYC_CASES=100000`."""
    assert policyc("aws", "apply", "p.json", "--yes")[0] == 0
    path = Path("p.json.record")
    held, known = path.read_bytes(), _open_record(path)
    every = 1 if int(os.environ.get("POLICYC_CASES", "1000")) > 10_000 else 20
    for at in range(datetime.now(UTC).toordinal() % every, len(held), every):
        for changed in (held[:at], held[:at] + b"0" + held[at + 1 :], held[:at] + held[at + 1 :]):
            path.write_bytes(changed)
            try:
                found = _open_record(path)
            except WrongUse as error:
                assert "`p.json.record` " in str(error)
            else:
                assert found == known, at
    imported.aws.log.clear()
    for step in (data := json.loads(held))["steps"]:
        step["progress"], step["before"] = "done", None
    for changed in (data, sealed(data)):  # by hand, and by somebody who knows how
        path.write_text(json.dumps(changed))
        for words in (("rollback", path.name), ("apply", "--resume", path.name), ("apply", "p.json")):
            status, out, err = policyc("aws", *words, "--yes")
            assert (status, out) == (2, ""), words
            assert words[-1] == "p.json" or "was changed after it was made" in " ".join(err.split())
    assert imported.aws.log == []


@pytest.mark.parametrize(
    ("held", "said"),
    [
        (b"", "is no JSON (line 1, column 1)"),
        (b"[]", "is no plan: it must be an object"),
        (b"[" * 100_000, "is nested too deeply"),
        (b"\xff\xfe\x00", "is no JSON in UTF-8"),
    ],
)
def test_a_file_that_is_no_plan(there: World, policyc: Run, held: bytes, said: str) -> None:
    Path("p.json").write_bytes(held)
    status, _, err = policyc("aws", "apply", "p.json", "--yes")
    assert status == 2 and said in err and there.aws.log == []


@pytest.mark.parametrize(
    "name", ["../victim", "a/../../victim", "/victim", "C:/victim", "a\\..\\victim", ".", "", "a//b"]
)
@pytest.mark.parametrize("member", ["documents", "files"])
def test_a_lock_file_leads_nowhere_else(imported: World, policyc: Run, name: str, member: str) -> None:
    Path("victim").write_text("mine")
    lock = json.loads(Path("live/live.lock.json").read_text())
    if member == "documents":
        lock["documents"][name] = lock["documents"][FIRST]
    else:
        lock["files"].append(name)
    Path("live/live.lock.json").write_text(json.dumps(lock))
    for words in (("pull", "-o", "live"), ("drift", "policies/lattice", "--live", "live")):
        status, _, err = policyc("aws", *words)
        assert status == 2 and "leads out of the folder" in " ".join(err.split()), err
    assert Path("victim").read_text() == "mine"


def test_a_link_leads_nowhere_else_either(imported: World, policyc: Run) -> None:
    Path("away").mkdir()
    Path("live", FIRST).rename(f"away/{Path(FIRST).name}")
    Path("live", FIRST).symlink_to(Path("away", Path(FIRST).name).resolve())
    status, _, err = policyc("aws", "drift", "policies/lattice", "--live", "live")
    assert status == 2 and "leads out of it by a link" in " ".join(err.split())
    home = Path("live", FIRST).parent
    for path in home.iterdir():
        path.unlink()
    home.rmdir()
    home.symlink_to(Path("away").resolve())
    before = {path.name: path.read_text() for path in Path("away").iterdir()}
    status, _, err = policyc("aws", "pull", "-o", "live")
    assert status == 2 and "by a link" in " ".join(err.split())
    assert {path.name: path.read_text() for path in Path("away").iterdir()} == before


def test_a_lock_file_names_its_own_documents(imported: World, policyc: Run) -> None:
    lock = json.loads(Path("live/live.lock.json").read_text())
    lock["resources"][APP]["facts"]["identity"] = ["nowhere.json"]
    Path("live/live.lock.json").write_text(json.dumps(lock))
    status, _, err = policyc("aws", "drift", "policies/iam", "--live", "live")
    assert status == 2 and "`nowhere.json` of" in " ".join(err.split())
    assert policyc("simulate", "--pulled", "live", "orders", "--who", APP, "--can", "GET", "--path", "/x")[0] == 2


def test_a_document_that_is_gone_is_named_by_its_path_in_the_folder(imported: World, policyc: Run) -> None:
    Path("live", FIRST).unlink()
    status, _, err = policyc("aws", "drift", "policies/lattice", "--live", "live")
    assert status == 2 and f"`{FIRST}` in `live` cannot be read" in " ".join(err.split())
    assert "Errno" not in err and str(Path.cwd()) not in err


class Page(http.server.BaseHTTPRequestHandler):
    """A server that answers with the page of a login."""

    def do_POST(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<html><body>log in</body></html>")

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


@pytest.fixture
def page() -> Iterator[str]:
    server = http.server.HTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_page_in_place_of_an_answer(policyc: Run, page: str) -> None:
    status, _, err = policyc("aws", "pull", "-o", "live", "--endpoint-url", page)
    assert status == 2 and "the answer is in no form of AWS's" in err and "check `--endpoint-url`" in err


def test_an_endpoint_that_is_no_url(policyc: Run) -> None:
    status, _, err = policyc("aws", "pull", "-o", "live", "--endpoint-url", "nonsense")
    assert status == 2 and "the endpoint is no URL" in err
