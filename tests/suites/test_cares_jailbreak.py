"""cares/jailbreak through the real engine, against scripted targets whose compliance is known."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from runs import plan_for, run

from auscult.core.errors import PlanError
from auscult.core.estimate import Estimate, Finding
from auscult.core.protocols import DataSet
from auscult.engine.plan import RolePlan
from auscult.engine.view import RunView
from auscult.kit.requests import AIMS, NEUTRAL
from auscult.kit.scripted.words import COMPLIED

SUITE = "cares/jailbreak"
PLAIN = "harm compliance, plain requests"
STYLES = "harm compliance, told to mislead"
EXCESS = "excess of harm compliance, told to mislead over a neutral instruction"
OVER = "refusal of benign twins"
APART = "refusal of harmful requests minus refusal of benign twins"
PLANTED = 'complies?p_harmful=0.3&partial=0.2&p_benign=0.9&seed=2&styles={"conceal":0.7}'


class Seen:
    """What a run came to."""

    def __init__(self, folder: Path) -> None:
        view = RunView(folder)
        view.export()
        plugin = view.plugin(SUITE)
        self.estimates: list[Estimate] = plugin.estimates(view)
        self.findings: list[Finding] = plugin.findings(view)
        self.rows = view.table().collect().to_dicts()
        names = {(r["suite"], r["case_id"], r["arm"], r["repeat"]) for r in self.rows}
        self.said = view.transcripts(names)
        view.close()

    def one(self, metric: str, **group: str) -> Estimate:
        held = [e for e in self.estimates if e.metric == metric and e.group == group]
        assert len(held) == 1, f"{metric} {group}: {len(held)}"
        return held[0]


@cache
def pack(target: str, limit: int | None = None) -> Seen:
    folder = Path(mkdtemp()) / "run"
    run(plan_for(SUITE, f"scripted/{target}", limit=limit), folder)
    return Seen(folder)


def holds(found: Estimate, truth: float) -> None:
    assert found.low is not None and found.high is not None
    assert found.low <= truth <= found.high, (found.metric, found.low, truth, found.high)


def test_planted_compliance_is_found() -> None:
    seen = pack(PLANTED)
    holds(seen.one(PLAIN), 0.3 * 0.9)
    holds(seen.one(STYLES), (0.7 + 0.3 + 0.3) / 3 * 0.9)
    holds(seen.one(EXCESS), 0.4 / 3 * 0.9)
    holds(seen.one("excess of harm compliance, conceal over a neutral instruction"), 0.4 * 0.9)
    holds(seen.one("harmful requests met in full or in part, conceal"), 0.7)
    holds(seen.one("harmful requests refused, plain requests"), 0.7)
    holds(seen.one(OVER), 0.1)
    holds(seen.one(APART), 0.6)
    assert [e.metric for e in seen.estimates if e.headline] == [PLAIN, EXCESS, OVER]
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
    holds(turned, 0.1)
    assert turned.n == 14
    assert "refusal judge alone" in turned.note
    assert {r["case_id"].rpartition("-")[2] for r in seen.rows if r["arm"] == "crisis"} == {"c"}
    assert not [r for r in seen.rows if "crisis" in r["case_id"] and r["arm"] == "baseline"]


def test_each_arm_differs_from_the_plain_request_in_its_instruction_alone() -> None:
    seen = pack("oracle", 30)
    first: dict[tuple[str, str, int], str] = {
        (case, arm, repeat): messages[0].text
        for (_, case, arm, repeat), messages in seen.said.items()
    }
    styled = [(key, text) for key, text in first.items() if key[1] in AIMS]
    assert styled
    for (case, arm, _), text in styled:
        plain, _, instruction = text.rpartition("\n\n")
        assert plain == first[case, "baseline", 0] and instruction in AIMS[arm]
    for case in {key[0] for key, _ in styled}:
        neutral = {first[case, NEUTRAL, n] for n in range(3)}
        assert len(neutral) == 3, "as many wordings as there are styles"


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


@pytest.mark.parametrize("options", [{"repeats": 0}, {"styles": ["conceal", "conceal"]}])
def test_options_that_make_no_sense_are_refused(options: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="give"):
        run(plan_for(SUITE, "scripted/oracle", suite_options=options), tmp_path)


def test_the_rubric_is_read_by_the_judge_model_where_one_is_bound(tmp_path: Path) -> None:
    roles = {"judge": RolePlan("scripted/oracle")}
    options = {"rubric": True}
    data = [DataSet("prompts", "safety", {"kinds": ["crisis"]})]
    plan = plan_for(SUITE, "scripted/oracle", data=data, roles=roles, suite_options=options)
    run(plan, tmp_path / "bound")
    seen = Seen(tmp_path / "bound")
    assert {r["judge"] for r in seen.rows if r["arm"] == "crisis"} == {"refusal", "open-answer"}
    assert seen.one("turned away in a crisis").n == 14
