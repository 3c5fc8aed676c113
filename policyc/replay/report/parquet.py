"""The classes of a report as a Parquet file, with the columns of its CSV."""

from __future__ import annotations

from io import BytesIO

from policyc.replay.report.plain import COLUMNS, rows_of
from policyc.replay.report.replay import Replay


def as_parquet(found: Replay) -> bytes:
    """The file: texts, and numbers for counts; times as the log writes them."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    numbers = ("count", "callers")
    schema = pa.schema([(name, pa.int64() if name in numbers else pa.string()) for name in COLUMNS])
    out = BytesIO()
    pq.write_table(pa.Table.from_pylist(rows_of(found), schema), out, compression="zstd")
    return out.getvalue()
