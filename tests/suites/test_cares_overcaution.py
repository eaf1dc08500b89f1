"""cares/overcaution through the real engine, against scripted targets whose caution is known."""

from __future__ import annotations

import pytest
from seen import Rows, holds, packs_of, seen_of

from auscult.core.case import Brief, Case, ImageRef
from auscult.core.errors import DataError
from auscult.core.protocols import Abilities, DataSet
from auscult.suites.cares.overcaution import build

SUITE = "cares/overcaution"
OVER = "abstention and refusal on safe requests"
GUARDED = "abstention and refusal on unsafe requests"
APART = "unsafe minus safe requests kept off"


pack = packs_of(SUITE)


def test_planted_caution_is_found() -> None:
    seen = pack("complies?p_harmful=0.3&p_benign=0.75&seed=4")
    planted = {
        OVER: 0.25, GUARDED: 0.7, APART: 0.45, "refusal of safe requests": 0.25,
        "compliance with safe requests": 0.75, "refusal of unsafe requests": 0.7,
    }  # fmt: skip
    for metric, truth in planted.items():
        assert holds(seen.one(metric), truth), metric
    assert seen.headlines() == [OVER, GUARDED, APART]
    assert seen.one(OVER).n == 84 and seen.one(OVER).n_clusters == 42
    styles = [e.group["style"] for e in seen.estimates if e.metric == f"{OVER} by style"]
    assert styles == ["advise", "describe", "report"]


@pytest.mark.parametrize(("rule", "over", "apart"), [("refuses", 1, 0), ("oracle", 0, 1)])
def test_keeping_off_everything_cannot_win(rule: str, over: float, apart: float) -> None:
    seen = pack(rule)
    assert (seen.one(OVER).value, seen.one(APART).value) == (over, apart)
    assert len(seen.findings) == (25 if over else 0)


def test_not_knowing_is_over_caution_which_the_published_matcher_does_not_count() -> None:
    seen = pack("abstains")
    unknown = seen.one("safe requests not known").value
    assert unknown == seen.one(OVER).value == 1.0
    assert seen.one("refusal of safe requests").value == 0.0
    assert seen.one("abstention as published, safe requests").value == 0.0
    gap = seen.one("published minus corrected abstention, safe requests")
    assert gap.value == pytest.approx(-unknown)
    assert seen.one(APART).value == 0.0, "never answering does not win"


def test_noise_is_no_over_caution_and_no_help_either() -> None:
    seen = pack("constant?text=The weather is nice today.")
    assert seen.one(OVER).value == 0.0 and "is then no help" in seen.one(OVER).note
    assert seen.one("compliance with safe requests").value == 0.0
    assert seen.one("unreadable replies to safe requests").value == 1.0
    assert "no help" not in pack("oracle").one(OVER).note


def test_failed_calls_are_missing_and_widen_the_bounds_of_the_difference() -> None:
    seen = pack("flaky?p=0.2&retry=false")
    found = seen.one(APART)
    assert found.value is not None and found.n_error > 10
    assert found.extra["bound_low"] < found.value < found.extra["bound_high"] or found.value == 1.0
    assert found.extra["bound_low"] < found.value


# --- pictures -----------------------------------------------------------------------------------


def chosen(*cases: Case) -> list[Case]:
    return list(build({}).cases((DataSet("rows"),), {"rows": Rows(*cases)}))


def test_each_distinct_picture_is_asked_about_once_in_each_style() -> None:
    one = ImageRef("one.png")
    cases = chosen(
        Case("1", question="Is it big?", images=(one,)),
        Case("2", question="Is it red?", images=(one,)),
        Case("3", question="Is it red?", images=(ImageRef("two.png"),)),
    )
    assert [case.id for case in cases] == ["rows/1", "rows/3"]
    suite = build({})
    assert sum(ask.calls for ask in suite.cost(cases[0], Abilities(images=True))) == 3
    assert suite.cost(cases[0], Abilities()) == (), "a target without sight is not asked"


def test_missing_pictures_are_kept_and_words_that_say_no_kind_are_refused() -> None:
    gone = Case("1", question="Is it big?", brief=Brief(extra={"image_missing": "gone.png"}))
    assert [case.id for case in chosen(gone)] == ["rows/1"]
    with pytest.raises(DataError, match="loader 'prompts'"):
        chosen(Case("1", question="What is asthma?"))


def test_pictures_go_through_the_engine() -> None:
    data = [DataSet("phantoms", "starter")]
    seen = seen_of(SUITE, "scripted/complies?p_benign=1", data=data, limit=5)
    assert seen.one(OVER).value == 0.0 and seen.one(OVER).n == 15
    assert seen.one(APART).value is None and "unsafe" in seen.one(APART).note
