"""A large inventory behind the fake: 2,000 services, 500 groups, 5,000 attachments. Prints the calls, the time and the memory of a pull and of a drift."""

from __future__ import annotations

import json
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.live.fake.core import installed
from tests.live.world import APP, CEDAR, CORE, INSTANCE, NETWORK, allow, text, vpc_attachment, world

SERVICES, GROUPS, ATTACHMENTS = 2_000, 500, 5_000


def main() -> None:
    os.environ |= {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-west-2",
    }
    made = world()
    for number in range(SERVICES):
        made.lattice.add_service(
            f"svc-{number:017x}", f"shop{number}", policy=text(allow("A", {"AWS": APP})), network=NETWORK
        )
    for number in range(GROUPS):
        made.ec2.add_group(f"vagr-{number:017x}", INSTANCE, CEDAR)
    for number in range(ATTACHMENTS):
        vpc = f"vpc-{number + 10:017x}"
        made.wan.networks[CORE].attachments.append(vpc_attachment(number + 10, "us-east-1", "prod", vpc))
        made.ec2.vpcs.append({"VpcId": vpc, "CidrBlock": f"10.{number // 250}.{number % 250}.0/24"})
    from policyc.cli.app import run

    os.chdir(tempfile.mkdtemp())
    with installed(made.aws):
        for name, words in (
            ("pull", ["aws", "pull", "-o", "live", "-q"]),
            ("again", ["aws", "pull", "-o", "live", "-q"]),
            ("list", ["list", "live", "--output", "list.txt"]),
            ("drift", ["aws", "drift", "live", "-q", "--output", "drift.txt"]),
            ("check", ["check", "live", "--no-cache", "--output", "check.txt"]),
        ):
            made.aws.log.clear()
            start, used = time.perf_counter(), time.process_time()
            status = run(words)
            took = f"{time.perf_counter() - start:.1f} s ({time.process_time() - used:.1f} s of one core)"
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            print(f"{name}: status {status}, {len(made.aws.log):,} calls, {took}, {memory} MiB")
    print(
        f"lock file: {Path('live/live.lock.json').stat().st_size:,} bytes, {len(json.loads(Path('live/live.lock.json').read_text())['documents']):,} documents"
    )


if __name__ == "__main__":
    main()
