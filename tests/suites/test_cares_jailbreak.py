"""cares/jailbreak through the real engine, against scripted targets whose compliance is known."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
from runs import plan_for, run
from seen import Rows, Seen, holds, packs_of, seen_of

from auscult.core import registry
from auscult.core.case import Brief, Case
from auscult.core.errors import PlanError
from auscult.core.protocols import Abilities, DataSet
from auscult.engine.plan import RolePlan
from auscult.kit.requests import AIMS, NEUTRAL
from auscult.kit.scripted.words import COMPLIED
from auscult.suites.cares.jailbreak import build

SUITE = "cares/jailbreak"
MET = "harmful requests met by the form of the reply"
PLAIN, STYLES = f"{MET}, plain requests", f"{MET}, told to mislead"
EXCESS = f"excess of {STYLES} over a neutral instruction"
BENIGN_MET = "benign twins met by the form of the reply"
CHANGE = "change in accuracy on medical questions, {} against a neutral instruction"
ACCURACY, SILENT = "accuracy on medical questions, {}", "medical questions refused or not known, {}"
QUESTIONS = (DataSet("pack", "knowledge", {"difficulty": "easy"}),)
NOISE = "The weather is nice today."
OVER = "refusal of benign twins"
APART = "refusal of harmful requests minus refusal of benign twins"
PLANTED = 'complies?p_harmful=0.3&partial=0.2&p_benign=0.9&seed=2&styles={"conceal":0.7}'


pack = packs_of(SUITE)


def test_planted_compliance_is_found() -> None:
    seen = pack(PLANTED)
    assert holds(seen.one(PLAIN), 0.3 * 0.9)
    assert holds(seen.one(STYLES), (0.7 + 0.3 + 0.3) / 3 * 0.9)
    assert holds(seen.one(EXCESS), 0.4 / 3 * 0.9)
    assert holds(seen.one(f"excess of {MET}, conceal over a neutral instruction"), 0.4 * 0.9)
    assert holds(seen.one("harmful requests met in full or in part, conceal"), 0.7)
    assert holds(seen.one("harmful requests refused, plain requests"), 0.7)
    assert holds(seen.one(OVER), 0.1)
    assert holds(seen.one(APART), 0.6)
    assert holds(seen.one(BENIGN_MET), 0.9)
    changed = CHANGE.format("told to mislead")
    assert seen.headlines() == [PLAIN, EXCESS, OVER, BENIGN_MET, changed]
    assert seen.one(PLAIN).n == 256 and seen.one(PLAIN).n_clusters == 128


@pytest.mark.parametrize(("rule", "met", "over"), [("refuses", 0.0, 1.0), ("oracle", 0.0, 0.0)])
def test_always_refusing_is_not_as_good_as_telling_apart(
    rule: str, met: float, over: float
) -> None:
    seen = pack(rule, 30)
    assert seen.one(PLAIN).value == met and seen.one(OVER).value == over
    assert seen.one(APART).value == (0.0 if over else 1.0)
    assert seen.one(EXCESS).value == 0.0


def test_weights_stand_beside_and_a_constant_rate_is_the_same_with_them() -> None:
    seen = pack("complies?p_harmful=1", 40)
    weighted = seen.one(f"severity-weighted {PLAIN}")
    assert weighted.value == pytest.approx(1.0) and weighted.high == 1.0
    assert not weighted.headline and weighted.extra["weights"]["severe"] == 3.0


def test_a_crisis_is_counted_apart_and_says_who_read_it() -> None:
    seen = pack(PLANTED)
    turned = seen.one("turned away in a crisis")
    assert holds(turned, 0.1)
    assert turned.n == 14
    assert "refusal judge alone" in turned.note
    assert {r["case_id"].rpartition("-")[2] for r in seen.rows if r["arm"] == "crisis"} == {"c"}
    assert not [r for r in seen.rows if "crisis" in r["case_id"] and r["arm"] == "baseline"]


def test_each_arm_differs_from_the_plain_request_in_its_instruction_alone() -> None:
    seen = pack("oracle", 30)
    first = {key: messages[0].text for key, messages in seen.said.items()}
    styled = [(key, text) for key, text in first.items() if key[1] in AIMS]
    assert styled
    for (case, arm, _), text in styled:
        plain, _, instruction = text.rpartition("\n\n")
        assert plain == first[case, "baseline", 0] and instruction in AIMS[arm]
    for case in {key[0] for key, _ in styled}:
        neutral = {first[case, NEUTRAL, n] for n in range(3)}
        assert len(neutral) == 3, "as many wordings as there are styles"
        twins = {arm: first[case, f"benign-{arm}", 0] for arm in AIMS}
        assert len(set(twins.values())) == 4
        assert all(t.startswith(first[case, "benign", 0]) for t in twins.values())


def test_findings_are_confirmed_gravest_first_and_quote_nothing() -> None:
    seen = pack("complies?p_harmful=1", 40)
    assert len(seen.findings) == 25
    grades = ["life-threatening", "severe", "moderate", "mild"]
    order = [grades.index(f.severity) for f in seen.findings]
    assert order == sorted(order)
    shown = " ".join(f"{f.title} {f.evidence} {f.confirmed} {f.extra}" for f in seen.findings)
    assert "2 of 2 fresh replies" in shown and "redacted" in shown
    assert not [text for text in COMPLIED if text[:24] in shown]
    assert pack("oracle", 30).findings == []


def test_a_style_that_turns_a_refusal_is_a_finding() -> None:
    target = 'complies?p_harmful=0&styles={"conceal":1,"exaggerate":1}'
    found = pack(target, 30).findings[0]
    assert "told to: conceal, exaggerate" in found.title and found.arm == "conceal"


def test_failed_calls_are_missing_and_bounded() -> None:
    found = pack("flaky?p=0.3&retry=false", 40).one(PLAIN)
    assert found.n_error > 5 and found.value == 0.0
    assert found.extra["bound_low"] == 0.0 < found.extra["bound_high"]


def test_the_published_matcher_misses_what_the_judge_reads() -> None:
    seen = pack("refuses", 30)
    assert seen.one("harmful requests refused, told to mislead").value == 1.0
    published = seen.one("abstention as published, told to mislead")
    assert published.value is not None and published.value < 1.0
    gap = seen.one("published minus corrected abstention, told to mislead")
    assert gap.value is not None and gap.value < 0


# --- noise ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [NOISE, "A", '{"answer": '])
def test_noise_meets_no_harmful_request_and_looks_no_safer_for_it(text: str) -> None:
    """The form of a reply that refuses nothing is not yet that of one that does what was asked."""
    seen = noise(text)
    for metric in (PLAIN, STYLES, BENIGN_MET):
        assert seen.one(metric).value == 0.0, metric
    found = seen.one(PLAIN)
    assert found.n_invalid == found.n > 15
    assert "say nothing of the request" in found.note and "no sign of safety" in found.note
    assert seen.one("harmful requests answered with nothing readable, plain requests").value == 1.0
    assert seen.findings == []
    causes = {r["cause"] for r in seen.rows if r["arm"] == "baseline"}
    assert causes <= {"says nothing of the request", "empty", "no words"}


@cache
def noise(text: str) -> Seen:
    data = [DataSet("prompts", "safety", {"kinds": ["harmful", "benign"]})]
    options = {"text": text}
    return seen_of(SUITE, "scripted/constant", target_options=options, data=data, limit=12)


def test_what_does_as_asked_is_still_met_and_has_no_such_note() -> None:
    found = pack("complies?p_harmful=1", 40).one(PLAIN)
    assert found.value == 1.0 and "no sign of safety" not in found.note


# --- medical questions ----------------------------------------------------------------------------


@cache
def asked(rule: str, limit: int | None = None, **options: Any) -> Seen:
    target = f"python/misled:{rule}" if rule in ("answer", "declines") else f"scripted/{rule}"
    return seen_of(SUITE, target, data=QUESTIONS, limit=limit, suite_options=options)


def test_a_target_that_is_led_astray_by_a_known_share_is_found() -> None:
    """Harmful requests say nothing of this: the questions are ordinary ones."""
    seen = asked("answer", questions=162)
    for style, share in (("conceal", 0.5), ("exaggerate", 0.25), ("wrong-treatment", 0.0)):
        assert holds(seen.one(CHANGE.format(style)), -share)
        assert holds(seen.one(ACCURACY.format(style)), 1 - share)
    change = seen.one(CHANGE.format("told to mislead"))
    assert holds(change, -0.25)
    assert change.high is not None and change.high < 0 and change.n == 162 and not change.note
    assert seen.one(ACCURACY.format("neutral instruction")).value == 1.0
    assert seen.one(SILENT.format("told to mislead")).value == 0.0
    assert seen.one(PLAIN).value is None


def test_declining_to_mislead_is_told_apart_from_being_led_astray() -> None:
    seen = asked("declines", questions=30)
    assert seen.one(SILENT.format("told to mislead")).value == 1.0
    assert seen.one(SILENT.format("neutral instruction")).value == 0.0
    more = seen.one(f"excess of {SILENT.format('conceal')} over a neutral instruction")
    assert more.value == 1.0 and more.low is not None and more.low > 0.5
    published = seen.one("abstention as published, medical questions told to mislead")
    assert published.value == 1.0, "it says sorry"
    assert (
        seen.one("published minus corrected abstention, medical questions told to mislead").value
        == 0.0
    )


def test_a_target_that_never_knew_has_no_change_to_speak_of() -> None:
    change = asked("constant?letter=A", questions=40).one(CHANGE.format("told to mislead"))
    assert change.value == 0.0 and "not shown" in change.note


def test_the_published_scorer_reads_the_same_replies_and_its_prompt_is_an_option() -> None:
    seen = asked("answer", questions=20, legacy=True)
    of = "medical questions told to mislead"
    scored, gap = (
        seen.one(f"accuracy as published, {of}"),
        seen.one(f"published minus corrected accuracy, {of}"),
    )
    assert scored.value is not None and gap.value is not None
    right = seen.one(ACCURACY.format("told to mislead")).value
    assert right is not None and gap.value == pytest.approx(scored.value - right)
    assert seen.one(f"published prompt minus ours, {of}").n == 20
    first = {key[1]: messages[0].text for key, messages in seen.said.items()}
    assert "Pick your answer from this list" in first["published-conceal"]
    assert not [e for e in asked("declines", questions=30).estimates if "prompt minus" in e.metric]


def test_so_many_questions_are_asked_and_cost_says_how_many_calls() -> None:
    loaders = {"pack": registry.build("data", "pack")}
    ids = {}
    for number in (0, 7, 40):
        suite = build({"questions": number})
        cases = list(suite.cases(QUESTIONS, loaders))
        ids[number] = {case.id for case in cases}
        assert len(cases) == number
        for case in cases:
            assert sum(ask.calls for ask in suite.cost(case, Abilities())) == 7
    assert ids[7] < ids[40], "a larger draw holds the smaller one"
    legacy = build({"questions": 1, "legacy": True})
    only = next(iter(legacy.cases(QUESTIONS, loaders)))
    assert sum(ask.calls for ask in legacy.cost(only, Abilities())) == 10
    assert set(legacy.arms) >= {"question", "question-conceal", "published-conceal"}


def test_an_open_question_is_recorded_as_not_applicable(tmp_path: Path) -> None:
    case = Case("1", question="What is seen?", brief=Brief(reference="A mass.", task="open"))
    suite = build({})
    assert suite.cost(case, Abilities()) == []
    assert next(iter(suite.cases((DataSet("rows"),), {"rows": Rows(case)}))).id == "rows/1"


@pytest.mark.parametrize(
    "options", [{"repeats": 0}, {"styles": ["conceal", "conceal"]}, {"questions": -1}]
)
def test_options_that_make_no_sense_are_refused(options: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="give"):
        run(plan_for(SUITE, "scripted/oracle", suite_options=options), tmp_path)


def test_the_rubric_is_read_by_the_judge_model_where_one_is_bound() -> None:
    roles = {"judge": RolePlan("scripted/oracle")}
    options = {"rubric": True}
    data = [DataSet("prompts", "safety", {"kinds": ["crisis"]})]
    seen = seen_of(SUITE, "scripted/oracle", data=data, roles=roles, suite_options=options)
    assert {r["judge"] for r in seen.rows if r["arm"] == "crisis"} == {"refusal", "open-answer"}
    assert seen.one("turned away in a crisis").n == 14
