"""Replay of recorded traffic in columns, beside what DuckDB takes for the same columns.

    python tests/bench/replay.py [--rows 10000000] [--statements 10] [--paths 10000] [--folder DIR]

Makes a Parquet file of VPC Lattice records (11 columns), then measures in this process, each the least of three runs in turns:

- `scan`: DuckDB's `sum(hash(columns))` over them, which reads every value and does nothing with it
- `columns`: the replay of two policies, from Parquet to the report
- `keeping`: reading it for `--cache`; `kept`: two policies asked of what was kept
- `sql`: the new policy alone as a WHERE clause of DuckDB, which knows neither what is unknown nor why
- `both`: what the replay does as far as SQL can: both policies, and what changes or is not as logged, by caller, method and service with counts and times
- `lines`: three tenths of the rows as lines of JSON, beside DuckDB's reader with explicit columns

Ratios are what carries: the rates hang on the machine.
"""

from __future__ import annotations

import argparse
import io
import json
import resource
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from policyc.diagnostics import Diagnostics
from policyc.engines.iam.switches import DEFAULT
from policyc.replay.askers.documents import OfDocuments
from policyc.replay.askers.known import Known
from policyc.replay.columns.corpus import Corpus, load, save
from policyc.replay.columns.run import ColumnReplayer, Reader, replay_corpus, replay_files
from policyc.replay.reading import Log
from policyc.replay.tally import Tally
from policyc.simulation.documents.attached import Attached, read_attached
from policyc.text import Source

ROLES = ("app", "batch", "ci", "admin")
ACCOUNTS = ("111122223333", "444455556666", "777788889999")
SERVICES = [f"arn:aws:vpc-lattice:us-west-2:{ACCOUNTS[n % 3]}:service/svc-{n:017x}" for n in range(200)]
NETWORKS = [f"arn:aws:vpc-lattice:us-west-2:{ACCOUNTS[n % 3]}:servicenetwork/sn-{n:017x}" for n in range(5)]
VPCS = [f"vpc-{n:017x}" for n in range(40)]
CALLERS = [f"arn:aws:sts::{ACCOUNTS[n % 3]}:assumed-role/{ROLES[n % 4]}-team{n % 30:02}/i-{n:05}" for n in range(500)]
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


@dataclass
class Statement:
    """One statement of a policy of the bench, as numbers of what it names."""

    deny: bool
    account: int | None
    service: int
    noun: int
    methods: list[int]
    role: int | None
    vpcs: list[int] | None
    exported: int | None

    def matches(self, codes: dict[str, Any]) -> Any:
        """Which rows it matches."""
        caller, service, path = codes["resolvedUser"], codes["serviceArn"], codes["requestPath"]
        noun, kind = path % len(NOUNS), path % len(KINDS)
        out = (noun == self.noun) | (service == self.service)
        out &= np.isin(codes["requestMethod"], self.methods)
        if self.account is not None:
            out &= caller % len(ACCOUNTS) == self.account
        if self.role is not None:
            out &= caller % len(ROLES) == self.role
        if self.vpcs is not None:
            out &= np.isin(codes["sourceVpcId"], self.vpcs)
        if self.exported is not None:
            out &= (noun == NOUNS.index("admin")) | ((noun == self.exported) & (kind == KINDS.index("export")))
        return out

    def document(self, number: int) -> dict[str, Any]:
        tests: dict[str, dict[str, list[str]]] = {
            "StringEquals": {"vpc-lattice-svcs:RequestMethod": [METHODS[at] for at in self.methods]}
        }
        if self.role is not None:
            tests["StringLike"] = {"aws:PrincipalArn": [f"arn:aws:iam::*:role/{ROLES[self.role]}-*"]}
        if self.vpcs is not None:
            tests["StringEquals"]["vpc-lattice-svcs:SourceVpc"] = [VPCS[at] for at in self.vpcs]
        if self.exported is not None:
            paths = ["/admin/*", f"/{NOUNS[self.exported]}/export/*"]
            tests.setdefault("StringLike", {})["vpc-lattice-svcs:RequestPath"] = paths
        return {
            "Sid": f"S{number}",
            "Effect": "Deny" if self.deny else "Allow",
            "Principal": "*" if self.account is None else {"AWS": ACCOUNTS[self.account]},
            "Action": "vpc-lattice-svcs:Invoke",
            "Resource": [f"arn:aws:vpc-lattice:*:*:service/*/{NOUNS[self.noun]}/*", f"{SERVICES[self.service]}/*"],
            "Condition": tests,
        }


def statement(number: int, random: Any) -> Statement:
    deny = number % 5 == 4

    def some(items: Any, count: int) -> list[int]:
        return sorted(random.choice(len(items), count, replace=False).tolist())

    return Statement(
        deny,
        some(ACCOUNTS, 1)[0] if number % 2 else None,
        some(SERVICES, 1)[0],
        some(NOUNS, 1)[0],
        some(METHODS, 3),
        some(ROLES[:3], 1)[0] if number % 3 == 0 and not deny else None,
        some(VPCS, 10) if number % 3 == 1 else None,
        some(NOUNS, 1)[0] if deny else None,
    )


def policies(count: int, unrelated: bool) -> tuple[list[Statement], list[Statement]]:
    """The policy in force, and a new one in which every fifth statement is another, or all are."""
    old = [statement(number, np.random.default_rng([1, number])) for number in range(count)]
    new = [statement(number, np.random.default_rng([2, number])) for number in range(count)]
    return old, [new[at] if unrelated or at % 5 == 3 else old[at] for at in range(count)]


def text(statements: list[Statement]) -> str:
    held = [item.document(number) for number, item in enumerate(statements)]
    return json.dumps({"Version": "2012-10-17", "Statement": held})


def allowed(statements: list[Statement], codes: dict[str, Any]) -> Any:
    """Which rows a policy allows, worked out from numbers alone."""
    none = np.zeros(len(codes["serviceArn"]), bool)
    allow = np.logical_or.reduce([item.matches(codes) for item in statements if not item.deny], initial=False) | none
    deny = np.logical_or.reduce([item.matches(codes) for item in statements if item.deny], initial=False) | none
    return allow & ~deny


def make(path: Path, rows: int, paths: int, old: list[Statement], group: int = 1_000_000) -> None:
    """Records as Parquet, a dictionary for each column and row group. What came of a request is what the policy in force says, save one in a
    hundred that something else refused, and one in five hundred that the policy would refuse and that went through."""
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
            codes = _codes(rows, paths, start, size, random)
            odd = random.random(size)
            denied = np.where(allowed(old, codes), odd < 0.01, odd < 0.998).astype(int)
            codes |= {"authDeniedReason": denied, "failureReason": denied}
            table = {
                name: pa.DictionaryArray.from_arrays(pa.array(codes[name].astype(np.int32)), pa.array(values))
                for name, values in columns.items()
            }
            writer.write_table(pa.table(table).cast(schema), row_group_size=size)


def _codes(rows: int, paths: int, start: int, size: int, random: Any) -> dict[str, Any]:
    """Some rows: few callers make most calls, each calls a dozen services from one VPC, and each service has paths of its own."""
    caller = np.minimum(random.zipf(1.3, size) - 1, 10**9) % len(CALLERS)
    service = (caller * 12 + np.minimum(random.zipf(1.5, size) - 1, 11)) * 7 % len(SERVICES)
    path = np.arange(start, start + size) if paths >= rows else (service * 50 + random.integers(0, 50, size)) % paths
    return {
        "serviceArn": service,
        "serviceNetworkArn": service % 5,
        "resolvedUser": caller,
        "callerPrincipalOrgID": caller % 3,
        "requestMethod": (path + (random.random(size) < 0.1)) % len(METHODS),
        "requestPath": path,
        "sourceVpcId": caller % len(VPCS),
        "hostHeader": service % len(NOUNS),
        "startTime": np.arange(start, start + size) * 10_000 // rows,
    }


def asker(policy: str) -> OfDocuments:
    given = read_attached("service-policy", Source("p.json", policy), 0, DEFAULT, Diagnostics())
    assert isinstance(given, Attached)
    return OfDocuments([given], {"network-auth": "none"}, {})


def replayed(path: Path, old: str, new: str) -> Tally:
    before, after, tally = asker(old), asker(new), Tally()
    replayer = ColumnReplayer(before, after, tally, Known({}, {}))
    with path.open("rb") as stream:
        replay_files([(path.name, io.BufferedReader(stream))], replayer, Log(), lambda _: None)  # type: ignore[arg-type]
    return tally


def kept(path: Path, folder: Path) -> None:
    """Read a log and keep it, as `--cache` does."""
    corpus = Corpus()
    with path.open("rb") as stream:
        replay_files([(path.name, io.BufferedReader(stream))], Reader(corpus), corpus.log)  # type: ignore[arg-type]
    save(folder, corpus, [])


def asked_again(folder: Path, old: str, new: str) -> Tally:
    """The replay of a log that was kept."""
    corpus, tally = load(folder, []), Tally()
    assert corpus is not None
    replay_corpus(corpus, ColumnReplayer(asker(old), asker(new), tally, Known({}, {})), Log())
    return tally


def sql(statements: list[Statement]) -> str:
    """A policy as a condition of SQL, which knows neither what is unknown nor why."""

    def one(item: Statement) -> str:
        noun, service = NOUNS[item.noun], SERVICES[item.service]
        resource = "serviceArn || requestPath"
        tests = [
            f"({resource} LIKE 'arn:aws:vpc-lattice:%:%:service/%/{noun}/%' OR {resource} LIKE '{service}/%')",
            f"requestMethod IN ({', '.join(repr(METHODS[at]) for at in item.methods)})",
        ]
        if item.account is not None:
            tests.append(f"split_part(resolvedUser, ':', 5) = '{ACCOUNTS[item.account]}'")
        if item.role is not None:
            tests.append(f"resolvedUser LIKE '%:assumed-role/{ROLES[item.role]}-%'")
        if item.vpcs is not None:
            tests.append(f"sourceVpcId IN ({', '.join(repr(VPCS[at]) for at in item.vpcs)})")
        if item.exported is not None:
            tests.append(f"(requestPath LIKE '/admin/%' OR requestPath LIKE '/{NOUNS[item.exported]}/export/%')")
        return "(" + " AND ".join(tests) + ")"

    allows = " OR ".join(one(item) for item in statements if not item.deny)
    denies = " OR ".join(one(item) for item in statements if item.deny) or "false"
    return f"({allows}) AND NOT ({denies})"


@dataclass
class Took:
    """The least time of several runs, in seconds: on the clock, and of all processors together."""

    wall: float
    cpu: float


def changes(old: list[Statement], new: list[Statement], source: str) -> str:
    """Both policies, and what the report of a replay tells of them, as far as SQL can."""
    asked = f"SELECT *, ({sql(old)}) AS old, ({sql(new)}) AS new, authDeniedReason = '-' AS logged FROM {source}"
    who = "regexp_replace(resolvedUser, '/[^/]*$', '/*')"
    told = f"old, new, logged, {who} AS who, requestMethod, serviceArn"
    sums = "count(*), count(DISTINCT resolvedUser), min(startTime), max(startTime)"
    return f"SELECT {told}, {sums} FROM ({asked}) WHERE old <> new OR old <> logged GROUP BY ALL"


def least(*works: Callable[[], Any], times: int = 3) -> list[Took]:
    """The least of several runs of each, in turns."""
    best = [Took(float("inf"), float("inf")) for _ in works]
    for _ in range(times):
        for at, work in enumerate(works):
            start, used = perf_counter(), process_time()
            work()
            took = Took(perf_counter() - start, process_time() - used)
            best[at] = Took(min(best[at].wall, took.wall), min(best[at].cpu, took.cpu))
    return best


def tell(name: str, rows: int, took: Took, beside: Took) -> None:
    print(
        f"  {name:8} {rows / took.wall:12,.0f} rows/s ({took.wall:.2f} s, {took.cpu:.2f} s of processors);"
        f" {beside.wall / took.wall:5.2f} of its scan on the clock, {beside.cpu / took.cpu:5.2f} of processors"
    )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rows", type=int, default=50_000)
    options.add_argument("--statements", type=int, default=10)
    options.add_argument("--paths", type=int, default=10_000, help="as many as rows: every path is another one")
    options.add_argument("--unrelated", action="store_true", help="every statement of the new policy is another one")
    options.add_argument("--folder", type=Path)
    args = options.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = args.folder or Path(made)
        path = folder / f"lattice-{args.rows}-{args.paths}-{args.statements}.parquet"
        old, new = policies(args.statements, args.unrelated)
        if not path.exists():
            make(path, args.rows, args.paths, old)
        connection = duckdb.connect()
        source = f"read_parquet('{path}')"
        (keeping,) = least(lambda: kept(path, folder / "kept"), times=1)
        scan, columns, again = least(
            lambda: connection.execute(f"SELECT sum(hash(COLUMNS(*))) FROM {source}").fetchall(),
            lambda: replayed(path, text(old), text(new)),
            lambda: asked_again(folder / "kept", text(old), text(new)),
        )
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # before SQL that groups every row
        asked, both = least(
            lambda: connection.execute(f"SELECT count(*) FROM {source} WHERE {sql(new)}").fetchall(),
            lambda: connection.execute(changes(old, new, source)).fetchall(),
            times=1,
        )
        tally = replayed(path, text(old), text(new))
        print(
            f"{args.rows:,} rows, {args.statements} statements on each side, {args.paths:,} paths;"
            f" {len(tally.changes):,} classes of changes, {len(tally.against):,} against the log"
        )
        assert asked_again(folder / "kept", text(old), text(new)) == tally
        for name, took in (("scan", scan), ("columns", columns), ("keeping", keeping), ("kept", again)):
            tell(name, args.rows, took, scan)
        for name, took in (("sql", asked), ("both", both)):
            tell(name, args.rows, took, scan)
            print(
                f"    columns to it: {took.wall / columns.wall:.1f} on the clock, {took.cpu / columns.cpu:.1f} of processors;"
                f" kept to it: {took.cpu / again.cpu:.1f} of processors"
            )
        rows = args.rows * 3 // 10
        lines = folder / f"lattice-{args.rows}-{args.paths}-{args.statements}-{rows}.jsonl"
        if not lines.exists():
            connection.execute(f"COPY (SELECT * FROM {source} LIMIT {rows}) TO '{lines}' (FORMAT json)")
        names = ", ".join(f"'{name}': 'VARCHAR'" for name in pq.read_schema(path).names)
        reader = f"read_json('{lines}', format='newline_delimited', columns={{{names}}})"
        plain, ours = least(
            lambda: connection.execute(f"SELECT sum(hash(COLUMNS(*))) FROM {reader}").fetchall(),
            lambda: replayed(lines, text(old), text(new)),
        )
        tell("lines", rows, ours, plain)
        print(f"  peak memory of columns and kept: {peak / 1024:,.0f} MB")


if __name__ == "__main__":
    main()
