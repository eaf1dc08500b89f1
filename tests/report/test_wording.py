"""Sentences from numbers: singular and plural, none and all, nothing claimed that is not there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from fake_view import FakeView, estimate
from hypothesis import given
from hypothesis import strategies as st

from auscult.report import narrowing, wording
from auscult.report.results import build_results
from auscult.report.wording import Mark


def plain(value: float | None, low: float | None, high: float | None, **more: Any) -> str:
    return wording.sentence(estimate("accuracy", value, low, high, **({"n": 84} | more)))


@pytest.mark.parametrize(
    ("value", "low", "high", "said"),
    [
        (
            0.62, 0.51, 0.72,
            "In 100 such questions, about 62 were answered correctly; 95% interval 51 to 72, from "
            "84 cases.",
        ),
        (
            0.012, 0.002, 0.06,
            "In 100 such questions, about 1 was answered correctly; 95% interval 0 to 6, from 84 "
            "cases.",
        ),
        (
            0.0, 0.0, 0.043,
            "Of 84 counted, none was answered correctly; 95% interval 0 to 4 in 100.",
        ),
        (1.0, 0.957, 1.0, "Of 84 counted, all were answered correctly; 95% interval 96 to 100 in "
         "100."),
        (
            0.004, 0.001, 0.012,
            "In 1,000 such questions, about 4 were answered correctly; 95% interval 1 to 12, from "
            "84 cases.",
        ),
        (
            0.62, None, None,
            "In 100 such questions, about 62 were answered correctly; no interval could be "
            "computed, from 84 cases.",
        ),
    ],
)  # fmt: skip
def test_a_share_is_told_as_so_many_in_a_hundred(
    value: float, low: float | None, high: float | None, said: str
) -> None:
    assert plain(value, low, high) == said


def test_one_case_is_said_to_be_one() -> None:
    assert plain(1.0, 0.025, 1.0, n=1, n_clusters=1) == (
        "Only one was counted, which says almost nothing; 95% interval 2 to 100 in 100."
    )


def test_no_figure_gives_its_reason() -> None:
    said = plain(None, None, None, note="No rate: all 9 calls failed, so nothing was measured.")
    assert said == ("Accuracy: no figure. No rate: all 9 calls failed, so nothing was measured.")


@pytest.mark.parametrize(
    ("competence", "said"),
    [
        (True, "The score is better than each of these baselines."),
        (
            False,
            "Not every trivial baseline is beaten: the score alone does not show the ability that "
            "it is meant to measure.",
        ),
        (None, "Guessing would get 25."),
    ],
)
def test_competence_is_said_only_where_the_suite_says_it(
    competence: bool | None, said: str
) -> None:
    found = estimate("accuracy", 0.62, 0.51, 0.72)
    sentence = wording.sentence(found, [Mark("guessing", 0.25)], competence)
    assert "Guessing would get 25." in sentence
    assert sentence.endswith(said)


def test_a_difference_that_includes_none_says_so() -> None:
    found = estimate(
        "flips", 0.03, -0.02, 0.08, unit="difference of proportions", arm="attack",
        control_arm="control", n=84,
    )  # fmt: skip
    assert wording.sentence(found) == (
        "Flips (attack against control): 3 percentage points more; 95% interval −2 to +8, from 84 "
        "cases. The interval includes no difference at all."
    )
    less = msgspec.structs.replace(found, value=-0.01, low=-0.2, high=-0.001)
    assert "1 percentage point less; 95% interval −20 to 0, from" in wording.sentence(less)
    none = msgspec.structs.replace(found, value=0.0)
    assert "no difference seen; 95% interval −2 to +8" in wording.sentence(none)


def test_a_suite_may_bring_its_own_words() -> None:
    words = {"things": "letters", "one": "named a patient", "many": "named a patient"}
    found = estimate("disclosure", 0.12, 0.06, 0.21, n=84, extra={"phrase": words})
    assert wording.sentence(found).startswith("In 100 such letters, about 12 named a patient;")


def test_an_unknown_metric_is_named_and_not_guessed_at() -> None:
    found = estimate("toxic_tone", 0.12, 0.06, 0.21, n=84, arm="rude")
    assert wording.sentence(found) == (
        "Toxic tone (arm: rude): about 12 in 100; 95% interval 6 to 21, from 84 cases."
    )


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_no_share_is_rounded_to_none_or_all(a: float, b: float, c: float) -> None:
    low, value, high = sorted((a, b, c))
    text = wording.value_text(estimate("accuracy", value, low, high))
    if 0.0001 < value < 0.9999:
        assert float(text.rstrip("%")) not in (0.0, 100.0)
    assert wording.interval_text(estimate("accuracy", value, low, high)).endswith("%")


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.4, "0 s"), (59.4, "59 s"), (60, "1 min"), (298.4, "4 min 58 s"), (11_100, "3 h 05 min")],
)
def test_durations(seconds: float, said: str) -> None:
    assert wording.duration(seconds) == said


def test_money_is_never_a_zero_nobody_checked() -> None:
    assert wording.money(None, "", "USD") == "unknown"
    assert wording.money(0.0, "", "USD") == "0.00 USD"
    assert wording.money(0.0002, "", "USD") == "under 0.01 USD"


@pytest.mark.parametrize("stopped", ["complete", "time cap", "interrupted", "killed"])
def test_every_way_to_stop_is_a_sentence(stopped: str) -> None:
    said = wording.stop_sentence(stopped)
    assert said.startswith("The run ") and said.endswith(".")


def test_a_failure_keeps_its_reason() -> None:
    said = wording.stop_sentence("failed: no key: set OPENAI_API_KEY")
    assert said == "The run failed before it was finished: no key: set OPENAI_API_KEY"


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        (
            {"narrowing": {"half_width": 0.05, "further_cases": 40}},
            "Accuracy to plus or minus 5 points: about 40 more cases (120 calls, 2 min 14 s, 0.01 "
            "USD at this run's pace).",
        ),
        (
            {"cases_for_half_width_0.10": 89},
            "Accuracy to plus or minus 10 points: about 89 more cases (267 calls, 4 min 58 s, 0.01 "
            "USD at this run's pace). The data hold only 48 more.",
        ),
        (
            {"narrowing": {"half_width": 0.05, "further_cases": 0}},
            "Accuracy is already known to plus or minus 5 points.",
        ),
        ({"narrowing": {"half_width": 0.05, "further_cases": None}}, ""),
        ({}, ""),
    ],
)
def test_what_narrowing_costs(tmp_path: Path, extra: dict[str, Any], said: str) -> None:
    results = build_results(FakeView(tmp_path))  # type: ignore[arg-type]
    found = estimate("accuracy", 0.62, 0.51, 0.72, extra=extra)
    assert narrowing.narrowing(found, results) == said
