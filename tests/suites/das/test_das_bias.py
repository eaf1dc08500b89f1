"""The bias suite against targets whose bias is known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from runs import plan_for, run
from vignette_pack import attacks, vignettes

from auscult.api import open_run
from auscult.core import registry
from auscult.core.estimate import Estimate, Finding
from auscult.core.protocols import Abilities, DataSet
from auscult.kit.bias.care import CHANGES_MADE, RIGHT_THERE
from auscult.kit.bias.estimates import BY_ATTACK, BY_VALUE, CHANGES
from auscult.kit.bias.legacy import CHANGED, UNDER_CONTROL
from auscult.kit.bias.needed import must_of as has_must
from auscult.kit.mcq_findings import SEVERITIES

SUITE = "das/bias"
PACK = DataSet("vignettes", "bias")
POOR = "scripted/biased?attribute=income&value=low&p=1&gap=0.2&per=case&seed=3"


def audited(folder: Path, target: str, limit: int | None = None, **options: Any) -> list[Estimate]:
    data = (options.pop("data", PACK),)
    plan = plan_for(SUITE, target=target, data=data, limit=limit, suite_options=options)
    outcome = run(plan, folder)
    assert outcome.stopped == "complete", outcome.error
    opened = open_run(folder)
    try:
        return opened.estimates()
    finally:
        opened.view.close()


def overall(found: list[Estimate]) -> dict[str, Estimate]:
    return {e.metric: e for e in found if not e.group and e.metric != "answers changed"}


def of(found: list[Estimate], metric: str, **group: str) -> Estimate:
    (one,) = (e for e in found if e.metric == metric and e.group == group)
    return one


def test_answers_that_turn_for_the_poor_are_found_and_laid_at_no_other_door(tmp_path: Path) -> None:
    found = audited(
        tmp_path / "r", POOR, per_case=0, votes=1, families=["income", "race"], confirm=False
    )
    low = of(found, BY_VALUE, attack="bias/income", value="low")
    assert low.low <= 0.2 <= low.high and low.low > 0
    assert of(found, BY_VALUE, attack="bias/income", value="high").value == 0
    assert of(found, BY_ATTACK, attack="bias/race").value == 0
    income = of(found, BY_ATTACK, attack="bias/income")
    assert income.extra["rejected"] and income.p_adjusted < 0.05
    headline = overall(found)[CHANGES]
    assert headline.headline and headline.standing == "primary"
    assert headline.value == pytest.approx(income.value / 2)
    accuracy = overall(found)["accuracy difference, changed minus neutral telling"]
    assert accuracy.value == pytest.approx(-headline.value)


@pytest.mark.parametrize("rule", ["unstable?p=0.8", "wording-sensitive?p=0.8"])
def test_a_target_that_is_merely_unsteady_shows_no_excess_and_much_of_das_figure(
    tmp_path: Path, rule: str
) -> None:
    found = overall(audited(tmp_path / "r", f"scripted/{rule}&seed=11", limit=70))
    assert found[CHANGES].low < 0 < found[CHANGES].high
    assert found[CHANGED].value > 0.05 and found[UNDER_CONTROL].value > 0.05


def test_always_right_never_changes(tmp_path: Path) -> None:
    found = audited(tmp_path / "r", "scripted/oracle", limit=40)
    shares = {e.arm: e.value for e in found if e.metric == "answers changed"}
    assert shares == {"attacked": 0, "control": 0, "again": 0}
    assert overall(found)["accuracy, neutral telling"].value == 1
    assert overall(found)[CHANGED].value == 0


def findings_of(folder: Path, target: str, **options: Any) -> list[Finding]:
    audited(folder, target, **options)
    opened = open_run(folder)
    try:
        return opened.findings()
    finally:
        opened.view.close()


def test_what_turns_every_time_is_a_finding_with_its_harm(tmp_path: Path) -> None:
    target = "scripted/biased?attribute=income&value=low&p=1&gap=0.9&per=case"
    found = findings_of(tmp_path / "r", target, families=["income"], votes=2)
    assert found and len({finding.case_id for finding in found}) == len(found)
    assert all("in 3 of 3 replies under the attack" in f.confirmed for f in found)
    assert all("in 5 of 5 replies to the neutral telling" in f.confirmed for f in found)
    assert all(f.extra["value"] == "low" and f.evidence.startswith("Asked: ") for f in found)
    ranks = [SEVERITIES.index(finding.severity) for finding in found]
    assert ranks == sorted(ranks) and ranks[0] < SEVERITIES.index("ungraded")


def test_a_target_that_is_merely_unstable_yields_no_finding(tmp_path: Path) -> None:
    assert findings_of(tmp_path / "r", "scripted/unstable?p=0.7&seed=4", limit=60) == []


def test_what_does_not_apply_is_a_status_with_its_reason_and_no_survival(tmp_path: Path) -> None:
    folder = tmp_path / "r"
    found = audited(folder, "scripted/oracle", families=["emotion"], votes=1, confirm=False)
    emotion = of(found, BY_ATTACK, attack="bias/emotion")
    reason = "it is about mental health, where an emotion may be a finding"
    assert emotion.extra["does_not_apply"] == {reason: 24}
    assert (emotion.n_not_applicable, emotion.n) == (24, 223)
    assert overall(found)[CHANGED].n == 223, "DAS counted the other 24 as flips"
    opened = open_run(folder)
    try:
        rows = opened.trials()
    finally:
        opened.view.close()
    unfit = rows.filter(rows["labels"].cast(str).str.contains('"unfit"'))
    assert len(unfit) == 24 and unfit["behaviour"].is_null().all()


@pytest.mark.parametrize(
    ("options", "each", "needed"),
    [
        ({}, 3 + 3 * 2 * 3 + 2, 2 * 3),
        ({"votes": 1, "per_case": 2, "confirm": False}, 2 + 2 * 2, 2),
    ],
)
def test_what_is_asked_is_what_the_cost_says(
    tmp_path: Path, options: dict[str, Any], each: int, needed: int
) -> None:
    """An attribute that must change care is asked besides what the lot draws."""
    audited(tmp_path / "r", "scripted/unstable?p=0.6", limit=25, **options)
    opened = open_run(tmp_path / "r")
    try:
        calls, rows = opened.view.totals["target"].calls, opened.trials()
    finally:
        opened.view.close()
    named = set(rows["case_id"])
    asked = [case for case in vignettes() if f"bias/{case.id}" in named]
    musts = sum(any(has_must(case, attack.attribute) for attack in attacks().values())
                for case in asked)  # fmt: skip
    assert len(asked) == 25 and musts > 0
    assert calls == 25 * each + musts * needed
    suite = registry.build("suites", SUITE, options)
    assert calls == sum(ask.calls for case in asked for ask in suite.cost(case, Abilities()))


@pytest.fixture
def needed(tmp_path: Path) -> DataSet:
    """Only the questions of our pack in which an attribute must change care."""
    folder = tmp_path / "needed"
    folder.mkdir()
    for file in (registry.root() / "data" / "packs" / "bias").glob("*.jsonl"):
        items = [msgspec.json.decode(line) for line in file.read_bytes().splitlines()]
        for item in items:
            item["questions"] = [
                question for question in item["questions"]
                if any(rule["rule"] == "must" for rule in question["rules"].values())
            ]  # fmt: skip
        lines = [msgspec.json.encode(item) for item in items if item["questions"]]
        if lines:
            (folder / file.name).write_bytes(b"\n".join(lines) + b"\n")
    return DataSet("vignettes", str(folder))


def test_who_makes_every_needed_change_and_who_makes_none(tmp_path: Path, needed: DataSet) -> None:
    options: dict[str, Any] = {"per_case": 1, "votes": 2, "data": needed}
    found = overall(audited(tmp_path / "a", "scripted/oracle", **options))
    assert found[RIGHT_THERE].value == found[CHANGES_MADE].value == 1
    assert found[CHANGES_MADE].n_clusters == 17
    found = overall(audited(tmp_path / "b", "python/ignoring:answer", **options))
    assert found[RIGHT_THERE].value == found[CHANGES_MADE].value == 0
    assert found[CHANGES].value == 0, "who ignores everything is not biased, and is not right"
    assert found[CHANGED].value == 0


def test_what_must_change_care_is_asked_for_certain_and_the_rest_by_lot(
    tmp_path: Path, needed: DataSet
) -> None:
    """Each pair counts for the inverse of its chance."""
    audited(tmp_path / "r", "scripted/oracle", per_case=1, votes=1, confirm=False, data=needed)
    opened = open_run(tmp_path / "r")
    try:
        labels = [msgspec.json.decode(text) for text in opened.trials()["labels"].cast(str)]
    finally:
        opened.view.close()
    lots: dict[bool, list[float]] = {True: [], False: []}
    for label in labels:
        if "lot" in label:
            lots[label["rule"] == "must"].append(label["lot"])
    assert lots[True] == [1.0] * 2 * 18, "the pair, of each question"
    assert len(lots[False]) == 2 * 18 and all(1 / 16 <= lot <= 1 / 9 for lot in lots[False])


def test_a_needed_change_that_is_not_made_is_a_finding_once_it_is_confirmed(
    tmp_path: Path, needed: DataSet
) -> None:
    families = ["housing", "migration"]
    options: dict[str, Any] = {"families": families, "per_case": 1, "votes": 2, "data": needed}
    found = findings_of(tmp_path / "a", "python/ignoring:answer", **options)
    assert len(found) == 8
    for finding in found:
        assert finding.title.startswith("Needed change not made under bias/")
        assert finding.extra["kind"] == "needed change not made"
        assert "the same option in 3 of 3 replies under the attack" in finding.confirmed
        assert "not_replayed" in finding.extra
    graded = {finding.case_id.partition("/")[2]: finding.severity for finding in found}
    assert graded["bias-g1-26/b"] == graded["bias-g2-06/c"] == "life-threatening"
    assert findings_of(tmp_path / "b", "scripted/oracle", **options) == []
    unsteady = "scripted/unstable?p=0.5&seed=2"
    assert findings_of(tmp_path / "c", unsteady, **options) == []
    assert findings_of(tmp_path / "d", "scripted/constant?letter=B", **options) == []


def test_families_are_named_by_kind_or_by_attack() -> None:
    def arms(*families: str) -> tuple[str, ...]:
        found: tuple[str, ...] = registry.build("suites", SUITE, {"families": families}).attacks
        return found

    assert arms("emotion") == arms("bias/emotion") == ("bias/emotion",)
    assert len(arms("identity")) == 9 and len(arms("language")) == 5
    assert len(arms("all")) == 16 and arms("note", "colleague-note") == ("bias/colleague-note",)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"families": []}, "families is empty"),
        ({"families": ["incom"]}, "Did you mean 'bias/income'"),
        ({"families": ["robustness/typos"]}, "no attack"),
        ({"per_case": -1}, "per_case is -1"),
        ({"votes": 0}, "votes is 0"),
        ({"weights": {"income": -1}}, "weights gives income"),
        ({"families": ["income"], "weights": {"race": 1}}, "none of its attacks"),
    ],
)
def test_options_that_cannot_be(options: dict[str, Any], words: str) -> None:
    with pytest.raises(Exception, match=words):
        registry.build("suites", SUITE, options)


def test_cases_that_are_no_vignettes_are_named_with_what_to_do() -> None:
    suite = registry.build("suites", SUITE, {})
    loaders = {"pack": registry.build("data", "pack")}
    with pytest.raises(Exception, match=r"is no vignette .* loader 'vignettes'"):
        list(suite.cases((DataSet("pack", "knowledge"),), loaders))
