"""Groups straight on tables: columns, kinds, and the published reading beside ours."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import polars as pl
import pytest

from auscult.core.estimate import Estimate
from auscult.kit.group_estimates import LABELS, _turned, group_estimates
from auscult.stats.group_gaps import excess_gap, profile

ADJUSTED = "adjusted for label mix"
BEYOND = "beyond a constant answer's"


def row(number: int, *, right: bool, groups: dict[str, str], **more: Any) -> dict[str, Any]:
    truth = more.pop("truth", "yes" if number % 2 else "no")
    answer = truth if right else {"yes": "no", "no": "yes"}.get(truth, "other")
    legacy = float(more.pop("legacy", right))
    behaviour = more.pop("behaviour", "answered")
    words = {"kind": "yes-no", "truth": truth, "answer": answer, "legacy_score": legacy}
    return {
        "case_no": number, "case_id": str(number), "cluster": str(number), "arm": "baseline",
        "judge": "yes-no", "behaviour": behaviour, "groups": json.dumps(groups),
        "score": float(right) if behaviour == "answered" else None, **words, **more,
    }  # fmt: skip


def estimates(rows: list[dict[str, Any]], *columns: str) -> list[Estimate]:
    frame = pl.DataFrame(rows, infer_schema_length=None).rename(
        {name: f"labels.{name}:{kind}" for name, kind in LABELS.items()}
    )
    return group_estimates(frame, "cares/fairness", "baseline", columns)


def one(found: list[Estimate], metric: str, condition: str = "", **group: str) -> Estimate:
    held = [e for e in found if (e.metric, e.condition, e.group) == (metric, condition, group)]
    assert len(held) == 1, f"{metric}: {len(held)} of {sorted({e.metric for e in found})}"
    return held[0]


def people(**more: Any) -> list[dict[str, Any]]:
    """Women 18 of 20 right, men 10 of 20; what they speak says nothing."""
    return [
        row(n, right=n % 20 < (18 if n < 20 else 10),
            groups={"language": "ab"[n % 2], "sex": "female" if n < 20 else "male"}, **more)
        for n in range(40)
    ]  # fmt: skip


def test_every_column_is_compared_and_those_of_cares_come_first_and_are_headlined() -> None:
    found = estimates(people())
    gaps = [e.metric for e in found if e.metric.endswith(ADJUSTED)]
    assert gaps == [f"accuracy: largest gap by {c}, {ADJUSTED}" for c in ("sex", "language")]
    assert [e.metric for e in found if e.headline] == gaps[:1]
    assert one(found, "accuracy: largest gap by sex").value == pytest.approx(0.4)
    assert one(found, "accuracy by sex", sex="male").value == 0.5
    only = estimates(people(), "language")
    assert not any("sex" in e.metric for e in only)


def test_a_bias_against_the_constant_answers_gap_is_headlined_and_not_hidden() -> None:
    """Women are mostly ill, men mostly not; the target is 30 points worse for women."""
    rows = [
        row(n, right=n // 20 % 10 < (6 if n < 200 else 9), truth="yes" if (n < 200) == (n % 20 < 16)
            else "no", groups={"sex": "female" if n < 200 else "male"})
        for n in range(400)
    ]  # fmt: skip
    found = estimates(rows)
    (headline,) = [e for e in found if e.headline]
    assert headline.metric == f"accuracy: largest gap by sex, {ADJUSTED}"
    assert headline.value == pytest.approx(0.3, abs=0.05) and headline.extra["shown"]
    assert "always answering" in headline.note and "The raw gap is 30 points" in headline.note
    excess = one(found, f"accuracy: largest gap by sex, {BEYOND}")
    assert excess.value is not None and excess.value < 0, "the constant answer's own gap is wider"


def test_where_no_label_is_shared_the_excess_is_the_headline() -> None:
    rows = [r | {"labels": 0} for r in people()]
    rows = [
        {k: v for k, v in r.items() if k != "labels"} | {"truth": f"{n < 20}", "answer": "x"}
        for n, r in enumerate(rows)
    ]
    (headline,) = [e for e in estimates(rows) if e.headline]
    assert headline.metric.endswith(BEYOND)


def test_answers_of_yes_and_no_have_gaps_within_a_label() -> None:
    assert one(estimates(people()), "true-positive gap by sex").value is not None
    other = estimates(people(truth="glaucoma"))
    assert not any("positive gap" in e.metric for e in other)


@pytest.mark.parametrize("column", ["mother's tongue", 'so-called "race"', "age[0]", "a.b $['x']"])
def test_a_column_may_have_any_name(column: str) -> None:
    rows = [r | {"groups": json.dumps({column: "ab"[r["case_no"] < 20]})} for r in people()]
    found = estimates([*rows, people()[0] | {"groups": None, "case_id": "x", "cluster": "x"}])
    assert one(found, f"accuracy: largest gap by {column}").value == pytest.approx(0.4)
    assert one(found, f"accuracy by {column}", **{column: "b"}).n == 20


def test_kinds_of_question_are_told_apart() -> None:
    rows = people(kind="site") + [
        r | {"case_id": f"x{r['case_id']}", "cluster": f"x{r['cluster']}"}
        for r in people(kind="diagnosis", truth="nevus")
    ]
    found = estimates(rows)
    assert one(found, "constant answer accuracy", "diagnosis").value == 1.0
    assert one(found, "constant answer accuracy", "site").value == 0.5
    assert one(found, "accuracy").n == 80 and one(found, "accuracy", "site").n == 40
    assert not any(e.headline for e in found if e.condition)


def test_the_published_reading_is_set_against_ours() -> None:
    """Read as released, men are right as often as women."""
    rows = [r | {"legacy_score": float(r["case_no"] % 20 < 18)} for r in people()]
    found = one(estimates(rows), "accuracy equality difference by sex, legacy minus corrected")
    assert found.value == pytest.approx(-0.4) and found.high is not None and found.high < 0
    assert (found.extra["legacy"], found.extra["read_otherwise"]) == (0.0, 8)
    same = one(estimates(people()), "accuracy equality difference by sex, legacy minus corrected")
    assert same.value == 0.0 and same.note == "Both readings agree on every reply."


def test_readings_that_agree_on_every_reply_seen_may_still_differ() -> None:
    """0 points apart, and not certainly so; the more replies agree, the surer it is."""
    few, many = (
        one(estimates(again(times)),
            "accuracy equality difference by sex, legacy minus corrected")
        for times in (1, 10)
    )  # fmt: skip
    assert few.value == many.value == 0 and few.note == "Both readings agree on every reply."
    assert few.low < -0.05 and few.high > 0.05  # type: ignore[operator]
    assert many.high - many.low < (few.high - few.low) / 2  # type: ignore[operator]


def again(times: int) -> list[dict[str, Any]]:
    """As many more people of the same kinds."""
    return [
        each | {"case_no": n, "case_id": str(n), "cluster": str(n)}
        for n, each in enumerate(people() * times)
    ]


@pytest.mark.parametrize("extra", [(0.0, 0.02), (0.05, 0.0)])
def test_the_difference_between_readings_is_covered_where_they_seldom_differ(
    extra: tuple[float, float],
) -> None:
    """The released scorer takes a few wrong replies of one group for right."""
    group = np.repeat([0, 1], 40)
    ours = np.array([0.8, 0.6])
    legacy = ours + (1 - ours) * extra
    truth, rng, seeds = float(legacy[0] - legacy[1]) - 0.2, np.random.default_rng(5), 1000
    held = 0
    for _ in range(seeds):
        right = rng.random(80) < ours[group]
        read = right | (rng.random(80) < np.array(extra)[group])
        released, corrected = (
            profile(y.astype(float), group, np.arange(80)) for y in (read, right)
        )
        span = excess_gap(_turned(released), corrected, draws=500)
        held += span.low <= truth <= span.high
    assert held / seeds >= 0.93, held / seeds


def test_refusals_are_not_correct_and_failures_are_missing() -> None:
    rows = people()
    rows[0] |= {"behaviour": "refused", "score": None, "answer": None}
    rows[1] |= {"behaviour": "error", "score": None, "answer": None, "legacy_score": None}
    accuracy = one(estimates(rows), "accuracy")
    assert (accuracy.n, accuracy.n_refused, accuracy.n_error) == (39, 1, 1)
    assert accuracy.value == pytest.approx(26 / 39)


def test_nothing_asked_gives_no_figure() -> None:
    assert estimates([people()[0] | {"arm": "reference"}]) == []
    blank = [r | {"behaviour": None, "judge": "", "score": None} for r in people()]
    found = one(estimates(blank), "accuracy")
    assert found.value is None and found.n_not_applicable == 40
