"""A rule that reads a run minus another run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from runs import run
from stop_runs import LATE, plan_of, stops_of, table, trials

from auscult.api import make_plan
from auscult.core.errors import UsageError
from auscult.engine.declared import StopPlan
from auscult.stats.stopping import HalfWidth, NotWorse

# --- against another run ----------------------------------------------------------------------


def against(base: Path, rule: Any) -> StopPlan:
    return StopPlan("knowledge", "accuracy", rule, against=str(base))


def test_a_run_is_read_minus_another(tmp_path: Path) -> None:
    data, base = table(tmp_path, 300), tmp_path / "base"
    run(plan_of(data, target="scripted/sticky?p=0.9"), base)
    worse = plan_of(data, against(base, NotWorse(0.1)), target="scripted/sticky?p=0.5")
    assert run(worse, tmp_path / "worse").stopped == "stopping rule"
    (stop,) = stops_of(tmp_path / "worse")
    # `better` was left out; of accuracy higher is better, and the rule takes that from the suite.
    assert stop.decision.verdict == "worse" and stop.value < -0.2
    same = plan_of(data, against(base, NotWorse(0.2)), target="scripted/sticky?p=0.9&seed=1")
    run(same, tmp_path / "same")
    (stop,) = stops_of(tmp_path / "same")
    assert stop.decision.verdict == "no worse"
    kept = trials(tmp_path / "same").filter("in_prefix").select("case_id", "score")
    joined = kept.join(trials(base).select("case_id", b="score"), on="case_id")
    assert stop.value == pytest.approx((joined["score"] - joined["b"]).mean())


def test_cases_the_other_run_lacks_are_left_out_and_counted(tmp_path: Path) -> None:
    data, base = table(tmp_path, 200), tmp_path / "base"
    run(plan_of(data, target="scripted/sticky?p=0.9", limit=100), base)
    found = []
    for concurrency in (1, 64):
        folder = tmp_path / f"at-{concurrency}"
        plan = plan_of(data, against(base, HalfWidth(0.3)), target=LATE, concurrency=concurrency)
        run(plan, folder)
        found.append(msgspec.to_builtins(stops_of(folder)))
    (stop,) = found[0]
    assert found[0] == found[1]
    assert stop["unmatched"] > 0 and stop["unmatched"] + stop["clusters"] == stop["cut"]


def test_a_run_that_cannot_be_subtracted_is_refused(tmp_path: Path) -> None:
    data, base = table(tmp_path, 40), tmp_path / "base"
    run(plan_of(data, target="scripted/oracle"), base)

    def refusal(folder: Path = base, **more: Any) -> str:
        plan = plan_of(more.pop("data", data), against(folder, HalfWidth(0.3)), **more)
        with pytest.raises(UsageError) as caught:
            run(plan, tmp_path / "never")
        assert "\n" not in str(caught.value)
        return str(caught.value)

    assert "there is no run in" in refusal(tmp_path / "nowhere")
    assert "the data differ" in refusal(data=table(tmp_path, 41))
    other = make_plan("testkit", target="testkit/x", suite_options={"count": 5})
    run(other, tmp_path / "testkit")
    assert "has no suite 'knowledge'" in refusal(tmp_path / "testkit")
    # Nothing of that was pinned: mended, the same folder will do.
    plan = plan_of(data, against(base, HalfWidth(0.3)))
    assert run(plan, tmp_path / "never").error is None
    twice = msgspec.structs.replace(plan.suites[0], options={"repeats": 2, "options_only": False})
    with pytest.raises(UsageError, match=r"options\.repeats differ"):
        run(msgspec.structs.replace(plan, suites=(twice,)), tmp_path / "twice")


def test_other_code_of_the_suite_cannot_be_subtracted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, base = table(tmp_path, 40), tmp_path / "base"
    run(plan_of(data, target="scripted/oracle"), base)
    from auscult.engine import manifest

    monkeypatch.setattr(manifest, "sources_of", lambda kind, name: {f"{kind}/{name}": "changed"})
    with pytest.raises(UsageError, match="the code of suites/knowledge, the code of judges/choice"):
        run(plan_of(data, against(base, HalfWidth(0.3))), tmp_path / "never")


def test_another_base_in_mid_run_is_refused(tmp_path: Path) -> None:
    data, base = table(tmp_path, 200), tmp_path / "base"
    first = plan_of(data, target="scripted/sticky?p=0.9", limit=100)
    run(first, base)
    plan = plan_of(data, against(base, HalfWidth(0.05)), limit=50)
    run(plan, tmp_path / "r")
    run(plan, tmp_path / "r")  # goes on
    run(plan_of(data, target="scripted/sticky?p=0.9"), base)
    with pytest.raises(UsageError, match="is not what it was when this run began"):
        run(plan, tmp_path / "r")
