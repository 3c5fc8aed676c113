"""How long `policyc check` takes on 1,000 host files with policies inside, on 2,000 files that are nobody's business, and on one template; beside cfn-lint on the
templates of CloudFormation where that is installed. All in one run, as ratios.

Run: `python tests/bench/templates.py`. Aims: at least 20 times as fast as cfn-lint; 2,000 unrelated files add less than a second of processor time; one template starts under 8x
an interpreter that does nothing.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.carriers.planted import CARRIERS, KINDS, Planted, planted

COUNT = 1000
UNRELATED = 2000


def seconds(command: list[str], folder: Path, clock: list[float] | None = None) -> float:
    """Processor time of a command, which another load of the machine does not change much; `clock` gets what passes on the wall."""
    # Byte code that is not kept would be compiled again at every start, which nobody's machine does.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)
    if clock is not None:
        clock.append(time.perf_counter() - start)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def write(folder: Path, count: int, wanted: list[Planted]) -> list[str]:
    names = []
    for at in range(count):
        item = wanted[at % len(wanted)]
        inner = folder / f"part{at % 50}"
        inner.mkdir(exist_ok=True)
        name = f"{at}-{item.file}"
        (inner / name).write_text(item.text, encoding="utf-8")
        names.append(f"part{at % 50}/{name}")
    return names


def main() -> None:
    right = [item for item in planted() if not item.line and not item.file.endswith(".md")]
    templates = [item for item in right if item.name.startswith(("cfn", "cdk"))]
    python = sys.executable
    check = [python, "-m", "policyc", "check", "--no-cache"]
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        for name in ("mixed", "templates", "unrelated", "one"):
            (root / name).mkdir()
        write(root / "mixed", COUNT, right)
        names = write(root / "templates", COUNT, templates)
        for at in range(UNRELATED):
            text = "services:\n  web: { image: x }\n" if at % 2 else '{"name": "x", "text": "' + "lorem " * 200 + '"}'
            (root / "unrelated" / f"{at}.{'yaml' if at % 2 else 'json'}").write_text(text, encoding="utf-8")
        (root / "one" / "stack.yaml").write_text(
            CARRIERS["cfn-literal"][1](KINDS[0], KINDS[0].written(False)) or "", encoding="utf-8"
        )
        nothing = min(seconds([python, "-c", "pass"], root) for _ in range(5))
        one = min(seconds([*check, "stack.yaml"], root / "one") for _ in range(5))
        mixed = seconds([*check, "."], root / "mixed")
        clock: list[float] = []
        own = min(seconds([*check, "."], root / "templates", clock) for _ in range(3))
        unrelated = seconds([*check, "."], root / "unrelated")
        print(f"one template: {one / nothing:.1f}x an interpreter that does nothing ({one * 1000:.0f} ms)")
        print(f"{COUNT:,} mixed host files: {mixed:.2f} s, {mixed / COUNT * 1000:.1f} ms each")
        print(f"{UNRELATED:,} unrelated files: {unrelated:.2f} s")
        print(f"{COUNT:,} templates of CloudFormation: {own:.2f} s of processors, {min(clock):.2f} s on the wall")
        linter = shutil.which("cfn-lint")
        if linter is None:
            print("cfn-lint is not installed: nothing to compare with")
        else:
            passed: list[float] = []
            other = seconds([linter, *names], root / "templates", passed)
            print(f"cfn-lint on the same: {other:.2f} s, {other / own:.1f}x; on the wall {passed[0] / min(clock):.1f}x")


if __name__ == "__main__":
    main()
