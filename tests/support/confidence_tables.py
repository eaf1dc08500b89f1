"""Small tables of answers with a stated confidence."""

from __future__ import annotations

from typing import Any

import polars as pl
from hypothesis import settings
from hypothesis import strategies as st

from auscult.core.estimate import Estimate
from auscult.stats.calibration import calibration_estimates
from auscult.stats.table import blank

unhurried = settings(deadline=None, max_examples=50)
heavy = settings(deadline=None, max_examples=25)  # two thousand draws an example
answers = st.lists(
    st.tuples(
        st.sampled_from([0.0, 0.1, 0.5, 0.8, 0.9, 1.0]),
        st.sampled_from([0.0, 0.3, 1.0]),
        st.integers(0, 5),
    ),
    min_size=1,
    max_size=25,
)
SCHEMA = {
    "cluster": pl.String,
    "behaviour": pl.String,
    "score": pl.Float64,
    "sure": pl.Float64,
}
Row = tuple[str, str, float | None, float | None]


def table(*rows: Row) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=SCHEMA, orient="row")


def about() -> Estimate:
    return blank("demo", "calibration", "Of the demo.")


def by_metric(frame: pl.DataFrame, **settings: Any) -> dict[str, Estimate]:
    found = calibration_estimates(frame, about(), confidence="sure", **settings)
    return {estimate.metric.removeprefix("calibration/"): estimate for estimate in found}
