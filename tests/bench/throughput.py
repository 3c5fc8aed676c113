"""How fast policyc checks, compiles and decides, beside a plain yardstick of the same run.

Run: `python tests/bench/throughput.py`. The yardstick is `json.dumps` + `json.loads` of a 100 kB document, so that figures of
different machines can be compared as ratios.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from policyc.diagnostics import Diagnostics
from policyc.ir.program import Program
from policyc.simulate.runner import run_tests
from policyc.syntax.parser import parse
from policyc.targets.base import Document
from policyc.targets.program import emit_documents, load_program
from policyc.text import Source


def project(root: Path, files: int) -> int:
    """A project of `files` files of about 100 lines; returns the lines written."""
    lines = 0
    (root / "shared.policy").write_text(
        'let shop: account = "111122223333"\nlet org: org_id = "o-a1b2c3d4e5"\n'
        'resource net: lattice.service_network { id: "sn-0123456789abcdef0", at: shop/us-west-2, auth: none }\n'
    )
    for number in range(files):
        parts = ['use "shared.policy" { shop, org, net }', f'principal app{number} = role(shop, "app-{number}")']
        for service in range(4):
            ident = f"svc-{number:09d}{service:08d}"
            parts += [
                f"resource s{number}_{service}: lattice.service {{",
                f'  id: "{ident}",',
                "  at: shop/us-west-2,",
                "  network: net,",
                "  auth: aws_iam,",
                "}",
                f"policy p{number}_{service} for lattice on s{number}_{service} {{",
                "  /// Why this is allowed.",
                '  allow "read" {',
                f"    who app{number}",
                "    can GET, HEAD",
                f'    path "/r{service}", "/r{service}/*"',
                "    when aws.PrincipalOrgID == org",
                "  }",
                '  deny "others" {',
                "    who anyone",
                "    unless aws.PrincipalOrgID == org",
                "  }",
                "}",
                "",
            ]
        parts += [
            f"policy calls{number} for identity on app{number} {{",
            *(
                f'  allow "call-{service}" {{ can invoke  on s{number}_{service}  path "/r{service}*" }}'
                for service in range(4)
            ),
            "}",
            f'test "reads {number}" {{',
            f'  request s{number}_0 {{ who: app{number}, can: GET, path: "/r0/1", aws.PrincipalOrgID: org }}',
            '  expect allow by "read"',
            "}",
        ]
        (root / f"f{number}.policy").write_text("\n".join(parts) + "\n")
        lines += len(parts)
    return lines


def median_of(work: Callable[[], object], repeats: int = 5) -> float:
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def yardstick() -> float:
    data = {f"key{number}": list(range(20)) for number in range(1000)}
    return median_of(lambda: json.loads(json.dumps(data)), 20)


def main() -> None:
    unit = yardstick()
    print(f"yardstick: {unit * 1000:.2f} ms")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        lines = project(root, 200)
        texts = [Source(path.name, path.read_text()) for path in root.glob("*.policy")]
        diagnostics = Diagnostics()
        took = median_of(lambda: [parse(source, diagnostics) for source in texts], 3)
        print(
            f"parse    200 files, {lines} lines: {took:.2f} s, {lines / took / 1000:.1f} klines/s, {took / unit:.0f} units"
        )
        took = median_of(lambda: load_program(root, [root], {}, Diagnostics()), 3)
        print(f"check    the same: {took:.2f} s, {lines / took / 1000:.1f} klines/s, {took / unit:.0f} units")
        program = load_program(root, [root], {}, diagnostics)
        if diagnostics.has_errors:
            sys.exit(str(diagnostics.sorted()[0]))
        took = median_of(lambda: emit_documents(program, Diagnostics()), 3)
        documents = [document for group in emit_documents(program, diagnostics).values() for document in group]
        print(
            f"emit     {len(documents)} documents: {took:.2f} s, {len(documents) / took:.0f} a second, {took / unit:.0f} units"
        )
    print(f"simulate {simulate_rate(program, documents, unit)}")


def simulate_rate(program: Program, documents: Sequence[Document], unit: float) -> str:
    start = time.perf_counter()
    results = run_tests(program, documents)
    took = time.perf_counter() - start
    failed = sum(not result.passed for result in results)
    return f"{len(results)} inline tests ({failed} failed): {took:.2f} s, {len(results) / took:.0f} a second, {took / unit:.0f} units"


if __name__ == "__main__":
    main()
