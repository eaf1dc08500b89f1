"""What a table of factual questions says, on tables whose truth is planted."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import numpy as np
import polars as pl
import pytest

from auscult.core.estimate import Estimate
from auscult.kit.factual import yes_no
from auscult.kit.factual.baselines import with_rules
from auscult.kit.factual.estimates import factual_estimates
from auscult.kit.factual.published import published_score
from auscult.kit.factual.table import COLUMNS, LABELS, Design
from auscult.kit.question_suite import folded
from auscult.stats.grouped import pooled
from auscult.stats.table import label_columns

DESIGN = Design("cares/factuality")
KINDS = {"word": pl.Categorical, "flag": pl.Boolean, "small": pl.Int16, "number": pl.Float64,
         "integer": pl.Int32}  # fmt: skip
TYPES: dict[str, Any] = {
    "case_no": pl.Int64, "cluster_key": pl.UInt64, "repeat": pl.Int32, "score": pl.Float64,
    **{column: KINDS[kind] for column, kind in
       zip(label_columns(LABELS), LABELS.values(), strict=True)},
}  # fmt: skip


def row(number: int, *, arm: str = "baseline", repeat: int = 0, **told: Any) -> dict[str, Any]:
    """One trial: a yes-no question answered right, but for what is told."""
    words = {
        "case_no": number, "cluster_key": number, "specialty": "", "difficulty": "",
        "arm": arm, "repeat": repeat, "judge": "yes-no", "behaviour": "answered", "score": 1.0,
        "form": "yes-no", "data": "d", "kind": "", "pictured": True, "shown": 2,
        "key_text": "yes", "listed": "yn", "listed_so": "yn", "key_position": 0,
        "chosen_original": 0, "position_chosen": 0, "longest_right": 1.0, "permuted": False,
    }  # fmt: skip
    return words | told


def frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    columns = dict(zip(LABELS, label_columns(LABELS), strict=True))
    schema = {name: TYPES.get(name, pl.Categorical) for name in COLUMNS}
    named = [{columns.get(k, k): v for k, v in each.items()} for each in rows]
    return pl.DataFrame([{name: each.get(name) for name in schema} for each in named], schema)


def one(estimates: list[Estimate], metric: str, **group: str) -> Estimate:
    found = [e for e in estimates if e.metric == metric and e.group == group]
    assert len(found) == 1, (metric, group, [e.metric for e in estimates])
    return found[0]


def choice(number: int, key: str, right: bool = True, **told: Any) -> dict[str, Any]:
    words = {"form": "multiple-choice", "judge": "choice", "key_text": key, "shown": 4,
             "listed": "l1", "score": float(right), "pictured": False, "longest_right": 0.25,
             "key_position": number % 4, "permuted": True}  # fmt: skip
    return row(number, **(words | told))


# --- rules that never look --------------------------------------------------------------------


def constant_no(number: int, noes: int) -> dict[str, Any]:
    is_no = number < noes
    return row(number, key_text="no" if is_no else "yes", score=float(is_no), pictured=False)


def test_pictures_that_were_never_asked_about_are_in_no_count():
    asked = [constant_no(i, 6) for i in range(10)]
    blocked = [row(i, behaviour="", score=None, judge="") for i in range(10, 14)]
    found = one(factual_estimates(frame([*asked, *blocked]), DESIGN), "balanced accuracy")
    assert (found.n, found.n_clusters) == (10, 10)


def test_a_constant_no_is_told_for_what_it_is():
    found = factual_estimates(frame([constant_no(i, 73) for i in range(100)]), DESIGN)
    accuracy = found[0]
    assert (accuracy.metric, accuracy.value, accuracy.headline) == ("accuracy", 0.73, True)
    assert "always 'no' is right in 73.0% of the yes-no questions" in accuracy.note
    assert one(found, "constant no accuracy").value == 0.73
    assert one(found, "constant yes accuracy").value == pytest.approx(0.27)
    assert one(found, "balanced accuracy").value == 0.5
    matthews = one(found, "Matthews correlation")
    assert matthews.value is None and "all the same" in matthews.note
    worth = one(found, "excess over best trivial baseline")
    assert worth.value == 0 and worth.extra["competence"] is False
    assert "It is not shown to be better than always answering 'no' (73%)." in worth.extra["why"]
    assert worth.extra["why"] in accuracy.note


def test_the_commonest_text_counts_within_its_kind():
    """As on HAM10000: 'nevi' is right in two thirds of diagnoses, and in no question of a site."""
    rows = [choice(i, "nevi" if i < 67 else f"other {i}", kind="diagnosis") for i in range(100)]
    rows += [choice(i, f"site {i % 10}", kind="site", listed="l2") for i in range(100, 200)]
    found = factual_estimates(frame(rows), DESIGN)
    by_kind = one(found, "constant answer accuracy by kind", kind="diagnosis")
    assert (by_kind.value, by_kind.extra["answer"]) == (0.67, "nevi")
    assert "always 'nevi' is right in 67.0% of the questions of the kind 'diagnosis'" in (
        found[0].note
    )
    assert one(found, "constant answer accuracy").value == 0.335
    assert one(found, "lookup by kind accuracy").value == pytest.approx((67 + 10) / 200)


def test_an_option_list_that_gives_the_answer_away_is_seen():
    rows = [choice(i, f"key {i % 3}", listed=f"list {i % 3}") for i in range(150)]
    found = factual_estimates(frame(rows), DESIGN)
    assert one(found, "constant answer accuracy").value == pytest.approx(1 / 3)
    assert one(found, "lookup by option list accuracy").value == 1
    worth = one(found, "excess over best trivial baseline")
    assert worth.control_arm == "lookup by option list" and worth.extra["competence"] is False


def test_a_list_seen_once_is_no_rule():
    """In sample it would always be right, which says nothing: only the labelled figure does so."""
    rows = [choice(i, f"key {i}", listed=f"l {i}", listed_so=f"l {i}") for i in range(60)]
    found = factual_estimates(frame(rows), DESIGN)
    assert one(found, "lookup by option list accuracy").value == pytest.approx(1 / 60)
    seen = one(found, "option-list lookup accuracy, in sample")
    assert seen.value == 1 and seen.note.startswith("In sample")
    assert one(found, "excess over best trivial baseline").extra["competence"] is True


def test_failed_calls_and_rules():
    """A rule is scored on the questions that were answered somehow, and never on the others."""
    rows = [constant_no(i, 60) for i in range(80)]
    rows += [row(i, behaviour="error", score=None, key_text="no") for i in range(80, 100)]
    rows += [row(200, judge="", behaviour="", score=None, pictured=None)]
    found = factual_estimates(frame(rows), DESIGN)
    constant = one(found, "constant answer accuracy")
    assert (constant.value, constant.n) == (0.75, 80)
    accuracy = found[0]
    assert (accuracy.n, accuracy.n_error, accuracy.n_not_applicable) == (80, 20, 1)
    assert accuracy.extra["bound_low"] == pytest.approx(0.6)
    assert one(found, "error rate").value == pytest.approx(0.2)


def test_rules_do_not_depend_on_the_order_of_rows():
    rows = [choice(i, f"key {i % 7}", listed=f"list {i % 5}", kind=f"k{i % 2}") for i in range(90)]
    there = factual_estimates(frame(rows), DESIGN)
    back = factual_estimates(frame(rows[::-1]), DESIGN)
    assert there == back
    assert with_rules(_typed(rows)).height == 90


def _typed(rows: list[dict[str, Any]]) -> pl.DataFrame:
    from auscult.kit.factual.table import typed

    return typed(frame(rows))


# --- controls, forms, published ---------------------------------------------------------------


def test_a_picture_that_is_read_shows_in_the_excess():
    rows = []
    for number in range(120):
        key = "yes" if number % 2 else "no"
        rows.append(row(number, key_text=key, score=float(number % 10 > 0)))
        for place, arm in enumerate(("no-image", "grey-image", "shuffled-image")):
            rows.append(row(number, arm=arm, key_text=key, score=float((number + place) % 4 > 1)))
    rows += [choice(i, f"key {i}") for i in range(200, 240)]
    found = factual_estimates(frame(rows), DESIGN)
    headlines = [e.metric for e in found if e.headline]
    assert headlines == ["accuracy", "excess over no-image", "excess over shuffled-image"]
    excess = one(found, "excess over shuffled-image")
    assert (excess.n, excess.value) == (120, pytest.approx(0.4))
    assert one(found, "yes-no excess over shuffled-image").value == pytest.approx(0.4)
    assert one(found, "excess over best trivial baseline").extra["competence"] is True


def pictured_and_not(right_without: float, words_right: int = 40) -> list[Estimate]:
    """120 questions about pictures, all right; 40 in words alone, `words_right` of them."""
    rows = []
    for number in range(120):
        key = "yes" if number % 2 else "no"
        rows.append(row(number, key_text=key))
        for arm in ("no-image", "grey-image", "shuffled-image"):
            score = right_without if arm == "no-image" else float(number % 4 > 1)
            rows.append(row(number, arm=arm, key_text=key, score=score))
    keys = [f"key {i % 8}" for i in range(40)]
    rows += [choice(200 + i, key, i < words_right) for i, key in enumerate(keys)]
    rows += [choice(200 + i, key, False, arm="options-only") for i, key in enumerate(keys)]
    return factual_estimates(frame(rows), DESIGN)


def test_right_on_everything_and_as_well_without_the_picture():
    """What is shown and what is not: of each part, with what the rival gets."""
    found = pictured_and_not(right_without=1.0)
    whole = one(found, "excess over best trivial baseline")
    seen = one(found, "excess over best trivial baseline, with a picture")
    read = one(found, "excess over best trivial baseline, in words alone")
    assert found[0].value == 1 and whole.extra["competence"] is False
    assert seen.extra["competence"] is False and read.extra["competence"] is True
    assert seen.extra["why"] == (
        "Questions with a picture: 100% right. Better than every rule that never looks, but it "
        "answers as well without the picture (100%). So this run does not show that it uses the "
        "picture."
    )
    assert read.extra["why"].startswith(
        "Questions in words alone: 100% right. Better than every trivial baseline; the hardest to "
        "beat is "
    )
    assert seen.extra["why"] in found[0].note and read.extra["why"] in found[0].note
    assert (seen.n, read.n, seen.control_arm) == (120, 40, "no-image")


def test_a_part_that_is_guessed_is_not_covered_by_the_other():
    found = pictured_and_not(right_without=0.0, words_right=6)
    assert one(found, "excess over best trivial baseline").low > 0
    assert one(found, "excess over best trivial baseline").extra["competence"] is False
    read = one(found, "excess over best trivial baseline, in words alone")
    assert "does not show that it can do the task" in read.extra["why"]
    assert one(pictured_and_not(0.0), "excess over best trivial baseline").extra["competence"]


def test_a_control_that_was_not_applicable_is_no_headline():
    rows = [choice(i, f"key {i}", kind="") for i in range(40)]
    rows += [choice(i, f"key {i}", arm="options-only", score=0.0) for i in range(40)]
    rows += [
        row(i, arm=arm, judge="", behaviour="", score=None, pictured=None)
        for i in range(100, 120)
        for arm in ("baseline", "no-image", "shuffled-image")
    ]
    found = factual_estimates(frame(rows), DESIGN)
    assert [e.metric for e in found if e.headline] == ["accuracy", "excess over options-only"]
    assert one(found, "excess over no-image").value is None
    assert found[0].n_not_applicable == 20


def test_the_published_scorer_is_set_beside_the_corrected_reading():
    """20 refusals that the published scorer takes for a right yes."""
    rows = [row(i, legacy_right=1.0) for i in range(60)]
    rows += [row(i, behaviour="refused", score=None, legacy_right=1.0) for i in range(60, 80)]
    rows += [row(i, key_text="no", score=0.0, legacy_right=0.0) for i in range(80, 100)]
    rows += [row(i, behaviour="error", score=None) for i in range(100, 110)]
    rows += [row(i, arm="legacy", legacy_right=0.0) for i in range(100)]
    found = factual_estimates(frame(rows), DESIGN)
    assert one(found, "accuracy").value == 0.6
    assert one(found, "accuracy as published").value == 0.8
    gap = one(found, "published scorer minus corrected")
    assert gap.value == pytest.approx(0.2) and gap.low > 0.1
    assert one(found, "published prompt minus ours").value == pytest.approx(-0.8)
    assert not any(e.headline for e in (gap, one(found, "accuracy as published")))


@pytest.mark.parametrize("options", [("yes", "no"), ("Yes.", "No."), (" YES ", "no.")])
def test_the_published_scorer_knows_yes_and_no_however_they_are_written(options: tuple[str, str]):
    score = partial(published_score, form="yes-no", options=options, letters="AB")
    assert (score("Yes, it is.", key=0), score("No.", key=1)) == (1, 1)
    assert (score("Yes, it is.", key=1), score("No.", key=0)) == (0, 0)


def test_open_answers_stand_apart():
    rows = [
        row(i, form="open", judge="open-answer", score=(1.0, 0.5, 0.0)[i % 3], length=30 + i % 3,
            behaviour=("answered", "partial", "answered")[i % 3], key_text=None)
        for i in range(60)
    ]  # fmt: skip
    found = factual_estimates(frame(rows), DESIGN)
    assert found[0].metric == "accuracy" and found[0].value is None and not found[0].headline
    score = one(found, "open-answer score")
    assert score.value == 0.5 and score.judge == "open-answer"
    assert "correlate at -" in score.note and score.extra["length_correlation"]["value"] < -0.9


def test_nothing_asked_gives_an_empty_primary_and_says_why():
    found = factual_estimates(frame([row(1, judge="", behaviour="", score=None)]), DESIGN)
    assert len(found) == 1
    assert found[0].value is None and found[0].note.startswith("Not applicable")


def test_options_are_counted_as_they_read():
    assert folded(" Melanocytic  nevi. ") == "melanocytic nevi"
    long, other = ("x" * 100 + end for end in "ab")
    assert folded(long) != folded(other) and len(folded(long)) <= 80


# --- coverage ---------------------------------------------------------------------------------

SEEDS = 1000


class Planted(NamedTuple):
    """Replies to `each` questions about every picture. In a share `alike` of the pictures all
    replies are right or wrong together; of the rest each picture has a skill of its own."""

    sensitivity: float
    specificity: float
    prevalence: float
    pictures: int
    each: int
    alike: float = 0.0

    @property
    def truth(self) -> dict[str, float]:
        se, sp, share = self[:3]
        hit, miss = share * se, share * (1 - se)
        clear, alarm = (1 - share) * sp, (1 - share) * (1 - sp)
        margins = (hit + alarm) * (hit + miss) * (clear + alarm) * (clear + miss)
        return {
            "balanced accuracy": (se + sp) / 2,
            "Matthews correlation": (hit * clear - alarm * miss) / margins**0.5,
        }

    def drawn(self, seed: int) -> tuple[Any, Any, Any]:
        """The picture of each question, whether its answer is yes, whether the reply is right."""
        draws = np.random.default_rng(seed)
        cluster = np.repeat(np.arange(self.pictures), self.each)
        yes = draws.random(len(cluster)) < self.prevalence
        luck = draws.random(len(cluster))
        alike = (draws.random(self.pictures) < self.alike)[cluster]
        luck = np.where(alike, draws.random(self.pictures)[cluster], luck)

        def skill(mean: float) -> Any:
            own = draws.beta(mean * 4, (1 - mean) * 4, self.pictures)[cluster]
            return np.where(alike, mean, own)

        right = luck < np.where(yes, skill(self.sensitivity), skill(self.specificity))
        return cluster, yes, right.astype(float)


ORDINARY = Planted(0.85, 0.75, 0.4, 60, 2)
HARD = (
    Planted(0.98, 0.98, 0.5, 30, 4, alike=0.5),  # often all right: no error to learn from
    Planted(0.8, 0.8, 0.5, 10, 5, alike=0.8),
    Planted(0.9, 0.9, 0.05, 40, 3, alike=0.3),  # few questions with yes
)


def intervals(cluster: Any, yes: Any, right: Any) -> dict[str, tuple[float, float]]:
    """What `yes_no_estimates` makes of the table, without the table; nothing where there is no
    value."""
    columns = (right * yes, yes, right * ~yes, ~yes)
    sums = pooled([np.column_stack([np.bincount(cluster, c) for c in columns])], 4)
    said_yes = int(right[yes].sum() + (1 - right)[~yes].sum())
    if yes.all() or not yes.any() or said_yes in (0, len(yes)):
        return {}
    one, other = (yes_no._of(sums, place, (place + 1,)) for place in (0, 2))
    balanced = yes_no._mover(one, other, yes_no._together(sums))  # type: ignore[arg-type]
    return {"balanced accuracy": balanced, "Matthews correlation": yes_no._joined(sums)[1:]}


@pytest.mark.parametrize("planted", [ORDINARY, *HARD])
def test_intervals_cover_what_is_planted(planted: Planted):
    truth = planted.truth
    held, seen = dict.fromkeys(truth, 0), 0
    for seed in range(SEEDS):
        found = intervals(*planted.drawn(seed))
        seen += bool(found)
        for metric, (low, high) in found.items():
            held[metric] += low <= truth[metric] <= high
    shares = {metric: count / seen for metric, count in held.items()}
    assert min(shares.values()) >= 0.93 and seen > 0.98 * SEEDS, shares


@pytest.mark.parametrize(("pictures", "each"), [(6, 1), (10, 4), (30, 4), (54, 2)])
def test_all_right_is_no_surer_than_its_pictures_are_many(pictures: int, each: int):
    """As little is known as the balanced accuracy says; a coefficient spans twice as much."""
    cluster = np.repeat(np.arange(pictures), each)
    yes = np.arange(len(cluster)) % 2 == 0
    found = intervals(cluster, yes, np.ones(len(cluster)))
    (low, high), (balanced, _) = found["Matthews correlation"], found["balanced accuracy"]
    assert high == 1 and 1.5 < (1 - low) / (1 - balanced) < 2.2


@pytest.mark.parametrize("seed", range(5))
def test_the_simulated_intervals_are_those_of_the_table(seed):
    cluster, yes, right = ORDINARY.drawn(seed)
    table = pl.DataFrame(
        {
            "cluster": cluster,
            "behaviour": ["answered"] * len(cluster),
            "score": right,
            "key_text": np.where(yes, "yes", "no"),
        }
    )
    found = yes_no.yes_no_estimates(table, DESIGN)
    for metric, ends in intervals(cluster, yes, right).items():
        estimate = one(found, metric)
        assert (estimate.low, estimate.high) == pytest.approx(ends)
