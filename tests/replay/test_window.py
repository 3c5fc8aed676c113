"""Records of some days: which lie within, and which files may hold them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from policyc.replay.window import EVER, Window, moment
from tests.replay.test_kinds import BUCKET, http
from tests.replay.test_replay import Run, auth, row, run, write

__all__ = ["run"]
NOVEMBER_FIRST = Window("2026-11-01T00:00:00", "2026-11-02T00:00:00")


@pytest.mark.parametrize(
    ("text", "ends", "wanted"),
    [
        ("2026-11-01", False, "2026-11-01T00:00:00"),
        ("2026-11-01", True, "2026-11-02T00:00:00"),
        ("2026-12-31", True, "2027-01-01T00:00:00"),
        ("2026-11-01T08:00:00Z", True, "2026-11-01T08:00:00"),
        ("2026-11-01T08:00:00+02:00", False, "2026-11-01T06:00:00"),
        ("2026-11-01T08:30", False, "2026-11-01T08:30:00"),
    ],
)
def test_limits(text: str, ends: bool, wanted: str) -> None:
    assert moment(text, ends) == wanted


@pytest.mark.parametrize("text", ["", "2026-02-30", "yesterday", "9999-12-31T", "1761984000", "2026-11-1"])
def test_what_is_no_limit(text: str) -> None:
    with pytest.raises(ValueError, match="is no day such as"):
        moment(text, False)


@pytest.mark.parametrize(
    ("time", "within"),
    [
        ("2026-10-31T23:59:59.999Z", False),
        ("2026-11-01T00:00:00Z", True),
        ("2026-11-01T00:00:00.001Z", True),
        ("2026-11-01T23:59:59.999Z", True),
        ("2026-11-02T00:00:00Z", False),
        # none that could be compared: whoever counts it says so
        ("", True),
        ("yesterday", True),
    ],
)
def test_times_within(time: str, within: bool) -> None:
    assert NOVEMBER_FIRST.holds(time) is within
    assert EVER.holds(time)


@pytest.mark.parametrize(
    ("path", "may"),
    [
        ("AWSLogs/111122223333/VpcLattice/AccessLogs/us-west-2/2026/10/31/svc-1/x.json.gz", False),
        ("AWSLogs/111122223333/VpcLattice/AccessLogs/us-west-2/2026/11/01", True),
        ("AWSLogs/111122223333/VpcLattice/AccessLogs/us-west-2/2026/11/02", True),  # delivered late
        ("AWSLogs/111122223333/VpcLattice/AccessLogs/us-west-2/2026/11/03", False),
        ("AWSLogs/111122223333/CloudTrail/us-west-2/2026/11", True),
        ("AWSLogs/111122223333/CloudTrail/us-west-2/2026/10", False),
        ("AWSLogs/111122223333/CloudTrail/us-west-2/2026", True),
        ("AWSLogs/111122223333/CloudTrail/us-west-2/2025", False),
        ("aws-service=vpcflowlogs/year=2026/month=11/day=01/hour=23/x.parquet", True),
        ("aws-service=vpcflowlogs/year=2026/month=9", False),
        ("table/day=2026-11-01", True),
        ("table/day=2026%2F11%2F01", True),
        ("table/dt=2026-10-31/part-0.parquet", False),
        ("access/2026-11-01-08-15-10-0123456789ABCDEF", True),
        ("access/2026-10-30-08-15-10-0123456789ABCDEF", False),
        # the innermost one counts
        ("archive-2024/2025/AWSLogs/us-west-2/2026/11/01", True),
        # no days
        ("logs/a.json", True),
        ("logs/v2026/a.json", True),
        ("logs/2026/02/31/a.json", True),
        ("111122223333/20261101/a.json", True),
    ],
)
def test_files_by_their_day(path: str, may: bool) -> None:
    assert NOVEMBER_FIRST.may_hold(path) is may
    assert EVER.may_hold(path)


def test_folders_of_other_days_stay_shut(run: Run) -> None:
    for day in ("10/30", "10/31", "11/01", "11/02", "11/03"):
        folder = Path("logs/2026", day)
        folder.mkdir(parents=True)
        write(row(startTime=f"2026-{day.replace('/', '-')}T08:00:00Z"), name=str(folder / "a.json"))
    Path("p.json").write_text(auth("GET"))
    flags = ("--policies", "p.json", "--network-auth", "none", "--format", "json")
    data = json.loads(run("logs", *flags, "--since", "2026-11-01", "--until", "2026-11-01")[1])
    assert (data["files"], data["asked"]) == (2, 1)
    assert [item["count"] for item in data["skipped"]] == [1]
    # by name a file is read whatever its folder is called
    data = json.loads(run("logs/2026/10/30/a.json", *flags, "--since", "2026-10-29")[1])
    assert data["asked"] == 1


def test_times_of_every_log_count(run: Run) -> None:
    """Milliseconds of Verified Access, days with the names of months of S3, seconds of flow logs."""
    line = f'{"0" * 64} data [01/Nov/2026:08:00:00 +0000] 192.0.2.3 - R1 REST.GET.OBJECT a "GET /a" 200 -'
    Path("p.cedar").write_text("permit(principal, action, resource);")
    Path("log.json").write_text(json.dumps(http(time="1793520000000")) + "\n")  # 2026-11-01T08:00:00Z
    Path("log.txt").write_text(line + "\n")
    bucket = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": f"{BUCKET}/*"}]}
    Path("bucket.json").write_text(json.dumps(bucket))
    flags = ("--group-policy", "p.cedar", "--bucket-policy", "bucket.json", "--format", "json")
    for until, asked in (("2026-10-31", 0), ("2026-11-01", 2), ("2026-11-01T08:00:00Z", 0)):
        assert json.loads(run("log.json", "log.txt", *flags, "--until", until)[1])["asked"] == asked
