"""Small tables of judged trials, and judges with a known error."""

from __future__ import annotations

import math

import polars as pl

from auscult.stats.agreement import labels
from auscult.stats.confusion import ErrorDraws, error_draws
from auscult.stats.table import blank

FAILED = pl.col("score")
NONE = math.nan
SCHEMA = {
    "case_id": pl.String,
    "cluster": pl.String,
    "arm": pl.String,
    "behaviour": pl.String,
    "score": pl.Float64,
    "truth": pl.Float64,
    "inclusion": pl.Float64,
}
ABOUT = blank("demo", "failures", "How many fail.", arm="attack", control_arm="control")


def table(rows) -> pl.DataFrame:
    """From (case, arm, judged, truth, inclusion); a patient has three cases."""
    full = [
        (f"c{case}", f"p{case // 3}", arm, "answered", float(judged), truth, inclusion)
        for case, arm, judged, truth, inclusion in rows
    ]
    return pl.DataFrame(full, schema=SCHEMA, orient="row")


def one_arm(*cells) -> pl.DataFrame:
    """From (how many, judged, truth, inclusion), each case its own patient."""
    rows = [cell for n, *cell in cells for _ in range(n)]
    return table([(3 * i, "attack", *row) for i, row in enumerate(rows)])


def errors_of(hits, misses, rejected, alarms, source="run", **more) -> ErrorDraws:
    cells = [("yes", "yes", hits), ("yes", "no", misses), ("no", "no", rejected)]
    cells.append(("no", "yes", alarms))
    said = [t for t, _, n in cells for _ in range(n)]
    seen = [j for _, j, n in cells for _ in range(n)]
    return error_draws(labels(said, seen, 0.1, levels=("no", "yes")), source=source, **more)


def perfect(share: float = 0.5, n: int = 200) -> ErrorDraws:
    return errors_of(round(n * share), 0, n - round(n * share), 0)
