"""Every step of an apply × every fault, at every call and every writing of the record, going on and going back. Prints how many were met and
survived; the exit status is 1 when one was not."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.live.faults import PLANS, laboratory, table


def main() -> int:
    start = time.process_time()
    failures: list[str] = []
    total = 0
    for name, plan in PLANS.items():
        with tempfile.TemporaryDirectory() as folder, laboratory(Path(folder), plan) as lab:
            rows = table(lab, failures)
        rows[0][0] = name
        for row in rows:
            print("| " + " | ".join(row) + " |")
            if row is rows[0]:
                print("|---" + "|---:" * (len(row) - 1) + "|")
        total += sum(map(int, rows[-1][1:]))
    for failure in failures:
        print(failure)
    print(f"{total - len(failures)} of {total} survived, {time.process_time() - start:.0f} s")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
