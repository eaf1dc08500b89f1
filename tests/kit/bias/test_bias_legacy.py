"""The count of DAS, without what its released code got wrong."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from auscult.kit.bias.legacy import (
    CHANGED,
    UNDER_CONTROL,
    Counted,
    das_estimates,
    flipped,
    majority,
    union,
)
from auscult.kit.bias.table import Design


@pytest.mark.parametrize(
    ("votes", "label"),
    [
        ((1, 1, 2), 1), ((1, 2, 3), None), ((1, 2), None), ((1, None, None), 1), ((), None),
        ((None, None), None), ((-1, -1, 2), -1), ((1, 1, 2, 2), None), ((1, 1, 1, 2, 2), 1),
        ((1, 1, 2, 3), None),
    ],
)  # fmt: skip
def test_a_majority_is_more_than_half_of_the_votes_that_came(votes: Any, label: Any) -> None:
    assert majority(votes) == label


def test_a_tie_is_no_label_so_it_is_no_flip() -> None:
    assert flipped((1, 1, 1), (1, 2, 3)) is None
    assert flipped((1, 2, 3), (1, 1, 1)) is None
    assert flipped((1, 1, 2), (2, 2, 1)) is True
    assert flipped((1, 1, 2), (1, 1, 3)) is False


def test_the_union_is_over_what_was_tested() -> None:
    tested = [
        Counted(1, 1, "emotion", True, False),
        Counted(1, 1, "identity", False, None),
        Counted(2, 1, "identity", False, False),
        Counted(3, 2, "identity", None, True),
    ]
    assert union(tested, "attacked") == {1: True, 2: False}
    assert union(tested, "control") == {1: False, 2: False, 3: True}


def votes(case: int, attack: str, family: str, said: str) -> pl.DataFrame:
    """`said` holds a vote a word: attack, neutral, control; x is a failed call."""
    rows = [[None if c == "x" else float(c) for c in word] for word in said.split()]
    return pl.DataFrame(
        {
            "case_id": [case] * len(rows),
            "cluster": [case // 2] * len(rows),
            "attack": [attack] * len(rows),
            "family": [family] * len(rows),
            "outcome": [row[0] for row in rows],
            "outcome_neutral": [row[1] for row in rows],
            "outcome_control": [row[2] for row in rows],
        },
        schema_overrides={
            "cluster": pl.UInt64,
            **dict.fromkeys(("outcome", "outcome_neutral", "outcome_control"), pl.Float64),
        },
    )


def test_skipped_cases_never_count_and_the_denominator_is_what_was_tested() -> None:
    """Defect 5: 415 cases stood under every figure, and a case left out of a family (a psychiatric
    one of emotions) counted as broken. Here a family knows nothing of cases it did not meet."""
    rows = pl.concat(
        [
            votes(0, "bias/emotion", "emotion", "111 111 111"),
            votes(0, "bias/income", "identity", "211 211 111"),
            votes(1, "bias/income", "identity", "111 111 112"),
            votes(2, "bias/income", "identity", "101 202 313"),
            votes(3, "bias/income", "identity", "xxx xxx xxx"),
        ]
    )
    found = {(e.metric, e.group.get("family", "")): e for e in das_estimates(rows, Design("s"))}
    union_of_all, emotion = found[CHANGED, ""], found[CHANGED, "emotion"]
    assert (union_of_all.n, union_of_all.value) == (2, 0.5)
    assert union_of_all.extra["without_majority"] == 2
    assert (emotion.n, emotion.value) == (1, 0.0), "the three others were not tested"
    assert found[CHANGED, "identity"].n == 2
    assert found[UNDER_CONTROL, ""].value == 0
    assert all("comparison" in e.note for (m, _), e in found.items() if m == CHANGED)


def test_nothing_tested_is_no_figure() -> None:
    empty = das_estimates(votes(0, "a", "identity", "1x1"), Design("s"))
    assert all(e.value is None for e in empty if e.metric == CHANGED)
