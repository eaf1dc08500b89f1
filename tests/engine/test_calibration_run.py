"""The run that measures a judge which asks: its order, what it costs, what it keeps and refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from rubric_model import QUESTION, REFERENCE, Model

from auscult.api import run_async
from auscult.core import registry
from auscult.core.errors import TargetUnusable, UsageError
from auscult.core.message import Reply, Request
from auscult.engine.calibration import (
    LOCAL_TIMEOUT_S,
    TIMEOUT_S,
    Calibration,
    Heard,
    asks_a_model,
    calibration_plan,
    drawn,
    judge_model,
    needed,
)
from auscult.engine.plan import Plan
from auscult.kit.judge_labels import LabelledReply

TRUTH = {
    "Fluid on the left.": "right",
    "A left effusion.": "right",
    "Water around the left lung.": "right",
    "A broken rib.": "wrong",
    "The heart is large.": "wrong",
    "Some fluid somewhere.": "partly",
    "I don't know.": "no-answer",
}
ASKED = len(TRUTH) - 1
"""All but the last, which code reads alone."""
ROWS = [
    LabelledReply(line, QUESTION, answer, label, facts={"reference": REFERENCE})
    for line, (answer, label) in enumerate(TRUTH.items(), 1)
]
DATA = {"of the labelled answers": "a"}
JUDGE = registry.build("judges", "open-answer", {})


class Kept(Model):
    """The model that agrees with people, keeping what it was asked and whether it was closed."""

    def __init__(self) -> None:
        super().__init__(lambda first, shown, prompt: self._ruled(shown))
        self.asked: list[str] = []
        self.closed = False

    def _ruled(self, shown: str) -> str:
        self.asked.append(shown)
        return TRUTH[shown]

    async def close(self) -> None:
        self.closed = True


class Gone(Kept):
    """A model that answers twice, and then never again."""

    async def answer(self, request: Request) -> Reply:
        if len(self.asked) == 2:
            raise TargetUnusable("the model has gone away")
        return await super().answer(request)


def plan(calls: int | None = None, model: str = "scripted/right", width: int = 1) -> Plan:
    return calibration_plan(JUDGE, model, calls=calls, concurrency=width)


def heard(folder: Path, asked: Model, limit: int | None = None, **how: Any) -> Heard:
    data = how.pop("data", DATA)
    work = Calibration(JUDGE, drawn(ROWS, limit), plan(**how), asked, folder, data)
    return work.heard(run_async(work.run()))


# --- which answers, and what they cost ----------------------------------------------------------


def test_the_order_spreads_every_label_evenly() -> None:
    rows = [LabelledReply(n, "q", f"a{n}", "right" if n % 4 else "wrong") for n in range(400)]
    order = drawn(rows, None)
    for stop in (40, 100, 240):
        right = sum(row.label == "right" for row in order[:stop]) / stop
        assert right == pytest.approx(0.75, abs=0.03)
    assert drawn(rows, 60) == order[:60] == drawn(rows[::-1], 60)
    assert order != rows and sorted(order, key=lambda row: row.line) == rows


async def test_the_estimate_is_what_is_asked() -> None:
    need = await needed(JUDGE, ROWS)
    assert (need.answers, need.asking, need.most_calls) == (7, ASKED, 2 * ASKED)
    assert need.input_tokens > 6 * 200
    assert str(need).startswith(f"7 answers, of which {ASKED} need the model: 6 to 12 calls")


async def test_a_judge_that_reads_alone_needs_no_call() -> None:
    alone = registry.build("judges", "refusal", {})
    need = await needed(alone, ROWS)
    assert (need.asking, need.most_calls, need.input_tokens) == (0, 0, 0)
    assert (asks_a_model(alone), asks_a_model(JUDGE)) == (False, True)


def test_a_model_on_this_machine_is_given_more_time() -> None:
    assert plan(model="local/qwen?threads=1").limits.timeout_s == LOCAL_TIMEOUT_S
    assert plan(model="openai/local/x").limits.timeout_s == TIMEOUT_S < LOCAL_TIMEOUT_S


async def test_the_plan_says_which_model() -> None:
    model = judge_model(plan(model="scripted/right?p=0.5"))
    assert model.identity.startswith("scripted/right") and "0.5" in str(model.fingerprint)
    await model.close()
    with pytest.raises(UsageError, match="no target is named 'nowhere'"):
        judge_model(plan(model="nowhere/x"))


# --- kept, capped and gone on with --------------------------------------------------------------


@pytest.mark.parametrize("width", [1, 4])
def test_every_answer_is_heard_once_in_the_order(tmp_path: Path, width: int) -> None:
    model = Kept()
    said = heard(tmp_path / "kept", model, width=width)
    assert [row for row, _ in said.rows] == drawn(ROWS, None)
    assert [JUDGE.label_of(verdict) for _, verdict in said.rows] == [
        row.label for row, _ in said.rows
    ]
    assert sorted(model.asked) == sorted(list(TRUTH)[:ASKED]) and model.closed
    assert (said.outcome.error, said.outcome.stopped) == (None, "complete")
    assert said.facts["calls"] == ASKED and said.facts["judge_model"] == model.identity


def test_a_cap_leaves_the_start_of_the_order_and_the_next_run_goes_on(tmp_path: Path) -> None:
    model = Kept()
    capped = heard(tmp_path / "kept", model, calls=3)
    assert capped.outcome.stopped == "calls cap" and capped.facts["planned"] == len(TRUTH)
    assert 0 < len(capped.rows) < len(TRUTH)
    assert [row for row, _ in capped.rows] == drawn(ROWS, len(capped.rows))
    assert len(model.asked) == capped.facts["calls"] <= 3
    whole = heard(tmp_path / "kept", model)
    assert len(whole.rows) == len(TRUTH) and whole.rows[: len(capped.rows)] == capped.rows
    assert len(model.asked) == whole.facts["calls"] == ASKED


def test_a_limit_can_be_raised_in_the_same_folder(tmp_path: Path) -> None:
    model = Kept()
    few = heard(tmp_path / "kept", model, limit=3)
    assert len(few.rows) == few.facts["planned"] == 3
    more = heard(tmp_path / "kept", model)
    assert more.rows[:3] == few.rows and len(model.asked) == ASKED


def test_a_model_that_goes_away_is_told_with_what_was_heard(tmp_path: Path) -> None:
    gone = Gone()
    said = heard(tmp_path / "kept", gone)
    assert isinstance(said.outcome.error, TargetUnusable) and gone.closed
    assert said.facts["stopped"].startswith("failed: ") and said.facts["calls"] >= 2
    assert [row for row, _ in said.rows] == drawn(ROWS, len(said.rows))
    back = Kept()
    assert len(heard(tmp_path / "kept", back).rows) == len(TRUTH)
    assert sorted(gone.asked + back.asked) == sorted(list(TRUTH)[:ASKED])


@pytest.mark.parametrize("change", ["data", "model", "other model"])
def test_a_folder_keeps_to_what_it_began_with(tmp_path: Path, change: str) -> None:
    heard(tmp_path / "kept", Kept(), limit=2)
    model = Kept()
    how: dict[str, Any] = {}
    if change == "data":
        how["data"] = {"of the labelled answers": "b"}
    elif change == "model":
        model.identity = "test/model-b#1234"
    else:
        how["model"] = "scripted/refuses"
    with pytest.raises(UsageError, match=r"differs from what you ask for .*--out"):
        heard(tmp_path / "kept", model, **how)
    assert not model.asked and model.closed
