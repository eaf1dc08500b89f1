from __future__ import annotations

import polars as pl
import pytest

from auscult.stats.table import (
    ANSWERED_ONLY,
    COUNTED,
    EXCLUDED,
    MISSING,
    NOT_APPLICABLE,
    behaved,
    behaviour_counts,
    classified,
    correctness,
    torn_case,
    with_labels,
)


def test_labels_become_columns_and_nonsense_becomes_null():
    frame = pl.DataFrame(
        {
            "labels": [
                '{"order": [2, 0, 1], "shown": 3, "p": 0.5, "ok": true, "said": "a b"}',
                '{"order": "x", "shown": "many", "p": null, "ok": 7, "said": null}',
                "{}",
            ]
        }
    )
    kinds = {"order": "integers", "shown": "integer", "p": "number", "ok": "flag", "said": "text"}
    read = with_labels(frame, kinds).drop("labels").rows()  # type: ignore[arg-type]
    assert read[0] == ([2, 0, 1], 3, 0.5, True, "a b")
    assert read[1][1:] == (None, None, None, None)
    assert read[2] == (None, None, None, None, None)


def test_states_of_rows():
    frame = pl.DataFrame(
        {
            "behaviour": ["answered", "partial", "answered", "refused", "invalid", "error", ""],
            "score": [1.0, 0.5, None, None, None, None, None],
        }
    )
    asked = classified(frame, correctness(), ANSWERED_ONLY)
    assert asked["state"].to_list() == [
        COUNTED,
        COUNTED,
        MISSING,  # an answer that nobody scored is not a wrong answer
        EXCLUDED,
        EXCLUDED,
        MISSING,
        NOT_APPLICABLE,
    ]
    assert classified(frame, behaved("refused"), ANSWERED_ONLY)["y"].to_list()[3] == 1.0


def test_behaviours_are_counted_and_unknown_ones_refused():
    counts = behaviour_counts(pl.DataFrame({"behaviour": ["error", "error", None, "refused"]}))
    assert counts == {
        "n_invalid": 0,
        "n_error": 2,
        "n_refused": 1,
        "n_abstained": 0,
        "n_not_applicable": 1,
    }
    with pytest.raises(ValueError, match="unknown behaviours: sulked"):
        behaviour_counts(pl.DataFrame({"behaviour": ["sulked"]}))


def test_cases_in_several_clusters_are_named():
    frame = pl.DataFrame({"case_id": ["a", "b", "b", "c", "c"], "cluster": [1, 2, 2, 3, 3]})
    assert torn_case(frame) == "" == torn_case(frame.head(0))
    torn = frame.with_columns(cluster=pl.Series(["1", "2", "7", "3", None]))
    assert torn_case(torn).startswith(
        "Not measured: 2 cases are in several clusters (case 'b' in '2' and '7')"
    )
    assert "1 case is in several clusters (case 'c' in '3' and in none)" in torn_case(torn[3:])
