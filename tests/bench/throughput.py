"""How fast policyc checks, compiles and tests whole projects, beside a plain yardstick of the same run.

Run: `python tests/bench/throughput.py`. The yardstick is `json.dumps` + `json.loads` of a 100 kB document, so that figures of
different machines can be compared as ratios.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from policyc.diagnostics import Diagnostics
from policyc.simulation.runner import run_tests
from policyc.syntax.parser import parse
from policyc.targets.program import emit_documents, load_program
from policyc.text import Source


def project(root: Path, files: int, tests: int = 1) -> int:
    """A project of `files` files of about 90 lines and `tests` tests each; returns the lines written."""
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
        ]
        for one in range(tests):
            verb, wanted = ("GET", 'allow by "read"') if one % 2 == 0 else ("POST", "deny")
            asked = f'who: app{number}, can: {verb}, path: "/r{one % 4}/{one}", aws.PrincipalOrgID: org'
            parts += [
                f'test "{one} of {number}" {{',
                f"  request s{number}_{one % 4} {{ {asked} }}",
                f"  expect {wanted}",
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
        print(f"load     the same: {took:.2f} s, {lines / took / 1000:.1f} klines/s, {took / unit:.0f} units")
        program = load_program(root, [root], {}, diagnostics)
        if diagnostics.has_errors:
            sys.exit(str(diagnostics.sorted()[0]))
        took = median_of(lambda: emit_documents(program, Diagnostics()), 3)
        documents = [document for group in emit_documents(program, diagnostics).values() for document in group]
        print(
            f"emit     {len(documents)} documents: {took:.2f} s, {len(documents) / took:.0f} a second, {took / unit:.0f} units"
        )
    print(f"test     {tests_rate(unit)}")
    for line in command_rate(unit):
        print(f"check    {line}")


def tests_rate(unit: float) -> str:
    """2,000 tests of a project that is loaded: the first run compiles its documents, the others find them compiled."""
    with tempfile.TemporaryDirectory() as folder:
        root, diagnostics = Path(folder), Diagnostics()
        project(root, 40, 50)
        program = load_program(root, [root], {}, diagnostics)
        documents = [item for group in emit_documents(program, diagnostics).values() for item in group]
        took = []
        for _ in range(4):
            start = time.perf_counter()
            results = run_tests(program, documents)
            took.append(time.perf_counter() - start)
    failed = sum(not result.passed for result in results)
    rates = [f"{len(results) / one:.0f}" for one in (took[0], min(took[1:]))]
    ratio = f"{min(took[1:]) / unit:.0f} units"
    return f"{len(results)} inline tests ({failed} failed): {rates[0]} a second at first, then {rates[1]}, {ratio}"


def command_rate(unit: float) -> Iterator[str]:
    """`policyc check` as people run it, in processes of their own."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        lines = project(root, 200, 21)
        took = check(root, "--no-cache", ".")
        yield f"200 files, {lines} lines: {took:.2f} s, {lines / took / 1000:.1f} klines/s, {took / unit:.0f} units"
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for number in range(2000):
            (root / f"d{number}.json").write_text(json.dumps(document(number), indent=2))
        took = check(root, "--no-cache", *(f"d{number}.json" for number in range(2000)))
        yield f"2000 JSON documents: {took:.2f} s, {2000 / took:.0f} a second, {took / unit:.0f} units"
        yield f"the same, one changed: {one_changed(root, 'd7.json'):.2f} s"
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for number in range(2000):
            (root / f"t{number}.yaml").write_text(template(number))
        yield f"2000 templates: {check(root, '--no-cache', '.'):.2f} s, one changed: {one_changed(root, 't7.yaml'):.2f} s"
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        lines = project(root, 2000)
        first = check(root, "--no-cache", ".")
        yield f"2000 policy files, {lines} lines: {first:.2f} s, one changed: {one_changed(root, 'f7.policy'):.2f} s"


def one_changed(root: Path, name: str) -> float:
    """The time of a run after one of many files has changed."""
    check(root, ".")
    (root / name).write_text((root / name).read_text() + "\n")
    return check(root, ".")


def check(root: Path, *words: str) -> float:
    command = [sys.executable, "-m", "policyc", "check", *words]
    start = time.perf_counter()
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    took = time.perf_counter() - start
    if done.returncode != 0:
        sys.exit(done.stdout[:2000] + done.stderr[:2000])
    return took


def document(number: int) -> dict[str, object]:
    """A small identity policy."""
    statements = [
        {
            "Sid": f"S{one}",
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:PutObject"],
            "Resource": f"arn:aws:s3:::bucket{number}/team{one}/*",
            "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}},
        }
        for one in range(3)
    ]
    return {"Version": "2012-10-17", "Statement": statements}


def template(number: int) -> str:
    """A small template of CloudFormation with an identity policy."""
    policy = json.dumps(document(number), indent=2).replace("\n", "\n        ")
    head = "Resources:\n  It:\n    Type: AWS::IAM::ManagedPolicy\n    Properties:\n      PolicyDocument: |\n        "
    return head + policy + "\n"


if __name__ == "__main__":
    main()
