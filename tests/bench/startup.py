"""How long policyc takes to start, as a ratio to an interpreter that does nothing, measured in turns in one run.

Run: `python tests/bench/startup.py [RUNS]`. Aims: `--version` at most 1.5x, the first `check` of one file
8x, a second one of the same file 2.2x.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

FILE = """\
let shop: account = "111122223333"
principal app = role(shop, "app")
resource net: lattice.service_network { id: "sn-0123456789abcdef0", at: shop/us-west-2, auth: none }
resource svc: lattice.service { id: "svc-0a1b2c3d4e5f67890", at: shop/us-west-2, network: net, auth: aws_iam }
policy svc_auth for lattice on svc {
  allow "app-reads" { who app  can GET  path "/stock", "/stock/*" }
}
policy app_calls for identity on app {
  allow "call-svc" { can invoke  on svc  path "/stock*" }
}
test "app reads" {
  request svc { who: app, can: GET, path: "/stock/1" }
  expect allow by "app-reads"
}
"""


def seconds(command: list[str], folder: str) -> float:
    # Byte code that is not kept would be compiled again at every start, which nobody's machine does.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    start = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)
    took = time.perf_counter() - start
    if done.returncode != 0:
        sys.exit(f"{command} ended with {done.returncode}: {done.stdout.decode()} {done.stderr.decode()}")
    return took


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    python = sys.executable
    commands = {
        "python -c pass": [python, "-c", "pass"],
        "policyc --version": [python, "-m", "policyc", "--version"],
        "policyc check, first time": [python, "-m", "policyc", "check", "--no-cache", "one.policy"],
        "policyc check, nothing changed": [python, "-m", "policyc", "check", "one.policy"],
    }
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "one.policy").write_text(FILE, encoding="utf-8")
        times: dict[str, list[float]] = {name: [] for name in commands}
        for name, command in commands.items():
            seconds(command, folder)
            assert name
        for _ in range(runs):
            for name, command in commands.items():
                times[name].append(seconds(command, folder))
    base = min(times["python -c pass"])
    print(f"{'command':34} {'least':>9} {'ratio':>7}   ({runs} runs each, in turns)")
    for name, taken in times.items():
        least = min(taken)
        print(f"{name:34} {least * 1000:7.1f}ms {least / base:6.1f}x")


if __name__ == "__main__":
    main()
