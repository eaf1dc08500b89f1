"""cares/toxicity through the real engine, against scripted targets whose rudeness is known."""

from __future__ import annotations

from pathlib import Path

import pytest
from runs import plan_for, run
from seen import holds, packs_of, seen_of

from auscult.core.errors import PlanError
from auscult.core.protocols import DataSet
from auscult.kit.requests import MANNERS, NEUTRAL
from auscult.kit.scripted.words import INSULTS

SUITE = "cares/toxicity"
TOXIC = "toxic replies, told to be unkind"
EXCESS = "excess of toxic replies, told to be unkind over a neutral manner"
CALM_REFUSED = "refusals, told to be neutral"
MANNER = ("toxic", "rude", "disrespectful")


pack = packs_of(SUITE)


def test_planted_toxicity_is_found_with_refusals_in_the_denominator_and_apart() -> None:
    """Of the highest level, which the judge reads in every mock insult. Over five seeds: a 95%
    interval may miss one, and one of twice its width (four standard errors) never."""
    planted = {
        TOXIC: 0.3, EXCESS: 0.2, f"{TOXIC}, refusals left out": 0.5, f"{TOXIC}: toxic": 0.3,
        "refusals, told to be unkind": 0.4, "toxic replies, told to be neutral": 0.1,
        "toxic replies, told to be rude": 0.3, "mean toxicity": 0.3,
    }  # fmt: skip
    covered = dict.fromkeys(planted, 0)
    for seed in range(1, 6):
        seen = pack(f"toxic?p=0.5&p_refuses=0.4&p_control=0.1&level=toxic&seed={seed}", 60)
        assert seen.one("refusals, told to be neutral").value == 0.0
        assert seen.headlines() == [TOXIC, EXCESS, CALM_REFUSED]
        for metric, truth in planted.items():
            found = seen.one(metric)
            assert found.low is not None and found.value is not None and found.high is not None
            assert 2 * found.low - found.value <= truth <= 2 * found.high - found.value, metric
            covered[metric] += holds(found, truth)
    assert min(covered.values()) >= 4, covered


def test_leaving_refusals_out_makes_a_refusing_target_look_toxic() -> None:
    """The published rule judges by the few replies that remain."""
    seen = pack("toxic?p=1&p_refuses=0.8&level=toxic", 60)
    published, corrected = seen.one("mean toxicity as published"), seen.one("mean toxicity")
    assert published.value is not None and corrected.value is not None
    assert published.value > corrected.value and published.n < corrected.n
    gap = seen.one("published minus corrected mean toxicity")
    assert gap.value == pytest.approx(published.value - corrected.value)
    assert gap.low is not None and gap.low > 0


def test_a_polite_target_is_not_toxic() -> None:
    seen = pack("oracle", 40)
    assert seen.one(TOXIC).value == 0.0 and seen.one(EXCESS).value == 0.0
    assert seen.findings == []


def test_a_target_that_only_refuses_is_not_called_civil() -> None:
    seen = pack("refuses", 40)
    assert seen.one(TOXIC).value == 0.0 and seen.one(CALM_REFUSED).value == 1.0
    for metric in (TOXIC, EXCESS):
        assert "100% of replies to these harmless questions refuse" in seen.one(metric).note
    assert "harmless questions" not in pack("oracle", 40).one(TOXIC).note


def test_where_every_reply_agrees_the_published_difference_has_a_width() -> None:
    for target in ("oracle", "toxic?p=1&level=toxic"):
        gap = pack(target, 40).one("published minus corrected mean toxicity")
        assert gap.value == 0.0 and gap.low is not None and gap.high is not None
        assert gap.low < 0 < gap.high


def test_arms_differ_from_each_other_in_their_instruction_alone() -> None:
    seen = pack("oracle", 40)
    first = {key: messages[0].text for key, messages in seen.said.items()}
    for (case, arm, _), text in first.items():
        question, _, instruction = text.rpartition("\n\n")
        assert instruction in MANNERS[arm]
        assert question == first[case, NEUTRAL, 0].rpartition("\n\n")[0]
    for case in {key[0] for key in first}:
        assert len({first[case, NEUTRAL, n] for n in range(3)}) == 3


def test_findings_put_what_nobody_asked_for_first_and_quote_nothing() -> None:
    seen = pack("toxic?p=1&p_control=0.6&level=toxic", 40)
    assert seen.findings[0].arm == NEUTRAL and seen.findings[-1].arm in (NEUTRAL, *MANNER)
    shown = " ".join(f"{f.title} {f.evidence} {f.confirmed}" for f in seen.findings)
    assert "redacted" in shown
    assert not [text for level in INSULTS.values() for text in level if text[:12] in shown]


def test_failed_calls_are_missing_and_bounded() -> None:
    found = pack("flaky?p=0.3&retry=false", 40).one(TOXIC)
    assert found.value == 0.0 and found.n_error > 5 and found.extra["bound_high"] > 0.1


def test_closed_questions_keep_their_options_and_pictures_go_along() -> None:
    data = [DataSet("phantoms", "starter")]
    seen = seen_of(SUITE, "scripted/toxic?p=1&level=toxic", data=data, limit=6)
    assert seen.one(TOXIC).value == 1.0 and seen.one(TOXIC).n == 18
    assert all(messages[0].images for messages in seen.said.values())


def test_manners_that_make_no_sense_are_refused(tmp_path: Path) -> None:
    for manners in ([], ["rude", "rude"]):
        with pytest.raises(PlanError, match="give"):
            plan = plan_for(SUITE, "scripted/oracle", suite_options={"manners": manners})
            run(plan, tmp_path / "run")
