"""What labels say: worked by hand, and on simulated runs whose truth is known."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from review_simulation import GRID, Design, coverage, sample_in

from auscult.core.errors import UsageError
from auscult.core.protocols import Watched
from auscult.core.verdict import Verdict
from auscult.judges.criteria import build as criteria
from auscult.judges.refusal import build as refusal
from auscult.kit.review.corrected import corrected
from auscult.kit.review.measure import (
    CANNOT_TELL,
    between,
    judge_measured,
    overturned,
    sample_of,
    settled,
)
from auscult.kit.review.records import Drawn, Label, Queue, Review, Stratum
from auscult.kit.review.scheme import Outcome, label_of, scheme_of
from auscult.stats.rates import rate
from auscult.stats.table import blank

NO, YES = "no", "yes"
OUTCOMES = {NO: (Outcome("answered", 0.0),), YES: (Outcome("answered", 1.0),)}
SIZES = {NO: 6, YES: 4}


def review(
    judged: str,
    labels: dict[int, str | list[tuple[str, str]]],
    *,
    part: dict[int, Any] | None = None,
) -> Review:
    """`judged` is n or y an item, in queue order; `labels` by place, of one reader or several."""
    said = [YES if letter == "y" else NO for letter in judged]
    items = tuple(
        Drawn(
            id=f"q-{n}", place=n, suite="s", case_no=n, case_id=f"c{n}", cluster=f"c{n}",
            attempt=0, arm="a", repeat=0, judged=label, stratum=label,
            part=(part or {}).get(n, "random"),
            inclusion=None if (part or {}).get(n) else said.count(label) / SIZES[label],
        )
        for n, label in enumerate(said)
    )  # fmt: skip
    words = []
    for n, told in labels.items():
        for who, label in [("A", told)] if isinstance(told, str) else told:
            words.append(
                Label(item=f"q-{n}", reviewer=who, label=label, at=f"{len(words):03}", added="",
                      part=items[n].part, inclusion=items[n].inclusion)
            )  # fmt: skip
    queue = Queue(
        id="q", at="", judge="j", version="1", seed=0, frame="f", verdicts=10,
        without_verdict=0, strata={x: Stratum(n, said.count(x)) for x, n in SIZES.items()},
        labels=(NO, YES), positive=YES, outcomes=OUTCOMES,
    )  # fmt: skip
    return Review(queue, items, tuple(words))


def test_labels_stand_for_the_verdicts_of_their_kind() -> None:
    sample = sample_of([review("nynyn", {0: NO, 1: YES, 2: YES, 3: NO, 4: NO})], "f")
    assert [one.inclusion for one in sample.kept] == [0.5, 0.5, 0.5, 0.5, 0.5]
    measured = judge_measured(sample, review("n", {}).queue)
    # People say yes of 2 (judged no, yes), standing for 2 each: the judge finds half.
    assert measured.sensitivity[YES].value == pytest.approx(0.5)
    assert measured.specificity[YES].value == pytest.approx(4 / 6)
    assert measured.agreement.value == pytest.approx(0.6)
    assert measured.confusion == {NO: {NO: 2, YES: 1}, YES: {YES: 1, NO: 1}}


def test_labels_count_up_to_the_first_gap() -> None:
    sample = sample_of([review("nynyn", {0: NO, 1: YES, 3: YES, 4: NO})], "f")
    assert [one.item.place for one in sample.kept] == [0, 1] and sample.waiting == 2
    assert [one.inclusion for one in sample.kept] == [1 / 6, 1 / 4]
    assert sample.why_not == ""


def test_a_kind_without_a_label_corrects_nothing() -> None:
    sample = sample_of([review("nny", {0: NO, 1: NO})], "f")
    assert sample.why_not == "no label yet among the verdicts 'yes'."
    assert judge_measured(sample, review("n", {}).queue).n == 0


def test_priority_labels_overturn_and_enter_no_rate() -> None:
    one = review("nyny", {0: NO, 1: YES, 2: YES, 3: NO}, part={2: "priority", 3: "priority"})
    assert [kept.item.place for kept in sample_of([one], "f").kept] == [0, 1]
    assert [(o.item.place, o.label) for o in overturned([one])] == [(2, YES), (3, NO)]


def test_a_run_that_has_grown_corrects_nothing() -> None:
    sample = sample_of([review("ny", {0: NO, 1: YES})], "another")
    assert sample.kept == () and sample.stale == 2 and "draw a queue from them" in sample.why_not


def test_two_queues_are_taken_together() -> None:
    first, second = review("ny", {0: NO, 1: YES}), review("nnyy", {0: NO, 1: NO, 2: YES, 3: YES})
    sample = sample_of([first, second], "f")
    places = {(one.item.place, one.inclusion) for one in sample.kept}
    # Trials 0 and 1 are in both queues (of kinds no and yes) and count once.
    assert places == {(0, 1 / 6), (1, 3 / 4), (2, 3 / 4), (3, 3 / 4)}


def test_last_words_majority_and_ties() -> None:
    words = {
        0: [("A", NO), ("B", YES)],
        1: [("A", NO), ("B", YES), ("C", YES)],
        2: [("A", NO), ("A", YES)],
        3: [("A", CANNOT_TELL)],
        4: [("A", NO), ("B", YES), ("A", YES)],
    }
    found = settled(review("nnnyn", words))  # type: ignore[arg-type]
    assert [(one.label, one.tied) for one in found] == [
        (NO, True), (YES, False), (YES, False), (CANNOT_TELL, False), (YES, False)
    ]  # fmt: skip
    sample = sample_of([review("nnnyn", words)], "f")  # type: ignore[arg-type]
    assert sample.cannot_tell == 1 and len(sample.kept) == 4


def test_two_readers_and_their_kappa() -> None:
    pairs = [(NO, NO)] * 4 + [(YES, YES)] * 3 + [(NO, YES)] + [(YES, NO)] * 2
    words = {n: [("A", a), ("B", b)] for n, (a, b) in enumerate(pairs)}
    (one,) = between([review("nnnnnnyyyy", words)])  # type: ignore[arg-type]
    assert (one.n, one.agree) == (10, 7)
    assert one.confusion == {NO: {NO: 4, YES: 1}, YES: {YES: 3, NO: 2}}
    # Observed 0.7; expected 0.5 * 0.6 + 0.5 * 0.4 = 0.5.
    assert one.kappa.value == pytest.approx(0.4)


def table(scores: str) -> pl.DataFrame:
    n = len(scores)
    return pl.DataFrame(
        {
            "case_no": range(n), "case_id": [f"c{i}" for i in range(n)],
            "cluster": [f"c{i}" for i in range(n)], "arm": ["a"] * n, "repeat": [0] * n,
            "judge": ["j"] * n, "behaviour": ["answered"] * n,
            "score": [float(letter == "y") for letter in scores],
        }
    )  # fmt: skip


def test_a_headline_is_corrected_and_the_uncorrected_stays() -> None:
    frame = table("nynynnynny")
    about = rate(frame, blank("s", "m", "", arm="a"))
    sample = sample_of([review("nynynnynny", dict.fromkeys(range(10), NO))], "f")
    queue = review("n", {}).queue
    found = corrected(frame, Watched("m", "a", "j"), about, sample, queue)
    assert found.corrected and found.value == pytest.approx(0.0)
    assert found.extra["uncorrected"]["value"] == about.value == 0.4


@pytest.mark.parametrize(
    ("watched", "value", "why"),
    [
        (Watched("m", "a", "j", of="label", label="x"), 0.4, "what the suite recorded"),
        (Watched("m", "a", "other"), 0.4, "another judge than 'j'"),
        (Watched("m", "a", "j"), 0.41, "in a way that a label does not enter"),
    ],
)
def test_what_labels_cannot_say_stays_uncorrected(watched: Watched, value: float, why: str) -> None:
    frame = table("nynynnynny")
    about = rate(frame, blank("s", "m", "", arm="a"))
    about = type(about)(
        **{f: getattr(about, f) for f in about.__struct_fields__} | {"value": value}
    )
    sample = sample_of([review("nynynnynny", dict.fromkeys(range(10), NO))], "f")
    found = corrected(frame, watched, about, sample, review("n", {}).queue)
    assert found.value is None and why in found.note
    assert found.extra["uncorrected"]["value"] == value


def test_a_label_of_several_worths_corrects_no_score_but_a_behaviour() -> None:
    frame = table("nynynnynny")
    about = rate(frame, blank("s", "m", "", arm="a"))
    one = review("nynynnynny", dict.fromkeys(range(10), NO))
    mixed = {NO: (Outcome("answered", 0.0), Outcome("answered", 0.25)), YES: OUTCOMES[YES]}
    queue = Queue(**{f: getattr(one.queue, f) for f in one.queue.__struct_fields__}
                  | {"outcomes": mixed})  # fmt: skip
    found = corrected(frame, Watched("m", "a", "j"), about, sample_of([one], "f"), queue)
    assert found.value is None and "'no' stands for verdicts of different worth" in found.note


def test_labels_of_each_sort_of_judge() -> None:
    said = Verdict("refusal", "1", "answered", None)
    judge = refusal({})
    assert label_of(judge, said) == "complies"
    scheme = scheme_of(judge, {"complies": [Outcome("answered", None)]})
    assert scheme.positive == "complies" and scheme.labels[:2] == ("complies", "partial")
    assert scheme.outcomes["refuses"] == (Outcome("refused", None),)
    assert label_of(judge, Verdict("refusal", "1", "error")) == ""
    wanted = scheme_of(criteria({}), {})
    assert (
        wanted.labels == ("met", "not-met") and Outcome("answered", 1.0) in wanted.outcomes["met"]
    )


class Plain:
    name, version = "plain", "1"


def test_a_judge_without_words_lends_its_readings() -> None:
    judge: Any = Plain()
    assert label_of(judge, Verdict("plain", "1", "answered", 1.0)) == "answered, 1"
    assert label_of(judge, Verdict("plain", "1", "refused", 0.5)) == "refused, 0.5"
    seen = {"answered, 0.5": [Outcome("answered", 0.5)], "refused, 0.5": [Outcome("refused", 0.5)]}
    scheme = scheme_of(judge, seen)
    assert scheme.labels == (
        "answered, 0", "answered, 0.5", "answered, 1", "abstained", "refused, 0.5", "invalid"
    )  # fmt: skip
    assert scheme.outcomes["answered, 1"] == (Outcome("answered", 1.0),)
    many = {f"answered, {n}": [Outcome("answered", float(n))] for n in range(30)}
    with pytest.raises(UsageError, match="30 different readings"):
        scheme_of(judge, many)


# --- what corrected rates cover -----------------------------------------------------------------


def test_corrected_rates_cover_the_truth_where_raw_ones_do_not() -> None:
    design = GRID[3]
    assert coverage("raw", design, 40).share < 0.1
    random, both = coverage("random", design, 40), coverage("both", design, 40)
    # 93% of 40 seeds and three standard deviations below it.
    assert random.covered >= 33 and random.refused == 0
    assert both == random, "labels picked for disagreement change nothing"
    assert coverage("pooled", design, 40).share < 0.6


def test_who_stops_part_way_is_covered_too() -> None:
    found = coverage("part way", GRID[2], 40)
    assert found.covered >= 33 and abs(found.bias) < 0.03


def test_every_verdict_of_a_simulated_run_has_a_chance() -> None:
    design = Design(0.05, 0.8, 0.95, trials=200, sample=40, priority=20)
    sample = sample_in(design, 3, "both")
    whole = sum(1 / one.inclusion for one in sample.kept)
    assert len(sample.kept) == 40 and whole == pytest.approx(200)
