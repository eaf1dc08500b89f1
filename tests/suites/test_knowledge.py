"""The knowledge suite against planted targets, on an in-memory bench."""

from __future__ import annotations

import subprocess
import sys
from random import Random

import msgspec
import pytest
from knowledge_bench import Hints, always, audit, knows, letter, one, question, sticky

from auscult.core.case import OptionNote
from auscult.core.protocols import Suite
from auscult.suites.knowledge import build

# --- planted targets -------------------------------------------------------------------------


async def test_accuracy_covers_the_planted_value_and_competence_is_seen():
    suite, trials = await audit(knows(0.8))
    estimates = suite.estimates(trials)
    accuracy = estimates[0]
    assert (accuracy.metric, accuracy.standing, accuracy.headline) == ("accuracy", "primary", True)
    planted = 0.8 + 0.2 / 4
    assert accuracy.low <= planted <= accuracy.high
    assert (accuracy.n, accuracy.n_clusters) == (240, 120)
    blind = one(estimates, "options-only accuracy")
    assert blind.low <= 0.25 <= blind.high and blind.arm == "options-only"
    excess = one(estimates, "excess over options-only")
    assert excess.low <= planted - 0.25 <= excess.high
    assert (excess.arm, excess.control_arm) == ("baseline", "options-only")
    assert excess.value == pytest.approx(accuracy.value - blind.value)
    competence = one(estimates, "excess over best trivial baseline")
    assert competence.extra["competence"] is True
    assert "Every trivial baseline is beaten" in competence.extra["why"]
    price = accuracy.extra["narrowing"]
    assert price["half_width"] == 0.05 and price["further_cases"] > 0


async def test_a_guesser_is_not_competent():
    suite, trials = await audit(knows(0.0))
    competence = one(suite.estimates(trials), "excess over best trivial baseline")
    assert competence.extra["competence"] is False
    assert "cannot be told from" in competence.extra["why"]


async def test_a_target_that_reads_only_options_is_seen_through():
    """Right 9 times of 10, question or none: a leak in the options and no knowledge."""

    def behave(hints: Hints, rng: Random) -> str:
        known = Random(hints["case_id"]).random() < 0.9
        return letter(hints, hints["key"] if known else (hints["key"] + 1) % 4)

    suite, trials = await audit(behave)
    estimates = suite.estimates(trials)
    excess = one(estimates, "excess over options-only")
    assert (excess.value, excess.extra["right_to_wrong"]) == (0, 0)
    competence = one(estimates, "excess over best trivial baseline")
    assert competence.control_arm == "options-only"
    assert competence.extra["competence"] is False


async def test_refusals_abstentions_and_nonsense_are_not_wrong_answers():
    def behave(hints: Hints, rng: Random) -> str:
        number = int(hints["case_id"][-3:])
        odd = {0: "No.", 1: "I don't know", 2: "", 3: "!"}
        return odd.get(number % 10, letter(hints, hints["key"]))

    suite, trials = await audit(behave, count=100)
    estimates = suite.estimates(trials)
    accuracy = estimates[0]
    assert accuracy.value == pytest.approx(60 / 90)
    counts = (accuracy.n_refused, accuracy.n_abstained, accuracy.n_invalid, accuracy.n_error)
    assert counts == (20, 20, 20, 20)
    assert accuracy.extra["bound_low"] == pytest.approx(0.6)
    assert accuracy.extra["bound_high"] == pytest.approx(0.7)
    assert one(estimates, "accuracy, answered only").value == 1.0
    for metric in ("abstention rate", "refusal rate", "unreadable rate"):
        assert one(estimates, metric).value == pytest.approx(1 / 9)
    assert one(estimates, "error rate").value == pytest.approx(0.1)
    assert suite.findings(trials) == []


async def test_a_constant_letter_is_position_bias_and_no_better_than_itself():
    suite, trials = await audit(always("B"))
    estimates = suite.estimates(trials)
    bias = one(estimates, "position bias")
    assert bias.extra == {"position": "B", "biased": True}
    assert bias.value == pytest.approx(0.75) and bias.low > 0.6
    assert "favours the place B" in bias.note
    chosen = one(estimates, "position chosen", position="B")
    assert chosen.extra["excess"] == pytest.approx(0.75)
    assert bias.low < chosen.low - 0.25  # four places are looked at, so it must be surer
    assert one(estimates, "position chosen", position="A").value == 0
    spread = one(estimates, "accuracy spread over places")
    assert spread.value == 1.0 and spread.low > 0.5
    assert one(estimates, "accuracy by place of the right option", key_position="B").value == 1.0
    assert one(estimates, "instability").value == 1.0
    constant = one(estimates, "constant letter accuracy")
    assert constant.extra["expected"] == pytest.approx(0.25)
    assert constant.low <= 0.25 <= constant.high
    assert not one(estimates, "excess over best trivial baseline").extra["competence"]


async def test_a_firm_opinion_is_stable_and_without_position_bias():
    suite, trials = await audit(sticky)
    estimates = suite.estimates(trials)
    assert one(estimates, "instability").value == 0
    assert one(estimates, "instability").n == 120
    assert one(estimates, "position bias").extra["biased"] is False
    assert one(estimates, "accuracy spread over places").low == 0


async def test_an_unstable_target_is_told_from_a_firm_one():
    suite, trials = await audit(lambda hints, rng: letter(hints, rng.randrange(4)), count=300)
    changed = one(suite.estimates(trials), "instability")
    assert changed.low <= 0.75 <= changed.high


async def test_naming_the_longest_option_is_measured_without_asking():
    cases = []
    for i in range(40):
        case = question(i)
        options = [o + " " + "x" * 30 * (j == i % 4) for j, o in enumerate(case.options)]
        cases.append(msgspec.structs.replace(case, options=tuple(options)))
    suite, trials = await audit(sticky, cases=cases)
    estimates = suite.estimates(trials)
    assert one(estimates, "longest option accuracy").value == 1.0
    competence = one(estimates, "excess over best trivial baseline")
    assert competence.control_arm == "longest option"
    assert competence.high < 0 and not competence.extra["competence"]


async def test_groups_are_exploratory_and_small_ones_marked():
    cases = [question(i, specialty="rare" if i < 4 else "common") for i in range(20)]
    suite, trials = await audit(knows(1.0), cases=cases)
    estimates = suite.estimates(trials)
    rare = one(estimates, "accuracy by specialty", specialty="rare")
    common = one(estimates, "accuracy by specialty", specialty="common")
    assert "too small to compare" in rare.note and common.note == ""
    assert {rare.standing, common.standing} == {"exploratory"}
    assert one(estimates, "accuracy by difficulty", difficulty="easy").n_clusters == 20


async def test_every_estimate_can_be_defended():
    suite, trials = await audit(knows(0.6))
    estimates = suite.estimates(trials)
    for estimate in estimates:
        assert estimate.suite == "knowledge"
        assert estimate.estimand.endswith(".") and estimate.denominator
        assert estimate.method, estimate.metric
        assert estimate.low <= estimate.value + 1e-12 <= estimate.high + 2e-12
        assert msgspec.json.encode(estimate)
    assert len({e.metric + str(e.group) for e in estimates}) == len(estimates)
    assert [e.metric for e in estimates if e.standing == "primary"] == ["accuracy"]
    baselines = [e.arm for e in estimates if e.extra.get("baseline_of") == "accuracy"]
    assert sorted(baselines) == ["constant letter", "longest option", "options-only"]


@pytest.mark.parametrize("behave", [always("!"), always("No."), None])
async def test_nothing_to_measure_is_said_and_never_nan(behave):
    suite, trials = await audit(behave or always("A"), count=0 if behave is None else 6)
    for estimate in suite.estimates(trials):
        if estimate.value is None:
            assert estimate.note, estimate.metric
        else:
            assert estimate.value == estimate.value and estimate.low is not None
    assert not one(suite.estimates(trials), "excess over best trivial baseline").extra["competence"]


# --- findings --------------------------------------------------------------------------------


async def test_findings_are_the_firmly_wrong_by_harm_and_claim_no_more():
    harms = ["ungraded", "mild", "life-threatening"]
    cases = [
        question(1 + 4 * i, option_notes=(OptionNote("second-best", harm),) + (OptionNote(),) * 3)
        for i, harm in enumerate(harms)
    ]
    suite, trials = await audit(sticky, cases=[*cases, question(0)])
    findings = suite.findings(trials)
    assert [f.severity for f in findings] == ["life-threatening", "mild", "ungraded"]
    worst = findings[0]
    assert worst.title == "Chose 'Drug 9-a'; the key is 'Drug 9-b'"
    assert worst.confirmed == "wrong in 2 of 2 fresh replies"
    assert "second best" in worst.evidence and "life-threatening" in worst.evidence
    assert (worst.id, worst.case_id) == ("knowledge/knowledge/q009", "knowledge/q009")


async def test_findings_survive_a_purge_and_are_at_most_25():
    cases = [question(1 + 4 * i) for i in range(30)]
    suite, trials = await audit(sticky, cases=cases, repeats=1)
    trials.said = {place: [] for place in trials.said}
    findings = suite.findings(trials)
    assert len(findings) == 25
    assert findings[0].title == "Chose option 1 of the author's list"
    assert findings[0].confirmed.endswith("not asked again")
    assert findings[0].evidence == "The author graded no harm for this choice."


async def test_transcripts_are_read_in_one_pass():
    suite, trials = await audit(sticky, cases=[question(1), question(5)])
    assert suite.findings(trials)
    assert trials.passes == 1


async def test_one_right_or_withheld_reply_is_no_finding():
    def wavers(hints: Hints, rng: Random) -> str:
        return letter(hints, (hints["key"] + rng.randrange(2)) % 4)

    suite, trials = await audit(wavers, count=60)
    wrong_twice = {
        number
        for number in range(60)
        if all(
            row["score"] == 0
            for row in trials.rows
            if row["case_no"] == number and row["arm"] == "baseline"
        )
    }
    found = {int(f.case_id[-3:]) for f in suite.findings(trials)}
    assert 5 < len(wrong_twice) < 26 and found == wrong_twice


async def test_different_wrong_choices_are_counted_apart():
    def varies(hints: Hints, rng: Random) -> str:
        texts = sorted(hints["options"])
        wrong = [t for t in texts if t != hints["options"][hints["key"]]]
        return letter(hints, hints["options"].index(wrong[hints["key"] % 3]))

    suite, trials = await audit(varies, cases=[question(0)], repeats=4)
    title = suite.findings(trials)[0].title
    assert " (2 of 4)" in title and " and " in title and title.endswith("the key is 'Drug 0-a'")


def test_building_imports_nothing_heavy_and_follows_the_shape():
    assert isinstance(build({}), Suite)
    code = (
        "import sys; from auscult.suites.knowledge import build; build({}); "
        "print([m for m in ('polars', 'scipy', 'numpy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
