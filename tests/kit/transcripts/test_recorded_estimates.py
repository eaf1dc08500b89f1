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
    LABELS,
    LENIENT,
    SURVIVE,
    pairs_of,
    recorded_estimates,
)
from auscult.kit.transcripts.table import ABSENT, FAILED, STRICT, UNREAD
from auscult.stats.table import with_labels

PROMPTS, TWICE = 106, 25
Row = tuple[str, str, str, float | None, str]
"""Model, question, prompt, score, codes."""


def table(rows: list[Row], lost: str = UNREAD) -> pl.DataFrame:
    held = [
        {
            "case_no": number, "case_id": f"{model}/{asked}", "cluster": prompt, "arm": "recorded",
            "repeat": 0, "judge": "as recorded",
            "behaviour": "error" if score is None else "answered", "score": score,
            COLUMNS[-4]: model, COLUMNS[-3]: asked, COLUMNS[-2]: codes,
            COLUMNS[-1]: lost if score is None else None,
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


def test_chance_alone_makes_a_pair_in_at_most_a_twentieth_of_families() -> None:
    families, claimed = 200, 0
    for seed in range(families):
        rng = Random(seed)
        rows = [row for model in "abcd" for row in rows_of(model, 0.6, rng)]
        pairs = pairs_of(with_labels(table(rows), LABELS), "abcd")
        claimed += bool(only(pairs, SURVIVE).value)
    assert claimed <= 0.05 * families, "the promise of Holm"


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


def test_pairs_are_of_the_prompts_put_to_both() -> None:
    rows: list[Row] = [("a", str(n), str(n), 1.0, "0") for n in range(20)]
    rows += [("b", str(n), str(n), 0.0, "1") for n in range(10, 30)]
    found = recorded_estimates(table(rows))
    (pair,) = [e for e in found if e.metric == DIFFER]
    assert pair.n_clusters == 10 and pair.value == -1.0
    lacking = only(found, STRICT, model="a")
    assert "10 of the 30 prompts are not among the answers of this model" in lacking.note


def test_lost_findings_enter_the_bounds_and_undo_a_pair() -> None:
    """Both fail in 60%; the first one's detector loses two thirds of what it flagged."""
    flagged = [n for n in range(130) if n % 5 <= 2]
    gone = {*flagged} - {*flagged[::3]}
    clean = {"a": {*range(130)} - {*flagged}, "b": {*range(0, 104, 2)}}
    rows: list[Row] = [("b", str(n), str(n), float(n in clean["b"]), "1") for n in range(130)]
    rows += [
        ("a", str(n), str(n), None if n in gone else float(n in clean["a"]), "1")
        for n in range(130)
    ]  # fmt: skip
    assert len(clean["a"]) == len(clean["b"]) == 52
    found = recorded_estimates(table(rows, ABSENT))
    strict = only(found, STRICT, model="a")
    assert strict.value == pytest.approx(1 / 3) and len(gone) == 52
    assert (strict.extra["bound_low"], strict.extra["bound_high"]) == pytest.approx((0.2, 0.6))
    (pair,) = [e for e in found if e.metric == DIFFER]
    assert pair.extra["undecided"] and not only(found, SURVIVE).value
    assert "Of 1 what is missing could turn the sign" in only(found, SURVIVE).note


def test_which_of_two_answers_is_lost_moves_no_figure_of_another() -> None:
    """A dropped first row leaves the second one in its place: it must not be taken for it."""
    rng = Random(8)
    rows = rows_of("a", 0.4, rng)
    full = rows_of("b", 0.6, rng)
    told = []
    for shifted in (False, True):
        mine: list[Row] = []
        for model, asked, prompt, score, code in rows:
            first, twice = asked.endswith("-0"), int(prompt) < TWICE
            if twice and not shifted:
                mine.append((model, asked, prompt, None if first else score, code))
            elif twice:
                kept = next(r for r in rows if r[1] == f"{prompt}-1")
                mine.append((model, asked, prompt, kept[3] if first else None, kept[4]))
            else:
                mine.append((model, asked, prompt, score, code))
        found = recorded_estimates(table([*mine, *full], ABSENT))
        told.append([(e.metric, e.value, e.low, e.high, e.extra.get("bound_low"))
                     for e in found if e.metric != KIND])  # fmt: skip
    assert told[0] == told[1]


def test_what_is_missing_is_told_by_its_cause_and_never_as_a_call() -> None:
    rows: list[Row] = [("m", str(n), str(n), None if n < 3 else 1.0, "0") for n in range(10)]
    said = {lost: only(recorded_estimates(table(rows, lost)), STRICT, model="m").note
            for lost in (UNREAD, ABSENT, FAILED)}  # fmt: skip
    assert "3 of 10 answers are missing: 3 without a recorded finding; " in said[UNREAD]
    assert "between 0% and 30%" in said[UNREAD]
    assert "3 that other models answered and of which this one has no row" in said[ABSENT]
    assert "3 recorded without an answer" in said[FAILED]
    nothing: list[Row] = [("m", str(n), str(n), None, "0") for n in range(3)]
    empty = only(recorded_estimates(table(nothing)), STRICT, model="m").note
    assert empty == "No rate: no finding can be read: 3 without a recorded finding."
    assert not [words for words in (*said.values(), empty) if "call" in words]


def test_every_figure_says_that_a_cluster_is_a_prompt() -> None:
    rows = [*rows_of("a", 0.3, Random(1)), *rows_of("b", 0.6, Random(2))]
    found = [e for e in recorded_estimates(table(rows)) if e.metric != SURVIVE]
    assert {e.extra["clustered"] for e in found} == {"prompts"}


def test_kinds_are_counted_over_all_models() -> None:
    rows: list[Row] = [("a", "1", "1", 0.0, "1,2"), ("b", "1", "1", 0.0, "2"),
                       ("a", "2", "2", 1.0, "0"), ("b", "2", "2", 1.0, "0")]  # fmt: skip
    found = recorded_estimates(table(rows))
    assert only(found, KIND, kind="2 citations").value == 0.5
    assert only(found, KIND, kind="1 facts").value == 0.25
    assert only(found, KIND, kind="5 safety").value == 0.0
