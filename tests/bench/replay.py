"""Replay of recorded traffic in columns, beside what DuckDB takes for the same columns.

    python tests/bench/replay.py [--rows 10000000] [--statements 10] [--paths 10000] [--folder DIR]

Makes a Parquet file of VPC Lattice records (11 columns), then measures in this process, each the least of three runs:

- `scan`: DuckDB's `sum(hash(columns))` over them, which reads every value and does nothing with it
- `columns`: the replay of two policies, from Parquet to the report
- `sql`: the allow statements of the new policy alone as a WHERE clause of DuckDB, which knows neither denies by default nor what is unknown
- `lines`: a tenth of the rows as lines of JSON, beside DuckDB's reader with explicit columns

Ratios are what carries: the rates hang on the machine.
"""

from __future__ import annotations

import argparse
import io
import json
import resource
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from policyc.diagnostics import Diagnostics
from policyc.engines.iam.switches import DEFAULT
from policyc.replay.askers.documents import OfDocuments
from policyc.replay.askers.known import Known
from policyc.replay.columns.run import ColumnReplayer, replay_files
from policyc.replay.reading import Log
from policyc.replay.tally import Tally
from policyc.simulation.documents.attached import Attached, read_attached
from policyc.text import Source

ACCOUNTS = ("111122223333", "444455556666", "777788889999")
SERVICES = [f"arn:aws:vpc-lattice:us-west-2:{ACCOUNTS[n % 3]}:service/svc-{n:017x}" for n in range(200)]
NETWORKS = [f"arn:aws:vpc-lattice:us-west-2:{ACCOUNTS[n % 3]}:servicenetwork/sn-{n:017x}" for n in range(5)]
VPCS = [f"vpc-{n:017x}" for n in range(40)]
CALLERS = [
    f"arn:aws:sts::{ACCOUNTS[n % 3]}:assumed-role/{('app', 'batch', 'ci', 'admin')[n % 4]}-team{n % 30:02}/i-{n:05}"
    for n in range(500)
]
NOUNS = (
    "orders",
    "users",
    "carts",
    "items",
    "payments",
    "admin",
    "health",
    "reports",
    "internal",
    "files",
    "search",
    "v2",
)
KINDS = ("list", "detail", "batch", "export")
METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD")


def make(path: Path, rows: int, paths: int, group: int = 500_000) -> None:
    """Records as Parquet, a dictionary for each column and row group."""
    random = np.random.default_rng(7)
    forms = [f"/{NOUNS[n % 12]}/{KINDS[n % 4]}/{n:07}" for n in range(paths)]
    columns: dict[str, list[str]] = {
        "serviceArn": SERVICES,
        "serviceNetworkArn": NETWORKS,
        "resolvedUser": CALLERS,
        "callerPrincipalOrgID": ["o-abc1234567", "o-def7654321", "-"],
        "requestMethod": list(METHODS),
        "requestPath": forms,
        "sourceVpcId": VPCS,
        "hostHeader": [f"{noun}.example.com" for noun in NOUNS],
        "authDeniedReason": ["-", "Service", "Network"],
        "failureReason": ["-", "ClientAccessDenied"],
        "startTime": [f"2026-11-{1 + n // 1440 % 28:02}T{n // 60 % 24:02}:{n % 60:02}:00Z" for n in range(10_000)],
    }
    schema = pa.schema([(name, pa.string()) for name in columns])
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for start in range(0, rows, group):
            size = min(group, rows - start)
            writer.write_table(pa.table(_held(columns, rows, paths, start, size, random)), row_group_size=size)


def _held(columns: dict[str, list[str]], rows: int, paths: int, start: int, size: int, random: Any) -> dict[str, Any]:
    """Some rows: few callers make most calls, each calls a dozen services from one VPC, and each service has paths of its own."""
    caller = np.minimum(random.zipf(1.3, size) - 1, 10**9) % len(CALLERS)
    service = (caller * 12 + np.minimum(random.zipf(1.5, size) - 1, 11)) * 7 % len(SERVICES)
    path = np.arange(start, start + size) if paths >= rows else (service * 50 + random.integers(0, 50, size)) % paths
    codes = {
        "serviceArn": service,
        "serviceNetworkArn": service % 5,
        "resolvedUser": caller,
        "callerPrincipalOrgID": caller % 3,
        "requestMethod": (path + (random.random(size) < 0.1)) % len(METHODS),
        "requestPath": path,
        "sourceVpcId": caller % len(VPCS),
        "hostHeader": service % len(NOUNS),
        "authDeniedReason": (random.random(size) < 0.02).astype(int),
        "failureReason": (random.random(size) < 0.02).astype(int),
        "startTime": np.arange(start, start + size) * 10_000 // rows,
    }
    return {
        name: pa.DictionaryArray.from_arrays(pa.array(codes[name].astype(np.int32)), pa.array(values)).cast(pa.string())
        for name, values in columns.items()
    }


def policy(statements: int, seed: int) -> str:
    random = np.random.default_rng(seed)

    def some(items: Any, count: int) -> list[str]:
        return [str(item) for item in random.choice(items, count, replace=False)]

    out = []
    for number in range(statements):
        service = some(SERVICES, 1)[0]
        item: dict[str, Any] = {
            "Sid": f"S{number}",
            "Effect": "Deny" if number % 5 == 4 else "Allow",
            "Principal": {"AWS": some(ACCOUNTS, 1)[0]} if number % 2 else "*",
            "Action": "vpc-lattice-svcs:Invoke",
            "Resource": [f"arn:aws:vpc-lattice:*:*:service/*/{some(NOUNS, 1)[0]}/*", f"{service}/*"],
        }
        tests: dict[str, dict[str, list[str]]] = {"StringEquals": {"vpc-lattice-svcs:RequestMethod": some(METHODS, 3)}}
        if number % 3 == 0:
            tests["StringLike"] = {"aws:PrincipalArn": [f"arn:aws:iam::*:role/{some(('app', 'batch', 'ci'), 1)[0]}-*"]}
        if number % 3 == 1:
            tests["StringEquals"]["vpc-lattice-svcs:SourceVpc"] = some(VPCS, 10)
        if number % 5 == 4:
            tests["StringLike"] = {"vpc-lattice-svcs:RequestPath": ["/admin/*", f"/{some(NOUNS, 1)[0]}/export/*"]}
        item["Condition"] = tests
        out.append(item)
    return json.dumps({"Version": "2012-10-17", "Statement": out})


def asker(text: str) -> OfDocuments:
    given = read_attached("service-policy", Source("p.json", text), 0, DEFAULT, Diagnostics())
    assert isinstance(given, Attached)
    return OfDocuments([given], {"network-auth": "none"}, {})


def replayed(path: Path, old: str, new: str) -> Tally:
    before, after, tally = asker(old), asker(new), Tally()
    replayer = ColumnReplayer(before, after, tally, Known({}, {}), [before.side(), after.side()])
    with path.open("rb") as stream:
        replay_files([(path.name, io.BufferedReader(stream))], replayer, Log(), lambda _: None)  # type: ignore[arg-type]
    return tally


def where(text: str) -> str:
    """The allow statements of a policy, as much of them as SQL says plainly."""
    parts = []
    for item in json.loads(text)["Statement"]:
        tests = [
            "("
            + " OR ".join(
                f"serviceArn || requestPath SIMILAR TO '{r.replace('.', '[.]').replace('*', '.*')}'"
                for r in item["Resource"]
            )
            + ")"
        ]
        for key, values in item["Condition"]["StringEquals"].items():
            column = {"vpc-lattice-svcs:RequestMethod": "requestMethod", "vpc-lattice-svcs:SourceVpc": "sourceVpcId"}[
                key
            ]
            tests.append(f"{column} IN ({', '.join(map(repr, values))})")
        for key, values in item["Condition"].get("StringLike", {}).items():
            column = {"aws:PrincipalArn": "resolvedUser", "vpc-lattice-svcs:RequestPath": "requestPath"}[key]
            tests.append("(" + " OR ".join(f"{column} SIMILAR TO '{v.replace('*', '.*')}'" for v in values) + ")")
        parts.append(("NOT " if item["Effect"] == "Deny" else "") + "(" + " AND ".join(tests) + ")")
    allows = " OR ".join(part for part in parts if not part.startswith("NOT"))
    denies = " AND ".join(part for part in parts if part.startswith("NOT")) or "true"
    return f"({allows}) AND {denies}"


def least(work: Callable[[], Any], times: int = 3) -> float:
    best = float("inf")
    for _ in range(times):
        start = perf_counter()
        work()
        best = min(best, perf_counter() - start)
    return best


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rows", type=int, default=50_000)
    options.add_argument("--statements", type=int, default=10)
    options.add_argument("--paths", type=int, default=10_000, help="as many as rows: every path is another one")
    options.add_argument("--folder", type=Path)
    args = options.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = args.folder or Path(made)
        path = folder / f"lattice-{args.rows}-{args.paths}.parquet"
        if not path.exists():
            make(path, args.rows, args.paths)
        old, new = policy(args.statements, 1), policy(args.statements, 2)
        connection = duckdb.connect()
        source = f"read_parquet('{path}')"
        scan = least(lambda: connection.execute(f"SELECT sum(hash(COLUMNS(*))) FROM {source}").fetchall())
        columns = least(lambda: replayed(path, old, new))
        sql = least(lambda: connection.execute(f"SELECT count(*) FROM {source} WHERE {where(new)}").fetchall(), 1)
        tally = replayed(path, old, new)
        print(
            f"{args.rows:,} rows, {args.statements} statements on each side, {args.paths:,} paths; {len(tally.changes):,} classes of changes"
        )
        for name, seconds in (("scan", scan), ("columns", columns), ("sql", sql)):
            print(
                f"  {name:8} {seconds:7.2f} s  {args.rows / seconds:12,.0f} rows/s  {scan / seconds:5.2f} of the scan"
            )
        print(f"  columns to sql: {sql / columns:.1f}")
        lines = folder / f"lattice-{args.rows}-{args.paths}.jsonl"
        if not lines.exists():
            connection.execute(f"COPY (SELECT * FROM {source} LIMIT {args.rows // 10}) TO '{lines}' (FORMAT json)")
        names = ", ".join(f"'{name}': 'VARCHAR'" for name in pq.read_schema(path).names)
        reader = f"read_json('{lines}', format='newline_delimited', columns={{{names}}})"
        plain = least(lambda: connection.execute(f"SELECT sum(hash(COLUMNS(*))) FROM {reader}").fetchall())
        ours = least(lambda: replayed(lines, old, new))
        print(
            f"  lines: {args.rows / 10 / ours:,.0f} rows/s, {plain / ours:.2f} of DuckDB's reader with explicit columns"
        )
        print(f"  peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")


if __name__ == "__main__":
    main()
