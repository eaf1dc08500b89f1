from __future__ import annotations

import polars as pl
import pytest

from auscult.stats import grouped
from auscult.stats.grouped import codes, parts
from auscult.stats.rates import rate
from auscult.stats.table import blank


@pytest.mark.parametrize("kind", [pl.Int64, pl.UInt64, pl.String, pl.Categorical])
def test_rows_without_a_cluster_are_kept_and_are_one_in_one_piece_and_in_many(kind, monkeypatch):
    clusters = [*range(30), *range(30), *[None] * 12]
    named = pl.Series([None if c is None else str(c) for c in clusters])
    frame = pl.DataFrame(
        {
            "cluster": named.cast(kind),
            "arm": "a",
            "behaviour": "answered",
            "score": [float(i % 3 == 0) for i in range(len(clusters))],
        }
    )
    about = blank("demo", "m", "Something.", arm="a")
    whole = rate(frame, about)
    monkeypatch.setattr(grouped, "PART", 8)
    pieces = list(parts(frame))
    assert len(pieces) == 9
    assert sum(map(len, pieces)) == len(frame)
    assert sorted(piece["cluster"].null_count() for piece in pieces) == [0] * 8 + [12]
    assert rate(frame, about) == whole
    assert (whole.n, whole.n_clusters) == (72, 31)


def test_numbers_of_values_sort_as_they_do_and_no_value_is_one_of_its_own():
    assert codes(pl.Series([5, 3, 5])).tolist() == [5, 3, 5]
    for values in ([5, None, 3, None, 5], ["5", None, "3", None, "5"]):
        assert codes(pl.Series(values)).tolist() == [2, 0, 1, 0, 2]
