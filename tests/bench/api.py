"""What one call of `import policyc` costs, as multiples of `json.loads` of a document with ten statements in the same run.

Run: `python tests/bench/api.py`. The least of many rounds of CPU time: a request to a declared resource, and one to documents that were read before.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import policyc
from policyc.__main__ import main

STATEMENTS = [
    {"Sid": f"s{number}", "Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::stock-{number}/*"}
    for number in range(10)
]
ROLE = {"Version": "2012-10-17", "Statement": STATEMENTS}


def least(call: Callable[[], object], rounds: int = 9, calls: int = 300) -> float:
    """Seconds of CPU for one call."""
    best = float("inf")
    for _ in range(rounds):
        begin = time.process_time()
        for _ in range(calls):
            call()
        best = min(best, (time.process_time() - begin) / calls)
    return best


def bench() -> None:
    text = json.dumps(ROLE)
    unit = least(lambda: json.loads(text))
    with tempfile.TemporaryDirectory() as folder:
        main(["init", "-q", folder])
        project = policyc.load(folder)
        stated = {"source.vpc": "mesh_vpc", "aws.PrincipalOrgID": "o-a1b2c3d4e5"}
        declared = least(
            lambda: project.simulate("inventory", who="order_fn", can="GET", path="/stock/42", **stated).allowed
        )
    documents = policyc.Documents({"identity": ROLE})
    who = "arn:aws:iam::111122223333:role/app"
    raw = least(
        lambda: (
            documents.simulate(
                who=who, action="s3:GetObject", resource="arn:aws:s3:::stock-7/k", resource_account="111122223333"
            ).allowed
        )
    )
    for name, cost in (("json.loads", unit), ("a declared resource", declared), ("documents read before", raw)):
        print(f"{name:24} {cost * 1e6:7.1f} us  {cost / unit:6.1f} x")


if __name__ == "__main__":
    bench()
