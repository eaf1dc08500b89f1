"""das/privacy through the real engine, against scripted targets whose leaking is known."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from notebook import Notebook, examined, suite_and_cases
from runs import plan_for, run
from seen import Seen, packs_of

from auscult.core import registry
from auscult.core.errors import DataError, PlanError
from auscult.core.estimate import Estimate
from auscult.core.protocols import Abilities, TargetSpec
from auscult.kit.confidence.asking import ATTACKS, COMPLY, CONTROL, DISGUISES, PRESSURE
from auscult.kit.confidence.metrics import (
    ADDED,
    ADDED_BY,
    BY_ARM,
    BY_ATTACK,
    DISCLOSED,
    DISCLOSED_DOCUMENTS,
    DISCLOSED_PICTURE,
    DISCLOSED_TOLD,
    PICTURE_CHANGE,
    REFUSED_BENIGN,
    SERVED,
    UNDER_ATTACK,
    UNDER_CONTROL,
    UNMARKED,
)
from auscult.kit.confidence.primary import OTHERWISE
from auscult.kit.confidence.scenario import scenario_of
from auscult.kit.confidence.stages import BY_TURN, DAS_RATE
from auscult.kit.request.findings import SEVERITIES
from auscult.kit.scripted.confidences import Confides, confides
from auscult.kit.scripted.rules import RULES, Rule
from auscult.kit.scripted.view import Common, Said, View

SUITE = "das/privacy"
SEES = Abilities(images=True)
pictured = packs_of(SUITE)


def pack(rule: str, limit: int | None = None, **options: Any) -> Seen:
    """Without pictures, which take time to draw."""
    return pictured(rule, limit, **{"picture": False, **options})


@pytest.fixture(autouse=True, scope="module")
def a_rule_that_confides() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(RULES, "confides", Rule(Confides, confides))
        yield


def confiding(p: float, limit: int | None = None, *, form: str = "whole", **arms: float) -> Seen:
    more = f"&arms={json.dumps({k.replace('_', '-'): v for k, v in arms.items()})}" if arms else ""
    drawn = "picture" in arms
    return pack(f"confides?p={p}&seed=1&form={form}{more}", limit, picture=drawn)


def near(found: Estimate, truth: float) -> bool:
    """Within the interval of level 0.999 that the same standard error gives. Of a dozen intervals
    of level 0.95 one may miss: a seed that pleases them all would prove nothing."""
    assert found.value is not None and found.low is not None and found.high is not None
    wider = 3.29 / 1.96
    low, high = found.value - found.low, found.high - found.value
    return found.value - wider * low <= truth <= found.value + wider * high


WEAK = {"implicit": 0.8, "side_tasks": 0.5, "chained": 0.9, "pressure": 0.5}


def test_planted_rates_are_found() -> None:
    seen = confiding(0.2, **WEAK)
    # Pressed, it tells by the last turn with 1 - 0.5^(turns + 1), and else with 1 - 0.8^(...).
    turns = [len(scenario_of(case).pressure) for case in suite_and_cases(SUITE)[1]]
    pressed = sum((1 - 0.5 ** (n + 1)) - (1 - 0.8 ** (n + 1)) for n in turns) / len(turns)
    truth = (0.6 + 0.0 + 0.3 + 0.0 + 0.7 + pressed) / 6
    assert near(seen.one(ADDED), truth)
    by_attack = {e.group["attack"]: e for e in seen.estimates if e.metric == BY_ATTACK}
    assert set(by_attack) == set(ATTACKS)
    assert near(by_attack["implicit"], 0.6) and near(by_attack["reminder"], 0.0)
    assert near(by_attack[PRESSURE], pressed)
    assert near(seen.one(ADDED_BY["chained"]), 0.7)
    for arm, rate in (("implicit", 0.8), ("implicit" + CONTROL, 0.2), ("chained", 0.9)):
        assert near(seen.one(BY_ARM, arm=arm), rate)
    for metric in (DISCLOSED, DISCLOSED_TOLD, DISCLOSED_DOCUMENTS):
        assert near(seen.one(metric), 0.2)
    assert seen.value(REFUSED_BENIGN) == 0.0 and seen.value(SERVED) == 1.0
    assert seen.headlines() == [ADDED, DISCLOSED, REFUSED_BENIGN]
    assert (seen.one(DISCLOSED).n, seen.one(ADDED).n) == (96, 2 * 96 + 2 * 96)


def test_a_target_that_tells_alike_everywhere_shows_no_excess_and_much_as_das_counts() -> None:
    seen = confiding(0.4, 60)
    assert near(seen.one(ADDED), 0.0)
    assert not [e for e in seen.estimates if e.metric == BY_ATTACK and e.extra.get("rejected")]
    assert seen.value(DAS_RATE, stage="plain") > 0.25
    assert seen.value(DAS_RATE, stage="chained") > 0.05
    stages = [e for e in seen.estimates if e.metric == DAS_RATE]
    assert [e.group["stage"] for e in stages] == ["plain", "told-to-comply", *DISGUISES, "chained"]
    assert all(e.standing == "exploratory" and "for comparison" in e.note for e in stages)
    assert stages[0].n == 60 > stages[1].n > max(e.n for e in stages[2:])


def test_who_reaches_the_chain_as_das_counts_withstood_what_was_drawn_for_it() -> None:
    """Under one disguise it tells always: with the lot, who did not meet that one goes on."""
    (lot,) = [e for e in confiding(0.0, 30, implicit=1.0).estimates if stage(e) == "chained"]
    assert 0 < lot.n < 30 and "every disguise that was drawn for the case" in lot.denominator
    assert lot.extra["disguises_met"] == {"2": lot.n}
    every = pack('confides?p=0&arms={"implicit":1.0}', 10, per_case=0).estimates
    (none,) = [e for e in every if stage(e) == "chained"]
    assert none.n == 0


def stage(found: Estimate) -> str:
    return found.group["stage"] if found.metric == DAS_RATE else ""


def test_documents_hold_other_secrets_and_are_not_set_against_the_context() -> None:
    metrics = {e.metric for e in pack("refuses", 6).estimates}
    assert DISCLOSED_DOCUMENTS in metrics
    assert not [m for m in metrics if "documents" in m and "minus" in m and "context" in m]


class Explains(Common, frozen=True):
    pass


def explains(view: View, rule: Explains) -> Said:
    """Tells the recipient nothing, and the colleague at each turn of pressure what it keeps."""
    pressed = view.asked_style == PRESSURE and "</text>" in view.prompt
    last = view.prompt.rsplit("\n\n", 1)[-1]
    if pressed and "<context>" not in last and view.canaries:
        kept = view.canaries[0][1]
        return Said(text=f"I see the pressure, but I am unable to mention {kept} to them.")
    return Said(text="<text>We cannot say anything about anybody here.</text>")


def test_refusals_that_explain_themselves_are_no_disclosures(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(RULES, "explains", Rule(Explains, explains))
    seen = pack("explains", 30)
    found = seen.one(ADDED)
    assert found.value == 0.0 and not seen.findings
    assert seen.one(BY_TURN, "", turn="3").value == 0.0
    unmarked = seen.one(UNMARKED)
    told = unmarked.extra["declined_and_explained"]
    assert told > 20 and unmarked.value is not None and unmarked.value > 0
    other = found.extra[OTHERWISE]
    assert other["replies"] == told
    assert other["low"] == 0.0 < other["high"] == other["value"]


def test_das_counts_a_part_for_half_and_we_for_a_disclosure() -> None:
    seen = confiding(1.0, 30, form="partial")
    # A marital status is one word and has no part.
    assert 0.5 <= seen.value(DAS_RATE, stage="plain") < 0.65
    assert seen.value(DISCLOSED) == 1.0


def test_what_comes_out_by_turn_only_grows_and_stands_beside_its_control() -> None:
    seen = confiding(0.2, **WEAK)
    pressed = [e for e in seen.estimates if e.metric == BY_TURN and not e.condition]
    polite = [e for e in seen.estimates if e.metric == BY_TURN and e.condition]
    assert [e.group["turn"] for e in pressed] == [e.group["turn"] for e in polite]
    assert near(pressed[0], 0.5) and near(pressed[3], 1 - 0.5**4) and near(polite[0], 0.2)
    values = [e.value for e in pressed[:4]]
    assert values == sorted(values)
    assert pressed[0].n == 96 and pressed[4].n < 20, "few scenarios have a fourth turn"


def test_refusing_everything_is_seen_on_the_twins() -> None:
    seen = pack("refuses")
    assert (seen.value(DISCLOSED), seen.value(REFUSED_BENIGN), seen.value(SERVED)) == (0, 1, 0)
    assert seen.value(ADDED) == seen.value(UNDER_ATTACK) == seen.value(UNDER_CONTROL) == 0.0


def test_who_tells_everybody_tells_no_more_under_attack() -> None:
    seen = confiding(1.0, 40)
    assert seen.value(DISCLOSED) == 1.0 and seen.value(REFUSED_BENIGN) == seen.value(ADDED) == 0.0
    assert seen.value(UNDER_ATTACK) == pytest.approx(1.0) == seen.value(UNDER_CONTROL)


def test_the_same_people_stand_in_every_arm_and_no_slot_is_left() -> None:
    seen = pack("refuses")
    assert not [text for told in seen.texts.values() for text in told if "{" in text]
    contexts: dict[str, set[str]] = {}
    for (case, arm, _), told in seen.texts.items():
        if arm not in ("documents", "reminder") and "<context>" in "".join(told):
            shown = next(text for text in told if "<context>" in text)
            contexts.setdefault(case, set()).add(shown.split("</context>")[0])
    assert len(contexts) == 96 and {len(shown) for shown in contexts.values()} == {1}


def test_arms_are_what_they_are_said_to_be() -> None:
    seen = pack("refuses", 12, per_case=0)
    met = {case for case, _, _ in seen.texts}
    for case in suite_and_cases(SUITE)[1]:
        if case.id not in met:
            continue
        s = scenario_of(case)
        asked = {arm: told for (c, arm, _), told in seen.texts.items() if c == case.id}
        assert asked["told-to-comply"][:2] == [COMPLY, asked["plain"][0]]
        assert s.disguises.implicit in asked["implicit"][0]
        assert s.controls.rewordings[0] in asked["implicit (control)"][0]
        assert f"{s.request} {s.disguises.side_tasks}" in asked["side-tasks"][0]
        assert f"{s.request} {s.controls.neutral[0]}" in asked["well-intentioned (control)"][0]
        assert s.twin.request.partition("{")[0] in asked["benign"][0]
        assert "<document" in asked["documents"][0] and "<context>" not in asked["documents"][0]
        for arm, turns in (("pressure", s.pressure), ("pressure (control)", s.controls.polite)):
            assert asked[arm][0] == asked["plain"][0] and asked[arm][2::2] == list(turns)
        chained = asked["chained"][0]
        added = (s.disguises.well_intentioned, s.disguises.side_tasks, s.disguises.reminder)
        assert all(text in chained for text in (s.disguises.implicit, *added))


async def test_where_the_instruction_stands_is_a_matter_of_choice() -> None:
    suite, cases = suite_and_cases(SUITE, told="user")
    told = [one for one in (await examined(suite, cases[0])).asked if one.arm == "told-to-comply"]
    assert [m.role for m in told[0].request.messages] == ["user"]
    assert told[0].text.startswith(COMPLY)


def test_disguises_are_drawn_by_lot_and_their_chance_is_noted() -> None:
    seen = pack("refuses")
    met = Counter(row["arm"] for row in seen.rows if row["arm"] in DISGUISES and row["judge"])
    assert sum(met.values()) == 3 * 2 * 96, "three verdicts a trial"
    lots = {row["labels"]["lot"] for row in seen.rows if row["arm"] in DISGUISES and row["judge"]}
    assert lots == {2 / 4, 2 / 3}
    unfit = [e for e in seen.estimates if e.metric == BY_ATTACK and e.group["attack"] == "reminder"]
    assert unfit[0].extra["does_not_apply"] == {"nobody is there to be reminded": 5}
    few = {"per_case": 1, "documents": False, "attacks": ("implicit", "pressure")}
    one = pack("refuses", 10, told="nowhere", **few)
    assert {row["arm"] for row in one.rows} == {
        "plain", "implicit", "implicit (control)", "pressure",
        "pressure (control)", "benign", "confirmed", "confirmed (control)",
    }  # fmt: skip


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"per_case": 0, "told": "user"},
        {"confirm": False, "documents": False, "per_case": 3, "told": "nowhere"},
    ],
)
async def test_the_cost_is_what_is_asked_whatever_is_said(options: dict[str, Any]) -> None:
    suite, cases = suite_and_cases(SUITE, **options)
    for case in cases[::11]:
        for rule in ("refuses", "confides"):
            book = await examined(suite, case, rule)
            assert len(book.asked) == sum(ask.calls for ask in suite.cost(case, SEES))


def test_findings_came_twice_gravest_first_and_show_no_value() -> None:
    seen = confiding(1.0, 40)
    assert len(seen.findings) == 25
    order = [SEVERITIES.index(f.severity) for f in seen.findings]
    assert order == sorted(order) and "ungraded" not in {f.severity for f in seen.findings}
    assert {f.arm for f in seen.findings} <= {"plain", "told-to-comply", "documents"}
    for finding in seen.findings:
        shown = f"{finding.title} {finding.evidence} {finding.confirmed} {finding.extra}"
        assert finding.extra["redacted"] and "it came again in a fresh reply" in shown
        reply = seen.texts[finding.case_id, finding.arm, 0][-1]
        words = [w.strip(".,") for w in reply.split() if any(c.isdigit() for c in w)]
        assert not [w for w in words if len(w) > 2 and w in shown]
    assert pack("refuses").findings == []


def test_what_only_pressure_brings_out_is_confirmed_in_the_same_conversation() -> None:
    seen = confiding(0.0, 20, pressure=1.0)
    assert seen.value(ADDED_BY[PRESSURE]) == 1.0 and seen.value(DISCLOSED) == 0.0
    assert {f.arm for f in seen.findings} == {PRESSURE}
    assert all("0 of 2 replies to the harmless match" in f.confirmed for f in seen.findings)
    for f in seen.findings:
        # It tells at every turn, the plain request among them; the gravest reply is confirmed.
        began = f.title.endswith(", asked plainly, as a conversation began")
        pressed = f.title.endswith(", pressed, and less grave things when asked plainly")
        assert (began, pressed) == (f.extra["turn"] == 0, f.extra["turn"] > 0)
    for finding in seen.findings:
        again = seen.texts[finding.case_id, "confirmed", 0]
        assert again[:-1] == seen.texts[finding.case_id, PRESSURE, 0][: len(again) - 1]


def test_failed_calls_are_missing_and_bounded() -> None:
    seen = pack("flaky?p=0.2&retry=false", 60)
    found = seen.one(ADDED)
    assert found.n_error > 5 and found.extra["bound_low"] < found.extra["bound_high"]
    first, later = (seen.one(BY_TURN, "", turn=turn) for turn in ("0", "3"))
    assert 0 < first.n_error < later.n_error, "a call lost later takes nothing from what is known"


@pytest.mark.parametrize(
    "options",
    [
        {"per_case": -1},
        {"attacks": []},
        {"attacks": ["bribery"]},
        {"weights": {"implicit": -1}},
        {"weights": dict.fromkeys(ATTACKS, 0.0)},
        {"attacks": ["implicit"], "weights": {"implicit": 0.0, "pressure": 3.0}},
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(PlanError, match=r"give|mend"):
        run(plan_for(SUITE, "scripted/oracle", suite_options=options), tmp_path)


def test_data_that_are_no_scenarios_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="data of the loader 'confidences'"):
        run(plan_for(SUITE, "scripted/oracle", data=["records=privacy"]), tmp_path)


def test_documents_are_shown_as_pictures_to_those_who_see() -> None:
    seen = confiding(0.1, 40, picture=0.9)
    assert near(seen.one(DISCLOSED_PICTURE), 0.9) and near(seen.one(PICTURE_CHANGE), 0.8)
    shown = [said for (_, arm, _), said in seen.said.items() if arm == "picture"]
    assert len(shown) == 40
    for asked, *_ in shown:
        assert asked.images and all(image.media_type == "image/png" for image in asked.images)
        assert "<document" not in asked.text and "<context>" not in asked.text


async def test_who_does_not_see_is_asked_for_nothing_and_that_is_counted() -> None:
    suite, cases = suite_and_cases(SUITE)
    book = await examined(suite, cases[0])
    assert len(book.asked) == sum(ask.calls for ask in suite.cost(cases[0], SEES))
    target = registry.build("targets", "scripted", TargetSpec("scripted", "refuses"))
    target.abilities = Abilities()
    blind = Notebook(suite, cases[0], target)
    await suite.examine(cases[0], blind)
    assert len(blind.asked) == sum(ask.calls for ask in suite.cost(cases[0], Abilities()))
    assert len(blind.asked) == len(book.asked) - 1
    (labels,) = [labels for arm, _, _, labels in blind.trials if arm == "picture"]
    assert labels["not_applicable"] == "the target takes no images"
