"""Rates of recorded findings: planted ones are found, lost rows are told, chance makes no pairs."""

from __future__ import annotations

from random import Random

import polars as pl
import pytest

from auscult.core.estimate import Estimate
from auscult.kit.transcripts.estimates import (
    COLUMNS,
    DIFFER,
    KIND,
    LENIENT,
    STRICT,
    SURVIVE,
    recorded_estimates,
)

PROMPTS, TWICE = 106, 25
Row = tuple[str, str, str, float | None, str]
"""Model, question, prompt, score, codes."""


def table(rows: list[Row]) -> pl.DataFrame:
    held = [
        {
            "case_no": number, "case_id": f"{model}/{asked}", "cluster": prompt, "arm": "recorded",
            "repeat": 0, "judge": "as recorded",
            "behaviour": "error" if score is None else "answered", "score": score,
            COLUMNS[-3]: model, COLUMNS[-2]: asked, COLUMNS[-1]: codes,
        }
        for number, (model, asked, prompt, score, codes) in enumerate(rows)
    ]  # fmt: skip
    return pl.DataFrame(held, infer_schema_length=None)


def rows_of(model: str, rate: float, rng: Random) -> list[Row]:
    """Two askings of a prompt share most of their luck, as released answers do."""
    found: list[Row] = []
    for number in range(PROMPTS):
        bad = rng.random() < rate
        for place in range(2 if number < TWICE else 1):
            wrong = bad if rng.random() < 0.8 else rng.random() < rate
            code = str(rng.randint(1, 7)) if wrong else "0"
            found.append((model, f"{number}-{place}", str(number), float(not wrong), code))
    return found


def only(found: list[Estimate], metric: str, **words: str) -> Estimate:
    (one,) = [e for e in found if e.metric == metric and e.group == words]
    return one


def test_strict_and_lenient_count_what_they_say() -> None:
    scores = [0.0, 0.5, 1.0, 1.0, None]
    rows: list[Row] = [("m", str(n), str(n), s, "0") for n, s in enumerate(scores)]
    found = recorded_estimates(table(rows))
    strict, lenient = only(found, STRICT, model="m"), only(found, LENIENT, model="m")
    assert (strict.value, strict.n, strict.n_error) == (0.25, 4, 1)
    assert lenient.value == 0.5
    assert strict.extra["bound_low"] == 0.2 and strict.extra["bound_high"] == 0.4
    assert [e.metric for e in found] == [STRICT, LENIENT]


def test_an_interval_covers_the_rate_though_prompts_occur_twice() -> None:
    covered = 0
    for seed in range(200):
        found = recorded_estimates(table(rows_of("m", 0.6, Random(seed))))
        strict = only(found, STRICT, model="m")
        assert strict.n == PROMPTS + TWICE and strict.n_clusters == PROMPTS
        assert strict.low is not None and strict.high is not None
        covered += strict.low <= 0.6 <= strict.high
    assert covered >= 182, "under 0.93 of 200 by more than chance"


def test_chance_alone_makes_hardly_any_pair() -> None:
    claimed = 0
    for seed in range(60):
        rng = Random(seed)
        rows = [row for model in "abcde" for row in rows_of(model, 0.6, rng)]
        claimed += bool(only(recorded_estimates(table(rows)), SURVIVE).value)
    assert claimed <= 8, "more than 5% of families claim something, beyond chance"


def test_a_pair_that_differs_is_named() -> None:
    rng = Random(3)
    rows = [*rows_of("a", 0.3, rng), *rows_of("b", 0.35, rng), *rows_of("c", 0.9, rng)]
    found = recorded_estimates(table(rows))
    survivors = only(found, SURVIVE)
    assert survivors.value == 2
    assert "a and c by" in survivors.note and "b and c by" in survivors.note
    pairs = [e for e in found if e.metric == DIFFER]
    assert [(e.arm, e.control_arm) for e in pairs] == [("a", "b"), ("a", "c"), ("b", "c")]
    assert pairs[1].value == pytest.approx(-0.6, abs=0.15)
    assert all(e.p_adjusted is not None for e in pairs)


def test_pairs_are_of_the_questions_that_both_answered() -> None:
    rows: list[Row] = [("a", str(n), str(n), 1.0, "0") for n in range(20)]
    rows += [("b", str(n), str(n), 0.0, "1") for n in range(10, 30)]
    found = recorded_estimates(table(rows))
    (pair,) = [e for e in found if e.metric == DIFFER]
    assert pair.n_clusters == 10 and pair.value == -1.0
    lacking = only(found, STRICT, model="a")
    assert "10 of the 30 questions have no answer of this model" in lacking.note


def test_kinds_are_counted_over_all_models() -> None:
    rows: list[Row] = [("a", "1", "1", 0.0, "1,2"), ("b", "1", "1", 0.0, "2"),
                       ("a", "2", "2", 1.0, "0"), ("b", "2", "2", 1.0, "0")]  # fmt: skip
    found = recorded_estimates(table(rows))
    assert only(found, KIND, kind="2 citations").value == 0.5
    assert only(found, KIND, kind="1 facts").value == 0.25
    assert only(found, KIND, kind="5 safety").value == 0.0
