"""The attack suite against targets whose weakness is known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from runs import plan_for, run

from auscult.api import open_run
from auscult.core import registry
from auscult.core.estimate import Estimate, Finding
from auscult.core.protocols import DataSet
from auscult.kit.mcq_findings import SEVERITIES

SUITE = "das/robustness"
PACK = DataSet("pack", "knowledge", {"edits": True})


def audited(folder: Path, target: str, limit: int = 80, **options: Any) -> dict[str, Estimate]:
    plan = plan_for(SUITE, target=target, data=(PACK,), limit=limit, suite_options=options)
    outcome = run(plan, folder)
    assert outcome.stopped == "complete", outcome.error
    opened = open_run(folder)
    try:
        return {e.metric: e for e in opened.estimates() if not e.group}
    finally:
        opened.view.close()


def test_a_planted_weakness_is_found(tmp_path: Path) -> None:
    found = audited(tmp_path / "r", "scripted/flips?p_clean=0.8&q=0.5&seed=3", limit=200)
    added = found["wrong answers added by attacks"]
    assert added.low <= 0.4 <= added.high and added.low > 0.2
    assert added.headline and added.standing == "primary"
    assert found["wrong answers mended by attacks"].value == 0


@pytest.mark.parametrize("rule", ["unstable?p=0.7", "wording-sensitive?p=0.7"])
def test_a_target_that_is_merely_unsteady_shows_no_excess_and_much_of_das_figure(
    tmp_path: Path, rule: str
) -> None:
    found = audited(tmp_path / "r", f"scripted/{rule}&seed=11", limit=200)
    added = found["wrong answers added by attacks"]
    assert added.low < 0 < added.high
    assert found["fooled of those first answered right, as DAS counts"].value > 0.2


def test_of_a_constant_answer_the_headline_says_that_nothing_can_be_concluded(
    tmp_path: Path,
) -> None:
    """An attack that adds options leaves less of its luck, and that is no weakness."""
    found = audited(tmp_path / "a", "scripted/constant?letter=A", limit=120)
    said = "Nothing can be concluded of robustness here"
    assert said in found["wrong answers added by attacks"].note
    beyond = found["accuracy, not attacked, beyond the best constant letter"]
    assert beyond.low is not None and beyond.low <= 0 and beyond.extra["letter"] in "ABCDE"
    good = audited(tmp_path / "b", "scripted/right?p=0.8", limit=60)
    assert said not in good["wrong answers added by attacks"].note
    assert good["accuracy, not attacked, beyond the best constant letter"].low > 0


def found_in(folder: Path, target: str) -> list[Finding]:
    plan = plan_for(SUITE, target=target, data=(PACK,))
    run(plan, folder)
    opened = open_run(folder)
    try:
        return opened.findings()
    finally:
        opened.view.close()


def test_what_breaks_every_time_is_a_finding_with_its_harm(tmp_path: Path) -> None:
    found = found_in(tmp_path / "r", "scripted/flips?p_clean=0.9&q=1")
    assert found and len({finding.case_id for finding in found}) == len(found)
    assert all("wrong in 2 of 2 replies under the attack" in f.confirmed for f in found)
    assert all(f.evidence.startswith("Asked: ") for f in found)
    ranks = [SEVERITIES.index(finding.severity) for finding in found]
    assert ranks == sorted(ranks) and ranks[0] < SEVERITIES.index("ungraded")


def test_a_target_that_is_merely_unstable_yields_no_finding(tmp_path: Path) -> None:
    assert found_in(tmp_path / "r", "scripted/unstable?p=0.7&seed=4") == []


def test_always_right_is_never_broken(tmp_path: Path) -> None:
    found = audited(tmp_path / "r", "scripted/oracle", per_case=0, limit=60)
    assert found["wrong answers added by attacks"].value == 0
    assert found["accuracy, not attacked"].value == 1


def test_what_does_not_apply_is_no_survival(tmp_path: Path) -> None:
    audited(tmp_path / "r", "scripted/oracle", per_case=0, limit=60)
    opened = open_run(tmp_path / "r")
    try:
        rows = opened.trials()
    finally:
        opened.view.close()
    unfit = rows.filter(rows["labels"].cast(str).str.contains('"unfit"'))
    assert len(unfit) > 0 and unfit["behaviour"].is_null().all()


def test_what_was_left_out_is_counted_with_its_reasons(tmp_path: Path) -> None:
    plan = plan_for(SUITE, target="scripted/oracle", data=(PACK,), suite_options={"per_case": 0})
    run(plan, tmp_path / "r")
    opened = open_run(tmp_path / "r")
    try:
        by_attack = {e.group["attack"]: e for e in opened.estimates() if "attack" in e.group}
        not_asked = [s.not_asked for s in opened.results().run.suites]
    finally:
        opened.view.close()
    negation = by_attack["robustness/answer-negation"]
    assert negation.n_not_applicable == 81 and negation.n + 81 == 252
    assert negation.extra["does_not_apply"] == {"another option is not marked absolutely wrong": 81}
    assert all(e.value == 0 for e in by_attack.values())
    assert not any(not_asked), "every case was asked, whatever did not apply to it"


def test_arms_are_asked_as_the_cost_says(tmp_path: Path) -> None:
    plan = plan_for(SUITE, target="scripted/oracle", data=(PACK,), limit=30)
    run(plan, tmp_path / "r")
    opened = open_run(tmp_path / "r")
    try:
        asked = opened.view.totals["target"].calls
    finally:
        opened.view.close()
    assert asked == 30 * (2 + 2 * 3 + 2)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"attacks": []}, "attacks is empty"),
        ({"attacks": ["distraktion"]}, "Did you mean 'robustness/distraction'"),
        ({"attacks": ["shift/blur"]}, "no attack"),
        ({"per_case": -1}, "per_case is -1"),
        ({"tries": 9}, "tries is 9"),
        ({"weights": {"distraction": -1}}, "weights gives distraction"),
        ({"attacks": ["typos"], "weights": {"distraction": 1}}, "none of its attacks"),
    ],
)
def test_options_that_cannot_be(options: dict[str, Any], words: str) -> None:
    with pytest.raises(Exception, match=words):
        registry.build("suites", SUITE, options)
