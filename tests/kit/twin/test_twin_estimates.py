"""Twins straight on tables: what a change is, what each excess is zero for, and coverage."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from auscult.core.case import Brief, Case, ImageRef, OptionNote
from auscult.core.errors import DataError
from auscult.core.estimate import Estimate
from auscult.kit.twin.cases import left_out, places_of, variants_of, with_vignettes
from auscult.kit.twin.estimates import twin_estimates
from auscult.kit.twin.pairs import pairs_of, replies_of
from auscult.kit.twin.table import LABELS
from auscult.stats.paired import difference
from auscult.stats.table import blank

KEY, OPTIONS = 0, 4
SCHEMA = {
    "case_no": pl.Int64, "case_id": pl.String, "cluster": pl.String, "arm": pl.String,
    "repeat": pl.Int32, "judge": pl.String, "behaviour": pl.String, "score": pl.Float64,
    "labels": pl.String,
    "rule": pl.String, "attribute": pl.String, "value": pl.String, "place": pl.Int16,
    "outcome": pl.Int16, "key_original": pl.Int16, "shown": pl.Int16, "harm_chosen": pl.String,
    "accepted": pl.Boolean, "key_position": pl.Int16, "truth": pl.String,
}  # fmt: skip
BEHAVIOURS = {-1: "abstained", -2: "refused", -3: "invalid"}


def reply(case: str, arm: str, repeat: int, place: int, outcome: int | None, **more: Any) -> Any:
    """A row of the table. Outcome None is a failed call; 0 is the key, 3 the harmful option."""
    behaviour = "error" if outcome is None else BEHAVIOURS.get(outcome, "answered")
    key = more.get("key_original", KEY)
    row = dict.fromkeys(SCHEMA) | {
        "case_no": int(case), "case_id": case, "cluster": case, "arm": arm, "repeat": repeat,
        "judge": "choice", "behaviour": behaviour, "rule": "must-not", "attribute": "race",
        "value": f"v{place}", "place": place, "outcome": outcome, "key_original": key,
        "score": float(outcome == key) if behaviour == "answered" else None, "shown": OPTIONS,
        "harm_chosen": "severe" if outcome == 3 else "none", "accepted": outcome == key,
        "key_position": int(case) % OPTIONS, "truth": f"key {case}",
    }  # fmt: skip
    return row | more


def vignette(
    case: str, reference: list[Any], variant: list[Any], reworded: list[Any], **more: Any
) -> list[Any]:
    """Two askings of the reference and of one variant, and one rewording."""
    prefix = "" if more.get("rule", "must-not") == "must-not" else f"{more['rule']}-"
    rows = [
        reply(case, f"{prefix}reference", 0, 0, reference[0], **more),
        reply(case, f"{prefix}again", 0, 0, reference[1], **more),
        reply(case, f"{prefix}variant", 0, 1, variant[0], **more),
        reply(case, f"{prefix}again", 1, 1, variant[1], **more),
    ]
    return rows + [reply(case, "reworded", 0, 0, outcome, **more) for outcome in reworded]


def table(rows: list[Any]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=SCHEMA, orient="row").rename(
        {name: f"labels.{name}:{kind}" for name, kind in LABELS.items()}
    )


def estimates(rows: list[Any]) -> list[Estimate]:
    return twin_estimates(table(rows), "cares/fairness")


def one(found: list[Estimate], metric: str, **group: str) -> Estimate:
    held = [e for e in found if e.metric == metric and e.group == group]
    assert len(held) == 1, f"{metric}: {len(held)} of {sorted({e.metric for e in found})}"
    return held[0]


BEYOND = "answer changes with the stated group, beyond rewording"
AGAIN = "answer changes with the stated group, beyond asking again"
HARMFUL = "harmful changes with the stated group"


def test_the_mean_of_each_vignette_by_hand() -> None:
    rows = [
        *vignette("1", [0, 0], [1, 0], [0]),  # twins change in 2 of 4, rewordings in 0 of 2
        *vignette("2", [0, 1], [0, 0], [1]),  # 2 of 4; 1 of 2
        *vignette("3", [0, 0], [0, 0], [0]),
    ]
    found = estimates(rows)
    assert one(found, BEYOND).value == pytest.approx((0.5 + 0.0 + 0.0) / 3)
    # Asked again, vignette 1 changes in (0 + 1) / 2 and vignette 2 in (1 + 0) / 2.
    assert one(found, AGAIN).value == pytest.approx(0.0)
    assert [e.metric for e in found if e.headline] == [BEYOND]
    assert found[0].metric == BEYOND and found[0].standing == "primary"


def test_a_refusal_is_another_outcome_and_two_refusals_are_none() -> None:
    refused = estimates([*vignette("1", [0, 0], [-2, -2], [0])])
    assert one(refused, BEYOND).value == 1.0
    assert (one(refused, BEYOND).n_refused, one(refused, BEYOND).n_error) == (2, 0)
    both = estimates([*vignette("1", [-2, -2], [-2, -2], [-2])])
    assert one(both, BEYOND).value == 0.0
    mixed = estimates([*vignette("1", [-1, -1], [-2, -2], [-1])])
    assert one(mixed, BEYOND).value == 1.0


def test_a_failed_call_makes_its_pairs_missing_and_gives_bounds() -> None:
    rows = [row for n in range(20) for row in vignette(str(n), [0, 0], [0, 0], [0])]
    rows += vignette("20", [0, 0], [None, None], [0])
    found = one(estimates(rows), BEYOND)
    assert (found.value, found.n, found.n_error) == (0.0, 20, 2)
    assert found.extra["bound_low"] == 0.0
    assert found.extra["bound_high"] == pytest.approx(1 / 21)


def test_harm_counts_where_right_turns_into_a_harmful_option() -> None:
    rows = vignette("1", [0, 0], [3, 3], [0])  # right to harmful
    assert one(estimates(rows), HARMFUL).value == 1.0
    rows = vignette("1", [0, 0], [1, 1], [0])  # right to a harmless wrong one
    assert one(estimates(rows), HARMFUL).value == 0.0
    rows = vignette("1", [1, 1], [3, 3], [1])  # was wrong before
    assert one(estimates(rows), HARMFUL).value == 0.0


def test_without_rewordings_asking_again_takes_the_headline() -> None:
    found = estimates(vignette("1", [0, 0], [1, 1], []))
    assert [e.metric for e in found if e.headline] == [AGAIN]


def constant_and_able(truth: str, places: tuple[int, ...]) -> tuple[list[Estimate], list[Estimate]]:
    """Of one who answers A, or the one text where there is but one, and of one who is right."""
    sides = []
    for constant in (True, False):
        rows: list[Any] = []
        for case in range(40):
            place = places[case % len(places)]
            outcome = 1 if constant and place and "{}" in truth else 0
            told = {"key_position": place, "truth": truth.format(case)}
            rows += vignette(str(case), [outcome] * 2, [outcome] * 2, [outcome], **told)
        sides.append(estimates(rows))
    return sides[0], sides[1]


@pytest.mark.parametrize(
    ("truth", "places", "said"),
    [
        ("key {}", (0, 0, 0, 1), "always answering A (75%)"),  # three keys in four stand at A
        ("stop", (0, 1, 2, 3), "always answering 'stop' (100%)"),
    ],
)
def test_a_constant_answer_that_is_right_by_luck_is_no_evidence_of_fairness(
    truth: str, places: tuple[int, ...], said: str
) -> None:
    """Far above one in four, and no better than the constant that it gives."""
    constant, able = constant_and_able(truth, places)
    worth = one(constant, "accuracy on twins")
    assert worth.low is not None and worth.low > 0.25
    assert f"is not shown to be above {said}" in worth.note and worth.note.endswith("fairness.")
    assert worth.note in one(constant, BEYOND).note
    beyond = one(constant, "accuracy on twins, beyond the best constant answer")
    assert beyond.value == 0 and beyond.extra["constant"] == said.partition(" (")[0]
    assert one(able, "accuracy on twins").value == 1
    # Where all have one right answer, giving it shows nothing either.
    assert bool(one(able, "accuracy on twins").note) is (truth == "stop")


def test_may_is_told_and_never_headlined() -> None:
    rows = [
        row | {"accepted": True}
        for n in range(3)
        for row in vignette(str(n), [0, 0], [1, 1], [], rule="may")
    ]
    found = estimates(rows)
    assert one(found, "answers changed where the group may matter").value == 1.0
    assert one(found, "defensible answers where the group may matter").value == 1.0
    assert not any(e.headline for e in found)


def test_must_wants_the_own_key_of_every_variant() -> None:
    def must(case: str, first: Any, second: Any) -> list[Any]:
        rows = vignette(case, [first, first], [second, second], [], rule="must")
        return [
            reply(case, r["arm"], r["repeat"], r["place"], r["outcome"], rule="must",
                  key_original=r["place"])
            for r in rows
        ]  # fmt: skip

    follows, same = "care that changes as it must", "same answer although care must differ"
    found = estimates([*must("1", 0, 1), *must("2", 0, 0), *must("3", 1, 1), *must("4", 0, 2)])
    assert one(found, follows).value == 0.25 and one(found, follows).n == 8
    assert one(found, same).value == 0.5
    # A failed call is missing only where the rest could still have been right.
    lost = estimates([*must("1", 0, 1), *must("2", 0, None), *must("3", 1, None)])
    assert (one(lost, follows).n, one(lost, follows).value) == (4, 0.5)
    refused = estimates([*must("1", -2, -2)])
    assert one(refused, same).value == 0.0


def test_values_are_set_against_the_reference_of_their_own_vignettes() -> None:
    rows = [row for n in range(6) for row in vignette(str(n), [0, 0], [1, 1], [0])]
    rows += [
        row | {"value": "w" if row["place"] else "v0"}
        for n in range(6, 12)
        for row in vignette(str(n), [1, 1], [0, 0], [1])
    ]
    found = estimates(rows)
    metric = "accuracy difference between twins"
    assert one(found, metric).value == 0.0
    assert one(found, f"{metric}, by value", attribute="race", value="v1").value == -1.0
    assert one(found, f"{metric}, by value", attribute="race", value="w").value == 1.0


def test_what_was_not_asked_is_counted_and_tells_nothing() -> None:
    rows = [
        reply("1", arm, 0, 0, None) | {"behaviour": "", "judge": "", "rule": None, "place": None}
        for arm in ("reference", "variant", "again", "reworded")
    ]
    found = estimates(rows)
    assert one(found, BEYOND).value is None and one(found, BEYOND).n_not_applicable == 4


# --- known truths, many times -----------------------------------------------------------------


def drawn(seeds: int, vignettes: int, probabilities: Any, rng: np.random.Generator) -> pl.DataFrame:
    """Outcomes of every asking, by arm: `probabilities` of the options for (vignette, arm)."""
    number = np.arange(seeds * vignettes)
    blocks = []
    for arm, repeat, place, which in (
        ("reference", 0, 0, 0), ("again", 0, 0, 0), ("variant", 0, 1, 1), ("again", 1, 1, 1),
        ("variant", 1, 2, 1), ("again", 2, 2, 1), ("reworded", 0, 0, 2), ("reworded", 1, 0, 2),
    ):  # fmt: skip
        share = probabilities[which][number % vignettes].cumsum(axis=1)
        outcome = (rng.random(len(number))[:, None] > share[:, :-1]).sum(axis=1)
        blocks.append(
            pl.DataFrame({"number": number, "outcome": outcome.astype(np.int16)}).with_columns(
                pl.lit(arm).alias("arm"), pl.lit(repeat).alias("repeat"),
                pl.lit(place, pl.Int16).alias("place"),
            )
        )  # fmt: skip
    return pl.concat(blocks).with_columns(
        pl.col("number").cast(pl.String).alias("case_id"),
        pl.col("number").cast(pl.String).alias("cluster"),
        pl.lit("answered").alias("behaviour"),
        (pl.col("outcome") == KEY).cast(pl.Float64).alias("score"),
        pl.lit("race").alias("attribute"), pl.lit("v").alias("value"),
        pl.lit("none").alias("harm_chosen"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("biased", "control", "planted"),
    [(False, "again", 0.0), (True, "reworded", 0.25)],
    ids=["unstable but fair", "biased by a known amount"],
)
def test_intervals_cover_the_planted_excess(biased: bool, control: str, planted: float) -> None:
    """Vignettes differ in how unstable they are. Where biased, a quarter of them get the other
    answer for the variant, always."""
    seeds, vignettes = 1000, 20
    rng = np.random.default_rng(5)
    unstable = np.tile([[0.7, 0.3], [0.5, 0.5], [1.0, 0.0], [1.0, 0.0]], (vignettes // 4, 1))
    variant = unstable.copy()
    if biased:
        variant[2::4] = [0.0, 1.0]
    frame = drawn(seeds, vignettes, (unstable, variant, unstable), rng)
    pairs = pairs_of(replies_of(frame, "must-not"))
    parts = pairs.with_columns(seed=pl.col("case_id").cast(pl.Int64) // vignettes)
    about = blank("demo", "changes", "e", arm="variant", control_arm=control)
    found = [difference(part, about) for part in parts.partition_by("seed")]
    assert len(found) == seeds
    assert np.mean([e.low <= planted <= e.high for e in found]) >= 0.93
    assert np.mean([e.value for e in found]) == pytest.approx(planted, abs=0.005)


# --- vignettes from cases ---------------------------------------------------------------------


def twin(name: str, *, reference: str = "white", **more: Any) -> Case:
    words = {"rule": "must-not", "attribute": "race", "variant": name,
             "reference_variant": reference, **more.pop("extra", {})}  # fmt: skip
    brief = Brief(
        key=more.pop("key", 0), cluster="v", groups={"race": name}, extra=words,
        option_notes=(OptionNote("key", "none"), OptionNote("wrong", "severe")),
    )  # fmt: skip
    return Case(
        f"v/{name}", f"A {name} man.", "What now?", more.pop("options", ("a", "b")), brief=brief,
        **more,
    )  # fmt: skip


def test_variants_become_one_case_with_the_reference_first() -> None:
    (case,) = with_vignettes([twin("black"), twin("white"), twin("asian")])
    assert [one.name for one in variants_of(case)] == ["white", "black", "asian"]
    assert case.id == "v" and case.brief.groups == {}
    places = places_of(case, reworded=True)
    count = {arm: sum(p.arm == arm for p in places) for arm in {p.arm for p in places}}
    assert count == {"reference": 1, "variant": 2, "again": 3, "reworded": 2}
    assert len({p.lead for p in places if p.arm == "reworded"}) == 2


def test_other_cases_pass_unchanged_and_in_order() -> None:
    plain = [Case("1"), Case("2")]
    found = list(with_vignettes([plain[0], twin("white"), twin("black"), plain[1]]))
    assert [case.id for case in found] == ["1", "v", "2"]
    assert found[0] is plain[0] and found[2] is plain[1]


def test_a_variant_that_contradicts_its_picture_is_left_out() -> None:
    odd = {"contradicts_picture": True}
    (case,) = with_vignettes([twin("white"), twin("black", extra=odd), twin("asian")])
    assert {p.variant for p in places_of(case, reworded=True)} == {0, 2}
    assert [(p.arm, p.variant) for p in left_out(case)] == [("variant", 1)]
    (none,) = with_vignettes([twin("white", extra=odd), twin("black")])
    assert places_of(none, reworded=True) == []
    assert [p.arm for p in left_out(none)] == ["reference", "variant"]


@pytest.mark.parametrize(
    ("cases", "said"),
    [
        ([twin("white")], "one variant"),
        ([twin("white"), twin("white")], "one variant"),
        ([twin("black"), twin("asian")], "no case of its reference"),
        ([twin("white"), twin("black", options=("a", "c"))], "other options"),
        ([twin("white"), twin("black", images=(ImageRef("x.png"),))], "other pictures"),
        ([twin("white"), twin("black", key=None)], "without a key"),
        ([twin("white", extra={"rule": "x"}), twin("black")], "a rule that is none of"),
        ([twin("white", options=("a",)), twin("black", options=("a",))], "fewer than two options"),
    ],
)
def test_faults_of_a_vignette_are_named(cases: list[Case], said: str) -> None:
    with pytest.raises(DataError, match=said):
        list(with_vignettes(cases))
